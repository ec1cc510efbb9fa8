// Collects samplers, bounds and times of keeping; no rule of its own.
#include "rules/support/telemetry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "rules/support/code.h"
#include "rules/support/config.h"

namespace mlgrade {
namespace {

using Kind = TelemetryBound::Kind;
constexpr int kMaxHops = 4;  // names bound to names

Span line_of(const ConfigDocument& document, uint32_t line) { return {document.file, line, 1, line}; }

// The configuration of a collector: a file of its own, or a part of a chart's values or an object.
std::vector<const DataNode*> collectors_in(const DataNode& root) {
  std::vector<const DataNode*> out;
  for (const DataNode* node :
       {static_cast<const DataNode*>(&root), root.find("config"), root.at({"spec", "config"})}) {
    if (node != nullptr && node->at({"service", "pipelines"}) != nullptr) out.push_back(node);
  }
  return out;
}

// A rate by which something is left out.
bool leaves_out(double rate, double whole) { return !std::isnan(rate) && rate < whole; }

struct SamplerCall {
  std::string_view ending;   // of the resolved name
  std::string_view keyword;  // "" is the first argument
  double whole;              // the rate that keeps all
};
constexpr std::array<SamplerCall, 6> kSamplers = {{
    {"sampling.TraceIdRatioBased", "", 1},
    {"sampling.ParentBasedTraceIdRatio", "", 1},
    {"sentry_sdk.init", "traces_sample_rate", 1},
    {"langfuse.Langfuse", "sample_rate", 1},
    {"DataCaptureConfig", "sampling_percentage", 100},
    {"ddtrace.sampler.RateSampler", "sample_rate", 1},
}};

void add_code(const RuleInput& in, std::vector<TelemetryBound>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      const std::string_view target = call.target.view();
      if (target.empty()) continue;
      const auto add = [&](Kind kind, std::string what) {
        out.push_back({kind, std::move(what), call.span, in.graph.node_of_function({m, call.function})});
      };
      for (const SamplerCall& sampler : kSamplers) {
        if (!target.ends_with(sampler.ending)) continue;
        const PyValue* rate = keyword_of(module, call, sampler.keyword.empty() ? "rate" : sampler.keyword);
        if (rate == nullptr && sampler.keyword.empty() && !call.args.empty())
          rate = &module.args[call.args.begin].value;
        if (rate != nullptr && leaves_out(number_of(module, *rate), sampler.whole))
          add(Kind::kSampled, fmt::format("telemetry is sampled: {}", call.callee.view()));
      }
      if (target.starts_with("opentelemetry.") &&
          (target.ends_with(".BatchSpanProcessor") || target.ends_with(".BatchLogRecordProcessor")))
        add(Kind::kBounded, fmt::format("the queue is bounded: {}", call.callee.view()));
    }
  }
}

void add_processors(const RuleInput& in, std::vector<TelemetryBound>& out) {
  for (const Processor& one : piped_processors(in.facts)) {
    const NodeId node = node_of_manifest(in, one.at.file);
    const std::string_view kind = one.name.substr(0, one.name.find('/'));
    if (kind == "tail_sampling")
      out.push_back({Kind::kSampled, "telemetry is sampled: tail_sampling", one.at, node});
    if (kind == "probabilistic_sampler" && one.settings != nullptr) {
      const DataNode* share = one.settings->find("sampling_percentage");
      const double rate = share == nullptr ? 0 : share->as_number().value_or(100);
      if (leaves_out(rate, 100))
        out.push_back({Kind::kSampled, "telemetry is sampled: probabilistic_sampler", one.at, node});
    }
    if (kind == "memory_limiter")
      out.push_back({Kind::kBounded, "the queue is bounded: memory_limiter", one.at, node});
  }
}

// Keys that say how long telemetry is kept, by the end of their path.
bool says_how_long(const ConfigKey& key) {
  const std::string_view path = key.path.view();
  const std::string& value = key.value;
  if (value.find("retention.time=") != std::string::npos ||
      value.find("retention.size=") != std::string::npos)
    return true;
  const std::string_view last = path.substr(path.rfind('.') + 1);
  constexpr std::array<std::string_view, 4> kKeys = {"retention_in_days", "RetentionInDays",
                                                     "retention_period", "block_retention"};
  const bool named = std::find(kKeys.begin(), kKeys.end(), last) != kKeys.end();
  const bool of_prometheus = last == "retention" && path.find("rometheusSpec") != path.npos;
  return (named || of_prometheus) && !value.empty() && value != "0" && value != "0s";
}

void add_keys(const RuleInput& in, std::vector<TelemetryBound>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      const std::string_view last = path.substr(path.rfind('.') + 1);
      const NodeId node = kNone;
      if (says_how_long(key)) {
        out.push_back({Kind::kKept, fmt::format("a time of keeping is set: {}", last), key.span, node});
      } else if (last == "OTEL_TRACES_SAMPLER" && key.value.find("ratio") != std::string::npos) {
        out.push_back({Kind::kSampled, "telemetry is sampled: OTEL_TRACES_SAMPLER", key.span, node});
      } else if (last == "InitialSamplingPercentage" || last == "initial_sampling_percentage") {
        if (std::atof(key.value.c_str()) < 100)
          out.push_back({Kind::kSampled, "telemetry is sampled: " + std::string(last), key.span, node});
      } else if (path.starts_with("exporters.") && path.ends_with("sending_queue.queue_size")) {
        out.push_back({Kind::kBounded, "the queue is bounded: sending_queue", key.span, node});
      } else if (last == "OTEL_BSP_MAX_QUEUE_SIZE") {
        out.push_back({Kind::kBounded, "the queue is bounded: OTEL_BSP_MAX_QUEUE_SIZE", key.span, node});
      }
    }
  }
}

}  // namespace

std::vector<Processor> piped_processors(const FactStore& facts) {
  std::vector<Processor> out;
  for (const ConfigDocument& document : facts.configs) {
    if (is_sample(facts, document.file)) continue;
    for (const DataNode* collector : collectors_in(document.root)) {
      const DataNode* processors = collector->find("processors");
      if (processors == nullptr) continue;
      for (const auto& [name, settings] : processors->entries) {
        for (const auto& [pipe, parts] : collector->at({"service", "pipelines"})->entries) {
          const DataNode* used = parts.find("processors");
          const std::vector<std::string> names =
              used == nullptr ? std::vector<std::string>() : used->strings();
          if (std::find(names.begin(), names.end(), name) == names.end()) continue;
          out.push_back(
              {name, &settings, line_of(document, processors->line_of(name)), line_of(document, used->line)});
          break;
        }
      }
    }
  }
  return out;
}

const PyValue* keyword_of(const PythonModule& module, const PyCall& call, std::string_view keyword) {
  for (uint32_t a = call.args.begin; a < call.args.end && a < module.args.size(); ++a) {
    if (module.args[a].keyword == keyword) return &module.args[a].value;
  }
  return nullptr;
}

double number_of(const PythonModule& module, const PyValue& value, int depth) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  if (depth > kMaxHops) return kUnknown;
  if (value.kind == PyValue::Kind::kNumber) return value.number;
  if (value.kind == PyValue::Kind::kString) {
    char* end = nullptr;
    const double number = std::strtod(value.text.str().c_str(), &end);
    return end != nullptr && *end == '\0' && !value.text.empty() ? number : kUnknown;
  }
  if (value.kind == PyValue::Kind::kName) {
    for (const PyBinding& binding : module.bindings) {
      if (binding.target == value.text) return number_of(module, binding.value, depth + 1);
    }
  }
  if (value.kind == PyValue::Kind::kCall) {  // float(os.getenv("RATE", "0.1"))
    const PyCall& call = module.calls[value.call];
    if (call.args.empty()) return kUnknown;
    const bool reads = call.method == "getenv" || call.method == "get";
    if (!reads && call.callee != "float" && call.callee != "int") return kUnknown;
    return number_of(module, module.args[call.args.end - 1].value, depth + 1);
  }
  return kUnknown;
}

std::vector<TelemetryBound> telemetry_bounds(const RuleInput& in) {
  std::vector<TelemetryBound> out;
  add_code(in, out);
  add_processors(in, out);
  add_keys(in, out);
  return out;
}

}  // namespace mlgrade
