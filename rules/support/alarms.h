// What the findings about alarms share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// Whether each alert can fire; see engine/alert_verdicts.h.
std::vector<AlertVerdict> verdicts_of(const RuleInput& in);

// How sure it is that a series is given by nobody: by the metrics that the repository defines, and by the
// code in it that is not analysed.
Confidence sure_it_is_missing(const RuleInput& in);

// Whether a server gets the rule: what is an object of a cluster is loaded only once something applies it
// (rubric F-25).
Truth gets_loaded(const RuleInput& in, const AlertRule& alert);
// Why that is not sure, a phrase; "" if it is.
std::string why_not_loaded(const RuleInput& in, const AlertRule& alert);
std::string why_not_loaded(const RuleInput& in, const RecordingRule& rule);

// An alert that always fires on purpose, to show that the way is open.
bool is_watchdog(const AlertRule& alert);

// The metric or recording rule whose name is nearest to the series, if it is near at all: a slip of the pen.
std::string nearest_series(const FactStore& facts, std::string_view series);

// About what users say of answers: feedback, ratings, labels that come later.
bool about_feedback(std::string_view series);

}  // namespace mlgrade
