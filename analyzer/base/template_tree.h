// A text template with actions, as a tree: what templates are handed around as.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mlgrade {

// A piece of a template: text, or an action between {{ and }}.
struct TemplateNode {
  enum class Kind { kText, kOutput, kAssign, kIf, kRange, kWith, kDefine };
  Kind kind = Kind::kText;
  // kText: as it stands. kOutput: a pipeline. kAssign: the pipeline of `variable`. kIf, kRange, kWith: the
  // pipeline that decides. kDefine: the name that is given.
  std::string text;
  std::string variable;      // kAssign and kRange: "$x"; else empty
  std::string key_variable;  // kRange: the first of two
  std::vector<TemplateNode> body;
  std::vector<TemplateNode> otherwise;  // after {{ else }}; `else if` is an otherwise that holds one kIf
  uint32_t line = 0;
};

}  // namespace mlgrade
