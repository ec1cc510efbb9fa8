// `.mlgrade.yaml` files -> settings by folder.
#include "analyzer/run_settings.h"

#include <algorithm>
#include <optional>
#include <set>

#include "analyzer/syntax/data_document.h"

namespace mlgrade {
namespace {

// Every file, and every folder that holds one.
std::set<std::string, std::less<>> paths_of(const Repo& repo) {
  std::set<std::string, std::less<>> out;
  for (const FileFact& file : repo.files) {
    std::string path = file.path.str();
    while (out.insert(path).second) {
      const size_t slash = path.rfind('/');
      if (slash == std::string::npos) break;
      path.resize(slash);
    }
  }
  return out;
}

bool is_settings(const FileFact& file) {
  const std::string_view path = file.path.view();
  const bool named = path == kSettingsFile || path.ends_with("/" + std::string(kSettingsFile));
  return named && !file.sample && !file.vendored;
}

std::string place_of(std::string_view path, const Problem& problem) {
  return std::string(path) + ":" + std::to_string(std::max(1u, problem.span.line)) + ": " + problem.message;
}

}  // namespace

const ProjectSettings* AllSettings::of(std::string_view folder) const {
  auto found = by_folder.find(std::string(folder));
  if (found == by_folder.end()) found = by_folder.find("");
  return found == by_folder.end() ? nullptr : &found->second;
}

AllSettings read_all_settings(const Repo& repo, const Rubric& rubric, const RuleSet& rules,
                              std::optional<Date> as_of) {
  AllSettings out;
  std::set<std::string, std::less<>> paths;
  for (const FileFact& file : repo.files) {
    if (!is_settings(file)) continue;
    if (paths.empty()) paths = paths_of(repo);
    const std::string path = file.path.str();
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash);
    std::vector<Problem> unread;
    const auto source = repo.read(file.id, unread);
    for (const Problem& problem : unread) out.mistakes.push_back(place_of(path, problem));
    if (source == nullptr) {
      if (unread.empty()) out.mistakes.push_back(path + ":1: a link, which is not followed");
      continue;
    }
    const ParsedData parsed = parse_yaml(source->text, file.id);
    for (const Problem& problem : parsed.problems) out.mistakes.push_back(place_of(path, problem));
    if (!parsed.ok()) continue;
    SettingsContext context{.rubric = rubric,
                            .as_of = as_of,
                            .has_path = [&](std::string_view p) { return paths.contains(p); },
                            .folder = folder};
    for (const LoadedRule& rule : rules.rules)
      (rule.kind == RuleKind::kFinding ? context.findings : context.evidences).push_back(rule.id);
    std::vector<Problem> problems;
    out.by_folder[folder] = read_settings(parsed.root(), file.id, path, context, problems);
    std::stable_sort(problems.begin(), problems.end(),
                     [](const Problem& a, const Problem& b) { return a.span.line < b.span.line; });
    for (const Problem& problem : problems) out.mistakes.push_back(problem.message);
  }
  return out;
}

}  // namespace mlgrade
