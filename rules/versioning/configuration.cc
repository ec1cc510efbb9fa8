// Settings and hyperparameters are in the repository, held to a schema, and written down with each run.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_settings_base(std::string_view base) {
  return base.ends_with(".BaseSettings") || base.ends_with("pydantic.BaseModel") ||
         base.ends_with("StructuredConfig") || base == "pydantic.BaseModel" ||
         base.starts_with("pydantic.dataclasses");
}

// A class that holds the settings to a schema: by its base and by what it is called.
PyRef settings_class(const RuleInput& in) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    for (uint32_t c = 0; c < module.classes.size(); ++c) {
      const PyClass& cls = module.classes[c];
      if (!has_word(cls.name.view(),
                    {"config", "settings", "params", "hyperparameters", "hyperparams", "configuration"}))
        continue;
      const bool held = std::any_of(cls.base_targets.begin(), cls.base_targets.end(),
                                    [](Name base) { return is_settings_base(base.view()); });
      if (held) return {m, c};
    }
  }
  return {};
}

// Settings(...), Settings.model_validate(...), or a way of the class's own: Settings.from_yaml(...).
bool makes(const RuleInput& in, const PyCall& call, PyRef cls) {
  if (call.class_ref == cls) return true;
  const PyFunction* function = in.facts.function(call.function_ref);
  if (function != nullptr && call.function_ref.module == cls.module && function->cls == cls.index)
    return true;
  const std::string own = in.facts.python[cls.module].classes[cls.index].name.str() + ".";
  const std::string_view callee = call.callee.view();
  const bool of_class = callee.starts_with(own) || callee.find("." + own) != std::string_view::npos;
  return of_class && has_word(call.method.view(), {"validate", "parse", "from", "load"});
}

// A test that builds the settings, or what inherits from them.
bool builds(const RuleInput& in, const TestCase& test, PyRef cls) {
  if (!test.function.valid()) return false;
  const auto index = static_cast<uint32_t>(&test - in.facts.tests.data());
  for (const NodeId node : in.graph.closure(in.graph.node_of_test(index))) {  // with its fixtures
    const Node& n = in.graph.nodes[node];
    if (n.kind != NodeKind::kFunction && n.kind != NodeKind::kModule) continue;
    // What a module builds as it is imported, every test of it builds: nobody looks at it there.
    if (n.kind == NodeKind::kModule && n.owner != test.function.module) continue;
    const uint32_t function = n.kind == NodeKind::kFunction ? n.index : kNone;
    for (const PyCall& call : calls_in(in.facts.python[n.owner], function)) {
      if (call.function == function && makes(in, call, cls)) return true;
    }
  }
  return false;
}

const Use* logged_settings(const RuleInput& in) {
  for (const Use* use : product_uses(in, "tracks-experiments")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr) continue;
    if (has_word(call->method.view(),
                 {"params", "param", "parameter", "parameters", "autolog", "config", "configuration"}))
      return use;
    const PythonModule& module = in.facts.python[use->function.module];
    for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
      if (module.args[a].keyword == "config") return use;
    }
  }
  return nullptr;
}

// The call sets something of the model by a word of its own; a seed or a count of threads is none of it.
bool sets_something(const RuleInput& in, const Use& use) {
  const PyCall* call = call_of(in, use);
  if (call == nullptr) return true;
  const PythonModule& module = in.facts.python[use.function.module];
  for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (arg.keyword.empty()) continue;
    if (!has_word(arg.keyword.view(), {"state", "seed", "jobs", "verbose", "verbosity", "workers", "device"}))
      return true;
  }
  return false;
}

// Where the settings of the model stand: what reads a file of settings, else the code that builds or calls
// the model.
const Use* settings_in_code(const RuleInput& in) {
  for (std::string_view capability : {"loads-config", "constructs-estimator", "trains-model",
                                      "searches-hyperparameters", "calls-llm", "builds-agent"}) {
    for (const Use* use : product_uses(in, capability)) {
      const bool built = capability == "constructs-estimator" || capability == "trains-model";
      if (is_notebook(in.facts, use->file) || use->kind == Use::Kind::kFile) continue;
      if (!built || sets_something(in, *use)) return use;
    }
  }
  return nullptr;
}

void run(const RuleInput& in, RuleOutput& output) {
  const Use* settings = settings_in_code(in);
  if (settings == nullptr) return;
  const Use* logged = logged_settings(in);
  const PyRef cls = settings_class(in);
  Evidence evidence;
  evidence.place = settings->span;
  evidence.what = settings->capability == "loads-config" ? "settings are read from the repository"
                                                         : "settings stand in versioned code";
  evidence.links.push_back({settings->span, evidence.what});
  if (cls.valid())
    evidence.links.push_back(
        {in.facts.python[cls.module].classes[cls.index].span, "a class holds them to a schema"});
  if (logged != nullptr) evidence.links.push_back({logged->span, "each run writes them down"});
  const uint32_t test = cls.valid() && logged != nullptr
                            ? best_test(in, [&](const TestCase& t) { return builds(in, t, cls); })
                            : kNone;
  if (test != kNone && in.graph.reached_by(in.graph.node_of_test(test)) == Reach::By::kAutomatic) {
    evidence.runs_at = in.graph.node_of_test(test);
    evidence.links.insert(evidence.links.begin(),
                          {place_of(in.facts, in.facts.tests[test]), "a test builds the settings"});
  } else {
    evidence.mode = EvidenceMode::kStanding;
    evidence.worth = 0.5;
    evidence.worth_why = !cls.valid()        ? "nothing holds them to a schema"
                         : logged == nullptr ? "runs do not write them down"
                                             : "no test in CI holds them to their schema";
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule versioning_configuration;
const Rule versioning_configuration{
    .summary = "settings are versioned, held to a schema and written down with each run",
    .why = "A misspelt key trains with a default, and nobody can tell from the result.",
    .fix =
        "Read settings through a class that refuses unknown keys, test it in CI, and log the settings of "
        "each run.",
    .source =
        "Sculley et al. 2015, section 6 (configuration debt); Kaestner, Software Engineering for ML-Enabled "
        "Systems",
    .run = run,
};

}  // namespace mlgrade::rules
