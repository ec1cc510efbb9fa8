// HCL, as Terraform and OpenTofu use it, to the same trees as YAML and JSON.
#pragma once

#include <string_view>

#include "analyzer/syntax/data_document.h"

namespace mlgrade {

// One document. A block stands under its type and labels: `resource "a" "b" { x = 1 }` is resource.a.b.x; a
// block that stands there more than once becomes a sequence. Strings keep their interpolations, other
// expressions (`aws_sns_topic.alerts.arn`) their text, unquoted. What does not parse is left out, with a
// Problem.
ParsedData parse_hcl(std::string_view text, FileId file);

}  // namespace mlgrade
