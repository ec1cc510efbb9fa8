// Texts for the shells of Windows inside the files of CI systems.
#include <utility>

#include "analyzer/passes/windows_shells.h"

namespace mlgrade {
namespace {

ShellContext context_of(const AutomationFile& file, uint32_t unit, const WindowsScript& script) {
  ShellContext context;
  context.file = file.file;
  context.unit = unit;
  context.line = script.line;
  context.one_line = script.one_line;
  return context;
}

void add(AutomationFile& file, std::vector<Command> commands) {
  for (Command& command : commands) file.commands.push_back(std::move(command));
}

}  // namespace

void add_powershell(AutomationFile& file, uint32_t unit, const WindowsScript& script,
                    const PowerShellHost& host) {
  add(file, powershell_commands(script.text, context_of(file, unit, script), host));
}

void add_batch(AutomationFile& file, uint32_t unit, const WindowsScript& script) {
  add(file, batch_commands(script.text, context_of(file, unit, script)));
}

}  // namespace mlgrade
