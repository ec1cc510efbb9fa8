// A command as a person reads it.
#pragma once

#include <string>

#include "analyzer/facts/automation.h"

namespace mlgrade {

// The words, one blank between them; expansions as they are written.
std::string words_as_text(const Command& command);

}  // namespace mlgrade
