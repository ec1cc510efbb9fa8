// The model is compared with something simpler, and has to win.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <iterator>
#include <set>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/earnest.h"
#include "rules/support/model_metrics.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 15;

// Kinds of models constructed in a closure: classes of libraries and of the repository.
std::set<std::string> models_in(const RuleInput& in, const AbilityMap& abilities,
                                const std::vector<NodeId>& closure) {
  std::set<std::string> kinds;
  for (NodeId n : closure) {
    for (const AbleAt& able : abilities.at(n)) {
      bool model = able.capability == "constructs-estimator" || able.capability == "constructs-simple-model";
      if (!model || able.use == nullptr) continue;
      if (const PyCall* call = call_of(in, *able.use)) kinds.insert(call->target.str());
    }
    const Node& node = in.graph.nodes[n];
    if (node.kind == NodeKind::kFunction) {  // the repository's own estimators, by the class that is trained
      const PyFunction& function = in.facts.python[node.owner].functions[node.index];
      for (const AbleAt& able : abilities.at(n)) {
        if (able.use == nullptr && able.capability == "trains-model") {
          std::string_view name = function.qualname.view();
          kinds.insert(fmt::format("{}:{}", node.owner, name.substr(0, name.rfind('.'))));
        }
      }
    }
  }
  return kinds;
}

bool reads_word(const PythonModule& module, const PyCondition& condition,
                std::initializer_list<std::string_view> words) {
  for (uint32_t r = condition.reads.begin; r < condition.reads.end; ++r) {
    if (has_word(module.names[r].view(), words)) return true;
  }
  return false;
}

// Compared with the model that serves today, or with itself before it was trained, not with a simpler one.
bool names_predecessor(const PythonModule& module, const PyCondition& condition) {
  return reads_word(module, condition,
                    {"champion", "production", "prod", "current", "previous", "old", "latest", "deployed",
                     "best", "last", "initial", "before", "after", "first", "start", "untrained"});
}

bool names_baseline(const PythonModule& module, const PyCondition& condition) {
  return reads_word(module, condition, {"baseline", "dummy", "naive", "majority"});
}

void add_comparisons(const RuleInput& in, const QualityCalls& quality, const AbilityMap& abilities,
                     std::vector<Evidence>& out) {
  const EarnestTests tests(in, abilities);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || module.is_notebook) continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      for (const QualityBar& bar : quality_bars(in, quality, m, f)) {
        if (!bar.fails || !bar.against_other) continue;
        const PyCondition& condition = module.conditions[bar.condition];
        if (names_predecessor(module, condition)) continue;
        uint32_t test = test_of(in.facts, {m, f});
        NodeId node = test != kNone ? in.graph.node_of_test(test) : in.graph.node_of_function({m, f});
        std::set<std::string> kinds = models_in(in, abilities, in.graph.closure(node));
        bool named = has_word(module.functions[f].name.view(), {"baseline", "dummy", "naive"}) ||
                     names_baseline(module, condition);
        if (kinds.size() < 2 && !named) continue;
        Evidence evidence;
        if (test != kNone) {
          evidence = test_evidence(in, test, "a test asks the model to beat a simpler one", {});
        } else {
          evidence.place = bar.span;
          evidence.what = "the model has to beat a simpler one";
          evidence.runs_at = node;
        }
        evidence.links.push_back({bar.span, "compares the two"});
        if (test != kNone && evidence.defeat.empty() && !tests.in_earnest(test)) {
          evidence.defeat = "the test judges no model of the project, only one made for the test";
          evidence.defeat_at = bar.span;
        }
        if (test == kNone) {
          Earnest earnest;
          earnest.test = [&](uint32_t t) { return tests.in_earnest(t); };
          run_in_earnest(in, evidence, earnest);
        }
        out.push_back(std::move(evidence));
      }
    }
  }
}

void add_tool_comparisons(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, "compares-baseline")) {
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} compares the model with a baseline", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    out.push_back(std::move(evidence));
  }
}

// Executed notebooks that train a simple model beside another and measure both.
void add_notebooks(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (!module.is_notebook || is_sample(in.facts, module.file)) continue;
    const Use* simple = nullptr;
    bool measured = false;
    for (const Use& use : in.uses) {
      if (use.file != module.file) continue;
      if (use.capability == "constructs-simple-model" && simple == nullptr) simple = &use;
      measured |= use.capability == "computes-metric" && executed_cell(in.facts, use.span) != nullptr;
    }
    if (simple == nullptr) continue;
    std::vector<NodeId> nodes{in.graph.node_of_function({m, kNone}), in.graph.node_of_main(m)};
    for (uint32_t f = 0; f < module.functions.size(); ++f) nodes.push_back(in.graph.node_of_function({m, f}));
    if (models_in(in, abilities, nodes).size() < 2) continue;
    if (measured) {
      out.push_back(
          notebook_evidence(in, simple->span, "a simple model is measured beside others in a notebook"));
      continue;
    }
    Evidence evidence;
    evidence.mode = EvidenceMode::kResult;
    evidence.place = simple->span;
    evidence.what = "a simple model stands beside others in a notebook";
    evidence.defeat = "no executed cell measures them";
    evidence.defeat_at = simple->span;
    out.push_back(std::move(evidence));
  }
}

// Functions that train a simple model and another and measure them, without a bar between the two.
void add_measured(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  if (std::any_of(out.begin(), out.end(), [](const Evidence& e) { return e.mode == EvidenceMode::kCheck; }))
    return;
  std::set<NodeId> seen;
  for (const Use* use : product_uses(in, "constructs-simple-model")) {
    if (use->kind != Use::Kind::kCall || is_notebook(in.facts, use->file)) continue;
    NodeId node = node_of(in, *use);
    if (node == kNone || !seen.insert(node).second || seen.size() > kMost) continue;
    std::vector<NodeId> closure = in.graph.closure(node);
    const AbleAt* metric = abilities.first_in(closure, "computes-metric");
    if (metric == nullptr || models_in(in, abilities, closure).size() < 2) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = "a simple model is measured beside others";
    evidence.runs_at = node;
    evidence.links = {{use->span, "the simple model"}, {metric->span, "measures them"}};
    evidence.worth = 0.5;
    evidence.worth_why = "nothing fails when the simple one is as good";
    out.push_back(std::move(evidence));
  }
}

// Baselines that are trained in product code and compared nowhere.
void add_uncompared(const RuleInput& in, std::vector<Evidence>& out) {
  if (!out.empty()) return;
  for (const Use* use : product_uses(in, "constructs-simple-model")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file) || !has_word(call->target.view(), {"dummy"}))
      continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = "a baseline is trained";
    evidence.runs_at = node_of(in, *use);
    evidence.defeat = "nothing compares it with the model";
    evidence.defeat_at = use->span;
    out.push_back(std::move(evidence));
    return;
  }
}

// Something simple by its name: "majority class", "LogisticRegression", "naive forecast". "Baseline" alone is
// what comes first, simple or not.
bool names_simple(std::string_view text) {
  if (has_word(text, {"forest", "forests", "boosting"})) return false;
  if (has_word(text, {"tree"})) return has_word(text, {"decision"});
  return has_word(text,
                  {"dummy",  "logistic",   "logistique", "logistica", "linear",   "lineaire", "ridge",
                   "lasso",  "majority",   "naive",      "median",    "constant", "random",   "heuristic",
                   "rule",   "rules",      "bayes",      "knn",       "prior",    "seasonal", "persistence",
                   "simple", "stratified", "stump",      "popularity"}) ||
         contains_phrase(text, "mean prediction") || contains_phrase(text, "mean predictor") ||
         contains_phrase(text, "predict the mean");
}

bool has_figure(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool row_has_figure(const std::vector<std::string>& row) {
  return std::any_of(row.begin() + (row.empty() ? 0 : 1), row.end(), has_figure);
}

// Kinds of models by how they learn, whatever language the table is written in.
const std::initializer_list<std::string_view> kFamilies[] = {
    {"logistic", "linear", "ridge", "lasso", "elasticnet", "logisticregression", "linearregression", "sgd"},
    {"forest", "randomforest", "randomforestclassifier", "randomforestregressor", "extratrees", "rf"},
    {"xgboost", "xgb", "lightgbm", "lgbm", "catboost", "gbm", "boosting", "xgbclassifier", "lgbmclassifier"},
    {"gru", "lstm", "rnn", "cnn", "mlp", "transformer", "bert", "resnet", "neural", "roberta", "vit"},
    {"svm", "svc", "svr"},
    {"knn", "neighbors", "neighbours"},
    {"arima", "sarima", "ets", "prophet", "naive", "bayes"},
};

// Models of two families at least, with a column of a measure of quality.
bool ranks_families(const DocTable& table) {
  constexpr size_t kNaming = 3;  // columns that may name the model
  const bool measured = std::any_of(table.header.begin(), table.header.end(),
                                    [](const std::string& cell) { return is_quality_name(cell); });
  if (!measured) return false;
  std::set<size_t> seen;
  for (const std::vector<std::string>& row : table.rows) {
    if (!row_has_figure(row)) continue;
    for (size_t column = 0; column < std::min(kNaming, row.size()); ++column) {
      for (size_t family = 0; family < std::size(kFamilies); ++family) {
        if (has_word(row[column], kFamilies[family])) seen.insert(family);
      }
    }
  }
  return seen.size() > 1;
}

// Rows for something simple and for something else, with figures of a measure of quality for both. The
// heading may name the simple one ("Prior-only baseline"), or the columns may be the models.
bool compares_models(const Document& document, const DocTable& table) {
  const auto simple_name = [](const std::string& text) { return names_simple(text); };
  const auto quality = [](const std::string& text) { return is_quality_name(text); };
  const bool measured =
      table.header.size() > 1 && std::any_of(table.header.begin() + 1, table.header.end(), quality);
  size_t simple = 0, other = 0, measures = 0;
  for (const std::vector<std::string>& row : table.rows) {
    if (!row_has_figure(row)) continue;
    ++(std::any_of(row.begin(), row.end(), simple_name) ? simple : other);
    measures += quality(row.front()) ? 1 : 0;
  }
  if (measured && simple > 0 && other > 0) return true;
  const bool heading = table.heading != kNone && names_simple(document.headings[table.heading].text);
  const auto columns =
      static_cast<size_t>(std::count_if(table.header.begin(), table.header.end(), simple_name));
  return (heading && (measured || measures > 0)) ||
         (measures > 0 && columns > 0 && table.header.size() > columns + 1);
}

// A sentence that calls something simple the baseline and states its figure, and one with the model's.
Span compared_in_text(const Document& document) {
  const auto states = [](const Paragraph& p) { return is_quality_name(p.text) && has_figure(p.text); };
  for (const Paragraph& paragraph : document.paragraphs) {
    if (!states(paragraph) || !names_simple(paragraph.text) || !has_word(paragraph.text, {"baseline"}))
      continue;
    for (const Paragraph& other : document.paragraphs) {
      const bool better =
          has_word(other.text, {"tuned", "optuna", "final", "best", "xgboost", "lightgbm", "catboost",
                                "forest", "boosting", "champion", "neural", "transformer"});
      if (&other != &paragraph && states(other) && better) return paragraph.span;
    }
  }
  return {};
}

// A file of a baseline's figures says something beside the model's own, and where the baseline is something
// simple.
bool stands_beside(const RuleInput& in, const RecordedResult& result, bool made_here) {
  const std::string_view path = in.facts.path(result.place);
  bool simple = made_here || names_simple(path);
  for (const ConfigDocument& document : in.facts.configs) {
    if (document.file != result.place.file) continue;
    for (const ConfigKey& key : document.keys)
      simple |= names_simple(key.path.view()) || names_simple(key.value);
  }
  if (!simple) return false;
  return std::any_of(in.facts.files.begin(), in.facts.files.end(), [&](const FileFact& file) {
    const std::string_view other = file.path.view();
    const bool data = other.ends_with(".json") || other.ends_with(".csv") || other.ends_with(".yaml");
    return data && file.id != result.place.file && !file.sample && !file.vendored &&
           has_word(other.substr(other.rfind('/') + 1), {"metrics", "scores", "results", "evaluation"}) &&
           !has_word(other, {"baseline", "dummy"});
  });
}

void add_recorded(const RuleInput& in, std::vector<Evidence>& out) {
  const std::string what = "numbers of a baseline beside the model's";
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.placeholders * 12 > document.words) continue;
    RecordedResult result;
    result.dated = document.dates.empty() ? last_commit(in.facts, document.file)
                                          : *std::max_element(document.dates.begin(), document.dates.end());
    for (const DocTable& table : document.tables) {
      if (!compares_models(document, table) && !ranks_families(table)) continue;
      result.place = table.span;
      result.what = table.heading == kNone
                        ? "a table of both"
                        : fmt::format("table under \"{}\"", document.headings[table.heading].text);
      out.push_back(evidence_of(result, what));
      return;
    }
    if (const Span text = compared_in_text(document); text.valid()) {
      result.place = text;
      result.what = "tells the figure of something simple";
      result.confidence = Confidence::kLow;
      out.push_back(evidence_of(result, what));
      return;
    }
  }
  const bool made_here = !uses_of(in, "constructs-simple-model").empty();
  for (const RecordedResult& result : results_about(in, {"baseline", "baselines", "model comparison"})) {
    const bool document = std::any_of(in.facts.documents.begin(), in.facts.documents.end(),
                                      [&](const Document& d) { return d.file == result.place.file; });
    if (document || !stands_beside(in, result, made_here)) continue;
    out.push_back(evidence_of(result, what));
    return;
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  QualityCalls quality(in);
  const AbilityMap& abilities = shared<AbilityMap>(in);
  std::vector<Evidence> found;
  add_comparisons(in, quality, abilities, found);
  add_tool_comparisons(in, found);
  add_notebooks(in, abilities, found);
  add_measured(in, abilities, found);
  add_uncompared(in, found);
  add_recorded(in, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule model_simple_baseline;
const Rule model_simple_baseline{
    .summary = "the model is measured against a simpler one",
    .why = "A complex model costs more to run, explain and repair; it must earn that.",
    .fix =
        "Train a dummy or linear model on the same rows in the pipeline and fail when the real one does not "
        "beat it.",
    .source = "Breck et al. 2017, table II, Model 5",
    .run = run,
};

}  // namespace mlgrade::rules
