// Finds the actions, takes white space away, and nests blocks.
#include "analyzer/syntax/go_template.h"

#include <algorithm>

#include "analyzer/base/limits.h"

namespace mlgrade {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr size_t kMaxNesting = 60;

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string_view take_word(std::string_view& text) {
  const size_t end = std::min(text.find_first_of(kSpace), text.size());
  const std::string_view word = text.substr(0, end);
  text = trimmed(text.substr(end));
  return word;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  ParsedTemplate parse() {
    stack_.push_back({&out_.nodes, nullptr});
    bool trim_next = false;
    while (at_ < text_.size() && out_.why_not.empty()) {
      const size_t open = text_.find("{{", at_);
      std::string_view plain = text_.substr(at_, open == text_.npos ? text_.npos : open - at_);
      if (trim_next) {
        const size_t begin = std::min(plain.find_first_not_of(kSpace), plain.size());
        count_lines(plain.substr(0, begin));
        plain.remove_prefix(begin);
      }
      if (open == text_.npos) {
        add_text(plain);
        break;
      }
      const bool trims =
          open + 3 < text_.size() && text_[open + 2] == '-' && kSpace.find(text_[open + 3]) != kSpace.npos;
      std::string_view kept = plain;
      if (trims) kept = plain.substr(0, plain.find_last_not_of(kSpace) + 1);
      add_text(kept);
      count_lines(plain.substr(kept.size()));
      const size_t begin = open + (trims ? 3 : 2);
      const size_t close = closing(begin);
      if (close == text_.npos) {
        out_.why_not = "an action does not end";
        break;
      }
      std::string_view action = text_.substr(begin, close - begin);
      trim_next =
          action.ends_with('-') && action.size() > 1 && kSpace.find(action[action.size() - 2]) != kSpace.npos;
      if (trim_next) action.remove_suffix(1);
      const uint32_t line = line_;
      count_lines(text_.substr(open, close - open));
      at_ = close + 2;
      out_.has_actions = true;
      read_action(trimmed(action), line);
    }
    if (out_.why_not.empty() && stack_.size() != 1) out_.why_not = "a block has no end";
    return std::move(out_);
  }

 private:
  struct Open {
    std::vector<TemplateNode>* into;
    TemplateNode* block;  // of which `into` is a part; null at the top
    int chained = 0;      // `else if`s that end with this one's end
  };

  void count_lines(std::string_view text) {
    line_ += static_cast<uint32_t>(std::count(text.begin(), text.end(), '\n'));
  }

  void add_text(std::string_view text) {
    if (text.empty()) return;
    TemplateNode node;
    node.text = text;
    node.line = line_;
    count_lines(text);
    stack_.back().into->push_back(std::move(node));
  }

  // Where the action that begins at `from` ends: "}}" outside of strings and comments.
  size_t closing(size_t from) const {
    std::string_view head = text_.substr(from);
    if (trimmed(head.substr(0, 4)).starts_with("/*")) {
      const size_t end = text_.find("*/", from);
      return end == text_.npos ? end : text_.find("}}", end);
    }
    char quote = 0;
    for (size_t i = from; i + 1 < text_.size(); ++i) {
      const char c = text_[i];
      if (quote != 0) {
        if (c == '\\' && quote == '"') ++i;
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '`') {
        quote = c;
      } else if (c == '}' && text_[i + 1] == '}') {
        return i;
      }
    }
    return text_.npos;
  }

  TemplateNode& add(TemplateNode::Kind kind, std::string_view text, uint32_t line) {
    TemplateNode node;
    node.kind = kind;
    node.text = text;
    node.line = line;
    stack_.back().into->push_back(std::move(node));
    return stack_.back().into->back();
  }

  void open(TemplateNode::Kind kind, std::string_view text, uint32_t line) {
    if (stack_.size() > kMaxNesting) {
      out_.why_not = "blocks are nested too deep";
      return;
    }
    TemplateNode& node = add(kind, text, line);
    stack_.push_back({&node.body, &node});
  }

  // "$x := pipeline" and "$k, $v := pipeline".
  static bool take_variables(std::string_view& text, std::string& key, std::string& value) {
    if (!text.starts_with('$')) return false;
    size_t assign = text.find(":=");
    size_t width = 2;
    if (assign == text.npos) {
      assign = text.find(" = ");
      width = 3;
    }
    if (assign == text.npos) return false;
    const std::string_view names = trimmed(text.substr(0, assign));
    if (names.find_first_of("(|\"") != names.npos) return false;
    const size_t comma = names.find(',');
    value = trimmed(comma == names.npos ? names : names.substr(comma + 1));
    if (comma != names.npos) key = trimmed(names.substr(0, comma));
    text = trimmed(text.substr(assign + width));
    return true;
  }

  void read_action(std::string_view action, uint32_t line) {
    if (action.empty() || action.starts_with("/*")) return;
    std::string_view rest = action;
    const std::string_view word = take_word(rest);
    using Kind = TemplateNode::Kind;
    if (word == "if" || word == "with" || word == "range") {
      std::string key, value;
      take_variables(rest, key, value);
      open(word == "if" ? Kind::kIf : word == "with" ? Kind::kWith : Kind::kRange, rest, line);
      if (stack_.back().block == nullptr) return;
      stack_.back().block->variable = value;
      stack_.back().block->key_variable = key;
    } else if (word == "define" || word == "block") {
      std::string_view name = rest;
      if (name.size() > 1 && (name[0] == '"' || name[0] == '`'))
        name = name.substr(1, name.find(name[0], 1) - 1);
      if (word == "block") add(Kind::kOutput, "include " + std::string(rest), line);
      open(Kind::kDefine, name, line);
    } else if (word == "else") {
      read_else(rest, line);
    } else if (word == "end") {
      close();
    } else if (word == "break" || word == "continue") {
      out_.why_not = "uses " + std::string(word);
    } else if (word == "template") {
      add(Kind::kOutput, "include " + std::string(rest), line);
    } else {
      std::string key, value;
      std::string_view pipeline = action;
      const bool assigns = take_variables(pipeline, key, value);
      TemplateNode& node = add(assigns ? Kind::kAssign : Kind::kOutput, pipeline, line);
      node.variable = value;
    }
  }

  void read_else(std::string_view rest, uint32_t line) {
    Open& top = stack_.back();
    if (top.block == nullptr) {
      out_.why_not = "an else has no if";
      return;
    }
    top.into = &top.block->otherwise;
    if (rest.empty()) return;
    const int chained = top.chained;
    std::string_view pipeline = rest;
    const std::string_view word = take_word(pipeline);
    if (word != "if" && word != "with") {
      out_.why_not = "an else that is not understood";
      return;
    }
    open(word == "if" ? TemplateNode::Kind::kIf : TemplateNode::Kind::kWith, pipeline, line);
    stack_.back().chained = chained + 1;
  }

  void close() {
    if (stack_.size() < 2) {
      out_.why_not = "an end has no block";
      return;
    }
    const int chained = stack_.back().chained;
    for (int i = 0; i <= chained && stack_.size() > 1; ++i) stack_.pop_back();
  }

  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  ParsedTemplate out_;
  std::vector<Open> stack_;
};

}  // namespace

ParsedTemplate parse_go_template(std::string_view text) { return Parser(text).parse(); }

}  // namespace mlgrade
