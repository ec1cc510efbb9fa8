// Reads the dates of files; no rule of its own.
#include "rules/support/model_dates.h"

#include <string>
#include <string_view>

#include "rules/support/code.h"
#include "rules/support/paths.h"

namespace mlgrade {
namespace {

void take(std::optional<ModelChange>& best, const FileFact& file) {
  if (file.last_commit && (!best || best->date < *file.last_commit)) best = {file.id, *file.last_commit};
}

}  // namespace

namespace {

bool is_model(const RuleInput& in, const FileFact& file) {
  std::string_view path = file.path.view();
  if (file.sample || file.vendored || is_test_code(in.facts, file.id)) return false;
  if (path.ends_with(".dvc")) path.remove_suffix(4);
  return is_model_file(path) || file_name(path) == "dvc.lock";
}

std::string_view folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

std::string_view top_of(std::string_view path) {
  const size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

// A folder at the top that holds a project of its own: it has its own manifest.
bool is_project(const RuleInput& in, std::string_view folder) {
  if (folder.empty()) return false;
  for (std::string_view manifest :
       {"requirements.txt", "pyproject.toml", "setup.py", "Pipfile", "environment.yml"}) {
    if (in.facts.find_file(std::string(folder) + "/" + std::string(manifest)) != nullptr) return true;
  }
  return false;
}

// "model_registry/v0.1/": the folder of one version.
bool is_of_version(std::string_view folder) {
  if (folder.empty()) return false;
  folder.remove_suffix(1);
  std::string_view name = file_name(folder);
  if (name.starts_with('v') || name.starts_with('V')) name.remove_prefix(1);
  return !name.empty() && name.front() >= '0' && name.front() <= '9';
}

}  // namespace

std::optional<ModelChange> newest_model(const RuleInput& in) {
  std::optional<ModelChange> out;
  for (const FileFact& file : in.facts.files) {
    if (is_model(in, file)) take(out, file);
  }
  return out;
}

bool belong_together(const RuleInput& in, FileId a, FileId b) {
  const std::string_view first = top_of(in.facts.path(a)), second = top_of(in.facts.path(b));
  return first == second || (!is_project(in, first) && !is_project(in, second));
}

std::optional<ModelChange> newest_model_for(const RuleInput& in, FileId document) {
  const std::string_view folder = folder_of(in.facts.path(document));
  std::optional<ModelChange> beside, all;
  for (const FileFact& file : in.facts.files) {
    const std::string_view path = file.path.view();
    if (!is_model(in, file)) continue;
    // What dvc.lock records is what its folder makes.
    const bool lock = file_name(path) == "dvc.lock";
    if (lock && !folder.starts_with(folder_of(path))) continue;
    if (!folder.empty() && path.starts_with(folder)) take(beside, file);
    if (belong_together(in, document, file.id)) take(all, file);
  }
  if (beside) return beside;
  return is_of_version(folder) ? std::nullopt : all;
}

std::optional<ModelChange> newest_training(const RuleInput& in) {
  std::optional<ModelChange> out;
  for (const Use* use : product_uses(in, "trains-model")) {
    if (use->kind == Use::Kind::kCall && use->file != FileId::kNone) take(out, in.facts.file(use->file));
  }
  return out;
}

}  // namespace mlgrade
