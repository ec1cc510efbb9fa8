// Airflow 2 and 3: DAGs with their schedules, tasks by operators and by decorated functions, and their order.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/passes/orchestrators/airflow_helpers.h"
#include "analyzer/passes/orchestrators/container_command.h"
#include "analyzer/passes/orchestrators/passed_values.h"
#include "analyzer/passes/orchestrators/systems.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

bool is_dag_class(Name target) { return below(target, "airflow", "DAG"); }
bool is_dag_decorator(Name target) { return below(target, "airflow", "dag"); }
bool is_group_decorator(Name target) { return below(target, "airflow", "task_group"); }

// @task, @task.branch, @setup: airflow.decorators.task, airflow.sdk.task.docker ...
bool is_task_decorator(Name target) {
  if (!target.view().starts_with("airflow.")) return false;
  return below(target, "airflow", "task") || target.view().find(".task.") != std::string_view::npos ||
         below(target, "airflow", "setup") || below(target, "airflow", "teardown");
}

// A folder of DAG files, as Airflow is given one.
bool in_dags_folder(std::string_view path) {
  for (std::string_view part : split(path.substr(0, path.rfind('/') + 1), '/')) {
    if (part.find("dag") != std::string_view::npos || part.find("airflow") != std::string_view::npos)
      return true;
  }
  return false;
}

// Something of the repository puts the file's folder where Airflow looks: a mount, a copy, a deploy command.
bool is_handed_over(const FactStore& facts, std::string_view folder) {
  const auto mentions = [&](std::string_view text) {
    const size_t dags = text.find("dags");
    return dags != text.npos && !folder.empty() && text.substr(0, dags).find(folder) != text.npos;
  };
  for (const ConfigDocument& document : facts.configs) {
    if (document.root.find("services") == nullptr) continue;
    for (const ConfigKey& key : document.keys) {
      if (mentions(key.value)) return true;
    }
  }
  for (const Dockerfile& docker : facts.dockerfiles) {
    for (const DockerInstruction& instruction : docker.instructions) {
      if ((instruction.name == "COPY" || instruction.name == "ADD") && mentions(instruction.value))
        return true;
    }
  }
  return false;
}

// The major version of Airflow that the repository asks for; 0 if it cannot be told.
int airflow_version(const FactStore& facts, const PythonModule& module) {
  for (const PyImport& import : module.imports) {
    if (import.target.view().starts_with("airflow.sdk")) return 3;
  }
  for (const Dependency& dependency : facts.dependencies) {
    if (dependency.name != "apache-airflow") continue;
    const size_t digit = dependency.specifier.find_first_of("0123456789");
    if (digit == std::string::npos || dependency.specifier[0] == '<') continue;
    return dependency.specifier[digit] - '0';
  }
  return 0;
}

struct Dag {
  uint32_t unit = kNone;
  uint32_t call = kNone;      // DAG(...)
  uint32_t function = kNone;  // of @dag
  uint32_t scope = kNone;     // the function in which DAG(...) stands
  Name variable;
};

class AirflowFile {
 public:
  AirflowFile(FactStore& facts, uint32_t index, Callers& callers)
      : writer_(facts, index, "airflow"), m_(writer_.module()), order_(m_), callers_(callers) {}

  AutomationFile read() {
    for (PyFunction& function : m_.functions) {
      function.task |= decorator_of(function, is_task_decorator) != nullptr ||
                       decorator_of(function, is_group_decorator) != nullptr;
    }
    find_dags();
    if (!dags_.empty()) {
      find_tasks();
      order_tasks();
    }
    return std::move(writer_.out);
  }

 private:
  void find_dags() {
    for (uint32_t c = 0; c < m_.calls.size(); ++c) {
      if (!is_dag_class(m_.calls[c].target)) continue;
      const PyCall& call = m_.calls[c];
      std::string id = text_of(writer_.facts(), writer_.index(), argument(m_, call, "dag_id", 0));
      Dag dag{.call = c, .scope = call.function, .variable = variable_of(c)};
      if (id.empty()) id = dag.variable.empty() ? std::string("dag") : dag.variable.str();
      dag.unit = add_dag(id, call, call.span);
      dags_.push_back(dag);
    }
    for (uint32_t f = 0; f < m_.functions.size(); ++f) {
      const PyDecorator* decorator = decorator_of(m_.functions[f], is_dag_decorator);
      if (decorator == nullptr) continue;
      m_.functions[f].task = true;
      std::string id;
      if (decorator->call != kNone)
        id = text_of(writer_.facts(), writer_.index(), argument(m_, m_.calls[decorator->call], "dag_id", 0));
      if (id.empty()) id = m_.functions[f].name.str();
      static const PyCall kNoArguments;
      const PyCall& call = decorator->call == kNone ? kNoArguments : m_.calls[decorator->call];
      dags_.push_back({.unit = add_dag(id, call, decorator->span), .function = f});
    }
  }

  Name variable_of(uint32_t call) const {
    for (const PyBinding& binding : m_.bindings) {
      if (binding.value.kind == Kind::kCall && binding.value.call == call) return binding.target;
    }
    return {};
  }

  uint32_t add_dag(const std::string& id, const PyCall& call, const Span& span) {
    const uint32_t unit = writer_.add(UnitKind::kStage, id, span);
    writer_.out.units[unit].title = Name("DAG " + id);
    add_schedule(unit, call, span);
    return unit;
  }

  void add_schedule(uint32_t unit, const PyCall& call, const Span& span) {
    const PyValue* given = nullptr;
    for (std::string_view key : {"schedule", "schedule_interval", "timetable"}) {
      if (given == nullptr) given = argument(m_, call, key);
    }
    if (is_true(argument(m_, call, "is_paused_upon_creation"))) {
      writer_.by_hand(unit, "the DAG is paused (is_paused_upon_creation=True)", span);
      return;
    }
    if (given != nullptr && given->kind == Kind::kName && is_parameter(m_, call.function, given->text)) {
      if (add_passed_schedules(unit, call.function, given->text)) return;
    }
    Truth automatic = Truth::kYes;
    std::string detail = "schedule";
    if (given == nullptr) {
      const int version = airflow_version(writer_.facts(), m_);
      if (unpacks(m_, call)) {
        automatic = Truth::kUnknown;
        detail = "a schedule among unpacked options";
      } else if (version >= 3) {
        writer_.by_hand(unit, "the DAG has no schedule", span);
        return;
      } else {
        automatic = version == 0 ? Truth::kUnknown : Truth::kYes;
        detail = "Airflow's own schedule, daily";
      }
    } else if (!describe(writer_.index(), *given, automatic, detail)) {
      writer_.by_hand(unit, detail, span);
      return;
    }
    add_trigger(unit, detail, automatic, span);
  }

  // Airflow looks for DAGs in the file of the span.
  void add_trigger(uint32_t unit, const std::string& detail, Truth automatic, const Span& span) {
    Trigger& trigger = writer_.trigger(unit, TriggerKind::kSchedule, detail, span);
    trigger.automatic = automatic;
    if (automatic == Truth::kUnknown) trigger.why_not = detail;
    const std::string_view path = writer_.facts().path(span.file);
    trigger.once_applied = !in_dags_folder(path) && !is_handed_over(writer_.facts(), folder_of(path));
  }

  // A function makes DAGs for those who call it: each of them says when. False if nobody does.
  bool add_passed_schedules(uint32_t unit, uint32_t function, Name parameter) {
    const std::vector<Passed> all = callers_.passed_to({writer_.index(), function}, parameter);
    for (const Passed& passed : all) {
      const Span span = writer_.facts().python[passed.module].calls[passed.call].span;
      Truth automatic = passed.value == nullptr ? Truth::kUnknown : Truth::kYes;
      std::string detail = "a schedule by default of the function that makes the DAG";
      if (passed.value != nullptr && !describe(passed.module, *passed.value, automatic, detail)) {
        writer_.by_hand(unit, detail, span);
      } else {
        add_trigger(unit, detail, automatic, span);
      }
    }
    return !all.empty();
  }

  // False if the value means that only a person starts the DAG.
  bool describe(uint32_t module, const PyValue& given, Truth& automatic, std::string& detail) {
    const PyValue value = constant(writer_.facts(), module, given);
    if (value.kind == Kind::kNone) {
      detail = "the schedule is None";
      return false;
    }
    if (value.kind == Kind::kString) {
      detail = fmt::format("schedule {}", value.text.view());
      if (value.text == "@once" || value.text.empty()) detail = "the schedule is @once";
      return value.text != "@once" && !value.text.empty();
    }
    if (value.kind == Kind::kCall) {
      const std::vector<PyCall>& calls = writer_.facts().python[module].calls;
      const Name target = value.call < calls.size() ? calls[value.call].target : Name();
      const bool read =
          below(target, "airflow", "get") || target == "os.getenv" || target == "os.environ.get";
      automatic = read ? Truth::kUnknown : Truth::kYes;
      detail = read ? "a schedule that is read at run time" : "a schedule by timetable, interval or asset";
    } else if (value.kind == Kind::kList) {
      detail = "a schedule by assets";
    } else {
      automatic = Truth::kUnknown;
      detail = "a schedule that is not known here";
    }
    return true;
  }

  // The DAG in which a call stands: by its own argument, the function or `with` around it, else the only one.
  uint32_t dag_of(const PyCall& call) const {
    if (const PyValue* given = argument(m_, call, "dag"); given != nullptr && given->kind == Kind::kName) {
      for (const Dag& dag : dags_) {
        if (dag.variable == given->text && (dag.scope == call.function || dag.scope == kNone))
          return dag.unit;
      }
    }
    for (uint32_t f = call.function; f != kNone; f = m_.functions[f].parent) {
      for (const Dag& dag : dags_) {
        if (dag.function == f) return dag.unit;
      }
    }
    for (uint32_t at = call.block; at != kNone; at = m_.blocks[at].parent) {
      const PyBlock& block = m_.blocks[at];
      if (block.kind != PyBlock::Kind::kWith) continue;
      for (const Dag& dag : dags_) {
        const bool made_here =
            dag.call != kNone && dag.call >= block.contexts.begin && dag.call < block.contexts.end;
        if (made_here || enters(block, dag)) return dag.unit;
      }
    }
    return dags_.size() == 1 ? dags_.front().unit : kNone;
  }

  // `with dag:` of a variable: the block's own call list does not have it, but a binding of the same name
  // does.
  bool enters(const PyBlock& block, const Dag& dag) const {
    return block.contexts.empty() && !dag.variable.empty() && dags_.size() == 1;
  }

  void find_tasks() {
    for (uint32_t c = 0; c < m_.calls.size(); ++c) {
      const PyCall& call = m_.calls[c];
      const PyFunction* function = writer_.facts().function(call.function_ref);
      if (function != nullptr && decorator_of(*function, is_task_decorator) != nullptr) {
        if (call.method == "function" || call.method == "fn") continue;
        add_task(c, function);
      } else if (is_operator(call)) {
        if (!is_made_for_callers(c)) add_task(c, nullptr);
      } else if (function != nullptr) {
        for (const MadeOperator& made : operators_made_by(writer_.facts(), call.function_ref))
          add_made_task(c, HelperTask(writer_, c, made));
      }
    }
    order_.name_results();
    name_groups();
  }

  bool is_operator(const PyCall& call) const {
    if (is_operator_name(call.target.view())) return true;
    const bool partial = call.method == "partial" || call.method == "expand";
    if (partial && is_operator_name(call.target.view().substr(0, call.target.view().rfind('.'))))
      return call.receiver == kNone;
    if (!call.class_ref.valid()) return false;
    const PyClass& cls = writer_.facts().python[call.class_ref.module].classes[call.class_ref.index];
    return std::any_of(cls.base_targets.begin(), cls.base_targets.end(),
                       [](Name base) { return is_operator_name(base.view()); });
  }

  void add_task(uint32_t c, const PyFunction* function) {
    const PyCall& call = m_.calls[c];
    const uint32_t dag = dag_of(call);
    if (dag == kNone) return;
    std::string id = text_of(writer_.facts(), writer_.index(), argument(m_, call, "task_id"));
    if (id.empty() && function != nullptr) id = function->name.str();
    if (id.empty()) id = variable_of(c).empty() ? call.method.str() : variable_of(c).str();
    const uint32_t unit = writer_.add_part(dag, id, call.span);
    order_.made_by(c, unit);
    if (function != nullptr) {
      writer_.runs(unit, call.function_ref, call.span);
      add_rule(unit, decorator_call(*function), c);
    } else {
      add_rule(unit, nullptr, c);
      add_work(unit, c);
    }
    writer_.builds(unit, c);
  }

  // An operator that a function gives back is a task where the function is called.
  bool is_made_for_callers(uint32_t c) const {
    const PyRef maker{writer_.index(), m_.calls[c].function};
    if (maker.index == kNone) return false;
    const std::vector<MadeOperator> made = operators_made_by(writer_.facts(), maker);
    return std::any_of(made.begin(), made.end(), [&](const MadeOperator& one) { return one.call == c; }) &&
           std::any_of(m_.calls.begin(), m_.calls.end(),
                       [&](const PyCall& call) { return call.function_ref == maker; });
  }

  void add_made_task(uint32_t c, HelperTask task) {
    const uint32_t dag = dag_of(m_.calls[c]);
    if (dag == kNone) return;
    std::string id = task.id();
    if (id.empty()) id = variable_of(c).empty() ? m_.calls[c].method.str() : variable_of(c).str();
    const uint32_t unit = writer_.add_part(dag, id, m_.calls[c].span);
    order_.made_by(c, unit);
    if (task.soft_fails()) {
      writer_.out.units[unit].effect = Effect::kSwallowed;
      writer_.out.units[unit].effect_why = "soft_fail=True turns a failure into a skip";
      writer_.out.units[unit].effect_span = task.span();
    }
    if (const std::string rule = task.trigger_rule(); !rule.empty()) careless_[unit] = {rule, task.span()};
    task.add_work(unit);
    writer_.builds(unit, c);
  }

  const PyCall* decorator_call(const PyFunction& function) const {
    const PyDecorator* decorator = decorator_of(function, is_task_decorator);
    if (decorator->call == kNone || &function < m_.functions.data() ||
        &function >= m_.functions.data() + m_.functions.size())
      return nullptr;
    return &m_.calls[decorator->call];
  }

  // trigger_rule and soft_fail: of the decorator, or of the operator itself.
  void add_rule(uint32_t unit, const PyCall* decorator, uint32_t c) {
    for (const PyCall* call : {decorator, static_cast<const PyCall*>(&m_.calls[c])}) {
      if (call == nullptr) continue;
      if (is_true(argument(m_, *call, "soft_fail"))) {
        writer_.out.units[unit].effect = Effect::kSwallowed;
        writer_.out.units[unit].effect_why = "soft_fail=True turns a failure into a skip";
        writer_.out.units[unit].effect_span = call->span;
      }
      const PyValue* rule = argument(m_, *call, "trigger_rule");
      if (rule == nullptr) continue;
      std::string text = text_of(writer_.facts(), writer_.index(), rule);
      if (text.empty() && rule->kind == Kind::kName) text = to_lower(last_part(rule->text.view()));
      if (!text.starts_with("all_success") && !text.starts_with("none_failed"))
        careless_[unit] = {text, call->span};
    }
  }

  // What an operator is given to do.
  void add_work(uint32_t unit, uint32_t c) {
    const PyCall& call = m_.calls[c];
    const Span span = call.span;
    for (std::string_view key : {"python_callable", "python_function", "poke_function"}) {
      const PyValue* given = argument(m_, call, key);
      writer_.runs(unit, function_named(writer_.facts(), writer_.index(), c, given), span);
      if (given == nullptr || given->kind != Kind::kName || !is_parameter(m_, call.function, given->text))
        continue;
      for (const Passed& passed : callers_.passed_to({writer_.index(), call.function}, given->text)) {
        writer_.runs(unit, function_named(writer_.facts(), passed.module, passed.call, passed.value),
                     writer_.facts().python[passed.module].calls[passed.call].span);
      }
    }
    if (call.class_ref.valid()) {  // an operator of the repository: Airflow calls its methods
      const PythonModule& home = writer_.facts().python[call.class_ref.module];
      for (uint32_t f = 0; f < home.functions.size(); ++f) {
        const Name name = home.functions[f].name;
        if (home.functions[f].cls == call.class_ref.index && (name == "execute" || name == "poke"))
          writer_.runs(unit, {call.class_ref.module, f}, span);
      }
    }
    for (std::string_view key : {"bash_command", "command", "cmd"}) {
      const PyValue* value = argument(m_, call, key);
      if (value == nullptr) continue;
      const PyValue text = constant(writer_.facts(), writer_.index(), *value);
      if (text.kind == Kind::kString || text.kind == Kind::kFString)
        writer_.command(unit, shell_text(text.text.view()), span);
    }
    add_container(unit, call);
    const std::string application =
        text_of(writer_.facts(), writer_.index(), argument(m_, call, "application"));
    if (!application.empty()) writer_.command(unit, "spark-submit " + application, span);
    const std::string other = text_of(writer_.facts(), writer_.index(), argument(m_, call, "trigger_dag_id"));
    if (!other.empty()) {
      UnitLink& link = writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, other, span);
      link.target_system = writer_.out.system;
    }
  }

  // What a container runs: cmds and arguments of a pod, a command as a list, overrides of a task definition.
  void add_container(uint32_t unit, const PyCall& call) {
    std::string line;
    for (std::string_view key : {"cmds", "arguments", "command"}) add_words(argument(m_, call, key), line);
    for (std::string_view key : {"overrides", "container_overrides"}) {
      const PyValue* given = argument(m_, call, key);
      if (given == nullptr) continue;
      add_words(overridden_command(m_, constant(writer_.facts(), writer_.index(), *given)), line);
    }
    writer_.command(unit, container_line(line), call.span);
  }

  void add_words(const PyValue* list, std::string& line) const {
    if (list == nullptr) return;
    const PyValue value = constant(writer_.facts(), writer_.index(), *list);
    const IndexRange elements = value.elements();
    for (uint32_t i = elements.begin; i < elements.end && value.kind == Kind::kList; ++i) {
      const PyValue& word = m_.values[i];
      const bool known = word.kind == Kind::kString;
      line += (line.empty() ? "" : " ") + (known ? shell_quoted(word.text.view()) : std::string("$_"));
    }
  }

  // `with TaskGroup("x") as group`: the name stands for all tasks inside.
  void name_groups() {
    for (const PyBinding& binding : m_.bindings) {
      if (binding.kind != PyBinding::Kind::kWith || binding.value.kind != Kind::kCall) continue;
      if (!below(m_.calls[binding.value.call].target, "airflow", "TaskGroup")) continue;
      TaskOrder::Units inside;
      for (const UnitCall& built : writer_.out.calls) {
        for (uint32_t at = m_.calls[built.call].block; at != kNone; at = m_.blocks[at].parent) {
          const IndexRange& contexts = m_.blocks[at].contexts;
          if (binding.value.call >= contexts.begin && binding.value.call < contexts.end) {
            inside.push_back(built.unit);
            break;
          }
        }
      }
      order_.named(binding.function, binding.target, inside);
    }
  }

  void order_tasks() {
    std::vector<TaskOrder::Pair> pairs = order_.by_shifts();
    const std::vector<TaskOrder::Pair> more = order_.by_arguments();
    pairs.insert(pairs.end(), more.begin(), more.end());
    add_chains(pairs);
    std::sort(pairs.begin(), pairs.end());
    std::map<uint32_t, bool> heeded;  // by task: does something after it stop when it fails
    for (const TaskOrder::Pair& pair : pairs) {
      const auto rule = careless_.find(pair.then);
      const bool heeds = rule == careless_.end();
      heeded[pair.first] |= heeds;
      writer_.needs(pair.then, pair.first, heeds ? LinkKind::kNeeds : LinkKind::kHappensAfter, pair.span);
    }
    // A DAG run fares as its last tasks do: when they run in any case, a failure before them only shows.
    for (const auto& [task, heeds] : heeded) {
      Unit& unit = writer_.out.units[task];
      if (heeds || unit.effect != Effect::kBlocking) continue;
      unit.effect = Effect::kReporting;
      for (const TaskOrder::Pair& pair : pairs) {
        if (pair.first != task) continue;
        unit.effect_why = fmt::format("what comes after it has trigger_rule {}", careless_[pair.then].first);
        unit.effect_span = careless_[pair.then].second;
      }
    }
  }

  // chain(a, [b, c], d)
  void add_chains(std::vector<TaskOrder::Pair>& pairs) {
    for (const PyCall& call : m_.calls) {
      if (!below(call.target, "airflow", "chain") && !below(call.target, "airflow", "cross_downstream"))
        continue;
      TaskOrder::Units before;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const TaskOrder::Units here = order_.of(m_.args[a].value, call.function);
        for (uint32_t first : before) {
          for (uint32_t then : here) pairs.push_back({first, then, call.span});
        }
        if (!here.empty()) before = here;
      }
    }
  }

  FlowWriter writer_;
  PythonModule& m_;
  TaskOrder order_;
  Callers& callers_;
  std::vector<Dag> dags_;
  std::map<uint32_t, std::pair<std::string, Span>> careless_;  // task -> its trigger rule
};

}  // namespace

bool is_operator_name(std::string_view target) {
  return target.starts_with("airflow.") && (target.ends_with("Operator") || target.ends_with("Sensor"));
}

void collect_airflow(FactStore& facts, Flows& flows) {
  Callers callers(facts);
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    const bool uses =
        std::any_of(facts.python[i].imports.begin(), facts.python[i].imports.end(),
                    [](const PyImport& import) { return import.target.view().starts_with("airflow"); });
    if (!uses) continue;
    AutomationFile file = AirflowFile(facts, i, callers).read();
    if (!file.units.empty()) flows.push_back(std::move(file));
  }
}

}  // namespace mlgrade::passes
