// PromQL: what parses and what does not, held against Debian's promtool where it is installed.
#include "analyzer/syntax/promql.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace mlgrade {
namespace {

namespace fs = std::filesystem;
using Outcome = ParsedPromql::Outcome;

constexpr const char* kGood[] = {
    "up",
    "up == 0",
    "up{}",
    "up{job=\"api\",}",
    "{__name__=\"up\"}",
    "{__name__=~\"http_.+\", job!=\"\"}",
    "http_requests_total{code=~\"5..\",job!~\"a|b\"} offset 1h > 0 or up",
    "rate(http_requests_total[5m])",
    "rate(x[5m] offset -1w)",
    "rate(x[5m] @ 1609746000)",
    "x @ end()",
    "x @ start() offset 5m",
    "sum(rate(x[5m])) by (job, le)",
    "sum by (job) (rate(x[1h30m]))",
    "sum without () (x)",
    "SUM(x) BY (a)",
    "topk(3, x)",
    "count_values(\"version\", build_info)",
    "quantile(0.9, x)",
    "histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m]))) > 0.5",
    "a + on(job) b",
    "a / ignoring(code) group_left(team) b",
    "a * on(job, instance) group_right() b",
    "a and on() b",
    "a unless b",
    "a or b and c unless d",
    "a > bool 1",
    "1 > bool 2",
    "-a ^ 2",
    "2 ^ 3 ^ 2",
    "a % 2 == 1",
    "a atan2 b",
    "avg_over_time(rate(x[5m])[1h:1m])",
    "max_over_time((a - b)[1d:])",
    "absent(up{job=\"api\"})",
    "absent_over_time(feedback_total[1d])",
    "time() - model_trained_at > 86400 * 7",
    "vector(1)",
    "1",
    "Inf",
    "NaN + 1",
    "0x1F",
    "1e-3",
    ".5",
    "x > 0.01 # a comment",
    "label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")",
    "label_join(up, \"a\", \",\", \"b\", \"c\")",
    "clamp_min(sum(x), 1)",
    "round(x)",
    "round(x, 0.1)",
    "day_of_week() == 0",
    "hour(x)",
    "scalar(sum(x)) * 2",
    "predict_linear(free_bytes[1h], 4 * 3600) < 0",
    "quantile_over_time(0.5, x[5m])",
    "sort_desc(sum(x))",
    "(((x)))",
    "+x",
    "- - x",
    "a:b:c",
    "job:x:rate5m{a='b', c=`d`}",
    "sum(x) / sum(y) > (14.4 * 0.005)",
    "avg",
    "by",
    "offset",
    "x{le=\"0.5\"}",
    "x{a=\"\\\"\\n\\u00e9\"}",
    "pi() * x",
    "group(x)",
    "stddev(x) > 3",
    "changes(x[10m]) > 2",
    "count(up == 0) by (job) > 1",
    "x offset 5m + y offset 1d",
    "rate(x[5m:30s] )",
    "sum(x) by (job) > on(job) group_left sum(y) by (job, b)",
};

constexpr const char* kBad[] = {
    "",
    "(",
    ")",
    "x)",
    "{}",
    "{a=\"\"}",
    "{a=~\".*\"}",
    "x{a}",
    "x{a=b}",
    "x{a==\"b\"}",
    "x{a=\"b\" c=\"d\"}",
    "x{\"",
    "x[]",
    "x[5]y",
    "x[m5]",
    "x[5m",
    "rate(x)",
    "rate(sum(x))",
    "rate(x[5m])[5m]",
    "sum(x[5m])",
    "sum()",
    "sum(x, y)",
    "topk(x)",
    "topk(\"a\", x)",
    "count_values(1, x)",
    "sum by job (x)",
    "sum(x) by (job) by (le)",
    "histogram_quantile(x, 0.9)",
    "absent(1)",
    "vector(x)",
    "scalar(1)",
    "time(1)",
    "label_replace(up, \"a\")",
    "a + ",
    "+ ",
    "a b",
    "a = b",
    "a and 1",
    "1 or 2",
    "1 > 2",
    "a + bool b",
    "a + on(job) 1",
    "a and on(job) group_left b",
    "a + on(job) group_left(job) b",
    "a + \"b\"",
    "-\"a\"",
    "x offset",
    "x offset y",
    "(x + y) offset 5m",
    "x @ y",
    "x offset 5m[5m]",
    "avg_over_time(x[5m:1m][5m])",
    "5m5h",
    "1.2.3",
    "x{a=\"\\q\"}",
    "x; y",
    "x ! y",
    "x{a:b=\"c\"}",
    "sum(a:b) by (c:d)",
    "x{__name__=\"y\"}",
    "0x",
    "up == = 0",
    "if up == 0",
    "rate(x[5m]) > > 1",
    "sum(rate(x[5m])",
};

TEST(Promql, ParsesWhatIsPromql) {
  for (const char* text : kGood) {
    const ParsedPromql parsed = parse_promql(text);
    EXPECT_EQ(parsed.outcome, Outcome::kParsed) << text << ": " << parsed.problem << " at " << parsed.column;
  }
}

TEST(Promql, RefusesWhatIsNot) {
  for (const char* text : kBad) {
    const ParsedPromql parsed = parse_promql(text);
    EXPECT_EQ(parsed.outcome, Outcome::kBroken) << text;
    EXPECT_FALSE(parsed.problem.empty()) << text;
  }
}

// promtool lets it pass; the server refuses the result.
TEST(Promql, RefusesRangesAsResults) { EXPECT_EQ(parse_promql("x[5m]").outcome, Outcome::kBroken); }

TEST(Promql, SaysWhatItDoesNotKnow) {
  for (const char* text : {"rollup_rate(x[5m])", "sum(median_over_time(x[5m])) > 1"}) {
    const ParsedPromql parsed = parse_promql(text);
    EXPECT_EQ(parsed.outcome, Outcome::kUnknown) << text;
    EXPECT_TRUE(parsed.whole) << text;
  }
}

TEST(Promql, KnowsVariablesOfDashboards) {
  const PromqlOptions variables{.variables = true};
  for (const char* text :
       {"rate(x{job=~\"$job\"}[$__rate_interval])", "rate(x[${window}])", "sum(x) by ($group)",
        "$metric{a=\"b\"}", "${prefix}_total > 0", "x > $threshold", "avg_over_time(up[$__range:1m])",
        "rate(x[[[interval]]])", "rate(x{a=\"[[b]]\"}[[[i]]])", "max_over_time(x[$__range:])",
        "sum(x{$filters})"}) {
    const ParsedPromql parsed = parse_promql(text, variables);
    EXPECT_NE(parsed.outcome, Outcome::kBroken) << text << ": " << parsed.problem << " at " << parsed.column;
    EXPECT_EQ(parse_promql(text).outcome == Outcome::kParsed, false) << text;
  }
}

TEST(Promql, BindsAsPrometheusDoes) {
  const ParsedPromql parsed = parse_promql("a + b * c ^ 2 > 1 or d");
  ASSERT_EQ(parsed.outcome, Outcome::kParsed);
  const PromNode& top = parsed.at(parsed.root);
  EXPECT_EQ(top.text, "or");
  EXPECT_EQ(parsed.at(top.children[0]).text, ">");
  const PromNode& sum = parsed.at(parsed.at(top.children[0]).children[0]);
  EXPECT_EQ(sum.text, "+");
  EXPECT_EQ(parsed.at(sum.children[1]).text, "*");
}

TEST(Promql, HasLimits) {
  EXPECT_EQ(parse_promql(std::string(5000, '(') + "x").outcome, Outcome::kUnknown);
  EXPECT_EQ(parse_promql(std::string(5000, '-') + "x").outcome, Outcome::kUnknown);
  EXPECT_EQ(parse_promql(std::string(70000, 'x')).outcome, Outcome::kUnknown);
  std::string long_sum = "x";
  for (int i = 0; i < 9000; ++i) long_sum += "+x";
  EXPECT_EQ(parse_promql(long_sum).outcome, Outcome::kUnknown);
  for (const char* text :
       {"{", "\"", "x{", "x{a=", "sum by (", "[", "$", "x[5m", "0x", "1e", "\\", "x @", "{a=~"})
    parse_promql(text, {.variables = true});
}

TEST(Promql, ReadsDurations) {
  EXPECT_EQ(promql_duration("5m"), 300);
  EXPECT_EQ(promql_duration("1h30m"), 5400);
  EXPECT_EQ(promql_duration("1w"), 604800);
  EXPECT_LT(promql_duration("30m1h"), 0);
  EXPECT_LT(promql_duration("5"), 0);
  EXPECT_LT(promql_duration(""), 0);
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

// Whether promtool takes a rule with the expression.
bool promtool_takes(const fs::path& folder, const std::string& expression) {
  const fs::path file = folder / "rules.yml";
  std::ofstream(file) << "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: " << quoted(expression)
                      << "\n";
  return std::system(("promtool check rules '" + file.string() + "' >/dev/null 2>&1").c_str()) == 0;
}

TEST(Promql, AgreesWithPromtool) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool is not installed: the lists are held against our own parser only";
  const TempDir made;  // of this process alone: others run the same test
  const fs::path folder = made.path();
  for (const char* text : kGood) EXPECT_TRUE(promtool_takes(folder, text)) << text;
  for (const char* text : kBad) EXPECT_FALSE(promtool_takes(folder, text)) << text;
}

}  // namespace
}  // namespace mlgrade
