// Groovy as pipelines are written in it: calls with closures, conditions, strings. Not the whole language:
// classes and operators are only stepped over. The published grammar for tree-sitter loses most pipelines (it
// knows no empty string and no untyped parameter), so this is read by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlgrade {

enum class GroovyKind : uint8_t {
  kBlock,  // children: statements
  kCall,   // name; receiver: what stands before the dot; args; children: statements of the closure behind it
  kIf,     // children: condition, block, and the block of `else` if there is one
  kTry,    // children: block, then kCatch and kFinally
  kCatch,  // children: statements; name: of the variable
  kFinally,   // children: statements
  kLoop,      // for, while, switch; children: a block
  kFunction,  // name; args: parameters (kName); children: statements
  kAssign,    // name: "x", "env.X", "list[]" for an element of it; children: the value
  kReturn,    // children: the value, if any
  kThrow,     // likewise
  kString,    // text, unescaped; of an expansion `${{ expression }}` is left and `literal` is false
  kName,      // text: "env.BRANCH_NAME"
  kConst,     // text: true, false, null, a number
  kList,      // children
  kMap,       // children, each with its key
  kClosure,   // args: parameters (kName); children: statements
  kOperator,  // name: "==", "&&", "!", "?:" ...; children: operands
};

struct GroovyNode {
  GroovyKind kind = GroovyKind::kBlock;
  std::string name;
  std::string text;
  std::string key;                   // of an argument or entry: `key: value`
  bool literal = true;               // kString: no expansion in it
  bool block = false;                // kString: in triple quotes, with the line ends of the file
  bool has_closure = false;          // kCall: a closure stands behind it, even if it is empty
  std::vector<GroovyNode> receiver;  // kCall: none or one
  std::vector<GroovyNode> args;
  std::vector<GroovyNode> children;
  uint32_t line = 1;  // from 1; of a string the line on which its text begins

  const GroovyNode* arg(std::string_view name) const;  // a named argument; null if there is none
  const GroovyNode* first_arg() const;                 // the first one without a name
};

struct ParsedGroovy {
  GroovyNode program;        // a kBlock
  uint32_t broken_line = 0;  // of the first thing that could not be read; what stands around it is kept
  bool limited = false;      // nested too deeply: something was left out
};

ParsedGroovy parse_groovy(std::string_view text);

}  // namespace mlgrade
