// One command being linked, and the ways to link it: shared by the link_*.cc files of this folder, private to
// it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/graph/builder.h"
#include "analyzer/graph/command_line.h"

namespace mlgrade {

// One command being linked.
struct Linking {
  GraphBuilder& b;
  NodeId from;
  const AutomationFile& file;
  const Command& command;
  CommandLine line;
  std::string cwd;  // repository-relative; "?" unknown

  void run(NodeId to, Truth certain = Truth::kYes, EdgeNote note = {}, EdgeKind kind = EdgeKind::kRuns) {
    if (line.uncertain && certain == Truth::kYes) certain = Truth::kUnknown;
    b.add_edge({.from = from, .to = to, .span = command.span, .kind = kind, .certain = certain},
               std::move(note));
  }
  void dangle(std::string target) {
    std::string what;
    for (const Word& word : line.words) what += (what.empty() ? "" : " ") + word.text;
    b.graph.dangling.push_back({command.span, std::move(what), std::move(target)});
  }
};

// The node of a file that is run or applied and has no node of a better kind.
NodeId file_node(GraphBuilder& b, FileId file);
bool names_path(const Word& word);            // a literal without wildcards
bool looks_like_file(std::string_view text);  // has an ending

// Programs. `arguments`: the words behind the program's name.
void run_script_file(Linking& l, const Word& word, std::span<const Word> arguments = {});
void run_dotted_module(Linking& l, const Word& word, std::span<const Word> arguments = {});
void run_pytest(Linking& l);
void run_python(Linking& l);
void run_shell(Linking& l);
void run_powershell(Linking& l);
void run_batch(Linking& l);

// Task runners.
void run_units(Linking& l, UnitKind kind, std::string_view system, const std::vector<std::string>& names,
               Truth certain = Truth::kYes);
void run_make(Linking& l);
void run_tox(Linking& l);
void run_nox(Linking& l);
void run_pre_commit(Linking& l);

// Orchestrators.
bool run_metaflow_file(Linking& l, std::string_view path);  // false if the file holds no Metaflow flow
void run_prefect(Linking& l);
void run_zenml(Linking& l);
void run_dagster(Linking& l);
void run_airflow(Linking& l);
void run_kedro(Linking& l);
void run_luigi(Linking& l);
void run_flyte(Linking& l);
bool run_bundle(Linking& l);         // Databricks; false for its other commands
void run_stack(Linking& l);          // SAM, Serverless Framework
void run_stack_program(Linking& l);  // CDK, Pulumi

// Programs of CI systems and task runners (link_runners.cc); null if there is none of that name.
using RunnerLinker = void (*)(Linking&);
RunnerLinker runner_linker(std::string_view program);

// Deployment and job tools.
void run_kubectl(Linking& l);
void run_helm(Linking& l);
void run_terraform(Linking& l);
void run_listed(Linking& l);  // helmfile, skaffold
void run_sync(Linking& l);    // argocd, flux
void run_submit(Linking& l);
void run_docker(Linking& l);
void run_remote_build(Linking& l);    // kaniko, az acr build
void run_deployed_image(Linking& l);  // what `--image` or `--source` of a deployment names
// Builds the Dockerfile that is named, else that of the context, under a name; each may be null.
void run_image_build(Linking& l, const Word* file, const Word* context, const Word* tag);

}  // namespace mlgrade
