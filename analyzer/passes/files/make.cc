// Make files: targets with their recipes, prerequisites and includes.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/make_variables.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/makefile.h"

namespace mlgrade::passes {
namespace {

constexpr size_t kMaxTargetsOfRule = 200;

bool wants(const FileFact& file) {
  const std::string_view name = base_name(file.path.view());
  return file.language == Language::kMakefile || name == "Makefile" || name == "makefile" ||
         name == "GNUmakefile" || name.ends_with(".mk");
}

bool is_special(std::string_view target) {
  return target.size() > 1 && target[0] == '.' && target[1] >= 'A' && target[1] <= 'Z' &&
         target.find('/') == target.npos;
}

// What the whole file says about its shells.
struct Shell {
  bool errexit = false;
  bool pipefail = false;
  bool one_shell = false;
  bool ignore_all = false;
  std::set<std::string, std::less<>> ignored;  // targets named by .IGNORE
};

class MakeReader {
 public:
  MakeReader(const SourceFile& file, const MakeText& text)
      : text_(text),
        variables_(text.variables),
        out_(automation_file(file, "make")),
        folder_(folder_of(file.path)) {}

  AutomationFile read() {
    read_shell();
    for (const MakeInclude& include : text_.includes) {
      const std::string paths = variables_.expand(include.paths);  // outlives the views into it
      for (std::string_view path : split_words(paths)) {
        const std::string joined = join_path(folder_, path);
        if (joined != "?" && joined.find('$') == std::string::npos) out_.includes.emplace_back(joined);
      }
    }
    name_default_goal();
    for (const MakeRule& rule : text_.rules) add_targets(rule);
    for (const MakeRule& rule : text_.rules) add_rule(rule);
    return std::move(out_);
  }

 private:
  std::vector<std::string> expanded_words(const std::string& text) const {
    std::vector<std::string> out;
    const std::string expanded = variables_.expand(text);
    for (std::string_view word : split_words(expanded)) out.emplace_back(word);
    if (out.size() > kMaxTargetsOfRule) out.resize(kMaxTargetsOfRule);
    return out;
  }

  void read_shell() {
    const std::string flags = variables_.value(".SHELLFLAGS");
    for (std::string_view word : split_words(flags)) {
      if (word.starts_with('-') && !word.starts_with("--") && word.find('e') != word.npos)
        shell_.errexit = true;
    }
    shell_.pipefail = flags.find("pipefail") != std::string::npos;
    const std::string make_flags = variables_.value("MAKEFLAGS");
    for (std::string_view word : split_words(make_flags)) {
      if (word == "-i" || word == "--ignore-errors" || word == "i") shell_.ignore_all = true;
    }
    for (const MakeRule& rule : text_.rules) {
      if (rule.targets == ".ONESHELL") shell_.one_shell = true;
      if (rule.targets != ".IGNORE") continue;
      const std::vector<std::string> names = expanded_words(rule.prerequisites);
      shell_.ignored.insert(names.begin(), names.end());
      shell_.ignore_all = shell_.ignore_all || names.empty();
    }
  }

  // The goal of a bare `make` comes first, where the graph looks for it.
  void name_default_goal() {
    const std::string goal = variables_.value(".DEFAULT_GOAL");
    if (goal.empty()) return;
    for (const MakeRule& rule : text_.rules) {
      const std::vector<std::string> targets = expanded_words(rule.targets);
      if (std::find(targets.begin(), targets.end(), goal) != targets.end()) unit_of(goal, rule.line);
    }
  }

  uint32_t unit_of(const std::string& target, uint32_t line) {
    const auto known = units_.find(target);
    if (known != units_.end()) return known->second;
    const uint32_t unit = add_unit(out_, UnitKind::kTarget, target, line);
    out_.units[unit].working_directory = Name(folder_);
    units_.emplace(target, unit);
    if (target.find('%') != std::string::npos) patterns_.emplace(target, unit);
    return unit;
  }

  void add_targets(const MakeRule& rule) {
    for (const std::string& target : expanded_words(rule.targets)) {
      if (is_special(target)) continue;
      const uint32_t unit = unit_of(target, rule.line);
      if (!rule.recipe.empty()) out_.units[unit].span.line = out_.units[unit].span.end_line = rule.line;
    }
  }

  // The target itself, else the pattern rule that would make it.
  uint32_t find_target(const std::string& name) const {
    const auto exact = units_.find(name);
    if (exact != units_.end()) return exact->second;
    for (const auto& [target, unit] : patterns_) {
      const size_t percent = target.find('%');
      if (name.size() < target.size()) continue;
      if (name.starts_with(target.substr(0, percent)) && name.ends_with(target.substr(percent + 1)))
        return unit;
    }
    return kNone;
  }

  void add_rule(const MakeRule& rule) {
    const std::vector<std::string> needed = expanded_words(rule.prerequisites);
    for (const std::string& target : expanded_words(rule.targets)) {
      if (is_special(target)) continue;
      const uint32_t unit = units_.at(target);
      for (const std::string& name : needed) {
        const uint32_t found = find_target(name);
        if (found == kNone && out_.includes.empty()) continue;  // a file
        const std::string_view linked =
            found == kNone ? std::string_view(name) : out_.units[found].name.view();
        UnitLink& link = add_link(out_, unit, LinkKind::kRuns, UnitKind::kTarget, linked, rule.line);
        link.target_system = Name("make");
        link.same_file = found != kNone;
      }
      add_recipe(rule, target, unit, needed);
    }
  }

  // With the automatic variables of the target while its recipe is read; those of a pattern are not known.
  void add_recipe(const MakeRule& rule, const std::string& target, uint32_t unit,
                  const std::vector<std::string>& needed) {
    if (rule.recipe.empty()) return;
    if (target.find('%') != std::string::npos) {
      add_lines(rule, target, unit);
      return;
    }
    std::string all;
    for (const std::string& name : needed) all += (all.empty() ? "" : " ") + name;
    auto own = variables_.set("@", target);
    auto every = variables_.set("^", std::move(all));
    std::optional<std::string> first;
    if (!needed.empty()) first = variables_.set("<", needed.front());
    add_lines(rule, target, unit);
    variables_.set("@", std::move(own));
    variables_.set("^", std::move(every));
    if (!needed.empty()) variables_.set("<", std::move(first));
  }

  void add_lines(const MakeRule& rule, const std::string& target, uint32_t unit) {
    const bool whole = shell_.ignore_all || shell_.ignored.contains(target);
    if (shell_.one_shell) {
      Script script{"", rule.recipe.front().line, shell_.errexit, shell_.pipefail};
      for (const MakeLine& line : rule.recipe) {
        // Blank and comment lines are no lines of a recipe: keep the numbers right.
        const size_t at = static_cast<size_t>(std::count(script.text.begin(), script.text.end(), '\n'));
        for (size_t i = script.line + at; i < line.line; ++i) script.text += '\n';
        script.text += variables_.expand(line.text);
      }
      add_line(unit, script, whole || rule.recipe.front().ignored, rule.recipe.front());
      return;
    }
    for (const MakeLine& line : rule.recipe) {
      add_line(unit, {variables_.expand(line.text), line.line, shell_.errexit, shell_.pipefail},
               whole || line.ignored, line);
    }
  }

  void add_line(uint32_t unit, const Script& script, bool ignored, const MakeLine& line) {
    const size_t before = out_.commands.size();
    add_script(out_, unit, script);
    for (size_t i = before; i < out_.commands.size(); ++i) {
      Command& command = out_.commands[i];
      if (line.conditional && command.runs == Truth::kYes) command.runs = Truth::kUnknown;
      if (!ignored || command.effect == Effect::kSwallowed) continue;
      command.effect = Effect::kSwallowed;
      command.effect_why =
          line.ignored ? "`-` before the recipe line lets make go on" : "make ignores its failure";
      command.effect_span = line_span(out_.file, line.line);
    }
  }

  const MakeText& text_;
  MakeVariables variables_;
  AutomationFile out_;
  std::string_view folder_;
  Shell shell_;
  std::map<std::string, uint32_t, std::less<>> units_;
  std::map<std::string, uint32_t> patterns_;  // of them those with a '%'
};

void run(const SourceFile& file, FileFacts& out) {
  const MakeText text = parse_makefile(file.text);
  AutomationFile automation = MakeReader(file, text).read();
  if (text.broken) {
    out.problems.push_back({ProblemKind::kSyntax, line_span(file.id, 1),
                            "a conditional or define of this make file is not closed"});
  }
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass make;
const FilePass make = {"make", "targets, recipes and prerequisites of make files", wants, run};

}  // namespace mlgrade::passes
