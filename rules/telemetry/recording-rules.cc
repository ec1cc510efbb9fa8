// A measure of the running system is written down, and computed in one place.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alarms.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

// The place in a document that names the measure and says something about it; invalid if there is none.
Span described_at(const RuleInput& in, std::string_view measure) {
  constexpr size_t kSentence = 40;  // characters beside the name
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (const Paragraph& paragraph : document.paragraphs) {
      const bool named = paragraph.text.find(measure) != std::string::npos;
      if (named && paragraph.text.size() >= measure.size() + kSentence) return paragraph.span;
    }
    for (const DocTable& table : document.tables) {
      for (const std::vector<std::string>& row : table.rows) {
        size_t length = 0;
        bool named = false;
        for (const std::string& cell : row) {
          length += cell.size();
          named |= cell.find(measure) != std::string::npos;
        }
        if (named && length >= measure.size() + kSentence) return table.span;
      }
    }
  }
  return {};
}

Evidence measure(Span at, std::string_view name) {
  Evidence out;
  out.mode = EvidenceMode::kStanding;
  out.place = at;
  out.what = fmt::format("a measure is defined as a rule: {}", name);
  out.links = {{at, out.what}};
  out.worth = 0.5;
  return out;
}

void run(const RuleInput& in, RuleOutput& output) {
  const SeriesIndex index(in.facts, in.catalogue, in.uses);
  const Confidence sure = sure_it_is_missing(in);
  for (const RecordingRule& rule : in.facts.recordings) {
    if (is_sample(in.facts, rule.span.file)) continue;
    Evidence evidence = measure(rule.span, rule.record.view());
    const SeriesSource from = index.source_of(rule.record);
    if (rule.query.parsed == Truth::kNo) {
      evidence.defeat = "its expression does not parse: " + rule.query.problem;
      evidence.defeat_at = rule.span;
    } else if (!from.missing.empty() && sure != Confidence::kLow) {
      evidence.defeat = fmt::format("no code here exports {}", from.missing);
      evidence.defeat_at = rule.span;
    }
    const Span described = described_at(in, rule.record.view());
    if (described.valid())
      evidence.links.insert(evidence.links.begin(), {described, "says what it stands for"});
    if (!described.valid()) {
      evidence.worth_why = "nothing writes down what it stands for";
    } else if (rule.loaded != Truth::kYes) {
      evidence.worth_why = rule.loaded_why.empty() ? "no server loads the rule" : rule.loaded_why;
    } else if (from.metric == nullptr || from.metric->set_at.empty() || !runs_deployed(in, *from.metric)) {
      evidence.worth_why = "no deployed code is seen to give what it is computed of";
    } else if (started_by_hand(in, rule.loaded_at.file)) {
      evidence.worth_why = "only a person starts the server that loads it";
    } else {
      evidence.mode = EvidenceMode::kCheck;
      evidence.runs_itself = true;
      evidence.worth = 1;
      evidence.links.push_back({rule.loaded_at, "a server loads it"});
      evidence.links.push_back({from.metric->span, "defines " + from.metric->name.str()});
      evidence.links.push_back({from.metric->set_at.front(), "sets it"});
    }
    output.evidence.push_back(std::move(evidence));
  }
  for (const ServiceObjective& objective : in.facts.objectives) {
    if (is_sample(in.facts, objective.span.file) || objective.queries.empty()) continue;
    Evidence evidence = measure(objective.span, objective.name.view());
    evidence.what = fmt::format("a measure is defined as an objective: {}", objective.name.view());
    evidence.links.front().what = evidence.what;
    evidence.worth_why = "nothing writes down what it stands for";
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule telemetry_recording_rules;
const Rule telemetry_recording_rules{
    .summary = "a measure of the running system is defined as a rule",
    .why = "A measure that each dashboard computes in its own way is three measures.",
    .fix =
        "Write down measure, data and computation, and implement it once as a recording rule or metric "
        "definition.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (telemetry: measure, data, "
        "operationalization)",
    .run = run,
};

}  // namespace mlgrade::rules
