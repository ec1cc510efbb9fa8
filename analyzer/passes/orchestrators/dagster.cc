// Dagster: assets, ops, jobs, schedules and sensors, and whether a Definitions object holds them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "analyzer/facts/bodies.h"
#include "analyzer/passes/orchestrators/systems.h"

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

bool named(Name target, std::initializer_list<std::string_view> lasts) {
  return std::any_of(lasts.begin(), lasts.end(),
                     [&](std::string_view last) { return below(target, "dagster", last); });
}
bool is_asset(Name target) {
  return named(target, {"asset", "multi_asset", "graph_asset", "graph_multi_asset"});
}
bool is_check(Name target) { return named(target, {"asset_check", "multi_asset_check"}); }
bool is_op(Name target) { return named(target, {"op", "graph"}); }
bool is_graph(Name target) { return named(target, {"job", "graph", "graph_asset"}); }
bool is_timer(Name target) {
  return named(target, {"schedule", "sensor", "asset_sensor", "run_status_sensor", "multi_asset_sensor",
                        "run_failure_sensor"});
}

// Everything that some Definitions object, repository or loader holds: by module and function or variable.
class Held {
 public:
  explicit Held(const FactStore& facts) : facts_(facts) {
    for (uint32_t i = 0; i < facts.python.size(); ++i) {
      const PythonModule& m = facts.python[i];
      for (const PyCall& call : m.calls) {
        if (!below(call.target, "dagster", "Definitions") && !below(call.target, "dagster", "merge"))
          continue;
        any_ = true;
        add_arguments(i, call);
      }
      for (uint32_t f = 0; f < m.functions.size(); ++f) {
        const auto repository = [](Name target) { return named(target, {"repository"}); };
        if (decorator_of(m.functions[f], repository) == nullptr) continue;
        any_ = true;
        for (const PyJump& jump : jumps_in(m, f)) {
          if (jump.function == f) add_names(i, jump.reads);
        }
        for (const PyCall& call : calls_in(m, f)) {
          if (call.function == f) add_loader(i, call);
        }
      }
      for (const PyCall& call : m.calls) add_loader(i, call);
    }
  }

  bool any() const { return any_; }
  bool module(uint32_t m) const { return modules_.contains(m); }
  bool has(uint32_t m, Name name) const { return module(m) || names_.contains({m, name}); }

 private:
  void add_arguments(uint32_t i, const PyCall& call) {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      add_names(i, facts_.python[i].args[a].reads);
      const PyValue& value = facts_.python[i].args[a].value;
      if (value.kind == Kind::kName) add_name(i, value.text.view());
    }
  }

  void add_names(uint32_t i, IndexRange reads) {
    for (uint32_t n = reads.begin; n < reads.end; ++n) add_name(i, facts_.python[i].names[n].view());
  }

  void add_name(uint32_t i, std::string_view dotted) {
    const Definition found = definition_of(facts_, i, dotted);
    if (!found.found()) return add_modules(i, dotted);
    const PythonModule& m = facts_.python[found.module];
    const Name name = found.function != kNone  ? m.functions[found.function].name
                      : found.binding != kNone ? m.bindings[found.binding].target
                                               : m.classes[found.cls].name;
    if (!names_.insert({found.module, name}).second) return;
    for (const PyBinding& binding : m.bindings) {
      if (binding.target != name || binding.function != kNone) continue;
      add_names(found.module, binding.reads);
      for (uint32_t c = binding.calls.begin; c < binding.calls.end; ++c) add_loader(found.module, m.calls[c]);
    }
  }

  // A module that is handed over as it is: all that it and the modules below it define.
  void add_modules(uint32_t i, std::string_view dotted) {
    const std::string_view head = dotted.substr(0, dotted.find('.'));
    for (const PyImport& import : facts_.python[i].imports) {
      if (import.bound == head && import.project_module != kNone) add_package(import.project_module);
    }
  }

  void add_package(uint32_t module) {
    if (!modules_.insert(module).second) return;
    const std::string_view name = facts_.python[module].name.view();
    if (!facts_.python[module].is_package) return;
    for (uint32_t i = 0; i < facts_.python.size(); ++i) {
      const std::string_view other = facts_.python[i].name.view();
      if (other.size() > name.size() && other.starts_with(name) && other[name.size()] == '.')
        modules_.insert(i);
    }
  }

  // load_assets_from_current_module(), load_from_defs_folder(...)
  void add_loader(uint32_t i, const PyCall& call) {
    if (!call.target.view().starts_with("dagster.")) return;
    const std::string_view method = call.method.view();
    if (method.starts_with("load_") && method.ends_with("_current_module")) {
      add_package(i);
      any_ = true;
    } else if (method == "load_from_defs_folder") {
      any_ = true;
      const std::string_view home = facts_.path(facts_.python[i].file);
      const std::string folder(home.substr(0, home.rfind('/') + 1));
      for (uint32_t m = 0; m < facts_.python.size(); ++m) {
        if (facts_.path(facts_.python[m].file).starts_with(folder)) modules_.insert(m);
      }
    } else if (method.starts_with("load_")) {
      add_arguments(i, call);
    }
  }

  const FactStore& facts_;
  bool any_ = false;
  std::set<uint32_t> modules_;
  std::set<std::pair<uint32_t, Name>> names_;
};

// Assets that a Definitions holds: links to "assets" mean all of them, links to "automated" those that ask to
// be made by themselves.
struct Assets {
  std::vector<Name> all, automated;
};

class DagsterFile {
 public:
  DagsterFile(FactStore& facts, uint32_t index, const Held& held, Assets& assets)
      : writer_(facts, index, "dagster"), m_(writer_.module()), held_(held), assets_(assets) {}

  AutomationFile read() {
    for (uint32_t f = 0; f < m_.functions.size(); ++f) {
      PyFunction& function = m_.functions[f];
      if (const PyDecorator* found = decorator_of(function, is_asset)) add_asset(f, *found);
      if (const PyDecorator* found = decorator_of(function, is_check)) add_check(f, *found);
      if (decorator_of(function, is_op) != nullptr) function.task = true;
      const auto job = [](Name target) { return named(target, {"job", "graph"}); };
      if (const PyDecorator* found = decorator_of(function, job)) add_graph(f, *found);
    }
    for (uint32_t c = 0; c < m_.calls.size(); ++c) {
      const PyCall& call = m_.calls[c];
      if (named(call.target, {"define_asset_job"})) add_asset_job(c);
      if (named(call.target, {"ScheduleDefinition", "SensorDefinition", "AssetSensorDefinition",
                              "AutomationConditionSensorDefinition", "build_schedule_from_partitioned_job"}))
        add_timer_call(c);
      if (call.method == "execute_in_process") add_run(c);
      if (named(call.target, {"materialize", "materialize_to_memory"})) add_materialize(c);
    }
    for (uint32_t f = 0; f < m_.functions.size(); ++f) {
      if (const PyDecorator* found = decorator_of(m_.functions[f], is_timer)) add_timer_function(f, *found);
    }
    return std::move(writer_.out);
  }

 private:
  const PyCall* call_of(const PyDecorator& decorator) const {
    return decorator.call == kNone ? nullptr : &m_.calls[decorator.call];
  }

  std::string text(const PyCall* call, std::string_view key, uint32_t position = kNone) const {
    return call == nullptr ? ""
                           : text_of(writer_.facts(), writer_.index(), argument(m_, *call, key, position));
  }

  // In the hands of a person, or of nobody when no Definitions holds it.
  void add_manual(uint32_t unit, Name name, std::string_view what, const Span& span) {
    if (held_.has(writer_.index(), name)) {
      writer_.by_hand(unit, fmt::format("{} {} is started from Dagster's page", what, name.view()), span);
    } else {
      writer_.never(unit, fmt::format("{} {}", what, name.view()),
                    fmt::format("{} {} is in no Definitions", what, name.view()), span);
    }
  }

  void add_asset(uint32_t f, const PyDecorator& decorator) {
    PyFunction& function = m_.functions[f];
    function.task = true;
    const PyCall* call = call_of(decorator);
    std::string name = text(call, "name");
    if (name.empty()) name = function.name.str();
    const uint32_t unit = writer_.add(UnitKind::kStage, "asset:" + name, decorator.span);
    writer_.out.units[unit].title = Name("asset " + name);
    writer_.runs(unit, {writer_.index(), f}, function.span);
    for (const PyParam& param : function.params) {
      if (param.name == "context" || param.variadic || param.name == "self") continue;
      writer_.link(unit, LinkKind::kNeeds, UnitKind::kStage, "asset:" + param.name.str(), decorator.span)
          .target_system = writer_.out.system;
    }
    if (call != nullptr) add_deps(unit, *call, "deps", "asset:");
    add_manual(unit, function.name, "asset", decorator.span);
    const bool declares = call != nullptr && (argument(m_, *call, "automation_condition") != nullptr ||
                                              argument(m_, *call, "auto_materialize_policy") != nullptr);
    if (!held_.has(writer_.index(), function.name)) return;
    assets_.all.push_back(writer_.out.units[unit].name);
    if (declares) assets_.automated.push_back(writer_.out.units[unit].name);
  }

  // Assets that a list names: functions or strings.
  void add_deps(uint32_t unit, const PyCall& call, std::string_view key, std::string_view prefix) {
    const PyValue* list = argument(m_, call, key);
    if (list == nullptr) return;
    for (const std::string& name : names_in(*list)) {
      writer_.link(unit, LinkKind::kNeeds, UnitKind::kStage, std::string(prefix) + name, call.span)
          .target_system = writer_.out.system;
    }
  }

  std::vector<std::string> names_in(const PyValue& value) const {
    std::vector<std::string> names;
    const auto add = [&](const PyValue& one) {
      if (one.kind == Kind::kString) names.push_back(one.text.str());
      if (one.kind == Kind::kName) names.emplace_back(last_part(one.text.view()));
    };
    const IndexRange elements = value.elements();
    for (uint32_t i = elements.begin; i < elements.end; ++i) add(m_.values[i]);
    if (elements.empty()) add(value);
    return names;
  }

  // A check runs when its asset is made; only a blocking one stops what comes after.
  void add_check(uint32_t f, const PyDecorator& decorator) {
    PyFunction& function = m_.functions[f];
    function.task = true;
    const PyCall* call = call_of(decorator);
    const uint32_t unit = writer_.add(UnitKind::kStage, "check:" + function.name.str(), decorator.span);
    writer_.out.units[unit].title = Name("asset check " + function.name.str());
    writer_.runs(unit, {writer_.index(), f}, function.span);
    const PyValue* asset = call == nullptr ? nullptr : argument(m_, *call, "asset", 0);
    const bool loaded = held_.has(writer_.index(), function.name);
    if (!loaded) {
      writer_.never(unit, "asset check " + function.name.str(),
                    fmt::format("the check {} is in no Definitions", function.name.view()), decorator.span);
    }
    if (asset == nullptr || !loaded) return;
    const bool blocking = is_true(argument(m_, *call, "blocking"));
    for (const std::string& name : names_in(*asset)) {
      // From the asset to its check: a unit of this file stands for the asset's later half.
      const uint32_t half = writer_.add(UnitKind::kStage, "asset:" + name, decorator.span);
      writer_.out.units[half].title = Name("asset " + name);
      UnitLink& link = writer_.link(half, LinkKind::kRuns, UnitKind::kStage,
                                    writer_.out.units[unit].name.view(), decorator.span);
      link.same_file = true;
      if (!blocking) {
        link.effect = Effect::kReporting;
        link.effect_why = "the check is not blocking=True";
      }
    }
  }

  void add_graph(uint32_t f, const PyDecorator& decorator) {
    PyFunction& function = m_.functions[f];
    function.task = true;
    std::string name = text(call_of(decorator), "name");
    if (name.empty()) name = function.name.str();
    const uint32_t unit = writer_.add(UnitKind::kStage, "job:" + name, decorator.span);
    writer_.out.units[unit].title = Name("job " + name);
    TaskOrder order(m_);
    add_called_tasks(writer_, order, f, unit,
                     [](const PyFunction& called) { return decorator_of(called, is_op) != nullptr; });
    order.name_results();
    for (const TaskOrder::Pair& pair : order.by_arguments())
      writer_.needs(pair.then, pair.first, LinkKind::kNeeds, pair.span);
    add_manual(unit, function.name, "job", decorator.span);
  }

  Name variable_of(uint32_t call) const {
    for (const PyBinding& binding : m_.bindings) {
      if (binding.value.kind == Kind::kCall && binding.value.call == call) return binding.target;
    }
    return {};
  }

  void add_asset_job(uint32_t c) {
    const PyCall& call = m_.calls[c];
    const Name variable = variable_of(c);
    std::string name = text(&call, "name", 0);
    if (name.empty()) name = variable.str();
    const uint32_t unit = writer_.add(UnitKind::kStage, "job:" + name, call.span);
    writer_.out.units[unit].title = Name("job " + name);
    std::vector<std::string> chosen;
    const PyValue* selection = argument(m_, call, "selection", 1);
    add_selection(selection, chosen);
    select(unit, chosen, call.span);
    if (!variable.empty()) add_manual(unit, variable, "job", call.span);
  }

  // Names of a selection; empty for what means everything or cannot be told.
  void add_selection(const PyValue* given, std::vector<std::string>& chosen) const {
    if (given == nullptr) return;
    const PyValue value = constant(writer_.facts(), writer_.index(), *given);
    if (value.kind == Kind::kString) {
      const std::string_view text = value.text.view();
      const size_t first = text.find_first_not_of("*+");
      const size_t last = text.find_last_not_of("*+");
      const bool upstream = text.starts_with('*') || text.starts_with('+');
      if (first != text.npos && !upstream) chosen.emplace_back(text.substr(first, last - first + 1));
    } else if (value.kind == Kind::kList) {
      for (const std::string& name : names_in(value)) chosen.push_back(name);
    } else if (value.kind == Kind::kCall) {
      const PyCall& call = m_.calls[value.call];
      if (call.method != "assets" && call.method != "keys") return;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        for (const std::string& name : names_in(m_.args[a].value)) chosen.push_back(name);
      }
    }
  }

  void select(uint32_t unit, const std::vector<std::string>& chosen, const Span& span) {
    if (chosen.empty()) {
      UnitLink& all = writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, "assets", span);
      all.target_system = writer_.out.system;
      return;
    }
    for (const std::string& name : chosen) {
      writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, "asset:" + name, span).target_system =
          writer_.out.system;
    }
  }

  // ScheduleDefinition(job=..., cron_schedule=..., default_status=DefaultScheduleStatus.RUNNING)
  void add_timer_call(uint32_t c) {
    const PyCall& call = m_.calls[c];
    const bool automation = named(call.target, {"AutomationConditionSensorDefinition"});
    std::string name = text(&call, "name");
    const Name variable = variable_of(c);
    if (name.empty()) name = variable.empty() ? call.method.str() : variable.str();
    const uint32_t unit = writer_.add(UnitKind::kSchedule, automation ? "automation" : name, call.span);
    writer_.out.units[unit].title = Name(name);
    if (automation) {
      writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, "automated", call.span).target_system =
          writer_.out.system;
    } else {
      add_job(unit, call, 0);
    }
    // Without a variable it stands inside the call that holds it.
    const bool held = variable.empty() ? held_.any() : held_.has(writer_.index(), variable);
    start(unit, name, held, &call, text(&call, "cron_schedule"), call.span);
  }

  void add_timer_function(uint32_t f, const PyDecorator& decorator) {
    PyFunction& function = m_.functions[f];
    const PyCall* call = call_of(decorator);
    const uint32_t unit = writer_.add(UnitKind::kSchedule, function.name.view(), decorator.span);
    writer_.runs(unit, {writer_.index(), f}, function.span);
    function.task = true;
    if (call != nullptr) {
      add_job(unit, *call, kNone);
      start(unit, function.name.str(), held_.has(writer_.index(), function.name), call,
            text(call, "cron_schedule", 0), decorator.span);
    } else {
      start(unit, function.name.str(), held_.has(writer_.index(), function.name), nullptr, "",
            decorator.span);
    }
  }

  void add_job(uint32_t unit, const PyCall& call, uint32_t position) {
    std::vector<std::string> jobs;
    for (std::string_view key : {"job", "request_job", "jobs", "job_name"}) {
      const PyValue* given = argument(m_, call, key, key == "job" ? position : kNone);
      if (given == nullptr) continue;
      for (const std::string& name : job_names(*given)) jobs.push_back(name);
    }
    for (const std::string& job : jobs) {
      writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, "job:" + job, call.span).target_system =
          writer_.out.system;
    }
    const PyValue* target = argument(m_, call, "target");
    if (target == nullptr) return;
    std::vector<std::string> chosen;
    add_selection(target, chosen);
    std::vector<std::string> known = target->kind == Kind::kName ? job_names(*target) : chosen;
    if (target->kind == Kind::kName) {
      for (const std::string& job : known) {
        writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, "job:" + job, call.span).target_system =
            writer_.out.system;
      }
    } else {
      select(unit, chosen, call.span);
    }
  }

  // The names of jobs that an argument stands for: variables of define_asset_job have a name of their own.
  std::vector<std::string> job_names(const PyValue& given) const {
    std::vector<std::string> names;
    const auto add = [&](const PyValue& value) {
      if (value.kind == Kind::kString) names.push_back(value.text.str());
      if (value.kind == Kind::kCall) {
        const std::string name = text(&m_.calls[value.call], "name", 0);
        if (!name.empty()) names.push_back(name);
      }
      if (value.kind != Kind::kName) return;
      const Definition found = definition_of(writer_.facts(), writer_.index(), value.text.view());
      names.emplace_back(last_part(value.text.view()));
      if (!found.found() || found.binding == kNone) return;
      const PythonModule& home = writer_.facts().python[found.module];
      const PyValue& made = home.bindings[found.binding].value;
      if (made.kind != Kind::kCall) return;
      const std::string name =
          text_of(writer_.facts(), found.module, argument(home, home.calls[made.call], "name", 0));
      if (!name.empty()) names.back() = name;
    };
    const IndexRange elements = given.elements();
    for (uint32_t i = elements.begin; i < elements.end; ++i) add(m_.values[i]);
    if (elements.empty()) add(given);
    return names;
  }

  void start(uint32_t unit, const std::string& name, bool held, const PyCall* call, const std::string& cron,
             const Span& span) {
    if (!held) {
      writer_.never(unit, "schedule " + name, fmt::format("{} is in no Definitions", name), span);
      return;
    }
    const PyValue* status = call == nullptr ? nullptr : argument(m_, *call, "default_status");
    const std::string detail = cron.empty() ? "sensor or schedule " + name : "cron " + cron;
    if (status == nullptr || last_part(status->text.view()) == "STOPPED") {
      writer_.by_hand(unit, fmt::format("{} is STOPPED until a person starts it", name), span);
      return;
    }
    Trigger& trigger = writer_.trigger(unit, TriggerKind::kSchedule, detail, span);
    if (last_part(status->text.view()) != "RUNNING") trigger.automatic = Truth::kUnknown;
  }

  // materialize([rows, model]) runs the assets here and now.
  void add_materialize(uint32_t c) {
    const Span span = m_.calls[c].span;
    const uint32_t unit = writer_.add(UnitKind::kStep, "materialize", span);
    for (PyRef asset : handed(m_, c)) writer_.runs(unit, asset, span);
    writer_.starts(unit, writer_.index(), c);
  }

  void add_run(uint32_t c) {
    const std::string_view callee = m_.calls[c].callee.view();
    const Definition job = definition_of(writer_.facts(), writer_.index(), callee);
    const PyFunction* function = writer_.facts().function(job.ref());
    if (function == nullptr || decorator_of(*function, is_graph) == nullptr) return;
    const uint32_t unit = writer_.add(UnitKind::kStep, "execute_in_process", m_.calls[c].span);
    writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, "job:" + function->name.str(), m_.calls[c].span)
        .target_system = writer_.out.system;
    writer_.starts(unit, writer_.index(), c);
  }

  FlowWriter writer_;
  PythonModule& m_;
  const Held& held_;
  Assets& assets_;
};

void expand(AutomationFile& file, const Assets& assets) {
  std::vector<UnitLink> links;
  for (const UnitLink& link : file.links) {
    const bool all = link.target == "assets";
    if (!all && link.target != "automated") {
      links.push_back(link);
      continue;
    }
    for (Name name : all ? assets.all : assets.automated) {
      links.push_back(link);
      links.back().target = name;
    }
  }
  file.links = std::move(links);
}

}  // namespace

void collect_dagster(FactStore& facts, Flows& flows) {
  const bool used = std::any_of(facts.python.begin(), facts.python.end(), [](const PythonModule& module) {
    return std::any_of(module.imports.begin(), module.imports.end(),
                       [](const PyImport& import) { return import.target.view().starts_with("dagster"); });
  });
  if (!used) return;
  const Held held(facts);
  Flows own;
  Assets assets;
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    AutomationFile file = DagsterFile(facts, i, held, assets).read();
    if (!file.units.empty()) own.push_back(std::move(file));
  }
  for (AutomationFile& file : own) {
    expand(file, assets);
    flows.push_back(std::move(file));
  }
}

}  // namespace mlgrade::passes
