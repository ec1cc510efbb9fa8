// Code that is not analysed: whether it is so much that nothing found says nothing, and whether something
// else speaks of a model.
#pragma once

#include <optional>
#include <string>

#include "analyzer/engine/catalogue.h"
#include "analyzer/facts/fact_store.h"

namespace mlgrade {

struct UnreadCode {
  uint32_t files = 0;     // in languages that are not analysed and may hold a pipeline
  uint32_t analysed = 0;  // files of code that are
  FileId first = FileId::kNone;
  std::string languages;  // "R", "Java and Scala"

  bool decisive() const { return files > analysed; }
  std::string sentence() const;  // "45 of 47 code files are in R, which is not analysed"
};

// Once a model is seen in what is analysed, the pipeline is there: code of interfaces and queries beside it
// does not count.
UnreadCode unread_code(const CodeCensus& census, bool model_seen);

struct MlMark {
  Span span;
  std::string what;  // "the package caret", "the words \"machine learning\""
};

// A library in a manifest or a word in the README that speaks of machine learning.
std::optional<MlMark> mark_of_ml(const FactStore& facts, const Catalogue& catalogue);

}  // namespace mlgrade
