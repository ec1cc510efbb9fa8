#include "rules/support/tracked.h"

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

void add_strings(const PythonModule& module, const PyValue& value, Span span, const Use& use,
                 std::vector<TrackedName>& out) {
  if (value.kind == PyValue::Kind::kString && !value.text.empty()) out.push_back({value.text, span, &use});
  if (value.kind != PyValue::Kind::kDict) return;
  const IndexRange elements = value.elements();
  for (uint32_t i = elements.begin; i + 1 < elements.end; i += 2) {  // key, value, key, value
    const PyValue& key = module.values[i];
    if (key.kind == PyValue::Kind::kString && !key.text.empty()) out.push_back({key.text, span, &use});
  }
}

// A dict that was bound to a name before it is handed over.
const PyValue* bound_dict(const PythonModule& module, uint32_t function, Name name) {
  for (const PyBinding& binding : bindings_in(module, function)) {
    if (binding.function == function && binding.target == name && binding.value.kind == PyValue::Kind::kDict)
      return &binding.value;
  }
  return nullptr;
}

}  // namespace

std::vector<TrackedName> tracked_names(const RuleInput& in) {
  std::vector<TrackedName> out;
  for (std::string_view capability : {"tracks-experiments", "registers-model"}) {
    for (const Use* use : product_uses(in, capability)) {
      const PyCall* call = call_of(in, *use);
      if (call == nullptr) continue;
      const PythonModule& module = in.facts.python[use->function.module];
      for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
        const PyArg& arg = module.args[a];
        if (!arg.keyword.empty() && arg.keyword != "*" && arg.keyword != "**")
          out.push_back({arg.keyword, call->span, use});
        add_strings(module, arg.value, call->span, *use, out);
        if (arg.value.kind != PyValue::Kind::kName) continue;
        if (const PyValue* dict = bound_dict(module, call->function, arg.value.text))
          add_strings(module, *dict, call->span, *use, out);
      }
    }
  }
  return out;
}

const TrackedName* find_tracked(const std::vector<TrackedName>& names,
                                std::initializer_list<std::string_view> subjects,
                                std::initializer_list<std::string_view> marks) {
  for (const TrackedName& tracked : names) {
    if (has_word(tracked.name.view(), subjects) &&
        (marks.size() == 0 || has_word(tracked.name.view(), marks)))
      return &tracked;
  }
  return nullptr;
}

}  // namespace mlgrade
