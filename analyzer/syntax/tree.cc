// Runs tree-sitter and flattens its trees.
#include "analyzer/syntax/tree.h"

#include <tree_sitter/api.h>

#include <algorithm>
#include <array>

#include "analyzer/base/limits.h"
#include "analyzer/syntax/parse_arena.h"

extern "C" {
const TSLanguage* tree_sitter_python();
const TSLanguage* tree_sitter_bash();
const TSLanguage* tree_sitter_make();
const TSLanguage* tree_sitter_hcl();
}

namespace mlgrade {
namespace {

constexpr TSSymbol kErrorSymbol = 0xffff;
constexpr size_t kGrammars = 4;

struct ParserDeleter {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
};
struct TreeDeleter {
  void operator()(TSTree* tree) const { ts_tree_delete(tree); }
};
using ParserPtr = std::unique_ptr<TSParser, ParserDeleter>;
using TreePtr = std::unique_ptr<TSTree, TreeDeleter>;

const TSLanguage* language_of(Grammar grammar) {
  switch (grammar) {
    case Grammar::kPython:
      return tree_sitter_python();
    case Grammar::kBash:
      return tree_sitter_bash();
    case Grammar::kMake:
      return tree_sitter_make();
    case Grammar::kHcl:
      return tree_sitter_hcl();
  }
  return nullptr;
}

ParserPtr new_parser(Grammar grammar) {
  ParserPtr parser(ts_parser_new());
  ts_parser_set_language(parser.get(), language_of(grammar));
  return parser;
}

// A text and the steps that parsing it may still take. Counted in steps rather than time, so that the same
// input gives the same result on every machine.
struct Source {
  std::string_view text;
  uint64_t rounds_left = 0;        // calls of `stop`, one in about 100 parse steps
  uint64_t error_rounds_left = 0;  // of them those in recovery, each of which costs more than the one before

  static const char* read(void* payload, uint32_t offset, TSPoint, uint32_t* length) {
    const auto* source = static_cast<const Source*>(payload);
    if (offset >= source->text.size()) {
      *length = 0;
      return "";
    }
    *length = static_cast<uint32_t>(source->text.size() - offset);
    return source->text.data() + offset;
  }

  static bool stop(TSParseState* state) {
    auto* source = static_cast<Source*>(state->payload);
    if (source->rounds_left == 0 || source->error_rounds_left == 0) return true;
    --source->rounds_left;
    if (state->has_error) --source->error_rounds_left;
    return false;
  }
};

constexpr uint64_t kFreeRounds = 10'000;
constexpr uint64_t kErrorRounds = 500;  // about a second
constexpr uint64_t kBytesPerRound = 4;  // ordinary code takes one round in 50 to 100 bytes

// Null when it gave up.
TreePtr run_parser(TSParser* parser, std::string_view text) {
  if (text.size() > UINT32_MAX / 2) return nullptr;
  Source source{text, kFreeRounds + text.size() / kBytesPerRound, kErrorRounds};
  TSParseOptions options{&source, &Source::stop};
  TreePtr tree(ts_parser_parse_with_options(
      parser, nullptr, TSInput{&source, &Source::read, TSInputEncodingUTF8, nullptr}, options));
  ts_parser_reset(parser);  // also frees what the scanner holds, which is in no arena
  return tree;
}

}  // namespace

NodeKinds::NodeKinds(Grammar grammar, std::initializer_list<KindRule> rules,
                     std::initializer_list<std::string_view> fields)
    : grammar_(grammar) {
  const TSLanguage* language = language_of(grammar);
  const uint32_t symbols = ts_language_symbol_count(language);
  entries_.resize(symbols);
  std::vector<bool> used(rules.size(), false);
  for (uint32_t symbol = 0; symbol < symbols; ++symbol) {
    const TSSymbolType type = ts_language_symbol_type(language, static_cast<TSSymbol>(symbol));
    const bool named = type == TSSymbolTypeRegular;
    if (!named && type != TSSymbolTypeAnonymous) continue;
    Entry& entry = entries_[symbol];
    if (named) entry = {0, KindRule::Keep::kNode, SyntaxNode::kNamed};
    const std::string_view name = ts_language_symbol_name(language, static_cast<TSSymbol>(symbol));
    size_t at = 0;
    for (const KindRule& rule : rules) {
      if (rule.named == named && rule.type == name) {
        entry.kind = rule.kind;
        entry.keep = rule.keep;
        used[at] = true;
      }
      ++at;
    }
  }
  size_t at = 0;
  for (const KindRule& rule : rules) {
    if (!used[at++]) unknown_.push_back(rule.type);
  }
  uint8_t id = 1;
  for (std::string_view field : fields) {
    const TSFieldId number =
        ts_language_field_id_for_name(language, field.data(), static_cast<uint32_t>(field.size()));
    if (number == 0) unknown_.push_back(field);
    if (field_kinds_.size() <= number) field_kinds_.resize(number + 1u);
    field_kinds_[number] = number == 0 ? 0 : id;
    ++id;
  }
}

// One walk over a tree-sitter tree; iterative, so that no depth of nesting can exhaust the stack.
struct TreeFlattener {
  const NodeKinds& kinds;
  std::string_view text;
  SyntaxTree& out;
  TSTreeCursor cursor;
  bool has_errors;
  std::array<uint32_t, kMaxTreeDepth + 1> parents;  // index of the kept node at each depth
  int depth = 0;

  // Appends the node under the cursor if it is wanted; true if its children are to be visited.
  bool enter() {
    const TSNode node = ts_tree_cursor_current_node(&cursor);
    const TSSymbol symbol = ts_node_symbol(node);
    NodeKinds::Entry entry;
    if (symbol == kErrorSymbol) {
      entry = {0, KindRule::Keep::kNode, SyntaxNode::kNamed | SyntaxNode::kError};
    } else if (symbol < kinds.entries_.size()) {
      entry = kinds.entries_[symbol];
    }
    const uint32_t start = ts_node_start_byte(node);
    const TSPoint point = ts_node_start_point(node);
    bool broken = false;
    if (has_errors) {
      if (ts_node_is_missing(node)) entry.flags |= SyntaxNode::kMissing;
      if ((entry.flags & (SyntaxNode::kMissing | SyntaxNode::kError)) != 0) note_error(point.row);
      broken = ts_node_has_error(node);
    }
    if (entry.keep == KindRule::Keep::kDrop) return false;
    if (depth >= kMaxTreeDepth) {
      if (!out.too_deep) out.too_deep_row = point.row;
      out.too_deep = true;
      out.nodes[parents[depth - 1]].flags |= SyntaxNode::kTruncated;
      return false;
    }
    append(node, entry, start, point);
    if (entry.keep == KindRule::Keep::kNode || broken) return true;
    if (entry.keep == KindRule::Keep::kLeaf || start >= text.size()) return false;
    return text[start] != '"' && text[start] != '\'';
  }

  void note_error(uint32_t row) {
    if (out.error_nodes++ == 0) out.first_error_row = row;
  }

  void append(const TSNode& node, const NodeKinds::Entry& entry, uint32_t start, TSPoint point) {
    const TSPoint end_point = ts_node_end_point(node);
    SyntaxNode& made = out.nodes.emplace_back();
    made.start = start;
    made.end = ts_node_end_byte(node);
    made.row = point.row;
    made.column = point.column;
    made.end_row = end_point.column == 0 && end_point.row > point.row ? end_point.row - 1 : end_point.row;
    made.kind = entry.kind;
    made.flags = entry.flags;
    made.next = static_cast<uint32_t>(out.nodes.size());
    if (!kinds.field_kinds_.empty()) {
      const TSFieldId field = ts_tree_cursor_current_field_id(&cursor);
      if (field < kinds.field_kinds_.size()) made.field = kinds.field_kinds_[field];
    }
  }

  void run() {
    for (;;) {
      const auto index = static_cast<uint32_t>(out.nodes.size());
      if (enter() && ts_tree_cursor_goto_first_child(&cursor)) {
        parents[depth++] = index;
        continue;
      }
      while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
        if (depth == 0) return;
        ts_tree_cursor_goto_parent(&cursor);
        out.nodes[parents[--depth]].next = static_cast<uint32_t>(out.nodes.size());
      }
    }
  }
};

void parse_syntax(const NodeKinds& kinds, std::string_view text, SyntaxTree& out) {
  out.nodes.clear();
  out.error_nodes = out.first_error_row = out.too_deep_row = 0;
  out.too_deep = out.gave_up = false;
  const ParseArenaScope memory;
  ParserPtr parser = new_parser(kinds.grammar());
  TreePtr tree = run_parser(parser.get(), text);
  out.gave_up = tree == nullptr;
  if (tree != nullptr) {
    const TSNode root = ts_tree_root_node(tree.get());
    TreeFlattener flattener{kinds, text, out, ts_tree_cursor_new(root), ts_node_has_error(root), {}, 0};
    flattener.run();
    ts_tree_cursor_delete(&flattener.cursor);
  }
  if (kParseArena) {  // they go with the arena
    static_cast<void>(tree.release());
    static_cast<void>(parser.release());
  }
}

size_t parse_only(Grammar grammar, std::string_view text) {
  thread_local std::array<ParserPtr, kGrammars> parsers;
  ParserPtr& parser = parsers[static_cast<size_t>(grammar)];
  if (parser == nullptr) parser = new_parser(grammar);
  const TreePtr tree = run_parser(parser.get(), text);
  return tree == nullptr ? 0 : ts_node_end_byte(ts_tree_root_node(tree.get()));
}

}  // namespace mlgrade
