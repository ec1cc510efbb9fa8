// Concrete syntax of Python, bash, make and HCL as a flat array, so that no parser type leaves this folder
// and passes may look at any child at no cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

namespace mlgrade {

enum class Grammar : uint8_t { kPython, kBash, kMake, kHcl };

// One node of a tree. Rows and columns count from 0, columns in bytes.
struct SyntaxNode {
  uint32_t start = 0;    // first byte
  uint32_t end = 0;      // one past the last byte
  uint32_t row = 0;      // of `start`
  uint32_t column = 0;   // of `start`
  uint32_t end_row = 0;  // row of the last byte
  uint32_t next = 0;     // index of the first node that is not below this one
  uint16_t kind = 0;     // what the NodeKinds of the reader calls it; 0: a named node that it does not list
  uint8_t field = 0;     // the NodeKinds' field id in its parent; 0: none
  uint8_t flags = 0;

  static constexpr uint8_t kNamed = 1;      // not a mere token
  static constexpr uint8_t kMissing = 2;    // the parser put it in
  static constexpr uint8_t kError = 4;      // text that fits no rule
  static constexpr uint8_t kTruncated = 8;  // its children lie too deep and were left out
};

inline constexpr uint32_t kRootNode = 0;

// A parsed text. Nodes stand in source order, a parent before its children:
//   for (uint32_t child = at + 1; child < nodes[at].next; child = nodes[child].next)
struct SyntaxTree {
  std::vector<SyntaxNode> nodes;  // [0] is the root; empty when the parser gave up
  uint32_t error_nodes = 0;       // places where the parser had to recover
  uint32_t first_error_row = 0;   // of the first of them
  bool too_deep = false;          // something below kMaxTreeDepth was left out
  uint32_t too_deep_row = 0;      // the first such place
  bool gave_up = false;           // the text cost more parse steps than a text of its size may
};

// What a reader wants of a grammar: which node types become which kinds.
struct KindRule {
  enum class Keep : uint8_t {
    kNode,      // the node and what is below it
    kLeaf,      // the node alone
    kUnquoted,  // like kLeaf if its text begins with a quote, else like kNode (strings with prefixes)
    kDrop,      // neither the node nor anything below it
  };
  uint16_t kind = 0;
  std::string_view type;  // the grammar's name for it
  bool named = true;      // false: a token such as "async" or "=="
  Keep keep = Keep::kNode;
};

// Table from the grammar's symbols to kinds. Named types that no rule lists are kept with kind 0, tokens that
// no rule lists are left out. Build it once and keep it.
class NodeKinds {
 public:
  // `fields`: names of fields to record; SyntaxNode::field is 1 + the position in that list.
  NodeKinds(Grammar grammar, std::initializer_list<KindRule> rules,
            std::initializer_list<std::string_view> fields = {});

  Grammar grammar() const { return grammar_; }
  // Rules and fields that the grammar does not know: must be empty, a test checks it.
  const std::vector<std::string_view>& unknown() const { return unknown_; }

 private:
  friend struct TreeFlattener;
  struct Entry {
    uint16_t kind = 0;
    KindRule::Keep keep = KindRule::Keep::kDrop;
    uint8_t flags = 0;
  };
  Grammar grammar_;
  std::vector<Entry> entries_;        // by symbol, also those that are known as others
  std::vector<uint8_t> field_kinds_;  // by field id; empty: fields are not looked at
  std::vector<std::string_view> unknown_;
};

// How the parser is given a text: in a shorthand where there is one for its grammar, or as it stands. The
// nodes are the same (a test holds it to that).
enum class Reading : uint8_t { kQuick, kAsItStands };

// Parses `text` into `out`, reusing its memory. Never fails: broken text gives the nodes that could be
// recovered. Thread-safe; the parser's own tree is gone when this returns.
void parse_syntax(const NodeKinds& kinds, std::string_view text, SyntaxTree& out,
                  Reading reading = Reading::kQuick);

}  // namespace mlgrade
