// A reader of characters, not of a grammar: PowerShell's commands are words between line ends, pipes and
// braces.
#include "analyzer/syntax/powershell.h"

#include <algorithm>
#include <cctype>

namespace mlgrade {
namespace {

constexpr int kMaxNesting = 60;  // of blocks

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  ParsedPowerShell read() {
    ParsedPowerShell out;
    while (at_ < text_.size()) {
      block(out.statements, 0);
      if (at_ < text_.size()) ++at_;  // a brace that nothing opened
    }
    out.complete = complete_;
    return out;
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void advance(size_t count = 1) {
    for (size_t i = 0; i < count && at_ < text_.size(); ++i, ++at_) {
      if (text_[at_] != '\n') continue;
      ++line_;
      line_begin_ = at_ + 1;
    }
  }

  // Past blanks, comments and joined lines; with `lines` past line ends and semicolons, too.
  void skip(bool lines) {
    while (at_ < text_.size()) {
      const char c = peek();
      if (is_blank(c)) {
        advance();
      } else if (c == '`' && (peek(1) == '\n' || (peek(1) == '\r' && peek(2) == '\n'))) {
        advance(peek(1) == '\n' ? 2 : 3);
      } else if (c == '<' && peek(1) == '#') {
        const size_t end = text_.find("#>", at_);
        if (end == text_.npos) complete_ = false;
        advance(std::min(end == text_.npos ? text_.size() : end + 2, text_.size()) - at_);
      } else if (c == '#') {
        const size_t end = text_.find('\n', at_);
        advance(std::min(end, text_.size()) - at_);
      } else if (lines && (c == '\n' || c == ';')) {
        advance();
      } else {
        return;
      }
    }
  }

  std::string keyword() const {
    size_t end = at_;
    while (end < text_.size() && is_word_character(text_[end])) ++end;
    // "if-something" and "for.exe" are no keywords.
    if (end < text_.size() && (text_[end] == '-' || text_[end] == '.' || text_[end] == '\\')) return "";
    return lower(text_.substr(at_, end - at_));
  }

  // A string or here-string that starts here; its text, decoded. Sets `literal`.
  std::string string(bool& literal) {
    const bool here = peek() == '@';
    const char quote = here ? peek(1) : peek();
    if (here) {
      const std::string close = std::string("\n") + quote + "@";
      const size_t begin = std::min(text_.find('\n', at_), text_.size());
      const size_t end = text_.find(close, begin);
      if (end == text_.npos) complete_ = false;
      const std::string out(text_.substr(std::min(begin + 1, text_.size()),
                                         std::min(end, text_.size()) - std::min(begin + 1, text_.size())));
      advance((end == text_.npos ? text_.size() : end + 3) - at_);
      if (quote == '"' && out.find('$') != out.npos) literal = false;
      return out;
    }
    std::string out;
    advance();
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == quote && peek(1) == quote) {
        out += quote;
        advance(2);
      } else if (c == quote) {
        advance();
        return out;
      } else if (quote == '"' && c == '`' && at_ + 1 < text_.size()) {
        out += peek(1) == 'n' ? '\n' : peek(1);
        advance(2);
      } else {
        if (quote == '"' && c == '$') literal = false;
        out += c;
        advance();
      }
    }
    complete_ = false;
    return out;
  }

  // What stands between brackets that open here, without them; strings in it are passed over.
  std::string group(char open, char close) {
    const size_t begin = at_ + 1;
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == '"' || c == '\'' || (c == '@' && (peek(1) == '"' || peek(1) == '\''))) {
        bool ignored = true;
        string(ignored);
        continue;
      }
      if (c == '#' && (at_ == 0 || is_blank(text_[at_ - 1]) || text_[at_ - 1] == '\n')) {
        skip(false);
        continue;
      }
      if (c == open) ++depth;
      advance();
      if (c == close && --depth == 0) return std::string(text_.substr(begin, at_ - 1 - begin));
    }
    complete_ = false;
    return std::string(text_.substr(std::min(begin, text_.size())));
  }

  // Statements up to the brace that closes, which is left.
  void block(PsBlock& out, int depth) {
    while (true) {
      skip(true);
      if (at_ >= text_.size() || peek() == '}') return;
      const size_t before = at_;
      statement(out, depth);
      if (at_ == before) advance();  // a stray bracket
    }
  }

  // `{ ... }` here, after blanks and lines.
  PsBlock braces(int depth) {
    PsBlock out;
    skip(true);
    if (peek() != '{') return out;
    if (depth >= kMaxNesting) {
      complete_ = false;
      group('{', '}');
      return out;
    }
    advance();
    block(out, depth + 1);
    if (peek() == '}') {
      advance();
    } else {
      complete_ = false;
    }
    return out;
  }

  std::string parentheses() {
    skip(true);
    while (at_ < text_.size() && peek() != '(' && peek() != '{' && peek() != '\n')
      advance();  // switch -Regex
    return peek() == '(' ? group('(', ')') : std::string();
  }

  PsStatement open_statement(PsKind kind) const {
    PsStatement out;
    out.kind = kind;
    out.line = out.end_line = line_;
    out.column = static_cast<uint32_t>(at_ - line_begin_ + 1);
    return out;
  }

  void statement(PsBlock& out, int depth) {
    const std::string word = keyword();
    if (word == "if") return add_if(out, depth);
    if (word == "foreach" || word == "for" || word == "while" || word == "switch" || word == "do")
      return add_loop(out, word, depth);
    if (word == "try") return add_try(out, depth);
    if (word == "function" || word == "filter") return add_function(out, depth);
    if (word == "param") {
      advance(word.size());
      parentheses();
      return;
    }
    const bool part = word == "begin" || word == "process" || word == "end" || word == "trap";
    if (part && opens_block(word.size())) {  // of an advanced function: its statements stand for themselves
      advance(word.size());
      for (PsStatement& inner : braces(depth)) out.push_back(std::move(inner));
      return;
    }
    pipeline(out, depth);
  }

  bool opens_block(size_t from) const {
    const size_t next = text_.find_first_not_of(" \t\r\n", at_ + from);
    return next != text_.npos && text_[next] == '{';
  }

  void add_if(PsBlock& out, int depth) {
    PsStatement made = open_statement(PsKind::kIf);
    advance(2);
    made.conditions.push_back(parentheses());
    made.blocks.push_back(braces(depth));
    while (true) {
      const size_t at = at_, begin = line_begin_;
      const uint32_t line = line_;
      skip(true);
      const std::string word = keyword();
      if (word != "elseif" && word != "else") {
        at_ = at, line_ = line, line_begin_ = begin;
        break;
      }
      advance(word.size());
      if (word == "elseif") made.conditions.push_back(parentheses());
      made.blocks.push_back(braces(depth));
      if (word == "else") break;
    }
    made.end_line = line_;
    out.push_back(std::move(made));
  }

  void add_loop(PsBlock& out, const std::string& word, int depth) {
    PsStatement made = open_statement(PsKind::kLoop);
    made.name = word;
    advance(word.size());
    if (word == "do") {
      made.blocks.push_back(braces(depth));
      skip(true);
      const std::string until = keyword();
      if (until == "while" || until == "until") advance(until.size());
      made.conditions.push_back(until.empty() ? "" : parentheses());
    } else {
      made.conditions.push_back(parentheses());
      made.blocks.push_back(braces(depth));
    }
    made.end_line = line_;
    out.push_back(std::move(made));
  }

  void add_try(PsBlock& out, int depth) {
    PsStatement made = open_statement(PsKind::kTry);
    advance(3);
    made.names.emplace_back("try");
    made.blocks.push_back(braces(depth));
    while (true) {
      const size_t at = at_, begin = line_begin_;
      const uint32_t line = line_;
      skip(true);
      const std::string word = keyword();
      if (word != "catch" && word != "finally") {
        at_ = at, line_ = line, line_begin_ = begin;
        break;
      }
      advance(word.size());
      while (at_ < text_.size() && peek() != '{') advance();  // [System.Exception]
      made.names.push_back(word);
      made.blocks.push_back(braces(depth));
    }
    made.end_line = line_;
    out.push_back(std::move(made));
  }

  void add_function(PsBlock& out, int depth) {
    PsStatement made = open_statement(PsKind::kFunction);
    advance(keyword().size());
    skip(false);
    while (at_ < text_.size() && !is_blank(peek()) && peek() != '{' && peek() != '(' && peek() != '\n') {
      made.name += peek();
      advance();
    }
    skip(true);
    if (peek() == '(') group('(', ')');
    made.blocks.push_back(braces(depth));
    made.end_line = line_;
    out.push_back(std::move(made));
  }

  // Words up to the end of the statement.
  void pipeline(PsBlock& out, int depth) {
    PsStatement made = open_statement(PsKind::kPipeline);
    made.stages.emplace_back();
    while (at_ < text_.size()) {
      skip(false);
      const char c = peek();
      if (at_ >= text_.size() || c == '\n' || c == ';' || c == '}') break;
      if ((c == '&' && peek(1) == '&') || (c == '|' && peek(1) == '|')) {
        made.tie = text_.substr(at_, 2);
        advance(2);
        skip(true);
        break;
      }
      if (c == '|') {
        advance();
        skip(true);
        made.stages.emplace_back();
        continue;
      }
      word(made, depth);
    }
    for (PsStage& stage : made.stages) take_assignment(stage, made);
    made.end_line = line_;
    out.push_back(std::move(made));
  }

  // "> file", "2>&1", "*> file"; false if there is no redirection here.
  bool redirection(PsStage& stage) {
    size_t ahead = std::isdigit(static_cast<unsigned char>(peek())) != 0 || peek() == '*' ? 1 : 0;
    if (peek(ahead) != '>') return false;
    const bool errors = peek() == '2';
    advance(ahead + 1);
    if (peek() == '>') advance();
    if (peek() == '&') {
      advance(2);
      return true;
    }
    skip(false);
    bool literal = true;
    const std::string file = plain_word(literal);
    if (!errors && literal) stage.output_file = file;
    return true;
  }

  std::string plain_word(bool& literal) {
    std::string out;
    while (at_ < text_.size()) {
      const char c = peek();
      if (is_blank(c) || c == '\n' || c == ';' || c == '|' || c == ')' || c == '}') break;
      if (c == '&' && peek(1) == '&') break;
      if (c == '"' || c == '\'' || (c == '@' && (peek(1) == '"' || peek(1) == '\''))) {
        out += string(literal);
      } else if (c == '(' || (c == '{' && !out.empty())) {
        literal = false;
        // `${{ x }}` of a workflow, $(...), @(...), ${name}
        out += c;
        out += group(c, c == '(' ? ')' : '}');
        out += c == '(' ? ')' : '}';
      } else if (c == '`' && at_ + 1 < text_.size()) {
        out += peek(1);
        advance(2);
      } else {
        if (c == '$') literal = false;
        out += c;
        advance();
      }
    }
    return out;
  }

  void word(PsStatement& made, int depth) {
    PsStage& stage = made.stages.back();
    const char c = peek();
    const bool first = stage.words.empty();
    if (first && !stage.called && (c == '&' || (c == '.' && is_blank(peek(1))))) {
      stage.called = true;
      advance();
      return;
    }
    if (c == '{') {
      made.blocks.push_back(braces(depth));
      stage.words.push_back({"{}", false});
      stage.heads.push_back('{');
      return;
    }
    if (redirection(stage)) return;
    const bool value = c == '"' || c == '\'' || c == '$' || c == '[' || c == '(' || c == '@' ||
                       std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '!' || c == '-';
    if (first && value && !stage.called) stage.expression = true;
    bool literal = true;
    const size_t before = at_;
    std::string text = plain_word(literal);
    if (at_ == before) return advance();  // a closing bracket that nothing opened
    stage.words.push_back({std::move(text), literal});
    stage.heads.push_back(c);
  }

  // `$x = python a.py`: the program counts.
  static void take_assignment(PsStage& stage, PsStatement& made) {
    std::vector<ShellWord>& words = stage.words;
    if (!stage.expression || words.size() < 2 || (words[1].text != "=" && words[1].text != "+=")) return;
    made.assigned = words[0].text;
    for (size_t i = 2; i < words.size(); ++i) made.value += (i == 2 ? "" : " ") + words[i].text;
    words.erase(words.begin(), words.begin() + 2);
    stage.heads.erase(stage.heads.begin(), stage.heads.begin() + 2);
    if (!words.empty() && words[0].text == "&") {
      words.erase(words.begin());
      stage.heads.erase(stage.heads.begin());
      stage.called = true;
    }
    const char c = words.empty() ? '\0' : stage.heads[0];
    const bool program = std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '/';
    stage.expression = !stage.called && (!program || words.size() < 2);
  }

  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  size_t line_begin_ = 0;
  bool complete_ = true;
};

}  // namespace

ParsedPowerShell parse_powershell(std::string_view text) { return Reader(text).read(); }

}  // namespace mlgrade
