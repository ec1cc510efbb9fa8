// Metric constructors and the calls that update what they made.
#include "analyzer/passes/monitoring/link_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "analyzer/facts/test_paths.h"
#include "analyzer/passes/monitoring/metric_names.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

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

const MetricConstructor* constructor_of(const PythonModule& module, const PyCall& call) {
  const std::string_view target = call.target.view();
  const MetricConstructor* known =
      metric_constructor(last_part(target.empty() ? call.callee.view() : target));
  if (known == nullptr) return nullptr;
  const bool ours = target.starts_with("prometheus_client.") || target.starts_with("aioprometheus.") ||
                    target.starts_with("opentelemetry.") ||
                    (known->instrument() && imports(module, "opentelemetry"));
  return ours ? known : nullptr;
}

// The text of a module's constant; null if the name is bound otherwise, or more than once.
const std::string* constant(const PythonModule& module, Name name) {
  const std::string* out = nullptr;
  for (const PyBinding& binding : module.bindings) {
    if (binding.target != name || binding.function != kNone) continue;
    if (out != nullptr || binding.value.kind != PyValue::Kind::kString) return nullptr;
    out = &binding.value.text.str();
  }
  return out;
}

// A text as it is: a literal, a constant, f"{PREFIX}_total" with constants in it. False: not all of it is
// known; `out` then has {} for what is not.
bool spelled_out(const PythonModule& module, const PyArg& arg, std::string& out) {
  out = arg.value.text.str();
  if (arg.value.kind == PyValue::Kind::kString) return true;
  if (arg.value.kind == PyValue::Kind::kName) {
    const std::string* text = constant(module, arg.value.text);
    if (text != nullptr) out = *text;
    return text != nullptr;
  }
  if (arg.value.kind != PyValue::Kind::kFString) return false;
  size_t at = out.find("{}");
  for (uint32_t r = arg.reads.begin; r < arg.reads.end && at != std::string::npos; ++r) {
    const std::string* text = constant(module, module.names[r]);
    if (text == nullptr) return false;
    out.replace(at, 2, *text);
    at = out.find("{}", at + text->size());
  }
  return at == std::string::npos;
}

// A variable that holds a metric: by module and dotted name ("REQUESTS", "self.latency", "METRICS[]").
using Holders = std::multimap<std::pair<uint32_t, std::string>, size_t>;

class MetricLinker {
 public:
  explicit MetricLinker(FactStore& facts) : facts_(facts) {}

  void link() {
    const size_t before = facts_.metrics.size();
    for (uint32_t m = 0; m < facts_.python.size(); ++m) {
      const PythonModule& module = facts_.python[m];
      if (!in_earnest(module)) continue;
      for (uint32_t c = 0; c < module.calls.size(); ++c) {
        if (const MetricConstructor* made = constructor_of(module, module.calls[c])) define(m, c, *made);
      }
    }
    if (facts_.metrics.size() == before) return;
    index_endings();
    add_aliases();
    index_endings();
    for (uint32_t m = 0; m < facts_.python.size(); ++m) {
      const PythonModule& module = facts_.python[m];
      if (!in_earnest(module)) continue;
      for (uint32_t c = 0; c < module.calls.size(); ++c) update(m, c);
      for (const PyArg& arg : module.args) handed_over(m, arg.value);
    }
  }

 private:
  // What a test or a sample sets shows nothing of the service.
  bool in_earnest(const PythonModule& module) const {
    return !is_test_path(facts_.path(module.file)) && !facts_.file(module.file).sample;
  }

  void update(uint32_t m, uint32_t c) {
    const PyCall& call = facts_.python[m].calls[c];
    const std::string_view callee = call.callee.view();
    if (!is_update(last_part(callee))) return;
    std::string holder(callee.substr(0, callee.size() - last_part(callee).size()));
    if (holder.ends_with('.')) holder.pop_back();
    if (const size_t labels = holder.find(".labels()"); labels != holder.npos) holder.resize(labels);
    for (size_t metric : find(m, holder)) {
      facts_.metrics[metric].set_in.push_back({m, call.function});
      facts_.metrics[metric].set_at.push_back(call.span);
      facts_.metrics[metric].set_calls.push_back(c);
    }
  }

  // Given to a function: it may be set there.
  void handed_over(uint32_t m, const PyValue& value) {
    if (value.kind != PyValue::Kind::kName) return;
    for (size_t metric : find(m, value.text.str())) facts_.metrics[metric].own_value = true;
  }

  void define(uint32_t m, uint32_t c, const MetricConstructor& made) {
    const PythonModule& module = facts_.python[m];
    const PyCall& call = module.calls[c];
    MetricDefinition metric;
    metric.kind = Name(made.kind);
    metric.system = Name(made.instrument() ? "opentelemetry" : "prometheus");
    metric.labels_known = !made.instrument();
    metric.function = {m, call.function};
    metric.span = call.span;
    std::string name, prefix, unit;
    bool known = false;
    for (uint32_t a = call.args.begin; a < call.args.end && a < module.args.size(); ++a) {
      const PyArg& arg = module.args[a];
      std::string spelled;
      const bool text = spelled_out(module, arg, spelled);
      const bool first = a == call.args.begin && arg.keyword.empty();
      if (first || arg.keyword == "name") {
        known = text;
        name = spelled;
      } else if (arg.keyword == "namespace" || arg.keyword == "subsystem") {
        known = known && text;
        prefix += spelled + "_";
      } else if (arg.keyword == "unit" && text) {
        unit = spelled;
      } else if (arg.keyword == "callbacks") {
        metric.own_value = true;
      }
      const bool third = a == call.args.begin + 2 && arg.keyword.empty();
      if ((third && !made.instrument()) || arg.keyword == "labelnames") labels_of(module, arg.value, metric);
    }
    metric.known = known;
    metric.name = Name(prefix + name);
    if (known) metric.series = exposed_series(made, prefix + name, unit);
    const size_t index = facts_.metrics.size();
    if (!hold(m, c, index, metric) && call.use != PyCall::Use::kDiscarded) metric.own_value = true;
    facts_.metrics.push_back(std::move(metric));
  }

  static void labels_of(const PythonModule& module, const PyValue& value, MetricDefinition& metric) {
    if (value.kind != PyValue::Kind::kList) {
      metric.labels_known = false;
      return;
    }
    const IndexRange names = value.elements();
    for (uint32_t i = names.begin; i < names.end; ++i) {
      if (module.values[i].kind == PyValue::Kind::kString) {
        metric.labels.push_back(module.values[i].text);
      } else {
        metric.labels_known = false;
      }
    }
  }

  // What the result is bound to: a variable, an entry of a dict or list. Entries are come to in ways that are
  // not followed, so that whether they are set is not known.
  bool hold(uint32_t m, uint32_t c, size_t index, MetricDefinition& metric) {
    const PythonModule& module = facts_.python[m];
    bool any = false;
    const auto add = [&](std::string holder, bool entry) {
      holders_.emplace(std::pair(m, std::move(holder)), index);
      metric.own_value |= entry;
      any = true;
    };
    for (const PyBinding& binding : module.bindings) {
      const PyValue& value = binding.value;
      if (value.kind == PyValue::Kind::kCall && value.call == c)
        add(binding.target.str() + (binding.subscript ? "[]" : ""), binding.subscript);
      const IndexRange elements = value.elements();
      for (uint32_t i = elements.begin; i < elements.end; ++i) {
        if (module.values[i].kind == PyValue::Kind::kCall && module.values[i].call == c)
          add(binding.target.str() + "[]", true);
      }
    }
    return any;
  }

  // counter = REQUESTS: another name for the same.
  void add_aliases() {
    Holders aliases;
    for (uint32_t m = 0; m < facts_.python.size(); ++m) {
      if (!in_earnest(facts_.python[m])) continue;
      for (const PyBinding& binding : facts_.python[m].bindings) {
        if (binding.value.kind != PyValue::Kind::kName || binding.kind != PyBinding::Kind::kAssign) continue;
        for (size_t metric : find(m, binding.value.text.str())) {
          if (binding.subscript) facts_.metrics[metric].own_value = true;
          const std::vector<size_t> known = held_by(m, binding.target.str());
          if (std::find(known.begin(), known.end(), metric) == known.end())
            aliases.emplace(std::pair(m, binding.target.str()), metric);
        }
      }
    }
    holders_.merge(aliases);
  }

  std::vector<size_t> held_by(uint32_t module, const std::string& name) const {
    std::vector<size_t> out;
    const auto [first, last] = holders_.equal_range({module, name});
    for (auto it = first; it != last; ++it) out.push_back(it->second);
    return out;
  }

  // The metrics that `holder` names in module `m`: its own variable, one that it imports, an attribute of an
  // object that only one class has.
  std::vector<size_t> find(uint32_t m, std::string holder) const {
    if (holder.empty()) return {};
    if (const size_t open = holder.find('['); open != holder.npos) holder.resize(open), holder += "[]";
    if (std::vector<size_t> own = held_by(m, holder); !own.empty()) return own;
    const std::string first = holder.substr(0, holder.find_first_of(".["));
    for (const PyImport& import : facts_.python[m].imports) {
      if (import.bound != first) continue;
      const std::string rest = holder.substr(std::min(first.size(), holder.size()));
      std::vector<size_t> out;
      for (const auto& [key, metric] : holders_) {
        const std::string& module = facts_.python[key.first].name.str();
        const std::string& target = import.target.empty() ? import.module.str() : import.target.str();
        if (target + rest == module + "." + key.second) out.push_back(metric);
      }
      if (!out.empty()) return out;
    }
    return by_attribute(m, holder);
  }

  // `x.latency` where one holder alone is an attribute of that name, or a name in this module.
  std::vector<size_t> by_attribute(uint32_t m, const std::string& holder) const {
    const size_t dot = holder.rfind('.');
    if (dot == holder.npos) return {};
    std::vector<size_t> out;
    const auto [first, last] = by_ending_.equal_range(holder.substr(dot + 1));
    for (auto it = first; it != last; ++it) {
      const auto& [module, name] = it->second->first;
      const bool attribute = name.starts_with("self.") || name.starts_with("cls.");
      const bool here = module == m && name.find('.') == std::string::npos;
      const size_t metric = it->second->second;
      if ((attribute || here) && std::find(out.begin(), out.end(), metric) == out.end())
        out.push_back(metric);
    }
    return out.size() == 1 ? out : std::vector<size_t>();
  }

  void index_endings() {
    by_ending_.clear();
    for (auto it = holders_.cbegin(); it != holders_.cend(); ++it) {
      const std::string& name = it->first.second;
      by_ending_.emplace(name.substr(name.rfind('.') + 1), it);
    }
  }

  FactStore& facts_;
  Holders holders_;
  std::multimap<std::string, Holders::const_iterator> by_ending_;  // last part of the name
};

}  // namespace

void link_defined_metrics(FactStore& facts) { MetricLinker(facts).link(); }

}  // namespace mlgrade
