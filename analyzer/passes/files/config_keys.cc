// Every YAML, JSON, TOML, INI and HCL file as a tree and as a flat list of its leaves.
#include "analyzer/base/limits.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"
#include "analyzer/syntax/hcl.h"

namespace mlgrade::passes {
namespace {

constexpr uint64_t kMaxJsonBytes = 1u << 20;  // larger JSON is data, not configuration
constexpr size_t kMaxLeaves = 20'000;         // of one document; a larger one is data, too

bool is_lock(std::string_view path) {
  const std::string_view name = base_name(path);
  if (name == "dvc.lock") return false;  // what stages ran and gave, not packages
  return name.find(".lock") != name.npos || name.find("-lock.") != name.npos || name == "pylock.toml";
}

// What a project says of itself shows nothing (rubric/settings.h reads it).
bool is_own_word(std::string_view path) { return base_name(path) == ".mlgrade.yaml"; }

bool wants(const FileFact& file) {
  if (is_own_word(file.path.view())) return false;
  switch (file.language) {
    case Language::kYaml:
    case Language::kToml:
    case Language::kIni:
    case Language::kHcl:
      return !is_lock(file.path.view());
    case Language::kJson:
      return !is_lock(file.path.view()) && file.bytes <= kMaxJsonBytes;
    default:
      return false;
  }
}

ParsedData parse(const SourceFile& file) {
  switch (file.language) {
    case Language::kJson:
      return parse_json(file.text, file.id);
    case Language::kToml:
      return parse_toml(file.text, file.id);
    case Language::kIni:
      return parse_ini(file.text, file.id);
    case Language::kHcl:
      return parse_hcl(file.text, file.id);
    default:
      return parse_yaml(file.text, file.id);
  }
}

// Appends the leaves below `node`; `path` is its own. An empty list or mapping is a leaf without a value.
class Flattener {
 public:
  Flattener(FileId file, std::vector<ConfigKey>& keys) : file_(file), keys_(keys) {}

  void add(const DataNode& node, uint32_t line, int depth) {
    if (full() || depth > kMaxDocumentDepth) return;
    const size_t length = path_.size();
    if (node.is_mapping() && !node.entries.empty()) {
      for (size_t i = 0; i < node.entries.size(); ++i) {
        if (!path_.empty()) path_ += '.';
        path_ += node.entries[i].first;
        const uint32_t key_line = i < node.key_lines.size() ? node.key_lines[i] : node.entries[i].second.line;
        add(node.entries[i].second, key_line, depth + 1);
        path_.resize(length);
      }
    } else if (node.is_sequence() && !node.items.empty()) {
      for (size_t i = 0; i < node.items.size(); ++i) {
        path_ += "[" + std::to_string(i) + "]";
        add(node.items[i], node.items[i].line, depth + 1);
        path_.resize(length);
      }
    } else {
      keys_.push_back({Name(path_), node.text, node.quoted, line_span(file_, line, node.column)});
    }
  }

  bool full() const { return keys_.size() >= kMaxLeaves; }

 private:
  FileId file_;
  std::vector<ConfigKey>& keys_;
  std::string path_;
};

void run(const SourceFile& file, FileFacts& out) {
  ParsedData data = parse(file);
  uint32_t index = 0;
  for (DataNode& root : data.documents) {
    ConfigDocument document;
    document.file = file.id;
    document.index = index++;
    Flattener flattener(file.id, document.keys);
    flattener.add(root, root.line, 0);
    if (flattener.full()) {
      out.problems.push_back({ProblemKind::kLimit, line_span(file.id, root.line),
                              "more keys than a configuration has: only the first were read"});
    } else {
      document.root = std::move(root);
    }
    out.configs.push_back(std::move(document));
  }
  for (Problem& problem : data.problems) out.problems.push_back(std::move(problem));
}

}  // namespace

extern const FilePass config_keys;
const FilePass config_keys = {"config_keys", "keys of YAML, JSON, TOML, INI and HCL files", wants, run};

}  // namespace mlgrade::passes
