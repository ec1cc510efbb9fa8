// One answer for archetypes and rules.
#include "analyzer/facts/test_paths.h"

namespace mlgrade {

bool is_test_path(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 == 0
  if (name == "conftest.py" || name.starts_with("test_") || name.ends_with("_test.py")) return true;
  std::string_view rest = path;
  for (size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    const std::string_view folder = rest.substr(0, slash);
    if (folder == "tests" || folder == "test") return true;
    rest.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace mlgrade
