// Escaped pieces of the page.
#include "reports/page_html.h"

#include <cstdio>

#include "reports/escape.h"
#include "reports/terminal_item.h"
#include "reports/terminal_text.h"

namespace mlgrade::page {

std::string tag(std::string_view name, std::string_view attributes, std::string_view body) {
  std::string out = "<" + std::string(name);
  if (!attributes.empty()) out += " " + std::string(attributes);
  out += ">";
  out += body;
  return out + "</" + std::string(name) + ">";
}

std::string text(std::string_view text) { return escape::html(text); }
std::string sentence(std::string_view text) { return escape::html_with_code(text); }

std::string ended(std::string_view text) {
  std::string out = sentence(text);
  if (!out.empty() && std::string_view(".!?").find(out.back()) == std::string_view::npos) out += '.';
  return out;
}

std::string whole(std::string_view text) { return ended(terminal::begun(text)); }

std::string file_of(const ReportPlace& place) {
  ReportPlace near = place;
  near.path = place.path.substr(place.path.rfind('/') + 1);
  return where(near);
}

std::string where(const ReportPlace& place) {
  if (place.path.empty()) return "";
  return tag("span", "class=\"place\" dir=\"ltr\"", escape::html(terminal::where(place)));
}

std::string chip(std::string_view words, std::string_view kind) {
  return tag("span", "class=\"chip " + std::string(kind) + "\"", escape::html(words));
}

std::string kind_of(const ReportItem& item) {
  if (item.status == "not-applicable" || item.status == "unknown") return "none";
  return item.points >= 1 ? "good" : item.points > 0 ? "half" : "bad";
}

std::string kind_of_severity(std::string_view severity) {
  return severity == "high" ? "bad" : severity == "medium" ? "half" : "none";
}

std::string kind_of_score(double score) { return score >= 5 ? "good" : score >= 2 ? "half" : "bad"; }

bool applies(const ReportSection& section) {
  return section.items == 0 || section.applicable_items > 0 || section.bottleneck;
}

std::string points(const ReportItem& item) {
  return item.status == "not-applicable" ? "n/a" : terminal::number(item.points);
}

std::string count(size_t n, std::string_view one) {
  return std::to_string(n) + " " + std::string(one) + (n == 1 ? "" : "s");
}

std::string bar(double value, double full, std::string_view kind) {
  char width[16];
  std::snprintf(width, sizeof width, "%.2f", full <= 0 ? 0 : 100 * value / full);
  std::string out =
      "<svg width=\"100%\" height=\"12\" aria-hidden=\"true\" focusable=\"false\"><rect class=\"track\" "
      "width=\"100%\" height=\"12\" rx=\"6\"/>";
  if (value > 0) {
    out += "<rect class=\"" + std::string(kind) + "\" width=\"" + width + "%\" height=\"12\" rx=\"6\"/>";
  }
  return out + "</svg>";
}

namespace {

std::string code_line(uint32_t number, std::string_view line, bool hit) {
  return tag("span", hit ? "class=\"l hit\"" : "class=\"l\"",
             tag("span", "class=\"n\"", std::to_string(number)) + escape::html(line));
}

bool same_line(const ReportPlace& a, const ReportPlace& b) {
  return a.path == b.path && a.line == b.line && a.cell == b.cell && a.cell_line == b.cell_line;
}

// Links of one line, one below the other.
struct Stop {
  const ReportPlace* place = nullptr;
  std::vector<std::string> what;
};

std::vector<Stop> stops_of(const std::vector<ReportLink>& chain) {
  std::vector<Stop> out;
  for (const ReportLink& link : chain) {
    if (out.empty() || !same_line(*out.back().place, link.place)) out.push_back({&link.place, {}});
    if (!link.what.empty()) out.back().what.push_back(link.what);
  }
  return out;
}

// What a stop of the drawn chain is besides its links.
struct Drawing {
  std::string classes, role;
  std::string fault;  // what is broken or lacks here
  bool around = false;
};

std::string stop_html(const Stop& stop, const Drawing& drawing) {
  std::string body;
  if (!drawing.role.empty()) body += tag("div", "class=\"role\"", drawing.role);
  std::string words;
  for (const std::string& what : stop.what) words += (words.empty() ? "" : ", ") + sentence(what);
  if (!words.empty()) body += tag("div", "class=\"what\"", words);
  if (stop.place != nullptr) body += where(*stop.place) + code(*stop.place, drawing.around);
  if (!drawing.fault.empty()) body += tag("div", "class=\"fault\"", drawing.fault);
  return tag("li", drawing.classes.empty() ? "" : "class=\"" + drawing.classes + "\"", body) + "\n";
}

}  // namespace

std::string code(const ReportPlace& place, bool around) {
  std::string lines;
  const uint32_t number = place.cell != 0 ? place.cell_line : place.line;
  if (around && !place.excerpt.empty()) {
    for (size_t i = 0; i < place.excerpt.size(); ++i) {
      const uint32_t at = place.excerpt_from + static_cast<uint32_t>(i);
      lines += code_line(at, place.excerpt[i], at == number);
    }
  } else if (!place.text.empty()) {
    lines = code_line(number, place.text, false);
  }
  if (lines.empty()) return "";
  return tag("pre", "class=\"code\" dir=\"ltr\"", lines);
}

std::string chain(const ReportItem& item, const Detail& detail) {
  std::vector<Stop> stops = stops_of(item.chain);
  const bool lost = item.points == 0;
  const bool lacks = item.points < 1 && !item.missing.empty();
  if (stops.empty() && (!lacks || item.status == "absent"))
    return "";  // the heading says that nothing is there
  const size_t links = stops.size();
  // The broken link is one of the chain, or comes behind it.
  size_t broken_at = stops.size();
  for (size_t i = 0; lacks && item.missing_at && i < stops.size(); ++i) {
    if (same_line(*stops[i].place, *item.missing_at)) broken_at = i;
  }
  if (lacks && broken_at == stops.size()) {
    stops.push_back({item.missing_at && !item.missing_at->path.empty() ? &*item.missing_at : nullptr, {}});
  }
  std::string out;
  for (size_t i = 0; i < stops.size(); ++i) {
    Drawing drawing;
    drawing.around = detail.code && (i + 1 == stops.size() || i == broken_at);
    if (i == 0 && links > 1) drawing.role = "starts";
    if (i + 1 == stops.size() && !lost) {
      drawing.classes = "check";
      drawing.role = "the check";
    }
    if (lacks && i == broken_at) {
      drawing.classes = lost ? "broken" : "lacks";
      drawing.role = "";
      drawing.fault = tag("strong", "", lost ? "Breaks here: " : "Only half a point: ") + ended(item.missing);
    } else if (lacks && i + 1 == broken_at) {
      drawing.classes = lost ? "before-break" : "check before-lack";
    } else if (lacks && i > broken_at) {
      drawing.classes = "behind";
    }
    out += stop_html(stops[i], drawing);
  }
  const char* kind = item.points >= 1 ? "chain good" : item.points > 0 ? "chain half" : "chain none";
  return tag("ol", std::string("class=\"") + kind + "\" aria-label=\"Chain of " + text(item.id) + "\"",
             "\n" + out) +
         "\n";
}

std::string compact_chain(const std::vector<ReportLink>& chain) {
  std::string out;
  for (const Stop& stop : stops_of(chain)) {
    std::string words;
    for (const std::string& what : stop.what) words += (words.empty() ? "" : ", ") + sentence(what);
    out += tag("li", "", where(*stop.place) + " " + words);
  }
  return out.empty() ? "" : tag("ol", "class=\"plain\"", out);
}

std::string card(std::string_view id, std::string_view title, std::string_view body) {
  if (body.empty()) return "";
  const std::string name = std::string(id);
  return tag("section", "class=\"card\" id=\"" + name + "\" aria-labelledby=\"" + name + "-title\"",
             "\n" + tag("h2", "id=\"" + name + "-title\"", title) + "\n" + std::string(body) + "\n") +
         "\n";
}

}  // namespace mlgrade::page
