// Asking a runner for targets by name: what link_runners.cc and link_pipelines.cc share.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/graph/command_linking.h"

namespace mlgrade {

// One way of asking a runner for targets.
struct Request {
  std::string_view system;
  UnitKind kind = UnitKind::kTarget;
  std::string_view what;      // "just recipe", for what is missing
  std::string folder;         // in which it runs; "?" unknown
  bool rest_is_args = false;  // what follows the first name is for the target
};

std::string folder_of_run(const Linking& l);  // of the command; the root if that is not known

// The words behind `verbs`, which stand one after another behind the program; empty if they do not.
std::vector<const Word*> behind(const Linking& l, std::initializer_list<std::string_view> verbs,
                                const std::vector<std::string_view>& with_value = {});
bool has_verbs(const Linking& l, std::initializer_list<std::string_view> verbs);

// The files with units of a system that a run in `folder` finds: there, else in the nearest folder above. In
// an unknown folder any may be meant.
std::vector<uint32_t> files_near(const Linking& l, UnitKind kind, std::string_view system,
                                 std::string_view folder);

// Units of that name in the files, or in what those include.
std::vector<NodeId> named_units(const Linking& l, const std::vector<uint32_t>& files, UnitKind kind,
                                std::string_view system, std::string_view name);

// Runs the units; a literal name that the runner's own files do not have is a dangling reference.
void run_request(Linking& l, const Request& request, const std::vector<const Word*>& names);

// The folder that an option names, else that of the command.
std::string folder_option(const Linking& l, std::string_view short_name, std::string_view long_name);

// Pipelines of data and models (link_pipelines.cc).
void run_snakemake(Linking& l);
void run_dvc_stages(Linking& l);
void run_mlflow_project(Linking& l);

}  // namespace mlgrade
