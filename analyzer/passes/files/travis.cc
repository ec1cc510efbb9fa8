// Travis CI: jobs of the matrix and of `jobs: include:`, stage after stage, with the phases of each.
#include <algorithm>
#include <array>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) { return file.path == ".travis.yml" || file.path == ".travis.yaml"; }

ConditionValue build_value(std::string_view name, CiEvent event) {
  using Value = ConditionValue;
  if (name == "branch") return event == CiEvent::kTag ? Value::some() : Value::default_branch();
  if (name == "tag") return event == CiEvent::kTag ? Value::some() : Value::null();
  constexpr std::array<std::string_view, 8> kOther = {"fork",           "repo",      "sender", "head_branch",
                                                      "commit_message", "head_repo", "os",     "dist"};
  if (std::find(kOther.begin(), kOther.end(), name) != kOther.end()) return {};
  if (name != "type") return Value::of(name);  // texts need no quotes
  switch (event) {
    case CiEvent::kPullRequest:
      return Value::of("pull_request");
    case CiEvent::kSchedule:
      return Value::of("cron");
    case CiEvent::kManual:
      return Value::of("api");
    default:
      return Value::of("push");
  }
}

// `if: branch = main AND type = push`; a bare `tag` or `tag IS present` too.
EventTruth condition_holds(std::string text) {
  for (const auto& [form, plain] :
       {std::pair{" IS NOT present", " == null"}, std::pair{" IS present", " != null"},
        std::pair{" IS blank", " == null"}, std::pair{" is present", " != null"}}) {
    text = replace_all(text, form, plain);
  }
  return EventTruth::ask([&](CiEvent event) {
    return evaluate_expression(text, [event](std::string_view name) { return build_value(name, event); });
  });
}

// The phases of a job, in their order, and what a failing line of each does.
struct Phase {
  std::string_view name;
  Effect effect;
  std::string_view why;
};

constexpr std::array kPhases = {
    Phase{"before_install", Effect::kBlocking, ""},
    Phase{"install", Effect::kBlocking, ""},
    Phase{"before_script", Effect::kBlocking, ""},
    Phase{"script", Effect::kBlocking, ""},
    Phase{"after_success", Effect::kSwallowed, "after_success cannot fail the job"},
    Phase{"after_failure", Effect::kSwallowed, "after_failure runs after a failure only"},
    Phase{"before_deploy", Effect::kBlocking, ""},
    Phase{"deploy", Effect::kBlocking, ""},
    Phase{"after_deploy", Effect::kSwallowed, "after_deploy cannot fail the job"},
    Phase{"after_script", Effect::kSwallowed, "after_script cannot fail the job"},
};

class BuildReader {
 public:
  BuildReader(const SourceFile& file, const DataNode& root)
      : root_(root), out_(automation_file(file, "travis")), path_(file.path) {}

  AutomationFile read() {
    const uint32_t workflow = add_unit(out_, UnitKind::kWorkflow, path_, 1);
    add_triggers(workflow);
    for (std::string_view key : {"jobs", "matrix"}) {
      if (jobs_ == nullptr) jobs_ = root_.find(key);
    }
    const DataNode* include = jobs_ == nullptr ? nullptr : jobs_->find("include");
    if (jobs_ != nullptr && jobs_->is_sequence()) include = jobs_;
    const bool base = include == nullptr || include->items.empty() || expands();
    if (base) add_job(root_, root_, "test", workflow, root_.line_of("script"));
    std::string stage = "test";
    if (include != nullptr) {
      for (const DataNode& item : include->items) {
        if (!item.is_mapping()) continue;
        const DataNode* named = item.find("stage");
        if (named != nullptr) stage = named->string_or(named->get("name", stage));
        add_job(item, root_, stage, workflow, item.line);
      }
    }
    order_stages();
    add_publications(out_);
    return std::move(out_);
  }

 private:
  struct Job {
    uint32_t unit;
    std::string stage;
    bool may_fail;
  };

  // Whether keys at the top make jobs of their own.
  bool expands() const {
    if (root_.find("env") != nullptr && root_.find("env")->is_sequence()) return true;
    for (std::string_view key : {"python", "r", "node_js", "julia", "jdk", "go", "rust", "os", "arch"}) {
      const DataNode* values = root_.find(key);
      if (values != nullptr && values->is_sequence() && values->items.size() > 1) return true;
    }
    return false;
  }

  void add_triggers(uint32_t workflow) {
    const uint32_t line = root_.find("branches") != nullptr ? root_.line_of("branches") : 1;
    Trigger filtered;  // for pushes by their branch, for pull requests by their target
    const DataNode* branches = root_.find("branches");
    if (branches != nullptr) {
      const auto list = [&](std::string_view key) {
        std::vector<std::string> names;
        for (const DataNode* name : scalar_lines(branches->find(key))) {
          const bool pattern = name->text.starts_with('/');
          if (!pattern) {
            names.push_back(name->text);
          } else if (takes_default_branch(name->text) == Truth::kYes) {
            names.insert(names.end(), {"main", "master"});
          }
        }
        return names;
      };
      filtered.branches = list("only");
      filtered.branches_ignore = list("except");
    }
    for (TriggerKind kind : {TriggerKind::kPush, TriggerKind::kPullRequest}) {
      Trigger& trigger =
          add_trigger(out_, workflow, kind, kind == TriggerKind::kPush ? "push" : "pull request", line);
      trigger.branches = filtered.branches;
      trigger.branches_ignore = filtered.branches_ignore;
    }
    add_doubtful_trigger(out_, workflow, TriggerKind::kSchedule, "cron", 1, Truth::kUnknown,
                         "its schedule is set in Travis, not in the repository");
    if (const DataNode* condition = root_.find("if"); condition != nullptr && condition->is_scalar()) {
      set_runs(out_, workflow, EventTruth::usual(), condition_holds(condition->text), condition->text,
               condition->line);
    }
  }

  // The job's own value of a key, else that at the top.
  static const DataNode* inherited(const DataNode& job, const DataNode& root, std::string_view key) {
    const DataNode* own = job.find(key);
    return own != nullptr ? own : root.find(key);
  }

  void add_job(const DataNode& job, const DataNode& root, const std::string& stage, uint32_t workflow,
               uint32_t line) {
    const std::string name = stage + "/" + std::to_string(jobs_read_.size() + 1);
    const uint32_t unit = add_unit(out_, UnitKind::kJob, name, line, workflow);
    const std::string_view title = &job == &root ? "" : job.get("name");
    out_.units[unit].title = Name(title.empty() ? std::string_view(stage) : title);
    if (&job != &root) {
      if (const DataNode* condition = job.find("if"); condition != nullptr && condition->is_scalar()) {
        set_runs(out_, unit, EventTruth::usual(), condition_holds(condition->text), condition->text,
                 condition->line);
      }
    }
    stage_condition(unit, stage);
    const bool may_fail = apply_allowed_failures(unit, job, root, stage);
    for (const Phase& phase : kPhases) add_phase(unit, job, root, phase);
    jobs_read_.push_back({unit, stage, may_fail});
  }

  // `stages:` may carry conditions.
  void stage_condition(uint32_t unit, const std::string& stage) {
    const DataNode* stages = root_.find("stages");
    if (stages == nullptr) return;
    for (const DataNode& item : stages->items) {
      const DataNode* condition = item.find("if");
      if (item.get("name") != stage || condition == nullptr || !condition->is_scalar()) continue;
      set_runs(out_, unit, EventTruth::usual(), condition_holds(condition->text), condition->text,
               condition->line);
    }
  }

  // An entry of allow_failures takes the jobs that have all of its values.
  bool apply_allowed_failures(uint32_t unit, const DataNode& job, const DataNode& root,
                              const std::string& stage) {
    const DataNode* allowed = jobs_ == nullptr ? nullptr : jobs_->find("allow_failures");
    if (allowed == nullptr) return false;
    for (const DataNode& entry : allowed->items) {
      if (entry.entries.empty()) continue;
      const bool all = std::all_of(entry.entries.begin(), entry.entries.end(), [&](const auto& wanted) {
        if (wanted.first == "stage") return wanted.second.string_or("") == stage;
        const DataNode* own = inherited(job, root, wanted.first);
        const std::vector<std::string> values = own == nullptr ? std::vector<std::string>() : own->strings();
        return values.size() == 1 && values[0] == wanted.second.string_or("");
      });
      if (!all) continue;
      set_effect(out_, unit, Effect::kSwallowed, "allow_failures lets the build pass without it", entry.line);
      return true;
    }
    return false;
  }

  // Each line counts by itself: a failing one of `script` fails the job when all have run.
  void add_phase(uint32_t unit, const DataNode& job, const DataNode& root, const Phase& phase) {
    const DataNode* lines = inherited(job, root, phase.name);
    if (lines == nullptr || lines->string_or("") == "skip" || lines->string_or("") == "true") return;
    if (phase.name == "deploy") return add_deploy(unit, *lines);
    const uint32_t step = add_unit(out_, UnitKind::kStep, phase.name, lines->line, unit);
    if (phase.name == "after_failure") {
      set_runs(out_, step, Truth::kUnknown, "only after a failure", lines->line);
    }
    const size_t before = out_.commands.size();
    for (const DataNode* line : scalar_lines(lines)) {
      add_script(out_, step, {line->text, text_line(*line), false, false});
    }
    set_command_effects(out_, before, phase.effect, phase.why, root.line_of(phase.name));
  }

  void add_deploy(uint32_t unit, const DataNode& node) {
    std::vector<const DataNode*> all;
    if (node.is_mapping()) all.push_back(&node);
    for (const DataNode& item : node.items) all.push_back(&item);
    for (const DataNode* deploy : all) {
      const std::string_view provider = deploy->get("provider");
      if (provider.empty()) continue;
      const uint32_t step = add_unit(out_, UnitKind::kStep, "deploy", deploy->line, unit);
      out_.units[step].title = Name("deploy " + std::string(provider));
      const DataNode* on = deploy->find("on");
      if (on != nullptr && on->find("condition") != nullptr) {
        set_runs(out_, step, Truth::kUnknown, std::string(on->get("condition", "on: condition")), on->line);
      }
      if (const DataNode* script = deploy->find("script"); script != nullptr && provider == "script") {
        for (const DataNode* line : scalar_lines(script)) {
          add_script(out_, step, {line->text, text_line(*line), true, false});
        }
      } else {
        add_action(out_, step, "travis-deploy/" + std::string(provider), "", deploy, deploy->line);
      }
    }
  }

  // A stage waits for all jobs of the one before; those that may fail are not waited for.
  void order_stages() {
    if (jobs_read_.size() > kMaxOrderedJobs) return;
    std::vector<std::string> stages;
    if (const DataNode* listed = root_.find("stages")) {
      for (const DataNode& item : listed->items) stages.emplace_back(item.string_or(item.get("name")));
    }
    for (const Job& job : jobs_read_) {
      if (std::find(stages.begin(), stages.end(), job.stage) == stages.end()) stages.push_back(job.stage);
    }
    for (const Job& job : jobs_read_) {
      const auto own = std::find(stages.begin(), stages.end(), job.stage);
      for (const Job& other : jobs_read_) {
        if (std::find(stages.begin(), own, other.stage) == own) continue;
        add_order(out_, job.unit, other.unit, !other.may_fail, out_.units[job.unit].span.line);
      }
    }
  }

  const DataNode& root_;
  AutomationFile out_;
  std::string path_;
  const DataNode* jobs_ = nullptr;
  std::vector<Job> jobs_read_;
};

void run(const SourceFile& file, FileFacts& out) {
  ParsedData data = parse_yaml(file.text, file.id);
  for (Problem& problem : data.problems) out.problems.push_back(std::move(problem));
  AutomationFile automation = BuildReader(file, data.root()).read();
  automation.analysable = data.root().is_mapping();
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass travis;
const FilePass travis = {"travis", "jobs and phases of Travis CI", wants, run};

}  // namespace mlgrade::passes
