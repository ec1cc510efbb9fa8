// Tekton: tasks, pipelines, their runs, and what events start. Applying a task or a pipeline runs nothing;
// applying a run does.
#include <algorithm>
#include <array>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  return is_yaml_path(path) && !path.starts_with(".github/") && !path.starts_with(".circleci/");
}

class TektonReader {
 public:
  TektonReader(const SourceFile& file) : out_(automation_file(file, "tekton")), path_(file.path) {}

  AutomationFile read(const std::vector<DataNode>& documents) {
    for (const DataNode& document : documents) {
      if (document.get("apiVersion").find("tekton.dev") != std::string_view::npos)
        add_object(document, kNone);
    }
    add_publications(out_);
    return std::move(out_);
  }

 private:
  void add_object(const DataNode& object, uint32_t parent) {
    const std::string_view kind = object.get("kind");
    const DataNode* metadata = object.find("metadata");
    const std::string name(metadata == nullptr ? "" : metadata->get("name", metadata->get("generateName")));
    const DataNode* spec = object.find("spec");
    if (spec == nullptr) return;
    const uint32_t line = std::max(1u, object.line);
    if (kind == "Task" || kind == "ClusterTask" || kind == "StepAction") {
      const uint32_t unit = add_unit(out_, UnitKind::kTarget, "task " + name, line);
      if (kind == "StepAction") return add_step_body(unit, *spec);
      add_task(unit, *spec);
    } else if (kind == "Pipeline") {
      add_pipeline(add_unit(out_, UnitKind::kTarget, "pipeline " + name, line), name, *spec);
    } else if (kind == "PipelineRun" || kind == "TaskRun") {
      add_run(kind, name, object, *spec, line, parent);
    } else if (kind == "TriggerTemplate") {
      const uint32_t unit = add_unit(out_, UnitKind::kTarget, "template " + name, line);
      const DataNode* runs = spec->find("resourcetemplates");
      for (const DataNode& run : runs == nullptr ? std::vector<DataNode>() : runs->items)
        add_object(run, unit);
    } else if (kind == "EventListener" || kind == "Trigger") {
      add_listener(kind, name, *spec, line);
    }
  }

  // A run is started by whatever applies it, or by Pipelines as Code from its annotations.
  void add_run(std::string_view kind, const std::string& name, const DataNode& object, const DataNode& spec,
               uint32_t line, uint32_t parent) {
    const uint32_t unit = add_unit(out_, UnitKind::kStage, name, line, parent);
    out_.units[unit].title = Name(std::string(kind) + " " + name);
    const bool pipeline = kind == "PipelineRun";
    const DataNode* ref = spec.find(pipeline ? "pipelineRef" : "taskRef");
    const DataNode* inline_spec = spec.find(pipeline ? "pipelineSpec" : "taskSpec");
    if (ref != nullptr && !ref->get("name").empty()) {
      link(unit, (pipeline ? "pipeline " : "task ") + std::string(ref->get("name")), ref->line);
    }
    if (inline_spec != nullptr && pipeline) add_pipeline(unit, name, *inline_spec);
    if (inline_spec != nullptr && !pipeline) add_task(unit, *inline_spec);
    add_annotated_triggers(unit, object);
  }

  void add_annotated_triggers(uint32_t unit, const DataNode& object) {
    const DataNode* annotations = object.at({"metadata", "annotations"});
    if (annotations == nullptr) return;
    constexpr std::string_view kEvents = "pipelinesascode.tekton.dev/on-event";
    constexpr std::string_view kCel = "pipelinesascode.tekton.dev/on-cel-expression";
    const std::string_view events = annotations->get(kEvents, annotations->get(kCel));
    if (events.empty()) return;
    const bool cel = annotations->find(kEvents) == nullptr;
    const uint32_t line = annotations->line_of(cel ? kCel : kEvents);
    if (events.find("push") != events.npos) {
      Trigger& push = add_trigger(out_, unit, TriggerKind::kPush, "on push", line);
      std::string_view branches = annotations->get("pipelinesascode.tekton.dev/on-target-branch");
      while (!branches.empty() && (branches[0] == '[' || branches[0] == ' ')) branches.remove_prefix(1);
      branches = branches.substr(0, branches.find(']'));
      for (std::string_view branch : split(branches, ',')) {
        if (!trim(branch).empty()) push.branches.emplace_back(trim(branch));
      }
    }
    if (events.find("pull_request") != events.npos) {
      add_trigger(out_, unit, TriggerKind::kPullRequest, "on pull request", line);
    }
  }

  void add_listener(std::string_view kind, const std::string& name, const DataNode& spec, uint32_t line) {
    const uint32_t unit = add_unit(out_, UnitKind::kTarget, "listener " + name, line);
    add_doubtful_trigger(out_, unit, TriggerKind::kEvent, "request to the listener", line, Truth::kUnknown,
                         "what sends requests to the listener stands outside the repository");
    const auto add_one = [&](const DataNode& trigger) {
      const DataNode* target = trigger.find("template");
      if (target != nullptr)
        link(unit, "template " + std::string(target->get("ref", target->get("name"))), target->line);
      const std::string_view ref = trigger.get("triggerRef");
      if (!ref.empty()) link(unit, "listener " + std::string(ref), trigger.line_of("triggerRef"));
    };
    if (kind == "Trigger") return add_one(spec);
    const DataNode* triggers = spec.find("triggers");
    for (const DataNode& trigger : triggers == nullptr ? std::vector<DataNode>() : triggers->items) {
      add_one(trigger);
    }
  }

  UnitLink& link(uint32_t unit, const std::string& target, uint32_t line) {
    UnitLink& link = add_link(out_, unit, LinkKind::kRuns, UnitKind::kTarget, target, line);
    link.target_system = out_.system;
    return link;
  }

  void add_task(uint32_t unit, const DataNode& spec) {
    const DataNode* steps = spec.find("steps");
    if (steps == nullptr) return;
    for (const DataNode& step : steps->items) {
      const uint32_t part =
          add_unit(out_, UnitKind::kStep, std::to_string(out_.units.size()), step.line, unit);
      out_.units[part].title = Name(step.get("name", step.get("image")));
      out_.units[part].image = Name(step.get("image"));
      if (step.get("onError") == "continue") {
        set_effect(out_, part, Effect::kSwallowed, "onError: continue", step.line_of("onError"));
      }
      if (const DataNode* ref = step.find("ref"))
        link(part, "task " + std::string(ref->get("name")), ref->line);
      add_step_body(part, step);
    }
  }

  // A script without a first line that says otherwise runs in sh with `set -e`.
  void add_step_body(uint32_t unit, const DataNode& step) {
    std::string_view folder = step.get("workingDir");
    if (folder.starts_with("$(workspaces.")) folder = "";
    if (!folder.empty()) out_.units[unit].working_directory = Name(join_path("", folder));
    if (const DataNode* script = step.find("script"); script != nullptr && script->is_scalar()) {
      add_script_with_shebang(out_, unit, *script, true, {.azure_macros = true});  // $(params.x)
      return;
    }
    std::vector<std::string> words = exec_words(step.find("command"));
    for (std::string& word : exec_words(step.find("args"))) words.push_back(std::move(word));
    const bool command = step.find("command") != nullptr;
    add_exec(out_, unit, words, step.line_of(command ? "command" : "args"));
  }

  void add_pipeline(uint32_t pipeline, const std::string& name, const DataNode& spec) {
    std::vector<std::pair<uint32_t, const DataNode*>> placed;
    for (std::string_view list : {"tasks", "finally"}) {
      const DataNode* tasks = spec.find(list);
      if (tasks == nullptr) continue;
      for (const DataNode& task : tasks->items) {
        const uint32_t unit =
            add_unit(out_, UnitKind::kJob, name + "/" + std::string(task.get("name")), task.line, pipeline);
        out_.units[unit].title = Name(task.get("name"));
        add_pipeline_task(unit, task);
        if (list == "tasks") placed.emplace_back(unit, &task);
      }
    }
    if (placed.size() > kMaxOrderedJobs) return;
    for (const auto& [unit, task] : placed) add_order_of(unit, *task, placed);
  }

  void add_pipeline_task(uint32_t unit, const DataNode& task) {
    if (task.get("onError") == "continue") {
      set_effect(out_, unit, Effect::kSwallowed, "onError: continue", task.line_of("onError"));
    }
    if (const DataNode* when = task.find("when")) {
      set_runs(out_, unit, Truth::kUnknown, "when of the task", when->line);
    }
    const DataNode* ref = task.find("taskRef");
    if (ref != nullptr && !ref->get("name").empty()) {
      link(unit, "task " + std::string(ref->get("name")), ref->line);
    } else if (ref != nullptr) {
      add_action(out_, unit, "tekton/" + std::string(ref->get("resolver", "bundle")), "", nullptr, ref->line);
    }
    if (const DataNode* spec = task.find("taskSpec")) add_task(unit, *spec);
    for (std::string_view key : {"pipelineRef", "pipelineSpec"}) {
      const DataNode* other = task.find(key);
      if (other == nullptr) continue;
      if (key == "pipelineRef") link(unit, "pipeline " + std::string(other->get("name")), other->line);
      if (key == "pipelineSpec") add_pipeline(unit, std::string(task.get("name")), *other);
    }
  }

  // `runAfter`, and the results of other tasks that its parameters take.
  void add_order_of(uint32_t unit, const DataNode& task,
                    const std::vector<std::pair<uint32_t, const DataNode*>>& placed) {
    std::vector<std::string> names;
    for (const DataNode* name : scalar_lines(task.find("runAfter"))) names.push_back(name->text);
    const DataNode* params = task.find("params");
    for (const DataNode& param : params == nullptr ? std::vector<DataNode>() : params->items) {
      for (const DataNode* value : scalar_lines(param.find("value"))) {
        const size_t at = value->text.find("$(tasks.");
        if (at == std::string::npos) continue;
        const size_t end = value->text.find('.', at + 8);
        if (end != std::string::npos) names.push_back(value->text.substr(at + 8, end - at - 8));
      }
    }
    for (const auto& [other, node] : placed) {
      if (std::find(names.begin(), names.end(), node->get("name")) == names.end()) continue;
      const bool strict = out_.units[other].effect == Effect::kBlocking;
      add_order(out_, unit, other, strict, task.line);
    }
  }

  AutomationFile out_;
  std::string path_;
};

void run(const SourceFile& file, FileFacts& out) {
  if (file.text.find("tekton.dev/") == std::string::npos) return;
  const ParsedData data = parse_yaml(file.text, file.id);
  AutomationFile automation = TektonReader(file).read(data.documents);
  if (!automation.units.empty()) out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass tekton;
const FilePass tekton = {"tekton", "tasks, pipelines and runs of Tekton", wants, run};

}  // namespace mlgrade::passes
