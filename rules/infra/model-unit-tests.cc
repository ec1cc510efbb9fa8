// Tests that build the model and look at whether it learns, restores, or answers in shape and range.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/earnest.h"
#include "rules/support/mock_arguments.h"
#include "rules/support/nearest.h"
#include "rules/support/outcomes.h"
#include "rules/support/tests.h"
#include "rules/support/trained_before.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 20;

// The model that a test builds: the nearest place where it is trained, else where its class is constructed.
struct Built {
  const AbleAt* at = nullptr;
  uint32_t distance = kNone;
  bool trained = false;
  Span product;  // where the project's own code makes the model; invalid: the test assembles it itself
};

bool is_own_code(const RuleInput& in, const Node& node) {
  const bool code =
      node.kind == NodeKind::kFunction || node.kind == NodeKind::kModule || node.kind == NodeKind::kMain;
  return code && !is_test_code(in.facts, in.facts.python[node.owner].file);
}

// A place of the project's own that makes a model, or trains one.
bool makes_product_model(const AbleAt& able, bool own_code) {
  const bool own_class = able.capability == "builds-model";  // the repository's, wherever it is called
  const bool makes = able.capability == "constructs-estimator" || able.capability == "trains-model" ||
                     able.capability == "loads-model";
  return own_class || (makes && own_code);
}

// What runs with one test that replaces something by mocks, as the rule looks at it.
class Look {
 public:
  Look(const RuleInput& in, const AbilityMap& abilities, uint32_t test)
      : in_(in),
        abilities_(abilities),
        test_(in.facts.tests[test]),
        distances_(in.graph.distances(in.graph.node_of_test(test))) {}

  // `mocked`: instead of what runs, what the test has replaced.
  Built find(bool mocked) const {
    Built built;
    for (NodeId n = 0; n < distances_.size(); ++n) {
      if (distances_[n] == kNone) continue;
      for (const AbleAt& able : abilities_.at(n)) {
        const bool trains = able.capability == "trains-model";
        if ((!trains && able.capability != "builds-model") || is_mocked(in_, test_, able) != mocked) continue;
        const bool nearer = distances_[n] < built.distance;
        const bool better =
            built.at == nullptr || trains > built.trained || (trains == built.trained && nearer);
        if (better) built = {&able, distances_[n], trains, {}};
      }
    }
    if (built.at != nullptr) built.product = made_by_project();
    return built;
  }

 private:
  // The nearest place of the project's own that makes a model, or trains one.
  Span made_by_project() const {
    Span made;
    uint32_t nearest = kNone;
    for (NodeId n = 0; n < distances_.size(); ++n) {
      if (distances_[n] >= nearest) continue;
      for (const AbleAt& able : abilities_.at(n)) {
        if (is_mocked(in_, test_, able) || !makes_product_model(able, is_own_code(in_, in_.graph.nodes[n])))
          continue;
        made = able.span;
        nearest = distances_[n];
        break;
      }
    }
    return made;
  }

  const RuleInput& in_;
  const AbilityMap& abilities_;
  const TestCase& test_;
  std::vector<uint32_t> distances_;
};

// The answers for tests that replace nothing, by node.
struct Models {
  std::vector<Nearest> trained, built;  // where a model is trained, where a class of one is constructed
  std::vector<Nearest> product;         // where the project's own code makes a model
  std::vector<bool> own_code;           // comes to code of the project

  Models(const RuleInput& in, const AbilityMap& abilities) {
    const size_t count = in.graph.nodes.size();
    std::vector<bool> trains(count), builds(count), makes(count);
    std::vector<NodeId> own;
    for (NodeId n = 0; n < count; ++n) {
      const bool own_node = is_own_code(in, in.graph.nodes[n]);
      if (own_node) own.push_back(n);
      for (const AbleAt& able : abilities.at(n)) {
        if (able.capability == "trains-model") trains[n] = true;
        if (able.capability == "builds-model") builds[n] = true;
        if (makes_product_model(able, own_node)) makes[n] = true;
      }
    }
    trained = nearest_of(in.graph, trains);
    built = nearest_of(in.graph, builds);
    product = nearest_of(in.graph, makes);
    own_code = in.graph.reaching(own);
  }

  Built find(const AbilityMap& abilities, const RuleInput& in, NodeId node) const {
    const bool trains = trained[node].node != kNone;
    const Nearest& nearest = trains ? trained[node] : built[node];
    if (nearest.node == kNone) return {};
    const std::vector<NodeId> place{nearest.node};
    Built out{
        abilities.first_in(place, trains ? "trains-model" : "builds-model"), nearest.distance, trains, {}};
    if (product[node].node == kNone) return out;
    const bool own_node = is_own_code(in, in.graph.nodes[product[node].node]);
    for (const AbleAt& able : abilities.at(product[node].node)) {
      if (!makes_product_model(able, own_node)) continue;
      out.product = able.span;
      break;
    }
    return out;
  }
};

// An assertion of the kinds that the item lists: it compares numbers, or looks at what the model gave back.
bool shows_behaviour(const RuleInput& in, const Outcomes& outcomes, const TestCase& test) {
  const PythonModule& module = in.facts.python[test.function.module];
  auto looks = [&](const TestAssertion& assertion) {
    if (assertion.type_only || assertion.raises || !outcomes.of_model(assertion)) return false;
    if (assertion.compares_number) return true;
    for (const PyCondition& condition : module.conditions) {
      if (condition.span.line != assertion.span.line || condition.kind != PyCondition::Kind::kAssert)
        continue;
      for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
        PyComparison::Op op = module.comparisons[c].op;
        if (op != PyComparison::Op::kIs && op != PyComparison::Op::kIsNot) return true;
      }
    }
    for (Name target : assertion.depends_on) {
      if (has_word(target.view(),
                   {"assert", "allclose", "isclose", "isfinite", "shape", "predict", "forward"}))
        return true;
    }
    for (const PyCall& call : module.calls) {  // assert_allclose(...), self.assertLess(...)
      bool same = call.span.line == assertion.span.line;
      if (same && has_word(call.callee.view(),
                           {"allclose", "close", "less", "greater", "equal", "between", "array"})) {
        return true;
      }
    }
    return false;
  };
  return effective_assertion(test, looks) != nullptr;
}

// What the test hands to the class that it builds are stand-ins: `Hybrid(trees=MagicMock(), net=net)`.
bool built_of_mocks(const RuleInput& in, const TestCase& test, const Built& built) {
  if (built.trained || built.at->call == kNone || built.at->module != test.function.module) return false;
  const PythonModule& module = in.facts.python[built.at->module];
  const PyCall& call = module.calls[built.at->call];
  const auto is_mock = [&](const PyValue& value) {
    return value.kind == PyValue::Kind::kCall &&
           module.calls[value.call].target.view().find("mock.") != std::string_view::npos;
  };
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyValue& value = module.args[a].value;
    if (is_mock(value)) return true;
    if (value.kind != PyValue::Kind::kName) continue;
    for (const PyBinding& binding : bindings_in(module, call.function)) {
      if (binding.target == value.text && is_mock(binding.value)) return true;
    }
  }
  return false;
}

// The model that the test builds, or has `replaced`; none if it has nothing to do with code of the project
// (rubric F-06).
Built built_by(const RuleInput& in, const AbilityMap& abilities, const Models& models, uint32_t t,
               bool& replaced) {
  const TestCase& test = in.facts.tests[t];
  const NodeId node = in.graph.node_of_test(t);
  if (!replaces_anything(in, test)) return models.own_code[node] ? models.find(abilities, in, node) : Built{};
  const std::vector<NodeId> closure = in.graph.closure(node);
  const bool project = std::any_of(closure.begin(), closure.end(),
                                   [&](NodeId n) { return is_own_code(in, in.graph.nodes[n]); });
  if (!project) return {};
  const Look look(in, abilities, t);
  Built built = look.find(false);
  const bool by_project =
      built.at != nullptr && built.trained && !is_test_code(in.facts, built.at->span.file);
  replaced = built.at == nullptr || (by_project && mocks_training(in, abilities, test));
  return built.at == nullptr ? look.find(true) : built;
}

// The test asks a model that a command before it has trained and kept.
bool judge_trained_before(const RuleInput& in, const AbilityMap& abilities, const Outcomes& outcomes,
                          uint32_t t, Evidence& evidence) {
  const TestCase& test = in.facts.tests[t];
  if (!test.function.valid()) return false;
  const std::optional<TrainedBefore> before = trained_before(in, abilities, t);
  if (!before) return false;
  evidence = test_evidence(in, t, "a test asks the model that a command before it trains",
                           {{in.graph.nodes[before->command].span, "runs before it"},
                            {before->trains->span, "trains the model"},
                            {before->loads->span, "loads the model"}});
  if (evidence.effect != Effect::kSwallowed && !shows_behaviour(in, outcomes, test)) {
    evidence.worth = 0.5;
    evidence.worth_why = "it asserts nothing about learning, shape or range";
  }
  return true;
}

// The evidence of one test; none if it builds no model.
bool judge(const RuleInput& in, const AbilityMap& abilities, std::optional<Models>& models,
           const Outcomes& outcomes, uint32_t t, Evidence& evidence) {
  const TestCase& test = in.facts.tests[t];
  const NodeId node = in.graph.node_of_test(t);
  if (!test.function.valid() ||
      (!abilities.can(node, "trains-model") && !abilities.can(node, "builds-model")))
    return judge_trained_before(in, abilities, outcomes, t, evidence);
  bool replaced = false;
  if (!models) models.emplace(in, abilities);
  const Built built = built_by(in, abilities, *models, t, replaced);
  if (built.at == nullptr) return false;
  const char* how = built.trained ? "a test trains the model" : "a test builds the model";
  std::vector<Link> links;
  const bool elsewhere = built.product.valid() && built.product != built.at->span;
  if (elsewhere) links.push_back({built.product, "makes the model"});
  links.push_back({built.at->span, built.trained ? "trains the model" : "builds the model"});
  evidence = test_evidence(in, t, how, std::move(links));
  evidence.distance = built.distance;
  if (replaced) {
    evidence.defeat = "the test replaces the model by a mock";
    evidence.defeat_at = evidence.place;
    return true;
  }
  if (test.assertions.empty()) {  // a crash is all that it would show
    evidence.effect = Effect::kBlocking;
    evidence.effect_why.clear();
  }
  if (evidence.effect == Effect::kSwallowed) return true;
  if (built_of_mocks(in, test, built)) {
    evidence.worth = 0.5;
    evidence.worth_why = "the parts of the model are mocks";
  } else if (!built.product.valid()) {
    evidence.worth = 0.5;
    evidence.worth_why = "the test builds its own model instead of the project's";
  } else if (!shows_behaviour(in, outcomes, test)) {
    evidence.worth = 0.5;
    evidence.worth_why = "it asserts nothing about learning, shape or range";
  }
  return true;
}

void run(const RuleInput& in, RuleOutput& output) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  const Outcomes& outcomes = shared<Outcomes>(in);
  std::optional<Models> models;  // made for the first test that has to do with one
  std::vector<Evidence> found;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    Evidence evidence;
    if (judge(in, abilities, models, outcomes, t, evidence)) found.push_back(std::move(evidence));
  }
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule infra_model_unit_tests;
const Rule infra_model_unit_tests{
    .summary = "tests that build the model and assert how it behaves",
    .why = "A model whose code is untested is debugged by training it, which takes hours a try.",
    .fix =
        "Fit the model to a handful of made-up rows in a test and assert that the loss falls, or that the "
        "output has "
        "the right shape and range.",
    .source = "Breck et al. 2017, table III, Infra 2",
    .run = run,
};

}  // namespace mlgrade::rules
