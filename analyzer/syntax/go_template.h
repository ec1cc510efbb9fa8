// Go's text templates, as Helm uses them, to trees. Never throws; what is not understood ends as a sentence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/template_tree.h"

namespace mlgrade {

struct ParsedTemplate {
  std::vector<TemplateNode> nodes;
  std::string why_not;  // empty if all was understood
  bool has_actions = false;
};

// White space that `{{-` and `-}}` take away is gone; comments are, too. `{{ template "x" . }}` is read as
// `{{ include "x" . }}`, a `block` as a define and its use.
ParsedTemplate parse_go_template(std::string_view text);

}  // namespace mlgrade
