// What changed against an earlier report, and what the project accepts, on a terminal.
#pragma once

#include "reports/report.h"
#include "reports/terminal_text.h"

namespace mlgrade::terminal {

// One line for the score, each changed item with the link that made the change, each new and each fixed
// finding. Nothing where the report is not compared.
void change(Text& text, const Report& report, const RenderOptions& options);

// Accepted findings with their reasons.
void accepted(Text& text, const Report& report, const RenderOptions& options);

}  // namespace mlgrade::terminal
