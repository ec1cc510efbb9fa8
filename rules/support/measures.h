// Measurements of a quality: what a library or the project's own code measures, and whether a bar is held.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// What a use of a measuring library is worth: the whole where a test or program fails on what it gives, half
// (with `no_bar` as the reason) where it is only measured. In a notebook it is worth its executed cell. What
// only tests run on made-up things is no measurement. Nothing is added for uses that are no calls, commands
// or decorators.
void add_measured(const RuleInput& in, const Use& use, std::string what, const std::string& no_bar,
                  std::vector<Evidence>& out);

// What is held to a bar.
struct Bar {
  std::function<bool(std::string_view name)> named;  // a value by its name: "ece", metrics["ece"]
  std::function<bool(uint32_t module, uint32_t call)>
      measured;                                    // a value by the call that gives it; may be empty
  bool from_above = false;                         // only `value < bar` counts
  std::function<bool(uint32_t test)> speaks = {};  // a bar in a test counts only if so; empty: always
};
// Evidence for every comparison of such a value with something else that fails the test or program.
void add_bars(const RuleInput& in, const Bar& bar, const std::string& what, std::vector<Evidence>& out);

}  // namespace mlgrade
