// By how each format begins; the renderers in reports/ write these beginnings.
#include "analyzer/repo/own_report.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace mlgrade {
namespace {

// The endings that reports have; whatever has another is not read as a document.
constexpr std::array<std::string_view, 11> kEndings = {
    ".json", ".sarif", ".html", ".htm", ".md", ".markdown", ".xml", ".csv", ".svg", ".txt", ".annotations"};
constexpr uint64_t kLeastBytes = 60;

std::string_view after_blanks(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

// Whether all of them occur, one behind the other.
bool holds(std::string_view text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) {
    const size_t at = text.find(part);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + part.size());
  }
  return true;
}

bool is_json(std::string_view head) {
  return holds(head, {"\"tool\"", "\"name\"", "\"mlgrade\"", "\"rubric\""}) ||
         holds(head, {"sarif-2.1.0", "\"driver\"", "\"name\"", "\"mlgrade\""}) ||
         holds(head, {"\"schemaVersion\"", "\"label\"", "\"ML Test Score\""}) ||
         holds(head, {"\"check_name\"", "\"fingerprint\"", "\"engine_name\"", "\"mlgrade\"", "\"location\""});
}

}  // namespace

bool is_own_report(std::string_view text) {
  text = after_blanks(text);
  const std::string_view head = text.substr(0, kReportHead);
  if (head.starts_with('{') || head.starts_with('[')) return is_json(head);
  if (head.starts_with("<!doctype html>"))
    return holds(head, {"<meta name=\"generator\" content=\"mlgrade "});
  if (head.starts_with("<?xml")) return holds(head, {"<testsuites name=\"ML Test Score "});
  if (head.starts_with("<svg")) return holds(head, {"aria-label=\"ML Test Score: "});
  if (head.starts_with("<!-- mlgrade -->")) return holds(head, {"### ML Test Score of "});
  if (head.starts_with("::notice title=ML Test Score ")) return true;
  if (head.starts_with("section,item,title,points,status,gating,confidence,")) return true;
  const size_t line = std::min(head.find('\n'), head.size());
  const std::string_view title = head.substr(0, line);
  return title.ends_with(')') && title.find("  (") != std::string_view::npos &&
         head.substr(line).starts_with("\n\n  ML Test Score  ");
}

void leave_out_own_reports(Repo& repo, const std::function<std::string(const FileFact&)>& head) {
  for (FileFact& file : repo.files) {
    if (file.vendored || file.link || file.bytes < kLeastBytes) continue;
    const std::string_view path = file.path.view();
    const bool may = std::any_of(kEndings.begin(), kEndings.end(),
                                 [&](std::string_view ending) { return path.ends_with(ending); });
    if (!may || !is_own_report(head(file))) continue;
    file.vendored = true;
    Problem problem;
    problem.kind = ProblemKind::kNotAnalysable;
    problem.span.file = file.id;
    problem.message = "skipped: a report that mlgrade wrote is no part of the system";
    repo.problems.push_back(std::move(problem));
  }
}

}  // namespace mlgrade
