// Stages, fire drills and attestations as lines of text.
#pragma once

#include "reports/report.h"
#include "reports/terminal_text.h"

namespace mlgrade::terminal {

void stages(Text& text, const Report& report, const RenderOptions& options);
void drills(Text& text, const Report& report, const RenderOptions& options);
void attestations(Text& text, const Report& report);

}  // namespace mlgrade::terminal
