// Before the release, the serving image is started and asked for a prediction.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/command_text.h"
#include "rules/support/pipeline_branches.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool starts_service(const Command& command) {
  auto word = [&](size_t i) {
    return i < command.words.size() ? std::string_view(command.words[i].text) : std::string_view();
  };
  if (word(0) == "docker" || word(0) == "podman") {
    return word(1) == "run" ||
           (word(1) == "compose" && std::any_of(command.words.begin(), command.words.end(),
                                                [](const Word& w) { return w.text == "up"; }));
  }
  return word(0) == "docker-compose" && std::any_of(command.words.begin(), command.words.end(),
                                                    [](const Word& w) { return w.text == "up"; });
}

// Asks for more than whether the process lives.
bool asks_prediction(std::string_view text) {
  return has_word(
      text, {"predict", "prediction", "predictions", "invocations", "infer", "inference", "score", "classify",
             "recommend", "generate", "completions", "embed", "forecast", "detect", "chat"});
}

uint32_t job_of(const AutomationFile& file, uint32_t unit) {
  uint32_t job = unit;
  for (uint32_t at = unit; at != kNone; at = file.units[at].parent) {
    if (file.units[at].kind != UnitKind::kWorkflow) job = at;
  }
  return job;
}

bool in_workflow(const AutomationFile& file, uint32_t unit) {
  for (uint32_t at = unit; at != kNone; at = file.units[at].parent) {
    if (file.units[at].kind == UnitKind::kWorkflow) return true;
  }
  return false;
}

// A command that starts a service, and one that comes after it in the same job.
struct Started {
  uint32_t file = kNone, start = kNone, later = kNone;
};

std::vector<Started> started_services(const RuleInput& in) {
  std::vector<Started> out;
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (is_sample(in.facts, file.file)) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      if (file.commands[c].unit == kNone || !starts_service(file.commands[c])) continue;
      const uint32_t job = job_of(file, file.commands[c].unit);
      for (uint32_t later = c + 1; later < file.commands.size(); ++later) {
        const uint32_t unit = file.commands[later].unit;
        if (unit != kNone && job_of(file, unit) == job) out.push_back({f, c, later});
      }
    }
  }
  return out;
}

const char* who_asks(const RuleInput& in, const Started& at, bool program) {
  const AutomationFile& file = in.facts.automation[at.file];
  const bool ci = in_workflow(file, file.commands[at.start].unit);
  if (program)
    return ci ? "CI starts the service and a program asks it"
              : "a script starts the service and a program asks it";
  return ci ? "CI starts the service and sends a request" : "a script starts the service and sends a request";
}

// `answer=$(curl ...)`: the name; the assignment is a command without words around the request. Empty if
// nothing keeps the answer.
std::string kept_as(const AutomationFile& file, uint32_t request) {
  const Command& asked = file.commands[request];
  for (const Command& command : file.commands) {
    const bool around = command.words.empty() && command.unit == asked.unit &&
                        command.span.line <= asked.span.line &&
                        asked.span.line <= std::max(command.span.line, command.span.end_line);
    if (!around) continue;
    for (const Word& word : command.assignments) {
      const size_t equals = word.text.find('=');
      const bool from = equals != std::string::npos && (word.text.find("$(", equals) != std::string::npos ||
                                                        word.text.find('`', equals) != std::string::npos);
      if (from) return word.text.substr(0, equals);
    }
  }
  return "";
}

// A later command of the unit looks at what was kept under the name, and its failure stops the job: `grep
// -q`, `[`, `jq -e`, alone or behind a pipe that the name goes into.
bool looked_at(const AutomationFile& file, uint32_t request, std::string_view name) {
  const std::string plain = "$" + std::string(name), braces = "${" + std::string(name);
  const uint32_t unit = file.commands[request].unit;
  uint32_t named_on = 0;
  for (const Command& command : file.commands) {
    if (command.unit != unit || command.span.line < file.commands[request].span.line) continue;
    const bool named = std::any_of(command.words.begin(), command.words.end(), [&](const Word& w) {
      return w.text.find(plain) != std::string::npos || w.text.find(braces) != std::string::npos;
    });
    if (named) named_on = command.span.line;
    const std::string_view program =
        command.words.empty() ? std::string_view() : std::string_view(command.words[0].text);
    const bool looks = program == "grep" || program == "egrep" || program == "[" || program == "[[" ||
                       program == "test" || program == "jq" || program.starts_with("python");
    if (looks && named_on == command.span.line && command.effect == Effect::kBlocking) return true;
  }
  return false;
}

// What a request shows: asks for a prediction, and what becomes of a bad answer.
void judge_request(const AutomationFile& file, uint32_t index, Evidence& evidence) {
  const Command& request = file.commands[index];
  const bool prediction = std::any_of(request.words.begin(), request.words.end(),
                                      [](const Word& w) { return asks_prediction(w.text); });
  const bool data = std::any_of(request.words.begin(), request.words.end(), [](const Word& w) {
    return w.text == "-d" || w.text.starts_with("--data") || w.text == "--json" || w.text == "-F";
  });
  const bool fails = std::any_of(request.words.begin(), request.words.end(), [](const Word& w) {
    return w.text == "--fail" || w.text == "--fail-with-body" ||
           (w.text.size() > 1 && w.text[0] == '-' && w.text[1] != '-' &&
            w.text.find('f') != std::string::npos);
  });
  if (!prediction && !data) {
    evidence.defeat = "the request asks whether the process lives, not for a prediction";
    evidence.defeat_at = request.span;
    return;
  }
  const std::string name = kept_as(file, index);
  if (!name.empty() && looked_at(file, index, name)) {
    evidence.what += " and looks at the answer";
    return;
  }
  if (request.words[0].text != "curl" || fails || request.tested || !request.output_file.empty()) return;
  evidence.effect = Effect::kSwallowed;
  evidence.effect_why = "curl without --fail succeeds on an error answer";
  evidence.effect_at = request.span;
}

// Commands that ask a service for a prediction after their job has started its container, there or in a
// script that it runs.
void add_requests(const RuleInput& in, const std::vector<Started>& started, std::vector<Evidence>& out) {
  std::set<NodeId> seen;
  for (const Started& at : started) {
    const std::vector<NodeId> closure = in.graph.closure(in.graph.node_of_command(at.file, at.later));
    for (const Use* use : uses_of(in, "smoke-tests")) {
      if (use->kind != Use::Kind::kCommand) continue;
      const NodeId node = in.graph.node_of_command(use->automation, use->index);
      if (!std::binary_search(closure.begin(), closure.end(), node) || !seen.insert(node).second) continue;
      const AutomationFile& file = in.facts.automation[use->automation];
      const Span start = in.facts.automation[at.file].commands[at.start].span;
      Evidence evidence;
      evidence.place = file.commands[use->index].span;
      evidence.what = who_asks(in, at, false);
      evidence.runs_at = node;
      evidence.links = {{start, "starts the service"}, {evidence.place, "sends a request"}};
      judge_request(file, use->index, evidence);
      out.push_back(std::move(evidence));
    }
  }
}

// A script or test that requests a prediction from a container which its job started.
void add_programs(const RuleInput& in, const std::vector<Started>& started, std::vector<Evidence>& out) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  for (const Started& at : started) {
    const NodeId command = in.graph.node_of_command(at.file, at.later);
    const std::vector<NodeId> closure = in.graph.closure(command);
    const AbleAt* request = abilities.first_in(closure, "requests-http");
    if (request == nullptr) continue;
    auto test = std::find_if(closure.begin(), closure.end(), [&](NodeId n) {
      return in.graph.nodes[n].kind == NodeKind::kTest && in.facts.tests[in.graph.nodes[n].owner].effective &&
             abilities.first(n, "requests-http") != nullptr;
    });
    Evidence evidence;
    evidence.place = request->span;
    evidence.what = who_asks(in, at, true);
    evidence.runs_at = test != closure.end() ? *test : command;
    evidence.links = {{in.facts.automation[at.file].commands[at.start].span, "starts the service"},
                      {request->span, "sends a request"}};
    if (test == closure.end()) {
      evidence.worth = 0.5;
      evidence.worth_why = "nothing asserts the answer";
    }
    out.push_back(std::move(evidence));
  }
}

// A service that keeps endpoints (`az ml online-endpoint invoke`, `aws sagemaker-runtime invoke-endpoint`,
// `gcloud ai endpoints predict`) is asked for a prediction, and a release waits for the answer: what was
// deployed to try it has loaded the model in the runtime that serves.
void add_endpoints(const RuleInput& in, std::vector<Evidence>& out) {
  constexpr std::string_view kAsks[] = {
      "az ml online-endpoint invoke", "aws sagemaker-runtime invoke-endpoint",
      "gcloud ai endpoints predict",  "aws lambda invoke",
      "gcloud functions call",        "databricks serving-endpoints query"};
  const std::vector<const Use*> deploys = uses_of(in, "deploys");
  for (const Use* use : uses_of(in, "smoke-tests")) {
    if (use->kind != Use::Kind::kCommand) continue;
    const std::string text = words_as_text(in.facts.automation[use->automation].commands[use->index]);
    if (std::none_of(std::begin(kAsks), std::end(kAsks),
                     [&](std::string_view ask) { return text.find(ask) != text.npos; }))
      continue;
    const NodeId node = node_of(in, *use);
    const auto waits = std::find_if(deploys.begin(), deploys.end(), [&](const Use* deploy) {
      const NodeId release = node_of(in, *deploy);
      return release != kNone && in.graph.gates(node, release);
    });
    if (node == kNone || waits == deploys.end()) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = "what was deployed to try it is asked for a prediction";
    evidence.runs_at = node;
    evidence.links = {{evidence.place, "asks the endpoint"}, {(*waits)->span, "the release waits for it"}};
    out.push_back(std::move(evidence));
  }
}

// TFX starts the model server in a sandbox, with its InfraValidator: its verdict counts where a Pusher takes
// it.
void add_validators(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, "smoke-tests")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || !call->target.view().ends_with("components.InfraValidator")) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = "the model is loaded by the model server of a sandbox";
    evidence.runs_at = node_of(in, *use);
    const PythonModule& module = in.facts.python[use->function.module];
    const Span takes = takes_blessing(module, "infra_blessing");
    if (!takes.valid()) {
      evidence.defeat = "no release takes its verdict as `infra_blessing`";
      evidence.defeat_at = use->span;
    } else {
      evidence.links = {{evidence.place, evidence.what}, {takes, "the release waits for it"}};
    }
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  const std::vector<Started> started = started_services(in);
  add_requests(in, started, found);
  add_programs(in, started, found);
  add_endpoints(in, found);
  add_validators(in, found);
  keep_best(in, found, 10);
  for (Evidence& evidence : found) {
    evidence.part = "test in the serving environment";
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule infra_serving_smoke_test;
const Rule infra_serving_smoke_test{
    .summary = "the serving image is started in CI and asked for a prediction",
    .why =
        "A model that loads on the laptop may not load in the image: other versions, missing files, no "
        "memory.",
    .fix =
        "Start the image in the workflow that releases it, send one prediction with `curl --fail`, and check "
        "the "
        "answer before the push.",
    .source = "Breck et al. 2017, table III, Infra 6",
    .run = run,
};

}  // namespace mlgrade::rules
