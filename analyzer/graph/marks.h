// Which nodes a walk has seen. Forgetting them costs nothing, so that many short walks over a large graph
// cost what they walk and not what there is.
#pragma once

#include <vector>

#include "analyzer/graph/graph.h"

namespace mlgrade {

class Marks {
 public:
  // Forgets all marks.
  void start(size_t nodes) {
    if (stamps_.size() < nodes) stamps_.resize(nodes, 0);
    if (++now_ == 0) {
      stamps_.assign(stamps_.size(), 0);
      now_ = 1;
    }
  }
  bool has(NodeId node) const { return stamps_[node] == now_; }
  // True if the node had no mark.
  bool add(NodeId node) {
    if (has(node)) return false;
    stamps_[node] = now_;
    return true;
  }

 private:
  std::vector<uint32_t> stamps_;
  uint32_t now_ = 0;
};

// Those of this thread: for one walk at a time.
inline Marks& marks_of_thread() {
  thread_local Marks marks;
  return marks;
}

}  // namespace mlgrade
