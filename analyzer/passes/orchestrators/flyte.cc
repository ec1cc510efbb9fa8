// Flyte 1 and 2: workflows and tasks, launch plans and triggers. Calling a workflow runs it, so its tasks are
// found as calls.
#include "analyzer/passes/orchestrators/systems.h"

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

bool is_workflow(Name target) {
  return below(target, "flytekit", "workflow") || below(target, "flytekit", "dynamic");
}
// @task, and @env.task of a flyte.TaskEnvironment.
bool is_task(Name target) { return below(target, "flytekit", "task") || below(target, "flyte", "task"); }

class FlyteFile {
 public:
  FlyteFile(FactStore& facts, uint32_t index) : writer_(facts, index, "flyte"), m_(writer_.module()) {}

  AutomationFile read() {
    for (uint32_t f = 0; f < m_.functions.size(); ++f) {
      PyFunction& function = m_.functions[f];
      const PyDecorator* task = decorator_of(function, is_task);
      const PyDecorator* flow = decorator_of(function, is_workflow);
      if (task == nullptr && flow == nullptr) continue;
      function.task = true;
      // In Flyte 2 a task is what is run and triggered.
      const PyDecorator& decorator = flow != nullptr ? *flow : *task;
      const uint32_t unit = writer_.add(UnitKind::kStage, writer_.qualified(function.name), decorator.span);
      writer_.out.units[unit].title = Name((flow != nullptr ? "workflow " : "task ") + function.name.str());
      writer_.runs(unit, {writer_.index(), f}, function.span);
      if (decorator.call != kNone) add_triggers(f, m_.calls[decorator.call]);
    }
    for (uint32_t c = 0; c < m_.calls.size(); ++c) {
      if (below(m_.calls[c].target, "flyte", "run")) add_run(c);
      if (m_.calls[c].target.view().starts_with("flytekit") &&
          (m_.calls[c].method == "get_or_create" || m_.calls[c].method == "create" ||
           m_.calls[c].method == "LaunchPlan"))
        add_launch_plan(c);
    }
    return std::move(writer_.out);
  }

 private:
  std::string text(const PyCall& call, std::string_view key, uint32_t position = kNone) const {
    return text_of(writer_.facts(), writer_.index(), argument(m_, call, key, position));
  }

  // @env.task(triggers=[flyte.Trigger(automation=flyte.Cron("0 3 * * *"))])
  void add_triggers(uint32_t f, const PyCall& decorator) {
    const PyValue* given = argument(m_, decorator, "triggers");
    if (given == nullptr) return;
    const PyValue list = constant(writer_.facts(), writer_.index(), *given);
    const IndexRange elements = list.elements();
    if (elements.empty()) add_trigger(f, list);
    for (uint32_t i = elements.begin; i < elements.end; ++i) add_trigger(f, m_.values[i]);
  }

  void add_trigger(uint32_t f, const PyValue& given) {
    const PyValue value = constant(writer_.facts(), writer_.index(), given);
    if (value.kind != Kind::kCall && value.kind != Kind::kName) return;
    const Span span = value.kind == Kind::kCall ? m_.calls[value.call].span : m_.functions[f].span;
    const uint32_t unit = writer_.add(UnitKind::kSchedule, writer_.qualified(m_.functions[f].name), span);
    writer_.out.units[unit].title = m_.functions[f].name;
    writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, writer_.qualified(m_.functions[f].name), span)
        .same_file = true;
    if (value.kind == Kind::kCall && is_false(argument(m_, m_.calls[value.call], "auto_activate"))) {
      turn_off(unit, "auto_activate=False", span);
      return;
    }
    std::string cron;
    const PyValue* automation =
        value.kind == Kind::kCall ? argument(m_, m_.calls[value.call], "automation", 1) : nullptr;
    if (automation != nullptr && automation->kind == Kind::kCall)
      cron = text(m_.calls[automation->call], "expression", 0);
    writer_.trigger(unit, TriggerKind::kSchedule, cron.empty() ? "a trigger" : "cron " + cron, span)
        .once_applied = true;
  }

  void turn_off(uint32_t unit, std::string_view why, const Span& span) {
    writer_.out.units[unit].manual = true;
    writer_.out.units[unit].condition = why;
    writer_.out.units[unit].condition_span = span;
  }

  std::string flow_of(const PyCall& call, std::string_view key, uint32_t position) const {
    const PyValue* given = argument(m_, call, key, position);
    if (given == nullptr || given->kind != Kind::kName) return "";
    const Definition found = definition_of(writer_.facts(), writer_.index(), given->text.view());
    if (found.function == kNone) return "";
    const PythonModule& home = writer_.facts().python[found.module];
    return std::string(writer_.facts().path(home.file)) + ":" + home.functions[found.function].name.str();
  }

  // LaunchPlan.get_or_create(workflow=wf, name="x", schedule=CronSchedule(schedule="0 3 * * *"))
  void add_launch_plan(uint32_t c) {
    const PyCall& call = m_.calls[c];
    const std::string flow = flow_of(call, "workflow", 0);
    if (flow.empty()) return;
    std::string name = text(call, "name", 1);
    if (name.empty()) name = flow;
    const uint32_t unit = writer_.add(UnitKind::kDeployment, name, call.span);
    writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, flow, call.span).target_system = writer_.out.system;
    const PyValue* schedule = argument(m_, call, "schedule");
    if (schedule == nullptr) schedule = argument(m_, call, "trigger");
    if (schedule == nullptr || schedule->kind == Kind::kNone) {
      turn_off(unit, "the launch plan has no schedule", call.span);
      return;
    }
    const PyValue made = constant(writer_.facts(), writer_.index(), *schedule);
    std::string cron;
    if (made.kind == Kind::kCall) cron = text(m_.calls[made.call], "schedule", 0);
    writer_.trigger(unit, TriggerKind::kSchedule, cron.empty() ? "a schedule" : "cron " + cron, call.span)
        .once_applied = true;
  }

  // flyte.run(main, ...)
  void add_run(uint32_t c) {
    const std::string flow = flow_of(m_.calls[c], "task", 0);
    if (flow.empty()) return;
    const uint32_t unit = writer_.add(UnitKind::kStep, "flyte.run", m_.calls[c].span);
    writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, flow, m_.calls[c].span).target_system =
        writer_.out.system;
    writer_.starts(unit, writer_.index(), c);
    writer_.builds(unit, c);
  }

  FlowWriter writer_;
  PythonModule& m_;
};

}  // namespace

void collect_flyte(FactStore& facts, Flows& flows) {
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    AutomationFile file = FlyteFile(facts, i).read();
    if (!file.units.empty()) flows.push_back(std::move(file));
  }
}

}  // namespace mlgrade::passes
