// Cards, drills and evaluations that are of the time before this model.
#include <fmt/format.h>

#include <optional>

#include "analyzer/engine/rule.h"
#include "rules/support/cards.h"
#include "rules/support/code.h"
#include "rules/support/model_dates.h"
#include "rules/support/results.h"

namespace mlgrade::rules {
namespace {

// Speaks of the data, or is what cards are made from.
bool is_of_model(std::string_view path) {
  return !contains_phrase(path, "data card") && !contains_phrase(path, "dataset card") &&
         !has_word(path, {"datasheet", "datasheets", "template", "templates", "example", "sample"});
}

struct Dated {
  Span at;
  Date date;
  std::string what;
};

void report(const RuleInput& in, const Dated& document, const ModelChange& change, bool model,
            RuleOutput& output) {
  Finding finding;
  finding.severity = Severity::kMedium;
  const bool of_lock = in.facts.path(change.file).ends_with("dvc.lock");  // another stage may have run
  const bool instructions = document.what.ends_with("a runbook,");  // a new model may need the same steps
  finding.confidence = !model || instructions ? Confidence::kLow
                       : of_lock              ? Confidence::kMedium
                                              : Confidence::kHigh;
  finding.message = fmt::format("{} is of {}, and {} of {}", document.what, format_date(document.date),
                                in.facts.path(change.file), format_date(change.date));
  finding.places = {{document.at, "last changed before"}, {Span{change.file, 1, 1, 1}, "changed since"}};
  output.findings.push_back(std::move(finding));
}

// The newest report of an evaluation that is kept; older ones are history.
std::optional<Dated> newest_evaluation(const RuleInput& in) {
  std::optional<Dated> newest;
  for (const RecordedResult& result : results_about(in, {"evaluation", "metrics", "model performance"})) {
    if (!result.dated || result.place.file == FileId::kNone) continue;
    if (has_word(in.facts.path(result.place), {"baseline", "baselines", "example", "reference"})) continue;
    if (!newest || newest->date < *result.dated)
      newest = Dated{result.place, *result.dated,
                     "the newest evaluation, " + std::string(in.facts.path(result.place)) + ","};
  }
  return newest;
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::optional<ModelChange> training = newest_training(in);
  std::vector<Dated> all;
  for (const Document& document : in.facts.documents) {
    const std::string_view path = in.facts.path(document.file);
    const std::string_view kind = kind_of_document(path);
    const bool of_model = !kind.empty() && kind != "a report of an incident" && is_of_model(path);
    const std::optional<Date> date = last_commit(in.facts, document.file);
    if (!of_model || !date || is_sample(in.facts, document.file) || document.is_template()) continue;
    all.push_back({Span{document.file, 1, 1, 1}, *date, fmt::format("{}, {},", path, kind)});
  }
  if (std::optional<Dated> evaluation = newest_evaluation(in)) all.push_back(std::move(*evaluation));
  for (const Dated& document : all) {
    const FileId file = document.at.file;
    const std::optional<ModelChange> model = newest_model_for(in, file);
    if (model && document.date < model->date) {
      report(in, document, *model, true, output);
    } else if (training && belong_together(in, file, training->file) && document.date < training->date) {
      report(in, document, *training, false, output);
    }
  }
}

}  // namespace

extern const Rule documents_stale_document;
const Rule documents_stale_document{
    .kind = RuleKind::kFinding,
    .summary = "A card, drill or evaluation is older than the model",
    .why = "It tells of a model that is gone, in the words of one that is there.",
    .fix = "Bring it up to this model, or make it from the run that makes the model.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (documentation, risk analysis)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
