// Azure Pipelines: pipelines and templates with their stages, jobs and steps.
#include <algorithm>
#include <array>
#include <optional>

#include "analyzer/base/limits.h"
#include "analyzer/passes/azure/expressions.h"
#include "analyzer/passes/azure/tasks.h"
#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

using azure::Values;

// Templates may be any YAML file; most of YAML is told apart by its text.
bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  return is_yaml_path(path) && !path.starts_with(".github/") && !path.starts_with(".circleci/");
}

bool has_pipeline_name(std::string_view path) {
  std::string name = to_lower(base_name(path));
  std::replace(name.begin(), name.end(), '_', '-');
  return name.starts_with("azure-pipeline");
}

bool any_key(const DataNode& node, std::initializer_list<std::string_view> keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](std::string_view key) { return node.find(key) != nullptr; });
}

// Whether a list has items that only Azure Pipelines has.
bool is_list_of(const DataNode* list, std::initializer_list<std::string_view> keys) {
  if (list == nullptr || !list->is_sequence()) return false;
  return std::any_of(list->items.begin(), list->items.end(), [&](const DataNode& item) {
    const bool expression = !item.entries.empty() && item.entries[0].first.starts_with("${{");
    return expression || any_key(item, keys);
  });
}

bool is_pipeline(const DataNode& root) {
  return is_list_of(root.find("stages"), {"stage", "template"}) ||
         is_list_of(root.find("jobs"), {"job", "deployment", "template"}) ||
         is_list_of(root.find("steps"),
                    {"script", "bash", "pwsh", "powershell", "task", "checkout", "template", "publish"}) ||
         root.at({"extends", "template"}) != nullptr;
}

std::vector<std::string> strings_at(const DataNode* node, std::string_view key) {
  const DataNode* found = node == nullptr ? nullptr : node->find(key);
  return found == nullptr ? std::vector<std::string>() : found->strings();
}

std::vector<std::string> branch_patterns(std::vector<std::string> patterns) {
  for (std::string& pattern : patterns) {
    if (pattern.starts_with("refs/heads/")) pattern.erase(0, 11);
    if (pattern.ends_with('*')) pattern += '*';
  }
  return patterns;
}

// A path filter takes a folder with all that is in it.
std::vector<std::string> path_patterns(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (std::string path : paths) {
    while (path.starts_with('/')) path.erase(0, 1);
    if (path.empty() || path == "*") return {};
    if (path.ends_with("/*")) path.resize(path.size() - 2);
    while (path.ends_with('/')) path.pop_back();
    out.push_back(path);
    out.push_back(path + "/**");
  }
  return out;
}

class PipelineReader {
 public:
  PipelineReader(const SourceFile& file, const DataNode& root)
      : root_(root), out_(automation_file(file, "azure-pipelines")), path_(file.path) {}

  AutomationFile read() {
    read_values(root_);
    const uint32_t unit = add_unit(out_, UnitKind::kWorkflow, path_, 1);
    add_triggers(unit);
    const bool windows = on_windows(root_, false);
    if (const DataNode* extends = root_.find("extends")) add_template(unit, *extends);
    if (const DataNode* stages = root_.find("stages")) {
      add_stages(*stages, unit, windows);
    } else if (const DataNode* jobs = root_.find("jobs")) {
      add_jobs(*jobs, unit, "", windows);
    } else if (const DataNode* steps = root_.find("steps")) {
      add_steps(*steps, unit, windows);
    }
    spread_waiting(out_, 0, waits_);
    add_publications(out_);
    return std::move(out_);
  }

 private:
  // An item of a list, and the template expressions that it stands under.
  struct Item {
    const DataNode* node;
    EventTruth holds;
    std::string condition;
    uint32_t line;
  };
  // A stage or job that has been read.
  struct Placed {
    std::string name;
    uint32_t unit;
    const DataNode* node;
    bool after_failure;
  };

  void read_values(const DataNode& holder) {
    const DataNode* variables = holder.find("variables");
    if (variables != nullptr) {
      for (const auto& [name, value] : variables->entries) set_value("variables.", name, value);
      for (const DataNode& item : variables->items) {
        const DataNode* value = item.find("value");
        if (value != nullptr) set_value("variables.", item.get("name"), *value);
      }
    }
    const DataNode* parameters = holder.find("parameters");
    if (parameters == nullptr) return;
    for (const auto& [name, value] : parameters->entries) set_value("parameters.", name, value);
    for (const DataNode& item : parameters->items) {
      const DataNode* value = item.find("default");
      if (value != nullptr) set_value("parameters.", item.get("name"), *value);
    }
  }

  void set_value(std::string_view prefix, std::string_view name, const DataNode& value) {
    if (value.is_scalar()) values_[std::string(prefix) + to_lower(name)] = value.text;
  }

  static bool on_windows(const DataNode& holder, bool outer) {
    const DataNode* pool = holder.find("pool");
    if (pool == nullptr) return outer;
    return to_lower(pool->get("vmImage")).find("windows") != std::string::npos;
  }

  void add_triggers(uint32_t unit) {
    const DataNode* trigger = root_.find("trigger");
    const DataNode* request = root_.find("pr");
    const DataNode* schedules = root_.find("schedules");
    const bool named = has_pipeline_name(path_);
    const bool started = trigger != nullptr || request != nullptr || schedules != nullptr;
    const bool is_template = !started && (!named || root_.find("parameters") != nullptr) &&
                             root_.at({"resources", "pipelines"}) == nullptr;
    if (is_template) return;
    if (schedules != nullptr) started_[CiEvent::kSchedule] = Truth::kYes;
    started_[CiEvent::kPush] = is_off(trigger) ? Truth::kNo : Truth::kYes;
    started_[CiEvent::kPullRequest] = is_off(request)      ? Truth::kNo
                                      : request == nullptr ? Truth::kUnknown
                                                           : Truth::kYes;
    add_branch_trigger(unit, TriggerKind::kPush, "push", trigger, Truth::kYes, "");
    add_branch_trigger(
        unit, TriggerKind::kPullRequest, "pull request", request,
        request != nullptr ? Truth::kYes : Truth::kUnknown,
        "without `pr:` a pull request starts it only where the code lies on GitHub or Bitbucket");
    if (schedules != nullptr) {
      for (const DataNode& item : schedules->items) add_schedule(unit, item);
    }
    if (const DataNode* pipelines = root_.at({"resources", "pipelines"})) {
      for (const DataNode& item : pipelines->items) {
        const DataNode* follows = item.find("trigger");
        if (follows == nullptr || is_false(follows) || follows->string_or("") == "none") continue;
        add_trigger(out_, unit, TriggerKind::kEvent, "after pipeline " + std::string(item.get("source")),
                    item.line);
      }
    }
    add_doubtful_trigger(out_, unit, TriggerKind::kManual, "run by hand", 1, Truth::kNo, "started by hand");
  }

  static bool is_off(const DataNode* node) {
    return node != nullptr && (node->string_or("") == "none" || is_false(node));
  }

  void add_branch_trigger(uint32_t unit, TriggerKind kind, std::string_view detail, const DataNode* node,
                          Truth automatic, const char* why) {
    if (is_off(node)) return;
    Trigger& trigger = add_trigger(out_, unit, kind, detail, node == nullptr ? 1 : node->line);
    trigger.automatic = automatic;
    if (automatic != Truth::kYes) trigger.why_not = why;
    if (node == nullptr) return;
    if (!node->is_mapping()) {
      trigger.branches = branch_patterns(node->strings());
      return;
    }
    const DataNode* branches = node->find("branches");
    trigger.branches = branch_patterns(strings_at(branches, "include"));
    if (branches != nullptr && branches->is_sequence())
      trigger.branches = branch_patterns(branches->strings());
    trigger.branches_ignore = branch_patterns(strings_at(branches, "exclude"));
    trigger.tags = strings_at(node->find("tags"), "include");
    trigger.paths = path_patterns(strings_at(node->find("paths"), "include"));
    trigger.paths_ignore = path_patterns(strings_at(node->find("paths"), "exclude"));
  }

  void add_schedule(uint32_t unit, const DataNode& item) {
    if (item.find("cron") == nullptr) return;
    Trigger& trigger = add_trigger(out_, unit, TriggerKind::kSchedule,
                                   "cron " + std::string(item.get("cron")), item.line_of("cron"));
    Truth usual = Truth::kYes;
    const std::vector<std::string> branches = branch_patterns(strings_at(item.find("branches"), "include"));
    if (!branches.empty()) {
      usual = Truth::kNo;
      for (const std::string& branch : branches) usual = usual || takes_default_branch(branch);
    }
    trigger.automatic = usual;
    if (usual != Truth::kYes)
      trigger.why_not = "its schedule is for branches that may not be the default one";
  }

  // `${{ if }}`, `${{ else }}` and `${{ each }}` around items of a list.
  void flatten(const DataNode& list, const Item& outer, int depth, std::vector<Item>& out) {
    if (depth > kMaxIncludeDepth) return;
    EventTruth before = EventTruth::all(Truth::kNo);  // a branch of the same if was taken
    for (const DataNode& node : list.items) {
      const bool expression = node.entries.size() == 1 && node.entries[0].first.starts_with("${{");
      if (!expression) {
        Item item = outer;
        item.node = &node;
        out.push_back(std::move(item));
        continue;
      }
      const auto& [key, body] = node.entries[0];
      std::string_view text = trim(std::string_view(key).substr(3));
      text = trim(text.substr(0, text.rfind("}}")));
      Item inner = outer;
      inner.condition = key;
      inner.line = node.line;
      EventTruth holds = EventTruth::all(Truth::kUnknown);  // each
      if (text.starts_with("if ") || text.starts_with("elseif ") || text.starts_with("if(")) {
        const EventTruth own = azure::evaluate(text.substr(text.find_first_of(" (")), values_).runs;
        const bool first = text.starts_with("if");
        holds = first ? own : !before && own;
        before = first ? own : before || own;
      } else if (text.starts_with("else")) {
        holds = !before;
      }
      inner.holds = outer.holds && holds;
      flatten(body, inner, depth + 1, out);
    }
  }

  std::vector<Item> items_of(const DataNode& list) {
    std::vector<Item> out;
    flatten(list, {nullptr, EventTruth(), "", 0}, 0, out);
    return out;
  }

  void apply_item(uint32_t unit, const Item& item) {
    if (item.line > 0) set_runs(out_, unit, started_, item.holds, item.condition, item.line);
  }

  // `condition:`; true if the unit runs whatever failed before it.
  bool apply_condition(uint32_t unit, const DataNode& node) {
    const DataNode* text = node.find("condition");
    if (text == nullptr || !text->is_scalar()) return false;
    const azure::Condition condition = azure::evaluate(text->text, values_);
    set_runs(out_, unit, started_, condition.runs, text->text, text->line);
    if (condition.only_failure) {
      set_runs(out_, unit, Truth::kUnknown, "only after a failure", text->line);
    }
    return condition.after_failure || condition.only_failure;
  }

  void apply_errors(uint32_t unit, const DataNode& node) {
    const DataNode* goes_on = node.find("continueOnError");
    if (goes_on == nullptr || !goes_on->is_scalar() || is_false(goes_on)) return;
    const std::string text = azure::filled(goes_on->text, values_);
    if (text == "false") return;
    const bool sure = to_lower(text) == "true";
    set_effect(out_, unit, sure ? Effect::kSwallowed : Effect::kReporting,
               sure ? "`continueOnError: true`" : "`continueOnError` depends on an expression",
               goes_on->line);
  }

  // `template: path` or `path@repository`; paths are relative to the file, or to the root with a '/'.
  void add_template(uint32_t unit, const DataNode& node) {
    const std::string path = azure::filled(node.get("template"), values_);
    const size_t at = path.find('@');
    const uint32_t line = node.line_of("template");
    if (at != std::string::npos && path.substr(at + 1) != "self") {
      out_.actions.push_back({unit, Name(path), Name(), line_span(out_.file, line), {}});
      return;
    }
    const std::string_view name = std::string_view(path).substr(0, at);
    const bool absolute = name.starts_with('/');
    const std::string target = join_path(absolute ? "" : folder_of(path_), absolute ? name.substr(1) : name);
    if (target == "?" || target.find('$') != std::string::npos) return;
    add_link(out_, unit, LinkKind::kUses, UnitKind::kWorkflow, target, line);
  }

  // `dependsOn`, else the stage before.
  void order(const std::vector<Placed>& placed, bool one_after_another) {
    if (placed.size() > kMaxOrderedJobs) return;
    for (size_t i = 0; i < placed.size(); ++i) {
      const Placed& one = placed[i];
      const DataNode* needs = one.node->find("dependsOn");
      if (needs == nullptr) {
        if (one_after_another && i > 0) {
          add_order(out_, one.unit, placed[i - 1].unit, !one.after_failure, one.node->line);
        }
        continue;
      }
      for (const std::string& name : needs->strings()) {
        for (const Placed& other : placed) {
          if (other.name == name) add_order(out_, one.unit, other.unit, !one.after_failure, needs->line);
        }
      }
    }
  }

  void add_stages(const DataNode& list, uint32_t parent, bool windows) {
    std::vector<Placed> placed;
    for (const Item& item : items_of(list)) {
      const DataNode& node = *item.node;
      const bool is_template = node.find("template") != nullptr;
      const std::string name = azure::filled(node.get(is_template ? "template" : "stage"), values_);
      if (name.empty()) continue;
      const uint32_t unit = add_unit(out_, UnitKind::kJob, name, node.line, parent);
      if (!node.get("displayName").empty()) out_.units[unit].title = Name(node.get("displayName"));
      apply_item(unit, item);
      const bool after_failure = apply_condition(unit, node);
      placed.push_back({name, unit, item.node, after_failure});
      if (is_template) add_template(unit, node);
      if (node.get("trigger") == "manual") set_manual(out_, unit, "trigger: manual", node.line_of("trigger"));
      if (const DataNode* jobs = node.find("jobs")) {
        read_values(node);
        add_jobs(*jobs, unit, name + "/", on_windows(node, windows));
      }
    }
    order(placed, true);
  }

  void add_jobs(const DataNode& list, uint32_t parent, const std::string& prefix, bool windows) {
    std::vector<Placed> placed;
    for (const Item& item : items_of(list)) {
      const DataNode& node = *item.node;
      std::string name;
      for (std::string_view key : {"job", "deployment", "template"}) {
        if (name.empty()) name = azure::filled(node.get(key), values_);
      }
      if (name.empty()) name = "job " + std::to_string(placed.size() + 1);
      const uint32_t unit = add_unit(out_, UnitKind::kJob, prefix + name, node.line, parent);
      if (!node.get("displayName").empty()) out_.units[unit].title = Name(node.get("displayName"));
      apply_item(unit, item);
      const bool after_failure = apply_condition(unit, node);
      apply_errors(unit, node);
      placed.push_back({name, unit, item.node, after_failure});
      if (node.find("template") != nullptr) add_template(unit, node);
      add_job_body(unit, parent, node, on_windows(node, windows));
    }
    order(placed, false);
  }

  void add_job_body(uint32_t unit, uint32_t parent, const DataNode& node, bool windows) {
    const DataNode* container = node.find("container");
    if (container != nullptr) out_.units[unit].image = Name(container->string_or(container->get("image")));
    const DataNode* environment = node.find("environment");
    if (environment != nullptr) {
      out_.units[unit].environment = Name(environment->string_or(environment->get("name")));
    }
    read_values(node);
    if (const DataNode* steps = node.find("steps")) add_steps(*steps, unit, windows);
    const DataNode* strategy = node.find("strategy");
    if (strategy != nullptr) {
      for (std::string_view kind : {"runOnce", "rolling", "canary"}) {
        if (const DataNode* hooks = strategy->find(kind)) add_hooks(*hooks, unit, windows);
      }
    }
    if (unit < waits_.size() && waits_[unit]) mark_waiting(parent);
  }

  // The life cycle of a deployment, in the order in which it runs.
  void add_hooks(const DataNode& hooks, uint32_t unit, bool windows) {
    for (std::string_view name : {"preDeploy", "deploy", "routeTraffic", "postRouteTraffic"}) {
      const DataNode* steps = hooks.at({name, "steps"});
      if (steps != nullptr) add_steps(*steps, unit, windows);
    }
    for (std::string_view name : {"success", "failure"}) {
      const DataNode* steps = hooks.at({"on", name, "steps"});
      if (steps == nullptr) continue;
      const uint32_t part = add_unit(out_, UnitKind::kStep, name, steps->line, unit);
      if (name == "failure") set_runs(out_, part, Truth::kUnknown, "only after a failure", steps->line);
      add_steps(*steps, part, windows);
    }
  }

  void mark_waiting(uint32_t unit) {
    if (waits_.size() <= unit) waits_.resize(unit + 1, false);
    waits_[unit] = true;
  }

  void add_steps(const DataNode& list, uint32_t parent, bool windows) {
    for (const Item& item : items_of(list)) {
      const DataNode& node = *item.node;
      if (!node.is_mapping()) continue;
      const uint32_t unit =
          add_unit(out_, UnitKind::kStep, std::to_string(out_.units.size()), node.line, parent);
      out_.units[unit].title = Name(step_title(node));
      apply_item(unit, item);
      apply_condition(unit, node);
      apply_errors(unit, node);
      if (is_false(node.find("enabled"))) {
        set_runs(out_, unit, Truth::kNo, "enabled: false", node.line_of("enabled"));
      }
      set_folder(unit, node);
      add_body(unit, parent, node, windows);
    }
  }

  static std::string step_title(const DataNode& node) {
    if (!node.get("displayName").empty()) return std::string(node.get("displayName"));
    for (std::string_view key : {"script", "bash", "pwsh", "powershell", "task", "template", "publish"}) {
      std::string_view text = trim(node.get(key));
      if (!text.empty()) return std::string(text.substr(0, text.find('\n')));
    }
    return "";
  }

  void set_folder(uint32_t unit, const DataNode& node) {
    std::string folder(node.get("workingDirectory"));
    if (folder.empty() && node.find("inputs") != nullptr) {
      for (const auto& [key, value] : node.find("inputs")->entries) {
        const std::string name = to_lower(key);
        if (name == "workingdirectory" || name == "cwd") folder = value.string_or("");
      }
    }
    if (folder.empty()) return;
    folder = azure::checkout_path(azure::filled(folder, values_));
    const std::string path = join_path("", folder);
    out_.units[unit].working_directory = Name(path.empty() ? "." : path);
  }

  void add_body(uint32_t unit, uint32_t job, const DataNode& node, bool windows) {
    const azure::StepPlace place{values_, windows};
    azure::add_texts(out_, unit, node, place);
    if (node.find("task") != nullptr) {
      azure::add_task(out_, unit, node, place);
      if (azure::waits_for_person(node.get("task"))) {
        set_manual(out_, unit, "a person validates", node.line_of("task"));
        mark_waiting(job);
      }
    }
    if (node.find("template") != nullptr) add_template(unit, node);
    if (const DataNode* path = node.find("publish"); path != nullptr && path->is_scalar()) {
      out_.publications.push_back({unit, Publication::Kind::kArtifact, azure::checkout_path(path->text),
                                   line_span(out_.file, path->line)});
    }
  }

  const DataNode& root_;
  AutomationFile out_;
  std::string path_;
  Values values_;
  EventTruth started_ = EventTruth::usual();
  std::vector<bool> waits_;  // by unit: what needs it waits for a person
};

void run(const SourceFile& file, FileFacts& out) {
  constexpr std::array<std::string_view, 3> kLists = {"steps:", "jobs:", "stages:"};
  constexpr std::array<std::string_view, 10> kMarks = {
      "vmImage", "- task:",  "- script:",     "- bash:",     "- pwsh:",
      "- job:",  "- stage:", "- deployment:", "- template:", "- powershell:"};
  const auto has = [&](std::string_view mark) { return file.text.find(mark) != std::string::npos; };
  const bool extends = has("extends:") && has("template:");
  const bool likely =
      std::any_of(kLists.begin(), kLists.end(), has) && std::any_of(kMarks.begin(), kMarks.end(), has);
  if (!likely && !extends) return;
  const ParsedData data = parse_yaml(file.text, file.id);
  if (data.root().is_mapping() && is_pipeline(data.root())) {
    out.automation.push_back(PipelineReader(file, data.root()).read());
  } else if (data.documents.empty() && has_pipeline_name(file.path)) {
    AutomationFile broken = automation_file(file, "azure-pipelines");
    broken.analysable = false;
    out.automation.push_back(std::move(broken));
  }
}

}  // namespace

extern const FilePass azure_pipelines;
const FilePass azure_pipelines = {"azure_pipelines", "pipelines and templates of Azure DevOps", wants, run};

}  // namespace mlgrade::passes
