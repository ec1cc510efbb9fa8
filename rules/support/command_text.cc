#include "rules/support/command_text.h"

namespace mlgrade {

std::string words_as_text(const Command& command) {
  std::string text;
  for (const Word& word : command.words) text += (text.empty() ? "" : " ") + word.text;
  return text;
}

}  // namespace mlgrade
