// Python, pytest and shells: what a program is given to run.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "analyzer/graph/command_linking.h"
#include "analyzer/graph/test_selection.h"

namespace mlgrade {

NodeId file_node(GraphBuilder& b, FileId file) {
  auto [it, fresh] = b.node_by_file.try_emplace(index_of(file), kNone);
  if (!fresh) return it->second;
  it->second = b.add_node(NodeKind::kFile, index_of(file), kNone, Span{file, 1, 1, 1});
  b.graph.file_nodes.emplace_back(file, it->second);
  return it->second;
}

namespace {

// The file that a path argument names: relative to the working directory, else (a script whose caller's
// folder is not known) to the root or to the script's own folder.
const FileFact* find_argument(const Linking& l, const Word& word, Truth& certain) {
  const FactStore& facts = l.b.facts;
  certain = Truth::kYes;
  std::string path = repository_path(word, l.cwd);
  if (path.empty()) return nullptr;
  if (const FileFact* file = facts.find_file(path)) return file;
  std::string at_root = repository_path(word, "");
  if (const FileFact* file = facts.find_file(at_root); file != nullptr && l.cwd == "?") return file;
  std::string_view home = facts.path(l.file.file);
  size_t slash = home.rfind('/');
  std::string beside = repository_path(word, slash == std::string_view::npos ? "" : home.substr(0, slash));
  if (const FileFact* file = facts.find_file(beside)) {
    certain =
        l.file.units.empty() || l.file.units[0].kind == UnitKind::kScript ? Truth::kYes : Truth::kUnknown;
    return file;
  }
  if (const FileFact* file = facts.find_file(at_root)) {
    certain = Truth::kUnknown;
    return file;
  }
  return nullptr;
}

}  // namespace

bool names_path(const Word& word) { return word.literal && word.text.find('*') == std::string::npos; }

bool looks_like_file(std::string_view text) {
  size_t dot = text.rfind('.');
  return dot != std::string_view::npos && text.find('/', dot) == std::string_view::npos &&
         text.size() - dot <= 6;
}

namespace {

void run_python_module(Linking& l, uint32_t module, Truth certain, std::span<const Word> arguments) {
  if (std::optional<NodeId> invoked = invoked_node(l.b, module, arguments)) return l.run(*invoked, certain);
  run_metaflow_file(l, l.b.facts.path(l.b.facts.python[module].file));
  l.run(l.b.graph.node_of_main(module), certain);
  // A server's own program calls back what the application has registered.
  if (l.line.program != "python") l.run(application_node(l.b, Application::kService, module), certain);
  // `python tests/test_x.py`: a main guard that calls unittest.main runs the file's own tests.
  const PythonModule& m = l.b.facts.python[module];
  for (uint32_t c = 0; c < m.calls.size(); ++c) {
    if (m.calls[c].target != "unittest.main") continue;
    for (uint32_t t : l.b.tests.below(l.b.facts.path(m.file))) {
      if (l.b.facts.tests[t].function.module == module && l.b.facts.tests[t].skipped != Truth::kYes) {
        l.run(l.b.graph.test_nodes[t], certain, {}, EdgeKind::kCollects);
      }
    }
    break;
  }
}

}  // namespace

void run_script_file(Linking& l, const Word& word, std::span<const Word> arguments) {
  Truth certain = Truth::kYes;
  const FileFact* file = find_argument(l, word, certain);
  if (file == nullptr) {
    std::string path = repository_path(word, l.cwd == "?" ? "" : l.cwd);
    if (names_path(word) && !path.empty() && l.cwd != "?") l.dangle(path);
    return;
  }
  if (uint32_t module = module_at(l.b, file->path.view()); module != kNone) {
    run_python_module(l, module, certain, arguments);
    return;
  }
  std::vector<NodeId> scripts = find_units(l.b, UnitKind::kScript, file->path.view());
  for (NodeId script : scripts) l.run(script, certain);
  if (scripts.empty()) l.run(file_node(l.b, file->id), certain);
}

// `python -m a.b`: the module of that name seen from the working directory, else by its resolved name.
void run_dotted_module(Linking& l, const Word& word, std::span<const Word> arguments) {
  if (!word.literal) return;
  std::string path = word.text;
  std::replace(path.begin(), path.end(), '.', '/');
  for (std::string_view root :
       {std::string_view(l.cwd == "?" ? "" : l.cwd), std::string_view("src"), std::string_view()}) {
    for (const char* ending : {".py", "/__main__.py"}) {
      uint32_t module = module_at(l.b, repository_path({path + ending, true}, root));
      if (module != kNone) return run_python_module(l, module, Truth::kYes, arguments);
    }
  }
  for (const std::string& name : {word.text, word.text + ".__main__"}) {
    auto it = l.b.module_by_name.find(Name(name));
    if (it != l.b.module_by_name.end()) return run_python_module(l, it->second, Truth::kYes, arguments);
  }
  // A module of the repository's own package that is not there; a library's module is none of our business.
  std::string first = word.text.substr(0, word.text.find('.'));
  if (first != word.text && l.b.module_by_name.contains(Name(first))) l.dangle(path + ".py");
}

namespace {

AskVariable variables_at(const Linking& l) {
  return [&l](std::string_view name) { return is_set(l.b.variables, l.file, l.command, name); };
}

void collect_tests(Linking& l, const TestSelection& selection) {
  for (const SelectedTest& test : selection.tests) {
    EdgeNote note;
    note.effect_why = test.why;
    note.effect_span = test.why_at;
    l.run(l.b.graph.test_nodes[test.test], test.certain, std::move(note), EdgeKind::kCollects);
  }
  for (const std::string& path : selection.missing_paths) l.dangle(path);
}

}  // namespace

void run_pytest(Linking& l) {
  collect_tests(l, select_pytest(l.b.facts, l.b.tests, l.line, l.cwd, variables_at(l)));
}

void run_python(Linking& l) {
  const auto& words = l.line.words;
  size_t i = 1;
  while (i < words.size() && words[i].text.size() > 1 && words[i].text[0] == '-') {
    const std::string& text = words[i].text;
    if (text == "-m" && i + 1 < words.size()) {
      if (words[i + 1].text == "unittest") {
        return collect_tests(l, select_unittest(l.b.facts, l.b.tests, l.line, l.cwd, variables_at(l)));
      }
      return run_dotted_module(l, words[i + 1], std::span(words).subspan(i + 2));
    }
    if (text == "-c") return;
    if (text.starts_with("--nproc") || text.starts_with("--nnodes") || text.starts_with("--master")) {
      i += text.find('=') == std::string::npos ? 1 : 0;
    }
    i += text == "-W" || text == "-X" ? 2 : 1;
  }
  if (i < words.size() && words[i].text != "-") {
    if (words[i].text == "setup.py" && i + 1 < words.size() && words[i + 1].text == "test") {
      return collect_tests(
          l, select_pytest(l.b.facts, l.b.tests, CommandLine{{{"pytest", true}}, "pytest", {}}, l.cwd,
                           variables_at(l)));
    }
    if (words[i].text.ends_with("manage.py") && i + 1 < words.size() && words[i + 1].text == "test") {
      run_script_file(l, words[i]);
      return collect_tests(
          l, select_unittest(l.b.facts, l.b.tests, CommandLine{{{"python", true}}, "python", {}}, l.cwd,
                             variables_at(l)));
    }
    run_script_file(l, words[i], std::span(words).subspan(i + 1));
  }
}

void run_shell(Linking& l) {
  for (const Word* word : positionals(l.line, {"-o", "-O"})) {
    if (has_flag(l.line, "-c")) return;  // its text is analysed where the command was read
    return run_script_file(l, *word);
  }
}

namespace {

bool says_exit(const AutomationFile& file) {
  return std::any_of(file.commands.begin(), file.commands.end(), [](const Command& command) {
    return !command.words.empty() && (command.words[0].text == "exit" || command.words[0].text == "throw");
  });
}

}  // namespace

// `pwsh -File test.ps1`: a script in a process of its own ends well unless it says `exit`.
void run_powershell(Linking& l) {
  for (size_t i = 1; i < l.line.words.size(); ++i) {
    const Word& word = l.line.words[i];
    if (word.text.starts_with('-')) continue;
    if (!word.text.ends_with(".ps1")) return;
    Truth certain = Truth::kYes;
    const FileFact* file = find_argument(l, word, certain);
    if (file == nullptr) return run_script_file(l, word);
    for (NodeId script : find_units(l.b, UnitKind::kScript, file->path.view())) {
      const bool exits = says_exit(l.b.facts.automation[l.b.graph.nodes[script].owner]);
      l.b.add_edge(
          {.from = l.from,
           .to = script,
           .span = l.command.span,
           .effect = exits ? Effect::kBlocking : Effect::kSwallowed,
           .certain = certain},
          {"", exits ? "" : "the script never says `exit $LASTEXITCODE`: it ends well, whatever fails",
           l.command.span});
    }
    return;
  }
}

// `cmd /c test.bat`
void run_batch(Linking& l) {
  for (size_t i = 1; i < l.line.words.size(); ++i) {
    if (l.line.words[i].text.starts_with('/')) continue;
    run_script_file(l, l.line.words[i]);
    return;
  }
}

}  // namespace mlgrade
