// Parts of dotted names such as "self.model.fit", "load().predict" and "rows[name].mean".
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace mlgrade {

// Where the plain dotted part ends: at the first subscript or call. The size of the name if there is none.
inline size_t plain_size(std::string_view dotted) {
  return static_cast<size_t>(
      std::find_if(dotted.begin(), dotted.end(), [](char c) { return c == '[' || c == '('; }) -
      dotted.begin());
}

// Where the component that holds `from` ends: at a dot, subscript or call at or after it.
inline size_t component_end(std::string_view dotted, size_t from = 0) {
  while (from < dotted.size() && dotted[from] != '.' && dotted[from] != '[' && dotted[from] != '(') ++from;
  return from;
}

// "rows" of "rows[name].mean".
inline std::string_view head_of(std::string_view dotted) { return dotted.substr(0, component_end(dotted)); }

// "fit" of "self.model.fit": what stands behind the last dot, else the whole.
inline std::string_view last_component(std::string_view dotted) {
  return dotted.substr(dotted.rfind('.') + 1);
}

}  // namespace mlgrade
