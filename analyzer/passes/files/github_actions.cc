// GitHub Actions: workflows and the actions of the repository itself.
#include <algorithm>
#include <string>
#include <string_view>

#include "analyzer/passes/actions/steps.h"
#include "analyzer/passes/actions/triggers.h"
#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/shell_commands.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade {
namespace {

constexpr std::string_view kWorkflows = ".github/workflows/";

bool is_yaml(std::string_view path) { return path.ends_with(".yml") || path.ends_with(".yaml"); }

// Only files that lie right in the folder are workflows.
bool is_workflow(std::string_view path) {
  return path.starts_with(kWorkflows) && is_yaml(path) &&
         path.find('/', kWorkflows.size()) == std::string_view::npos;
}

bool is_action(std::string_view path) {
  std::string_view name = base_name(path);
  return name == "action.yml" || name == "action.yaml";
}

bool wants(const FileFact& file) { return is_workflow(file.path.view()) || is_action(file.path.view()); }

Span at(const ActionsFile& file, uint32_t line, uint32_t column = 1) {
  return {file.source.id, line, column, line};
}

Unit new_unit(const ActionsFile& file, UnitKind kind, std::string_view name, std::string_view title,
              uint32_t line) {
  Unit unit;
  unit.kind = kind;
  unit.system = file.out.system;
  unit.name = Name(name);
  unit.title = Name(title.empty() ? name : title);
  unit.span = at(file, line);
  return unit;
}

bool is_windows(std::string_view label) { return to_lower(label).starts_with("windows"); }

// With a matrix of hosts only if all are: one other leg runs the steps in its own shell.
bool runs_on_windows(const DataNode& job, const std::vector<MatrixRow>& legs) {
  const DataNode* runner = job.find("runs-on");
  if (runner == nullptr) return false;
  for (const std::string& label : runner->strings()) {
    if (is_windows(label)) return true;
    const std::vector<std::string> hosts = text_by_host(label, legs);
    if (!hosts.empty() && std::all_of(hosts.begin(), hosts.end(), is_windows)) return true;
  }
  return false;
}

// `x: name` or `x: {key: name}`.
std::string_view name_or(const DataNode& holder, std::string_view key, std::string_view inner) {
  const DataNode* node = holder.find(key);
  if (node == nullptr) return "";
  return node->is_scalar() ? std::string_view(node->text) : node->get(inner);
}

// `needs:`; a job that runs whatever came of them only follows, unless it asks for their success itself.
void add_needs(const DataNode& job, uint32_t unit, bool after_failure,
               const std::vector<std::string>& needs_success, ActionsFile& file) {
  const DataNode* needs = job.find("needs");
  if (needs == nullptr) return;
  for (const std::string& name : needs->strings()) {
    UnitLink link;
    link.unit = unit;
    const bool asks = std::find(needs_success.begin(), needs_success.end(), name) != needs_success.end();
    link.kind = after_failure && !asks ? LinkKind::kHappensAfter : LinkKind::kNeeds;
    link.target_kind = UnitKind::kJob;
    link.target = Name(name);
    link.target_system = file.out.system;
    link.same_file = true;
    link.span = at(file, job.line_of("needs"));
    file.out.links.push_back(std::move(link));
  }
}

// A job that is a call of another workflow.
void add_called_workflow(const DataNode& job, const DataNode& uses, uint32_t unit, ActionsFile& file) {
  const Span span = at(file, uses.line, uses.column);
  std::string_view target = trim(uses.text);
  if (!target.starts_with("./")) {
    ActionUse use = action_use(target, unit, span);
    use.with = action_inputs(job);
    file.out.actions.push_back(std::move(use));
    return;
  }
  UnitLink link;
  link.unit = unit;
  link.kind = LinkKind::kUses;
  link.target_kind = UnitKind::kWorkflow;
  link.target = Name(join_path("", target));
  link.span = span;
  link.with = action_inputs(job);
  file.out.links.push_back(std::move(link));
}

void add_services(const DataNode& job, uint32_t parent, ActionsFile& file) {
  const DataNode* services = job.find("services");
  if (services == nullptr) return;
  for (size_t i = 0; i < services->entries.size(); ++i) {
    const auto& [name, service] = services->entries[i];
    Unit unit = new_unit(file, UnitKind::kService, name, "", services->key_lines[i]);
    unit.parent = parent;
    unit.image = Name(service.get("image"));
    file.out.units.push_back(std::move(unit));
  }
}

void add_job(const std::string& id, const DataNode& job, uint32_t line, uint32_t workflow,
             const StepDefaults& outer, ActionsFile& file) {
  Unit unit = new_unit(file, UnitKind::kJob, id, job.get("name"), line);
  unit.parent = workflow;
  unit.image = Name(name_or(job, "container", "image"));
  unit.environment = Name(name_or(job, "environment", "name"));
  std::vector<std::string> needs_success;
  const bool after_failure = apply_condition(job, unit, file, &needs_success);
  apply_continue_on_error(job, unit, file);
  StepDefaults defaults = with_defaults(outer, job);
  defaults.legs = matrix_rows(job);
  defaults.windows = runs_on_windows(job, defaults.legs);
  add_environment(job, defaults.environment);
  unit.working_directory = defaults.working_directory;
  const auto index = static_cast<uint32_t>(file.out.units.size());
  file.out.units.push_back(std::move(unit));
  add_needs(job, index, after_failure, needs_success, file);
  add_services(job, index, file);
  const DataNode* uses = job.find("uses");
  if (uses != nullptr && uses->is_scalar()) add_called_workflow(job, *uses, index, file);
  add_settings(file.out, index, job.find("env"));
  if (const DataNode* steps = job.find("steps")) add_steps(*steps, index, defaults, file);
}

void read_workflow(const DataNode& root, ActionsFile& file) {
  file.out.units.push_back(new_unit(file, UnitKind::kWorkflow, file.source.path, root.get("name"), 1));
  if (const DataNode* events = workflow_events(root)) {
    file.events = event_names(*events);
    const uint32_t line = root.find("on") != nullptr ? root.line_of("on") : root.line_of("true");
    add_triggers(*events, line, 0, file.out);
    for (const Trigger& trigger : file.out.triggers) {
      if (trigger.kind == TriggerKind::kPullRequest && file.bases.empty()) file.bases = trigger.branches;
    }
  }
  StepDefaults defaults = with_defaults(StepDefaults(), root);
  add_environment(root, defaults.environment);
  add_settings(file.out, 0, root.find("env"));
  const DataNode* jobs = root.find("jobs");
  if (jobs == nullptr) return;
  for (size_t i = 0; i < jobs->entries.size(); ++i) {
    const auto& [id, job] = jobs->entries[i];
    if (job.is_mapping()) add_job(id, job, jobs->key_lines[i], 0, defaults, file);
  }
}

// What an action of the repository runs: steps, a program of Node, or an image.
void read_action(const DataNode& root, ActionsFile& file) {
  const std::string folder(folder_of(file.source.path));
  file.out.units.push_back(
      new_unit(file, UnitKind::kAction, folder.empty() ? "." : folder, root.get("name"), 1));
  const DataNode* runs = root.find("runs");
  if (runs == nullptr) return;
  if (const DataNode* steps = runs->find("steps")) add_steps(*steps, 0, StepDefaults(), file);
  if (const DataNode* main = runs->find("main"); main != nullptr && main->is_scalar()) {
    ShellContext context;
    context.file = file.source.id;
    context.unit = 0;
    context.line = main->line;
    file.out.commands.push_back(exec_command({"node", join_path(folder, main->text)}, context));
  }
  const DataNode* image = runs->find("image");
  if (image == nullptr || !image->is_scalar()) return;
  if (image->text.starts_with("docker://")) {
    file.out.units[0].image = Name(image->text.substr(9));
    return;
  }
  UnitLink link;
  link.unit = 0;
  link.kind = LinkKind::kRuns;
  link.target_kind = UnitKind::kImage;
  link.target = Name(join_path(folder, image->text));
  link.span = at(file, image->line, image->column);
  file.out.links.push_back(std::move(link));
}

void run(const SourceFile& source, FileFacts& out) {
  ParsedData data = parse_yaml(source.text, source.id);
  AutomationFile automation;
  automation.file = source.id;
  automation.system = Name("github-actions");
  for (Problem& problem : data.problems) out.problems.push_back(std::move(problem));
  const DataNode& root = data.root();
  ActionsFile file{source, {}, automation, out.problems, {}};
  if (is_workflow(source.path)) {
    automation.analysable = root.is_mapping();
    if (automation.analysable) {
      read_workflow(root, file);
    } else {
      add_unread(automation, kNone, "a workflow that does not parse", source.text, at(file, 1));
    }
  } else {
    if (root.find("runs") == nullptr) return;  // some other file of that name
    read_action(root, file);
  }
  add_publications(automation);
  out.automation.push_back(std::move(automation));
}

}  // namespace

namespace passes {

extern const FilePass github_actions;
const FilePass github_actions = {"github_actions",
                                 "GitHub workflows and actions: triggers, jobs, steps, commands", wants, run};

}  // namespace passes
}  // namespace mlgrade
