// The state of following one function; shared by the files of Flow.
#pragma once

#include <vector>

#include "analyzer/passes/tests/flow.h"

namespace mlgrade::passes {

struct Flow::Frame {
  PyRef ref;
  const PythonModule& module;
  PyBody body;
  OriginId ran_before = 0;
  int depth = 0;
  bool checks = false;  // assertions are wanted: not in fixtures and module bodies
  Outcome result;
  std::vector<OriginId> calls;   // what each call of the body gave; zero: nothing, or not done yet
  std::vector<uint32_t> raises;  // calls of pytest.raises and the like that open a block

  OriginId made_by(uint32_t call) const {
    return call >= body.calls.begin && call < body.calls.end ? calls[call - body.calls.begin] : 0;
  }
};

}  // namespace mlgrade::passes
