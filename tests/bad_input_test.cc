// Hostile and broken files: each is said, the rest of the scan is unharmed, nothing crashes or hangs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "analyzer/passes/pass.h"
#include "analyzer/run_analysis.h"
#include "tests/support/fixture.h"
#include "tests/support/places.h"
#include "tests/support/temp_dir.h"

namespace mlgrade {
namespace {

using testing::HasSubstr;
using Files = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<Analysis> analyse_files(Files files) {
  AnalysisOptions options;
  options.jobs = 1;
  options.as_of = parse_date("2026-01-01");
  return analyse(memory_repo(std::move(files)), definitions(), options);
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// A whole small project whose DATA-7 earns a point, beside the file that is tested.
Files with_good_project(std::string path, std::string text) {
  return {{"features.py", "def clean(rows):\n    return rows.dropna()\n"},
          {"train.py",
           "import pandas as pd\nfrom sklearn.linear_model import LinearRegression\nfrom features import "
           "clean\n\n"
           "rows = clean(pd.read_csv('a.csv'))\nLinearRegression().fit(rows[['a']], rows['y'])\n"},
          {"tests/test_features.py",
           "import pandas as pd\nfrom features import clean\n\n\ndef test_missing_values_go():\n"
           "    assert len(clean(pd.DataFrame({'a': [1, None]}))) == 1\n\n\ndef test_empty_rows():\n"
           "    assert clean(pd.DataFrame({'a': []})).empty\n"},
          {".github/workflows/ci.yml",
           "on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n"},
          {std::move(path), std::move(text)}};
}

double points_of(const Analysis& analysis, std::string_view id) {
  for (const ItemScore& item : analysis.card.items) {
    if (item.item->id == id) return item.points;
  }
  return -1;
}

bool is_said(const Analysis& analysis, std::string_view path) {
  return std::any_of(analysis.facts.problems.begin(), analysis.facts.problems.end(),
                     [&](const Problem& problem) { return analysis.facts.path(problem.span) == path; });
}

std::string gave_up(const Analysis& analysis) {
  for (const Problem& problem : analysis.facts.problems) {
    if (problem.message.find("gave up") != std::string::npos)
      return std::string(analysis.facts.path(problem.span)) + ": " + problem.message;
  }
  return "";
}

TEST(BadInput, TenThousandBracketsHurtNobody) {
  constexpr int kDeep = 10'000;
  const auto nest = [](const std::string& open, const std::string& close, const std::string& core = "") {
    return repeated(open, kDeep) + core + repeated(close, kDeep);
  };
  const Files cases = {
      {"deep.py", "x = " + nest("(", ")", "1") + "\n"},
      {"lists.py", "x = " + nest("[", "]") + "\n"},
      {"open.py", "x = " + repeated("(", kDeep) + "\n"},
      {"calls.py", "x = " + nest("f(", ")", "1") + "\n"},
      {"chain.py", "x = a" + repeated(".b()", kDeep) + "\n"},
      {"sum.py", "x = 1" + repeated(" + 1", kDeep) + "\n"},
      {"blocks.py",
       [] {
         std::string out;
         for (int i = 0; i < 300; ++i) out += std::string(static_cast<size_t>(i), ' ') + "if a:\n";
         return out + std::string(300, ' ') + "pass\n";
       }()},
      {"deep.json", nest("[", "]")},
      {"keys.json", nest("{\"a\":", "}", "1")},
      {"open.json", repeated("[", kDeep)},
      {"deep.yaml", "a: " + nest("[", "]") + "\n"},
      {"maps.yaml", nest("{a: ", "}", "1") + "\n"},
      {"lines.yaml",
       [] {
         std::string out;
         for (int i = 0; i < 1500; ++i) out += std::string(static_cast<size_t>(i), ' ') + "a:\n";
         return out;
       }()},
      {"dashes.yaml", repeated("- ", kDeep) + "a\n"},
      {"deep.toml", "a = " + nest("[", "]") + "\n"},
      {"tables.toml", "a = " + nest("{a = ", "}", "1") + "\n"},
      {"deep.sh", "echo " + nest("$(", ")", "true") + "\n"},
      {"groups.sh", nest("( ", " )", "true") + "\n"},
      {"ifs.sh", repeated("if true; then\n", kDeep) + repeated("fi\n", kDeep)},
      {"arithmetic.sh", "echo $((" + nest("(", ")", "1") + "))\n"},
      {"deep.ps1", nest("if ($a) { ", " }", "pytest") + "\n"},
      {"groups.ps1", "pytest " + nest("(", ")", "1") + "\n"},
      {"open.ps1", repeated("@{", kDeep) + "\n"},
      {"deep.bat", repeated("if a==b (\n", kDeep) + "pytest\n" + repeated(")\n", kDeep)},
      {"quotes.md", repeated("> ", kDeep) + "a\n"},
      {"links.md", nest("[", "](a)", "a") + "\n"},
      {"stars.md", repeated("*a **b ", kDeep) + "\n"},
      {"items.md",
       [] {
         std::string out;
         for (int i = 0; i < 1000; ++i) out += std::string(static_cast<size_t>(2 * i), ' ') + "- a\n";
         return out;
       }()},
      {"html.md", repeated("<div>", kDeep) + "\n"},
      {"README.rst", repeated("a\n=\n\n", kDeep)},
      {"deep.ipynb", R"({"nbformat": 4, "cells": )" + nest("[", "]") + "}"},
      {"meta.ipynb", R"({"nbformat": 4, "cells": [], "metadata": )" + nest("{\"a\":", "}", "1") + "}"},
      {"Makefile", "a:\n\techo " + nest("$(b ", ")") + "\n"},
      {"deep.mk", "x := " + nest("${", "}", "a") + "\n" + repeated("ifdef A\n", kDeep)},
      {"Dockerfile", "FROM a\nRUN " + nest("(", ")", "true") + "\n"},
      {"setup.cfg", repeated("[a\n", kDeep)},
      {"requirements.txt", nest("a[", "]") + "\n"},
      {"environment.yml", "dependencies: " + nest("[", "]") + "\n"},
      {"CODEOWNERS", nest("[", "]") + " @a\n"},
      {"alerts.yml", "groups:\n  - rules:\n      - alert: A\n        expr: '" + nest("(", ")", "up") + "'\n"},
      {"dashboard.json", R"({"title": "a", "panels": )" + nest("[{\"panels\":", "}]", "[]") + "}"},
      {".github/workflows/deep.yml", "on: push\njobs:\n  a:\n    if: ${{ " + nest("(", ")", "true") +
                                         " }}\n    runs-on: x\n    steps:\n      - run: echo " +
                                         nest("${{ ", " }}", "a") + "\n"},
      {".gitlab-ci.yml",
       "a:\n  script: " + nest("[", "]", "a") + "\n  rules:\n    - if: '" + nest("(", ")", "$A") + "'\n"},
      {"docker-compose.yml", "services:\n  a:\n    command: " + nest("[", "]", "a") + "\n"},
      {"dvc.yaml", "stages:\n  a:\n    cmd: " + nest("(", ")", "true") + "\n"},
      {"tox.ini", "[testenv]\ncommands = " + nest("{", "}", "a") + "\n"},
      {"pyproject.toml", "[tool.pytest.ini_options]\naddopts = \"-k '" + nest("(", ")", "a") + "'\"\n"},
      {"pom.xml", nest("<a>", "</a>")},
  };
  for (const auto& [path, text] : cases) {
    SCOPED_TRACE(path);
    const auto analysis = analyse_files(with_good_project(path, text));
    EXPECT_EQ(gave_up(*analysis), "");
    // With an expression for -k that nobody can evaluate, whether the tests run is open.
    const bool open = path == "pyproject.toml";
    EXPECT_EQ(points_of(*analysis, "DATA-7"), open ? 0.5 : 1) << "the rest is unharmed";
  }
}

TEST(BadInput, IsSaidWithTheNameOfTheFile) {
  const Files cases = {
      {"broken.ipynb", "this is no JSON"},
      {"half.ipynb", R"({"nbformat": 4, "cells": [{"cell_type": "code", "source": ["x = )"},
      {"broken.json", "{\"a\": "},
      {"broken.yaml", "a: [1\nb: {"},
      {"broken.toml", "a = = 1\n"},
      {"latin.py", "x = '\xe9t\xe9'\n"},
      {"binary.py", std::string("x = 1\0\0\0", 8)},
      {"broken.sh", "if true; then\n"},
      {"broken.ps1", "if ($a) { pytest\n"},
      {"bomb.yaml",
       "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
       "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
       "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]\n"
       "g: [*f, *f, *f, *f, *f, *f, *f, *f, *f]\n"},
      {"Dockerfile", "RUN true\n"},
  };
  for (const auto& [path, text] : cases) {
    SCOPED_TRACE(path);
    const auto analysis = analyse_files(with_good_project(path, text));
    EXPECT_TRUE(is_said(*analysis, path));
    EXPECT_EQ(gave_up(*analysis), "");
    EXPECT_EQ(points_of(*analysis, "DATA-7"), 1) << "the rest is unharmed";
  }
}

// A deterministic stream of numbers.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed * 2862933555777941757ull + 3037000493ull) {}
  size_t below(size_t bound) {
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    return bound == 0 ? 0 : static_cast<size_t>(state_ >> 33) % bound;
  }

 private:
  uint64_t state_;
};

// One of several ways to spoil a text.
std::string spoilt(std::string text, Numbers& numbers) {
  if (text.empty()) return "\xff\xfe";
  const size_t at = numbers.below(text.size());
  switch (numbers.below(8)) {
    case 0:
      return text.substr(0, at);
    case 1:
      return text.substr(at);
    case 2:
      text[at] = static_cast<char>(numbers.below(256));
      return text;
    case 3:
      return text.erase(at, numbers.below(40));
    case 4:
      return text.insert(at, std::string(1 + numbers.below(60), "([{<\"'`:\t-#$%&*\\|"[numbers.below(18)]));
    case 5:
      return text.insert(at, text.substr(numbers.below(text.size()), numbers.below(200)));
    case 6:
      std::replace(text.begin() + static_cast<long>(at), text.end(), '\n',
                   numbers.below(2) == 0 ? ' ' : '\r');
      return text;
    default:
      std::replace(text.begin(), text.end(), ' ', numbers.below(2) == 0 ? '\t' : '\xa0');
      return text;
  }
}

// Every file of every fixture, spoilt: there are files of all readers among them.
TEST(BadInput, SpoiltFilesOfAllKindsAreSurvived) {
  Numbers numbers(1);
  std::map<std::string, int> kinds;  // fixtures repeat themselves: some files of each kind will do
  int scanned = 0;
  for (const char* folder : {"tests/rules", "tests/items"}) {
    for (const testing_support::Fixture& fixture : testing_support::read_fixtures(folder)) {
      for (const testing_support::Scenario& scenario : fixture.scenarios) {
        Files files = scenario.files;
        bool fresh = false;
        for (auto& [path, text] : files) {
          constexpr int kOfAKind = 40;
          const std::string kind = path.substr(std::min(path.rfind('.'), path.size()));
          fresh = kinds[kind]++ < kOfAKind || fresh;
          text = spoilt(std::move(text), numbers);
          if (numbers.below(3) == 0) text = spoilt(std::move(text), numbers);
        }
        if (!fresh) continue;
        SCOPED_TRACE(fixture.path + ": " + scenario.title);
        const auto analysis = analyse_files(std::move(files));
        EXPECT_EQ(gave_up(*analysis), "");
        EXPECT_FALSE(report_of(*analysis, definitions()).items.empty());
        ++scanned;
      }
    }
  }
  EXPECT_GT(scanned, 100);
}

// The library's parser gives documents without end where none can be read.
TEST(BadInput, AParserThatDoesNotGetOnIsLeft) {
  const auto analysis =
      analyse_files(Files{{"a.yaml", ", method]\n"}, {"b.yaml", "a: 1\n---\nb: 2\n---\n---\n"}});
  EXPECT_EQ(gave_up(*analysis), "");
  ASSERT_EQ(analysis->facts.problems.size(), 1u);
  EXPECT_EQ(analysis->facts.path(analysis->facts.problems[0].span.file), "a.yaml");
}

// Every prefix of a file of each reader.
TEST(BadInput, EveryPrefixIsSurvived) {
  const Files samples = {
      {"a.py",
       "import numpy as np\n\n@dec(x=1)\nasync def f(a: int = 3, *b, **c) -> int:\n    \"\"\"d\"\"\"\n"
       "    with open(f'{a!r:>{b}}') as g: return [x async for x in y if (z := x)]\n"
       "class A(B, metaclass=C):\n    x: int = lambda *a: {**a, 'b': [1, 2][::-1]}\n"},
      {"a.sh",
       "set -euo pipefail\nif [[ $a == b* ]]; then x=$(cat <<'EOF' | tee \"$f\"\na\nEOF\n); fi\n"
       "case $1 in a) f ;; *) g || exit 1 ;; esac\nfor i in {1..3}; do echo \"${i:-x}\" & done; wait\n"},
      {"a.ps1",
       "function F { param($a) try { & \"$x\\p.exe\" -m @{a=1} | Out-File x } catch { throw } }\n"
       "if ($LASTEXITCODE -ne 0) { exit 1 } else { @\"\nhere\n\"@ }\n<# c #> a `\n  b && c || d > $null\n"},
      {"a.bat",
       "@echo off\nif errorlevel 1 (\n  exit /b 1\n) else (\n  for %%f in (*.py) do python %%f ^\n   "
       "-x\n)\n"},
      {"a.yaml", "a: &x {b: [1, \"two\"], c: |\n  text\n}\n---\n- <<: *x\n  d: !t 'e'\n? f\n: >-\n  g\n"},
      {"a.toml", "a = 1\n[b.c]\nd = { e = [1, \"\"\"x\"\"\", 1979-05-27T07:32:00Z] }\n[[f]]\ng = 'h'\n"},
      {"a.json", "{\"a\": [1, 2.5e3, \"\\u00e9\\n\", null, true, {\"b\": {}}]}"},
      {"a.md",
       "---\na: 1\n---\n# H\n\n| a | b |\n|---|---|\n| 1 | `c` |\n\n- [x] d\n  1. e\n\n```sh\nls\n```\n> "
       "q\n"},
      {"a.ini", "[a]\nb = c\n  d\n; e\nf: g\n"},
      {"Makefile",
       "A := $(shell ls)\ninclude b.mk\n.PHONY: t\nt: u | v\n\t@-$(A) && \\\n\tls\nifeq ($(A),)\n%.o: %.c ; "
       "cc\nendif\n"},
      {"Dockerfile",
       "ARG A=1\nFROM a:${A} AS b\nRUN <<EOF\nls\nEOF\nCOPY --from=b [\"x\", \"y\"]\nHEALTHCHECK "
       "--interval=5s CMD curl x || exit 1\n"},
      {"a.ipynb",
       R"({"nbformat":4,"metadata":{"kernelspec":{"language":"python"}},"cells":[{"cell_type":"code","execution_count":1,"source":["%matplotlib\n","x=1"],"outputs":[{"output_type":"stream","text":["1"]}]}]})"},
      {"requirements.txt",
       "-r b.txt\na[x]>=1,<2 ; python_version < '3' --hash=sha256:ab \\\n  "
       "--hash=x\ngit+https://x/y@z#egg=w\n"},
      {".github/workflows/a.yml",
       "on: {push: {branches: [main]}, schedule: [{cron: '0 0 * * *'}]}\njobs:\n  a:\n    strategy: {matrix: "
       "{b: [1], include: [{c: d}]}}\n"
       "    if: always() && (github.event_name == 'push' || !cancelled())\n    steps:\n      - run: ${{ "
       "matrix.c }} | tee x\n      - uses: ./a\n"},
      {".gitlab-ci.yml",
       "include: a.yml\n.b: &b {script: [pytest]}\nc:\n  <<: *b\n  rules: [{if: '$A == \"b\" && $C =~ /d/', "
       "when: manual}]\n"},
      {"alerts.yml",
       "groups:\n- rules:\n  - alert: A\n    expr: sum by (a) (rate(b_total{c=~\"d\"}[5m])) / c > bool "
       "0.5\n"},
      {"README.rst", "T\n=\n\n.. code-block:: sh\n\n   pytest\n\n* a\n\n====  ====\na     b\n====  ====\n"},
      {"CODEOWNERS", "* @a\n/b/ @c/d e@f.g\n[S][2] @h\n"},
  };
  for (const auto& [path, text] : samples) {
    SCOPED_TRACE(path);
    for (size_t end = 0; end < text.size(); ++end) {
      const FactStore facts = collect_facts(memory_repo({{path, text.substr(0, end)}}), 1);
      for (const Problem& problem : facts.problems)
        ASSERT_EQ(problem.message.find("gave up"), std::string::npos) << end << ": " << problem.message;
      build_graph(facts);
    }
  }
}

}  // namespace
}  // namespace mlgrade
