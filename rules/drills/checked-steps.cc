// Two steps hold the rows between them to the same check, or one looks at what it was handed.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/results.h"

namespace mlgrade::rules {
namespace {

struct Shared {
  std::set<uint32_t> modules;  // of product code that hold rows to it
  Span first, second;
};

void note(Shared& shared, uint32_t module, Span span) {
  if (!shared.modules.insert(module).second) return;
  (shared.modules.size() == 1 ? shared.first : shared.second) = span;
}

bool is_product(const RuleInput& in, const PythonModule& module) {
  return !is_test_code(in.facts, module.file) && !is_sample(in.facts, module.file) && !module.is_notebook;
}

// "check_rows", "validate_schema": raises, and looks at what rows are like.
bool checks_rows(const PythonModule& module, const PyFunction& function) {
  const std::string_view name = function.name.view();
  if (function.is_stub ||
      !has_word(name, {"check", "validate", "verify", "ensure", "require", "assert", "enforce"}) ||
      !has_word(name, {"rows", "row", "columns", "schema", "frame", "df", "dataframe", "data", "dataset",
                       "format", "table", "records", "contract"}))
    return false;
  const IndexRange jumps = function.body.jumps;
  for (uint32_t j = jumps.begin; j < jumps.end; ++j) {
    if (module.jumps[j].kind == PyJump::Kind::kRaise) return true;
  }
  return false;
}

// "validate_model_input", "check_processed_rows": looks at what the step before has made of the rows.
bool checks_what_was_made(std::string_view name) {
  return has_word(name, {"check", "validate", "verify", "ensure", "assert"}) &&
         (has_word(name, {"preprocessed", "processed", "transformed", "cleaned"}) ||
          contains_phrase(name, "model input") || contains_phrase(name, "training input"));
}

// One step that holds what it was handed to a check, and stops.
void add_handed_over(const RuleInput& in, RuleOutput& output) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (!is_product(in, module)) continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      const NodeId node = in.graph.node_of_function({m, f});
      if (function.is_stub || !checks_what_was_made(function.name.view()) || node == kNone ||
          !is_led_to(in.graph, node))
        continue;
      const IndexRange jumps = function.body.jumps;
      const bool raises = std::any_of(module.jumps.begin() + jumps.begin, module.jumps.begin() + jumps.end,
                                      [](const PyJump& jump) { return jump.kind == PyJump::Kind::kRaise; });
      const bool validates = std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
        return use.capability == "validates-data" && use.function == PyRef{m, f};
      });
      if (!raises && !validates) continue;
      Evidence evidence;
      evidence.mode = EvidenceMode::kStanding;
      evidence.place = function.span;
      evidence.what = fmt::format("`{}` looks at what the step before has made", function.qualname.view());
      evidence.links = {{function.span, evidence.what}};
      evidence.worth = 0.5;
      evidence.worth_why = "no test changes the format between them";
      evidence.confidence = Confidence::kMedium;
      output.evidence.push_back(std::move(evidence));
      return;
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::map<std::string, Shared> found;  // by the name of the check
  for (const Use* use : product_uses(in, "validates-data")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    const Name object = object_of(in.facts.python[use->function.module], *call);
    if (!object.view().empty()) note(found[object.str()], use->function.module, use->span);
  }
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (!is_product(in, module)) continue;
    for (const PyCall& call : module.calls) {
      const PyFunction* function = in.facts.function(call.function_ref);
      if (function == nullptr) continue;
      const PythonModule& home = in.facts.python[call.function_ref.module];
      if (is_test_code(in.facts, home.file) || !checks_rows(home, *function)) continue;
      note(found[function->target.str()], m, call.span);
    }
  }
  for (const auto& [name, shared] : found) {
    if (shared.modules.size() < 2) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = shared.second;
    evidence.what = fmt::format("two steps hold their rows to `{}`", name);
    evidence.links = {{shared.first, "one step"}, {shared.second, "and another"}};
    evidence.worth = 0.5;
    evidence.worth_why = "no test changes the format between them";
    output.evidence.push_back(std::move(evidence));
    return;
  }
  add_handed_over(in, output);
}

}  // namespace

extern const Rule drills_checked_steps;
const Rule drills_checked_steps{
    .summary = "two steps hold the rows between them to the same check",
    .why = "A step that reads what the one before wrote, by guess, reads nonsense after the first change.",
    .fix = "Import one schema on both sides of the step, and check what comes in against it.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
