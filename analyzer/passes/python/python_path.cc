// PYTHONPATH in configurations (`PYTHONPATH: x`, `- PYTHONPATH=x`, `name: PYTHONPATH` beside `value: x`), in
// images and in front of commands.
#include "analyzer/passes/python/python_path.h"

#include <algorithm>

#include "analyzer/passes/python/module_map.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

constexpr std::string_view kVariable = "PYTHONPATH";
constexpr size_t kMostFolders = 40;

std::string_view trimmed(std::string_view text) {
  const auto edge = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '"' || c == '\''; };
  while (!text.empty() && edge(text.front())) text.remove_prefix(1);
  while (!text.empty() && edge(text.back())) text.remove_suffix(1);
  return text;
}

// What follows an expansion at the beginning: "/lab" of "${{ github.workspace }}/lab" and "$PWD/lab".
std::string_view without_expansion(std::string_view path) {
  const size_t last = path.find_last_of("})`");
  if (last != path.npos) return path.substr(last + 1);
  if (path.starts_with('$')) return path.substr(std::min(path.find('/'), path.size()));
  return path;
}

class Collector {
 public:
  Collector(const FactStore& facts, const std::function<bool(std::string_view)>& holds)
      : facts_(facts), holds_(holds) {}

  void add_document(const ConfigDocument& document) {
    for (size_t k = 0; k < document.keys.size(); ++k) {
      const ConfigKey& key = document.keys[k];
      const std::string_view path = key.path.view();
      if (path.substr(path.rfind('.') + 1) == kVariable) add(document.file, key.value);
      if (key.value == kVariable && path.ends_with("name") && k + 1 < document.keys.size() &&
          document.keys[k + 1].path.view().ends_with("value"))
        add(document.file, document.keys[k + 1].value);
      if (key.value.find(kVariable) != key.value.npos) add_lines(document.file, key.value);
    }
  }

  void add_image(const Dockerfile& image) {
    for (const DockerInstruction& instruction : image.instructions) {
      if (instruction.name != "ENV") continue;
      if (instruction.words.size() > 1 && instruction.words[0] == kVariable)
        add(image.file, instruction.words[1]);
      for (const std::string& word : instruction.words) add_assignment(image.file, word);
    }
  }

  void add_commands(const AutomationFile& file) {
    for (const Command& command : file.commands) {
      for (const Word& word : command.assignments) add_assignment(file.file, word.text);
      for (const Word& word : command.words) add_assignment(file.file, word.text);
    }
  }

  std::vector<std::string> take() { return std::move(found_); }

 private:
  // Lines of a text that holds assignments, as tox and pytest-env have them.
  void add_lines(FileId file, std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      add_assignment(file, text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  void add_assignment(FileId file, std::string_view text) {
    text = trimmed(text);
    if (!text.starts_with(kVariable)) return;
    text = trimmed(text.substr(kVariable.size()));
    if (text.starts_with('=')) add(file, text.substr(1));
  }

  void add(FileId file, std::string_view value) {
    while (!value.empty()) {
      const size_t end = std::min(value.find_first_of(":;"), value.size());
      add_folder(file, without_expansion(trimmed(value.substr(0, end))));
      value.remove_prefix(std::min(end + 1, value.size()));
    }
  }

  void add_folder(FileId file, std::string_view path) {
    const std::string_view home = folder_of(facts_.path(file));
    while (path.starts_with('/')) path.remove_prefix(1);
    for (std::string_view rest = path; !rest.empty();) {
      for (std::string_view from : {home, std::string_view()}) {
        std::string folder;
        if (!normalise_path(path_in(from, rest), folder) || !holds_(folder)) continue;
        if (found_.size() < kMostFolders && std::find(found_.begin(), found_.end(), folder) == found_.end())
          found_.push_back(std::move(folder));
        return;
      }
      const size_t slash = rest.find('/');
      rest = slash == rest.npos ? std::string_view() : rest.substr(slash + 1);
    }
  }

  const FactStore& facts_;
  const std::function<bool(std::string_view)>& holds_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> python_path_folders(const FactStore& facts,
                                             const std::function<bool(std::string_view)>& holds) {
  Collector collector(facts, holds);
  for (const ConfigDocument& document : facts.configs) collector.add_document(document);
  for (const Dockerfile& image : facts.dockerfiles) collector.add_image(image);
  for (const AutomationFile& file : facts.automation) collector.add_commands(file);
  return collector.take();
}

}  // namespace mlgrade::passes
