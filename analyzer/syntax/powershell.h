// PowerShell texts as a small tree: statements, the commands of their pipelines, and the blocks in them.
// Enough to see what programs a script starts, in which order and under which conditions; expressions stay
// text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/syntax/shell.h"

namespace mlgrade {

enum class PsKind : uint8_t {
  kPipeline,  // stages, tied to the next statement by `tie`; blocks are the script blocks among its words
  kIf,        // conditions[i] guards blocks[i]; a last block without a condition is the else branch
  kLoop,      // conditions[0] is what stands in the parentheses
  kTry,       // blocks: the body, then catch and finally by `names`
  kFunction,  // `name`, one block
};

struct PsStage {
  std::vector<ShellWord> words;  // without the call operator, redirections and `$x =`
  std::vector<char> heads;       // first character of each word as written: a quote, '$'
  bool called = false;           // behind `&` or `.`: the first word is a command whatever it looks like
  bool expression = false;       // begins with a value: nothing is started
  std::string output_file;
};

struct PsStatement;
using PsBlock = std::vector<PsStatement>;

// Lines count from 1 in the given text, columns in bytes.
struct PsStatement {
  PsKind kind = PsKind::kPipeline;
  std::vector<PsStage> stages;
  std::string tie;                      // "&&" or "||" to the next statement; else empty
  std::string assigned;                 // "$ErrorActionPreference" for `$ErrorActionPreference = ...`
  std::string value;                    // what is assigned, as written
  std::vector<std::string> conditions;  // texts in parentheses
  std::vector<std::string> names;       // kTry: "try", "catch", "finally", by block
  std::string name;                     // kFunction
  std::vector<PsBlock> blocks;
  uint32_t line = 1;
  uint32_t column = 1;
  uint32_t end_line = 1;
};

struct ParsedPowerShell {
  PsBlock statements;
  bool complete = true;  // false: brackets or strings that never end, or nesting beyond the limit
};

ParsedPowerShell parse_powershell(std::string_view text);

}  // namespace mlgrade
