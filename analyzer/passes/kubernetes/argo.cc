// Argo Workflows: templates that run containers or scripts, the steps and tasks that call them, and what goes
// on after a failure.
#include <fmt/format.h>

#include <map>
#include <string>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/kubernetes/workloads.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

constexpr int kMaxDepth = 12;  // of templates that call templates

class ArgoWriter {
 public:
  ArgoWriter(AutomationFile& out, const DataNode& spec, uint32_t unit) : out_(out), spec_(spec), unit_(unit) {
    const DataNode* templates = spec.find("templates");
    if (templates == nullptr) return;
    for (const DataNode& step : templates->items) templates_.emplace(step.get("name"), &step);
  }

  void write() {
    if (const DataNode* reference = spec_.find("workflowTemplateRef")) {
      add_link(out_, unit_, LinkKind::kRuns, UnitKind::kTarget, reference->get("name"), reference->line)
          .target_system = out_.system;
    }
    const std::string_view entry = spec_.get("entrypoint");
    if (const auto found = templates_.find(entry); found != templates_.end()) {
      add_template(unit_, *found->second, 0);
    } else if (spec_.find("templates") != nullptr && spec_.find("entrypoint") == nullptr) {
      // A WorkflowTemplate of which others call parts.
      for (const auto& [name, one] : templates_) add_body(add_part(name, one->line, unit_), *one);
    }
    if (const auto exit = templates_.find(spec_.get("onExit")); exit != templates_.end())
      add_template(unit_, *exit->second, 1);
  }

 private:
  uint32_t add_part(std::string_view name, uint32_t line, uint32_t parent) {
    std::string full = out_.units[unit_].name.str() + "." + std::string(name);
    const int times = ++names_[full];
    if (times > 1) full += fmt::format("__{}", times);
    const uint32_t part = add_unit(out_, UnitKind::kStage, full, line, parent);
    out_.units[part].title = Name(name);
    out_.units[part].working_directory = Name("?");
    return part;
  }

  void add_body(uint32_t unit, const DataNode& body) {
    if (const DataNode* container = body.find("container")) add_container(out_, unit, *container);
    if (const DataNode* set = body.at({"containerSet", "containers"})) {
      for (const DataNode& container : set->items) add_container(out_, unit, container);
    }
    const DataNode* script = body.find("script");
    if (script == nullptr) return;
    const std::vector<std::string> shell = exec_words(script->find("command"));
    if (shell.empty() || shell[0].ends_with("sh")) add_script_node(out_, unit, script->find("source"), false);
    out_.units[unit].image = Name(script->get("image"));
  }

  void add_template(uint32_t unit, const DataNode& body, int depth) {
    add_body(unit, body);
    if (depth > kMaxDepth) return;
    std::vector<uint32_t> before;
    if (const DataNode* steps = body.find("steps")) {
      for (const DataNode& group : steps->items) {
        std::vector<uint32_t> here;
        // A group is a list of steps side by side; a single step is a group, too.
        const bool list = group.is_sequence();
        for (size_t i = 0; i < (list ? group.items.size() : 1); ++i) {
          const DataNode& step = list ? group.items[i] : group;
          const uint32_t part = add_call(unit, step, depth);
          for (uint32_t first : before) add_order(part, first, step.line);
          here.push_back(part);
        }
        before = std::move(here);
      }
    }
    const DataNode* tasks = body.at({"dag", "tasks"});
    if (tasks == nullptr) return;
    std::map<std::string, uint32_t, std::less<>> parts;
    for (const DataNode& task : tasks->items)
      parts[std::string(task.get("name"))] = add_call(unit, task, depth);
    for (const DataNode& task : tasks->items) add_dependencies(parts, task);
  }

  // One step or task: what its template does is done as a part of it.
  uint32_t add_call(uint32_t parent, const DataNode& step, int depth) {
    const uint32_t part = add_part(step.get("name"), step.line, parent);
    const DataNode* on = step.find("continueOn");
    if (on != nullptr && is_on(on->find("failed"))) {
      out_.units[part].effect = Effect::kSwallowed;
      out_.units[part].effect_why = "continueOn.failed lets the workflow go on";
      out_.units[part].effect_span = line_span(out_.file, step.line_of("continueOn"));
    }
    if (const std::string_view when = step.get("when"); !when.empty()) {
      const bool never = when == "false";
      out_.units[part].runs = never ? Truth::kNo : Truth::kUnknown;
      out_.units[part].condition = fmt::format("when: {}", when);
      out_.units[part].condition_span = line_span(out_.file, step.line_of("when"));
    }
    const DataNode* inside = step.find("inline");
    if (inside != nullptr) add_template(part, *inside, depth + 1);
    const auto found = templates_.find(step.get("template"));
    if (found != templates_.end()) add_template(part, *found->second, depth + 1);
    if (const DataNode* reference = step.find("templateRef")) {
      const std::string target = fmt::format("{}.{}", reference->get("name"), reference->get("template"));
      add_link(out_, part, LinkKind::kRuns, UnitKind::kStage, target, reference->line).target_system =
          out_.system;
    }
    return part;
  }

  void add_order(uint32_t then, uint32_t first, uint32_t line) {
    add_link(out_, then, LinkKind::kNeeds, UnitKind::kStage, out_.units[first].name.view(), line).same_file =
        true;
  }

  // `dependencies: [a, b]`, or `depends: "a && b.Succeeded"`.
  void add_dependencies(const std::map<std::string, uint32_t, std::less<>>& parts, const DataNode& task) {
    const uint32_t part = parts.at(std::string(task.get("name")));
    const DataNode* list = task.find("dependencies");
    if (list != nullptr) {
      for (const std::string& name : list->strings()) {
        if (const auto first = parts.find(name); first != parts.end())
          add_order(part, first->second, list->line);
      }
    }
    std::string_view text = task.get("depends");
    while (!text.empty()) {
      const size_t begin = text.find_first_not_of(" ()&|!");
      if (begin == text.npos) break;
      text.remove_prefix(begin);
      const size_t end = std::min(text.find_first_of(" ()&|"), text.size());
      const std::string_view word = text.substr(0, end);
      text.remove_prefix(end);
      const size_t dot = word.find('.');
      const auto first = parts.find(word.substr(0, dot));
      if (first == parts.end()) continue;
      const bool heeds = dot == word.npos || word.substr(dot) == ".Succeeded";
      UnitLink& link =
          add_link(out_, part, heeds ? LinkKind::kNeeds : LinkKind::kHappensAfter, UnitKind::kStage,
                   out_.units[first->second].name.view(), task.line_of("depends"));
      link.same_file = true;
    }
  }

  AutomationFile& out_;
  const DataNode& spec_;
  uint32_t unit_;
  std::map<std::string, const DataNode*, std::less<>> templates_;
  std::map<std::string, int> names_;
};

}  // namespace

bool add_argo(AutomationFile& out, const DataNode& root, std::string_view kind) {
  const bool cron = kind == "CronWorkflow";
  if (!cron && kind != "Workflow" && kind != "WorkflowTemplate" && kind != "ClusterWorkflowTemplate")
    return false;
  const DataNode* spec = root.find("spec");
  // A template is there to be called: applying it runs nothing, so it is a target.
  const bool is_template = kind.ends_with("WorkflowTemplate");
  const UnitKind made = cron ? UnitKind::kSchedule : is_template ? UnitKind::kTarget : UnitKind::kStage;
  const uint32_t unit = add_object(out, made, root);
  if (cron) add_cron(out, unit, *spec, spec->find("schedules") != nullptr ? "schedules" : "schedule");
  const DataNode* workflow = cron ? spec->find("workflowSpec") : spec;
  if (workflow != nullptr) ArgoWriter(out, *workflow, unit).write();
  return true;
}

}  // namespace mlgrade
