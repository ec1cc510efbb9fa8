// Several ML systems in one repository: which are found, and that evidence of one does not answer for
// another.
#include <gtest/gtest.h>

#include <algorithm>

#include "analyzer/run_analysis.h"

namespace mlgrade {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

const char* kTrain =
    "import joblib\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n\n\n"
    "def main():\n    rows = pd.read_csv('rows.csv')\n"
    "    joblib.dump(LogisticRegression().fit(rows[['a']], rows['y']), 'model.joblib')\n\n\n"
    "if __name__ == '__main__':\n    main()\n";
const char* kFeatures = "def clean_text(text):\n    text = text.strip()\n    return text.lower()\n";
const char* kTest =
    "from features import clean_text\n\n\ndef test_empty():\n    assert clean_text('') == ''\n";

Files project(const std::string& root) {
  return {{root + "/pyproject.toml", "[project]\nname = 'x'\n"},
          {root + "/train.py", kTrain},
          {root + "/features.py", kFeatures}};
}

Files file(std::string path, std::string text) {
  Files out;
  out.emplace_back(std::move(path), std::move(text));
  return out;
}

Files operator+(Files a, const Files& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::unique_ptr<Analysis> scan(const Files& files, const std::string& alone = "") {
  AnalysisOptions options;
  options.jobs = 1;
  options.project = alone;
  return analyse(memory_repo(files), definitions(), options);
}

std::vector<std::string> roots(const Files& files) {
  std::vector<std::string> out;
  const auto analysis = scan(files);
  for (const ProjectScore& score : analysis->projects) out.push_back(score.project.root);
  return out;
}

double points(const Analysis& analysis, std::string_view id) {
  for (const ItemScore& item : analysis.card.items) {
    if (item.item->id == id) return item.points;
  }
  return -1;
}

using Roots = std::vector<std::string>;

TEST(Projects, FoldersWithManifestTrainingAndStart) {
  EXPECT_EQ(roots(project("churn") + project("fraud")), (Roots{"churn", "fraud"}));
  EXPECT_EQ(roots(project("ml/churn") + project("ml/fraud")), (Roots{"ml/churn", "ml/fraud"}));
}

TEST(Projects, OfEqualsOneThatTrainsIsShown) {
  const Files page = {{"assistant/requirements.txt", "openai\nstreamlit\n"},
                      {"assistant/page.py",
                       "import openai\nimport streamlit as st\n\nst.title('Ask')\nclient = openai.OpenAI()\n"
                       "st.write(client.chat.completions.create(model='gpt-4o', messages=[]))\n"}};
  const auto analysis = scan(page + project("churn"));
  ASSERT_EQ(analysis->projects.size(), 2u);
  EXPECT_EQ(analysis->projects[0].test_score, analysis->projects[1].test_score);
  EXPECT_EQ(analysis->project, "churn");
}

TEST(Projects, OneIsTheRepositoryItself) {
  EXPECT_TRUE(roots(project("churn")).empty());
  EXPECT_TRUE(roots(file("pyproject.toml", "") + file("train.py", kTrain)).empty());
}

TEST(Projects, StagesOfOneSystemAreNone) {
  EXPECT_TRUE(roots({{"training/requirements.txt", "scikit-learn\n"},
                     {"training/train.py", kTrain},
                     {"tuning/requirements.txt", "scikit-learn\n"},
                     {"tuning/tune.py", kTrain}})
                  .empty());
  EXPECT_EQ(roots(Files{{"churn/training/requirements.txt", "scikit-learn\n"},
                        {"churn/training/train.py", kTrain},
                        {"churn/serving/requirements.txt", "fastapi\n"}} +
                  project("fraud")),
            (Roots{"churn", "fraud"}));
}

TEST(Projects, WithoutManifestTrainingOrStartThereIsNone) {
  EXPECT_TRUE(roots(project("churn") + file("fraud/train.py", kTrain)).empty());
  EXPECT_TRUE(
      roots(project("churn") + file("web/pyproject.toml", "") + file("web/features.py", kFeatures)).empty());
  EXPECT_TRUE(roots(project("churn") + project("examples/fraud")).empty());
}

TEST(Projects, WhatAnotherImportsIsALibrary) {
  Files files = project("churn") + project("scoring");
  files.push_back({"churn/report.py", "from scoring.features import clean_text\nprint(clean_text('A'))\n"});
  EXPECT_TRUE(roots(files).empty());
}

TEST(Projects, AProgramAtTheTopBringsThemTogether) {
  Files files = project("churn") + project("fraud") + file("pyproject.toml", "");
  files.push_back({"scripts/all.py",
                   "from churn.train import main\nfrom sklearn.svm import SVC\n\n"
                   "if __name__ == '__main__':\n    main()\n    SVC().fit([[0]], [0])\n"});
  EXPECT_EQ(roots(files), (Roots{"churn", "fraud"}));
}

TEST(Projects, OnePipelineOverSeveralIsOneSystem) {
  Files files = project("churn") + project("fraud");
  files.push_back(
      {"dvc.yaml", "stages:\n  a:\n    cmd: python churn/train.py\n  b:\n    cmd: python fraud/train.py\n"});
  EXPECT_TRUE(roots(files).empty());
}

TEST(Projects, TheTopBesideOthers) {
  Files files = project("fraud") + project("churn") + file("pyproject.toml", "") + file("train.py", kTrain);
  EXPECT_EQ(roots(files), (Roots{"", "churn", "fraud"}));
}

Files tested_and_untested() {
  return project("churn") + project("fraud") +
         Files{{"churn/tests/test_features.py", kTest},
               {".github/workflows/ci.yml",
                "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"
                "      - run: pytest tests\n        working-directory: churn\n"}};
}

TEST(Projects, EvidenceOfOneDoesNotAnswerForAnother) {
  const auto churn = scan(tested_and_untested(), "churn");
  EXPECT_EQ(points(*churn, "DATA-7"), 1);
  const auto fraud = scan(tested_and_untested(), "fraud");
  EXPECT_EQ(points(*fraud, "DATA-7"), 0);
}

TEST(Projects, SharedFilesSpeakForThoseTheyName) {
  const Files files = tested_and_untested() +
                      Files{{".github/dependabot.yml",
                             "version: 2\nupdates:\n  - package-ecosystem: pip\n    directory: /churn\n"},
                            {"churn/requirements.txt", "pandas==2.2.0\n"},
                            {"fraud/requirements.txt", "pandas==2.2.0\n"}};
  EXPECT_EQ(points(*scan(files, "churn"), "MON-1"), 0.5);
  EXPECT_EQ(points(*scan(files, "fraud"), "MON-1"), 0);
}

TEST(Projects, TheWholeShowsTheWeakest) {
  const auto whole = scan(tested_and_untested());
  ASSERT_EQ(whole->projects.size(), 2u);
  ASSERT_TRUE(whole->project);
  EXPECT_EQ(*whole->project, "fraud");
  EXPECT_TRUE(whole->projects[1].shown);
  EXPECT_FALSE(whole->projects[0].shown);
  const Report report = report_of(*whole, definitions());
  EXPECT_EQ(report.project, "fraud");
  EXPECT_EQ(report.projects.size(), 2u);
}

TEST(Projects, AFolderThatIsNoneIsTakenForOne) {
  const auto alone =
      scan({{"a/train.py", kTrain},
            {"a/features.py", kFeatures},
            {"tests/test_features.py",
             "import sys\nfrom other import clean_text\n\n\n"
             "def test_empty():\n    assert clean_text('') == ''\n"},
            {"other.py", kFeatures},
            {".github/workflows/ci.yml",
             "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n"}},
           "a");
  EXPECT_EQ(*alone->project, "a");
  EXPECT_EQ(points(*alone, "DATA-7"), 0);
}

}  // namespace
}  // namespace mlgrade
