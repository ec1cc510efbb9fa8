// Metrics, queries, rules, alerts, panels and objectives, where they are scraped and where they go, as far as
// files show. Written by passes/files/monitoring*.cc and passes/monitoring/.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/base/name.h"
#include "analyzer/base/span.h"
#include "analyzer/base/truth.h"
#include "analyzer/facts/python.h"

namespace mlgrade {

// A metric that code defines: Counter("x"), Gauge, Histogram, Summary, an OpenTelemetry instrument, the name
// that a call of statsd or CloudWatch sends.
struct MetricDefinition {
  Name name;                 // as given to the constructor
  Name kind;                 // counter, gauge, histogram, summary, info
  Name system;               // prometheus, opentelemetry, statsd, cloudwatch; the language of foreign code
  std::vector<Name> series;  // exposition names: x_total; x_bucket, x_sum, x_count
  std::vector<Name> labels;
  bool labels_known = true;   // false: labels are made at run time, or the system takes any
  PyRef function;             // where it is defined
  std::vector<PyRef> set_in;  // functions that update it
  std::vector<Span> set_at;
  std::vector<uint32_t> set_calls;  // parallel: the updating call in its module; kNone: none
  bool known = true;                // false: the name is built at run time
  bool foreign = false;    // found by name in code that is not analysed: whether it is set is unknown
  bool own_value = false;  // a callback or a push: its definition or call gives the value
  Span span;
};

// One label matcher of a selector: {job="api"}.
struct LabelMatch {
  enum class Op : uint8_t { kEqual, kNotEqual, kRegex, kNotRegex };
  Name label;
  Op op = Op::kEqual;
  Name value;
  bool known = true;  // false: a variable stands in the value
};

// A selector of an expression: which series it reads, and how.
struct SeriesRead {
  Name series;                     // empty: chosen by a pattern over names, by labels alone, or by a variable
  std::vector<LabelMatch> labels;  // without the name
  bool absence = false;            // asks whether the series is there: absent(), absent_over_time()
  uint32_t range = 0;              // seconds looked back; 0: the newest value, or unknown
};

// An expression, and what could be told of it.
struct Query {
  std::string text;
  Name language;                   // "promql"; "" for none that is read
  Truth parsed = Truth::kUnknown;  // no: it does not parse; unknown: it holds what is not known here
  std::string problem;             // why it is not known, a phrase
  std::vector<SeriesRead> reads;
  std::vector<Name> labels;       // that it groups or joins by
  Truth holds = Truth::kUnknown;  // yes: true whatever the series hold; no: true never
  std::string holds_why;          // a phrase, when `holds` is known
  // Of an increase or a change that must be above nothing: seconds for which one event is seen; 0: none.
  uint32_t event_window = 0;
};

struct AlertRule {
  Name name;
  Name system;  // prometheus, grafana, cloudwatch, ...
  Name group;
  std::string expression;
  Query query;
  std::vector<Name> metrics;                         // series names read by the expression
  std::vector<std::pair<Name, std::string>> labels;  // that the rule sets
  uint32_t hold_seconds = 0;                         // `for`: how long it must hold
  std::string runbook;                               // its runbook_url; "" if it has none
  Span runbook_at;
  Truth loaded = Truth::kUnknown;  // some server configuration loads the file
  Span loaded_at;
  std::string loaded_why;
  Truth routed = Truth::kUnknown;  // some receiver gets it
  Span routed_at;
  std::string routed_why;  // a phrase, when not yes
  Name receiver;           // the name of the one that gets it
  bool vacuous = false;    // cannot fire, or always fires
  Span span;
};

// A series that a rule computes of others.
struct RecordingRule {
  Name record;
  Name group;
  Query query;
  std::vector<Name> labels;  // that the rule sets
  Truth loaded = Truth::kUnknown;
  Span loaded_at;
  std::string loaded_why;
  bool described = false;  // a comment or annotation beside it says what it stands for
  Span span;
};

// A query of a panel.
struct PanelQuery {
  Name panel;
  Query query;
  Span span;
};

struct Dashboard {
  FileId file = FileId::kNone;
  Name title;
  std::vector<std::pair<std::string, Span>> expressions;
  std::vector<PanelQuery> panels;  // those of Prometheus
};

// An objective for a service: OpenSLO, Sloth, Pyrra.
struct ServiceObjective {
  Name name;
  Name system;
  std::string target;  // as written
  std::vector<Query> queries;
  bool alerts = false;  // the generator makes alerts of it
  Span span;
};

// Where a server gets series from: a job of scrape_configs, a ServiceMonitor, a PodMonitor.
struct ScrapeJob {
  Name name;
  Name system;  // prometheus, service-monitor, pod-monitor
  std::vector<std::string> targets;
  std::vector<Name> labels;  // that it adds to what it scrapes
  bool adds_any = false;     // it finds targets by discovery, which adds labels of its own
  Span span;
};

}  // namespace mlgrade
