// Files of data that code reads and writes, by the path that stands in it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct FileAccess {
  uint32_t module = kNone;
  uint32_t call = kNone;
  uint32_t function = kNone;
  NodeId node = kNone;
  Span at;
};

// By path ("data/clean.csv"; without a folder a name may be anybody's), the calls of product code with the
// capability that are given it. Notebooks are left out.
std::map<std::string, std::vector<FileAccess>> file_accesses(const RuleInput& in,
                                                             std::string_view capability);

}  // namespace mlgrade
