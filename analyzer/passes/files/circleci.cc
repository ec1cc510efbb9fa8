// CircleCI: workflows with their jobs in order; commands of the configuration are read where they are used,
// those of orbs are actions that nothing is known of.
#include <algorithm>
#include <map>
#include <set>

#include "analyzer/base/limits.h"
#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/circleci/logic.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

using circle::Values;

constexpr size_t kMaxSteps = 20'000;  // of one file, commands unrolled

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  return path.starts_with(".circleci/") && is_yaml_path(path) && path.find('/', 10) == path.npos;
}

bool is_config(std::string_view path) {
  return path == ".circleci/config.yml" || path == ".circleci/config.yaml";
}

// Where a name stands for something: in the file itself, or in an orb written out in it.
struct Definitions {
  const DataNode* root = nullptr;
  const DataNode* find(std::string_view kind, std::string_view name) const {
    const DataNode* all = root->find(kind);
    return all == nullptr ? nullptr : all->find(name);
  }
};

// The one key of `name: {...}`, or the name alone.
std::pair<std::string_view, const DataNode*> named(const DataNode& node) {
  if (node.is_scalar()) return {node.text, nullptr};
  if (node.entries.empty()) return {"", nullptr};
  return {node.entries[0].first, &node.entries[0].second};
}

class ConfigReader {
 public:
  ConfigReader(const SourceFile& file, const DataNode& root)
      : root_(root), out_(automation_file(file, "circleci")), path_(file.path), top_(is_config(file.path)) {
    circle::add_parameters(root.find("parameters"), nullptr, "pipeline.parameters.", pipeline_);
  }

  AutomationFile read() {
    const uint32_t file = add_unit(out_, UnitKind::kWorkflow, path_, 1);
    add_triggers(file);
    const DataNode* workflows = root_.find("workflows");
    if (workflows != nullptr) {
      for (const auto& [name, workflow] : workflows->entries) {
        if (workflow.is_mapping()) add_workflow(file, name, workflow, workflows->line_of(name));
      }
    }
    add_other_jobs(file, workflows == nullptr);
    add_publications(out_);
    return std::move(out_);
  }

 private:
  struct Shell {
    bool errexit = true;
    bool pipefail = true;
    bool known = true;
  };
  // Where steps stand: what names mean there, the shell, the folder of the checkout, and what was handed over
  // for parameters that are lists of steps.
  struct Frame {
    Definitions scope;
    Shell shell;
    std::string_view home;      // the job's working directory; empty: the default
    std::string_view checkout;  // where the repository is put; empty: the working directory
    const DataNode* given = nullptr;
    int depth = 0;
  };
  struct Use {
    std::string name;
    uint32_t unit;
    const DataNode* node;
  };

  // A configuration that another one goes on with is started by that one.
  void add_triggers(uint32_t file) {
    if (!top_) return;
    add_trigger(out_, file, TriggerKind::kPush, "push", 1);
    if (mentions(root_, "scheduled_pipeline") || mentions(root_, "pipeline.schedule.")) {
      add_doubtful_trigger(out_, file, TriggerKind::kSchedule, "scheduled pipeline", 1, Truth::kUnknown,
                           "its schedule is set in CircleCI, not in the repository");
    }
    add_doubtful_trigger(out_, file, TriggerKind::kManual, "run by hand", 1, Truth::kNo, "started by hand");
  }

  static bool mentions(const DataNode& node, std::string_view text, int depth = 0) {
    if (depth > kMaxDocumentDepth) return false;
    if (node.text.find(text) != std::string::npos) return true;
    return std::any_of(node.items.begin(), node.items.end(),
                       [&](const DataNode& item) { return mentions(item, text, depth + 1); }) ||
           std::any_of(node.entries.begin(), node.entries.end(),
                       [&](const auto& entry) { return mentions(entry.second, text, depth + 1); });
  }

  void add_workflow(uint32_t file, const std::string& name, const DataNode& workflow, uint32_t line) {
    const uint32_t unit = add_unit(out_, UnitKind::kWorkflow, name, line, file);
    EventTruth runs;
    started_ = EventTruth::usual();
    if (const DataNode* triggers = workflow.find("triggers")) {
      add_schedules(unit, *triggers);
      runs = started_ = EventTruth::only(CiEvent::kSchedule);
      out_.units[unit].parent = kNone;  // started by its own schedule only
    }
    for (std::string_view key : {"when", "unless"}) {
      const DataNode* condition = workflow.find(key);
      if (condition == nullptr) continue;
      const EventTruth holds = circle::logic(*condition, pipeline_);
      runs = runs && (key == "when" ? holds : !holds);
      set_runs(out_, unit, started_, runs, std::string(key) + " of the workflow", workflow.line_of(key));
    }
    const DataNode* jobs = workflow.find("jobs");
    if (jobs == nullptr) return;
    std::vector<Use> uses;
    for (const DataNode& item : jobs->items) add_use(unit, name, item, runs, uses);
    const size_t first_link = out_.links.size();
    for (const Use& use : uses) order(use, uses);
    spread_waiting(out_, first_link);
  }

  void add_schedules(uint32_t unit, const DataNode& triggers) {
    for (const DataNode& item : triggers.items) {
      const DataNode* schedule = item.find("schedule");
      if (schedule == nullptr) continue;
      Trigger& trigger = add_trigger(out_, unit, TriggerKind::kSchedule,
                                     "cron " + std::string(schedule->get("cron")), schedule->line_of("cron"));
      trigger.automatic = circle::filters(schedule->find("filters"))[CiEvent::kPush];
      if (trigger.automatic != Truth::kYes) {
        trigger.why_not = "its schedule runs on branches that may not be the default one";
      }
    }
  }

  // A job of a workflow: its own unit, with the steps of the job as its parameters make them.
  void add_use(uint32_t workflow, const std::string& workflow_name, const DataNode& item,
               const EventTruth& outer, std::vector<Use>& uses) {
    const auto [job_name, options] = named(item);
    if (job_name.empty()) return;
    const std::string name(options == nullptr ? job_name : options->get("name", job_name));
    const uint32_t unit = add_unit(out_, UnitKind::kJob, workflow_name + "/" + name, item.line, workflow);
    out_.units[unit].title = Name(name);
    uses.push_back({name, unit, options});
    used_.insert(std::string(job_name));
    const EventTruth runs = outer && circle::filters(options == nullptr ? nullptr : options->find("filters"));
    if (options != nullptr && options->find("filters") != nullptr) {
      set_runs(out_, unit, started_, runs, "filters of the job", options->line_of("filters"));
    }
    if (options != nullptr && options->get("type") == "approval") {
      set_manual(out_, unit, "type: approval", options->line_of("type"));
      return;
    }
    add_job_steps(unit, job_name, options);
  }

  void add_job_steps(uint32_t unit, std::string_view job_name, const DataNode* options) {
    const Definitions here{&root_};
    const DataNode* job = here.find("jobs", job_name);
    Definitions scope = here;
    if (job == nullptr) {
      const auto [orb, local] = orb_of(job_name);
      if (orb == nullptr || !orb->is_mapping()) return add_orb(unit, job_name, options);
      scope.root = orb;
      job = scope.find("jobs", local);
      if (job == nullptr) return;
    }
    Values values = pipeline_;
    const DataNode* matrix = options == nullptr ? nullptr : options->at({"matrix", "parameters"});
    circle::add_parameters(job->find("parameters"), matrix, "parameters.", values);
    circle::add_parameters(nullptr, options, "parameters.", values);
    const DataNode body = circle::filled(*job, values);
    out_.units[unit].image = Name(image_of(body, scope));
    const Frame frame{scope, shell_of(body.get("shell"), Shell()), body.get("working_directory"),
                      checkout_of(body.find("steps")), options};
    for (std::string_view key : {"pre-steps", "steps", "post-steps"}) {
      const DataNode* steps =
          key == "steps" ? body.find("steps") : (options == nullptr ? nullptr : options->find(key));
      if (steps != nullptr) add_steps(unit, *steps, frame);
    }
  }

  // `- checkout: {path: ~/project}`; without one what an earlier job has checked out, `attach_workspace`.
  static std::string_view checkout_of(const DataNode* steps) {
    std::string_view attached;
    if (steps == nullptr) return attached;
    for (const DataNode& step : steps->items) {
      const auto [name, options] = named(step);
      if (name == "checkout") return options == nullptr ? std::string_view() : options->get("path");
      if (name == "attach_workspace" && options != nullptr) attached = options->get("at");
    }
    return attached;
  }

  // The folder of the repository in which a step runs that asks for `wanted`; a path from the machine's home
  // or top that does not lie in the checkout is taken for one in it.
  static std::string folder_in(const Frame& frame, std::string_view wanted) {
    constexpr std::string_view kDefault = "~/project";
    const auto absolute = [](std::string_view path) {
      return path.starts_with('~') || path.starts_with('/');
    };
    const auto below = [&](std::string_view folder, std::string_view path) {
      return path.empty() || path == "." ? std::string(folder)
             : absolute(path)            ? std::string(path)
                                         : std::string(folder) + "/" + std::string(path);
    };
    const std::string home = below(kDefault, frame.home);
    const std::string root = below(home, frame.checkout);
    const std::string path = below(home, wanted);
    for (std::string_view top : {std::string_view(root), kDefault, std::string_view("~/repo")}) {
      while (top.ends_with('/')) top.remove_suffix(1);
      if (!path.starts_with(top) || (path.size() > top.size() && path[top.size()] != '/')) continue;
      const size_t begin = path.find_first_not_of('/', top.size());
      return begin == std::string::npos ? "" : path.substr(begin);
    }
    const size_t begin = path.find_first_not_of('/');
    return begin == std::string::npos ? "" : path.substr(begin);
  }

  std::string image_of(const DataNode& body, const Definitions& scope) const {
    const DataNode* docker = body.find("docker");
    if (docker == nullptr) {
      const DataNode* executor = body.find("executor");
      const std::string_view name = executor == nullptr ? "" : executor->string_or(executor->get("name"));
      const DataNode* declared = scope.find("executors", name);
      docker = declared == nullptr ? nullptr : declared->find("docker");
    }
    const bool some = docker != nullptr && !docker->items.empty();
    return some ? std::string(docker->items[0].get("image")) : "";
  }

  // The orb that `alias/name` speaks of: what `orbs:` has under the alias, and the name behind it.
  std::pair<const DataNode*, std::string_view> orb_of(std::string_view name) const {
    const size_t slash = name.find('/');
    if (slash == name.npos) return {nullptr, name};
    const DataNode* orbs = root_.find("orbs");
    return {orbs == nullptr ? nullptr : orbs->find(name.substr(0, slash)), name.substr(slash + 1)};
  }

  void add_orb(uint32_t unit, std::string_view name, const DataNode* inputs) {
    const auto [orb, local] = orb_of(name);
    if (orb == nullptr || !orb->is_scalar()) return;
    const auto [source, version] = split_version(orb->text, '@');
    add_action(out_, unit, std::string(source) + "/" + std::string(local), version, inputs,
               out_.units[unit].span.line);
    if (inputs == nullptr) return;
    const std::string_view next = inputs->get("config-path", inputs->get("configuration_path"));
    if (!next.empty()) {
      add_link(out_, unit, LinkKind::kUses, UnitKind::kWorkflow, join_path("", next), inputs->line);
    } else if (local == "filter" && source.find("path-filtering") != source.npos) {
      add_link(out_, unit, LinkKind::kUses, UnitKind::kWorkflow, ".circleci/continue_config.yml",
               inputs->line);
    }
  }

  static Shell shell_of(std::string_view text, Shell shell) {
    text = trim(text);
    if (text.empty()) return shell;
    const std::vector<std::string_view> words = split_words(text);
    const std::string_view program = base_name(words[0]);
    shell = {false, text.find("pipefail") != text.npos, program.ends_with("sh") && program != "pwsh"};
    for (std::string_view word : words) {
      shell.errexit = shell.errexit || (word.starts_with('-') && word.find('e') != word.npos);
    }
    return shell;
  }

  void add_steps(uint32_t unit, const DataNode& steps, const Frame& frame) {
    if (frame.depth > kMaxIncludeDepth) return;
    for (const DataNode& step : steps.items) {
      if (++steps_ > kMaxSteps) return;
      const auto [name, options] = named(step);
      if (name == "run") {
        add_run(unit, step, *(options == nullptr ? &step : options), frame);
      } else if (name == "when" || name == "unless") {
        if (options != nullptr) add_conditional(unit, name, *options, frame);
      } else if (name == "store_artifacts" || name == "store_test_results") {
        const auto kind =
            name == "store_artifacts" ? Publication::Kind::kArtifact : Publication::Kind::kSummary;
        const std::string path(options == nullptr ? "" : options->get("path"));
        out_.publications.push_back({unit, kind, path, line_span(out_.file, step.line)});
      } else if (name.starts_with("${{ parameters.")) {
        add_given_steps(unit, name, frame);
      } else {
        add_command(unit, step, name, options, frame);
      }
    }
  }

  // A parameter of the type `steps`.
  void add_given_steps(uint32_t unit, std::string_view name, const Frame& frame) {
    name.remove_prefix(std::string_view("${{ parameters.").size());
    const std::string_view wanted = trim(name.substr(0, name.find('}')));
    const DataNode* steps = frame.given == nullptr ? nullptr : frame.given->find(wanted);
    if (steps == nullptr) return;
    Frame inner = frame;
    inner.given = nullptr;
    ++inner.depth;
    add_steps(unit, *steps, inner);
  }

  uint32_t new_step(uint32_t parent, std::string_view title, uint32_t line) {
    const uint32_t unit = add_unit(out_, UnitKind::kStep, std::to_string(out_.units.size()), line, parent);
    title = trim(title);
    out_.units[unit].title = Name(title.substr(0, title.find('\n')));
    return unit;
  }

  void add_run(uint32_t parent, const DataNode& step, const DataNode& options, const Frame& frame) {
    const DataNode* command = options.is_scalar() ? &options : options.find("command");
    if (command == nullptr || !command->is_scalar()) return;
    const uint32_t unit = new_step(parent, options.get("name", command->text), step.line);
    const Shell shell = shell_of(options.get("shell"), frame.shell);
    const std::string_view when = options.get("when");
    if (when == "on_fail") {
      set_runs(out_, unit, Truth::kUnknown, "only after a failure", options.line_of("when"));
    }
    const std::string folder = folder_in(frame, options.get("working_directory"));
    if (!folder.empty()) out_.units[unit].working_directory = Name(join_path("", folder));
    if (!shell.known) return;
    const size_t before = out_.commands.size();
    add_script(out_, unit, {command->text, text_line(*command), shell.errexit, shell.pipefail});
    if (is_true(options.find("background"))) {
      set_command_effects(out_, before, Effect::kSwallowed, "`background: true`: nothing waits for it",
                          options.line_of("background"));
    }
  }

  void add_conditional(uint32_t parent, std::string_view name, const DataNode& options, const Frame& frame) {
    const DataNode* steps = options.find("steps");
    const DataNode* condition = options.find("condition");
    if (steps == nullptr) return;
    const uint32_t unit = new_step(parent, name, options.line);
    if (condition != nullptr) {
      const EventTruth holds = circle::logic(*condition, pipeline_);
      set_runs(out_, unit, started_, name == "when" ? holds : !holds, std::string(name) + " of the step",
               condition->line);
    }
    Frame inner = frame;
    ++inner.depth;
    add_steps(unit, *steps, inner);
  }

  // A command of the file or of an orb.
  void add_command(uint32_t parent, const DataNode& step, std::string_view name, const DataNode* options,
                   const Frame& frame) {
    const DataNode* command = frame.scope.find("commands", name);
    Frame inner = frame;
    ++inner.depth;
    inner.given = options;
    if (command == nullptr) {
      const auto [orb, local] = orb_of(name);
      if (orb == nullptr) return;  // checkout, caches, workspaces
      if (!orb->is_mapping()) return add_orb_command(parent, step, name, options, inner);
      inner.scope.root = orb;
      command = inner.scope.find("commands", local);
    }
    const DataNode* steps = command == nullptr ? nullptr : command->find("steps");
    if (steps == nullptr) return;
    Values values = pipeline_;
    circle::add_parameters(command->find("parameters"), options, "parameters.", values);
    add_steps(new_step(parent, name, step.line), circle::filled(*steps, values), inner);
  }

  // Nothing is known of it, but the steps that it is given it will run.
  void add_orb_command(uint32_t parent, const DataNode& step, std::string_view name, const DataNode* options,
                       const Frame& frame) {
    const uint32_t unit = new_step(parent, name, step.line);
    add_orb(unit, name, options);
    if (options == nullptr) return;
    for (const auto& [key, value] : options->entries) {
      if (key.find("steps") != std::string::npos && value.is_sequence()) add_steps(unit, value, frame);
    }
  }

  void order(const Use& use, const std::vector<Use>& uses) {
    const DataNode* required = use.node == nullptr ? nullptr : use.node->find("requires");
    if (required == nullptr || uses.size() > kMaxOrderedJobs) return;
    for (const DataNode& item : required->items) {
      const auto [name, statuses] = named(item);  // `- test: [success, failed]`
      const std::vector<std::string> listed =
          statuses == nullptr ? std::vector<std::string>() : statuses->strings();
      const bool success = listed.empty() || (listed.size() == 1 && listed[0] == "success");
      for (const Use& other : uses) {
        if (other.name != name) continue;
        add_order(out_, use.unit, other.unit, success, item.line);
      }
    }
  }

  // Jobs that no workflow lists: without any workflow, `build` runs by itself.
  void add_other_jobs(uint32_t file, bool no_workflows) {
    const DataNode* jobs = root_.find("jobs");
    if (jobs == nullptr) return;
    for (const auto& [name, job] : jobs->entries) {
      if (used_.contains(name) || !job.is_mapping()) continue;
      const uint32_t unit = add_unit(out_, UnitKind::kJob, name, jobs->line_of(name));
      if (no_workflows && name == "build") out_.units[unit].parent = file;
      add_job_steps(unit, name, nullptr);
    }
  }

  const DataNode& root_;
  AutomationFile out_;
  std::string path_;
  bool top_;
  Values pipeline_;
  EventTruth started_ = EventTruth::usual();  // what starts the workflow that is being read
  std::set<std::string, std::less<>> used_;
  size_t steps_ = 0;
};

void run(const SourceFile& file, FileFacts& out) {
  ParsedData data = parse_yaml(file.text, file.id);
  for (Problem& problem : data.problems) out.problems.push_back(std::move(problem));
  if (!data.root().is_mapping()) {
    AutomationFile broken = automation_file(file, "circleci");
    broken.analysable = false;
    out.automation.push_back(std::move(broken));
    return;
  }
  out.automation.push_back(ConfigReader(file, data.root()).read());
}

}  // namespace

extern const FilePass circleci;
const FilePass circleci = {"circleci", "workflows, jobs and commands of CircleCI", wants, run};

}  // namespace mlgrade::passes
