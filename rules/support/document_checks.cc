// Finds who reads a document and fails on it; no rule of its own.
#include "rules/support/document_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/base/glob.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/followed.h"
#include "rules/support/paths.h"
#include "rules/support/verdict.h"

namespace mlgrade {
namespace {

constexpr int kDepth = 3;  // returns that are followed to callers

// The text of a path, as far as it is known, names the file: "{}/docs/fmea.md".
bool names_file(std::string_view text, std::string_view path) {
  for (bool cut = true; cut;) {
    cut = false;
    for (std::string_view front : {"./", "{}/", "../", "/"}) {
      if (!text.starts_with(front)) continue;
      text.remove_prefix(front.size());
      cut = true;
    }
  }
  if (text.empty() || text.size() > path.size() || !path.ends_with(text)) return false;
  return text.size() == path.size() || path[path.size() - text.size() - 1] == '/';
}

// A file of that name in a folder that a test makes for itself is another file.
bool of_own_folder(Name name) {
  return has_word(name.view(), {"tmp", "temp", "tmpdir", "tempdir", "tempfile", "mkdtemp", "isolated"});
}

bool is_text(const PyValue& value) {
  return value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kFString ||
         value.kind == PyValue::Kind::kPath;
}

// Where the files that documents lie in are named in Python.
class Mentions {
 public:
  Mentions(const RuleInput& in, std::string_view path) : in_(in), path_(path) {}

  // By module and function (kNone: the body): is the file named there?
  std::vector<PyRef> functions() {
    std::vector<PyRef> out;
    for (uint32_t m = 0; m < in_.facts.python.size(); ++m) {
      const PythonModule& module = in_.facts.python[m];
      if (is_sample(in_.facts, module.file) || module.is_notebook || !mentions(module)) continue;
      std::set<uint32_t> found;
      for (uint32_t c = 0; c < module.calls.size(); ++c) {
        if (is_call(m, c)) found.insert(module.calls[c].function);
      }
      for (const PyBinding& binding : module.bindings) {
        if (reads(m, binding.reads)) found.insert(binding.function);
      }
      for (const PyCondition& condition : module.conditions) {
        if (reads(m, condition.reads)) found.insert(condition.function);
      }
      for (const PyJump& jump : module.jumps) {
        if (reads(m, jump.reads)) found.insert(jump.function);
      }
      for (uint32_t f : found) out.push_back({m, f});
    }
    return out;
  }

  // The call is handed the path.
  bool is_call(uint32_t m, uint32_t call) const {
    const PythonModule& module = in_.facts.python[m];
    const IndexRange args = module.calls[call].args;
    for (uint32_t a = args.begin; a < args.end; ++a) {
      const PyArg& arg = module.args[a];
      if (is_text(arg.value) && names_file(arg.value.text.view(), path_))
        return !own_folder(module, arg.reads);
      if (arg.value.kind == PyValue::Kind::kName && is_read(m, arg.value.text)) return true;
    }
    return false;
  }

  // A path that is read as it stands, or a name that is bound to it.
  bool is_read(uint32_t m, Name name) const {
    if (names_file(name.view(), path_)) return true;
    const auto bound = names_.find(m);
    return bound != names_.end() && bound->second.contains(name);
  }

  Span place(PyRef function) const {
    const PythonModule& module = in_.facts.python[function.module];
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      if (module.calls[c].function == function.index && is_call(function.module, c))
        return module.calls[c].span;
    }
    for (const PyBinding& binding : module.bindings) {
      if (binding.function == function.index && reads(function.module, binding.reads)) return binding.span;
    }
    for (const PyCondition& condition : module.conditions) {
      if (condition.function == function.index && reads(function.module, condition.reads))
        return condition.span;
    }
    for (const PyJump& jump : module.jumps) {
      if (jump.function == function.index && reads(function.module, jump.reads)) return jump.span;
    }
    return {};
  }

 private:
  static bool own_folder(const PythonModule& module, IndexRange range) {
    const auto begin = module.names.begin() + range.begin, end = module.names.begin() + range.end;
    return std::any_of(begin, end, of_own_folder);
  }

  bool reads(uint32_t m, IndexRange range) const {
    const PythonModule& module = in_.facts.python[m];
    if (own_folder(module, range)) return false;
    for (uint32_t r = range.begin; r < range.end; ++r) {
      if (is_read(m, module.names[r])) return true;
    }
    return false;
  }

  // The module names the file at all; notes what names stand for it.
  bool mentions(const PythonModule& module) {
    const auto m = static_cast<uint32_t>(&module - in_.facts.python.data());
    bool any = std::any_of(module.names.begin(), module.names.end(),
                           [&](Name name) { return names_file(name.view(), path_); }) ||
               std::any_of(module.args.begin(), module.args.end(), [&](const PyArg& arg) {
                 return is_text(arg.value) && names_file(arg.value.text.view(), path_);
               });
    for (const PyBinding& binding : module.bindings) {
      bool named = is_text(binding.value) && names_file(binding.value.text.view(), path_);
      if (binding.value.kind == PyValue::Kind::kCall && binding.value.call < module.calls.size()) {
        const PyCall& call = module.calls[binding.value.call];
        const bool path = call.method == "Path" || call.method == "PurePath";
        named |= path && is_call(m, binding.value.call);
      }
      if (!named || own_folder(module, binding.reads)) continue;
      names_[m].insert(binding.target);
      any = true;
    }
    return any;
  }

  const RuleInput& in_;
  std::string_view path_;
  std::map<uint32_t, std::set<Name>> names_;
};

bool is_off(const RuleInput& in, PyRef function) {
  const uint32_t test = test_of(in.facts, function);
  return test != kNone &&
         (in.facts.tests[test].skipped == Truth::kYes || in.facts.tests[test].collected == Truth::kNo);
}

// Where what a function makes of the file can fail a run: there, in its callers, in the tests that are given
// it.
class Fate {
 public:
  Fate(const RuleInput& in, const Mentions& mentions) : in_(in), mentions_(mentions), passing_(in.facts) {}

  // The function that fails; invalid if none does.
  PyRef fails(PyRef function) {
    AnswerSources sources;
    sources.is_call = [this, m = function.module](uint32_t call) { return mentions_.is_call(m, call); };
    sources.is_read = [this, m = function.module](Name read) { return mentions_.is_read(m, read); };
    sources.parts = false;
    return fails(function, std::move(sources), 0);
  }

 private:
  bool fails_here(PyRef function, const Followed& followed) const {
    const PythonModule& module = in_.facts.python[function.module];
    for (uint32_t c : indices(module.body(function.index).conditions)) {
      const PyCondition& condition = module.conditions[c];
      if (condition.function != function.index || !followed.looks(c) || !condition_fails(module, c)) continue;
      if (swallowing_except(module, condition.block) == nullptr) return true;
    }
    return std::ranges::any_of(calls_in(module, function.index), [&](const PyCall& call) {
      // sys.exit(missing(rows)), self.assertEqual(missing(rows), [])
      const bool leaves =
          call.target == "sys.exit" || call.callee == "exit" || call.method.view().starts_with("assert");
      if (call.function != function.index || !leaves) return false;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        if (followed.carries(module.args[a])) return true;
      }
      return false;
    });
  }

  PyRef fails(PyRef function, AnswerSources sources, int depth) {
    const Followed followed(passing_, function.module, function.index, std::move(sources));
    if (fails_here(function, followed)) return is_off(in_, function) ? PyRef{} : function;
    if (depth >= kDepth || function.index == kNone || !followed.returned().any()) return {};
    const PyRef caller = fails_in_callers(function, depth);
    return caller.valid() ? caller : fails_in_tests(function, depth);
  }

  PyRef fails_in_callers(PyRef function, int depth) {
    for (uint32_t m = 0; m < in_.facts.python.size(); ++m) {
      const PythonModule& module = in_.facts.python[m];
      for (uint32_t c = 0; c < module.calls.size(); ++c) {
        if (module.calls[c].function_ref != function || PyRef{m, module.calls[c].function} == function)
          continue;
        AnswerSources sources;
        sources.calls[c].whole = true;
        sources.parts = false;
        const PyRef found = fails({m, module.calls[c].function}, std::move(sources), depth + 1);
        if (found.valid()) return found;
      }
    }
    return {};
  }

  // A fixture: the tests that it is handed to know it by its name.
  PyRef fails_in_tests(PyRef fixture, int depth) {
    for (const TestCase& test : in_.facts.tests) {
      if (std::find(test.fixtures.begin(), test.fixtures.end(), fixture) == test.fixtures.end()) continue;
      AnswerSources sources;
      sources.names.insert(in_.facts.function(fixture)->name);
      sources.parts = false;
      const PyRef found = fails(test.function, std::move(sources), depth + 1);
      if (found.valid()) return found;
    }
    return {};
  }

  const RuleInput& in_;
  const Mentions& mentions_;
  Passing passing_;
};

// Whose run fails: the test, the program, the function.
NodeId node_of_check(const RuleInput& in, PyRef function) {
  const uint32_t test = test_of(in.facts, function);
  const NodeId node = test != kNone             ? in.graph.node_of_test(test)
                      : function.index == kNone ? in.graph.node_of_main(function.module)
                                                : kNone;
  return node == kNone ? in.graph.node_of_function(function) : node;
}

// Words behind the tool that name places: with some, at least one has to cover the file.
bool covers(std::vector<std::string_view> words, std::string_view path) {
  bool any = false;
  for (std::string_view word : words) {
    while (word.starts_with("./")) word.remove_prefix(2);
    if (word.starts_with('-') || word.find("://") != std::string_view::npos) continue;
    if (word == "." || word.empty()) return true;
    const bool place = word.find_first_of("/*") != std::string_view::npos || word.ends_with(".md") ||
                       word.ends_with(".rst") || word == "docs";
    if (!place) continue;
    any = true;
    while (word.ends_with('/')) word.remove_suffix(1);
    if (path == word || path.starts_with(std::string(word) + "/") || glob_match(word, path)) return true;
  }
  return !any;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const size_t begin = text.find_first_not_of(" ,\n\t'\"");
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const size_t end = std::min(text.find_first_of(" ,\n\t'\""), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

bool tool_covers(const RuleInput& in, const Use& use, std::string_view path) {
  const AutomationFile& file = in.facts.automation[use.automation];
  std::vector<std::string_view> words;
  if (use.kind == Use::Kind::kCommand) {
    const std::vector<Word>& all = file.commands[use.index].words;
    for (size_t i = 1; i < all.size(); ++i) words.push_back(all[i].text);
  } else {
    for (const auto& [key, value] : file.actions[use.index].with) {
      if (key != "args" && key != "folder-path" && key != "file-path" && key != "path" && key != "globs")
        continue;
      for (std::string_view word : split(value.text)) words.push_back(word);
    }
  }
  return covers(std::move(words), path);
}

}  // namespace

std::vector<DocumentCheck> checks_of(const RuleInput& in, FileId file, std::string_view capability) {
  std::vector<DocumentCheck> out;
  const std::string_view path = in.facts.path(file);
  Mentions mentions(in, path);
  const std::vector<PyRef> functions = mentions.functions();
  Fate fate(in, mentions);
  for (PyRef function : functions) {
    const PyRef fails = fate.fails(function);
    if (!fails.valid()) continue;
    const PyFunction* named = in.facts.function(fails);
    out.push_back({node_of_check(in, fails), mentions.place(function),
                   fmt::format("{} reads it and can fail on it",
                               named == nullptr ? in.facts.path(in.facts.python[fails.module].file)
                                                : named->qualname.view()),
                   false, function});
  }
  for (const Use* use : capability.empty() ? std::vector<const Use*>{} : uses_of(in, capability)) {
    if (use->kind != Use::Kind::kCommand && use->kind != Use::Kind::kAction) continue;
    if (!tool_covers(in, *use, path)) continue;
    out.push_back({node_of(in, *use), use->span, fmt::format("{} looks at it", name_of(in, *use)),
                   capability == "checks-links", PyRef{}});
  }
  std::erase_if(out, [](const DocumentCheck& check) { return check.node == kNone; });
  std::stable_sort(out.begin(), out.end(), [&](const DocumentCheck& a, const DocumentCheck& b) {
    return in.graph.reached_by(a.node) > in.graph.reached_by(b.node);
  });
  return out;
}

std::vector<DocumentCheck> writers_of(const RuleInput& in, std::string_view path) {
  std::vector<DocumentCheck> out;
  Mentions mentions(in, path);
  for (PyRef function : mentions.functions()) {
    const PythonModule& module = in.facts.python[function.module];
    if (is_test_code(in.facts, module.file)) continue;
    const bool writes = std::ranges::any_of(calls_in(module, function.index), [&](const PyCall& call) {
      const std::string_view method = call.method.view();
      return call.function == function.index &&
             (method == "write_text" || method == "write" || method == "save" || method == "writelines" ||
              method == "dump" || method == "copy");
    });
    if (!writes) continue;
    out.push_back({node_of_check(in, function), mentions.place(function), "writes it", false, function});
  }
  std::erase_if(out, [](const DocumentCheck& check) { return check.node == kNone; });
  return out;
}

Evidence evidence_of(const DocumentCheck& check, Span place, std::string what) {
  Evidence evidence;
  evidence.place = place;
  evidence.what = std::move(what);
  evidence.runs_at = check.node;
  evidence.links = {{check.at, check.what}};
  return evidence;
}

}  // namespace mlgrade
