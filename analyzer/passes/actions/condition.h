// Conditions of GitHub workflows (`if:`), as far as they can be decided without running anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/truth.h"

namespace mlgrade {

// What an `if:` comes to.
struct Condition {
  Truth automatic = Truth::kYes;  // can hold when one of the events that come by themselves starts the run
  Truth manual = Truth::kYes;     // can hold when somebody starts it (workflow_dispatch)
  bool after_failure = false;     // runs whatever happened before it (always(), failure(), ...)
  bool secret_gated = false;      // asks for a secret
  std::vector<std::string> needs_success;  // jobs whose success it asks for in so many words
};

// `text` is the value of `if:`, with or without `${{ }}`. `events`: names of the events that start the
// workflow; `bases`: the branches that a pull request has to aim at to start it, as written, empty for any.
// What cannot be decided is unknown. Guards that name the repository itself (github.repository == 'a/b')
// count as true: what is graded is that repository, not a fork of it.
Condition evaluate_condition(std::string_view text, const std::vector<std::string>& events,
                             const std::vector<std::string>& bases = {});

}  // namespace mlgrade
