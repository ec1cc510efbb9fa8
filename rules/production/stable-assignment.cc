// Users are given variants by a stable hash of who they are, what they saw is written down, and the outcomes
// are compared.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_hash(std::string_view target) {
  return target.starts_with("hashlib.") || target == "zlib.crc32" || target == "zlib.adler32" ||
         target.starts_with("mmh3.") || target.starts_with("xxhash.") || target.starts_with("farmhash.");
}

bool of_variant(std::string_view name) {
  return has_word(name, {"variant", "variants", "arm", "arms", "bucket", "experiment", "treatment", "cohort",
                         "ab", "challenger", "canary"});
}

bool of_user(std::string_view name) {
  return has_word(name, {"user", "customer", "account", "visitor", "session", "device", "client", "patient",
                         "member", "household", "unit", "subject", "tenant"});
}

struct Assignment {
  PyRef function;
  Span place;
  bool hashed = true;  // else by the number itself
};

// What is hashed is called an id: `hashlib.md5(order_id.encode())`.
bool hashes_id(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
      if (has_word(module.names[r].view(), {"id", "ids", "uuid"})) return true;
    }
  }
  return false;
}

// `user_id % 2 == 0`: something that is computed from whom the function is asked about is held against a
// small number, and decides what comes back.
Span parted_by_number(const PythonModule& module, uint32_t function) {
  constexpr double kMostParts = 1000;
  const auto about_user = [&](IndexRange reads) {
    const std::vector<PyParam>& params = module.functions[function].params;
    for (uint32_t r = reads.begin; r < reads.end; ++r) {
      const Name read = module.names[r];
      if (of_user(read.view()) &&
          std::any_of(params.begin(), params.end(), [&](const PyParam& p) { return p.name == read; }))
        return true;
    }
    return false;
  };
  const auto parts = [&](IndexRange comparisons) {
    for (uint32_t c = comparisons.begin; c < comparisons.end; ++c) {
      const PyComparison& each = module.comparisons[c];
      const bool small = each.right.kind == PyValue::Kind::kNumber && each.right.number >= 0 &&
                         each.right.number < kMostParts;
      if (each.left.kind == PyValue::Kind::kOther && small &&
          (each.op == PyComparison::Op::kEqual || each.op == PyComparison::Op::kLess))
        return true;
    }
    return false;
  };
  for (const PyCondition& condition : conditions_in(module, function)) {
    if (condition.function == function && parts(condition.comparisons) && about_user(condition.reads))
      return condition.span;
  }
  return {};
}

// A function about variants that takes the variant from whom it is asked about.
std::vector<Assignment> assignments(const RuleInput& in) {
  std::vector<Assignment> out;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    std::set<uint32_t> hashing;
    for (const PyCall& call : module.calls) {
      if (call.function == kNone || !is_hash(call.target.view())) continue;
      const PyFunction& function = module.functions[call.function];
      const bool asks =
          hashes_id(module, call) || std::any_of(function.params.begin(), function.params.end(),
                                                 [](const PyParam& p) { return of_user(p.name.view()); });
      if (!asks || !(of_variant(function.qualname.view()) || of_variant(module.name.view()))) continue;
      hashing.insert(call.function);
      out.push_back({{m, call.function}, call.span});
    }
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      if (hashing.contains(f) || !(of_variant(function.qualname.view()) || of_variant(module.name.view())))
        continue;
      if (const Span at = parted_by_number(module, f); at.valid()) out.push_back({{m, f}, at, false});
    }
  }
  return out;
}

// Product code calls it.
Span caller_of(const RuleInput& in, PyRef function) {
  for (const PythonModule& module : in.facts.python) {
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    for (const PyCall& call : module.calls) {
      if (call.function_ref == function) return call.span;
    }
  }
  return {};
}

// An event that says who saw what: "exposure" in a name or a key of what is logged.
Span exposure(const RuleInput& in) {
  for (const PythonModule& module : in.facts.python) {
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    for (const PyCall& call : module.calls) {
      if (has_word(call.method.view(), {"exposure", "exposures"})) return call.span;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyValue& value = module.args[a].value;
        // A name of an event, not a table that is read.
        const bool text = value.kind == PyValue::Kind::kString &&
                          value.text.view().find_first_of("/.") == std::string_view::npos &&
                          has_word(value.text.view(), {"exposure", "exposures"});
        if (text) return call.span;
      }
    }
  }
  return {};
}

Span analysis(const RuleInput& in) {
  for (const PythonModule& module : in.facts.python) {
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    for (const PyCall& call : module.calls) {
      const std::string_view target = call.target.view();
      for (std::string_view name :
           {"scipy.stats.ttest_ind", "scipy.stats.mannwhitneyu", "scipy.stats.chi2_contingency",
            "scipy.stats.fisher_exact", "statsmodels.stats.proportion.proportions_ztest",
            "statsmodels.stats.weightstats.ttest_ind", "statsmodels.stats.api.proportions_ztest"}) {
        if (target == name) return call.span;
      }
    }
  }
  return {};
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Assignment& assignment : assignments(in)) {
    const PyFunction& function = *in.facts.function(assignment.function);
    const Span caller = caller_of(in, assignment.function);
    Evidence evidence;
    evidence.place = assignment.place;
    evidence.what = fmt::format("`{}` gives each user one variant, by {}", function.name.view(),
                                assignment.hashed ? "a hash" : "the number of the user");
    evidence.links.push_back({assignment.place, evidence.what});
    evidence.mode = EvidenceMode::kStanding;
    evidence.worth = 0.5;
    if (!caller.valid()) {
      evidence.defeat = "nothing but tests asks for the variant";
      evidence.defeat_at = function.span;
      evidence.remedy = "Ask for the variant where the service answers.";
      output.evidence.push_back(std::move(evidence));
      continue;
    }
    evidence.links.push_back({caller, "asks for the variant"});
    const Span seen = exposure(in), compared = analysis(in);
    if (seen.valid()) evidence.links.push_back({seen, "writes down who saw what"});
    if (compared.valid()) evidence.links.push_back({compared, "tests the difference"});
    const uint32_t test = best_test(in, [&](const TestCase& t) {
      return std::find(t.project_functions.begin(), t.project_functions.end(), assignment.function) !=
             t.project_functions.end();
    });
    evidence.worth_why = !seen.valid()       ? "nothing writes down who saw what"
                         : !compared.valid() ? "no statistics compare the variants"
                         : test == kNone     ? "no test holds the split to one variant a user"
                                             : "";
    if (evidence.worth_why.empty()) {
      evidence.mode = EvidenceMode::kCheck;
      evidence.worth = 1;
      evidence.runs_at = in.graph.node_of_test(test);
      evidence.links.insert(evidence.links.begin(),
                            {place_of(in.facts, in.facts.tests[test]), "a test of the split"});
    }
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule production_stable_assignment;
const Rule production_stable_assignment{
    .summary = "users are given variants by a stable hash, with a record and an analysis",
    .why = "A coin for each request shows both variants to one user, and neither can be judged.",
    .fix =
        "Hash the user's id, log who saw what, test the difference with statistics, and test the split "
        "itself.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (testing in production: experiments)",
    .run = run,
};

}  // namespace mlgrade::rules
