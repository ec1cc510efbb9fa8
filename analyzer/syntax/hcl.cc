// Walks the tree of the HCL grammar.
#include "analyzer/syntax/hcl.h"

#include <algorithm>
#include <string>

#include "analyzer/base/limits.h"
#include "analyzer/syntax/tree.h"

namespace mlgrade {
namespace {

enum Kind : uint16_t {
  kUnknown,
  kBody,
  kAttribute,
  kBlock,
  kIdentifier,
  kExpression,
  kLiteral,
  kString,
  kCollection,
  kTuple,
  kObject,
  kElement,
  kTemplate,
  kQuoted,
  kHeredoc,
};

const NodeKinds& hcl_kinds() {
  const auto node = [](Kind kind, std::string_view type) {
    return KindRule{static_cast<uint16_t>(kind), type, true, KindRule::Keep::kNode};
  };
  static const NodeKinds kinds(
      Grammar::kHcl,
      {node(kBody, "body"), node(kAttribute, "attribute"), node(kBlock, "block"),
       node(kIdentifier, "identifier"), node(kExpression, "expression"), node(kLiteral, "literal_value"),
       node(kString, "string_lit"), node(kCollection, "collection_value"), node(kTuple, "tuple"),
       node(kObject, "object"), node(kElement, "object_elem"), node(kTemplate, "template_expr"),
       node(kQuoted, "quoted_template"), node(kHeredoc, "heredoc_template")});
  return kinds;
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"') return std::string(text);
  std::string out;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) {
      ++i;
      out += text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : text[i];
    } else {
      out += text[i];
    }
  }
  return out;
}

// The lines between `<<EOT` and `EOT`; of `<<-EOT` without their common indentation.
std::string heredoc(std::string_view text) {
  const size_t first = text.find('\n');
  const size_t last = text.rfind('\n');
  if (first == text.npos || last <= first) return "";
  const std::string_view body = text.substr(first + 1, last - first);
  if (!text.starts_with("<<-")) return std::string(body);
  size_t indent = std::string_view::npos;
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find('\n', at), body.size());
    const std::string_view line = body.substr(at, end - at);
    const size_t begin = line.find_first_not_of(" \t");
    if (begin != line.npos) indent = std::min(indent, begin);
    at = end + 1;
  }
  std::string out;
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find('\n', at), body.size());
    std::string_view line = body.substr(at, end - at);
    line.remove_prefix(std::min(indent, line.size()));
    out.append(line).append("\n");
    at = end + 1;
  }
  return out;
}

class Reader {
 public:
  Reader(std::string_view text, const SyntaxTree& tree) : text_(text), tree_(tree) {}

  DataNode read() {
    DataNode root;
    root.kind = DataNode::Kind::kMapping;
    root.line = 1;
    root.column = 1;
    if (!tree_.nodes.empty()) read_body(kRootNode, root, 0);
    return root;
  }

 private:
  Kind kind(uint32_t node) const { return static_cast<Kind>(tree_.nodes[node].kind); }
  std::string_view source(uint32_t node) const {
    return text_.substr(tree_.nodes[node].start, tree_.nodes[node].end - tree_.nodes[node].start);
  }

  DataNode made(uint32_t node, DataNode::Kind kind) const {
    DataNode out;
    out.kind = kind;
    out.line = tree_.nodes[node].row + 1;
    out.column = tree_.nodes[node].column + 1;
    return out;
  }

  template <typename Use>
  void children(uint32_t node, Use use) const {
    for (uint32_t at = node + 1; at < tree_.nodes[node].next; at = tree_.nodes[at].next) {
      if ((tree_.nodes[at].flags & SyntaxNode::kNamed) != 0) use(at);
    }
  }

  uint32_t child(uint32_t node, Kind wanted) const {
    uint32_t found = kNoNode;
    children(node, [&](uint32_t at) {
      if (found == kNoNode && kind(at) == wanted) found = at;
    });
    return found;
  }

  void read_body(uint32_t node, DataNode& into, int depth) {
    if (depth > kMaxDocumentDepth) return;
    children(node, [&](uint32_t at) {
      const bool broken = (tree_.nodes[at].flags & SyntaxNode::kError) != 0;
      if (kind(at) == kBody || kind(at) == kObject || broken) {
        read_body(at, into, depth + 1);
      } else if (kind(at) == kAttribute) {
        const uint32_t name = child(at, kIdentifier), value = child(at, kExpression);
        if (name != kNoNode && value != kNoNode)
          add(into, source(name), expression(value, depth + 1), line(at));
      } else if (kind(at) == kBlock) {
        read_block(at, into, depth + 1);
      } else if (kind(at) == kElement) {
        read_element(at, into, depth + 1);
      }
    });
  }

  uint32_t line(uint32_t node) const { return tree_.nodes[node].row + 1; }

  static void add(DataNode& into, std::string_view key, DataNode value, uint32_t line) {
    into.key_lines.push_back(line);
    into.entries.emplace_back(std::string(key), std::move(value));
  }

  // Descends by type and labels; a body that meets another of the same name makes a sequence.
  void read_block(uint32_t node, DataNode& into, int depth) {
    std::vector<std::string> labels;
    DataNode body = made(node, DataNode::Kind::kMapping);
    children(node, [&](uint32_t at) {
      if (kind(at) == kIdentifier) labels.emplace_back(source(at));
      if (kind(at) == kString) labels.push_back(unquoted(source(at)));
      if (kind(at) == kBody) read_body(at, body, depth + 1);
    });
    if (labels.empty()) return;
    DataNode* home = &into;
    for (size_t i = 0; i + 1 < labels.size(); ++i) {
      DataNode* next = find(*home, labels[i]);
      if (next == nullptr || !next->is_mapping()) {
        add(*home, labels[i], made(node, DataNode::Kind::kMapping), line(node));
        next = &home->entries.back().second;
      }
      home = next;
    }
    DataNode* known = find(*home, labels.back());
    if (known == nullptr) {
      add(*home, labels.back(), std::move(body), line(node));
    } else if (known->is_sequence()) {
      known->items.push_back(std::move(body));
    } else {
      DataNode list = made(node, DataNode::Kind::kSequence);
      list.line = known->line;
      list.items.push_back(std::move(*known));
      list.items.push_back(std::move(body));
      *known = std::move(list);
    }
  }

  static DataNode* find(DataNode& node, std::string_view key) {
    for (auto& entry : node.entries) {
      if (entry.first == key) return &entry.second;
    }
    return nullptr;
  }

  void read_element(uint32_t node, DataNode& into, int depth) {
    uint32_t key = kNoNode, value = kNoNode;
    children(node, [&](uint32_t at) {
      if (kind(at) != kExpression) return;
      (key == kNoNode ? key : value) = at;
    });
    if (value != kNoNode) add(into, unquoted(source(key)), expression(value, depth + 1), line(node));
  }

  DataNode text(uint32_t node, std::string value, bool quoted) const {
    DataNode out = made(node, DataNode::Kind::kScalar);
    out.text = std::move(value);
    out.quoted = quoted;
    return out;
  }

  DataNode expression(uint32_t node, int depth) {
    const uint32_t only = node + 1 < tree_.nodes[node].next ? node + 1 : kNoNode;
    const bool whole = only != kNoNode && tree_.nodes[only].next == tree_.nodes[node].next &&
                       source(only).size() == source(node).size();
    if (!whole || depth > kMaxDocumentDepth) return text(node, std::string(source(node)), false);
    switch (kind(only)) {
      case kLiteral: {
        const uint32_t inner = child(only, kString);
        if (inner != kNoNode) return text(node, unquoted(source(inner)), true);
        if (source(only) == "null") return made(node, DataNode::Kind::kNull);
        return text(node, std::string(source(only)), false);
      }
      case kTemplate: {
        const uint32_t quoted = child(only, kQuoted);
        if (quoted != kNoNode) return text(node, unquoted(source(quoted)), true);
        DataNode out = text(node, heredoc(source(only)), true);
        out.block_style = true;
        return out;
      }
      case kCollection: {
        const uint32_t tuple = child(only, kTuple), object = child(only, kObject);
        DataNode out = made(node, tuple != kNoNode ? DataNode::Kind::kSequence : DataNode::Kind::kMapping);
        if (tuple != kNoNode) {
          children(tuple, [&](uint32_t at) {
            if (kind(at) == kExpression) out.items.push_back(expression(at, depth + 1));
          });
        } else if (object != kNoNode) {
          read_body(object, out, depth + 1);
        }
        return out;
      }
      default:
        return text(node, std::string(source(node)), false);
    }
  }

  static constexpr uint32_t kNoNode = 0xffffffff;
  std::string_view text_;
  const SyntaxTree& tree_;
};

}  // namespace

ParsedData parse_hcl(std::string_view text, FileId file) {
  ParsedData out;
  SyntaxTree tree;
  parse_syntax(hcl_kinds(), text, tree);
  if (tree.gave_up) {
    out.problems.push_back({ProblemKind::kLimit, Span{file, 1, 1, 1}, "this file takes too long to parse"});
    return out;
  }
  if (tree.error_nodes > 0) {
    const uint32_t line = tree.first_error_row + 1;
    out.problems.push_back({ProblemKind::kSyntax, Span{file, line, 1, line}, "this is no HCL"});
  }
  out.documents.push_back(Reader(text, tree).read());
  return out;
}

}  // namespace mlgrade
