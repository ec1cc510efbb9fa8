// The parts of a report that look at the whole life of a model: stages, fire drills, attestations.
#pragma once

#include <vector>

#include "reports/build_report_places.h"

namespace mlgrade {

std::vector<ReportStage> stages_of(const ReportInput& input, Places& places);

// One row for each item that has the parts `detected` and `proven` and that applies.
std::vector<ReportDrill> drills_of(const ReportInput& input, Places& places);

std::vector<ReportAttestation> attestations_of(const ReportInput& input, Places& places);

}  // namespace mlgrade
