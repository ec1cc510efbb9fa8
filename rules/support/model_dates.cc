// Reads the dates of files; no rule of its own.
#include "rules/support/model_dates.h"

#include "rules/support/code.h"
#include "rules/support/paths.h"

namespace mlgrade {
namespace {

void take(std::optional<ModelChange>& best, const FileFact& file) {
  if (file.last_commit && (!best || best->date < *file.last_commit)) best = {file.id, *file.last_commit};
}

}  // namespace

std::optional<ModelChange> newest_model(const RuleInput& in) {
  std::optional<ModelChange> out;
  for (const FileFact& file : in.facts.files) {
    std::string_view path = file.path.view();
    if (file.sample || file.vendored || is_test_code(in.facts, file.id)) continue;
    if (path.ends_with(".dvc")) path.remove_suffix(4);
    if (is_model_file(path) || file_name(path) == "dvc.lock") take(out, file);
  }
  return out;
}

std::optional<ModelChange> newest_training(const RuleInput& in) {
  std::optional<ModelChange> out;
  for (const Use* use : product_uses(in, "trains-model")) {
    if (use->kind == Use::Kind::kCall && use->file != FileId::kNone) take(out, in.facts.file(use->file));
  }
  return out;
}

}  // namespace mlgrade
