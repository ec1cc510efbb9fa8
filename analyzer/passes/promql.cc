// From the tree of an expression to a fact.
#include "analyzer/passes/promql.h"

#include <algorithm>

namespace mlgrade {
namespace {

using Kind = PromNode::Kind;

LabelMatch::Op op_of(PromMatcher::Op op) { return static_cast<LabelMatch::Op>(op); }

void add_once(std::vector<Name>& names, std::string_view name) {
  const Name interned(name);
  if (std::find(names.begin(), names.end(), interned) == names.end()) names.push_back(interned);
}

class Reads {
 public:
  Reads(const ParsedPromql& parsed, Query& out) : parsed_(parsed), out_(out) {}

  void visit(uint32_t id, bool absence) {
    const PromNode& node = parsed_.at(id);
    if (node.kind == Kind::kSelector) add(node, absence);
    if (node.kind == Kind::kAggregate || node.kind == Kind::kBinary) {
      if (!node.without) {
        for (const std::string& label : node.labels) add_once(out_.labels, label);
      }
      for (const std::string& label : node.included) add_once(out_.labels, label);
    }
    const bool asks = node.kind == Kind::kCall && (node.text == "absent" || node.text == "absent_over_time");
    for (uint32_t child : node.children) visit(child, absence || asks);
  }

 private:
  void add(const PromNode& node, bool absence) {
    SeriesRead read;
    if (!node.variable && !node.text.empty()) read.series = Name(node.text);
    read.absence = absence;
    read.range = static_cast<uint32_t>(std::min(node.range, 1e9));
    for (const PromMatcher& one : node.matchers) {
      if (one.label == "__name__") continue;
      read.labels.push_back({Name(one.label), op_of(one.op), Name(one.value), !one.variable});
    }
    out_.reads.push_back(std::move(read));
  }

  const ParsedPromql& parsed_;
  Query& out_;
};

}  // namespace

Query read_promql(std::string_view expression, PromqlOptions options) {
  Query out;
  out.text = expression;
  out.language = Name("promql");
  if (expression.find("{{") != expression.npos || expression.find("{%") != expression.npos) {
    out.problem = "it is made from a template";
    return out;
  }
  const ParsedPromql parsed = parse_promql(expression, options);
  out.problem = parsed.problem;
  if (parsed.outcome == ParsedPromql::Outcome::kBroken) {
    out.parsed = Truth::kNo;
    out.problem += ", column " + std::to_string(parsed.column);
    return out;
  }
  if (!parsed.whole) return out;
  if (parsed.outcome == ParsedPromql::Outcome::kParsed) {
    out.parsed = Truth::kYes;
    PromqlVerdict verdict = judge_promql(parsed);
    out.holds = verdict.holds;
    out.holds_why = std::move(verdict.why);
    out.event_window = verdict.event_window;
  }
  // Of an expression with an unknown function the selectors are known all the same.
  Reads(parsed, out).visit(parsed.root, false);
  return out;
}

std::vector<Name> series_of(const Query& query) {
  std::vector<Name> out;
  for (const SeriesRead& read : query.reads) {
    if (!read.series.empty()) add_once(out, read.series.view());
  }
  return out;
}

}  // namespace mlgrade
