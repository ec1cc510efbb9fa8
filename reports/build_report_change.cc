// Items by id, findings by fingerprint; of a changed item the link that made the change.
#include "reports/build_report_change.h"

#include <map>
#include <set>

namespace mlgrade {
namespace {

// What a link is, wherever its line has moved to.
std::string key_of(const ReportLink& link) {
  return link.what + "\n" + link.place.path + "\n" + link.place.text;
}

bool same_end(const std::vector<ReportLink>& a, const std::vector<ReportLink>& b) {
  return !a.empty() && !b.empty() && key_of(a.back()) == key_of(b.back());
}

using Links = std::set<std::string>;

// Every link of every chain of a report.
Links links_of(const Report& report) {
  Links out;
  const auto add = [&](const std::vector<ReportLink>& chain) {
    for (const ReportLink& link : chain) out.insert(key_of(link));
  };
  for (const ReportItem& item : report.items) {
    add(item.chain);
    for (const ReportEvidence& evidence : item.evidence) add(evidence.chain);
  }
  return out;
}

// The first link of a chain that the other report has nowhere; null if it has all.
const ReportLink* first_outside(const std::vector<ReportLink>& chain, const Links& other) {
  for (const ReportLink& link : chain) {
    if (other.count(key_of(link)) == 0) return &link;
  }
  return nullptr;
}

// A new finding at the place of a link that is gone says better what became of it: a test is still there, and
// asserts nothing any more.
const ReportFinding* finding_at(const ReportPlace& gone, const Report& now) {
  for (const ReportFinding& finding : now.findings) {
    if (finding.state != "new") continue;
    for (const ReportLink& link : finding.locations) {
      if (link.place.path == gone.path && !gone.text.empty() && link.place.text == gone.text) return &finding;
    }
  }
  return nullptr;
}

// The same check whose chain is broken now; else the link of its chain that is gone.
void explain_loss(const ReportItem& before, const ReportItem& now, const Links& links, const Report& report,
                  ReportItemChange& out) {
  if (same_end(before.chain, now.chain) && !now.missing.empty()) {
    out.what = now.missing;
    out.place = now.missing_at;
    return;
  }
  for (const ReportEvidence& evidence : now.evidence) {
    if (!same_end(before.chain, evidence.chain) || evidence.missing.empty()) continue;
    out.what = evidence.missing;
    out.place = evidence.missing_at;
    return;
  }
  if (const ReportLink* gone = first_outside(before.chain, links)) {
    const ReportFinding* finding = finding_at(gone->place, report);
    out.what = finding != nullptr ? finding->message : "gone: " + gone->what;
    out.place = finding != nullptr ? finding->locations.front().place : gone->place;
    return;
  }
  out.what = now.missing.empty() ? now.why : now.missing;
  out.place = now.missing_at;
}

void explain_gain(const ReportItem& before, const ReportItem& now, const Links& links,
                  ReportItemChange& out) {
  if (const ReportLink* fresh = first_outside(now.chain, links)) {
    out.what = fresh->what;
    out.place = fresh->place;
  } else if (!before.missing.empty()) {
    out.what = "no longer: " + before.missing;
    out.place = before.missing_at;
  } else {
    out.what = now.why;
  }
}

std::optional<ReportItemChange> change_of(const ReportItem& before, const ReportItem& now,
                                          const Links& old_links, const Links& new_links,
                                          const Report& report) {
  if (before.points == now.points && before.status == now.status) return std::nullopt;
  ReportItemChange out;
  out.item = now.id;
  out.title = now.title;
  out.from = before.points;
  out.to = now.points;
  out.from_status = before.status;
  out.to_status = now.status;
  if (now.points > before.points) {
    explain_gain(before, now, old_links, out);
  } else {
    explain_loss(before, now, new_links, report, out);
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
  std::map<std::string, const ReportItem*> items;
  for (const ReportItem& item : before.items) items[item.id] = &item;
  const Links old_links = links_of(before);
  const Links new_links = links_of(now);
  for (const ReportItem& item : now.items) {
    const auto earlier = items.find(item.id);
    if (earlier == items.end()) continue;
    if (auto one = change_of(*earlier->second, item, old_links, new_links, now))
      change.items.push_back(std::move(*one));
  }
  now.change = std::move(change);
  return true;
}

}  // namespace mlgrade
