// The arrows between folders: who of ours may include what, and which folder alone may use a library.
// The table is the one of analyzer/ARCHITECTURE.md; a new arrow is a change to both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/places.h"

namespace mlgrade {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Strings = std::vector<std::string>;

// One #include line.
struct Include {
  std::string target;
  bool quoted = false;  // "..." rather than <...>
};

// What the files of one place may include of ours, beside files of the same place. Both sides are prefixes of
// paths from the repository root; the first entry whose `place` fits decides.
struct Layer {
  std::string_view place;
  std::vector<std::string_view> may_include;
};

const std::vector<Layer>& layers() {
  static const std::vector<Layer> table = {
      {"analyzer/base/", {}},
      {"analyzer/repo/", {"analyzer/base/", "analyzer/facts/repository.h"}},
      {"analyzer/syntax/", {"analyzer/base/", "analyzer/repo/"}},
      {"analyzer/facts/", {"analyzer/base/"}},
      {"analyzer/passes/", {"analyzer/base/", "analyzer/repo/", "analyzer/syntax/", "analyzer/facts/"}},
      {"analyzer/graph/", {"analyzer/base/", "analyzer/facts/"}},
      {"analyzer/engine/", {"analyzer/base/", "analyzer/facts/", "analyzer/graph/"}},
      {"analyzer/run", {"analyzer/", "rules/", "rubric/", "reports/"}},
      {"analyzer/options", {"analyzer/base/"}},
      {"analyzer/", {"analyzer/run", "analyzer/options", "analyzer/base/"}},
      {"rules/", {"analyzer/base/", "analyzer/facts/", "analyzer/graph/", "analyzer/engine/rule.h"}},
      {"rubric/", {"analyzer/base/", "analyzer/engine/evidence.h", "analyzer/facts/repository.h"}},
      {"reports/build_report",
       {"analyzer/base/", "analyzer/facts/", "analyzer/graph/", "analyzer/engine/", "rubric/",
        "reports/report.h", "analyzer/repo/source_file.h"}},
      {"reports/report.h", {}},
      // A renderer sees the report, what renderers share, and page parts embedded in the program.
      {"reports/", {"reports/report.h", "analyzer/base/embedded.h", "analyzer/base/printable.h"}},
  };
  return table;
}

// A library of others that only some places may include.
struct Library {
  std::string_view header;  // prefix of the included path
  std::string_view only_in;
};

constexpr Library kLibraries[] = {
    {"tree_sitter/", "analyzer/syntax/"}, {"tree-sitter", "analyzer/syntax/"},
    {"yaml-cpp/", "analyzer/syntax/"},    {"toml++/", "analyzer/syntax/"},
    {"toml.hpp", "analyzer/syntax/"},     {"cmark", "analyzer/syntax/"},
    {"clang/", "analyzer/syntax/"},       {"clang-c/", "analyzer/syntax/"},
    {"llvm/", "analyzer/syntax/"},        {"CLI/", "analyzer/options"},
    {"git2", "analyzer/repo/"},
};

bool is_ours(std::string_view path) {
  return path.starts_with("analyzer/") || path.starts_with("rules/") || path.starts_with("rubric/") ||
         path.starts_with("reports/") || path.starts_with("tests/");
}

const Layer* layer_of(std::string_view path) {
  for (const Layer& layer : layers()) {
    if (path.starts_with(layer.place)) return &layer;
  }
  return nullptr;
}

// Whether a file of ours at `path` may include our file `target`.
bool may_include(std::string_view path, std::string_view target) {
  const Layer* layer = layer_of(path);
  if (layer == nullptr) return false;
  if (layer == layer_of(target)) return true;
  return std::any_of(layer->may_include.begin(), layer->may_include.end(),
                     [&](std::string_view prefix) { return target.starts_with(prefix); });
}

// What is wrong with the includes of the file at `path` (from the repository root), one line each.
Strings layering_problems(const std::string& path, const std::vector<Include>& includes) {
  Strings problems;
  for (const Include& include : includes) {
    if (is_ours(include.target)) {
      if (!may_include(path, include.target)) {
        problems.push_back(path + " must not include " + include.target);
      }
      continue;
    }
    if (include.quoted) {
      problems.push_back(path + ": \"" + include.target +
                         "\" is no path from the root; a library takes <...>");
    }
    for (const Library& library : kLibraries) {
      if (include.target.starts_with(library.header) && !path.starts_with(library.only_in)) {
        problems.push_back(path + ": only " + std::string(library.only_in) + " may include " +
                           include.target);
      }
    }
  }
  return problems;
}

// The #include lines of a C++ text, whatever blanks they hold.
std::vector<Include> includes_of(std::istream& text) {
  std::vector<Include> includes;
  for (std::string line; std::getline(text, line);) {
    std::string_view rest = line;
    const auto skip_blanks = [&] {
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    };
    skip_blanks();
    if (!rest.starts_with('#')) continue;
    rest.remove_prefix(1);
    skip_blanks();
    if (!rest.starts_with("include")) continue;
    rest.remove_prefix(7);
    skip_blanks();
    if (rest.empty() || (rest[0] != '"' && rest[0] != '<')) continue;
    const bool quoted = rest[0] == '"';
    const size_t end = rest.find(quoted ? '"' : '>', 1);
    if (end == std::string_view::npos) continue;
    includes.push_back({std::string(rest.substr(1, end - 1)), quoted});
  }
  return includes;
}

Strings problems_of(const std::string& path, const std::string& text) {
  std::istringstream in(text);
  return layering_problems(path, includes_of(in));
}

TEST(Layering, HoldsInTheWholeTree) {
  const fs::path root = source_dir();
  Strings problems;
  int files = 0;
  for (const char* folder : {"analyzer", "rules", "rubric", "reports"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
      std::ifstream in(entry.path());
      const Strings found =
          layering_problems(entry.path().lexically_relative(root).generic_string(), includes_of(in));
      problems.insert(problems.end(), found.begin(), found.end());
      ++files;
    }
  }
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_GT(files, 1);
}

TEST(Layering, ReadsIncludeLinesInAnySpelling) {
  std::istringstream in(
      "#include \"analyzer/base/span.h\"\n  #  include <string>\n// #include \"no\"\n#include MACRO\n");
  const std::vector<Include> includes = includes_of(in);
  ASSERT_EQ(includes.size(), 2u);
  EXPECT_EQ(includes[0].target, "analyzer/base/span.h");
  EXPECT_TRUE(includes[0].quoted);
  EXPECT_EQ(includes[1].target, "string");
  EXPECT_FALSE(includes[1].quoted);
}

TEST(Layering, AllowsTheArrowsOfTheTable) {
  const auto allowed = [](const std::string& path, const std::string& target) {
    EXPECT_THAT(problems_of(path, "#include \"" + target + "\"\n"), IsEmpty());
  };
  allowed("analyzer/base/glob.cc", "analyzer/base/glob.h");
  allowed("analyzer/repo/walk.cc", "analyzer/base/glob.h");
  allowed("analyzer/syntax/walker.cc", "analyzer/repo/source_file.h");
  allowed("analyzer/passes/calls.cc", "analyzer/syntax/walker.h");
  allowed("analyzer/engine/run_rules.cc", "analyzer/graph/graph.h");
  allowed("analyzer/run.cc", "reports/build_report.h");
  allowed("analyzer/run.cc", "analyzer/syntax/walker.h");
  allowed("analyzer/main.cc", "analyzer/run.h");
  allowed("rules/leakage/fit-before-split.cc", "analyzer/engine/rule.h");
  allowed("rules/leakage/fit-before-split.cc", "analyzer/facts/python.h");
  allowed("rubric/score.cc", "rubric/score.h");
  allowed("rubric/score.cc", "analyzer/engine/evidence.h");
  allowed("reports/build_report.cc", "analyzer/repo/source_file.h");
  allowed("reports/build_report.cc", "rubric/score.h");
  allowed("reports/sarif.cc", "reports/report.h");
  allowed("reports/sarif.cc", "reports/sarif.h");
}

TEST(Layering, ReportsEveryForbiddenArrow) {
  const auto forbidden = [](const std::string& path, const std::string& target) {
    EXPECT_THAT(problems_of(path, "#include \"" + target + "\"\n"),
                ElementsAre(path + " must not include " + target));
  };
  forbidden("analyzer/base/glob.cc", "analyzer/repo/walk.h");
  forbidden("analyzer/repo/walk.cc", "analyzer/syntax/walker.h");
  forbidden("analyzer/syntax/walker.cc", "analyzer/facts/python.h");
  forbidden("analyzer/facts/python.h", "analyzer/syntax/walker.h");
  forbidden("analyzer/passes/calls.cc", "analyzer/graph/graph.h");
  forbidden("analyzer/graph/link.cc", "analyzer/passes/calls.h");
  forbidden("analyzer/engine/load.cc", "analyzer/syntax/yaml_document.h");
  forbidden("analyzer/engine/load.cc", "rubric/score.h");
  forbidden("analyzer/main.cc", "analyzer/syntax/walker.h");
  forbidden("analyzer/options.cc", "analyzer/repo/walk.h");
  forbidden("rules/leakage/fit-before-split.cc", "analyzer/syntax/walker.h");
  forbidden("rules/leakage/fit-before-split.cc", "analyzer/repo/source_file.h");
  forbidden("rules/leakage/fit-before-split.cc", "analyzer/engine/load.h");
  forbidden("rubric/score.cc", "analyzer/graph/graph.h");
  forbidden("rubric/score.cc", "analyzer/engine/rule.h");
  forbidden("rubric/score.cc", "reports/report.h");
  forbidden("analyzer/repo/walk.cc", "analyzer/facts/python.h");
  forbidden("reports/build_report.cc", "analyzer/repo/walk.h");
  forbidden("reports/build_report.cc", "analyzer/syntax/walker.h");
  forbidden("reports/sarif.cc", "rubric/score.h");
  forbidden("reports/sarif.cc", "reports/build_report.h");
  forbidden("reports/sarif.cc", "analyzer/engine/finding.h");
  forbidden("analyzer/run.cc", "tests/support/repo.h");
}

TEST(Layering, ReportsLibrariesOutsideTheirFolder) {
  const auto only = [](const std::string& home, const std::string& header, const std::string& elsewhere) {
    EXPECT_THAT(problems_of(home, "#include <" + header + ">\n"), IsEmpty());
    EXPECT_THAT(problems_of(elsewhere, "#include <" + header + ">\n"),
                ElementsAre(HasSubstr("may include " + header)));
  };
  only("analyzer/syntax/tree.cc", "tree_sitter/api.h", "analyzer/passes/calls.cc");
  only("analyzer/syntax/tree.cc", "tree-sitter-python.h", "analyzer/passes/calls.cc");
  only("analyzer/syntax/yaml.cc", "yaml-cpp/yaml.h", "rubric/load.cc");
  only("analyzer/syntax/toml.cc", "toml++/toml.h", "analyzer/run.cc");
  only("analyzer/syntax/toml.cc", "toml.hpp", "analyzer/run.cc");
  only("analyzer/syntax/markdown.cc", "cmark-gfm.h", "analyzer/engine/load.cc");
  only("analyzer/syntax/cpp.cc", "clang/Tooling/Tooling.h", "rules/a/b.cc");
  only("analyzer/syntax/cpp.cc", "clang-c/Index.h", "rules/a/b.cc");
  only("analyzer/syntax/cpp.cc", "llvm/ADT/StringRef.h", "rules/a/b.cc");
  only("analyzer/options_parse.cc", "CLI/CLI.hpp", "analyzer/main.cc");
  only("analyzer/repo/history.cc", "git2.h", "analyzer/run.cc");
  only("analyzer/repo/history.cc", "git2/blob.h", "reports/build_report.cc");
}

TEST(Layering, ReportsQuotedPathsThatDoNotStartAtTheRoot) {
  EXPECT_THAT(problems_of("analyzer/base/glob.cc", "#include \"glob.h\"\n"),
              ElementsAre(HasSubstr("\"glob.h\"")));
}

}  // namespace
}  // namespace mlgrade
