// Markdown (GitHub flavour) and reStructuredText as a flat list of blocks in source order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlgrade {

struct MarkdownLink {
  std::string url;
  std::string text;
  bool image = false;
  uint32_t line = 0;
};

// A block as a reader sees it. Lines count from 1 in the text that was given.
struct MarkdownBlock {
  enum class Kind { kHeading, kParagraph, kListItem, kCode, kTable };
  Kind kind = Kind::kParagraph;
  int level = 0;  // kHeading: 1 to 6
  // Plain text; inline code without its backticks; kCode: the code; of an open task "[ ] " and its text.
  std::string text;
  std::string language;                        // kCode: first word of the info string, lower case
  std::vector<std::string> header;             // kTable
  std::vector<std::vector<std::string>> rows;  // kTable
  std::vector<MarkdownLink> links;
  uint32_t line = 0;  // kCode: of its first line of code
  uint32_t end_line = 0;
};

struct MarkdownText {
  std::vector<MarkdownBlock> blocks;
  std::string_view front_matter;   // YAML between the leading `---` lines, into the given text; empty if none
  uint32_t front_matter_line = 0;  // of its first line
  bool truncated = false;          // longer than kMaxMarkdownBytes: the rest was left out
};

inline constexpr size_t kMaxMarkdownBytes = 2u << 20;

// Never fails: any text is some Markdown.
MarkdownText parse_markdown(std::string_view text);

// Headings by their underlines, paragraphs, list items and literal blocks; directives other than code blocks
// are skipped. Plain text is read the same way.
MarkdownText parse_restructured_text(std::string_view text);

}  // namespace mlgrade
