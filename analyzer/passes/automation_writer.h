// What the readers of CI systems and task runners share: adding units, links and commands to an
// AutomationFile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/facts/automation.h"
#include "analyzer/passes/pass.h"
#include "analyzer/syntax/shell.h"

namespace mlgrade {

// A shell text and how its shell is started.
struct Script {
  std::string text;
  uint32_t line = 1;      // of its first line in the file
  bool errexit = false;   // set -e
  bool pipefail = false;  // set -o pipefail
  bool one_line = false;  // its line breaks are none of the file's: everything stands at `line`
  ShellDialect dialect;   // placeholders of the language around it
};

AutomationFile automation_file(const SourceFile& file, std::string_view system);

// A unit of the file's own system at `line`; returns its index. References to units die with the next call.
uint32_t add_unit(AutomationFile& file, UnitKind kind, std::string_view name, uint32_t line,
                  uint32_t parent = kNone);

UnitLink& add_link(AutomationFile& file, uint32_t unit, LinkKind kind, UnitKind target_kind,
                   std::string_view target, uint32_t line);
Trigger& add_trigger(AutomationFile& file, uint32_t unit, TriggerKind kind, std::string_view detail,
                     uint32_t line);

// The commands of a shell text as commands of `unit`.
void add_script(AutomationFile& file, uint32_t unit, const Script& script);

// One command without a shell; `bash -c "text"` is read as the script it is.
void add_exec(AutomationFile& file, uint32_t unit, const std::vector<std::string>& words, uint32_t line);

// A text that `unit` runs and that is not read. `why` follows "it is" in a report: "a text for perl, which is
// not read".
void add_unread(AutomationFile& file, uint32_t unit, std::string_view why, std::string_view text, Span span);

// A scalar as a script; a sequence of scalars as one script each, of which a failing one stops the next.
// False if the node is neither.
bool add_script_node(AutomationFile& file, uint32_t unit, const DataNode* node, bool errexit,
                     bool pipefail = false);

// A sequence of scalars as the words of one command; empty for anything else.
std::vector<std::string> exec_words(const DataNode* node);

// Environment variables: a mapping, or a sequence of NAME=value.
void add_settings(AutomationFile& file, uint32_t unit, const DataNode* environment);

// The line in the file on which the text of a scalar begins.
uint32_t text_line(const DataNode& scalar);

}  // namespace mlgrade
