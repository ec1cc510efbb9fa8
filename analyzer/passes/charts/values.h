// Values inside a chart: DataNodes, asked and changed as Go's templates and Helm do it.
#pragma once

#include <string>
#include <string_view>

#include "analyzer/base/data_tree.h"

namespace mlgrade::charts {

DataNode text_value(std::string_view text);   // a string
DataNode plain_value(std::string_view text);  // a number or boolean as it is written
DataNode bool_value(bool value);
DataNode number_value(double value);

bool is_truthy(const DataNode& value);       // as `if` sees it: not null, false, 0, "" or empty
std::string show(const DataNode& value);     // as a template prints it
std::string to_yaml(const DataNode& value);  // without a line end
// `over` on `base`, mapping by mapping; a null in `over` takes the key away.
DataNode merged(const DataNode& base, const DataNode& over, int depth = 0);
void set_key(DataNode& mapping, std::string_view key, DataNode value);

}  // namespace mlgrade::charts
