// PromQL to tokens.
#include "analyzer/syntax/promql_tokens.h"

#include <array>
#include <cctype>
#include <cstdlib>
#include <limits>

#include "analyzer/syntax/promql.h"

namespace mlgrade {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; }
bool is_part(char c) { return is_start(c) || is_digit(c); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Unit {
  std::string_view name;
  double seconds;
};
constexpr std::array<Unit, 7> kUnits = {{
    {"ms", 0.001},
    {"y", 365 * 86400.0},
    {"w", 7 * 86400.0},
    {"d", 86400.0},
    {"h", 3600.0},
    {"m", 60.0},
    {"s", 1.0},
}};

// The unit at the start of the text; null if there is none.
const Unit* unit_at(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name)) return &unit;
  }
  return nullptr;
}

class Lexer {
 public:
  Lexer(std::string_view text, PromqlOptions options) : text_(text), options_(options) {}

  std::vector<PromToken> run() {
    while (true) {
      skip_blanks();
      PromToken token = next();
      const bool last = token.kind == PromToken::Kind::kEnd || token.kind == PromToken::Kind::kBroken;
      out_.push_back(std::move(token));
      if (last) return std::move(out_);
    }
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (is_blank(text_[at_])) {
        ++at_;
      } else {
        return;
      }
    }
  }

  PromToken token(PromToken::Kind kind, size_t begin) const {
    PromToken out;
    out.kind = kind;
    out.at = begin;
    out.text = text_.substr(begin, at_ - begin);
    return out;
  }
  static PromToken broken(std::string why, size_t at) {
    PromToken out;
    out.kind = PromToken::Kind::kBroken;
    out.text = std::move(why);
    out.at = at;
    return out;
  }

  PromToken next() {
    const size_t begin = at_;
    if (at_ >= text_.size()) return token(PromToken::Kind::kEnd, begin);
    const char c = text_[at_];
    if (starts_variable() || is_start(c)) return word();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '"' || c == '\'' || c == '`') return string();
    constexpr std::array<std::string_view, 24> kSymbols = {"==", "!=", ">=", "<=", "=~", "!~", "(", ")",
                                                           "{",  "}",  "[",  "]",  ",",  "+",  "-", "*",
                                                           "/",  "%",  "^",  "=",  ">",  "<",  "@", "!"};
    for (std::string_view symbol : kSymbols) {
      if (!text_.substr(at_).starts_with(symbol) || symbol == "!") continue;
      at_ += symbol.size();
      return token(PromToken::Kind::kSymbol, begin);
    }
    return broken(std::string("`") + c + "` is no part of the language", begin);
  }

  bool starts_variable() const {
    if (!options_.variables) return false;
    return peek() == '$' || (peek() == '[' && peek(1) == '[' && peek(2) != '[');
  }

  // $name, ${name:format} or [[name]]; false if it is cut off.
  bool skip_variable() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("${") || rest.starts_with("[[")) {
      const std::string_view closing = rest[0] == '$' ? "}" : "]]";
      const size_t end = rest.find(closing, 2);
      if (end == rest.npos) return false;
      at_ += end + closing.size();
      return true;
    }
    const size_t begin = ++at_;
    while (is_part(peek()) && peek() != ':') ++at_;
    return at_ > begin;
  }

  // A name, a variable, or a name with variables in it.
  PromToken word() {
    const size_t begin = at_;
    bool variable = false;
    while (at_ < text_.size() && (is_part(peek()) || starts_variable())) {
      if (!starts_variable()) {
        if (variable && peek() == ':') break;  // [$range:1m]
        ++at_;
        continue;
      }
      if (at_ > begin && peek() == '[') {  // x[[...]]: a range, unless a variable is meant
        if (text_.substr(at_).find("]]") == text_.npos) break;
      }
      variable = true;
      if (!skip_variable()) return broken("a variable is cut off", begin);
    }
    PromToken out = token(PromToken::Kind::kName, begin);
    out.variable = variable;
    const char first = text_[begin];
    if (variable && (first == '$' || first == '[')) {
      const std::string_view rest = std::string_view(out.text).substr(1);
      const bool alone = rest.find('$') == rest.npos;
      if (alone) out.kind = PromToken::Kind::kVariable;
    }
    return out;
  }

  PromToken number() {
    const size_t begin = at_;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
      at_ += 2;
      if (std::isxdigit(static_cast<unsigned char>(peek())) == 0) return broken("a number is cut off", begin);
      while (std::string_view("0123456789abcdefABCDEF").find(peek()) != std::string_view::npos &&
             peek() != '\0')
        ++at_;
    } else {
      while (is_digit(peek())) ++at_;
      if (unit_at(text_.substr(at_)) != nullptr) return duration(begin);
      if (peek() == '.') ++at_;
      while (is_digit(peek())) ++at_;
      if (peek() == 'e' || peek() == 'E') {
        ++at_;
        if (peek() == '+' || peek() == '-') ++at_;
        if (!is_digit(peek())) return broken("a number is cut off", begin);
        while (is_digit(peek())) ++at_;
      }
    }
    if (is_part(peek()) && peek() != ':') return broken("a number goes on as a name", begin);
    PromToken out = token(PromToken::Kind::kNumber, begin);
    out.number = std::strtod(out.text.c_str(), nullptr);
    return out;
  }

  // Units from long to short, each once: 1h30m.
  PromToken duration(size_t begin) {
    at_ = begin;
    double seconds = 0;
    double last = std::numeric_limits<double>::infinity();
    while (is_digit(peek())) {
      const size_t from = at_;
      while (is_digit(peek())) ++at_;
      const Unit* unit = unit_at(text_.substr(at_));
      if (unit == nullptr || unit->seconds >= last) return broken("a duration is out of order", begin);
      last = unit->seconds;
      seconds += std::strtod(std::string(text_.substr(from, at_ - from)).c_str(), nullptr) * unit->seconds;
      at_ += unit->name.size();
    }
    if (is_part(peek()) && peek() != ':') return broken("a duration goes on as a name", begin);
    PromToken out = token(PromToken::Kind::kDuration, begin);
    out.number = seconds;
    return out;
  }

  PromToken string() {
    const size_t begin = at_;
    const char quote = text_[at_++];
    std::string value;
    bool variable = false;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\n' && quote != '`') return broken("a string is not closed", begin);
      if (starts_variable()) variable = true;
      if (text_[at_] == '\\' && quote != '`') {
        if (!escape(quote, value)) return broken("an escape in a string is not known", at_);
        continue;
      }
      value += text_[at_++];
    }
    if (at_ >= text_.size()) return broken("a string is not closed", begin);
    ++at_;
    PromToken out = token(PromToken::Kind::kString, begin);
    out.text = std::move(value);
    out.variable = variable;
    return out;
  }

  // As Go writes them; characters beyond ASCII are kept as a question mark: no rule needs them.
  bool escape(char quote, std::string& value) {
    const char c = peek(1);
    constexpr std::string_view kFrom = "abfnrtv\\";
    constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\";
    if (const size_t simple = kFrom.find(c); c != '\0' && simple != kFrom.npos) {
      value += kTo[simple];
      at_ += 2;
      return true;
    }
    if (c == quote) {
      value += c;
      at_ += 2;
      return true;
    }
    const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : is_digit(c) ? 3 : 0;
    const size_t from = at_ + (is_digit(c) ? 1 : 2);
    if (digits == 0 || from + digits > text_.size()) return false;
    const std::string_view allowed = is_digit(c) ? "01234567" : "0123456789abcdefABCDEF";
    if (text_.substr(from, digits).find_first_not_of(allowed) != std::string_view::npos) return false;
    const unsigned long code =
        std::strtoul(std::string(text_.substr(from, digits)).c_str(), nullptr, is_digit(c) ? 8 : 16);
    value += code < 128 ? static_cast<char>(code) : '?';
    at_ = from + digits;
    return true;
  }

  std::string_view text_;
  PromqlOptions options_;
  size_t at_ = 0;
  std::vector<PromToken> out_;
};

}  // namespace

std::vector<PromToken> promql_tokens(std::string_view text, PromqlOptions options) {
  return Lexer(text, options).run();
}

double promql_duration(std::string_view text) {
  const std::vector<PromToken> tokens = promql_tokens(text, {});
  const bool one = tokens.size() == 2 && tokens[0].kind == PromToken::Kind::kDuration &&
                   tokens[1].kind == PromToken::Kind::kEnd;
  return one ? tokens[0].number : -1;
}

}  // namespace mlgrade
