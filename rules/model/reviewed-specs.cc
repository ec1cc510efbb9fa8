// Changes to the model's code and settings pass another pair of eyes: enforced, agreed in writing, or only
// possible.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/owners.h"
#include "rules/support/results.h"

namespace mlgrade::rules {
namespace {

constexpr uint32_t kEnoughMerges = 5;
constexpr double kReviewedShare = 0.8;

// A file that specifies the model: what a review must cover. Training code, else what asks a language model,
// else a notebook that trains.
FileId model_code(const RuleInput& in) {
  FileId notebook = FileId::kNone;
  for (std::string_view capability : {"trains-model", "calls-llm", "builds-agent"}) {
    for (const Use* use : product_uses(in, capability)) {
      if (use->file == FileId::kNone) continue;
      if (!is_notebook(in.facts, use->file)) return use->file;
      if (notebook == FileId::kNone) notebook = use->file;
    }
  }
  for (const TraitReason& reason : in.facts.archetype.reasons) {
    if (reason.trait == Trait::kTraining && !is_notebook(in.facts, reason.span.file)) return reason.span.file;
  }
  return notebook;
}

const OwnerRule* owner_of(const RuleInput& in, FileId file) {
  const OwnerRule* last = mlgrade::owner_of(in.facts, in.facts.path(file));
  if (last == nullptr || last->owners.empty()) return nullptr;
  // Everything owned by one person: that person's own changes meet nobody. Teams have a '/' in their name.
  bool everything = owns_everything(last->pattern);
  bool one_person = last->owners.size() == 1 && last->owners.front().find('/') == std::string::npos;
  return everything && one_person ? nullptr : last;
}

// Branch protection kept as code: the probot settings file, or a rule of an infrastructure tool.
const ConfigKey* protection(const RuleInput& in) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    std::string_view path = in.facts.path(document.file);
    bool settings = path == ".github/settings.yml" || path == ".github/settings.yaml" ||
                    path.starts_with(".github/rulesets/") || path.starts_with("infra/github");
    if (!settings) continue;
    for (std::string_view pattern :
         {"branches.protection.required_pull_request_reviews.required_approving_review_count",
          "**.required_approving_review_count", "**.require_code_owner_review",
          "**.require_code_owner_reviews"}) {
      const ConfigKey* key = find_key(document, pattern);
      if (key != nullptr && key->value != "0" && key->value != "false") return key;
    }
  }
  return nullptr;
}

bool speaks_of_requests(std::string_view text) {
  return contains_phrase(text, "pull request") || contains_phrase(text, "pull requests") ||
         contains_phrase(text, "PR") || contains_phrase(text, "PRs") ||
         contains_phrase(text, "merge request");
}

// A guide tells what becomes of a change: a page that says nobody may make one tells nothing. One that is
// written in another language, or not in Markdown, has its name alone.
bool guides(const FactStore& facts, const FileFact& file) {
  const auto document = std::find_if(facts.documents.begin(), facts.documents.end(),
                                     [&](const Document& d) { return d.file == file.id; });
  if (document == facts.documents.end()) return true;
  constexpr uint32_t kFewWords = 60;
  if (document->words >= kFewWords) return true;
  const auto tells = [](std::string_view text) {
    return speaks_of_requests(text) ||
           has_word(text, {"review", "reviews", "reviewed", "reviewer", "reviewers", "approve", "approved",
                           "branch", "branches", "fork", "commit", "commits", "merge", "rebase", "patch"});
  };
  return std::any_of(document->paragraphs.begin(), document->paragraphs.end(),
                     [&](const Paragraph& p) { return tells(p.text); }) ||
         std::any_of(document->headings.begin(), document->headings.end(),
                     [&](const Heading& h) { return tells(h.text); }) ||
         !document->links.empty();
}

// Something that tells contributors how changes are reviewed.
Link agreement(const RuleInput& in) {
  for (const FileFact& file : in.facts.files) {
    if (file.sample || file.vendored || file.bytes < 40) continue;
    std::string_view path = file.path.view();
    std::string_view name = path.substr(path.rfind('/') + 1);
    bool contributing = contains_phrase(name, "contributing") && path.find('/') == std::string_view::npos;
    contributing |=
        path == ".github/CONTRIBUTING.md" || path == "docs/CONTRIBUTING.md" || path == "docs/contributing.md";
    bool pull =
        contains_phrase(path, "pull request template") || contains_phrase(path, "merge request templates");
    if (contributing && guides(in.facts, file)) return {Span{file.id, 1, 1, 1}, "tells how to contribute"};
    if (pull) return {Span{file.id, 1, 1, 1}, "asks for what a review needs"};
  }
  return {};
}

// Somebody looks and decides: reviews, approves, merges "if we like the results".
bool speaks_of_judgement(std::string_view text) {
  const bool review = has_word(text, {"review", "reviews", "reviewed", "reviewer", "reviewers", "approve",
                                      "approves", "approved", "approval", "approvals"});
  const bool decides =
      has_word(text, {"merge", "merged", "merging"}) &&
      has_word(text, {"like", "likes", "satisfied", "happy", "agree", "agreed", "accept", "accepted"});
  return review || decides;
}

// A sentence that asks for something, not an entry of a table of contents such as "Pull request process".
bool instructs(const Paragraph& paragraph) {
  constexpr std::ptrdiff_t kSentence = 4;  // spaces between words, from which on a list item tells something
  const std::string_view text = paragraph.text;
  const std::string_view first = text.substr(0, text.find(' '));
  return !paragraph.list_item || std::count(text.begin(), text.end(), ' ') >= kSentence ||
         has_word(first, {"open", "submit", "create", "send", "make", "raise", "push", "file", "propose",
                          "start", "get", "ask", "wait", "merge", "review", "approve", "request"});
}

// What is to come one day: no one reviews by it yet.
bool is_to_come(const Document& document, const Paragraph& paragraph) {
  const auto plans = [](std::string_view text) {
    return contains_phrase(text, "next step") || contains_phrase(text, "next steps") ||
           contains_phrase(text, "in the future") || contains_phrase(text, "future work") ||
           contains_phrase(text, "not yet") || has_word(text, {"roadmap", "todo", "backlog"});
  };
  if (plans(paragraph.text)) return true;
  if (paragraph.heading == kNone) return false;
  const std::string& heading = document.headings[paragraph.heading].text;
  return plans(heading) || has_word(heading, {"future", "planned"});
}

// A document that says how changes are judged in pull requests, in one paragraph or in two of one list, or
// how to contribute one. What runs on pull requests says nothing of who reads them.
Link described_flow(const RuleInput& in) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (const Paragraph& paragraph : document.paragraphs) {
      if (!speaks_of_requests(paragraph.text) || !instructs(paragraph) || is_to_come(document, paragraph))
        continue;
      if (paragraph.heading != kNone) {
        const std::string& heading = document.headings[paragraph.heading].text;
        if (paragraph.list_item &&
            has_word(heading, {"contributing", "contribute", "contributions", "contribution"}))
          return {paragraph.span, "tells how to contribute"};
      }
      const bool judged =
          std::any_of(document.paragraphs.begin(), document.paragraphs.end(), [&](const Paragraph& other) {
            const bool near = &other == &paragraph || (paragraph.heading != kNone && other.list_item &&
                                                       other.heading == paragraph.heading);
            return near && instructs(other) && speaks_of_judgement(other.text);
          });
      if (judged) return {paragraph.span, "describes how changes are reviewed"};
    }
  }
  return {};
}

// The history shows that most changes came in by pull requests of several people; empty if it does not.
std::string seen_reviews(const History& history) {
  constexpr uint32_t kFewMerges = 3;
  constexpr uint32_t kManySquashes = 20;
  constexpr double kShare = 0.4;  // of what people put on the main line
  if (!history.available || history.authors < 3) return "";
  const uint32_t requests = history.main_merges + history.squash_merges;
  if (requests < kShare * history.main_line) return "";
  const bool reviewed =
      history.reviewed_merges >= kFewMerges && history.reviewed_merges * 2 >= history.main_merges;
  if (!reviewed && history.squash_merges < kManySquashes) return "";
  return fmt::format("{} of {} changes of the main line are merged pull requests, of {} authors", requests,
                     history.main_line, history.authors);
}

void run(const RuleInput& in, RuleOutput& output) {
  FileId code = model_code(in);
  if (code == FileId::kNone) return;
  Evidence evidence;
  evidence.place = Span{code, 1, 1, 1};
  evidence.mode = EvidenceMode::kStanding;
  evidence.what = "model code under version control";
  evidence.links.push_back({evidence.place, "model code under version control"});
  const OwnerRule* owner = owner_of(in, code);
  const ConfigKey* rule = protection(in);
  const History& history = in.facts.history;
  bool reviewed = history.merges >= kEnoughMerges &&
                  history.reviewed_merges >= kReviewedShare * static_cast<double>(history.merges);
  if (owner != nullptr) evidence.links.push_back({owner->span, "names who reviews it"});
  if (owner != nullptr && (rule != nullptr || reviewed)) {
    evidence.mode = EvidenceMode::kCheck;
    evidence.runs_itself = true;
    evidence.what = "owners review every change of the model code";
    if (rule != nullptr) evidence.links.push_back({rule->span, "requires the review"});
    if (rule == nullptr) {
      evidence.links.push_back(
          {owner->span, fmt::format("{} of {} merges were made by another than the author",
                                    history.reviewed_merges, history.merges)});
    }
    output.evidence.push_back(std::move(evidence));
    return;
  }
  evidence.worth = 0.5;
  evidence.worth_why = "nothing here enforces a review";
  Link agreed = agreement(in);
  Link described = described_flow(in);
  if (agreed.span.valid()) {
    evidence.links.push_back(agreed);
  } else if (owner == nullptr && rule == nullptr) {
    if (const std::string seen = seen_reviews(history); !seen.empty()) {
      evidence.links.push_back({evidence.place, seen});
      evidence.confidence = Confidence::kMedium;
    } else if (described.span.valid()) {
      evidence.links.push_back(described);
      evidence.confidence = Confidence::kLow;
    } else {
      evidence.defeat = "no template, guide, owner or protection asks for a review";
      evidence.defeat_at = evidence.place;
    }
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule model_reviewed_specs;
const Rule model_reviewed_specs{
    .summary = "changes to model code and settings are reviewed before they count",
    .why = "A model's specification that anybody can change unseen cannot be traced when it goes wrong.",
    .fix =
        "Name owners for the model's folders in CODEOWNERS and keep the branch protection that requires "
        "their review as "
        "code.",
    .source = "Breck et al. 2017, table II, Model 1",
    .run = run,
};

}  // namespace mlgrade::rules
