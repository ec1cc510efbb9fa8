// Names that are made of one another say nothing, and do not end the program.
#include <gtest/gtest.h>

#include "tests/support/python_project.h"

namespace mlgrade {
namespace {

TEST(Conditions, ACircleOfNamesIsUnknown) {
  const FactStore facts = facts_of({{"a.py",
                                     "def f(b):\n  a = b == 'x'\n  b = a == 'x'\n  if a:\n    return 1\n"
                                     "x = x == 'y'\nif x == 'y':\n  print(1)\n"}});
  for (const PyCondition& condition : module_at(facts, "a.py").conditions)
    EXPECT_EQ(condition.holds, Truth::kUnknown);
}

}  // namespace
}  // namespace mlgrade
