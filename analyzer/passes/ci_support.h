// What the readers of CI systems share beyond automation_writer.h: conditions that depend on what starts a
// run, effects, people who are waited for, lines that share one shell.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/facts/automation.h"
#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/conditions.h"

namespace mlgrade {

// Jobs of one pipeline whose order is worked out; more than that are taken as unordered.
inline constexpr size_t kMaxOrderedJobs = 2'000;

// One answer for each kind of event.
struct EventTruth {
  std::array<Truth, 5> of = {Truth::kYes, Truth::kYes, Truth::kYes, Truth::kYes, Truth::kYes};

  Truth& operator[](CiEvent event) { return of[static_cast<size_t>(event)]; }
  Truth operator[](CiEvent event) const { return of[static_cast<size_t>(event)]; }

  static EventTruth all(Truth truth) { return {{truth, truth, truth, truth, truth}}; }
  static EventTruth only(CiEvent event, Truth truth = Truth::kYes) {
    EventTruth out = all(Truth::kNo);
    out[event] = truth;
    return out;
  }
  // What `answer(event)` says of each.
  static EventTruth ask(auto&& answer) {
    EventTruth out;
    for (CiEvent event : kCiEvents) out[event] = answer(event);
    return out;
  }
  // Pushes, tags and pull requests come by themselves; a schedule may be set where nobody can see it.
  static EventTruth usual() {
    EventTruth out;
    out[CiEvent::kSchedule] = Truth::kUnknown;
    return out;
  }
  Truth automatic() const {
    return (*this)[CiEvent::kPush] || (*this)[CiEvent::kPullRequest] || (*this)[CiEvent::kTag] ||
           (*this)[CiEvent::kSchedule];
  }
  friend EventTruth operator&&(const EventTruth& a, const EventTruth& b) {
    return ask([&](CiEvent event) { return a[event] && b[event]; });
  }
  friend EventTruth operator||(const EventTruth& a, const EventTruth& b) {
    return ask([&](CiEvent event) { return a[event] || b[event]; });
  }
  EventTruth operator!() const {
    return ask([&](CiEvent event) { return !(*this)[event]; });
  }
};

bool is_yaml_path(std::string_view path);

// The unit runs at most so surely as its condition allows; the words of the lesser answer are kept.
void set_runs(AutomationFile& file, uint32_t unit, Truth runs, std::string condition, uint32_t line);
// The same for a condition that depends on the event. `started`: which events start the pipeline, and how
// sure that is (a schedule that is set elsewhere is kUnknown). What only a person can start is manual.
void set_runs(AutomationFile& file, uint32_t unit, const EventTruth& started, const EventTruth& holds,
              std::string condition, uint32_t line);
void set_manual(AutomationFile& file, uint32_t unit, std::string why, uint32_t line);

// The worse effect stays.
void set_effect(AutomationFile& file, uint32_t unit, Effect effect, std::string why, uint32_t line);
// The same for all commands from `first` on.
void set_command_effects(AutomationFile& file, size_t first, Effect effect, std::string_view why,
                         uint32_t line);

// The job comes after another one of the file: after its success, or whatever came of it.
void add_order(AutomationFile& file, uint32_t job, uint32_t other, bool needs_success, uint32_t line);

// The name that stands before the separator in "image:tag", "owner/name@v1"; and what stands behind it.
std::pair<std::string_view, std::string_view> split_version(std::string_view text, char separator);

// A third-party building block with its inputs; `inputs` may be null.
ActionUse& add_action(AutomationFile& file, uint32_t unit, std::string_view action, std::string_view version,
                      const DataNode* inputs, uint32_t line);

// What needs a unit that waits for a person waits for that person too: follows the kNeeds links from
// `first_link` on between jobs of the file. `waits`: by unit, which do beyond those that are manual.
void spread_waiting(AutomationFile& file, size_t first_link, std::vector<bool> waits = {});

// A trigger that does not come for sure, or not by itself.
void add_doubtful_trigger(AutomationFile& file, uint32_t unit, TriggerKind kind, std::string_view detail,
                          uint32_t line, Truth automatic, std::string why_not);

// Scalars whose texts one shell reads one after another, on the lines that they have in the file as far as
// those ascend.
void add_shell_lines(AutomationFile& file, uint32_t unit, const std::vector<const DataNode*>& lines,
                     bool errexit, bool pipefail);

// A text whose first line may name its interpreter, `#!/bin/bash -e`; else sh runs it, with -e or without.
// Python reads its text as standard input; texts for other interpreters give no commands.
void add_script_with_shebang(AutomationFile& file, uint32_t unit, const DataNode& text, bool errexit,
                             ShellDialect dialect = {});

// The scalars of a scalar or a sequence, sequences in it included.
std::vector<const DataNode*> scalar_lines(const DataNode* node);

std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

// `true`, also written as a quoted text.
bool is_true(const DataNode* node);
bool is_false(const DataNode* node);

}  // namespace mlgrade
