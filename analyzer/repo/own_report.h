// Reports that mlgrade wrote, recognised by their content, whatever they are called: they are no part of the
// system that is read.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "analyzer/repo/repo.h"

namespace mlgrade {

inline constexpr size_t kReportHead = 2048;  // bytes in which a report says what it is

// Whether the text is a report of any format of this program; tests/formats_test.cc holds every format to it.
bool is_own_report(std::string_view text);

// Marks reports among the files as vendored, so that nothing reads them, and says each in `repo.problems`.
// `head` gives the first kReportHead bytes of a file, or "".
void leave_out_own_reports(Repo& repo, const std::function<std::string(const FileFact&)>& head);

}  // namespace mlgrade
