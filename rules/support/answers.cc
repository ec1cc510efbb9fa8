// Goes from function to function: to those that are handed the answer, and to those that are given it back.
#include "rules/support/answers.h"

#include <fmt/format.h>

#include <tuple>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

constexpr int kDepth = 6;
constexpr size_t kMostFunctions = 60;  // that one answer is followed into

bool is_product(const RuleInput& in, uint32_t module) {
  const FileId file = in.facts.python[module].file;
  return !is_test_code(in.facts, file) && !is_sample(in.facts, file) && !in.facts.python[module].is_notebook;
}

std::string name_of(const RuleInput& in, PyRef ref) {
  const PyFunction* function = in.facts.function(ref);
  return function == nullptr ? "the program" : fmt::format("`{}`", function->name.view());
}

}  // namespace

struct Answers::Walk {
  std::vector<AnswerEnd> ends;
  std::set<std::tuple<PyRef, PyRef, uint32_t>>
      seen;  // function, where it came from, and by which call or parameter
};

Answers::Answers(const RuleInput& in, Passing& passing) : in_(in), passing_(passing) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    if (!is_product(in, m)) continue;
    const PythonModule& module = in.facts.python[m];
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      if (module.calls[c].function_ref.valid()) callers_[module.calls[c].function_ref].emplace_back(m, c);
    }
  }
}

void Answers::visit(Walk& walk, uint32_t m, uint32_t function, AnswerSources sources, std::vector<Link> links,
                    int depth) const {
  const PythonModule& module = in_.facts.python[m];
  const Followed f(passing_, m, function, std::move(sources));
  for (uint32_t c : indices(module.body(function).conditions)) {
    const PyCondition& condition = module.conditions[c];
    const bool decides =
        condition.kind == PyCondition::Kind::kIf || condition.kind == PyCondition::Kind::kAssert;
    if (condition.function == function && decides && f.looks(c))
      walk.ends.push_back({m, function, c, kNone, kNone, links});
  }
  for (uint32_t c : indices(module.body(function).calls)) {
    const PyCall& call = module.calls[c];
    if (call.function != function) continue;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (!f.carries(module.args[a])) continue;
      walk.ends.push_back({m, function, kNone, c, a, links});
      const uint32_t param = parameter_of(in_.facts, module, call, a);
      const bool fresh = param != kNone && depth < kDepth && walk.seen.size() < kMostFunctions &&
                         walk.seen.insert({call.function_ref, PyRef{kNone, kNone}, param}).second;
      if (!fresh) continue;
      AnswerSources given;
      given.names.insert(in_.facts.function(call.function_ref)->params[param].name);
      std::vector<Link> way = links;
      way.push_back({call.span, fmt::format("hands the answer to {}", name_of(in_, call.function_ref))});
      visit(walk, call.function_ref.module, call.function_ref.index, std::move(given), std::move(way),
            depth + 1);
    }
  }
  const PyRef self{m, function};
  const Handed handed = function == kNone || depth >= kDepth ? Handed{} : f.returned();
  const auto callers = callers_.find(self);
  if (!handed.any() || callers == callers_.end()) return;
  for (const auto& [other, c] : callers->second) {
    const PyCall& call = in_.facts.python[other].calls[c];
    const PyRef caller{other, call.function};
    if (caller == self || walk.seen.size() >= kMostFunctions || !walk.seen.insert({caller, self, c}).second)
      continue;
    AnswerSources given;
    given.calls[c] = handed;
    std::vector<Link> way = links;
    way.push_back(
        {call.span, fmt::format("{} gets the answer from {}", name_of(in_, caller), name_of(in_, self))});
    visit(walk, other, call.function, std::move(given), std::move(way), depth + 1);
  }
}

std::vector<AnswerEnd> Answers::ends(uint32_t module, uint32_t function,
                                     const std::set<uint32_t>& comparisons) const {
  Walk walk;
  AnswerSources sources;
  sources.comparisons = comparisons;
  visit(walk, module, function, std::move(sources), {}, 0);
  return std::move(walk.ends);
}

}  // namespace mlgrade
