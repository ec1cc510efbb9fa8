// What a rule is: a constant value with its documentation and a function. One file a rule; the file's path is
// its id.
//
//   // rules/data/feature-schema.cc
//   namespace mlgrade::rules {
//   extern const Rule data_feature_schema;          // generated name: topic_name, '-' as '_'
//   const Rule data_feature_schema{.summary = "...", .why = "...", .fix = "...", .source = "...", .run =
//   run};
//   }
//
// A YAML rule says the same with finders (see yaml_rule.h). The build lists rules/** itself.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analyzer/engine/alert_verdicts.h"
#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/evidence.h"
#include "analyzer/engine/shared.h"
#include "analyzer/facts/fact_store.h"
#include "analyzer/graph/graph.h"

namespace mlgrade {

struct RuleInput {
  const FactStore& facts;
  const Graph& graph;
  const Catalogue& catalogue;  // what each known tool can do
  const std::vector<Use>&
      uses;                   // where the repository uses one of their capabilities, in the order of places
  std::optional<Date> as_of;  // for what ages; none: unknown
  SharedValues shared = {};   // see shared()
};

// The value that T(input) makes, the same for all rules of a run.
template <typename T>
const T& shared(const RuleInput& input) {
  return input.shared.get<T>(input);
}

struct RuleOutput {
  std::vector<Evidence> evidence;
  std::vector<Finding> findings;
};

enum class RuleKind { kEvidence, kFinding };

struct Rule {
  RuleKind kind = RuleKind::kEvidence;
  std::string_view summary;               // one line: what it reports
  std::string_view why;                   // what it costs when it is missing (evidence) or there (finding)
  std::string_view fix;                   // what to do
  std::string_view source;                // paper and section
  Severity severity = Severity::kMedium;  // findings only: the usual one
  void (*run)(const RuleInput&, RuleOutput&) = nullptr;
};

std::span<const Rule* const> compiled_rules();          // generated, sorted by id
std::span<const std::string_view> compiled_rule_ids();  // parallel

}  // namespace mlgrade
