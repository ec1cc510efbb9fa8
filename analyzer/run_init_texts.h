// What `mlgrade init` proposes to write, made from a report of the repository.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"
#include "rubric/scorecard.h"

namespace mlgrade {

struct InitFile {
  std::string path;  // from the repository's root
  std::string text;
};

struct InitWishes {
  std::string workflow;  // "github", "gitlab" or ""
  std::string project;   // the folder of one system; "" and "." are the top
  std::string branch;    // the default branch; "": main
  bool has_gitlab_ci = false;
};

// `.mlgrade.yaml` first. Every line of it that holds something else than the version, the detected profile
// and comments is a comment, so that the reader accepts it and scores stay as they are. Empty with a sentence
// in `error` where a name cannot be written into a workflow.
std::vector<InitFile> init_files(const Report& report, const Rubric& rubric, const InitWishes& wishes,
                                 std::string& error);

}  // namespace mlgrade
