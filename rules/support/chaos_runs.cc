#include "rules/support/chaos_runs.h"

#include <algorithm>

namespace mlgrade {

NodeId chaos_run_of(const RuleInput& in, FileId file) {
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const std::vector<Command>& commands = in.facts.automation[f].commands;
    for (uint32_t c = 0; c < commands.size(); ++c) {
      const std::vector<Word>& words = commands[c].words;
      if (words.size() < 3 || words[0].text != "chaos" || words[1].text != "run") continue;
      const bool named = std::any_of(words.begin() + 2, words.end(), [&](const Word& word) {
        return !word.text.starts_with('-') && in.facts.path(file).ends_with(word.text);
      });
      if (named) return in.graph.node_of_command(f, c);
    }
  }
  return kNone;
}

}  // namespace mlgrade
