// Files that say what a cluster shall run: Anyscale and Ray jobs, SkyPilot, MLproject. Units stand under the
// file's name; a command that submits the file reaches them.
#include <algorithm>
#include <array>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool is_yaml(std::string_view path) { return path.ends_with(".yaml") || path.ends_with(".yml"); }

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  const bool ci =
      path.starts_with(".github/") || path.starts_with(".circleci/") || base_name(path).starts_with('.');
  return base_name(path) == "MLproject" || (is_yaml(path) && !ci);
}

// Anyscale and Ray: `entrypoint`, beside what names the cluster. Anyscale services: `ray_serve_config`.
bool add_submission(AutomationFile& out, const DataNode& root, std::string_view path) {
  const DataNode* entry = root.find("entrypoint");
  const bool cluster = std::any_of(root.entries.begin(), root.entries.end(), [](const auto& item) {
    constexpr std::array<std::string_view, 10> kKeys = {
        "cluster_env", "compute_config", "image_uri",   "runtime_env", "working_dir",
        "build_id",    "name",           "max_retries", "project",     "requirements"};
    return std::find(kKeys.begin(), kKeys.end(), item.first) != kKeys.end();
  });
  if (entry == nullptr || !entry->is_scalar() || !cluster) return false;
  const uint32_t unit = add_unit(out, UnitKind::kStage, path, root.line_of("entrypoint"));
  out.units[unit].title = Name(root.get("name", path));
  add_script_node(out, unit, entry, false);
  return true;
}

bool add_skypilot(AutomationFile& out, const DataNode& root, std::string_view path) {
  const DataNode* run = root.find("run");
  const bool task = root.find("resources") != nullptr || root.find("workdir") != nullptr ||
                    root.find("num_nodes") != nullptr || root.find("file_mounts") != nullptr;
  if (run == nullptr || !run->is_scalar() || !task) return false;
  const uint32_t unit = add_unit(out, UnitKind::kStage, path, root.line_of("run"));
  out.units[unit].title = Name(root.get("name", path));
  add_script_node(out, unit, root.find("setup"), true);
  add_script_node(out, unit, run, false);
  return true;
}

void add_mlproject(AutomationFile& out, const DataNode& root) {
  const DataNode* entries = root.find("entry_points");
  if (entries == nullptr) return;
  for (const auto& [name, entry] : entries->entries) {
    const uint32_t unit = add_unit(out, UnitKind::kStage, name, entries->line_of(name));
    const DataNode* command = entry.find("command");
    if (command == nullptr || !command->is_scalar()) continue;
    std::string text = command->text;  // {parameter} is filled in by MLflow
    for (size_t at = text.find('{'); at != text.npos; at = text.find('{', at + 2)) {
      if (at == 0 || text[at - 1] != '$') text.insert(at, "$");
    }
    add_script(out, unit, {std::move(text), text_line(*command), false, false});
  }
}

void run(const SourceFile& file, FileFacts& out) {
  const bool mlproject = base_name(file.path) == "MLproject";
  // Most YAML is none of these: look before parsing.
  constexpr std::array<std::string_view, 2> kMarks = {"entrypoint:", "run:"};
  if (!mlproject && std::none_of(kMarks.begin(), kMarks.end(), [&](std::string_view mark) {
        return file.text.find(mark) != file.text.npos;
      })) {
    return;
  }
  const ParsedData data = parse_yaml(file.text, file.id);
  AutomationFile jobs = automation_file(file, mlproject ? "mlproject" : "job");
  for (const DataNode& root : data.documents) {
    const bool kubernetes = root.find("kind") != nullptr && root.find("apiVersion") != nullptr;
    if (mlproject) {
      add_mlproject(jobs, root);
    } else if (!kubernetes && !add_submission(jobs, root, file.path)) {
      add_skypilot(jobs, root, file.path);
    }
  }
  if (!jobs.units.empty()) out.automation.push_back(std::move(jobs));
}

}  // namespace

extern const FilePass job_files;
const FilePass job_files = {"job_files", "jobs and workloads that a cluster is given", wants, run};

}  // namespace mlgrade::passes
