// Reads earlier reports; says what changed; applies bounds.
#include "analyzer/run_compare.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "analyzer/base/printable.h"
#include "reports/build_report_change.h"
#include "reports/terminal_change.h"
#include "reports/terminal_text.h"

namespace mlgrade {
namespace {

constexpr std::uintmax_t kMostBytes = 512u << 20;  // of a report that is read

int findings_of(const Report& report, const std::string& severity) {
  for (const ReportCount& one : report.finding_counts) {
    if (one.name == severity) return one.count;
  }
  return 0;
}

std::string findings(int count) { return std::to_string(count) + (count == 1 ? " finding" : " findings"); }

// "high" also means nothing worse than it; the worst severity is the first in the list.
std::string unmet(const Report& report, const std::string& gate) {
  if (gate == "new") {
    const int count = report.change ? report.change->new_findings : 0;
    return count == 0 ? "" : findings(count) + " new against " + report.change->against;
  }
  int count = 0;
  for (const char* severity : {"high", "medium", "low", "info"}) {
    count += findings_of(report, severity);
    if (gate == severity) break;
  }
  return count == 0 ? "" : findings(count) + " of severity " + gate + (gate == "high" ? "" : " or worse");
}

}  // namespace

bool names_report(std::string_view side) {
  std::error_code ignored;
  return side.ends_with(".json") && std::filesystem::is_regular_file(std::filesystem::path(side), ignored);
}

std::optional<Report> read_report_file(const std::string& path, std::string& error) {
  std::error_code failed;
  const std::uintmax_t bytes = std::filesystem::file_size(path, failed);
  if (failed || bytes > kMostBytes) {
    error = "cannot read '" + path + "': " + (failed ? failed.message() : "it is too large for a report");
    return std::nullopt;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.good() && !in.eof()) {
    error = "cannot read '" + path + "'";
    return std::nullopt;
  }
  std::optional<Report> out = read_report(text, error);
  if (!out) error = "'" + path + "' " + error;
  return out;
}

std::string report_name(const std::string& path, const Report& report) {
  const std::string file = std::filesystem::path(path).filename().string();
  return printable(report.revision.empty() ? file : file + " (" + report.revision.substr(0, 10) + ")");
}

bool compare_with(const Report& before, Report& now, const std::string& name, std::string& error) {
  if (compare_reports(before, now, name, error)) return true;
  error = "'" + name + "' " + error;
  return false;
}

std::string change_text(const Report& report, const RenderOptions& options) {
  terminal::Text text(std::clamp(options.width, 50, 120), options.color);
  terminal::change(text, report, options);
  return text.take();
}

std::string unmet_gate(const Report& report, const Options& options) {
  constexpr double kEpsilon = 1e-9;
  if (options.fail_under && report.test_score + kEpsilon < *options.fail_under) {
    char message[96];
    std::snprintf(message, sizeof message, "the ML Test Score %.2f is below %.2f", report.test_score,
                  *options.fail_under);
    return message;
  }
  for (const std::string& gate : options.fail_on) {
    if (std::string sentence = unmet(report, gate); !sentence.empty()) return sentence;
  }
  return "";
}

}  // namespace mlgrade
