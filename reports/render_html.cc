// The report as one page: no network, no other file, a policy that allows nothing but its own style and
// script. A document without the script, which adds a filter and folding. At most about two megabytes.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "analyzer/base/embedded.h"
#include "reports/page_parts.h"
#include "reports/report.h"

namespace mlgrade::renderers {
namespace {

constexpr size_t kLimit = 1'900'000;    // bytes of the whole page
constexpr size_t kLeastRoom = 100'000;  // that findings have, whatever else there is

const EmbeddedFile& part(std::string_view path) {
  static const EmbeddedFile none;
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.path == path) return file;
  }
  return none;
}

int hex_digit(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

std::string base64_of_hex(std::string_view hex) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (char c : hex) {
    bits = bits << 4 | static_cast<unsigned>(hex_digit(c));
    held += 4;
    if (held < 6) continue;
    held -= 6;
    out += kDigits[bits >> held & 0x3f];
  }
  if (held > 0) out += kDigits[bits << (6 - held) & 0x3f];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

std::string title_of(const Report& report) {
  std::string title = report.repository.empty() ? "This repository" : report.repository;
  if (!report.project.empty() && report.project != ".") title += " / " + report.project;
  return title;
}

std::string head(const Report& report) {
  const EmbeddedFile& style = part("reports/page.css");
  const EmbeddedFile& script = part("reports/page.js");
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-" +
      base64_of_hex(style.sha256) + "'; script-src 'sha256-" + base64_of_hex(script.sha256) +
      "'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += "<meta name=\"generator\" content=\"mlgrade " + page::text(report.tool_version) + "\">\n";
  out += page::tag("title", "", page::text(title_of(report)) + ": ML Test Score") + "\n<style>";
  out += style.text;
  return out + "</style>\n</head>\n";
}

// A link for each part that the page has.
std::string navigation(const std::string& parts) {
  constexpr std::pair<const char*, const char*> kLinks[] = {
      {"score", "Score"},       {"projects", "Systems"}, {"sections", "Sections"}, {"workflow", "Workflow"},
      {"next", "Next"},         {"items", "Items"},      {"drills", "Drills"},     {"attested", "Attested"},
      {"findings", "Findings"}, {"limits", "Limits"},    {"method", "Method"}};
  std::string list;
  for (const auto& [id, name] : kLinks) {
    const std::string mark = "<section class=\"card\" id=\"" + std::string(id) + "\"";
    if (parts.find(mark) == std::string::npos) continue;
    list += page::tag("li", "", page::tag("a", "href=\"#" + std::string(id) + "\"", name));
  }
  return page::tag("nav", "class=\"page\" aria-label=\"Parts of the report\"", page::tag("ul", "", list)) +
         "\n";
}

std::string cards(const Report& report, const page::Detail& detail, size_t& left_out) {
  const std::string before = page::score_card(report) + page::projects_card(report) +
                             page::sections_card(report) + page::stages_card(report) +
                             page::next_card(report) + page::items_card(report, detail) +
                             page::drills_card(report) + page::attestations_card(report);
  const std::string after = page::limits_card(report) + page::method_card(report);
  const size_t used = before.size() + after.size() + part("reports/page.css").text.size() +
                      part("reports/page.js").text.size();
  const size_t room = std::max(used + kLeastRoom < kLimit ? kLimit - used : 0, kLeastRoom);
  return before + page::findings_card(report, detail, room, left_out) + after;
}

std::string render(const Report& report, const RenderOptions&) {
  constexpr page::Detail kDetails[] = {{true, true}, {true, false}, {false, false}};
  std::string parts;
  for (const page::Detail& detail : kDetails) {
    size_t left_out = 0;
    parts = cards(report, detail, left_out);
    if (left_out == 0 && parts.size() < kLimit) break;
  }
  std::string about = report.revision.empty()
                          ? "Work tree"
                          : "Revision " + page::tag("code", "", page::text(report.revision));
  if (!report.as_of.empty()) about += ", as of " + page::text(report.as_of);
  std::string out = head(report) + "<body>\n<a class=\"skip\" href=\"#score\">To the score</a>\n";
  out += page::tag("header", "class=\"page\"",
                   page::tag("h1", "", page::text(title_of(report))) +
                       page::tag("p", "class=\"about\"",
                                 "How ready is this machine-learning system for production? " + about)) +
         "\n" + navigation(parts) + "<main>\n" + parts + "</main>\n";
  out += page::tag("footer", "class=\"page\"",
                   page::tag("p", "", "mlgrade " + page::text(report.tool_version))) +
         "\n<script>";
  out += part("reports/page.js").text;
  return out + "</script>\n</body>\n</html>\n";
}

}  // namespace

extern const Renderer render_html;
const Renderer render_html{.name = "html",
                           .doc = "a page for a review: one file, works from disk and without network",
                           .endings = ".html .htm",
                           .render = render};

}  // namespace mlgrade::renderers
