// Production that reads what belongs to a test or to a person.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

bool is_address(std::string_view value) {
  return value.find("://") != std::string_view::npos || value.starts_with("/home/") ||
         value.starts_with("/Users/");
}

// What says where the address leads: the host of a page, the whole of a store's.
std::string_view place_in(std::string_view value) {
  if (!value.starts_with("http://") && !value.starts_with("https://")) return value;
  value.remove_prefix(value.find("://") + 3);
  return value.substr(0, value.find('/'));
}

// "s3://rows-staging/x": a word of another environment in the address. Names of protocols and tests of the
// web are none.
std::string_view other_environment(std::string_view value) {
  value = place_in(value);
  if (value.starts_with("/home/") || value.starts_with("/Users/")) return "somebody's own folder";
  if (has_word(value, {"staging", "stage", "stg"})) return "staging";
  if (has_word(value, {"sandbox", "playground"})) return "a sandbox";
  if (has_word(value, {"localhost"}) || value.find("127.0.0.1") != std::string_view::npos) return "";
  if (has_word(value, {"dev", "development"})) return "development";
  return "";
}

bool is_production(std::string_view name) {
  return has_word(name, {"production", "prod"}) &&
         !has_word(name, {"pre", "non", "preprod", "nonprod", "staging", "dev"});
}

// The folder or file, or a key above the value, says production.
bool speaks_of_production(const RuleInput& in, const ConfigDocument& document, const ConfigKey& key) {
  const std::string_view path = in.facts.path(document.file);
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const size_t slash = path.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  const std::string_view parent =
      folder.substr(folder.rfind('/') == std::string_view::npos ? 0 : folder.rfind('/') + 1);
  const std::string_view keys = key.path.view().substr(0, key.path.view().rfind('.'));
  return is_production(name) || is_production(parent) || (keys != key.path.view() && is_production(keys));
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file) || is_test_code(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      if (!is_address(key.value) || key.value.find(' ') != std::string::npos) continue;
      const std::string_view other = other_environment(key.value);
      if (other.empty() || !speaks_of_production(in, document, key)) continue;
      hits.push_back({key.span, fmt::format("production is given an address of {}: {}", other, key.value)});
    }
  }
  report_by_file(std::move(hits), Severity::kHigh, Confidence::kMedium, output);
}

}  // namespace

extern const Rule data_wrong_environment;
const Rule data_wrong_environment{
    .kind = RuleKind::kFinding,
    .summary = "Production is given a source of another environment",
    .why = "Rows of a test look like rows, and the model learns or answers from them.",
    .fix = "Name the source of the environment itself, and let the job refuse others as it starts.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes): wrong data source",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
