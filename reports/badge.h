// What both kinds of badge say.
#pragma once

#include <string>

#include "reports/report.h"

namespace mlgrade::badge {

inline constexpr const char* kLabel = "ML Test Score";

std::string message(const Report& report);  // "5.5 of 7"
std::string color(const Report& report);    // "#1a7f37": one of six, by band

}  // namespace mlgrade::badge
