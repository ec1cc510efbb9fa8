// What holds a document to the truth: code that reads it and fails on what it says, or a tool that follows
// its links.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct DocumentCheck {
  NodeId node = kNone;      // whose run looks
  Span at;                  // the line that names the document, or the command
  std::string what;         // "`lychee docs` follows its links", "test_rows reads it"
  bool links_only = false;  // it follows links, and knows nothing of names beside them
  PyRef function;           // that reads it; invalid: a tool
};

// Checks that can fail on the file, those that run by themselves first. `capability`: tools that check files
// of this kind; empty: none. Code that reads the file and decides nothing by it is no check.
std::vector<DocumentCheck> checks_of(const RuleInput& in, FileId file, std::string_view capability);

// Functions of product code (kNone: a body) that name the file and write: `Path("card.md").write_text(text)`.
std::vector<DocumentCheck> writers_of(const RuleInput& in, std::string_view path);

// Evidence that is worth what the run of the check is worth.
Evidence evidence_of(const DocumentCheck& check, Span place, std::string what);

}  // namespace mlgrade
