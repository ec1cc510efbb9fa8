// Dates, placeholders and words in prose.
#include "analyzer/passes/prose.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <optional>

#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// A number or a run of letters, and where it stands.
struct Token {
  std::string_view text;
  bool number = false;
  int value = 0;  // numbers of up to four digits
  size_t begin = 0;
  char before = ' ';
};

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  for (size_t i = 0; i < text.size();) {
    const bool number = is_digit(text[i]);
    if (!number && !is_letter(text[i])) {
      ++i;
      continue;
    }
    Token token;
    token.begin = i;
    token.number = number;
    token.before = i > 0 ? text[i - 1] : ' ';
    while (i < text.size() && (number ? is_digit(text[i]) : is_letter(text[i]))) ++i;
    token.text = text.substr(token.begin, i - token.begin);
    if (number && token.text.size() <= 4) {
      for (char c : token.text) token.value = token.value * 10 + (c - '0');
    }
    tokens.push_back(token);
  }
  return tokens;
}

int month_of(const Token& token) {
  constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                        "may",       "june",     "july",     "august",
                                                        "september", "october",  "november", "december"};
  if (token.number || token.text.size() < 3) return 0;
  const std::string word = to_lower(token.text);
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (kMonths[i] == word || (word.size() == 3 && kMonths[i].starts_with(word)) ||
        (i == 8 && word == "sept")) {
      return static_cast<int>(i) + 1;
    }
  }
  return 0;
}

class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text), tokens_(tokens_of(text)) {}

  void read(std::vector<Date>& dates) {
    for (size_t i = 0; i < tokens_.size();) {
      size_t used = 0;
      const std::optional<Date> date = at(i, used);
      if (date) dates.push_back(*date);
      i += date ? used : 1;
    }
  }

 private:
  std::optional<Date> at(size_t i, size_t& used) const {
    const Token& first = tokens_[i];
    if (first.number) {
      if (auto date = numeric(i, used)) return date;
      return day_month_year(i, used);
    }
    return month_day_year(i, used);
  }

  // What stands between token i and the next one.
  std::string_view gap(size_t i) const {
    const size_t end = tokens_[i].begin + tokens_[i].text.size();
    return i + 1 < tokens_.size() ? text_.substr(end, tokens_[i + 1].begin - end) : std::string_view("\n");
  }

  static std::optional<Date> checked(int year, int month, int day) {
    if (year < 1990 || year > 2099) return std::nullopt;
    return parse_date(fmt::format("{:04}-{:02}-{:02}", year, month, day));
  }

  std::optional<Date> numeric(size_t i, size_t& used) const {
    if (i + 2 >= tokens_.size() || !tokens_[i + 1].number || !tokens_[i + 2].number) return std::nullopt;
    const std::string_view mark = gap(i);
    if (mark != gap(i + 1) || (mark != "-" && mark != "/" && mark != ".")) return std::nullopt;
    const Token &a = tokens_[i], &b = tokens_[i + 1], &c = tokens_[i + 2];
    if (a.before == '-' || a.before == '.' || is_letter(a.before) || b.text.size() > 2) return std::nullopt;
    used = 3;
    if (a.text.size() == 4 && c.text.size() <= 2) return checked(a.value, b.value, c.value);
    if (c.text.size() != 4 || a.text.size() > 2) return std::nullopt;
    if (mark == ".") return checked(c.value, b.value, a.value);
    if (a.value > 12) return checked(c.value, b.value, a.value);
    if (b.value > 12 || a.value == b.value) return checked(c.value, a.value, b.value);
    return std::nullopt;
  }

  bool spaced(size_t i) const {
    const std::string_view between = gap(i);
    return between == " " || between == ", " || between == "-" || between == ". ";
  }

  // Skips the "st" of "1st": the index of the token after the number.
  size_t after_ordinal(size_t i) const {
    if (i + 1 >= tokens_.size() || !gap(i).empty()) return i + 1;
    const std::string_view word = tokens_[i + 1].text;
    return word == "st" || word == "nd" || word == "rd" || word == "th" ? i + 2 : i + 1;
  }

  std::optional<Date> day_month_year(size_t i, size_t& used) const {
    size_t m = after_ordinal(i);
    if (m < tokens_.size() && tokens_[m].text == "of") ++m;
    if (m + 1 >= tokens_.size() || month_of(tokens_[m]) == 0 || !spaced(m - 1) || !spaced(m)) {
      return std::nullopt;
    }
    if (tokens_[i].text.size() > 2 || tokens_[m + 1].text.size() != 4) return std::nullopt;
    used = m + 2 - i;
    return checked(tokens_[m + 1].value, month_of(tokens_[m]), tokens_[i].value);
  }

  std::optional<Date> month_day_year(size_t i, size_t& used) const {
    const int month = month_of(tokens_[i]);
    if (month == 0 || i + 1 >= tokens_.size() || !tokens_[i + 1].number || !spaced(i)) return std::nullopt;
    if (tokens_[i + 1].text.size() == 4) {
      used = 2;
      return checked(tokens_[i + 1].value, month, 1);
    }
    const size_t y = after_ordinal(i + 1);
    if (y >= tokens_.size() || tokens_[y].text.size() != 4 || !spaced(y - 1)) return std::nullopt;
    used = y + 1 - i;
    return checked(tokens_[y].value, month, tokens_[i + 1].value);
  }

  std::string_view text_;
  std::vector<Token> tokens_;
};

bool word_at(std::string_view text, size_t at, std::string_view word) {
  if (text.substr(at, word.size()) != word) return false;
  const bool open = at == 0 || !is_letter(text[at - 1]);
  const size_t end = at + word.size();
  return open && (end >= text.size() || !is_letter(text[end]));
}

bool opens_placeholder(std::string_view rest) {  // rest begins with '<', '[' or '{', lower case
  constexpr std::array<std::string_view, 16> kWords = {
      "your", "insert", "todo",     "tbd",   "name",    "owner",      "date",    "fill",
      "team", "add ",   "describe", "enter", "project", "model name", "company", "more information needed"};
  if (rest.find(rest[0] == '<' ? '>' : rest[0] == '[' ? ']' : '}') > 80) return false;
  rest.remove_prefix(rest.find_first_not_of("<[{ ") == rest.npos ? rest.size()
                                                                 : rest.find_first_not_of("<[{ "));
  for (std::string_view word : kWords) {
    if (rest.starts_with(word)) return true;
  }
  return false;
}

}  // namespace

void find_dates(std::string_view text, std::vector<Date>& dates) { DateReader(text).read(dates); }

uint32_t count_placeholders(std::string_view text) {
  const std::string low = to_lower(text);
  uint32_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    size_t length = 0;
    for (std::string_view word : {"TODO", "TBD", "TBC", "FIXME", "XXX", "XXXX", "XXXXX", "YYYY"}) {
      if (word_at(text, i, word)) length = word.size();
    }
    if (length == 0 && std::string_view(low).substr(i).starts_with("lorem ipsum")) length = 11;
    if (length == 0 && std::string_view(low).substr(i).starts_with("coming soon")) length = 11;
    if (length == 0 && text.substr(i).starts_with("____")) {
      length =
          text.find_first_not_of('_', i) == text.npos ? text.size() - i : text.find_first_not_of('_', i) - i;
    }
    const char c = text[i];
    if (length == 0 && (c == '<' || c == '[' || c == '{') &&
        opens_placeholder(std::string_view(low).substr(i))) {
      length = text.find_first_of(">]}", i) + 1 - i;
    }
    if (length == 0) continue;
    ++count;
    i += length - 1;
  }
  return count;
}

uint32_t count_words(std::string_view text) {
  uint32_t count = 0;
  for (std::string_view word : split_words(text)) {
    for (char c : word) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && static_cast<unsigned char>(c) < 0x80) continue;
      ++count;
      break;
    }
  }
  return count;
}

}  // namespace mlgrade
