// Findings keep their fingerprint when lines move, and differ where their lines differ.
#include <gtest/gtest.h>

#include <string>
#include <vector>

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

std::string notebook(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) {
    out += std::string(out.empty() ? "" : ", ") +
           R"({"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": [")" +
           cell + R"("]})";
  }
  return R"({"nbformat": 4, "metadata": {"language_info": {"name": "python"}}, "cells": [)" + out + "]}";
}

// The report's finding at the line `scaler.fit(x)` of a notebook.
ReportFinding finding_in(const std::string& text) {
  AnalysisOptions options;
  options.jobs = 1;
  const auto analysis = analyse(memory_repo({{"train.ipynb", text}}), definitions(), options);
  const auto source = analysis->repo.read(FileId{0}, analysis->facts.problems);
  Finding finding;
  finding.rule = "automation/test-of-nothing";
  finding.message = "fitted here";
  for (uint32_t line = 1; line < 20; ++line) {
    if (source->line(line) == "scaler.fit(x)") finding.places.push_back({Span{FileId{0}, line, 1, line}, ""});
  }
  EXPECT_EQ(finding.places.size(), 1u);
  analysis->results.findings = {finding};
  return report_of(*analysis, definitions()).findings.at(0);
}

TEST(Fingerprint, SurvivesInsertedCells) {
  const ReportFinding before = finding_in(notebook({"import x", "scaler.fit(x)"}));
  const ReportFinding after = finding_in(notebook({"import x", "print(1)", "print(2)", "scaler.fit(x)"}));
  EXPECT_EQ(before.locations[0].place.cell, 2u);
  EXPECT_EQ(after.locations[0].place.cell, 4u);
  EXPECT_EQ(before.fingerprint, after.fingerprint);
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
