// One piece of evidence -> what it is worth to one item. Each step below is one rule of the scoring scheme;
// the first thing that stands between the evidence and the full point becomes `missing`. Source: E. Breck et
// al., "The ML Test Score", IEEE Big Data 2017, section VI (half a point by hand and documented, a full point
// automatically and repeatedly).
#include <cmath>
#include <string>

#include "rubric/scorecard.h"

namespace mlgrade {
namespace {

constexpr int kMonthsValid = 12;  // half points that carry a date expire

std::string named(std::string_view lead, const std::string& why, std::string_view otherwise) {
  return std::string(lead) + (why.empty() ? std::string(otherwise) : why);
}

// The verdict so far, before caps.
void settle(Verdict& verdict, Status status, double points, std::string missing, Span at) {
  verdict.status = status;
  verdict.points = points;
  verdict.missing = std::move(missing);
  verdict.missing_at = at;
}

// Takes away what is above `at_most`, for a reason. Several reasons for half a point are still half a point.
void cap(Verdict& verdict, double at_most, const std::string& because, Span at) {
  ++verdict.links_missing;
  if (verdict.points <= at_most) return;
  settle(verdict, at_most > 0 ? Status::kManual : Status::kPresent, at_most, because, at);
}

void grade_swallowed(Verdict& verdict, const Evidence& evidence) {
  const bool in_code = evidence.effect == Effect::kSwallowed;
  const std::string& why = in_code ? evidence.effect_why : evidence.reach.defeated_why;
  Span at = in_code ? evidence.effect_at : evidence.reach.defeated_at;
  if (!at.valid()) at = evidence.place;
  verdict.links_missing = 1;
  verdict.step =
      in_code ? "Raise or exit on the result there, so that a failure is seen."
              : named("Let the failure reach the run's result. What hides it now: ", why, "the run goes on") +
                    ".";
  const std::string missing = named("its failure is lost: ", why, "nothing acts on the result");
  const bool published = evidence.publishes || evidence.reach.published;
  if (published) {
    settle(verdict, Status::kManual, 0.5, missing + " (the result itself is published)", at);
  } else {
    settle(verdict, Status::kNeutralised, 0, missing, at);
  }
}

void grade_automatic(Verdict& verdict, const Evidence& evidence, const Item& item) {
  verdict.status = Status::kAutomated;
  verdict.points = 1;
  if (!item.blocking || verdict.gating == Effect::kBlocking) return;
  const bool in_code = evidence.effect == Effect::kReporting;
  const std::string& why = in_code ? evidence.effect_why : evidence.reach.defeated_why;
  cap(verdict, 0.5,
      named("it reports a failure but stops nothing: ", why, "what follows does not wait for it"),
      in_code ? evidence.effect_at : evidence.reach.defeated_at);
  verdict.step = "Make what follows depend on it, so that a failure stops the release.";
}

void grade_check(Verdict& verdict, const Evidence& evidence, const Item& item) {
  const Reach& reach = evidence.reach;
  verdict.gating = worst(evidence.effect, reach.effect);
  if (reach.by == Reach::By::kNothing && !reach.unread.empty()) {
    verdict.links_missing = 1;
    settle(verdict, Status::kUnknown, 0, "cannot tell whether it runs: " + reach.unread, reach.unread_at);
    verdict.step = "Start it in a way that can be read here: a command of its own in the job.";
    return;
  }
  if (reach.by == Reach::By::kNothing && reach.certain == Truth::kUnknown) {
    verdict.links_missing = 1;
    return settle(verdict, Status::kUnknown, 0, reach.broken, reach.broken_at);
  }
  if (reach.by == Reach::By::kNothing) {
    verdict.links_missing = verdict.gating == Effect::kSwallowed ? 2 : 1;
    settle(verdict, Status::kPresent, 0, named("", reach.broken, "nothing runs it"),
           reach.broken_at.valid() ? reach.broken_at : evidence.place);
    return;
  }
  if (verdict.gating == Effect::kSwallowed) return grade_swallowed(verdict, evidence);
  if (reach.by == Reach::By::kManual) {
    verdict.links_missing = 1;
    settle(verdict, Status::kManual, 0.5,
           named("only a person starts it: ", reach.broken, "no automatic trigger"), reach.broken_at);
    verdict.step = "Start it from a push, a pull request or a schedule as well.";
    return;
  }
  grade_automatic(verdict, evidence, item);
  if (reach.certain == Truth::kUnknown) {
    const std::string why = reach.broken.empty() ? "" : ": " + reach.broken;
    cap(verdict, 0.5, "whether it runs cannot be told from the repository alone" + why,
        reach.broken_at.valid() ? reach.broken_at : evidence.place);
    verdict.confidence = Confidence::kMedium;
  }
}

// Why half a point is all: in the rule's words where it has some.
std::string limit_of(const Evidence& evidence, std::string_view otherwise) {
  return named("", evidence.worth < 1 ? evidence.worth_why : "", otherwise);
}

void grade_result(Verdict& verdict, const Evidence& evidence, std::optional<Date> as_of) {
  verdict.links_missing = 2;
  if (evidence.dated && as_of && *evidence.dated < months_before(*as_of, kMonthsValid)) {
    settle(verdict, Status::kPresent, 0,
           "expired: its date, " + format_date(*evidence.dated) + ", is more than " +
               std::to_string(kMonthsValid) + " months before " + format_date(*as_of),
           evidence.place);
    return;
  }
  settle(verdict, Status::kManual, 0.5, limit_of(evidence, "a recorded run by hand; nothing repeats it"),
         evidence.place);
}

void grade_by_mode(Verdict& verdict, const Evidence& evidence, const Item& item, std::optional<Date> as_of) {
  switch (evidence.mode) {
    case EvidenceMode::kCheck:
      return grade_check(verdict, evidence, item);
    case EvidenceMode::kStanding:
      verdict.links_missing = 2;
      return settle(verdict, Status::kManual, 0.5,
                    limit_of(evidence, "it stands there, but no automatic check keeps it true"),
                    evidence.place);
    case EvidenceMode::kResult:
      return grade_result(verdict, evidence, as_of);
    case EvidenceMode::kMention:
      verdict.links_missing = 3;
      return settle(verdict, Status::kDeclared, 0, "only named; nothing uses it", evidence.place);
  }
}

std::string percent(double share) { return std::to_string(std::lround(share * 100)) + " %"; }

void apply_caps(Verdict& verdict, const Evidence& evidence, const Item& item, const ItemEvidence& how) {
  if (evidence.worth < 1) {
    cap(verdict, evidence.worth, named("", evidence.worth_why, "partial"), evidence.place);
  }
  if (how.at_most < 1) cap(verdict, how.at_most, how.because, evidence.place);
  if (item.full_share > 0 && evidence.share && *evidence.share < item.full_share) {
    const std::string covered = evidence.share_why.empty() ? percent(*evidence.share) : evidence.share_why;
    cap(verdict, *evidence.share > 0 ? 0.5 : 0,
        "covers " + covered + "; the full point asks for " + percent(item.full_share), evidence.place);
  }
  if (evidence.confidence == Confidence::kLow) {
    cap(verdict, 0.5, "known from text alone, which never earns more than half a point", evidence.place);
  }
}

}  // namespace

Verdict judge(const Evidence& evidence, const Item& item, const ItemEvidence& how,
              std::optional<Date> as_of) {
  Verdict verdict;
  verdict.evidence = &evidence;
  verdict.gating = evidence.effect;
  verdict.confidence = evidence.confidence;
  if (!evidence.defeat.empty()) {
    const bool runs = evidence.mode == EvidenceMode::kCheck && evidence.reach.by != Reach::By::kNothing;
    const Status status = evidence.mode == EvidenceMode::kMention ? Status::kDeclared
                          : runs                                  ? Status::kNeutralised
                                                                  : Status::kPresent;
    settle(verdict, status, 0, evidence.defeat,
           evidence.defeat_at.valid() ? evidence.defeat_at : evidence.place);
    verdict.step = evidence.remedy;
    verdict.links_missing = runs ? 1 : 2;
    return verdict;
  }
  grade_by_mode(verdict, evidence, item, as_of);
  apply_caps(verdict, evidence, item, how);
  if (evidence.certain == Truth::kUnknown && verdict.points > 0) {
    settle(verdict, Status::kUnknown, 0, "what would decide it could not be analysed", evidence.place);
    verdict.links_missing = 2;
  }
  return verdict;
}

std::string_view status_name(Status status) {
  switch (status) {
    case Status::kAbsent:
      return "absent";
    case Status::kDeclared:
      return "declared";
    case Status::kPresent:
      return "present";
    case Status::kNeutralised:
      return "neutralised";
    case Status::kManual:
      return "manual";
    case Status::kAutomated:
      return "automated";
    case Status::kAttested:
      return "attested";
    case Status::kNotApplicable:
      return "not-applicable";
    case Status::kUnknown:
      return "unknown";
  }
  return "";
}

}  // namespace mlgrade
