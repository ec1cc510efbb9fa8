// Cuts Groovy texts into tokens.
#include "analyzer/syntax/groovy_tokens.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace mlgrade {
namespace {

using Kind = GroovyToken::Kind;

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}
bool in_name(char c) { return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

constexpr std::array<std::string_view, 31> kMarks = {
    "==~", "<=>", "===", "!==", "?.", "*.", "?:", "->", "==", "!=", "=~", "<=", ">=", "&&", "||", "++",
    "--",  "+=",  "-=",  "*=",  "/=", "<<", ">>", "..", "**", "::", "|=", "&=", "%=", "?=", ".&"};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  GroovyTokens read() {
    if (text_.starts_with("#!")) skip_line();
    while (at_ < text_.size()) next();
    add(Kind::kEnd, "");
    return std::move(out_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool ahead(std::string_view mark) const { return text_.substr(at_).starts_with(mark); }

  GroovyToken& add(Kind kind, std::string_view text) {
    GroovyToken token;
    token.kind = kind;
    token.text = text;
    token.spaced = spaced_;
    token.line = line_;
    spaced_ = false;
    out_.tokens.push_back(std::move(token));
    return out_.tokens.back();
  }

  void skip_line() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  void next() {
    const char c = peek();
    if (c == '\n') {
      if (brackets_.empty() || brackets_.back() == '{') add(Kind::kNewline, "\n");
      ++line_;
      ++at_;
      spaced_ = true;
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0 || (c == '\\' && peek(1) == '\n')) {
      if (c == '\\') ++line_;
      at_ += c == '\\' ? 2 : 1;
      spaced_ = true;
    } else if (ahead("//")) {
      skip_line();
    } else if (ahead("/*")) {
      skip_comment();
    } else if (c == '"' || c == '\'') {
      read_string(ahead(std::string(3, c)) ? std::string(3, c) : std::string(1, c), c == '"');
    } else if (c == '/' && takes_operand()) {
      read_slashy();
    } else if (starts_name(c) || (c == '$' && starts_name(peek(1)))) {
      const size_t begin = at_++;
      while (at_ < text_.size() && in_name(text_[at_])) ++at_;
      add(Kind::kName, text_.substr(begin, at_ - begin));
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      const size_t begin = at_;
      while (at_ < text_.size() &&
             (in_name(text_[at_]) ||
              (text_[at_] == '.' && std::isdigit(static_cast<unsigned char>(peek(1))) != 0)))
        ++at_;
      add(Kind::kNumber, text_.substr(begin, at_ - begin));
    } else {
      read_mark(c);
    }
  }

  void read_mark(char c) {
    for (std::string_view mark : kMarks) {
      if (!ahead(mark)) continue;
      add(Kind::kMark, mark);
      at_ += mark.size();
      return;
    }
    if (c == '(' || c == '[' || c == '{') brackets_.push_back(c);
    if ((c == ')' || c == ']' || c == '}') && !brackets_.empty()) brackets_.pop_back();
    add(Kind::kMark, std::string_view(&text_[at_], 1));
    ++at_;
  }

  void skip_comment() {
    const size_t end = text_.find("*/", at_ + 2);
    if (end == text_.npos) broken();
    const size_t stop = end == text_.npos ? text_.size() : end + 2;
    line_ += static_cast<uint32_t>(
        std::count(text_.begin() + static_cast<long>(at_), text_.begin() + static_cast<long>(stop), '\n'));
    at_ = stop;
    spaced_ = true;
  }

  void broken() {
    if (out_.broken_line == 0) out_.broken_line = line_;
  }

  // Whether a '/' here begins a pattern rather than divides.
  bool takes_operand() const {
    if (out_.tokens.empty()) return true;
    const GroovyToken& last = out_.tokens.back();
    if (last.kind == Kind::kMark) return !last.is(")") && !last.is("]") && !last.is("}");
    return last.kind == Kind::kNewline || last.word("return") || last.word("in");
  }

  void read_slashy() {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '/' && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size() || text_[end] != '/') return read_mark('/');
    GroovyToken& token = add(Kind::kString, text_.substr(at_ + 1, end - at_ - 1));
    token.literal = token.text.find('$') == std::string::npos;
    at_ = end + 1;
  }

  void read_string(const std::string& quote, bool expands) {
    const bool several_lines = quote.size() == 3;
    GroovyToken& token = add(Kind::kString, "");
    token.block = several_lines;
    at_ += quote.size();
    std::string value;
    for (;;) {
      if (at_ >= text_.size() || (peek() == '\n' && !several_lines)) {
        broken();
        break;
      }
      if (ahead(quote)) {
        at_ += quote.size();
        break;
      }
      if (peek() == '\\' && at_ + 1 < text_.size()) {
        add_escape(value, several_lines);
      } else if (expands && peek() == '$' && (peek(1) == '{' || starts_name(peek(1)))) {
        add_expansion(value);
        token.literal = false;
      } else {
        if (peek() == '\n') ++line_;
        value += text_[at_++];
      }
    }
    token.text = std::move(value);
  }

  // In a text of several lines a written line end would spoil the numbers of those that follow.
  void add_escape(std::string& value, bool several_lines) {
    const char c = text_[at_ + 1];
    at_ += 2;
    if (c == '\n') {
      ++line_;
      value += "\\\n";
    } else if (c == 'n') {
      value += several_lines ? ' ' : '\n';
    } else if (c == 't' || c == 'r') {
      value += ' ';
    } else {
      value += c;
    }
  }

  // The quote that closes the one at `at`, on the same line; `at` itself if there is none.
  size_t quoted_end(size_t at) const {
    for (size_t end = at + 1; end < text_.size() && text_[end] != '\n'; ++end) {
      if (text_[end] == '\\') {
        ++end;
      } else if (text_[end] == text_[at]) {
        return end;
      }
    }
    return at;
  }

  // `${expression}` or `$name.name`.
  void add_expansion(std::string& value) {
    std::string_view inside;
    if (peek(1) == '{') {
      size_t end = at_ + 2;
      int open = 1;
      for (; end < text_.size() && open > 0; ++end) {
        const char c = text_[end];
        if (c == '{') ++open;
        if (c == '}') --open;
        if (c == '\n') ++line_;
        if (c == '"' || c == '\'') end = quoted_end(end);
      }
      inside = text_.substr(at_ + 2, end - at_ - 2);
      if (open == 0) inside.remove_suffix(1);
      at_ = end;
    } else {
      size_t end = at_ + 1;
      while (end < text_.size() && (in_name(text_[end]) || (text_[end] == '.' && end + 1 < text_.size() &&
                                                            starts_name(text_[end + 1]))))
        ++end;
      inside = text_.substr(at_ + 1, end - at_ - 1);
      at_ = end;
    }
    value += "${{ ";
    for (char c : inside) value += c == '\n' || c == '}' || c == '{' ? ' ' : c;
    value += " }}";
  }

  std::string_view text_;
  GroovyTokens out_;
  std::vector<char> brackets_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  bool spaced_ = false;
};

}  // namespace

GroovyTokens groovy_tokens(std::string_view text) { return Lexer(text).read(); }

}  // namespace mlgrade
