// Task runners: targets, environments, stages and hooks by name.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/graph/command_linking.h"

namespace mlgrade {
namespace {

// The targets that a goal names in a make file and in what it includes; a pattern rule if no target is named
// so.
std::vector<NodeId> make_targets(const GraphBuilder& b, uint32_t f, std::string_view goal) {
  std::vector<NodeId> exact;
  std::vector<NodeId> pattern;
  const AutomationFile& root = b.facts.automation[f];
  for (uint32_t other = 0; other < b.facts.automation.size(); ++other) {
    const AutomationFile& automation = b.facts.automation[other];
    const Name path(b.facts.path(automation.file));
    const bool included = automation.system == root.system &&
                          std::find(root.includes.begin(), root.includes.end(), path) != root.includes.end();
    if (other != f && !included) continue;
    for (uint32_t u = 0; u < automation.units.size(); ++u) {
      if (automation.units[u].kind != UnitKind::kTarget) continue;
      const std::string_view name = automation.units[u].name.view();
      const size_t percent = name.find('%');
      if (name == goal) {
        exact.push_back(b.graph.unit_nodes[other][u]);
      } else if (percent != std::string_view::npos && goal.size() >= name.size() &&
                 goal.starts_with(name.substr(0, percent)) && goal.ends_with(name.substr(percent + 1))) {
        pattern.push_back(b.graph.unit_nodes[other][u]);
      }
    }
  }
  return exact.empty() ? pattern : exact;
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
  auto in_place = [&](const AutomationFile& automation) {
    std::string_view at = l.b.facts.path(automation.file);
    if (!path.empty()) return at == path;
    size_t slash = at.rfind('/');
    std::string_view home = slash == std::string_view::npos ? std::string_view() : at.substr(0, slash);
    std::string_view name = slash == std::string_view::npos ? at : at.substr(slash + 1);
    return home == folder && (name == "Makefile" || name == "makefile" || name == "GNUmakefile");
  };
  bool any_file = false;
  for (uint32_t f = 0; f < l.b.facts.automation.size(); ++f) {
    const AutomationFile& automation = l.b.facts.automation[f];
    if (automation.system != "make" || !in_place(automation)) continue;
    any_file = true;
    if (goals.empty()) {
      auto first = std::find_if(automation.units.begin(), automation.units.end(), [](const Unit& unit) {
        return unit.kind == UnitKind::kTarget && !unit.name.view().starts_with('.');
      });
      if (first != automation.units.end()) goals.push_back(first->name.str());
    }
    for (const std::string& goal : goals) {
      std::vector<NodeId> targets = make_targets(l.b, f, goal);
      const bool found = !targets.empty();
      for (NodeId target : targets) {
        l.b.add_edge({.from = l.from, .to = target, .span = l.command.span, .effect = effect}, note);
      }
      if (!found && goal.find_first_of("$%") == std::string::npos && l.b.facts.find_file(goal) == nullptr) {
        l.dangle(fmt::format("make target {}", goal));
      }
    }
    break;
  }
  if (!any_file && l.cwd != "?" && folder.find('$') == std::string::npos && path.empty()) {
    l.dangle(folder.empty() ? "Makefile" : folder + "/Makefile");
  }
}

// Runs the units of one system: all that are named, or all there are.
void run_units(Linking& l, UnitKind kind, std::string_view system, const std::vector<std::string>& names) {
  for (uint32_t f = 0; f < l.b.facts.automation.size(); ++f) {
    const AutomationFile& automation = l.b.facts.automation[f];
    for (uint32_t u = 0; u < automation.units.size(); ++u) {
      const Unit& unit = automation.units[u];
      if (unit.kind != kind || unit.system != system) continue;
      std::string_view name = unit.name.view();
      bool named = names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& wanted) {
                     return wanted == name || (wanted.size() > name.size() && wanted.starts_with(name) &&
                                               wanted[name.size()] == '-');  // nox: tests-3.11
                   });
      if (named) l.run(l.b.graph.unit_nodes[f][u]);
    }
  }
}

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
  if (e == nullptr) return run_units(l, UnitKind::kTarget, "tox", {"default"});
  std::vector<std::string> names = split(e->text, ',');
  for (size_t i = 0, count = names.size(); i < count; ++i) {
    const bool python =
        names[i].starts_with("py") && names[i].find_first_not_of("0123456789", 2) == std::string::npos;
    if (python && find_units(l.b, UnitKind::kEnvironment, names[i]).empty()) names.emplace_back("py");
  }
  run_units(l, UnitKind::kEnvironment, "tox", names);
}

void run_nox(Linking& l) {
  std::vector<std::string> names;
  for (const Word* word : positionals(l.line, {"-f", "--noxfile", "-p", "--python"}))
    names.push_back(word->text);
  Word scratch;
  if (const Word* s = option_value(l.line, "-s", "--session", scratch)) names.push_back(s->text);
  if (const Word* s = option_value(l.line, "-s", "--sessions", scratch)) names.push_back(s->text);
  run_units(l, UnitKind::kEnvironment, "nox", names);
}

void run_dvc(Linking& l) {
  if (l.line.words.size() < 2) return;
  const std::string& verb = l.line.words[1].text;
  bool experiment = verb == "exp" && l.line.words.size() > 2 && l.line.words[2].text == "run";
  if (verb != "repro" && !experiment) return;
  std::vector<std::string> names;
  for (const Word* word :
       positionals(l.line, {"-S", "--set-param", "-n", "--name", "-C", "-m", "--message", "-j"})) {
    if (word->text != verb && word->text != "run" && !word->text.ends_with(".yaml"))
      names.push_back(word->text);
  }
  run_units(l, UnitKind::kStage, "dvc", names);
}

void run_pre_commit(Linking& l) {
  if (l.line.words.size() < 2 || l.line.words[1].text != "run") return;
  std::vector<std::string> names;
  for (const Word* word :
       positionals(l.line, {"--files", "--hook-stage", "-c", "--config", "--from-ref", "--to-ref"})) {
    if (word->text != "run") names.push_back(word->text);
  }
  run_units(l, UnitKind::kHook, "pre-commit", names);
}

// `mlflow run .`: the MLproject's entry point; `kedro run`, `zenml pipeline run` follow the same pattern
// later.
void run_mlflow(Linking& l) {
  if (l.line.words.size() < 2 || l.line.words[1].text != "run") return;
  Word scratch;
  const Word* e = option_value(l.line, "-e", "--entry-point", scratch);
  run_units(l, UnitKind::kStage, "mlproject", {e == nullptr ? std::string("main") : e->text});
}

void run_named_target(Linking& l, std::string_view system, size_t first) {
  std::vector<std::string> names;
  for (size_t i = first; i < l.line.words.size(); ++i) {
    if (!l.line.words[i].text.starts_with('-')) names.push_back(l.line.words[i].text);
  }
  if (!names.empty()) run_units(l, UnitKind::kTarget, system, names);
}

// npm test, npm run x.
void run_npm(Linking& l) {
  if (l.line.words.size() < 2) return;
  const std::string& verb = l.line.words[1].text;
  if (verb == "test" || verb == "t" || verb == "start") return run_units(l, UnitKind::kTarget, "npm", {verb});
  if (verb == "run" || verb == "run-script") run_named_target(l, "npm", 2);
}

}  // namespace mlgrade
