// Collects paths of data; no rule of its own.
#include "rules/support/data_files.h"

#include "rules/support/code.h"
#include "rules/support/paths.h"

namespace mlgrade {
namespace {

bool is_data_file(std::string_view path) {
  const bool whole =
      path.find_first_of("*{") == std::string_view::npos && path.find('/') != std::string_view::npos;
  for (std::string_view ending :
       {".csv", ".parquet", ".feather", ".jsonl", ".tsv", ".arrow", ".pkl", ".npy"}) {
    if (path.ends_with(ending)) return whole;
  }
  return false;
}

}  // namespace

std::map<std::string, std::vector<FileAccess>> file_accesses(const RuleInput& in,
                                                             std::string_view capability) {
  std::map<std::string, std::vector<FileAccess>> out;
  for (const Use* use : product_uses(in, capability)) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    for (const std::string& text : texts_of(in.facts, use->function.module, *call)) {
      if (is_data_file(text))
        out[text].push_back({use->function.module, use->call, call->function, node_of(in, *use), use->span});
    }
  }
  return out;
}

}  // namespace mlgrade
