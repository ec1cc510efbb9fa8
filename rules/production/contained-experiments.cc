// Faults in production have a limited reach and a condition to stop.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/chaos_runs.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 5;

// The part of a manifest that says whom it hits: `spec`, or of a Schedule the part named after its kind of
// fault.
const DataNode* reach_of(const DataNode& root) {
  const DataNode* spec = root.find("spec");
  if (spec == nullptr || root.get("kind") != "Schedule") return spec;
  for (const DataEntry& entry : spec->entries) {
    if (entry.second.is_mapping() && entry.second.find("mode") != nullptr) return &entry.second;
  }
  return spec;
}

bool selects(const DataNode& part) {
  const DataNode* selector = part.find("selector");
  return selector != nullptr && selector->is_mapping() && !selector->entries.empty();
}

void cap(Evidence& evidence, std::string why) {
  evidence.worth = 0.5;
  evidence.worth_why = std::move(why);
}

void add_mesh(const RuleInput& in, const ConfigDocument& document, std::vector<Evidence>& out) {
  const DataNode* part = reach_of(document.root);
  if (part == nullptr) return;
  Evidence evidence;
  const uint32_t line = part->find("mode") == nullptr ? part->line : part->line_of("mode");
  evidence.place = Span{document.file, line, 1, line};
  evidence.what = fmt::format("{} breaks something in the running system", document.root.get("kind"));
  evidence.runs_at = node_of_manifest(in, document.file);
  const bool all = part->get("mode") == "all";
  const DataNode* spec = document.root.find("spec");
  if (document.root.get("kind") == "Schedule" && spec->find("type") == nullptr) {
    evidence.defeat = "the schedule names no kind of fault (spec.type), so nothing happens";
    evidence.defeat_at = evidence.place;
  } else if (all && !selects(*part)) {
    evidence.defeat = "it hits everything: `mode: all`, and nothing selects whom";
    evidence.defeat_at = evidence.place;
    evidence.remedy = "Select a namespace and labels, and hit one or a share of them.";
  } else if (!selects(*part)) {
    cap(evidence, "nothing selects whom it hits");
  } else {
    cap(evidence, "nothing stops it when a measure goes bad");
  }
  out.push_back(std::move(evidence));
}

// A workflow of Chaos Mesh with a status check that aborts it.
bool aborts(const ConfigDocument& document) {
  return std::any_of(document.keys.begin(), document.keys.end(), [](const ConfigKey& key) {
    return key.path.view().ends_with(".abortWithStatusCheck") && key.value == "true";
  });
}

// The method names whom it hits: a namespace and labels, a number or a share, one instance.
bool names_reach(const ConfigDocument& document) {
  return std::any_of(document.keys.begin(), document.keys.end(), [](const ConfigKey& key) {
    const std::string_view path = key.path.view();
    if (!path.starts_with("method")) return false;
    const std::string_view last = path.substr(path.rfind('.') + 1);
    return last == "ns" || last == "label_selector" || last == "qty" || last == "percentage" ||
           last == "instance_ids" || last == "name_pattern" || last == "az" ||
           (last == "arguments" && has_word(key.value, {"kill", "stop", "pause"}) &&
            key.value.find(' ') != std::string::npos);
  });
}

void add_toolkit(const RuleInput& in, const ConfigDocument& document, std::vector<Evidence>& out) {
  Evidence evidence;
  const uint32_t line = document.root.line_of("method");
  evidence.place = Span{document.file, line, 1, line};
  evidence.what = "an experiment with a state to hold";
  evidence.runs_at = chaos_run_of(in, document.file);
  if (evidence.runs_at == kNone) evidence.runs_at = node_of_manifest(in, document.file);
  const DataNode* back = document.root.find("rollbacks");
  if (!names_reach(document)) {
    cap(evidence, "its reach has no limit");
  } else if (back == nullptr || back->items.empty()) {
    cap(evidence, "nothing puts things right again");
  } else {
    evidence.links = {
        {evidence.place, evidence.what},
        {Span{document.file, document.root.line_of("rollbacks"), 1, 0}, "puts things right again"}};
  }
  out.push_back(std::move(evidence));
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    const std::string_view group = document.root.get("apiVersion");
    if (group.starts_with("chaos-mesh.org/")) {
      add_mesh(in, document, found);
      if (aborts(document) && found.back().defeat.empty()) found.back().worth = 1;
    } else if (document.root.find("steady-state-hypothesis") != nullptr &&
               document.root.find("method") != nullptr) {
      add_toolkit(in, document, found);
    } else if (group.starts_with("litmuschaos.io/")) {
      Evidence evidence;
      const uint32_t line = document.root.line == 0 ? 1 : document.root.line;
      evidence.place = Span{document.file, line, 1, line};
      evidence.what = fmt::format("{} breaks something in the running system", document.root.get("kind"));
      evidence.runs_at = node_of_manifest(in, document.file);
      cap(evidence, "nothing stops it when a measure goes bad");
      found.push_back(std::move(evidence));
    }
  }
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule production_contained_experiments;
const Rule production_contained_experiments{
    .summary = "faults in production have a limited reach and a condition to stop",
    .why = "An experiment without a limit is an incident that somebody scheduled.",
    .fix = "Name a namespace and a share, hold a state, and put things right again when it breaks.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (chaos experiments)",
    .run = run,
};

}  // namespace mlgrade::rules
