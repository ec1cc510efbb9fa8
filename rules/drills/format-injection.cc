// Rows with a missing, renamed or retyped column are fed to the code, and it has to refuse them.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/flow.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool about_format(std::string_view name) {
  return has_word(name, {"column", "columns", "schema", "format", "dtype", "renamed", "retyped", "malformed",
                         "corrupt", "corrupted", "null", "nulls", "rows"});
}

// Reads or checks rows; what loads a model or settings does not.
bool handles_rows(const PyFunction& function) {
  const std::string_view name = function.qualname.view();
  return has_word(name,
                  {"load", "loader", "read", "ingest", "validate", "validation", "check", "schema", "clean",
                   "prepare", "preprocess", "transform", "features", "parse", "split", "data", "dataset"}) &&
         !has_word(name, {"model", "models", "checkpoint", "weights", "config", "configuration", "settings",
                          "params", "tokenizer"});
}

bool injects_format(const RuleInput& in, const TestCase& test) {
  if (expected_refusal(in, test) == nullptr || !about_format(test.id.view())) return false;
  return std::any_of(test.project_functions.begin(), test.project_functions.end(), [&](PyRef ref) {
    const PyFunction* function = in.facts.function(ref);
    return function != nullptr && handles_rows(*function);
  });
}

bool raises_itself(const PythonModule& module, uint32_t function) {
  const IndexRange jumps = module.functions[function].body.jumps;
  for (uint32_t j = jumps.begin; j < jumps.end; ++j) {
    if (module.jumps[j].kind == PyJump::Kind::kRaise) return true;
  }
  return false;
}

// The handler lets the rows go on and tells nobody: no error, no count, no place for what was refused.
bool lets_go(const PythonModule& module, uint32_t handler) {
  const PyBlock& block = module.blocks[handler];
  if (block.reraises || block.raises) return false;
  return std::none_of(module.calls.begin(), module.calls.end(), [&](const PyCall& call) {
    return call.function == block.function && block_inside(module, call.block, handler) &&
           has_word(call.callee.view(), {"inc",    "increment", "observe",    "abort",    "exit",   "fail",
                                         "dlq",    "dead",      "quarantine", "send",     "alert",  "notify",
                                         "reject", "rejected",  "produce",    "publish",  "append", "add",
                                         "record", "error",     "critical",   "exception"});
  });
}

bool is_lost(const PythonModule& module, const PyCall& call) {
  for (uint32_t at = call.block; at != kNone; at = module.blocks[at].parent) {
    if (module.blocks[at].kind != PyBlock::Kind::kTry) continue;
    for (uint32_t b = 0; b < module.blocks.size(); ++b) {
      const PyBlock& block = module.blocks[b];
      if (block.kind != PyBlock::Kind::kExcept || block.try_block != at) continue;
      bool catches = block.broad;
      for (uint32_t e = block.exceptions.begin; e < block.exceptions.end; ++e)
        catches |= module.names[e] == "ValueError";
      if (catches && lets_go(module, b)) return true;
    }
  }
  return false;
}

// Each call of the function in the product, by its own callers if they let the error through, is caught and
// forgotten; the place of the last one. Invalid span: not so.
Span lost_at(const RuleInput& in, PyRef ref, int depth) {
  constexpr int kDeepest = 3;
  Span place;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    for (const PyCall& call : module.calls) {
      if (call.function_ref != ref) continue;
      if (is_lost(module, call)) {
        place = call.span;
        continue;
      }
      const bool through = depth < kDeepest && call.function != kNone && PyRef{m, call.function} != ref;
      const Span above = through ? lost_at(in, {m, call.function}, depth + 1) : Span{};
      if (!above.valid()) return {};
      place = above;
    }
  }
  return place;
}

// Where the product calls what refuses the rows, each refusal is caught and forgotten.
Span forgotten(const RuleInput& in, const TestCase& test) {
  for (const PyRef ref : test.project_functions) {
    const PyFunction* function = in.facts.function(ref);
    if (function == nullptr || !handles_rows(*function) ||
        !raises_itself(in.facts.python[ref.module], ref.index))
      continue;
    return lost_at(in, ref, 0);
  }
  return {};
}

void run(const RuleInput& in, RuleOutput& output) {
  const uint32_t test = best_test(in, [&](const TestCase& t) { return injects_format(in, t); });
  if (test == kNone) return;
  const TestAssertion* error = expected_refusal(in, in.facts.tests[test]);
  Evidence evidence = test_evidence(in, test, "a test feeds rows of another format and expects an error",
                                    {{error->span, "has to be refused"}});
  if (const Span place = forgotten(in, in.facts.tests[test]); place.valid()) {
    evidence.defeat = "where the product calls what refuses them, the error is caught and forgotten";
    evidence.defeat_at = place;
    evidence.remedy = "Let the error stop the run, or count what was refused and alert on it.";
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule drills_format_injection;
const Rule drills_format_injection{
    .summary = "a test feeds data of a changed format and expects that it is refused",
    .why = "A source that renames a column empties the training set, and nothing says so.",
    .fix = "Feed the loader a frame without a column, and one with another type, and expect the error.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
