// Reads promptfoo configurations from ConfigDocument facts.
#include "rules/support/llm_suites.h"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "rules/support/code.h"
#include "rules/support/paths.h"

namespace mlgrade {
namespace {

bool is_suite(const FactStore& facts, const ConfigDocument& document) {
  if (!document.root.is_mapping()) return false;
  if (file_name(facts.path(document.file)).starts_with("promptfooconfig")) return true;
  const bool asks = document.root.find("providers") != nullptr || document.root.find("targets") != nullptr;
  return asks && document.root.find("prompts") != nullptr &&
         (document.root.find("tests") != nullptr || document.root.find("redteam") != nullptr);
}

bool leads_to_product(const FactStore& facts, std::string_view folder, std::string_view text) {
  for (std::string_view scheme : {"http://", "https://", "exec:", "python:", "webhook:", "ws://"}) {
    if (text.starts_with(scheme)) return true;
  }
  const bool file = text.starts_with("file://");
  if (file) text.remove_prefix(7);
  if (text == "http" || text == "https") return true;
  if (const size_t colon = text.rfind(':'); file && colon != std::string_view::npos)
    text = text.substr(0, colon);
  if (text.find('\n') != std::string_view::npos || text.find(' ') != std::string_view::npos) return false;
  if (text.find('*') != std::string_view::npos) return text.find('/') != std::string_view::npos;
  std::string path(folder);
  while (text.starts_with("./")) text.remove_prefix(2);
  while (text.starts_with("../")) {
    text.remove_prefix(3);
    const size_t up = path.size() < 2 ? std::string::npos : path.rfind('/', path.size() - 2);
    path = up == std::string::npos ? "" : path.substr(0, up + 1);
  }
  return facts.find_file(path + std::string(text)) != nullptr;
}

bool any_leaf(const DataNode& node, const std::function<bool(std::string_view)>& accept, int depth = 0) {
  if (depth > 6) return false;
  if (node.is_scalar()) return accept(node.text);
  for (const DataNode& item : node.items) {
    if (any_leaf(item, accept, depth + 1)) return true;
  }
  return std::any_of(node.entries.begin(), node.entries.end(),
                     [&](const DataEntry& entry) { return any_leaf(entry.second, accept, depth + 1); });
}

void add_assertions(const DataNode* list, std::vector<std::string>& out) {
  if (list == nullptr) return;
  for (const DataNode& one : list->items) {
    if (one.is_mapping() && !one.get("type").empty()) out.emplace_back(one.get("type"));
  }
}

LlmSuite read_suite(const FactStore& facts, const ConfigDocument& document) {
  LlmSuite suite;
  suite.document = &document;
  const uint32_t line = document.root.line == 0 ? 1 : document.root.line;
  suite.span = Span{document.file, line, 1, line};
  const std::string_view path = facts.path(document.file);
  const std::string_view folder = path.substr(0, path.size() - file_name(path).size());
  const auto product = [&](std::string_view text) { return leads_to_product(facts, folder, text); };
  for (std::string_view key : {"prompts", "providers", "targets"}) {
    const DataNode* node = document.root.find(key);
    if (node != nullptr) suite.asks_product |= any_leaf(*node, product);
  }
  suite.attacks = document.root.find("redteam") != nullptr;
  if (const DataNode* tests = document.root.find("tests")) {
    const bool listed = tests->is_sequence() && std::all_of(tests->items.begin(), tests->items.end(),
                                                            [](const DataNode& t) { return t.is_mapping(); });
    if (listed) suite.cases = tests->items.size();
    for (const DataNode& test : tests->items) add_assertions(test.find("assert"), suite.assertions);
  } else {
    suite.cases = 0;
  }
  if (const DataNode* common = document.root.find("defaultTest"); common != nullptr && common->is_mapping())
    add_assertions(common->find("assert"), suite.assertions);
  std::sort(suite.assertions.begin(), suite.assertions.end());
  suite.assertions.erase(std::unique(suite.assertions.begin(), suite.assertions.end()),
                         suite.assertions.end());
  if (const DataNode* repeat = document.root.at({"evaluateOptions", "repeat"})) {
    suite.repeat = static_cast<uint32_t>(std::strtoul(repeat->text.c_str(), nullptr, 10));
  }
  return suite;
}

// The configuration file that the command names: `-c x.yaml`, `--config=x.yaml`; empty if it names none.
std::string named_config(const RuleInput& in, const Use& use) {
  const AutomationFile& file = in.facts.automation[use.automation];
  if (use.kind == Use::Kind::kAction) {
    for (const auto& [key, word] : file.actions[use.index].with) {
      if (key == "config") return word.text;
    }
    return "";
  }
  const std::vector<Word>& words = file.commands[use.index].words;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i].text;
    if ((word == "-c" || word == "--config") && i + 1 < words.size()) return words[i + 1].text;
    if (word.starts_with("--config=")) return word.substr(9);
  }
  return "";
}

}  // namespace

std::vector<LlmSuite> llm_suites(const RuleInput& in) {
  std::vector<LlmSuite> out;
  for (const ConfigDocument& document : in.facts.configs) {
    if (!is_sample(in.facts, document.file) && is_suite(in.facts, document))
      out.push_back(read_suite(in.facts, document));
  }
  return out;
}

const LlmSuite* suite_of(const RuleInput& in, const std::vector<LlmSuite>& suites, const Use& use) {
  if (use.automation == kNone) return nullptr;
  const std::string named(file_name(named_config(in, use)));
  const LlmSuite* found = nullptr;
  for (const LlmSuite& suite : suites) {
    if (!named.empty() && file_name(in.facts.path(suite.document->file)) != named) continue;
    if (found != nullptr && named.empty()) return nullptr;
    if (found == nullptr) found = &suite;
  }
  return found;
}

bool is_shape_assertion(std::string_view type) {
  static constexpr std::string_view kShapes[] = {"is-json",
                                                 "contains-json",
                                                 "is-xml",
                                                 "contains-xml",
                                                 "is-sql",
                                                 "latency",
                                                 "cost",
                                                 "is-html",
                                                 "word-count",
                                                 "finish-reason",
                                                 "perplexity",
                                                 "is-valid-openai-function-call",
                                                 "is-valid-openai-tools-call"};
  return std::find(std::begin(kShapes), std::end(kShapes), type) != std::end(kShapes);
}

bool is_judged_assertion(std::string_view type) {
  static constexpr std::string_view kJudged[] = {"llm-rubric",           "model-graded-closedqa",
                                                 "factuality",           "model-graded-factuality",
                                                 "answer-relevance",     "g-eval",
                                                 "context-faithfulness", "context-relevance",
                                                 "context-recall",       "select-best",
                                                 "search-rubric"};
  return std::find(std::begin(kJudged), std::end(kJudged), type) != std::end(kJudged);
}

}  // namespace mlgrade
