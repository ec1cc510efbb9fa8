// SARIF 2.1.0 (OASIS, 2020) for code scanning: findings, and on request what an item lacks as a note.
// The properties `precision` and `problem.severity` of rules are those that GitHub reads; results keep their
// own.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "reports/escape.h"
#include "reports/report.h"
#include "reports/terminal_item.h"
#include "reports/terminal_text.h"

namespace mlgrade::renderers {
namespace {

using Json = nlohmann::ordered_json;
using escape::plain;

constexpr const char* kRoot = "SRCROOT";
// Validators ask for an address. The program has none of its own: this is the paper that it scores by.
constexpr const char* kAbout = "https://doi.org/10.1109/BigData.2017.8258038";

const char* level_of(const std::string& severity) {
  return severity == "high" ? "error" : severity == "medium" ? "warning" : "note";
}

const char* problem_severity(const std::string& severity) {
  return severity == "high" ? "error" : severity == "medium" ? "warning" : "recommendation";
}

// A sentence that begins like one and ends with a full stop, as viewers show them one after another.
std::string sentence(const std::string& text) {
  std::string out = plain(text);
  while (out.ends_with(' ')) out.pop_back();
  if (!out.empty() && std::string_view(".!?").find(out.back()) == std::string_view::npos) out += '.';
  return out;
}

// "swallowed-failure" -> "SwallowedFailure", as names of rules are written.
std::string pascal_case(const std::string& text) {
  std::string out;
  bool begins = true;
  for (char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter) out += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    begins = !letter;
  }
  return out;
}

std::string cell_words(const ReportPlace& place) {
  return place.cell == 0
             ? ""
             : "Cell " + std::to_string(place.cell) + ", line " + std::to_string(place.cell_line) + ": ";
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Json physical(const ReportPlace& place) {
  Json out = {{"artifactLocation", {{"uri", escape::uri(place.path)}, {"uriBaseId", kRoot}}}};
  Json region = {{"startLine", place.line == 0 ? 1 : place.line}};  // the file as a whole is shown at its top
  // Columns of the report count bytes.
  if (place.column > 0 && is_ascii(place.text)) region["startColumn"] = place.column;
  if (!place.text.empty()) region["snippet"] = {{"text", plain(place.text)}};
  out["region"] = std::move(region);
  return out;
}

Json location(const ReportLink& link) {
  Json out = Json::object();
  if (!link.place.path.empty()) out["physicalLocation"] = physical(link.place);
  const std::string words = cell_words(link.place) + plain(link.what);
  if (!words.empty()) out["message"] = {{"text", words}};
  return out;
}

Json code_flow(const std::vector<ReportLink>& chain) {
  Json steps = Json::array();
  for (const ReportLink& link : chain) steps.push_back({{"location", location(link)}});
  return {{"threadFlows", Json::array({{{"locations", std::move(steps)}}})}};
}

Json rule_json(const ReportRule& rule) {
  const std::string help =
      sentence(rule.why) + "\n\n" + sentence(rule.fix) + "\n\nSource: " + sentence(rule.source);
  const std::string topic = rule.id.substr(0, rule.id.find('/'));
  return {{"id", rule.id},
          {"name", pascal_case(rule.id.substr(rule.id.find('/') + 1))},
          {"shortDescription", {{"text", sentence(rule.summary)}}},
          {"fullDescription", {{"text", sentence(rule.why)}}},
          {"help",
           {{"text", help},
            {"markdown", escape::markdown(sentence(rule.why)) + "\n\n**What to do:** " +
                             escape::markdown(sentence(rule.fix)) + "\n\n" +
                             "Source: " + escape::markdown(sentence(rule.source))}}},
          {"defaultConfiguration", {{"level", level_of(rule.severity)}}},
          {"properties",
           {{"tags", Json::array({"machine-learning", topic})},
            {"precision", rule.confidence.empty() ? "medium" : rule.confidence},
            {"problem.severity", problem_severity(rule.severity)}}}};
}

Json item_rule(const ReportItem& item) {
  const std::string asks = "Half a point: " + plain(item.half) + "\n\nA full point: " + plain(item.full);
  return {{"id", item.id},
          {"name", pascal_case(item.title)},
          {"shortDescription", {{"text", sentence(item.title)}}},
          {"fullDescription", {{"text", sentence(item.question)}}},
          {"help",
           {{"text", asks + "\n\nSource: " + sentence(item.source)},
            {"markdown", "**Half a point:** " + escape::markdown(item.half) + "\n\n**A full point:** " +
                             escape::markdown(item.full) + "\n\nSource: " + escape::markdown(item.source)}}},
          {"defaultConfiguration", {{"level", "note"}}},
          {"properties",
           {{"tags", Json::array({"machine-learning", "ml-test-score"})},
            {"problem.severity", "recommendation"}}}};
}

// The rules named by results, and where each stands in the list.
class Rules {
 public:
  int index(const std::string& id) const {
    const auto at = index_.find(id);
    return at == index_.end() ? -1 : at->second;
  }
  void add(const std::string& id, Json rule) {
    index_[id] = static_cast<int>(list_.size());
    list_.push_back(std::move(rule));
  }
  Json take() { return std::move(list_); }

 private:
  std::map<std::string, int> index_;
  Json list_ = Json::array();
};

Json result(const std::string& rule, const Rules& rules, const char* level, const std::string& message) {
  Json out = {{"ruleId", rule}};
  if (rules.index(rule) >= 0) out["ruleIndex"] = rules.index(rule);
  out["level"] = level;
  out["message"] = {{"text", message}};
  return out;
}

Json finding_result(const ReportFinding& finding, const Rules& rules) {
  const ReportPlace first = finding.locations.empty() ? ReportPlace{} : finding.locations.front().place;
  const std::string cell = cell_words(first);
  const std::string said = sentence(finding.message);
  Json out = result(finding.rule, rules, level_of(finding.severity),
                    cell.empty() ? terminal::begun(said) : cell + said);
  out["locations"] = Json::array();
  if (!first.path.empty()) out["locations"].push_back({{"physicalLocation", physical(first)}});
  Json related = Json::array();
  for (size_t i = 1; i < finding.locations.size(); ++i) {
    if (finding.locations[i].place.path.empty()) continue;
    Json entry = location(finding.locations[i]);
    entry["id"] = related.size() + 1;
    related.push_back(std::move(entry));
  }
  if (!related.empty()) out["relatedLocations"] = std::move(related);
  out["partialFingerprints"] = {{"mlgrade/v1", finding.fingerprint}};
  if (!finding.accepted.empty()) {
    const bool listed = finding.accepted_by == "settings";
    Json suppression = {{"kind", listed ? "external" : "inSource"},
                        {"status", "accepted"},
                        {"justification", plain(terminal::acceptance(finding))}};
    if (finding.accepted_at && !finding.accepted_at->path.empty())
      suppression["location"] = {{"physicalLocation", physical(*finding.accepted_at)}};
    out["suppressions"] = Json::array({std::move(suppression)});
  }
  if (!finding.state.empty()) out["baselineState"] = finding.state == "new" ? "new" : "unchanged";
  out["properties"] = {{"precision", finding.confidence}};
  return out;
}

bool is_refused(const ReportItem& item) { return item.points == 0 && item.status != "not-applicable"; }

// Where an item that has nothing of its own is shown: where the model is.
ReportPlace anchor(const Report& report, const ReportItem& item) {
  if (item.missing_at && !item.missing_at->path.empty()) return *item.missing_at;
  for (auto link = item.chain.rbegin(); link != item.chain.rend(); ++link) {
    if (!link->place.path.empty()) return link->place;
  }
  for (const ReportTrait& trait : report.archetype) {
    if (!trait.place.path.empty()) return trait.place;
  }
  return {};
}

Json item_result(const Report& report, const ReportItem& item, const Rules& rules) {
  const ReportPlace place = anchor(report, item);
  std::string text = cell_words(place) + "No point for '" + plain(item.title) + "' (" + item.status + ")";
  text += item.missing.empty() ? "." : ": " + sentence(item.missing);
  if (!item.next.empty()) text += " Next: " + sentence(item.next);
  Json out = result(item.id, rules, "note", text);
  out["locations"] = Json::array();
  if (!place.path.empty()) out["locations"].push_back({{"physicalLocation", physical(place)}});
  out["partialFingerprints"] = {{"mlgrade/v1", item.id}};
  if (!item.chain.empty()) out["codeFlows"] = Json::array({code_flow(item.chain)});
  return out;
}

Json scores(const Report& report) {
  Json out = {{"mlTestScore", report.test_score},
              {"band", plain(report.band)},
              {"bottleneck", report.bottleneck},
              {"readiness", report.readiness},
              {"rubric", report.rubric_version}};
  for (const ReportSection& section : report.sections) out["sections"][section.id] = section.strict;
  return out;
}

std::string render(const Report& report, const RenderOptions& options) {
  Rules rules;
  Json results = Json::array();
  for (const ReportRule& rule : report.rules) rules.add(rule.id, rule_json(rule));
  for (const ReportFinding& finding : report.findings) results.push_back(finding_result(finding, rules));
  for (const ReportFinding& finding : report.accepted) results.push_back(finding_result(finding, rules));
  for (const ReportItem& item : report.items) {
    if (!options.refused || !is_refused(item)) continue;
    rules.add(item.id, item_rule(item));
    results.push_back(item_result(report, item, rules));
  }
  Json run;
  run["tool"] = {{"driver",
                  {{"name", "mlgrade"},
                   {"fullName", "mlgrade " + report.tool_version},
                   {"version", report.tool_version},
                   {"semanticVersion", report.tool_version},
                   {"informationUri", kAbout},
                   {"rules", rules.take()}}}};
  run["automationDetails"] = {
      {"id", "mlgrade/" + (report.project.empty() ? "" : plain(report.project) + "/")}};
  run["originalUriBaseIds"] = {
      {kRoot, {{"description", {{"text", "The root of the repository that was read."}}}}}};
  run["columnKind"] = "unicodeCodePoints";
  run["results"] = std::move(results);
  run["properties"] = scores(report);
  Json out = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
              {"version", "2.1.0"},
              {"runs", Json::array({std::move(run)})}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

extern const Renderer render_sarif;
const Renderer render_sarif{
    .name = "sarif",
    .doc = "SARIF 2.1.0 for code scanning: findings; with --refused items without points, too",
    .endings = ".sarif .sarif.json",
    .render = render};

}  // namespace mlgrade::renderers
