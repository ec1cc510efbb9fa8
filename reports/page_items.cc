// The items of the rubric, each with its chain.
#include <string>

#include "reports/page_parts.h"
#include "reports/terminal_text.h"

namespace mlgrade::page {
namespace {

constexpr size_t kShownEvidence = 8;

const char* mark(const ReportItem& item) {
  if (item.status == "not-applicable") return "–";
  if (item.status == "unknown") return "?";
  return item.points >= 1 ? "●" : item.points > 0 ? "◐" : "○";
}

// One line that says why, for whoever does not open the item; none where the status says all.
std::string short_words(const ReportItem& item) {
  if (item.status == "absent" && item.missing == "nothing found") return "";
  if (item.status == "not-applicable") return whole(item.why);
  if (item.points < 1 && !item.missing.empty()) return whole(item.missing);
  return whole(item.decisive.what.empty() ? item.why : item.decisive.what);
}

std::string evidence_list(const ReportItem& item, const Detail& detail) {
  if (item.evidence.size() < 2) return "";
  std::string list;
  size_t shown = 0;
  for (size_t i = 1; i < item.evidence.size() && shown < kShownEvidence; ++i, ++shown) {
    const ReportEvidence& one = item.evidence[i];
    std::string body =
        tag("strong", "", terminal::number(one.points)) + " " + text(one.status) + ": " + ended(one.what);
    if (!one.missing.empty()) body += " " + ended(one.missing);
    if (!one.chain.empty()) body += " " + where(one.chain.back().place);
    if (detail.other_chains) body += compact_chain(one.chain);
    list += tag("li", "", body) + "\n";
  }
  std::string out = tag("ul", "class=\"evidence\"", list);
  const size_t left_out = item.evidence.size() - 1 - shown;
  if (left_out > 0)
    out += tag("p", "class=\"soft\"", "And " + std::to_string(left_out) + " more, in the JSON report.");
  return tag(
      "details", "class=\"more\"",
      tag("summary", "", "What else was weighed (" + std::to_string(item.evidence.size() - 1) + ")") + out);
}

std::string term(std::string_view name, const std::string& body) {
  return body.empty() ? "" : tag("dt", "", name) + tag("dd", "", body) + "\n";
}

std::string item_html(const ReportItem& item, const Detail& detail) {
  const std::string kind = kind_of(item);
  const std::string short_line = short_words(item);
  std::string summary = tag("span", "class=\"mark " + kind + "-text\" aria-hidden=\"true\"", mark(item)) +
                        tag("span", "class=\"id\"", text(item.id)) + tag("h4", "", text(item.title)) +
                        chip(item.status, kind) + tag("span", "class=\"points\"", points(item)) +
                        (short_line.empty() ? "" : tag("span", "class=\"short\"", short_line));
  std::string body = tag("p", "", sentence(item.question));
  body += chain(item, detail);
  if (!item.next.empty())
    body += tag("p", "class=\"next-step\"", tag("strong", "", "Next: ") + ended(item.next));
  std::string terms;
  if (item.points > 0 && item.gating == "blocking") terms += term("A failure", "stops what follows");
  if (item.points > 0 && item.gating == "reporting") terms += term("A failure", "is shown and stops nothing");
  if (item.gating == "swallowed") terms += term("A failure", "is lost");
  terms += term("Confidence", text(item.confidence));
  terms += term("Half a point", sentence(item.half));
  terms += term("A full point", sentence(item.full));
  terms += term("No repository shows", sentence(item.unprovable));
  terms += term("Source", sentence(item.source));
  body += tag("dl", "", terms) + evidence_list(item, detail);
  return tag("details",
             "class=\"item\" id=\"" + text(item.id) + "\" data-kind=\"" + kind + "\" data-points=\"" +
                 points(item) + "\"",
             "\n" + tag("summary", "", summary) + "\n" + tag("div", "class=\"body\"", body) + "\n") +
         "\n";
}

std::string filter() {
  return "<div class=\"filter\" id=\"item-filter\" hidden>"
         "<div><label for=\"item-text\">Search in items</label><input id=\"item-text\" type=\"search\"></div>"
         "<div><label for=\"item-status\">Points</label><select id=\"item-status\"><option "
         "value=\"\">all</option>"
         "<option value=\"bad\">none</option><option value=\"half\">half</option><option "
         "value=\"good\">full</option>"
         "<option value=\"none\">unknown, not applicable</option></select></div>"
         "<div><button type=\"button\" id=\"item-open\">Open all</button> "
         "<button type=\"button\" id=\"item-close\">Close all</button></div>"
         "<div class=\"found\" id=\"item-found\" role=\"status\"></div></div>\n";
}

}  // namespace

std::string items_card(const Report& report, const Detail& detail) {
  if (report.items.empty()) return "";
  std::string out =
      tag("p", "",
          "Each point has its chain from what starts it to the check that can fail; each refusal shows "
          "where the chain breaks. Open an item to see it.") +
      "\n" + filter();
  for (const ReportSection& section : report.sections) {
    std::string items;
    for (const ReportItem& item : report.items) {
      if (item.section == section.id) items += item_html(item, detail);
    }
    const std::string title =
        text(section.letter) + " " + text(section.title) + " " +
        tag("span", "class=\"soft\"", terminal::number(section.sum) + " of " + std::to_string(section.items));
    out += tag("div", "class=\"item-group\"",
               "\n" + tag("h3", "id=\"section-" + text(section.id) + "\"", title) + "\n" + items) +
           "\n";
  }
  return card("items", "Items and their chains", out);
}

}  // namespace mlgrade::page
