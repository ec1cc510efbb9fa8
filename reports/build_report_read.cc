// JSON of an earlier run -> the parts of a Report that are compared.
#include <nlohmann/json.hpp>
#include <string>

#include "analyzer/base/printable.h"
#include "reports/build_report_change.h"

namespace mlgrade {
namespace {

using nlohmann::json;

const json* member(const json& value, const char* name) {
  if (!value.is_object()) return nullptr;
  const auto at = value.find(name);
  return at == value.end() ? nullptr : &*at;
}

std::string text_in(const json& value, const char* name) {
  const json* found = member(value, name);
  return found != nullptr && found->is_string() ? printable(found->get<std::string>(), 4000) : "";
}

double number_in(const json& value, const char* name) {
  const json* found = member(value, name);
  return found != nullptr && found->is_number() ? found->get<double>() : 0;
}

uint32_t count_in(const json& value, const char* name) {
  const double number = number_in(value, name);
  return number > 0 && number < 4e9 ? static_cast<uint32_t>(number) : 0;
}

template <typename Function>
void for_each(const json& value, const char* name, Function&& function) {
  const json* list = member(value, name);
  if (list == nullptr || !list->is_array()) return;
  for (const json& one : *list) function(one);
}

ReportPlace place_of(const json& value) {
  ReportPlace out;
  out.path = text_in(value, "path");
  out.line = count_in(value, "line");
  out.column = count_in(value, "column");
  out.cell = count_in(value, "cell");
  out.cell_line = count_in(value, "cell_line");
  out.text = text_in(value, "text");
  return out;
}

std::vector<ReportLink> chain_of(const json& value, const char* name) {
  std::vector<ReportLink> out;
  for_each(value, name, [&](const json& link) { out.push_back({place_of(link), text_in(link, "what")}); });
  return out;
}

ReportEvidence evidence_of(const json& value) {
  ReportEvidence out;
  out.rule = text_in(value, "rule");
  out.status = text_in(value, "status");
  out.points = number_in(value, "points");
  out.what = text_in(value, "what");
  out.missing = text_in(value, "missing");
  out.chain = chain_of(value, "chain");
  return out;
}

ReportItem item_of(const json& value) {
  ReportItem out;
  out.id = text_in(value, "id");
  out.section = text_in(value, "section");
  out.title = text_in(value, "title");
  out.points = number_in(value, "points");
  out.status = text_in(value, "status");
  out.why = text_in(value, "why");
  out.missing = text_in(value, "missing");
  out.chain = chain_of(value, "chain");
  if (const json* place = member(value, "missing_at"); place != nullptr && place->is_object()) {
    out.missing_at = place_of(*place);
  }
  for_each(value, "evidence", [&](const json& one) { out.evidence.push_back(evidence_of(one)); });
  return out;
}

ReportFinding finding_of(const json& value) {
  ReportFinding out;
  out.rule = text_in(value, "rule");
  out.severity = text_in(value, "severity");
  out.confidence = text_in(value, "confidence");
  out.message = text_in(value, "message");
  out.locations = chain_of(value, "locations");
  out.fingerprint = text_in(value, "fingerprint");
  out.fix = text_in(value, "fix");
  return out;
}

}  // namespace

std::optional<Report> read_report(const std::string& text, std::string& error) {
  const json root = json::parse(text, nullptr, false);
  const json* tool = root.is_discarded() ? nullptr : member(root, "tool");
  if (tool == nullptr || text_in(*tool, "name") != "mlgrade" || member(root, "items") == nullptr) {
    error = "is no JSON report of mlgrade (make one with --format json)";
    return std::nullopt;
  }
  if (number_in(root, "schema_version") != 1) {
    error = "is a report of another version of mlgrade (" + text_in(*tool, "version") + "); make it anew";
    return std::nullopt;
  }
  Report out;
  out.tool_version = text_in(*tool, "version");
  if (const json* rubric = member(root, "rubric")) out.rubric_version = text_in(*rubric, "version");
  if (const json* repository = member(root, "repository")) {
    out.repository = text_in(*repository, "name");
    out.revision = text_in(*repository, "revision");
  }
  out.project = text_in(root, "project");
  if (const json* scores = member(root, "scores")) {
    out.test_score = number_in(*scores, "ml_test_score");
    out.readiness = number_in(*scores, "readiness");
    out.band = text_in(*scores, "band");
  }
  for_each(root, "items", [&](const json& item) { out.items.push_back(item_of(item)); });
  for_each(root, "findings", [&](const json& finding) { out.findings.push_back(finding_of(finding)); });
  for_each(root, "accepted", [&](const json& finding) { out.accepted.push_back(finding_of(finding)); });
  return out;
}

}  // namespace mlgrade
