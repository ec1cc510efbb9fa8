// The way back to the previous model: automatic on a metric, scripted and exercised, or written down with
// commands.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/flow.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kEnoughSteps = 3;  // of a runbook: one line with a vendor's command is a mention

void add_automatic(const RuleInput& in, std::vector<Evidence>& out) {
  auto add = [&](const ConfigDocument& document, const ConfigKey& key, std::string what, std::string weak) {
    Evidence evidence;
    evidence.place = key.span;
    evidence.what = std::move(what);
    evidence.runs_at = node_of_manifest(in, document.file, key.span.line);
    evidence.links.push_back({key.span, "decides on the way back"});
    if (!weak.empty()) {
      evidence.worth = 0.5;
      evidence.worth_why = std::move(weak);
    }
    stand_if_unapplied(in, evidence);
    out.push_back(std::move(evidence));
  };
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    std::string_view kind = document.root.get("kind");
    const ConfigKey* key = nullptr;
    if (kind == "Rollout" && (key = find_key(document, "spec.strategy.**.templateName")) != nullptr) {
      add(document, *key, "a failed analysis takes the rollout back", "");
    } else if (kind == "Canary" && (key = find_key(document, "spec.analysis.threshold")) != nullptr) {
      add(document, *key, "the canary is taken back after failed checks", "");
    } else if ((key = find_key(document, "**.AutoRollbackConfiguration.Alarms.**")) != nullptr ||
               (key = find_key(document, "Resources.*.Properties.DeploymentPreference.Alarms.**")) !=
                   nullptr) {
      add(document, *key, "an alarm takes the deployment back", "");
    }
  }
}

// Commands that roll back, in a workflow.
void add_scripted(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, "rolls-back")) {
    NodeId node = node_of(in, *use);
    if (node == kNone) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} rolls back", name_of(in, *use));
    evidence.runs_at = node;
    evidence.links.push_back({use->span, "rolls back"});
    out.push_back(std::move(evidence));
  }
}

bool is_way_back(std::string_view name) {
  return contains_phrase(name, "rollback") || contains_phrase(name, "roll back") ||
         contains_phrase(name, "rolled back") || contains_phrase(name, "restore previous") ||
         contains_phrase(name, "revert to previous");
}

// The handler of a failed verification, or the branch of a check of the release: what stands there answers a
// failure.
bool answers_failure(const PythonModule& module, const PyCall& call) {
  const auto verifies = [&](const PyCall& other) {
    return has_word(other.callee.view(), {"verify", "verification", "smoke", "health", "healthy", "probe",
                                          "check", "validate", "deploy", "release", "canary"});
  };
  for (uint32_t b = call.block; b != kNone && b < module.blocks.size(); b = module.blocks[b].parent) {
    const PyBlock& block = module.blocks[b];
    if (block.kind == PyBlock::Kind::kFunction) return false;
    if (block.kind == PyBlock::Kind::kExcept) {
      return std::ranges::any_of(calls_in(module, call.function), [&](const PyCall& other) {
        return other.function == call.function && verifies(other) &&
               block_inside(module, other.block, block.try_block);
      });
    }
    if (block.condition == kNone) continue;
    const PyCondition& condition = module.conditions[block.condition];
    const IndexRange calls = condition.calls;
    for (uint32_t c = calls.begin; c < calls.end; ++c) {
      if (verifies(module.calls[c])) return true;
    }
    for (uint32_t r = condition.reads.begin; r < condition.reads.end; ++r) {
      if (has_word(module.names[r].view(),
                   {"healthy", "verified", "verification", "smoke", "probe", "degraded"}))
        return true;
    }
  }
  return false;
}

// The project's own way back, called where a verification of the release has failed. A test that shows it
// makes it whole.
void add_own(const RuleInput& in, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      const PyFunction* back = in.facts.function(call.function_ref);
      if (back == nullptr || back->is_stub || !is_way_back(back->name.view()) ||
          !answers_failure(module, call))
        continue;
      const NodeId node = in.graph.node_of_call(m, c);
      uint32_t shown = kNone;
      for (NodeId caller : in.graph.callers(node)) {
        const Node& n = in.graph.nodes[caller];
        if (n.kind != NodeKind::kTest || !in.facts.tests[n.owner].effective) continue;
        if (!is_way_back(in.facts.tests[n.owner].id.view())) continue;
        if (shown == kNone || in.graph.reached_by(in.graph.node_of_test(n.owner)) >
                                  in.graph.reached_by(in.graph.node_of_test(shown)))
          shown = n.owner;
      }
      const std::string what =
          fmt::format("`{}` runs when a release fails its verification", back->name.view());
      if (shown != kNone) {
        out.push_back(test_evidence(in, shown, what + ", and a test shows it", {{call.span, what}}));
        continue;
      }
      Evidence evidence;
      evidence.place = call.span;
      evidence.what = what;
      evidence.runs_at = node;
      evidence.worth = 0.5;
      evidence.worth_why = "no test or drill shows that it works";
      out.push_back(std::move(evidence));
    }
  }
}

struct Runbook {
  const Document* document = nullptr;
  const Heading* heading = nullptr;
  size_t steps = 0, commands = 0;
  std::string missing;  // a file that its commands name and that is not there
  Span missing_at;
  auto rank() const { return std::make_pair(commands, steps); }
};

bool speaks_of_rollback(std::string_view text) {
  return contains_phrase(text, "rollback") || contains_phrase(text, "roll back") ||
         contains_phrase(text, "rolling back") || contains_phrase(text, "restore previous model") ||
         contains_phrase(text, "revert model");
}

bool speaks_of_rehearsal(std::string_view text) {
  return has_word(text, {"rehearsal", "rehearsed", "rehearse", "drill", "exercise", "gameday"});
}

// Notes on what is to come, or on what one might be asked: nobody follows them when it burns.
bool is_other_paper(std::string_view path) {
  return !speaks_of_rollback(path) &&
         has_word(path, {"interview", "interviews", "plan", "plans", "planning", "proposal", "proposals",
                         "roadmap", "backlog", "todo", "changelog", "prompt", "prompts", "brainstorm"});
}

// A script that the commands of a runbook name; empty if none is named or all are there.
std::string absent_script(const FactStore& facts, std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    size_t end = text.find_first_of(" \t\n", at);
    std::string_view word = text.substr(at, end == std::string_view::npos ? end : end - at);
    at = end == std::string_view::npos ? text.size() : end + 1;
    while (word.starts_with("./")) word.remove_prefix(2);
    bool script =
        word.find('/') != std::string_view::npos && (word.ends_with(".sh") || word.ends_with(".py"));
    bool literal = word.find_first_of("$<{*~:") == std::string_view::npos && !word.starts_with('/');
    if (script && literal && facts.find_file(word) == nullptr) return std::string(word);
  }
  return "";
}

Runbook read_runbook(const RuleInput& in, const Document& document) {
  Runbook best;
  bool whole = speaks_of_rollback(in.facts.path(document.file));
  for (uint32_t h = 0; h < document.headings.size(); ++h) {
    bool top = whole && h == 0;
    if (!top && !speaks_of_rollback(document.headings[h].text)) continue;
    Runbook book{&document, &document.headings[h], 0, 0, "", {}};
    auto inside = [&](uint32_t heading) {
      if (heading == kNone || heading < h) return false;
      for (uint32_t i = h + 1; i <= heading; ++i) {
        if (document.headings[i].level <= document.headings[h].level && !top) return false;
      }
      return true;
    };
    for (const Paragraph& paragraph : document.paragraphs) {
      if (inside(paragraph.heading) && paragraph.list_item) ++book.steps;
    }
    for (const CodeBlock& block : document.code) {
      if (!inside(block.heading)) continue;
      book.commands += 1 + static_cast<size_t>(std::count(block.text.begin(), block.text.end(), '\n'));
      if (book.missing.empty()) {
        book.missing = absent_script(in.facts, block.text);
        book.missing_at = block.span;
      }
    }
    if (book.steps + book.commands > best.steps + best.commands || best.document == nullptr) best = book;
  }
  return best;
}

std::string count(size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

// "2 steps, 7 lines of commands"
std::string describe(const Runbook& book) {
  std::string out = book.steps > 0 ? count(book.steps, "step", "steps") : "";
  if (book.commands > 0)
    out += (out.empty() ? "" : ", ") + count(book.commands, "line of commands", "lines of commands");
  return out.empty() ? "names it" : out;
}

Evidence runbook_evidence(const Runbook& book) {
  Evidence evidence;
  evidence.place = book.heading->span;
  evidence.mode = EvidenceMode::kStanding;
  evidence.what = fmt::format("\"{}\" tells how to go back", book.heading->text);
  evidence.links.push_back({book.heading->span, describe(book)});
  evidence.worth = 0.5;
  const bool rehearsed = speaks_of_rehearsal(book.heading->text) && !book.document->dates.empty();
  evidence.worth_why = rehearsed ? "rehearsed by hand; nothing repeats it"
                                 : "a person follows it; no drill shows that it works";
  evidence.confidence = book.commands >= kEnoughSteps ? Confidence::kHigh : Confidence::kMedium;
  if (book.steps + book.commands < kEnoughSteps) {
    evidence.mode = EvidenceMode::kMention;
  } else if (book.document->is_template()) {
    evidence.defeat = "it is still a template";
    evidence.defeat_at = book.heading->span;
  } else if (!book.missing.empty()) {
    evidence.defeat = fmt::format("its commands name {}, which does not exist", book.missing);
    evidence.defeat_at = book.missing_at;
  }
  return evidence;
}

void add_runbooks(const RuleInput& in, std::vector<Evidence>& out) {
  std::vector<Runbook> books;
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || is_other_paper(in.facts.path(document.file))) continue;
    Runbook book = read_runbook(in, document);
    if (book.document != nullptr) books.push_back(std::move(book));
  }
  std::stable_sort(books.begin(), books.end(),
                   [](const Runbook& a, const Runbook& b) { return a.rank() > b.rank(); });
  for (const Runbook& book : books) out.push_back(runbook_evidence(book));
  std::vector<RecordedResult> results = results_about(in, {"rollback", "roll back"});
  std::erase_if(results, [&](const RecordedResult& r) { return is_other_paper(in.facts.path(r.place)); });
  if (!results.empty())
    out.push_back(evidence_of(results.front(), "a rollback rehearsed by hand, with its record"));
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  add_automatic(in, found);
  add_scripted(in, found);
  add_own(in, found);
  add_runbooks(in, found);
  keep_best(in, found, 10);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule infra_rollback;
const Rule infra_rollback{
    .summary = "a practised way back to the previous model",
    .why = "When the new model does harm, minutes count, and improvising costs most of them.",
    .fix =
        "Let a failing metric undo the rollout, or script the way back and run the script in a scheduled "
        "drill.",
    .source = "Breck et al. 2017, table III, Infra 7",
    .run = run,
};

}  // namespace mlgrade::rules
