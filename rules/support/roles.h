// The two sides of a system: what runs when a model is trained, and what runs when it serves.
#pragma once

#include <vector>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"

namespace mlgrade {

// Nodes by side, sorted. Product code only: neither tests nor notebooks nor samples.
struct Sides {
  explicit Sides(const RuleInput& in);  // ask for shared<Sides>(in)

  std::vector<NodeId> training;  // runs on the way to a training, or as part of what leads to one
  std::vector<NodeId>
      serving;  // runs to answer: what the handlers call, and what the service does as it starts
  std::vector<NodeId> handlers;  // route handlers and served methods; where there are none, the programs and
                                 // flows that load a model and predict in batches
};

// Product nodes to which work leads from the node: by calls, functions handed over and programs started, not
// by importing a module or declaring a route. Sorted; the node itself is among them.
std::vector<NodeId> work_of(const RuleInput& in, NodeId node);

// The same backwards: product nodes from which work leads to the node.
std::vector<NodeId> work_leading_to(const RuleInput& in, NodeId node);

// A function or module that prepares rows, by what it is called: "build_features", "preprocess".
bool is_transform_name(std::string_view name);

bool contains_node(const std::vector<NodeId>& sorted, NodeId node);

// What runs the service: an image, a compose or Kubernetes service that leads to a handler,
// else a deployment step. Invalid span if there is none.
Span deployment_of_service(const RuleInput& in, const Sides& sides);

}  // namespace mlgrade
