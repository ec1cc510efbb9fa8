// Language models as applications use them: the calls that make an answer, the models they name, the settings
// that they are given, the prompts that are written down.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// The repository's product code calls a hosted language model or builds an agent.
bool is_llm_app(const RuleInput& in);
bool is_agent(const RuleInput& in);

// A call of product code, outside of notebooks.
struct LlmCall {
  const Use* use = nullptr;  // never null
  uint32_t module = kNone;
  uint32_t call = kNone;
};

// Calls that ask a language model for text, or construct the object that does; neither embeddings nor images.
std::vector<LlmCall> answering_calls(const RuleInput& in);

// A setting by its name: a keyword of a call of a library for language models, or a key of a mapping in a
// function that leads to such a call ("max_tokens": 800).
struct LlmSetting {
  Name name;
  PyValue value;
  uint32_t module = kNone;
  uint32_t call = kNone;  // kNone: a key of a mapping
  Span span;
};
std::vector<LlmSetting> llm_settings(const RuleInput& in, std::initializer_list<std::string_view> names);

// The model that a call names, as far as it can be told.
enum class Pinning {
  kUnknown,   // built at run time, a deployment's name, or weights that are held here
  kPinned,    // names a snapshot: a date or a numbered version
  kFloating,  // the provider moves what stands behind it
};
struct ModelId {
  std::string text;
  Pinning pinning = Pinning::kUnknown;
  uint32_t module = kNone;
  Span span;
};
Pinning pinning_of(std::string_view model);
std::vector<ModelId> model_ids(const RuleInput& in);  // of answering calls and agents, in the order of places

// A text that is a prompt by where it stands: bound to a name that says so, or handed to a model's call as
// its instructions.
struct PromptText {
  std::string text;  // with {} for what is computed
  Name name;         // "SYSTEM_PROMPT"; empty when it stands in a call
  uint32_t module = kNone;
  uint32_t function = kNone;
  Span span;
};
std::vector<PromptText> prompt_texts(const RuleInput& in);  // in product code, at least some words long

// A file that holds prompts, by its folder or name.
bool is_prompt_file(std::string_view path);

// The first test, an effective one before others, that runs the node and that `accept` takes; kNone if none
// does.
uint32_t test_through(const RuleInput& in, const std::vector<NodeId>& nodes,
                      const std::function<bool(const TestCase&)>& accept);

// The words of the test: its name, its markers and the literals in it.
bool test_speaks_of(const RuleInput& in, const TestCase& test,
                    std::initializer_list<std::string_view> phrases);

}  // namespace mlgrade
