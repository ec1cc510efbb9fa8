// Reads `helm upgrade name chart -f values.yaml` and `helm: {valueFiles: [...]}`.
#include "analyzer/passes/charts/value_files.h"

#include <algorithm>

#include "analyzer/passes/text.h"

namespace mlgrade::charts {
namespace {

using Paths = std::vector<std::string>;

// Repository-relative; "." is the root.
std::string folder_of_command(const AutomationFile& file, const Command& command) {
  Name folder = command.working_directory;
  for (uint32_t u = command.unit; folder.empty() && u != kNone; u = file.units[u].parent)
    folder = file.units[u].working_directory;
  return folder == "." ? "" : folder.str();
}

bool installs(const Command& command) {
  const auto has = [&](std::string_view text) {
    return std::any_of(command.words.begin(), command.words.end(),
                       [&](const Word& word) { return word.text == text; });
  };
  return !command.words.empty() && command.words[0].text == "helm" && (has("upgrade") || has("install"));
}

// The files that the command gives to the chart; false if it is for another chart.
bool read_command(const AutomationFile& file, const Command& command, std::string_view folder, Paths& out) {
  const std::string home = folder_of_command(file, command);
  bool own = false;
  for (size_t i = 1; i < command.words.size(); ++i) {
    const std::string& text = command.words[i].text;
    const bool next = (text == "-f" || text == "--values") && i + 1 < command.words.size();
    if (next) {
      out.push_back(join_path(home, command.words[++i].text));
    } else if (text.starts_with("--values=")) {
      out.push_back(join_path(home, text.substr(9)));
    } else if (!text.starts_with('-')) {
      own = own || join_path(home, text) == folder;
    }
  }
  return own;
}

bool read_application(const DataNode& root, std::string_view folder, Paths& out) {
  if (root.get("kind") != "Application") return false;
  const DataNode* source = root.at({"spec", "source"});
  if (source == nullptr || join_path("", source->get("path")) != folder) return false;
  if (const DataNode* files = source->at({"helm", "valueFiles"})) {
    for (const std::string& path : files->strings()) out.push_back(join_path(folder, path));
  }
  return true;
}

}  // namespace

std::vector<std::string> common_value_files(const FactStore& facts, std::string_view folder) {
  std::vector<Paths> all;
  for (const AutomationFile& file : facts.automation) {
    for (const Command& command : file.commands) {
      Paths paths;
      if (installs(command) && read_command(file, command, folder, paths)) all.push_back(std::move(paths));
    }
  }
  for (const ConfigDocument& document : facts.configs) {
    Paths paths;
    if (read_application(document.root, folder, paths)) all.push_back(std::move(paths));
  }
  if (all.empty()) return {};
  Paths common = std::move(all.front());
  std::erase_if(common, [&](const std::string& path) {
    return std::any_of(all.begin() + 1, all.end(), [&](const Paths& other) {
      return std::find(other.begin(), other.end(), path) == other.end();
    });
  });
  return common;
}

}  // namespace mlgrade::charts
