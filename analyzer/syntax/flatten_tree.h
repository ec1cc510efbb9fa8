// From tree-sitter's own tree to a SyntaxTree. For this folder only.
#pragma once

#include <cstdint>
#include <string_view>

#include "analyzer/syntax/tree.h"

struct TSLanguage;
struct TSTree;

namespace mlgrade {

// The symbol by which a node that the parser made as `symbol` is known outside; symbols below
// ts_language_symbol_count.
uint16_t public_symbol(const TSLanguage* language, uint16_t symbol);

// Appends the nodes of `tree` that `kinds` wants. `shorthand`: the tree is that of a shorthand of `text`
// (python_shorthand.h).
void flatten_tree(const NodeKinds& kinds, const TSTree* tree, std::string_view text, bool shorthand,
                  SyntaxTree& out);

}  // namespace mlgrade
