// What projects say of themselves, read from the `.mlgrade.yaml` of each before anything is judged.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/date.h"
#include "analyzer/engine/runner.h"
#include "analyzer/repo/repo.h"
#include "rubric/settings.h"

namespace mlgrade {

struct AllSettings {
  std::map<std::string, ProjectSettings> by_folder;  // "" is the top
  std::vector<std::string> mistakes;                 // "<path>:<line>: what is wrong", in the order of paths

  // Those of the folder itself, else those of the top; null if there are none.
  const ProjectSettings* of(std::string_view folder) const;
};

// Files in samples and vendored copies are none of ours.
AllSettings read_all_settings(const Repo& repo, const Rubric& rubric, const RuleSet& rules,
                              std::optional<Date> as_of);

}  // namespace mlgrade
