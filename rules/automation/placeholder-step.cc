// Steps that say they deploy, notify or verify, and only print, sleep, or talk to hosts of nobody.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "analyzer/engine/rule.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"
#include "rules/support/placeholders.h"

namespace mlgrade::rules {
namespace {

bool promises(std::string_view name) {
  return has_word(name,
                  {"deploy", "deployment", "deploys", "rollback", "rollout", "promote", "promotion", "notify",
                   "notification", "alert", "alerts", "verify", "verification", "smoke", "canary"});
}

// It says itself that it only tells: a headline, a link, a summary at the end.
bool only_tells(std::string_view name) {
  return has_word(name, {"print",  "show",    "display", "info", "information", "summary", "status", "url",
                         "log",    "message", "banner",  "list", "output",      "outputs", "debug",  "echo",
                         "report", "start",   "started", "set",  "check",       "skip",    "skipped"});
}

bool is_idle(const Command& command) {
  static constexpr std::array<std::string_view, 12> kIdle = {
      "echo", "printf", "sleep", "true", ":", "exit", "ls", "pwd", "date", "set", "whoami", "cat"};
  if (command.words.empty() || !command.words[0].literal || !command.output_file.empty()) return false;
  return std::find(kIdle.begin(), kIdle.end(), command.words[0].text) != kIdle.end();
}

bool says_something(const Command& command) {
  const std::string& program = command.words[0].text;
  return program == "echo" || program == "printf" || program == "sleep";
}

// Gets the code or a tool and does nothing with it.
bool prepares(std::string_view action) {
  return action == "actions/checkout" || action.starts_with("actions/setup-") || action == "actions/cache" ||
         action == "actions/download-artifact";
}

bool inside(const AutomationFile& file, uint32_t unit, uint32_t outer) {
  for (uint32_t at = unit; at != kNone; at = file.units[at].parent) {
    if (at == outer) return true;
  }
  return false;
}

// All that the unit does is print or wait. The first of its commands is where to look.
const Command* idle_command(const AutomationFile& file, uint32_t unit) {
  const Command* first = nullptr;
  bool tells = false;
  for (const Command& command : file.commands) {
    if (command.unit == kNone || !inside(file, command.unit, unit)) continue;
    if (!is_idle(command)) return nullptr;
    tells |= says_something(command);
    if (first == nullptr) first = &command;
  }
  const bool acts = std::any_of(file.actions.begin(), file.actions.end(), [&](const ActionUse& action) {
    return inside(file, action.unit, unit) && !prepares(action.action.view());
  });
  const bool calls = std::any_of(file.links.begin(), file.links.end(), [&](const UnitLink& link) {
    return link.kind != LinkKind::kNeeds && link.kind != LinkKind::kHappensAfter &&
           inside(file, link.unit, unit);
  });
  const bool publishes =
      std::any_of(file.publications.begin(), file.publications.end(),
                  [&](const Publication& p) { return p.unit != kNone && inside(file, p.unit, unit); });
  return tells && !acts && !calls && !publishes ? first : nullptr;
}

bool deploys_elsewhere(const RuleInput& in, uint32_t f, uint32_t job) {
  const AutomationFile& file = in.facts.automation[f];
  return std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    if (use.automation != f || (use.capability != "deploys" && use.capability != "sends-alert" &&
                                use.capability != "publishes-image" && use.capability != "smoke-tests")) {
      return false;
    }
    const uint32_t unit = use.kind == Use::Kind::kCommand  ? file.commands[use.index].unit
                          : use.kind == Use::Kind::kAction ? file.actions[use.index].unit
                                                           : kNone;
    return unit != kNone && job_of(file, unit) == job;
  });
}

void find_idle(const RuleInput& in, uint32_t f, RuleOutput& out) {
  const AutomationFile& file = in.facts.automation[f];
  std::vector<uint32_t> said;
  for (uint32_t u = 0; u < file.units.size(); ++u) {
    const Unit& unit = file.units[u];
    const bool job = unit.kind == UnitKind::kJob;
    if (!job && unit.kind != UnitKind::kStep && unit.kind != UnitKind::kTarget) continue;
    const std::string name = unit.name.str() + " " + unit.title.str();
    if (!promises(name) || only_tells(name)) continue;
    if (std::any_of(said.begin(), said.end(), [&](uint32_t outer) { return inside(file, u, outer); }))
      continue;
    const Command* command = idle_command(file, u);
    if (command == nullptr) continue;
    const bool step = unit.kind == UnitKind::kStep;
    if (step && deploys_elsewhere(in, f, job_of(file, u))) continue;
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.confidence = job || step ? Confidence::kHigh : Confidence::kMedium;
    finding.message = fmt::format("`{}` does nothing but print and wait", title_of(unit));
    finding.places = {{command->span, "all it does"}};
    if (unit.span.line != command->span.line) finding.places.push_back({unit.span, "what it is called"});
    out.findings.push_back(std::move(finding));
    said.push_back(u);
  }
}

// Looking up an address made up for documentation, in commands that some trigger comes to.
void find_hosts(const RuleInput& in, uint32_t f, RuleOutput& out) {
  const AutomationFile& file = in.facts.automation[f];
  std::map<std::string, Finding> by_host;
  for (uint32_t c = 0; c < file.commands.size(); ++c) {
    const Command& command = file.commands[c];
    static constexpr std::array<std::string_view, 10> kTalk = {"curl", "wget", "http",  "docker", "kubectl",
                                                               "helm", "ssh",  "rsync", "scp",    "podman"};
    const bool talks =
        !command.words.empty() && std::find(kTalk.begin(), kTalk.end(), command.words[0].text) != kTalk.end();
    if (!talks || in.graph.reached_by(in.graph.node_of_command(f, c)) == Reach::By::kNothing) continue;
    for (const Word& word : command.words) {
      const std::string host(placeholder_host(word.text));
      if (host.empty()) continue;
      Finding& finding = by_host[host];
      finding.severity = Severity::kMedium;
      finding.confidence = Confidence::kMedium;
      finding.message = fmt::format("{} talks to {}, a host of nobody", quoted_command(command), host);
      finding.places.push_back({command.span, fmt::format("asks {}", host)});
      break;
    }
  }
  for (auto& [host, finding] : by_host) out.findings.push_back(std::move(finding));
}

void run(const RuleInput& in, RuleOutput& out) {
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    if (is_sample(in.facts, in.facts.automation[f].file)) continue;
    find_idle(in, f, out);
    find_hosts(in, f, out);
  }
}

}  // namespace

extern const Rule automation_placeholder_step;
const Rule automation_placeholder_step{
    .kind = RuleKind::kFinding,
    .summary = "A step that says it deploys, notifies or verifies and does not",
    .why =
        "The run is green and the log reads well; the model is where it was, and nobody was told anything.",
    .fix = "Let the step do what its name says, or take it out until it can.",
    .source = "Sculley et al. 2015, section 5",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
