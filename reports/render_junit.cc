// JUnit XML as CI systems read it: a suite a section, a case an item; findings as a suite of their own.
#include <string>

#include "reports/escape.h"
#include "reports/report.h"
#include "reports/terminal_item.h"
#include "reports/terminal_text.h"

namespace mlgrade::renderers {
namespace {

using escape::xml;
using terminal::number;

struct Counts {
  int tests = 0, failures = 0, errors = 0, skipped = 0;
};

std::string attributes(const Counts& counts) {
  return " tests=\"" + std::to_string(counts.tests) + "\" failures=\"" + std::to_string(counts.failures) +
         "\" errors=\"" + std::to_string(counts.errors) + "\" skipped=\"" + std::to_string(counts.skipped) +
         "\"";
}

std::string open_case(const std::string& group, const std::string& name, const ReportPlace& place) {
  std::string out = "    <testcase classname=\"" + xml(group) + "\" name=\"" + xml(name) + "\"";
  if (!place.path.empty()) out += " file=\"" + xml(place.path) + "\"";
  if (place.line > 0) out += " line=\"" + std::to_string(place.line) + "\"";
  return out + ">\n";
}

std::string chain_text(const std::vector<ReportLink>& chain) {
  std::string out;
  for (const ReportLink& link : chain) {
    out += xml(terminal::where(link.place)) + ": " + xml(link.what) + "\n";
  }
  return out;
}

std::string outcome(const char* tag, const std::string& type, const std::string& message,
                    const std::string& body) {
  return std::string("      <") + tag + " type=\"" + xml(type) + "\" message=\"" + xml(message) + "\">" +
         body + "</" + tag + ">\n";
}

std::string item_case(const ReportItem& item, Counts& counts) {
  ++counts.tests;
  const ReportPlace place = item.missing_at ? *item.missing_at : item.decisive.place;
  std::string out = open_case("mlgrade." + item.section, item.id + " " + item.title, place);
  if (item.status == "not-applicable") {
    ++counts.skipped;
    out += "      <skipped message=\"" + xml(item.why) + "\"/>\n";
  } else if (item.status == "unknown") {
    ++counts.errors;
    out +=
        outcome("error", item.status, item.missing.empty() ? item.why : item.missing, chain_text(item.chain));
  } else if (item.points == 0) {
    ++counts.failures;
    out += outcome("failure", item.status, item.missing.empty() ? item.why : item.missing,
                   chain_text(item.chain) + (item.next.empty() ? "" : "Next: " + xml(item.next) + "\n"));
  } else {
    std::string text = number(item.points) + " points, " + xml(item.status) + "\n" + chain_text(item.chain);
    if (!item.missing.empty()) text += "Only half: " + xml(item.missing) + "\n";
    out += "      <system-out>" + text + "</system-out>\n";
  }
  return out + "    </testcase>\n";
}

std::string finding_case(const ReportFinding& finding, Counts& counts) {
  ++counts.tests;
  const ReportPlace place = finding.locations.empty() ? ReportPlace{} : finding.locations.front().place;
  std::string out = open_case("mlgrade.findings", finding.rule + " " + terminal::where(place), place);
  if (!finding.accepted.empty()) {
    ++counts.skipped;
    out += "      <skipped message=\"accepted: " + xml(terminal::acceptance(finding)) + "\"/>\n";
  } else {
    ++counts.failures;
    out += outcome(
        "failure", finding.severity, finding.message,
        chain_text(finding.locations) + (finding.fix.empty() ? "" : "Fix: " + xml(finding.fix) + "\n"));
  }
  return out + "    </testcase>\n";
}

std::string suite(const std::string& name, const Counts& counts, const std::string& cases) {
  return "  <testsuite name=\"" + xml(name) + "\"" + attributes(counts) + ">\n" + cases + "  </testsuite>\n";
}

std::string render(const Report& report, const RenderOptions&) {
  Counts all;
  std::string suites;
  const auto add = [&](const std::string& name, const Counts& counts, const std::string& cases) {
    if (counts.tests == 0) return;
    suites += suite(name, counts, cases);
    all.tests += counts.tests;
    all.failures += counts.failures;
    all.errors += counts.errors;
    all.skipped += counts.skipped;
  };
  for (const ReportSection& section : report.sections) {
    Counts counts;
    std::string cases;
    for (const ReportItem& item : report.items) {
      if (item.section == section.id) cases += item_case(item, counts);
    }
    add(section.letter + " " + section.title + ": " + number(section.strict) + " of 7", counts, cases);
  }
  Counts counts;
  std::string cases;
  for (const ReportFinding& finding : report.findings) cases += finding_case(finding, counts);
  for (const ReportFinding& finding : report.accepted) cases += finding_case(finding, counts);
  add("Technical debt", counts, cases);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ML Test Score " +
         number(report.test_score) + " of 7\"" + attributes(all) + ">\n" + suites + "</testsuites>\n";
}

}  // namespace

extern const Renderer render_junit;
const Renderer render_junit{
    .name = "junit",
    .doc = "JUnit XML: an item without points is a failure, one that cannot be told an error",
    .endings = ".xml",
    .render = render};

}  // namespace mlgrade::renderers
