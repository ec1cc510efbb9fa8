// Indexes the names that functions read, module by module, when they are first asked for.
#include "analyzer/graph/readers.h"

#include <algorithm>

namespace mlgrade {
namespace {

// "a" and "a.b" of "a.b[].c()".
std::pair<std::string_view, std::string_view> starts_of(std::string_view dotted) {
  const std::string_view plain = dotted.substr(0, dotted.find_first_of("[("));
  const size_t dot = plain.find('.');
  if (dot == std::string_view::npos) return {plain, {}};
  return {plain.substr(0, dot), plain.substr(0, plain.find('.', dot + 1))};
}

}  // namespace

const Readers::Mentions& Readers::mentions(uint32_t index) {
  auto [it, fresh] = mentions_.try_emplace(index);
  if (!fresh) return it->second;
  const PythonModule& module = facts_.python[index];
  Mentions& found = it->second;
  auto note = [&](Name name, uint32_t function) {
    if (function == kNone) return;
    const auto [first, second] = starts_of(name.view());
    for (std::string_view text : {first, second}) {
      if (text.empty()) continue;
      std::vector<uint32_t>& functions = found[std::string(text)];
      if (functions.empty() || functions.back() != function) functions.push_back(function);
    }
  };
  auto note_all = [&](IndexRange reads, uint32_t function) {
    for (uint32_t i = reads.begin; i < reads.end; ++i) note(module.names[i], function);
  };
  for (const PyCall& call : module.calls) {
    note(call.callee, call.function);
    for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
      note_all(module.args[i].reads, call.function);
      if (module.args[i].value.kind == PyValue::Kind::kName) note(module.args[i].value.text, call.function);
    }
  }
  for (const PyBinding& binding : module.bindings) {
    note_all(binding.reads, binding.function);
    const bool named =
        binding.value.kind == PyValue::Kind::kName || binding.value.kind == PyValue::Kind::kSubscript;
    if (named) note(binding.value.text, binding.function);
  }
  for (const PyCondition& condition : module.conditions) note_all(condition.reads, condition.function);
  for (const PyJump& jump : module.jumps) note_all(jump.reads, jump.function);
  return found;
}

void Readers::add(uint32_t module, const std::string& name, std::vector<PyRef>& out) {
  const Mentions& found = mentions(module);
  auto it = found.find(name);
  if (it == found.end()) return;
  for (uint32_t function : it->second) out.push_back({module, function});
}

const std::vector<PyRef>& Readers::of(uint32_t module, Name name) {
  auto [it, fresh] = known_[module].try_emplace(name);
  std::vector<PyRef>& out = it->second;
  if (!fresh) return out;
  if (importers_.empty()) {
    importers_.resize(facts_.python.size());
    for (uint32_t m = 0; m < facts_.python.size(); ++m) {
      for (uint32_t i = 0; i < facts_.python[m].imports.size(); ++i) {
        const uint32_t from = facts_.python[m].imports[i].project_module;
        if (from != kNone) importers_[from].emplace_back(m, i);
      }
    }
  }
  add(module, name.str(), out);
  for (const auto& [other, index] : importers_[module]) {
    const PyImport& import = facts_.python[other].imports[index];
    if (import.name == name || import.name == "*") {
      add(other, import.name == "*" ? name.str() : import.bound.str(), out);
    } else {
      add(other, import.bound.str() + "." + name.str(), out);  // import models; models.TABLE
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace mlgrade
