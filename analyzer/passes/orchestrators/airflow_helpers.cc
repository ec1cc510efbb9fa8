// Finds the operator behind a call of a project's function and what that call gives it to do.
#include "analyzer/passes/orchestrators/airflow_helpers.h"

#include <algorithm>

#include "analyzer/passes/orchestrators/container_command.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

bool is_operator(const PythonModule& module, const PyValue& value) {
  return value.kind == Kind::kCall && value.call < module.calls.size() &&
         is_operator_name(module.calls[value.call].target.view());
}

}  // namespace

std::string shell_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t open = text.find('{');
    const size_t close = open == text.npos ? text.npos : text.find('}', open);
    out += text.substr(0, close == text.npos ? text.npos : open);
    if (close == text.npos) break;
    const bool shell = open > 0 && text[open - 1] == '$';
    out += shell ? text.substr(open, close - open + 1) : std::string_view("${_}");
    text.remove_prefix(close + 1);
    if (!shell && text.starts_with('}')) text.remove_prefix(1);
  }
  return out;
}

std::vector<MadeOperator> operators_made_by(const FactStore& facts, PyRef ref) {
  std::vector<MadeOperator> found;
  const PyFunction* function = facts.function(ref);
  if (function == nullptr) return found;
  const PythonModule& module = facts.python[ref.module];
  for (uint32_t j = function->body.jumps.begin; j < function->body.jumps.end; ++j) {
    const PyJump& jump = module.jumps[j];
    if (jump.function != ref.index || jump.kind != PyJump::Kind::kReturn) continue;
    if (is_operator(module, jump.value)) found.push_back({ref.module, jump.value.call});
    if (jump.value.kind != Kind::kName) continue;
    for (uint32_t b = function->body.bindings.begin; b < function->body.bindings.end; ++b) {
      const PyBinding& binding = module.bindings[b];
      if (binding.function == ref.index && binding.target == jump.value.text &&
          is_operator(module, binding.value))
        found.push_back({ref.module, binding.value.call});
    }
  }
  return found;
}

HelperTask::HelperTask(FlowWriter& writer, uint32_t call, MadeOperator made)
    : writer_(writer), call_(call), made_(made) {}

Span HelperTask::span() const { return writer_.facts().python[made_.module].calls[made_.call].span; }

HelperTask::Given HelperTask::behind_parameter(const PyValue* value) const {
  const PythonModule& home = writer_.facts().python[made_.module];
  Given here{made_.module, made_.call, value};
  if (value == nullptr || value->kind != Kind::kName) return here;
  const PyCall& caller = writer_.module().calls[call_];
  const uint32_t function = home.calls[made_.call].function;
  if (function == kNone) return here;
  const std::vector<PyParam>& params = home.functions[function].params;
  const uint32_t self = home.functions[function].cls == kNone ? 0 : 1;
  for (uint32_t p = 0; p < params.size(); ++p) {
    if (params[p].name != value->text) continue;
    const uint32_t place = p >= self ? p - self : kNone;
    return {writer_.index(), call_, argument(writer_.module(), caller, params[p].name.view(), place)};
  }
  return here;
}

HelperTask::Given HelperTask::given(std::string_view key, uint32_t position) const {
  const PythonModule& home = writer_.facts().python[made_.module];
  return behind_parameter(argument(home, home.calls[made_.call], key, position));
}

std::string HelperTask::text(std::string_view key) const {
  const Given found = given(key);
  if (found.value == nullptr) return "";
  const PyValue value = constant(writer_.facts(), found.module, *found.value);
  return value.kind == Kind::kString || value.kind == Kind::kFString ? value.text.str() : "";
}

std::string HelperTask::id() const { return text("task_id"); }

bool HelperTask::soft_fails() const { return is_true(given("soft_fail").value); }

std::string HelperTask::trigger_rule() const {
  const Given rule = given("trigger_rule");
  if (rule.value == nullptr) return "";
  std::string found = text_of(writer_.facts(), rule.module, rule.value);
  if (found.empty() && rule.value->kind == Kind::kName) found = to_lower(last_part(rule.value->text.view()));
  return found.starts_with("all_success") || found.starts_with("none_failed") ? "" : found;
}

// A value in the function that makes the operator: what it is given, or the list inside it.
HelperTask::Given HelperTask::overridden() const {
  const PythonModule& home = writer_.facts().python[made_.module];
  const PyCall& made = home.calls[made_.call];
  const PyValue* value = argument(home, made, "overrides");
  if (value == nullptr) value = argument(home, made, "container_overrides");
  for (uint32_t b = 0; value != nullptr && value->kind == Kind::kName && b < home.bindings.size(); ++b) {
    const PyBinding& binding = home.bindings[b];
    if (binding.function == made.function && binding.target == value->text) value = &binding.value;
  }
  if (value == nullptr) return {};
  if (value->kind == Kind::kCall) {  // overrides_for(command)
    const PyCall& maker = home.calls[value->call];
    for (uint32_t a = maker.args.begin; a < maker.args.end; ++a) {
      const Given list = behind_parameter(&home.args[a].value);
      if (list.value != nullptr && list.value->kind == Kind::kList) return list;
    }
    return {};
  }
  return behind_parameter(overridden_command(home, *value));
}

std::string HelperTask::words(const Given& list) const {
  if (list.value == nullptr) return "";
  const PyValue value = constant(writer_.facts(), list.module, *list.value);
  const PythonModule& home = writer_.facts().python[list.module];
  std::string line;
  const IndexRange elements = value.kind == Kind::kList ? value.elements() : IndexRange{};
  for (uint32_t i = elements.begin; i < elements.end; ++i) {
    const Given word = list.module == made_.module ? behind_parameter(&home.values[i])
                                                   : Given{list.module, list.call, &home.values[i]};
    const std::string known = text_of(writer_.facts(), word.module, word.value);
    const bool template_text = known.find("{{") != known.npos;
    line += (line.empty() ? "" : " ") +
            (known.empty() || template_text ? std::string("$_") : shell_quoted(known));
  }
  return line;
}

void HelperTask::add_work(uint32_t unit) {
  const Span at = writer_.module().calls[call_].span;
  for (std::string_view key : {"python_callable", "python_function", "poke_function"}) {
    const Given function = given(key);
    writer_.runs(unit, function_named(writer_.facts(), function.module, function.call, function.value), at);
  }
  for (std::string_view key : {"bash_command", "command", "cmd"})
    writer_.command(unit, shell_text(text(key)), at);
  std::string line;
  for (const Given& list : {given("cmds"), given("arguments"), given("command"), overridden()}) {
    const std::string rest = words(list);
    line += line.empty() || rest.empty() ? rest : " " + rest;
  }
  writer_.command(unit, container_line(line), at);
  if (const std::string application = text("application"); !application.empty())
    writer_.command(unit, "spark-submit " + application, at);
}

}  // namespace mlgrade::passes
