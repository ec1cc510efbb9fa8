// Findings keep their fingerprint when lines move, and differ where their lines differ.
#include <gtest/gtest.h>

#include "analyzer/run_analysis.h"

namespace mlgrade {
namespace {

std::vector<std::string> fingerprints(const std::string& test_file) {
  AnalysisOptions options;
  options.jobs = 1;
  const auto analysis = analyse(memory_repo({{"features.py", "def clean(text):\n    return text.strip()\n"},
                                             {"tests/test_features.py", test_file}}),
                                definitions(), options);
  std::vector<std::string> out;
  for (const ReportFinding& finding : report_of(*analysis, definitions()).findings) {
    if (finding.rule == "automation/test-of-nothing") out.push_back(finding.fingerprint);
  }
  return out;
}

const std::string kTest =
    "from features import clean\n\n\ndef test_clean():\n    clean('')\n    assert True\n";

TEST(Fingerprint, SurvivesMovedLines) {
  const auto before = fingerprints(kTest);
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(fingerprints("# a comment\n\n\n" + kTest), before);
}

TEST(Fingerprint, DiffersWithTheLine) {
  std::string other = kTest;
  other.replace(other.find("assert True"), 11, "assert 1 == 1");
  const auto changed = fingerprints(other);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_NE(changed, fingerprints(kTest));
}

}  // namespace
}  // namespace mlgrade
