// The readers of data files: trees, lines, and what they refuse.
#include "analyzer/syntax/data_document.h"

#include <gtest/gtest.h>

#include <string>

#include "analyzer/base/limits.h"

namespace mlgrade {
namespace {

constexpr FileId kFile{7};

std::string nested(const std::string& open, const std::string& close, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += open;
  for (int i = 0; i < times; ++i) text += close;
  return text;
}

TEST(Yaml, KeepsTextAndPlacesOfNodes) {
  const ParsedData data = parse_yaml(
      "on: [push, \"pull_request\"]\n"
      "jobs:\n"
      "  test:\n"
      "    if: false\n"
      "    steps:\n"
      "      - run: |\n"
      "          set -e\n"
      "          pytest\n",
      kFile);
  ASSERT_TRUE(data.ok());
  const DataNode& root = data.root();
  ASSERT_EQ(root.entries.size(), 2u);
  EXPECT_EQ(root.entries[0].first, "on");
  EXPECT_EQ(root.find("on")->items[0].text, "push");
  EXPECT_FALSE(root.find("on")->items[0].quoted);
  EXPECT_TRUE(root.find("on")->items[1].quoted);
  EXPECT_EQ(root.find("on")->items[1].column, 12u);
  const DataNode& job = *root.at({"jobs", "test"});
  EXPECT_EQ(job.line, 4u);
  EXPECT_EQ(job.column, 5u);
  EXPECT_EQ(job.line_of("steps"), 5u);
  EXPECT_EQ(job.find("if")->as_bool(), false);
  const DataNode& run = *job.find("steps")->items[0].find("run");
  EXPECT_TRUE(run.block_style);
  EXPECT_TRUE(run.quoted);
  EXPECT_EQ(run.line, 6u);
  EXPECT_EQ(run.text, "set -e\npytest\n");
}

TEST(Yaml, ReadsNullsAndSeveralDocuments) {
  const ParsedData data = parse_yaml("a:\nb: ~\nc: 'null'\n---\nkind: Pod\n---\n", kFile);
  ASSERT_TRUE(data.ok());
  ASSERT_GE(data.documents.size(), 2u);
  EXPECT_TRUE(data.documents[0].find("a")->is_null());
  EXPECT_TRUE(data.documents[0].find("b")->is_null());
  EXPECT_TRUE(data.documents[0].find("c")->is_scalar());
  EXPECT_EQ(data.documents[1].get("kind"), "Pod");
  EXPECT_EQ(data.documents[1].line, 5u);
}

TEST(Yaml, ExpandsAliasesAndMergeKeys) {
  const ParsedData data = parse_yaml(
      ".base: &base\n"
      "  image: python\n"
      "  tags: [a]\n"
      "job:\n"
      "  <<: *base\n"
      "  image: slim\n"
      "other:\n"
      "  <<: [*base, {image: x, extra: y}]\n"
      "list: *base\n",
      kFile);
  ASSERT_TRUE(data.ok());
  const DataNode& job = *data.root().find("job");
  EXPECT_EQ(job.get("image"), "slim");
  EXPECT_EQ(job.line_of("tags"), 3u);
  EXPECT_EQ(job.find("<<"), nullptr);
  EXPECT_EQ(data.root().find("other")->get("image"), "python");
  EXPECT_EQ(data.root().find("other")->get("extra"), "y");
  EXPECT_EQ(data.root().find("list")->get("image"), "python");
}

TEST(Yaml, PlacesNodesBehindAnchorsAndTags) {
  const ParsedData data =
      parse_yaml("a: &x !Sub |\n  text\nb: !Ref Name\nc: &y \"q\"\nd: !vault\n  k: 1\n", kFile);
  ASSERT_TRUE(data.ok());
  EXPECT_TRUE(data.root().find("a")->block_style);
  EXPECT_EQ(data.root().get("b"), "Name");
  EXPECT_FALSE(data.root().find("b")->quoted);
  EXPECT_TRUE(data.root().find("c")->quoted);
  EXPECT_EQ(data.root().find("d")->line, 6u);
}

TEST(Yaml, AKeyGivenTwiceKeepsTheLastAndNamesBothLines) {
  const ParsedData data = parse_yaml("a: 1\nb: 2\na: 3\n", kFile);
  EXPECT_EQ(data.root().get("a"), "3");
  EXPECT_EQ(data.root().line_of("a"), 3u);
  ASSERT_EQ(data.root().entries.size(), 3u);
  EXPECT_EQ(data.root().entries[2].second.text, "1");
  ASSERT_EQ(data.problems.size(), 1u);
  EXPECT_EQ(data.problems[0].span.line, 3u);
  EXPECT_NE(data.problems[0].message.find("line 1"), std::string::npos);
}

TEST(Yaml, ASyntaxErrorDropsItsDocumentOnly) {
  const ParsedData data = parse_yaml("a: 1\n---\nb: [1, 2\nc: }\n", kFile);
  ASSERT_EQ(data.documents.size(), 1u);
  ASSERT_EQ(data.problems.size(), 1u);
  EXPECT_EQ(data.problems[0].kind, ProblemKind::kSyntax);
  EXPECT_EQ(data.problems[0].span.file, kFile);
  EXPECT_GE(data.problems[0].span.line, 3u);
  EXPECT_FALSE(data.template_like);
}

TEST(Yaml, TemplatesAreNotJudged) {
  for (const char* text :
       {"a: {{ .Values.a }}\n", "{{- if .Values.on }}\na: b\n{{- end }}\n",
        "a: 1\n{% for x in y %}\n- b\n{% endfor %}\n", "name: {{cookiecutter.name}}-x\n"}) {
    const ParsedData data = parse_yaml(text, kFile);
    EXPECT_TRUE(data.template_like) << text;
    EXPECT_TRUE(data.documents.empty()) << text;
    ASSERT_EQ(data.problems.size(), 1u) << text;
    EXPECT_EQ(data.problems[0].kind, ProblemKind::kNotAnalysable);
  }
  EXPECT_FALSE(
      parse_yaml("a: \"{{ x }}\"\nb: up {{ $labels.job }}\nc: ${{ github.ref }}\n", kFile).template_like);
  EXPECT_FALSE(parse_yaml("a: [${{ x }}\n", kFile).template_like);
}

TEST(Yaml, LimitsEndAliasBombs) {
  std::string bomb = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string to = "*l" + std::to_string(i - 1);
    bomb += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [" + to;
    for (int k = 0; k < 8; ++k) bomb += ", " + to;
    bomb += "]\n";
  }
  const ParsedData data = parse_yaml(bomb, kFile);
  ASSERT_FALSE(data.ok());
  EXPECT_EQ(data.problems[0].kind, ProblemKind::kLimit);
  const ParsedData cycle = parse_yaml("a: &a [*a, *a, *a]\n", kFile);
  ASSERT_FALSE(cycle.ok());
  EXPECT_EQ(cycle.problems[0].kind, ProblemKind::kLimit);
  const ParsedData merged = parse_yaml("a: &a\n  b: 1\n  <<: *a\n", kFile);
  EXPECT_FALSE(merged.ok());
}

TEST(Yaml, LimitsEndDeepNesting) {
  std::string blocks;
  for (int i = 0; i < 3000; ++i) blocks += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  std::string compact;
  for (int i = 0; i < 20000; ++i) compact += "- ";
  for (const std::string& text :
       {nested("[", "]", 10000), nested("{a: ", "}", 10000), std::string(100000, '['), blocks, compact}) {
    const ParsedData data = parse_yaml(text, kFile);
    ASSERT_FALSE(data.ok());
    EXPECT_EQ(data.problems[0].kind, ProblemKind::kLimit) << text.substr(0, 20);
  }
  EXPECT_TRUE(parse_yaml(nested("[", "]", 50), kFile).ok());
}

TEST(Yaml, OddBytesAreSurvived) {
  for (const std::string& text : {std::string(), std::string("\0\0", 2),
                                  std::string("\xEF\xBB\xBF"
                                              "a: 1\n"),
                                  std::string("\xFF\xFE"
                                              "a\0"),
                                  std::string("- \xC3"), std::string("%YAML 9"), std::string("a: b: c"),
                                  std::string("\ta: 1"), std::string("*x"), std::string("? [a]\n: b\n")}) {
    parse_yaml(text, kFile);
  }
  EXPECT_EQ(parse_yaml("\xEF\xBB\xBF"
                       "a: 1\r\nb: 2\r\n",
                       kFile)
                .root()
                .get("a"),
            "1");
}

TEST(Json, KeepsTextAndPlacesOfNodes) {
  const ParsedData data = parse_json(
      "{\n"
      "  // settings\n"
      "  \"name\": \"a\\\"b\",\n"
      "  \"n\": [1, 2.50,\n"
      "    -3e5\n"
      "  ],\n"
      "  \"t\": true, \"z\": null,\n"
      "  /* more */ \"last\": {\"k\": \"v\"}\n"
      "}\n",
      kFile);
  ASSERT_TRUE(data.ok());
  const DataNode& root = data.root();
  EXPECT_EQ(root.get("name"), "a\"b");
  EXPECT_TRUE(root.find("name")->quoted);
  EXPECT_EQ(root.find("name")->column, 11u);
  EXPECT_EQ(root.find("n")->items[1].text, "2.50");
  EXPECT_EQ(root.find("n")->items[2].line, 5u);
  EXPECT_EQ(root.find("t")->as_bool(), true);
  EXPECT_TRUE(root.find("z")->is_null());
  EXPECT_EQ(root.line_of("last"), 8u);
  EXPECT_EQ(root.at({"last", "k"})->text, "v");
  EXPECT_EQ(root.at({"last", "k"})->line, 8u);
}

TEST(Json, ReportsErrorsRepeatsAndTemplates) {
  const ParsedData broken = parse_json("{\n\"a\": 1,\n\"b\": }\n", kFile);
  EXPECT_TRUE(broken.documents.empty());
  ASSERT_EQ(broken.problems.size(), 1u);
  EXPECT_EQ(broken.problems[0].span.line, 3u);
  const ParsedData twice = parse_json("{\"a\": 1,\n\"a\": {\"b\": 2}}", kFile);
  EXPECT_EQ(twice.root().find("a")->get("b"), "2");
  EXPECT_EQ(twice.problems.size(), 1u);
  EXPECT_TRUE(parse_json("{ {% if x %} \"a\": 1 }", kFile).template_like);
  EXPECT_FALSE(parse_json("", kFile).ok());
}

TEST(Json, ReadsWhatPythonWritesForNumbersThatAreNone) {
  const ParsedData data =
      parse_json("{\"a\": NaN, \"b\": [Infinity, -Infinity],\n\"c\": \"a \\\" NaN\", \"NaN\": 1}", kFile);
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data.root().get("a"), "NaN");
  EXPECT_EQ(data.root().find("b")->items[1].text, "-Infinity");
  EXPECT_EQ(data.root().get("c"), "a \" NaN");
  EXPECT_EQ(data.root().get("NaN"), "1");
  const ParsedData broken = parse_json("{\"a\": NaN,\n\"b\": Nothing}", kFile);
  EXPECT_TRUE(broken.documents.empty());
  EXPECT_EQ(broken.problems.size(), 1u);
}

TEST(Json, ReadsLargeTextsAndLimitsDepth) {
  std::string large = "[";
  for (int i = 0; i < 200000; ++i) large += "{\"k\": \"value\", \"n\": 12},\n";
  large += "0]";
  EXPECT_TRUE(parse_json(large, kFile).ok());
  const ParsedData deep = parse_json(nested("[", "]", 10000), kFile);
  ASSERT_EQ(deep.problems.size(), 1u);
  EXPECT_EQ(deep.problems[0].kind, ProblemKind::kLimit);
}

TEST(Toml, KeepsSourceOrderAndPlaces) {
  const ParsedData data = parse_toml(
      "[project]\n"
      "name = \"x\"\n"
      "dependencies = [\n"
      "  \"numpy>=1.0\",\n"
      "]\n"
      "[tool.pytest.ini_options]\n"
      "addopts = \"-q\"\n"
      "strict = true\n"
      "level = 0.5\n"
      "day = 2024-05-01\n"
      "[build-system]\n"
      "requires = []\n",
      kFile);
  ASSERT_TRUE(data.ok());
  const DataNode& root = data.root();
  ASSERT_EQ(root.entries.size(), 3u);
  EXPECT_EQ(root.entries[0].first, "project");
  EXPECT_EQ(root.entries[2].first, "build-system");
  EXPECT_EQ(root.at({"project", "dependencies"})->items[0].line, 4u);
  EXPECT_EQ(root.at({"project", "dependencies"})->items[0].text, "numpy>=1.0");
  const DataNode& options = *root.at({"tool", "pytest", "ini_options"});
  EXPECT_EQ(options.entries[0].first, "addopts");
  EXPECT_EQ(options.line_of("strict"), 8u);
  EXPECT_EQ(options.find("strict")->as_bool(), true);
  EXPECT_EQ(options.get("level"), "0.5");
  EXPECT_EQ(options.get("day"), "2024-05-01");
}

TEST(Toml, ReportsErrorsTemplatesAndLimits) {
  const ParsedData broken = parse_toml("a = 1\nb = [\n", kFile);
  ASSERT_EQ(broken.problems.size(), 1u);
  EXPECT_GE(broken.problems[0].span.line, 2u);
  EXPECT_TRUE(parse_toml("name = {{ x }}\n", kFile).template_like);
  EXPECT_FALSE(parse_toml("a = " + nested("[", "]", 10000), kFile).ok());
  std::string dotted = "a";
  for (int i = 0; i < 5000; ++i) dotted += ".a";
  EXPECT_FALSE(parse_toml(dotted + " = 1\n", kFile).ok());
}

TEST(Ini, ReadsSectionsAndContinuedValues) {
  const ParsedData data = parse_ini(
      "# tools\n"
      "[tool:pytest]\n"
      "addopts = -q --strict\n"
      "testpaths: tests\n"
      "\n"
      "[testenv]\n"
      "commands =\n"
      "    pytest {posargs}\n"
      "    # then\n"
      "    flake8\n"
      "allow_empty\n"
      "deps = a\n",
      kFile);
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data.root().find("tool:pytest")->get("addopts"), "-q --strict");
  EXPECT_EQ(data.root().find("tool:pytest")->get("testpaths"), "tests");
  const DataNode& env = *data.root().find("testenv");
  EXPECT_EQ(env.line, 6u);
  EXPECT_EQ(env.get("commands"), "\npytest {posargs}\n\nflake8");
  EXPECT_EQ(env.find("commands")->line, 7u);
  EXPECT_EQ(env.line_of("deps"), 12u);
  EXPECT_EQ(env.find("deps")->column, 8u);
  EXPECT_EQ(env.get("allow_empty"), "");
}

TEST(Ini, ARepeatedKeyKeepsTheLast) {
  const ParsedData data = parse_ini("top = 1\n[a]\nx = 1\nx = 2\n= 3\n[b]\nx = 9\n", kFile);
  EXPECT_EQ(data.root().get("top"), "1");
  EXPECT_EQ(data.root().find("a")->get("x"), "2");
  EXPECT_EQ(data.root().find("b")->get("x"), "9");
  ASSERT_EQ(data.problems.size(), 2u);
  EXPECT_EQ(data.problems[0].span.line, 4u);
}

}  // namespace
}  // namespace mlgrade
