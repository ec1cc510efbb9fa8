// Checks that exist and that nothing runs: tests that no command takes or that are left out by one, tests
// that skip themselves, and checks in workflows that never start.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/engine/rule.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kShownTests = 12;  // places of one finding

// Tests that one cause keeps from running.
struct Cause {
  std::string why;
  std::vector<const TestCase*> tests;
};
using Causes = std::map<std::pair<Span, std::string>, Cause>;

std::string name_of(const FactStore& facts, const TestCase& test) {
  const PyFunction* function = facts.function(test.function);
  return function == nullptr ? test.id.str() : function->name.str();
}

Finding finding_of(const RuleInput& in, Span at, const Cause& cause, const std::string& message,
                   Severity severity, Confidence confidence) {
  Finding finding;
  finding.severity = severity;
  finding.confidence = confidence;
  std::vector<std::string> names;
  for (const TestCase* test : cause.tests) names.push_back(name_of(in.facts, *test));
  finding.message = fmt::format("{}: {}", message, listed(names));
  finding.places.push_back({at, cause.why});
  for (size_t i = 0; i < cause.tests.size() && i < kShownTests; ++i) {
    const Span span = place_of(in.facts, *cause.tests[i]);
    if (span != at) finding.places.push_back({span, "never runs"});
  }
  return finding;
}

// Something that we cannot look into may run them: a file that could not be analysed. What workflows of other
// repositories and unread texts may run, the graph says test by test.
bool runs_what_is_unknown(const RuleInput& in) {
  return std::any_of(in.facts.automation.begin(), in.facts.automation.end(),
                     [](const AutomationFile& file) { return !file.analysable; });
}

// A check worth running: it asserts something of the project, and is none of another's.
bool counts(const RuleInput& in, const TestCase& test) {
  const PyFunction* function = in.facts.function(test.function);
  return test.effective && function != nullptr && !is_sample(in.facts, function->span.file);
}

// What the command says that comes to the test and leaves it out.
const Edge* refusal(const RuleInput& in, NodeId test) {
  for (uint32_t e : in.graph.in[test]) {
    const Edge& edge = in.graph.edges[e];
    const bool alive = in.graph.reached_by(edge.from) != Reach::By::kNothing;
    if (edge.kind == EdgeKind::kCollects && edge.certain == Truth::kNo && alive) return &edge;
  }
  return nullptr;
}

void add_refused(const RuleInput& in, const Edge& edge, const TestCase& test, Causes& causes) {
  const EdgeNote note = edge.note == kNone ? EdgeNote{} : in.graph.notes[edge.note];
  const Span at = note.effect_span.valid() ? note.effect_span : edge.span;
  Cause& cause = causes[{at, note.effect_why}];
  cause.why = note.effect_why;
  cause.tests.push_back(&test);
}

std::string never_run(const Cause& cause) {
  return fmt::format("{} never {}: {}", counted(cause.tests.size(), "test"),
                     cause.tests.size() == 1 ? "runs" : "run", cause.why);
}

void find_tests(const RuleInput& in, RuleOutput& out) {
  Causes skipped, left_out;
  Cause nothing, by_hand;
  bool some_run = false;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!counts(in, test)) continue;
    const NodeId node = in.graph.node_of_test(t);
    const Reach::By by = in.graph.reached_by(node);
    if (by == Reach::By::kAutomatic) some_run = true;
    if (by == Reach::By::kManual) by_hand.tests.push_back(&test);
    if (by != Reach::By::kNothing) continue;
    if (test.collected == Truth::kNo && !test.outside_test_paths) continue;  // a finding of its own
    if (test.skipped == Truth::kYes) {
      Cause& cause = skipped[{Span{test.skipped_at.file, 0, 0, 0}, test.skipped_why}];
      cause.why = test.skipped_why;
      cause.tests.push_back(&test);
    } else if (const Edge* edge = refusal(in, node)) {
      add_refused(in, *edge, test, left_out);
    } else if (in.graph.reach(node).unread.empty()) {
      nothing.tests.push_back(&test);
    }
  }
  for (const auto& [key, cause] : skipped) {
    const std::string what = never_run(cause);
    out.findings.push_back(
        finding_of(in, cause.tests.front()->skipped_at, cause, what, Severity::kLow, Confidence::kHigh));
  }
  for (const auto& [key, cause] : left_out) {
    const std::string what = never_run(cause);
    out.findings.push_back(finding_of(in, key.first, cause, what, Severity::kMedium, Confidence::kHigh));
  }
  if (!nothing.tests.empty() && !runs_what_is_unknown(in)) {
    nothing.why = "no command in a workflow comes to it";
    const std::string what = fmt::format(
        "{} that nothing runs{}", counted(nothing.tests.size(), "test"),
        some_run ? ", though others run in CI" : "; no workflow, hook or schedule comes to any test");
    out.findings.push_back(finding_of(in, place_of(in.facts, *nothing.tests.front()), nothing, what,
                                      Severity::kMedium, Confidence::kMedium));
  }
  if (!by_hand.tests.empty() && !some_run) {
    by_hand.why = "only a person starts it";
    const std::string what =
        fmt::format("{} that only a person starts", counted(by_hand.tests.size(), "test"));
    out.findings.push_back(finding_of(in, place_of(in.facts, *by_hand.tests.front()), by_hand, what,
                                      Severity::kLow, Confidence::kHigh));
  }
}

// A workflow or composite action that waits for callers may be meant for other repositories.
bool for_others(const RuleInput& in, const CheckStep& step) {
  const AutomationFile& file = in.facts.automation[step.file];
  const bool called = std::any_of(file.triggers.begin(), file.triggers.end(), [](const Trigger& trigger) {
    return trigger.kind == TriggerKind::kCalled;
  });
  const bool action = std::any_of(file.units.begin(), file.units.end(),
                                  [](const Unit& unit) { return unit.kind == UnitKind::kAction; });
  return called || action;
}

void find_steps(const RuleInput& in, RuleOutput& out) {
  std::map<std::pair<Span, std::string>, std::vector<CheckStep>> causes;
  for (const CheckStep& step : check_steps(in)) {
    if (!is_ci(in.facts.automation[step.file]) || for_others(in, step)) continue;
    if (in.graph.reached_by(step.node) != Reach::By::kNothing) continue;
    const Reach reach = in.graph.reach(step.node);
    if (!reach.unread.empty()) continue;  // cannot be told
    const bool by_trigger = !reach.nodes.empty() &&
                            in.graph.nodes[reach.nodes.front()].kind == NodeKind::kTrigger &&
                            reach.broken_at == in.graph.nodes[reach.nodes.front()].span;
    if (by_trigger) continue;  // a dead schedule, which is a finding of its own
    causes[{reach.broken_at.valid() ? reach.broken_at : step.span, reach.broken}].push_back(step);
  }
  for (const auto& [key, steps] : causes) {
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.confidence =
        key.second.find("nothing runs") == std::string::npos ? Confidence::kHigh : Confidence::kMedium;
    finding.message =
        fmt::format("{} never runs: {}",
                    steps.size() == 1 ? steps.front().name : counted(steps.size(), "check"), key.second);
    if (steps.size() > 1) finding.message.replace(finding.message.find("never runs"), 10, "never run");
    finding.places.push_back({key.first, key.second});
    for (const CheckStep& step : steps) {
      if (step.span != key.first) finding.places.push_back({step.span, fmt::format("{} waits", step.name)});
    }
    out.findings.push_back(std::move(finding));
  }
}

void run(const RuleInput& in, RuleOutput& out) {
  find_tests(in, out);
  find_steps(in, out);
}

}  // namespace

extern const Rule automation_check_never_runs;
const Rule automation_check_never_runs{
    .kind = RuleKind::kFinding,
    .summary = "A check exists and nothing runs it",
    .why = "Code that is not run rots: when somebody needs the check, it no longer fits what it checks.",
    .fix = "Run it from a push, a pull request or a schedule; or delete what is no longer meant to run.",
    .source = "Breck et al. 2017, section VI",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
