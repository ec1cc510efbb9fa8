// Follows from the call that makes the object to its class and the fields of it.
#include "rules/support/row_models.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/data_rules.h"
#include "rules/support/data_uses.h"
#include "rules/support/product_run.h"
#include "rules/support/row_tests.h"

namespace mlgrade {
namespace {

bool is_pydantic(const PyClass& c) {
  return std::any_of(c.base_targets.begin(), c.base_targets.end(), [](Name base) {
    return base.view().starts_with("pydantic.") && base.view().ends_with("BaseModel");
  });
}

bool names_no_row(std::string_view name) {
  return has_word(name, {"request",  "response", "config", "configuration", "settings", "payload", "message",
                         "messages", "output",   "answer", "tool",          "tools",    "agent",   "agents",
                         "llm",      "api",      "server", "service",       "backend",  "token",   "user"});
}

// What the fields of the model ask for, and those of a model inside it.
DataRules rules_of(const PythonModule& m, const PyClass& c, int depth) {
  DataRules rules;
  for (const PyField& field : c.fields) {
    rules.columns += 1;
    rules.types += !field.annotation.empty();
    if (field.value.kind == PyValue::Kind::kCall && field.value.call < m.calls.size()) {
      const PyCall& call = m.calls[field.value.call];
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const std::string_view keyword = m.args[a].keyword.view();
        rules.ranges +=
            has_word(keyword, {"ge", "gt", "le", "lt"}) || keyword == "min_length" || keyword == "max_length";
        rules.sets += keyword == "pattern" || keyword == "regex";
      }
    }
    for (const PyClass& inner : m.classes) {
      if (depth < 2 && inner.name == field.annotation && is_pydantic(inner))
        rules += rules_of(m, inner, depth + 1);
    }
  }
  return rules;
}

bool in_loop(const PythonModule& m, uint32_t block) {
  for (uint32_t b = block; b != kNone && b < m.blocks.size(); b = m.blocks[b].parent) {
    if (m.blocks[b].kind == PyBlock::Kind::kLoop) return true;
    if (m.blocks[b].kind == PyBlock::Kind::kFunction) return false;
  }
  return false;
}

// The call stands in a loop, or its function is called from one.
bool for_each(const FactStore& facts, const PythonModule& m, const PyCall& call, PyRef self) {
  if (in_loop(m, call.block)) return true;
  return std::any_of(facts.python.begin(), facts.python.end(), [&](const PythonModule& other) {
    return !is_test_code(facts, other.file) &&
           std::any_of(other.calls.begin(), other.calls.end(), [&](const PyCall& caller) {
             return caller.function_ref == self && in_loop(other, caller.block);
           });
  });
}

bool in_try(const PythonModule& m, uint32_t block) {
  for (uint32_t b = block; b != kNone && b < m.blocks.size(); b = m.blocks[b].parent) {
    if (m.blocks[b].kind == PyBlock::Kind::kTry) return true;
  }
  return false;
}

bool looked_at(const RuleInput& in, const PythonModule& m) {
  if (m.is_notebook || is_sample(in.facts, m.file) || is_test_code(in.facts, m.file)) return false;
  if (is_other_business(in.facts.path(m.file)) || names_no_row(in.facts.path(m.file))) return false;
  return std::none_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    return use.file == m.file && (use.capability == "serves-route" || use.capability == "serves-http");
  });
}

}  // namespace

std::vector<Evidence> row_model_evidence(const RuleInput& in) {
  std::vector<Evidence> out;
  for (uint32_t index = 0; index < in.facts.python.size(); ++index) {
    const PythonModule& m = in.facts.python[index];
    if (!looked_at(in, m)) continue;
    for (const PyCall& call : m.calls) {
      if (call.function == kNone || !call.class_ref.valid()) continue;
      const PythonModule& home = in.facts.python[call.class_ref.module];
      const PyClass& model = home.classes[call.class_ref.index];
      const std::string_view name = m.functions[call.function].name.view();
      const bool spread = call.args.size() == 1 && m.args[call.args.begin].keyword == "**";
      if (!spread || !is_pydantic(model) || !names_check(name)) continue;
      if (names_no_row(name) || names_no_row(model.name.view())) continue;
      const PyRef self{index, call.function};
      const DataRules rules = rules_of(home, model, 0);
      if (!rules.any() || !for_each(in.facts, m, call, self)) continue;
      Evidence evidence;
      evidence.place = call.span;
      evidence.what = fmt::format("`{}` checks {} of each row", model.name.view(), describe(rules));
      evidence.runs_at = in.graph.node_of_function(self);
      evidence.links.push_back({model.span, "what a row has to be"});
      evidence.worth_why = lacking(rules);
      if (evidence.worth_why.empty() && in_try(m, call.block))
        evidence.worth_why = "what it refuses is caught; rows are left out and nothing fails";
      if (!evidence.worth_why.empty()) evidence.worth = 0.5;
      out.push_back(std::move(evidence));
    }
  }
  return out;
}

}  // namespace mlgrade
