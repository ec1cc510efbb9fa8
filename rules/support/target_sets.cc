// Tarjan's strongly connected components: they come out with what they lead to first, so that the set of each
// is the union of those that are there already.
#include "rules/support/target_sets.h"

#include <algorithm>

namespace mlgrade {

class TargetWalk {
 public:
  TargetWalk(const Graph& graph, const std::vector<NodeId>& targets,
             const std::function<bool(const Edge&, uint32_t)>& follows, TargetSets& out)
      : graph_(graph), out_(out), target_of_(graph.nodes.size(), kNone), order_(graph.nodes.size(), kNone) {
    for (uint32_t i = 0; i < targets.size(); ++i) target_of_[targets[i]] = i;
    out_.sets_.emplace_back((targets.size() + 63) / 64, 0);
    out_.set_of_.assign(graph.nodes.size(), 0);
    lowest_.resize(graph.nodes.size());
    mark_edges(targets, follows);
    for (NodeId node = 0; node < graph.nodes.size(); ++node) {
      if (leads_[node] && order_[node] == kNone) walk(node);
    }
  }

 private:
  struct Step {
    NodeId node;
    size_t next;  // into the edges out of it
  };

  // Backwards from the targets: most of a graph leads to none of them.
  void mark_edges(const std::vector<NodeId>& targets,
                  const std::function<bool(const Edge&, uint32_t)>& follows) {
    leads_.assign(graph_.nodes.size(), false);
    taken_.assign(graph_.edges.size(), false);
    std::vector<NodeId> open;
    const auto add = [&](NodeId node) {
      if (leads_[node]) return;
      leads_[node] = true;
      open.push_back(node);
    };
    for (NodeId target : targets) add(target);
    while (!open.empty()) {
      const NodeId node = open.back();
      open.pop_back();
      for (uint32_t e : graph_.in[node]) {
        if (!follows(graph_.edges[e], e)) continue;
        taken_[e] = true;
        add(graph_.edges[e].from);
      }
    }
  }

  void enter(NodeId node) {
    order_[node] = lowest_[node] = count_++;
    open_.push_back(node);
    steps_.push_back({node, 0});
  }

  void walk(NodeId root) {
    enter(root);
    while (!steps_.empty()) {
      Step& step = steps_.back();
      const NodeId node = step.node;
      const std::vector<uint32_t>& edges = graph_.out[node];
      if (step.next == edges.size()) {
        steps_.pop_back();
        if (!steps_.empty())
          lowest_[steps_.back().node] = std::min(lowest_[steps_.back().node], lowest_[node]);
        if (lowest_[node] == order_[node]) close(node);
        continue;
      }
      const uint32_t e = edges[step.next++];
      if (!taken_[e]) continue;
      const NodeId to = graph_.edges[e].to;
      if (order_[to] == kNone) {
        enter(to);
      } else if (order_[to] != kClosed) {
        lowest_[node] = std::min(lowest_[node], order_[to]);
      }
    }
  }

  // All nodes from `root` to the end of open_ come to one another.
  void close(NodeId root) {
    const auto first = std::find(open_.rbegin(), open_.rend(), root).base() - 1;
    std::vector<uint32_t> below;  // sets of what they lead to
    TargetSets::Bits own = out_.sets_.front();
    bool any = false;
    for (auto node = first; node != open_.end(); ++node) {
      if (target_of_[*node] != kNone) {
        TargetSets::add(own, target_of_[*node]);
        any = true;
      }
      for (uint32_t e : graph_.out[*node]) {
        if (taken_[e] && out_.set_of_[graph_.edges[e].to] != 0)
          below.push_back(out_.set_of_[graph_.edges[e].to]);
      }
    }
    std::sort(below.begin(), below.end());
    below.erase(std::unique(below.begin(), below.end()), below.end());
    const uint32_t set = any || below.size() != 1 ? united(std::move(own), below) : below.front();
    for (auto node = first; node != open_.end(); ++node) {
      out_.set_of_[*node] = set;
      order_[*node] = kClosed;
    }
    open_.erase(first, open_.end());
  }

  uint32_t united(TargetSets::Bits own, const std::vector<uint32_t>& below) {
    for (uint32_t set : below) TargetSets::join(own, out_.sets_[set]);
    for (uint32_t set : below) {
      if (out_.sets_[set] == own) return set;
    }
    out_.sets_.push_back(std::move(own));
    return static_cast<uint32_t>(out_.sets_.size() - 1);
  }

  static constexpr uint32_t kClosed = kNone - 1;  // its component is known

  const Graph& graph_;
  TargetSets& out_;
  std::vector<uint32_t> target_of_;       // by node
  std::vector<uint32_t> order_, lowest_;  // by node, as Tarjan numbers them
  std::vector<bool> leads_, taken_;       // by node, by edge: on a way to a target
  std::vector<NodeId> open_;              // entered, their component not yet closed
  std::vector<Step> steps_;
  uint32_t count_ = 0;
};

TargetSets::TargetSets(const Graph& graph, const std::vector<NodeId>& targets,
                       const std::function<bool(const Edge&, uint32_t)>& follows) {
  TargetWalk walk(graph, targets, follows, *this);
}

}  // namespace mlgrade
