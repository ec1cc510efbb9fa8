// Metrics whose exposition the code writes as text: lines like `# TYPE queue_length gauge` and
// `queue_length{model="a"} 3`, as literals or with holes for what is computed.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/test_paths.h"
#include "analyzer/passes/monitoring/link_metrics.h"

namespace mlgrade {
namespace {

constexpr std::string_view kType = "# TYPE ";

struct WrittenLine {
  std::string text;
  PyRef function;
  Span span;
};

// Lines of all texts of one module.
class WrittenLines {
 public:
  WrittenLines(const PythonModule& module, uint32_t index) : module_(module), index_(index) {
    for (const PyCall& call : module.calls) {
      for (uint32_t a = call.args.begin; a < call.args.end && a < module.args.size(); ++a)
        add(module.args[a].value, call.function, call.span, 0);
    }
    for (const PyBinding& binding : module.bindings) add(binding.value, binding.function, binding.span, 0);
    for (const PyJump& jump : module.jumps) add(jump.value, jump.function, jump.span, 0);
  }

  std::vector<WrittenLine> lines;

 private:
  void add(const PyValue& value, uint32_t function, const Span& span, int depth) {
    constexpr int kDepth = 2;  // a list of lists of lines
    if (value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kFString) {
      std::string_view text = value.text.view();
      while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
        if (!line.empty()) lines.push_back({std::string(line), {index_, function}, span});
      }
    } else if (value.kind == PyValue::Kind::kList && depth < kDepth) {
      const IndexRange elements = value.elements();
      for (uint32_t e = elements.begin; e < elements.end && e < module_.values.size(); ++e)
        add(module_.values[e], function, span, depth + 1);
    }
  }

  const PythonModule& module_;
  uint32_t index_;
};

bool is_name(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == ':' || c == '{' || c == '}';
         });
}

// `{model="a",version="{}"}`: the names before the signs of equality.
void read_labels(std::string_view text, MetricDefinition& metric) {
  for (size_t at = text.find("=\""); at != std::string_view::npos; at = text.find("=\"", at + 2)) {
    size_t begin = at;
    while (begin > 0 &&
           (std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0 || text[begin - 1] == '_'))
      --begin;
    const Name label(text.substr(begin, at - begin));
    const bool known = std::find(metric.labels.begin(), metric.labels.end(), label) != metric.labels.end();
    if (begin < at && !known) metric.labels.push_back(label);
  }
}

std::vector<Name> series_of(std::string_view name, std::string_view kind) {
  const std::string base(name);
  if (kind == "histogram") return {Name(base + "_bucket"), Name(base + "_sum"), Name(base + "_count")};
  if (kind == "summary") return {Name(base), Name(base + "_sum"), Name(base + "_count")};
  return {Name(base)};
}

// The metric that the line declares; without a name if it declares none.
MetricDefinition declared(const WrittenLine& line) {
  constexpr std::array<std::string_view, 6> kKinds = {"counter", "gauge",   "histogram",
                                                      "summary", "untyped", "info"};
  MetricDefinition metric;
  std::string_view text = line.text;
  if (!text.starts_with(kType)) return metric;
  text.remove_prefix(kType.size());
  const size_t blank = text.find(' ');
  if (blank == std::string_view::npos || !is_name(text.substr(0, blank))) return metric;
  const std::string_view kind = text.substr(blank + 1);
  if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) return metric;
  metric.name = Name(text.substr(0, blank));
  metric.kind = Name(kind);
  metric.system = Name("prometheus");
  metric.known = metric.name.view().find("{}") == std::string_view::npos;
  if (metric.known) metric.series = series_of(metric.name.view(), kind);
  metric.function = line.function;
  metric.set_in = {line.function};
  metric.set_at = {line.span};
  metric.set_calls = {kNone};
  metric.own_value = true;
  metric.span = line.span;
  return metric;
}

// A sample of the metric: its name, and then labels or a value.
bool is_sample_of(std::string_view line, const MetricDefinition& metric) {
  const std::string_view name = metric.name.view();
  if (!line.starts_with(name) || line.size() == name.size()) return false;
  const char next = line[name.size()];
  return next == '{' || next == ' ' || next == '_';
}

void add_module(const PythonModule& module, uint32_t index, std::vector<MetricDefinition>& out) {
  const WrittenLines written(module, index);
  std::vector<MetricDefinition> found;
  for (const WrittenLine& line : written.lines) {
    MetricDefinition metric = declared(line);
    const bool again = std::any_of(found.begin(), found.end(),
                                   [&](const MetricDefinition& other) { return other.name == metric.name; });
    if (!metric.name.empty() && !again) found.push_back(std::move(metric));
  }
  for (MetricDefinition& metric : found) {
    metric.labels_known = false;
    for (const WrittenLine& line : written.lines) {
      if (!is_sample_of(line.text, metric)) continue;
      metric.labels_known = true;
      read_labels(std::string_view(line.text).substr(metric.name.view().size()), metric);
    }
    out.push_back(std::move(metric));
  }
}

}  // namespace

void link_written_metrics(FactStore& facts) {
  for (uint32_t m = 0; m < facts.python.size(); ++m) {
    const PythonModule& module = facts.python[m];
    if (is_test_path(facts.path(module.file)) || facts.file(module.file).sample) continue;
    add_module(module, m, facts.metrics);
  }
}

}  // namespace mlgrade
