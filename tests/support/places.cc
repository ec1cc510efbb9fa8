#include "tests/support/places.h"

namespace mlgrade {

const std::string& source_dir() {
  static const std::string dir = MLGRADE_SOURCE_DIR;
  return dir;
}

const std::string& binary_dir() {
  static const std::string dir = MLGRADE_BINARY_DIR;
  return dir;
}

}  // namespace mlgrade
