// What kind of system a repository is taken for, and why.
#include <gtest/gtest.h>

#include "analyzer/run_analysis.h"

namespace mlgrade {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

std::string traits(const Files& files) {
  AnalysisOptions options;
  options.jobs = 1;
  const auto analysis = analyse(memory_repo(files), definitions(), options);
  std::string out;
  for (const Trait trait : analysis->facts.archetype.traits) out += std::string(trait_name(trait)) + " ";
  for (const TraitReason& reason : analysis->facts.archetype.reasons) EXPECT_FALSE(reason.why.empty());
  return out;
}

std::string profile(const Files& files) {
  AnalysisOptions options;
  options.jobs = 1;
  return analyse(memory_repo(files), definitions(), options)->card.profile;
}

const char* kTrain = "from sklearn.svm import SVC\n\n\ndef train(x, y):\n    return SVC().fit(x, y)\n";
const char* kNotebook =
    "{\"cells\": [{\"cell_type\": \"code\", \"execution_count\": 1, \"metadata\": {}, \"outputs\": [], "
    "\"source\": "
    "[\"from sklearn.svm import SVC\\n\", \"class Own:\\n\", \"    def fit(self, x):\\n\", \"        return "
    "self.x\\n\", "
    "\"    def predict(self, x):\\n\", \"        return x.y\\n\", \"SVC().fit([[0]], [0])\\n\"]}], "
    "\"metadata\": {\"kernelspec\": {\"name\": \"python3\"}}, \"nbformat\": 4, \"nbformat_minor\": 5}";

TEST(Archetype, NotebooksOnly) { EXPECT_EQ(traits({{"a.ipynb", kNotebook}}), "training notebook-only "); }

TEST(Archetype, AServiceByItsRoutesOrItsManifest) {
  EXPECT_EQ(
      traits(
          {{"train.py", kTrain},
           {"app.py",
            "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef f():\n    return 1\n"}}),
      "training serving ");
  const Files manifest = {{"serve.yaml",
                           "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
                           "metadata: {name: m}\nspec: {predictor: {}}\n"}};
  EXPECT_EQ(traits(manifest), "serving ");
  EXPECT_EQ(profile(manifest), "service");
}

TEST(Archetype, APublishedPackageIsALibrary) {
  EXPECT_EQ(traits({{"lib/model.py", kTrain},
                    {".github/workflows/release.yml",
                     "on: release\njobs:\n  publish:\n    runs-on: ubuntu-latest\n    steps:\n"
                     "      - uses: pypa/gh-action-pypi-publish@v1\n"}}),
            "training library ");
  EXPECT_EQ(profile({{"lib/model.py", kTrain}}), "prototype");
}

TEST(Archetype, DocumentsOnlyAndNoModel) {
  EXPECT_EQ(traits({{"README.md", "# List\n\n- a link\n"}}), "docs-only no-ml ");
  EXPECT_EQ(traits({{"main.tf", "resource \"x\" \"y\" {}\n"}}), "infra-only no-ml ");
  EXPECT_EQ(traits({{"a.py", "print(1)\n"}}), "no-ml ");
}

}  // namespace
}  // namespace mlgrade
