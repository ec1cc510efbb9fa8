// Builds the map from the catalogue's uses and from the shape of the repository's own classes.
#include "rules/support/abilities.h"

#include <algorithm>

#include "rules/support/code.h"
#include "rules/support/mock_arguments.h"

namespace mlgrade {
namespace {

struct OwnMethod {
  std::string_view name;
  std::string_view capability;
};

constexpr OwnMethod kOwnMethods[] = {
    {"fit", "trains-model"},     {"train", "trains-model"},       {"partial_fit", "trains-model"},
    {"predict", "predicts"},     {"predict_proba", "predicts"},   {"forward", "predicts"},
    {"transform", "transforms"}, {"fit_transform", "transforms"},
};

bool is_name(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Methods of a class that together make it an estimator: it learns, and it answers.
void add_own_estimators(const RuleInput& in, std::vector<std::vector<AbleAt>>& map) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    std::vector<uint8_t> learns(module.classes.size()), answers(module.classes.size());
    for (const PyFunction& f : module.functions) {
      if (f.cls == kNone || f.is_stub) continue;
      learns[f.cls] |= is_name(f.name.view(), {"fit", "train", "partial_fit", "training_step"});
      answers[f.cls] |=
          is_name(f.name.view(), {"predict", "predict_proba", "forward", "transform", "evaluate"});
    }
    for (uint32_t i = 0; i < module.functions.size(); ++i) {
      const PyFunction& f = module.functions[i];
      if (f.cls == kNone || !learns[f.cls] || !answers[f.cls]) continue;
      for (const OwnMethod& own : kOwnMethods) {
        if (f.name != own.name) continue;
        bool transformer =
            own.capability == "trains-model" &&
            !std::any_of(module.functions.begin(), module.functions.end(), [&](const PyFunction& other) {
              return other.cls == f.cls &&
                     is_name(other.name.view(), {"predict", "predict_proba", "forward", "evaluate"});
            });
        Name capability(transformer ? std::string_view("fits-transformer") : own.capability);
        const NodeId node = in.graph.node_of_function({m, i});
        if (node != kNone) map[node].push_back({capability, f.span});
      }
    }
  }
}

// A class with a model's base that also answers: transformers share the base of estimators.
bool is_model_class(const RuleInput& in, PyRef cls) {
  const PythonModule& module = in.facts.python[cls.module];
  bool answers = std::any_of(module.functions.begin(), module.functions.end(), [&](const PyFunction& f) {
    return f.cls == cls.index &&
           (f.name == "predict" || f.name == "predict_proba" || f.name == "forward" || f.name == "call" ||
            f.name == "training_step" || f.name == "decision_function");
  });
  if (!answers) return false;
  for (const Use& use : in.uses) {
    if (use.kind == Use::Kind::kBase && use.capability == "defines-model" &&
        use.function.module == cls.module && use.call == cls.index) {
      return true;
    }
  }
  return false;
}

// Constructing a model class of the repository builds a model.
void add_builds(const RuleInput& in, std::vector<std::vector<AbleAt>>& map, std::map<PyRef, bool>& known) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file)) continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyRef cls = module.calls[c].class_ref;
      if (!cls.valid()) continue;
      auto [it, fresh] = known.try_emplace(cls, false);
      if (fresh) it->second = is_model_class(in, cls);
      const NodeId node = it->second ? in.graph.node_of_call(m, c) : kNone;
      if (node != kNone) map[node].push_back({Name("builds-model"), module.calls[c].span, nullptr, m, c});
    }
  }
}

}  // namespace

AbilityMap::AbilityMap(const RuleInput& in) : in_(in), by_node_(in.graph.nodes.size()) {
  for (const Use& use : in.uses) {
    NodeId node = node_of(in, use);
    if (node == kNone || is_sample(in.facts, use.file)) continue;
    const bool call = use.kind == Use::Kind::kCall;
    by_node_[node].push_back(
        {use.capability, use.span, &use, call ? use.function.module : kNone, call ? use.call : kNone});
  }
  add_own_estimators(in, by_node_);
  add_builds(in, by_node_, model_classes_);
}

bool AbilityMap::is_model_class(PyRef cls) const {
  auto it = model_classes_.find(cls);
  return it != model_classes_.end() && it->second;
}

const std::vector<AbleAt>& AbilityMap::at(NodeId node) const {
  static const std::vector<AbleAt> none;
  return node < by_node_.size() ? by_node_[node] : none;
}

const AbleAt* AbilityMap::first_in(const std::vector<NodeId>& closure, std::string_view capability,
                                   const std::function<bool(const AbleAt&)>& left_out) const {
  for (NodeId node : closure) {
    for (const AbleAt& able : by_node_[node]) {
      if (able.capability == capability && !(left_out && left_out(able))) return &able;
    }
  }
  return nullptr;
}

const std::vector<NodeId>& AbilityMap::lowest(std::string_view capability) const {
  const std::lock_guard lock(mutex_);
  auto [it, fresh] = lowest_.try_emplace(Name(capability));
  if (!fresh) return it->second;
  std::vector<NodeId>& lowest = it->second;  // stays where it is
  lowest.assign(by_node_.size(), kNone);
  std::vector<NodeId> open;
  for (NodeId target = 0; target < by_node_.size(); ++target) {  // the lowest takes all that come to it
    const bool able = std::any_of(by_node_[target].begin(), by_node_[target].end(),
                                  [&](const AbleAt& one) { return one.capability == it->first; });
    if (!able || lowest[target] != kNone) continue;
    lowest[target] = target;
    open.push_back(target);
    while (!open.empty()) {
      const NodeId node = open.back();
      open.pop_back();
      for (uint32_t e : in_.graph.in[node]) {
        const Edge& edge = in_.graph.edges[e];
        if (edge.order_only() || edge.certain == Truth::kNo || lowest[edge.from] != kNone) continue;
        lowest[edge.from] = target;
        open.push_back(edge.from);
      }
    }
  }
  return lowest;
}

const AbleAt* AbilityMap::first(NodeId node, std::string_view capability) const {
  if (!can(node, capability)) return nullptr;
  const Node& here = in_.graph.nodes[node];
  const bool mocks = here.kind == NodeKind::kTest && !in_.facts.tests[here.owner].mocked.empty();
  return first_in(mocks ? in_.graph.closure(node) : std::vector<NodeId>{lowest(capability)[node]},
                  capability);
}

namespace {

template <typename FirstOf>
Stages stages_by(FirstOf first_of) {
  const auto either = [&](std::initializer_list<std::string_view> capabilities) -> const AbleAt* {
    for (std::string_view capability : capabilities) {
      if (const AbleAt* able = first_of(capability)) return able;
    }
    return nullptr;
  };
  Stages s;
  s.reads = first_of("reads-data");
  s.prepares = either({"splits-data", "fits-transformer", "transforms"});
  s.trains = first_of("trains-model");
  s.predicts = first_of("predicts");
  s.evaluates = first_of("computes-metric");
  s.saves = either({"saves-model", "registers-model"});
  return s;
}

}  // namespace

Stages stages_of(const AbilityMap& abilities, const std::vector<NodeId>& closure,
                 const std::function<bool(const AbleAt&)>& left_out) {
  Stages stages = stages_by(
      [&](std::string_view capability) { return abilities.first_in(closure, capability, left_out); });
  // What the code reads is what it trains on; a command that copies files may as well fetch the results.
  const AbleAt* in_code = abilities.first_in(closure, "reads-data", [&](const AbleAt& able) {
    const bool command = able.use != nullptr && able.use->kind != Use::Kind::kCall;
    return command || (left_out && left_out(able));
  });
  if (in_code != nullptr) stages.reads = in_code;
  return stages;
}

Stages stages_of(const AbilityMap& abilities, NodeId node) {
  return stages_by([&](std::string_view capability) { return abilities.first(node, capability); });
}

bool is_mocked(const RuleInput& in, const TestCase& test, const AbleAt& able) {
  if (able.call == kNone) return false;
  const PyCall& call = in.facts.python[able.module].calls[able.call];
  const auto index = static_cast<uint32_t>(&test - in.facts.tests.data());
  if (shared<MockArguments>(in).receives(index, able.module, able.call)) return true;
  if (call.class_ref.valid()) {
    const PythonModule& home = in.facts.python[call.class_ref.module];
    return std::any_of(test.mocked.begin(), test.mocked.end(), [&](PyRef ref) {
      return ref.module == call.class_ref.module && ref.index != kNone &&
             home.functions[ref.index].cls == call.class_ref.index;
    });
  }
  // "prophet.Prophet", and what comes of it: "prophet.Prophet.fit", "mlflow.start_run().log".
  auto below = [](std::string_view text, std::string_view name) {
    return !name.empty() && text.starts_with(name) &&
           (text.size() == name.size() || text[name.size()] == '.' || text[name.size()] == '(');
  };
  return std::any_of(test.mocked_names.begin(), test.mocked_names.end(), [&](const MockedName& mocked) {
    if (mocked.module != kNone && mocked.module != able.module) return false;
    return below(call.target.view(), mocked.target.view()) || below(call.callee.view(), mocked.name.view());
  });
}

}  // namespace mlgrade
