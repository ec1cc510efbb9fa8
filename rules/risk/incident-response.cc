// What to do when it breaks is written down. The full point asks for the whole way: an alert that a server
// loads leads to its section, who is called is said as code, and a report of an incident has actions that
// somebody tracks.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "analyzer/engine/rule.h"
#include "rules/support/alarms.h"
#include "rules/support/code.h"
#include "rules/support/runbooks.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kEnough = 3;  // steps, or a command

// Playbooks of Ansible set machines up.
bool sets_machines_up(const RuleInput& in, const Document& document) {
  return has_word(in.facts.path(document.file), {"ansible"}) ||
         std::any_of(document.code.begin(), document.code.end(), [](const CodeBlock& block) {
           return block.text.find("ansible-playbook") != std::string::npos;
         });
}

// The script of the project that a command of the document starts and that is not there; empty if none.
std::string missing_script(const RuleInput& in, const Written& written, Span& at) {
  for (const CodeBlock& block : written.document->code) {
    if (block.text.find("cd ") != std::string::npos) continue;  // paths below another folder
    std::string_view text = block.text;
    while (!text.empty()) {
      const size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      for (std::string_view start : {"$ ", "bash ", "sh ", "python ", "python3 "}) {
        if (line.starts_with(start)) line.remove_prefix(start.size());
      }
      if (line.starts_with("./")) line.remove_prefix(2);
      const std::string_view path = line.substr(0, line.find(' '));
      const bool script = path.ends_with(".sh") || path.ends_with(".py");
      const bool plain = path.find('/') != std::string_view::npos && !path.starts_with('/') &&
                         path.find_first_of("$<{~*") == std::string_view::npos;
      if (!script || !plain || in.facts.find_file(path) != nullptr) continue;
      at = block.span;
      return std::string(path);
    }
  }
  return "";
}

// Who is called, as code: a schedule or escalation of a paging service, or a receiver that pages.
Link on_call(const RuleInput& in) {
  constexpr std::array<std::string_view, 9> kResources = {"pagerduty_schedule",
                                                          "pagerduty_escalation_policy",
                                                          "pagerduty_service",
                                                          "opsgenie_schedule",
                                                          "opsgenie_escalation",
                                                          "grafana_oncall_schedule",
                                                          "grafana_oncall_escalation_chain",
                                                          "betteruptime_policy",
                                                          "incident_schedule"};
  constexpr std::array<std::string_view, 4> kReceivers = {"pagerduty_configs", "opsgenie_configs",
                                                          "victorops_configs", "pagerdutyConfigs"};
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      for (std::string_view resource : kResources) {
        if (path.find("resource." + std::string(resource) + ".") != std::string_view::npos)
          return {key.span, fmt::format("{} says who is called", resource)};
      }
      for (std::string_view receiver : kReceivers) {
        if (path.find("." + std::string(receiver) + "[") != std::string_view::npos)
          return {key.span, fmt::format("{} pages whoever is on call", receiver)};
      }
    }
  }
  return {};
}

// "#12", "OPS-17", a link to an issue: somebody tracks it.
bool is_tracked(std::string_view text) {
  if (text.find("/issues/") != std::string_view::npos || text.find("/browse/") != std::string_view::npos)
    return true;
  for (size_t at = text.find_first_of("#-"); at != std::string_view::npos;
       at = text.find_first_of("#-", at + 1)) {
    const bool digit = at + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[at + 1])) != 0;
    const bool key =
        text[at] == '#' || (at > 1 && std::isupper(static_cast<unsigned char>(text[at - 1])) != 0 &&
                            std::isupper(static_cast<unsigned char>(text[at - 2])) != 0);
    if (digit && key) return true;
  }
  return false;
}

bool about_actions(std::string_view text) {
  return has_word(text, {"action", "actions", "follow", "followup", "followups", "todo", "remediation",
                         "lessons", "prevention", "corrective", "task", "tasks"});
}

// An action of a report that somebody tracks; an invalid span if it has none.
Span tracked_action(const Document& document) {
  const auto below = [&](uint32_t heading) {
    return heading != kNone && about_actions(document.headings[heading].text);
  };
  const auto linked = [&](uint32_t line) {
    return std::any_of(document.links.begin(), document.links.end(),
                       [&](const DocLink& link) { return link.span.line == line && is_tracked(link.url); });
  };
  for (const Paragraph& paragraph : document.paragraphs) {
    if (!paragraph.list_item || !below(paragraph.heading)) continue;
    if (is_tracked(paragraph.text) || linked(paragraph.span.line)) return paragraph.span;
  }
  for (const DocTable& table : document.tables) {
    const bool actions =
        below(table.heading) || std::any_of(table.header.begin(), table.header.end(),
                                            [](const auto& cell) { return about_actions(cell); });
    for (uint32_t r = 0; actions && r < table.rows.size(); ++r) {
      const uint32_t line = table.span.line + 2 + r;
      const bool told = std::any_of(table.rows[r].begin(), table.rows[r].end(),
                                    [](const std::string& cell) { return is_tracked(cell); });
      if (told || linked(line)) return {document.file, line, 1, line};
    }
  }
  return {};
}

// A dated report of an incident with an action that is tracked.
struct Report {
  Span place, action;
  bool dated = false;
};

std::optional<Report> report_of_incident(const RuleInput& in) {
  std::optional<Report> best;
  for (const Written& written :
       written_about(in, {"postmortem", "postmortems", "post mortem", "post mortems", "incident report",
                          "incident reports", "incident review", "root cause analysis"})) {
    const Document& document = *written.document;
    Report report{written.place, tracked_action(document), !document.dates.empty()};
    const auto rank = [](const Report& r) { return r.dated + r.action.valid(); };
    if (!best || rank(*best) < rank(report)) best = report;
  }
  return best;
}

// The section that an alert leads to says something to do.
bool helps(const RunbookTarget& target) {
  const Document& document = *target.document;
  if (document.is_template()) return false;
  const auto in_section = [&](uint32_t heading) {
    if (target.heading == kNone || heading == target.heading) return true;
    if (heading == kNone || heading < target.heading) return false;
    for (uint32_t h = target.heading + 1; h <= heading; ++h) {
      if (document.headings[h].level <= document.headings[target.heading].level) return false;
    }
    return true;
  };
  const auto counts = [&](const auto& parts) {
    return static_cast<size_t>(std::count_if(parts.begin(), parts.end(),
                                             [&](const auto& part) { return in_section(part.heading); }));
  };
  return counts(document.code) > 0 || counts(document.tables) > 0 || counts(document.paragraphs) >= 2;
}

// The alert that leads to a runbook and that a server loads; null if there is none. `why`: of one that comes
// near.
const AlertRule* alert_with_runbook(const RuleInput& in, RunbookTarget& target, std::string& why) {
  for (const AlertVerdict& verdict : verdicts_of(in)) {
    const AlertRule& alert = *verdict.alert;
    if (alert.runbook.empty()) continue;
    target = runbook_of(in, alert);
    const std::string not_loaded = why_not_loaded(in, alert);
    if (target.document == nullptr) {
      why = fmt::format("the runbook of {} is not one of these", alert.name.view());
    } else if (!helps(target)) {
      why = fmt::format("the section that {} leads to says nothing to do", alert.name.view());
    } else if (!not_loaded.empty()) {
      why = fmt::format("the alert {} leads to it, and {}", alert.name.view(), not_loaded);
    } else if (verdict.fires == Truth::kNo) {
      why = fmt::format("the alert {} that leads to it cannot fire", alert.name.view());
    } else if (alert.routed == Truth::kNo) {
      why = fmt::format("nobody receives the alert {} that leads to it", alert.name.view());
    } else {
      return &alert;
    }
  }
  return nullptr;
}

// The whole way, or what lacks of it.
struct Way {
  std::vector<Link> links;
  std::string lacks = "no alert leads to it";
  Span place;
};

Way whole_way(const RuleInput& in) {
  Way out;
  RunbookTarget target;
  const AlertRule* alert = alert_with_runbook(in, target, out.lacks);
  if (alert == nullptr) return out;
  out.place = target.heading == kNone ? Span{target.document->file, 1, 1, 1}
                                      : target.document->headings[target.heading].span;
  out.links = {{alert->span, fmt::format("the alert {}", alert->name.view())},
               {alert->runbook_at, "links its runbook"},
               {out.place, "says what to do"}};
  if (alert->loaded_at.valid())
    out.links.insert(out.links.begin() + 1, {alert->loaded_at, "a server loads it"});
  const Link who = on_call(in);
  const std::optional<Report> report = report_of_incident(in);
  if (!who.span.valid()) {
    out.lacks = "nothing says as code who is called";
  } else if (!report) {
    out.lacks = "there is no report of an incident";
  } else if (!report->dated) {
    out.lacks = "the report of an incident has no date";
  } else if (!report->action.valid()) {
    out.lacks = "no action of the report of an incident is tracked";
  } else {
    out.lacks.clear();
    out.links.push_back(who);
    out.links.push_back({report->place, "a report of an incident"});
    out.links.push_back({report->action, "an action that is tracked"});
  }
  return out;
}

void run(const RuleInput& in, RuleOutput& output) {
  const Way way = whole_way(in);
  for (const Written& written : written_about(
           in, {"runbook", "runbooks", "playbook", "playbooks", "incident response", "incident management",
                "incident handling", "incident procedure", "on call", "operations guide"})) {
    std::string name(in.facts.path(written.document->file));
    if (written.heading != kNone) name += " " + written.document->headings[written.heading].text;
    if (has_word(name, {"playbook", "playbooks"}) && sets_machines_up(in, *written.document)) continue;
    if (written.code == 0 && written.items < kEnough && written.tables == 0) continue;
    Evidence evidence = written_evidence(written, "says what to do when something fails",
                                         way.lacks.empty() ? "no alert leads to it" : way.lacks);
    Span at;
    if (const std::string script = missing_script(in, written, at); !script.empty()) {
      evidence.defeat = fmt::format("it starts {}, which is not there", script);
      evidence.defeat_at = at;
    }
    output.evidence.push_back(std::move(evidence));
  }
  if (!way.lacks.empty()) return;
  Evidence evidence;
  evidence.place = way.place;
  evidence.what = "an alert leads to what to do, somebody is called, and incidents have had their report";
  evidence.runs_itself = true;
  evidence.links = way.links;
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule risk_incident_response;
const Rule risk_incident_response{
    .summary = "a runbook says what to do when the system fails",
    .why = "At night nobody finds the command in the chat of last year.",
    .fix =
        "Write for each alert what it means, what to look at and which command helps, and link it from the "
        "alert.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (incident response)",
    .run = run,
};

}  // namespace mlgrade::rules
