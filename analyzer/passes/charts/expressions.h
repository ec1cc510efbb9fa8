// Pipelines of templates: reading and evaluating them. Private to this folder.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/data_tree.h"

namespace mlgrade::charts {

// A pipeline that cannot be evaluated; caught where rendering of the file begins.
struct NotRendered {
  std::string why;
};

struct Scope {
  DataNode dot;
  const DataNode* root = nullptr;  // `$`
  std::vector<std::pair<std::string, DataNode>> variables;

  const DataNode* variable(std::string_view name) const;
};

// What functions need of the renderer: `include` and `tpl`.
struct Host {
  std::function<std::string(const std::string& name, const DataNode& dot)> include;
  std::function<std::string(const std::string& text, const DataNode& dot)> tpl;
  int steps = 0;
};

// Throws NotRendered.
DataNode evaluate(std::string_view pipeline, const Scope& scope, Host& host, int depth = 0);

// A function by its name; none if there is no such function here.
std::optional<DataNode> call_function(std::string_view name, const std::vector<DataNode>& arguments,
                                      Host& host);

}  // namespace mlgrade::charts
