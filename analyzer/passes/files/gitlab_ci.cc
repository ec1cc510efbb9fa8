// GitLab CI: pipelines by what starts them, jobs with their stages, scripts and artifacts.
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "analyzer/base/limits.h"
#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/gitlab_rules.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool is_root_file(std::string_view path) { return path == ".gitlab-ci.yml" || path == ".gitlab-ci.yaml"; }

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  if (!path.ends_with(".yml") && !path.ends_with(".yaml")) return false;
  return path.find(".gitlab-ci") != path.npos || path.starts_with(".gitlab/");
}

bool is_reserved(std::string_view key) {
  constexpr std::array<std::string_view, 11> kKeys = {"stages",       "default", "workflow", "include",
                                                      "variables",    "image",   "services", "before_script",
                                                      "after_script", "cache",   "spec"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

// What `extends` does: mappings are merged key by key, everything else is replaced.
void merge_into(DataNode& base, const DataNode& over, int depth) {
  if (!base.is_mapping() || !over.is_mapping() || depth > kMaxDocumentDepth) {
    base = over;
    return;
  }
  for (const auto& [key, value] : over.entries) {
    const auto known =
        std::find_if(base.entries.begin(), base.entries.end(),
                     [&, name = std::string_view(key)](const auto& e) { return e.first == name; });
    if (known == base.entries.end()) {
      base.key_lines.resize(base.entries.size(), base.line);
      base.entries.push_back({key, value});
      base.key_lines.push_back(over.line_of(key));
    } else {
      const size_t at = static_cast<size_t>(known - base.entries.begin());
      merge_into(known->second, value, depth + 1);
      if (at < base.key_lines.size()) base.key_lines[at] = over.line_of(key);
    }
  }
}

class PipelineReader {
 public:
  PipelineReader(const SourceFile& file, const DataNode& root)
      : root_(root),
        out_(automation_file(file, "gitlab-ci")),
        path_(file.path),
        top_(is_root_file(file.path)) {}

  AutomationFile read() {
    add_pipelines();
    add_includes();
    if (const DataNode* stages = root_.find("stages")) stages_ = stages->strings();
    if (stages_.empty()) stages_ = {"build", "test", "deploy"};
    stages_.insert(stages_.begin(), ".pre");
    stages_.push_back(".post");
    for (const auto& [name, node] : root_.entries) {
      if (is_reserved(name) || name.starts_with('.') || !node.is_mapping()) continue;
      DataNode job = extended(node, 0);
      apply_defaults(job);
      add_job(name, job, root_.line_of(name));
    }
    for (const Job& job : jobs_) add_order(job);
    return std::move(out_);
  }

 private:
  struct Job {
    uint32_t unit;
    std::string name;
    size_t stage;
    DataNode node;
    bool always;
    bool may_fail;
  };

  void add_pipelines() {
    struct Kind {
      GitlabSource source;
      TriggerKind trigger;
      const char* detail;
    };
    constexpr Kind kKinds[] = {{GitlabSource::kPush, TriggerKind::kPush, "push"},
                               {GitlabSource::kMergeRequest, TriggerKind::kPullRequest, "merge request"},
                               {GitlabSource::kTag, TriggerKind::kTag, "tag"},
                               {GitlabSource::kSchedule, TriggerKind::kSchedule, "schedule"},
                               {GitlabSource::kManual, TriggerKind::kManual, "run by hand"}};
    const DataNode* rules = root_.at({"workflow", "rules"});
    for (const Kind& kind : kKinds) {
      const bool by_file = top_ || kind.source == GitlabSource::kPush;  // an included file has one pipeline
      if (!by_file) continue;
      const GitlabVerdict verdict = gitlab_pipeline_runs(rules, kind.source);
      const std::string name =
          kind.source == GitlabSource::kPush ? path_ : std::string(kind.detail) + " pipeline";
      const uint32_t unit = add_unit(out_, UnitKind::kWorkflow, name, 1);
      pipelines_[kind.source] = unit;
      if (!top_) continue;
      out_.units[unit].runs = verdict.runs;
      if (verdict.runs != Truth::kYes) {
        out_.units[unit].condition = "workflow:rules";
        out_.units[unit].condition_span = line_span(out_.file, verdict.line);
      }
      Trigger& trigger =
          add_trigger(out_, unit, kind.trigger, kind.detail, rules == nullptr ? 1 : rules->line);
      if (kind.source == GitlabSource::kSchedule) {
        trigger.automatic = Truth::kUnknown;
        trigger.why_not = "its schedule is set in GitLab, not in the repository";
      } else if (kind.source == GitlabSource::kManual) {
        trigger.automatic = Truth::kNo;
        trigger.why_not = "started by hand";
      }
    }
  }

  void add_includes() {
    const DataNode* include = root_.find("include");
    if (include == nullptr) return;
    const uint32_t from = pipelines_.begin()->second;
    auto add_one = [&](const DataNode& item) {
      std::string_view local = item.is_scalar() ? std::string_view(item.text) : item.get("local");
      if (!local.empty() && local.find("://") == local.npos) {
        while (local.starts_with('/')) local.remove_prefix(1);
        add_link(out_, from, LinkKind::kUses, UnitKind::kWorkflow, local, item.line);
        return;
      }
      for (std::string_view key : {"template", "remote", "project", "component"}) {
        if (item.find(key) == nullptr) continue;
        out_.actions.push_back(
            {from, Name(item.get(key)), Name(item.get("ref")), line_span(out_.file, item.line), {}});
      }
    };
    if (include->is_sequence()) {
      for (const DataNode& item : include->items) add_one(item);
    } else {
      add_one(*include);
    }
  }

  DataNode extended(const DataNode& job, int depth) const {
    const DataNode* extends = job.find("extends");
    if (extends == nullptr || depth > kMaxIncludeDepth) return job;
    DataNode merged;
    merged.kind = DataNode::Kind::kMapping;
    merged.line = job.line;
    for (const std::string& name : extends->strings()) {
      const DataNode* base = root_.find(name);
      if (base != nullptr && base->is_mapping()) merge_into(merged, extended(*base, depth + 1), 0);
    }
    merge_into(merged, job, 0);
    return merged;
  }

  void apply_defaults(DataNode& job) const {
    const DataNode* defaults = root_.find("default");
    for (std::string_view key : {"before_script", "after_script", "image", "artifacts"}) {
      if (job.find(key) != nullptr) continue;
      const DataNode* value = defaults == nullptr ? nullptr : defaults->find(key);
      if (value == nullptr) value = root_.find(key);
      if (value == nullptr) continue;
      job.key_lines.resize(job.entries.size(), job.line);
      job.entries.push_back({std::string(key), *value});
      job.key_lines.push_back(value->line);
    }
  }

  size_t stage_of(const DataNode& job) const {
    const auto found = std::find(stages_.begin(), stages_.end(), job.get("stage", "test"));
    return static_cast<size_t>(found - stages_.begin());
  }

  void add_job(const std::string& name, const DataNode& job, uint32_t line) {
    uint32_t unit = kNone;
    bool manual = true, always = false, may_fail = false;
    std::vector<uint32_t> also;
    GitlabVerdict first;
    for (const auto& [source, pipeline] : pipelines_) {
      const GitlabVerdict verdict = gitlab_job_runs(job, source);
      if (verdict.runs == Truth::kNo) {
        if (unit == kNone && first.line == 0) first = verdict;
        continue;
      }
      // A pipeline started by hand runs the same jobs: say so only of those that nothing else starts.
      if (source == GitlabSource::kManual && unit != kNone) continue;
      if (unit != kNone) {
        also.push_back(pipeline);
      } else {
        unit = add_unit(out_, UnitKind::kJob, name, line, pipeline);
        first = verdict;
      }
      manual = manual && verdict.manual;
      always = always || verdict.always;
      may_fail = may_fail || verdict.allow_failure;
    }
    const bool never = unit == kNone;
    if (never) unit = add_unit(out_, UnitKind::kJob, name, line, pipelines_.begin()->second);
    describe(unit, job, first, never);
    out_.units[unit].manual = !never && manual;
    if (out_.units[unit].manual && out_.units[unit].condition.empty() && first.line > 0) {
      out_.units[unit].condition = "when: manual";
      out_.units[unit].condition_span = line_span(out_.file, first.line);
    }
    if (may_fail) {
      const bool implied = !never && manual && job.find("allow_failure") == nullptr;
      out_.units[unit].effect = implied ? Effect::kReporting : Effect::kSwallowed;
      out_.units[unit].effect_why =
          implied ? "a manual job holds nothing back" : "allow_failure lets the pipeline succeed without it";
      out_.units[unit].effect_span =
          line_span(out_.file, job.find("allow_failure") != nullptr ? job.line_of("allow_failure")
                                                                    : std::max(first.line, line));
    }
    for (uint32_t pipeline : also) {
      UnitLink& link = add_link(out_, pipeline, LinkKind::kRuns, UnitKind::kJob, name, line);
      link.same_file = true;
      link.effect = out_.units[unit].effect;
      link.effect_why = out_.units[unit].effect_why;
    }
    add_scripts(unit, job);
    add_results(unit, name, job);
    jobs_.push_back({unit, name, stage_of(job), job, always, may_fail});
  }

  void describe(uint32_t index, const DataNode& job, const GitlabVerdict& verdict, bool never) {
    Unit& unit = out_.units[index];
    unit.runs = never ? Truth::kNo : verdict.on_failure ? Truth::kUnknown : verdict.runs;
    if (unit.runs != Truth::kYes) {
      unit.condition = never ? "no pipeline takes it" : "depends on its rules";
      unit.condition_span = line_span(out_.file, verdict.line == 0 ? unit.span.line : verdict.line);
    }
    const DataNode* image = job.find("image");
    if (image != nullptr) unit.image = Name(image->string_or(image->get("name")));
    const DataNode* environment = job.find("environment");
    if (environment != nullptr) unit.environment = Name(environment->string_or(environment->get("name")));
  }

  // The lines of a script; `!reference [job, key]` stands for the lines of another one.
  void collect_lines(const DataNode* node, int depth, std::vector<const DataNode*>& lines) const {
    if (node == nullptr || depth > 10 || lines.size() > 10'000) return;
    if (node->is_scalar()) lines.push_back(node);
    const bool pair = node->items.size() == 2 && node->items[0].is_scalar() && node->items[1].is_scalar();
    if (pair && depth > 0) {
      const DataNode* target = root_.find(node->items[0].text);
      if (const DataNode* lines_of = target == nullptr ? nullptr : target->find(node->items[1].text)) {
        return collect_lines(lines_of, depth + 1, lines);
      }
    }
    for (const DataNode& item : node->items) collect_lines(&item, depth + 1, lines);
  }

  // GitLab's shell stops at errors, also of pipes.
  void add_lines(uint32_t unit, const std::vector<const DataNode*>& lines) {
    add_shell_lines(out_, unit, lines, true, true);
  }

  void add_scripts(uint32_t unit, const DataNode& job) {
    std::vector<const DataNode*> lines;
    collect_lines(job.find("before_script"), 0, lines);
    collect_lines(job.find("script"), 0, lines);
    add_lines(unit, lines);
    lines.clear();
    collect_lines(job.find("after_script"), 0, lines);
    const size_t before = out_.commands.size();
    add_lines(unit, lines);
    set_command_effects(out_, before, Effect::kSwallowed, "after_script cannot fail the job",
                        job.line_of("after_script"));
  }

  void add_results(uint32_t unit, const std::string& name, const DataNode& job) {
    if (const DataNode* artifacts = job.find("artifacts")) {
      const auto kind = name == "pages" ? Publication::Kind::kPages : Publication::Kind::kArtifact;
      if (const DataNode* paths = artifacts->find("paths")) {
        for (const std::string& path : paths->strings()) {
          out_.publications.push_back({unit, kind, path, line_span(out_.file, paths->line)});
        }
      }
      if (const DataNode* reports = artifacts->find("reports")) {
        for (const auto& [format, path] : reports->entries) {
          out_.publications.push_back({unit, Publication::Kind::kSummary, std::string(path.string_or("")),
                                       line_span(out_.file, reports->line_of(format))});
        }
      }
    }
    const DataNode* trigger = job.find("trigger");
    const DataNode* child = trigger == nullptr ? nullptr : trigger->find("include");
    if (child == nullptr) return;
    std::vector<std::string> paths = child->strings();
    for (const DataNode& item : child->items) paths.emplace_back(item.get("local"));
    for (std::string_view path : paths) {
      while (path.starts_with('/')) path.remove_prefix(1);
      if (path.empty()) continue;
      UnitLink& link = add_link(out_, unit, LinkKind::kUses, UnitKind::kWorkflow, path, child->line);
      if (trigger->get("strategy") == "depend") continue;
      link.effect = Effect::kReporting;
      link.effect_why = "without `strategy: depend` the child pipeline fails on its own";
    }
  }

  void link_order(const Job& job, const Job& other, uint32_t line) {
    const bool waits = !job.always && !other.may_fail;
    add_link(out_, job.unit, waits ? LinkKind::kNeeds : LinkKind::kHappensAfter, UnitKind::kJob, other.name,
             line)
        .same_file = true;
  }

  // `needs`, or all jobs of the stage before.
  void add_order(const Job& job) {
    if (const DataNode* needs = job.node.find("needs")) {
      for (const DataNode& item : needs->items) {
        const std::string_view name = item.string_or(item.get("job"));
        for (const Job& other : jobs_) {
          if (other.name == name) link_order(job, other, item.line);
        }
      }
      return;
    }
    std::optional<size_t> before;
    for (const Job& other : jobs_) {
      if (other.stage < job.stage && (!before || other.stage > *before)) before = other.stage;
    }
    const uint32_t line =
        job.node.find("stage") == nullptr ? out_.units[job.unit].span.line : job.node.line_of("stage");
    for (const Job& other : jobs_) {
      if (before && other.stage == *before) link_order(job, other, line);
    }
  }

  const DataNode& root_;
  AutomationFile out_;
  std::string path_;
  bool top_;
  std::vector<std::string> stages_;
  std::map<GitlabSource, uint32_t> pipelines_;
  std::vector<Job> jobs_;
};

void run(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_yaml(file.text, file.id);
  if (data.documents.empty() || !data.documents.back().is_mapping()) {
    if (!is_root_file(file.path)) return;
    AutomationFile broken = automation_file(file, "gitlab-ci");
    broken.analysable = false;
    add_unread(broken, kNone, "a pipeline that does not parse", file.text, line_span(file.id, 1));
    out.automation.push_back(std::move(broken));
    return;
  }
  out.automation.push_back(PipelineReader(file, data.documents.back()).read());  // `spec:` may come before
}

}  // namespace

extern const FilePass gitlab_ci;
const FilePass gitlab_ci = {"gitlab_ci", "pipelines and jobs of GitLab CI", wants, run};

}  // namespace mlgrade::passes
