#include "rules/support/written.h"

#include <algorithm>

#include "rules/support/code.h"
#include "rules/support/results.h"

namespace mlgrade {
namespace {

bool names(std::string_view text, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return contains_phrase(text, phrase); });
}

bool is_question(std::string_view text) {
  return text.find('?') != std::string_view::npos ||
         has_word(text, {"question", "questions", "faq", "interview", "quiz", "exercise"});
}

// "- [ ] Write the runbook": what is still to be done.
bool is_open_task(const Paragraph& paragraph) {
  return paragraph.list_item && paragraph.text.starts_with("[ ]");
}

// The sections from `first` on that lie below it.
uint32_t section_end(const Document& document, uint32_t first) {
  uint32_t end = first + 1;
  while (end < document.headings.size() && document.headings[end].level > document.headings[first].level)
    ++end;
  return end;
}

template <typename Parts>
size_t count_in(const Parts& parts, uint32_t first, uint32_t end) {
  return static_cast<size_t>(std::count_if(parts.begin(), parts.end(), [&](const auto& part) {
    return part.heading != kNone && part.heading >= first && part.heading < end;
  }));
}

Written section(const Document& document, uint32_t heading) {
  Written out;
  out.document = &document;
  out.heading = heading;
  out.place = document.headings[heading].span;
  const uint32_t end = section_end(document, heading);
  for (const Paragraph& paragraph : document.paragraphs) {
    if (paragraph.heading == kNone || paragraph.heading < heading || paragraph.heading >= end) continue;
    if (!is_open_task(paragraph)) ++(paragraph.list_item ? out.items : out.paragraphs);
  }
  out.code = count_in(document.code, heading, end);
  out.tables = count_in(document.tables, heading, end);
  return out;
}

Written whole(const Document& document) {
  Written out;
  out.document = &document;
  out.place = Span{document.file, 1, 1, 1};
  for (const Paragraph& paragraph : document.paragraphs) {
    if (!is_open_task(paragraph)) ++(paragraph.list_item ? out.items : out.paragraphs);
  }
  out.code = document.code.size();
  out.tables = document.tables.size();
  return out;
}

}  // namespace

std::vector<Written> written_about(const RuleInput& in, std::initializer_list<std::string_view> phrases) {
  std::vector<Written> out;
  for (const Document& document : in.facts.documents) {
    const std::string_view path = in.facts.path(document.file);
    if (is_sample(in.facts, document.file) || document.is_template() || is_question(path)) continue;
    if (names(path, phrases)) {
      out.push_back(whole(document));
      continue;
    }
    for (uint32_t h = 0; h < document.headings.size(); ++h) {
      const std::string& text = document.headings[h].text;
      if (names(text, phrases) && !is_question(text)) out.push_back(section(document, h));
    }
  }
  return out;
}

size_t headings_with(const Document& document,
                     std::initializer_list<std::initializer_list<std::string_view>> subjects) {
  return static_cast<size_t>(std::count_if(subjects.begin(), subjects.end(), [&](const auto& words) {
    return std::any_of(document.headings.begin(), document.headings.end(),
                       [&](const Heading& heading) { return has_word(heading.text, words); });
  }));
}

Evidence written_evidence(const Written& written, std::string what, std::string why) {
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.place = written.place;
  evidence.what = std::move(what);
  evidence.worth = 0.5;
  evidence.worth_why = std::move(why);
  evidence.confidence = Confidence::kMedium;
  return evidence;
}

}  // namespace mlgrade
