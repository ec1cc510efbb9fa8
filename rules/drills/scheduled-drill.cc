// A schedule holds drills and keeps their record.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"
#include "rules/support/command_text.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 3;

bool of_drill(std::string_view text) {
  return has_word(text, {"drill", "drills", "gameday", "gamedays"}) &&
         !has_word(text, {"lint", "format", "install"});
}

// Something of the repository, or a tool that breaks things, runs there; a line that only prints does not.
bool does_something(const RuleInput& in, NodeId node, const Command& command) {
  if (command.words.empty() || command.words[0].text == "echo" || command.words[0].text == "printf")
    return false;
  if (node == kNone) return false;
  const bool runs = std::any_of(in.graph.out[node].begin(), in.graph.out[node].end(), [&](uint32_t e) {
    return !in.graph.edges[e].order_only() && in.graph.edges[e].certain != Truth::kNo;
  });
  const std::string text = words_as_text(command);
  return runs || text.starts_with("chaos run") || text.starts_with("amtool alert add");
}

bool on_schedule(const RuleInput& in, NodeId node) {
  const Reach reach = in.graph.reach(node);
  if (reach.by != Reach::By::kAutomatic) return false;
  for (const NodeId caller : in.graph.callers(node)) {
    const Node& one = in.graph.nodes[caller];
    if (one.kind != NodeKind::kTrigger) continue;
    const Trigger& trigger = in.facts.automation[one.owner].triggers[one.index];
    if (trigger.kind == TriggerKind::kSchedule && trigger.automatic == Truth::kYes) return true;
  }
  return false;
}

// What the job publishes; null if it keeps nothing.
const Publication* record_of(const AutomationFile& file, uint32_t unit) {
  const uint32_t job = job_of(file, unit);
  for (const Publication& publication : file.publications) {
    if (publication.unit != kNone && job_of(file, publication.unit) == job) return &publication;
  }
  return nullptr;
}

bool named_so(const AutomationFile& file, const Command& command) {
  if (of_drill(words_as_text(command))) return true;
  for (uint32_t u = command.unit; u != kNone; u = file.units[u].parent) {
    if (of_drill(file.units[u].name.view()) || of_drill(file.units[u].title.view())) return true;
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& output) {
  size_t found = 0;
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (!is_ci(file) || is_sample(in.facts, file.file)) continue;
    for (uint32_t c = 0; c < file.commands.size() && found < kMost; ++c) {
      const Command& command = file.commands[c];
      const NodeId node = in.graph.node_of_command(f, c);
      if (!named_so(file, command) || !does_something(in, node, command) || !on_schedule(in, node)) continue;
      Evidence evidence;
      evidence.runs_at = node;
      evidence.place = command.span;
      evidence.what = fmt::format("a schedule holds a drill: {}", quoted_command(command));
      evidence.links.push_back({command.span, evidence.what});
      const Publication* record = record_of(file, command.unit);
      if (record == nullptr) {
        evidence.worth = 0.5;
        evidence.worth_why = "no record of the drill is kept";
      } else {
        evidence.links.push_back({record->span, "its record is kept"});
      }
      output.evidence.push_back(std::move(evidence));
      ++found;
    }
  }
}

}  // namespace

extern const Rule drills_scheduled_drill;
const Rule drills_scheduled_drill{
    .summary = "a schedule holds drills and keeps their record",
    .why = "A drill that needs somebody to think of it is held once.",
    .fix = "Start the drill on a schedule and keep what it wrote as an artifact or a commit.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
