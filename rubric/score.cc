// Verdicts -> items -> sections -> the ML Test Score, the readiness of a profile and what to do next.
// Source: E. Breck et al., "The ML Test Score", IEEE Big Data 2017, section VI: a section's score is the sum
// of its items, the final score the minimum over the sections.
#include <algorithm>
#include <limits>
#include <map>

#include "rubric/scorecard.h"

namespace mlgrade {
namespace {

constexpr double kFullSection = 7;  // sections A to D have seven items; the others are scaled to that
constexpr int kLinksOfNothing = 4;  // where there is nothing at all

using ByRule = std::map<std::string_view, std::vector<const Evidence*>, std::less<>>;

// The verdicts on one part of an item, the best first.
struct PartScore {
  const ItemPart* part = nullptr;
  std::vector<Verdict> verdicts;
  double points() const { return verdicts.empty() ? 0 : verdicts.front().points; }
};

int rank(Status status) {
  switch (status) {
    case Status::kAutomated:
      return 7;
    case Status::kManual:
    case Status::kAttested:
      return 6;
    case Status::kUnknown:
      return 5;
    case Status::kNeutralised:
      return 4;
    case Status::kPresent:
      return 3;
    case Status::kDeclared:
      return 2;
    default:
      return 1;
  }
}

bool better(const Verdict& a, const Verdict& b) {
  if (a.points != b.points) return a.points > b.points;
  if (rank(a.status) != rank(b.status)) return rank(a.status) > rank(b.status);
  if (a.links_missing != b.links_missing) return a.links_missing < b.links_missing;
  if (a.confidence != b.confidence) return a.confidence > b.confidence;
  if (a.gating != b.gating) return a.gating < b.gating;
  if (a.evidence->distance != b.evidence->distance) return a.evidence->distance < b.evidence->distance;
  if (a.evidence->place != b.evidence->place) return a.evidence->place < b.evidence->place;
  if (a.evidence->rule != b.evidence->rule) return a.evidence->rule < b.evidence->rule;
  return a.evidence->what < b.evidence->what;
}

// What an item that stands before has earned counts as its best evidence with the item's own points.
void take_item(const ItemEvidence& how, const std::vector<ItemScore>& before, PartScore& out) {
  const auto found = std::find_if(before.begin(), before.end(),
                                  [&](const ItemScore& score) { return score.item->id == how.item; });
  if (found == before.end() || found->evidence.empty()) return;
  Verdict verdict = found->evidence.front();
  verdict.status = found->status;
  verdict.points = found->points;
  verdict.missing = found->missing.empty() ? "" : how.item + ": " + found->missing;
  verdict.missing_at = found->missing_at;
  verdict.step = found->next;
  verdict.links_missing = found->links_missing;
  if (verdict.points > how.at_most) {
    verdict.points = how.at_most;
    verdict.status = how.at_most > 0 ? Status::kManual : Status::kPresent;
    verdict.missing = how.because;
    verdict.step.clear();
    ++verdict.links_missing;
  }
  verdict.chain = found->chain;
  out.verdicts.push_back(std::move(verdict));
}

PartScore grade_part(const Item& item, const ItemPart& part, const ByRule& by_rule, std::optional<Date> as_of,
                     const std::vector<ItemScore>& before) {
  PartScore out;
  out.part = &part;
  for (const ItemEvidence& how : part.evidence) {
    if (!how.item.empty()) {
      take_item(how, before, out);
      continue;
    }
    const auto found = by_rule.find(how.rule);
    if (found == by_rule.end()) continue;
    for (const Evidence* evidence : found->second) {
      if (!evidence->part.empty() && evidence->part != part.name && evidence->part != part.topic) continue;
      if (how.checks_only && evidence->mode != EvidenceMode::kCheck) continue;
      out.verdicts.push_back(judge(*evidence, item, how, as_of));
    }
  }
  std::stable_sort(out.verdicts.begin(), out.verdicts.end(), better);
  return out;
}

// Where most code is unread, that a trait was not seen says nothing.
bool fits(const ArchetypeTest& test, const Archetype& archetype) {
  if (!test.without.empty() && !archetype.unread.empty()) return false;
  const auto has = [&](Trait trait) { return archetype.has(trait); };
  return std::all_of(test.with.begin(), test.with.end(), has) &&
         std::none_of(test.without.begin(), test.without.end(), has);
}

std::string joined(const std::vector<Trait>& traits, const char* between) {
  std::string out;
  for (Trait trait : traits) out += (out.empty() ? "" : between) + std::string(trait_name(trait));
  return out;
}

// "the repository is of another kind (library without serving)", "there is no llm-app or agent here".
std::string of_another_kind(const ArchetypeTest& test) {
  const std::string lacks = joined(test.without, " or ");
  if (test.with.empty()) return "there is no " + lacks + " here";
  return "the repository is of another kind (" + joined(test.with, " and ") +
         (lacks.empty() ? "" : " without " + lacks) + ")";
}

// Why the item does not apply; empty if it does.
std::string inapplicable(const Item& item, const Archetype& archetype) {
  if (item.needs_model) {
    for (Trait trait : {Trait::kNoMl, Trait::kDocsOnly}) {
      if (archetype.has(trait))
        return "the repository holds no model (" + std::string(trait_name(trait)) + ")";
    }
  }
  for (const ArchetypeTest& test : item.not_applicable) {
    if (fits(test, archetype)) return of_another_kind(test);
  }
  return "";
}

void append_chain(const Verdict& verdict, std::vector<Link>& chain) {
  const Evidence& evidence = *verdict.evidence;
  if (!verdict.chain.empty()) {
    chain.insert(chain.end(), verdict.chain.begin(), verdict.chain.end());
    return;
  }
  for (Link& link : chain_of(evidence)) chain.push_back(std::move(link));
  if (verdict.points > 0 && verdict.gating == Effect::kSwallowed) {
    const Link& published = evidence.publishes ? evidence.publication : evidence.reach.publication;
    if (published.span.valid()) chain.push_back(published);
  }
}

// The part that stands most in the way: the first with the fewest points. Null when none lacks anything.
const PartScore* weakest(const std::vector<PartScore>& parts) {
  const PartScore* least = nullptr;
  for (const PartScore& part : parts) {
    if (part.points() < 1 && (least == nullptr || part.points() < least->points())) least = &part;
  }
  return least;
}

std::string nothing_found(const PartScore& part) {
  if (!part.part->none.empty()) return part.part->none;
  return part.part->name.empty() ? "nothing found" : "nothing found: " + part.part->name;
}

// What lacks, and the part that it lacks in; null when nothing does.
const PartScore* set_missing(ItemScore& score, const std::vector<PartScore>& parts) {
  if (score.points >= 1) return nullptr;
  const PartScore* lacking = weakest(parts);
  if (lacking == nullptr) lacking = &parts.front();
  if (lacking->verdicts.empty()) {
    // With several parts at nothing, speak of one that has something to say.
    for (const PartScore& part : parts) {
      if (score.points == 0 && part.points() == 0 && !part.verdicts.empty()) lacking = &part;
    }
  }
  if (lacking->verdicts.empty()) {
    score.missing = nothing_found(*lacking);
    score.links_missing = score.points > 0 ? 2 : kLinksOfNothing;
    return lacking;
  }
  const Verdict& verdict = lacking->verdicts.front();
  const std::string& name = lacking->part->name;
  score.missing = name.empty() ? verdict.missing : name + ": " + verdict.missing;
  score.missing_at = verdict.missing_at;
  score.links_missing = verdict.links_missing;
  score.next = verdict.step;
  return lacking;
}

void set_next(ItemScore& score) {
  if (score.points >= 1) return;
  if (!score.next.empty()) return;
  const Item& item = *score.item;
  switch (score.status) {
    case Status::kPresent:
    case Status::kNeutralised:
      score.next = item.next_present;
      break;
    case Status::kManual:
    case Status::kAttested:
      score.next = item.next_half.empty() ? "For the full point: " + item.full : item.next_half;
      break;
    case Status::kUnknown:
      score.next = score.evidence.empty() ? "Check this one by hand: " + item.next_absent
                                          : "Make the file readable to an analyser, then scan again.";
      break;
    default:
      score.next = item.next_absent;
  }
}

// One part's success is not glued to what another part lacks: that part's own evidence is named.
void set_why(ItemScore& score, const PartScore* lacking) {
  if (score.evidence.empty()) {
    score.why = score.missing;
    return;
  }
  const Evidence* best = score.evidence.front().evidence;
  score.why = best->what;
  if (score.points >= 1) return;
  const Verdict* verdict =
      lacking == nullptr || lacking->verdicts.empty() ? nullptr : &lacking->verdicts.front();
  if (verdict == nullptr) {
    score.why += "; " + score.missing;
  } else if (verdict->evidence == best) {
    score.why += ": " + verdict->missing;
  } else {
    score.why += "; " + lacking->part->name + ": " + verdict->evidence->what + ", but " + verdict->missing;
  }
}

double points_of(double sum, const Item& item, size_t parts) {
  constexpr double kEpsilon = 1e-9;
  if (parts > 0 && sum + kEpsilon >= std::min(item.full_parts, static_cast<double>(parts))) return 1;
  return sum + kEpsilon >= item.half_parts ? 0.5 : 0;
}

void set_verdict(ItemScore& score, const std::vector<PartScore>& parts) {
  double sum = 0;
  bool lacks = false;  // a part without which the others earn nothing
  for (const PartScore& part : parts) {
    sum += part.points();
    lacks |= part.part->needed && part.points() == 0;
    score.evidence.insert(score.evidence.end(), part.verdicts.begin(), part.verdicts.end());
    PartResult result{part.part, part.points(), {}};
    if (!part.verdicts.empty()) result.best = part.verdicts.front();
    score.parts.push_back(std::move(result));
  }
  std::stable_sort(score.evidence.begin(), score.evidence.end(), better);
  score.points = lacks ? 0 : points_of(sum, *score.item, parts.size());
  if (score.evidence.empty()) return;
  const Verdict& best = score.evidence.front();
  score.confidence = best.confidence;
  if (best.evidence->mode == EvidenceMode::kCheck && best.status != Status::kPresent)
    score.gating = best.gating;
  score.status = score.points >= 1  ? Status::kAutomated
                 : score.points > 0 ? Status::kManual
                                    : (best.points > 0 ? Status::kPresent : best.status);
  std::vector<const Evidence*> told;  // what speaks for two parts is told once
  for (const PartScore& part : parts) {
    if (part.points() <= 0) continue;
    const Verdict& verdict = part.verdicts.front();
    if (std::find(told.begin(), told.end(), verdict.evidence) != told.end()) continue;
    told.push_back(verdict.evidence);
    append_chain(verdict, score.chain);
  }
  if (score.chain.empty()) append_chain(best, score.chain);
}

// Nothing was found, or a name only, and most of the code could not be analysed: then nobody can tell.
void set_unread(ItemScore& score, const Archetype& archetype) {
  if (archetype.unread.empty() || !score.item->needs_code) return;
  if (score.status != Status::kAbsent && score.status != Status::kDeclared) return;
  score.status = Status::kUnknown;
  score.missing = "cannot tell: " + archetype.unread;
  score.missing_at = archetype.unread_at;
}

bool asked_for(const ItemPart& part, const Archetype& archetype) {
  return part.only_for.empty() || std::any_of(part.only_for.begin(), part.only_for.end(),
                                              [&](const auto& test) { return fits(test, archetype); });
}

template <typename Words>
const typename Words::value_type* word_on(const Words& words, const Item& item) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const auto& one) { return one.item == item.id; });
  return found == words.end() ? nullptr : &*found;
}

// The project's own word stands for half a point where less was found. What was found stays beside it.
void attest(ItemScore& score, const ScoreOptions& options) {
  if (options.settings == nullptr || score.points > 0) return;
  const Attestation* word = word_on(options.settings->attestations, *score.item);
  if (word == nullptr || (options.as_of && word->expires < *options.as_of)) return;
  score.attested = word;
  score.points = 0.5;
  score.status = Status::kAttested;
  score.gating.reset();
  score.confidence.reset();
  const std::string what =
      "attested by " + word->owner + " until " + format_date(word->expires) + ": " + word->reason;
  score.chain = {{word->place, what}};
  score.why = what;
  score.missing = "the project's own word, which nothing here shows";
  score.missing_at = word->place;
}

ItemScore grade_item(const Section& section, const Item& item, const ByRule& by_rule,
                     const Archetype& archetype, const ScoreOptions& options,
                     const std::vector<ItemScore>& before) {
  ItemScore score;
  score.section = &section;
  score.item = &item;
  std::vector<PartScore> parts;
  for (const ItemPart& part : item.parts) {
    if (asked_for(part, archetype)) parts.push_back(grade_part(item, part, by_rule, options.as_of, before));
  }
  set_verdict(score, parts);
  std::string reason = inapplicable(item, archetype);
  Span said_at;
  if (reason.empty() && options.settings != nullptr) {
    const NotApplicable* word = word_on(options.settings->not_applicable, item);
    if (word != nullptr) {
      reason = "the project says so: " + word->reason;
      said_at = word->place;
    }
  }
  if (score.points == 0 && !reason.empty()) {
    score.status = Status::kNotApplicable;
    score.why = "does not apply: " + reason;
    score.missing = score.why;
    score.missing_at = said_at;
    return score;
  }
  const PartScore* lacking = parts.empty() ? nullptr : set_missing(score, parts);
  set_unread(score, archetype);
  set_next(score);
  set_why(score, lacking);
  attest(score, options);
  return score;
}

SectionScore add_up(const Section& section, const std::vector<ItemScore>& items) {
  SectionScore out;
  out.section = &section;
  for (const ItemScore& item : items) {
    if (item.section != &section) continue;
    out.sum += item.points;
    if (item.attested != nullptr) out.attested += item.points;
    out.applicable_items += item.status != Status::kNotApplicable;
  }
  const auto count = static_cast<double>(section.items.size());
  if (count > 0) out.strict = kFullSection * out.sum / count;
  if (out.applicable_items > 0) out.applicable = kFullSection * out.sum / out.applicable_items;
  return out;
}

void set_test_score(Scorecard& card) {
  double strict = std::numeric_limits<double>::infinity();
  double applicable = strict;
  for (const SectionScore& section : card.sections) {
    if (!section.section->in_test_score) continue;
    if (section.strict < strict) {
      strict = section.strict;
      card.bottleneck = section.section->id;
    }
    if (section.applicable_items > 0) applicable = std::min(applicable, section.applicable);
  }
  const auto finite = [](double value) {
    return value == std::numeric_limits<double>::infinity() ? 0 : value;
  };
  card.test_score = finite(strict);
  card.test_score_applicable = finite(applicable);
  card.band = band_of(card.test_score);
}

const Profile* choose_profile(const Rubric& rubric, const Archetype& archetype, Scorecard& card,
                              std::string_view wanted) {
  if (!wanted.empty()) return find_profile(rubric, wanted);
  card.profile_detected = true;
  for (const Profile& profile : rubric.profiles) {
    for (const ArchetypeTest& test : profile.chosen_for) {
      if (fits(test, archetype)) return &profile;
    }
  }
  return rubric.profiles.empty() ? nullptr : &rubric.profiles.back();
}

void set_readiness(const Profile* profile, Scorecard& card) {
  if (profile == nullptr) return;
  card.profile = profile->name;
  double least = std::numeric_limits<double>::infinity();
  for (const std::string& wanted : profile->sections) {
    const auto found = std::find_if(card.sections.begin(), card.sections.end(),
                                    [&](const SectionScore& s) { return s.section->id == wanted; });
    if (found == card.sections.end()) {
      card.not_scored.push_back(wanted);
    } else {
      least = std::min(least, found->strict);
    }
  }
  if (least != std::numeric_limits<double>::infinity()) card.readiness = least;
}

// The bottleneck section first, then the weaker before the stronger; in each what lacks the fewest links.
void order_next(Scorecard& card) {
  std::map<const Section*, double> strict;
  for (const SectionScore& section : card.sections) strict[section.section] = section.strict;
  for (size_t i = 0; i < card.items.size(); ++i) {
    if (card.items[i].points < 1 && card.items[i].status != Status::kNotApplicable) card.next.push_back(i);
  }
  const auto key = [&](size_t i) {
    const ItemScore& item = card.items[i];
    const bool elsewhere = item.section->id != card.bottleneck;
    return std::make_tuple(elsewhere, strict[item.section], item.section->letter, item.links_missing, i);
  };
  std::sort(card.next.begin(), card.next.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
}

}  // namespace

std::vector<Link> chain_of(const Evidence& evidence) {
  std::vector<Link> out = evidence.reach.chain;
  const auto add = [&](const Link& link) {
    const bool repeats = !out.empty() && out.back().span.file == link.span.file &&
                         out.back().span.line == link.span.line && link.span.valid();
    if (repeats) {
      out.back().what = link.what;
    } else {
      out.push_back(link);
    }
  };
  // The place comes first, as what is run, unless the links name it where it belongs.
  const auto same_line = [&](const Link& link) {
    return link.span.file == evidence.place.file && link.span.line == evidence.place.line;
  };
  if (std::none_of(evidence.links.begin(), evidence.links.end(), same_line))
    add({evidence.place, evidence.what});
  for (const Link& link : evidence.links) add(link);
  return out;
}

std::string band_of(double test_score) {
  if (test_score <= 0) return "a research project rather than a production system";
  if (test_score <= 1) return "not untested, but expect serious holes";
  if (test_score <= 2) return "first steps towards production; more investment needed";
  if (test_score <= 3) return "reasonably tested; more of it could run by itself";
  if (test_score <= 5) return "strong automated testing and monitoring";
  return "exceptional automated testing and monitoring";
}

Scorecard score(const Rubric& rubric, const std::vector<Evidence>& evidence, const Archetype& archetype,
                const ScoreOptions& options) {
  ByRule by_rule;
  for (const Evidence& one : evidence) by_rule[one.rule].push_back(&one);
  Scorecard card;
  for (const Section& section : rubric.sections) {
    for (const Item& item : section.items) {
      card.items.push_back(grade_item(section, item, by_rule, archetype, options, card.items));
    }
  }
  for (const Section& section : rubric.sections) card.sections.push_back(add_up(section, card.items));
  set_test_score(card);
  const std::string& asked =
      options.profile.empty() && options.settings != nullptr ? options.settings->profile : options.profile;
  set_readiness(choose_profile(rubric, archetype, card, asked), card);
  order_next(card);
  return card;
}

}  // namespace mlgrade
