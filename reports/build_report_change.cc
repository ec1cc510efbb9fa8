// Items by id, findings by fingerprint; of a changed item the link that made the change.
#include "reports/build_report_change.h"

#include <algorithm>
#include <map>
#include <set>

namespace mlgrade {
namespace {

bool same_link(const ReportLink& a, const ReportLink& b) {
  return a.what == b.what && a.place.path == b.place.path && a.place.text == b.place.text;
}

// The first link of `chain` that `other` does not have; null if it has all.
const ReportLink* first_missing(const std::vector<ReportLink>& chain, const std::vector<ReportLink>& other) {
  for (const ReportLink& link : chain) {
    const bool there =
        std::any_of(other.begin(), other.end(), [&](const ReportLink& one) { return same_link(link, one); });
    if (!there) return &link;
  }
  return nullptr;
}

void explain_loss(const ReportItem& before, const ReportItem& now, ReportItemChange& out) {
  if (!now.missing.empty() && now.status != "absent") {
    out.what = now.missing;
    out.place = now.missing_at;
    return;
  }
  const ReportLink* gone = first_missing(before.chain, now.chain);
  if (gone == nullptr) {
    out.what = now.missing.empty() ? now.why : now.missing;
    return;
  }
  out.what = "gone: " + gone->what;
  out.place = gone->place;
}

void explain_gain(const ReportItem& before, const ReportItem& now, ReportItemChange& out) {
  if (const ReportLink* fresh = first_missing(now.chain, before.chain)) {
    out.what = fresh->what;
    out.place = fresh->place;
  } else if (!before.missing.empty()) {
    out.what = "no longer: " + before.missing;
    out.place = before.missing_at;
  } else {
    out.what = now.why;
  }
}

std::optional<ReportItemChange> change_of(const ReportItem& before, const ReportItem& now) {
  if (before.points == now.points && before.status == now.status) return std::nullopt;
  ReportItemChange out;
  out.item = now.id;
  out.title = now.title;
  out.from = before.points;
  out.to = now.points;
  out.from_status = before.status;
  out.to_status = now.status;
  if (now.points > before.points) {
    explain_gain(before, now, out);
  } else {
    explain_loss(before, now, out);
  }
  return out;
}

}  // namespace

bool compare_reports(const Report& before, Report& now, const std::string& against, std::string& error) {
  if (before.rubric_version != now.rubric_version) {
    error = "was scored with rubric " + before.rubric_version + ", this is rubric " + now.rubric_version +
            "; make it anew";
    return false;
  }
  if (before.project != now.project) {
    const auto name = [](const Report& report) {
      return report.project.empty() ? std::string("the whole repository") : "project " + report.project;
    };
    error = "speaks of " + name(before) + ", this of " + name(now) + "; --project chooses one";
    return false;
  }
  ReportChange change;
  change.against = against;
  change.score_from = before.test_score;
  change.score_to = now.test_score;
  std::map<std::string, const ReportItem*> items;
  for (const ReportItem& item : before.items) items[item.id] = &item;
  for (const ReportItem& item : now.items) {
    const auto earlier = items.find(item.id);
    if (earlier == items.end()) continue;
    if (auto one = change_of(*earlier->second, item)) change.items.push_back(std::move(*one));
  }
  std::set<std::string> old_ones;
  for (const ReportFinding& finding : before.findings) old_ones.insert(finding.fingerprint);
  for (const ReportFinding& finding : before.accepted) old_ones.insert(finding.fingerprint);
  std::set<std::string> here;
  for (ReportFinding& finding : now.findings) {
    here.insert(finding.fingerprint);
    finding.state = old_ones.count(finding.fingerprint) > 0 ? "known" : "new";
    change.new_findings += finding.state == "new";
  }
  for (const ReportFinding& finding : now.accepted) here.insert(finding.fingerprint);
  for (const ReportFinding& finding : before.findings) {
    if (here.count(finding.fingerprint) == 0) change.fixed.push_back(finding);
  }
  now.change = std::move(change);
  return true;
}

}  // namespace mlgrade
