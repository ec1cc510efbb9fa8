// Docker Compose: services, the images they build, their commands and their order.
#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view name = base_name(file.path.view());
  return (name.ends_with(".yml") || name.ends_with(".yaml")) &&
         (name.starts_with("docker-compose") || name.starts_with("compose"));
}

// `command:` and `entrypoint:`, as words or as one line for the shell's splitting.
void add_command(AutomationFile& out, uint32_t unit, const DataNode* node) {
  if (node == nullptr) return;
  const std::vector<std::string> words = exec_words(node);
  if (!words.empty()) {
    add_exec(out, unit, words, node->line);
  } else if (node->is_scalar()) {
    add_script(out, unit, {node->text, text_line(*node), false, false});
  }
}

void add_build(AutomationFile& out, uint32_t unit, const DataNode& service, std::string_view folder) {
  const DataNode* build = service.find("build");
  if (build == nullptr) return;
  const std::string context =
      join_path(folder, build->is_scalar() ? build->text : build->get("context", "."));
  if (context == "?" || context.find('$') != std::string::npos) return;
  const std::string image = join_path(context, build->get("dockerfile", "Dockerfile"));
  add_link(out, unit, LinkKind::kRuns, UnitKind::kImage, image, build->line);
}

void add_order(AutomationFile& out, uint32_t unit, const DataNode* needed) {
  if (needed == nullptr) return;
  for (const DataNode& item : needed->items) {
    if (!item.is_scalar()) continue;
    add_link(out, unit, LinkKind::kHappensAfter, UnitKind::kService, item.text, item.line).same_file = true;
  }
  for (const auto& [name, how] : needed->entries) {
    // Only a finished or a healthy service has shown that it works.
    const std::string_view condition = how.get("condition");
    const bool success = condition == "service_completed_successfully" || condition == "service_healthy";
    add_link(out, unit, success ? LinkKind::kNeeds : LinkKind::kHappensAfter, UnitKind::kService, name,
             needed->line_of(name))
        .same_file = true;
  }
}

void add_health(AutomationFile& out, uint32_t unit, const DataNode* health) {
  const DataNode* test = health == nullptr ? nullptr : health->find("test");
  const DataNode* disabled = health == nullptr ? nullptr : health->find("disable");
  if (test == nullptr || (disabled != nullptr && disabled->as_bool().value_or(false))) return;
  std::vector<std::string> words = exec_words(test);
  if (test->is_sequence() && (words.empty() || words[0] == "NONE")) return;
  const uint32_t check = add_unit(out, UnitKind::kService, "healthcheck", health->line, unit);
  if (words.empty()) {
    add_command(out, check, test);
  } else if (words[0] == "CMD-SHELL" && words.size() > 1) {
    add_script(out, check, {words[1], test->line, false, false, true});
  } else {
    words.erase(words.begin());
    add_exec(out, check, words, test->line);
  }
}

void run(const SourceFile& file, FileFacts& out) {
  ParsedData data = parse_yaml(file.text, file.id);
  AutomationFile automation = automation_file(file, "compose");
  automation.analysable = !data.documents.empty();
  const std::string_view folder = folder_of(file.path);
  if (const DataNode* services = data.root().find("services")) {
    for (const auto& [name, service] : services->entries) {
      const uint32_t unit = add_unit(automation, UnitKind::kService, name, services->line_of(name));
      automation.units[unit].image = Name(service.get("image"));
      automation.units[unit].working_directory = Name("?");  // a path in the container
      if (service.find("profiles") != nullptr) {
        automation.units[unit].runs = Truth::kUnknown;
        automation.units[unit].condition = "only with its profile";
        automation.units[unit].condition_span = line_span(file.id, service.line_of("profiles"));
      }
      add_settings(automation, unit, service.find("environment"));
      add_build(automation, unit, service, folder);
      add_command(automation, unit, service.find("entrypoint"));
      add_command(automation, unit, service.find("command"));
      add_order(automation, unit, service.find("depends_on"));
      add_health(automation, unit, service.find("healthcheck"));
    }
  }
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass compose;
const FilePass compose = {"compose", "services of Docker Compose files", wants, run};

}  // namespace mlgrade::passes
