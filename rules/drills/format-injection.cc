// Rows with a missing, renamed or retyped column are fed to the code, and it has to refuse them.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/flow.h"
#include "rules/support/roles.h"
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

// Code that only a test or a user of the library runs: no program, module, route or step of the repository
// comes to it.
bool only_offered(const RuleInput& in, PyRef ref) {
  const Sides& sides = shared<Sides>(in);
  const std::vector<NodeId> before = work_leading_to(in, in.graph.node_of_function(ref));
  return std::none_of(before.begin(), before.end(), [&](NodeId n) {
    const Node& node = in.graph.nodes[n];
    const bool code =
        node.kind == NodeKind::kFunction || node.kind == NodeKind::kMain || node.kind == NodeKind::kModule;
    if (code && has_word(in.facts.path(in.facts.python[node.owner].file), {"docs", "doc"})) return false;
    if (node.kind != NodeKind::kFunction || contains_node(sides.handlers, n)) return true;
    const PyFunction& function = in.facts.python[node.owner].functions[node.index];
    // Of methods some decorators only say when they are there.
    const bool called_by_others = std::any_of(
        function.decorators.begin(), function.decorators.end(), [&](const PyDecorator& decorator) {
          return function.cls == kNone ||
                 has_word(decorator.name.view(), {"validator", "task", "flow", "step", "component", "asset",
                                                  "op", "get", "post", "route", "command"});
        });
    if (function.task || called_by_others) return true;
    return std::any_of(in.graph.in[n].begin(), in.graph.in[n].end(), [&](uint32_t e) {
      const Edge& edge = in.graph.edges[e];
      const NodeKind from = in.graph.nodes[edge.from].kind;
      return !edge.order_only() && from != NodeKind::kFunction && from != NodeKind::kModule &&
             from != NodeKind::kMain && from != NodeKind::kTest;
    });
  });
}

// Nothing of the repository itself runs what the test lets refuse its rows.
bool is_offered(const RuleInput& in, const TestCase& test, const TestAssertion& error) {
  std::vector<PyRef> asked;
  const PythonModule& module = in.facts.python[test.function.module];
  for (const PyCall& call : calls_in(module, test.function.index)) {
    const bool inside = error.span.line <= call.span.line &&
                        call.span.line <= std::max(error.span.end_line, error.span.line + 1);
    if (inside && in.facts.function(call.function_ref) != nullptr) asked.push_back(call.function_ref);
  }
  for (const PyRef ref : test.project_functions) {
    const PyFunction* function = in.facts.function(ref);
    if (asked.empty() && function != nullptr && handles_rows(*function)) asked.push_back(ref);
  }
  return !asked.empty() &&
         std::all_of(asked.begin(), asked.end(), [&](PyRef ref) { return only_offered(in, ref); });
}

void run(const RuleInput& in, RuleOutput& output) {
  const uint32_t test = best_test(in, [&](const TestCase& t) { return injects_format(in, t); });
  if (test == kNone) return;
  const TestAssertion* error = expected_refusal(in, in.facts.tests[test]);
  Evidence evidence = test_evidence(in, test, "a test feeds rows of another format and expects an error",
                                    {{error->span, "has to be refused"}});
  if (is_offered(in, in.facts.tests[test], *error)) {
    evidence.worth = 0.5;
    evidence.worth_why = "nothing of the repository itself runs what refuses them";
  }
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
