// What the system is for is measured, not only the model.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kEntries = 2;

// A measure of the model or of the machine; what the system is for is another thing.
bool of_model(std::string_view text) {
  return has_word(text, {"accuracy",   "auc",  "auroc",  "roc",   "f1",         "precision", "recall",
                         "rmse",       "mae",  "mape",   "mse",   "r2",         "logloss",   "loss",
                         "perplexity", "bleu", "rouge",  "brier", "silhouette", "latency",   "throughput",
                         "memory",     "cpu",  "uptime", "ndcg",  "drift"});
}

// Of the entries below the heading those that name something beside the model. Sentences count where there is
// no list.
size_t goals_in(const Written& written) {
  const Document& document = *written.document;
  const uint32_t from = written.heading == kNone ? 0 : written.heading;
  const auto inside = [&](uint32_t heading) {
    if (written.heading == kNone) return true;
    if (heading == kNone || heading < from) return false;
    for (uint32_t h = from + 1; h <= heading; ++h) {
      if (document.headings[h].level <= document.headings[from].level) return false;
    }
    return true;
  };
  size_t goals = 0;
  const bool list = written.items > 0;
  for (const Paragraph& paragraph : document.paragraphs) {
    if (inside(paragraph.heading) && paragraph.list_item == list && !of_model(paragraph.text)) ++goals;
  }
  for (const DocTable& table : document.tables) {
    if (!inside(table.heading)) continue;
    for (const std::vector<std::string>& row : table.rows) goals += !row.empty() && !of_model(row.front());
  }
  return goals;
}

bool of_goal(std::string_view series) {
  return has_word(
      series,
      {"revenue", "conversion", "conversions", "retention",     "retained",    "complaint", "complaints",
       "appeal",  "appeals",    "refund",      "refunds",       "bookings",    "purchases", "orders",
       "clicks",  "ctr",        "abandonment", "cancellations", "escalations", "overrides", "satisfaction"});
}

void add_dashboards(const RuleInput& in, std::vector<Evidence>& out) {
  for (const MetricDefinition& metric : in.facts.metrics) {
    if (!of_goal(metric.name.view()) || metric.set_at.empty() || is_sample(in.facts, metric.span.file))
      continue;
    for (const Dashboard& dashboard : in.facts.dashboards) {
      for (const auto& [expression, span] : dashboard.expressions) {
        if (expression.find(metric.name.view()) == std::string::npos) continue;
        Evidence evidence;
        evidence.mode = EvidenceMode::kStanding;
        evidence.place = span;
        evidence.what = fmt::format("a dashboard shows {}", metric.name.view());
        evidence.links = {{span, evidence.what}, {metric.set_at.front(), "counts it"}};
        evidence.worth = 0.5;
        evidence.worth_why = "somebody has to look at it";
        out.push_back(std::move(evidence));
        return;
      }
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  for (Evidence& evidence : alert_evidence(in, of_goal, "watches what the system is for"))
    output.evidence.push_back(std::move(evidence));
  add_dashboards(in, output.evidence);
  for (const Written& written : written_about(in, {"kpi", "kpis", "business metrics", "business metric",
                                                   "success metrics", "key performance indicators"})) {
    if (goals_in(written) < kEntries) continue;
    output.evidence.push_back(
        written_evidence(written, "goals of the system are named", "nothing measures them in production"));
  }
}

}  // namespace

extern const Rule production_system_goals;
const Rule production_system_goals{
    .summary = "measures of what the system is for are named, or watched",
    .why = "A better model may make the product worse.",
    .fix = "Put the goal of the system beside the quality of the model in each experiment and dashboard.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (goals)",
    .run = run,
};

}  // namespace mlgrade::rules
