// ZenML: calling a pipeline runs it and its steps, here or where its stack says; a call with a schedule hands
// it to the orchestrator.
#include "analyzer/passes/orchestrators/systems.h"

namespace mlgrade::passes {
namespace {

bool is_pipeline(Name target) { return below(target, "zenml", "pipeline"); }
bool is_step(Name target) { return below(target, "zenml", "step"); }

class ZenmlFile {
 public:
  ZenmlFile(FactStore& facts, uint32_t index) : writer_(facts, index, "zenml"), m_(writer_.module()) {}

  AutomationFile read() {
    for (uint32_t f = 0; f < m_.functions.size(); ++f) {
      PyFunction& function = m_.functions[f];
      function.task |= decorator_of(function, is_step) != nullptr;
      const PyDecorator* decorator = decorator_of(function, is_pipeline);
      if (decorator == nullptr) continue;
      function.task = true;
      const uint32_t unit = writer_.add(UnitKind::kStage, writer_.qualified(function.name), decorator->span);
      writer_.out.units[unit].title = Name("pipeline " + function.name.str());
      writer_.runs(unit, {writer_.index(), f}, function.span);
    }
    for (uint32_t c = 0; c < m_.calls.size(); ++c) add_schedule(c);
    return std::move(writer_.out);
  }

 private:
  // pipeline.with_options(schedule=Schedule(cron_expression="..."))()
  void add_schedule(uint32_t c) {
    const PyCall& call = m_.calls[c];
    const PyValue* schedule = argument(m_, call, "schedule");
    if (schedule == nullptr || schedule->kind == PyValue::Kind::kNone) return;
    PyRef pipeline = call.function_ref;
    if (!pipeline.valid())
      pipeline = definition_of(writer_.facts(), writer_.index(), call.callee.view()).ref();
    const PyFunction* function = writer_.facts().function(pipeline);
    if (function == nullptr || decorator_of(*function, is_pipeline) == nullptr) return;
    const PyValue made = constant(writer_.facts(), writer_.index(), *schedule);
    std::string cron;
    if (made.kind == PyValue::Kind::kCall) {
      cron = text_of(writer_.facts(), writer_.index(), argument(m_, m_.calls[made.call], "cron_expression"));
    }
    const uint32_t unit = writer_.add(UnitKind::kSchedule, function->name.view(), call.span);
    writer_.runs(unit, pipeline, call.span);
    writer_.starts(unit, writer_.index(), c);
    writer_.trigger(unit, TriggerKind::kSchedule, cron.empty() ? "a schedule" : "cron " + cron, call.span)
        .once_applied = true;
  }

  FlowWriter writer_;
  PythonModule& m_;
};

}  // namespace

void collect_zenml(FactStore& facts, Flows& flows) {
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    AutomationFile file = ZenmlFile(facts, i).read();
    if (!file.units.empty()) flows.push_back(std::move(file));
  }
}

}  // namespace mlgrade::passes
