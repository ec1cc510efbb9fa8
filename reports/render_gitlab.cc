// GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
#include <nlohmann/json.hpp>
#include <string>

#include "reports/escape.h"
#include "reports/report.h"
#include "reports/terminal_item.h"

namespace mlgrade::renderers {
namespace {

using Json = nlohmann::ordered_json;

const char* severity_of(const std::string& severity) {
  return severity == "high"     ? "critical"
         : severity == "medium" ? "major"
         : severity == "low"    ? "minor"
                                : "info";
}

// What is accepted stays in the list, as information: it is neither open nor gone.
Json entry_of(const ReportFinding& finding) {
  const ReportPlace& place = finding.locations.front().place;
  std::string text = finding.message;
  if (place.cell != 0) {
    text = "Cell " + std::to_string(place.cell) + ", line " + std::to_string(place.cell_line) + ": " + text;
  }
  const bool accepted = !finding.accepted.empty();
  if (accepted) text = "Accepted: " + terminal::acceptance(finding) + ". " + text;
  return {{"description", escape::plain(text)},
          {"check_name", finding.rule},
          {"fingerprint", finding.fingerprint},
          {"severity", accepted ? "info" : severity_of(finding.severity)},
          {"engine_name", "mlgrade"},
          {"location",
           {{"path", escape::plain(place.path)}, {"lines", {{"begin", place.line == 0 ? 1 : place.line}}}}}};
}

std::string render(const Report& report, const RenderOptions&) {
  Json out = Json::array();
  for (const auto* list : {&report.findings, &report.accepted}) {
    for (const ReportFinding& finding : *list) {
      const bool placed = !finding.locations.empty() && !finding.locations.front().place.path.empty();
      if (placed) out.push_back(entry_of(finding));  // GitLab wants a file
    }
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

extern const Renderer render_gitlab;
const Renderer render_gitlab{.name = "gitlab",
                             .doc = "findings as GitLab's code quality report",
                             .endings = ".codequality.json gl-code-quality-report.json",
                             .render = render};

}  // namespace mlgrade::renderers
