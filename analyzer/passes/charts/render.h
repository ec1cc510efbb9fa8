// Renders the templates of one chart with given values: the part of Go's templates and of Helm's functions
// that needs nothing but the chart itself. Bounded in steps, depth and size; never throws.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/base/template_tree.h"

namespace mlgrade::charts {

struct Chart {
  DataNode values;
  DataNode metadata;                                                // .Chart: name, version, appVersion
  std::map<std::string, const TemplateNode*, std::less<>> defines;  // named templates, also of its parents
};

struct Rendered {
  std::string text;
  std::vector<uint32_t> lines;  // of the template, by line of the text from 0
  std::string why_not;          // not empty: what cannot be rendered; the text is then of no use
};

void collect_defines(const std::vector<TemplateNode>& nodes, Chart& chart);
Rendered render(const std::vector<TemplateNode>& nodes, const Chart& chart, std::string_view path);

}  // namespace mlgrade::charts
