// Reads pytest's sections out of TOML and INI trees and the lists of conftest.py.
#include "analyzer/passes/tests/pytest_config.h"

#include <algorithm>

#include "analyzer/base/glob.h"
#include "analyzer/passes/python/module_map.h"

namespace mlgrade::passes {
namespace {

struct Section {
  const DataNode* node = nullptr;
  int rank = 0;  // smaller wins
};

Section section_of(std::string_view base, const DataNode& root) {
  if (base == "pytest.ini" || base == ".pytest.ini") {
    const DataNode* node = root.find("pytest");
    return {node != nullptr ? node : &root, 0};
  }
  if (base == "pyproject.toml") return {root.at({"tool", "pytest", "ini_options"}), 1};
  if (base == "tox.ini") return {root.find("pytest"), 2};
  if (base == "setup.cfg") return {root.find("tool:pytest"), 3};
  return {};
}

// A list of TOML, or the words of an INI value.
std::vector<std::string> words_of(const DataNode& section, std::string_view key) {
  std::vector<std::string> words;
  const DataNode* node = section.find(key);
  if (node == nullptr) return words;
  for (const std::string& text : node->strings()) {
    for (std::string_view word : split_words(text)) words.emplace_back(word);
  }
  return words;
}

bool is_true(const DataNode& section, std::string_view key) {
  std::string text = to_lower(section.get(key));
  return text == "true" || text == "1" || text == "yes" || text == "on";
}

std::string below_root(std::string_view root, std::string_view relative) {
  std::string path;
  return normalise_path(path_in(root, relative), path) ? path : std::string(relative);
}

void read_options(PytestConfig& config) {
  const std::vector<std::string>& words = config.addopts;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    for (std::string_view option : {"--ignore", "--ignore-glob"}) {
      if (word == option && i + 1 < words.size()) {
        config.ignored.push_back(below_root(config.root.view(), words[i + 1]));
      } else if (word.starts_with(option) && word.size() > option.size() && word[option.size()] == '=') {
        config.ignored.push_back(below_root(config.root.view(), word.substr(option.size() + 1)));
      }
    }
  }
}

PytestConfig default_config(Name root) {
  PytestConfig config;
  config.root = root;
  config.file_patterns = {"test_*.py", "*_test.py"};
  config.class_patterns = {"Test"};
  config.function_patterns = {"test"};
  config.skipped_folders = {"*.egg", ".*",           "_darcs", "build", "CVS",
                            "dist",  "node_modules", "venv",   "{arch}"};
  return config;
}

PytestConfig read_section(const FactStore& facts, const ConfigDocument& document, const DataNode& section) {
  PytestConfig config = default_config(Name(folder_of(facts.path(document.file))));
  const uint32_t line = std::max(section.line, 1u);
  config.span = {document.file, line, std::max(section.column, 1u), line};
  auto replace = [&](std::vector<std::string>& list, std::string_view key) {
    if (std::vector<std::string> words = words_of(section, key); !words.empty()) list = std::move(words);
  };
  replace(config.file_patterns, "python_files");
  replace(config.class_patterns, "python_classes");
  replace(config.function_patterns, "python_functions");
  replace(config.skipped_folders, "norecursedirs");
  config.addopts = words_of(section, "addopts");
  for (const std::string& path : words_of(section, "testpaths")) {
    config.test_paths.push_back(below_root(config.root.view(), path));
  }
  for (const std::string& path : words_of(section, "pythonpath")) {
    config.python_path.push_back(below_root(config.root.view(), path));
  }
  config.xfail_strict = is_true(section, "xfail_strict");
  config.asyncio_auto = section.get("asyncio_mode") == "auto";
  read_options(config);
  return config;
}

size_t config_index(const FactStore& facts, std::string_view path) {
  size_t best = 0;
  for (size_t i = 0; i < facts.pytest_configs.size(); ++i) {
    const std::string_view root = facts.pytest_configs[i].root.view();
    if (is_below(path, root) && root.size() >= facts.pytest_configs[best].root.view().size()) best = i;
  }
  return best;
}

// collect_ignore = ["setup.py"], collect_ignore_glob = ["*_old.py"] in a conftest.py.
void read_conftests(FactStore& facts) {
  for (const PythonModule& module : facts.python) {
    std::string_view path = facts.path(module.file);
    if (base_name(path) != "conftest.py") continue;
    for (const PyBinding& binding : module.bindings) {
      if (binding.target != "collect_ignore" && binding.target != "collect_ignore_glob") continue;
      for (uint32_t i = binding.value.elements().begin; i < binding.value.elements().end; ++i) {
        const PyValue& value = module.values[i];
        if (value.kind != PyValue::Kind::kString) continue;
        PytestConfig& config = facts.pytest_configs[config_index(facts, path)];
        config.ignored.push_back(below_root(folder_of(path), value.text.view()));
        config.ignored_at.resize(config.ignored.size());
        config.ignored_at.back() = binding.span;
      }
    }
  }
}

}  // namespace

bool is_below(std::string_view path, std::string_view folder) {
  if (folder.empty() || path == folder) return true;
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

bool matches_name(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    bool glob = pattern.find_first_of("*?[") != std::string::npos;
    return glob ? glob_match(pattern, name) : name.starts_with(pattern);
  });
}

const PytestConfig& config_of(const FactStore& facts, std::string_view path) {
  return facts.pytest_configs[config_index(facts, path)];
}

void read_pytest_configs(FactStore& facts) {
  std::vector<std::pair<int, PytestConfig>> found;
  for (const ConfigDocument& document : facts.configs) {
    Section section = section_of(base_name(facts.path(document.file)), document.root);
    if (section.node == nullptr) continue;
    PytestConfig config = read_section(facts, document, *section.node);
    auto same =
        std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.second.root == config.root; });
    if (same == found.end()) {
      found.emplace_back(section.rank, std::move(config));
    } else if (section.rank < same->first) {
      *same = {section.rank, std::move(config)};
    }
  }
  facts.pytest_configs.clear();
  for (auto& [rank, config] : found) facts.pytest_configs.push_back(std::move(config));
  bool top = std::any_of(facts.pytest_configs.begin(), facts.pytest_configs.end(),
                         [](const PytestConfig& config) { return config.root.empty(); });
  if (!top) facts.pytest_configs.push_back(default_config({}));
  std::sort(facts.pytest_configs.begin(), facts.pytest_configs.end(),
            [](const PytestConfig& a, const PytestConfig& b) { return a.root < b.root; });
  read_conftests(facts);
}

}  // namespace mlgrade::passes
