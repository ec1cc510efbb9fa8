// Suites of cases for a language model as configuration files write them (promptfoo's format): how many
// cases, what they assert, and whether they ask the product or copies of its prompts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct LlmSuite {
  const ConfigDocument* document = nullptr;  // never null
  std::optional<size_t> cases;               // none: they stand in a file that is not read
  std::vector<std::string> assertions;       // their types, "llm-rubric", sorted, each once
  bool asks_product = false;  // its prompts or providers are files of the repository, or a service
  uint32_t repeat = 1;        // trials of each case
  bool attacks = false;       // a red team's suite: it makes its cases itself
  Span span;
};

std::vector<LlmSuite> llm_suites(const RuleInput& in);

// The suite that the command or action runs, by the file that it names or the only one in its folder; null if
// that cannot be told.
const LlmSuite* suite_of(const RuleInput& in, const std::vector<LlmSuite>& suites, const Use& use);

// An assertion that looks at the form of an answer, or at what it cost, and not at what it says.
bool is_shape_assertion(std::string_view type);
// One that another model decides.
bool is_judged_assertion(std::string_view type);

}  // namespace mlgrade
