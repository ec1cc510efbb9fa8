// Hand-made evidence against the scoring rules: what earns a point, what stands in the way, and what adds up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rubric/scorecard.h"

namespace mlgrade {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Span at(uint32_t line) {
  Span span;
  span.file = static_cast<FileId>(0);
  span.line = line;
  return span;
}

Evidence check(Reach::By by = Reach::By::kAutomatic) {
  Evidence out;
  out.rule = "x/check";
  out.place = at(10);
  out.what = "a check";
  out.reach.by = by;
  out.reach.chain = {{at(1), "on push"}, {at(2), "job test"}};
  if (by != Reach::By::kAutomatic) {
    out.reach.broken =
        by == Reach::By::kManual ? "started by workflow_dispatch only" : "no workflow calls it";
    out.reach.broken_at = at(3);
  }
  return out;
}

Evidence of_mode(EvidenceMode mode) {
  Evidence out = check();
  out.mode = mode;
  out.reach = Reach{};
  return out;
}

Item item() {
  Item out;
  out.id = "X-1";
  out.full = "everything";
  out.next_absent = "write it";
  out.next_present = "call it";
  out.parts = {{"", {{"x/check", 1.0, ""}}}};
  return out;
}

Verdict judged(const Evidence& evidence, const Item& subject = item(),
               const ItemEvidence& how = {"x/check", 1.0, ""}) {
  return judge(evidence, subject, how, parse_date("2026-06-01"));
}

void expect(const Verdict& verdict, Status status, double points) {
  EXPECT_EQ(status_name(verdict.status), status_name(status)) << verdict.missing;
  EXPECT_EQ(verdict.points, points) << verdict.missing;
}

TEST(Judge, AnAutomaticCheckThatCanFailEarnsThePoint) {
  const Evidence evidence = check();
  expect(judged(evidence), Status::kAutomated, 1);
  EXPECT_THAT(judged(evidence).missing, IsEmpty());
}

TEST(Judge, ReportingEarnsThePointUnlessTheItemAsksForBlocking) {
  Evidence evidence = check();
  evidence.reach.effect = Effect::kReporting;
  evidence.reach.defeated_why = "deploy does not need this job";
  expect(judged(evidence), Status::kAutomated, 1);
  Item blocking = item();
  blocking.blocking = true;
  expect(judged(evidence, blocking), Status::kManual, 0.5);
  EXPECT_THAT(judged(evidence, blocking).missing, HasSubstr("deploy does not need this job"));
  expect(judged(check(), blocking), Status::kAutomated, 1);
}

TEST(Judge, ALostFailureEarnsNothingAndHalfWhenTheResultIsPublished) {
  Evidence evidence = check();
  evidence.reach.effect = Effect::kSwallowed;
  evidence.reach.defeated_why = "`|| true`";
  evidence.reach.defeated_at = at(7);
  expect(judged(evidence), Status::kNeutralised, 0);
  EXPECT_THAT(judged(evidence).missing, HasSubstr("`|| true`"));
  EXPECT_EQ(judged(evidence).missing_at, at(7));
  evidence.reach.published = true;
  expect(judged(evidence), Status::kManual, 0.5);
}

TEST(Judge, AResultNobodyLooksAtIsLostInTheCodeItself) {
  Evidence evidence = check();
  evidence.effect = Effect::kSwallowed;
  evidence.effect_why = "the result is not looked at";
  expect(judged(evidence), Status::kNeutralised, 0);
  EXPECT_THAT(judged(evidence).missing, HasSubstr("not looked at"));
}

TEST(Judge, AManualTriggerEarnsHalfAndNoneAtAllNothing) {
  expect(judged(check(Reach::By::kManual)), Status::kManual, 0.5);
  expect(judged(check(Reach::By::kNothing)), Status::kPresent, 0);
  EXPECT_EQ(judged(check(Reach::By::kNothing)).missing, "no workflow calls it");
  EXPECT_EQ(judged(check(Reach::By::kNothing)).missing_at, at(3));
}

TEST(Judge, RecordedResultsEarnHalfUntilTheyAreAYearOld) {
  Evidence evidence = of_mode(EvidenceMode::kResult);
  expect(judged(evidence), Status::kManual, 0.5);
  evidence.dated = parse_date("2025-06-01");
  expect(judged(evidence), Status::kManual, 0.5);
  evidence.dated = parse_date("2025-05-31");
  expect(judged(evidence), Status::kPresent, 0);
  EXPECT_THAT(judged(evidence).missing, HasSubstr("expired"));
}

TEST(Judge, WhatStandsEarnsHalfAndWhatIsNamedNothing) {
  expect(judged(of_mode(EvidenceMode::kStanding)), Status::kManual, 0.5);
  expect(judged(of_mode(EvidenceMode::kMention)), Status::kDeclared, 0);
}

TEST(Judge, FalseEvidenceCountsNothing) {
  Evidence evidence = check();
  evidence.defeat = "the schema is inferred from the data it checks";
  expect(judged(evidence), Status::kNeutralised, 0);
  EXPECT_EQ(judged(evidence).missing, evidence.defeat);
  evidence.reach.by = Reach::By::kNothing;
  expect(judged(evidence), Status::kPresent, 0);
}

TEST(Judge, PartialEvidenceIsCappedAndSaysWhy) {
  Evidence evidence = check();
  evidence.worth = 0.5;
  evidence.worth_why = "types only";
  expect(judged(evidence), Status::kManual, 0.5);
  EXPECT_EQ(judged(evidence).missing, "types only");
  expect(judged(check(), item(), {"x/check", 0.5, "by nature"}), Status::kManual, 0.5);
}

TEST(Judge, AShareBelowTheItemsBarEarnsHalf) {
  Item subject = item();
  subject.full_share = 0.7;
  Evidence evidence = check();
  evidence.share = 0.7;
  expect(judged(evidence, subject), Status::kAutomated, 1);
  evidence.share = 0.69;
  evidence.share_why = "9 of 13 feature functions";
  expect(judged(evidence, subject), Status::kManual, 0.5);
  EXPECT_EQ(judged(evidence, subject).missing,
            "covers 9 of 13 feature functions; the full point asks for 70 %");
  evidence.share = 0;
  expect(judged(evidence, subject), Status::kPresent, 0);
}

TEST(Judge, LowConfidenceNeverEarnsMoreThanHalf) {
  Evidence evidence = check();
  evidence.confidence = Confidence::kLow;
  expect(judged(evidence), Status::kManual, 0.5);
  evidence.confidence = Confidence::kMedium;
  expect(judged(evidence), Status::kAutomated, 1);
}

TEST(Judge, WhatCouldNotBeAnalysedIsUnknown) {
  Evidence evidence = check();
  evidence.certain = Truth::kUnknown;
  expect(judged(evidence), Status::kUnknown, 0);
}

// A rubric of the four sections, seven items each, X-1 of section A as given.
struct Setting {
  Rubric rubric;
  explicit Setting(const Item& first) {
    for (const char* letter : {"A", "B", "C", "D"}) {
      Section section;
      section.id = letter;
      section.letter = letter;
      section.in_test_score = true;
      for (int i = 1; i <= 7; ++i) {
        Item one = item();
        one.id = std::string(letter) + "-" + std::to_string(i);
        one.parts[0].evidence[0].rule = one.id;
        section.items.push_back(one);
      }
      rubric.sections.push_back(section);
    }
    const std::string id = rubric.sections[0].items[0].id;
    rubric.sections[0].items[0] = first;
    rubric.sections[0].items[0].id = id;
    rubric.profiles = {{"service", "", {"A", "B", "E"}, {{{Trait::kServing}, {}, "serving"}}},
                       {"prototype", "", {"A"}, {}}};
  }
  Scorecard run(const std::vector<Evidence>& evidence, const Archetype& archetype = {},
                const std::string& profile = "") const {
    return score(rubric, evidence, archetype, {.profile = profile, .as_of = parse_date("2026-06-01")});
  }
};

Evidence for_rule(const char* rule, Evidence evidence = check()) {
  evidence.rule = rule;
  return evidence;
}

TEST(Score, PartsAddUpToTheBarsOfTheItem) {
  Item parts = item();
  parts.full_parts = 2;
  parts.parts = {
      {"code", {{"x/code", 1.0, ""}}}, {"data", {{"x/data", 1.0, ""}}}, {"more", {{"x/more", 1.0, ""}}}};
  const Setting setting(parts);
  const ItemScore none = setting.run({}).items[0];
  EXPECT_EQ(none.points, 0);
  EXPECT_EQ(status_name(none.status), "absent");
  EXPECT_EQ(none.next, "write it");
  const std::vector<Evidence> one = {for_rule("x/code")};
  const ItemScore half = setting.run(one).items[0];
  EXPECT_EQ(half.points, 0.5);
  EXPECT_EQ(status_name(half.status), "manual");
  EXPECT_EQ(half.missing, "nothing found: data");
  const std::vector<Evidence> two = {for_rule("x/code"), for_rule("x/more")};
  EXPECT_EQ(setting.run(two).items[0].points, 1);
  EXPECT_EQ(setting.run(two).items[0].chain.size(), 6u);
  Evidence by_hand = of_mode(EvidenceMode::kResult);
  const std::vector<Evidence> weak = {for_rule("x/code", by_hand), for_rule("x/data", by_hand),
                                      for_rule("x/more", by_hand)};
  EXPECT_EQ(setting.run(weak).items[0].points, 0.5);
}

TEST(Score, EvidenceForOnePartDoesNotCountForAnother) {
  Item parts = item();
  parts.full_parts = 2;
  parts.parts = {{"code", {{"x/check", 1.0, ""}}}, {"data", {{"x/check", 1.0, ""}}}};
  Evidence code = check();
  code.part = "code";
  EXPECT_EQ(Setting(parts).run({code}).items[0].points, 0.5);
  EXPECT_EQ(Setting(parts).run({check()}).items[0].points, 1);
}

TEST(Score, APartMayTakeWhatAnotherItemEarned) {
  Item parts = item();
  parts.full_parts = 2;
  parts.parts = {{"first", {{"x/code", 1.0, ""}}}, {"second", {{"x/data", 1.0, ""}}}};
  Setting setting(parts);
  Item taker = item();
  taker.id = "B-1";
  taker.parts[0].evidence = {{"", 1.0, "", false, "A-1"}};
  setting.rubric.sections[1].items[0] = taker;
  const Scorecard half = setting.run({for_rule("x/code")});
  EXPECT_EQ(half.items[7].points, 0.5);
  EXPECT_EQ(status_name(half.items[7].status), "manual");
  EXPECT_EQ(half.items[7].missing, "A-1: nothing found: second");
  const Scorecard full = setting.run({for_rule("x/code"), for_rule("x/data")});
  EXPECT_EQ(full.items[7].points, 1);
  EXPECT_EQ(full.items[7].chain.size(), full.items[0].chain.size());
  setting.rubric.sections[1].items[0].parts[0].evidence[0].at_most = 0.5;
  setting.rubric.sections[1].items[0].parts[0].evidence[0].because = "it is another matter";
  const Scorecard capped = setting.run({for_rule("x/code"), for_rule("x/data")});
  EXPECT_EQ(capped.items[7].points, 0.5);
  EXPECT_EQ(capped.items[7].missing, "it is another matter");
  EXPECT_EQ(status_name(setting.run({}).items[7].status), "absent");
}

TEST(Score, WithoutANeededPartTheOthersEarnNothing) {
  Item parts = item();
  parts.full_parts = 2;
  parts.parts = {{"first", {{"x/code", 1.0, ""}}, true, {}}, {"second", {{"x/data", 1.0, ""}}}};
  const Setting setting(parts);
  EXPECT_EQ(setting.run({for_rule("x/code")}).items[0].points, 0.5);
  EXPECT_EQ(setting.run({for_rule("x/data")}).items[0].points, 0);
  EXPECT_EQ(setting.run({for_rule("x/data")}).items[0].missing, "nothing found: first");
}

TEST(Score, APartIsAskedForOnlyWhereItApplies) {
  Item parts = item();
  parts.full_parts = 2;
  parts.parts = {{"code", {{"x/code", 1.0, ""}}},
                 {"prompts", {{"x/prompts", 1.0, ""}}, false, {{{Trait::kLlmApp}, {}, "llm-app"}}}};
  const Setting setting(parts);
  EXPECT_EQ(setting.run({for_rule("x/code")}).items[0].points, 1);
  Archetype llm;
  llm.traits = {Trait::kLlmApp};
  EXPECT_EQ(setting.run({for_rule("x/code")}, llm).items[0].points, 0.5);
  EXPECT_EQ(setting.run({for_rule("x/code"), for_rule("x/prompts")}, llm).items[0].points, 1);
}

TEST(Score, TheBestEvidenceDecidesAndUnknownBeatsNothing) {
  const Setting setting(item());
  Evidence unknown = check();
  unknown.certain = Truth::kUnknown;
  const std::vector<Evidence> with_present = {check(Reach::By::kNothing), unknown};
  EXPECT_EQ(status_name(setting.run(with_present).items[0].status), "unknown");
  const std::vector<Evidence> with_half = {of_mode(EvidenceMode::kResult), unknown};
  EXPECT_EQ(status_name(setting.run(with_half).items[0].status), "manual");
  const std::vector<Evidence> with_full = {of_mode(EvidenceMode::kMention), check(), unknown};
  EXPECT_EQ(setting.run(with_full).items[0].points, 1);
}

TEST(Score, TheTestScoreIsTheLowestSection) {
  const Setting setting(item());
  std::vector<Evidence> evidence = {check(),         for_rule("A-2"),
                                    for_rule("B-1"), for_rule("C-1"),
                                    for_rule("C-2"), for_rule("D-1", check(Reach::By::kManual))};
  const Scorecard card = setting.run(evidence);
  EXPECT_EQ(card.sections[0].strict, 2);
  EXPECT_EQ(card.test_score, 0.5);
  EXPECT_EQ(card.bottleneck, "D");
  EXPECT_EQ(card.band, band_of(0.5));
}

TEST(Score, ItemsThatDoNotApplyScoreZeroStrictlyAndLeaveTheOtherFigure) {
  Item subject = item();
  subject.not_applicable = {{{Trait::kLibrary}, {Trait::kServing}, "library without serving"}};
  const Setting setting(subject);
  Archetype library;
  library.traits = {Trait::kLibrary};
  std::vector<Evidence> evidence;
  for (int i = 2; i <= 4; ++i) {
    evidence.push_back(for_rule(i == 2 ? "A-2" : i == 3 ? "A-3" : "A-4"));
  }
  const Scorecard card = setting.run(evidence, library);
  EXPECT_EQ(status_name(card.items[0].status), "not-applicable");
  EXPECT_THAT(card.items[0].why, HasSubstr("library without serving"));
  EXPECT_EQ(card.sections[0].strict, 3);
  EXPECT_EQ(card.sections[0].applicable, 3.5);
  EXPECT_EQ(card.sections[0].applicable_items, 6);
  Archetype served;
  served.traits = {Trait::kServing, Trait::kLibrary};
  EXPECT_EQ(status_name(setting.run(evidence, served).items[0].status), "absent");
  EXPECT_EQ(setting.run({check()}, library).items[0].points, 1) << "what is there counts";
}

TEST(Score, WithoutAModelOnlyGeneralItemsApply) {
  Item general = item();
  general.needs_model = false;
  Archetype none;
  none.traits = {Trait::kNoMl};
  const Scorecard card = Setting(general).run({}, none);
  EXPECT_EQ(status_name(card.items[0].status), "absent");
  EXPECT_EQ(status_name(card.items[1].status), "not-applicable");
  EXPECT_EQ(card.sections[0].applicable_items, 1);
  EXPECT_EQ(card.test_score_applicable, 0);
}

TEST(Score, ReadinessIsTheLowestOfTheProfilesSections) {
  const Setting setting(item());
  Archetype served;
  served.traits = {Trait::kServing};
  const std::vector<Evidence> evidence = {check(), for_rule("A-2"), for_rule("B-1")};
  const Scorecard service = setting.run(evidence, served);
  EXPECT_EQ(service.profile, "service");
  EXPECT_TRUE(service.profile_detected);
  EXPECT_EQ(service.readiness, 1);
  EXPECT_THAT(service.not_scored, testing::ElementsAre("E"));
  EXPECT_EQ(setting.run(evidence).profile, "prototype");
  EXPECT_EQ(setting.run(evidence).readiness, 2);
  EXPECT_EQ(setting.run(evidence, served, "prototype").readiness, 2);
  EXPECT_FALSE(setting.run(evidence, served, "prototype").profile_detected);
}

TEST(Score, WhatNextBeginsWithTheFewestLinksInTheBottleneck) {
  const Setting setting(item());
  const std::vector<Evidence> evidence = {check(), for_rule("B-1"), for_rule("C-1"),
                                          for_rule("D-5", check(Reach::By::kNothing)),
                                          for_rule("D-6", of_mode(EvidenceMode::kMention))};
  const Scorecard card = setting.run(evidence);
  ASSERT_EQ(card.bottleneck, "D");
  ASSERT_GE(card.next.size(), 8u);
  EXPECT_EQ(card.items[card.next[0]].item->id, "D-5");
  EXPECT_EQ(card.items[card.next[1]].item->id, "D-6");
  EXPECT_EQ(card.items[card.next[2]].item->id, "D-1");
  EXPECT_EQ(card.items[card.next[7]].item->id, "A-2");
  for (size_t index : card.next) EXPECT_LT(card.items[index].points, 1);
}

TEST(Score, BandsAreClosedAbove) {
  EXPECT_NE(band_of(0), band_of(0.5));
  EXPECT_EQ(band_of(0.5), band_of(1));
  EXPECT_EQ(band_of(1.5), band_of(2));
  EXPECT_EQ(band_of(2.5), band_of(3));
  EXPECT_EQ(band_of(3.5), band_of(5));
  EXPECT_NE(band_of(5), band_of(5.5));
}

}  // namespace
}  // namespace mlgrade
