// The age of the model that serves is known and watched.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/roles.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool speaks_of_age(std::string_view name) {
  static constexpr std::string_view kPhrases[] = {
      "model age",       "trained at",      "last trained",  "training timestamp", "trained timestamp",
      "model staleness", "model stale",     "last training", "index age",          "training time seconds",
      "training date",   "model timestamp", "training age",  "last retrain",       "last retrained"};
  return std::any_of(std::begin(kPhrases), std::end(kPhrases),
                     [&](std::string_view phrase) { return contains_phrase(name, phrase); });
}

// "age" alone speaks of anything; beside a model or an index it is theirs.
bool about_models(std::string_view name) {
  return has_word(name, {"model", "models", "artifact", "checkpoint", "index", "embeddings", "retrain",
                         "retraining", "stale", "staleness", "champion", "registry"});
}

// The age of rows, features or tables that come in.
bool about_inputs(std::string_view name) {
  return has_word(name, {"feature", "features", "data", "dataset", "rows", "table", "batch", "input",
                         "inputs", "freshness", "source", "snapshot", "event"});
}

bool reads_about_inputs(const PythonModule& module, IndexRange reads) {
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    if (about_inputs(module.names[r].view())) return true;
  }
  return false;
}

// A comparison of the model's age that raises.
void add_age_checks(const RuleInput& in, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t c = 0; c < module.conditions.size(); ++c) {
      const PyCondition& condition = module.conditions[c];
      for (uint32_t i = condition.comparisons.begin; i < condition.comparisons.end; ++i) {
        const PyComparison& comparison = module.comparisons[i];
        bool model = about_models(in.facts.path(module.file)) ||
                     (condition.function != kNone &&
                      about_models(module.functions[condition.function].qualname.view()));
        bool age = speaks_of_age(comparison.left.text.view()) || speaks_of_age(comparison.right.text.view());
        age |= model && (has_word(comparison.left.text.view(), {"age"}) ||
                         has_word(comparison.right.text.view(), {"age"}));
        if (!age || !condition_fails(module, c)) continue;
        const bool upstream = about_inputs(comparison.left.text.view()) ||
                              about_inputs(comparison.right.text.view()) ||
                              reads_about_inputs(module, condition.reads) ||
                              (condition.function != kNone &&
                               about_inputs(module.functions[condition.function].qualname.view()));
        Evidence evidence;
        evidence.place = comparison.span;
        evidence.what =
            upstream ? "what comes in is refused when it is too old" : "a model that is too old is refused";
        evidence.runs_at = in.graph.node_of_block(m, condition.block);
        evidence.links.push_back({comparison.span, evidence.what});
        if (upstream) {
          evidence.worth = 0.5;
          evidence.worth_why = "the stages before are watched, the model's own age is not";
        }
        run_in_earnest(in, evidence);
        out.push_back(std::move(evidence));
      }
    }
  }
}

// Where start-up sets the metric to the time of that moment; invalid if nothing does.
Span set_to_start(const RuleInput& in, const MetricDefinition& metric) {
  if (!set_at_start(in.facts, metric)) return {};
  for (size_t i = 0; i < metric.set_in.size(); ++i) {
    const PythonModule& module = in.facts.python[metric.set_in[i].module];
    for (const PyCall& call : module.calls) {
      if (call.span != metric.set_at[i]) continue;
      if (call.method == "set_to_current_time") return call.span;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyValue& value = module.args[a].value;
        if (value.kind != PyValue::Kind::kCall || value.call == kNone) continue;
        std::string_view target = module.calls[value.call].target.view();
        if (target == "time.time" || target.ends_with(".now") || target.ends_with(".utcnow") ||
            target.ends_with(".now().timestamp"))
          return call.span;
      }
    }
  }
  return {};
}

// Tools that ask how old upstream data is.
void add_freshness(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, "checks-freshness")) {
    if (use->kind == Use::Kind::kFile || is_test_code(in.facts, use->file)) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} checks how old what comes in is", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    evidence.links.push_back({use->span, evidence.what});
    evidence.worth = 0.5;
    evidence.worth_why = "the stages before are watched, the model's own age is not";
    out.push_back(std::move(evidence));
  }
}

// Alerts on a time that is not the training's are void.
std::vector<Evidence> age_alerts(const RuleInput& in) {
  std::vector<Evidence> found = alert_evidence(in, speaks_of_age, "alert on the model's age", SetOnce::kFine);
  for (Evidence& evidence : found) {
    for (const MetricDefinition& metric : in.facts.metrics) {
      const bool reads = std::any_of(evidence.links.begin(), evidence.links.end(),
                                     [&](const Link& link) { return link.span == metric.span; });
      const Span now = reads && evidence.defeat.empty() ? set_to_start(in, metric) : Span{};
      if (!now.valid()) continue;
      evidence.defeat = "its metric holds the time of the program's start, not of the training";
      evidence.remedy = "Set it from the time that is stored with the model.";
      evidence.defeat_at = now;
    }
  }
  return found;
}

// Metrics of the age without an alert on them.
void add_metrics(const RuleInput& in, std::vector<Evidence>& out) {
  for (const MetricDefinition& metric : in.facts.metrics) {
    if (!speaks_of_age(metric.name.view()) || is_sample(in.facts, metric.span.file)) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = metric.span;
    evidence.what = fmt::format("{} exports the model's age", metric.name.view());
    evidence.worth = 0.5;
    evidence.worth_why = "no alert looks at it";
    if (metric.set_at.empty()) {
      evidence.defeat = "nothing ever sets it";
      evidence.remedy = "Set it from the time that is stored with the model, as the service loads it.";
      evidence.defeat_at = metric.span;
    } else if (Span now = set_to_start(in, metric); now.valid()) {
      evidence.defeat = "it holds the time of the program's start, not of the training";
      evidence.remedy = "Set it from the time that is stored with the model.";
      evidence.defeat_at = now;
    }
    out.push_back(std::move(evidence));
  }
}

// A schedule that a program sets as it runs: a target, script or service runs the program, or a document says
// how.
bool somebody_applies(const RuleInput& in, const Trigger& trigger) {
  const PythonModule* module = in.facts.module_of(trigger.span.file);
  if (module == nullptr) return true;  // a manifest: a person may
  const auto m = static_cast<uint32_t>(module - in.facts.python.data());
  const std::vector<NodeId> callers = in.graph.callers(in.graph.node_of_main(m));
  const bool run = std::any_of(callers.begin(), callers.end(), [&](NodeId n) {
    const Node& node = in.graph.nodes[n];
    if (node.kind != NodeKind::kUnit) return false;
    const AutomationFile& file = in.facts.automation[node.owner];
    bool image = false;  // one that nothing starts is none
    for (uint32_t at = node.index; at != kNone; at = file.units[at].parent)
      image |= file.units[at].kind == UnitKind::kImage;
    return !image || in.graph.reached_by(n) == Reach::By::kAutomatic;
  });
  const std::string_view path = in.facts.path(module->file);
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return run || std::any_of(in.facts.documents.begin(), in.facts.documents.end(), [&](const Document& d) {
           return !is_sample(in.facts, d.file) &&
                  std::any_of(d.code.begin(), d.code.end(), [&](const CodeBlock& block) {
                    return block.text.find(name) != std::string::npos;
                  });
         });
}

// A schedule that retrains: it keeps the model young as long as it runs.
void add_scheduled_training(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (is_sample(in.facts, file.file)) continue;
    for (const Trigger& trigger : file.triggers) {
      if (trigger.kind != TriggerKind::kSchedule || trigger.unit == kNone) continue;
      NodeId unit = in.graph.node_of_unit(f, trigger.unit);
      const std::vector<NodeId> closure = run_without_tests(in, unit);
      NodeId trains = kNone;
      for (NodeId n : closure) {
        const Node& node = in.graph.nodes[n];
        bool code = node.kind == NodeKind::kFunction || node.kind == NodeKind::kModule ||
                    node.kind == NodeKind::kMain;
        const bool unit_does = node.kind == NodeKind::kUnit;  // an operator that trains
        if (!code && !unit_does) continue;
        if (code && is_test_code(in.facts, in.facts.python[node.owner].file)) continue;
        for (const AbleAt& able : abilities.at(n)) {
          if (able.capability == "trains-model") trains = n;
        }
      }
      if (trains == kNone) continue;
      Evidence evidence;
      evidence.place = trigger.span;
      evidence.what = "a schedule trains the model anew";
      evidence.links = {{trigger.span, evidence.what}, {in.graph.nodes[trains].span, "trains"}};
      const std::vector<NodeId> way = in.graph.reach(trains).nodes;  // of whatever comes there best
      evidence.runs_at = std::find(way.begin(), way.end(), unit) != way.end() ? trains : unit;
      evidence.worth = 0.5;
      evidence.worth_why = "nothing watches the age; a schedule that fails is noticed by nobody";
      if (trigger.automatic == Truth::kUnknown) {
        evidence.worth_why = "nothing here puts the schedule in force, and nothing watches the age";
      } else if (trigger.automatic == Truth::kNo) {
        evidence.defeat = trigger.why_not.empty() ? "the schedule is not in force" : trigger.why_not;
        evidence.defeat_at = trigger.span;
      } else if (trigger.once_applied && !somebody_applies(in, trigger)) {
        evidence.defeat = "nothing starts the program that puts the schedule in force";
        evidence.remedy = "Start it from a workflow or as a service.";
        evidence.defeat_at = trigger.span;
      }
      out.push_back(std::move(evidence));
    }
  }
}

// Any of the words or stems, wherever it stands: languages differ in how they bend them.
bool speaks(std::string_view text, std::initializer_list<std::string_view> stems) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(stems.begin(), stems.end(),
                     [&](std::string_view stem) { return lower.find(stem) != std::string::npos; });
}

// Not what is done but what could be.
bool only_planned(std::string_view text) {
  return has_word(text,
                  {"would", "could", "should", "todo", "future", "roadmap", "planned", "later", "ideally"});
}

// The heading, or one that it stands below, announces what is still to come.
bool below_plans(const Document& document, uint32_t heading) {
  int level = 7;  // deeper than any
  for (uint32_t h = heading; h != kNone && h < document.headings.size(); h = h == 0 ? kNone : h - 1) {
    const Heading& one = document.headings[h];
    if (one.level >= level) continue;
    level = one.level;
    if (only_planned(one.text) || contains_phrase(one.text, "next steps") ||
        has_word(one.text, {"improvements", "enhancements", "ideas", "outlook"}))
      return true;
  }
  return false;
}

// English, Spanish, Portuguese, Italian, French, German, Chinese, Japanese, Korean.
bool speaks_of_retraining(std::string_view text) {
  return speaks(text, {"retrain",  "re-train",   "reentren",     "reentrén", "re-entren", "retreina",
                       "retreino", "riaddestra", "réentra",      "ré-entra", "reentrain", "re-entrain",
                       "neutrain", "nachtrain",  "neu trainier", "重新训练", "再训练",    "重训",
                       "再学習",   "再訓練",     "재학습",       "재훈련"});
}

bool says_when(std::string_view text) {
  return has_word(text, {"drift",    "daily",     "weekly",   "monthly",   "nightly",   "quarterly",
                         "yearly",   "every",     "schedule", "scheduled", "threshold", "trigger",
                         "triggers", "triggered", "diario",   "semanal",   "mensual",   "cada",
                         "deriva",   "umbral",    "mensal",   "quando",    "cuando",    "hebdomadaire",
                         "mensuel",  "quotidien", "chaque",   "monatlich"}) ||
         speaks(text, {"diariamente", "semanalmente", "mensualmente", "mensalmente", "wöchentlich", "täglich",
                       "dérive", "trimestr", "每天", "每周", "每月", "漂移", "毎日", "毎週", "毎月", "매일",
                       "매주", "매월"});
}

// A program, a route, a step or a schedule of the repository comes to it: code that nobody starts follows
// nothing.
bool is_started(const RuleInput& in, PyRef ref) {
  const Sides& sides = shared<Sides>(in);
  const std::vector<NodeId> before = work_leading_to(in, in.graph.node_of_function(ref));
  return std::any_of(before.begin(), before.end(), [&](NodeId n) {
    const Node& node = in.graph.nodes[n];
    if (node.kind != NodeKind::kFunction || contains_node(sides.handlers, n)) return true;
    const PyFunction& function = in.facts.python[node.owner].functions[node.index];
    if (function.task || !function.decorators.empty()) return true;
    return std::any_of(in.graph.in[n].begin(), in.graph.in[n].end(), [&](uint32_t e) {
      const Edge& edge = in.graph.edges[e];
      const NodeKind from = in.graph.nodes[edge.from].kind;
      return !edge.order_only() && from != NodeKind::kFunction && from != NodeKind::kTest;
    });
  });
}

// Something in the repository trains anew, by its name: a function, a workflow, a job, a flow, a target, a
// script. Invalid span if there is none.
Link what_retrains(const RuleInput& in) {
  for (const PythonModule& module : in.facts.python) {
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    for (const PyFunction& function : module.functions) {
      const auto m = static_cast<uint32_t>(&module - in.facts.python.data());
      const auto f = static_cast<uint32_t>(&function - module.functions.data());
      if (!function.is_stub && speaks_of_retraining(function.name.view()) && is_started(in, {m, f}))
        return {function.span, "the code that follows it"};
    }
  }
  for (const AutomationFile& file : in.facts.automation) {
    if (is_sample(in.facts, file.file)) continue;
    for (const Unit& unit : file.units) {
      const bool named = speaks_of_retraining(unit.name.view()) || speaks_of_retraining(unit.title.view());
      if (named && unit.kind != UnitKind::kStep) return {unit.span, "what follows it"};
    }
  }
  return {};
}

Evidence policy_evidence(Span place, const Link& retrains) {
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.place = place;
  evidence.what = "a policy says when the model is trained anew";
  evidence.links = {{place, "the policy"}, retrains};
  evidence.worth = 0.5;
  evidence.worth_why = "the age itself is not watched";
  evidence.confidence = Confidence::kLow;
  return evidence;
}

// Under the heading a paragraph, a list or a table says when.
bool section_says_when(const Document& document, uint32_t heading) {
  return std::any_of(document.paragraphs.begin(), document.paragraphs.end(),
                     [&](const Paragraph& p) { return p.heading == heading && says_when(p.text); }) ||
         std::any_of(document.tables.begin(), document.tables.end(), [&](const DocTable& table) {
           return table.heading == heading &&
                  std::any_of(table.rows.begin(), table.rows.end(), [](const auto& row) {
                    return std::any_of(row.begin(), row.end(),
                                       [](const auto& cell) { return says_when(cell); });
                  });
         });
}

// Where the document says when to retrain: a section of its own, or a paragraph. Invalid span if nowhere.
Span policy_in(const Document& document) {
  for (uint32_t h = 0; h < document.headings.size(); ++h) {
    const std::string& text = document.headings[h].text;
    if (speaks_of_retraining(text) && !below_plans(document, h) && section_says_when(document, h))
      return document.headings[h].span;
  }
  for (const Paragraph& paragraph : document.paragraphs) {
    const bool says = speaks_of_retraining(paragraph.text) && says_when(paragraph.text);
    if (says && !only_planned(paragraph.text) && !below_plans(document, paragraph.heading))
      return paragraph.span;
  }
  return {};
}

// Texts that the project works on, as those a retriever looks up, say nothing of the project.
bool is_material(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash != std::string_view::npos && !has_word(path.substr(slash), {"readme"}) &&
         has_word(path.substr(0, slash), {"data", "corpus", "raw", "parsed", "chunks", "knowledge"});
}

// A policy in a document, together with something that retrains. A plan ("in production one would") is none.
void add_policy(const RuleInput& in, std::vector<Evidence>& out) {
  const Link retrains = what_retrains(in);
  if (!retrains.span.valid()) return;
  std::vector<const Document*> documents;
  for (const Document& document : in.facts.documents) {
    if (!is_sample(in.facts, document.file) && !is_material(in.facts.path(document.file)) &&
        !document.is_template())
      documents.push_back(&document);
  }
  // A document of its own says more than a line among others.
  std::stable_partition(documents.begin(), documents.end(), [&](const Document* document) {
    return speaks_of_retraining(in.facts.path(document->file));
  });
  for (const Document* document : documents) {
    const Span place = policy_in(*document);
    if (!place.valid()) continue;
    out.push_back(policy_evidence(place, retrains));
    return;
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  std::vector<Evidence> found = age_alerts(in);
  add_age_checks(in, found);
  add_freshness(in, found);
  add_metrics(in, found);
  add_scheduled_training(in, abilities, found);
  add_policy(in, found);
  keep_best(in, found, 12);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule monitoring_model_age;
const Rule monitoring_model_age{
    .summary = "the age of the serving model is watched",
    .why = "A retraining that fails in silence leaves an old model in place, and everything looks fine.",
    .fix = "Export the time of training as a metric of the service and alert when it lies too far back.",
    .source = "Breck et al. 2017, table IV, Monitor 4",
    .run = run,
};

}  // namespace mlgrade::rules
