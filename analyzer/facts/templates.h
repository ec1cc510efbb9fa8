// Templates whose text becomes a document only when they are rendered: those of Helm charts. Written by
// passes/files/chart_templates.cc, read by passes/render_charts.cc.
#pragma once

#include <string>
#include <vector>

#include "analyzer/base/span.h"
#include "analyzer/base/template_tree.h"

namespace mlgrade {

struct TemplateFile {
  FileId file = FileId::kNone;
  std::vector<TemplateNode> nodes;
  std::string why_not;  // not empty: what the reader did not understand
};

}  // namespace mlgrade
