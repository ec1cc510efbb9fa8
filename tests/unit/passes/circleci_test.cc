// CircleCI: which jobs a push starts, in which order, and what becomes of their failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/file_pass.h"
#include "tests/support/reach.h"
#include "tests/support/show_automation.h"

namespace mlgrade {
namespace passes {
extern const FilePass circleci;
}

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

AutomationFile read(std::string text, std::string path = ".circleci/config.yml") {
  FileFacts facts = run_pass(passes::circleci, source_file(std::move(path), std::move(text)));
  return facts.automation.empty() ? AutomationFile{} : facts.automation.front();
}

std::string reached(const std::string& text, std::string_view program) {
  return reach_of({{".circleci/config.yml", text}}, program);
}

constexpr const char* kJobs =
    "version: 2.1\njobs:\n  test:\n    docker: [{image: cimg/python:3.11}]\n    steps:\n      - checkout\n"
    "      - run: pytest\n  ship:\n    machine: true\n    steps:\n      - run:\n          name: Ship\n"
    "          command: |\n            ./ship.sh | tee log\n            echo done\n";

TEST(Circleci, RunsWhatAWorkflowLists) {
  const std::string listed = std::string(kJobs) +
                             "workflows:\n  all:\n    jobs:\n      - test\n      - ship:\n"
                             "          requires: [test]\n";
  const AutomationFile file = read(listed);
  EXPECT_THAT(show_commands(file), Contains("5: ./ship.sh @14"));
  EXPECT_THAT(show_links(file), ElementsAre("all/ship needs all/test"));
  EXPECT_EQ(file.units.at(2).image, "cimg/python:3.11");
  EXPECT_EQ(reached(listed, "pytest"), "automatic");
  EXPECT_TRUE(gates({{".circleci/config.yml", listed}}, "pytest", "./ship.sh"));
}

TEST(Circleci, RunsNoJobThatNoWorkflowLists) {
  const std::string text = std::string(kJobs) + "workflows:\n  all:\n    jobs: [ship]\n";
  EXPECT_EQ(reached(text, "pytest"), "nothing");
  EXPECT_EQ(reached(text, "./ship.sh"), "automatic");
  EXPECT_THAT(why_not({{".circleci/config.yml", text}}, "pytest"), HasSubstr("nothing runs job test"));
}

TEST(Circleci, WaitsForApprovals) {
  const std::string text =
      std::string(kJobs) +
      "workflows:\n  all:\n    jobs:\n      - test: {requires: [later]}\n      - ship: "
      "{requires: [hold]}\n"
      "      - later: {type: approval, requires: [ship]}\n      - hold: {type: approval}\n";
  EXPECT_EQ(reached(text, "./ship.sh"), "manual");
  EXPECT_EQ(reached(text, "pytest"), "manual");
}

TEST(Circleci, DecidesFiltersAndConditions) {
  const auto with = [](const std::string& workflow) {
    return reached(std::string(kJobs) +
                       "parameters:\n  nightly: {type: boolean, default: false}\nworkflows:\n" + workflow,
                   "pytest");
  };
  EXPECT_EQ(with("  a: {jobs: [{test: {filters: {branches: {only: main}}}}]}\n"), "automatic");
  EXPECT_EQ(with("  a: {jobs: [{test: {filters: {branches: {ignore: main}}}}]}\n"), "automatic");
  EXPECT_EQ(with("  a: {jobs: [{test: {filters: {branches: {only: stage}}}}]}\n"), "automatic maybe");
  EXPECT_EQ(with("  a: {jobs: [{test: {filters: {branches: {ignore: /.*/}, tags: {only: /^v.*/}}}}]}\n"),
            "automatic");
  EXPECT_EQ(with("  a: {jobs: [{test: {filters: {branches: {ignore: /.*/}}}}]}\n"), "nothing");
  EXPECT_EQ(with("  a:\n    when: << pipeline.parameters.nightly >>\n    jobs: [test]\n"), "automatic maybe");
  EXPECT_EQ(with("  a:\n    when: false\n    jobs: [test]\n"), "nothing");
  EXPECT_EQ(with("  a:\n    unless: << pipeline.parameters.nightly >>\n    jobs: [test]\n"), "automatic");
  EXPECT_EQ(with("  a:\n    when:\n      equal: [scheduled_pipeline, << pipeline.trigger_source >>]\n"
                 "    jobs: [test]\n"),
            "automatic maybe");
  EXPECT_EQ(
      with("  a:\n    triggers:\n      - schedule: {cron: '0 1 * * *', filters: {branches: {only: main}}}\n"
           "    jobs: [test]\n"),
      "automatic");
}

TEST(Circleci, UnrollsCommandsWithTheirParameters) {
  const AutomationFile file = read(
      "version: 2.1\norbs:\n  aws: circleci/aws-s3@3.0\ncommands:\n  check:\n    parameters:\n"
      "      what: {type: string, default: all}\n      after: {type: steps, default: []}\n    steps:\n"
      "      - run: make << parameters.what >> << parameters.other >>\n      - << parameters.after >>\n"
      "jobs:\n  a:\n    machine: true\n    steps:\n      - check\n      - check:\n          what: unit\n"
      "          after: [{run: echo ok}]\n      - aws/copy: {from: report, to: 's3://b'}\n"
      "      - store_artifacts: {path: report}\nworkflows:\n  w: {jobs: [a]}\n");
  EXPECT_THAT(show_commands(file), ElementsAre("4: make all ${{ parameters.other }} @10",
                                               "6: make unit ${{ parameters.other }} @10", "7: echo ok @19"));
  ASSERT_EQ(file.actions.size(), 1u);
  EXPECT_EQ(file.actions[0].action, "circleci/aws-s3/copy");
  ASSERT_EQ(file.publications.size(), 1u);
}

TEST(Circleci, KnowsWhatCannotFail) {
  const std::string text =
      "version: 2.1\njobs:\n  build:\n    machine: true\n    steps:\n      - run: pytest || true\n"
      "      - run: {command: ./serve, background: true}\n      - run: {command: ./notify, when: on_fail}\n"
      "      - run: {command: 'mypy | tee x', shell: /bin/sh}\n      - when: {condition: false, steps: "
      "[{run: "
      "tox}]}\n";
  EXPECT_EQ(reached(text, "pytest"), "automatic swallowed");
  EXPECT_EQ(reached(text, "./serve"), "automatic swallowed");
  EXPECT_EQ(reached(text, "./notify"), "automatic maybe");
  EXPECT_EQ(reached(text, "mypy"), "automatic swallowed");
  EXPECT_EQ(reached(text, "tox"), "nothing");
}

TEST(Circleci, GoesOnWithOtherFiles) {
  const std::string setup =
      "version: 2.1\nsetup: true\norbs: {pf: circleci/path-filtering@1}\nworkflows:\n  s:\n    jobs:\n"
      "      - pf/filter: {config-path: .circleci/next.yml}\n";
  const std::string next = std::string(kJobs) + "workflows: {a: {jobs: [test]}}\n";
  EXPECT_EQ(reach_of({{".circleci/config.yml", setup}, {".circleci/next.yml", next}}, "pytest"), "automatic");
  EXPECT_EQ(reach_of({{".circleci/config.yml", "version: 2"}, {".circleci/next.yml", next}}, "pytest"),
            "nothing");
  EXPECT_THAT(dangling_of({{".circleci/config.yml", setup}}),
              ElementsAre(".circleci/config.yml:7 .circleci/next.yml"));
}

TEST(Circleci, SurvivesOddShapes) {
  for (const char* text :
       {"[]", "workflows: {a: 1, b: {jobs: [1, [], {}, {x: {requires: 3}}]}}", "jobs: {a: {steps: {run: x}}}",
        "commands: {a: {steps: [a]}}\njobs: {build: {steps: [a]}}",
        "commands: {a: {steps: [b, b]}, b: {steps: [a, a]}}\njobs: {build: {steps: [a]}}", "orbs: {x: {}}",
        "workflows: {a: {when: {and: {or: []}}, jobs: [x/y]}}"}) {
    read(text);
  }
}

// The working directory of a job is a folder of the checkout where the repository is put above it.
TEST(Circleci, RunsStepsInFoldersOfTheCheckout) {
  const auto folder = [](const std::string& job, const std::string& checkout, const std::string& step) {
    const AutomationFile file =
        read("version: 2.1\njobs:\n  build:\n    machine: true\n" + job + "    steps:\n      - checkout" +
             checkout + "\n      - run: {command: tox" + step + "}\n");
    return file.units.back().working_directory.str();
  };
  EXPECT_EQ(folder("", "", ""), "");
  EXPECT_EQ(folder("", "", ", working_directory: app"), "app");
  EXPECT_EQ(folder("", "", ", working_directory: ~/project/app"), "app");
  EXPECT_EQ(folder("    working_directory: ~/shop\n", "", ""), "");
  EXPECT_EQ(folder("    working_directory: ~/shop\n", "", ", working_directory: app"), "app");
  EXPECT_EQ(folder("    working_directory: ~/project/app\n", ": {path: ~/project}", ""), "app");
  EXPECT_EQ(
      folder("    working_directory: ~/project/app\n", ": {path: ~/project}", ", working_directory: api"),
      "app/api");
}

}  // namespace
}  // namespace mlgrade
