// Reads Markdown with cmark-gfm. HTML is reduced to what it shows: headings, text, links and images.
#include "analyzer/syntax/markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <mutex>

namespace mlgrade {
namespace {

using Kind = MarkdownBlock::Kind;

struct Free {
  void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
  void operator()(cmark_node* node) const { cmark_node_free(node); }
  void operator()(cmark_iter* iter) const { cmark_iter_free(iter); }
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string collapse(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (space && (out.empty() || out.back() == ' ')) continue;
    out.push_back(space ? ' ' : c);
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string_view literal(cmark_node* node) {
  const char* text = cmark_node_get_literal(node);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

uint32_t line_of(cmark_node* node, uint32_t shift) {
  return static_cast<uint32_t>(std::max(0, cmark_node_get_start_line(node))) + shift;
}

// `<your team>` and the like are placeholders that a reader sees in the source; real tags are not text.
bool reads_as_placeholder(std::string_view tag) {
  const std::string text = lower(tag);
  constexpr std::array<std::string_view, 9> kStarts = {"<your",  "<insert", "<todo",  "<tbd", "<name",
                                                       "<owner", "<team",   "<date>", "<fill"};
  return std::any_of(kStarts.begin(), kStarts.end(), [&](std::string_view s) { return text.starts_with(s); });
}

std::string attribute(std::string_view tag, std::string_view name) {
  const std::string low = lower(tag);
  const size_t at = low.find(std::string(name) + "=");
  if (at == std::string::npos) return "";
  size_t begin = at + name.size() + 1;
  if (begin >= tag.size()) return "";
  const char quote = tag[begin];
  if (quote == '"' || quote == '\'') {
    const size_t end = tag.find(quote, begin + 1);
    return std::string(tag.substr(begin + 1, end == tag.npos ? tag.npos : end - begin - 1));
  }
  const size_t end = tag.find_first_of(" \t\n>", begin);
  return std::string(tag.substr(begin, end == tag.npos ? tag.npos : end - begin));
}

void add_html_link(std::string_view tag, uint32_t line, std::vector<MarkdownLink>& links) {
  const std::string low = lower(tag.substr(0, 5));
  if (low.starts_with("<img")) {
    links.push_back({attribute(tag, "src"), attribute(tag, "alt"), true, line});
  } else if (low.starts_with("<a ")) {
    links.push_back({attribute(tag, "href"), "", false, line});
  }
}

// Text, links and images of one block's inline content.
void read_inlines(cmark_node* block, uint32_t line, MarkdownBlock& out) {
  const std::unique_ptr<cmark_iter, Free> iter(cmark_iter_new(block));
  struct Open {
    cmark_node* node;
    size_t link;
    size_t text;
  };
  std::vector<Open> open;
  for (cmark_event_type event = cmark_iter_next(iter.get()); event != CMARK_EVENT_DONE;
       event = cmark_iter_next(iter.get())) {
    cmark_node* node = cmark_iter_get_node(iter.get());
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE) {
      if (event == CMARK_EVENT_ENTER) {
        const char* url = cmark_node_get_url(node);
        out.links.push_back({url == nullptr ? "" : url, "", type == CMARK_NODE_IMAGE, line});
        open.push_back({node, out.links.size() - 1, out.text.size()});
      } else if (!open.empty() && open.back().node == node) {
        out.links[open.back().link].text = collapse(std::string_view(out.text).substr(open.back().text));
        open.pop_back();
      }
      continue;
    }
    if (event != CMARK_EVENT_ENTER) continue;
    if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE) {
      out.text += literal(node);
    } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
      out.text += ' ';
      ++line;
    } else if (type == CMARK_NODE_HTML_INLINE) {
      if (reads_as_placeholder(literal(node))) out.text += literal(node);
      add_html_link(literal(node), line, out.links);
    }
  }
  out.text = collapse(out.text);
}

// What an HTML block shows: a heading for each <h1> to <h6>, otherwise one paragraph of its text.
void read_html(std::string_view html, uint32_t line, std::vector<MarkdownBlock>& out) {
  MarkdownBlock current;
  current.line = current.end_line = line;
  auto flush = [&](Kind next, int level) {
    current.text = collapse(current.text);
    if (!current.text.empty() || !current.links.empty()) out.push_back(current);
    current = MarkdownBlock{};
    current.kind = next;
    current.level = level;
    current.line = current.end_line = line;
  };
  for (size_t i = 0; i < html.size();) {
    if (html[i] != '<') {
      if (html[i] == '\n') ++line;
      current.end_line = line;
      current.text += html[i++];
      continue;
    }
    const bool comment = html.substr(i).starts_with("<!--");
    const size_t close = comment ? html.find("-->", i) : html.find('>', i);
    const size_t end = close == html.npos ? html.size() : close + (comment ? 3 : 1);
    const std::string_view tag = html.substr(i, end - i);
    const bool heading = tag.size() > 3 && (tag[1] == 'h' || tag[1] == 'H') && tag[2] >= '1' && tag[2] <= '6';
    const bool heading_end = tag.starts_with("</h") || tag.starts_with("</H");
    if (heading) flush(Kind::kHeading, tag[2] - '0');
    if (heading_end || tag.starts_with("<p") || tag.starts_with("<li")) flush(Kind::kParagraph, 0);
    if (!comment && reads_as_placeholder(tag)) current.text += tag;
    add_html_link(tag, line, current.links);
    line += static_cast<uint32_t>(std::count(tag.begin(), tag.end(), '\n'));
    i = end;
  }
  flush(Kind::kParagraph, 0);
}

void read_table(cmark_node* table, uint32_t shift, MarkdownBlock& out) {
  for (cmark_node* row = cmark_node_first_child(table); row != nullptr; row = cmark_node_next(row)) {
    std::vector<std::string> cells;
    for (cmark_node* cell = cmark_node_first_child(row); cell != nullptr; cell = cmark_node_next(cell)) {
      MarkdownBlock inner;
      read_inlines(cell, line_of(row, shift), inner);
      cells.push_back(std::move(inner.text));
      for (MarkdownLink& link : inner.links) out.links.push_back(std::move(link));
    }
    if (cmark_gfm_extensions_get_table_row_is_header(row) != 0) {
      out.header = std::move(cells);
    } else {
      out.rows.push_back(std::move(cells));
    }
  }
}

// Length of a leading `---` ... `---` section with its lines, 0 if there is none.
size_t front_matter_length(std::string_view text, MarkdownText& out) {
  if (!text.starts_with("---\n") && !text.starts_with("---\r\n")) return 0;
  const size_t begin = text.find('\n') + 1;
  for (size_t at = begin; at < text.size();) {
    const size_t newline = text.find('\n', at);
    std::string_view line = text.substr(at, newline == text.npos ? text.npos : newline - at);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    const size_t next = newline == text.npos ? text.size() : newline + 1;
    if (line == "---" || line == "...") {
      out.front_matter = text.substr(begin, at - begin);
      out.front_matter_line = 2;
      return next;
    }
    at = next;
  }
  return 0;
}

bool inside_item(cmark_node* node) {
  cmark_node* parent = cmark_node_parent(node);
  return parent != nullptr && cmark_node_get_type(parent) == CMARK_NODE_ITEM;
}

// "- [ ] what is still to be done"
bool is_open_task(cmark_node* node) {
  cmark_node* item = cmark_node_parent(node);
  return std::string_view(cmark_node_get_type_string(item)) == "tasklist" &&
         !cmark_gfm_extensions_get_tasklist_item_checked(item);
}

// "python", "py title=x", and "{r setup}" as R Markdown writes what it runs, which is kept as "{r}".
std::string language_of(std::string_view info) {
  const bool run = info.starts_with('{');
  if (run) info.remove_prefix(1);
  const std::string name = lower(info.substr(0, info.find_first_of(" \t,{}")));
  return run && !name.empty() ? "{" + name + "}" : name;
}

void add_block(cmark_node* node, uint32_t shift, std::vector<MarkdownBlock>& out) {
  MarkdownBlock block;
  block.line = line_of(node, shift);
  block.end_line = static_cast<uint32_t>(std::max(0, cmark_node_get_end_line(node))) + shift;
  const cmark_node_type type = cmark_node_get_type(node);
  if (type == CMARK_NODE_HEADING || type == CMARK_NODE_PARAGRAPH) {
    block.kind = type == CMARK_NODE_HEADING ? Kind::kHeading
                 : inside_item(node)        ? Kind::kListItem
                                            : Kind::kParagraph;
    block.level = type == CMARK_NODE_HEADING ? cmark_node_get_heading_level(node) : 0;
    read_inlines(node, block.line, block);
    if (block.kind == Kind::kListItem && is_open_task(node)) block.text.insert(0, "[ ] ");
  } else if (type == CMARK_NODE_CODE_BLOCK) {
    block.kind = Kind::kCode;
    block.text = literal(node);
    int length = 0, offset = 0;
    char fence = 0;
    if (cmark_node_get_fenced(node, &length, &offset, &fence) != 0) ++block.line;
    const char* info = cmark_node_get_fence_info(node);
    const std::string_view words = info == nullptr ? std::string_view() : info;
    block.language = language_of(words);
  } else if (type == CMARK_NODE_HTML_BLOCK) {
    read_html(literal(node), block.line, out);
    return;
  } else if (std::string_view(cmark_node_get_type_string(node)) == "table") {
    block.kind = Kind::kTable;
    read_table(node, shift, block);
  } else {
    return;
  }
  out.push_back(std::move(block));
}

}  // namespace

MarkdownText parse_markdown(std::string_view text) {
  MarkdownText out;
  if (text.size() > kMaxMarkdownBytes) {
    text = text.substr(0, kMaxMarkdownBytes);
    out.truncated = true;
  }
  const size_t skip = front_matter_length(text, out);
  const auto shift = static_cast<uint32_t>(std::count(text.begin(), text.begin() + skip, '\n'));
  text.remove_prefix(skip);

  static std::once_flag registered;
  std::call_once(registered, cmark_gfm_core_extensions_ensure_registered);
  const std::unique_ptr<cmark_parser, Free> parser(cmark_parser_new(CMARK_OPT_VALIDATE_UTF8));
  for (const char* name : {"table", "autolink", "strikethrough", "tasklist"}) {
    cmark_syntax_extension* extension = cmark_find_syntax_extension(name);
    if (extension != nullptr) cmark_parser_attach_syntax_extension(parser.get(), extension);
  }
  cmark_parser_feed(parser.get(), text.data(), text.size());
  const std::unique_ptr<cmark_node, Free> root(cmark_parser_finish(parser.get()));
  const std::unique_ptr<cmark_iter, Free> iter(cmark_iter_new(root.get()));
  for (cmark_event_type event = cmark_iter_next(iter.get()); event != CMARK_EVENT_DONE;
       event = cmark_iter_next(iter.get())) {
    if (event == CMARK_EVENT_ENTER) add_block(cmark_iter_get_node(iter.get()), shift, out.blocks);
  }
  return out;
}

}  // namespace mlgrade
