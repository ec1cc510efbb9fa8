// Which environment variables a command finds set, as far as the repository shows it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

// Variables that something in the repository sets, and whether more may be set outside of it.
struct Variables {
  std::set<std::string, std::less<>> somewhere;
  bool complete =
      true;  // no system that keeps variables of its own, no file of them, no plugin that sets them
};

Variables variables_of(const FactStore& facts);

// Yes: set for this command. No: nothing sets it anywhere. Unknown: something else does, or may.
Truth is_set(const Variables& variables, const AutomationFile& file, const Command& command,
             std::string_view name);

}  // namespace mlgrade
