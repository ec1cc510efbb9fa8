// The scan as the program does it, for measurements.
#pragma once

#include <cstddef>

#include "analyzer/repo/repo.h"

namespace mlgrade::bench {

// From the open repository to the rendered report; the size of the report.
size_t scan(Repo repo, unsigned threads);

}  // namespace mlgrade::bench
