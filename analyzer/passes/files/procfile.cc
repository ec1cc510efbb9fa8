// Procfile: processes that a platform or a process manager starts.
#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view name = base_name(file.path.view());
  return name == "Procfile" || name.starts_with("Procfile.");
}

void run(const SourceFile& file, FileFacts& out) {
  AutomationFile automation = automation_file(file, "procfile");
  uint32_t line = 0;
  for (std::string_view text : split_lines(std::string_view(file.text))) {
    ++line;
    const size_t colon = text.find(':');
    if (colon == text.npos || text.starts_with('#') || trim(text.substr(0, colon)).find(' ') != text.npos)
      continue;
    const uint32_t unit = add_unit(automation, UnitKind::kService, trim(text.substr(0, colon)), line);
    const std::string folder(folder_of(file.path));
    automation.units[unit].working_directory = Name(folder.empty() ? "." : folder);
    add_script(automation, unit, {std::string(trim(text.substr(colon + 1))), line, false, false, true});
  }
  if (!automation.units.empty()) out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass procfile;
const FilePass procfile = {"procfile", "processes of a Procfile", wants, run};

}  // namespace mlgrade::passes
