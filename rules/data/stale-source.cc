// A step reads a file that another step writes, and nothing says that the one runs after the other, nor how
// old the file is.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/code_findings.h"
#include "rules/support/data_files.h"
#include "rules/support/paths.h"

namespace mlgrade::rules {
namespace {

// A definition of the pipeline, a workflow or a target names the file: what depends on it is said there.
bool is_declared(const RuleInput& in, const std::string& path) {
  for (const ConfigDocument& document : in.facts.configs) {
    const std::string_view name = file_name(in.facts.path(document.file));
    const bool pipeline = name == "dvc.yaml" || name == "dvc.lock" || name == "MLproject";
    if (!pipeline) continue;
    for (const ConfigKey& key : document.keys) {
      if (key.value == path) return true;
    }
  }
  return std::any_of(in.facts.automation.begin(), in.facts.automation.end(), [&](const AutomationFile& file) {
    return std::any_of(file.links.begin(), file.links.end(),
                       [&](const UnitLink& link) { return link.target.view() == path; }) ||
           std::any_of(file.commands.begin(), file.commands.end(), [&](const Command& command) {
             return std::any_of(command.words.begin(), command.words.end(),
                                [&](const Word& word) { return word.text.find(path) != std::string::npos; });
           });
  });
}

// Something runs both, whatever the order is: a program, a job, a flow.
bool run_together(const RuleInput& in, NodeId a, NodeId b) {
  const std::vector<NodeId> first = in.graph.callers(a), second = in.graph.callers(b);
  const std::set<NodeId> all(first.begin(), first.end());
  return std::any_of(second.begin(), second.end(), [&](NodeId node) { return all.contains(node); });
}

// The reader, or who is beside it in the function, asks for age, version or shape.
bool is_checked(const RuleInput& in, const FileAccess& reader) {
  const PythonModule& module = in.facts.python[reader.module];
  return std::ranges::any_of(calls_in(module, reader.function), [&](const PyCall& call) {
    return has_word(call.callee.view(),
                    {"getmtime", "stat", "mtime", "hash", "sha256", "md5", "checksum", "version", "validate",
                     "check", "verify", "fresh", "freshness", "age", "assert"});
  });
}

void run(const RuleInput& in, RuleOutput& output) {
  const auto written = file_accesses(in, "writes-data");
  std::vector<Hit> hits;
  for (const auto& [path, readers] : file_accesses(in, "reads-data")) {
    const auto writers = written.find(path);
    if (writers == written.end() || is_declared(in, path)) continue;
    for (const FileAccess& reader : readers) {
      const bool together =
          std::any_of(writers->second.begin(), writers->second.end(), [&](const FileAccess& writer) {
            return writer.module == reader.module || writer.node == kNone || reader.node == kNone ||
                   run_together(in, writer.node, reader.node);
          });
      if (together || is_checked(in, reader)) continue;
      const FileAccess& writer = writers->second.front();
      hits.push_back({reader.at, fmt::format("{} is what {} wrote whenever it last ran", path,
                                             in.facts.path(in.facts.python[writer.module].file))});
    }
  }
  report_by_file(std::move(hits), Severity::kMedium, Confidence::kMedium, output);
}

}  // namespace

extern const Rule data_stale_source;
const Rule data_stale_source{
    .kind = RuleKind::kFinding,
    .summary = "A step reads what another wrote whenever it last ran",
    .why = "After a step that was left out the next one trains on the rows of last month, without an error.",
    .fix = "Declare the dependency in a pipeline, or check age, version or hash before reading.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes): stale data",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
