// Stage map, drill matrix and attestations as a reader is shown them.
#include "reports/build_report_life.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace mlgrade {
namespace {

// "TestApi::test_predict": its file stands beside it.
std::string test_name(const ReportInput& in, uint32_t test, const Span& place) {
  std::string_view id = in.facts.tests[test].id.view();
  const std::string file = place.valid() ? std::string(in.facts.path(place)) + "::" : "";
  if (!file.empty() && id.starts_with(file)) id.remove_prefix(file.size());
  return printable(id);
}

ReportStage stage_of(const ReportInput& in, Places& places, const Stage& stage) {
  ReportStage out;
  out.id = stage.definition->id;
  out.title = stage.definition->title;
  out.present = stage.present;
  out.places = stage.places;
  if (!stage.present) return out;
  out.what = printable(stage.what);
  out.place = places.place(stage.place);
  out.automated = stage.automated();
  if (out.automated) out.automated_by = places.chain(stage.reach.chain);
  out.tested = stage.tested();
  if (out.tested) {
    const NodeId node = in.graph.node_of_test(stage.test);
    const Span span = node == kNone ? Span{} : in.graph.nodes[node].span;
    out.tested_by = ReportLink{places.place(span), test_name(in, stage.test, span)};
  }
  out.watched = stage.watched();
  if (out.watched) out.watched_by = ReportLink{places.place(stage.watch->at), printable(stage.watch->what)};
  return out;
}

const PartResult* part_of(const ItemScore& item, std::string_view name) {
  for (const PartResult& part : item.parts) {
    if (part.part->name == name) return &part;
  }
  return nullptr;
}

ReportDrillCell cell_of(Places& places, const PartResult& part) {
  ReportDrillCell out;
  if (!part.best) {
    out.what = "nothing found";
    return out;
  }
  const Verdict& best = *part.best;
  const Evidence& evidence = *best.evidence;
  // What detects is capped at half the item, which is all of its part.
  const bool unlimited = evidence.mode == EvidenceMode::kStanding || best.status == Status::kAutomated ||
                         (best.points > 0 && evidence.mode == EvidenceMode::kCheck &&
                          evidence.reach.by == Reach::By::kAutomatic && best.gating != Effect::kSwallowed &&
                          evidence.reach.certain == Truth::kYes);
  const bool whole = part.part->name == "detected" ? unlimited : best.points >= 1;
  out.answer = best.status == Status::kUnknown ? "unknown"
               : best.points <= 0              ? "no"
               : whole                         ? "yes"
                                               : "partly";
  out.what = printable(evidence.what);
  if (best.points <= 0 && !best.missing.empty()) out.what += ", but " + printable(best.missing);
  out.place = places.place(evidence.place);
  out.chain = places.chain(chain_of(evidence));
  return out;
}

// Of a proof that runs by itself: each run. Else the newest date that a record of it carries.
std::string last_drilled(const PartResult& proven) {
  if (!proven.best || proven.best->points <= 0) return "";
  if (proven.best->points >= 1) return "each run";
  const Evidence& evidence = *proven.best->evidence;
  return evidence.dated ? format_date(*evidence.dated) : "";
}

}  // namespace

std::vector<ReportStage> stages_of(const ReportInput& in, Places& places) {
  std::vector<ReportStage> out;
  for (const Stage& stage : in.stages) out.push_back(stage_of(in, places, stage));
  return out;
}

std::vector<ReportDrill> drills_of(const ReportInput& in, Places& places) {
  std::vector<ReportDrill> out;
  for (const ItemScore& item : in.card.items) {
    const PartResult* detected = part_of(item, "detected");
    const PartResult* proven = part_of(item, "proven");
    if (detected == nullptr || proven == nullptr || item.status == Status::kNotApplicable) continue;
    ReportDrill row;
    row.item = item.item->id;
    row.mistake = item.item->title;
    row.detected = cell_of(places, *detected);
    row.proven = cell_of(places, *proven);
    row.last_drilled = last_drilled(*proven);
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<ReportAttestation> attestations_of(const ReportInput& in, Places& places) {
  std::vector<ReportAttestation> out;
  if (in.settings == nullptr) return out;
  for (const Attestation& one : in.settings->attestations) {
    const auto item = std::find_if(in.card.items.begin(), in.card.items.end(),
                                   [&](const ItemScore& score) { return score.item->id == one.item; });
    ReportAttestation row;
    row.item = one.item;
    row.reason = printable(one.reason);
    row.owner = printable(one.owner);
    row.evidence = printable(one.evidence);
    row.expires = format_date(one.expires);
    row.place = places.place(one.place);
    const bool counts = item != in.card.items.end() && item->attested != nullptr;
    row.points = counts ? item->points : 0;
    row.effect = counts ? "gives half a point, which nothing in the repository shows"
                 : item != in.card.items.end() && item->status == Status::kNotApplicable
                     ? "adds nothing: the item does not apply"
                     : "adds nothing: at least as much was found";
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace mlgrade
