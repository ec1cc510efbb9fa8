// Statements of pipelines: stages, conditions, failures that are caught, branches side by side, functions.
#include "analyzer/passes/jenkins/pipeline_reader.h"

#include <algorithm>
#include <array>
#include <span>

#include "analyzer/base/limits.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"

namespace mlgrade::jenkins {
namespace {

constexpr size_t kMaxSteps = 50'000;    // statements looked at in one file, functions unrolled
constexpr int kMaxCalls = 20;           // functions calling one another
constexpr size_t kMaxStatuses = 1'000;  // exit codes kept in variables
constexpr int kMaxNesting = 150;        // of statements, functions unrolled

}  // namespace

bool is_jenkinsfile(std::string_view path) {
  const std::string name = to_lower(base_name(path));
  return name.starts_with("jenkinsfile") || name.ends_with(".jenkinsfile") ||
         name.ends_with("jenkinsfile.groovy");
}

PipelineReader::PipelineReader(const SourceFile& file, const ParsedGroovy& parsed)
    : program_(parsed.program.children), out_(automation_file(file, "jenkins")), path_(file.path) {}

AutomationFile PipelineReader::read() {
  find_functions(program_);
  const bool library = path_.starts_with("vars/") || path_.find("/vars/") != std::string::npos;
  const std::string_view name = base_name(path_);
  const uint32_t unit = library ? add_unit(out_, UnitKind::kTarget, name.substr(0, name.find('.')), 1)
                                : add_unit(out_, UnitKind::kWorkflow, path_, 1);
  if (is_jenkinsfile(path_)) add_triggers(unit);
  Scope scope{unit};
  if (library && functions_.contains("call")) {
    add_statements(functions_.at("call")->children, scope);
  } else if (!library && !is_jenkinsfile(path_)) {
    add_loaded(scope);
  } else {
    add_statements(program_, scope);
  }
  settle_statuses();
  add_publications(out_);
  return std::move(out_);
}

void PipelineReader::find_functions(const Statements& statements) {
  for (const GroovyNode& each : statements) {
    if (each.kind == GroovyKind::kFunction) functions_.emplace(each.name, &each);
    const bool closure = each.kind == GroovyKind::kAssign && !each.children.empty() &&
                         each.children[0].kind == GroovyKind::kClosure;
    if (closure && !each.name.ends_with("[]")) functions_.emplace(each.name, &each.children[0]);
  }
}

uint32_t PipelineReader::new_unit(Scope& scope, UnitKind kind, std::string_view title, uint32_t line) {
  const uint32_t unit = add_unit(out_, kind, std::to_string(out_.units.size()), line, scope.unit);
  out_.units[unit].title = Name(title);
  return unit;
}

PipelineReader::Scope PipelineReader::inside(const Scope& outer, uint32_t unit) const {
  Scope inner = outer;
  inner.unit = unit;
  return inner;
}

void PipelineReader::narrow(Scope& scope, const EventTruth& holds, std::string_view condition,
                            uint32_t line) {
  scope.holds = scope.holds && holds;
  set_runs(out_, scope.unit, started_, scope.holds, std::string(condition), line);
}

void PipelineReader::wait_for_person(Scope& scope, uint32_t line) {
  if (scope.waited) return;
  scope.waited = true;
  scope.wait_line = line;
  scope.unit = new_unit(scope, UnitKind::kStep, "after `input`", line);
  set_manual(out_, scope.unit, "`input`", line);
}

void PipelineReader::add_statements(const Statements& statements, Scope& scope) {
  if (++depth_ > kMaxNesting) {
    --depth_;
    return;
  }
  find_functions(statements);
  for (const GroovyNode& each : statements) {
    if (++steps_ > kMaxSteps) break;
    add_statement(each, scope);
  }
  --depth_;
}

void PipelineReader::add_statement(const GroovyNode& node, Scope& scope) {
  switch (node.kind) {
    case GroovyKind::kCall:
      return add_call(node, scope);
    case GroovyKind::kName:  // a function called without brackets would be a property
      return;
    case GroovyKind::kIf:
      return add_if(node, scope);
    case GroovyKind::kTry:
      return add_try(node, scope);
    case GroovyKind::kLoop:
    case GroovyKind::kBlock:
      for (const GroovyNode& body : node.children) {
        if (body.kind == GroovyKind::kBlock) add_statements(body.children, scope);
      }
      if (node.kind == GroovyKind::kBlock) add_statements(node.children, scope);
      return;
    case GroovyKind::kAssign:
      return add_assignment(node, scope);
    case GroovyKind::kReturn:
    case GroovyKind::kOperator:
      for (const GroovyNode& part : node.children) add_value(part, scope, "");
      return;
    default:
      return;
  }
}

void PipelineReader::add_value(const GroovyNode& node, Scope& scope, const std::string& variable) {
  if (node.kind == GroovyKind::kCall) {
    const size_t before = statuses_.size();
    add_call(node, scope);
    for (size_t i = before; i < statuses_.size(); ++i) {
      if (statuses_[i].variable.empty()) statuses_[i].variable = variable;
    }
    return;
  }
  if (node.kind != GroovyKind::kOperator) return;
  for (const GroovyNode& part : node.children) add_value(part, scope, variable);
}

void PipelineReader::add_assignment(const GroovyNode& node, Scope& scope) {
  if (node.children.empty()) return;
  const GroovyNode& value = node.children[0];
  if (node.name.ends_with("[]")) {
    branches_[node.name.substr(0, node.name.size() - 2)].push_back(&value);
    return;
  }
  if (value.kind == GroovyKind::kMap) {
    for (const GroovyNode& entry : value.children) branches_[node.name].push_back(&entry);
    return;
  }
  const bool image = value.kind == GroovyKind::kCall && value.receiver.size() == 1 &&
                     value.receiver[0].text == "docker" && (value.name == "build" || value.name == "image");
  if (image) images_.insert(node.name);
  add_value(value, scope, node.name);
  const Text text = text_of(value, scope.values);
  std::string_view name = node.name;
  if (name.starts_with("env.")) name.remove_prefix(4);
  const bool plain = value.kind == GroovyKind::kString && text.text.find("${{") == text.text.npos;
  if (plain) {
    scope.values[std::string(name)] = text.text;
  } else {
    scope.values.erase(std::string(name));
  }
}

void PipelineReader::add_if(const GroovyNode& node, Scope& scope) {
  const GroovyNode& condition = node.children[0];
  const size_t before = statuses_.size();
  add_value(condition, scope, "");
  const Effect effect = handled_by(std::span(node.children).subspan(1));
  size_t at = 0;
  std::erase_if(statuses_, [&](const StatusUse& status) {
    const bool new_here = at++ >= before;
    const bool looked_at = new_here || (!status.variable.empty() && mentions(condition, status.variable));
    if (looked_at) judged_.emplace_back(status, effect);
    return looked_at;
  });
  const EventTruth holds = truth_of(condition, scope.values);
  for (size_t i = 1; i < node.children.size(); ++i) {
    const GroovyNode& branch = node.children[i];
    const EventTruth own = i == 1 ? holds : !holds;
    if (own.automatic() == Truth::kYes && own[CiEvent::kPush] == Truth::kYes &&
        own[CiEvent::kPullRequest] == Truth::kYes) {
      add_statements(branch.children, scope);
      continue;
    }
    Scope inner = inside(scope, new_unit(scope, UnitKind::kStep, i == 1 ? "if" : "else", branch.line));
    narrow(inner, own, i == 1 ? "the condition of an `if`" : "the `else` of an `if`", node.line);
    add_statements(branch.children, inner);
  }
}

void PipelineReader::add_try(const GroovyNode& node, Scope& scope) {
  Effect effect = Effect::kBlocking;
  uint32_t line = node.line;
  for (const GroovyNode& part : node.children) {
    if (part.kind != GroovyKind::kCatch) continue;
    effect = worst(effect, handled_by(part.children));
    line = part.line;
  }
  for (const GroovyNode& part : node.children) {
    const bool body = part.kind == GroovyKind::kBlock;
    if (body && effect == Effect::kBlocking) {
      add_statements(part.children, scope);
      continue;
    }
    const char* title = body ? "try" : part.kind == GroovyKind::kCatch ? "catch" : "finally";
    Scope inner = inside(scope, new_unit(scope, UnitKind::kStep, title, part.line));
    if (body) {
      set_effect(out_, inner.unit, effect,
                 effect == Effect::kSwallowed ? "its `catch` goes on"
                                              : "its `catch` only sets the result of the build",
                 line);
    }
    if (part.kind == GroovyKind::kCatch)
      set_runs(out_, inner.unit, Truth::kUnknown, "only after a failure", part.line);
    add_statements(part.children, inner);
    if (body && inner.waited && !scope.waited) wait_for_person(scope, inner.wait_line);
  }
}

void PipelineReader::add_call(const GroovyNode& call, Scope& scope) {
  for (const GroovyNode& receiver : call.receiver) {
    if (receiver.kind == GroovyKind::kCall) add_call(receiver, scope);  // docker.image(...).inside { }
  }
  if (call.receiver.empty() && add_structure(call, scope)) return;
  if (add_shell_step(out_, scope.unit, call, scope.values, statuses_)) {
    if (statuses_.size() > kMaxStatuses) statuses_.pop_back();
    return;
  }
  if (call.receiver.empty() && call_function(call, scope)) return;
  const bool pushes =
      call.name == "push" && call.receiver.size() == 1 &&
      (images_.contains(call.receiver[0].text) ||
       (call.receiver[0].receiver.size() == 1 && call.receiver[0].receiver[0].text == "docker"));
  if (pushes) return add_push(out_, scope.unit, call, scope.values);
  if (add_known_step(out_, scope.unit, call, scope.values)) return;
  if (call.has_closure) {  // timeout { }, withCredentials { }, each { }: what is inside runs
    return add_statements(call.children, scope);
  }
  for (const GroovyNode& argument : call.args) {
    if (argument.kind == GroovyKind::kClosure) add_statements(argument.children, scope);
    if (argument.kind == GroovyKind::kCall) add_call(argument, scope);
  }
  if (!call.receiver.empty() || call.name.empty()) return;
  // A step of a shared library, perhaps one of this repository.
  add_link(out_, scope.unit, LinkKind::kRuns, UnitKind::kTarget, call.name, call.line).target_system =
      out_.system;
}

bool PipelineReader::add_structure(const GroovyNode& call, Scope& scope) {
  const std::string& name = call.name;
  if (name == "stage") {
    add_stage(call, scope, UnitKind::kStep);
  } else if (name == "pipeline" && call.has_closure) {
    add_declarative(call.children, scope);
  } else if (name == "parallel") {
    add_parallel(call, scope);
  } else if (name == "input") {
    wait_for_person(scope, call.line);
  } else if (name == "catchError" || name == "warnError") {
    add_caught(call, scope);
  } else if (name == "dir") {
    add_folder(call, scope);
  } else if (name == "load") {
    const std::string path = call.first_arg() == nullptr ? "" : text_of(*call.first_arg(), scope.values).text;
    const std::string target = join_path("", path);
    if (target != "?" && target.find('$') == std::string::npos && !target.empty()) {
      add_link(out_, scope.unit, LinkKind::kUses, UnitKind::kWorkflow, target, call.line);
    }
  } else {
    // Settings, and what only prepares.
    if (name == "checkout" || name == "git") note_checkout(call, scope);
    constexpr std::array<std::string_view, 15> kSettings = {
        "properties", "triggers", "options",     "parameters", "tools", "libraries", "library", "echo",
        "error",      "checkout", "environment", "when",       "post",  "agent",     "git"};
    return std::find(kSettings.begin(), kSettings.end(), name) != kSettings.end();
  }
  return true;
}

namespace {

// `branch: 'x'`, or the name in `branches: [[name: '*/x']]`, however deep it stands.
const GroovyNode* branch_of(const GroovyNode& node, bool in_branches, int depth) {
  if (depth > 10) return nullptr;
  const bool named = node.key == "branch" || (in_branches && node.key == "name");
  if (named && node.kind == GroovyKind::kString) return &node;
  for (const std::vector<GroovyNode>* part : {&node.args, &node.children}) {
    for (const GroovyNode& each : *part) {
      const GroovyNode* found = branch_of(each, in_branches || node.key == "branches", depth + 1);
      if (found != nullptr) return found;
    }
  }
  return nullptr;
}

}  // namespace

void PipelineReader::note_checkout(const GroovyNode& call, const Scope& scope) {
  const GroovyNode* node = branch_of(call, false, 0);
  if (node == nullptr) return;
  std::string_view branch = node->text;
  for (std::string_view prefix : {"*/", "**/", "refs/heads/", "origin/"}) {
    if (branch.starts_with(prefix)) branch.remove_prefix(prefix.size());
  }
  if (text_of(*node, scope.values).text.find("${{") != std::string::npos) return;  // that of the run
  set_runs(out_, 0, takes_default_branch(branch),
           "it checks out the branch " + std::string(branch) + ", which may not be the default one",
           node->line);
}

bool PipelineReader::call_function(const GroovyNode& call, Scope& scope) {
  const auto found = functions_.find(call.name);
  if (found == functions_.end() || scope.calls >= kMaxCalls) return false;
  const GroovyNode& function = *found->second;
  if (std::find(active_.begin(), active_.end(), &function) != active_.end()) return true;
  active_.push_back(&function);
  const Values outer = scope.values;
  for (size_t i = 0; i < function.args.size(); ++i) {
    scope.values.erase(function.args[i].text);
    if (i >= call.args.size() || !call.args[i].key.empty()) continue;
    const Text text = text_of(call.args[i], outer);
    if (text.known && text.text.find("${{") == text.text.npos)
      scope.values[function.args[i].text] = text.text;
  }
  ++scope.calls;
  add_statements(function.children, scope);
  --scope.calls;
  scope.values = outer;
  active_.pop_back();
  return true;
}

void PipelineReader::add_caught(const GroovyNode& call, Scope& scope) {
  const GroovyNode* result = call.arg("buildResult");
  const std::string kept = result == nullptr ? "FAILURE" : result->text;
  const bool lost = call.name == "catchError" && (kept == "SUCCESS" || kept == "null");
  Scope inner = inside(scope, new_unit(scope, UnitKind::kStep, call.name, call.line));
  set_effect(
      out_, inner.unit, lost ? Effect::kSwallowed : Effect::kReporting,
      lost ? "`catchError(buildResult: 'SUCCESS')`" : "`" + call.name + "` goes on and only marks the build",
      call.line);
  add_statements(call.children, inner);
  if (inner.waited) wait_for_person(scope, inner.wait_line);
}

void PipelineReader::add_folder(const GroovyNode& call, Scope& scope) {
  Scope inner = inside(scope, new_unit(scope, UnitKind::kStep, "dir", call.line));
  const std::string folder = call.first_arg() == nullptr ? "" : text_of(*call.first_arg(), scope.values).text;
  std::string outer;
  for (uint32_t at = scope.unit; at != kNone && outer.empty(); at = out_.units[at].parent) {
    outer = out_.units[at].working_directory.str();
  }
  const std::string path =
      folder.find('$') != folder.npos || outer == "?" ? "?" : join_path(outer == "." ? "" : outer, folder);
  out_.units[inner.unit].working_directory = Name(path.empty() ? "." : path);
  add_statements(call.children, inner);
  if (inner.waited) wait_for_person(scope, inner.wait_line);
}

void PipelineReader::add_loaded(Scope& scope) {
  add_statements(program_, scope);
  const std::map<std::string, const GroovyNode*> all = functions_;
  for (const auto& [name, function] : all) {
    Scope inner = inside(scope, new_unit(scope, UnitKind::kStep, name, function->line));
    set_runs(out_, inner.unit, Truth::kUnknown, "if it is called where the file is loaded", function->line);
    add_statements(function->children, inner);
  }
}

void PipelineReader::settle_statuses() {
  for (const StatusUse& status : statuses_) apply_status(status, Effect::kSwallowed);
  for (const auto& [status, effect] : judged_) apply_status(status, effect);
}

void PipelineReader::apply_status(const StatusUse& status, Effect effect) {
  if (effect == Effect::kBlocking) return;
  for (size_t i = status.first; i < status.end && i < out_.commands.size(); ++i) {
    Command& command = out_.commands[i];
    if (effect <= command.effect) continue;
    command.effect = effect;
    command.effect_why = effect == Effect::kSwallowed
                             ? "`returnStatus: true`, and the exit code fails nothing"
                             : "its exit code only sets the result of the build";
    command.effect_span = line_span(out_.file, status.line);
  }
}

}  // namespace mlgrade::jenkins
