// That a model answers differently each time is met: by a seed, or by asking again and again and reporting
// the spread.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/llm_suites.h"
#include "rules/support/product_run.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

// The number behind an option of the command: `--epochs 5`, `--repeat=3`; 0 if it has none.
unsigned long option(const Command& command, std::initializer_list<std::string_view> names) {
  for (size_t i = 0; i < command.words.size(); ++i) {
    const std::string_view word = command.words[i].text;
    for (std::string_view name : names) {
      if (word == name && i + 1 < command.words.size())
        return std::strtoul(command.words[i + 1].text.c_str(), nullptr, 10);
      if (word.starts_with(name) && word.size() > name.size() && word[name.size()] == '=')
        return std::strtoul(command.words[i].text.c_str() + name.size() + 1, nullptr, 10);
    }
  }
  return 0;
}

void add_commands(const RuleInput& in, std::vector<Evidence>& out) {
  const std::vector<LlmSuite> suites = llm_suites(in);
  for (const Use* use : uses_of(in, "evaluates-llm")) {
    if (use->kind != Use::Kind::kCommand) continue;
    const Command& command = in.facts.automation[use->automation].commands[use->index];
    const std::string name = name_of(in, *use);
    const bool inspect = name.find("inspect") != std::string::npos;
    unsigned long trials = option(command, {"--epochs", "--repeat", "--num-repeats", "-r"});
    const LlmSuite* suite = suite_of(in, suites, *use);
    if (trials == 0 && suite != nullptr && name.find("promptfoo") != std::string::npos)
      trials = suite->repeat;
    if (trials < 2) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} asks each case {} times", name, trials);
    evidence.runs_at = node_of(in, *use);
    evidence.links.push_back({use->span, evidence.what});
    if (!inspect) {  // inspect reports a standard error over its epochs
      evidence.worth = 0.5;
      evidence.worth_why = "the spread over the trials is not reported";
    }
    out.push_back(std::move(evidence));
  }
}

bool is_spread(std::string_view target) {
  return target == "statistics.stdev" || target == "statistics.pstdev" || target == "statistics.variance" ||
         target == "numpy.std" || target == "numpy.var" || target == "numpy.percentile" ||
         target == "numpy.quantile" || target == "scipy.stats.bootstrap" || target == "scipy.stats.sem" ||
         target == "scipy.stats.t.interval" || target.ends_with("proportion_confint");
}

// The spread is one of trials or of what answers scored; that of times is another matter.
bool of_answers(const PythonModule& module, const PyCall& call, bool in_trials) {
  bool scores = false;
  bool of_trials = false;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
      const std::string_view name = module.names[r].view();
      if (has_word(name,
                   {"latency", "latencies", "time", "times", "duration", "durations", "elapsed", "seconds"}))
        return false;
      of_trials |= has_word(name, {"trials", "runs", "repeats"});
      scores |= has_word(name, {"score", "scores", "passed", "passes", "accuracy", "accuracies", "correct",
                                "grades", "rates", "rate", "results"});
    }
  }
  return of_trials || (in_trials && scores);
}

// Code that asks in a loop of trials and reports the spread.
void add_loops(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_sample(in.facts, module.file)) continue;
    for (const PyCall& call : module.calls) {
      if (!is_spread(call.target.view())) continue;
      const bool trials =
          std::any_of(module.bindings.begin(), module.bindings.end(), [&](const PyBinding& b) {
            return b.function == call.function && b.kind == PyBinding::Kind::kFor &&
                   has_word(b.target.view(),
                            {"trial", "trials", "repeat", "repetition", "run", "attempt", "seed", "_"});
          });
      if (!of_answers(module, call, trials)) continue;
      const uint32_t test = test_of(in.facts, {m, call.function});
      const NodeId node =
          test != kNone ? in.graph.node_of_test(test) : in.graph.node_of_function({m, call.function});
      if (node == kNone || (!abilities.can(node, "calls-llm") && !abilities.can(node, "evaluates-llm")))
        continue;
      Evidence evidence;
      if (test != kNone) {
        evidence = test_evidence(in, test, "a test asks again and again and looks at the spread",
                                 {{call.span, "the spread"}});
      } else {
        evidence.place = call.span;
        evidence.what = "answers are asked for again and again, and their spread is computed";
        evidence.runs_at = node;
        evidence.links.push_back({call.span, evidence.what});
        run_in_earnest(in, evidence);
      }
      out.push_back(std::move(evidence));
      return;
    }
  }
}

// A seed handed to the model. A temperature of zero alone makes nothing repeat.
void add_seeds(const RuleInput& in, std::vector<Evidence>& out) {
  for (const LlmSetting& setting : llm_settings(in, {"seed", "random_seed"})) {
    const bool asks =
        setting.call == kNone || std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
          return use.kind == Use::Kind::kCall && use.capability == "calls-llm" &&
                 use.function.module == setting.module && use.call == setting.call;
        });
    if (!asks) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = setting.span;
    evidence.what = "the model is given a seed";
    evidence.worth = 0.5;
    evidence.worth_why = "hosted models still answer differently now and then; nothing asks twice";
    out.push_back(std::move(evidence));
    return;
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  std::vector<Evidence> found;
  add_commands(in, found);
  add_loops(in, shared<AbilityMap>(in), found);
  add_seeds(in, found);
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule llm_repeated_trials;
const Rule llm_repeated_trials{
    .summary = "answers that differ from run to run are met by a seed, or by trials and their spread",
    .why = "One run of an evaluation tells a lucky prompt from a good one only by luck.",
    .fix = "Ask each case several times and report the mean with its interval.",
    .source = "Breck et al. 2017, table III, Infra 1, for hosted models",
    .run = run,
};

}  // namespace mlgrade::rules
