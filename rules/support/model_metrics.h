// Measures of a model's quality: which names and values are such measures, and which comparisons hold them to
// a bar.
#pragma once

#include <functional>
#include <string_view>

#include "rules/support/abilities.h"
#include "rules/support/flow.h"
#include "rules/support/followed.h"

namespace mlgrade {

// A name as people give it to a measure of quality: "test_f1", "rmse", metrics["roc_auc"].
bool is_quality_name(std::string_view name);
// A smaller value is better: errors and losses.
bool is_error_name(std::string_view name);

// Calls whose value is a measure of quality: a metric function of a library, or a function of the repository
// that returns one.
class MetricCalls {
 public:
  explicit MetricCalls(const RuleInput& in);  // ask for shared<MetricCalls>(in)
  bool is_metric(uint32_t module, uint32_t call) const {
    return call < metric_[module].size() && metric_[module][call] != 0;
  }

 private:
  std::vector<std::vector<uint8_t>> metric_;  // by module and call
};

// The same with the memory of one rule about what functions give back.
class QualityCalls {
 public:
  explicit QualityCalls(const RuleInput& in);
  bool is_metric(uint32_t module, uint32_t call) const { return calls_.is_metric(module, call); }
  std::function<bool(uint32_t)> in_module(uint32_t module) const;
  Passing& passing() const { return passing_; }

 private:
  const MetricCalls& calls_;
  mutable Passing passing_;
};

// A comparison by order that one side of is a measure of quality, wherever it stands: in a condition, or kept
// under a name or returned for somebody else to decide by.
struct QualityComparison {
  uint32_t comparison = kNone;
  uint32_t condition = kNone;  // that it stands in; kNone: a binding or a return
  uint32_t block = kNone;
  bool vacuous = false;         // a bar that every model clears (rubric F-18)
  bool against_other = false;   // compared with another measure, not with a bar
  bool against_itself = false;  // that other measure is this one, under another name (rubric F-19)
  bool by_value = false;        // known to be a measure by where its value comes from, not by name alone
  Span span;
};

// Those of one function (kNone: the module's body), in source order.
std::vector<QualityComparison> quality_comparisons(const RuleInput& in, const QualityCalls& quality,
                                                   uint32_t m, uint32_t function);

// A comparison that could turn a bad model away: it stands in a condition.
struct QualityBar {
  uint32_t condition = kNone;
  uint32_t comparison = kNone;
  bool fails = false;  // an assert, or a branch that raises or exits
  bool vacuous = false;
  bool against_other = false;
  Span span;
  bool against_itself = false;
};

// Bars in one function (kNone: the module's body).
std::vector<QualityBar> quality_bars(const RuleInput& in, const QualityCalls& quality, uint32_t module,
                                     uint32_t function);

}  // namespace mlgrade
