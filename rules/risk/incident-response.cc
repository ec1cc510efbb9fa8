// What to do when it breaks is written down.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
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

void run(const RuleInput& in, RuleOutput& output) {
  for (const Written& written : written_about(
           in, {"runbook", "runbooks", "playbook", "playbooks", "incident response", "incident management",
                "incident handling", "incident procedure", "on call", "operations guide"})) {
    std::string name(in.facts.path(written.document->file));
    if (written.heading != kNone) name += " " + written.document->headings[written.heading].text;
    if (has_word(name, {"playbook", "playbooks"}) && sets_machines_up(in, *written.document)) continue;
    if (written.code == 0 && written.items < kEnough && written.tables == 0) continue;
    Evidence evidence =
        written_evidence(written, "says what to do when something fails", "no alert leads to it");
    Span at;
    if (const std::string script = missing_script(in, written, at); !script.empty()) {
      evidence.defeat = fmt::format("it starts {}, which is not there", script);
      evidence.defeat_at = at;
    }
    output.evidence.push_back(std::move(evidence));
  }
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
