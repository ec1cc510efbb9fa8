// Which files hold tests, by their paths.
#pragma once

#include <string_view>

namespace mlgrade {

// conftest.py, test_x.py, x_test.py, and what lies below a folder named tests or test.
bool is_test_path(std::string_view path);

}  // namespace mlgrade
