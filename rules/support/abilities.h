// What each node of the graph is able to do, directly and through what it runs: "this test trains a model".
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct AbleAt {
  Name capability;
  Span span;
  const Use* use = nullptr;  // null for what the repository's own classes do
  uint32_t module = kNone;   // of the call, if it is one
  uint32_t call = kNone;
};

// Capabilities by node: those of the tool catalogue, and those of the repository's own estimators: a class
// that has `fit` (or `train`) beside `predict` (or `forward`, `transform`) trains, predicts or transforms as
// a library's would.
class AbilityMap {
 public:
  explicit AbilityMap(const RuleInput& in);  // ask for shared<AbilityMap>(in)

  const std::vector<AbleAt>& at(NodeId node) const;
  // The first place, over the node and all that it runs, that has the capability; null if none has.
  const AbleAt* first(NodeId node, std::string_view capability) const;
  // A class of the repository with a model's base that also answers.
  bool is_model_class(PyRef cls) const;
  // True if the node, or anything that it runs, has the capability, replaced by a mock or not.
  bool can(NodeId node, std::string_view capability) const {
    return node != kNone && lowest(capability)[node] != kNone;
  }
  // By node: the lowest node that has the capability, of it and all that it runs. One walk of the graph
  // answers for all nodes.
  const std::vector<NodeId>& lowest(std::string_view capability) const;
  // The same over a closure that is already at hand, without what `left_out` takes.
  const AbleAt* first_in(const std::vector<NodeId>& closure, std::string_view capability,
                         const std::function<bool(const AbleAt&)>& left_out = {}) const;

 private:
  const RuleInput& in_;
  std::vector<std::vector<AbleAt>> by_node_;
  std::map<PyRef, bool> model_classes_;                 // those that are constructed
  mutable std::mutex mutex_;                            // of what follows
  mutable std::map<Name, std::vector<NodeId>> lowest_;  // by capability and node, made when asked for
};

// Stages of a pipeline that a closure touches.
struct Stages {
  const AbleAt* reads = nullptr;     // data comes in
  const AbleAt* prepares = nullptr;  // splits, fits or applies a transformer
  const AbleAt* trains = nullptr;
  const AbleAt* predicts = nullptr;
  const AbleAt* evaluates = nullptr;  // a metric is computed
  const AbleAt* saves = nullptr;      // the model is written or registered
  int count() const {
    return (reads != nullptr) + (prepares != nullptr) + (trains != nullptr) +
           (predicts != nullptr || evaluates != nullptr);
  }
};

Stages stages_of(const AbilityMap& abilities, const std::vector<NodeId>& closure,
                 const std::function<bool(const AbleAt&)>& left_out = {});
Stages stages_of(const AbilityMap& abilities, NodeId node);  // of it and all that it runs

// True if the test replaces by a mock what has the ability: patch("app.train.Prophet").
bool is_mocked(const RuleInput& in, const TestCase& test, const AbleAt& able);

}  // namespace mlgrade
