// Metrics that code defines and where it updates them; alerts that a server loads.
#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "analyzer/passes/monitoring/alert_routes.h"
#include "analyzer/passes/repo_passes.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

// What a constructor makes: the kind of metric, and the endings of its series.
struct Constructor {
  std::string_view name;
  std::string_view kind;
  std::vector<std::string_view> endings;
};

const std::vector<Constructor>& constructors() {
  static const std::vector<Constructor> table = {
      {"Counter", "counter", {"_total", "_created"}},
      {"Gauge", "gauge", {""}},
      {"Histogram", "histogram", {"_bucket", "_sum", "_count"}},
      {"Summary", "summary", {"_sum", "_count"}},
      {"Info", "info", {"_info"}},
      {"Enum", "enum", {""}},
      {"create_counter", "counter", {"_total"}},
      {"create_up_down_counter", "gauge", {""}},
      {"create_gauge", "gauge", {""}},
      {"create_histogram", "histogram", {"_bucket", "_sum", "_count"}},
      {"create_observable_counter", "counter", {"_total"}},
      {"create_observable_gauge", "gauge", {""}},
      {"create_observable_up_down_counter", "gauge", {""}},
  };
  return table;
}

bool is_update(std::string_view method) {
  constexpr std::array<std::string_view, 14> kMethods = {"inc",
                                                         "dec",
                                                         "set",
                                                         "observe",
                                                         "time",
                                                         "set_to_current_time",
                                                         "track_inprogress",
                                                         "count_exceptions",
                                                         "info",
                                                         "add",
                                                         "record",
                                                         "state",
                                                         "set_function",
                                                         "observe_duration"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

std::string_view last_part(std::string_view dotted) {
  const size_t dot = dotted.rfind('.');
  return dot == dotted.npos ? dotted : dotted.substr(dot + 1);
}

bool imports(const PythonModule& module, std::string_view package) {
  return std::any_of(module.imports.begin(), module.imports.end(), [&](const PyImport& import) {
    const std::string_view name = import.target.empty() ? import.module.view() : import.target.view();
    return name.starts_with(package);
  });
}

const Constructor* constructor_of(const PythonModule& module, const PyCall& call) {
  const std::string_view target = call.target.view();
  const std::string_view name = last_part(target.empty() ? call.callee.view() : target);
  const auto known = std::find_if(constructors().begin(), constructors().end(),
                                  [&](const Constructor& c) { return c.name == name; });
  if (known == constructors().end()) return nullptr;
  const bool instrument = name.starts_with("create_");
  const bool ours = target.starts_with("prometheus_client.") || target.starts_with("aioprometheus.") ||
                    target.starts_with("opentelemetry.") || (instrument && imports(module, "opentelemetry"));
  return ours ? &*known : nullptr;
}

// A variable that holds a metric: by module and dotted name ("REQUESTS", "self.latency").
using Holders = std::map<std::pair<uint32_t, std::string>, size_t>;

class MetricLinker {
 public:
  explicit MetricLinker(FactStore& facts) : facts_(facts) {}

  void link() {
    for (uint32_t m = 0; m < facts_.python.size(); ++m) {
      const PythonModule& module = facts_.python[m];
      for (uint32_t c = 0; c < module.calls.size(); ++c) {
        if (const Constructor* made = constructor_of(module, module.calls[c])) define(m, c, *made);
      }
    }
    if (facts_.metrics.empty()) return;
    for (uint32_t m = 0; m < facts_.python.size(); ++m) {
      const PythonModule& module = facts_.python[m];
      for (const PyCall& call : module.calls) {
        const std::string_view callee = call.callee.view();
        if (!is_update(last_part(callee))) continue;
        std::string holder(callee.substr(0, callee.size() - last_part(callee).size()));
        if (holder.ends_with('.')) holder.pop_back();
        if (const size_t labels = holder.find(".labels()"); labels != holder.npos) holder.resize(labels);
        const size_t metric = find(m, holder);
        if (metric == facts_.metrics.size()) continue;
        facts_.metrics[metric].set_in.push_back({m, call.function});
        facts_.metrics[metric].set_at.push_back(call.span);
      }
    }
  }

 private:
  void define(uint32_t m, uint32_t c, const Constructor& made) {
    const PythonModule& module = facts_.python[m];
    const PyCall& call = module.calls[c];
    MetricDefinition metric;
    metric.kind = Name(made.kind);
    metric.function = {m, call.function};
    metric.span = call.span;
    std::string name, prefix, unit;
    bool known = false;
    for (uint32_t a = call.args.begin; a < call.args.end && a < module.args.size(); ++a) {
      const PyArg& arg = module.args[a];
      const bool text = arg.value.kind == PyValue::Kind::kString;
      const bool first = a == call.args.begin && arg.keyword.empty();
      if (first || arg.keyword == "name") {
        known = text;
        name = arg.value.text.str();
      } else if (arg.keyword == "namespace" || arg.keyword == "subsystem") {
        known = known && text;
        prefix += arg.value.text.str() + "_";
      } else if (arg.keyword == "unit" && text) {
        unit = arg.value.text.str();
      }
      const bool third = a == call.args.begin + 2 && arg.keyword.empty();
      if ((third || arg.keyword == "labelnames") && arg.value.kind == PyValue::Kind::kList) {
        const IndexRange names = arg.value.elements();
        for (uint32_t i = names.begin; i < names.end; ++i) {
          if (module.values[i].kind == PyValue::Kind::kString) metric.labels.push_back(module.values[i].text);
        }
      }
    }
    metric.known = known;
    metric.name = Name(prefix + name);
    if (known) add_series(prefix + name, unit, made, metric);
    const size_t index = facts_.metrics.size();
    for (const PyBinding& binding : module.bindings) {
      if (binding.value.kind == PyValue::Kind::kCall && binding.value.call == c) {
        holders_.emplace(std::pair(m, binding.target.str()), index);
      }
    }
    facts_.metrics.push_back(std::move(metric));
  }

  static void add_series(const std::string& name, const std::string& unit, const Constructor& made,
                         MetricDefinition& metric) {
    const bool instrument = made.name.starts_with("create_");
    std::string base = name;
    if (instrument) std::replace(base.begin(), base.end(), '.', '_');
    const bool counter = made.kind == "counter";
    if (counter && base.ends_with("_total")) base.resize(base.size() - 6);
    std::vector<std::string> bases = {base};
    if (instrument && unit == "s") bases.push_back(base + "_seconds");
    if (instrument && unit == "ms") bases.push_back(base + "_milliseconds");
    if (instrument && unit == "By") bases.push_back(base + "_bytes");
    if (!instrument && !unit.empty()) bases = {base + "_" + unit};
    for (const std::string& each : bases) {
      for (std::string_view ending : made.endings) metric.series.emplace_back(each + std::string(ending));
    }
  }

  size_t held_by(uint32_t module, const std::string& name) const {
    const auto found = holders_.find({module, name});
    return found == holders_.end() ? facts_.metrics.size() : found->second;
  }

  // The metric that `holder` names in module `m`: its own variable, or one that it imports.
  size_t find(uint32_t m, const std::string& holder) const {
    const size_t none = facts_.metrics.size();
    if (holder.empty()) return none;
    if (const size_t own = held_by(m, holder); own != none) return own;
    const std::string first = holder.substr(0, holder.find('.'));
    for (const PyImport& import : facts_.python[m].imports) {
      if (import.bound != first) continue;
      const std::string rest = holder.size() > first.size() ? holder.substr(first.size() + 1) : "";
      for (const auto& [key, metric] : holders_) {
        const std::string& module = facts_.python[key.first].name.str();
        const std::string& target = import.target.empty() ? import.module.str() : import.target.str();
        const bool variable = rest.empty() && target == module + "." + key.second;
        const bool through = rest == key.second && target == module;
        if (variable || through) return metric;
      }
    }
    return none;
  }

  FactStore& facts_;
  Holders holders_;
};

}  // namespace

void link_monitoring(FactStore& facts) {
  MetricLinker(facts).link();
  link_alerts(facts);
}

}  // namespace mlgrade::passes
