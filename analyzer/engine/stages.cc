// Stages from what tools do, from evidence, from imports and, last, from how functions are called.
#include "analyzer/engine/stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <unordered_map>

#include "analyzer/base/strict_record.h"
#include "analyzer/engine/capabilities.h"
#include "analyzer/facts/test_paths.h"

namespace mlgrade {
namespace {

constexpr size_t kMaxTests = 40;  // whose closure is looked at for one stage

struct Candidate {
  Span place;
  std::string what;
  NodeId node = kNone;
  Reach::By by = Reach::By::kNothing;
  bool delivers = false;  // builds, applies or deploys something
};

bool is_product(const FactStore& facts, FileId file) {
  if (file == FileId::kNone) return false;
  const FileFact& fact = facts.file(file);
  return !fact.sample && !fact.vendored && !is_test_path(fact.path.view());
}

NodeId node_of(const FactStore& facts, const Graph& graph, const Use& use) {
  switch (use.kind) {
    case Use::Kind::kCall:
      return use.call != kNone && use.function.valid() ? graph.node_of_call(use.function.module, use.call)
                                                       : kNone;
    case Use::Kind::kDecorator:
      return graph.node_of_function(use.function);
    case Use::Kind::kCommand:
      return graph.node_of_command(use.automation, use.index);
    case Use::Kind::kAction:
      if (use.automation == kNone) return kNone;
      return graph.node_of_unit(use.automation, facts.automation[use.automation].actions[use.index].unit);
    case Use::Kind::kBase:
      return use.function.valid() ? graph.node_of_function({use.function.module, kNone}) : kNone;
    case Use::Kind::kFile:
      return graph.node_of_file(use.file);
  }
  return kNone;
}

std::string name_of(const FactStore& facts, const Use& use) {
  if (use.kind == Use::Kind::kCall && use.call != kNone && use.function.valid()) {
    const PyCall& call = facts.python[use.function.module].calls[use.call];
    return fmt::format("`{}`", call.target.view().empty() ? call.callee.view() : call.target.view());
  }
  if (use.kind == Use::Kind::kCommand) {
    constexpr size_t kWords = 5;
    std::string text;
    const std::vector<Word>& words = facts.automation[use.automation].commands[use.index].words;
    for (size_t i = 0; i < std::min(words.size(), kWords); ++i) text += (i == 0 ? "" : " ") + words[i].text;
    return fmt::format("`{}{}`", text, words.size() > kWords ? " ..." : "");
  }
  if (use.kind == Use::Kind::kAction) return facts.automation[use.automation].actions[use.index].action.str();
  return std::string(use.tool.view());
}

bool delivers(std::string_view capability) {
  return capability == "deploys" || capability == "publishes-image" || capability == "applies-infrastructure";
}

void add_uses(const StageDefinition& definition, const FactStore& facts, const Graph& graph,
              const std::vector<Use>& uses, std::vector<Candidate>& out) {
  std::vector<Candidate> commands;  // code says more of what is done than the name of a program
  for (const std::string& capability : definition.capabilities) {
    for (const Use& use : uses) {
      if (use.capability != capability || !is_product(facts, use.file)) continue;
      Candidate one{use.span, name_of(facts, use), node_of(facts, graph, use)};
      one.delivers = delivers(capability);
      const bool command = use.kind == Use::Kind::kCommand || use.kind == Use::Kind::kAction;
      (command && !one.delivers ? commands : out).push_back(std::move(one));
    }
  }
  std::move(commands.begin(), commands.end(), std::back_inserter(out));
}

void add_evidence(const StageDefinition& definition, const FactStore& facts,
                  const std::vector<Evidence>& evidence, std::vector<Candidate>& out) {
  for (const Evidence& one : evidence) {
    const bool named =
        std::find(definition.rules.begin(), definition.rules.end(), one.rule) != definition.rules.end();
    if (!named || one.mode == EvidenceMode::kMention || !one.defeat.empty()) continue;
    if (!is_product(facts, one.place.file)) continue;
    Candidate candidate{one.place, one.what, one.runs_at};
    if (one.mode == EvidenceMode::kCheck && one.runs_itself) candidate.by = one.reach.by;
    out.push_back(std::move(candidate));
  }
}

constexpr std::pair<std::string_view, UnitKind> kUnitKinds[] = {
    {"service", UnitKind::kService}, {"image", UnitKind::kImage}, {"deployment", UnitKind::kDeployment}};

void add_units(const StageDefinition& definition, const FactStore& facts, const Graph& graph,
               std::vector<Candidate>& out) {
  for (const std::string& name : definition.units) {
    for (const auto& [known, kind] : kUnitKinds) {
      if (known != name) continue;
      for (uint32_t f = 0; f < facts.automation.size(); ++f) {
        const AutomationFile& file = facts.automation[f];
        if (!is_product(facts, file.file)) continue;
        for (uint32_t u = 0; u < file.units.size(); ++u) {
          if (file.units[u].kind != kind) continue;
          out.push_back({file.units[u].span, fmt::format("{} {}", name, file.units[u].name.view()),
                         graph.node_of_unit(f, u), Reach::By::kNothing, kind == UnitKind::kDeployment});
        }
      }
    }
  }
}

void add_imports(const StageDefinition& definition, const FactStore& facts, const Graph& graph,
                 std::vector<Candidate>& out) {
  if (definition.imports.empty()) return;
  for (uint32_t m = 0; m < facts.python.size(); ++m) {
    const PythonModule& module = facts.python[m];
    if (!is_product(facts, module.file)) continue;
    for (const PyImport& import : module.imports) {
      if (import.project_module != kNone || import.level != 0) continue;
      const std::string_view target = import.target.view();
      const auto made_for = [&](const std::string& name) {
        return target == name || target.starts_with(name + ".");
      };
      const auto found = std::find_if(definition.imports.begin(), definition.imports.end(), made_for);
      if (found == definition.imports.end()) continue;
      out.push_back(
          {import.span, fmt::format("imports `{}`", *found), graph.node_of_function({m, import.function})});
    }
  }
}

// "clean_rows", "cleanRows" -> "clean rows".
std::string spoken(std::string_view name) {
  std::string out;
  char before = '_';
  for (char c : name) {
    const bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    const bool word = std::isalnum(static_cast<unsigned char>(c)) != 0;
    const bool starts = upper && std::islower(static_cast<unsigned char>(before)) != 0;
    if ((!word || starts) && !out.empty() && out.back() != ' ') out += ' ';
    if (word) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    before = c;
  }
  return out;
}

bool called_so(const StageDefinition& definition, const std::string& words) {
  const std::string padded = " " + words + " ";
  const bool verb = std::any_of(definition.verbs.begin(), definition.verbs.end(),
                                [&](const std::string& v) { return padded.starts_with(" " + v + " "); });
  return verb || std::any_of(definition.names.begin(), definition.names.end(), [&](const std::string& n) {
           return padded.find(" " + n + " ") != std::string::npos;
         });
}

void add_functions(const StageDefinition& definition, const FactStore& facts, const Graph& graph,
                   std::vector<Candidate>& out) {
  if (definition.verbs.empty() && definition.names.empty()) return;
  std::unordered_map<Name, bool> known;  // names of functions: are they called so
  const auto named_so = [&](Name name) {
    const auto [at, fresh] = known.try_emplace(name);
    if (fresh) at->second = called_so(definition, spoken(name.view()));
    return at->second;
  };
  for (uint32_t m = 0; m < facts.python.size(); ++m) {
    const PythonModule& module = facts.python[m];
    if (!is_product(facts, module.file)) continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      // A method without parameters tells something of its object.
      const bool property = function.cls != kNone && function.params.size() < 2;
      if (function.is_stub || property || !named_so(function.name)) continue;
      out.push_back({function.span, fmt::format("`{}`, by its name", function.qualname.view()),
                     graph.node_of_function({m, f})});
    }
  }
}

// What runs by itself in earnest: from automatic triggers without passing through a test. Trying a training
// in a test does not automate the training.
class Earnest {
 public:
  Earnest(const FactStore& facts, const Graph& graph)
      : facts_(facts), graph_(graph), entered_(graph.nodes.size(), kNone), seen_(graph.nodes.size(), false) {
    std::vector<NodeId> queue;
    for (NodeId n = 0; n < graph.nodes.size(); ++n) {
      if (graph.nodes[n].kind != NodeKind::kTrigger || graph.reached_by(n) != Reach::By::kAutomatic) continue;
      seen_[n] = true;
      queue.push_back(n);
    }
    for (size_t i = 0; i < queue.size(); ++i) {
      for (uint32_t e : graph.out[queue[i]]) {
        const Edge& edge = graph.edges[e];
        if (edge.order_only() || edge.certain == Truth::kNo || seen_[edge.to] || tests(edge.to)) continue;
        if (graph.reached_by(edge.to) != Reach::By::kAutomatic) continue;
        seen_[edge.to] = true;
        entered_[edge.to] = e;
        queue.push_back(edge.to);
      }
    }
  }

  bool runs(NodeId node) const { return node != kNone && seen_[node]; }

  // The best way where that passes no test, else the shortest that passes none.
  Reach reach(NodeId node) const {
    Reach best = graph_.reach(node);
    if (!runs(node) ||
        std::none_of(best.nodes.begin(), best.nodes.end(), [&](NodeId n) { return n != kNone && tests(n); }))
      return best;
    Reach out;
    out.by = Reach::By::kAutomatic;
    for (NodeId at = node; at != kNone;) {
      const uint32_t e = entered_[at];
      const std::string what = e == kNone ? graph_.label(at) : graph_.what(graph_.edges[e]);
      out.chain.push_back({e == kNone ? graph_.nodes[at].span : graph_.edges[e].span, what});
      out.nodes.push_back(at);
      at = e == kNone ? kNone : graph_.edges[e].from;
    }
    std::reverse(out.chain.begin(), out.chain.end());
    std::reverse(out.nodes.begin(), out.nodes.end());
    return out;
  }

 private:
  bool tests(NodeId node) const {
    const Node& one = graph_.nodes[node];
    if (one.kind == NodeKind::kTest) return true;
    const bool code =
        one.kind == NodeKind::kModule || one.kind == NodeKind::kMain || one.kind == NodeKind::kFunction;
    return code && is_test_path(facts_.path(facts_.python[one.owner].file));
  }

  const FactStore& facts_;
  const Graph& graph_;
  std::vector<uint32_t> entered_;  // by node: the edge; kNone: a trigger, or not come to
  std::vector<bool> seen_;
};

bool counts(const TestCase& test) {
  return test.effective && test.collected != Truth::kNo && test.skipped != Truth::kYes;
}

// The first effective test that runs one of the nodes; one that runs by itself before others.
uint32_t test_of(const FactStore& facts, const Graph& graph, const std::vector<NodeId>& nodes) {
  const std::vector<bool> comes = graph.reaching(nodes);
  uint32_t found = kNone;
  size_t tries = 0;
  for (uint32_t t = 0; t < facts.tests.size() && tries < kMaxTests; ++t) {
    const NodeId node = graph.node_of_test(t);
    if (node == kNone || !comes[node] || !counts(facts.tests[t])) continue;
    const bool automatic = graph.reached_by(node) == Reach::By::kAutomatic;
    if (found != kNone && !automatic) continue;
    ++tries;
    const std::vector<NodeId> runs = graph.closure(node);  // without what the test replaces by mocks
    const bool real = std::any_of(nodes.begin(), nodes.end(),
                                  [&](NodeId n) { return std::binary_search(runs.begin(), runs.end(), n); });
    if (!real) continue;
    found = t;
    if (automatic) break;
  }
  return found;
}

bool starts_on_change(const FactStore& facts, const Graph& graph, const Reach& reach) {
  if (reach.nodes.empty() || reach.nodes.front() == kNone) return false;
  const Node& node = graph.nodes[reach.nodes.front()];
  if (node.kind != NodeKind::kTrigger) return false;
  switch (facts.automation[node.owner].triggers[node.index].kind) {
    case TriggerKind::kPush:
    case TriggerKind::kPullRequest:
    case TriggerKind::kMergeQueue:
    case TriggerKind::kTag:
    case TriggerKind::kRelease:
      return true;
    default:
      return false;
  }
}

// The files that the places lie in; of a service, an image or a deployment also the code that it runs.
std::vector<FileId> files_of(const std::vector<Candidate>& candidates, const FactStore& facts,
                             const Graph& graph) {
  constexpr size_t kMostUnits = 40;
  std::vector<FileId> out;
  size_t units = 0;
  for (const Candidate& candidate : candidates) {
    out.push_back(candidate.place.file);
    const bool unit = candidate.node != kNone && graph.nodes[candidate.node].kind == NodeKind::kUnit;
    if (!unit || units++ >= kMostUnits) continue;
    for (const NodeId node : graph.closure(candidate.node)) {
      const Node& one = graph.nodes[node];
      const bool code =
          one.kind == NodeKind::kModule || one.kind == NodeKind::kMain || one.kind == NodeKind::kFunction;
      if (code) out.push_back(facts.python[one.owner].file);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Stage stage_of(const StageDefinition& definition, std::vector<Candidate> candidates, const FactStore& facts,
               const Graph& graph, const Earnest& earnest) {
  Stage stage;
  stage.definition = &definition;
  stage.places = static_cast<int>(candidates.size());
  if (candidates.empty()) return stage;
  stage.present = true;
  std::vector<NodeId> nodes;
  for (Candidate& candidate : candidates) {
    if (candidate.node == kNone) continue;
    if (earnest.runs(candidate.node)) {
      candidate.by = Reach::By::kAutomatic;
    } else if (candidate.by == Reach::By::kNothing &&
               graph.reached_by(candidate.node) == Reach::By::kManual) {
      candidate.by = Reach::By::kManual;
    }
    nodes.push_back(candidate.node);
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  if (!nodes.empty()) stage.test = test_of(facts, graph, nodes);
  // The first of those that run most by themselves.
  const auto best = std::max_element(candidates.begin(), candidates.end(),
                                     [](const Candidate& a, const Candidate& b) { return a.by < b.by; });
  stage.what = best->what;
  stage.place = best->place;
  if (best->node != kNone) stage.reach = earnest.reach(best->node);
  stage.reach.by = best->by;
  if (stage.automated() && stage.reach.chain.empty()) stage.reach.chain.push_back({best->place, best->what});
  for (const Candidate& candidate : candidates) {
    const bool may = candidate.delivers && candidate.by == Reach::By::kAutomatic && candidate.node != kNone;
    if (!may || !starts_on_change(facts, graph, earnest.reach(candidate.node))) continue;
    stage.delivered_at = candidate.place;
    stage.delivered = candidate.what;
    break;
  }
  return stage;
}

}  // namespace

std::vector<StageDefinition> read_stages(const DataNode& root, std::string_view path,
                                         std::vector<Problem>& problems) {
  std::vector<StageDefinition> out;
  StrictRecord record(root, path, problems);
  const DataNode* stages = record.node("stages");
  if (stages == nullptr || !stages->is_sequence()) {
    record.problem(root.line, "no list of `stages`");
    return out;
  }
  for (const DataNode& node : stages->items) {
    StrictRecord one(node, path, problems);
    StageDefinition stage;
    stage.id = one.required_text("id");
    stage.title = one.required_text("title");
    stage.capabilities = one.texts("capabilities");
    stage.rules = one.texts("rules");
    stage.units = one.texts("units");
    for (const std::string& unit : stage.units) {
      const bool known = std::any_of(std::begin(kUnitKinds), std::end(kUnitKinds),
                                     [&](const auto& kind) { return kind.first == unit; });
      if (!known) one.problem(node.line, "`" + unit + "` is no kind of unit");
    }
    stage.imports = one.texts("imports");
    stage.verbs = one.texts("verbs");
    stage.names = one.texts("names");
    for (const std::string& text : one.texts("watched_by")) stage.watchers.push_back(parse_watcher(text));
    for (const std::string& word : stage.capabilities) {
      if (!is_capability(word)) one.problem(node.line, "`" + word + "` is no capability");
    }
    one.finish();
    out.push_back(std::move(stage));
  }
  record.finish();
  return out;
}

std::vector<Stage> find_stages(const std::vector<StageDefinition>& definitions, const FactStore& facts,
                               const Graph& graph, const std::vector<Use>& uses,
                               const std::vector<Evidence>& evidence,
                               const std::vector<AlertVerdict>& alerts) {
  std::vector<Stage> out;
  const Earnest earnest(facts, graph);
  const WatchInput watch{facts, evidence, alerts, [&](NodeId node) { return earnest.runs(node); }};
  for (const StageDefinition& definition : definitions) {
    std::vector<Candidate> candidates;
    add_uses(definition, facts, graph, uses, candidates);
    add_evidence(definition, facts, evidence, candidates);
    add_units(definition, facts, graph, candidates);
    add_imports(definition, facts, graph, candidates);
    add_functions(definition, facts, graph, candidates);
    const std::vector<FileId> files = files_of(candidates, facts, graph);
    out.push_back(stage_of(definition, std::move(candidates), facts, graph, earnest));
    if (out.back().present) out.back().watch = watch_of(definition.watchers, files, watch);
  }
  return out;
}

}  // namespace mlgrade
