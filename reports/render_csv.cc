// The items as CSV (RFC 4180), one a line, and below them the findings: open ones and accepted ones.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reports/escape.h"
#include "reports/report.h"
#include "reports/terminal_item.h"
#include "reports/terminal_text.h"

namespace mlgrade::renderers {
namespace {

using escape::csv;
using terminal::number;

// Where it is decided: the broken link, else the check that was weighed.
ReportPlace place_of(const ReportItem& item) {
  if (item.missing_at && !item.missing_at->path.empty()) return *item.missing_at;
  return item.decisive.place;
}

std::string joined(const std::vector<std::string>& fields) {
  std::string out;
  for (size_t i = 0; i < fields.size(); ++i) out += (i == 0 ? "" : ",") + fields[i];
  return out + "\r\n";
}

std::string number_or_none(uint32_t value) { return value == 0 ? std::string() : std::to_string(value); }

std::string item_row(const ReportItem& item) {
  const ReportPlace place = place_of(item);
  const bool applies = item.status != "not-applicable";
  return joined({csv(item.section), csv(item.id), csv(item.title),
                 applies ? number(item.points) : std::string(), csv(item.status), csv(item.gating),
                 csv(item.confidence), csv(item.why), csv(item.missing), csv(item.next), csv(place.path),
                 number_or_none(place.line), number_or_none(place.cell), number_or_none(place.cell_line),
                 csv(item.source), ""});
}

std::string finding_row(const ReportFinding& finding) {
  const ReportPlace place = finding.locations.empty() ? ReportPlace{} : finding.locations.front().place;
  const bool open = finding.accepted.empty();
  return joined({"finding", csv(finding.rule), csv(finding.message), "",
                 open ? csv(finding.state.empty() ? "open" : finding.state) : "accepted", "",
                 csv(finding.confidence), csv(open ? finding.why : terminal::acceptance(finding)), "",
                 csv(finding.fix), csv(place.path), number_or_none(place.line), number_or_none(place.cell),
                 number_or_none(place.cell_line), csv(finding.source), csv(finding.severity)});
}

std::string render(const Report& report, const RenderOptions&) {
  std::string out =
      "section,item,title,points,status,gating,confidence,why,missing,next,path,line,cell,cell_line,source,"
      "severity\r\n";
  for (const ReportItem& item : report.items) out += item_row(item);
  for (const ReportFinding& finding : report.findings) out += finding_row(finding);
  for (const ReportFinding& finding : report.accepted) out += finding_row(finding);
  return out;
}

}  // namespace

extern const Renderer render_csv;
const Renderer render_csv{.name = "csv",
                          .doc = "items and findings as a table for spreadsheets",
                          .endings = ".csv",
                          .render = render};

}  // namespace mlgrade::renderers
