// From tree-sitter-bash's tree to ShellNode. The grammar binds redirections and pipes looser than the shell
// does
// (`a && b > f | c`); the builders below put that right.
#include "analyzer/syntax/shell.h"

#include <tree_sitter/api.h>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "analyzer/base/limits.h"
#include "analyzer/syntax/shell_lists.h"
#include "analyzer/syntax/shell_words.h"

extern "C" const TSLanguage* tree_sitter_bash(void);

namespace mlgrade {
namespace {

constexpr size_t kMaxShellBytes = 1u << 20;

class Converter {
 public:
  Converter(std::string_view text, std::string_view masked) : text_(text), words_(text) {
    line_starts_.push_back(0);
    for (size_t i = 0; i < masked.size(); ++i) {
      if (masked[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  // The statements among `parts`, children of `parent`.
  ShellNode sequence(TSNode parent, std::span<const ChildNode> parts, int depth) {
    ShellNode node = make(ShellKind::kSequence, parent);
    for (const ChildNode& part : parts) {
      if (part.type == "&" && !node.children.empty()) node.children.back().background = true;
      if (is_statement(part)) add_statement(node, part, depth + 1);
    }
    if (!node.children.empty()) {
      node.line = node.children.front().line;
      node.column = node.children.front().column;
      node.begin = node.children.front().begin;
    }
    return node;
  }

  ShellNode sequence(TSNode parent, int depth) { return sequence(parent, children_of(parent), depth); }

  bool limited = false;

 private:
  static bool is_statement(const ChildNode& child) {
    const std::string_view type = child.type;
    return ts_node_is_named(child.node) && type != "comment" && type != "heredoc_body" &&
           type != "heredoc_start" && type != "heredoc_end" && type != "file_descriptor" &&
           !is_redirect(child);
  }

  static bool is_redirect(const ChildNode& child) {
    return child.type == "file_redirect" || child.type == "heredoc_redirect" ||
           child.type == "herestring_redirect";
  }

  ShellNode make(ShellKind kind, TSNode source) const {
    ShellNode node;
    node.kind = kind;
    node.begin = ts_node_start_byte(source);
    node.end = std::max<size_t>(node.begin, ts_node_end_byte(source));
    place(node);
    return node;
  }

  void place(ShellNode& node) const {
    node.line = line_of(node.begin);
    node.column = static_cast<uint32_t>(node.begin - line_starts_[node.line - 1] + 1);
    node.end_line = line_of(node.end > node.begin ? node.end - 1 : node.end);
  }

  uint32_t line_of(size_t at) const {
    auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), at);
    return static_cast<uint32_t>(after - line_starts_.begin());
  }

  void add_statement(ShellNode& into, const ChildNode& part, int depth) {
    if (part.type == "ERROR" && depth < kMaxShellDepth) {
      ShellNode inner = sequence(part.node, depth);
      for (ShellNode& child : inner.children) into.children.push_back(std::move(child));
      return;
    }
    if (part.type == "command" && split_assignments(into, part.node, depth)) return;
    into.children.push_back(statement(part.node, depth));
  }

  // The grammar joins `a=1 b=2` to a command on the next line. True if it did and both are now in `into`.
  bool split_assignments(ShellNode& into, TSNode source, int depth) {
    const std::vector<ChildNode> parts = children_of(source);
    for (size_t i = 1; i < parts.size(); ++i) {
      if (parts[i - 1].type != "variable_assignment") return false;
      const size_t gap = ts_node_end_byte(parts[i - 1].node);
      std::string_view between = text_.substr(gap, ts_node_start_byte(parts[i].node) - gap);
      if (between.find('\n') == std::string_view::npos || between.find('\\') != std::string_view::npos)
        continue;
      into.children.push_back(command(source, std::span(parts).first(i), depth));
      into.children.push_back(command(source, std::span(parts).subspan(i), depth));
      return true;
    }
    return false;
  }

  ShellNode statement(TSNode source, int depth) {
    if (depth > kMaxShellDepth) {
      limited = true;
      return make(ShellKind::kSequence, source);
    }
    std::string_view type = ts_node_type(source);
    if (type == "redirected_statement") return redirected(source, depth);
    if (type == "list") return list(source, depth);
    if (type == "pipeline") return pipeline(source, depth);
    if (type == "negated_command") return wrapped(ShellKind::kNot, source, depth);
    if (type == "compound_statement") return compound(source, depth);
    if (type == "subshell") return wrapped_sequence(ShellKind::kSubshell, source, depth);
    if (type == "if_statement") return if_statement(source, depth);
    if (type == "while_statement") return while_statement(source, depth);
    if (type == "for_statement" || type == "c_style_for_statement") return for_statement(source, depth);
    if (type == "case_statement") return case_statement(source, depth);
    if (type == "function_definition") return function(source, depth);
    if (type == "test_command") return test_command(source, depth);
    if (type == "variable_assignments" || type == "command" || type == "declaration_command" ||
        type == "unset_command") {
      return command(source, children_of(source), depth);
    }
    ShellNode node = make(ShellKind::kCommand, source);  // an assignment or a word that stands alone
    add_part(node, {source, type, {}}, depth);
    return node;
  }

  ShellNode command(TSNode source, std::span<const ChildNode> parts, int depth) {
    ShellNode node = make(ShellKind::kCommand, source);
    if (!parts.empty()) {
      node.begin = ts_node_start_byte(parts.front().node);
      node.end = ts_node_end_byte(parts.back().node);
      place(node);
    }
    const bool declares = std::string_view(ts_node_type(source)) == "declaration_command";
    for (const ChildNode& part : parts) {
      if (declares && part.type == "variable_assignment") {
        node.words.push_back(words_.word(part.node));
        substitutions(part.node, node, depth);
      } else {
        add_part(node, part, depth);
      }
    }
    return node;
  }

  void add_part(ShellNode& node, const ChildNode& part, int depth) {
    if (part.type == "variable_assignment") {
      node.assignments.push_back(words_.word(part.node));
      substitutions(part.node, node, depth);
    } else if (is_redirect(part)) {
      redirect(node, part.node, depth);
    } else if (part.type != "comment") {
      node.words.push_back(words_.word(part.node));
      substitutions(part.node, node, depth);
    }
  }

  void substitutions(TSNode source, ShellNode& into, int depth) {
    if (depth > kMaxShellDepth) {
      limited = true;
      return;
    }
    std::string_view type = ts_node_type(source);
    if (type == "command_substitution" || type == "process_substitution") {
      into.substitutions.push_back(sequence(source, depth + 1));
      return;
    }
    if (ts_node_named_child_count(source) == 0) return;
    for (const ChildNode& part : children_of(source)) substitutions(part.node, into, depth + 1);
  }

  ShellNode test_command(TSNode source, int depth) {
    ShellNode node = make(ShellKind::kCommand, source);
    words_.leaves(source, node.words);
    substitutions(source, node, depth);
    return node;
  }

  ShellNode wrapped(ShellKind kind, TSNode source, int depth) {
    ShellNode node = make(kind, source);
    ShellNode body = sequence(source, depth);
    if (body.children.size() == 1) {
      node.children.push_back(std::move(body.children[0]));
    } else {
      node.children.push_back(std::move(body));
    }
    return node;
  }

  ShellNode wrapped_sequence(ShellKind kind, TSNode source, int depth) {
    ShellNode node = make(kind, source);
    node.children.push_back(sequence(source, depth));
    return node;
  }

  ShellNode compound(TSNode source, int depth) {
    const bool any = ts_node_child_count(source) > 0;
    if (any && std::string_view(ts_node_type(ts_node_child(source, 0))) == "((")
      return test_command(source, depth);
    return wrapped_sequence(ShellKind::kGroup, source, depth);
  }

  ShellNode list(TSNode source, int depth) {
    ShellNode left;
    bool have_left = false;
    ShellKind kind = ShellKind::kAnd;
    for (const ChildNode& part : children_of(source)) {
      if (part.type == "&&") kind = ShellKind::kAnd;
      if (part.type == "||") kind = ShellKind::kOr;
      if (!is_statement(part)) continue;
      ShellNode right = statement(part.node, depth + 1);
      left = have_left ? join_list(kind, std::move(left), std::move(right)) : std::move(right);
      have_left = true;
    }
    return left;
  }

  ShellNode pipeline(TSNode source, int depth) {
    std::vector<ShellNode> stages;
    for (const ChildNode& part : children_of(source)) {
      if (is_statement(part)) stages.push_back(statement(part.node, depth + 1));
    }
    return stages.empty() ? make(ShellKind::kSequence, source) : join_pipeline(std::move(stages));
  }

  ShellNode redirected(TSNode source, int depth) {
    ShellNode body = make(ShellKind::kCommand, source);
    std::vector<TSNode> redirects;
    for (const ChildNode& part : children_of(source)) {
      if (is_redirect(part)) {
        redirects.push_back(part.node);
      } else if (is_statement(part)) {
        body = statement(part.node, depth + 1);
      }
    }
    for (TSNode part : redirects) {
      redirect(last_stage(body), part, depth);
      if (std::string_view(ts_node_type(part)) == "heredoc_redirect")
        body = behind_heredoc(std::move(body), part, depth);
    }
    return body;
  }

  // `cmd <<EOF | next` and `cmd <<EOF || next`: the grammar hangs what follows below the redirection.
  ShellNode behind_heredoc(ShellNode body, TSNode heredoc, int depth) {
    ShellKind kind = ShellKind::kAnd;
    for (const ChildNode& part : children_of(heredoc)) {
      if (part.type == "||") kind = ShellKind::kOr;
      if (part.field == "right") {
        body = join_list(kind, std::move(body), statement(part.node, depth + 1));
      } else if (part.type == "pipeline") {
        std::vector<ShellNode> stages;
        stages.push_back(std::move(body));
        ShellNode rest = pipeline(part.node, depth + 1);
        if (rest.kind == ShellKind::kPipeline) {
          for (ShellNode& stage : rest.children) stages.push_back(std::move(stage));
        } else {
          stages.push_back(std::move(rest));
        }
        body = join_pipeline(std::move(stages));
      }
    }
    return body;
  }

  void redirect(ShellNode& node, TSNode source, int depth) {
    std::string_view type = ts_node_type(source);
    if (type == "heredoc_redirect") return heredoc(node, source, depth);
    ShellRedirect out;
    bool have_target = false;
    for (const ChildNode& part : children_of(source)) {
      if (part.type == "file_descriptor") {
        std::string_view digits = words_.source(part.node);
        if (!digits.empty()) out.fd = digits[0] - '0';
      } else if (!ts_node_is_named(part.node)) {
        out.op = words_.source(part.node);
      } else if (have_target) {
        node.words.push_back(words_.word(part.node));  // `cmd > file more words`
      } else {
        out.target = words_.word(part.node);
        have_target = true;
        substitutions(part.node, node, depth);
      }
    }
    if (type == "herestring_redirect") {
      node.heredoc = out.target.text;
      node.heredoc_line = line_of(ts_node_start_byte(source));
    } else {
      node.redirects.push_back(std::move(out));
    }
  }

  void heredoc(ShellNode& node, TSNode source, int depth) {
    const uint32_t start_line = line_of(ts_node_start_byte(source));
    for (const ChildNode& part : children_of(source)) {
      if (part.type == "file_redirect") redirect(node, part.node, depth);
      if (part.field == "argument") node.words.push_back(words_.word(part.node));
      if (part.type != "heredoc_end" || start_line >= line_starts_.size()) continue;
      const size_t begin = line_starts_[start_line];
      const size_t end = ts_node_start_byte(part.node);
      if (end > begin) node.heredoc = text_.substr(begin, end - begin);
      node.heredoc_line = start_line + 1;
    }
  }

  ShellNode if_statement(TSNode source, int depth) {
    ShellNode node = make(ShellKind::kIf, source);
    add_branches(node, source, depth);
    return node;
  }

  // Of `if`, `elif` and `else`: what stands before and behind `then`, and the clauses inside.
  void add_branches(ShellNode& node, TSNode source, int depth) {
    const std::vector<ChildNode> parts = children_of(source);
    size_t then = parts.size();
    size_t clauses = parts.size();
    for (size_t i = parts.size(); i-- > 0;) {
      if (parts[i].type == "then") then = i;
      if (parts[i].type == "elif_clause" || parts[i].type == "else_clause") clauses = i;
    }
    if (then == parts.size()) {  // else
      node.children.push_back(sequence(source, parts, depth));
      return;
    }
    clauses = std::max(clauses, then);
    node.children.push_back(sequence(source, std::span(parts).first(then), depth));
    node.children.push_back(sequence(source, std::span(parts).subspan(then, clauses - then), depth));
    for (const ChildNode& part : std::span(parts).subspan(clauses)) {
      if (part.type == "elif_clause" || part.type == "else_clause") add_branches(node, part.node, depth + 1);
    }
  }

  ShellNode while_statement(TSNode source, int depth) {
    ShellNode node = make(ShellKind::kWhile, source);
    const std::vector<ChildNode> parts = children_of(source);
    size_t body = parts.size();
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].type == "until") node.until = true;
      if (parts[i].type == "do_group") body = i;
    }
    node.children.push_back(sequence(source, std::span(parts).first(body), depth));
    node.children.push_back(body < parts.size() ? sequence(parts[body].node, depth)
                                                : make(ShellKind::kSequence, source));
    return node;
  }

  ShellNode for_statement(TSNode source, int depth) {
    ShellNode node = make(ShellKind::kFor, source);
    ShellNode body = make(ShellKind::kSequence, source);
    for (const ChildNode& part : children_of(source)) {
      if (part.field == "value") {
        node.words.push_back(words_.word(part.node));
        substitutions(part.node, node, depth);
      } else if (part.field == "body") {
        body = sequence(part.node, depth);
      }
    }
    node.children.push_back(std::move(body));
    return node;
  }

  ShellNode case_statement(TSNode source, int depth) {
    ShellNode node = make(ShellKind::kCase, source);
    for (const ChildNode& part : children_of(source)) {
      if (part.field == "value") node.words.push_back(words_.word(part.node));
      if (part.type != "case_item") continue;
      ShellNode item = make(ShellKind::kCaseItem, part.node);
      const std::vector<ChildNode> inner = children_of(part.node);
      size_t body = 0;
      for (size_t i = 0; i < inner.size(); ++i) {
        if (inner[i].field != "value") continue;
        item.words.push_back(words_.word(inner[i].node));
        body = i + 1;
      }
      item.children.push_back(sequence(part.node, std::span(inner).subspan(body), depth + 1));
      node.children.push_back(std::move(item));
    }
    return node;
  }

  ShellNode function(TSNode source, int depth) {
    ShellNode node = make(ShellKind::kFunction, source);
    for (const ChildNode& part : children_of(source)) {
      if (part.field == "name") node.name = words_.source(part.node);
      if (part.field == "body") node.children.push_back(statement(part.node, depth + 1));
    }
    if (node.children.empty()) node.children.push_back(make(ShellKind::kSequence, source));
    return node;
  }

  std::string_view text_;
  ShellWordReader words_;
  std::vector<size_t> line_starts_;
};

// The first line that the grammar could not read; 0 if there is none.
uint32_t first_error(TSNode node, int depth) {
  if (!ts_node_has_error(node) || depth > kMaxShellDepth) return 0;
  if (ts_node_is_error(node) || ts_node_is_missing(node)) return ts_node_start_point(node).row + 1;
  for (const ChildNode& part : children_of(node)) {
    if (uint32_t line = first_error(part.node, depth + 1)) return line;
  }
  return 0;
}

}  // namespace

ParsedShell parse_shell(std::string_view text, const ShellDialect& dialect) {
  ParsedShell out;
  if (text.size() > kMaxShellBytes) {
    out.limited = true;
    return out;
  }
  const std::string masked = mask_placeholders(text, dialect);
  std::unique_ptr<TSParser, void (*)(TSParser*)> parser(ts_parser_new(), ts_parser_delete);
  ts_parser_set_language(parser.get(), tree_sitter_bash());
  std::unique_ptr<TSTree, void (*)(TSTree*)> tree(
      ts_parser_parse_string(parser.get(), nullptr, masked.data(), static_cast<uint32_t>(masked.size())),
      ts_tree_delete);
  if (tree == nullptr) return out;
  TSNode root = ts_tree_root_node(tree.get());
  Converter converter(text, masked);
  out.program = converter.sequence(root, 0);
  out.limited = converter.limited;
  out.broken_line = first_error(root, 0);
  return out;
}

}  // namespace mlgrade
