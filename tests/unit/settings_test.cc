// `.mlgrade.yaml`: what it gives, and every mistake with its line.
#include "rubric/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "analyzer/base/embedded.h"
#include "analyzer/run_analysis.h"
#include "analyzer/run_settings.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Date kToday = *parse_date("2026-06-01");

struct Read {
  ProjectSettings settings;
  std::vector<std::string> mistakes;
};

Read read(const std::string& text) {
  Read out;
  const ParsedData parsed = parse_yaml(text, FileId::kNone);
  EXPECT_TRUE(parsed.ok());
  const SettingsContext context{.rubric = definitions().rubric,
                                .as_of = kToday,
                                .has_path = [](std::string_view path) { return path == "docs/oversight.md"; },
                                .folder = ""};
  std::vector<Problem> problems;
  out.settings = read_settings(parsed.root(), FileId::kNone, ".mlgrade.yaml", context, problems);
  for (const Problem& problem : problems) out.mistakes.push_back(problem.message);
  return out;
}

std::string attestation(const std::string& item, const std::string& evidence, const std::string& expires) {
  return "attestations:\n  - item: " + item +
         "\n    reason: seen by people\n    owner: claims\n    evidence: " + evidence +
         "\n    expires: " + expires + "\n";
}

TEST(Settings, GiveProfileItemsAndAttestations) {
  const Read got = read("profile: high-risk\nnot_applicable:\n  - {item: PROD-3, reason: one tenant}\n" +
                        attestation("RISK-7", "docs/oversight.md", "2026-12-31"));
  EXPECT_THAT(got.mistakes, IsEmpty());
  EXPECT_EQ(got.settings.profile, "high-risk");
  ASSERT_EQ(got.settings.not_applicable.size(), 1u);
  EXPECT_EQ(got.settings.not_applicable[0].reason, "one tenant");
  ASSERT_EQ(got.settings.attestations.size(), 1u);
  EXPECT_EQ(got.settings.attestations[0].owner, "claims");
  EXPECT_EQ(got.settings.attestations[0].place.line, 5u);
  EXPECT_EQ(format_date(got.settings.attestations[0].expires), "2026-12-31");
}

TEST(Settings, TakeALinkForEvidenceAndTheLastDay) {
  EXPECT_THAT(read(attestation("RISK-7", "https://wiki.test/oversight", "2026-06-01")).mistakes, IsEmpty());
  EXPECT_THAT(read("").mistakes, IsEmpty());
  EXPECT_THAT(read("# nothing yet\n").mistakes, IsEmpty());
}

TEST(Settings, NameTheLineOfEachMistake) {
  EXPECT_THAT(read("profil: service\n").mistakes,
              ElementsAre(AllOf(HasSubstr(".mlgrade.yaml:1: "), HasSubstr("profile"))));
  EXPECT_THAT(read("profile: servise\n").mistakes,
              ElementsAre(HasSubstr(".mlgrade.yaml:1: no profile `servise`; there are ")));
  EXPECT_THAT(read(attestation("RISK-77", "docs/oversight.md", "2026-12-31")).mistakes,
              ElementsAre(HasSubstr(".mlgrade.yaml:2: there is no item `RISK-77`; is it `RISK-7`?")));
  EXPECT_THAT(read(attestation("RISK-7", "docs/none.md", "2026-12-31")).mistakes,
              ElementsAre(HasSubstr(".mlgrade.yaml:5: `docs/none.md` is neither a link nor a path")));
  EXPECT_THAT(read(attestation("RISK-7", "../docs/oversight.md", "2026-12-31")).mistakes,
              ElementsAre(HasSubstr(".mlgrade.yaml:5: ")));
  EXPECT_THAT(read(attestation("RISK-7", "docs/oversight.md", "2026-05-31")).mistakes,
              ElementsAre(HasSubstr(".mlgrade.yaml:6: expired: it held until 2026-05-31")));
  EXPECT_THAT(read(attestation("RISK-7", "docs/oversight.md", "next May")).mistakes,
              ElementsAre(HasSubstr(".mlgrade.yaml:6: `next May` is no date")));
}

TEST(Settings, AskForAllThatAnAttestationNeeds) {
  const std::vector<std::string> mistakes = read("attestations:\n  - item: RISK-7\n    resaon: x\n").mistakes;
  ASSERT_EQ(mistakes.size(), 5u);
  EXPECT_THAT(mistakes, testing::Contains(HasSubstr("missing `owner`")));
  EXPECT_THAT(mistakes,
              testing::Contains(AllOf(HasSubstr(":3: "), HasSubstr("`resaon`"), HasSubstr("reason"))));
  EXPECT_THAT(read("attestations: RISK-7\n").mistakes,
              ElementsAre(HasSubstr(":1: `attestations` must be a list")));
  const std::string one = attestation("RISK-7", "docs/oversight.md", "2026-12-31");
  EXPECT_THAT(read(one + one.substr(one.find("  - "))).mistakes, ElementsAre(HasSubstr("attested twice")));
}

// The published schema and the reader know the same keys.
TEST(Settings, AgreeWithTheirSchema) {
  const auto files = embedded_files();
  const auto schema = std::find_if(files.begin(), files.end(), [](const EmbeddedFile& file) {
    return file.path == "reports/settings.schema.json";
  });
  ASSERT_NE(schema, files.end());
  const ParsedData parsed = parse_json(schema->text, FileId::kNone);
  const DataNode* properties = parsed.root().find("properties");
  ASSERT_NE(properties, nullptr);
  for (const DataEntry& entry : properties->entries) {
    for (const std::string& mistake : read(entry.first + ":\n").mistakes) ADD_FAILURE() << mistake;
  }
  const DataNode* profiles = parsed.root().at({"properties", "profile", "enum"});
  ASSERT_NE(profiles, nullptr);
  for (const Profile& profile : definitions().rubric.profiles) {
    EXPECT_THAT(profiles->strings(), testing::Contains(profile.name));
  }
}

AllSettings of_files(std::vector<std::pair<std::string, std::string>> files) {
  return read_all_settings(memory_repo(std::move(files)), definitions().rubric, definitions().rules, kToday);
}

TEST(AllSettings, BelongToTheFolderTheyLieIn) {
  const AllSettings all = of_files({{".mlgrade.yaml", "profile: service\n"},
                                    {"churn/.mlgrade.yaml", attestation("RISK-7", "docs/a.md", "2026-12-31")},
                                    {"churn/docs/a.md", "# A\n"}});
  EXPECT_THAT(all.mistakes, IsEmpty());
  ASSERT_NE(all.of("churn"), nullptr);
  EXPECT_EQ(all.of("churn")->attestations.size(), 1u);
  EXPECT_EQ(all.of("other")->profile, "service");
  EXPECT_EQ(of_files({{"a.py", "x = 1\n"}}).of(""), nullptr);
}

TEST(AllSettings, ThatDoNotParseAreMistakes) {
  EXPECT_THAT(of_files({{".mlgrade.yaml", "profile: [service\n"}}).mistakes,
              ElementsAre(HasSubstr(".mlgrade.yaml:")));
  EXPECT_THAT(of_files({{".mlgrade.yaml", "profile: service\nprofile: prototype\n"}}).mistakes,
              ElementsAre(HasSubstr(".mlgrade.yaml:")));
}

}  // namespace
}  // namespace mlgrade
