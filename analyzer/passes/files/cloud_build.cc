// Google Cloud Build: the steps of a build. What starts it, a trigger or a command, stands elsewhere.
#include <algorithm>
#include <map>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string name = to_lower(base_name(file.path.view()));
  const bool named = name.find("cloudbuild") != name.npos || name.find("cloud-build") != name.npos ||
                     name.find("cloud_build") != name.npos;
  const std::string_view path = file.path.view();
  const bool folder = path.find("cloudbuild/") != path.npos || path.find("cloud_build/") != path.npos;
  return (named || folder) && (is_yaml_path(name) || name.ends_with(".json"));
}

// The program of a builder image: its entry point when the step names none.
std::string builder_program(std::string_view image) {
  const std::string_view name = split_version(base_name(image), ':').first;
  for (std::string_view known : {"docker", "gcloud", "kubectl", "git", "gsutil", "npm", "yarn", "bazel",
                                 "mvn", "gke-deploy", "curl", "wget", "terraform", "helm", "go", "dotnet"}) {
    if (name == known) return std::string(known);
  }
  if (name == "cloud-sdk" || name == "google-cloud-cli") return "gcloud";
  if (name.starts_with("python") || name == "pypy") return "python";
  return "";
}

class BuildReader {
 public:
  BuildReader(const SourceFile& file) : out_(automation_file(file, "cloud-build")), path_(file.path) {}

  AutomationFile read(const DataNode& root) {
    const uint32_t build = add_unit(out_, UnitKind::kWorkflow, path_, 1);
    add_doubtful_trigger(out_, build, TriggerKind::kEvent, "build trigger", 1, Truth::kUnknown,
                         "its trigger is set in Google Cloud, not in the repository");
    const DataNode* steps = root.find("steps");
    for (const DataNode& step : steps->items) {
      if (step.is_mapping()) add_step(step, build);
    }
    add_results(root, build);
    add_publications(out_);
    return std::move(out_);
  }

 private:
  void add_step(const DataNode& step, uint32_t build) {
    const std::string id(step.get("id", std::to_string(units_.size() + 1)));
    const uint32_t unit = add_unit(out_, UnitKind::kJob, id, step.line, build);
    out_.units[unit].image = Name(step.get("name"));
    if (const DataNode* folder = step.find("dir"); folder != nullptr && folder->is_scalar()) {
      const std::string path = join_path("", folder->text);
      out_.units[unit].working_directory = Name(path.empty() ? "." : path);
    }
    const bool lenient = is_true(step.find("allowFailure"));
    if (lenient) {
      set_effect(out_, unit, Effect::kSwallowed, "allowFailure: true", step.line_of("allowFailure"));
    }
    for (const DataNode* code : scalar_lines(step.find("allowExitCodes"))) {
      if (code->text != "1") continue;
      set_effect(out_, unit, Effect::kSwallowed, "allowExitCodes lets failures through", code->line);
    }
    add_order_of(step, unit);
    by_id_.emplace(id, unit);
    units_.push_back(unit);
    add_body(step, unit);
  }

  // Without waitFor a step waits for all before it; '-' stands for none.
  void add_order_of(const DataNode& step, uint32_t unit) {
    const auto after = [&](uint32_t other, uint32_t line) {
      const bool strict = out_.units[other].effect == Effect::kBlocking;
      add_order(out_, unit, other, strict, line);
    };
    const DataNode* wait = step.find("waitFor");
    if (wait == nullptr) {
      if (units_.size() > kMaxOrderedJobs) return;
      for (uint32_t other : units_) after(other, step.line);
      return;
    }
    for (const DataNode* name : scalar_lines(wait)) {
      const auto other = by_id_.find(name->text);
      if (other != by_id_.end()) after(other->second, name->line);
    }
  }

  // `script`, or `entrypoint` with `args`. Scripts run in sh without -e unless their first line says so.
  void add_body(const DataNode& step, uint32_t unit) {
    if (const DataNode* script = step.find("script"); script != nullptr && script->is_scalar()) {
      add_script_with_shebang(out_, unit, *script, false);
      return;
    }
    const std::string entry(step.get("entrypoint", builder_program(step.get("name"))));
    const DataNode* args = step.find("args");
    if (entry.empty()) {
      if (args != nullptr || !step.get("name").empty()) {
        const auto [image, version] = split_version(step.get("name"), ':');
        add_action(out_, unit, image, version, nullptr, step.line);
      }
      return;
    }
    std::vector<std::string> words = {entry};
    const DataNode* text = nullptr;  // of `bash -c`
    bool is_text = false;
    for (const DataNode* arg : scalar_lines(args)) {
      if (is_text) text = arg;
      const std::string_view program = base_name(entry);
      is_text = text == nullptr && program.ends_with("sh") && arg->text.starts_with('-') &&
                arg->text.find('c') != std::string::npos && !arg->text.starts_with("--");
      if (text == nullptr) words.push_back(arg->text);
    }
    if (text == nullptr) {
      add_exec(out_, unit, words, args == nullptr ? step.line : args->line);
      return;
    }
    const bool errexit = std::any_of(words.begin() + 1, words.end(), [](const std::string& word) {
      return word.starts_with('-') && word.find('e') != word.npos;
    });
    // `$$x` is a variable of the shell, `$x` one of the build.
    const Script script{replace_all(text->text, "$$", "$"), text_line(*text), errexit, false};
    add_script(out_, unit, script);
  }

  void add_results(const DataNode& root, uint32_t build) {
    for (const DataNode* image : scalar_lines(root.find("images"))) {
      out_.publications.push_back(
          {build, Publication::Kind::kRegistry, image->text, line_span(out_.file, image->line)});
    }
    for (const DataNode* path : scalar_lines(root.at({"artifacts", "objects", "paths"}))) {
      out_.publications.push_back(
          {build, Publication::Kind::kBucket, path->text, line_span(out_.file, path->line)});
    }
  }

  AutomationFile out_;
  std::string path_;
  std::vector<uint32_t> units_;
  std::map<std::string, uint32_t> by_id_;
};

void run(const SourceFile& file, FileFacts& out) {
  const ParsedData data =
      file.path.ends_with(".json") ? parse_json(file.text, file.id) : parse_yaml(file.text, file.id);
  const DataNode* steps = data.root().find("steps");
  const bool build = steps != nullptr && steps->is_sequence() &&
                     std::any_of(steps->items.begin(), steps->items.end(),
                                 [](const DataNode& step) { return step.find("name") != nullptr; });
  if (build) out.automation.push_back(BuildReader(file).read(data.root()));
}

}  // namespace

extern const FilePass cloud_build;
const FilePass cloud_build = {"cloud_build", "steps of Google Cloud Build", wants, run};

}  // namespace mlgrade::passes
