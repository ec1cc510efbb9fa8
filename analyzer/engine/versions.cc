// Compares versions by their numbers; reads specifiers of pip, Poetry and conda clause by clause.
#include "analyzer/engine/versions.h"

#include <algorithm>
#include <string>
#include <vector>

#include "analyzer/engine/catalogue.h"

namespace mlgrade {
namespace {

using Numbers = std::vector<long>;

Numbers numbers_of(std::string_view text) {
  Numbers out;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    long value = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      value = std::min(value * 10 + (text.front() - '0'), 100000000L);
      text.remove_prefix(1);
    }
    out.push_back(value);
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  return out;
}

// -1, 0, 1; missing numbers are 0.
int compare(const Numbers& a, const Numbers& b) {
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const long x = i < a.size() ? a[i] : 0;
    const long y = i < b.size() ? b[i] : 0;
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

// The first version behind all that begin with these numbers, the last but `dropped` of them counted up.
Numbers after(Numbers numbers, size_t dropped) {
  while (dropped-- > 0 && numbers.size() > 1) numbers.pop_back();
  if (!numbers.empty()) ++numbers.back();
  return numbers;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '(')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == ')')) text.remove_suffix(1);
  return text;
}

// Does one clause let some version from `least` on through?
bool clause_allows(std::string_view clause, const Numbers& least) {
  clause = trimmed(clause);
  const size_t digits = clause.find_first_of("0123456789");
  if (digits == std::string_view::npos) return true;  // "*", ""
  const std::string_view op = trimmed(clause.substr(0, digits));
  const std::string_view version = clause.substr(digits);
  const Numbers numbers = numbers_of(version);
  if (numbers.empty()) return true;
  if (op == "<") return compare(numbers, least) > 0;
  if (op == "<=") return compare(numbers, least) >= 0;
  if (op == "~=") return compare(after(numbers, 1), least) > 0;
  if (op == "~") return compare(after(numbers, numbers.size() > 2 ? 1 : 0), least) > 0;
  if (op == "^") {
    size_t first = 0;  // up to the next change of the first number that is not 0
    while (first + 1 < numbers.size() && numbers[first] == 0) ++first;
    return compare(after(numbers, numbers.size() - first - 1), least) > 0;
  }
  if (op == "==" || op == "===" || op == "=" || op.empty()) {
    const bool family = version.find('*') != std::string_view::npos;
    return family ? compare(after(numbers, 0), least) > 0 : compare(numbers, least) >= 0;
  }
  return true;  // >=, >, !=
}

bool names(std::string_view target, std::string_view api) {
  return target == api ||
         (target.starts_with(api) && target.size() > api.size() && target[api.size()] == '.');
}

// Calls of the module that may be of a removed name: most have another first letter.
std::vector<const PyCall*> likely_calls(const Catalogue& catalogue, const PythonModule& module) {
  std::string letters;
  for (const Tool& tool : catalogue.tools) {
    for (const RemovedApi& api : tool.removed) {
      for (const std::string& name : api.names) letters += name.substr(0, 1);
    }
  }
  std::vector<const PyCall*> found;
  for (const PyCall& call : module.calls) {
    const std::string_view target = call.target.view();
    const bool likely = !target.empty() && letters.find(target.front()) != std::string::npos;
    if (likely && !call.function_ref.valid()) found.push_back(&call);
  }
  return found;
}

// Where the removed name is used; invalid if it is not. An optional import may fail.
Span used_at(const PythonModule& module, const std::vector<const PyCall*>& calls, std::string_view api) {
  for (const PyImport& import : module.imports) {
    const bool certain = !import.optional && !import.type_checking && import.project_module == kNone;
    if (certain && names(import.target.view(), api)) return import.span;
  }
  for (const PyCall* call : calls) {
    if (names(call->target.view(), api)) return call->span;
  }
  return {};
}

// The line that lets a version from `since` on in; invalid if none does, or a lock or pin holds it below.
Span open_requirement(const FactStore& facts, const Tool& tool, std::string_view since, Name& distribution) {
  Span open;
  for (const Dependency& dependency : facts.dependencies) {
    const bool ours = !tool.distributions.empty() && dependency.name.view() == tool.distributions.front();
    if (!ours || (dependency.span.file != FileId::kNone && facts.file(dependency.span.file).sample)) continue;
    const bool allows = allows_from(dependency.specifier, since);
    if (!allows) return {};
    if (!open.valid()) open = dependency.span, distribution = dependency.name;
  }
  return open;
}

}  // namespace

bool allows_from(std::string_view specifier, std::string_view version) {
  const Numbers least = numbers_of(version);
  specifier = specifier.substr(0, specifier.find(';'));
  while (!specifier.empty()) {
    const size_t end = std::min(specifier.find(','), specifier.size());
    if (!clause_allows(specifier.substr(0, end), least)) return false;
    specifier.remove_prefix(std::min(end + 1, specifier.size()));
  }
  return true;
}

RemovedUse removed_use(const FactStore& facts, const Catalogue& catalogue, const PythonModule& module) {
  const std::vector<const PyCall*> calls = likely_calls(catalogue, module);
  for (const Tool& tool : catalogue.tools) {
    for (const RemovedApi& api : tool.removed) {
      for (const std::string& name : api.names) {
        const Span at = used_at(module, calls, name);
        if (!at.valid()) continue;
        RemovedUse out{&api, at, name, Name(), {}};
        out.requirement = open_requirement(facts, tool, api.since, out.distribution);
        if (out.requirement.valid()) return out;
      }
    }
  }
  return {};
}

}  // namespace mlgrade
