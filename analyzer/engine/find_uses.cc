// Where the repository uses an ability of a tool. Patterns are indexed by their first word, so that a call,
// class or command is held against the few patterns that can match it.
#include <algorithm>
#include <cctype>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "analyzer/base/glob.h"
#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/transformer_uses.h"
#include "analyzer/engine/words.h"

namespace mlgrade {
namespace {

struct Pattern {
  std::string_view text;
  const Ability* ability;
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// Patterns by their first component up to a separator; those that start with a glob are tried always.
class PatternIndex {
 public:
  explicit PatternIndex(char separator) : separator_(separator) {}

  void add(std::string_view text, const Ability& ability, std::string_view key = {}) {
    const std::string_view head = head_of(key.empty() ? text : key);
    if (head.find_first_of("*?[{") != std::string_view::npos) {
      everywhere_.push_back({text, &ability});
    } else {
      by_head_[std::string(head)].push_back({text, &ability});
    }
  }

  template <typename Function>
  void for_candidates(std::string_view name, Function&& function) const {
    if (const auto it = by_head_.find(std::string(head_of(name))); it != by_head_.end()) {
      for (const Pattern& pattern : it->second) function(pattern);
    }
    for (const Pattern& pattern : everywhere_) function(pattern);
  }

 private:
  std::string_view head_of(std::string_view text) const { return text.substr(0, text.find(separator_)); }

  char separator_;
  std::unordered_map<std::string, std::vector<Pattern>> by_head_;
  std::vector<Pattern> everywhere_;
};

struct Index {
  PatternIndex calls{'.'}, bases{'.'}, decorators{'.'}, commands{' '}, actions{'/'};
  std::unordered_map<std::string_view, std::vector<const Ability*>> methods;
  std::unordered_map<std::string, std::vector<Pattern>> files_by_name;  // last component is literal
  std::vector<Pattern> files;

  explicit Index(const Catalogue& catalogue) {
    for (const Tool& tool : catalogue.tools) {
      for (const Ability& ability : tool.does) add(ability);
    }
  }

  void add(const Ability& ability) {
    for (const std::string& text : ability.calls) calls.add(text, ability);
    for (const std::string& text : ability.bases) bases.add(text, ability);
    for (const std::string& text : ability.decorators) decorators.add(text, ability);
    for (const std::string& text : ability.methods) methods[text].push_back(&ability);
    for (const std::string& text : ability.commands) commands.add(text, ability);
    for (const std::string& text : ability.actions) actions.add(text, ability, lower(text));
    for (const std::string& text : ability.files) {
      const std::string last = text.substr(text.rfind('/') + 1);
      const bool literal = last.find_first_of("*?[{") == std::string::npos;
      if (literal) {
        files_by_name[last].push_back({text, &ability});
      } else {
        files.push_back({text, &ability});
      }
    }
  }
};

// Which roots of dotted names ("pandera") mean the library in a module, and which a file of the repository.
class Roots {
 public:
  explicit Roots(const FactStore& facts) {
    for (const PythonModule& module : facts.python) {
      const std::string_view name = module.name.view();
      project_.insert(std::string(name.substr(0, name.find('.'))));
    }
  }

  bool is_library(const PythonModule& module, std::string_view root) const {
    bool imported = false;
    for (const PyImport& import : module.imports) {
      const std::string_view target = import.target.view();
      if (target.substr(0, target.find('.')) != root) continue;
      if (import.project_module == kNone) return true;
      imported = true;
    }
    return !imported && !project_.contains(std::string(root));
  }

 private:
  std::unordered_set<std::string> project_;
};

// Some module imports a library that trains models: only there a `fit` of who knows what is a training.
bool imports_model_library(const Catalogue& catalogue, const FactStore& facts) {
  std::unordered_set<std::string_view> libraries;
  for (const Tool& tool : catalogue.tools) {
    const bool trains = std::any_of(tool.does.begin(), tool.does.end(), [](const Ability& ability) {
      return ability.capability == "trains-model" && ability.methods.empty();
    });
    if (trains) libraries.insert(tool.imports.begin(), tool.imports.end());
  }
  for (const PythonModule& module : facts.python) {
    for (const PyImport& import : module.imports) {
      const std::string_view target = import.target.view();
      if (import.project_module == kNone && libraries.contains(target.substr(0, target.find('.'))))
        return true;
    }
  }
  return false;
}

// The inputs of an action against `args`: "*" given, "*!v" given and not v, else that value.
bool has_inputs(const ActionUse& action, const Ability& ability) {
  return std::all_of(ability.args.begin(), ability.args.end(), [&](const auto& wanted) {
    const auto input = std::find_if(action.with.begin(), action.with.end(),
                                    [&](const auto& given) { return given.first == wanted.first; });
    if (input == action.with.end()) return false;
    if (wanted.second.starts_with("*!")) return input->second.text != wanted.second.substr(2);
    return wanted.second == "*" || glob_match(wanted.second, input->second.text);
  });
}

// `call` is null for a decorator without parentheses: it has no arguments.
bool has_arguments(const PythonModule& module, const PyCall* call, const Ability& ability) {
  for (const auto& [keyword, wanted] : ability.args) {
    if (call == nullptr || !argument_matches(module, *call, keyword, wanted)) return false;
  }
  return true;
}

class Finder {
 public:
  Finder(const Catalogue& catalogue, const FactStore& facts)
      : index_(catalogue),
        facts_(facts),
        roots_(facts),
        models_here_(imports_model_library(catalogue, facts)) {}

  std::vector<Use> run() {
    for (uint32_t m = 0; m < facts_.python.size(); ++m) find_in_module(m);
    for (uint32_t a = 0; a < facts_.automation.size(); ++a) find_in_automation(a);
    for (const FileFact& file : facts_.files) find_file(file);
    std::stable_sort(uses_.begin(), uses_.end(), [](const Use& a, const Use& b) {
      return std::tie(a.span, a.tool, a.capability) < std::tie(b.span, b.tool, b.capability);
    });
    return std::move(uses_);
  }

 private:
  Use& add(Use::Kind kind, const Ability& ability, Span span) {
    Use use;
    use.kind = kind;
    use.ability = &ability;
    use.capability = ability.capability;
    use.tool = ability.tool;
    use.file = span.file;
    use.span = span;
    uses_.push_back(use);
    return uses_.back();
  }

  template <typename Function>
  void match_name(const PythonModule& module, Name target, const PatternIndex& patterns,
                  Function&& function) {
    if (target.empty()) return;
    const std::string_view text = target.view();
    patterns.for_candidates(text, [&](const Pattern& pattern) {
      if (!dotted_match(pattern.text, text)) return;
      if (!roots_.is_library(module, text.substr(0, text.find('.')))) return;
      function(*pattern.ability);
    });
  }

  void find_in_module(uint32_t m) {
    const PythonModule& module = facts_.python[m];
    for (uint32_t c = 0; c < module.calls.size(); ++c) find_call(m, c);
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      for (const PyDecorator& decorator : module.functions[f].decorators) {
        match_name(module, decorator.target, index_.decorators, [&](const Ability& ability) {
          const PyCall* call = decorator.call == kNone ? nullptr : &module.calls[decorator.call];
          if (!has_arguments(module, call, ability)) return;
          Use& use = add(Use::Kind::kDecorator, ability, decorator.span);
          use.function = {m, f};
          use.call = decorator.call;
        });
      }
    }
    for (uint32_t c = 0; c < module.classes.size(); ++c) {
      for (Name target : module.classes[c].base_targets) {
        match_name(module, target, index_.bases, [&](const Ability& ability) {
          Use& use = add(Use::Kind::kBase, ability, module.classes[c].span);
          use.function = {m, module.classes[c].function};
          use.call = c;
        });
      }
    }
  }

  // Never runs; product code that only CI leaves out is still there.
  bool is_dead(uint32_t m, uint32_t block) const {
    const PythonModule& module = facts_.python[m];
    const uint32_t dead = module.dead_block(block);
    if (dead == kNone) return false;
    const PyValue& value = module.conditions[module.blocks[dead].condition].value;
    const bool constant = value.kind == PyValue::Kind::kBool || value.kind == PyValue::Kind::kNumber;
    return constant || std::any_of(facts_.tests.begin(), facts_.tests.end(),
                                   [&](const TestCase& test) { return test.function.module == m; });
  }

  void find_call(uint32_t m, uint32_t c) {
    const PythonModule& module = facts_.python[m];
    const PyCall& call = module.calls[c];
    if (call.function_ref.valid() || call.class_ref.valid()) return;  // the repository's own
    if (is_dead(m, call.block)) return;
    const auto found = [&](const Ability& ability) {
      if (!has_arguments(module, &call, ability)) return;
      Use& use = add(Use::Kind::kCall, ability, call.span);
      use.function = {m, call.function};
      use.call = c;
    };
    match_name(module, call.target, index_.calls, found);
    const bool method_of_unknown = call.target.empty() && call.method != call.callee;
    if (!models_here_ || !method_of_unknown) return;
    const auto methods = index_.methods.find(call.method.view());
    if (methods == index_.methods.end()) return;
    std::vector<Name> shown;  // one of several marks of a capability is enough
    for (const Ability* ability : methods->second) {
      if (std::find(shown.begin(), shown.end(), ability->capability) != shown.end()) continue;
      const size_t before = uses_.size();
      found(*ability);
      if (uses_.size() > before) shown.push_back(ability->capability);
    }
  }

  void find_in_automation(uint32_t a) {
    const AutomationFile& file = facts_.automation[a];
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const Command& command = file.commands[c];
      std::vector<const Ability*> found;
      for (const std::string& program : programs_of(command)) {
        index_.commands.for_candidates(program, [&](const Pattern& pattern) {
          const bool known = std::find(found.begin(), found.end(), pattern.ability) != found.end();
          if (!known && command_matches(command, pattern.text)) found.push_back(pattern.ability);
        });
      }
      for (const Ability* ability : found) {
        Use& use = add(Use::Kind::kCommand, *ability, command.span);
        use.automation = a;
        use.index = c;
      }
    }
    for (uint32_t i = 0; i < file.actions.size(); ++i) {
      const std::string name = lower(file.actions[i].action.view());  // hosts do not tell case apart
      index_.actions.for_candidates(name, [&](const Pattern& pattern) {
        if (!glob_match(lower(pattern.text), name) || !has_inputs(file.actions[i], *pattern.ability)) return;
        Use& use = add(Use::Kind::kAction, *pattern.ability, file.actions[i].span);
        use.automation = a;
        use.index = i;
      });
    }
  }

  void find_file(const FileFact& file) {
    if (file.vendored || file.sample) return;
    const std::string_view path = file.path.view();
    const auto test = [&](const Pattern& pattern) {
      if (!glob_match(pattern.text, path)) return;
      Span span;
      span.file = file.id;
      add(Use::Kind::kFile, *pattern.ability, span);
    };
    const auto named = index_.files_by_name.find(std::string(path.substr(path.rfind('/') + 1)));
    if (named != index_.files_by_name.end()) std::for_each(named->second.begin(), named->second.end(), test);
    std::for_each(index_.files.begin(), index_.files.end(), test);
  }

  Index index_;
  const FactStore& facts_;
  Roots roots_;
  bool models_here_;
  std::vector<Use> uses_;
};

}  // namespace

std::vector<Use> find_uses(const Catalogue& catalogue, const FactStore& facts) {
  std::vector<Use> uses = Finder(catalogue, facts).run();
  settle_transformers(facts, uses);
  return uses;
}

}  // namespace mlgrade
