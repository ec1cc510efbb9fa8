// What documents, configurations and committed results say. Written by passes/documents.cc,
// passes/config_keys.cc, ...
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/base/date.h"
#include "analyzer/base/name.h"
#include "analyzer/base/span.h"

namespace mlgrade {

struct Heading {
  int level = 1;
  std::string text;
  Span span;
};

struct Paragraph {           // also a list item
  uint32_t heading = kNone;  // into headings
  std::string text;          // plain, inline code without its backticks
  bool list_item = false;
  Span span;
};

struct CodeBlock {
  uint32_t heading = kNone;
  Name language;  // first word of the info string, lower case; "{r}" for blocks that R Markdown or Quarto run
  std::string text;
  Span span;  // of its first line of code
};

struct DocTable {
  uint32_t heading = kNone;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  Span span;
};

struct DocLink {
  uint32_t heading = kNone;
  std::string url;
  std::string text;
  bool image = false;
  Span span;
};

// A Markdown (or plain text, reStructuredText: headings and paragraphs only) document.
struct Document {
  FileId file = FileId::kNone;
  std::vector<Heading> headings;
  std::vector<Paragraph> paragraphs;
  std::vector<CodeBlock> code;
  std::vector<DocTable> tables;
  std::vector<DocLink> links;
  DataNode front_matter;
  std::vector<Date> dates;    // dates written in it, in order
  uint32_t placeholders = 0;  // TODO, TBD, <your ...>, lorem ipsum, empty table rows
  uint32_t words = 0;         // of paragraphs
  bool is_template() const { return words < 15 || placeholders * 12 > words; }
};

// A leaf of a YAML, JSON or TOML document: "spec.strategy.canary.steps[0].setWeight".
struct ConfigKey {
  Name path;
  std::string value;
  bool quoted = false;
  Span span;
};

struct ConfigDocument {
  FileId file = FileId::kNone;
  uint32_t index = 0;           // in a multi-document file
  DataNode root;                // kept for passes and rules that need structure (a fact, not text)
  std::vector<ConfigKey> keys;  // leaves, source order
};

struct NotebookCell {
  uint32_t first_line = 0;  // in the virtual Python text; 0 for Markdown cells
  uint32_t last_line = 0;
  bool code = true;
  std::optional<int> execution_count;
  bool has_output = false;
  bool has_error = false;
  bool has_number = false;  // an output shows a number
  bool has_image = false;
};

struct Notebook {
  FileId file = FileId::kNone;
  Name language;  // of its kernel, lower case; "" if it does not say
  std::vector<NotebookCell> cells;
  bool executed() const {  // some cell was run, with an output kept
    for (const NotebookCell& cell : cells) {
      if (cell.code && cell.execution_count && cell.has_output && !cell.has_error) return true;
    }
    return false;
  }
};

// A line of a manifest or lock file.
struct Dependency {
  Name name;              // normalised (PEP 503)
  std::string specifier;  // "==1.2.3", ">=1", ""
  bool pinned = false;    // exact version, hash, or url with revision
  bool locked = false;    // from a lock file
  bool development = false;
  Name ecosystem;  // "pypi", "conda", "npm", "r", "debian"
  Span span;
};

struct OwnerRule {  // a line of CODEOWNERS
  std::string pattern;
  std::vector<std::string> owners;
  bool effective_place = true;  // the file lies where the host reads it
  Span span;
};

}  // namespace mlgrade
