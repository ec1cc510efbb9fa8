// How good is good enough is written down as numbers.
#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

bool has_number(std::string_view text) { return text.find_first_of("0123456789") != std::string_view::npos; }

// Sloth and Pyrra make the alerts on the budget from the objective, unless they are told not to.
bool makes_alerts(const ConfigDocument& document, std::string_view kind) {
  if (kind == "PrometheusServiceLevel") {
    const bool page = find_key(document, "spec.slos.alerting.pageAlert.disable") != nullptr;
    const bool ticket = find_key(document, "spec.slos.alerting.ticketAlert.disable") != nullptr;
    return find_key(document, "spec.slos.alerting.name") != nullptr && !(page && ticket);
  }
  const ConfigKey* disabled = find_key(document, "spec.alerting.disabled");
  return kind == "ServiceLevelObjective" && (disabled == nullptr || disabled->value != "true");
}

// An alert on how fast the budget burns that a server loads and somebody receives; null if there is none.
const Evidence* burn_alert(const RuleInput& in, const std::vector<Evidence>& alerts) {
  for (const Evidence& evidence : alerts) {
    if (!evidence.defeat.empty() || evidence.worth < 1) continue;
    for (const AlertRule& alert : in.facts.alerts) {
      const bool burns = has_word(alert.name.view(), {"burn", "budget", "burnrate"}) ||
                         alert.expression.find("slo:") != std::string::npos ||
                         alert.expression.find("burn") != std::string::npos;
      if (alert.span == evidence.place && burns) return &evidence;
    }
  }
  return nullptr;
}

void add_code(const RuleInput& in, std::vector<Evidence>& out) {
  const std::vector<Evidence> alerts = alert_evidence(
      in, [](std::string_view) { return true; }, "tells how fast the budget burns");
  const Evidence* burn = burn_alert(in, alerts);
  for (const ConfigDocument& document : in.facts.configs) {
    const std::string_view kind = document.root.get("kind");
    const bool slo = kind == "SLO" || kind == "PrometheusServiceLevel" || kind == "ServiceLevelObjective";
    if (!slo || is_sample(in.facts, document.file)) continue;
    const uint32_t line = document.root.line == 0 ? 1 : document.root.line;
    Evidence evidence;
    evidence.place = Span{document.file, line, 1, line};
    evidence.what = "objectives are code";
    evidence.links.push_back({evidence.place, evidence.what});
    if (burn != nullptr) {
      evidence.runs_itself = true;
      evidence.links.insert(evidence.links.end(), burn->links.begin(), burn->links.end());
    } else {
      evidence.runs_at = node_of_manifest(in, document.file, line);
      if (!makes_alerts(document, kind)) {
        evidence.worth = 0.5;
        evidence.worth_why = "no alert tells how fast the budget burns";
      }
      stand_if_unapplied(in, evidence);
    }
    out.push_back(std::move(evidence));
  }
}

// Objectives with their numbers in the words of a dashboard.
void add_dashboards(const RuleInput& in, RuleOutput& output) {
  for (const Dashboard& dashboard : in.facts.dashboards) {
    if (is_sample(in.facts, dashboard.file)) continue;
    for (const Document& prose : in.facts.documents) {
      if (prose.file != dashboard.file) continue;
      for (const Paragraph& said : prose.paragraphs) {
        if (!has_word(said.text, {"slo", "slos", "objective", "objectives"}) || !has_number(said.text))
          continue;
        Written written;
        written.document = &prose;
        written.place = said.span;
        output.evidence.push_back(written_evidence(written, "objectives are written on a dashboard",
                                                   "no alert holds the service to them"));
        break;
      }
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  add_dashboards(in, output);
  for (const Written& written :
       written_about(in, {"slo", "slos", "service level objectives", "service level objective",
                          "performance targets", "sla"})) {
    bool numbers = false;
    for (const Paragraph& paragraph : written.document->paragraphs) {
      numbers |=
          (written.heading == kNone || paragraph.heading == written.heading) && has_number(paragraph.text);
    }
    if (!numbers && written.tables == 0) continue;
    output.evidence.push_back(written_evidence(written, "objectives are written as numbers",
                                               "no code and no alert holds the service to them"));
  }
  add_code(in, output.evidence);
}

}  // namespace

extern const Rule production_service_objectives;
const Rule production_service_objectives{
    .summary = "objectives of the service are written as numbers",
    .why = "Without an objective every outage is discussed anew.",
    .fix = "Write objectives as code and alert on how fast the budget burns.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (service level objectives)",
    .run = run,
};

}  // namespace mlgrade::rules
