// The items as CSV (RFC 4180), one a line.
#include <string>

#include "reports/escape.h"
#include "reports/report.h"
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

std::string render(const Report& report, const RenderOptions&) {
  std::string out =
      "section,item,title,points,status,gating,confidence,why,missing,next,path,line,cell,cell_line,"
      "source\r\n";
  for (const ReportItem& item : report.items) {
    const ReportPlace place = place_of(item);
    const auto line = [](uint32_t value) { return value == 0 ? std::string() : std::to_string(value); };
    for (const std::string& field :
         {csv(item.section), csv(item.id), csv(item.title),
          item.status == "not-applicable" ? std::string() : number(item.points), csv(item.status),
          csv(item.gating), csv(item.confidence), csv(item.why), csv(item.missing), csv(item.next),
          csv(place.path), line(place.line), line(place.cell), line(place.cell_line)}) {
      out += field + ",";
    }
    out += csv(item.source) + "\r\n";
  }
  return out;
}

}  // namespace

extern const Renderer render_csv;
const Renderer render_csv{
    .name = "csv", .doc = "the items as a table for spreadsheets", .endings = ".csv", .render = render};

}  // namespace mlgrade::renderers
