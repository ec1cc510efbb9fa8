// The report as JSON, after reports/report.schema.json. Numbers, texts and places only; two runs over the
// same input give the same bytes.
#include <nlohmann/json.hpp>
#include <string>

#include "reports/report.h"

namespace mlgrade::renderers {
namespace {

using Json = nlohmann::ordered_json;

Json place_json(const ReportPlace& place) {
  Json out = {{"path", place.path}, {"line", place.line}, {"column", place.column}};
  if (place.cell != 0) {
    out["cell"] = place.cell;
    out["cell_line"] = place.cell_line;
  }
  if (!place.text.empty()) out["text"] = place.text;
  return out;
}

Json chain_json(const std::vector<ReportLink>& chain) {
  Json out = Json::array();
  for (const ReportLink& link : chain) {
    Json entry = place_json(link.place);
    entry["what"] = link.what;
    out.push_back(std::move(entry));
  }
  return out;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json item_json(const ReportItem& item) {
  Json out = {{"id", item.id},
              {"section", item.section},
              {"title", item.title},
              {"points", item.points},
              {"status", item.status},
              {"gating", text_or_null(item.gating)},
              {"confidence", text_or_null(item.confidence)},
              {"why", item.why},
              {"chain", chain_json(item.chain)},
              {"missing", text_or_null(item.missing)},
              {"missing_at", item.missing_at ? place_json(*item.missing_at) : Json(nullptr)},
              {"next", text_or_null(item.next)},
              {"unprovable", item.unprovable},
              {"source", item.source}};
  out["evidence"] = Json::array();
  for (const ReportEvidence& evidence : item.evidence) {
    out["evidence"].push_back({{"rule", evidence.rule},
                               {"status", evidence.status},
                               {"points", evidence.points},
                               {"what", evidence.what},
                               {"missing", text_or_null(evidence.missing)},
                               {"chain", chain_json(evidence.chain)}});
  }
  return out;
}

Json scores_json(const Report& report) {
  Json out = {{"ml_test_score", report.test_score},
              {"ml_test_score_applicable", report.test_score_applicable},
              {"band", report.band},
              {"bottleneck", report.bottleneck},
              {"readiness", report.readiness},
              {"not_scored", report.not_scored}};
  out["sections"] = Json::array();
  for (const ReportSection& section : report.sections) {
    out["sections"].push_back({{"id", section.id},
                               {"letter", section.letter},
                               {"title", section.title},
                               {"sum", section.sum},
                               {"strict", section.strict},
                               {"applicable", section.applicable},
                               {"attested", section.attested},
                               {"items", section.items},
                               {"applicable_items", section.applicable_items}});
  }
  return out;
}

Json finding_json(const ReportFinding& finding) {
  Json out = {{"rule", finding.rule},
              {"severity", finding.severity},
              {"confidence", finding.confidence},
              {"message", finding.message},
              {"locations", chain_json(finding.locations)},
              {"fingerprint", finding.fingerprint},
              {"fix", finding.fix}};
  if (!finding.state.empty()) out["state"] = finding.state;
  if (!finding.accepted.empty()) {
    out["accepted"] = finding.accepted;
    if (!finding.accepted_by.empty()) out["accepted_by"] = finding.accepted_by;
    if (finding.accepted_at) out["accepted_at"] = place_json(*finding.accepted_at);
    if (!finding.accepted_until.empty()) out["accepted_until"] = finding.accepted_until;
  }
  return out;
}

Json alert_json(const ReportAlert& alert) {
  return {{"name", alert.name},
          {"system", alert.system},
          {"place", place_json(alert.place)},
          {"fires", alert.fires},
          {"broken", text_or_null(alert.broken)},
          {"why", text_or_null(alert.why)},
          {"routed", alert.routed},
          {"receiver", text_or_null(alert.receiver)},
          {"chain", chain_json(alert.chain)}};
}

Json next_json(const ReportNext& next) {
  return {{"item", next.item},
          {"step", next.step},
          {"from", next.from},
          {"to", next.to},
          {"place", next.place ? place_json(*next.place) : Json(nullptr)}};
}

Json stats_json(const ReportStats& stats) {
  return {{"files", stats.files},
          {"bytes", stats.bytes},
          {"analysed", stats.analysed},
          {"vendored", stats.vendored},
          {"python_files", stats.python_files},
          {"notebooks", stats.notebooks},
          {"tests", stats.tests},
          {"units", stats.units}};
}

Json project_json(const ReportProject& project) {
  Json out = {{"root", project.root},         {"why", project.why},
              {"shown_by", project.shown_by}, {"ml_test_score", project.test_score},
              {"band", project.band},         {"bottleneck", project.bottleneck},
              {"profile", project.profile},   {"readiness", project.readiness}};
  out["sections"] = Json::object();
  for (const auto& [letter, score] : project.sections) out["sections"][letter] = score;
  out["shown"] = project.shown;
  return out;
}

Json stage_json(const ReportStage& stage) {
  return {{"id", stage.id},
          {"title", stage.title},
          {"present", stage.present},
          {"automated", stage.automated},
          {"tested", stage.tested},
          {"watched", stage.watched},
          {"what", text_or_null(stage.what)},
          {"place", stage.place ? place_json(*stage.place) : Json(nullptr)},
          {"places", stage.places},
          {"automated_by", chain_json(stage.automated_by)},
          {"tested_by", stage.tested_by ? chain_json({*stage.tested_by}).front() : Json(nullptr)},
          {"watched_by", stage.watched_by ? chain_json({*stage.watched_by}).front() : Json(nullptr)}};
}

Json cell_json(const ReportDrillCell& cell) {
  return {{"answer", cell.answer},
          {"what", cell.what},
          {"place", cell.place ? place_json(*cell.place) : Json(nullptr)},
          {"chain", chain_json(cell.chain)}};
}

Json drill_json(const ReportDrill& drill) {
  return {{"item", drill.item},
          {"mistake", drill.mistake},
          {"detected", cell_json(drill.detected)},
          {"proven", cell_json(drill.proven)},
          {"last_drilled", text_or_null(drill.last_drilled)}};
}

Json attestation_json(const ReportAttestation& attestation) {
  return {{"item", attestation.item},       {"reason", attestation.reason},
          {"owner", attestation.owner},     {"evidence", attestation.evidence},
          {"expires", attestation.expires}, {"points", attestation.points},
          {"effect", attestation.effect},   {"place", place_json(attestation.place)}};
}

template <typename Values, typename Function>
Json list(const Values& values, Function&& function) {
  Json out = Json::array();
  for (const auto& value : values) out.push_back(function(value));
  return out;
}

Json change_json(const ReportChange& change) {
  return {{"against", change.against},
          {"score_from", change.score_from},
          {"score_to", change.score_to},
          {"items", list(change.items,
                         [](const ReportItemChange& item) {
                           return Json{{"item", item.item},
                                       {"from", item.from},
                                       {"to", item.to},
                                       {"from_status", item.from_status},
                                       {"to_status", item.to_status},
                                       {"what", item.what},
                                       {"place", item.place ? place_json(*item.place) : Json(nullptr)}};
                         })},
          {"new_findings", change.new_findings},
          {"fixed", list(change.fixed, finding_json)}};
}

std::string render(const Report& report, const RenderOptions&) {
  Json out;
  out["schema_version"] = 1;
  out["tool"] = {{"name", "mlgrade"}, {"version", report.tool_version}};
  out["rubric"] = {{"version", report.rubric_version}};
  out["repository"] = {{"name", report.repository}, {"revision", text_or_null(report.revision)}};
  if (!report.project.empty()) out["project"] = report.project;
  if (!report.projects.empty()) out["projects"] = list(report.projects, project_json);
  out["as_of"] = text_or_null(report.as_of);
  out["profile"] = {{"name", report.profile}, {"detected", report.profile_detected}};
  out["archetype"] = list(report.archetype, [](const ReportTrait& trait) {
    return Json{{"trait", trait.trait}, {"why", trait.why}, {"place", place_json(trait.place)}};
  });
  out["unread"] = {{"decisive", text_or_null(report.archetype_unread)},
                   {"code", list(report.unread, [](const ReportUnread& unread) {
                      return Json{{"language", unread.language},
                                  {"files", unread.files},
                                  {"first", place_json(unread.first)}};
                    })}};
  out["scores"] = scores_json(report);
  out["items"] = list(report.items, item_json);
  out["findings"] = list(report.findings, finding_json);
  if (!report.accepted.empty()) out["accepted"] = list(report.accepted, finding_json);
  if (report.change) out["change"] = change_json(*report.change);
  if (!report.alerts.empty()) out["alerts"] = list(report.alerts, alert_json);
  out["next"] = list(report.next, next_json);
  out["stages"] = list(report.stages, stage_json);
  out["drills"] = list(report.drills, drill_json);
  out["level"] = {
      {"level", report.level.level}, {"why", report.level.why}, {"next", text_or_null(report.level.next)}};
  out["attestations"] = list(report.attestations, attestation_json);
  out["problems"] = list(report.problems, [](const ReportProblem& problem) {
    Json entry = place_json(problem.place);
    entry["kind"] = problem.kind;
    entry["message"] = problem.message;
    return entry;
  });
  out["stats"] = stats_json(report.stats);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

extern const Renderer render_json;
const Renderer render_json{.name = "json",
                           .doc = "everything, after reports/report.schema.json",
                           .endings = ".json",
                           .render = render};

}  // namespace mlgrade::renderers
