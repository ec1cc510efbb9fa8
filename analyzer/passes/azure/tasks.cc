// Inputs of tasks as commands, links and publications.
#include "analyzer/passes/azure/tasks.h"

#include <algorithm>
#include <array>
#include <optional>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/text.h"
#include "analyzer/passes/windows_shells.h"

namespace mlgrade::azure {
namespace {

// Inputs of a step, whose names have no case.
class Inputs {
 public:
  Inputs(const DataNode& step, const StepPlace& place) : node_(step.find("inputs")), place_(place) {}

  const DataNode* find(std::string_view name) const {
    if (node_ == nullptr) return nullptr;
    for (const auto& [key, value] : node_->entries) {
      if (to_lower(key) == to_lower(name) && value.is_scalar()) return &value;
    }
    return nullptr;
  }
  std::string get(std::string_view name, std::string_view fallback = "") const {
    const DataNode* node = find(name);
    return node == nullptr ? std::string(fallback) : filled(node->text, place_.values);
  }
  const DataNode* node() const { return node_; }

 private:
  const DataNode* node_;
  const StepPlace& place_;
};

void add_words(AutomationFile& out, uint32_t unit, std::vector<std::string> words, const std::string& rest,
               uint32_t line) {
  for (std::string_view word : split_words(rest)) words.emplace_back(word);
  add_exec(out, unit, words, line);
}

void publish(AutomationFile& out, uint32_t unit, Publication::Kind kind, std::string path, uint32_t line) {
  out.publications.push_back({unit, kind, std::move(path), line_span(out.file, line)});
}

// What a text is written for; the native shell is cmd on Windows, else bash.
enum class TaskShell { kBash, kNative, kPowerShell, kBatch };

// Bash is started without -e: the exit code of the last command counts. PowerShell stops where a cmdlet
// fails, and ends with the exit code of the last program.
void add_text(AutomationFile& out, uint32_t unit, const DataNode& text, TaskShell shell,
              const StepPlace& place) {
  const std::string known = filled(text.text, place.values);
  if (shell == TaskShell::kPowerShell)
    return add_powershell(out, unit, {known, text_line(text)}, {.stops_on_error = true});
  if (shell == TaskShell::kBatch || (shell == TaskShell::kNative && place.windows))
    return add_batch(out, unit, {known, text_line(text)});
  Script script;
  script.text = known;
  script.line = text_line(text);
  script.dialect.azure_macros = true;
  add_script(out, unit, script);
}

// PowerShell's alone: what programs end with is not looked at.
void ignore_exit_code(AutomationFile& out, size_t first, const DataNode* setting) {
  if (!is_true(setting)) return;
  set_command_effects(out, first, Effect::kSwallowed, "`ignoreLASTEXITCODE: true`", setting->line);
}

// Bash, ShellScript, CmdLine, PowerShell, AzureCLI: written out or in a file. Files of PowerShell run inside
// the task, which ends with their last exit code.
void add_shell_task(AutomationFile& out, uint32_t unit, const Inputs& inputs, TaskShell shell,
                    const StepPlace& place, uint32_t line) {
  for (std::string_view name : {"script", "inlineScript", "inline"}) {
    const DataNode* text = inputs.find(name);
    if (text != nullptr) return add_text(out, unit, *text, shell, place);
  }
  for (std::string_view name : {"filePath", "scriptPath"}) {
    const std::string path = checkout_path(inputs.get(name));
    if (path.empty()) continue;
    std::string arguments = inputs.get("arguments");
    if (arguments.empty()) arguments = inputs.get("args", inputs.get("scriptArguments"));
    const bool posix = shell == TaskShell::kBash || (shell == TaskShell::kNative && !place.windows);
    std::vector<std::string> words = {posix ? "bash" : shell == TaskShell::kPowerShell ? "." : "cmd"};
    if (words[0] == "cmd") words.emplace_back("/c");
    words.push_back(path);
    return add_words(out, unit, std::move(words), arguments, line);
  }
}

// The shell of a task; none if it is no task that runs a text.
std::optional<TaskShell> shell_of_task(std::string_view name, std::string_view script_type) {
  if (name == "bash" || name == "shellscript") return TaskShell::kBash;
  if (name == "cmdline") return TaskShell::kNative;
  if (name == "batchscript") return TaskShell::kBatch;
  if (name == "powershell" || name == "azurepowershell") return TaskShell::kPowerShell;
  if (name != "azurecli") return std::nullopt;
  if (script_type == "ps" || script_type == "pscore") return TaskShell::kPowerShell;
  return script_type == "batch" ? TaskShell::kBatch : TaskShell::kBash;
}

void add_python_task(AutomationFile& out, uint32_t unit, const Inputs& inputs, uint32_t line) {
  const std::string path = checkout_path(inputs.get("scriptPath"));
  if (!path.empty()) return add_words(out, unit, {"python", path}, inputs.get("arguments"), line);
  const DataNode* text = inputs.find("script");
  if (text == nullptr) return;
  add_exec(out, unit, {"python", "-"}, text->line);
  if (!out.commands.empty()) out.commands.back().heredoc = Name(text->text);
}

void add_docker_task(AutomationFile& out, uint32_t unit, const Inputs& inputs, uint32_t line) {
  const std::string command = to_lower(inputs.get("command", "buildAndPush"));
  const std::string image = inputs.get("repository", inputs.get("imageName", "image"));
  if (command.starts_with("build")) {
    std::string file = checkout_path(inputs.get("Dockerfile", "Dockerfile"));
    if (file.find('*') != std::string::npos) file = "Dockerfile";  // **/Dockerfile
    const std::string context = checkout_path(inputs.get("buildContext"));
    add_exec(out, unit,
             {"docker", "build", "-f", file, "-t", image, context.empty() || context == "**" ? "." : context},
             line);
  }
  if (command == "buildandpush" || command == "push") {
    add_exec(out, unit, {"docker", "push", image}, line);
    publish(out, unit, Publication::Kind::kRegistry, image, line);
  }
}

void add_kubernetes_task(AutomationFile& out, uint32_t unit, const Inputs& inputs, uint32_t line) {
  std::string verb = to_lower(inputs.get("action", inputs.get("command", "deploy")));
  if (verb == "deploy" || verb == "apply") verb = "apply";
  const std::string manifests = inputs.get("manifests", inputs.get("configuration"));
  std::vector<std::string> words = {"kubectl", verb};
  for (std::string_view path : split_lines(manifests)) {
    for (std::string_view one : split(path, ',')) {
      if (trim(one).empty()) continue;
      words.emplace_back("-f");
      words.push_back(checkout_path(std::string(trim(one))));
    }
  }
  add_words(out, unit, std::move(words), inputs.get("arguments"), line);
}

void add_helm_task(AutomationFile& out, uint32_t unit, const Inputs& inputs, uint32_t line) {
  std::vector<std::string> words = {"helm", to_lower(inputs.get("command", "ls"))};
  for (std::string_view name : {"releaseName", "chartName", "chartPath"}) {
    const std::string value = inputs.get(name);
    if (!value.empty()) words.push_back(name == "chartPath" ? checkout_path(value) : value);
  }
  const std::string values = checkout_path(inputs.get("valueFile"));
  if (!values.empty()) words.insert(words.end(), {"-f", values});
  add_words(out, unit, std::move(words), inputs.get("arguments"), line);
}

void add_terraform_task(AutomationFile& out, uint32_t unit, const Inputs& inputs, uint32_t line) {
  add_words(out, unit, {"terraform", inputs.get("command", "plan")}, inputs.get("commandOptions"), line);
  const std::string folder = checkout_path(inputs.get("workingDirectory"));
  if (!folder.empty()) out.commands.back().working_directory = Name(join_path("", folder));
}

struct Publishing {
  std::string_view task;
  Publication::Kind kind;
  std::string_view input;
};

constexpr std::array kPublishing = {
    Publishing{"publishtestresults", Publication::Kind::kSummary, "testResultsFiles"},
    Publishing{"publishcodecoverageresults", Publication::Kind::kSummary, "summaryFileLocation"},
    Publishing{"publishbuildartifacts", Publication::Kind::kArtifact, "PathtoPublish"},
    Publishing{"publishpipelineartifact", Publication::Kind::kArtifact, "targetPath"},
    Publishing{"azurefilecopy", Publication::Kind::kBucket, "SourcePath"},
    Publishing{"twineauthenticate", Publication::Kind::kRegistry, ""},
};

}  // namespace

std::string checkout_path(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  for (std::string_view root :
       {"$(System.DefaultWorkingDirectory)", "$(Build.SourcesDirectory)", "$(Build.Repository.LocalPath)"}) {
    if (to_lower(path).starts_with(to_lower(root))) path = path.substr(root.size());
  }
  while (path.starts_with('/') || path.starts_with("./")) path.erase(0, path.starts_with('/') ? 1 : 2);
  return path;
}

void add_texts(AutomationFile& out, uint32_t unit, const DataNode& step, const StepPlace& place) {
  for (const auto& [key, shell] : {std::pair{"bash", TaskShell::kBash},
                                   {"script", TaskShell::kNative},
                                   {"powershell", TaskShell::kPowerShell},
                                   {"pwsh", TaskShell::kPowerShell}}) {
    const DataNode* text = step.find(key);
    const size_t first = out.commands.size();
    if (text != nullptr && text->is_scalar()) add_text(out, unit, *text, shell, place);
    ignore_exit_code(out, first, step.find("ignoreLASTEXITCODE"));
  }
}

bool waits_for_person(std::string_view task) { return to_lower(task).starts_with("manualvalidation"); }

void add_task(AutomationFile& out, uint32_t unit, const DataNode& step, const StepPlace& place) {
  const std::string_view full = step.get("task");
  const size_t at = full.find('@');
  const std::string name = to_lower(full.substr(0, at));
  const uint32_t line = step.line_of("task");
  const Inputs inputs(step, place);
  if (const auto shell = shell_of_task(name, to_lower(inputs.get("scriptType", "bash")))) {
    const size_t first = out.commands.size();
    add_shell_task(out, unit, inputs, *shell, place, line);
    return ignore_exit_code(out, first, inputs.find("ignoreLASTEXITCODE"));
  }
  if (name == "pythonscript") return add_python_task(out, unit, inputs, line);
  if (name == "docker") return add_docker_task(out, unit, inputs, line);
  if (name == "kubernetes" || name == "kubernetesmanifest") {
    return add_kubernetes_task(out, unit, inputs, line);
  }
  if (name == "helmdeploy") return add_helm_task(out, unit, inputs, line);
  if (name == "terraformtaskv4" || name == "terraformcli" || name == "terraform") {
    return add_terraform_task(out, unit, inputs, line);
  }
  for (const Publishing& known : kPublishing) {
    if (known.task != name) continue;
    publish(out, unit, known.kind, known.input.empty() ? "" : checkout_path(inputs.get(known.input)), line);
    return;
  }
  const auto [task, version] = split_version(full, '@');
  add_action(out, unit, "azure-pipelines/" + std::string(task), version, inputs.node(), line);
}

}  // namespace mlgrade::azure
