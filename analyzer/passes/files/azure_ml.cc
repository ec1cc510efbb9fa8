// Azure ML in YAML: jobs, pipelines of jobs and components, schedules. `az ml job create -f` and `az ml
// schedule create -f` apply them.
#include <fmt/format.h>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  return path.ends_with(".yml") || path.ends_with(".yaml");
}

class AzureReader {
 public:
  explicit AzureReader(const SourceFile& file)
      : out_(automation_file(file, "azure-ml")), path_(file.path), folder_(folder_of(file.path)) {}

  AutomationFile read(const DataNode& root) {
    const std::string_view schema = root.get("$schema");
    if (schema.find("chedule.schema") != schema.npos) {
      add_schedule(root);
    } else if (root.find("jobs") != nullptr || root.find("command") != nullptr ||
               root.get("type") == "sweep") {
      add_job(root);
    }
    return std::move(out_);
  }

 private:
  uint32_t add(UnitKind kind, const DataNode& node, std::string_view name, uint32_t parent = kNone) {
    const uint32_t unit = add_unit(out_, kind, name, node.line == 0 ? 1 : node.line, parent);
    out_.units[unit].working_directory = Name("?");
    return unit;
  }

  // A job is known by its path: schedules and pipelines name it so.
  void add_job(const DataNode& root) {
    const uint32_t unit = add(UnitKind::kStage, root, path_);
    out_.units[unit].title = Name(root.get("display_name", root.get("name", base_name(path_))));
    add_command(unit, root);
    add_part_of(unit, root, "trial");
    const DataNode* jobs = root.find("jobs");
    if (jobs == nullptr) return;
    for (const auto& [name, job] : jobs->entries) {
      const uint32_t part = add(UnitKind::kStage, job, fmt::format("{}.{}", path_, name), unit);
      out_.units[part].title = Name(name);
      add_command(part, job);
      for (std::string_view key : {"component", "trial"}) add_part_of(part, job, key);
    }
    for (const auto& [name, job] : jobs->entries) add_order(name, job, *jobs);
  }

  // The file of a component, or of what a sweep tries.
  void add_part_of(uint32_t unit, const DataNode& job, std::string_view key) {
    std::string_view path = job.get(key);
    if (!path.ends_with(".yml") && !path.ends_with(".yaml")) return;
    if (path.starts_with("file:")) path.remove_prefix(5);
    add_link(out_, unit, LinkKind::kRuns, UnitKind::kStage, join_path(folder_, path), job.line_of(key))
        .target_system = out_.system;
  }

  // An input that is another job's output: ${{parent.jobs.prep.outputs.data}}
  void add_order(const std::string& name, const DataNode& job, const DataNode& jobs) {
    const DataNode* inputs = job.find("inputs");
    if (inputs == nullptr) return;
    for (const auto& [key, value] : inputs->entries) {
      const std::string text(value.is_scalar() ? std::string_view(value.text) : value.get("path"));
      const size_t begin = text.find("parent.jobs.");
      if (begin == text.npos) continue;
      const std::string first = text.substr(begin + 12, text.find('.', begin + 12) - begin - 12);
      if (jobs.find(first) == nullptr) continue;
      for (uint32_t u = 0; u < out_.units.size(); ++u) {
        if (out_.units[u].name != fmt::format("{}.{}", path_, name)) continue;
        add_link(out_, u, LinkKind::kNeeds, UnitKind::kStage, fmt::format("{}.{}", path_, first), value.line)
            .same_file = true;
      }
    }
  }

  // What a sweep tries may be written out in its job.
  void add_command(uint32_t unit, const DataNode& job) {
    const DataNode* trial = job.find("trial");
    if (trial != nullptr && trial->is_mapping()) add_command(unit, *trial);
    const DataNode* command = job.find("command");
    if (command == nullptr || !command->is_scalar()) return;
    std::string text = command->text;
    for (size_t at = text.find("${{"); at != text.npos; at = text.find("${{", at)) {
      const size_t end = text.find("}}", at);
      if (end == text.npos) break;
      text.replace(at, end + 2 - at, "$_");
    }
    const std::string code = join_path(folder_, job.get("code", "."));
    if (code != "?" && job.find("code") != nullptr)
      out_.units[unit].working_directory = Name(code.empty() ? "." : code);
    add_script(out_, unit, {std::move(text), text_line(*command), true, false});
  }

  void add_schedule(const DataNode& root) {
    const uint32_t unit = add(UnitKind::kSchedule, root, root.get("name", path_));
    const DataNode* job = root.find("create_job");
    std::string_view target;
    if (job != nullptr) target = job->is_scalar() ? std::string_view(job->text) : job->get("job");
    if (target.starts_with("file:")) target.remove_prefix(5);
    if (target.ends_with(".yml") || target.ends_with(".yaml")) {
      add_link(out_, unit, LinkKind::kRuns, UnitKind::kStage, join_path(folder_, target), job->line)
          .target_system = out_.system;
    }
    const DataNode* enabled = root.find("is_enabled");
    if (enabled != nullptr && !enabled->as_bool().value_or(true)) {
      out_.units[unit].manual = true;
      out_.units[unit].condition = "is_enabled: false";
      out_.units[unit].condition_span = line_span(out_.file, root.line_of("is_enabled"));
      return;
    }
    const DataNode* trigger = root.find("trigger");
    const std::string_view cron =
        trigger == nullptr ? "" : trigger->get("expression", trigger->get("frequency"));
    add_trigger(out_, unit, TriggerKind::kSchedule, fmt::format("schedule {}", cron), root.line_of("trigger"))
        .once_applied = true;
  }

  AutomationFile out_;
  std::string_view path_, folder_;
};

void run(const SourceFile& file, FileFacts& out) {
  if (file.text.find("azuremlschemas") == file.text.npos) return;
  const ParsedData data = parse_yaml(file.text, file.id);
  AutomationFile automation = AzureReader(file).read(data.root());
  if (!automation.units.empty()) out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass azure_ml;
const FilePass azure_ml = {"azure_ml", "jobs and schedules of Azure ML", wants, run};

}  // namespace mlgrade::passes
