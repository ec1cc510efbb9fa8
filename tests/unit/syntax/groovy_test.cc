// Groovy texts as trees: calls, closures, strings, and what cannot be read.
#include "analyzer/syntax/groovy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mlgrade {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "sh('x')", "stage('a'){...}": calls with their arguments and closures, statements one after another.
std::string show(const GroovyNode& node);

std::string show_list(const std::vector<GroovyNode>& nodes, const char* between) {
  std::string out;
  for (const GroovyNode& each : nodes) {
    out += (out.empty() ? "" : between) + (each.key.empty() ? "" : each.key + ": ") + show(each);
  }
  return out;
}

std::string show(const GroovyNode& node) {
  switch (node.kind) {
    case GroovyKind::kCall: {
      const std::string receiver = node.receiver.empty() ? "" : show(node.receiver[0]) + ".";
      return receiver + node.name + "(" + show_list(node.args, ", ") + ")" +
             (node.has_closure ? "{" + show_list(node.children, "; ") + "}" : "");
    }
    case GroovyKind::kString:
      return "'" + node.text + "'";
    case GroovyKind::kName:
    case GroovyKind::kConst:
      return node.text;
    case GroovyKind::kList:
    case GroovyKind::kMap:
      return "[" + show_list(node.children, ", ") + "]";
    case GroovyKind::kClosure:
      return "{" + show_list(node.children, "; ") + "}";
    case GroovyKind::kOperator:
      return node.children.size() == 1
                 ? node.name + show(node.children[0])
                 : "(" + show_list(node.children, (" " + node.name + " ").c_str()) + ")";
    case GroovyKind::kAssign:
      return node.name + " = " + show_list(node.children, "");
    case GroovyKind::kFunction:
      return "def " + node.name + "(" + show_list(node.args, ", ") + "){" + show_list(node.children, "; ") +
             "}";
    case GroovyKind::kIf:
      return "if " + show_list(node.children, " ");
    case GroovyKind::kTry:
      return "try " + show_list(node.children, " ");
    case GroovyKind::kCatch:
      return "catch " + node.name + "{" + show_list(node.children, "; ") + "}";
    case GroovyKind::kFinally:
      return "finally{" + show_list(node.children, "; ") + "}";
    case GroovyKind::kLoop:
      return "loop " + show_list(node.children, "");
    case GroovyKind::kReturn:
      return "return " + show_list(node.children, "");
    case GroovyKind::kThrow:
      return "throw " + show_list(node.children, "");
    case GroovyKind::kBlock:
      return "{" + show_list(node.children, "; ") + "}";
  }
  return "";
}

std::string read(std::string_view text) {
  const ParsedGroovy parsed = parse_groovy(text);
  return show_list(parsed.program.children, "; ") + (parsed.broken_line > 0 ? " BROKEN" : "");
}

TEST(Groovy, ReadsCallsWithAndWithoutBrackets) {
  EXPECT_EQ(read("sh 'a'\nsh(\"b\")\nsh script: 'c', returnStatus: true"),
            "sh('a'); sh('b'); sh(script: 'c', returnStatus: true)");
  EXPECT_EQ(read("checkout scm"), "checkout(scm)");
  EXPECT_EQ(read("parallel a: { sh 'x' }, b: { sh 'y' }"), "parallel(a: {sh('x')}, b: {sh('y')})");
  EXPECT_EQ(read("parallel([\n  'a': { x() },\n  b: { y() }\n])"), "parallel([a: {x()}, b: {y()}])");
  EXPECT_EQ(read("docker.image('p').inside('-u') { sh 'x' }"), "docker.image('p').inside('-u'){sh('x')}");
  EXPECT_EQ(read("archiveArtifacts artifacts: 'x', fingerprint: true"),
            "archiveArtifacts(artifacts: 'x', fingerprint: true)");
  EXPECT_EQ(read("step([$class: 'X', a: 1])"), "step([$class: 'X', a: 1])");
  EXPECT_EQ(read("sh (script: 'a')\nx.y 'b'"), "sh(script: 'a'); x.y('b')");
}

TEST(Groovy, ReadsClosuresWhereverTheyBegin) {
  EXPECT_EQ(read("pipeline\n{\n  agent any\n  stages\n  {\n    stage('a')\n    {\n      x()\n    }\n  }\n}"),
            "pipeline(){agent(any); stages(){stage('a'){x()}}}");
  EXPECT_EQ(read("['a', 'b'].each { item -> sh \"go ${item}\" }"), "['a', 'b'].each(){sh('go ${{ item }}')}");
  EXPECT_EQ(read("try { a() } catch (Exception e) { b() } finally { c() }"),
            "try {a()} catch e{b()} finally{c()}");
  EXPECT_EQ(read("try {\n a()\n}\ncatch (e) {\n throw e\n}"), "try {a()} catch e{throw e}");
  EXPECT_EQ(read("for (x in ['a', 'b']) { sh 'r' }\nwhile (true) { y() }"), "loop {sh('r')}; loop {y()}");
}

TEST(Groovy, ReadsFunctionsConditionsAndAssignments) {
  EXPECT_EQ(read("def run(cmd, String x = 'y') {\n sh cmd\n}\nvoid go() { run('a') }"),
            "def run(cmd, x){sh(cmd)}; def go(){run('a')}");
  EXPECT_EQ(read("if (env.B == 'main' && !x) { a() } else if (y) { b() } else { c() }"),
            "if ((env.B == 'main') && !x) {a()} {if y {b()} {c()}}");
  EXPECT_EQ(read("def rc = sh(returnStatus: true, script: 'x')\nenv.X = 'y'\nString s = \"a\" + b\nm['k'] = "
                 "{ z() }"),
            "rc = sh(returnStatus: true, script: 'x'); env.X = 'y'; s = ('a' + b); m[] = {z()}");
  EXPECT_EQ(read("def e = ''\ndef m = [:]\nreturn params.X ?: 'y'"),
            "e = ''; m = []; return (params.X ?: 'y')");
  EXPECT_EQ(read("@Library('x') _\n@Field\ndef id\nimport a.b.C"), "id; ");
}

TEST(Groovy, KeepsTextsAndLines) {
  const ParsedGroovy parsed = parse_groovy(
      "// sh 'no'\nsh '''\n  a \"b\"\n  c \\\n  d\n'''\nsh \"x \\${H} $env.Y ${f(\"}\")} \\\"q\\\"\" /* { "
      "*/\nsh 'it\\'s'");
  const std::vector<GroovyNode>& calls = parsed.program.children;
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].args[0].text, "\n  a \"b\"\n  c \\\n  d\n");
  EXPECT_EQ(calls[0].args[0].line, 2u);
  EXPECT_TRUE(calls[0].args[0].block);
  EXPECT_THAT(calls[1].args[0].text, HasSubstr("x ${H} ${{ env.Y }} ${{ f("));
  EXPECT_EQ(calls[1].line, 7u);
  EXPECT_FALSE(calls[1].args[0].literal);
  EXPECT_EQ(calls[2].args[0].text, "it's");
}

TEST(Groovy, SurvivesBrokenTexts) {
  for (const char* text : {"",
                           "}",
                           ")",
                           "sh '",
                           "sh '''",
                           "a {",
                           "a(",
                           "[",
                           "if",
                           "if (",
                           "try",
                           "def",
                           "def x(",
                           "x = ",
                           "a ? b",
                           "a.b.",
                           "/*",
                           "\"${",
                           "@",
                           "->",
                           "a: b",
                           "{ a ->",
                           "a[",
                           "new",
                           "! ! !",
                           "switch (x) { case 'a': y() }",
                           "class X { def a() { } }",
                           "\xff\xfe"}) {
    parse_groovy(text);
  }
  EXPECT_EQ(parse_groovy("a {\n  sh 'x").broken_line, 2u);
  EXPECT_TRUE(parse_groovy(std::string(100'000, '(')).limited);
  EXPECT_TRUE(parse_groovy(std::string(100'000, '{')).limited);
  EXPECT_TRUE(parse_groovy(std::string(100'000, '[')).limited);
  EXPECT_TRUE(parse_groovy(std::string(100'000, '!')).limited);
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested += "a { if (b) { ";
  EXPECT_TRUE(parse_groovy(nested).limited);
}

}  // namespace
}  // namespace mlgrade
