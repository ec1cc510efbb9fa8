// Prefect 2 and 3: flows, and the deployments that code makes of them. Calling a flow runs it, so its tasks
// are found as calls.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/passes/orchestrators/systems.h"

namespace mlgrade::passes {
namespace {

bool is_flow_decorator(Name target) { return below(target, "prefect", "flow"); }
bool is_task_decorator(Name target) { return below(target, "prefect", "task"); }

class PrefectFile {
 public:
  PrefectFile(FactStore& facts, uint32_t index) : writer_(facts, index, "prefect"), m_(writer_.module()) {}

  AutomationFile read() {
    for (uint32_t f = 0; f < m_.functions.size(); ++f) {
      PyFunction& function = m_.functions[f];
      function.task |= decorator_of(function, is_task_decorator) != nullptr;
      if (const PyDecorator* decorator = decorator_of(function, is_flow_decorator)) add_flow(f, *decorator);
    }
    for (uint32_t c = 0; c < m_.calls.size(); ++c) add_deployment(c);
    return std::move(writer_.out);
  }

 private:
  void add_flow(uint32_t f, const PyDecorator& decorator) {
    PyFunction& function = m_.functions[f];
    function.task = true;
    const uint32_t unit = writer_.add(UnitKind::kStage, writer_.qualified(function.name), decorator.span);
    writer_.out.units[unit].title = Name("flow " + function.name.str());
    writer_.runs(unit, {writer_.index(), f}, function.span);
  }

  // The flow that `flow.serve(...)`, `flow.deploy(...)` and the like speak of: "flows/train.py:train".
  std::string flow_of(uint32_t c) const {
    const PyCall& call = m_.calls[c];
    // flow.from_source(..., entrypoint="flows/train.py:train").deploy(...)
    for (uint32_t at = c; at != kNone; at = m_.calls[at].receiver) {
      const std::string entry =
          text_of(writer_.facts(), writer_.index(), argument(m_, m_.calls[at], "entrypoint"));
      if (!entry.empty()) return entry;
    }
    Definition flow = definition_of(writer_.facts(), writer_.index(), call.callee.view());
    if (!is_flow(flow)) {
      const PyValue* given = argument(m_, call, "flow", 0);
      if (given == nullptr || given->kind != PyValue::Kind::kName) return "";
      flow = definition_of(writer_.facts(), writer_.index(), given->text.view());
      if (!is_flow(flow)) return "";
    }
    const PythonModule& home = writer_.facts().python[flow.module];
    return std::string(writer_.facts().path(home.file)) + ":" + home.functions[flow.function].name.str();
  }

  bool is_flow(const Definition& found) const {
    const PyFunction* function = writer_.facts().function(found.ref());
    return function != nullptr && decorator_of(*function, is_flow_decorator) != nullptr;
  }

  void add_deployment(uint32_t c) {
    constexpr std::array<std::string_view, 5> kMethods = {"serve", "deploy", "to_deployment",
                                                          "build_from_flow", "from_flow"};
    const PyCall& call = m_.calls[c];
    if (std::find(kMethods.begin(), kMethods.end(), call.method.view()) == kMethods.end()) return;
    const std::string flow = flow_of(c);
    if (flow.empty()) return;
    std::string name = text_of(writer_.facts(), writer_.index(), argument(m_, call, "name", 0));
    if (name.empty()) name = flow.substr(flow.rfind(':') + 1);
    const uint32_t unit = writer_.add(UnitKind::kDeployment, name, call.span);
    writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, flow, call.span).target_system = writer_.out.system;
    start(unit, c);
    add_schedule(unit, call);
  }

  // `flow.serve()` and `flow.deploy()` act at once; what build_from_flow and to_deployment make is applied
  // later, or handed to serve().
  void start(uint32_t unit, uint32_t c) {
    const PyCall& made = m_.calls[c];
    if (made.method == "serve" || made.method == "deploy" || is_true(argument(m_, made, "apply")))
      return writer_.starts(unit, writer_.index(), c);
    Name variable;
    for (const PyBinding& binding : m_.bindings) {
      if (binding.value.kind == PyValue::Kind::kCall && binding.value.call == c) variable = binding.target;
    }
    for (uint32_t other = 0; other < m_.calls.size(); ++other) {
      const PyCall& call = m_.calls[other];
      const std::string_view object = call.callee.view().substr(0, call.callee.view().rfind('.'));
      const bool own = call.receiver == c || (!variable.empty() && object == variable);
      const bool applies = call.method == "apply" && own;
      const bool serves = (call.method == "serve" || call.method == "deploy") && is_handed(call, c, variable);
      if (applies || serves) writer_.starts(unit, writer_.index(), other);
    }
  }

  bool is_handed(const PyCall& call, uint32_t made, Name variable) const {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyArg& arg = m_.args[a];
      if (arg.value.kind == PyValue::Kind::kCall && arg.value.call == made) return true;
      for (uint32_t n = arg.reads.begin; n < arg.reads.end; ++n) {
        if (!variable.empty() && m_.names[n] == variable) return true;
      }
    }
    return false;
  }

  void add_schedule(uint32_t unit, const PyCall& call) {
    constexpr std::array<std::string_view, 5> kKeys = {"cron", "interval", "rrule", "schedule", "schedules"};
    const PyValue* given = nullptr;
    for (std::string_view key : kKeys) {
      const PyValue* value = argument(m_, call, key);
      if (value != nullptr && value->kind != PyValue::Kind::kNone) given = value;
    }
    Unit& made = writer_.out.units[unit];
    const bool paused = is_true(argument(m_, call, "paused")) ||
                        is_false(argument(m_, call, "is_schedule_active")) || inactive(given);
    if (given == nullptr || paused) {
      made.manual = true;
      made.condition = paused ? "its schedule is paused" : "it has no schedule";
      made.condition_span = call.span;
      return;
    }
    const std::string cron = text_of(writer_.facts(), writer_.index(), given);
    writer_.trigger(unit, TriggerKind::kSchedule, cron.empty() ? "a schedule" : "cron " + cron, call.span)
        .once_applied = true;
  }

  // CronSchedule(...), DeploymentScheduleCreate(schedule=..., active=False)
  bool inactive(const PyValue* given) const {
    if (given == nullptr) return false;
    const auto says = [&](const PyValue& value) {
      return value.kind == PyValue::Kind::kCall && is_false(argument(m_, m_.calls[value.call], "active"));
    };
    const IndexRange elements = given->elements();
    if (elements.empty()) return says(*given);
    return std::all_of(m_.values.begin() + elements.begin, m_.values.begin() + elements.end, says);
  }

  FlowWriter writer_;
  PythonModule& m_;
};

}  // namespace

void collect_prefect(FactStore& facts, Flows& flows) {
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    // A file that deploys another file's flow need not import prefect itself.
    AutomationFile file = PrefectFile(facts, i).read();
    if (!file.units.empty()) flows.push_back(std::move(file));
  }
}

}  // namespace mlgrade::passes
