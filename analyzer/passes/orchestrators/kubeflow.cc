// Kubeflow Pipelines 1 and 2 and Vertex AI pipelines: components, pipelines that wire them, and the calls
// that compile, submit or schedule a pipeline, wherever they stand.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/facts/bodies.h"
#include "analyzer/passes/orchestrators/systems.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

bool is_kfp(Name target) { return target.view().starts_with("kfp."); }
bool is_pipeline(Name target) { return below(target, "kfp", "pipeline"); }
bool is_component(Name target) {
  return below(target, "kfp", "component") || below(target, "kfp", "container_component") ||
         below(target, "kfp", "python_component");
}
bool is_condition(Name target) {
  return below(target, "kfp", "If") || below(target, "kfp", "Elif") || below(target, "kfp", "Condition");
}

bool makes_component(Name target) {
  return below(target, "kfp", "create_component_from_func") || below(target, "kfp", "func_to_container_op");
}

struct Pipeline {
  size_t flow = 0;  // into the files of this pass
  uint32_t unit = kNone;
  uint32_t module = kNone;
  uint32_t function = kNone;
  std::vector<std::string> packages;  // what it is compiled to, as far as known
  Span compiled_at;
  bool submitted = false;
};

class KubeflowFile {
 public:
  KubeflowFile(FactStore& facts, uint32_t index) : writer_(facts, index, "kubeflow"), m_(writer_.module()) {}

  AutomationFile read(std::vector<Pipeline>& pipelines, size_t flow) {
    for (uint32_t f = 0; f < m_.functions.size(); ++f) {
      PyFunction& function = m_.functions[f];
      function.task |= decorator_of(function, is_component) != nullptr;
      const PyDecorator* decorator = decorator_of(function, is_pipeline);
      if (decorator == nullptr) continue;
      function.task = true;
      pipelines.push_back({.flow = flow,
                           .unit = add_pipeline(f, *decorator),
                           .module = writer_.index(),
                           .function = f,
                           .packages = {},
                           .compiled_at = {}});
    }
    return std::move(writer_.out);
  }

 private:
  uint32_t add_pipeline(uint32_t f, const PyDecorator& decorator) {
    const PyFunction& function = m_.functions[f];
    const uint32_t unit = writer_.add(UnitKind::kStage, writer_.qualified(function.name), decorator.span);
    writer_.out.units[unit].title = Name("pipeline " + function.name.str());
    // Conditions and loops between the tasks are the pipeline's own.
    writer_.runs(unit, {writer_.index(), f}, decorator.span);
    TaskOrder order(m_);
    add_called_tasks(writer_, order, f, unit, [](const PyFunction& called) {
      return decorator_of(called, is_component) != nullptr || decorator_of(called, is_pipeline) != nullptr;
    });
    add_made_components(order, f, unit);
    order.name_results();
    for (const TaskOrder::Pair& pair : order.by_arguments()) {
      const LinkKind kind = is_careless(order, pair.then) ? LinkKind::kHappensAfter : LinkKind::kNeeds;
      writer_.needs(pair.then, pair.first, kind, pair.span);
    }
    add_conditions(order);
    add_containers(unit);
    return unit;
  }

  // op = create_component_from_func(train); op(...) and ContainerOp(image=..., command=[...]).
  void add_made_components(TaskOrder& order, uint32_t f, uint32_t flow) {
    for (uint32_t c : indices(m_.body(f).calls)) {
      const PyCall& call = m_.calls[c];
      if (call.function != f || call.wires) continue;
      const Definition made = definition_of(writer_.facts(), writer_.index(), call.callee.view());
      PyRef function;
      if (made.binding != kNone) {
        const PythonModule& home = writer_.facts().python[made.module];
        const PyValue& value = home.bindings[made.binding].value;
        if (value.kind == Kind::kCall && makes_component(home.calls[value.call].target)) {
          const std::vector<PyRef> given = handed(home, value.call);
          if (given.size() == 1) function = given.front();
        }
      }
      const bool container = below(call.target, "kfp", "ContainerOp");
      if (!function.valid() && !container) continue;
      const uint32_t unit = writer_.add_part(flow, call.method.view(), call.span);
      writer_.runs(unit, function, call.span);
      if (container) add_command(unit, call);
      writer_.builds(unit, c);
      order.made_by(c, unit);
    }
  }

  // @container_component functions say what to run by dsl.ContainerSpec(command=[...], args=[...]).
  void add_containers(uint32_t flow) {
    for (size_t i = 0; i < writer_.out.code.size(); ++i) {
      const UnitCode code = writer_.out.code[i];
      if (code.unit == flow || code.function.module != writer_.index()) continue;
      for (const PyCall& call : calls_in(m_, code.function.index)) {
        if (call.function == code.function.index && below(call.target, "kfp", "ContainerSpec"))
          add_command(code.unit, call);
      }
    }
  }

  void add_command(uint32_t unit, const PyCall& call) {
    std::string line;
    for (std::string_view key : {"command", "args", "arguments"}) {
      const PyValue* list = argument(m_, call, key);
      if (list == nullptr) continue;
      if (list->kind == Kind::kString) line += (line.empty() ? "" : " ") + list->text.str();
      const IndexRange elements = list->elements();
      for (uint32_t i = elements.begin; i < elements.end; ++i) {
        const PyValue& word = m_.values[i];
        line += line.empty() ? "" : " ";
        line += word.kind == Kind::kString ? shell_quoted(word.text.view()) : "$_";
      }
    }
    writer_.command(unit, line, call.span);
  }

  bool is_careless(const TaskOrder& order, uint32_t unit) const {
    for (const PyCall& call : m_.calls) {
      if (call.method != "ignore_upstream_failure") continue;
      PyValue receiver;
      receiver.kind = call.receiver == kNone ? Kind::kName : Kind::kCall;
      receiver.call = call.receiver;
      receiver.text = call.callee;
      const TaskOrder::Units units = order.of(receiver, call.function);
      if (std::find(units.begin(), units.end(), unit) != units.end()) return true;
    }
    return false;
  }

  // with dsl.If(evaluate.output == "true"): what stands below waits for what it asks.
  void add_conditions(const TaskOrder& order) {
    for (size_t i = 0, count = writer_.out.calls.size(); i < count; ++i) {
      const UnitCall built = writer_.out.calls[i];
      for (uint32_t at = m_.calls[built.call].block; at != kNone; at = m_.blocks[at].parent) {
        if (m_.blocks[at].kind != PyBlock::Kind::kWith) continue;
        for (uint32_t c = m_.blocks[at].contexts.begin; c < m_.blocks[at].contexts.end; ++c) {
          if (!is_condition(m_.calls[c].target)) continue;
          for (uint32_t a = m_.calls[c].args.begin; a < m_.calls[c].args.end; ++a) {
            const IndexRange reads = m_.args[a].reads;
            for (uint32_t n = reads.begin; n < reads.end; ++n) {
              for (uint32_t first : order.of_name(m_.names[n].view(), m_.calls[c].function))
                writer_.needs(built.unit, first, LinkKind::kNeeds, m_.calls[c].span);
            }
          }
        }
      }
    }
  }

  FlowWriter writer_;
  PythonModule& m_;
};

// Calls that compile or submit, in all modules.
class Submissions {
 public:
  Submissions(FactStore& facts, Flows& flows, std::vector<Pipeline>& pipelines)
      : facts_(facts), flows_(flows), pipelines_(pipelines) {}

  void link() {
    for (uint32_t i = 0; i < facts_.python.size(); ++i) {
      for (uint32_t c = 0; c < facts_.python[i].calls.size(); ++c) compile(i, c);
    }
    for (uint32_t i = 0; i < facts_.python.size(); ++i) {
      for (uint32_t c = 0; c < facts_.python[i].calls.size(); ++c) submit(i, c);
    }
    for (const Pipeline& pipeline : pipelines_) {
      if (pipeline.submitted) continue;
      AutomationFile& file = flows_[pipeline.flow];
      const bool compiled = pipeline.compiled_at.valid();
      Trigger never;
      never.kind = TriggerKind::kEvent;
      never.unit = pipeline.unit;
      never.automatic = Truth::kNo;
      never.detail = file.units[pipeline.unit].title.str();
      never.why_not = compiled ? "the pipeline is only compiled, nothing submits it"
                               : "nothing compiles or submits the pipeline";
      never.span = compiled ? pipeline.compiled_at : file.units[pipeline.unit].span;
      file.triggers.push_back(std::move(never));
    }
  }

 private:
  // Pipelines whose function is named by an argument.
  std::vector<Pipeline*> by_function(uint32_t module, const PyValue* value) {
    std::vector<Pipeline*> found;
    if (value == nullptr || value->kind != Kind::kName) return found;
    const Definition wanted = definition_of(facts_, module, value->text.view());
    for (Pipeline& pipeline : pipelines_) {
      if (wanted.function != kNone && pipeline.module == wanted.module &&
          pipeline.function == wanted.function)
        found.push_back(&pipeline);
    }
    return found;
  }

  void compile(uint32_t module, uint32_t c) {
    const PythonModule& m = facts_.python[module];
    const PyCall& call = m.calls[c];
    if (!is_kfp(call.target) || call.method != "compile") return;
    const PyValue* given = argument(m, call, "pipeline_func", 0);
    for (Pipeline* pipeline : by_function(module, given)) {
      const std::string package = text_of(facts_, module, argument(m, call, "package_path", 1));
      if (!package.empty()) pipeline->packages.push_back(package);
      if (!pipeline->compiled_at.valid()) pipeline->compiled_at = call.span;
    }
  }

  // The pipelines that a submission means: by function, by the file it was compiled to, else any.
  std::vector<Pipeline*> submitted(uint32_t module, const PyCall& call, Truth& certain) {
    const PythonModule& m = facts_.python[module];
    certain = Truth::kYes;
    for (std::string_view key : {"pipeline_func", "pipeline", ""}) {
      std::vector<Pipeline*> found = by_function(module, argument(m, call, key, key.empty() ? 0 : kNone));
      if (!found.empty()) return found;
    }
    std::vector<Pipeline*> found;
    for (std::string_view key : {"pipeline_package_path", "pipeline_file", "template_path", ""}) {
      const std::string package = text_of(facts_, module, argument(m, call, key, key.empty() ? 0 : kNone));
      if (package.empty()) continue;
      for (Pipeline& pipeline : pipelines_) {
        const bool same =
            std::any_of(pipeline.packages.begin(), pipeline.packages.end(),
                        [&](const std::string& known) { return base_name(known) == base_name(package); });
        if (same) found.push_back(&pipeline);
      }
      if (!found.empty()) return found;
    }
    // A path that is given at run time may be that of any pipeline.
    certain = Truth::kUnknown;
    for (Pipeline& pipeline : pipelines_) {
      if (pipeline.module == module) found.push_back(&pipeline);
    }
    if (!found.empty()) return found;
    for (Pipeline& pipeline : pipelines_) found.push_back(&pipeline);
    return found;
  }

  void submit(uint32_t module, uint32_t c) {
    const PythonModule& m = facts_.python[module];
    const PyCall& call = m.calls[c];
    const std::string_view target = call.target.view();
    constexpr std::array<std::string_view, 5> kRuns = {
        "create_run_from_pipeline_func", "create_run_from_pipeline_package", "run_pipeline",
        "create_recurring_run", "create_schedule_from_job_spec"};
    constexpr std::array<std::string_view, 4> kJob = {"submit", "run", "create_schedule", "create"};
    bool client = std::find(kRuns.begin(), kRuns.end(), call.method.view()) != kRuns.end() &&
                  (is_kfp(call.target) || target.empty() || target.starts_with("google."));
    const PyCall* named = &call;
    bool job = std::find(kJob.begin(), kJob.end(), call.method.view()) != kJob.end() &&
               target.starts_with("google.") && (target.find("PipelineJob") != target.npos);
    if (!client && !job) return;
    if (job) named = constructor_of(module, c);
    if (named == nullptr) return;
    Truth certain = Truth::kYes;
    for (Pipeline* pipeline : submitted(module, *named, certain)) {
      pipeline->submitted = true;
      add_start(*pipeline, module, c, certain);
    }
  }

  // PipelineJob(template_path=...) of `job.submit()`.
  const PyCall* constructor_of(uint32_t module, uint32_t c) const {
    const PythonModule& m = facts_.python[module];
    for (uint32_t at = m.calls[c].receiver; at != kNone; at = m.calls[at].receiver) {
      if (m.calls[at].method == "PipelineJob") return &m.calls[at];
    }
    const std::string_view object = m.calls[c].callee.view().substr(0, m.calls[c].callee.view().rfind('.'));
    for (const PyBinding& binding : bindings_in(m, m.calls[c].function)) {
      if (binding.target == object && binding.function == m.calls[c].function &&
          binding.value.kind == Kind::kCall && m.calls[binding.value.call].method == "PipelineJob")
        return &m.calls[binding.value.call];
    }
    for (const PyCall& call : m.calls) {
      if (call.method == "PipelineJob") return &call;
    }
    return nullptr;
  }

  void add_start(const Pipeline& pipeline, uint32_t module, uint32_t c, Truth certain) {
    AutomationFile& file = flows_[pipeline.flow];
    const PythonModule& m = facts_.python[module];
    const PyCall& call = m.calls[c];
    const bool scheduled = call.method == "create_recurring_run" || call.method == "create_schedule" ||
                           call.method == "create_schedule_from_job_spec";
    if (!scheduled) {
      file.calls.push_back({UnitCall::Role::kStarts, pipeline.unit, module, c, certain});
      return;
    }
    const uint32_t index = add_schedule_of(file, pipeline.unit, module, c, call.span, certain);
    if (is_false(argument(m, call, "enabled")) || is_true(argument(m, call, "disabled"))) {
      Unit& unit = file.units[index];
      unit.manual = true;
      unit.condition = "the recurring run is not enabled";
      unit.condition_span = call.span;
      return;
    }
    std::string cron = text_of(facts_, module, argument(m, call, "cron_expression"));
    if (cron.empty()) cron = text_of(facts_, module, argument(m, call, "cron"));
    add_submitted_trigger(file, index, cron.empty() ? "a recurring run" : "cron " + cron, call.span);
  }

  FactStore& facts_;
  Flows& flows_;
  std::vector<Pipeline>& pipelines_;
};

}  // namespace

void collect_kubeflow(FactStore& facts, Flows& flows) {
  Flows own;
  std::vector<Pipeline> pipelines;
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    AutomationFile file = KubeflowFile(facts, i).read(pipelines, own.size());
    if (!file.units.empty()) own.push_back(std::move(file));
  }
  Submissions(facts, own, pipelines).link();
  std::move(own.begin(), own.end(), std::back_inserter(flows));
}

}  // namespace mlgrade::passes
