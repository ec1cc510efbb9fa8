// How good is good enough is written down as numbers.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

bool has_number(std::string_view text) { return text.find_first_of("0123456789") != std::string_view::npos; }

void run(const RuleInput& in, RuleOutput& output) {
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
  for (const ConfigDocument& document : in.facts.configs) {
    const std::string_view kind = document.root.get("kind");
    const bool slo = kind == "SLO" || kind == "PrometheusServiceLevel" || kind == "ServiceLevelObjective";
    if (!slo || is_sample(in.facts, document.file)) continue;
    Written written;
    const uint32_t line = document.root.line == 0 ? 1 : document.root.line;
    written.place = Span{document.file, line, 1, line};
    output.evidence.push_back(
        written_evidence(written, "objectives are code", "no deployment here applies them"));
  }
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
