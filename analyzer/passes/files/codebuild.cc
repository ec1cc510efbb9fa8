// AWS CodeBuild: the phases of a buildspec. The project that uses it, and what starts that, stand elsewhere.
#include <algorithm>
#include <array>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string name = to_lower(base_name(file.path.view()));
  return is_yaml_path(name) && (name.find("buildspec") != name.npos || name.find("build-spec") != name.npos ||
                                name.find("build_spec") != name.npos);
}

constexpr std::array<std::string_view, 4> kPhases = {"install", "pre_build", "build", "post_build"};

class SpecReader {
 public:
  SpecReader(const SourceFile& file) : out_(automation_file(file, "codebuild")), path_(file.path) {}

  AutomationFile read(const DataNode& root) {
    const uint32_t build = add_unit(out_, UnitKind::kWorkflow, path_, 1);
    add_doubtful_trigger(out_, build, TriggerKind::kEvent, "build project", 1, Truth::kUnknown,
                         "what starts the CodeBuild project is set in AWS, not in this file");
    const DataNode* phases = root.find("phases");
    uint32_t before = kNone, before_that = kNone;
    for (std::string_view name : kPhases) {
      const DataNode* phase = phases->find(name);
      if (phase == nullptr) continue;
      const uint32_t unit = add_unit(out_, UnitKind::kJob, name, phases->line_of(name), build);
      const bool anyway = name == "post_build" && before != kNone && out_.units[before].name == "build" &&
                          !build_aborts_ && !asks_for_success(*phase);
      if (before != kNone) add_order(out_, unit, before, !anyway, out_.units[unit].span.line);
      if (anyway && before_that != kNone) {
        add_order(out_, unit, before_that, true, out_.units[unit].span.line);
      }
      before_that = before;
      before = unit;
      add_phase(unit, name, *phase);
    }
    add_results(root, build);
    add_publications(out_);
    return std::move(out_);
  }

 private:
  static bool asks_for_success(const DataNode& phase) {
    const std::vector<const DataNode*> lines = scalar_lines(phase.find("commands"));
    return std::any_of(lines.begin(), lines.end(), [](const DataNode* line) {
      return line->text.find("CODEBUILD_BUILD_SUCCEEDING") != std::string::npos;
    });
  }

  // One command after another; a failing one ends the phase. Inside one entry only the last command counts.
  void add_phase(uint32_t unit, std::string_view name, const DataNode& phase) {
    const std::string_view on_failure = phase.get("on-failure");
    if (name == "build" && on_failure == "ABORT") build_aborts_ = true;
    if (on_failure == "CONTINUE") {
      set_effect(out_, unit, Effect::kReporting, "on-failure: CONTINUE", phase.line_of("on-failure"));
    }
    for (std::string_view part : {"commands", "finally"}) {
      for (const DataNode* line : scalar_lines(phase.find(part))) {
        add_script(out_, unit, {line->text, text_line(*line), false, false});
      }
    }
  }

  void add_results(const DataNode& root, uint32_t build) {
    for (const DataNode* path : scalar_lines(root.at({"artifacts", "files"}))) {
      out_.publications.push_back(
          {build, Publication::Kind::kArtifact, path->text, line_span(out_.file, path->line)});
    }
    const DataNode* reports = root.find("reports");
    if (reports == nullptr) return;
    for (const auto& [name, report] : reports->entries) {
      for (const DataNode* path : scalar_lines(report.find("files"))) {
        out_.publications.push_back(
            {build, Publication::Kind::kSummary, path->text, line_span(out_.file, path->line)});
      }
    }
  }

  AutomationFile out_;
  std::string path_;
  bool build_aborts_ = false;
};

void run(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_yaml(file.text, file.id);
  if (data.root().find("phases") == nullptr) return;
  out.automation.push_back(SpecReader(file).read(data.root()));
}

}  // namespace

extern const FilePass codebuild;
const FilePass codebuild = {"codebuild", "phases of AWS CodeBuild", wants, run};

}  // namespace mlgrade::passes
