// What the specifiers of manifests and lock files let in.
#pragma once

#include <string_view>

namespace mlgrade {

// True if the specifier ("", ">=0.4", "~=0.4.13", "==1.*", "^1.2") allows some version from `version` on.
bool allows_from(std::string_view specifier, std::string_view version);

}  // namespace mlgrade
