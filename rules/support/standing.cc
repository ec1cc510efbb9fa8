#include "rules/support/standing.h"

#include <utility>

namespace mlgrade {

Evidence standing_half(Span place, std::string what, std::string why) {
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.place = place;
  evidence.what = std::move(what);
  evidence.worth = 0.5;
  evidence.worth_why = std::move(why);
  return evidence;
}

}  // namespace mlgrade
