// `.mlgrade.yaml`, what a project says of itself: the profile it wants to be held to, items that do not
// apply, and attestations for what no repository can show. Mistakes are problems with the line, never
// ignored.
//
//   profile: service
//   not_applicable:
//     - {item: PROD-3, reason: "One tenant; there is nobody to divide into groups."}
//   attestations:
//     - item: RISK-7
//       reason: Claims handlers see each refusal before it is sent.
//       owner: claims@north.example
//       evidence: docs/oversight.md        # a path of the repository, or https://...
//       expires: 2027-03-01
//   ignore:                              # findings, not items: they take no points
//     - rule: automation/test-without-assertion
//       paths: [tests/smoke/**]          # from the folder of this file; without it: everywhere
//       reason: They only must not raise.
//       expires: 2027-03-01              # may be left out; afterwards the findings are open again
//
// `version: 1` may stand above all.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/base/problem.h"
#include "analyzer/base/span.h"
#include "rubric/scorecard.h"

namespace mlgrade {

inline constexpr std::string_view kSettingsFile = ".mlgrade.yaml";

struct SettingsContext {
  const Rubric& rubric;
  std::optional<Date> as_of;  // attestations that ended before this day are mistakes; none: not checked
  std::function<bool(std::string_view path)> has_path;  // a file or folder of the repository
  std::string folder;                                   // where the file lies; paths begin there
  std::vector<std::string_view> findings;               // ids of the rules whose findings can be accepted
  std::vector<std::string_view> evidences;  // ids of rules that give evidence, so that there is nothing to
};

// Problems' messages start with "<path>:<line>: ".
ProjectSettings read_settings(const DataNode& root, FileId file, std::string_view path,
                              const SettingsContext& context, std::vector<Problem>& problems);

}  // namespace mlgrade
