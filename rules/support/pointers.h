// What a row or paragraph of a document points at - a test, an alert, code - and whether that is there and at
// work. A name that leads nowhere, a test that nothing runs and an alert that no server loads hold nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct Pointer {
  enum class Kind { kNothing, kTest, kAlert, kCode, kFile };
  Kind kind = Kind::kNothing;
  std::string name;     // as written
  bool linked = false;  // a link, which a checker of links follows
  bool holds = false;
  std::string why;  // why it does not, a phrase that begins with what it speaks of
  Span at;          // of what it points at; invalid: it is not there
};

// Pointers in the text, and in links of the document that stand on the line and whose words are in the text.
// `line`: 0: no links.
std::vector<Pointer> pointers_in(const RuleInput& in, const Document& document, std::string_view text,
                                 uint32_t line);

// The line of a row of a table (GitHub's tables have a row a line).
Span row_span(const DocTable& table, size_t row);

// Columns that say what stands against it: mitigation, control, test, alert, detection, ...
std::vector<size_t> answer_columns(const DocTable& table);

// Rows of what can go wrong, and what stands against each.
struct MetRows {
  size_t asked = 0, met = 0;
  bool all_linked = true;   // what meets each is a link
  bool named = false;       // one that is not met names something, which does not hold
  std::string why;          // of the first that is not met: "line 12: nothing runs test_x"
  std::vector<Link> links;  // row by row: the row, and what meets it; at most kMostShown of them
  bool whole() const { return asked > 0 && asked == met; }
};
MetRows met_rows(const RuleInput& in, const Document& document, const DocTable& table,
                 const std::vector<size_t>& rows);

}  // namespace mlgrade
