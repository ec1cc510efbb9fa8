// DATA-7: which share of the functions that make features do asserting tests reach, and do they try an input
// that hurts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/feature_code.h"
#include "rules/support/flow.h"
#include "rules/support/test_runs.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kNamed = 6;        // functions that the report names one by one
constexpr uint32_t kManyCases = 3;  // so many parametrised cases are taken for more than the happy path
constexpr int kMaxDepth = 4;

// How a test is run, the best first.
enum Run { kFails, kSwallows, kByHand, kNever, kRuns };

// A word of trouble in the test's name, unless the words before it take it back: "not_empty",
// "mean_absolute_error".
bool names_trouble(std::string_view name) {
  static constexpr std::string_view kTrouble[] = {
      "empty",  "missing",  "nan",      "nans",      "null",      "nulls",      "none",    "invalid",
      "edge",   "negative", "zero",     "unknown",   "unseen",    "outlier",    "error",   "outliers",
      "errors", "raises",   "raise",    "extreme",   "malformed", "corrupt",    "bad",     "wrong",
      "inf",    "blank",    "infinite", "duplicate", "boundary",  "duplicates", "overflow"};
  static constexpr std::string_view kTakesBack[] = {
      "not", "no", "non", "without", "never", "absolute", "squared", "percentage", "square", "standard"};
  const std::vector<std::string> words = words_of(name);
  for (size_t i = 0; i < words.size(); ++i) {
    if (std::find(std::begin(kTrouble), std::end(kTrouble), words[i]) == std::end(kTrouble)) continue;
    const bool back = i > 0 && std::find(std::begin(kTakesBack), std::end(kTakesBack), words[i - 1]) !=
                                   std::end(kTakesBack);
    if (!back) return true;
  }
  return false;
}

bool troubling_read(std::string_view name) {
  return name.ends_with(".nan") || name.ends_with(".NaN") || name.ends_with(".NaT") ||
         name.ends_with(".NA") || name.ends_with(".inf");
}

// NaN, None, an empty text or container, minus one: somewhere in the value.
bool troubling(const PythonModule& m, const PyValue& value, int depth) {
  switch (value.kind) {
    case PyValue::Kind::kNone:
      return true;
    case PyValue::Kind::kNumber:
      return value.number == -1;  // a coordinate below zero is an everyday value
    case PyValue::Kind::kString:
      return value.text.empty() || value.text.view().find_first_not_of(" \t\n") == std::string_view::npos;
    case PyValue::Kind::kName:
      return troubling_read(value.text.view());
    case PyValue::Kind::kCall:
      return value.call < m.calls.size() && m.calls[value.call].callee == "float" &&
             !m.calls[value.call].args.empty() &&
             m.args[m.calls[value.call].args.begin].value.kind == PyValue::Kind::kString;
    case PyValue::Kind::kList:
    case PyValue::Kind::kDict:
      break;
    default:
      return false;
  }
  if (value.count == 0) return true;
  if (depth > kMaxDepth) return false;
  IndexRange elements = value.elements();
  for (uint32_t e = elements.begin; e < elements.end && e < m.values.size(); ++e) {
    if (troubling(m, m.values[e], depth + 1)) return true;
  }
  return false;
}

// What the whole suite is asked about.
struct Asked {
  std::vector<bool> reaching;  // by node: comes to a feature function
  TestRuns runs;
  std::set<Name> schemas;  // resolved names of schemas that hold what feature and load functions handle
};

bool is_setting(std::string_view name) {
  return has_word(name, {"params", "param",   "config", "configuration", "options", "settings", "kwargs",
                         "args",   "columns", "cols",   "drop",          "exclude", "target",   "path",
                         "file",   "name",    "names",  "logger",        "verbose", "model",    "mapping"});
}

// The parameter that takes argument number `a` of the call; empty if it cannot be told.
std::string_view parameter_of(const FactStore& facts, const PythonModule& m, const PyCall& call, uint32_t a) {
  if (!m.args[a].keyword.empty()) return m.args[a].keyword.view();
  const PyFunction* function = facts.function(call.function_ref);
  if (function == nullptr) return {};
  uint32_t at = a - call.args.begin;
  const bool bound =
      !function->params.empty() && (function->params[0].name == "self" || function->params[0].name == "cls");
  at += bound;
  return at < function->params.size() ? function->params[at].name.view() : std::string_view();
}

// Names of the function that hold a value that hurts.
Carriers troubled_names(const PythonModule& m, uint32_t function) {
  Carriers troubled;
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds; ++round) {
    for (const PyBinding& b : bindings_in(m, function)) {
      if (b.function != function) continue;
      const bool data = b.value.kind == PyValue::Kind::kList || b.value.kind == PyValue::Kind::kDict;
      if ((data && b.value.count > 0 && troubling(m, b.value, 0)) || troubled.carries(m, b.reads))
        troubled.names.insert(b.target);
    }
  }
  return troubled;
}

// What makes a table or a list of cases: it is data, whatever becomes of it.
bool makes_data(const PyCall& call) {
  return has_word(call.callee.view(), {"DataFrame", "Series", "array", "parametrize", "dataframe", "series",
                                       "tensor", "Dataset"});
}

bool leads_to_features(const RuleInput& in, const Asked& asked, const PyCall& call) {
  const NodeId node =
      call.function_ref.valid() ? in.graph.node_of_function(call.function_ref) : NodeId{kNone};
  return node != kNone && asked.reaching[node];
}

bool troubling_argument(const PythonModule& m, const PyArg& arg, const Carriers& troubled) {
  if (!arg.keyword.empty() && arg.value.kind == PyValue::Kind::kNone)
    return false;  // axis=None tries nothing
  if (troubling(m, arg.value, 0) || troubled.carries(m, arg.reads)) return true;
  for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) {
    if (troubling_read(m.names[r].view())) return true;
  }
  return false;
}

// The function puts something that hurts into a table, or hands it as data to what comes to feature code. An
// empty setting hurts nobody.
bool hurts(const RuleInput& in, const Asked& asked, PyRef ref) {
  const PythonModule& m = in.facts.python[ref.module];
  const PyFunction& f = m.functions[ref.index];
  if (names_trouble(f.name.view())) return true;
  const Carriers troubled = troubled_names(m, ref.index);
  const auto any = [&](const PyCall& call, bool as_data) {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const bool setting = !as_data && is_setting(parameter_of(in.facts, m, call, a));
      if (!setting && troubling_argument(m, m.args[a], troubled)) return true;
    }
    return false;
  };
  for (const PyDecorator& d : f.decorators) {
    if (d.call != kNone && any(m.calls[d.call], true)) return true;
  }
  return std::ranges::any_of(calls_in(m, ref.index), [&](const PyCall& call) {
    const bool data = makes_data(call);
    return call.function == ref.index && (data || leads_to_features(in, asked, call)) && any(call, data);
  });
}

bool tries_trouble(const RuleInput& in, const Asked& asked, const TestCase& test) {
  if (test.property_based || test.parametrized >= kManyCases) return true;
  bool raises = std::any_of(test.assertions.begin(), test.assertions.end(), [](const TestAssertion& a) {
    return a.raises && a.worth == TestAssertion::Worth::kEffective;
  });
  if (raises || hurts(in, asked, test.function)) return true;
  return std::any_of(test.fixtures.begin(), test.fixtures.end(),
                     [&](PyRef f) { return hurts(in, asked, f); });
}

// The feature functions that a test runs and does not replace; sorted.
std::vector<PyRef> reached(const RuleInput& in, uint32_t t, const Asked& asked) {
  std::vector<PyRef> found;
  for (NodeId node : asked.runs.of(t))
    found.push_back({in.graph.nodes[node].owner, in.graph.nodes[node].index});
  for (PyRef f : in.facts.tests[t].mocked) std::erase(found, f);
  std::sort(found.begin(), found.end());
  return found;
}

std::set<Name> schemas_of(const RuleInput& in, const std::set<PyRef>& features) {
  std::set<Name> found;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    for (const PyCall& call : module.calls) {
      if (call.function == kNone || (call.method != "validate" && call.method != "check")) continue;
      const bool counts =
          features.contains({m, call.function}) ||
          (is_io_function(module.functions[call.function]) && !is_test_code(in.facts, module.file));
      if (counts) found.insert(object_of(module, call));
    }
  }
  found.erase(Name());
  return found;
}

// A test that sees such a schema turn bad rows away tries the invalid case of the function that asks it.
bool sees_schema_refuse(const RuleInput& in, const TestCase& test, const std::set<Name>& schemas) {
  const bool raises = std::any_of(test.assertions.begin(), test.assertions.end(), [](const TestAssertion& a) {
    return a.raises && a.worth == TestAssertion::Worth::kEffective;
  });
  if (!raises || schemas.empty()) return false;
  const PythonModule& module = in.facts.python[test.function.module];
  return std::ranges::any_of(calls_in(module, test.function.index), [&](const PyCall& call) {
    return call.function == test.function.index && (call.method == "validate" || call.method == "check") &&
           schemas.contains(object_of(module, call));
  });
}

struct Tested {
  uint32_t test = kNone;
  std::vector<PyRef> functions;  // sorted
  bool trouble = false;
  size_t direct = 0;  // so many of them it calls itself
};

Run run_of(const RuleInput& in, uint32_t test) {
  const NodeId node = in.graph.node_of_test(test);
  const Reach::By by = in.graph.reached_by(node);
  if (by == Reach::By::kNothing) return kNever;
  if (by == Reach::By::kManual) return kByHand;
  return in.graph.reach(node).effect == Effect::kSwallowed ? kSwallows : kFails;
}

std::string untested(const FactStore& facts, const std::vector<PyRef>& all,
                     const std::vector<PyRef>& covered) {
  std::string names;
  size_t more = 0;
  size_t count = 0;
  for (PyRef f : all) {
    if (std::binary_search(covered.begin(), covered.end(), f)) continue;
    if (count++ >= kNamed) {
      ++more;
    } else {
      const Name name = facts.function(f)->qualname;
      const auto namesakes = std::count_if(
          all.begin(), all.end(), [&](PyRef other) { return facts.function(other)->qualname == name; });
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name.view());
      if (namesakes > 1) names += fmt::format(" of {}", facts.path(facts.python[f.module].file));
    }
  }
  if (more > 0) names += fmt::format(" and {} more", more);
  return names;
}

size_t calls_directly(const FactStore& facts, const Tested& tested) {
  const PyRef test = facts.tests[tested.test].function;
  std::set<PyRef> called;
  for (const PyCall& call : calls_in(facts.python[test.module], test.index)) {
    const bool feature =
        std::binary_search(tested.functions.begin(), tested.functions.end(), call.function_ref);
    if (call.function == test.index && feature) called.insert(call.function_ref);
  }
  return called.size();
}

Evidence evidence_of_tests(const RuleInput& in, const std::vector<PyRef>& all,
                           const std::vector<Tested>& tests, uint32_t refusing) {
  // The one to show calls feature functions itself, and many of them.
  const Tested& lead = *std::max_element(tests.begin(), tests.end(), [&](const Tested& a, const Tested& b) {
    return std::make_pair(a.direct, a.functions.size()) < std::make_pair(b.direct, b.functions.size());
  });
  std::vector<PyRef> covered, before;
  uint32_t trouble = refusing;
  for (const Tested& t : tests) {
    before.swap(covered);
    covered.clear();
    std::set_union(before.begin(), before.end(), t.functions.begin(), t.functions.end(),
                   std::back_inserter(covered));
    if (t.trouble && trouble == refusing) trouble = t.test;
  }
  Evidence e;
  e.place = in.facts.function(in.facts.tests[lead.test].function)->span;
  e.what = fmt::format("{} asserting {} {} of {} feature functions", tests.size(),
                       tests.size() == 1 ? "test reaches" : "tests reach", covered.size(), all.size());
  e.runs_at = in.graph.node_of_test(lead.test);
  for (size_t i = 0; i < lead.functions.size() && i < 3; ++i) {
    const PyFunction* f = in.facts.function(lead.functions[i]);
    e.links.push_back({f->span, fmt::format("tests `{}`", f->qualname.view())});
  }
  e.share = static_cast<double>(covered.size()) / static_cast<double>(all.size());
  e.share_why = fmt::format("{} of {} feature functions", covered.size(), all.size());
  std::string rest = untested(in.facts, all, covered);
  if (!rest.empty()) e.share_why += fmt::format(" (no test reaches {})", rest);
  if (trouble != kNone) {
    e.links.push_back(
        {in.facts.function(in.facts.tests[trouble].function)->span, "tries an edge or invalid case"});
  } else {
    e.worth = 0.5;
    e.worth_why = "no empty, missing or invalid input among the tests";
  }
  return e;
}

// A test that would reach feature functions, if something did not void it.
void add_void(const RuleInput& in, const Tested& t, std::vector<Evidence>& out) {
  const TestCase& test = in.facts.tests[t.test];
  Evidence e;
  e.place = in.facts.function(test.function)->span;
  e.what =
      fmt::format("test of {} feature function{}", t.functions.size(), t.functions.size() == 1 ? "" : "s");
  e.runs_at = in.graph.node_of_test(t.test);
  if (!defeat_unrun(in, t.test, e)) {
    e.defeat = test.defeat.empty() ? "the test asserts nothing of its result" : test.defeat;
    e.defeat_at = test.defeat_at;
    e.remedy = "Assert on what the function returns.";
  }
  out.push_back(std::move(e));
}

bool counts(const RuleInput& in, uint32_t t) {
  const TestCase& test = in.facts.tests[t];
  bool collected = test.collected != Truth::kNo || test.outside_test_paths ||
                   in.graph.reached_by(in.graph.node_of_test(t)) != Reach::By::kNothing;
  return test.effective && collected && test.skipped != Truth::kYes;
}

Asked ask(const RuleInput& in, const std::vector<PyRef>& all) {
  std::vector<NodeId> nodes;
  for (PyRef f : all) nodes.push_back(in.graph.node_of_function(f));
  std::vector<bool> reaching = in.graph.reaching(nodes);
  return {std::move(reaching), TestRuns(in, std::move(nodes)), schemas_of(in, {all.begin(), all.end()})};
}

void run(const RuleInput& in, RuleOutput& out) {
  constexpr size_t kVoids = 6;
  const std::vector<PyRef>& all = feature_functions(in);
  if (all.empty()) return;
  const Asked asked = ask(in, all);
  std::array<std::vector<Tested>, kRuns> groups;
  std::array<uint32_t, kRuns> refusing;  // by run: a test that sees a schema refuse
  refusing.fill(kNone);
  std::vector<Evidence> voids;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (in.facts.function(test.function) == nullptr || in.graph.node_of_test(t) == kNone) continue;
    if (counts(in, t) && sees_schema_refuse(in, test, asked.schemas)) refusing[run_of(in, t)] = t;
    Tested tested{t, reached(in, t, asked)};
    if (tested.functions.empty()) continue;
    if (counts(in, t)) {
      tested.trouble = tries_trouble(in, asked, test);
      tested.direct = calls_directly(in.facts, tested);
      groups[run_of(in, t)].push_back(std::move(tested));
    } else if (voids.size() < kVoids) {
      add_void(in, tested, voids);
    }
  }
  for (size_t g = 0; g < groups.size(); ++g) {
    if (!groups[g].empty()) out.evidence.push_back(evidence_of_tests(in, all, groups[g], refusing[g]));
  }
  for (Evidence& e : voids) out.evidence.push_back(std::move(e));
}

}  // namespace

extern const Rule data_feature_code_tests;
const Rule data_feature_code_tests{
    .kind = RuleKind::kEvidence,
    .summary = "Asserting tests reach the functions that clean data and make features",
    .why = "A wrong feature raises no error: the model learns from it, and nobody sees why it got worse.",
    .fix =
        "Test each function that cleans or computes features, with an empty, a missing and an extreme value, "
        "and run the tests from CI.",
    .source = "Breck et al. 2017, table I, Data 7",
    .run = run,
};

}  // namespace mlgrade::rules
