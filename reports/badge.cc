// Words and colour by band; white text on each colour has a contrast of at least 4.5.
#include "reports/badge.h"

#include "reports/terminal_text.h"

namespace mlgrade::badge {

std::string message(const Report& report) { return terminal::number(report.test_score) + " of 7"; }

std::string color(const Report& report) {
  const double score = report.test_score;
  if (score > 5) return "#1a7f37";
  if (score > 3) return "#3f7d1f";
  if (score > 2) return "#6b6f14";
  if (score > 1) return "#8a6000";
  if (score > 0) return "#a84b00";
  return "#b42318";
}

}  // namespace mlgrade::badge
