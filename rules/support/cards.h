// Documents that tell of a model or system to others, by what they are called.
#pragma once

#include <cstddef>
#include <string_view>

#include "analyzer/facts/documents.h"

namespace mlgrade {

// A model card, datasheet or system card, by its path or title.
bool is_card(std::string_view path);
// The same by what it is: also by the head that registries of models read, or the README of a folder of
// models that says where they fail.
bool is_card(std::string_view path, const Document& document);
// How many of the sections that a card has stand in it, of five.
size_t card_sections(const Document& document);

// What a document that people rely on is, by its path: "a model card", "a runbook"; "" for any other.
std::string_view kind_of_document(std::string_view path);

}  // namespace mlgrade
