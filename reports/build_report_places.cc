// Places of the repository, looked up once a file.
#include "reports/build_report_places.h"

#include <algorithm>

namespace mlgrade {
namespace {

constexpr size_t kSnippetBytes = 160;
constexpr uint32_t kAround = 2;  // lines shown before and behind a place

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

// Takes off the blanks that all lines with text begin with.
void outdent(std::vector<std::string>& lines) {
  size_t common = std::string::npos;
  for (const std::string& line : lines) common = std::min(common, line.find_first_not_of(' '));
  if (common == std::string::npos) return;
  for (std::string& line : lines) line.erase(0, std::min(common, line.size()));
}

}  // namespace

std::string_view Places::File::line(uint32_t number) const {
  if (number == 0 || number > starts.size()) return {};
  const std::string_view rest = std::string_view(source->text).substr(starts[number - 1]);
  return rest.substr(0, rest.find('\n'));
}

uint32_t Places::File::cell(uint32_t number) const {
  return number >= 1 && number <= source->cell_lines.size() ? source->cell_lines[number - 1].cell : 0;
}

const Places::File& Places::file(FileId id) {
  const auto [at, added] = files_.try_emplace(id);
  File& file = at->second;
  if (!added || !input_.read) return file;
  file.source = input_.read(id);
  if (file.source == nullptr) return file;
  const std::string& text = file.source->text;
  for (size_t start = 0; start < text.size();) {
    file.starts.push_back(start);
    const size_t end = text.find('\n', start);
    start = end == std::string::npos ? text.size() : end + 1;
  }
  return file;
}

ReportPlace Places::place(const Span& span) {
  ReportPlace out;
  if (!span.valid()) return out;
  out.path = printable(input_.facts.path(span));
  out.line = span.line;
  out.column = span.column;
  if (span.line == 0) return out;
  const File& file = this->file(span.file);
  if (file.source == nullptr) return out;
  out.text = printable(trimmed(file.line(span.line)), kSnippetBytes);
  if (span.line <= file.source->cell_lines.size()) {
    const CellLine& cell = file.source->cell_lines[span.line - 1];
    out.cell = cell.cell;
    out.cell_line = cell.line;
    out.line = cell.raw_line;
    out.column = 0;  // the raw line is JSON: the column would be another
  }
  return out;
}

ReportPlace Places::place_with_code(const Span& span) {
  ReportPlace out = place(span);
  if (!span.valid() || span.line == 0) return out;
  const File& file = this->file(span.file);
  const auto lines = static_cast<uint32_t>(file.starts.size());
  if (span.line > lines) return out;
  uint32_t from = span.line > kAround ? span.line - kAround : 1;
  uint32_t to = std::min(span.line + kAround, lines);
  out.excerpt_from = from;
  if (const uint32_t cell = file.cell(span.line); cell != 0) {
    while (file.cell(from) != cell) ++from;
    while (file.cell(to) != cell) --to;
    out.excerpt_from = file.source->cell_lines[from - 1].line;
  }
  for (uint32_t at = from; at <= to; ++at) {
    std::string_view text = file.line(at);
    while (text.ends_with(' ') || text.ends_with('\r') || text.ends_with('\t')) text.remove_suffix(1);
    out.excerpt.push_back(printable(text, kSnippetBytes));
  }
  // Empty lines at the edges say nothing.
  const uint32_t number = out.cell != 0 ? out.cell_line : out.line;
  while (out.excerpt_from + out.excerpt.size() > number + size_t{1} && out.excerpt.back().empty()) {
    out.excerpt.pop_back();
  }
  while (out.excerpt_from < number && out.excerpt.front().empty()) {
    out.excerpt.erase(out.excerpt.begin());
    ++out.excerpt_from;
  }
  outdent(out.excerpt);
  return out;
}

std::vector<ReportLink> Places::chain(const std::vector<Link>& links) {
  std::vector<ReportLink> out;
  for (const Link& one : links) out.push_back(link(one));
  return out;
}

std::vector<ReportLink> Places::chain_with_code(const std::vector<Link>& links) {
  std::vector<ReportLink> out;
  for (const Link& one : links) out.push_back({place_with_code(one.span), printable(one.what)});
  return out;
}

}  // namespace mlgrade
