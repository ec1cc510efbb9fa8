// Samples and copies of other projects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzer/repo/classify.h"

namespace mlgrade {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> vendored(std::vector<std::pair<std::string, std::string>> files) {
  std::vector<std::string> out;
  for (const FileFact& file : memory_repo(std::move(files)).files) {
    if (file.vendored) out.push_back(file.path.str());
  }
  return out;
}

TEST(Samples, ByFolderEndingAndTemplate) {
  for (const char* path : {"examples/train.py",
                           "pkg/example/a.py",
                           "Archive/old.py",
                           "archived/x.py",
                           "tutorials/1.ipynb",
                           "samples/a.yml",
                           "docs/demo/k8s.yaml",
                           "docs/guide/templates/run.sh",
                           "demos/x.py",
                           "{{cookiecutter.name}}/ci.yml",
                           "templates/{{ name }}/a.py",
                           ".github/workflows/ci.yml.disabled",
                           "a.py.bak",
                           "a.old",
                           ".env.example",
                           "x.template",
                           "c.sample",
                           "a.orig",
                           "phpunit.xml.dist",
                           "great_expectations/notebooks/pandas/validation_playground.ipynb"}) {
    EXPECT_TRUE(is_sample(path)) << path;
  }
  for (const char* path : {"src/train.py", "example.py", "src/examples.py", "templates/index.html",
                           "demo.ipynb", "dist/a.py", "resample/a.py", "docs/index.md"}) {
    EXPECT_FALSE(is_sample(path)) << path;
  }
}

TEST(Samples, ARepositoryOfExamplesStaysOne) {
  for (const FileFact& file : memory_repo({{"examples/a.py", ""}, {"examples/b/c.py", ""}}).files) {
    EXPECT_TRUE(file.sample);
  }
}

TEST(Vendored, FoldersThatSayWhatTheyAre) {
  EXPECT_THAT(vendored({{"third_party/x.py", ""},
                        {"a/third-party/x.py", ""},
                        {"3rdparty/x.c", ""},
                        {"pip/_vendor/x.py", ""},
                        {"node_modules/a/i.js", ""},
                        {"lib/site-packages/n.py", ""},
                        {"src/x.py", ""},
                        {"third_party.py", ""}}),
              ElementsAre("3rdparty/x.c", "a/third-party/x.py", "lib/site-packages/n.py",
                          "node_modules/a/i.js", "pip/_vendor/x.py", "third_party/x.py"));
}

TEST(Vendored, VendorAndExternalNeedSignsOfAnotherProject) {
  EXPECT_THAT(vendored({{"models/vendor/prices.sql", ""},
                        {"external/client.py", ""},
                        {"external/api/pyproject.toml", ""}}),
              IsEmpty());
  EXPECT_THAT(vendored({{"vendor/lib/setup.py", ""}, {"vendor/lib/lib.py", ""}, {"vendor/other.py", ""}}),
              ElementsAre("vendor/lib/lib.py", "vendor/lib/setup.py", "vendor/other.py"));
  EXPECT_THAT(vendored({{"external/lib/LICENSE", ""}, {"external/lib/a/b.py", ""}, {"external/ours.py", ""}}),
              ElementsAre("external/lib/LICENSE", "external/lib/a/b.py"));
}

TEST(Vendored, VirtualEnvironmentsAndSubmodules) {
  EXPECT_THAT(vendored({{"env/pyvenv.cfg", ""}, {"env/bin/run.py", ""}, {"env.py", ""}, {"e/nv.py", ""}}),
              ElementsAre("env/bin/run.py", "env/pyvenv.cfg"));
  EXPECT_THAT(vendored({{".gitmodules", "[submodule \"x\"]\n\tpath = deps/x\n\turl = ../x\n"},
                        {"deps/x/a.py", ""},
                        {"deps/xy/a.py", ""}}),
              ElementsAre("deps/x/a.py"));
}

TEST(Vendored, Attributes) {
  EXPECT_THAT(vendored({{".gitattributes",
                         "lib/** linguist-vendored\n*_pb2.py linguist-generated=true\n"
                         "third_party/ours/** -linguist-vendored\n# x linguist-vendored\n"},
                        {"lib/a/b.py", ""},
                        {"src/m_pb2.py", ""},
                        {"src/m.py", ""},
                        {"third_party/ours/a.py", ""},
                        {"third_party/theirs/a.py", ""}}),
              ElementsAre("lib/a/b.py", "src/m_pb2.py", "third_party/theirs/a.py"));
  EXPECT_THAT(vendored({{"a/.gitattributes", "/b.py linguist-vendored\n"}, {"a/b.py", ""}, {"b.py", ""}}),
              ElementsAre("a/b.py"));
  EXPECT_THAT(vendored({{".gitattributes", "lib/** linguist-vendored\n"},
                        {"lib/.gitattributes", "own.py linguist-vendored=false\n"},
                        {"lib/own.py", ""},
                        {"lib/x.py", ""}}),
              ElementsAre("lib/.gitattributes", "lib/x.py"));
}

TEST(Vendored, AttributesThatOnlyShapeTheLanguageBarDoNotCount) {
  EXPECT_THAT(vendored({{".gitattributes",
                         "* linguist-vendored\n*.ipynb linguist-generated\n*.py linguist-vendored=false\n"},
                        {"a.py", ""},
                        {"nb/a.ipynb", ""},
                        {"style.css", ""}}),
              IsEmpty());
  EXPECT_THAT(vendored({{".gitattributes", "course/** linguist-vendored\n"}, {"course/a.ipynb", ""}}),
              ElementsAre("course/a.ipynb"));
}

TEST(Vendored, CopiesThatSetuptoolsMadeAreGenerated) {
  EXPECT_THAT(vendored({{"setup.py", ""},
                        {"build/lib/churn/train.py", ""},
                        {"build/lib.linux-x86_64-3.11/churn/fast.py", ""},
                        {"build/scripts/run.py", ""},
                        {"tools/build/lib/own.py", ""}}),
              ElementsAre("build/lib.linux-x86_64-3.11/churn/fast.py", "build/lib/churn/train.py"));
}

}  // namespace
}  // namespace mlgrade
