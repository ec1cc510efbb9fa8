// The sections of declarative pipelines, and triggers of both kinds.
#include <algorithm>
#include <array>

#include "analyzer/base/limits.h"
#include "analyzer/passes/jenkins/pipeline_reader.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"

namespace mlgrade::jenkins {

void PipelineReader::add_triggers(uint32_t unit) {
  const bool usual = path_ == "Jenkinsfile";
  const Truth sure = usual ? Truth::kYes : Truth::kUnknown;
  started_ = EventTruth::all(sure);
  started_[CiEvent::kTag] = Truth::kUnknown;
  started_[CiEvent::kSchedule] = Truth::kUnknown;
  started_[CiEvent::kManual] = Truth::kYes;
  for (TriggerKind kind : {TriggerKind::kPush, TriggerKind::kPullRequest}) {
    const char* detail =
        kind == TriggerKind::kPush ? "push (multibranch job)" : "pull request (multibranch job)";
    add_doubtful_trigger(out_, unit, kind, detail, 1, sure,
                         usual ? "" : "which job uses this file is set in Jenkins, not in the repository");
  }
  add_doubtful_trigger(out_, unit, TriggerKind::kManual, "run by hand", 1, Truth::kNo, "started by hand");
  find_triggers(program_, unit, 0);
}

void PipelineReader::find_triggers(const Statements& nodes, uint32_t unit, int depth) {
  if (depth > 12) return;
  for (const GroovyNode& each : nodes) {
    if (each.kind != GroovyKind::kCall && each.kind != GroovyKind::kList && each.kind != GroovyKind::kBlock &&
        each.kind != GroovyKind::kTry)
      continue;
    if (each.name == "triggers" || each.name == "pipelineTriggers") {
      for (const GroovyNode& trigger : each.children) add_declared_trigger(trigger, unit);
      for (const GroovyNode& list : each.args) {
        for (const GroovyNode& trigger : list.children) add_declared_trigger(trigger, unit);
      }
      continue;
    }
    find_triggers(each.children, unit, depth + 1);
    find_triggers(each.args, unit, depth + 1);
  }
}

void PipelineReader::add_declared_trigger(const GroovyNode& call, uint32_t unit) {
  const GroovyNode* first = call.first_arg();
  const std::string spec = first == nullptr ? "" : text_of(*first, {}).text;
  if (call.name == "cron" || call.name == "parameterizedCron") {
    if (trim(std::string_view(spec)).empty()) return;
    add_trigger(out_, unit, TriggerKind::kSchedule, "cron " + spec, call.line);
    started_[CiEvent::kSchedule] = Truth::kYes;
  } else if (call.name == "pollSCM" || call.name == "githubPush" || call.name == "bitbucketPush" ||
             call.name == "gitlab") {
    add_trigger(out_, unit, TriggerKind::kPush, "push (" + call.name + ")", call.line);
    started_[CiEvent::kPush] = Truth::kYes;
  } else if (call.name == "upstream") {
    add_trigger(out_, unit, TriggerKind::kEvent, "after another job", call.line);
  }
}

void PipelineReader::add_parallel(const GroovyNode& call, Scope& scope) {
  Scope group = inside(scope, new_unit(scope, UnitKind::kStep, "parallel", call.line));
  std::vector<const GroovyNode*> branches;
  for (const GroovyNode& argument : call.args) {
    if (argument.kind == GroovyKind::kMap) {
      for (const GroovyNode& entry : argument.children) branches.push_back(&entry);
    } else if (argument.kind == GroovyKind::kName && argument.key.empty()) {
      const auto known = branches_.find(argument.text);
      if (known != branches_.end())
        branches.insert(branches.end(), known->second.begin(), known->second.end());
    } else {
      branches.push_back(&argument);
    }
  }
  bool waited = false;
  for (const GroovyNode* branch : branches) {
    if (branch->kind != GroovyKind::kClosure && branch->kind != GroovyKind::kCall) continue;
    Scope inner = inside(group, new_unit(group, UnitKind::kJob, branch->key, branch->line));
    if (branch->kind == GroovyKind::kClosure) add_statements(branch->children, inner);
    if (branch->kind == GroovyKind::kCall) add_call(*branch, inner);
    waited = waited || inner.waited;
  }
  for (const GroovyNode& each : call.children) {
    if (each.kind == GroovyKind::kCall && each.name == "stage") add_stage(each, group, UnitKind::kJob);
  }
  if (waited || group.waited) wait_for_person(scope, call.line);
}

const GroovyNode* PipelineReader::section(const Statements& statements, std::string_view name) {
  for (const GroovyNode& each : statements) {
    if (each.kind == GroovyKind::kCall && each.name == name && each.receiver.empty()) return &each;
  }
  return nullptr;
}

void PipelineReader::add_declarative(const Statements& sections, Scope& scope) {
  read_parameters(section(sections, "parameters"), scope);
  read_environment(section(sections, "environment"), scope);
  read_agent(section(sections, "agent"), scope);
  if (const GroovyNode* stages = section(sections, "stages")) add_stages(stages->children, scope);
  add_post(section(sections, "post"), scope);
}

void PipelineReader::add_stages(const Statements& stages, Scope& scope) {
  for (const GroovyNode& each : stages) {
    if (each.kind == GroovyKind::kCall && each.name == "stage") add_stage(each, scope, UnitKind::kStep);
  }
}

void PipelineReader::add_stage(const GroovyNode& call, Scope& scope, UnitKind kind) {
  const std::string title = call.first_arg() == nullptr ? "" : text_of(*call.first_arg(), scope.values).text;
  Scope inner = inside(scope, new_unit(scope, kind, title, call.line));
  const Statements& parts = call.children;
  const bool declared = section(parts, "steps") != nullptr || section(parts, "stages") != nullptr ||
                        section(parts, "matrix") != nullptr ||
                        (section(parts, "parallel") != nullptr && section(parts, "parallel")->has_closure);
  const GroovyNode* when = section(parts, "when");
  if (when != nullptr && declared) {
    narrow(inner, when_holds(when->children, inner.values), "the `when` of its stage", when->line);
  }
  if (!declared) {
    add_statements(parts, inner);
  } else {
    add_declared_stage(parts, inner);
  }
  if (inner.waited && !scope.waited) {
    // Later stages wait as well, unless this one is left out by its condition.
    if (when == nullptr) wait_for_person(scope, inner.wait_line);
  }
}

void PipelineReader::add_declared_stage(const Statements& parts, Scope& scope) {
  read_environment(section(parts, "environment"), scope);
  read_agent(section(parts, "agent"), scope);
  if (const GroovyNode* input = section(parts, "input")) wait_for_person(scope, input->line);
  if (const GroovyNode* steps = section(parts, "steps")) add_statements(steps->children, scope);
  if (const GroovyNode* stages = section(parts, "stages")) add_stages(stages->children, scope);
  if (const GroovyNode* parallel = section(parts, "parallel")) add_parallel(*parallel, scope);
  if (const GroovyNode* matrix = section(parts, "matrix")) {
    read_agent(section(matrix->children, "agent"), scope);
    if (const GroovyNode* stages = section(matrix->children, "stages")) add_stages(stages->children, scope);
    add_post(section(matrix->children, "post"), scope);
  }
  add_post(section(parts, "post"), scope);
}

void PipelineReader::read_parameters(const GroovyNode* parameters, Scope& scope) const {
  if (parameters == nullptr) return;
  for (const GroovyNode& each : parameters->children) {
    const GroovyNode* name = each.arg("name");
    const GroovyNode* value = each.arg("defaultValue");
    if (name == nullptr || value == nullptr) continue;
    scope.values["params." + name->text] = value->text;
  }
}

void PipelineReader::read_environment(const GroovyNode* environment, Scope& scope) {
  if (environment == nullptr) return;
  for (const GroovyNode& each : environment->children) {
    if (each.kind == GroovyKind::kAssign) add_assignment(each, scope);
  }
}

void PipelineReader::read_agent(const GroovyNode* agent, Scope& scope) {
  if (agent == nullptr) return;
  for (const GroovyNode& each : agent->children) {
    const std::string& name = each.kind == GroovyKind::kCall ? each.name : each.text;
    const auto setting = [&](std::string_view key) -> std::string {
      const GroovyNode* value = each.arg(key);
      const GroovyNode* inner = section(each.children, key);
      if (inner != nullptr) value = inner->first_arg();
      return value == nullptr ? "" : text_of(*value, scope.values).text;
    };
    if (name == "docker") {
      std::string image = setting("image");
      if (image.empty() && each.first_arg() != nullptr) image = text_of(*each.first_arg(), scope.values).text;
      out_.units[scope.unit].image = Name(image);
    } else if (name == "dockerfile") {
      std::string file = setting("filename");
      if (file.empty()) file = "Dockerfile";
      const std::string target = join_path(join_path("", setting("dir")), file);
      if (target.find('$') == std::string::npos && target != "?") {
        add_link(out_, scope.unit, LinkKind::kUses, UnitKind::kImage, target, each.line);
      }
    }
  }
}

void PipelineReader::add_post(const GroovyNode* post, Scope& scope) {
  if (post == nullptr) return;
  for (const GroovyNode& each : post->children) {
    if (each.kind != GroovyKind::kCall) continue;
    const bool success = each.name == "success";
    const bool anyway = each.name == "always" || each.name == "cleanup";
    Scope inner = inside(
        scope, new_unit(scope, success ? UnitKind::kStep : UnitKind::kJob, "post " + each.name, each.line));
    if (!success && !anyway)
      set_runs(out_, inner.unit, Truth::kUnknown, "post { " + each.name + " }", each.line);
    add_statements(each.children, inner);
  }
}

}  // namespace mlgrade::jenkins
