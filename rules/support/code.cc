// Answers about places in code; no rule of its own.
#include "rules/support/code.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <unordered_map>

#include "analyzer/facts/test_paths.h"
#include "rules/support/name_words.h"

namespace mlgrade {

bool is_test_code(const FactStore& facts, FileId file) {
  return file != FileId::kNone && is_test_path(facts.path(file));
}

bool is_notebook(const FactStore& facts, FileId file) {
  return file != FileId::kNone && facts.file(file).language == Language::kNotebook;
}

bool is_sample(const FactStore& facts, FileId file) {
  return file != FileId::kNone && (facts.file(file).sample || facts.file(file).vendored);
}

namespace {

// By capability, outside samples, in the order of places.
struct SortedUses {
  explicit SortedUses(const RuleInput& in) {
    for (const Use& use : in.uses) {
      if (!is_sample(in.facts, use.file)) by_capability[use.capability].push_back(&use);
    }
  }
  std::unordered_map<Name, std::vector<const Use*>> by_capability;
};

}  // namespace

std::vector<const Use*> uses_of(const RuleInput& in, std::string_view capability) {
  const auto& all = shared<SortedUses>(in).by_capability;
  const auto found = all.find(Name(capability));
  return found == all.end() ? std::vector<const Use*>() : found->second;
}

std::vector<const Use*> product_uses(const RuleInput& in, std::string_view capability) {
  std::vector<const Use*> found = uses_of(in, capability);
  std::erase_if(found, [&](const Use* use) { return is_test_code(in.facts, use->file); });
  return found;
}

NodeId node_of(const RuleInput& in, const Use& use) {
  switch (use.kind) {
    case Use::Kind::kCall:
      return use.call != kNone && use.function.valid() ? in.graph.node_of_call(use.function.module, use.call)
                                                       : kNone;
    case Use::Kind::kDecorator:
      return in.graph.node_of_function(use.function);
    case Use::Kind::kCommand:
      return in.graph.node_of_command(use.automation, use.index);
    case Use::Kind::kAction: {
      if (use.automation == kNone) return kNone;
      const AutomationFile& file = in.facts.automation[use.automation];
      return in.graph.node_of_unit(use.automation, file.actions[use.index].unit);
    }
    case Use::Kind::kBase:
    case Use::Kind::kFile:
      return kNone;
  }
  return kNone;
}

bool is_led_to(const Graph& graph, NodeId node) {
  return std::any_of(graph.in[node].begin(), graph.in[node].end(), [&](uint32_t e) {
    const Edge& edge = graph.edges[e];
    return edge.from != node && !edge.order_only() && edge.certain != Truth::kNo;
  });
}

const PyCall* call_of(const RuleInput& in, const Use& use) {
  if (use.kind != Use::Kind::kCall || use.call == kNone || !use.function.valid()) return nullptr;
  return &in.facts.python[use.function.module].calls[use.call];
}

uint32_t test_of(const FactStore& facts, PyRef function) {
  for (uint32_t t = 0; t < facts.tests.size(); ++t) {
    if (facts.tests[t].function == function) return t;
  }
  return kNone;
}

namespace {

// The root and the last component of a resolved name, with the class between them when it is a method:
// "shap.explainers._tree.TreeExplainer" -> "shap.TreeExplainer", "evidently.Report().run" ->
// "evidently.Report.run".
std::string short_name(std::string_view target) {
  const size_t first = target.find('.');
  const size_t last = target.rfind('.');
  if (first == last) return std::string(target);
  const size_t before = target.rfind('.', last - 1);
  std::string owner(target.substr(before + 1, last - before - 1));
  if (owner.ends_with("()")) owner.resize(owner.size() - 2);
  const bool method = !owner.empty() && std::isupper(static_cast<unsigned char>(owner.front())) != 0;
  return std::string(target.substr(0, first)) + (method ? "." + owner : "") +
         std::string(target.substr(last));
}

std::string name_of_command(const RuleInput& in, const Use& use) {
  constexpr size_t kWords = 3;
  const Command& command = in.facts.automation[use.automation].commands[use.index];
  std::string text;
  size_t words = 0;
  const std::string first = command.words.empty() ? std::string() : command.words[0].text;
  const std::string program = first.substr(first.rfind('/') + 1);
  for (const Word& word : command.words) {
    if (words > 0 && (words == kWords || word.text.starts_with('-') ||
                      word.text.find_first_of("$/\n") != std::string::npos))
      break;
    text += (words > 0 ? " " : "") + (words == 0 ? program : word.text);
    ++words;
  }
  return text.empty() ? std::string(use.tool.view()) : "`" + text + "`";
}

}  // namespace

Name object_of(const PythonModule& module, const PyCall& call) {
  std::string_view root = call.callee.view();
  root = root.substr(0, root.find('.'));
  for (const PyImport& import : module.imports) {
    if (import.bound.view() == root && import.project_module != kNone) return import.target;
  }
  const bool own =
      std::any_of(module.bindings.begin(), module.bindings.end(),
                  [&](const PyBinding& b) { return b.function == kNone && b.target.view() == root; }) ||
      std::any_of(module.classes.begin(), module.classes.end(),
                  [&](const PyClass& c) { return c.qualname.view() == root; });
  return own ? Name(module.name.str() + "." + std::string(root)) : Name();
}

std::string name_of(const RuleInput& in, const Use& use) {
  switch (use.kind) {
    case Use::Kind::kCall: {
      const PyCall* call = call_of(in, use);
      if (call == nullptr) break;
      const Name target = call->target.empty() ? call->callee : call->target;
      return "`" + short_name(target.view()) + "`";
    }
    case Use::Kind::kDecorator: {
      const PyFunction* function = in.facts.function(use.function);
      for (size_t d = 0; function != nullptr && d < function->decorators.size(); ++d) {
        const PyDecorator& decorator = function->decorators[d];
        if (decorator.span == use.span) return "`@" + std::string(decorator.name.view()) + "`";
      }
      break;
    }
    case Use::Kind::kBase:
      if (use.function.valid() && use.call < in.facts.python[use.function.module].classes.size())
        return "class `" + in.facts.python[use.function.module].classes[use.call].qualname.str() + "`";
      break;
    case Use::Kind::kCommand:
      if (use.automation != kNone) return name_of_command(in, use);
      break;
    case Use::Kind::kAction:
      if (use.automation != kNone) return in.facts.automation[use.automation].actions[use.index].action.str();
      break;
    case Use::Kind::kFile:
      return std::string(in.facts.path(use.file));
  }
  return std::string(use.tool.view());
}

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  NameWords cut(name);
  for (std::string_view word = cut.next(); !word.empty(); word = cut.next()) {
    std::string& made = words.emplace_back(word);
    std::transform(made.begin(), made.end(), made.begin(), lower);
  }
  return words;
}

bool has_word(std::string_view name, std::initializer_list<std::string_view> words) {
  const auto initial = [](char c) { return uint32_t{1} << (static_cast<unsigned char>(c) & 31); };
  uint32_t initials = 0;
  for (std::string_view wanted : words) initials |= wanted.empty() ? 0 : initial(wanted.front());
  NameWords cut(name);
  for (std::string_view word = cut.next(); !word.empty(); word = cut.next()) {
    const char first = lower(word.front());  // few of many words begin alike
    if ((initials & initial(first)) == 0) continue;
    for (std::string_view wanted : words) {
      if (wanted.size() == word.size() && wanted.front() == first && is_word(word, wanted)) return true;
    }
  }
  return false;
}

}  // namespace mlgrade
