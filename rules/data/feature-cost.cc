// DATA-3: is it known what each feature costs? Tables and catalogues with figures by feature; benchmarks of
// the functions that compute features, with or without a bound.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/feature_code.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 10;

bool names_feature(std::string_view text) {
  return has_word(text, {"feature", "features", "column", "signal", "signals", "variable", "predictor"});
}
bool names_cost(std::string_view text) {
  return has_word(text, {"cost", "costs", "latency", "ms",       "µs",        "us",  "memory",
                         "ram",  "price", "runtime", "seconds",  "tokens",    "eur", "usd",
                         "cpu",  "gpu",   "mb",      "duration", "latencyms", "sla"});
}
bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

// A row for each feature, figures in a column of costs.
void add_tables(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (const DocTable& table : document.tables) {
      if (table.header.empty() || !names_feature(table.header[0]) || table.rows.size() < 2) continue;
      size_t figures = 0;
      for (const std::vector<std::string>& row : table.rows) {
        for (size_t c = 1; c < row.size() && c < table.header.size(); ++c) {
          if (!names_cost(table.header[c]) || !has_digit(row[c])) continue;
          ++figures;
          break;
        }
      }
      if (figures * 2 < table.rows.size()) continue;
      std::optional<Date> dated =
          document.dates.empty()
              ? last_commit(in.facts, document.file)
              : std::optional<Date>(*std::max_element(document.dates.begin(), document.dates.end()));
      RecordedResult result{table.span,
                            fmt::format("{} of {} features have figures", figures, table.rows.size()), dated,
                            Confidence::kMedium};
      out.push_back(evidence_of(result, "a table of what each feature costs"));
    }
  }
}

// features: {age: {latency_ms: 3}}, features: [{name: age, cost: 3}]
void add_catalogues(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    std::set<std::string_view> entries;
    Span first;
    for (const ConfigKey& key : document.keys) {
      std::string_view path = key.path.view();
      size_t dot = path.rfind('.');
      if (dot == std::string_view::npos || !names_cost(path.substr(dot + 1)) || key.quoted ||
          !has_digit(key.value))
        continue;
      std::string_view owner = path.substr(0, dot);
      size_t list = owner.find_last_of(".[");
      if (list == std::string_view::npos ||
          !has_word(owner.substr(0, list), {"features", "columns", "signals"}))
        continue;
      entries.insert(owner);
      if (!first.valid()) first = key.span;
    }
    if (entries.size() < 2) continue;
    Evidence e;
    e.mode = EvidenceMode::kStanding;
    e.place = first;
    e.what = fmt::format("a catalogue with the cost of {} features", entries.size());
    e.worth = 0.5;
    e.worth_why = "figures that nothing measures again";
    out.push_back(std::move(e));
  }
}

// pytest-benchmark's fixture, or a clock read in the test itself.
bool measures_time(const PythonModule& m, const PyFunction& f, uint32_t index) {
  bool fixture =
      std::any_of(f.params.begin(), f.params.end(), [](const PyParam& p) { return p.name == "benchmark"; });
  return fixture || std::ranges::any_of(calls_in(m, index), [&](const PyCall& call) {
           std::string_view t = call.target.view();
           return call.function == index &&
                  (t == "time.time" || t == "time.perf_counter" || t == "timeit.timeit" ||
                   t == "time.monotonic" || t == "tracemalloc.get_traced_memory");
         });
}

// An order comparison with a number, or with a name that speaks of a budget.
bool bounded(const TestCase& test, const PythonModule& m) {
  for (const PyAssert& a : asserts_in(m, test.function.index)) {
    if (a.function != test.function.index || a.condition == kNone) continue;
    const PyCondition& c = m.conditions[a.condition];
    for (uint32_t i = c.comparisons.begin; i < c.comparisons.end; ++i) {
      PyComparison::Op op = m.comparisons[i].op;
      if (op == PyComparison::Op::kLess || op == PyComparison::Op::kLessEqual ||
          op == PyComparison::Op::kGreater || op == PyComparison::Op::kGreaterEqual) {
        return true;
      }
    }
  }
  return false;
}

bool compared_in_ci(const RuleInput& in) {
  for (const AutomationFile& file : in.facts.automation) {
    for (const Command& command : file.commands) {
      for (const Word& word : command.words) {
        if (word.text.starts_with("--benchmark-compare-fail")) return true;
      }
    }
  }
  return false;
}

void add_benchmarks(const RuleInput& in, std::vector<Evidence>& out) {
  const std::vector<PyRef>& list = feature_functions(in);
  if (list.empty()) return;
  std::set<PyRef> features(list.begin(), list.end());
  const AbilityMap& abilities = shared<AbilityMap>(in);
  struct Timed {
    uint32_t test;
    std::set<PyRef> functions;
    bool bound;
  };
  std::vector<Timed> timed;
  std::set<PyRef> covered;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    const PyFunction* f = in.facts.function(test.function);
    if (f == nullptr || in.graph.node_of_test(t) == kNone) continue;
    const PythonModule& m = in.facts.python[test.function.module];
    if (!measures_time(m, *f, test.function.index)) continue;
    const NodeId node = in.graph.node_of_test(t);
    if (abilities.first(node, "predicts") != nullptr || abilities.first(node, "trains-model") != nullptr)
      continue;  // the whole model's latency is another matter
    Timed found{t, {}, bounded(test, m) || compared_in_ci(in)};
    for (PyRef ref : test.project_functions) {
      if (features.contains(ref)) found.functions.insert(ref);
    }
    if (found.functions.empty()) continue;
    covered.insert(found.functions.begin(), found.functions.end());
    timed.push_back(std::move(found));
  }
  for (const Timed& one : timed) {
    std::vector<Link> links;
    for (PyRef ref : one.functions)
      links.push_back({in.facts.function(ref)->span, "the feature that is timed"});
    Evidence e = test_evidence(in, one.test, "a test times the code of features", std::move(links));
    if (!one.bound) {
      e.worth = 0.5;
      e.worth_why = "it measures and has no bound that it could break";
    } else if (covered.size() * 2 < features.size()) {
      e.worth = 0.5;
      e.worth_why = fmt::format("{} of {} feature functions are timed", covered.size(), features.size());
    }
    out.push_back(std::move(e));
  }
}

// cost: TBD
void add_empty_catalogues(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      std::string_view path = key.path.view();
      size_t dot = path.rfind('.');
      bool open = key.value == "TBD" || key.value == "TODO" || key.value == "?" || key.value.empty();
      if (dot == std::string_view::npos || !names_cost(path.substr(dot + 1)) || !open) continue;
      if (!has_word(path.substr(0, dot), {"features", "columns"})) continue;
      Evidence e;
      e.mode = EvidenceMode::kMention;
      e.place = key.span;
      e.what = "a catalogue of features whose costs are still to be filled in";
      out.push_back(std::move(e));
      break;
    }
  }
}

void run(const RuleInput& in, RuleOutput& out) {
  std::vector<Evidence> found;
  add_tables(in, found);
  add_catalogues(in, found);
  add_benchmarks(in, found);
  add_empty_catalogues(in, found);
  if (found.size() > kMost) keep_best(in, found, kMost);
  out.evidence = std::move(found);
}

}  // namespace

extern const Rule data_feature_cost;
const Rule data_feature_cost{
    .kind = RuleKind::kEvidence,
    .summary = "What each feature costs in time, memory or money is known",
    .why = "A feature that adds little may be the one that makes serving slow or the bill high.",
    .fix =
        "Keep a table of latency and cost by feature, or benchmark the functions that compute features with "
        "a bound.",
    .source = "Breck et al. 2017, table I, Data 3",
    .run = run,
};

}  // namespace mlgrade::rules
