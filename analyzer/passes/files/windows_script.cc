// PowerShell and batch files as scripts.
#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/passes/windows_shells.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  return file.language == Language::kPowerShell || file.language == Language::kBatch;
}

void run(const SourceFile& file, FileFacts& out) {
  const bool powershell = file.language == Language::kPowerShell;
  AutomationFile automation = automation_file(file, powershell ? "powershell" : "batch");
  ShellContext context;
  context.file = file.id;
  context.unit = add_unit(automation, UnitKind::kScript, file.path, 1);
  context.script_folder = Name(folder_of(file.path));
  // A script that another PowerShell calls hands on the last exit code; one in a process of its own only if
  // it says `exit`, which is its caller's question.
  automation.commands = powershell ? powershell_commands(file.text, context, PowerShellHost{}, &out.problems)
                                   : batch_commands(file.text, context);
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass windows_script;
const FilePass windows_script = {"windows_script", "PowerShell and batch files: their commands", wants, run};

}  // namespace mlgrade::passes
