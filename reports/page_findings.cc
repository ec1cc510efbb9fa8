// Findings of technical debt, the worst first; as many as the page has room for.
#include <set>
#include <string>

#include "reports/page_parts.h"
#include "reports/terminal_item.h"

namespace mlgrade::page {
namespace {

constexpr size_t kShownRelated = 12;

std::string topic_of(const ReportFinding& finding) { return finding.rule.substr(0, finding.rule.find('/')); }

std::string related(const ReportFinding& finding) {
  std::string list;
  for (size_t i = 1; i < finding.locations.size() && i <= kShownRelated; ++i) {
    const ReportLink& link = finding.locations[i];
    list += tag("li", "", where(link.place) + " " + sentence(link.what));
  }
  if (finding.locations.size() > kShownRelated + 1) {
    list +=
        tag("li", "", "and " + std::to_string(finding.locations.size() - 1 - kShownRelated) + " more places");
  }
  return list.empty() ? "" : tag("ul", "class=\"related\"", list);
}

std::string finding_html(const ReportFinding& finding, bool with_code) {
  std::string head = chip(finding.severity, kind_of_severity(finding.severity));
  if (finding.state == "new") head += chip("new", "bad");
  std::string body = tag("h3", "", head + whole(finding.message));
  body += tag("div", "class=\"rule\"", text(finding.rule) + ", confidence " + text(finding.confidence));
  if (!finding.locations.empty()) {
    const ReportLink& first = finding.locations.front();
    body += where(first.place);
    if (!first.what.empty()) body += " " + sentence(first.what);
    body += code(first.place, with_code);
  }
  body += related(finding);
  if (!finding.accepted.empty())
    body += tag("p", "class=\"fix\"", tag("strong", "", "Accepted: ") + ended(terminal::acceptance(finding)));
  if (finding.accepted.empty() && !finding.fix.empty())
    body += tag("p", "class=\"fix\"", tag("strong", "", "Fix: ") + ended(finding.fix));
  return tag("article",
             "class=\"finding\" data-severity=\"" + text(finding.severity) + "\" data-topic=\"" +
                 text(topic_of(finding)) + "\"",
             body) +
         "\n";
}

// Which rules found how much, where there is too much to see at once.
std::string by_rule(const Report& report) {
  constexpr size_t kMany = 8;
  if (report.findings.size() < kMany) return "";
  std::string rows;
  for (const ReportRule& rule : report.rules) {
    if (rule.open == 0) continue;
    rows +=
        tag("tr", "",
            tag("th", "scope=\"row\"", tag("code", "", text(rule.id))) +
                tag("td", "class=\"num\"", std::to_string(rule.open)) + tag("td", "", whole(rule.summary))) +
        "\n";
  }
  const std::string head = tag("th", "scope=\"col\"", "Rule") +
                           tag("th", "scope=\"col\" class=\"num\"", "Findings") +
                           tag("th", "scope=\"col\"", "What it reports");
  return tag("table", "class=\"rules\"",
             tag("thead", "", tag("tr", "", head)) + "\n" + tag("tbody", "", rows)) +
         "\n";
}

std::string filter(const Report& report) {
  std::string topics = "<option value=\"\">all</option>";
  std::set<std::string> names;
  for (const ReportFinding& finding : report.findings) names.insert(topic_of(finding));
  for (const std::string& name : names) topics += tag("option", "value=\"" + text(name) + "\"", text(name));
  return "<div class=\"filter\" id=\"finding-filter\" hidden>"
         "<div><label for=\"finding-text\">Search in findings</label><input id=\"finding-text\" "
         "type=\"search\"></div>"
         "<div><label for=\"finding-severity\">Severity</label><select id=\"finding-severity\">"
         "<option value=\"\">all</option><option value=\"high\">high</option><option "
         "value=\"medium\">medium</option>"
         "<option value=\"low\">low</option><option value=\"info\">info</option></select></div>"
         "<div><label for=\"finding-topic\">Topic</label><select id=\"finding-topic\">" +
         topics +
         "</select></div>"
         "<div class=\"found\" id=\"finding-found\" role=\"status\"></div></div>\n";
}

std::string accepted_list(const Report& report) {
  if (report.accepted.empty()) return "";
  std::string out;
  for (const ReportFinding& finding : report.accepted) {
    const std::string place = finding.locations.empty() ? "" : where(finding.locations.front().place) + " ";
    out += tag("li", "",
               place + text(finding.rule) + ": " + ended(finding.message) + " " +
                   tag("strong", "", "Accepted: ") + ended(terminal::acceptance(finding))) +
           "\n";
  }
  return tag("h3", "", "Accepted findings") + tag("ul", "class=\"plain\"", out);
}

std::string fixed_list(const Report& report) {
  if (!report.change || report.change->fixed.empty()) return "";
  std::string out;
  for (const ReportFinding& finding : report.change->fixed) {
    const std::string place = finding.locations.empty() ? "" : where(finding.locations.front().place) + " ";
    out += tag("li", "", place + text(finding.rule) + ": " + ended(finding.message)) + "\n";
  }
  return tag("h3", "", "Fixed since " + text(report.change->against)) + tag("ul", "class=\"plain\"", out);
}

}  // namespace

std::string findings_card(const Report& report, const Detail& detail, size_t room, size_t& left_out) {
  left_out = 0;
  const std::string intro = tag("p", "",
                                "Technical debt that was seen. It takes no points, since a score says what "
                                "is there, not what is wrong.");
  if (report.findings.empty() && report.accepted.empty() && !report.change) {
    return card("findings", "Findings", tag("p", "", "No finding of technical debt."));
  }
  std::string out =
      intro + "\n" +
      (report.findings.empty() ? tag("p", "", "None is open.") : by_rule(report) + filter(report));
  const std::string tail = fixed_list(report) + accepted_list(report);
  size_t shown = 0;
  for (const char* severity : {"high", "medium", "low", "info"}) {
    for (const ReportFinding& finding : report.findings) {
      if (finding.severity != severity) continue;
      const std::string one = left_out == 0 ? finding_html(finding, detail.code) : "";
      if (left_out > 0 || out.size() + one.size() + tail.size() > room) {
        ++left_out;
        continue;
      }
      out += one;
      ++shown;
    }
  }
  if (left_out > 0) {
    out += tag("p", "class=\"cut\"",
               tag("strong", "", count(left_out, "more finding")) +
                   " left out to keep this page small; the first " + std::to_string(shown) +
                   " are the worst. All are in the JSON and SARIF reports.");
  }
  std::string title = "Findings";
  if (!report.findings.empty())
    title +=
        " " + tag("span", "class=\"soft\" data-findings=\"" + std::to_string(report.findings.size()) + "\"",
                  std::to_string(report.findings.size()));
  return card("findings", title, out + (tail.size() < room ? tail : ""));
}

}  // namespace mlgrade::page
