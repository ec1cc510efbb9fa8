// Finding the comments by one search through the text; lists by rule and path.
#include "reports/build_report_ignores.h"

#include <algorithm>
#include <string_view>

namespace mlgrade {
namespace {

constexpr std::string_view kMark = "mlgrade: ignore[";

std::string_view trimmed(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

// What opens a comment, at the end of `before`; its start, or npos.
size_t comment_start(std::string_view before) {
  const size_t end = before.find_last_not_of(" \t");
  if (end == std::string_view::npos) return end;
  before = before.substr(0, end + 1);
  for (const std::string_view mark : {"<!--", "//", "--", "{{/*", "/*", "#", ";"}) {
    if (before.ends_with(mark)) return before.size() - mark.size();
  }
  return std::string_view::npos;
}

std::vector<std::string> rules_in(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view one = trimmed(list.substr(0, comma));
    if (!one.empty()) out.emplace_back(one);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return out;
}

std::string_view without_comment_end(std::string_view reason) {
  reason = trimmed(reason);
  for (const std::string_view end : {"-->", "*/}}", "*/"}) {
    if (reason.ends_with(end)) reason.remove_suffix(end.size());
  }
  return trimmed(reason);
}

}  // namespace

std::vector<IgnoreComment> ignore_comments(const SourceFile& file) {
  std::vector<IgnoreComment> out;
  const std::string_view text = file.text;
  uint32_t line = 1;
  size_t counted = 0;  // line ends before this are counted
  for (size_t at = text.find(kMark); at != std::string_view::npos; at = text.find(kMark, at + kMark.size())) {
    line += static_cast<uint32_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                             text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    counted = at;
    const size_t start = text.rfind('\n', at) + 1;  // npos + 1 is 0
    const std::string_view before = text.substr(start, at - start);
    const std::string_view rest = text.substr(at, std::min(text.find('\n', at), text.size()) - at);
    const size_t comment = comment_start(before);
    const size_t close = rest.find(']');
    if (comment == std::string_view::npos || close == std::string_view::npos) continue;
    IgnoreComment one;
    one.at = Span{file.id, line, static_cast<uint32_t>(comment + 1), line};
    one.line = trimmed(before.substr(0, comment)).empty() ? line + 1 : line;
    one.rules = rules_in(rest.substr(kMark.size(), close - kMark.size()));
    one.reason = without_comment_end(rest.substr(close + 1));
    out.push_back(std::move(one));
  }
  return out;
}

namespace {

// What is wrong with a comment, a sentence; "" for one that was used and has its reason.
std::string complaint(const IgnoreComment& comment) {
  if (comment.rules.empty()) return "this comment names no rule, so it accepts nothing";
  std::string names;
  for (const std::string& rule : comment.rules) names += (names.empty() ? "" : ", ") + rule;
  if (comment.reason.empty())
    return "this comment accepts " + names + " without a reason, so it is not followed";
  if (!comment.used) return "this comment accepts " + names + ", and there is no such finding at its line";
  return "";
}

std::string complaint(const IgnoreListed& listed) {
  const IgnoreEntry& entry = *listed.entry;
  if (entry.expired) {
    return "this entry accepted " + entry.rule + " until " + format_date(*entry.expires) +
           ", so its findings are open again";
  }
  if (listed.used || !listed.answers) return "";
  return "this entry accepts " + entry.rule + ", and there is no such finding" +
         (entry.paths.empty() ? "" : " in its paths");
}

}  // namespace

std::optional<Acceptance> Ignores::accept(std::string_view rule, const Span& place, std::string_view path) {
  std::optional<Acceptance> out;
  for (IgnoreComment& comment : comments_) {
    if (comment.at.file != place.file || comment.line != place.line) continue;
    if (std::find(comment.rules.begin(), comment.rules.end(), rule) == comment.rules.end()) continue;
    comment.used = true;
    if (!comment.reason.empty() && !out) out = Acceptance{comment.reason, "comment", comment.at, {}};
  }
  for (IgnoreListed& listed : listed_) {
    const IgnoreEntry& entry = *listed.entry;
    if (entry.rule != rule || entry.expired || !speaks_of(entry, path)) continue;
    listed.used = true;
    if (!out) out = Acceptance{entry.reason, "settings", entry.place, entry.expires};
  }
  return out;
}

std::vector<std::pair<Span, std::string>> Ignores::complaints() const {
  std::vector<std::pair<Span, std::string>> out;
  const auto add = [&](const Span& at, std::string wrong) {
    if (!wrong.empty()) out.emplace_back(at, std::move(wrong));
  };
  for (const IgnoreComment& comment : comments_) add(comment.at, complaint(comment));
  for (const IgnoreListed& listed : listed_) add(listed.entry->place, complaint(listed));
  return out;
}

}  // namespace mlgrade
