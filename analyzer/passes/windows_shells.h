// Commands of PowerShell and of cmd, the shells of Windows hosts, and what becomes of their exit codes.
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/base/problem.h"
#include "analyzer/facts/automation.h"
#include "analyzer/passes/shell_commands.h"

namespace mlgrade {

// How PowerShell is started.
struct PowerShellHost {
  bool stops_on_error = false;  // $ErrorActionPreference = 'Stop': failing cmdlets stop the text
  bool exits_with_last = true;  // the last program's exit code becomes that of the text
};

// Programs do not stop a PowerShell text when they fail: without `if ($LASTEXITCODE -ne 0) { exit 1 }`,
// `|| exit 1` or $PSNativeCommandUseErrorActionPreference only the last one's exit code counts. `errexit` and
// `pipefail` of the context are not looked at.
std::vector<Command> powershell_commands(std::string_view text, const ShellContext& context,
                                         const PowerShellHost& host,
                                         std::vector<Problem>* problems = nullptr);

// The same of a batch text: it goes on after a failure, and ends with the exit code of its last program.
std::vector<Command> batch_commands(std::string_view text, const ShellContext& context);

// The commands of such a text as commands of a unit. `one_line`: its line breaks are none of the file's.
struct WindowsScript {
  std::string_view text;
  uint32_t line = 1;  // of its first line in the file
  bool one_line = false;
};
void add_powershell(AutomationFile& file, uint32_t unit, const WindowsScript& script,
                    const PowerShellHost& host);
void add_batch(AutomationFile& file, uint32_t unit, const WindowsScript& script);

}  // namespace mlgrade
