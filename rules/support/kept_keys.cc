// Looks into the dicts that are bound, handed over or returned.
#include "rules/support/kept_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "rules/support/code.h"
#include "rules/support/product_run.h"

namespace mlgrade {
namespace {

bool writes(const PythonModule& module) {
  return std::any_of(module.calls.begin(), module.calls.end(), [](const PyCall& call) {
    return has_word(call.method.view(),
                    {"dump", "dumps", "write", "save", "json", "upload", "put", "insert"});
  });
}

// The first key of the mapping, or of one inside it, that is accepted and has a computed value.
Name accepted_key(const PythonModule& module, const PyValue& dict,
                  const std::function<bool(std::string_view)>& is_subject, int depth) {
  if (dict.kind != PyValue::Kind::kDict || depth > 2) return {};
  const IndexRange elements = dict.elements();
  for (uint32_t e = elements.begin; e + 1 < elements.end && e + 1 < module.values.size(); e += 2) {
    const PyValue& key = module.values[e];
    const PyValue& value = module.values[e + 1];
    const bool computed = value.kind != PyValue::Kind::kString && value.kind != PyValue::Kind::kNumber &&
                          value.kind != PyValue::Kind::kNone && value.kind != PyValue::Kind::kBool;
    if (key.kind == PyValue::Kind::kString && computed && is_subject(key.text.view())) return key.text;
    if (const Name inner = accepted_key(module, value, is_subject, depth + 1); !inner.empty()) return inner;
  }
  return {};
}

}  // namespace

std::vector<KeptKey> kept_keys(const RuleInput& in, const std::function<bool(std::string_view)>& is_subject) {
  std::vector<KeptKey> out;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) ||
        !writes(module))
      continue;
    const auto look = [&](const PyValue& value, Span span, uint32_t function) {
      const Name key = accepted_key(module, value, is_subject, 0);
      if (!key.empty()) out.push_back({key, span, {m, function}});
    };
    for (const PyBinding& binding : module.bindings) look(binding.value, binding.span, binding.function);
    for (const PyCall& call : module.calls) {
      for (uint32_t a = call.args.begin; a < call.args.end; ++a)
        look(module.args[a].value, call.span, call.function);
    }
    for (const PyJump& jump : module.jumps) look(jump.value, jump.span, jump.function);
  }
  return out;
}

void add_kept_key(const RuleInput& in, const std::function<bool(std::string_view)>& is_subject,
                  const std::string& why, std::vector<Evidence>& out) {
  const std::vector<KeptKey> keys = kept_keys(in, is_subject);
  if (keys.empty()) return;
  const auto reach = [&](const KeptKey& key) {
    return product_reach(in, in.graph.node_of_function(key.function));
  };
  const auto best = std::max_element(keys.begin(), keys.end(),
                                     [&](const KeptKey& a, const KeptKey& b) { return reach(a) < reach(b); });
  Evidence evidence;
  evidence.place = best->span;
  evidence.what = fmt::format("each run writes down {}", best->key.view());
  evidence.links.push_back({best->span, evidence.what});
  evidence.runs_at = in.graph.node_of_function(best->function);
  evidence.worth = 0.5;
  evidence.worth_why = why;
  run_in_earnest(in, evidence);
  out.push_back(std::move(evidence));
}

}  // namespace mlgrade
