// Runs tree-sitter and flattens its trees.
#include "analyzer/syntax/tree.h"

#include <tree_sitter/api.h>

#include <string>
#include <utility>

#include "analyzer/syntax/flatten_tree.h"
#include "analyzer/syntax/parse_arena.h"
#include "analyzer/syntax/python_shorthand.h"

extern "C" {
const TSLanguage* tree_sitter_python();
const TSLanguage* tree_sitter_bash();
const TSLanguage* tree_sitter_make();
const TSLanguage* tree_sitter_hcl();
}

namespace mlgrade {
namespace {

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
  DecodeFunction decode = nullptr;  // null: UTF-8
  bool stop_at_error = false;
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
    if (state->has_error && source->stop_at_error) return true;
    --source->rounds_left;
    if (state->has_error) --source->error_rounds_left;
    return false;
  }
};

constexpr uint64_t kFreeRounds = 10'000;
constexpr uint64_t kErrorRounds = 500;              // about a second
constexpr uint64_t kBytesPerRound = 4;              // ordinary code takes one round in 50 to 100 bytes
constexpr size_t kShorthandKept = size_t{1} << 20;  // working memory beyond it is given back

// Null when it gave up.
TreePtr run_parser(TSParser* parser, Source source) {
  if (source.text.size() > UINT32_MAX / 2) return nullptr;
  source.rounds_left = kFreeRounds + source.text.size() / kBytesPerRound;
  source.error_rounds_left = kErrorRounds;
  const TSInputEncoding encoding = source.decode == nullptr ? TSInputEncodingUTF8 : TSInputEncodingCustom;
  TSParseOptions options{&source, &Source::stop};
  TreePtr tree(ts_parser_parse_with_options(
      parser, nullptr, TSInput{&source, &Source::read, encoding, source.decode}, options));
  ts_parser_reset(parser);  // also frees what the scanner holds
  return tree;
}

bool has_error(const TSTree* tree) { return ts_node_has_error(ts_tree_root_node(tree)); }

const WordSet& python_keywords() {
  static const WordSet words = [] {
    const TSLanguage* language = language_of(Grammar::kPython);
    std::vector<std::string_view> all{"True", "False", "None"};  // of these the grammar makes nodes
    for (uint32_t symbol = 0; symbol < ts_language_symbol_count(language); ++symbol) {
      if (ts_language_symbol_type(language, static_cast<TSSymbol>(symbol)) == TSSymbolTypeAnonymous)
        all.emplace_back(ts_language_symbol_name(language, static_cast<TSSymbol>(symbol)));
    }
    return WordSet(std::move(all));
  }();
  return words;
}

// Null where the text itself must be parsed.
TreePtr parse_shorthand(TSParser* parser, std::string_view text) {
  thread_local std::string shorthand;
  TreePtr tree;
  if (shorten_python(text, python_keywords(), shorthand)) {
    tree = run_parser(parser, {.text = shorthand, .decode = decode_shorthand, .stop_at_error = true});
    if (tree != nullptr && has_error(tree.get())) tree = nullptr;
  }
  if (shorthand.capacity() > kShorthandKept) shorthand = {};
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
  const std::vector<Entry> by_public = entries_;
  for (uint32_t symbol = 0; symbol < symbols; ++symbol) {
    entries_[symbol] = by_public[public_symbol(language, static_cast<uint16_t>(symbol))];
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

void parse_syntax(const NodeKinds& kinds, std::string_view text, SyntaxTree& out, Reading reading) {
  out.nodes.clear();
  out.error_nodes = out.first_error_row = out.too_deep_row = 0;
  out.too_deep = out.gave_up = false;
  const ParseArenaScope memory;
  ParserPtr parser = new_parser(kinds.grammar());
  TreePtr tree;
  if (kinds.grammar() == Grammar::kPython && reading == Reading::kQuick)
    tree = parse_shorthand(parser.get(), text);
  const bool shorthand = tree != nullptr;
  if (!shorthand) tree = run_parser(parser.get(), {.text = text});
  out.gave_up = tree == nullptr;
  if (tree != nullptr) flatten_tree(kinds, tree.get(), text, shorthand, out);
  if (kParseArena) {  // they go with the arena
    static_cast<void>(tree.release());
    static_cast<void>(parser.release());
  }
}

}  // namespace mlgrade
