// Keys that code gives to what it writes down of a run: {"train_seconds": seconds} in a module that writes
// files or talks to a store.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct KeptKey {
  Name key;
  Span span;       // of the statement or call that holds it
  PyRef function;  // index kNone: the module's body
};

// Keys of literal mappings in product code that `is_subject` accepts, with a value that is computed; in the
// order of places. Modules that write nothing are left out.
std::vector<KeptKey> kept_keys(const RuleInput& in, const std::function<bool(std::string_view)>& is_subject);

// Half a point where such code runs: each run writes the first of them down, and `why` it is no more.
void add_kept_key(const RuleInput& in, const std::function<bool(std::string_view)>& is_subject,
                  const std::string& why, std::vector<Evidence>& out);

}  // namespace mlgrade
