// Telemetry that stops is noticed.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alarms.h"
#include "rules/support/code.h"
#include "rules/support/rule_tests.h"

namespace mlgrade::rules {
namespace {

bool of_absence(const AlertRule& alert) {
  return std::any_of(alert.query.reads.begin(), alert.query.reads.end(),
                     [](const SeriesRead& read) { return read.absence; });
}

Evidence standing(const AlertRule& alert, std::string what) {
  Evidence out;
  out.mode = EvidenceMode::kStanding;
  out.place = alert.span;
  out.what = std::move(what);
  out.links = {{alert.span, out.what}};
  out.worth = 0.5;
  return out;
}

// A rule test that expects the alert, where a command runs such tests; null if there is none.
const RuleTest* test_of_alert(const std::vector<RuleTest>& tests, const AlertRule& alert) {
  const auto found = std::find_if(tests.begin(), tests.end(),
                                  [&](const RuleTest& test) { return test.alert->name == alert.name; });
  return found == tests.end() ? nullptr : &*found;
}

// All that it asks for is given by nobody: it would ring for ever.
bool nobody_gives(const SeriesIndex& index, const AlertRule& alert) {
  return std::all_of(alert.query.reads.begin(), alert.query.reads.end(), [&](const SeriesRead& read) {
    return index.source_of(read.series).kind == SeriesSource::Kind::kMissing;
  });
}

// The command that runs the file of the test; without it no run of the test is seen.
void add_tested(const AlertRule& alert, const RuleTest& test, const Evidence& base, RuleOutput& output) {
  if (test.command == kNone) return;
  Evidence evidence = base;
  evidence.mode = EvidenceMode::kCheck;
  evidence.runs_at = test.command;
  evidence.worth = 1;
  evidence.worth_why.clear();
  evidence.links.insert(evidence.links.begin(), {{test.command_at, "runs tests of the rules"},
                                                 {test.place, "expects " + alert.name.str()}});
  output.evidence.push_back(std::move(evidence));
}

// A service outside that rings when it hears nothing, by the receiver's name or the host of its hook.
bool is_dead_man_switch(std::string_view text) {
  for (std::string_view host :
       {"hc-ping.com", "healthchecks.io", "nosnch.in", "deadmanssnitch", "cronitor.link",
        "heartbeat.uptimerobot.com", "uptime.betterstack.com", "api.opsgenie.com/v2/heartbeats"}) {
    if (text.find(host) != std::string_view::npos) return true;
  }
  return has_word(text, {"snitch", "deadman", "deadmansswitch", "deadmanssnitch", "healthchecks"}) ||
         (has_word(text, {"dead"}) && has_word(text, {"man", "mans"}));
}

// The receiver's hook to such a service, as Alertmanager is configured; invalid if it has none. A hook whose
// address stands in a secret is taken by the receiver's name.
Span switch_of(const RuleInput& in, const AlertRule& alert) {
  for (const ConfigDocument& document : in.facts.configs) {
    const DataNode* receivers = document.root.find("receivers");
    if (receivers == nullptr || is_sample(in.facts, document.file)) continue;
    for (const DataNode& receiver : receivers->items) {
      const DataNode* hooks = receiver.find("webhook_configs");
      if (receiver.get("name") != alert.receiver.view() || hooks == nullptr) continue;
      for (const DataNode& hook : hooks->items) {
        const std::string_view url = hook.get("url");
        const bool secret = hook.find("url_file") != nullptr || url.find("$") != std::string_view::npos;
        if (is_dead_man_switch(url) || (secret && is_dead_man_switch(alert.receiver.view())))
          return {document.file, receiver.line, 1, receiver.line};
      }
    }
  }
  return {};
}

// A watchdog rings all the time: that its silence is heard needs no other drill.
bool rings_outside(const RuleInput& in, const AlertRule& alert, const Evidence& base, RuleOutput& output) {
  const Span hook = switch_of(in, alert);
  if (!hook.valid()) return false;
  Evidence evidence = base;
  evidence.mode = EvidenceMode::kCheck;
  evidence.runs_itself = true;
  evidence.worth = 1;
  evidence.worth_why.clear();
  evidence.links.push_back({hook, "a service outside rings when it hears nothing"});
  output.evidence.push_back(std::move(evidence));
  return true;
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<RuleTest> tests = rule_tests(in);
  const SeriesIndex index(in.facts, in.catalogue, in.uses);
  for (const AlertVerdict& verdict : verdicts_of(in)) {
    const AlertRule& alert = *verdict.alert;
    const bool watchdog = is_watchdog(alert) && verdict.always;
    if (!watchdog && !of_absence(alert)) continue;
    if (watchdog && alert.routed == Truth::kNo) continue;  // rings where nobody is
    const std::string not_loaded = why_not_loaded(in, alert);
    Evidence evidence = standing(
        alert, watchdog ? fmt::format("{} always rings, so that its silence is noticed", alert.name.view())
                        : fmt::format("the alert {} tells when a series is gone", alert.name.view()));
    if (alert.loaded_at.valid()) evidence.links.push_back({alert.loaded_at, "a server loads it"});
    if (alert.routed_at.valid() && alert.routed == Truth::kYes)
      evidence.links.push_back({alert.routed_at, "somebody receives it"});
    const RuleTest* test = test_of_alert(tests, alert);
    evidence.worth_why = alert.routed == Truth::kNo && !alert.routed_why.empty() ? alert.routed_why
                         : alert.routed != Truth::kYes ? "nobody is shown to receive it"
                         : !not_loaded.empty()         ? not_loaded
                         : test == nullptr             ? "no drill shows that it fires"
                                                       : "no run of its test is seen";
    const bool whole = not_loaded.empty() && alert.routed == Truth::kYes && !alert.receiver.empty();
    if (watchdog && whole && rings_outside(in, alert, evidence, output)) continue;
    if (test != nullptr && whole && verdict.fires != Truth::kNo) add_tested(alert, *test, evidence, output);
    const bool loads = alert.loaded == Truth::kYes && not_loaded.starts_with("nothing");
    if (loads && nobody_gives(index, alert)) {
      evidence.defeat = "nothing here applies the rule, and nothing gives the series that it misses";
      evidence.defeat_at = alert.span;
    }
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule telemetry_liveness_alert;
const Rule telemetry_liveness_alert{
    .summary = "an alert tells when telemetry stops",
    .why = "No data looks like no trouble.",
    .fix = "Alert on the absence of each series that matters, and let a dead man switch ring outside.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry)",
    .run = run,
};

}  // namespace mlgrade::rules
