// Names of metrics where they are scraped.
#include "analyzer/passes/monitoring/metric_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace mlgrade {
namespace {

std::string_view written_unit(std::string_view unit) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kUnits = {{
      {"s", "seconds"},
      {"ms", "milliseconds"},
      {"us", "microseconds"},
      {"ns", "nanoseconds"},
      {"min", "minutes"},
      {"h", "hours"},
      {"d", "days"},
      {"By", "bytes"},
      {"%", "percent"},
      {"Cel", "celsius"},
  }};
  for (const auto& [given, written] : kUnits) {
    if (unit == given) return written;
  }
  return unit.find_first_of("{}/1") == unit.npos ? unit : std::string_view();
}

}  // namespace

const MetricConstructor* metric_constructor(std::string_view name) {
  static const std::vector<MetricConstructor> table = {
      {"Counter", "counter", {"_total", "_created"}},
      {"Gauge", "gauge", {""}},
      {"Histogram", "histogram", {"_bucket", "_sum", "_count", "_created"}},
      {"Summary", "summary", {"_sum", "_count", "_created"}},
      {"Info", "info", {"_info"}},
      {"Enum", "enum", {""}},
      {"create_counter", "counter", {"_total", ""}},
      {"create_up_down_counter", "gauge", {""}},
      {"create_gauge", "gauge", {"", "_ratio"}},
      {"create_histogram", "histogram", {"_bucket", "_sum", "_count"}},
      {"create_observable_counter", "counter", {"_total", ""}},
      {"create_observable_gauge", "gauge", {"", "_ratio"}},
      {"create_observable_up_down_counter", "gauge", {""}},
  };
  const auto known =
      std::find_if(table.begin(), table.end(), [&](const MetricConstructor& c) { return c.name == name; });
  return known == table.end() ? nullptr : &*known;
}

std::vector<Name> exposed_series(const MetricConstructor& made, std::string name, std::string_view unit) {
  if (made.instrument()) {
    for (char& c : name) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != ':') c = '_';
    }
  }
  if (made.kind == "counter" && name.ends_with("_total")) name.resize(name.size() - 6);
  if (made.kind == "info" && name.ends_with("_info")) name.resize(name.size() - 5);
  std::vector<std::string> bases = {name};
  if (made.instrument()) {
    const std::string_view written = written_unit(unit);
    if (!written.empty() && !name.ends_with(written)) bases.push_back(name + "_" + std::string(written));
  } else if (!unit.empty() && !name.ends_with("_" + std::string(unit))) {
    bases = {name + "_" + std::string(unit)};
  }
  std::vector<Name> out;
  for (const std::string& base : bases) {
    for (std::string_view ending : made.endings) out.emplace_back(base + std::string(ending));
  }
  return out;
}

}  // namespace mlgrade
