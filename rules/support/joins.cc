// Tells joins of tables from those of texts and paths; no rule of its own.
#include "rules/support/joins.h"

#include <string_view>

#include "rules/support/code.h"

namespace mlgrade {
namespace {

bool is_join_query(std::string_view text) {
  return has_word(text, {"join"}) && has_word(text, {"select", "from"});
}

}  // namespace

bool joins_tables(const PythonModule& module, const PyCall& call) {
  if (call.method == "merge" || call.method == "merge_asof") return true;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (call.method == "join" && (arg.keyword == "on" || arg.keyword == "how" || arg.keyword == "lsuffix"))
      return true;
    if (is_join_query(arg.value.text.view())) return true;
    if (arg.value.kind != PyValue::Kind::kName) continue;
    for (const PyBinding& binding : module.bindings) {
      if (binding.target == arg.value.text && is_join_query(binding.value.text.view())) return true;
    }
  }
  return call.method == "join" && call.target.view().starts_with("pandas.");
}

}  // namespace mlgrade
