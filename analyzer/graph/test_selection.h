// Which tests a pytest or unittest command runs: paths, -k, -m, --ignore, --deselect, and the options that
// its configuration adds.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/graph/command_line.h"
#include "analyzer/graph/test_index.h"

namespace mlgrade {

struct SelectedTest {
  uint32_t test = kNone;  // index into facts.tests
  Truth certain = Truth::kYes;
  std::string why;  // certain != yes: what leaves it out, for a person
  Span why_at;      // invalid: the command itself
};

struct TestSelection {
  std::vector<SelectedTest> tests;  // also those left out that lie under the given paths (certain = no)
  std::vector<std::string> missing_paths;  // given, but not in the repository
};

// `variable` says whether an environment variable is set where the command runs.
using AskVariable = std::function<Truth(std::string_view name)>;

TestSelection select_pytest(const FactStore& facts, const TestIndex& tests, const CommandLine& line,
                            std::string_view cwd, const AskVariable& variable);
TestSelection select_unittest(const FactStore& facts, const TestIndex& tests, const CommandLine& line,
                              std::string_view cwd, const AskVariable& variable);

// pytest's -k and -m language: names joined by and, or, not and parentheses. `has` says whether a name holds.
// Unknown when the text does not parse.
template <typename Has>
Truth evaluate_selection(std::string_view text, Has has);

}  // namespace mlgrade

#include "analyzer/graph/test_selection_inl.h"
