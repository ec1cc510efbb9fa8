// Where this checkout and its build are. Asked for here and nowhere else, so that no other file depends on
// the folder that it is compiled in.
#pragma once

#include <string>

namespace mlgrade {

const std::string& source_dir();  // the root of the checkout, without a slash at its end
const std::string& binary_dir();  // the folder of the build that holds the `mlgrade` program

}  // namespace mlgrade
