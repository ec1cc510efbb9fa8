// AppVeyor: the phases of a build.
#include <algorithm>
#include <array>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/passes/windows_shells.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  return path == "appveyor.yml" || path == ".appveyor.yml" || path == "appveyor.yaml" ||
         path == ".appveyor.yaml";
}

// Phases in their order; `build: off` and `test: off` switch off what a script does not replace.
constexpr std::array<std::string_view, 11> kPhases = {
    "init",        "install",    "before_build",  "build_script",  "after_build", "before_test",
    "test_script", "after_test", "before_deploy", "deploy_script", "on_success"};

class BuildReader {
 public:
  BuildReader(const SourceFile& file, const DataNode& root)
      : root_(root), out_(automation_file(file, "appveyor")), path_(file.path) {}

  AutomationFile read() {
    const uint32_t build = add_unit(out_, UnitKind::kWorkflow, path_, 1);
    add_triggers(build);
    const uint32_t job = add_unit(out_, UnitKind::kJob, "build", 1, build);
    for (std::string_view phase : kPhases) add_phase(job, phase);
    for (std::string_view phase : {"on_failure", "on_finish"}) {
      const size_t first = out_.commands.size();
      const uint32_t unit = add_phase(job, phase);
      if (unit == kNone) continue;
      if (phase == "on_failure") {
        set_runs(out_, unit, Truth::kUnknown, "only after a failure", root_.line_of(phase));
      }
      set_command_effects(out_, first, Effect::kSwallowed, "cannot fail the build any more",
                          root_.line_of(phase));
    }
    const DataNode* artifacts = root_.find("artifacts");
    for (const DataNode& item : artifacts == nullptr ? std::vector<DataNode>() : artifacts->items) {
      out_.publications.push_back(
          {job, Publication::Kind::kArtifact, std::string(item.get("path")), line_span(item.line)});
    }
    add_publications(out_);
    return std::move(out_);
  }

 private:
  Span line_span(uint32_t line) const { return {out_.file, line, 1, line}; }

  void add_triggers(uint32_t build) {
    const DataNode* branches = root_.find("branches");
    const uint32_t line = branches == nullptr ? 1 : branches->line;
    Trigger& push = add_trigger(out_, build, TriggerKind::kPush, "push", line);
    if (branches != nullptr) {
      for (const DataNode* name : scalar_lines(branches->find("only"))) push.branches.push_back(name->text);
      for (const DataNode* name : scalar_lines(branches->find("except"))) {
        push.branches_ignore.push_back(name->text);
      }
    }
    add_trigger(out_, build, TriggerKind::kPullRequest, "pull request", line);
  }

  // Lines are for cmd unless they say otherwise, on hosts of other kinds for sh.
  uint32_t add_phase(uint32_t job, std::string_view name) {
    const DataNode* phase = root_.find(name);
    if (phase == nullptr) return kNone;
    const uint32_t unit = add_unit(out_, UnitKind::kStep, name, root_.line_of(name), job);
    if (phase->is_scalar()) add_line(unit, *phase);
    for (const DataNode& item : phase->items) {
      if (item.is_scalar()) add_line(unit, item);
      for (const auto& [shell, text] : item.entries) {
        if (text.is_scalar()) add_text(unit, text, shell);
      }
    }
    return unit;
  }

  void add_line(uint32_t unit, const DataNode& text) { add_text(unit, text, on_windows() ? "cmd" : "sh"); }

  // A program that fails stops a text for PowerShell only where the text says so.
  void add_text(uint32_t unit, const DataNode& text, std::string_view shell) {
    const WindowsScript script{text.text, text_line(text)};
    if (shell == "cmd") return add_batch(out_, unit, script);
    if (shell == "ps" || shell == "pwsh")
      return add_powershell(out_, unit, script, {.stops_on_error = true, .exits_with_last = false});
    if (shell == "sh" || shell == "bash") add_script(out_, unit, {text.text, text_line(text), true, false});
  }

  // Its hosts are of Windows unless an image says otherwise.
  bool on_windows() const {
    const DataNode* image = root_.find("image");
    if (image == nullptr) return true;
    const std::vector<std::string> names = image->strings();
    return names.empty() || std::any_of(names.begin(), names.end(), [](const std::string& name) {
             return to_lower(name).find("visual studio") != std::string::npos ||
                    to_lower(name).find("windows") != std::string::npos;
           });
  }

  const DataNode& root_;
  AutomationFile out_;
  std::string path_;
};

void run(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_yaml(file.text, file.id);
  AutomationFile automation = BuildReader(file, data.root()).read();
  automation.analysable = data.root().is_mapping();
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass appveyor;
const FilePass appveyor = {"appveyor", "phases of AppVeyor", wants, run};

}  // namespace mlgrade::passes
