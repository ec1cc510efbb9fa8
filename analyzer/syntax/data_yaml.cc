// YAML by yaml-cpp's events. The events of a document become a flat list of raw nodes, whose size the text
// bounds; expanding aliases and merge keys into a DataNode tree is a second step that counts what it makes.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <exception>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>

#include "analyzer/base/limits.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade {
namespace {

enum class RawKind { kNull, kScalar, kSequence, kMapping, kAlias };

struct RawNode {
  RawKind kind = RawKind::kNull;
  bool quoted = false;
  bool block_style = false;
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t target = kNone;         // kAlias
  std::string text;                // kScalar
  std::vector<uint32_t> children;  // kMapping: key, value, key, value ...
};

struct TooDeep : std::exception {};

// Finds where a node's own text begins, behind the anchor and tag that yaml-cpp's mark points at.
class SourceText {
 public:
  explicit SourceText(std::string_view text) : text_(text) {
    line_starts_.push_back(0);
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  struct Place {
    uint32_t line = 0;    // from 1
    uint32_t column = 0;  // from 1
    char first = '\0';    // '\0' at the end of the text
  };

  Place node_start(const YAML::Mark& mark) const {
    Place place{static_cast<uint32_t>(mark.line < 0 ? 1 : mark.line + 1),
                static_cast<uint32_t>(mark.column < 0 ? 1 : mark.column + 1), '\0'};
    if (place.line > line_starts_.size()) return place;
    size_t at = line_starts_[place.line - 1] + place.column - 1;
    while (at < text_.size()) {
      char c = text_[at];
      if (c == '&' || c == '!') {
        while (at < text_.size() && !is_blank(text_[at])) advance(at, place);
      } else if (c == '#') {
        while (at < text_.size() && text_[at] != '\n') advance(at, place);
      } else if (is_blank(c)) {
        advance(at, place);
      } else {
        place.first = c;
        break;
      }
    }
    return place;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  void advance(size_t& at, Place& place) const {
    if (text_[at] == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      ++place.column;
    }
    ++at;
  }

  std::string_view text_;
  std::vector<size_t> line_starts_;
};

// Collects one document.
class Collector : public YAML::EventHandler {
 public:
  explicit Collector(const SourceText& source) : source_(source) {}

  std::vector<RawNode> nodes;  // [0] is the root
  bool stuck = false;          // a document began where the one before did: the parser does not get on
  bool complex_key = false;    // a mapping as the key of a flow mapping: `{{ x }}` outside quotes

  void OnDocumentStart(const YAML::Mark& mark) override {
    stuck = mark.pos == started_;
    started_ = mark.pos;
    nodes.clear();
    open_.clear();
    anchors_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RawNode node;
    place(node, mark);
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RawNode node;
    node.kind = RawKind::kAlias;
    place(node, mark);
    auto known = anchors_.find(anchor);
    if (known != anchors_.end()) node.target = known->second;
    add(std::move(node), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RawNode node;
    node.kind = RawKind::kScalar;
    node.text = value;
    const char first = place(node, mark);
    node.block_style = first == '|' || first == '>';
    node.quoted = node.block_style || first == '"' || first == '\'' || tag == "tag:yaml.org,2002:str";
    if (!node.quoted &&
        (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL")) {
      node.kind = RawKind::kNull;
      node.text.clear();
    }
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(RawKind::kSequence, mark, anchor);
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    if (style == YAML::EmitterStyle::Flow && at_key()) complex_key = true;
    open(RawKind::kMapping, mark, anchor);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  char place(RawNode& node, const YAML::Mark& mark) const {
    const SourceText::Place start = source_.node_start(mark);
    node.line = start.line;
    node.column = start.column;
    return start.first;
  }

  bool at_key() const {
    if (open_.empty()) return false;
    const RawNode& parent = nodes[open_.back()];
    return parent.kind == RawKind::kMapping && parent.children.size() % 2 == 0;
  }

  void open(RawKind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() >= static_cast<size_t>(kMaxDocumentDepth)) throw TooDeep();
    RawNode node;
    node.kind = kind;
    place(node, mark);
    open_.push_back(add(std::move(node), anchor));
  }

  uint32_t add(RawNode node, YAML::anchor_t anchor) {
    const auto id = static_cast<uint32_t>(nodes.size());
    if (!open_.empty()) nodes[open_.back()].children.push_back(id);
    if (anchor != 0) anchors_[anchor] = id;
    nodes.push_back(std::move(node));
    return id;
  }

  const SourceText& source_;
  int started_ = -1;  // where the last document began, in bytes
  std::vector<uint32_t> open_;
  std::unordered_map<YAML::anchor_t, uint32_t> anchors_;
};

// Turns raw nodes into a tree within the limits.
class Expander {
 public:
  Expander(const std::vector<RawNode>& raw, FileId file, std::vector<Problem>& problems)
      : raw_(raw), file_(file), problems_(problems) {}

  DataNode expand(uint32_t id, int depth) {
    const RawNode& raw = raw_[id];
    DataNode node;
    node.line = raw.line;
    node.column = raw.column;
    if (!enter(raw, depth)) return node;
    switch (raw.kind) {
      case RawKind::kNull:
        break;
      case RawKind::kAlias:
        if (raw.target != kNone) node = expand(raw.target, depth + 1);
        break;
      case RawKind::kScalar:
        node.kind = DataNode::Kind::kScalar;
        node.text = raw.text;
        node.quoted = raw.quoted;
        node.block_style = raw.block_style;
        break;
      case RawKind::kSequence:
        node.kind = DataNode::Kind::kSequence;
        for (uint32_t child : raw.children) node.items.push_back(expand(child, depth + 1));
        break;
      case RawKind::kMapping:
        fill_mapping(raw, node, depth);
        break;
    }
    return node;
  }

 private:
  bool enter(const RawNode& raw, int depth) {
    const bool fits = depth <= kMaxDocumentDepth && ++made_ <= kMaxDocumentNodes;
    if (!fits && !limit_reported_) {
      limit_reported_ = true;
      problems_.push_back({ProblemKind::kLimit,
                           {file_, raw.line, raw.column, raw.line},
                           depth > kMaxDocumentDepth
                               ? "aliases nest too deeply; the rest is left out"
                               : "too many nodes once aliases are expanded; the rest is left out"});
    }
    return fits && !(limit_reported_ && made_ > kMaxDocumentNodes);
  }

  std::string key_text(uint32_t id) const {
    const RawNode* key = &raw_[id];
    if (key->kind == RawKind::kAlias && key->target != kNone) key = &raw_[key->target];
    return key->kind == RawKind::kScalar ? key->text : std::string();
  }

  void fill_mapping(const RawNode& raw, DataNode& node, int depth) {
    node.kind = DataNode::Kind::kMapping;
    std::unordered_map<std::string, size_t> index;  // key -> its place in node.entries
    std::vector<DataNode> merged;
    for (size_t i = 0; i + 1 < raw.children.size(); i += 2) {
      const RawNode& key = raw_[raw.children[i]];
      DataNode value = expand(raw.children[i + 1], depth + 1);
      std::string name = key_text(raw.children[i]);
      if (name == "<<" && !key.quoted && (value.is_mapping() || value.is_sequence())) {
        merged.push_back(std::move(value));
        continue;
      }
      if (name.empty()) {  // a key that is no scalar, or none at all: nothing to compare
        node.entries.emplace_back(std::string(), std::move(value));
        node.key_lines.push_back(key.line);
        continue;
      }
      auto [place, is_new] = index.try_emplace(name, node.entries.size());
      if (!is_new) {
        repeat(node, place->second, key, name);
        std::swap(node.entries[place->second].second, value);
        std::swap(node.key_lines[place->second], last_line_);
      }
      node.entries.emplace_back(std::move(name), std::move(value));
      node.key_lines.push_back(is_new ? key.line : last_line_);
    }
    for (DataNode& source : merged) merge(source, node, index);
  }

  // A repeated key: the last value takes the first place, so that find() sees it.
  void repeat(const DataNode& node, size_t first, const RawNode& key, const std::string& name) {
    problems_.push_back({ProblemKind::kSyntax,
                         {file_, key.line, key.column, key.line},
                         "the key \"" + name + "\" is given twice, first on line " +
                             std::to_string(node.key_lines[first]) + "; the last one counts"});
    last_line_ = key.line;
  }

  // `<<`: entries of other mappings, where the mapping does not have its own; the earlier of several wins.
  void merge(DataNode& source, DataNode& into, std::unordered_map<std::string, size_t>& index) {
    if (source.is_sequence()) {
      for (DataNode& item : source.items) {
        if (item.is_mapping()) merge(item, into, index);
      }
      return;
    }
    for (size_t i = 0; i < source.entries.size(); ++i) {
      auto& [name, value] = source.entries[i];
      if (!index.try_emplace(name, into.entries.size()).second) continue;
      into.entries.emplace_back(std::move(name), std::move(value));
      into.key_lines.push_back(source.key_lines[i]);
    }
  }

  const std::vector<RawNode>& raw_;
  FileId file_;
  std::vector<Problem>& problems_;
  size_t made_ = 0;
  uint32_t last_line_ = 0;
  bool limit_reported_ = false;
};

// Whether the text has `{{` (but not the `${{` of workflows) or `{%`.
bool has_template_marks(std::string_view text) {
  for (size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (next == '%') return true;
    if (next == '{' && (at == 0 || text[at - 1] != '$')) return true;
  }
  return false;
}

void give_up_as_template(ParsedData& out, FileId file) {
  out.documents.clear();
  out.problems.clear();
  out.template_like = true;
  out.problems.push_back({ProblemKind::kNotAnalysable,
                          {file, 1, 1, 1},
                          "this is a template; what it becomes is not known here"});
}

}  // namespace

ParsedData parse_yaml(std::string_view text, FileId file) {
  ParsedData out;
  const SourceText source(text);
  Collector collector(source);
  std::string failure;
  Span where{file, 1, 1, 1};
  ProblemKind kind = ProblemKind::kSyntax;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(collector)) {
      if (collector.complex_key) break;
      if (collector.stuck) {
        failure = "not valid YAML: nothing can be read from here on";
        break;
      }
      if (collector.nodes.empty()) continue;
      out.documents.push_back(Expander(collector.nodes, file, out.problems).expand(0, 0));
    }
  } catch (const TooDeep&) {
    kind = ProblemKind::kLimit;
    failure = "nested too deeply; this document is left out";
  } catch (const YAML::Exception& error) {
    const auto line = static_cast<uint32_t>(error.mark.line < 0 ? 1 : error.mark.line + 1);
    where = {file, line, static_cast<uint32_t>(error.mark.column < 0 ? 1 : error.mark.column + 1), line};
    failure = "not valid YAML: " + error.msg;
  } catch (const std::exception& error) {
    failure = std::string("not readable as YAML: ") + error.what();
  }
  const bool marks = (!failure.empty() || collector.complex_key) && has_template_marks(text);
  if (marks && kind == ProblemKind::kSyntax) {
    give_up_as_template(out, file);
  } else if (!failure.empty()) {
    out.problems.push_back({kind, where, failure});
  }
  return out;
}

}  // namespace mlgrade
