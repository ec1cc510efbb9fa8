// Documents that tell of a model or system to others, by what they are called.
#pragma once

#include <cstddef>
#include <string_view>

#include "analyzer/facts/documents.h"
#include "analyzer/facts/fact_store.h"

namespace mlgrade {

// Words that call something a model card, datasheet or system card: a path or a title.
bool names_card(std::string_view text);
// A card by what it is called, by its title, or by the head that registries of models read.
bool is_card(const FactStore& facts, const Document& document);
// How many of the sections that a card has stand in it, of five.
size_t card_sections(const Document& document);

// What a document that people rely on is, by its path: "a model card", "a runbook"; "" for any other.
std::string_view kind_of_document(std::string_view path);

}  // namespace mlgrade
