// Fills a Report from scorecard, findings, facts and problems.
#include "reports/build_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "reports/build_report_counts.h"
#include "reports/build_report_life.h"
#include "reports/build_report_places.h"

namespace mlgrade {
namespace {

const char* effect_name(Effect effect) {
  switch (effect) {
    case Effect::kBlocking:
      return "blocking";
    case Effect::kReporting:
      return "reporting";
    case Effect::kSwallowed:
      return "swallowed";
  }
  return "";
}

const char* confidence_name(Confidence confidence) {
  switch (confidence) {
    case Confidence::kLow:
      return "low";
    case Confidence::kMedium:
      return "medium";
    case Confidence::kHigh:
      return "high";
  }
  return "";
}

const char* severity_name(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kLow:
      return "low";
    case Severity::kMedium:
      return "medium";
    case Severity::kHigh:
      return "high";
  }
  return "";
}

const char* problem_name(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::kUnreadable:
      return "unreadable";
    case ProblemKind::kSyntax:
      return "syntax";
    case ProblemKind::kNotAnalysable:
      return "not-analysable";
    case ProblemKind::kLimit:
      return "limit";
    case ProblemKind::kEncoding:
      return "encoding";
    case ProblemKind::kOutsideRoot:
      return "outside-root";
  }
  return "";
}

const char* truth_name(Truth truth) {
  return truth == Truth::kYes ? "yes" : truth == Truth::kNo ? "no" : "unknown";
}

const char* break_name(AlertBreak broken) {
  switch (broken) {
    case AlertBreak::kNone:
      return "";
    case AlertBreak::kSyntax:
      return "syntax";
    case AlertBreak::kExpression:
      return "expression";
    case AlertBreak::kMissing:
      return "series";
    case AlertBreak::kNeverSet:
      return "never-set";
    case AlertBreak::kLabel:
      return "label";
    case AlertBreak::kNotLoaded:
      return "not-loaded";
  }
  return "";
}

// Scores are shown and written with two decimals at most.
double rounded(double value) { return std::round(value * 100) / 100; }

constexpr size_t kOwnWords = 800;  // bytes of our own sentences, which quote names of the repository

std::string hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ull;  // FNV-1a
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(hash));
  return out;
}

class Builder {
 public:
  explicit Builder(const ReportInput& input)
      : in_(input), places_(input), ignores_(input.ignores, input.listed) {}

  Report build() {
    head();
    for (const SectionScore& section : in_.card.sections) add_section(section);
    for (const ItemScore& item : in_.card.items) add_item(item);
    for (const Finding& finding : in_.results.findings) add_finding(finding);
    for (const AlertVerdict& verdict : in_.results.alerts) add_alert(verdict);
    add_rules();
    count_findings(report_);
    count_items(report_);
    problems();
    for (const TraitReason& reason : in_.facts.archetype.reasons) {
      report_.archetype.push_back(
          {std::string(trait_name(reason.trait)), printable(reason.why), places_.place(reason.span)});
    }
    report_.archetype_unread = printable(in_.facts.archetype.unread);
    for (const CodeCensus::Part& part : in_.facts.code.unread) {
      report_.unread.push_back(
          {std::string(language_name(part.language)), part.files, places_.place(Span{part.first, 0, 0, 0})});
    }
    for (size_t index : in_.card.next) add_next(in_.card.items[index]);
    report_.stages = stages_of(in_, places_);
    report_.drills = drills_of(in_, places_);
    report_.level = {in_.level.level, printable(in_.level.why), printable(in_.level.next)};
    report_.attestations = attestations_of(in_, places_);
    stats();
    return std::move(report_);
  }

 private:
  void head() {
    report_.tool_version = MLGRADE_VERSION;
    report_.rubric_version = in_.rubric.version;
    report_.repository = printable(in_.repository);
    report_.revision = printable(in_.revision);
    if (in_.as_of) report_.as_of = format_date(*in_.as_of);
    if (in_.project) report_.project = in_.project->empty() ? "." : printable(*in_.project);
    for (ReportProject project : in_.projects) {
      for (std::string* text : {&project.root, &project.why, &project.shown_by}) *text = printable(*text);
      project.test_score = rounded(project.test_score);
      project.readiness = rounded(project.readiness);
      for (auto& [letter, score] : project.sections) score = rounded(score);
      report_.projects.push_back(std::move(project));
    }
    report_.test_score = rounded(in_.card.test_score);
    report_.test_score_applicable = rounded(in_.card.test_score_applicable);
    report_.readiness = rounded(in_.card.readiness);
    report_.band = in_.card.band;
    report_.bottleneck = in_.card.bottleneck;
    report_.profile = in_.card.profile;
    report_.profile_detected = in_.card.profile_detected;
    report_.not_scored = in_.card.not_scored;
  }

  void add_section(const SectionScore& section) {
    ReportSection out;
    out.id = section.section->id;
    out.letter = section.section->letter;
    out.title = section.section->title;
    out.sum = section.sum;
    out.strict = rounded(section.strict);
    out.applicable = rounded(section.applicable);
    out.items = static_cast<int>(section.section->items.size());
    out.applicable_items = section.applicable_items;
    out.attested = section.attested;
    out.bottleneck = section.section->id == in_.card.bottleneck;
    report_.sections.push_back(std::move(out));
  }

  ReportEvidence evidence_of(const Verdict& verdict) {
    const Evidence& evidence = *verdict.evidence;
    ReportEvidence out;
    out.rule = std::string(evidence.rule);
    out.status = status_name(verdict.status);
    out.points = verdict.points;
    out.what = printable(evidence.what);
    out.missing = printable(verdict.missing, kOwnWords);
    if (verdict.missing_at.valid()) out.missing_at = places_.place(verdict.missing_at);
    out.chain = places_.chain(chain_of(evidence));
    return out;
  }

  void add_item(const ItemScore& score) {
    const Item& item = *score.item;
    ReportItem out;
    out.id = item.id;
    out.section = score.section->id;
    out.title = item.title;
    out.question = item.question;
    out.points = score.points;
    out.status = status_name(score.status);
    if (score.gating) out.gating = effect_name(*score.gating);
    if (score.confidence) out.confidence = confidence_name(*score.confidence);
    out.why = printable(score.why, kOwnWords);
    out.chain = places_.chain_with_code(score.chain);
    if (!score.evidence.empty()) {
      const Evidence& best = *score.evidence.front().evidence;
      out.decisive = {places_.place(best.place), printable(best.what)};
    }
    out.missing = printable(score.missing, kOwnWords);
    if (score.missing_at.valid()) out.missing_at = places_.place_with_code(score.missing_at);
    out.next = printable(score.next, kOwnWords);
    out.half = item.half;
    out.full = item.full;
    out.source = item.source;
    out.unprovable = item.unprovable;
    const size_t shown = std::min(score.evidence.size(), kMaxEvidence);
    for (size_t i = 0; i < shown; ++i) out.evidence.push_back(evidence_of(score.evidence[i]));
    report_.items.push_back(std::move(out));
  }

  void add_finding(const Finding& finding) {
    ReportFinding out;
    out.rule = std::string(finding.rule);
    out.severity = severity_name(finding.severity);
    out.confidence = confidence_name(finding.confidence);
    out.message = printable(finding.message);
    for (const FindingPlace& place : finding.places) {
      out.locations.push_back({places_.place_with_code(place.span), printable(place.note)});
    }
    if (const LoadedRule* rule = in_.rules.find(finding.rule)) {
      out.fix = rule->fix;
      out.summary = rule->summary;
      out.why = rule->why;
      out.source = rule->source;
    }
    const ReportPlace first = out.locations.empty() ? ReportPlace{} : out.locations.front().place;
    const std::string key = out.rule + "\n" + first.path + "\n" + first.text;
    const int ordinal = seen_[key]++;
    out.fingerprint = hash_of(key + "\n" + std::to_string(ordinal));
    const Span at = finding.places.empty() ? Span{} : finding.places.front().span;
    const std::string_view path = at.file == FileId::kNone ? std::string_view() : in_.facts.path(at);
    if (const std::optional<Acceptance> accepted = ignores_.accept(finding.rule, at, path)) {
      out.accepted = printable(accepted->reason);
      out.accepted_by = std::string(accepted->by);
      out.accepted_at = places_.place(accepted->at);
      if (accepted->until) out.accepted_until = format_date(*accepted->until);
      report_.accepted.push_back(std::move(out));
    } else {
      report_.findings.push_back(std::move(out));
    }
  }

  void add_rules() {
    std::set<std::string_view> named;
    for (const Finding& finding : in_.results.findings) named.insert(finding.rule);
    for (const std::string_view id : named) {
      const LoadedRule* rule = in_.rules.find(id);
      if (rule == nullptr) continue;
      const auto open = std::count_if(report_.findings.begin(), report_.findings.end(),
                                      [&](const ReportFinding& finding) { return finding.rule == rule->id; });
      Confidence least = Confidence::kHigh;
      for (const Finding& finding : in_.results.findings) {
        if (finding.rule == id) least = std::min(least, finding.confidence);
      }
      report_.rules.push_back({rule->id, severity_name(rule->severity), rule->summary, rule->why, rule->fix,
                               rule->source, static_cast<int>(open), confidence_name(least)});
    }
  }

  void add_alert(const AlertVerdict& verdict) {
    const AlertRule& alert = *verdict.alert;
    ReportAlert out;
    out.name = printable(alert.name.view());
    out.system = printable(alert.system.view());
    out.fires = verdict.always && verdict.fires != Truth::kNo ? "always" : truth_name(verdict.fires);
    out.broken = break_name(verdict.broken);
    out.why = printable(verdict.why);
    out.routed = truth_name(alert.routed);
    out.receiver = printable(alert.receiver.view());
    out.place = places_.place(alert.span);
    out.chain = places_.chain(verdict.chain);
    report_.alerts.push_back(std::move(out));
  }

  void problems() {
    std::vector<Problem> all = in_.facts.problems;
    std::stable_sort(all.begin(), all.end(), [](const Problem& a, const Problem& b) {
      return std::tie(a.span, a.kind, a.message) < std::tie(b.span, b.kind, b.message);
    });
    for (const Problem& problem : all) {
      ReportProblem out{problem_name(problem.kind), printable(problem.message), places_.place(problem.span)};
      report_.problems.push_back(std::move(out));
    }
    for (const auto& [at, wrong] : ignores_.complaints())
      report_.problems.push_back({"ignore", printable(wrong), places_.place(at)});
  }

  void add_next(const ItemScore& score) {
    ReportNext out;
    out.item = score.item->id;
    out.title = score.item->title;
    out.step = printable(score.next);
    out.from = score.points;
    out.to = score.links_missing <= 1 || score.points > 0 ? 1 : 0.5;
    const bool known = score.missing_at.valid() && !score.evidence.empty();
    if (known) out.place = places_.place(score.missing_at);
    report_.next.push_back(std::move(out));
  }

  void stats() {
    ReportStats& stats = report_.stats;
    for (const FileFact& file : in_.facts.files) {
      ++stats.files;
      stats.bytes += file.bytes;
      stats.vendored += file.vendored;
      stats.analysed += !file.vendored && file.language != Language::kBinary &&
                        file.language != Language::kOther &&
                        (!is_code(file.language) || is_analysed_code(file.language));
    }
    for (const PythonModule& module : in_.facts.python)
      ++(module.is_notebook ? stats.notebooks : stats.python_files);
    stats.tests = in_.facts.tests.size();
    for (const AutomationFile& file : in_.facts.automation) stats.units += file.units.size();
  }

  static constexpr size_t kMaxEvidence = 20;  // of one item; the best come first
  const ReportInput& in_;
  Places places_;
  Ignores ignores_;  // marked as used while findings are added
  Report report_;
  std::map<std::string, int> seen_;  // findings alike, for the fingerprint
};

}  // namespace

Report build_report(const ReportInput& input) { return Builder(input).build(); }

}  // namespace mlgrade
