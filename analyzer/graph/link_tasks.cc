// Task runners: targets, environments, stages and hooks by name.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/graph/command_linking.h"

namespace mlgrade {
namespace {

// The targets that a goal names in a make file and in what it includes; a pattern rule if no target is named
// so.
std::vector<NodeId> make_targets(const GraphBuilder& b, uint32_t f, std::string_view goal) {
  const AutomationFile& root = b.facts.automation[f];
  std::vector<uint32_t> files{f};
  for (Name path : root.includes) {
    for (uint32_t other : b.units.files_at(path.view())) {
      if (b.facts.automation[other].system == root.system) files.push_back(other);
    }
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  std::vector<NodeId> exact;
  std::vector<NodeId> pattern;
  for (uint32_t file : files) {
    const std::vector<NodeId> here = b.units.named_in(file, UnitKind::kTarget, goal);
    exact.insert(exact.end(), here.begin(), here.end());
    for (NodeId node : b.units.patterns_in(file)) {
      const std::string_view name = b.facts.automation[file].units[b.graph.nodes[node].index].name.view();
      const size_t percent = name.find('%');
      if (goal.size() >= name.size() && goal.starts_with(name.substr(0, percent)) &&
          goal.ends_with(name.substr(percent + 1))) {
        pattern.push_back(node);
      }
    }
  }
  return exact.empty() ? pattern : exact;
}

// The make file that a command means: the one it names, else the one that make looks for first.
uint32_t make_file(const GraphBuilder& b, const std::string& path, const std::string& folder) {
  std::vector<std::string> places{path};
  if (path.empty()) {
    const std::string home = folder.empty() ? "" : folder + "/";
    places = {home + "GNUmakefile", home + "makefile", home + "Makefile"};
  }
  for (const std::string& place : places) {
    for (uint32_t f : b.units.files_at(place)) {
      if (b.facts.automation[f].system == "make") return f;
    }
  }
  return kNone;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    size_t end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parts;
}

bool is_named(std::string_view name, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& wanted) {
    return wanted == name || (wanted.size() > name.size() && wanted.starts_with(name) &&
                              wanted[name.size()] == '-');  // nox: tests-3.11
  });
}

}  // namespace

// The make file that a folder has; targets are units named by target in that file.
void run_make(Linking& l) {
  Word scratch;
  std::string folder = l.cwd == "?" ? "" : l.cwd;
  if (const Word* c = option_value(l.line, "-C", "--directory", scratch))
    folder = repository_path(*c, folder);
  const Word* file = option_value(l.line, "-f", "--file", scratch);
  std::string path = file == nullptr ? "" : repository_path(*file, folder);
  EdgeNote note;
  Effect effect = Effect::kBlocking;
  if (has_flag(l.line, "-i") || has_flag(l.line, "--ignore-errors")) {
    effect = Effect::kSwallowed;
    note = {"", "make -i ignores failing recipes", l.command.span};
  }
  std::vector<std::string> goals;
  for (const Word* word :
       positionals(l.line, {"-C", "-f", "-j", "-l", "-o", "-W", "--directory", "--file"})) {
    if (word->text.find('=') == std::string::npos) goals.push_back(word->text);
  }
  const uint32_t f = make_file(l.b, path, folder);
  if (f == kNone) {
    if (l.cwd != "?" && folder.find('$') == std::string::npos && path.empty())
      l.dangle(folder.empty() ? "Makefile" : folder + "/Makefile");
    return;
  }
  if (goals.empty()) {
    const std::vector<Unit>& units = l.b.facts.automation[f].units;
    auto first = std::find_if(units.begin(), units.end(), [](const Unit& unit) {
      return unit.kind == UnitKind::kTarget && !unit.name.view().starts_with('.');
    });
    if (first != units.end()) goals.push_back(first->name.str());
  }
  for (const std::string& goal : goals) {
    const std::vector<NodeId> targets = make_targets(l.b, f, goal);
    for (NodeId target : targets) {
      l.b.add_edge({.from = l.from, .to = target, .span = l.command.span, .effect = effect}, note);
    }
    if (targets.empty() && goal.find_first_of("$%") == std::string::npos &&
        l.b.facts.find_file(goal) == nullptr) {
      l.dangle(fmt::format("make target {}", goal));
    }
  }
}

// Runs the units of one system: all that are named, or all there are.
void run_units(Linking& l, UnitKind kind, std::string_view system, const std::vector<std::string>& names,
               Truth certain) {
  for (NodeId node : l.b.units.of_system(kind, system)) {
    const Node& at = l.b.graph.nodes[node];
    const std::string_view name = l.b.facts.automation[at.owner].units[at.index].name.view();
    if (names.empty() || is_named(name, names)) l.run(node, certain);
  }
}

namespace {

// The same, of the file that `config` names, else of the one that the program finds from `folder`.
void run_units_near(Linking& l, UnitKind kind, std::string_view system, const Word* config,
                    std::string_view folder, const std::vector<std::string>& names, Truth certain) {
  const std::string path = config == nullptr ? "" : repository_path(*config, l.cwd == "?" ? "" : l.cwd);
  std::vector<uint32_t> files = path.empty() ? std::vector<uint32_t>() : l.b.units.files_at(path);
  if (config != nullptr && files.empty()) {  // tox -c folder; or a path that is computed
    const std::string inside = path.empty() ? "tox.ini" : path + "/tox.ini";
    files = system == "tox" ? l.b.units.files_at(inside) : files;
    if (files.empty()) return run_units(l, kind, system, names, certain);
  }
  if (config == nullptr) files = l.b.units.files_near(kind, system, folder);
  for (NodeId node : l.b.units.of_system(kind, system)) {
    const Node& at = l.b.graph.nodes[node];
    if (std::find(files.begin(), files.end(), at.owner) == files.end()) continue;
    const std::string_view name = l.b.facts.automation[at.owner].units[at.index].name.view();
    if (names.empty() || is_named(name, names)) l.run(node, certain);
  }
}

}  // namespace

// A bare `tox` runs what the reader has put under "default"; `-e py311` may stand for the general environment
// "py".
void run_tox(Linking& l) {
  Word scratch;
  const Word* e = option_value(l.line, "-e", "--env", scratch);
  Word from_environment;
  for (const Word& assignment : l.command.assignments) {
    if (e != nullptr || !assignment.text.starts_with("TOXENV=")) continue;
    from_environment = {assignment.text.substr(7), assignment.literal};
    e = &from_environment;
  }
  Word scratch_of_config;
  const Word* config = option_value(l.line, "-c", "--conf", scratch_of_config);
  if (e == nullptr)
    return run_units_near(l, UnitKind::kTarget, "tox", config, l.cwd, {"default"}, Truth::kYes);
  std::vector<std::string> names = split(e->text, ',');
  for (size_t i = 0, count = names.size(); i < count; ++i) {
    const bool python =
        names[i].starts_with("py") && names[i].find_first_not_of("0123456789", 2) == std::string::npos;
    if (python && find_units(l.b, UnitKind::kEnvironment, names[i]).empty()) names.emplace_back("py");
  }
  run_units_near(l, UnitKind::kEnvironment, "tox", config, l.cwd, names, Truth::kYes);
}

// Sessions by name; which ones a tag or keyword means is not known here.
void run_nox(Linking& l) {
  for (std::string_view flag : {"-l", "--list", "--list-sessions", "--install-only"}) {
    if (has_flag(l.line, flag)) return;
  }
  Word scratch;
  bool chosen = false;
  for (std::string_view option : {"--tags", "--keywords", "--pythons"})
    chosen = chosen || option_value(l.line, "", option, scratch) != nullptr;
  for (std::string_view option : {"-t", "-k", "-p"})
    chosen = chosen || option_value(l.line, option, "", scratch) != nullptr;
  std::vector<std::string> names;
  for (const Word* word :
       positionals(l.line, {"-f", "--noxfile", "-p", "--python", "--pythons", "-t", "--tags", "-k",
                            "--keywords", "-db", "--default-venv-backend"}))
    names.push_back(word->text);
  if (const Word* s = option_value(l.line, "-s", "--session", scratch)) names.push_back(s->text);
  if (const Word* s = option_value(l.line, "-s", "--sessions", scratch)) names.push_back(s->text);
  Word scratch_of_config;
  const Word* config = option_value(l.line, "-f", "--noxfile", scratch_of_config);
  run_units_near(l, UnitKind::kEnvironment, "nox", config, l.cwd, names,
                 chosen ? Truth::kUnknown : Truth::kYes);
}

// It looks at the top, wherever it is called; only a repository that is a part of another one has its file
// below.
void run_pre_commit(Linking& l) {
  if (l.line.words.size() < 2 || l.line.words[1].text != "run") return;
  std::vector<std::string> names;
  for (const Word* word :
       positionals(l.line, {"--files", "--hook-stage", "-c", "--config", "--from-ref", "--to-ref"})) {
    if (word->text != "run") names.push_back(word->text);
  }
  Word scratch;
  const Word* config = option_value(l.line, "-c", "--config", scratch);
  const bool top = !l.b.units.files_near(UnitKind::kHook, "pre-commit", "").empty();
  run_units_near(l, UnitKind::kHook, "pre-commit", config, top ? "" : l.cwd, names, Truth::kYes);
}

}  // namespace mlgrade
