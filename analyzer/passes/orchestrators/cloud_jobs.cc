// Jobs and pipelines that code hands to a cloud: SageMaker, Azure ML, Ray, TFX. Scripts that such a job is
// given run with it; a pipeline that is only defined or uploaded runs nothing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "analyzer/facts/test_paths.h"
#include "analyzer/passes/orchestrators/systems.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

bool in(std::string_view target, std::string_view root) {
  if (target.size() < root.size() || target.front() != root.front()) return false;  // nearly always
  return target.starts_with(root) && (target.size() == root.size() || target[root.size()] == '.');
}

// The system that a call belongs to; "" for none of these.
std::string_view system_of(std::string_view target) {
  if (in(target, "sagemaker")) return "sagemaker";
  if (in(target, "azure.ai.ml")) return "azure-ml";
  if (in(target, "ray.job_submission")) return "ray";
  if (in(target, "tfx")) return "tfx";
  return "";
}

class JobFile {
 public:
  JobFile(FactStore& facts, uint32_t index, std::string_view system)
      : writer_(facts, index, system), m_(writer_.module()), system_(system) {}

  AutomationFile read() {
    find_flow();
    for (uint32_t c = 0; c < m_.calls.size(); ++c) {
      if (system_of(m_.calls[c].target.view()) == system_) add_work(c);
    }
    for (uint32_t c = 0; c < m_.calls.size(); ++c) add_start(c);
    if (flow_ != kNone && !started_ && system_ == "sagemaker") start_elsewhere();
    if (flow_ != kNone && !started_) {
      writer_.never(flow_, "pipeline",
                    uploaded_.valid() ? "the pipeline is only uploaded, nothing starts it"
                                      : "the pipeline is only defined, nothing starts it",
                    uploaded_.valid() ? uploaded_ : writer_.out.units[flow_].span);
    }
    return std::move(writer_.out);
  }

 private:
  std::string text(const PyCall& call, std::string_view key, uint32_t position = kNone) const {
    return text_of(writer_.facts(), writer_.index(), argument(m_, call, key, position));
  }

  // The part of a path that is written out: os.path.join(BASE_DIR, "a.py"), f"{folder}/a.py".
  std::string path_text(const PyCall& call, std::string_view key) const {
    const PyValue* given = argument(m_, call, key);
    if (given == nullptr) return "";
    const PyValue value = constant(writer_.facts(), writer_.index(), *given);
    if (value.kind == Kind::kString) return value.text.str();
    if (value.kind == Kind::kPath || value.kind == Kind::kFString) {
      const std::string_view path = value.text.view();
      const size_t slash = path.find('/', path.rfind('}') == path.npos ? 0 : path.rfind('}'));
      return path.starts_with('{') && slash != path.npos ? std::string(path.substr(slash + 1))
                                                         : std::string(path);
    }
    if (value.kind != Kind::kCall || m_.calls[value.call].target != "os.path.join") return "";
    std::string joined;
    const PyCall& join = m_.calls[value.call];
    for (uint32_t a = join.args.begin; a < join.args.end; ++a) {
      const PyValue part = constant(writer_.facts(), writer_.index(), m_.args[a].value);
      joined = part.kind == Kind::kString ? join_path(joined, part.text.view()) : "";
    }
    return joined;
  }

  // sagemaker.workflow.pipeline.Pipeline(...), tfx.dsl.Pipeline(...), @dsl.pipeline of Azure ML.
  void find_flow() {
    for (const PyCall& call : m_.calls) {
      if (call.method != "Pipeline" || system_of(call.target.view()) != system_ || flow_ != kNone) continue;
      flow_ = writer_.add(UnitKind::kStage, writer_.qualified(Name(system_)), call.span);
      const std::string name = text(call, "name", 0);
      writer_.out.units[flow_].title = Name("pipeline " + (name.empty() ? std::string(system_) : name));
    }
    for (uint32_t f = 0; f < m_.functions.size() && flow_ == kNone; ++f) {
      const PyDecorator* found =
          decorator_of(m_.functions[f], [](Name target) { return below(target, "azure.ai.ml", "pipeline"); });
      if (found == nullptr || system_ != "azure-ml") continue;
      m_.functions[f].task = true;
      flow_ = writer_.add(UnitKind::kStage, writer_.qualified(m_.functions[f].name), found->span);
      writer_.out.units[flow_].title = Name("pipeline " + m_.functions[f].name.str());
    }
  }

  // A part of the flow of this file, else a job by itself that the call starts.
  uint32_t add_job(uint32_t c, std::string_view name) {
    const Span span = m_.calls[c].span;
    if (flow_ != kNone) return writer_.add_part(flow_, name, span);
    const uint32_t unit = writer_.add(UnitKind::kStage, writer_.qualified(Name(name)), span);
    writer_.out.units[unit].title = Name(name);
    jobs_.push_back(unit);
    return unit;
  }

  void add_work(uint32_t c) {
    const PyCall& call = m_.calls[c];
    std::string script;
    for (std::string_view key : {"entry_point", "code", "module_file"}) {
      if (script.empty()) script = path_text(call, key);
    }
    const std::string line = system_ == "azure-ml" && call.method == "command" ? text(call, "command")
                             : call.method == "submit_job"                     ? text(call, "entrypoint")
                                                                               : "";
    if (!line.empty()) {
      const uint32_t unit = add_job(c, call.method.view());
      if (const std::string folder = code_folder(text(call, "code")); !folder.empty())
        writer_.out.units[unit].working_directory = Name(folder);
      writer_.command(unit, line_text(line), call.span);
      if (call.method == "submit_job") writer_.starts(unit, writer_.index(), c);
    } else if (script.ends_with(".py")) {
      add_script(c, script);
    }
  }

  // The folder of the code, seen from the file or from the root; "" if it is none of the repository.
  std::string code_folder(const std::string& code) const {
    if (code.empty()) return "";
    const std::string_view home = folder_of(writer_.facts().path(m_.file));
    for (const std::string& folder : {join_path(home, code), join_path("", code)}) {
      const auto inside = [&](const FileFact& file) { return file.path.view().starts_with(folder + "/"); };
      const auto& files = writer_.facts().files;
      if (folder != "?" && std::any_of(files.begin(), files.end(), inside)) return folder;
    }
    return "";
  }

  // ${{inputs.x}} of Azure ML is no shell's.
  static std::string line_text(std::string line) {
    for (size_t at = line.find("${{"); at != line.npos; at = line.find("${{", at)) {
      const size_t end = line.find("}}", at);
      if (end == line.npos) break;
      line.replace(at, end + 2 - at, "$_");
    }
    return line;
  }

  void add_script(uint32_t c, const std::string& script) {
    const PyCall& call = m_.calls[c];
    const std::string_view home = folder_of(writer_.facts().path(m_.file));
    std::string name = text(call, "name", 0);
    const uint32_t unit = add_job(c, name.empty() ? base_name(script) : std::string_view(name));
    const std::string source = text(call, "source_dir");
    std::string path = script;
    for (const std::string& one :
         {join_path(source, script), join_path(home, join_path(source, script)), join_path(home, script)}) {
      if (writer_.facts().find_file(one) != nullptr) path = one;
    }
    if (system_ == "tfx") {
      run_module(unit, path, call.span);
    } else {
      writer_.command(unit, "python " + shell_quoted(path), call.span);
    }
    if (flow_ != kNone && call.method.view().ends_with("Step")) writer_.builds(unit, c);
  }

  // TFX calls run_fn and preprocessing_fn of a component's module.
  void run_module(uint32_t unit, const std::string& path, const Span& span) {
    for (uint32_t i = 0; i < writer_.facts().python.size(); ++i) {
      const PythonModule& module = writer_.facts().python[i];
      if (writer_.facts().path(module.file) != path) continue;
      for (uint32_t f = 0; f < module.functions.size(); ++f) {
        const Name name = module.functions[f].name;
        if (name == "run_fn" || name == "preprocessing_fn" || name == "trainer_fn" || name == "tuner_fn")
          writer_.runs(unit, {i, f}, span);
      }
    }
  }

  void add_start(uint32_t c) {
    const PyCall& call = m_.calls[c];
    const std::string_view method = call.method.view(), target = call.target.view();
    const bool own = system_of(target) == system_;
    if (system_ == "sagemaker" && own && target.find("Pipeline") != target.npos) {
      if (method == "start") start(c);
      if (method == "put_triggers") schedule(c);
      if (method == "upsert" || method == "create" || method == "update") uploaded_ = call.span;
    } else if (system_ == "sagemaker" && own && method == "fit") {
      for (uint32_t unit : jobs_) writer_.starts(unit, writer_.index(), c);
    } else if (system_ == "azure-ml" && own && method.ends_with("create_or_update")) {
      start(c);
    } else if (system_ == "tfx" && own && method == "run" && target.find("DagRunner") != target.npos) {
      if (target.find("Kubeflow") != target.npos) {
        uploaded_ = call.span;
      } else {
        start(c);
      }
    }
  }

  // Another module has the pipeline made by a function of this one, uploads what it got and starts it.
  void start_elsewhere() {
    const FactStore& facts = writer_.facts();
    for (uint32_t i = 0; i < facts.python.size(); ++i) {
      const PythonModule& other = facts.python[i];
      if (i == writer_.index() || is_test_path(facts.path(other.file))) continue;
      for (const PyBinding& binding : other.bindings) {
        if (binding.value.kind != Kind::kCall) continue;
        const PyRef maker = other.calls[binding.value.call].function_ref;
        if (!maker.valid() || maker.module != writer_.index()) continue;
        const std::string begins = binding.target.str() + ".start";
        const auto begun = std::ranges::find_if(other.calls, [&](const PyCall& call) {
          return call.function == binding.function && call.callee == std::string_view(begins);
        });
        if (begun == other.calls.end()) continue;
        writer_.starts(flow_, i, static_cast<uint32_t>(begun - other.calls.begin()));
        started_ = true;
      }
    }
  }

  void start(uint32_t c) {
    if (flow_ != kNone) writer_.starts(flow_, writer_.index(), c);
    for (uint32_t unit : jobs_) writer_.starts(unit, writer_.index(), c);
    started_ = true;
  }

  // pipeline.put_triggers(triggers=[PipelineSchedule(name="x", cron="0 3 * * ? *")])
  void schedule(uint32_t c) {
    if (flow_ == kNone) return;
    const PyCall& call = m_.calls[c];
    const uint32_t unit = writer_.add(UnitKind::kSchedule, writer_.out.units[flow_].name.view(), call.span);
    writer_.link(unit, LinkKind::kRuns, UnitKind::kStage, writer_.out.units[flow_].name.view(), call.span)
        .same_file = true;
    std::string cron;
    bool off = false;
    for (const PyCall& made : m_.calls) {
      if (made.method != "PipelineSchedule") continue;
      if (cron.empty()) cron = text(made, "cron");
      off |= is_false(argument(m_, made, "enabled"));
    }
    writer_.starts(unit, writer_.index(), c);
    started_ = true;
    if (off) {
      writer_.out.units[unit].manual = true;
      writer_.out.units[unit].condition = "the schedule is not enabled";
      writer_.out.units[unit].condition_span = call.span;
      return;
    }
    writer_.trigger(unit, TriggerKind::kSchedule, cron.empty() ? "a schedule" : "cron " + cron, call.span)
        .once_applied = true;
  }

  FlowWriter writer_;
  PythonModule& m_;
  std::string_view system_;
  uint32_t flow_ = kNone;
  std::vector<uint32_t> jobs_;
  bool started_ = false;
  Span uploaded_;
};

}  // namespace

void collect_cloud_jobs(FactStore& facts, Flows& flows) {
  constexpr std::array<std::string_view, 4> kSystems = {"sagemaker", "azure-ml", "ray", "tfx"};
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    std::set<std::string_view> used;
    for (const PyCall& call : facts.python[i].calls) {
      const std::string_view system = system_of(call.target.view());
      if (!system.empty()) used.insert(system);
    }
    for (std::string_view system : kSystems) {
      if (!used.contains(system)) continue;
      AutomationFile file = JobFile(facts, i, system).read();
      if (!file.units.empty()) flows.push_back(std::move(file));
    }
  }
}

}  // namespace mlgrade::passes
