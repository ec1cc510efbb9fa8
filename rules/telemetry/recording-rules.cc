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

// Deployed code sets what it is computed of, or an exporter that is seen gives it.
bool is_given(const RuleInput& in, const SeriesSource& from) {
  if (from.metric != nullptr) return !from.metric->set_at.empty() && runs_deployed(in, *from.metric);
  return from.kind == SeriesSource::Kind::kExporter && from.shown;
}

// A metric of dbt: named, described, and computed by the one who asks for it.
void add_dbt(const RuleInput& in, RuleOutput& output) {
  NodeId build = kNone;
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const std::vector<Command>& commands = in.facts.automation[f].commands;
    for (uint32_t c = 0; c < commands.size(); ++c) {
      const std::vector<Word>& words = commands[c].words;
      const bool builds = words.size() > 1 && words[0].text == "dbt" &&
                          (words[1].text == "build" || words[1].text == "run" || words[1].text == "sl");
      const NodeId node = builds ? in.graph.node_of_command(f, c) : kNone;
      if (node != kNone && (build == kNone || in.graph.reached_by(node) > in.graph.reached_by(build)))
        build = node;
    }
  }
  for (const ConfigDocument& document : in.facts.configs) {
    const DataNode* metrics = document.root.find("metrics");
    const bool versioned =
        document.root.find("version") != nullptr || document.root.find("semantic_models") != nullptr;
    if (metrics == nullptr || !metrics->is_sequence() || !versioned || is_sample(in.facts, document.file))
      continue;
    for (const DataNode& metric : metrics->items) {
      const bool computed = metric.find("type_params") != nullptr || metric.find("expression") != nullptr ||
                            metric.find("sql") != nullptr;
      if (metric.get("name").empty() || !computed) continue;
      Evidence evidence = measure(Span{document.file, metric.line, 1, metric.line}, metric.get("name"));
      constexpr size_t kSentence = 20;  // characters
      if (metric.get("description").size() < kSentence) {
        evidence.worth_why = "nothing writes down what it stands for";
      } else if (build == kNone) {
        evidence.worth_why = "nothing here builds it";
      } else {
        evidence.mode = EvidenceMode::kCheck;
        evidence.runs_at = build;
        evidence.worth = 1;
      }
      output.evidence.push_back(std::move(evidence));
    }
  }
}

// Measure, data and computation, side by side in a table about the running system.
void add_tables(const RuleInput& in, RuleOutput& output) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (const DocTable& table : document.tables) {
      const auto about = [&](std::initializer_list<std::string_view> words) {
        return std::any_of(table.header.begin(), table.header.end(),
                           [&](const std::string& cell) { return has_word(cell, words); });
      };
      const bool complete = about({"measure", "metric", "indicator"}) &&
                            about({"data", "source", "collected", "events"}) &&
                            about({"operationalization", "operationalisation", "computation", "computed",
                                   "formula", "query", "calculation"});
      if (!complete || table.rows.empty()) continue;
      Evidence evidence = measure(table.span, table.rows.front().front());
      evidence.what = "measures are written down with their data and computation";
      evidence.links = {{table.span, evidence.what}};
      evidence.worth_why = "no rule or query computes them";
      output.evidence.push_back(std::move(evidence));
    }
  }
}

// A dashboard that says in words what its panels show, beside the query that computes it of the project's own
// series.
void add_dashboards(const RuleInput& in, const SeriesIndex& index, RuleOutput& output) {
  constexpr size_t kSentence = 40;  // characters
  for (const Dashboard& dashboard : in.facts.dashboards) {
    if (is_sample(in.facts, dashboard.file)) continue;
    const bool own =
        std::any_of(dashboard.panels.begin(), dashboard.panels.end(), [&](const PanelQuery& panel) {
          return std::any_of(panel.query.reads.begin(), panel.query.reads.end(), [&](const SeriesRead& read) {
            const SeriesSource from = index.source_of(read.series);
            return from.metric != nullptr || from.kind == SeriesSource::Kind::kUnknown ||
                   (from.kind == SeriesSource::Kind::kExporter && from.shown);
          });
        });
    const auto prose = std::find_if(in.facts.documents.begin(), in.facts.documents.end(),
                                    [&](const Document& one) { return one.file == dashboard.file; });
    if (!own || prose == in.facts.documents.end()) continue;
    const auto said =
        std::find_if(prose->paragraphs.begin(), prose->paragraphs.end(), [&](const Paragraph& one) {
          return one.text.size() >= kSentence &&
                 has_word(one.text,
                          {"measure", "measures", "metric", "metrics", "rate", "ratio", "share", "percentage",
                           "proportion", "latency", "latencies", "percentile", "calculate", "computed"});
        });
    if (said == prose->paragraphs.end()) continue;
    Evidence evidence = measure(said->span, dashboard.title.view());
    evidence.what = fmt::format("the dashboard {} says what its panels measure", dashboard.title.view());
    evidence.links = {{said->span, evidence.what}};
    evidence.worth_why = "no rule computes it in one place";
    output.evidence.push_back(std::move(evidence));
  }
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
    } else if (const std::string why = why_not_loaded(in, rule); !why.empty()) {
      evidence.worth_why = rule.loaded == Truth::kYes || rule.loaded_why.empty() ? why : rule.loaded_why;
    } else if (!is_given(in, from)) {
      evidence.worth_why = "no deployed code is seen to give what it is computed of";
    } else if (started_by_hand(in, rule.loaded_at.file)) {
      evidence.worth_why = "only a person starts the server that loads it";
    } else {
      evidence.mode = EvidenceMode::kCheck;
      evidence.runs_itself = true;
      evidence.worth = 1;
      evidence.links.push_back({rule.loaded_at, "a server loads it"});
      if (from.metric != nullptr) {
        evidence.links.push_back({from.metric->span, "defines " + from.metric->name.str()});
        evidence.links.push_back({from.metric->set_at.front(), "sets it"});
      }
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
  add_dashboards(in, index, output);
  add_dbt(in, output);
  add_tables(in, output);
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
