// Bitbucket Pipelines: pipelines by what starts them, their steps one after another or side by side.
#include <algorithm>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  return file.path == "bitbucket-pipelines.yml" || file.path == "bitbucket-pipelines.yaml";
}

class PipelineReader {
 public:
  PipelineReader(const SourceFile& file, const DataNode& root)
      : root_(root), out_(automation_file(file, "bitbucket")) {}

  AutomationFile read() {
    const DataNode* pipelines = root_.find("pipelines");
    if (pipelines == nullptr) return std::move(out_);
    if (const DataNode* items = pipelines->find("default")) {
      const uint32_t unit = add_pipeline("default", *items, pipelines->line_of("default"));
      add_trigger(out_, unit, TriggerKind::kPush, "push", pipelines->line_of("default"));
    }
    add_by_pattern(*pipelines, "branches", TriggerKind::kPush, "push to ");
    add_by_pattern(*pipelines, "pull-requests", TriggerKind::kPullRequest, "pull request from ");
    add_by_pattern(*pipelines, "tags", TriggerKind::kTag, "tag ");
    add_by_pattern(*pipelines, "custom", TriggerKind::kManual, "custom pipeline ");
    add_publications(out_);
    return std::move(out_);
  }

 private:
  void add_by_pattern(const DataNode& pipelines, std::string_view key, TriggerKind kind,
                      const std::string& detail) {
    const DataNode* group = pipelines.find(key);
    if (group == nullptr) return;
    for (const auto& [pattern, items] : group->entries) {
      const uint32_t line = group->line_of(pattern);
      const uint32_t unit = add_pipeline(std::string(key) + " " + pattern, items, line);
      Trigger& trigger = add_trigger(out_, unit, kind, detail + pattern, line);
      if (kind == TriggerKind::kPush) trigger.branches = {pattern};  // of a request it is the source branch
      if (kind == TriggerKind::kTag) trigger.tags = {pattern};
      if (kind != TriggerKind::kManual) continue;
      trigger.automatic = Truth::kNo;
      trigger.why_not = "a custom pipeline is started by hand, or by a schedule that is set in Bitbucket";
    }
  }

  uint32_t add_pipeline(const std::string& name, const DataNode& items, uint32_t line) {
    const uint32_t unit = add_unit(out_, UnitKind::kWorkflow, name, line);
    prefix_ = name + "/";
    count_ = 0;
    before_.clear();
    waiting_ = false;
    for (const DataNode& item : items.items) add_item(item, unit);
    return unit;
  }

  // `step`, `parallel` or `stage`: what comes next waits for all of it.
  void add_item(const DataNode& item, uint32_t pipeline) {
    std::vector<uint32_t> group;
    if (const DataNode* step = item.find("step")) group.push_back(add_step(*step, pipeline));
    if (const DataNode* parallel = item.find("parallel")) {
      const DataNode* steps = parallel->is_sequence() ? parallel : parallel->find("steps");
      for (const DataNode& one : steps == nullptr ? std::vector<DataNode>() : steps->items) {
        if (const DataNode* step = one.find("step")) group.push_back(add_step(*step, pipeline));
      }
    }
    if (const DataNode* stage = item.find("stage")) {
      check_manual(*stage);
      const DataNode* steps = stage->find("steps");
      for (const DataNode& one : steps == nullptr ? std::vector<DataNode>() : steps->items) {
        const DataNode* step = one.find("step");
        if (step == nullptr) continue;
        group = {add_step(*step, pipeline)};
        before_ = group;
      }
    }
    if (!group.empty()) before_ = std::move(group);
  }

  // A step that a person starts holds up all that come after it.
  void check_manual(const DataNode& node) {
    if (node.get("trigger") != "manual") return;
    waiting_ = true;
    waiting_line_ = node.line_of("trigger");
  }

  uint32_t add_step(const DataNode& step, uint32_t pipeline) {
    ++count_;
    const std::string name(step.get("name", "step " + std::to_string(count_)));
    const uint32_t unit =
        add_unit(out_, UnitKind::kJob, prefix_ + std::to_string(count_), step.line, pipeline);
    out_.units[unit].title = Name(name);
    check_manual(step);
    if (waiting_) set_manual(out_, unit, "trigger: manual", waiting_line_);
    const DataNode* image = step.find("image");
    if (image == nullptr) image = root_.find("image");
    if (image != nullptr) out_.units[unit].image = Name(image->string_or(image->get("name")));
    out_.units[unit].environment = Name(step.get("deployment"));
    add_failure_strategy(unit, step);
    for (uint32_t other : before_) add_order(out_, unit, other, true, step.line);
    add_scripts(unit, step);
    add_artifacts(unit, step);
    return unit;
  }

  void add_failure_strategy(uint32_t unit, const DataNode& step) {
    const DataNode* strategy = step.at({"on-fail", "strategy"});
    if (strategy == nullptr || strategy->string_or("") != "ignore") return;
    set_effect(out_, unit, Effect::kSwallowed, "on-fail: ignore", strategy->line);
  }

  // Bitbucket stops at the first line that fails; failures behind a pipe are lost.
  void add_scripts(uint32_t unit, const DataNode& step) {
    std::vector<const DataNode*> lines;
    if (const DataNode* script = step.find("script")) {
      for (const DataNode& item : script->items) {
        if (item.is_scalar()) lines.push_back(&item);
        if (item.is_mapping()) add_pipe(unit, item);
      }
    }
    add_shell_lines(out_, unit, lines, true, false);
    const size_t before = out_.commands.size();
    add_shell_lines(out_, unit, scalar_lines(step.find("after-script")), false, false);
    set_command_effects(out_, before, Effect::kSwallowed, "after-script cannot fail the step",
                        step.line_of("after-script"));
  }

  // `pipe: atlassian/aws-s3-deploy:1.1.0` with `variables:`.
  void add_pipe(uint32_t unit, const DataNode& item) {
    const std::string_view text = item.get("pipe");
    if (text.empty()) return;
    const auto [name, version] = split_version(text, ':');
    add_action(out_, unit, name, version, item.find("variables"), item.line_of("pipe"));
  }

  void add_artifacts(uint32_t unit, const DataNode& step) {
    const DataNode* artifacts = step.find("artifacts");
    if (artifacts == nullptr) return;
    const DataNode* paths = artifacts->is_mapping() ? artifacts->find("paths") : artifacts;
    if (paths == nullptr) return;
    for (const DataNode* path : scalar_lines(paths)) {
      out_.publications.push_back(
          {unit, Publication::Kind::kArtifact, path->text, line_span(out_.file, path->line)});
    }
  }

  const DataNode& root_;
  AutomationFile out_;
  std::string prefix_;  // of the names of a pipeline's steps
  size_t count_ = 0;
  std::vector<uint32_t> before_;  // what the next step waits for
  bool waiting_ = false;          // for a person
  uint32_t waiting_line_ = 0;
};

void run(const SourceFile& file, FileFacts& out) {
  ParsedData data = parse_yaml(file.text, file.id);
  for (Problem& problem : data.problems) out.problems.push_back(std::move(problem));
  AutomationFile automation = PipelineReader(file, data.root()).read();
  automation.analysable = data.root().is_mapping();
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass bitbucket;
const FilePass bitbucket = {"bitbucket", "pipelines of Bitbucket", wants, run};

}  // namespace mlgrade::passes
