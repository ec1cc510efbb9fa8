// Infrastructure that a program of the repository describes: `cdk.json` of the AWS CDK, `Pulumi.yaml`. The
// tool runs the program; where nothing in the repository starts the tool, a person does, and the cloud keeps
// the record (rubric F-25).
#include <string>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool is_pulumi(std::string_view path) {
  const std::string_view name = base_name(path);
  return name == "Pulumi.yaml" || name == "Pulumi.yml";
}

bool wants(const FileFact& file) {
  return base_name(file.path.view()) == "cdk.json" || is_pulumi(file.path.view());
}

// Of both tools the unit stands for the folder: they are started in it and take no other name.
uint32_t add_stack(AutomationFile& out, std::string_view folder, uint32_t line, std::string_view by_hand) {
  const uint32_t unit = add_unit(out, UnitKind::kDeployment, folder.empty() ? "." : folder, line);
  out.units[unit].working_directory = Name(folder.empty() ? "." : folder);
  Trigger& trigger = add_trigger(out, unit, TriggerKind::kManual, by_hand, line);
  trigger.automatic = Truth::kNo;
  trigger.why_not = "only a person starts it: nothing in the repository deploys it";
  return unit;
}

void read_cdk(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_json(file.text, file.id);
  AutomationFile automation = automation_file(file, "cdk");
  automation.analysable = !data.documents.empty();
  const std::string app(data.root().get("app"));
  if (app.empty()) return;
  const uint32_t line = data.root().line_of("app");
  const uint32_t unit = add_stack(automation, folder_of(file.path), line, "cdk deploy");
  add_script(automation, unit, {app, line, false, false, true});
  out.automation.push_back(std::move(automation));
}

void read_pulumi(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_yaml(file.text, file.id);
  AutomationFile automation = automation_file(file, "pulumi");
  automation.analysable = !data.documents.empty();
  const DataNode* runtime = data.root().find("runtime");
  if (runtime == nullptr || runtime->string_or(runtime->get("name")) != "python") return;
  const uint32_t line = data.root().line_of("runtime");
  const uint32_t unit = add_stack(automation, folder_of(file.path), line, "pulumi up");
  std::string main(data.root().get("main", "."));
  if (!main.ends_with(".py")) main = join_path(main, "__main__.py");
  add_exec(automation, unit, {"python", main}, line);
  out.automation.push_back(std::move(automation));
}

void run(const SourceFile& file, FileFacts& out) {
  is_pulumi(file.path) ? read_pulumi(file, out) : read_cdk(file, out);
}

}  // namespace

extern const FilePass stack_programs;
const FilePass stack_programs = {"stack_programs", "infrastructure programs of the CDK and Pulumi", wants,
                                 run};

}  // namespace mlgrade::passes
