// The top of the page: the score and where it comes from.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "reports/page_parts.h"
#include "reports/terminal_item.h"
#include "reports/terminal_text.h"

namespace mlgrade::page {
namespace {

using terminal::number;

constexpr double kFull = 7;
constexpr size_t kShownNext = 7;  // before the others are folded

// 0 to 7 with the bounds of the bands, and how far this one comes.
std::string scale(const Report& report) {
  const auto percent = [](double value) {
    char out[16];
    std::snprintf(out, sizeof out, "%.2f%%", 100 * value / kFull);
    return std::string(out);
  };
  std::string out = "<svg class=\"scale\" width=\"100%\" height=\"44\" role=\"img\" aria-label=\"" +
                    number(report.test_score) +
                    " on a scale from 0 to 7\"><rect class=\"track\" width=\"100%\" height=\"16\" rx=\"8\"/>";
  if (report.test_score > 0) {
    out += "<rect class=\"" + kind_of_score(report.test_score) + "\" width=\"" + percent(report.test_score) +
           "\" height=\"16\" rx=\"8\"/>";
  }
  for (const int tick : {0, 1, 2, 3, 5, 7}) {
    const char* anchor = tick == 0 ? "start" : tick == 7 ? "end" : "middle";
    if (tick != 0 && tick != 7) {
      out += "<line class=\"tick\" x1=\"" + percent(tick) + "\" x2=\"" + percent(tick) +
             "\" y1=\"18\" y2=\"25\"/>";
    }
    out += "<text x=\"" + percent(tick) + "\" y=\"40\" text-anchor=\"" + anchor + "\">" +
           std::to_string(tick) + "</text>";
  }
  return out + "</svg>";
}

std::string term(std::string_view name, const std::string& body) {
  return body.empty() ? "" : tag("dt", "", name) + tag("dd", "", body) + "\n";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + text(word);
  return out;
}

std::string readiness(const Report& report) {
  if (report.profile.empty()) return "";
  std::string out = tag("strong", "", number(report.readiness) + " of 7") + " for " +
                    text(terminal::kind_of_system(report.profile)) +
                    (report.profile_detected ? " (detected)" : " (asked for)") +
                    ": the lowest of the sections that such a system needs";
  if (!report.not_scored.empty()) out += "; not scored yet: " + joined(report.not_scored);
  return out + ".";
}

std::string looks_like(const Report& report) {
  std::vector<std::string> seen;
  std::string out;
  for (const ReportTrait& trait : report.archetype) {
    if (std::find(seen.begin(), seen.end(), trait.trait) != seen.end()) continue;
    seen.push_back(trait.trait);
    out += (out.empty() ? "" : "; ") + tag("strong", "", text(trait.trait)) + ": " + sentence(trait.why) +
           " " + where(trait.place);
  }
  return out;
}

std::string item_counts(const Report& report) {
  std::string out;
  for (const ReportCount& one : report.item_counts) {
    out += (out.empty() ? "" : ", ") + std::to_string(one.count) + " " + text(one.name);
  }
  return out;
}

std::string finding_counts(const Report& report) {
  std::string out;
  for (const ReportCount& one : report.finding_counts) {
    if (one.count > 0) out += (out.empty() ? "" : ", ") + std::to_string(one.count) + " " + text(one.name);
  }
  if (out.empty()) out = "none";
  if (!report.accepted.empty())
    out += "; " + std::to_string(report.accepted.size()) + " accepted with a reason";
  return out;
}

std::string change(const Report& report) {
  if (!report.change) return "";
  const ReportChange& change = *report.change;
  const double difference = change.score_to - change.score_from;
  std::string out = "Against " + text(change.against) + ": ";
  out += difference == 0
             ? "the score is unchanged"
             : "the score went from " + number(change.score_from) + " to " + number(change.score_to);
  out += "; " + count(static_cast<size_t>(change.new_findings), "new finding") + ", " +
         std::to_string(change.fixed.size()) + " fixed.";
  out = tag("p", "", out);
  std::string list;
  for (const ReportItemChange& one : change.items) {
    list += tag("li", "",
                tag("a", "href=\"#" + text(one.item) + "\"", text(one.item)) + " " + number(one.from) +
                    " → " + number(one.to) + ": " + ended(one.what.empty() ? one.title : one.what) + " " +
                    (one.place ? where(*one.place) : ""));
  }
  if (!list.empty()) out += tag("ul", "", list);
  return tag("div", "class=\"change\"", out);
}

// A low score of code that was not read, or of no model at all, says nothing about it.
std::string caution(const Report& report) {
  if (report.archetype_unread.empty()) {
    const std::string why = terminal::caution(report);
    return why.empty()
               ? ""
               : tag("p", "class=\"caution\"", tag("strong", "", "The score says little: ") + ended(why));
  }
  return tag("p", "class=\"caution\"",
             tag("strong", "", "The score says little: ") + ended(report.archetype_unread) +
                 " What would be there is unknown, not absent.");
}

std::string level(const Report& report) {
  if (report.level.why.empty()) return "";
  std::string out =
      tag("strong", "", std::to_string(report.level.level)) + " of 2: " + ended(report.level.why);
  if (!report.level.next.empty()) out += " To the next: " + ended(report.level.next);
  return out;
}

}  // namespace

std::string score_card(const Report& report) {
  std::string bottleneck;
  for (const ReportSection& section : report.sections) {
    if (!section.bottleneck) continue;
    bottleneck = "The lowest of the sections A to D is the score: " +
                 tag("strong", "", text(section.letter) + " " + text(section.title)) + " holds it.";
  }
  std::string body = tag("div", "class=\"number\" data-score=\"" + number(report.test_score) + "\"",
                         number(report.test_score) + tag("small", "", "of 7"));
  body += tag(
      "div", "",
      tag("p", "class=\"band\"", whole(report.band)) + tag("p", "class=\"why\"", bottleneck) + scale(report));
  body = tag("div", "class=\"score\"", body) + caution(report) + change(report);
  std::string facts = term("Readiness", readiness(report));
  if (report.test_score_applicable != report.test_score) {
    facts += term("Applicable", tag("strong", "", number(report.test_score_applicable) + " of 7") +
                                    " when items that do not apply are left out.");
  }
  facts += term("MLOps level", level(report));
  facts += term("Looks like", looks_like(report));
  facts += term("Items", item_counts(report));
  facts += term("Findings", finding_counts(report));
  return card("score", "ML Test Score", body + tag("dl", "class=\"facts\"", facts));
}

std::string projects_card(const Report& report) {
  if (report.projects.empty()) return "";
  std::string head = tag("th", "scope=\"col\"", "Folder") + tag("th", "scope=\"col\" class=\"num\"", "Score");
  for (const auto& [letter, score] : report.projects.front().sections) {
    head += tag("th", "scope=\"col\" class=\"num\"", text(letter));
  }
  std::string rows;
  for (const ReportProject& project : report.projects) {
    std::string row = tag("th", "scope=\"row\"",
                          tag("code", "", text(project.root)) + (project.shown ? " (shown below)" : "")) +
                      tag("td", "class=\"num\"", number(project.test_score));
    for (const auto& [letter, score] : project.sections) row += tag("td", "class=\"num\"", number(score));
    rows += tag("tr", project.shown ? "class=\"holds\"" : "", row) + "\n";
  }
  return card(
      "projects", "Systems in this repository",
      tag("p", "",
          "Each is scored by itself. The score, the items and the steps of this page are those of the "
          "weakest, "
          "since a repository is as ready as its least ready system.") +
          tag("div", "class=\"wide\" role=\"region\" aria-label=\"Scores of all systems\" tabindex=\"0\"",
              tag("table", "", tag("thead", "", tag("tr", "", head)) + tag("tbody", "", rows))));
}

std::string sections_card(const Report& report) {
  if (report.sections.empty()) return "";
  std::string rows;
  for (const ReportSection& section : report.sections) {
    std::string name = tag("a", "href=\"#section-" + text(section.id) + "\"",
                           text(section.letter) + " " + text(section.title));
    if (section.bottleneck) name += " " + chip("holds the score", "none");
    std::string sum = number(section.sum) + " of " + std::to_string(section.applicable_items);
    if (!applies(section)) sum = "does not apply";
    if (section.attested > 0) sum += " (" + number(section.attested) + " attested)";
    rows += tag("tr", section.bottleneck ? "class=\"holds\"" : "",
                tag("th", "scope=\"row\"", name) +
                    tag("td", "class=\"bar\"", bar(section.strict, kFull, kind_of_score(section.strict))) +
                    tag("td", "class=\"num\" data-section=\"" + text(section.id) + "\"",
                        applies(section) ? number(section.strict) : "–") +
                    tag("td", "class=\"num soft\"", sum)) +
            "\n";
  }
  const std::string head = tag("th", "scope=\"col\"", "Section") + tag("th", "scope=\"col\"", "0 to 7") +
                           tag("th", "scope=\"col\" class=\"num\"", "Score") +
                           tag("th", "scope=\"col\" class=\"num\"", "Points");
  return card("sections", "Sections",
              tag("table", "class=\"sections\"",
                  tag("thead", "", tag("tr", "", head)) + "\n" + tag("tbody", "", rows)));
}

std::string next_card(const Report& report) {
  std::string first;
  std::string others;
  for (size_t i = 0; i < report.next.size(); ++i) {
    const ReportNext& next = report.next[i];
    (i < kShownNext ? first : others) +=
        tag("li", "",
            tag("a", "href=\"#" + text(next.item) + "\"", text(next.item)) + " " +
                tag("span", "class=\"soft\"", number(next.from) + " → " + number(next.to)) + " " +
                ended(next.step) + " " + (next.place ? where(*next.place) : "")) +
        "\n";
  }
  if (first.empty()) return "";
  std::string out = tag("p", "", "The cheapest steps in the section that holds the score come first.") +
                    tag("ol", "class=\"steps\"", first);
  if (!others.empty()) {
    out += tag("details", "class=\"more\"",
               tag("summary", "", count(report.next.size() - kShownNext, "more step")) +
                   tag("ol", "class=\"steps\" start=\"" + std::to_string(kShownNext + 1) + "\"", others));
  }
  return card("next", "What next", out);
}

}  // namespace mlgrade::page
