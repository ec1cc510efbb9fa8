// DATA-4: is there a list of what must not become a feature, and does something hold the code to it? The list
// is found by its name; what counts is the assertion or the raise that reads it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"
#include "rules/support/verdict.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 10;

bool names_ban(std::string_view name) {
  return has_word(name, {"forbidden", "banned", "prohibited", "disallowed", "denylist", "denied", "blacklist",
                         "blocklist", "blacklisted", "protected", "leaky", "leakage", "sensitive", "illegal",
                         "deny", "restricted", "excluded", "exclude"});
}
bool names_allowance(std::string_view name) {
  return has_word(name, {"allowed", "allowlist", "whitelist", "permitted", "approved"});
}
bool names_columns(std::string_view name) {
  return has_word(name, {"feature", "features", "column", "columns", "cols", "attribute", "attributes",
                         "field", "fields", "variable", "variables", "predictors", "vars", "nonfeatures"});
}
// Attributes of persons that laws on discrimination speak of.
bool names_protected(std::string_view value) {
  return has_word(value, {"gender", "sex", "race", "ethnicity", "religion", "nationality", "ssn",
                          "disability", "pregnancy", "caste", "orientation", "birthdate"});
}

bool is_policy(std::string_view name) {
  return (names_ban(name) && names_columns(name)) ||
         (names_allowance(name) && has_word(name, {"feature", "features", "columns", "cols", "predictors"}));
}

// Fields and attributes are of anything; columns and features are of data.
bool names_any_fields(std::string_view name) {
  return !has_word(name, {"feature", "features", "column", "columns", "cols", "predictors", "nonfeatures"});
}

bool handles_data(const PythonModule& m) {
  return std::any_of(m.imports.begin(), m.imports.end(), [](const PyImport& import) {
    std::string_view root = import.target.empty() ? import.module.view() : import.target.view();
    root = root.substr(0, root.find('.'));
    static constexpr std::string_view kRoots[] = {"pandas",   "polars", "pyspark", "dask",    "numpy",
                                                  "datasets", "cudf",   "sklearn", "xgboost", "lightgbm",
                                                  "catboost", "torch",  "pyarrow", "duckdb",  "ibis"};
    return std::find(std::begin(kRoots), std::end(kRoots), root) != std::end(kRoots);
  });
}

// A measure of fairness held to a bar reads the list, too, but asks how large a gap is, not whether the
// column is used.
bool asks_how_large(const PythonModule& m, const PyCondition& c) {
  for (uint32_t i = c.comparisons.begin; i < c.comparisons.end; ++i) {
    const PyComparison& comparison = m.comparisons[i];
    bool order = comparison.op == PyComparison::Op::kLess || comparison.op == PyComparison::Op::kLessEqual ||
                 comparison.op == PyComparison::Op::kGreater ||
                 comparison.op == PyComparison::Op::kGreaterEqual;
    bool nothing = comparison.right.kind == PyValue::Kind::kNumber && comparison.right.number == 0;
    if (order && !nothing) return true;
  }
  return false;
}

// A list of columns with such a name, bound in a module's or class's body.
struct Policy {
  uint32_t module = kNone;
  Name name;
  Name dotted;  // "churn.policy.FORBIDDEN"
  uint16_t count = 0;
  std::set<Name> columns;  // its elements, where they are literals
  Span span;
};

std::set<Name> elements_of(const PythonModule& m, const PyValue& value) {
  std::set<Name> found;
  IndexRange elements = value.kind == PyValue::Kind::kList ? value.elements() : IndexRange{};
  for (uint32_t e = elements.begin; e < elements.end && e < m.values.size(); ++e) {
    if (m.values[e].kind == PyValue::Kind::kString) found.insert(m.values[e].text);
  }
  return found;
}

// Code of the product that handles data imports the list.
bool read_with_data(const RuleInput& in, uint32_t home, Name name) {
  return std::any_of(in.facts.python.begin(), in.facts.python.end(), [&](const PythonModule& m) {
    return handles_data(m) && !is_test_code(in.facts, m.file) &&
           std::any_of(m.imports.begin(), m.imports.end(), [&](const PyImport& import) {
             return import.project_module == home && (import.name == name || import.name.empty());
           });
  });
}

std::vector<Policy> policies(const RuleInput& in) {
  std::vector<Policy> found;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || module.is_notebook) continue;
    for (const PyBinding& b : module.bindings) {
      if (b.function != kNone || !is_policy(b.target.view())) continue;
      bool list = b.value.kind == PyValue::Kind::kList || b.value.kind == PyValue::Kind::kDict ||
                  b.value.kind == PyValue::Kind::kCall || b.value.kind == PyValue::Kind::kOther;
      if (!list || b.subscript) continue;
      const std::set<Name> columns = elements_of(module, b.value);
      const bool of_people = std::ranges::any_of(columns, [](Name c) { return names_protected(c.view()); });
      if (names_any_fields(b.target.view()) && !handles_data(module) && !of_people &&
          !read_with_data(in, m, b.target))
        continue;
      found.push_back({m, b.target, Name(fmt::format("{}.{}", module.name.view(), b.target.view())),
                       b.value.count, columns, b.span});
    }
  }
  return found;
}

bool reads_policy(const PythonModule& m, IndexRange reads, const std::set<Name>& names) {
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    std::string_view read = m.names[r].view();
    for (Name name : names) {
      bool whole = read == name.view() || read.ends_with(fmt::format(".{}", name.view()));
      bool part = read.starts_with(fmt::format("{}.", name.view())) ||
                  read.find(fmt::format(".{}.", name.view())) != std::string_view::npos;
      if (whole || part) return true;
    }
  }
  return false;
}

// Names by which the module knows the policy: its own, or what its imports bind.
std::set<Name> names_in(const RuleInput& in, uint32_t index, const Policy& policy) {
  std::set<Name> names;
  if (index == policy.module) names.insert(policy.name);
  for (const PyImport& import : in.facts.python[index].imports) {
    if (import.project_module == policy.module || import.target == policy.dotted) {
      if (import.name == policy.name && !import.bound.empty()) names.insert(import.bound);
      if (import.name.empty() || import.name == "*" || import.target != policy.dotted)
        names.insert(policy.name);
    }
  }
  return names;
}

bool carries_policy(const PythonModule& m, uint32_t function, const std::set<Name>& names, IndexRange reads,
                    std::set<Name>& carriers) {
  if (carriers.empty()) {
    carriers = names;
    for (int round = 0; round < 3; ++round) {
      for (const PyBinding& b : bindings_in(m, function)) {
        if (b.function == function && reads_policy(m, b.reads, carriers)) carriers.insert(b.target);
      }
    }
  }
  return reads_policy(m, reads, carriers);
}

struct Usage {
  bool read = false;
  Span read_at;
  std::vector<Evidence> checks;
};

void look_at_conditions(const RuleInput& in, uint32_t index, const Policy& policy,
                        const std::set<Name>& names, Usage& usage) {
  const PythonModule& m = in.facts.python[index];
  std::set<uint32_t> done;
  for (uint32_t c = 0; c < m.conditions.size(); ++c) {
    const PyCondition& condition = m.conditions[c];
    if (done.contains(condition.function) || asks_how_large(m, condition)) continue;
    std::set<Name> carriers;
    if (!carries_policy(m, condition.function, names, condition.reads, carriers)) continue;
    if (!condition_fails(m, c)) continue;
    done.insert(condition.function);
    std::string what = fmt::format("fails when a column of `{}` is used", policy.name.view());
    Evidence e;
    uint32_t test = condition.function == kNone ? kNone : test_of(in.facts, {index, condition.function});
    if (test != kNone) {
      e = test_evidence(in, test, what, {{policy.span, fmt::format("the list `{}`", policy.name.view())}});
    } else if (is_test_code(in.facts, m.file)) {
      continue;
    } else {
      e.runs_at = condition.function == kNone ? in.graph.node_of_block(index, condition.block)
                                              : in.graph.node_of_function({index, condition.function});
      e.what = what;
      e.links.push_back({policy.span, fmt::format("the list `{}`", policy.name.view())});
    }
    e.place = condition.span;
    usage.checks.push_back(std::move(e));
  }
}

// unittest: self.assertFalse(set(FEATURES) & BANNED), self.assertTrue(BANNED.isdisjoint(FEATURES))
void look_at_calls(const RuleInput& in, uint32_t index, const Policy& policy, const std::set<Name>& names,
                   Usage& usage) {
  const PythonModule& m = in.facts.python[index];
  for (const PyCall& call : m.calls) {
    bool given = false;
    for (uint32_t a = call.args.begin; a < call.args.end && !given; ++a)
      given = reads_policy(m, m.args[a].reads, names);
    if (given && !usage.read) {
      usage.read = true;
      usage.read_at = call.span;
    }
    bool asserts = call.method.view().starts_with("assert") && call.callee.view().starts_with("self.");
    if (!given || !asserts || call.function == kNone) continue;
    uint32_t test = test_of(in.facts, {index, call.function});
    if (test == kNone) continue;
    Evidence e =
        test_evidence(in, test, fmt::format("fails when a column of `{}` is used", policy.name.view()),
                      {{policy.span, fmt::format("the list `{}`", policy.name.view())}});
    e.place = call.span;
    usage.checks.push_back(std::move(e));
  }
}

Usage usage_of(const RuleInput& in, const Policy& policy) {
  Usage usage;
  std::set<FileId> serving;  // what a request may hold is no policy on features
  for (const Use& use : in.uses) {
    if (use.capability == "serves-route") serving.insert(use.file);
  }
  for (uint32_t index = 0; index < in.facts.python.size(); ++index) {
    const PythonModule& m = in.facts.python[index];
    if (is_sample(in.facts, m.file) || m.is_notebook || serving.contains(m.file)) continue;
    std::set<Name> names = names_in(in, index, policy);
    if (names.empty()) continue;
    look_at_conditions(in, index, policy, names, usage);
    look_at_calls(in, index, policy, names, usage);
    for (const PyBinding& b : m.bindings) {
      if (usage.read || b.span == policy.span || !reads_policy(m, b.reads, names)) continue;
      usage.read = true;
      usage.read_at = b.span;
    }
  }
  return usage;
}

void add_policies(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Policy& policy : policies(in)) {
    Usage usage = usage_of(in, policy);
    for (Evidence& e : usage.checks) out.push_back(std::move(e));
    if (!usage.checks.empty() || is_test_code(in.facts, in.facts.python[policy.module].file)) continue;
    Evidence e;
    e.place = policy.span;
    e.what = fmt::format("the list `{}`", policy.name.view());
    if (usage.read) {
      e.runs_at = in.graph.node_of_function({policy.module, kNone});
      e.links.push_back({usage.read_at, "reads it"});
      e.defeat = "it only leaves columns out; nothing fails when one of them becomes a feature";
      e.remedy = "Assert in a test that CI runs that the features are disjoint from the list.";
      e.defeat_at = usage.read_at;
    } else {
      e.mode = EvidenceMode::kMention;
      e.what += ", which nothing reads";
    }
    out.push_back(std::move(e));
  }
}

// What a test says about one column by its name: assert "gender" not in FEATURES, assertNotIn("x",
// df.columns). `list` is what the column is not in.
struct Ban {
  const PyValue* column = nullptr;
  const PyValue* list = nullptr;
  Span span;
};

std::vector<Ban> bans_in(const PythonModule& m, uint32_t function) {
  std::vector<Ban> found;
  for (const PyAssert& a : asserts_in(m, function)) {
    if (a.function != function || a.condition == kNone) continue;
    const PyCondition& c = m.conditions[a.condition];
    for (uint32_t i = c.comparisons.begin; i < c.comparisons.end; ++i) {
      const PyComparison& comparison = m.comparisons[i];
      if (comparison.op == PyComparison::Op::kNotIn)
        found.push_back({&comparison.left, &comparison.right, a.span});
    }
  }
  for (const PyCall& call : calls_in(m, function)) {
    if (call.function != function || call.method != "assertNotIn" || call.args.size() < 2) continue;
    found.push_back({&m.args[call.args.begin].value, &m.args[call.args.begin + 1].value, call.span});
  }
  return found;
}

void add_plain_assertions(const RuleInput& in, std::vector<Evidence>& out) {
  const std::vector<Policy> lists = policies(in);
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (in.facts.function(test.function) == nullptr) continue;
    for (const Ban& ban : bans_in(in.facts.python[test.function.module], test.function.index)) {
      if (ban.column->kind != PyValue::Kind::kString || ban.list->kind != PyValue::Kind::kName) continue;
      std::string_view of = ban.list->text.view();
      if (!names_columns(of)) continue;
      const auto policy = std::find_if(lists.begin(), lists.end(), [&](const Policy& p) {
        return names_ban(p.name.view()) && p.columns.contains(ban.column->text);
      });
      if (policy == lists.end() && !names_protected(ban.column->text.view())) continue;
      Evidence e =
          test_evidence(in, t, fmt::format("asserts that {} is no feature", ban.column->text.view()), {});
      if (policy != lists.end())
        e.links.push_back({policy->span, fmt::format("the list `{}`", policy->name.view())});
      e.place = ban.span;
      out.push_back(std::move(e));
    }
  }
}

bool says_true(const PyValue& value) { return value.kind == PyValue::Kind::kBool && value.text == "True"; }

bool forbids_extra(const PythonModule& m, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = m.args[a];
    if (arg.keyword == "strict" && says_true(arg.value)) return true;
    if (arg.keyword == "extra" && arg.value.text == "forbid") return true;
  }
  return false;
}

// Classes that somebody sends: what a request may hold is no rule on the features of a model.
std::set<Name> request_classes(const RuleInput& in) {
  std::set<Name> found;
  for (const Use& use : in.uses) {
    const PyFunction* handler = use.capability == "serves-route" ? in.facts.function(use.function) : nullptr;
    if (handler == nullptr) continue;
    for (const PyParam& param : handler->params) found.insert(param.target);
  }
  return found;
}

// Schemas that take no column but their own: strict=True, extra="forbid", in the call or in the class.
std::set<Name> exact_schemas(const RuleInput& in) {
  std::set<Name> found;
  const std::set<Name> requests = request_classes(in);
  for (const PythonModule& m : in.facts.python) {
    if (is_sample(in.facts, m.file) || is_test_code(in.facts, m.file)) continue;
    const auto add = [&](std::string_view name) {
      const Name whole(fmt::format("{}.{}", m.name.view(), name));
      const bool sent =
          requests.contains(whole) ||
          has_word(name, {"request", "response", "payload", "config", "settings", "submit", "message"});
      if (!sent) found.insert(whole);
    };
    for (const PyBinding& b : m.bindings) {
      const bool made =
          b.function == kNone && b.value.kind == PyValue::Kind::kCall && b.value.call < m.calls.size();
      if (made && b.target != "model_config" && forbids_extra(m, m.calls[b.value.call])) add(b.target.view());
    }
    for (const PyClass& c : m.classes) {
      for (const PyField& field : c.fields) {
        const bool config = field.name == "model_config" && field.value.kind == PyValue::Kind::kCall &&
                            field.value.call < m.calls.size() && forbids_extra(m, m.calls[field.value.call]);
        const bool nested = c.name == "Config" && ((field.name == "strict" && says_true(field.value)) ||
                                                   (field.name == "extra" && field.value.text == "forbid"));
        if (config) add(c.qualname.view());
        if (nested) add(c.qualname.view().substr(0, c.qualname.view().rfind('.')));
      }
    }
  }
  return found;
}

// A test that such a schema turns away a column that nobody declared.
void add_exact_schemas(const RuleInput& in, std::vector<Evidence>& out) {
  const std::set<Name> schemas = exact_schemas(in);
  for (uint32_t t = 0; t < in.facts.tests.size() && !schemas.empty(); ++t) {
    const TestCase& test = in.facts.tests[t];
    const PyFunction* function = in.facts.function(test.function);
    if (function == nullptr ||
        effective_assertion(test, [](const TestAssertion& a) { return a.raises; }) == nullptr)
      continue;
    if (!has_word(function->name.view(), {"extra", "unexpected", "unknown", "additional", "forbidden",
                                          "strict", "undeclared", "unlisted", "surplus", "disallowed"}))
      continue;
    const PythonModule& m = in.facts.python[test.function.module];
    const auto asks = std::find_if(m.calls.begin(), m.calls.end(), [&](const PyCall& call) {
      return call.function == test.function.index && schemas.contains(object_of(m, call));
    });
    if (asks == m.calls.end()) continue;
    Evidence e = test_evidence(in, t, "a test sees a column turned away that the schema does not list",
                               {{asks->span, "asks the exact schema"}});
    e.worth = 0.5;
    e.worth_why = "an exact list of columns, without a word on what must never be one of them";
    out.push_back(std::move(e));
  }
}

// expect_table_columns_to_match_set: the frame has exactly the columns that are listed.
void add_exact_expectations(const RuleInput& in, std::vector<Evidence>& out) {
  for (uint32_t index = 0; index < in.facts.python.size(); ++index) {
    const PythonModule& m = in.facts.python[index];
    if (is_sample(in.facts, m.file) || is_test_code(in.facts, m.file) || m.is_notebook) continue;
    for (uint32_t c = 0; c < m.calls.size(); ++c) {
      if (!m.calls[c].method.view().starts_with("expect_table_columns_to_match") ||
          m.calls[c].function_ref.valid())
        continue;
      Evidence e;
      e.place = m.calls[c].span;
      e.what = "the table must have exactly the columns that are listed";
      e.runs_at = in.graph.node_of_call(index, c);
      const VerdictPath path = verdict_of_call(in, index, c, Fails::kReturns);
      e.effect = path.effect.effect;
      e.effect_at = path.effect.at;
      e.effect_why = path.effect.why;
      e.worth = 0.5;
      e.worth_why = "an exact list of columns, without a word on what must never be one of them";
      out.push_back(std::move(e));
    }
  }
}

// Open Policy Agent over a list of features.
void add_policy_files(const RuleInput& in, std::vector<Evidence>& out) {
  for (const FileFact& file : in.facts.files) {
    std::string_view path = file.path.view();
    if (!path.ends_with(".rego") || file.sample || file.vendored ||
        !has_word(path, {"feature", "features", "columns"}))
      continue;
    Evidence e;
    e.place = Span{file.id, 1, 1, 1};
    e.what = "policy as code over features";
    e.confidence = Confidence::kMedium;
    for (uint32_t a = 0; a < in.facts.automation.size() && e.runs_at == kNone; ++a) {
      const AutomationFile& automation = in.facts.automation[a];
      for (uint32_t c = 0; c < automation.commands.size(); ++c) {
        const std::vector<Word>& words = automation.commands[c].words;
        if (words.empty() || (words[0].text != "conftest" && words[0].text != "opa")) continue;
        e.runs_at = in.graph.node_of_command(a, c);
        break;
      }
    }
    out.push_back(std::move(e));
  }
}

// A written list under a heading that says what may be used.
void add_documents(const RuleInput& in, std::vector<Evidence>& out) {
  static constexpr std::string_view kPhrases[] = {
      "forbidden features",   "prohibited features", "banned features",   "allowed features",
      "feature policy",       "disallowed features", "excluded features", "protected attributes",
      "sensitive attributes", "features not used"};
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (uint32_t h = 0; h < document.headings.size(); ++h) {
      bool named = std::any_of(std::begin(kPhrases), std::end(kPhrases), [&](std::string_view phrase) {
        return contains_phrase(document.headings[h].text, phrase);
      });
      auto entries = std::count_if(document.paragraphs.begin(), document.paragraphs.end(),
                                   [&](const Paragraph& p) { return p.heading == h && p.list_item; });
      bool table = std::any_of(document.tables.begin(), document.tables.end(),
                               [&](const DocTable& t) { return t.heading == h && t.rows.size() >= 2; });
      if (!named || (entries < 2 && !table)) continue;
      Evidence e;
      e.mode = EvidenceMode::kStanding;
      e.place = document.headings[h].span;
      e.what = fmt::format("a written list under \"{}\"", document.headings[h].text);
      e.worth = 0.5;
      e.worth_why = "a written list that no test applies";
      e.confidence = Confidence::kMedium;
      out.push_back(std::move(e));
    }
  }
}

void run(const RuleInput& in, RuleOutput& out) {
  std::vector<Evidence> found;
  add_policies(in, found);
  add_plain_assertions(in, found);
  add_exact_schemas(in, found);
  add_exact_expectations(in, found);
  add_policy_files(in, found);
  add_documents(in, found);
  for (Evidence& e : found) run_in_earnest(in, e);
  if (found.size() > kMost) keep_best(in, found, kMost);
  out.evidence = std::move(found);
}

}  // namespace

extern const Rule data_feature_policy;
const Rule data_feature_policy{
    .kind = RuleKind::kEvidence,
    .summary = "Something fails when a forbidden column becomes a feature",
    .why = "What the law, the contract or plain leakage forbids slips in with the next wide table.",
    .fix =
        "Keep the forbidden columns in one list and assert in a CI test that features are disjoint from it.",
    .source = "Breck et al. 2017, table I, Data 4",
    .run = run,
};

}  // namespace mlgrade::rules
