// Comments in the analysed repository that accept a finding:
//   x = fit(all_rows)  # mlgrade: ignore[leakage/fit-before-split] the rows are synthetic
// The comment speaks of its own line, or of the next one where nothing else stands on its line. The reason is
// required.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/repo/source_file.h"
#include "reports/report.h"

namespace mlgrade {

struct IgnoreComment {
  Span at;
  uint32_t line = 0;  // of which it speaks, as spans count lines
  std::vector<std::string> rules;
  std::string reason;
  bool used = false;
};

// Those of one file, in the order of lines.
std::vector<IgnoreComment> ignore_comments(const SourceFile& file);

// The comment that accepts a finding of `rule` at `place`; it is marked as used. Null if there is none, or
// one without a reason.
const IgnoreComment* accepting(std::vector<IgnoreComment>& comments, std::string_view rule,
                               const Span& place);

// What is wrong with a comment, a sentence; "" for one that was used and has its reason.
std::string complaint(const IgnoreComment& comment);

}  // namespace mlgrade
