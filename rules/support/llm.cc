// Looks through uses of language models; model names are told by how their providers name snapshots.
#include "rules/support/llm.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/paths.h"
#include "rules/support/results.h"

namespace mlgrade {
namespace {

constexpr size_t kPromptWords = 6;  // shorter texts are titles and keys

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

bool product_module(const RuleInput& in, const PythonModule& module) {
  return !module.is_notebook && !is_test_code(in.facts, module.file) && !is_sample(in.facts, module.file);
}

// Roots of libraries whose keywords are settings of a language model.
bool is_llm_library(std::string_view target) {
  static constexpr std::string_view kRoots[] = {"openai",    "anthropic",         "litellm",     "google",
                                                "langchain", "langgraph",         "llama_index", "cohere",
                                                "groq",      "mistralai",         "together",    "ollama",
                                                "agents",    "pydantic_ai",       "crewai",      "autogen",
                                                "dspy",      "smolagents",        "instructor",  "boto3",
                                                "haystack",  "semantic_kernel",   "deepagents",  "ag2",
                                                "strands",   "vertexai",          "replicate",   "agno",
                                                "aisuite",   "managed_deepagents"};
  const std::string_view root = target.substr(0, target.find('.'));
  return std::any_of(std::begin(kRoots), std::end(kRoots), [&](std::string_view known) {
    return root == known || (known.starts_with("langchain") && root.starts_with("langchain_")) ||
           (known == "autogen" && root.starts_with("autogen_"));
  });
}

bool is_other_kind(std::string_view target) {
  return has_word(target, {"embedding", "embeddings", "embed", "aembed", "aembedding", "rerank", "images",
                           "image", "transcriptions", "audio", "moderations", "speech"});
}

// Weights that are held here, or a server of one's own: what stands behind the name is ours.
bool is_local(std::string_view target) {
  return has_word(target, {"ollama", "huggingface", "hugging", "vllm", "llamacpp"});
}

// The name without its provider: "openai/gpt-4o", "google_genai:gemini-2.5-flash", "models/gemini-pro".
std::string_view bare_model(std::string_view model) {
  const size_t slash = model.rfind('/');
  if (slash != std::string_view::npos) model.remove_prefix(slash + 1);
  const size_t colon = model.find(':');
  if (colon != std::string_view::npos && colon + 1 < model.size() && !is_digit(model[colon + 1]))
    model.remove_prefix(colon + 1);
  return model;
}

// Digits side by side, from `at`.
size_t digits_at(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

// "-2024-08-06", "-20241022", "-0613", "-002", "@20240620", "-v2:0".
bool names_snapshot(std::string_view model) {
  for (size_t i = 0; i < model.size(); ++i) {
    if (model[i] != '-' && model[i] != '@' && model[i] != '.') continue;
    const size_t digits = digits_at(model, i + 1);
    const size_t end = i + 1 + digits;
    const bool whole = end == model.size() || !std::isalnum(static_cast<unsigned char>(model[end]));
    if (digits == 8 || (digits == 4 && whole && model[i] != '.') || (digits == 6 && whole)) return true;
    if (digits == 3 && end == model.size() && model[i] != '.') return true;
    if (model[i] == '@' && digits > 0) return true;
    if (i + 1 < model.size() && model[i + 1] == 'v' && digits_at(model, i + 2) > 0 &&
        model.find(':', i) != std::string_view::npos)
      return true;
  }
  return false;
}

// Providers that offer snapshots beside an alias that moves.
bool is_alias(std::string_view model) {
  if (model.ends_with("-latest") || model == "latest") return true;
  static constexpr std::string_view kFamilies[] = {"gpt-3",   "gpt-4", "gpt-5", "chatgpt", "claude-",
                                                   "gemini-", "o1",    "o3",    "o4"};
  return std::any_of(std::begin(kFamilies), std::end(kFamilies), [&](std::string_view family) {
    if (!model.starts_with(family)) return false;
    const bool short_name = family.size() == 2;  // "o3" and "o3-mini", not "o365"
    return !short_name || model.size() == 2 || model[2] == '-';
  });
}

bool names_prompt(std::string_view name) {
  return has_word(name, {"prompt", "prompts", "instructions", "instruction", "template"}) &&
         !has_word(name, {"email", "html", "path", "file", "dir", "url"});
}

size_t words_in(std::string_view text) {
  size_t words = 0;
  bool inside = false;
  for (char c : text) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    words += !blank && !inside;
    inside = !blank;
  }
  return words;
}

bool is_text(const PyValue& value) {
  return value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kFString;
}

}  // namespace

bool is_agent(const RuleInput& in) { return in.facts.archetype.has(Trait::kAgent); }
bool is_llm_app(const RuleInput& in) { return is_agent(in) || in.facts.archetype.has(Trait::kLlmApp); }

std::vector<LlmCall> answering_calls(const RuleInput& in) {
  std::vector<LlmCall> out;
  for (const Use* use : product_uses(in, "calls-llm")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file) || is_other_kind(call->target.view())) continue;
    out.push_back({use, use->function.module, use->call});
  }
  return out;
}

std::vector<LlmSetting> llm_settings(const RuleInput& in, std::initializer_list<std::string_view> names) {
  std::vector<LlmSetting> out;
  const auto wanted = [&](Name name) {
    return std::find(names.begin(), names.end(), name.view()) != names.end();
  };
  std::vector<NodeId> asking;
  for (std::string_view capability : {"calls-llm", "builds-agent"}) {
    for (const Use* use : product_uses(in, capability)) {
      if (const NodeId node = node_of(in, *use); node != kNone) asking.push_back(node);
    }
  }
  const std::vector<bool> leads = in.graph.reaching(asking);
  const auto leads_there = [&](uint32_t m, uint32_t function) {
    const NodeId node = in.graph.node_of_function({m, function});
    return node != kNone && leads[node];
  };
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (!product_module(in, module)) continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      if (!is_llm_library(call.target.view())) continue;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyArg& arg = module.args[a];
        if (wanted(arg.keyword) && arg.value.kind != PyValue::Kind::kNone)
          out.push_back({arg.keyword, arg.value, m, c, call.span});
      }
    }
    const auto add_dict = [&](const PyValue& dict, Span span, auto&& self, int depth) -> void {
      if (dict.kind != PyValue::Kind::kDict || depth > 3) return;
      const IndexRange elements = dict.elements();
      for (uint32_t e = elements.begin; e + 1 < elements.end; e += 2) {
        const PyValue& key = module.values[e];
        if (key.kind == PyValue::Kind::kString && wanted(key.text))
          out.push_back({key.text, module.values[e + 1], m, kNone, span});
        self(module.values[e + 1], span, self, depth + 1);
      }
    };
    for (const PyBinding& binding : module.bindings) {
      if (!leads_there(m, binding.function)) continue;
      add_dict(binding.value, binding.span, add_dict, 0);
      if (binding.subscript && wanted(binding.key)) {
        out.push_back({binding.key, binding.value, m, kNone, binding.span});
      }
    }
    for (const PyCall& call : module.calls) {
      if (!leads_there(m, call.function)) continue;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a)
        add_dict(module.args[a].value, call.span, add_dict, 0);
    }
  }
  return out;
}

Pinning pinning_of(std::string_view model) {
  model = bare_model(model);
  if (model.empty() || model.find("{}") != std::string_view::npos) return Pinning::kUnknown;
  if (names_snapshot(model)) return Pinning::kPinned;
  return is_alias(model) ? Pinning::kFloating : Pinning::kUnknown;
}

std::vector<ModelId> model_ids(const RuleInput& in) {
  std::vector<ModelId> out;
  std::set<std::pair<Span, std::string>> seen;
  const auto add = [&](uint32_t m, uint32_t c) {
    const PythonModule& module = in.facts.python[m];
    const PyCall& call = module.calls[c];
    if (is_local(call.target.view())) return;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyArg& arg = module.args[a];
      const bool first =
          arg.keyword.empty() && a == call.args.begin &&
          (call.method == "init_chat_model" || call.method == "GenerativeModel" || call.method == "LM");
      if (!first && arg.keyword != "model" && arg.keyword != "model_name" && arg.keyword != "model_id" &&
          arg.keyword != "modelId")
        continue;
      for (const std::string& text : texts_of(in.facts, m, call.function, arg)) {
        if (seen.insert({call.span, text}).second) out.push_back({text, pinning_of(text), m, call.span});
      }
    }
  };
  for (const LlmCall& call : answering_calls(in)) add(call.module, call.call);
  for (const Use* use : product_uses(in, "builds-agent")) {
    if (call_of(in, *use) != nullptr && !is_notebook(in.facts, use->file))
      add(use->function.module, use->call);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const ModelId& a, const ModelId& b) { return a.span < b.span; });
  return out;
}

std::vector<PromptText> prompt_texts(const RuleInput& in) {
  std::vector<PromptText> out;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (!product_module(in, module)) continue;
    const bool home = is_prompt_file(in.facts.path(module.file));
    for (const PyBinding& binding : module.bindings) {
      if (!is_text(binding.value) || words_in(binding.value.text.view()) < kPromptWords) continue;
      if (home || names_prompt(binding.target.view()))
        out.push_back({binding.value.text.str(), binding.target, m, binding.function, binding.span});
    }
    for (const PyCall& call : module.calls) {
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyArg& arg = module.args[a];
        const bool named = names_prompt(arg.keyword.view()) || arg.keyword == "system";
        if (named && is_text(arg.value) && words_in(arg.value.text.view()) >= kPromptWords)
          out.push_back({arg.value.text.str(), Name(), m, call.function, call.span});
      }
    }
    for (size_t e = 0; e + 1 < module.values.size(); ++e) {  // {"role": "system", "content": "..."}
      const PyValue& key = module.values[e];
      const PyValue& text = module.values[e + 1];
      if (key.kind != PyValue::Kind::kString || key.text != "content" || !is_text(text)) continue;
      if (words_in(text.text.view()) < kPromptWords) continue;
      for (const PyCall& call : module.calls) {
        for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
          const IndexRange list = module.args[a].value.elements();
          for (uint32_t i = list.begin; i < list.end; ++i) {
            const IndexRange inner = module.values[i].elements();
            if (inner.begin <= e && e < inner.end)
              out.push_back({text.text.str(), Name(), m, call.function, call.span});
          }
        }
      }
    }
  }
  return out;
}

bool is_prompt_file(std::string_view path) {
  const bool code_or_text = path.ends_with(".py") || path.ends_with(".txt") || path.ends_with(".md") ||
                            path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json") ||
                            path.ends_with(".jinja") || path.ends_with(".jinja2") || path.ends_with(".j2") ||
                            path.ends_with(".prompt") || path.ends_with(".prompty") ||
                            path.ends_with(".mustache");
  if (!code_or_text) return false;
  const size_t slash = path.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  return path.ends_with(".prompt") || path.ends_with(".prompty") || has_word(folder, {"prompts"}) ||
         has_word(name, {"prompt", "prompts"});
}

uint32_t test_through(const RuleInput& in, const std::vector<NodeId>& nodes,
                      const std::function<bool(const TestCase&)>& accept) {
  std::set<uint32_t> reaching;
  for (NodeId node : nodes) {
    if (node == kNone) continue;
    for (NodeId caller : in.graph.callers(node)) {
      if (in.graph.nodes[caller].kind == NodeKind::kTest) reaching.insert(in.graph.nodes[caller].owner);
    }
  }
  const auto index = [&](const TestCase& test) {
    return static_cast<uint32_t>(&test - in.facts.tests.data());
  };
  return best_test(in, [&](const TestCase& test) { return reaching.contains(index(test)) && accept(test); });
}

bool test_speaks_of(const RuleInput& in, const TestCase& test,
                    std::initializer_list<std::string_view> phrases) {
  const PyFunction* function = in.facts.function(test.function);
  if (function == nullptr) return false;
  const PythonModule& module = in.facts.python[test.function.module];
  const auto speaks = [&](std::string_view text) {
    return std::any_of(phrases.begin(), phrases.end(),
                       [&](std::string_view phrase) { return contains_phrase(text, phrase); });
  };
  if (speaks(test.id.view())) return true;
  const auto value_speaks = [&](const PyValue& value) { return is_text(value) && speaks(value.text.view()); };
  const auto deep = [&](const PyValue& value, auto&& self, int depth) -> bool {
    if (value_speaks(value)) return true;
    if (depth > 3) return false;
    for (uint32_t e = value.elements().begin; e < value.elements().end; ++e) {
      if (self(module.values[e], self, depth + 1)) return true;
    }
    return false;
  };
  const auto mine = [&](const PyCall& call) {
    if (call.function == test.function.index) return true;
    return std::any_of(function->decorators.begin(), function->decorators.end(), [&](const PyDecorator& d) {
      return d.call != kNone && &module.calls[d.call] == &call;
    });
  };
  for (const PyCall& call : module.calls) {
    if (!mine(call)) continue;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (deep(module.args[a].value, deep, 0)) return true;
    }
  }
  return std::any_of(module.bindings.begin(), module.bindings.end(), [&](const PyBinding& binding) {
    const bool here = binding.function == test.function.index || binding.function == kNone;
    return here && deep(binding.value, deep, 0);
  });
}

}  // namespace mlgrade
