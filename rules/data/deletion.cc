// DATA-5, third part: a request for deletion reaches the training data and the models that learned from it.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 8;

bool names_deletion(std::string_view name) {
  bool whole = has_word(name, {"erase", "erasure", "gdpr", "forget_user"}) ||
               contains_phrase(name, "right to be forgotten") || contains_phrase(name, "right to erasure") ||
               contains_phrase(name, "forget user");
  bool who = has_word(name, {"user", "users", "subject", "customer", "person", "subscriber", "patient",
                             "member", "personal"});
  bool what = has_word(name, {"delete", "remove", "purge", "forget", "erase", "wipe"});
  return whole || (who && what);
}

bool names_models(std::string_view name) {
  return has_word(name,
                  {"registry", "model", "models", "retrain", "retire", "version", "versions", "checkpoint"});
}

struct Found {
  Link data, models;
};

// Does what the function runs rewrite data and touch models? By abilities first, else by what it calls.
Found reach_of(const RuleInput& in, const AbilityMap& abilities, NodeId node) {
  Found found;
  std::vector<NodeId> closure = in.graph.closure(node);
  if (const AbleAt* writes = abilities.first_in(closure, "writes-data"))
    found.data = {writes->span, "rewrites stored rows"};
  for (std::string_view capability : {"registers-model", "promotes-model", "trains-model", "saves-model"}) {
    const AbleAt* able = abilities.first_in(closure, capability);
    if (able != nullptr && !found.models.span.valid()) found.models = {able->span, "reaches the models"};
  }
  for (NodeId n : closure) {
    const Node& at = in.graph.nodes[n];
    if (at.kind != NodeKind::kFunction) continue;
    const PythonModule& m = in.facts.python[at.owner];
    for (const PyCall& call : calls_in(m, at.index)) {
      if (call.function != at.index) continue;
      bool writes =
          contains_phrase(call.method.view(), "to csv") || contains_phrase(call.method.view(), "to parquet");
      if (writes && !found.data.span.valid()) found.data = {call.span, "rewrites stored rows"};
      if (names_models(call.callee.view()) && !found.models.span.valid())
        found.models = {call.span, "reaches the models"};
    }
  }
  return found;
}

void add_functions(const RuleInput& in, std::vector<Evidence>& out) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    std::string_view path = in.facts.path(module.file);
    bool deletes_here = has_word(path, {"erase", "erasure", "gdpr", "forget", "deletion"});
    for (uint32_t i = 0; i < module.functions.size(); ++i) {
      const PyFunction& f = module.functions[i];
      bool entry = deletes_here && has_word(f.name.view(), {"main", "run", "handle", "process", "delete"});
      if (f.is_stub || (!names_deletion(f.name.view()) && !entry)) continue;
      NodeId node = in.graph.node_of_function({m, i});
      Found found = reach_of(in, abilities, node);
      Evidence e;
      e.place = f.span;
      e.what = fmt::format("`{}` deletes a person's data", f.qualname.view());
      e.runs_at = node;
      e.confidence = Confidence::kMedium;
      if (!found.data.span.valid()) {
        if (!entry) e.defeat = "it deletes from the application's own store; no training data is rewritten";
        if (entry) continue;
      } else {
        e.links.push_back(found.data);
      }
      if (found.models.span.valid()) {
        e.links.push_back(found.models);
      } else {
        e.worth = 0.5;
        e.worth_why = "it reaches the data and not the models that learned from it";
      }
      out.push_back(std::move(e));
    }
  }
}

// Data that goes by itself: lifecycle rules of buckets.
void add_retention(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Resource& bucket : cloudformation(in.facts, "AWS::S3::Bucket")) {
    const DataNode* properties = bucket.node->find("Properties");
    const DataNode* rules = properties == nullptr ? nullptr : properties->find("LifecycleConfiguration");
    if (rules == nullptr || is_sample(in.facts, bucket.document->file)) continue;
    Evidence e;
    e.mode = EvidenceMode::kStanding;
    e.place = Span{bucket.document->file, rules->line, 1, rules->line};
    e.what = fmt::format("bucket {} lets objects expire", bucket.name);
    e.worth = 0.5;
    e.worth_why = "old data goes; a person's request is not carried through";
    out.push_back(std::move(e));
  }
}

void run(const RuleInput& in, RuleOutput& out) {
  std::vector<Evidence> found;
  add_functions(in, found);
  add_retention(in, found);
  for (Evidence& e : found) run_in_earnest(in, e);
  if (found.size() > kMost) keep_best(in, found, kMost);
  out.evidence = std::move(found);
}

}  // namespace

extern const Rule data_deletion;
const Rule data_deletion{
    .kind = RuleKind::kEvidence,
    .summary = "A deletion request reaches training data and models",
    .why = "Who asks to be deleted lives on in the training set, and comes back with the next training.",
    .fix =
        "Let a scheduled job remove requested persons from training data and mark the models that saw them.",
    .source = "Breck et al. 2017, table I, Data 5",
    .run = run,
};

}  // namespace mlgrade::rules
