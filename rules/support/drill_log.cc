#include "rules/support/drill_log.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "rules/support/code.h"
#include "rules/support/results.h"

namespace mlgrade {
namespace {

constexpr size_t kWords = 8;  // fewer tell nothing of a drill

bool is_log(std::string_view path) {
  if (contains_phrase(path, "drill down")) return false;
  if (has_word(path, {"drill", "drills", "gameday", "gamedays", "rehearsal", "rehearsals"})) return true;
  return contains_phrase(path, "fire drill") || contains_phrase(path, "game day") ||
         contains_phrase(path, "game days") || contains_phrase(path, "dr test");
}

// A report of one drill under another name: it says so in its first lines and carries the date.
bool is_report(std::string_view path, const Document& document) {
  constexpr size_t kFirst = 4;
  if (has_word(path, {"readme", "plan", "plans", "template", "runbook", "playbook", "handoff", "changelog",
                      "roadmap", "todo"}) ||
      document.dates.empty())
    return false;
  const auto tells = [](std::string_view text) {
    return has_word(text, {"rehearsal", "rehearsed", "gameday", "drilled"}) ||
           contains_phrase(text, "fire drill") || contains_phrase(text, "game day");
  };
  if (!document.headings.empty() && tells(document.headings.front().text)) return true;
  for (size_t i = 0; i < std::min(document.paragraphs.size(), kFirst); ++i) {
    if (tells(document.paragraphs[i].text)) return true;
  }
  return false;
}

std::optional<Date> date_in(std::string_view text) {
  constexpr size_t kIso = 10;
  for (size_t i = 0; i + kIso <= text.size(); ++i) {
    const bool apart = i == 0 || std::isdigit(static_cast<unsigned char>(text[i - 1])) == 0;
    if (!apart) continue;
    if (const std::optional<Date> date = parse_date(text.substr(i, kIso))) return date;
  }
  return {};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

size_t words(std::string_view text) {
  size_t count = 0;
  bool inside = false;
  for (const char c : text) {
    const bool letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
    count += letter && !inside;
    inside = letter || (inside && c != ' ');
  }
  return count;
}

// A script of the repository that the text names and that is not there.
std::string missing_script(const FactStore& facts, std::string_view text) {
  constexpr std::string_view kPath = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
  while (!text.empty()) {
    const size_t begin = text.find_first_of(kPath);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const size_t end = std::min(text.find_first_not_of(kPath), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    while (word.ends_with('.')) word.remove_suffix(1);
    while (word.starts_with("./")) word.remove_prefix(2);
    const bool script = word.find('/') != std::string_view::npos && !word.starts_with('/') &&
                        (word.ends_with(".sh") || word.ends_with(".py"));
    if (!script || word.find("//") != std::string_view::npos) continue;
    const bool there = std::any_of(facts.files.begin(), facts.files.end(), [&](const FileFact& file) {
      return file.path == word || file.path.view().ends_with("/" + std::string(word));
    });
    if (!there) return std::string(word);
  }
  return "";
}

class Reader {
 public:
  Reader(const RuleInput& in, const Document& document) : in_(in), document_(document) {}

  HeldDrill whole() {
    add_whole();
    return out_.empty() ? HeldDrill{} : std::move(out_.front());
  }

  std::vector<HeldDrill> read() {
    for (uint32_t h = 0; h < document_.headings.size(); ++h) add_section(h);
    for (const DocTable& table : document_.tables) {
      for (size_t r = 0; r < table.rows.size(); ++r) add_row(table, r);
    }
    if (out_.empty()) add_whole();
    return std::move(out_);
  }

 private:
  void add(Span place, std::optional<Date> date, const std::string& text) {
    if (!date || words(text) < kWords) return;
    out_.push_back({document_.file, place, *date, lower(text), missing_script(in_.facts, text)});
  }

  // What stands below the heading, up to the next of its level.
  std::string text_below(uint32_t heading) const {
    const std::vector<Heading>& all = document_.headings;
    uint32_t end = heading + 1;
    while (end < all.size() && all[end].level > all[heading].level) ++end;
    std::string text;
    const auto inside = [&](uint32_t h) { return h != kNone && h >= heading && h < end; };
    for (const Paragraph& p : document_.paragraphs) {
      if (inside(p.heading)) text += " " + p.text;
    }
    for (const CodeBlock& c : document_.code) {
      if (inside(c.heading)) text += " " + c.text;
    }
    for (const DocTable& t : document_.tables) {
      if (!inside(t.heading)) continue;
      for (const std::vector<std::string>& row : t.rows) {
        for (const std::string& cell : row) text += " " + cell;
      }
    }
    return text;
  }

  void add_section(uint32_t heading) {
    const Heading& one = document_.headings[heading];
    if (one.level < 2) return;  // a title speaks for the whole
    add(one.span, date_in(one.text), one.text + text_below(heading));
  }

  void add_row(const DocTable& table, size_t r) {
    std::string text;
    for (const std::string& cell : table.rows[r]) text += cell + " ";
    const uint32_t line = table.span.line + 2 + static_cast<uint32_t>(r);
    add(Span{document_.file, line, 1, line}, date_in(text), text);
  }

  void add_whole() {
    std::optional<Date> date = date_in(in_.facts.path(document_.file));
    if (!date && !document_.dates.empty()) date = document_.dates.front();
    std::string text;
    for (const Paragraph& p : document_.paragraphs) text += " " + p.text;
    for (const CodeBlock& c : document_.code) text += " " + c.text;
    add(Span{document_.file, 1, 1, 1}, date, text);
  }

  const RuleInput& in_;
  const Document& document_;
  std::vector<HeldDrill> out_;
};

}  // namespace

std::vector<HeldDrill> held_drills(const RuleInput& in) {
  std::vector<HeldDrill> out;
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    const std::string_view path = in.facts.path(document.file);
    if (!is_log(path)) {
      HeldDrill one = is_report(path, document) ? Reader(in, document).whole() : HeldDrill{};
      if (one.place.valid()) out.push_back(std::move(one));
      continue;
    }
    for (HeldDrill& drill : Reader(in, document).read()) out.push_back(std::move(drill));
  }
  return out;
}

}  // namespace mlgrade
