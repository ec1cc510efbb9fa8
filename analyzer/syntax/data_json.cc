// JSON by nlohmann's event parser, which gives no positions: the handler walks through the text in step with
// it.
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>

#include "analyzer/base/limits.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade {
namespace {

// The cursor in the text: finds the beginning of the token that an event stands for and passes over it.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  // Moves to the next token and remembers its place.
  void seek() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '/' && at_ + 1 < text_.size()) {
        pass_comment();
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':' || c == '\xEF' ||
                 c == '\xBB' || c == '\xBF') {
        step();
      } else {
        break;
      }
    }
    line = line_;
    column = static_cast<uint32_t>(at_ - line_start_ + 1);
  }

  // Passes over a string, a number or a literal and gives its source text, with the quotes.
  std::string_view pass_scalar() {
    const size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      for (step(); at_ < text_.size() && text_[at_] != '"'; step()) {
        if (text_[at_] == '\\') step();
      }
      step();
    } else {
      while (at_ < text_.size() && is_word(text_[at_])) step();
    }
    return text_.substr(begin, at_ - begin);
  }

  void pass_bracket() { step(); }

  uint32_t line = 1;    // of the token last sought, from 1
  uint32_t column = 1;  // from 1

 private:
  static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == 'E' || c == '+' || c == '-' || c == '.' ||
           c == 'N' || c == 'I';
  }

  void step() {
    if (at_ >= text_.size()) return;
    if (text_[at_] == '\n') {
      ++line_;
      line_start_ = at_ + 1;
    }
    ++at_;
  }

  void pass_comment() {
    const bool block = text_[at_ + 1] == '*';
    step();
    step();
    while (at_ < text_.size()) {
      if (block ? text_.substr(at_, 2) == "*/" : text_[at_] == '\n') break;
      step();
    }
    step();
    if (block) step();
  }

  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  size_t line_start_ = 0;
};

class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(std::string_view text, FileId file, ParsedData& out) : cursor_(text), file_(file), out_(out) {}

  bool null() override { return scalar(DataNode::Kind::kNull); }
  bool boolean(bool /*value*/) override { return scalar(DataNode::Kind::kScalar); }
  bool number_integer(number_integer_t /*value*/) override { return scalar(DataNode::Kind::kScalar); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return scalar(DataNode::Kind::kScalar); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return scalar(DataNode::Kind::kScalar);
  }
  bool binary(binary_t& /*value*/) override { return false; }

  bool string(string_t& value) override {
    DataNode node = next(DataNode::Kind::kScalar);
    cursor_.pass_scalar();
    node.text = std::move(value);
    node.quoted = true;
    return add(std::move(node)) != nullptr;
  }

  bool key(string_t& value) override {
    cursor_.seek();
    cursor_.pass_scalar();
    Open& open = open_.back();
    open.key = std::move(value);
    open.key_line = cursor_.line;
    open.key_column = cursor_.column;
    return true;
  }

  bool start_object(std::size_t /*size*/) override { return start(DataNode::Kind::kMapping); }
  bool start_array(std::size_t /*size*/) override { return start(DataNode::Kind::kSequence); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }

  bool parse_error(std::size_t /*position*/, const std::string& token,
                   const nlohmann::json::exception& /*error*/) override {
    cursor_.seek();
    std::string near = token.substr(0, 40);
    problem(ProblemKind::kSyntax, near.empty() ? "not valid JSON" : "not valid JSON near " + near);
    return false;
  }

  DataNode root;

 private:
  struct Open {
    DataNode* node = nullptr;
    std::string key;
    uint32_t key_line = 0;
    uint32_t key_column = 0;
    std::unordered_map<std::string, size_t> index;
  };

  void problem(ProblemKind kind, std::string message) {
    out_.problems.push_back({kind, {file_, cursor_.line, cursor_.column, cursor_.line}, std::move(message)});
  }

  DataNode next(DataNode::Kind kind) {
    cursor_.seek();
    DataNode node;
    node.kind = kind;
    node.line = cursor_.line;
    node.column = cursor_.column;
    return node;
  }

  bool scalar(DataNode::Kind kind) {
    DataNode node = next(kind);
    std::string_view source = cursor_.pass_scalar();
    if (kind == DataNode::Kind::kScalar) node.text = source;
    return add(std::move(node)) != nullptr;
  }

  bool start(DataNode::Kind kind) {
    DataNode node = next(kind);
    cursor_.pass_bracket();
    if (open_.size() >= static_cast<size_t>(kMaxDocumentDepth)) {
      problem(ProblemKind::kLimit, "nested too deeply; this document is left out");
      return false;
    }
    DataNode* placed = add(std::move(node));
    if (placed == nullptr) return false;
    open_.emplace_back();
    open_.back().node = placed;
    return true;
  }

  bool end() {
    cursor_.seek();
    cursor_.pass_bracket();
    open_.pop_back();
    return true;
  }

  // The node's place in the tree; null if the limit is reached. Pointers of open containers stay valid: only
  // the innermost one grows.
  DataNode* add(DataNode node) {
    if (++made_ > kMaxDocumentNodes) {
      problem(ProblemKind::kLimit, "too many nodes; this document is left out");
      return nullptr;
    }
    if (open_.empty()) {
      root = std::move(node);
      return &root;
    }
    Open& open = open_.back();
    if (open.node->is_sequence()) {
      open.node->items.push_back(std::move(node));
      return &open.node->items.back();
    }
    return add_entry(open, std::move(node));
  }

  DataNode* add_entry(Open& open, DataNode node) {
    DataNode& parent = *open.node;
    auto [place, is_new] = open.index.try_emplace(open.key, parent.entries.size());
    uint32_t line = open.key_line;
    if (is_new) {
      parent.entries.emplace_back(open.key, std::move(node));
      parent.key_lines.push_back(line);
      return &parent.entries.back().second;
    }
    auto& first = parent.entries[place->second];
    problem(ProblemKind::kSyntax, "the key \"" + open.key + "\" is given twice, first on line " +
                                      std::to_string(parent.key_lines[place->second]) +
                                      "; the last one counts");
    parent.entries.emplace_back(open.key, std::move(first.second));
    parent.key_lines.push_back(parent.key_lines[place->second]);
    parent.key_lines[place->second] = line;
    parent.entries[place->second].second = std::move(node);
    return &parent.entries[place->second].second;
  }

  Cursor cursor_;
  FileId file_;
  ParsedData& out_;
  std::vector<Open> open_;
  size_t made_ = 0;
};

// The text with numbers of the same length in place of NaN and Infinity, as Python's json writes them.
std::string with_finite_numbers(std::string_view text) {
  std::string out(text);
  bool quoted = false;
  for (size_t i = 0; i < out.size(); ++i) {
    if (quoted && out[i] == '\\') {
      ++i;
    } else if (out[i] == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      for (std::string_view word : {std::string_view("NaN"), std::string_view("Infinity")}) {
        if (out.compare(i, word.size(), word) == 0)
          out.replace(i, word.size(), std::string("0.").append(word.size() - 2, '0'));
      }
    }
  }
  return out;
}

// `text` is what is parsed; nodes keep the texts of `source`, which is as long.
void parse_into(std::string_view text, std::string_view source, FileId file, ParsedData& out) {
  Builder builder(source, file, out);
  const bool whole =
      nlohmann::json::sax_parse(text.begin(), text.end(), &builder, nlohmann::json::input_format_t::json,
                                /*strict=*/true, /*ignore_comments=*/true);
  if (whole) out.documents.push_back(std::move(builder.root));
}

}  // namespace

ParsedData parse_json(std::string_view text, FileId file) {
  ParsedData out;
  try {
    parse_into(text, text, file, out);
    const bool unfinite = out.documents.empty() && (text.find("NaN") != std::string_view::npos ||
                                                    text.find("Infinity") != std::string_view::npos);
    if (unfinite) {
      ParsedData again;
      parse_into(with_finite_numbers(text), text, file, again);
      if (!again.documents.empty()) out = std::move(again);
    }
  } catch (const std::exception& error) {
    out.problems.push_back(
        {ProblemKind::kSyntax, {file, 1, 1, 1}, std::string("not readable as JSON: ") + error.what()});
  }
  if (out.documents.empty() && text.find("{%") != std::string_view::npos) {
    out.problems = {{ProblemKind::kNotAnalysable,
                     {file, 1, 1, 1},
                     "this is a template; what it becomes is not known here"}};
    out.template_like = true;
  }
  return out;
}

}  // namespace mlgrade
