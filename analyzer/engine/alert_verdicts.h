// Whether an alert can ever fire: its expression, the series that it reads, the code or exporter that gives
// them, and the server that loads it, as one chain.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "analyzer/base/span.h"
#include "analyzer/base/truth.h"
#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/evidence.h"
#include "analyzer/facts/fact_store.h"
#include "analyzer/graph/graph.h"

namespace mlgrade {

// Who gives a series.
struct SeriesSource {
  enum class Kind {
    kMissing,    // nothing in the repository, and no exporter that is known
    kUnknown,    // something may: metrics whose names are made at run time, code that is not analysed
    kExporter,   // a known exporter, instrumentation or managed service
    kRecording,  // a recording rule
    kMetric,     // a metric that code defines
  };
  Kind kind = Kind::kMissing;
  const MetricDefinition* metric = nullptr;  // kMetric; of kRecording: the first metric at its root, if any
  const RecordingRule* recording = nullptr;  // kRecording
  std::string who;                           // in words: "prometheus_client", "the recording rule a:b"
  std::string missing;                       // kRecording over what is missing: the series that is missing
  bool shown = true;  // kExporter: that it runs is seen, or it is the server or the cloud itself
  bool gives() const { return kind == Kind::kMetric || kind == Kind::kExporter; }
};

// Answers for series names. Keeps references.
class SeriesIndex {
 public:
  SeriesIndex(const FactStore& facts, const Catalogue& catalogue, const std::vector<Use>& uses);
  SeriesSource source_of(Name series) const;

 private:
  SeriesSource source_of(Name series, int depth) const;
  bool exported(Name series, SeriesSource& out) const;
  bool told(std::string_view series) const;
  void note_told();

  struct Exporter {
    const std::string* pattern;
    bool shown;
  };
  const FactStore& facts_;
  std::vector<Exporter> exporters_;
  bool unknown_names_ = false;  // a metric is defined whose name is made at run time
  // Names that product code hands to functions of the project or of no known library: what such a function
  // keeps or sends cannot be told.
  std::unordered_set<Name> told_;
};

// What stands in the way of an alert, from the expression outwards.
enum class AlertBreak {
  kNone,
  kSyntax,      // the expression does not parse
  kExpression,  // never true, or always
  kMissing,     // reads a series that nothing gives
  kNeverSet,    // its metric is defined and never set
  kLabel,       // asks for a label that the metric does not have
  kNotLoaded,   // no server loads it
};

struct AlertVerdict {
  const AlertRule* alert = nullptr;
  Truth fires = Truth::kUnknown;  // yes: every link is there; no: one is missing, see `broken`
  AlertBreak broken = AlertBreak::kNone;
  bool always = false;  // kExpression: it fires whatever happens
  std::string why;      // for not yes: a phrase
  Span at;              // the link that is missing or in doubt
  std::vector<Link> chain;
};

// The label by which a selector matches no series of the metric, as a phrase; "" if it may match.
std::string label_at_odds(const FactStore& facts, const MetricDefinition& metric, const SeriesRead& read);

// Who applies what a file holds: kYes by itself, kUnknown by hand, kNo nothing does. Speaks of manifests and
// of alarms of a cloud.
Truth applied(const Graph& graph, const Span& place);

// One for each alert outside samples and vendored places, in the order of facts.
std::vector<AlertVerdict> judge_alerts(const FactStore& facts, const SeriesIndex& series, const Graph& graph);

}  // namespace mlgrade
