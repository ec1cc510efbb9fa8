// Something works on the code whenever it changes, whether or not it tests anything.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

// Commands that only prepare or talk.
bool is_idle(std::string_view program) {
  program = program.substr(program.rfind('/') + 1);
  for (std::string_view idle :
       {"echo", "printf", "cd",   "ls",      "pwd",   "sleep", "true",  "exit", "set", "export", "mkdir",
        "git",  "pip",    "pip3", "apt-get", "apt",   "sudo",  "curl",  "wget", "cat", "source", "test",
        "[",    "[[",     "env",  "which",   "uname", "chmod", "touch", "cp",   "mv",  "rm"}) {
    if (program == idle) return true;
  }
  return false;
}

// `npm test`, `yarn run test:unit`, `go test ./...`: tests whose text nobody here has read.
bool runs_unread_tests(const Command& command) {
  const std::string& program = command.words[0].text;
  const bool runner = std::ranges::any_of(
      std::initializer_list<std::string_view>{"npm", "yarn", "pnpm", "bun", "go", "cargo", "dotnet", "mvn"},
      [&](std::string_view name) { return name == program; });
  if (!runner || command.words.size() < 2) return false;
  const bool by_run = command.words[1].text == "run" && command.words.size() > 2;
  const std::string& what = command.words[by_run ? 2 : 1].text;
  return what == "test" || what == "t" || what.starts_with("test:");
}

bool is_ci(const AutomationFile& file) {
  return std::any_of(file.units.begin(), file.units.end(),
                     [](const Unit& unit) { return unit.kind == UnitKind::kWorkflow; });
}

// The job that the step belongs to, or the unit itself.
uint32_t job_of(const AutomationFile& file, uint32_t unit) {
  for (uint32_t at = unit; at != kNone; at = file.units[at].parent) {
    if (file.units[at].kind == UnitKind::kJob) return at;
  }
  return unit;
}

// The first command, in the order of files and lines, that a change starts and that works on something; one
// that runs tests before any other.
void run(const RuleInput& in, RuleOutput& output) {
  Evidence manual, first;
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (!is_ci(file) || is_sample(in.facts, file.file)) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const Command& command = file.commands[c];
      if (command.words.empty() || is_idle(command.words[0].text)) continue;
      const NodeId node = in.graph.node_of_command(f, c);
      const Reach::By by = in.graph.reached_by(node);
      if (by == Reach::By::kNothing || (by == Reach::By::kManual && manual.place.valid())) continue;
      const bool tests = runs_unread_tests(command);
      if (first.place.valid() && (!tests || by == Reach::By::kManual)) continue;
      if (by == Reach::By::kAutomatic && !starts_on_change(in, node)) continue;
      if (in.graph.reach(node).effect == Effect::kSwallowed) continue;  // whatever it says is lost
      Evidence evidence;
      evidence.place = command.span;
      const std::string work = command.unit == kNone
                                   ? fmt::format("`{}`", command.words[0].text)
                                   : in.graph.label(in.graph.node_of_unit(f, job_of(file, command.unit)));
      evidence.what = "a change starts " + work;
      evidence.runs_at = node;
      evidence.worth = 0.5;
      evidence.worth_why = tests ? "it runs tests in a language that is not analysed"
                                 : "no test of the project's code stops a change";
      if (by == Reach::By::kAutomatic && tests) {
        output.evidence.push_back(std::move(evidence));
        return;
      }
      if (by == Reach::By::kAutomatic) {
        first = std::move(evidence);
        continue;
      }
      evidence.what = "a person starts " + work;
      manual = std::move(evidence);
    }
  }
  if (first.place.valid()) {
    output.evidence.push_back(std::move(first));
    return;
  }
  if (manual.place.valid()) output.evidence.push_back(std::move(manual));
}

}  // namespace

extern const Rule process_ci_present;
const Rule process_ci_present{
    .summary = "a change starts some work on the code",
    .why = "Without it nothing about a change is looked at unless somebody remembers to.",
    .fix = "Add a workflow that starts on push and pull request and runs the tests.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems",
    .run = run,
};

}  // namespace mlgrade::rules
