// What the model is for, on what it was made, and where it fails. The full point asks that the card is made
// from a run, or held to what the last run measured.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/cards.h"
#include "rules/support/code.h"
#include "rules/support/document_checks.h"
#include "rules/support/model_dates.h"
#include "rules/support/model_metrics.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kSections = 3;

bool about_figures(std::string_view name) {
  return is_quality_name(name) ||
         has_word(name, {"metrics", "metric", "results", "scores", "evaluation", "figures", "measures"});
}

// What is written takes what a run measured: it computes a measure, is handed one, or reads a file of them.
bool takes_figures(const RuleInput& in, PyRef ref) {
  const PythonModule& module = in.facts.python[ref.module];
  const MetricCalls& metrics = shared<MetricCalls>(in);
  for (uint32_t c : indices(module.body(ref.index).calls)) {
    if (module.calls[c].function != ref.index) continue;
    if (metrics.is_metric(ref.module, c)) return true;
    const IndexRange args = module.calls[c].args;
    for (uint32_t a = args.begin; a < args.end; ++a) {
      if (about_figures(module.args[a].value.text.view())) return true;
      for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
        if (about_figures(module.names[r].view())) return true;
      }
    }
  }
  const auto reads = [&](IndexRange range) {
    for (uint32_t r = range.begin; r < range.end; ++r) {
      if (about_figures(module.names[r].view())) return true;
    }
    return false;
  };
  return std::ranges::any_of(bindings_in(module, ref.index),
                             [&](const PyBinding& binding) {
                               return binding.function == ref.index && reads(binding.reads);
                             }) ||
         std::ranges::any_of(conditions_in(module, ref.index), [&](const PyCondition& condition) {
           return condition.function == ref.index && reads(condition.reads);
         });
}

bool is_result_file(std::string_view path) {
  const bool data = path.ends_with(".json") || path.ends_with(".yaml") || path.ends_with(".yml") ||
                    path.ends_with(".csv") || path.ends_with(".toml");
  return data && has_word(path, {"metrics", "metric", "results", "result", "scores", "evaluation", "eval",
                                 "report", "performance"});
}

// It reads what a run left, or measures for itself: a look at the card alone holds it to nothing.
bool holds_to_run(const RuleInput& in, PyRef ref) {
  const PythonModule& module = in.facts.python[ref.module];
  const MetricCalls& metrics = shared<MetricCalls>(in);
  const auto names_result = [&](Name name) {
    if (is_result_file(name.view())) return true;
    return std::any_of(module.bindings.begin(), module.bindings.end(), [&](const PyBinding& binding) {
      return binding.target == name && is_result_file(binding.value.text.view());
    });
  };
  const auto reads = [&](IndexRange range) {
    return std::any_of(module.names.begin() + range.begin, module.names.begin() + range.end, names_result);
  };
  for (uint32_t c : indices(module.body(ref.index).calls)) {
    const PyCall& call = module.calls[c];
    if (call.function != ref.index) continue;
    if (metrics.is_metric(ref.module, c)) return true;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (names_result(module.args[a].value.text) || reads(module.args[a].reads)) return true;
    }
  }
  return std::ranges::any_of(bindings_in(module, ref.index), [&](const PyBinding& binding) {
    return binding.function == ref.index && reads(binding.reads);
  });
}

// A card that code makes from a library's template says of itself what the code hands it.
bool fills_sections(const PythonModule& module, const PyCall& call) {
  size_t filled = 0;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    filled +=
        has_word(module.args[a].keyword.view(), {"limitations", "use", "uses", "intended", "bias", "risks",
                                                 "caveats", "scope", "data", "considerations"});
  }
  return filled >= 2;
}

bool about_groups(std::string_view text) {
  return has_word(
      text, {"group",   "groups",    "subgroup", "subgroups", "slice",  "slices",  "segment",  "segments",
             "cohort",  "cohorts",   "age",      "ages",      "gender", "sex",     "women",    "men",
             "country", "countries", "language", "languages", "region", "regions", "ethnicity"});
}

// Figures by group are part of a card; without them it is half of one.
bool tells_of_groups(const Document& document) {
  const auto cells = [](const std::vector<std::string>& row) {
    return std::any_of(row.begin(), row.end(), [](const std::string& cell) { return about_groups(cell); });
  };
  return std::any_of(document.paragraphs.begin(), document.paragraphs.end(),
                     [](const Paragraph& one) { return about_groups(one.text); }) ||
         std::any_of(document.headings.begin(), document.headings.end(),
                     [](const Heading& one) { return about_groups(one.text); }) ||
         std::any_of(document.tables.begin(), document.tables.end(), [&](const DocTable& table) {
           return cells(table.header) || std::any_of(table.rows.begin(), table.rows.end(), cells);
         });
}

// Texts of the dicts and lists of a function: what a card that code makes consists of.
std::vector<std::string_view> texts_in(const PythonModule& module, uint32_t function) {
  std::vector<std::string_view> out;
  const auto add = [&](const PyValue& value) {
    const IndexRange elements = value.elements();
    for (uint32_t e = elements.begin; e < elements.end && e < module.values.size(); ++e)
      out.push_back(module.values[e].text.view());
  };
  for (const PyBinding& binding : bindings_in(module, function)) add(binding.value);
  for (const PyCall& call : calls_in(module, function)) {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      out.push_back(module.args[a].keyword.view());
      add(module.args[a].value);
    }
  }
  return out;
}

size_t sections_in(const std::vector<std::string_view>& texts) {
  const auto any = [&](std::initializer_list<std::string_view> words) {
    return std::any_of(texts.begin(), texts.end(),
                       [&](std::string_view text) { return has_word(text, words); });
  };
  return static_cast<size_t>(any({"use", "uses", "intended", "purpose"})) +
         any({"data", "dataset", "training"}) + any({"metrics", "evaluation", "performance", "results"}) +
         any({"limitations", "limits", "caveats", "bias", "risks"});
}

// The call, or the path that it is a method of, names a card: write_json(root / "model_card.json", card).
bool writes_card(const PythonModule& module, const PyCall& call) {
  if (!has_word(call.method.view(), {"write", "dump", "save"})) return false;
  const auto names = [&](const PyCall& one) {
    for (uint32_t a = one.args.begin; a < one.args.end; ++a) {
      const std::string_view path = module.args[a].value.text.view();
      if (is_card(path) && path.find('.') != std::string_view::npos) return true;
    }
    return false;
  };
  return names(call) || (call.receiver != kNone && names(module.calls[call.receiver]));
}

// A card that no document holds, made by a run.
void add_made_cards(const RuleInput& in, RuleOutput& output) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      if (!writes_card(module, call)) continue;
      const std::vector<std::string_view> texts = texts_in(module, call.function);
      if (sections_in(texts) < kSections) continue;
      Evidence evidence;
      evidence.place = call.span;
      evidence.what = "a run makes the card";
      evidence.runs_at = in.graph.node_of_call(m, c);
      evidence.links = {{call.span, evidence.what}};
      const bool figures = takes_figures(in, {m, call.function});
      if (!figures || !std::any_of(texts.begin(), texts.end(), about_groups)) {
        evidence.worth = 0.5;
        evidence.worth_why = figures ? "it has no figures by group" : "no figures of a run go into it";
      }
      run_in_earnest(in, evidence);
      output.evidence.push_back(std::move(evidence));
    }
  }
}

void add_card(const RuleInput& in, const Document& document, size_t sections, RuleOutput& output) {
  Written written;
  written.document = &document;
  written.place = Span{document.file, 1, 1, 1};
  const std::string what = fmt::format("a card with {} of its sections", sections);
  std::vector<DocumentCheck> held = checks_of(in, document.file, "");
  std::erase_if(held, [&](const DocumentCheck& one) { return !holds_to_run(in, one.function); });
  for (DocumentCheck& writer : writers_of(in, in.facts.path(document.file))) {
    if (takes_figures(in, writer.function)) held.push_back(std::move(writer));
  }
  Evidence standing = written_evidence(written, what,
                                       held.empty() ? "written by hand; nothing holds it to the last run"
                                                    : "what holds it to the last run does not run by itself");
  const std::optional<ModelChange> model = newest_model_for(in, document.file);
  const std::optional<Date> touched = last_commit(in.facts, document.file);
  if (held.empty() && model && touched && *touched < model->date) {
    standing.defeat = fmt::format("it is of {}, and {} of {}", format_date(*touched),
                                  in.facts.path(model->file), format_date(model->date));
    standing.defeat_at = written.place;
    standing.remedy = "Bring the card up to the model that is there now, or make it from the run.";
  }
  output.evidence.push_back(std::move(standing));
  for (const DocumentCheck& check : held) {
    Evidence evidence = evidence_of(check, written.place, what + ", made from or held to a run");
    evidence.links.push_back({written.place, what});
    if (!tells_of_groups(document)) {
      evidence.worth = 0.5;
      evidence.worth_why = "it has no figures by group";
    }
    output.evidence.push_back(std::move(evidence));
  }
}

void add_library_cards(const RuleInput& in, RuleOutput& output) {
  for (const Use* use : product_uses(in, "makes-card")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} makes a card", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    evidence.links = {{use->span, evidence.what}};
    if (!takes_figures(in, {use->function.module, call->function})) {
      evidence.worth = 0.5;
      evidence.worth_why = "no figures of a run go into it";
    } else if (!fills_sections(module, *call)) {
      evidence.worth = 0.5;
      evidence.worth_why = "it says neither what the model is for nor where it fails";
    }
    run_in_earnest(in, evidence);
    output.evidence.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    const size_t sections = card_sections(document);
    if (is_card(in.facts.path(document.file), document) && sections >= kSections)
      add_card(in, document, sections, output);
  }
  add_library_cards(in, output);
  add_made_cards(in, output);
}

}  // namespace

extern const Rule risk_model_card;
const Rule risk_model_card{
    .summary = "a model card or datasheet with filled sections",
    .why = "Who uses a model outside of what it was made for cannot know it.",
    .fix =
        "Write intended and excluded uses, data, figures by group and limits, and make the figures from the "
        "last run.",
    .source =
        "Mitchell et al. 2019, Model Cards; Gebru et al. 2021, Datasheets; Kaestner, Software Engineering "
        "for ML-Enabled Systems",
    .run = run,
};

}  // namespace mlgrade::rules
