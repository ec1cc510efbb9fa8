// What a test replaces while it runs: patch, monkeypatch, mocker, sys.modules.
#pragma once

#include <vector>

#include "analyzer/passes/tests/marks.h"
#include "analyzer/passes/tests/test_world.h"

namespace mlgrade::passes {

struct Mocked {
  std::vector<PyRef> functions;   // of the repository; of a class all methods; sorted
  std::vector<MockedName> names;  // anything else; sorted
};

// Decorators and `with` statements count for the whole test, as do the fixtures that it needs.
Mocked mocked_by(const TestWorld& world, const TestCase& test, const std::vector<Mark>& marks);

}  // namespace mlgrade::passes
