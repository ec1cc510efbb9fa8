// Word tables of tools and paths, and the search for a schema made from what it checks.
#include "rules/support/data_uses.h"

#include <algorithm>
#include <set>

#include "analyzer/base/dotted.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/results.h"

namespace mlgrade {
namespace {

// Libraries that check any structure: configurations and requests far more often than rows of data.
bool checks_anything(std::string_view tool) {
  return has_word(tool, {"pydantic", "schema", "jsonschema", "marshmallow", "cerberus", "msgspec"});
}

// Libraries whose checks are their own business; what they look at is not written in the repository.
bool brings_rules(std::string_view tool) {
  return has_word(tool, {"deepchecks", "evidently", "tfdv", "tfx", "whylogs", "deequ", "pydeequ"}) ||
         contains_phrase(tool, "data validation");
}

// Fields of the repository's pydantic models, for rows that are validated one by one.
DataRules rules_of_models(const RuleInput& in) {
  DataRules rules;
  for (const PythonModule& m : in.facts.python) {
    if (is_sample(in.facts, m.file) || is_other_business(in.facts.path(m.file))) continue;
    for (const PyClass& c : m.classes) {
      bool model = std::any_of(c.base_targets.begin(), c.base_targets.end(), [](Name base) {
        return base.view().starts_with("pydantic.") && base.view().ends_with("BaseModel");
      });
      for (const PyField& field : c.fields) {
        if (!model) continue;
        rules.types += !field.annotation.empty();
        if (field.value.kind != PyValue::Kind::kCall || field.value.call >= m.calls.size()) continue;
        const PyCall& call = m.calls[field.value.call];
        for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
          rules.ranges += has_word(m.args[a].keyword.view(), {"ge", "gt", "le", "lt"});
          rules.sets += has_word(m.args[a].keyword.view(), {"pattern", "regex"});
        }
      }
    }
  }
  return rules;
}

bool serves_or_watches(std::string_view name) {
  return has_word(name,
                  {"api",       "apis",      "serving",   "serve",   "server",     "inference",  "endpoint",
                   "endpoints", "frontend",  "streamlit", "ui",      "drift",      "monitoring", "monitor",
                   "webapp",    "dashboard", "flask",     "fastapi", "evaluation", "migrations"});
}

std::set<uint32_t> inferring_calls(const RuleInput& in, uint32_t module) {
  std::set<uint32_t> calls;
  for (const Use& use : in.uses) {
    if (use.capability == "infers-schema" && use.kind == Use::Kind::kCall && use.function.module == module)
      calls.insert(use.call);
  }
  return calls;
}

}  // namespace

bool is_other_business(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string_view file = slash == path.npos ? path : path.substr(slash + 1);
  if (serves_or_watches(file) || has_word(file, {"app", "apps"})) return true;
  std::string_view folders = slash == path.npos ? std::string_view() : path.substr(0, slash);
  bool package = true;  // the folder that holds the project's code is called after the project
  while (!folders.empty()) {
    const size_t end = folders.find('/');
    const std::string_view folder = folders.substr(0, end);
    folders.remove_prefix(end == folders.npos ? folders.size() : end + 1);
    if (package && (folder == "src" || folder == "lib" || folder == "python")) continue;
    const bool named_after_project = package && words_of(folder).size() > 1;
    if (!named_after_project && serves_or_watches(folder)) return true;
    package = false;
  }
  return false;
}

std::optional<SchemaFamily> family_of(std::string_view tool) {
  if (contains_phrase(tool, "expectations")) return SchemaFamily::kExpectations;
  if (contains_phrase(tool, "pandera")) return SchemaFamily::kPandera;
  if (contains_phrase(tool, "soda")) return SchemaFamily::kSoda;
  if (contains_phrase(tool, "dbt")) return SchemaFamily::kDbt;
  return std::nullopt;
}

bool checks_rows(const RuleInput& in, const Use& use) {
  if (has_word(use.tool.view(), {"feedback"})) return false;  // finds wrong labels
  if (!checks_anything(use.tool.view())) return true;
  if (use.kind != Use::Kind::kCall || is_test_code(in.facts, use.file)) return false;
  std::string_view path = in.facts.path(use.file);
  if (is_other_business(path) ||
      has_word(path, {"config", "settings", "configuration", "llm", "agent", "agents"}))
    return false;
  bool reads = false;
  for (const Use& other : in.uses) {
    if (other.file != use.file) continue;
    if (other.capability == "serves-route" || other.capability == "calls-llm") return false;
    reads |= other.capability == "reads-data";
  }
  return reads;
}

DataRules rules_of_use(const RuleInput& in, const Use& use) {
  if (has_word(use.tool.view(), {"pydantic"})) return rules_of_models(in);
  bool own = use.kind == Use::Kind::kDecorator && !family_of(use.tool.view()) && use.function.valid();
  if (own && use.function.index != kNone) {
    // A check that an orchestrator calls: what it asks stands in it, or in the suites that it hands data to.
    DataRules rules = looks_of_function(in.facts.python[use.function.module], use.function.index);
    if (!rules.any()) rules = declared_rules(in, SchemaFamily::kExpectations);
    if (!rules.any()) rules = declared_rules(in, SchemaFamily::kPandera);
    return rules;
  }
  if (std::optional<SchemaFamily> family = family_of(use.tool.view())) return declared_rules(in, *family);
  DataRules rules;
  if (brings_rules(use.tool.view())) rules.types = rules.nulls = rules.ranges = 1;
  return rules;
}

std::string label_of(const RuleInput& in, const Use& use) {
  std::string_view target;
  if (const PyCall* call = call_of(in, use)) target = call->target.view();
  if (use.kind == Use::Kind::kDecorator) {
    const PyFunction* function = in.facts.function(use.function);
    for (size_t d = 0; function != nullptr && d < function->decorators.size(); ++d) {
      if (function->decorators[d].span == use.span) target = function->decorators[d].target.view();
    }
  }
  std::string_view root = target.substr(0, target.find('.'));
  return std::string(root.empty() ? use.tool.view() : root);
}

const PyCall* inferred_from_same(const RuleInput& in, uint32_t module, uint32_t check_index) {
  const PythonModule& m = in.facts.python[module];
  const PyCall& check = m.calls[check_index];
  const std::set<uint32_t> infers = inferring_calls(in, module);
  auto names_of = [&](const PyCall& call) {
    std::set<Name> names;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      for (uint32_t r = m.args[a].reads.begin; r < m.args[a].reads.end; ++r) {
        names.insert(m.names[r]);
        names.insert(Name(head_of(m.names[r].view())));  // schema_gen of schema_gen.outputs
      }
    }
    size_t dot = call.callee.view().find('.');
    if (dot != std::string_view::npos) names.insert(Name(call.callee.view().substr(0, dot)));
    return names;
  };
  std::set<Name> looked = names_of(check);
  for (const PyBinding& b : bindings_in(m, check.function)) {
    if (b.function != check.function || !looked.contains(b.target)) continue;
    for (uint32_t c = b.calls.begin; c < b.calls.end; ++c) {
      const PyCall& maker = m.calls[c];
      bool infers_it =
          infers.contains(c) || (has_word(maker.callee.view(), {"infer", "infers", "inferred"}) &&
                                 has_word(maker.callee.view(), {"schema", "expectations", "constraints"}));
      if (!infers_it) continue;
      for (Name name : names_of(maker)) {
        bool data = name != b.target && looked.contains(name) && !contains_phrase(name.view(), "tfdv") &&
                    maker.callee.view().substr(0, maker.callee.view().find('.')) != name.view();
        if (data) return &maker;
      }
    }
  }
  return nullptr;
}

}  // namespace mlgrade
