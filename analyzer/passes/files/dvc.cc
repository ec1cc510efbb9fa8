// dvc.yaml: stages with their commands, in the order that their outputs and dependencies give.
#include <map>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) { return base_name(file.path.view()) == "dvc.yaml"; }

// Paths of `deps` or `outs`: strings, or mappings whose only key is the path.
void for_paths(const DataNode* list, auto&& use) {
  if (list == nullptr) return;
  for (const DataNode& item : list->items) {
    if (item.is_scalar()) use(item.text, item.line);
    if (item.is_mapping() && !item.entries.empty()) use(item.entries[0].first, item.line);
  }
}

// `${item.name}` is no variable of a shell: what DVC fills in becomes a placeholder that is left alone.
DataNode with_placeholders(const DataNode& command) {
  DataNode out = command;
  for (DataNode& item : out.items) item = with_placeholders(item);
  out.text.clear();
  std::string_view rest = command.text;
  for (size_t at = rest.find("${"); at != rest.npos; at = rest.find("${")) {
    const size_t end = rest.find('}', at);
    const std::string_view name = rest.substr(at + 2, end == rest.npos ? 0 : end - at - 2);
    const bool filled_in = name.find_first_of(".[") != name.npos;
    out.text += rest.substr(0, at);
    out.text += filled_in ? "${{ " + std::string(name) + " }}" : "${";
    rest.remove_prefix(filled_in ? end + 1 : at + 2);
  }
  out.text += rest;
  return out;
}

class StageWriter {
 public:
  explicit StageWriter(const SourceFile& file)
      : out_(automation_file(file, "dvc")), folder_(folder_of(file.path)) {}

  AutomationFile write(const DataNode& root) {
    const DataNode* stages = root.find("stages");
    if (stages == nullptr) return std::move(out_);
    for (const auto& [name, stage] : stages->entries) add_stage(name, stage, stages->line_of(name));
    for (const Wanted& wanted : wanted_) link(wanted);
    return std::move(out_);
  }

 private:
  struct Wanted {
    uint32_t unit;
    std::string path;
    uint32_t line;
  };

  // A stage with `foreach` or `matrix` stands for one stage for each item; its body is in `do`.
  void add_stage(const std::string& name, const DataNode& stage, uint32_t line) {
    const DataNode* loop = stage.find("do");
    const DataNode& body = loop != nullptr ? *loop : stage;
    const uint32_t unit = add_unit(out_, UnitKind::kStage, name, line);
    const std::string folder = join_path(folder_, body.get("wdir", "."));
    out_.units[unit].working_directory = Name(folder);
    if (const DataNode* frozen = body.find("frozen");
        frozen != nullptr && frozen->as_bool().value_or(false)) {
      out_.units[unit].runs = Truth::kNo;
      out_.units[unit].condition = "the stage is frozen";
      out_.units[unit].condition_span = line_span(out_.file, body.line_of("frozen"));
    }
    if (const DataNode* command = body.find("cmd")) {
      const DataNode text = with_placeholders(*command);
      add_script_node(out_, unit, &text, false);
    }
    for_paths(body.find("deps"), [&](const std::string& path, uint32_t at) {
      wanted_.push_back({unit, join_path(folder, path), at});
    });
    for (std::string_view key : {"outs", "metrics", "plots"}) {
      for_paths(body.find(key),
                [&](const std::string& path, uint32_t) { made_.emplace(join_path(folder, path), unit); });
    }
  }

  // The stage that makes `path` or a folder above it; `dvc repro x` runs what x needs first.
  void link(const Wanted& wanted) {
    for (std::string path = wanted.path; !path.empty(); path = folder_of(path)) {
      const auto made = made_.find(path);
      if (made == made_.end() || made->second == wanted.unit) continue;
      const std::string_view target = out_.units[made->second].name.view();
      add_link(out_, wanted.unit, LinkKind::kNeeds, UnitKind::kStage, target, wanted.line).same_file = true;
      add_link(out_, wanted.unit, LinkKind::kRuns, UnitKind::kStage, target, wanted.line).same_file = true;
      return;
    }
  }

  AutomationFile out_;
  std::string folder_;
  std::map<std::string, uint32_t> made_;
  std::vector<Wanted> wanted_;
};

void run(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_yaml(file.text, file.id);
  AutomationFile automation = StageWriter(file).write(data.root());
  automation.analysable = !data.documents.empty();
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass dvc;
const FilePass dvc = {"dvc", "stages of dvc.yaml", wants, run};

}  // namespace mlgrade::passes
