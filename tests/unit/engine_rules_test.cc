// YAML rules and tool files: what loads, what is refused and how, what finders match.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>

#include "analyzer/engine/finders.h"
#include "analyzer/engine/words.h"
#include "analyzer/run_analysis.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kHead =
    "kind: evidence\nsummary: s\nwhy: w\nfix: f\nsource: p\n"
    "evidence: {mode: standing, what: \"found {found}\"}\n";

std::vector<std::string> mistakes_of(const std::string& text) {
  std::vector<Problem> problems;
  read_yaml_rule(parse_yaml(text, FileId::kNone).root(), "rules/x/y.yaml", problems);
  std::vector<std::string> out;
  for (const Problem& problem : problems) out.push_back(problem.message);
  return out;
}

TEST(YamlRule, LoadsWhatIsRight) {
  EXPECT_THAT(
      mistakes_of(std::string(kHead) + "any:\n  - call: a.b\n    file: \"src/**\"\n    args: {x: 1}\n"),
      IsEmpty());
  EXPECT_THAT(
      mistakes_of(std::string(kHead) + "all:\n  - file: x.yaml\nnone:\n  - import: y\nsame_file: true\n"),
      IsEmpty());
}

TEST(YamlRule, NamesLineAndNearestKeyOfAMistake) {
  EXPECT_THAT(mistakes_of(std::string(kHead) + "any:\n  - cal: a.b\n"),
              ElementsAre("rules/x/y.yaml:8: a finder without use, call, import, file, key, ...",
                          "rules/x/y.yaml:8: unknown key `cal`; did you mean `call`?"));
  EXPECT_THAT(mistakes_of(std::string(kHead) + "any: [{file: x}]\nsumary: y\n"),
              ElementsAre("rules/x/y.yaml:8: unknown key `sumary`; did you mean `summary`?"));
  EXPECT_THAT(mistakes_of(std::string(kHead) + "any: [{call: a, import: b}]\n"),
              ElementsAre(HasSubstr("not both")));
  EXPECT_THAT(mistakes_of("kind: finding\nany: [{file: x}]\n"),
              testing::Contains(HasSubstr("missing `summary`")));
  EXPECT_THAT(mistakes_of(std::string(kHead) + "any: [{use: lints, fails: loudly}]\n"),
              ElementsAre(HasSubstr("`loudly` is no way to fail")));
  EXPECT_THAT(mistakes_of(std::string(kHead) + "any: [{use: lint}]\n"),
              ElementsAre(HasSubstr("`lint` is no capability")));
  EXPECT_THAT(mistakes_of("kind: evidence\nsummary: s\nwhy: w\nfix: f\nsource: p\nany: [{file: x}]\n"
                          "evidence: {mode: check, what: x, worth: 0.5}\n"),
              ElementsAre(HasSubstr("`worth` needs `worth_why`")));
}

TEST(ToolFile, NamesWhatIsWrong) {
  std::vector<Problem> problems;
  read_tool(
      parse_yaml("tool: t\ndoes:\n  - capability: lints\n    calls: [\"**.fit\"]\n  - capability: mocks\n",
                 FileId::kNone)
          .root(),
      "rules/tools/t.yaml", problems);
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_THAT(problems[0].message, HasSubstr("must start with a plain name"));
  EXPECT_THAT(problems[1].message, HasSubstr("rules/tools/t.yaml:5"));
}

TEST(ToolFile, MaySayKnownCapabilitiesOnly) {
  std::vector<Problem> problems;
  read_tool(
      parse_yaml("tool: t\ndoes:\n  - {capability: validate-data, calls: [t.check]}\n", FileId::kNone).root(),
      "rules/tools/t.yaml", problems);
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].message, HasSubstr("did you mean `validates-data`?"));
}

using Files = std::vector<std::pair<std::string, std::string>>;

// An analysed repository and what finders say of it.
class Repository {
 public:
  explicit Repository(Files files, const std::string& tool = "") {
    std::vector<Problem> problems;
    if (!tool.empty()) {
      definitions_.rules.catalogue.tools.push_back(
          read_tool(parse_yaml(tool, FileId::kNone).root(), "rules/tools/t.yaml", problems));
    }
    EXPECT_THAT(problems, IsEmpty());
    analysis_ = analyse(memory_repo(std::move(files)), definitions_,
                        {.jobs = 1, .as_of = {}, .today = {}, .profile = "", .progress = {}});
  }

  // "path:line found" of each hit of the only finder of a rule.
  std::vector<std::string> hits(const std::string& finder) const {
    std::vector<Problem> problems;
    const std::string text = std::string(kHead) + "any: [" + finder + "]\n";
    const LoadedRule rule =
        read_yaml_rule(parse_yaml(text, FileId::kNone).root(), "rules/x/y.yaml", problems);
    for (const Problem& problem : problems) ADD_FAILURE() << problem.message;
    std::vector<std::string> out;
    for (const Hit& hit : find_hits(rule.yaml.any[0], input())) {
      out.push_back(std::string(analysis_->facts.path(hit.span)) + ":" + std::to_string(hit.span.line) + " " +
                    hit.found);
    }
    return out;
  }

  std::vector<Evidence> evidence(const std::string& rule_text) const {
    std::vector<Problem> problems;
    const LoadedRule rule =
        read_yaml_rule(parse_yaml(kHead + rule_text, FileId::kNone).root(), "rules/x/y.yaml", problems);
    for (const Problem& problem : problems) ADD_FAILURE() << problem.message;
    RuleOutput out;
    run_yaml_rule(rule, input(), out);
    return out.evidence;
  }

  const std::vector<Use>& uses() const { return analysis_->uses; }
  const FactStore& facts() const { return analysis_->facts; }
  RuleInput input() const {
    return {.facts = analysis_->facts,
            .graph = analysis_->graph,
            .catalogue = definitions_.rules.catalogue,
            .uses = analysis_->uses,
            .as_of = {}};
  }

 private:
  Definitions definitions_;
  std::unique_ptr<Analysis> analysis_;
};

TEST(Finders, MatchFilesKeysHeadingsAndDependencies) {
  const Repository repository(
      Files{{"deploy/rollout.yaml",
             "kind: Rollout\nspec:\n  strategy:\n    canary:\n      steps:\n        - setWeight: 20\n"
             "        - setWeight: 100\n"},
            {"deploy/other.yaml", "kind: Service\nspec: {strategy: {canary: {steps: []}}}\n"},
            {"README.md", "# Service\n\n## How to roll back\n\nText.\n"},
            {"requirements.txt", "pandas==2.0\n"},
            {"examples/deploy/rollout.yaml", "kind: Rollout\n"}});
  EXPECT_THAT(
      repository.hits("{file: \"deploy/*.yaml\"}"),
      ElementsAre("deploy/other.yaml:0 deploy/other.yaml", "deploy/rollout.yaml:0 deploy/rollout.yaml"));
  EXPECT_THAT(repository.hits(
                  "{key: \"spec.strategy.canary.steps[*].setWeight\", at_most: 99, where: {kind: Rollout}}"),
              ElementsAre("deploy/rollout.yaml:6 spec.strategy.canary.steps[0].setWeight: 20"));
  EXPECT_THAT(repository.hits("{key: \"spec.**\", where: {kind: Deployment}}"), IsEmpty());
  EXPECT_THAT(repository.hits("{key: kind, value: [Service, Pod]}"),
              ElementsAre("deploy/other.yaml:1 kind: Service"));
  EXPECT_THAT(repository.hits("{heading: \"*roll*back*\"}"), ElementsAre("README.md:3 How to roll back"));
  EXPECT_THAT(repository.hits("{dependency: \"pand*\"}"), ElementsAre("requirements.txt:1 pandas"));
}

TEST(Finders, AllAndNoneHoldForTheRepositoryOrForTheFile) {
  const Repository repository(Files{{"a.md", "# One\n\n## Two\n"}, {"b.md", "# Three\n"}});
  EXPECT_THAT(repository.evidence("any: [{file: \"*.md\"}]\nall: [{heading: Two}]\n"), SizeIs(2));
  EXPECT_THAT(repository.evidence("any: [{file: \"*.md\"}]\nall: [{heading: Two}]\nsame_file: true\n"),
              SizeIs(1));
  EXPECT_THAT(repository.evidence("any: [{file: \"*.md\"}]\nnone: [{heading: Two}]\n"), IsEmpty());
  const auto left = repository.evidence("any: [{file: \"*.md\"}]\nnone: [{heading: Two}]\nsame_file: true\n");
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].what, "found b.md");
  EXPECT_THAT(repository.evidence("all: [{file: a.md}, {file: none.md}]\n"), IsEmpty());
}

Command command(const std::string& text) {
  Command out;
  std::istringstream words(text);
  for (std::string word; words >> word;) out.words.push_back({word, word.find('$') == std::string::npos});
  return out;
}

TEST(Words, LookThroughWhatStartsAProgram) {
  for (const char* text :
       {"pytest -q", "python -m pytest tests", "uv run pytest", "poetry run python -m pytest",
        "sudo /usr/bin/pytest", "env A=1 pytest", "coverage run -m pytest"}) {
    EXPECT_TRUE(command_matches(command(text), "pytest")) << text;
  }
  EXPECT_TRUE(command_matches(command("dvc -v repro train"), "dvc repro"));
  EXPECT_TRUE(command_matches(command("soda scan -d x"), "soda scan"));
  EXPECT_FALSE(command_matches(command("soda test"), "soda scan"));
  EXPECT_FALSE(command_matches(command("echo pytest"), "pytest"));
  EXPECT_FALSE(command_matches(command("$TOOL scan"), "soda scan"));
  EXPECT_TRUE(command_matches(command("pytest tests --benchmark-compare-fail=mean:5%"),
                              "pytest --benchmark-compare-fail*"));
}

TEST(Uses, HoldArgumentsOfDecoratorsToo) {
  const std::string tool =
      "tool: t\ndoes:\n  - capability: injects-faults\n    decorators: [tool.patch]\n"
      "    args: {side_effect: \"*\"}\n";
  const std::string head = "import tool\n\n@tool.patch";
  const std::string tail = "\ndef test_x():\n    pass\n";
  EXPECT_THAT(Repository({{"a.py", head + "(\"m.f\", side_effect=OSError)" + tail}}, tool).uses(), SizeIs(1));
  EXPECT_THAT(Repository({{"a.py", head + "(\"m.f\")" + tail}}, tool).uses(), IsEmpty());
  EXPECT_THAT(Repository({{"a.py", head + tail}}, tool).uses(), IsEmpty());
}

TEST(Uses, FindCallsHoweverImportedButNotALocalModule) {
  const std::string tool =
      "tool: pandera\ndoes:\n  - capability: defines-schema\n    calls: [pandera.DataFrameSchema]\n"
      "  - capability: validates-data\n    calls: [\"pandera.**.check_input\"]\n    args: {lazy: false}\n";
  const std::string code = "import pandera as pa\ns = pa.DataFrameSchema({})\n";
  const Repository library(Files{{"train.py", code}}, tool);
  ASSERT_THAT(library.uses(), SizeIs(1));
  EXPECT_EQ(library.uses()[0].capability, "defines-schema");
  EXPECT_EQ(library.uses()[0].span.line, 2u);
  const Repository local(Files{{"train.py", code}, {"pandera.py", "def DataFrameSchema(x):\n    return x\n"}},
                         tool);
  EXPECT_THAT(local.uses(), IsEmpty());
}

TEST(Uses, TakeAnUnknownObjectsMethodsForAModelsWhereModelsAreTrained) {
  const std::string tool =
      "tool: t\nimports: [tool]\ndoes:\n  - capability: trains-model\n    calls: [tool.train]\n"
      "  - capability: trains-model\n    methods: [fit]\n    args: {1: \"*\"}\n"
      "  - capability: trains-model\n    methods: [fit]\n    args: {epochs: \"*\"}\n";
  const std::string unknown = "def f(model, x, y):\n    model.fit(x, y, epochs=3)\n    model.fit(x)\n";
  const Repository here(Files{{"a.py", "import tool\n" + unknown}}, tool);
  ASSERT_THAT(here.uses(), SizeIs(1));
  EXPECT_EQ(here.uses()[0].span.line, 3u);
  EXPECT_THAT(Repository(Files{{"a.py", unknown}}, tool).uses(), IsEmpty());
  const std::string known = "import tool, socks\ndef f(x, y):\n    socks.Shoe().fit(x, y)\n    fit(x, y)\n";
  EXPECT_THAT(Repository(Files{{"a.py", known}}, tool).uses(), IsEmpty());
}

UseEffect effect_in(const std::string& body) {
  const std::string tool =
      "tool: t\ndoes:\n  - capability: lints\n    calls: [tool.check]\n    fails: returns\n";
  const Repository repository(Files{{"a.py", "import sys\nimport tool\n" + body}}, tool);
  EXPECT_THAT(repository.uses(), SizeIs(1)) << body;
  return repository.uses().empty() ? UseEffect{} : effect_of(repository.uses()[0], repository.facts());
}

TEST(UseEffect, FollowsTheResultToABranchThatFails) {
  EXPECT_EQ(effect_in("if not tool.check():\n    raise ValueError()\n").effect, Effect::kBlocking);
  EXPECT_EQ(effect_in("r = tool.check()\nif not r.success:\n    sys.exit(1)\n").effect, Effect::kBlocking);
  EXPECT_EQ(effect_in("assert tool.check()\n").effect, Effect::kBlocking);
  EXPECT_EQ(effect_in("def f():\n    return tool.check()\n").effect, Effect::kBlocking);
  EXPECT_EQ(effect_in("tool.check()\n").effect, Effect::kSwallowed);
  EXPECT_THAT(effect_in("tool.check()\n").why, HasSubstr("not looked at"));
  EXPECT_EQ(effect_in("r = tool.check()\nif not r:\n    print(1)\n").effect, Effect::kSwallowed);
  EXPECT_EQ(effect_in("try:\n    assert tool.check()\nexcept Exception:\n    print(1)\n").effect,
            Effect::kSwallowed);
  EXPECT_EQ(effect_in("try:\n    assert tool.check()\nexcept Exception:\n    raise\n").effect,
            Effect::kBlocking);
}

}  // namespace
}  // namespace mlgrade
