// Azure ML by its first SDK (azureml): pipelines of steps, runs of scripts, and the calls that submit,
// publish or schedule them.
#include <algorithm>
#include <iterator>
#include <set>

#include "analyzer/passes/orchestrators/systems.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

bool is_step(Name target) {
  return target.view().starts_with("azureml.pipeline.steps.") && target.view().ends_with("Step");
}
bool is_script_run(Name target) {
  return below(target, "azureml", "ScriptRunConfig") || below(target, "azureml", "Estimator");
}
bool is_pipeline(Name target) { return below(target, "azureml", "Pipeline"); }

// A pipeline, or a script that is run by itself.
struct Work {
  size_t flow = 0;  // into the files of this pass
  uint32_t unit = kNone;
  uint32_t module = kNone;
  uint32_t call = kNone;  // that makes it
  Span published;
  bool started = false;
};

class StepFile {
 public:
  StepFile(FactStore& facts, uint32_t index) : writer_(facts, index, "azure-ml"), m_(writer_.module()) {}

  AutomationFile read(std::vector<Work>& works, size_t flow) {
    const size_t first = works.size();
    for (uint32_t c = 0; c < m_.calls.size(); ++c) {
      const PyCall& call = m_.calls[c];
      const bool pipeline = is_pipeline(call.target) && call.method == "Pipeline";
      if (!pipeline && !is_script_run(call.target)) continue;
      const uint32_t unit = writer_.add(
          UnitKind::kStage, writer_.qualified(Name(variable_of(c).empty() ? call.method : variable_of(c))),
          call.span);
      const std::string title = text(call, "description");
      writer_.out.units[unit].title =
          Name(pipeline ? "pipeline " + (title.empty() ? variable_of(c).str() : title) : "script run");
      works.push_back({.flow = flow, .unit = unit, .module = writer_.index(), .call = c, .published = {}});
      if (!pipeline) add_script(unit, call);
    }
    for (uint32_t c = 0; c < m_.calls.size(); ++c) {
      if (is_step(m_.calls[c].target)) add_step(c, works, first);
    }
    order_steps();
    return std::move(writer_.out);
  }

 private:
  std::string text(const PyCall& call, std::string_view key, uint32_t position = kNone) const {
    return text_of(writer_.facts(), writer_.index(), argument(m_, call, key, position));
  }

  Name variable_of(uint32_t call) const {
    for (const PyBinding& binding : m_.bindings) {
      if (binding.value.kind == Kind::kCall && binding.value.call == call) return binding.target;
    }
    return {};
  }

  // A step belongs to the pipeline that lists it; one that none lists is asked for by the steps of the first.
  void add_step(uint32_t c, const std::vector<Work>& works, size_t first) {
    uint32_t flow = kNone;
    for (size_t w = first; w < works.size(); ++w) {
      if (!is_pipeline(m_.calls[works[w].call].target)) continue;
      if (flow == kNone || lists(works[w].call, c)) flow = works[w].unit;
    }
    if (flow == kNone) return;
    const PyCall& call = m_.calls[c];
    std::string name = text(call, "name", 0);
    if (name.empty()) name = variable_of(c).empty() ? call.method.str() : variable_of(c).str();
    const uint32_t unit = writer_.add_part(flow, name, call.span);
    add_script(unit, call);
    writer_.builds(unit, c);
    steps_.push_back({unit, c});
  }

  bool lists(uint32_t pipeline, uint32_t step) const {
    const PyValue* given = argument(m_, m_.calls[pipeline], "steps", 1);
    const Name variable = variable_of(step);
    return given != nullptr && mentions(*given, variable, step, 0);
  }

  bool mentions(const PyValue& value, Name variable, uint32_t step, int hops) const {
    if (value.kind == Kind::kCall && value.call == step) return true;
    if (value.kind == Kind::kName && !variable.empty() && value.text == variable) return true;
    const IndexRange elements = value.elements();
    for (uint32_t i = elements.begin; i < elements.end; ++i) {
      if (mentions(m_.values[i], variable, step, hops + 1)) return true;
    }
    if (value.kind != Kind::kName || hops > 3) return false;
    return std::any_of(m_.bindings.begin(), m_.bindings.end(), [&](const PyBinding& binding) {
      return binding.target == value.text && mentions(binding.value, variable, step, hops + 1);
    });
  }

  // What a step or run is given to do: script_name or script below source_directory, or a command there.
  void add_script(uint32_t unit, const PyCall& call) {
    std::string line;
    for (std::string_view key : {"script_name", "script", "entry_script"}) {
      const std::string script = text(call, key);
      if (!script.empty() && line.empty()) line = "python " + shell_quoted(script);
    }
    if (!line.empty()) {
      line += words_of(call, "arguments");
    } else if (const PyValue* command = argument(m_, call, "command")) {
      const PyValue value = constant(writer_.facts(), writer_.index(), *command);
      line = value.kind == Kind::kString || value.kind == Kind::kFString ? filled(value.text.str())
                                                                         : words_of(call, "command");
    }
    const std::string folder = folder_for(text(call, "source_directory"), line);
    writer_.out.units[unit].working_directory = Name(folder.empty() ? "." : folder);
    writer_.command(unit, line, call.span);
  }

  std::string words_of(const PyCall& call, std::string_view key) const {
    const PyValue* given = argument(m_, call, key);
    if (given == nullptr) return "";
    const PyValue list = constant(writer_.facts(), writer_.index(), *given);
    std::string line;
    const IndexRange elements = list.elements();
    for (uint32_t i = elements.begin; i < elements.end; ++i) {
      const PyValue& word = m_.values[i];
      line += word.kind == Kind::kString ? " " + shell_quoted(word.text.view()) : std::string(" $_");
    }
    return line;
  }

  // What an f-string computes is not known.
  static std::string filled(std::string line) {
    for (size_t at = line.find("{}"); at != line.npos; at = line.find("{}", at)) line.replace(at, 2, "$_");
    return line;
  }

  // The folder is given as it is seen from where the program is started: the root, or a folder around the
  // file. The first of these that holds what the line names is meant.
  std::string folder_for(const std::string& source, const std::string& line) const {
    std::string first = "?";
    const std::string_view home = folder_of(writer_.facts().path(m_.file));
    std::vector<std::string> places = {join_path("", source.empty() ? "." : source)};
    for (std::string_view up = home;; up = folder_of(up)) {
      places.push_back(join_path(up, source.empty() ? "." : source));
      if (up.empty()) break;
    }
    for (const std::string& place : places) {
      if (place == "?") continue;
      if (first == "?") first = place;
      if (holds_named(place, line)) return place;
    }
    return first;
  }

  bool holds_named(const std::string& folder, std::string_view line) const {
    bool module = false;
    for (std::string_view word : split_words(line)) {
      std::string path(word);
      if (module) std::replace(path.begin(), path.end(), '.', '/');
      const bool script = path.ends_with(".py") || path.ends_with(".sh");
      if (module) path += ".py";
      if ((module || script) && writer_.facts().find_file(join_path(folder, path)) != nullptr) return true;
      module = word == "-m";
    }
    return false;
  }

  // By data (inputs of one are outputs of another), and by run_after.
  void order_steps() {
    for (const Step& then : steps_) {
      const std::set<Name> wanted = data_of(m_.calls[then.call], {"inputs", "arguments", "command"});
      for (const Step& first : steps_) {
        if (first.unit == then.unit) continue;
        const std::set<Name> given = data_of(m_.calls[first.call], {"outputs"});
        const bool joined =
            std::any_of(given.begin(), given.end(), [&](Name n) { return wanted.contains(n); });
        if (joined) writer_.needs(then.unit, first.unit, LinkKind::kNeeds, m_.calls[then.call].span);
      }
    }
    for (const PyCall& call : m_.calls) {
      if (call.method != "run_after") continue;
      const std::string_view object = call.callee.view().substr(0, call.callee.view().rfind('.'));
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        for (const Step& then : steps_) {
          for (const Step& first : steps_) {
            if (variable_of(then.call) == object &&
                mentions(m_.args[a].value, variable_of(first.call), first.call, 0))
              writer_.needs(then.unit, first.unit, LinkKind::kNeeds, call.span);
          }
        }
      }
    }
  }

  // Names of data that the arguments look at, and what these were made of: `raw = data.as_input("raw")`.
  std::set<Name> data_of(const PyCall& call, std::initializer_list<std::string_view> keys) const {
    std::set<Name> names;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (std::find(keys.begin(), keys.end(), m_.args[a].keyword.view()) == keys.end()) continue;
      for (uint32_t r = m_.args[a].reads.begin; r < m_.args[a].reads.end; ++r)
        add_data(m_.names[r], names, 0);
    }
    return names;
  }

  void add_data(Name read, std::set<Name>& names, int hops) const {
    const Name head(read.view().substr(0, read.view().find_first_of(".[(")));
    if (hops > 3 || !names.insert(head).second) return;
    for (const PyBinding& binding : m_.bindings) {
      if (binding.target != head || binding.value.kind != Kind::kCall) continue;
      const PyCall& made = m_.calls[binding.value.call];
      const std::string_view object = made.callee.view().substr(0, made.callee.view().find_first_of(".[("));
      if (made.method.view().starts_with("as_")) add_data(Name(object), names, hops + 1);
    }
  }

  struct Step {
    uint32_t unit, call;
  };
  FlowWriter writer_;
  PythonModule& m_;
  std::vector<Step> steps_;
};

// Calls that submit, publish and schedule, in all modules.
class Starts {
 public:
  Starts(FactStore& facts, Flows& flows, std::vector<Work>& works)
      : facts_(facts), flows_(flows), works_(works) {}

  void link() {
    for (uint32_t i = 0; i < facts_.python.size(); ++i) {
      for (uint32_t c = 0; c < facts_.python[i].calls.size(); ++c) add(i, c);
    }
    for (const Work& work : works_) {
      if (work.started) continue;
      AutomationFile& file = flows_[work.flow];
      Trigger never;
      never.kind = TriggerKind::kEvent;
      never.unit = work.unit;
      never.automatic = Truth::kNo;
      never.detail = file.units[work.unit].title.str();
      never.why_not = work.published.valid() ? "the pipeline is only published, nothing starts it"
                                             : "it is only defined, nothing submits it";
      never.span = work.published.valid() ? work.published : file.units[work.unit].span;
      file.triggers.push_back(std::move(never));
    }
  }

 private:
  void add(uint32_t module, uint32_t c) {
    const PyCall& call = facts_.python[module].calls[c];
    const std::string_view target = call.target.view();
    const bool own = target.starts_with("azureml.");
    if (call.method == "submit" && (own || target.empty())) {
      submit(module, c, own);
    } else if (own && (call.method == "publish" || call.method == "publish_pipeline")) {
      for (Work* work : meant(module, object_of(call), true)) work->published = call.span;
    } else if (own && target.ends_with("Schedule.create")) {
      schedule(module, c);
    }
  }

  static PyValue object_of(const PyCall& call) {
    PyValue object;
    object.kind = call.receiver == kNone ? Kind::kName : Kind::kCall;
    object.call = call.receiver;
    object.text = Name(call.callee.view().substr(0, call.callee.view().rfind('.')));
    return object;
  }

  // experiment.submit(pipeline), pipeline.submit("experiment"), experiment.submit(config=run).
  void submit(uint32_t module, uint32_t c, bool own) {
    const PythonModule& m = facts_.python[module];
    const PyCall& call = m.calls[c];
    std::vector<Work*> found = meant(module, object_of(call), false);
    for (uint32_t a = call.args.begin; a < call.args.end && found.empty(); ++a) {
      if (m.args[a].keyword.empty() || m.args[a].keyword == "config")
        found = meant(module, m.args[a].value, false);
    }
    const Truth certain = found.empty() ? Truth::kUnknown : Truth::kYes;
    if (found.empty() && own) found = meant(module, {}, true);
    for (Work* work : found) {
      work->started = true;
      flows_[work->flow].calls.push_back({UnitCall::Role::kStarts, work->unit, module, c, certain});
    }
  }

  // What a value stands for: the call that makes it, a variable bound to that call, a function that returns
  // it. With `any`, what cannot be told may be all of the module.
  std::vector<Work*> meant(uint32_t module, const PyValue& value, bool any) {
    std::vector<Work*> found;
    const PythonModule& m = facts_.python[module];
    const auto add_call = [&](uint32_t home, uint32_t call) {
      if (facts_.python[home].calls[call].method == "publish") {  // what is published is the pipeline
        const PyValue object = object_of(facts_.python[home].calls[call]);
        for (const PyBinding& binding : facts_.python[home].bindings) {
          const bool same = object.kind == Kind::kName && binding.target == object.text;
          if (same && binding.value.kind == Kind::kCall) call = binding.value.call;
        }
      }
      const PyRef made = facts_.python[home].calls[call].function_ref;
      for (Work& work : works_) {
        const PyCall& maker = facts_.python[work.module].calls[work.call];
        const bool direct = work.module == home && work.call == call;
        const bool returned =
            made.valid() && made.index != kNone && work.module == made.module && maker.function == made.index;
        if (direct || returned) found.push_back(&work);
      }
    };
    if (value.kind == Kind::kCall) add_call(module, value.call);
    if (value.kind == Kind::kName) {
      for (const PyBinding& binding : m.bindings) {
        if (binding.target == value.text && binding.value.kind == Kind::kCall)
          add_call(module, binding.value.call);
      }
    }
    if (!any || !found.empty()) return found;
    for (Work& work : works_) {
      if (work.module == module) found.push_back(&work);
    }
    return found;
  }

  // Schedule.create(ws, name=..., pipeline_id=published.id, recurrence=ScheduleRecurrence(frequency="Day"))
  void schedule(uint32_t module, uint32_t c) {
    const PyCall& call = facts_.python[module].calls[c];
    for (Work& work : works_) {
      if (work.module != module) continue;
      AutomationFile& file = flows_[work.flow];
      const uint32_t unit = add_schedule_of(file, work.unit, module, c, call.span, Truth::kYes);
      add_submitted_trigger(file, unit, "a recurrence", call.span);
      work.started = true;
    }
  }

  FactStore& facts_;
  Flows& flows_;
  std::vector<Work>& works_;
};

}  // namespace

void collect_azure_ml_v1(FactStore& facts, Flows& flows) {
  Flows own;
  std::vector<Work> works;
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    const auto& imports = facts.python[i].imports;
    const bool uses = std::any_of(imports.begin(), imports.end(), [](const PyImport& import) {
      return import.target.view().starts_with("azureml.");
    });
    if (!uses) continue;
    AutomationFile file = StepFile(facts, i).read(works, own.size());
    if (!file.units.empty()) own.push_back(std::move(file));
  }
  Starts(facts, own, works).link();
  std::move(own.begin(), own.end(), std::back_inserter(flows));
}

}  // namespace mlgrade::passes
