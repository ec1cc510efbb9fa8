// The end of the page: what could not be analysed, and how it was computed.
#include <algorithm>
#include <string>

#include "reports/page_parts.h"
#include "reports/terminal_text.h"

namespace mlgrade::page {
namespace {

constexpr size_t kShownProblems = 200;

std::string row(const char* name, const char* points, const char* meaning) {
  return tag("tr", "",
             tag("th", "scope=\"row\"", name) + tag("td", "class=\"num\"", points) + tag("td", "", meaning)) +
         "\n";
}

std::string status_table() {
  const std::string head = tag("th", "scope=\"col\"", "Status") +
                           tag("th", "scope=\"col\" class=\"num\"", "Points") +
                           tag("th", "scope=\"col\"", "Meaning");
  return tag(
      "table", "",
      tag("thead", "", tag("tr", "", head)) +
          tag("tbody", "",
              row("automated", "1", "a real check that something runs by itself and that can fail") +
                  row("manual", "0.5", "run by hand with its result kept; or automatic and partial") +
                  row("attested", "0.5", "the project's own word, with a reason, an owner and a date") +
                  row("neutralised", "0", "it runs and cannot fail") +
                  row("present", "0", "a check that nothing runs") + row("declared", "0", "only named") +
                  row("absent", "0", "nothing found") +
                  row("unknown", "0", "what would decide could not be read") +
                  row("not-applicable", "–",
                      "the repository is of another kind; the strict score counts it as 0")));
}

}  // namespace

std::string limits_card(const Report& report) {
  std::string out;
  if (!report.archetype_unread.empty()) out += tag("p", "", ended(report.archetype_unread));
  if (!report.unread.empty()) {
    std::string list;
    for (const ReportUnread& one : report.unread) {
      list += tag("li", "",
                  count(one.files, "file") + " in " + text(one.language) + ", from " + where(one.first)) +
              "\n";
    }
    out += tag("h3", "", "Code in languages that are not analysed") + tag("ul", "class=\"plain\"", list);
  }
  if (!report.problems.empty()) {
    std::string list;
    for (size_t i = 0; i < std::min(report.problems.size(), kShownProblems); ++i) {
      const ReportProblem& one = report.problems[i];
      list += tag("li", "", where(one.place) + " " + whole(one.message)) + "\n";
    }
    if (report.problems.size() > kShownProblems) {
      list +=
          tag("li", "",
              "and " + std::to_string(report.problems.size() - kShownProblems) + " more, in the JSON report");
    }
    out += tag("h3", "", "Files that could not be read wholly") + tag("ul", "class=\"plain\"", list);
  }
  if (out.empty()) out = tag("p", "", "Every file that decides something was read.");
  const ReportStats& stats = report.stats;
  out += tag(
      "p", "class=\"soft\"",
      "Read " + count(stats.analysed, "file") + " of " + std::to_string(stats.files) + ": " +
          count(stats.python_files, "Python file") + ", " + count(stats.notebooks, "notebook") + ", " +
          count(stats.tests, "test") + ", " + count(stats.units, "unit") + " of automation" +
          (stats.vendored > 0 ? "; " + count(stats.vendored, "file") + " of others or of mlgrade left aside"
                              : "") +
          ".");
  return card("limits", "What could not be analysed", out);
}

std::string method_card(const Report& report) {
  std::string out = tag("p", "",
                        "Every item earns 0, 0.5 or 1. A full point means that a check exists, that "
                        "something runs it without being asked, and that it can fail. "
                        "Half a point means that it was done by hand with its result kept, or that it covers "
                        "a part. A section's score is the sum of its items scaled to 7; "
                        "the ML Test Score is the lowest of the sections A to D. Nothing of the repository "
                        "was run, imported or fetched: what is read is files, "
                        "so each item says what no repository can show.");
  out += tag("h3", "", "What the words mean") + status_table();
  out +=
      tag("h3", "", "Sources") +
      tag("ul", "class=\"plain\"",
          tag("li", "",
              "Sections A to D: E. Breck, S. Cai, E. Nielsen, M. Salib, D. Sculley, "
              "“The ML Test Score: A Rubric for ML Production Readiness and Technical Debt Reduction”, IEEE "
              "Big Data 2017.") +
              tag("li", "", "Sections E to L: C. Kästner, “Software Engineering for ML-Enabled Systems”.") +
              tag("li", "",
                  "Technical debt: D. Sculley et al., “Hidden Technical Debt in Machine Learning Systems”, "
                  "NeurIPS 2015."));
  std::string made =
      "Made by mlgrade " + text(report.tool_version) + " with rubric " + text(report.rubric_version);
  if (!report.revision.empty()) made += ", revision " + tag("code", "", text(report.revision));
  if (!report.as_of.empty()) made += ". The age of evidence is counted from " + text(report.as_of);
  out += tag("p", "class=\"soft\"", made + ". The same input gives the same page.");
  return card("method", "How it was computed", out);
}

}  // namespace mlgrade::page
