// Drone and Woodpecker: pipelines with steps, what starts them and what may fail.
#include <algorithm>
#include <map>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool is_woodpecker(std::string_view path) {
  return path.starts_with(".woodpecker/") || path.starts_with(".woodpecker.");
}

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  return is_yaml_path(path) && (path.starts_with(".drone.") || is_woodpecker(path));
}

// Names of an event as the two systems have them.
Truth names_event(std::string_view name, CiEvent event) {
  const auto yes = [](bool holds) { return holds ? Truth::kYes : Truth::kNo; };
  if (name == "push") return yes(event == CiEvent::kPush);
  if (name == "pull_request" || name.starts_with("pull_request")) return yes(event == CiEvent::kPullRequest);
  if (name == "tag" || name == "release") return yes(event == CiEvent::kTag);
  if (name == "cron") return yes(event == CiEvent::kSchedule);
  if (name == "manual" || name == "custom" || name == "promote" || name == "rollback" ||
      name == "deployment") {
    return yes(event == CiEvent::kManual);
  }
  return Truth::kUnknown;
}

std::vector<std::string> listed(const DataNode& node, std::string_view key) {
  std::vector<std::string> out;
  for (const DataNode* item : scalar_lines(node.find(key))) out.push_back(item->text);
  return out;
}

// `x: [a, b]`, or `x: {include: [...], exclude: [...]}`.
Truth filter_holds(const DataNode& node, auto&& matches) {
  const DataNode* include = node.is_mapping() ? node.find("include") : &node;
  Truth result = include == nullptr ? Truth::kYes : Truth::kNo;
  for (const DataNode* item : scalar_lines(include)) result = result || matches(item->text);
  if (node.is_mapping()) {
    for (const DataNode* item : scalar_lines(node.find("exclude"))) result = result && !matches(item->text);
  }
  return result;
}

Truth branch_holds(const DataNode& branch, CiEvent event) {
  if (event == CiEvent::kTag) return Truth::kUnknown;
  return filter_holds(branch, [](std::string_view name) { return takes_default_branch(name); });
}

Truth ref_holds(const DataNode& ref, CiEvent event) {
  return filter_holds(ref, [event](std::string_view name) {
    const bool tag = name.starts_with("refs/tags/");
    const bool request = name.starts_with("refs/pull/");
    if (tag || request) {
      const CiEvent wanted = tag ? CiEvent::kTag : CiEvent::kPullRequest;
      return wanted == event ? Truth::kYes : Truth::kNo;
    }
    if (event == CiEvent::kTag || event == CiEvent::kPullRequest) return Truth::kNo;
    return takes_default_branch(name);
  });
}

// One condition: all of its parts hold. `status` is looked at by the caller.
EventTruth condition_holds(const DataNode& when) {
  return EventTruth::ask([&](CiEvent event) {
    Truth result = Truth::kYes;
    for (const auto& [key, value] : when.entries) {
      if (key == "event") {
        result =
            result && filter_holds(value, [&](std::string_view name) { return names_event(name, event); });
      } else if (key == "branch") {
        result = result && branch_holds(value, event);
      } else if (key == "ref") {
        result = result && ref_holds(value, event);
      } else if (key == "cron") {
        result = result && (event == CiEvent::kSchedule ? Truth::kYes : Truth::kNo);
      } else if (key == "evaluate") {
        result = result && evaluate_expression(value.string_or(""), [event](std::string_view name) {
                   if (name == "CI_COMMIT_BRANCH") return ConditionValue::default_branch();
                   if (name == "CI_PIPELINE_EVENT" && event == CiEvent::kPush)
                     return ConditionValue::of("push");
                   return ConditionValue{};
                 });
      } else if (key != "status" && key != "repo" && key != "path") {  // paths change now and then
        result = result && Truth::kUnknown;                            // instance, platform, matrix
      }
    }
    return result;
  });
}

// A list of conditions of which one has to hold, or one condition.
EventTruth when_holds(const DataNode& when) {
  if (!when.is_sequence()) return condition_holds(when);
  EventTruth result = EventTruth::all(when.items.empty() ? Truth::kYes : Truth::kNo);
  for (const DataNode& item : when.items) result = result || condition_holds(item);
  return result;
}

// Whether a step runs also, or only, after a failure.
struct Status {
  bool after_failure = false;
  bool only_failure = false;
};

Status status_of(const DataNode* when) {
  Status out;
  if (when == nullptr) return out;
  std::vector<std::string> names = listed(*when, "status");
  for (const DataNode& item : when->items) {
    for (std::string& name : listed(item, "status")) names.push_back(std::move(name));
  }
  const bool failure = std::find(names.begin(), names.end(), "failure") != names.end();
  const bool success = std::find(names.begin(), names.end(), "success") != names.end();
  return {failure, failure && !success};
}

class PipelineReader {
 public:
  PipelineReader(const SourceFile& file, bool woodpecker)
      : out_(automation_file(file, woodpecker ? "woodpecker" : "drone")),
        path_(file.path),
        woodpecker_(woodpecker) {}

  AutomationFile read(const std::vector<DataNode>& documents) {
    const uint32_t file = add_unit(out_, UnitKind::kWorkflow, path_, 1);
    add_triggers(documents, file);
    for (const DataNode& document : documents) {
      if (is_pipeline(document)) add_pipeline(document, file);
    }
    for (const Waiting& waiting : pipelines_) {
      for (const std::string& name : waiting.names) {
        const auto other = pipeline_units_.find(name);
        if (other != pipeline_units_.end()) add_order(out_, waiting.unit, other->second, true, waiting.line);
      }
    }
    add_publications(out_);
    return std::move(out_);
  }

 private:
  static bool is_pipeline(const DataNode& document) {
    return document.is_mapping() && document.get("kind", "pipeline") == "pipeline";
  }

  // What of the pipeline says by which events it starts.
  static constexpr std::string_view kConditions[] = {"trigger", "when", "branches"};

  static EventTruth starts_by(const DataNode& document, std::string_view key) {
    const DataNode* when = document.find(key);
    if (when == nullptr) return EventTruth();
    return key == "branches" ? EventTruth::ask([&](CiEvent event) { return branch_holds(*when, event); })
                             : when_holds(*when);
  }

  // The line that says so of the first pipeline which the event starts; 0 if it starts none.
  static uint32_t line_started_by(const std::vector<DataNode>& documents, CiEvent event) {
    for (const DataNode& document : documents) {
      if (!is_pipeline(document)) continue;
      EventTruth starts;
      uint32_t line = 0;
      for (std::string_view key : kConditions) {
        starts = starts && starts_by(document, key);
        if (const DataNode* when = document.find(key); when != nullptr && line == 0) line = when->line;
      }
      if (starts[event] != Truth::kNo) return std::max({1u, line, line == 0 ? document.line : 0u});
    }
    return 0;
  }

  void add_triggers(const std::vector<DataNode>& documents, uint32_t file) {
    struct Start {
      CiEvent event;
      TriggerKind kind;
      std::string_view detail;
    };
    for (const Start& start : {Start{CiEvent::kPush, TriggerKind::kPush, "push"},
                               Start{CiEvent::kPullRequest, TriggerKind::kPullRequest, "pull request"},
                               Start{CiEvent::kTag, TriggerKind::kTag, "tag"}}) {
      const uint32_t line = line_started_by(documents, start.event);
      if (line > 0) add_trigger(out_, file, start.kind, start.detail, line);
    }
    if (const uint32_t line = line_started_by(documents, CiEvent::kSchedule); line > 0) {
      add_doubtful_trigger(out_, file, TriggerKind::kSchedule, "cron", line, Truth::kUnknown,
                           std::string("its schedule is set in ") + (woodpecker_ ? "Woodpecker" : "Drone") +
                               ", not in the repository");
    }
    if (const uint32_t line = line_started_by(documents, CiEvent::kManual); line > 0 && out_.triggers.empty())
      add_trigger(out_, file, TriggerKind::kManual, "by hand", line);
  }

  struct Waiting {
    uint32_t unit;
    std::vector<std::string> names;
    uint32_t line;
  };

  void add_pipeline(const DataNode& document, uint32_t file) {
    const std::string name(document.get("name", "default"));
    const uint32_t unit = add_unit(out_, UnitKind::kJob, name, std::max(1u, document.line), file);
    pipeline_units_.emplace(name, unit);
    for (std::string_view key : kConditions) {
      const DataNode* when = document.find(key);
      if (when == nullptr) continue;
      set_runs(out_, unit, EventTruth::usual(), starts_by(document, key),
               std::string(key) + " of the pipeline", when->line);
    }
    if (document.find("depends_on") != nullptr) {
      pipelines_.push_back({unit, listed(document, "depends_on"), document.line_of("depends_on")});
    }
    const DataNode* steps = document.find("steps");
    if (steps == nullptr) steps = document.find("pipeline");  // both systems, long ago
    if (steps == nullptr) return;
    std::vector<std::pair<std::string, const DataNode*>> all;
    for (const DataNode& step : steps->items) all.emplace_back(step.get("name"), &step);
    for (const auto& [key, step] : steps->entries) all.emplace_back(key, &step);
    add_steps(all, unit, name);
  }

  // Steps run one after another; once one has depends_on, all run as soon as what they need is done.
  void add_steps(const std::vector<std::pair<std::string, const DataNode*>>& steps, uint32_t pipeline,
                 const std::string& prefix) {
    const bool by_need = std::any_of(steps.begin(), steps.end(), [](const auto& step) {
      return step.second->find("depends_on") != nullptr;
    });
    std::map<std::string, uint32_t> units;
    std::vector<Waiting> waiting;
    for (const auto& [name, step] : steps) {
      if (!step->is_mapping()) continue;
      const uint32_t unit = add_unit(out_, by_need ? UnitKind::kJob : UnitKind::kStep, prefix + "/" + name,
                                     step->line, pipeline);
      out_.units[unit].title = Name(name);
      units.emplace(name, unit);
      if (by_need) waiting.push_back({unit, listed(*step, "depends_on"), step->line_of("depends_on")});
      add_step(*step, unit);
    }
    for (const Waiting& one : waiting) {
      for (const std::string& name : one.names) {
        const auto other = units.find(name);
        if (other == units.end()) continue;
        const bool strict = out_.units[other->second].effect == Effect::kBlocking;
        add_order(out_, one.unit, other->second, strict, one.line);
      }
    }
  }

  void add_step(const DataNode& step, uint32_t unit) {
    const std::string_view image = step.get("image");
    out_.units[unit].image = Name(image);
    const DataNode* when = step.find("when");
    if (when != nullptr)
      set_runs(out_, unit, EventTruth::usual(), when_holds(*when), "when of the step", when->line);
    if (status_of(when).only_failure) {
      set_runs(out_, unit, Truth::kUnknown, "only after a failure", when->line);
    }
    if (step.get("failure") == "ignore") {
      set_effect(out_, unit, Effect::kSwallowed, "failure: ignore", step.line_of("failure"));
    }
    for (std::string_view key : {"detach", "detached"}) {
      if (!is_true(step.find(key))) continue;
      set_effect(out_, unit, Effect::kSwallowed, "detached: nothing waits for it", step.line_of(key));
    }
    add_shell_lines(out_, unit, scalar_lines(step.find("commands")), true, false);
    if (step.find("commands") != nullptr || image.empty()) return;
    const auto [name, version] = split_version(image, ':');
    const DataNode* settings = step.find("settings");
    add_action(out_, unit, name, version, settings != nullptr ? settings : &step, step.line_of("image"));
  }

  AutomationFile out_;
  std::string path_;
  bool woodpecker_;
  std::map<std::string, uint32_t> pipeline_units_;
  std::vector<Waiting> pipelines_;
};

void run(const SourceFile& file, FileFacts& out) {
  ParsedData data = parse_yaml(file.text, file.id);
  for (Problem& problem : data.problems) out.problems.push_back(std::move(problem));
  AutomationFile automation = PipelineReader(file, is_woodpecker(file.path)).read(data.documents);
  automation.analysable = !data.documents.empty();
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass drone;
const FilePass drone = {"drone", "pipelines of Drone and Woodpecker", wants, run};

}  // namespace mlgrade::passes
