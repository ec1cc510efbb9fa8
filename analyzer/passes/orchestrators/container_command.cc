// Finds the command in the overrides of a container task.
#include "analyzer/passes/orchestrators/container_command.h"

#include <string>
#include <string_view>

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

constexpr int kMaxDepth = 4;

bool names_command(const PyValue& key) {
  return key.kind == Kind::kString &&
         (key.text == "command" || key.text == "args" || key.text == "arguments");
}

const PyValue* find_command(const PythonModule& module, const PyValue& value, int depth) {
  if (depth > kMaxDepth) return nullptr;
  const IndexRange elements = value.elements();
  const bool mapping = value.kind == Kind::kDict;
  for (uint32_t i = elements.begin; i < elements.end; ++i) {
    if (mapping && i + 1 < elements.end && names_command(module.values[i])) return &module.values[i + 1];
    if (mapping) ++i;
    if (i >= elements.end) break;
    if (const PyValue* found = find_command(module, module.values[i], depth + 1)) return found;
  }
  return nullptr;
}

}  // namespace

const PyValue* overridden_command(const PythonModule& module, const PyValue& overrides) {
  return find_command(module, overrides, 0);
}

std::string container_line(std::string words) { return words.starts_with("-m ") ? "python " + words : words; }

}  // namespace mlgrade::passes
