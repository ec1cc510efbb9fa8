// Make's variables as far as a file shows them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/syntax/makefile.h"

namespace mlgrade {

class MakeVariables {
 public:
  explicit MakeVariables(const std::vector<MakeVariable>& assignments);

  // Expands $(X), ${X}, $X and $$ for a shell to read. What is not known (functions, variables from outside)
  // becomes the shell variable ${X}; a function becomes ${make_function}.
  std::string expand(std::string_view text) const;

  // Sets an automatic variable: "@", "<", "^"; nothing: takes it away. Returns what it was before.
  std::optional<std::string> set(std::string_view name, std::optional<std::string> value);
  // The expanded value; "" if there is none.
  std::string value(std::string_view name) const;

 private:
  struct Expansion {
    std::string text;
    int references = 0;
  };
  void expand_into(std::string_view text, int depth, Expansion& out) const;
  void expand_reference(std::string_view name, int depth, Expansion& out) const;

  std::unordered_map<std::string, std::string> values_;
};

}  // namespace mlgrade
