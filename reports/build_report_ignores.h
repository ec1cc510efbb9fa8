// What the analysed repository accepts of its findings: by a comment at the place,
//   x = fit(all_rows)  # mlgrade: ignore[leakage/fit-before-split] the rows are synthetic
// which speaks of its own line, or of the next one where nothing else stands on its line; or by an entry of
// the list `ignore` in `.mlgrade.yaml` (rubric/settings.h). The reason is required in both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/repo/source_file.h"
#include "rubric/scorecard.h"

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

// An entry of an ignore list.
struct IgnoreListed {
  const IgnoreEntry* entry = nullptr;  // never null; must outlive this
  bool answers = true;  // whether to say that it hides nothing: what is shown is all that it speaks of
  bool used = false;
};

struct Acceptance {
  std::string reason;
  std::string_view by;  // "comment", "settings"
  Span at;
  std::optional<Date> until;
};

// All that a repository accepts, and what of it was of use.
class Ignores {
 public:
  Ignores(std::vector<IgnoreComment> comments, std::vector<IgnoreListed> listed)
      : comments_(std::move(comments)), listed_(std::move(listed)) {}

  // What accepts a finding of `rule` at `place`, which lies in the file at `path`: the nearest word, a
  // comment before a list. It is marked as used. None without a reason or after its last day.
  std::optional<Acceptance> accept(std::string_view rule, const Span& place, std::string_view path);

  // Those that are wrong or were of no use: where, and a sentence. In the order of comments, then lists.
  std::vector<std::pair<Span, std::string>> complaints() const;

 private:
  std::vector<IgnoreComment> comments_;
  std::vector<IgnoreListed> listed_;
};

}  // namespace mlgrade
