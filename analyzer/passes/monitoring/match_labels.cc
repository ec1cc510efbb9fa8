// Label sets of expressions, from the metrics upwards.
#include "analyzer/passes/monitoring/match_labels.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "analyzer/syntax/promql.h"

namespace mlgrade {
namespace {

using Kind = PromNode::Kind;

// What each series of a result carries: labels of the metric, and those of the target it was scraped from.
struct Labels {
  std::set<std::string> own;
  bool target = true;
  bool operator==(const Labels&) const = default;
};

std::string in_words(const Labels& labels) {
  std::string out;
  for (const std::string& label : labels.own) out += (out.empty() ? "" : ", ") + label;
  if (labels.target) out += out.empty() ? "those of the target" : " and those of the target";
  return out.empty() ? "none" : out;
}

class Sides {
 public:
  Sides(const FactStore& facts, const ParsedPromql& parsed) : facts_(facts), parsed_(parsed) {}

  // Nothing: not known. A side that matches nothing is told in `why`.
  std::optional<Labels> labels(uint32_t id) {
    const PromNode& node = parsed_.at(id);
    switch (node.kind) {
      case Kind::kSelector:
        return of_metric(node);
      case Kind::kParen:
      case Kind::kUnary:
      case Kind::kSubquery:
        return labels(node.children[0]);
      case Kind::kAggregate:
        return aggregate(node);
      case Kind::kCall:
        return call(node);
      case Kind::kBinary:
        return binary(node);
      default:
        return std::nullopt;
    }
  }

  std::string why;  // of the first operation whose sides differ

 private:
  std::optional<Labels> of_metric(const PromNode& node) const {
    if (node.variable || node.text.empty()) return std::nullopt;
    std::optional<Labels> out;
    for (const MetricDefinition& metric : facts_.metrics) {
      const bool gives =
          std::find(metric.series.begin(), metric.series.end(), node.text) != metric.series.end();
      if (!gives) continue;
      const bool plain = metric.kind == "counter" || metric.kind == "gauge" || metric.kind == "histogram";
      if (!metric.labels_known || metric.foreign || metric.system != "prometheus" || !plain)
        return std::nullopt;
      Labels labels;
      for (Name label : metric.labels) labels.own.insert(label.str());
      if (node.text.ends_with("_bucket")) labels.own.insert("le");
      if (out && !(*out == labels)) return std::nullopt;  // whichever of them runs
      out = std::move(labels);
    }
    return out;
  }

  std::optional<Labels> aggregate(const PromNode& node) {
    const std::optional<Labels> of = labels(node.children.back());
    if (node.text == "topk" || node.text == "bottomk" || node.text.starts_with("limit")) return of;
    if (node.text == "count_values") return std::nullopt;
    if (!node.has_matching) return Labels{{}, false};
    if (!of) return std::nullopt;
    Labels out = *of;
    if (node.without) {
      for (const std::string& label : node.labels) {
        if (out.own.erase(label) == 0) return std::nullopt;  // one of the target's
      }
      return out;
    }
    out = Labels{{}, false};
    for (const std::string& label : node.labels) {
      if (!of->own.contains(label)) return std::nullopt;
      out.own.insert(label);
    }
    return out;
  }

  std::optional<Labels> call(const PromNode& node) {
    const std::string& name = node.text;
    if (name == "vector") return Labels{{}, false};
    if (name.starts_with("label_") || name.starts_with("absent") || name == "scalar" || node.children.empty())
      return std::nullopt;
    const bool last = name == "histogram_quantile" || name == "quantile_over_time";
    std::optional<Labels> of = labels(last ? node.children.back() : node.children.front());
    if (of && name == "histogram_quantile") of->own.erase("le");
    return of;
  }

  std::optional<Labels> binary(const PromNode& node) {
    const bool left_vector = parsed_.at(node.children[0]).type == PromType::kVector;
    const bool right_vector = parsed_.at(node.children[1]).type == PromType::kVector;
    const std::optional<Labels> left = labels(node.children[0]);
    const std::optional<Labels> right = labels(node.children[1]);
    if (!left_vector || !right_vector) return left_vector ? left : right;
    if (node.text == "or") return left && right && *left == *right ? left : std::nullopt;
    if (node.text == "unless") return left;
    if (node.has_matching || !left || !right) return std::nullopt;
    if (*left == *right) return left;
    if (why.empty())
      why = "the sides of its `" + node.text + "` never carry the same labels: " + in_words(*left) + "; " +
            in_words(*right);
    return std::nullopt;
  }

  const FactStore& facts_;
  const ParsedPromql& parsed_;
};

// True if the whole gives nothing when one operation in it does: no other way is left by `or` or absence.
bool one_way(const ParsedPromql& parsed) {
  return std::none_of(parsed.nodes.begin(), parsed.nodes.end(), [](const PromNode& node) {
    return node.text == "or" || node.text == "unless" || node.text == "vector" || node.text == "scalar" ||
           node.text.starts_with("absent");
  });
}

}  // namespace

void match_labels(FactStore& facts) {
  for (AlertRule& alert : facts.alerts) {
    const bool absence = std::any_of(alert.query.reads.begin(), alert.query.reads.end(),
                                     [](const SeriesRead& read) { return read.absence; });
    const bool here = alert.system == "prometheus" || (alert.system == "grafana" && !absence);
    if (!here || alert.query.language != "promql" || alert.query.parsed != Truth::kYes) continue;
    const ParsedPromql parsed = parse_promql(alert.query.text);
    if (parsed.outcome != ParsedPromql::Outcome::kParsed || !one_way(parsed)) continue;
    Sides sides(facts, parsed);
    sides.labels(parsed.root);
    if (sides.why.empty()) continue;
    alert.query.holds = Truth::kNo;
    alert.query.holds_why = sides.why;
    alert.vacuous = true;
  }
}

}  // namespace mlgrade
