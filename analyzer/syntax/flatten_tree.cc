// Walks the nodes of tree-sitter as they lie in memory. Its cursor, which hides them, finds its place anew at
// every step, which takes more than twice the time; the headers are those of the version that package.json
// names.
#include "analyzer/syntax/flatten_tree.h"

#include <tree-sitter/lib/src/subtree.h>
#include <tree-sitter/lib/src/tree.h>
#include <tree_sitter/api.h>

#include <array>
#include <vector>

#include "analyzer/base/limits.h"

namespace mlgrade {
namespace {

constexpr TSSymbol kErrorSymbol = 0xffff;

// The children of one node, and the next of them to look at.
struct Level {
  const Subtree* next;
  const Subtree* end;
  const TSSymbol* aliases;        // by place among the children that are no extras; null: none
  const TSFieldMapEntry* fields;  // null: none are asked for
  const TSFieldMapEntry* fields_end;
  uint32_t place = 0;   // of `next` among those that are no extras
  TSFieldId field = 0;  // of the node itself, if it is hidden: its children have it
  bool kept = false;    // the node is in the SyntaxTree, so this is a level of it
  bool first = true;    // none was looked at yet
};

}  // namespace

// One walk over a tree; iterative, so that no depth of nesting can exhaust the stack.
struct TreeFlattener {
  const NodeKinds& kinds;
  const TSLanguage& language;
  std::string_view text;
  SyntaxTree& out;
  bool has_errors;
  std::vector<Level>& levels;
  TSSymbol ellipsis = kErrorSymbol;                   // in a shorthand; there it may be a string
  NodeKinds::Entry string{};                          // which is this
  Length at{};                                        // start of the node under consideration
  std::array<uint32_t, kMaxTreeDepth + 1> parents{};  // index of the kept node at each depth
  int depth = 0;

  // Appends the visible node if it is wanted; true if its children are to be visited.
  bool enter(Subtree node, TSSymbol symbol, TSFieldId field) {
    NodeKinds::Entry entry;
    if (symbol == kErrorSymbol) {
      entry = {0, KindRule::Keep::kNode, SyntaxNode::kNamed | SyntaxNode::kError};
    } else if (symbol < kinds.entries_.size()) {
      entry = kinds.entries_[symbol];
    }
    bool broken = false;
    if (has_errors) {
      if (ts_subtree_missing(node)) entry.flags |= SyntaxNode::kMissing;
      if ((entry.flags & (SyntaxNode::kMissing | SyntaxNode::kError)) != 0) note_error(at.extent.row);
      broken = ts_subtree_error_cost(node) > 0;
    }
    if (entry.keep == KindRule::Keep::kDrop) return false;
    if (depth >= kMaxTreeDepth) {
      if (!out.too_deep) out.too_deep_row = at.extent.row;
      out.too_deep = true;
      out.nodes[parents[depth - 1]].flags |= SyntaxNode::kTruncated;
      return false;
    }
    const bool quoted = at.bytes < text.size() && (text[at.bytes] == '"' || text[at.bytes] == '\'');
    if (quoted && symbol == ellipsis) entry = string;
    append(node, entry, field);
    if (entry.keep == KindRule::Keep::kNode || broken) return true;
    if (entry.keep == KindRule::Keep::kLeaf || at.bytes >= text.size()) return false;
    return !quoted;
  }

  void note_error(uint32_t row) {
    if (out.error_nodes++ == 0) out.first_error_row = row;
  }

  void append(Subtree node, const NodeKinds::Entry& entry, TSFieldId field) {
    const Length size = ts_subtree_size(node);
    const TSPoint start = at.extent;
    const TSPoint end = point_add(start, size.extent);
    SyntaxNode& made = out.nodes.emplace_back();
    made.start = at.bytes;
    made.end = at.bytes + size.bytes;
    made.row = start.row;
    made.column = start.column;
    made.end_row = end.column == 0 && end.row > start.row ? end.row - 1 : end.row;
    made.kind = entry.kind;
    made.flags = entry.flags;
    made.next = static_cast<uint32_t>(out.nodes.size());
    if (field < kinds.field_kinds_.size()) made.field = kinds.field_kinds_[field];
  }

  static TSFieldId field_of(const Level& level) {
    for (const TSFieldMapEntry* entry = level.fields; entry < level.fields_end; ++entry) {
      if (!entry->inherited && entry->child_index == level.place) return entry->field_id;
    }
    return level.field;
  }

  // To the children of a node that has some; `at` is where the first of them starts.
  void descend(Subtree node, TSFieldId field, bool kept) {
    const uint16_t production = node.ptr->production_id;
    Level level{};
    level.next = ts_subtree_children(node);
    level.end = level.next + node.ptr->child_count;
    if (production != 0)
      level.aliases = language.alias_sequences + production * language.max_alias_sequence_length;
    if (!kinds.field_kinds_.empty() && language.field_count != 0) {
      const TSMapSlice slice = language.field_map_slices[production];
      level.fields = language.field_map_entries + slice.index;
      level.fields_end = level.fields + slice.length;
      level.field = kept ? 0 : field;
    }
    level.kept = kept;
    levels.push_back(level);
  }

  void visit(Subtree node, TSSymbol symbol, bool visible, TSFieldId field) {
    const auto index = static_cast<uint32_t>(out.nodes.size());
    const bool inside = !visible || enter(node, symbol, field);
    if (!inside || ts_subtree_visible_child_count(node) == 0) {
      at = length_add(at, ts_subtree_size(node));
      return;
    }
    if (visible) parents[depth++] = index;
    descend(node, field, visible);
  }

  void leave() {
    if (levels.back().kept) out.nodes[parents[--depth]].next = static_cast<uint32_t>(out.nodes.size());
    levels.pop_back();
  }

  void run(Subtree root) {
    at = ts_subtree_padding(root);
    visit(root, ts_subtree_symbol(root), true, 0);
    while (!levels.empty()) {
      Level& level = levels.back();
      if (level.next == level.end) {
        leave();
        continue;
      }
      const Subtree node = *level.next++;
      if (level.next != level.end && !level.next->data.is_inline) __builtin_prefetch(level.next->ptr);
      // The first child starts where its parent does.
      if (!level.first) at = length_add(at, ts_subtree_padding(node));
      level.first = false;
      TSSymbol alias = 0;
      TSFieldId field = 0;
      if (!ts_subtree_extra(node)) {
        if (level.aliases != nullptr) alias = level.aliases[level.place];
        field = field_of(level);
        ++level.place;
      }
      const bool visible = alias != 0 || ts_subtree_visible(node);
      visit(node, alias != 0 ? alias : ts_subtree_symbol(node), visible, field);
    }
  }

  static void flatten(const NodeKinds& kinds, const TSTree* tree, std::string_view text, bool shorthand,
                      SyntaxTree& out) {
    thread_local std::vector<Level> levels;
    levels.clear();
    TreeFlattener work{.kinds = kinds,
                       .language = *tree->language,
                       .text = text,
                       .out = out,
                       .has_errors = ts_subtree_error_cost(tree->root) > 0,
                       .levels = levels};
    if (shorthand) {
      const auto symbol = [&](std::string_view name) {
        return ts_language_symbol_for_name(tree->language, name.data(), static_cast<uint32_t>(name.size()),
                                           true);
      };
      work.ellipsis = symbol("ellipsis");
      work.string = kinds.entries_[symbol("string")];
    }
    work.run(tree->root);
  }
};

uint16_t public_symbol(const TSLanguage* language, uint16_t symbol) {
  return language->public_symbol_map[symbol];
}

void flatten_tree(const NodeKinds& kinds, const TSTree* tree, std::string_view text, bool shorthand,
                  SyntaxTree& out) {
  TreeFlattener::flatten(kinds, tree, text, shorthand, out);
}

}  // namespace mlgrade
