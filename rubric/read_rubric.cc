// rubric/*.yaml -> Rubric. One file a section; profiles.yaml holds the version and the profiles.
#include <algorithm>
#include <set>

#include "analyzer/base/strict_record.h"
#include "rubric/scorecard.h"

namespace mlgrade {
namespace {

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words(1);
  for (char c : text) {
    if (c == ' ' && !words.back().empty()) words.emplace_back();
    if (c != ' ') words.back() += c;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// "library without serving", "training serving".
std::vector<ArchetypeTest> read_tests(StrictRecord& record, std::string_view key) {
  std::vector<ArchetypeTest> tests;
  for (const std::string& text : record.texts(key)) {
    ArchetypeTest test;
    test.text = text;
    bool without = false;
    for (const std::string& word : split_words(text)) {
      if (word == "without") {
        without = true;
      } else if (const auto trait = trait_of_name(word)) {
        (without ? test.without : test.with).push_back(*trait);
      } else {
        record.problem(record.line(), "`" + word + "` is no trait of an archetype");
      }
    }
    tests.push_back(std::move(test));
  }
  return tests;
}

ItemEvidence read_evidence(const DataNode& node, StrictRecord& parent) {
  ItemEvidence out;
  if (node.is_scalar()) {
    out.rule = node.text;
    return out;
  }
  StrictRecord record(node, parent.document(), parent.problems());
  out.item = record.text("item");
  if (out.item.empty()) {
    out.rule = record.required_text("rule");
  } else if (record.has("rule")) {
    record.problem(node.line, "evidence is of a `rule` or of an `item`, not of both");
  }
  out.at_most = record.number("at_most", 1);
  out.because = record.text("because");
  out.checks_only = record.flag("checks_only", false);
  if (out.at_most < 1 && out.because.empty()) record.problem(node.line, "`at_most` needs `because`");
  record.finish();
  return out;
}

void read_evidence_list(StrictRecord& record, ItemPart& part) {
  const DataNode* list = record.node("evidence");
  if (list == nullptr) return;
  if (!list->is_sequence()) record.problem(list->line, "`evidence` must be a list of rules");
  for (const DataNode& node : list->items) part.evidence.push_back(read_evidence(node, record));
}

void read_parts(StrictRecord& record, Item& item) {
  ItemPart whole;
  read_evidence_list(record, whole);
  if (!whole.evidence.empty()) item.parts.push_back(std::move(whole));
  if (const DataNode* parts = record.node("parts")) {
    if (!item.parts.empty()) record.problem(parts->line, "an item has `evidence` or `parts`, not both");
    for (const DataNode& node : parts->items) {
      StrictRecord part_record(node, record.document(), record.problems());
      ItemPart part;
      part.name = part_record.required_text("name");
      part.needed = part_record.flag("needed", false);
      part.only_for = read_tests(part_record, "only_for");
      part.topic = part_record.text("topic");
      part.none = part_record.text("none");
      read_evidence_list(part_record, part);
      if (part.evidence.empty()) part_record.problem(node.line, "a part without `evidence`");
      part_record.finish();
      item.parts.push_back(std::move(part));
    }
  }
  if (item.parts.empty()) record.problem(record.line(), "an item without `evidence` can never earn a point");
}

Item read_item(const DataNode& node, StrictRecord& section) {
  StrictRecord record(node, section.document(), section.problems());
  Item item;
  item.line = node.line;
  item.id = record.required_text("id");
  item.title = record.required_text("title");
  item.question = record.required_text("question");
  item.half = record.required_text("half");
  item.full = record.required_text("full");
  item.source = record.required_text("source");
  item.next_absent = record.required_text("next_absent");
  item.next_present = record.required_text("next_present");
  item.next_half = record.text("next_half");
  item.unprovable = record.required_text("unprovable");
  item.blocking = record.flag("blocking", false);
  item.needs_model = record.flag("needs_model", true);
  item.needs_code = record.flag("needs_code", true);
  item.not_applicable = read_tests(record, "not_applicable");
  item.full_share = record.number("full_share", 0);
  item.full_parts = record.number("full_parts", 1);
  item.half_parts = record.number("half_parts", 0.5);
  read_parts(record, item);
  record.finish();
  return item;
}

void read_section(const DataNode& root, std::string_view path, Rubric& rubric,
                  std::vector<Problem>& problems) {
  StrictRecord record(root, path, problems);
  Section section;
  section.id = record.required_text("section");
  section.letter = record.required_text("letter");
  section.title = record.required_text("title");
  section.in_test_score = record.flag("test_score", false);
  const DataNode* items = record.node("items");
  if (items == nullptr || !items->is_sequence() || items->items.empty()) {
    record.problem(root.line, "a section needs a list of `items`");
  } else {
    for (const DataNode& node : items->items) section.items.push_back(read_item(node, record));
  }
  record.finish();
  rubric.sections.push_back(std::move(section));
}

void read_profiles(const DataNode& root, std::string_view path, Rubric& rubric,
                   std::vector<Problem>& problems) {
  StrictRecord record(root, path, problems);
  rubric.version = record.required_text("version");
  if (const DataNode* profiles = record.node("profiles")) {
    for (const DataNode& node : profiles->items) {
      StrictRecord profile_record(node, path, problems);
      Profile profile;
      profile.name = profile_record.required_text("name");
      profile.summary = profile_record.required_text("summary");
      profile.sections = profile_record.texts("sections");
      profile.chosen_for = read_tests(profile_record, "chosen_for");
      profile_record.finish();
      rubric.profiles.push_back(std::move(profile));
    }
  }
  if (rubric.profiles.empty()) record.problem(root.line, "no `profiles`");
  record.finish();
}

// Items may take what others earned only if those are scored before them.
void check_taken(const Item& item, const std::set<std::string>& before, std::vector<Problem>& problems) {
  for (const ItemPart& part : item.parts) {
    for (const ItemEvidence& how : part.evidence) {
      if (how.item.empty() || before.contains(how.item)) continue;
      Problem problem;
      problem.span.line = item.line;
      problem.message = item.id + ": takes what " + how.item + " earned, which does not stand before it";
      problems.push_back(problem);
    }
  }
}

void check_ids(const Rubric& rubric, std::vector<Problem>& problems) {
  std::set<std::string> seen;
  for (const Section& section : rubric.sections) {
    for (const Item& item : section.items) {
      check_taken(item, seen, problems);
      Problem problem;
      problem.span.line = item.line;
      if (!item.id.starts_with(section.id + "-")) {
        problem.message = item.id + ": does not start with the name of its section, " + section.id;
        problems.push_back(problem);
      }
      if (!seen.insert(item.id).second) {
        problem.message = item.id + ": there are two items of this name";
        problems.push_back(problem);
      }
    }
  }
}

}  // namespace

Rubric read_rubric(const std::vector<std::pair<std::string, DataNode>>& documents,
                   std::vector<Problem>& problems) {
  Rubric rubric;
  for (const auto& [path, root] : documents) {
    if (path.ends_with("profiles.yaml")) {
      read_profiles(root, path, rubric, problems);
    } else if (!path.ends_with("stages.yaml")) {  // the engine's
      read_section(root, path, rubric, problems);
    }
  }
  std::sort(rubric.sections.begin(), rubric.sections.end(),
            [](const Section& a, const Section& b) { return a.letter < b.letter; });
  check_ids(rubric, problems);
  return rubric;
}

const Profile* find_profile(const Rubric& rubric, std::string_view name) {
  for (const Profile& profile : rubric.profiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

const Item* find_item(const Rubric& rubric, std::string_view id) {
  for (const Section& section : rubric.sections) {
    for (const Item& item : section.items) {
      if (item.id == id) return &item;
    }
  }
  return nullptr;
}

}  // namespace mlgrade
