// Reports made by hand, for tests of the formats.
#pragma once

#include <cstddef>
#include <string>

#include "reports/report.h"

namespace mlgrade {

// Something of everything that a report may hold; no text in it is hostile.
Report sample_report();

// The same shape, but every text that comes from a repository is `text`, paths included.
Report hostile_report(const std::string& text);

// What a repository may hold to speak to whoever shows it: markup, escapes, marks that turn text, commands of
// workflows, tables, line ends, bytes that are no UTF-8.
std::string hostile_text();

// The sample with `findings` of them.
Report large_report(size_t findings);

const Renderer* find_renderer_for_test(const std::string& name);  // null if there is none

}  // namespace mlgrade
