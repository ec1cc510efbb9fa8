// Buildkite: steps in the order that waits, blocks and depends_on give.
#include <algorithm>
#include <map>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  return (path.starts_with(".buildkite/") && (is_yaml_path(path) || path.ends_with(".json"))) ||
         path == "buildkite.yml" || path == "buildkite.yaml";
}

// What `buildkite-agent pipeline upload` takes when it is given no path.
bool is_first(std::string_view path) {
  for (std::string_view name : {".buildkite/pipeline.yml", ".buildkite/pipeline.yaml",
                                ".buildkite/pipeline.json", "buildkite.yml", "buildkite.yaml"}) {
    if (path == name) return true;
  }
  return false;
}

ConditionValue build_value(std::string_view name, CiEvent event) {
  using Value = ConditionValue;
  const bool request = event == CiEvent::kPullRequest;
  if (name == "build.branch")
    return request || event == CiEvent::kTag ? Value::some() : Value::default_branch();
  if (name == "pipeline.default_branch") return Value::default_branch();
  if (name == "build.tag") return event == CiEvent::kTag ? Value::some() : Value::null();
  if (name == "build.pull_request.id") return request ? Value::some() : Value::null();
  if (name == "build.pull_request.base_branch") return request ? Value::default_branch() : Value::null();
  if (name == "build.pull_request.draft") return request ? Value::of("false") : Value::null();
  if (name == "build.source") {
    if (event == CiEvent::kSchedule) return Value::of("schedule");
    return Value::of(event == CiEvent::kManual ? "ui" : "webhook");
  }
  return {};
}

class PipelineReader {
 public:
  PipelineReader(const SourceFile& file, const DataNode& root)
      : root_(root), out_(automation_file(file, "buildkite")), path_(file.path) {}

  AutomationFile read() {
    const uint32_t unit = add_unit(out_, UnitKind::kWorkflow, path_, 1);
    if (is_first(path_)) {
      add_trigger(out_, unit, TriggerKind::kPush, "push", 1);
      add_trigger(out_, unit, TriggerKind::kPullRequest, "pull request", 1);
      add_doubtful_trigger(out_, unit, TriggerKind::kSchedule, "schedule", 1, Truth::kUnknown,
                           "its schedule is set in Buildkite, not in the repository");
    } else {
      add_doubtful_trigger(out_, unit, TriggerKind::kEvent, "build", 1, Truth::kUnknown,
                           "which pipeline file a build takes is set in Buildkite");
    }
    const DataNode* steps = root_.is_sequence() ? &root_ : root_.find("steps");
    if (steps != nullptr) add_steps(*steps, unit, 0);
    add_dependencies();
    spread_waiting(out_, 0, std::move(waits_));
    add_publications(out_);
    return std::move(out_);
  }

 private:
  struct Step {
    uint32_t unit;
    const DataNode* node;
    bool soft;  // nothing waits for its success
  };

  void add_steps(const DataNode& steps, uint32_t parent, int depth) {
    for (const DataNode& step : steps.items) {
      const bool bare = step.is_scalar();
      if ((bare && step.text == "wait") || step.find("wait") != nullptr) {
        add_wait(is_true(step.find("continue_on_failure")));
      } else if (step.find("block") != nullptr || (bare && step.text == "block")) {
        add_block(step, parent, "block");
      } else if (step.find("input") != nullptr) {
        add_block(step, parent, "input");
      } else if (step.find("group") != nullptr && depth == 0) {
        add_group(step, parent);
      } else if (step.is_mapping()) {
        add_step(step, parent);
      }
    }
  }

  // Steps behind a wait need all before it. Where nothing before has to succeed, the wait before that counts.
  void add_wait(bool also_after_failure) {
    std::vector<std::pair<uint32_t, bool>> barrier;
    for (const Step& step : since_wait_) {
      barrier.emplace_back(step.unit, !also_after_failure && !step.soft);
      seen_.push_back(step);
    }
    since_wait_.clear();
    const bool any = std::any_of(barrier.begin(), barrier.end(), [](const auto& one) { return one.second; });
    if (any) barrier_.clear();
    barrier_.insert(barrier_.end(), barrier.begin(), barrier.end());
  }

  void add_block(const DataNode& step, uint32_t parent, std::string_view kind) {
    const uint32_t unit = new_unit(step, parent, kind);
    mark_waiting(unit);
    set_manual(out_, unit, std::string(kind) + " step", step.line);
    add_wait(false);  // a block is a wait, too
    barrier_.emplace_back(unit, true);
    remember(step, unit);
  }

  void add_group(const DataNode& step, uint32_t parent) {
    const uint32_t unit = new_unit(step, parent, "group");
    apply_conditions(unit, step);
    remember(step, unit);
    since_wait_.push_back({unit, &step, false});
    link_barrier(unit, step);
    if (const DataNode* steps = step.find("steps")) add_steps(*steps, unit, 1);
  }

  uint32_t new_unit(const DataNode& step, uint32_t parent, std::string_view kind) {
    std::string_view key = step.get("key", step.get("identifier", step.get("id")));
    const std::string name = key.empty() ? std::to_string(out_.units.size()) : std::string(key);
    const uint32_t unit = add_unit(out_, UnitKind::kJob, name, step.line, parent);
    std::string_view title = step.get("label", step.get("name", step.get(kind)));
    if (title.empty()) title = trim(step.get("command"));
    out_.units[unit].title = Name(title.substr(0, title.find('\n')));
    return unit;
  }

  void remember(const DataNode& step, uint32_t unit) {
    for (std::string_view key : {"key", "identifier", "id", "label", "name"}) {
      if (!step.get(key).empty()) by_key_.emplace(std::string(step.get(key)), unit);
    }
  }

  void mark_waiting(uint32_t unit) {
    if (waits_.size() <= unit) waits_.resize(unit + 1, false);
    waits_[unit] = true;
  }

  void add_step(const DataNode& step, uint32_t parent) {
    const uint32_t unit = new_unit(step, parent, "command");
    remember(step, unit);
    apply_conditions(unit, step);
    const bool soft = apply_soft_fail(unit, step);
    since_wait_.push_back({unit, &step, soft});
    link_barrier(unit, step);
    std::vector<const DataNode*> lines = scalar_lines(step.find("command"));
    for (const DataNode* line : scalar_lines(step.find("commands"))) lines.push_back(line);
    add_shell_lines(out_, unit, lines, true, false);
    add_plugins(unit, step);
    for (const DataNode* path : scalar_lines(step.find("artifact_paths"))) {
      for (std::string_view one : split(std::string_view(path->text), ';')) {
        out_.publications.push_back(
            {unit, Publication::Kind::kArtifact, std::string(trim(one)), line_span(out_.file, path->line)});
      }
    }
  }

  // Steps with depends_on start as soon as those have passed, whatever waits stand between.
  void link_barrier(uint32_t unit, const DataNode& step) {
    if (step.find("depends_on") != nullptr) return;
    for (const auto& [other, success] : barrier_) add_order(out_, unit, other, success, step.line);
  }

  void add_dependencies() {
    for (const Step& step : since_wait_) seen_.push_back(step);
    for (const Step& step : seen_) {
      const DataNode* needs = step.node->find("depends_on");
      if (needs == nullptr) continue;
      const bool anyway = is_true(step.node->find("allow_dependency_failure"));
      std::vector<const DataNode*> names = scalar_lines(needs);
      for (const DataNode& item : needs->items) {
        if (const DataNode* name = item.find("step")) names.push_back(name);
      }
      for (const DataNode* name : names) {
        const auto other = by_key_.find(name->text);
        if (other == by_key_.end()) continue;
        add_order(out_, step.unit, other->second, !anyway, name->line);
      }
    }
  }

  void apply_conditions(uint32_t unit, const DataNode& step) {
    if (const DataNode* skip = step.find("skip"); skip != nullptr && !is_false(skip)) {
      set_runs(out_, unit, Truth::kNo, "skip: " + std::string(skip->string_or("")), skip->line);
    }
    if (const DataNode* condition = step.find("if"); condition != nullptr && condition->is_scalar()) {
      const EventTruth holds = EventTruth::ask([&](CiEvent event) {
        return evaluate_expression(condition->text,
                                   [event](std::string_view name) { return build_value(name, event); });
      });
      set_runs(out_, unit, EventTruth::usual(), holds, condition->text, condition->line);
    }
    const DataNode* branches = step.find("branches");
    if (branches == nullptr) return;
    Truth usual = Truth::kNo;
    bool only_excluded = true;
    for (const DataNode* list : scalar_lines(branches)) {
      for (std::string_view pattern : split_words(std::string_view(list->text))) {
        if (pattern.starts_with('!')) continue;
        only_excluded = false;
        usual = usual || takes_default_branch(pattern);
      }
    }
    if (!only_excluded) set_runs(out_, unit, usual, "branches of the step", branches->line);
  }

  // `soft_fail: true`, or a list of exit codes that are let through.
  bool apply_soft_fail(uint32_t unit, const DataNode& step) {
    const DataNode* soft = step.find("soft_fail");
    if (soft == nullptr || is_false(soft)) return false;
    bool all = is_true(soft);
    for (const DataNode& item : soft->items) {
      const std::string_view code = item.get("exit_status");
      all = all || code == "*" || code == "1";
    }
    if (all) set_effect(out_, unit, Effect::kSwallowed, "soft_fail lets the build pass", soft->line);
    return all;
  }

  void add_plugins(uint32_t unit, const DataNode& step) {
    const DataNode* plugins = step.find("plugins");
    if (plugins == nullptr) return;
    const auto add = [&](std::string_view name, const DataNode* options, uint32_t line) {
      const auto [plugin, version] = split_version(name, '#');
      add_action(out_, unit, "buildkite-plugins/" + std::string(plugin), version, options, line);
      if (options == nullptr) return;
      if (name.starts_with("docker#")) {
        out_.units[unit].image = Name(options->get("image"));
        add_exec(out_, unit, exec_words(options->find("command")), line);
      }
      if (name.starts_with("docker-compose#") && !options->get("run").empty()) {
        add_exec(out_, unit, {"docker-compose", "run", std::string(options->get("run"))}, line);
      }
    };
    for (const auto& [name, options] : plugins->entries) add(name, &options, plugins->line_of(name));
    for (const DataNode& item : plugins->items) {
      if (item.is_scalar()) add(item.text, nullptr, item.line);
      for (const auto& [name, options] : item.entries) add(name, &options, item.line);
    }
  }

  const DataNode& root_;
  AutomationFile out_;
  std::string path_;
  std::vector<Step> since_wait_, seen_;
  std::vector<std::pair<uint32_t, bool>> barrier_;  // what steps from here on come after; needs its success
  std::map<std::string, uint32_t> by_key_;
  std::vector<bool> waits_;
};

void run(const SourceFile& file, FileFacts& out) {
  ParsedData data =
      file.path.ends_with(".json") ? parse_json(file.text, file.id) : parse_yaml(file.text, file.id);
  for (Problem& problem : data.problems) out.problems.push_back(std::move(problem));
  const DataNode& root = data.root();
  const bool pipeline = root.find("steps") != nullptr || (root.is_sequence() && is_first(file.path));
  if (!pipeline && !is_first(file.path)) return;  // settings of tools that live there
  AutomationFile automation = PipelineReader(file, root).read();
  automation.analysable = pipeline;
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass buildkite;
const FilePass buildkite = {"buildkite", "steps of Buildkite pipelines", wants, run};

}  // namespace mlgrade::passes
