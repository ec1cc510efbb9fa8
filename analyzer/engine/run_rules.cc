// Runs all rules over facts and graph, and finishes what they hand on.
#include <tbb/parallel_for.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "analyzer/engine/false_evidence.h"
#include "analyzer/engine/runner.h"
#include "analyzer/graph/ways.h"

namespace mlgrade {
namespace {

bool counts(const FactStore& facts, FileId id) {
  return id == FileId::kNone || (!facts.file(id).sample && !facts.file(id).vendored);
}

// Evidence of one rule: most of it runs at few nodes, so their ways are kept.
class Completer {
 public:
  Completer(const Graph& graph, const FactStore& facts) : graph_(graph), facts_(facts) {
    const auto broken = [&](const AutomationFile& file) {
      return !file.analysable && std::any_of(facts.problems.begin(), facts.problems.end(),
                                             [&](const Problem& p) { return p.span.file == file.file; });
    };
    const auto found = std::find_if(facts.automation.begin(), facts.automation.end(), broken);
    if (found != facts.automation.end()) {
      doubt_ = "what might run it could not be analysed";
      doubt_at_ = Span{found->file, 1, 1, 1};
    }
  }

  void complete(Evidence& evidence) {
    if (evidence.mode != EvidenceMode::kCheck) return;
    if (evidence.runs_itself) {
      evidence.reach = Reach{};
      evidence.reach.by = Reach::By::kAutomatic;
    } else if (evidence.runs_at == kNone) {
      evidence.reach = Reach{};
      evidence.reach.broken = "nothing in the repository runs it";
      evidence.reach.broken_at = evidence.place;
    } else {
      evidence.reach = reach(evidence.runs_at);
      add_ways(evidence);
    }
    doubt(evidence);
    if (evidence.effect != Effect::kBlocking && !evidence.effect_at.valid())
      evidence.effect_at = evidence.place;
  }

  bool counts_as_evidence(const Evidence& evidence) const { return counts(facts_, evidence.place.file); }

 private:
  // Nothing is seen to run it, but a file that could say so is broken: unknown, not never (rubric F-32).
  void doubt(Evidence& evidence) const {
    if (evidence.reach.by != Reach::By::kNothing || evidence.reach.certain == Truth::kUnknown) return;
    if (doubt_.empty() || !evidence.reach.unread.empty()) return;
    evidence.reach.certain = Truth::kUnknown;
    evidence.reach.broken = doubt_;
    evidence.reach.broken_at = doubt_at_;
  }

  const Reach& reach(NodeId node) {
    const auto [at, added] = known_.try_emplace(node);
    if (added) at->second = graph_.reach(node);
    return at->second;
  }

  // A chain has no gaps: before a place that is run through others come the calls and imports that lead to
  // it, from what the chain has shown already.
  void add_ways(Evidence& evidence) {
    std::vector<Link> links;
    std::vector<NodeId> shown{evidence.runs_at};
    size_t added = 0;
    for (Link& link : evidence.links) {
      std::optional<Way> way = way_to(shown, evidence.reach.nodes, node_at(graph_, link.span));
      if (way && added + way->links.size() <= kMostHops) {
        added += way->links.size();
        std::move(way->links.begin(), way->links.end(), std::back_inserter(links));
        shown.insert(shown.end(), way->nodes.begin(), way->nodes.end());
      }
      links.push_back(std::move(link));
    }
    evidence.links = std::move(links);
  }

  // What lies behind the nodes of the chain, tests last; else what another part of the same run comes to.
  std::optional<Way> way_to(const std::vector<NodeId>& shown, const std::vector<NodeId>& before,
                            NodeId node) const {
    if (node == kNone) return std::nullopt;
    const std::vector<NodeId> latest_first(shown.rbegin(), shown.rend());
    for (const bool through_tests : {false, true}) {
      if (auto way = shortest_way(graph_, latest_first, node, through_tests)) return way;
    }
    return shortest_way(graph_, {before.rbegin(), before.rend()}, node, false);
  }

  static constexpr size_t kMostHops = 40;  // shown between the links of one piece of evidence

  const Graph& graph_;
  const FactStore& facts_;
  std::string doubt_;  // what may run things and cannot be looked into; empty: all automation was read
  Span doubt_at_;
  std::map<NodeId, Reach> known_;
};

auto evidence_key(const Evidence& e) { return std::tie(e.rule, e.place, e.what, e.part, e.runs_at); }

std::tuple<Span, std::string_view, std::string_view> finding_key(const Finding& f) {
  return {f.places.empty() ? Span{} : f.places.front().span, f.rule, f.message};
}

// No rule sees what another has found, so they run side by side.
std::vector<RuleOutput> outputs_of(const std::vector<LoadedRule>& rules, const RuleInput& input) {
  std::vector<RuleOutput> outputs(rules.size());
  tbb::parallel_for(size_t{0}, rules.size(), [&](size_t i) {
    if (rules[i].compiled != nullptr) {
      rules[i].compiled->run(input, outputs[i]);
    } else {
      run_yaml_rule(rules[i], input, outputs[i]);
    }
  });
  return outputs;
}

}  // namespace

RuleResults run_rules(const RuleSet& rules, const FactStore& facts, const Graph& graph,
                      const std::vector<Use>& uses, std::optional<Date> as_of) {
  const RuleInput input{
      .facts = facts, .graph = graph, .catalogue = rules.catalogue, .uses = uses, .as_of = as_of};
  Completer completer(graph, facts);
  const PlaceJudge judge(facts, rules.catalogue);
  RuleResults out;
  out.alerts = judge_alerts(facts, SeriesIndex(facts, rules.catalogue, uses), graph);
  std::vector<RuleOutput> outputs = outputs_of(rules.rules, input);
  for (size_t i = 0; i < outputs.size(); ++i) {
    RuleOutput& found = outputs[i];
    const std::string_view id = Name(rules.rules[i].id).view();  // outlives the rule set
    for (Evidence& evidence : found.evidence) {
      if (!completer.counts_as_evidence(evidence)) continue;
      evidence.rule = id;
      judge.weigh(evidence);
      completer.complete(evidence);
      out.evidence.push_back(std::move(evidence));
    }
    for (Finding& finding : found.findings) {
      finding.rule = id;
      out.findings.push_back(std::move(finding));
    }
  }
  std::stable_sort(out.evidence.begin(), out.evidence.end(),
                   [](const Evidence& a, const Evidence& b) { return evidence_key(a) < evidence_key(b); });
  const auto same = [](const Evidence& a, const Evidence& b) { return evidence_key(a) == evidence_key(b); };
  out.evidence.erase(std::unique(out.evidence.begin(), out.evidence.end(), same), out.evidence.end());
  std::stable_sort(out.findings.begin(), out.findings.end(),
                   [](const Finding& a, const Finding& b) { return finding_key(a) < finding_key(b); });
  const auto repeated = [](const Finding& a, const Finding& b) { return finding_key(a) == finding_key(b); };
  out.findings.erase(std::unique(out.findings.begin(), out.findings.end(), repeated), out.findings.end());
  return out;
}

}  // namespace mlgrade
