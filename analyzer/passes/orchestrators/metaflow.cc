// Metaflow: FlowSpec classes, their steps in the order of self.next, and what a deployment of them would be
// started by.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/passes/orchestrators/systems.h"

namespace mlgrade::passes {
namespace {

bool is_step(Name target) { return below(target, "metaflow", "step"); }
bool is_catch(Name target) { return below(target, "metaflow", "catch"); }
bool is_trigger(Name target) {
  return below(target, "metaflow", "schedule") || below(target, "metaflow", "trigger") ||
         below(target, "metaflow", "trigger_on_finish");
}

bool is_flow_class(const FactStore& facts, const PyClass& cls, int hops = 0) {
  for (size_t i = 0; i < cls.bases.size(); ++i) {
    if (i < cls.base_targets.size() && below(cls.base_targets[i], "metaflow", "FlowSpec")) return true;
    const PyRef base = i < cls.base_refs.size() ? cls.base_refs[i] : PyRef{};
    if (base.valid() && hops < 8 &&
        is_flow_class(facts, facts.python[base.module].classes[base.index], hops + 1))
      return true;
  }
  return false;
}

class MetaflowFile {
 public:
  MetaflowFile(FactStore& facts, uint32_t index) : writer_(facts, index, "metaflow"), m_(writer_.module()) {}

  AutomationFile read() {
    for (uint32_t c = 0; c < m_.classes.size(); ++c) {
      if (!is_flow_class(writer_.facts(), m_.classes[c])) continue;
      m_.classes[c].flow = true;
      add_flow(c);
    }
    add_runs();
    return std::move(writer_.out);
  }

 private:
  void add_flow(uint32_t c) {
    const PyClass& cls = m_.classes[c];
    const std::string_view path = writer_.facts().path(m_.file);
    const uint32_t flow = writer_.add(UnitKind::kStage, path, cls.span);
    writer_.out.units[flow].title = Name("flow " + cls.name.str());
    std::vector<std::pair<Name, uint32_t>> steps;
    for (uint32_t f = 0; f < m_.functions.size(); ++f) {
      PyFunction& function = m_.functions[f];
      const PyDecorator* step = function.cls == c ? decorator_of(function, is_step) : nullptr;
      if (step == nullptr) continue;
      function.task = true;
      const uint32_t unit = writer_.add_part(flow, function.name.view(), step->span);
      writer_.runs(unit, {writer_.index(), f}, function.span);
      steps.emplace_back(function.name, unit);
      if (const PyDecorator* caught = decorator_of(function, is_catch)) {
        Unit& made = writer_.out.units[unit];
        made.effect = Effect::kSwallowed;
        made.effect_why = "@catch lets the flow go on";
        made.effect_span = caught->span;
      }
    }
    order(c, steps);
    add_deployment(cls, flow, path);
  }

  // self.next(self.a, self.b)
  void order(uint32_t c, const std::vector<std::pair<Name, uint32_t>>& steps) {
    const auto unit_of = [&](std::string_view name) {
      const auto found =
          std::find_if(steps.begin(), steps.end(), [&](const auto& step) { return step.first == name; });
      return found == steps.end() ? kNone : found->second;
    };
    for (const PyCall& call : m_.calls) {
      if (call.callee != "self.next" || call.function == kNone) continue;
      if (m_.functions[call.function].cls != c) continue;
      const uint32_t first = unit_of(m_.functions[call.function].name.view());
      if (first == kNone) continue;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const uint32_t then = unit_of(last_part(m_.args[a].value.text.view()));
        if (then != kNone) writer_.needs(then, first, LinkKind::kNeeds, call.span);
      }
    }
  }

  void add_deployment(const PyClass& cls, uint32_t flow, std::string_view path) {
    const uint32_t unit = writer_.add(UnitKind::kDeployment, path, cls.span);
    writer_.out.units[unit].title = cls.name;
    writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, writer_.out.units[flow].name.view(), cls.span)
        .same_file = true;
    for (const PyDecorator& decorator : cls.decorators) {
      if (!is_trigger(decorator.target)) continue;
      std::string detail = "@" + std::string(last_part(decorator.target.view()));
      if (decorator.call != kNone) {
        const std::string cron =
            text_of(writer_.facts(), writer_.index(), argument(m_, m_.calls[decorator.call], "cron"));
        if (!cron.empty()) detail += " cron " + cron;
      }
      const bool schedule = below(decorator.target, "metaflow", "schedule");
      writer_.trigger(unit, schedule ? TriggerKind::kSchedule : TriggerKind::kEvent, detail, decorator.span)
          .once_applied = true;
      return;
    }
    Unit& made = writer_.out.units[unit];
    made.manual = true;
    made.condition = "the flow has no @schedule and no @trigger";
    made.condition_span = cls.span;
    writer_.never(
        flow, "flow " + cls.name.str(),
        fmt::format("the flow has no @schedule and no @trigger, and nothing runs `python {} run`", path),
        cls.span);
  }

  // Runner("flow.py").run(), Deployer("flow.py").argo_workflows().create()
  void add_runs() {
    for (uint32_t c = 0; c < m_.calls.size(); ++c) {
      const PyCall& call = m_.calls[c];
      const bool runner = below(call.target, "metaflow", "Runner");
      if (!runner && !below(call.target, "metaflow", "Deployer")) continue;
      const std::string path = text_of(writer_.facts(), writer_.index(), argument(m_, call, "flow_file", 0));
      if (path.empty()) continue;
      const uint32_t unit = writer_.add(UnitKind::kStep, call.method.view(), call.span);
      writer_.link(unit, LinkKind::kRuns, runner ? UnitKind::kStage : UnitKind::kDeployment, path, call.span)
          .target_system = writer_.out.system;
      writer_.starts(unit, writer_.index(), c);
    }
  }

  FlowWriter writer_;
  PythonModule& m_;
};

}  // namespace

void collect_metaflow(FactStore& facts, Flows& flows) {
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    AutomationFile file = MetaflowFile(facts, i).read();
    if (!file.units.empty()) flows.push_back(std::move(file));
  }
}

}  // namespace mlgrade::passes
