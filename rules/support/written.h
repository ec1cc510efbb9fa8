// Documents about a subject, by what they are called and what their headings say. What is a template, or says
// next to nothing, is none.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct Written {
  const Document* document = nullptr;  // never null
  uint32_t heading = kNone;            // the section that is about it; kNone: the whole document
  Span place;
  size_t paragraphs = 0, items = 0, code = 0, tables = 0;  // of the section and what lies below it
};

// Documents whose path, or sections whose heading, holds one of the phrases; questions and interview notes
// are left out.
std::vector<Written> written_about(const RuleInput& in, std::initializer_list<std::string_view> phrases);

// How many of the words stand in headings of the document, each counted once.
size_t headings_with(const Document& document,
                     std::initializer_list<std::initializer_list<std::string_view>> subjects);

// Standing evidence for what is written down, half a point.
Evidence written_evidence(const Written& written, std::string what, std::string why);

}  // namespace mlgrade
