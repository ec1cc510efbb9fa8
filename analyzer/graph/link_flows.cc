// Commands of orchestrators: what runs a flow now, and what hands it to a schedule.
#include <algorithm>

#include "analyzer/graph/command_linking.h"

namespace mlgrade {
namespace {

std::string_view system_of(const GraphBuilder& b, NodeId unit) {
  const Node& node = b.graph.nodes[unit];
  return b.facts.automation[node.owner].units[node.index].system.view();
}

// Units of a system by kind and name.
std::vector<NodeId> units_of(const GraphBuilder& b, UnitKind kind, std::string_view system,
                             std::string_view name) {
  std::vector<NodeId> found = find_units(b, kind, name);
  std::erase_if(found, [&](NodeId unit) { return system_of(b, unit) != system; });
  return found;
}

void run_named(Linking& l, UnitKind kind, std::string_view system, std::string_view name) {
  for (NodeId unit : units_of(l.b, kind, system, name)) l.run(unit);
}

// What a deployment runs, without waiting for its schedule.
void run_deployed(Linking& l, std::string_view system, std::string_view name) {
  for (NodeId deployment : units_of(l.b, UnitKind::kDeployment, system, name)) {
    const Node& node = l.b.graph.nodes[deployment];
    for (const UnitLink& link : l.b.facts.automation[node.owner].links) {
      if (link.unit != node.index || link.kind != LinkKind::kRuns) continue;
      for (NodeId target : units_of(l.b, link.target_kind, system, link.target.view())) l.run(target);
    }
  }
}

bool has_option(const CommandLine& line, std::initializer_list<std::string_view> options) {
  return std::any_of(line.words.begin(), line.words.end(), [&](const Word& word) {
    const std::string_view name = std::string_view(word.text).substr(0, word.text.find('='));
    return std::find(options.begin(), options.end(), name) != options.end();
  });
}

std::string word_at(const CommandLine& line, size_t i) {
  return i < line.words.size() ? line.words[i].text : std::string();
}

}  // namespace

// `python flow.py run`, `python flow.py argo-workflows create`: the file holds a Metaflow flow.
bool run_metaflow_file(Linking& l, std::string_view path) {
  const std::vector<NodeId> flows = units_of(l.b, UnitKind::kStage, "metaflow", path);
  if (flows.empty()) return false;
  bool backend = false;
  for (size_t i = 1; i < l.line.words.size(); ++i) {
    const std::string& word = l.line.words[i].text;
    if (word == "argo-workflows" || word == "step-functions" || word == "airflow") {
      backend = true;
    } else if (word == "create" && backend) {
      for (NodeId unit : units_of(l.b, UnitKind::kDeployment, "metaflow", path)) l.run(unit);
    } else if (word == "run" || word == "resume" || (word == "trigger" && backend)) {
      for (NodeId flow : flows) l.run(flow);
    } else {
      continue;
    }
    if (word == "run" || word == "create" || word == "trigger" || word == "resume") break;
  }
  return true;
}

// prefect deploy [path:flow] [--name x | --all], prefect deployment run flow/name, prefect deployment build.
void run_prefect(Linking& l) {
  const std::string verb = word_at(l.line, 1), second = word_at(l.line, 2);
  Word scratch;
  if (verb == "deployment" && second == "run") {
    const std::string name = word_at(l.line, 3);
    const size_t slash = name.find('/');
    return run_deployed(l, "prefect", slash == name.npos ? name : name.substr(slash + 1));
  }
  const bool build = verb == "deployment" && second == "build";
  if (verb != "deploy" && !build) return;
  for (size_t i = 2; i < l.line.words.size(); ++i) {
    const Word& word = l.line.words[i];
    const size_t colon = word.text.find(':');
    if (colon == std::string::npos || !word.text.substr(0, colon).ends_with(".py")) continue;
    // A flow that is deployed without a schedule waits for a person.
    if (!has_option(l.line, {"--cron", "--interval", "--rrule"})) return;
    const std::string path = repository_path({word.text.substr(0, colon), true}, l.cwd);
    for (NodeId flow : units_of(l.b, UnitKind::kStage, "prefect", path + word.text.substr(colon)))
      l.run(flow);
    return;
  }
  const Word* name = option_value(l.line, "-n", "--name", scratch);
  if (name == nullptr) return run_units(l, UnitKind::kDeployment, "prefect", {});
  run_named(l, UnitKind::kDeployment, "prefect",
            std::string_view(name->text).substr(name->text.find('/') + 1));
}

// zenml pipeline run module.function
void run_zenml(Linking& l) {
  if (word_at(l.line, 1) != "pipeline" || word_at(l.line, 2) != "run") return;
  const std::string source = word_at(l.line, 3);
  const size_t dot = source.rfind('.');
  if (dot == std::string::npos) return;
  auto module = l.b.module_by_name.find(Name(source.substr(0, dot)));
  if (module == l.b.module_by_name.end()) return;
  const std::string_view path = l.b.facts.path(l.b.facts.python[module->second].file);
  for (NodeId unit :
       units_of(l.b, UnitKind::kStage, "zenml", std::string(path) + ":" + source.substr(dot + 1)))
    l.run(unit);
}

// dagster job execute -j name, dagster job launch -j name, dagster asset materialize --select a,b
void run_dagster(Linking& l) {
  const std::string noun = word_at(l.line, 1), verb = word_at(l.line, 2);
  Word scratch;
  if (noun == "job" && (verb == "execute" || verb == "launch")) {
    const Word* job = option_value(l.line, "-j", "--job", scratch);
    if (job != nullptr) run_named(l, UnitKind::kStage, "dagster", "job:" + job->text);
  }
  if (noun == "asset" && verb == "materialize") {
    const Word* select = option_value(l.line, "-s", "--select", scratch);
    if (select == nullptr) return;
    std::vector<std::string> names;
    std::string_view rest = select->text;
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      std::string_view one = rest.substr(0, comma);
      while (!one.empty() && (one[0] == '*' || one[0] == '+')) one.remove_prefix(1);
      if (!one.empty()) names.push_back("asset:" + std::string(one));
      rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
    }
    for (uint32_t f : l.b.units.files_of("dagster")) {
      const AutomationFile& file = l.b.facts.automation[f];
      for (uint32_t u = 0; u < file.units.size() && names.empty(); ++u) {
        if (file.units[u].name.view().starts_with("asset:")) l.run(l.b.graph.unit_nodes[f][u]);
      }
    }
    for (const std::string& name : names) run_named(l, UnitKind::kStage, "dagster", name);
  }
}

// airflow dags trigger x, airflow dags test x 2026-01-01, airflow tasks test dag task
void run_airflow(Linking& l) {
  const std::string noun = word_at(l.line, 1), verb = word_at(l.line, 2);
  size_t at = 3;
  while (at < l.line.words.size() && l.line.words[at].text.starts_with('-')) ++at;
  const std::string name = word_at(l.line, at);
  if (name.empty()) return;
  if (noun == "dags" && (verb == "trigger" || verb == "test" || verb == "backfill"))
    run_named(l, UnitKind::kStage, "airflow", name);
  if (noun == "tasks" && (verb == "test" || verb == "run"))
    run_named(l, UnitKind::kStage, "airflow", name + "." + word_at(l.line, at + 1));
}

// kedro run [--pipeline x]: all nodes, or those of the folder that the pipeline is called after.
void run_kedro(Linking& l) {
  if (word_at(l.line, 1) != "run") return;
  Word scratch;
  const Word* named = option_value(l.line, "-p", "--pipeline", scratch);
  const std::string folder = named == nullptr || named->text == "__default__" ? "" : "/" + named->text + "/";
  for (uint32_t f : l.b.units.files_of("kedro")) {
    const AutomationFile& file = l.b.facts.automation[f];
    if (file.units.empty()) continue;
    const std::string_view path = file.units[0].name.view();
    if (folder.empty() || path.find(folder) != path.npos) l.run(l.b.graph.unit_nodes[f][0]);
  }
}

// luigi --module tasks TrainModel, python -m luigi --module tasks TrainModel
void run_luigi(Linking& l) {
  for (const Word* word :
       positionals(l.line, {"--module", "--workers", "--scheduler-host", "--scheduler-port"}))
    run_named(l, UnitKind::kStage, "luigi", word->text);
}

// pyflyte run [--remote] file.py wf; pyflyte register --activate-launchplans dir; flyte run/deploy file.py x
void run_flyte(Linking& l) {
  const std::string verb = word_at(l.line, 1);
  const bool second = l.line.program == "flyte";
  std::string path, name;
  for (size_t i = 2; i < l.line.words.size() && name.empty(); ++i) {
    const Word& word = l.line.words[i];
    if (word.text.starts_with('-')) continue;
    const std::string at = repository_path(word, l.cwd == "?" ? "" : l.cwd);
    const bool is_file = !at.empty() && (l.b.facts.find_file(at) != nullptr || word.text.ends_with(".py"));
    if (path.empty() && (is_file || verb == "register" || verb == "deploy")) {
      path = word.text == "." ? "." : at;
    } else if (!path.empty()) {
      name = word.text;
    }
  }
  if (verb == "run" && !name.empty()) return run_named(l, UnitKind::kStage, "flyte", path + ":" + name);
  const bool activates = second ? verb == "deploy"
                                : (verb == "register" && has_option(l.line, {"--activate-launchplans"})) ||
                                      (verb == "launchplan" && has_option(l.line, {"--activate"}));
  if (!activates) return;
  for (uint32_t f : l.b.units.files_of("flyte")) {
    const AutomationFile& file = l.b.facts.automation[f];
    const std::string_view home = l.b.facts.path(file.file);
    const bool inside = verb == "launchplan" || path == "." || home == path || home.starts_with(path + "/");
    if (!inside) continue;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      if (file.units[u].kind == UnitKind::kDeployment || file.units[u].kind == UnitKind::kSchedule)
        l.run(l.b.graph.unit_nodes[f][u]);
    }
  }
}

// databricks bundle deploy, databricks bundle run name
bool run_bundle(Linking& l) {
  if (word_at(l.line, 1) != "bundle") return false;
  if (word_at(l.line, 2) == "deploy") run_units(l, UnitKind::kDeployment, "databricks", {});
  if (word_at(l.line, 2) == "run") {
    for (const Word* word : positionals(l.line, {"-t", "--target", "--profile", "-p", "--var"}))
      run_named(l, UnitKind::kStage, "databricks", word->text);
  }
  return true;
}

// sam deploy, serverless deploy: the template of the folder.
void run_stack(Linking& l) {
  const bool sam = l.line.program == "sam";
  if (word_at(l.line, 1) != "deploy") return;
  Word scratch;
  const Word* named = sam ? option_value(l.line, "-t", "--template-file", scratch)
                          : option_value(l.line, "-c", "--config", scratch);
  const std::string base = l.cwd == "?" ? "" : l.cwd;
  const Edge way{.from = l.from, .span = l.command.span, .kind = EdgeKind::kRuns};
  const std::vector<const char*> usual = sam ? std::vector<const char*>{"template.yaml", "template.yml"}
                                             : std::vector<const char*>{"serverless.yml", "serverless.yaml"};
  if (named != nullptr) {
    apply_path(l.b, way, {}, repository_path(*named, base), ApplyMode::kAsFound);
    return;
  }
  for (const char* name : usual) {
    const std::string path = base.empty() ? name : base + "/" + name;
    if (l.b.facts.find_file(path) != nullptr) apply_path(l.b, way, {}, path, ApplyMode::kAsFound);
  }
}

// cdk deploy, pulumi up: the program of the folder.
void run_stack_program(Linking& l) {
  const bool cdk = l.line.program == "cdk";
  if (word_at(l.line, 1) != (cdk ? "deploy" : "up") || l.cwd == "?") return;
  run_named(l, UnitKind::kDeployment, cdk ? "cdk" : "pulumi", l.cwd.empty() ? "." : l.cwd);
}

}  // namespace mlgrade
