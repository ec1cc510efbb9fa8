// PromQL by its grammar: selectors with matchers, ranges, subqueries, offset and @, functions, operations
// with on, ignoring and group, aggregations, and the types that each of them asks for. What the language has
// and this parser does not know (functions of other servers, variables of dashboards) is unknown, never
// ignored. Source: the language's documentation, prometheus.io/docs/prometheus/latest/querying.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlgrade {

enum class PromType : uint8_t { kScalar, kVector, kMatrix, kString, kUnknown };

struct PromMatcher {
  enum class Op : uint8_t { kEqual, kNotEqual, kRegex, kNotRegex };
  std::string label;
  Op op = Op::kEqual;
  std::string value;
  bool variable = false;  // a variable of a dashboard stands in the value
};

struct PromNode {
  enum class Kind : uint8_t {
    kNumber,    // number; variable: a variable stands for it
    kString,    // text
    kSelector,  // text: the metric's name, "" for none; matchers; range > 0 or range_variable: a range vector
    kSubquery,  // children: the expression; range
    kUnary,     // text: "+" or "-"; children: operand
    kBinary,    // text: "+", "and", "==", ...; children: left, right
    kAggregate,  // text: "sum"; children: parameter if `has_parameter`, expression
    kCall,       // text: the function; children: arguments
    kParen,      // children: the expression
  };
  Kind kind = Kind::kNumber;
  PromType type = PromType::kScalar;
  std::string text;
  double number = 0;
  bool variable = false;       // kNumber; kSelector: a variable stands in the name
  bool returns_bool = false;   // kBinary: `bool`
  bool has_parameter = false;  // kAggregate
  bool without = false;        // kAggregate: without; kBinary: ignoring
  bool has_matching = false;   // kBinary: on or ignoring is written; kAggregate: by or without is
  std::vector<PromMatcher> matchers;
  std::vector<std::string> labels;    // of by, without, on, ignoring
  std::vector<std::string> included;  // of group_left and group_right
  double range = 0;                   // seconds
  bool range_variable = false;
  double offset = 0;               // seconds
  std::vector<uint32_t> children;  // into ParsedPromql::nodes
};

struct ParsedPromql {
  enum class Outcome : uint8_t {
    kParsed,
    kBroken,   // it is not PromQL: `problem` says why
    kUnknown,  // it may be: `problem` says what is not known here
  };
  Outcome outcome = Outcome::kBroken;
  std::string problem;  // a phrase; with the column from 1
  size_t column = 0;
  std::vector<PromNode> nodes;
  bool whole = false;  // the tree is there: parsed, or unknown for a function or variable alone
  uint32_t root = 0;   // meaningless unless whole

  const PromNode& at(uint32_t node) const { return nodes[node]; }
};

struct PromqlOptions {
  bool variables = false;  // $x, ${x} and [[x]] are variables of a dashboard
};

// Never fails: the outcome says what came of it. Limits: 64 KiB of text, 100 levels, 2000 nodes; beyond them
// the outcome is unknown.
ParsedPromql parse_promql(std::string_view text, PromqlOptions options = {});

// "1h30m" in seconds; negative if it is no duration of PromQL.
double promql_duration(std::string_view text);

}  // namespace mlgrade
