// Batect: tasks that run a command in a container, after the tasks that they ask for.
#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view name = base_name(file.path.view());
  return is_yaml_path(name) && name.find("batect") != std::string_view::npos;
}

class BatectReader {
 public:
  BatectReader(const SourceFile& file, const DataNode& root)
      : root_(root), out_(automation_file(file, "batect")), folder_(folder_of(file.path)) {}

  AutomationFile read() {
    if (const DataNode* containers = root_.find("containers")) {
      for (const auto& [name, container] : containers->entries)
        add_container(name, container, containers->line_of(name));
    }
    if (const DataNode* tasks = root_.find("tasks")) {
      for (const auto& [name, task] : tasks->entries) add_task(name, task, tasks->line_of(name));
    }
    for (const DataNode* path : scalar_lines(root_.find("include"))) {
      const std::string included = join_path(folder_, path->text);
      if (included != "?") out_.includes.emplace_back(included);
    }
    return std::move(out_);
  }

 private:
  const DataNode* container(std::string_view name) const {
    const DataNode* containers = root_.find("containers");
    return containers == nullptr ? nullptr : containers->find(name);
  }

  // Where a command in the container stands, seen from the repository: its folder is one that is mounted, or
  // the one that the image is built from.
  Name folder_in(const DataNode* container, std::string_view inside) const {
    if (container == nullptr) return Name("?");
    if (inside.empty()) inside = container->get("working_directory");
    if (const DataNode* volumes = container->find("volumes")) {
      for (const DataNode& volume : volumes->items) {
        std::string_view text = volume.string_or("");
        const std::string_view local = text.empty() ? volume.get("local") : text.substr(0, text.find(':'));
        const std::string_view there = text.empty() ? volume.get("container") : behind_colon(text);
        if (local.empty() || local.find('<') != local.npos || local.find('$') != local.npos) continue;
        if (!inside.empty() && !inside.starts_with(there)) continue;
        std::string_view rest = inside.empty() ? inside : inside.substr(there.size());
        while (rest.starts_with('/')) rest.remove_prefix(1);
        return folder_at(join_path(join_path(folder_, local), rest.empty() ? "." : rest));
      }
    }
    const std::string_view built = container->get("build_directory");
    return built.empty() ? Name("?") : folder_at(join_path(folder_, built));
  }

  static std::string_view behind_colon(std::string_view text) {
    const size_t colon = text.find(':');
    return colon == text.npos ? std::string_view()
                              : text.substr(colon + 1, text.find(':', colon + 1) - colon - 1);
  }

  static Name folder_at(const std::string& path) { return Name(path.empty() ? "." : path); }

  // The container's own command, else what its image starts.
  void add_container(const std::string& name, const DataNode& node, uint32_t line) {
    const uint32_t unit = add_unit(out_, UnitKind::kService, name, line);
    out_.units[unit].image = Name(node.get("image"));
    out_.units[unit].working_directory = folder_in(&node, "");
    add_settings(out_, unit, node.find("environment"));
    for (const DataNode* needed : scalar_lines(node.find("dependencies")))
      link(unit, UnitKind::kService, needed->text, needed->line);
    const std::string_view built = node.get("build_directory");
    if (add_command(unit, node.find("command")) || built.empty()) return;
    const std::string image = join_path(join_path(folder_, built), node.get("dockerfile", "Dockerfile"));
    if (image != "?")
      add_link(out_, unit, LinkKind::kRuns, UnitKind::kImage, image, node.line_of("build_directory"));
  }

  void add_task(const std::string& name, const DataNode& task, uint32_t line) {
    const uint32_t unit = add_unit(out_, UnitKind::kTarget, name, line);
    for (const DataNode* first : scalar_lines(task.find("prerequisites")))
      link(unit, UnitKind::kTarget, first->text, first->line);
    for (const DataNode* needed : scalar_lines(task.find("dependencies")))
      link(unit, UnitKind::kService, needed->text, needed->line);
    const DataNode* run = task.find("run");
    if (run == nullptr) return;
    const std::string_view in = run->get("container");
    out_.units[unit].working_directory = folder_in(container(in), run->get("working_directory"));
    add_settings(out_, unit, run->find("environment"));
    const bool entered = add_command(unit, run->find("entrypoint"));
    if (!add_command(unit, run->find("command")) && !entered && !in.empty())
      link(unit, UnitKind::kService, in, run->line_of("container"));
  }

  bool add_command(uint32_t unit, const DataNode* node) {
    if (node == nullptr || !node->is_scalar() || node->text.empty()) return false;
    add_script(out_, unit, {node->text, text_line(*node)});
    return true;
  }

  void link(uint32_t unit, UnitKind kind, std::string_view name, uint32_t line) {
    UnitLink& made = add_link(out_, unit, LinkKind::kRuns, kind, name, line);
    made.target_system = out_.system;
    made.same_file = out_.includes.empty();
  }

  const DataNode& root_;
  AutomationFile out_;
  std::string folder_;
};

void run(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_yaml(file.text, file.id);
  if (data.root().find("tasks") == nullptr && data.root().find("containers") == nullptr) return;
  out.automation.push_back(BatectReader(file, data.root()).read());
}

}  // namespace

extern const FilePass batect;
const FilePass batect = {"batect", "tasks and containers of batect", wants, run};

}  // namespace mlgrade::passes
