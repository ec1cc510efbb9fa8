// The catalogue of tools: every file loads, says nothing twice, and its patterns mean what they are meant to.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "analyzer/base/embedded.h"
#include "analyzer/base/glob.h"
#include "analyzer/engine/capabilities.h"
#include "analyzer/engine/catalogue.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade {
namespace {

struct Loaded {
  std::vector<std::pair<std::string, Tool>> tools;  // by path
  std::vector<Problem> problems;
};

const Loaded& catalogue() {
  static const Loaded loaded = [] {
    Loaded out;
    for (const EmbeddedFile& file : embedded_files()) {
      if (!file.path.starts_with("rules/tools/")) continue;
      ParsedData parsed = parse_yaml(file.text, FileId::kNone);
      out.problems.insert(out.problems.end(), parsed.problems.begin(), parsed.problems.end());
      out.tools.emplace_back(file.path, read_tool(parsed.root(), file.path, out.problems));
    }
    return out;
  }();
  return loaded;
}

// The capabilities that a call of this canonical name has, whatever its arguments.
std::set<std::string> of_call(std::string_view name) {
  std::set<std::string> out;
  for (const auto& [path, tool] : catalogue().tools) {
    for (const Ability& ability : tool.does) {
      for (const std::string& pattern : ability.calls) {
        if (dotted_match(pattern, name)) out.insert(ability.capability.str());
      }
    }
  }
  return out;
}

bool does(std::string_view name, const std::string& capability) { return of_call(name).contains(capability); }

TEST(Tools, LoadWithoutProblems) {
  EXPECT_GT(catalogue().tools.size(), 70u);
  for (const Problem& problem : catalogue().problems) ADD_FAILURE() << problem.message;
}

TEST(Tools, AreNamedLikeTheirFilesAndDoSomething) {
  for (const auto& [path, tool] : catalogue().tools) {
    EXPECT_EQ(path, "rules/tools/" + tool.name.str() + ".yaml");
    EXPECT_FALSE(tool.does.empty() && tool.packages.empty()) << path;
    for (const Ability& ability : tool.does) EXPECT_TRUE(is_capability(ability.capability.view())) << path;
  }
}

TEST(Tools, OwnEachDistributionOnce) {
  std::map<std::string, std::string> owner;
  for (const auto& [path, tool] : catalogue().tools) {
    for (const std::string& name : tool.distributions) {
      const auto [it, fresh] = owner.emplace(name, path);
      EXPECT_TRUE(fresh) << name << " in " << path << " and " << it->second;
    }
  }
}

TEST(Tools, RootsOfBasesAreImported) {
  for (const auto& [path, tool] : catalogue().tools) {
    std::set<std::string> roots;
    for (const std::string& import : tool.imports) roots.insert(import.substr(0, import.find('.')));
    for (const Ability& ability : tool.does) {
      for (const std::string& pattern : ability.bases) {
        const std::string root = pattern.substr(0, pattern.find('.'));
        const bool known = std::any_of(roots.begin(), roots.end(),
                                       [&](const std::string& import) { return dotted_match(root, import); });
        EXPECT_TRUE(known) << pattern << " in " << path;
      }
    }
  }
}

// A name that two patterns of one ability match would count twice.
TEST(Tools, PatternsOfAnAbilityDoNotCoverEachOther) {
  for (const auto& [path, tool] : catalogue().tools) {
    for (const Ability& ability : tool.does) {
      for (const std::vector<std::string>* list : {&ability.calls, &ability.bases, &ability.decorators}) {
        for (const std::string& a : *list) {
          for (const std::string& b : *list) {
            const bool plain = b.find_first_of("{[") == std::string::npos;
            if (&a != &b && plain) {
              EXPECT_FALSE(dotted_match(a, b)) << a << " covers " << b << ", " << path;
            }
          }
        }
      }
    }
  }
}

TEST(Tools, TellTransformersFromEstimators) {
  EXPECT_TRUE(does("sklearn.ensemble.RandomForestClassifier.fit", "trains-model"));
  EXPECT_FALSE(does("sklearn.preprocessing.StandardScaler.fit", "trains-model"));
  EXPECT_TRUE(does("sklearn.preprocessing.StandardScaler.fit_transform", "fits-transformer"));
  EXPECT_TRUE(does("sklearn.feature_extraction.text.TfidfVectorizer.fit", "fits-transformer"));
  EXPECT_FALSE(does("sklearn.preprocessing.StandardScaler", "constructs-estimator"));
  EXPECT_TRUE(does("sklearn.svm.SVC", "constructs-estimator"));
  EXPECT_FALSE(does("sklearn.svm.SVC.fit", "constructs-estimator"));
  EXPECT_TRUE(does("sklearn.dummy.DummyClassifier", "constructs-simple-model"));
  EXPECT_FALSE(does("sklearn.ensemble.RandomForestClassifier", "constructs-simple-model"));
}

TEST(Tools, TellTrainingFromTrainingMode) {
  EXPECT_TRUE(does("transformers.Trainer.train", "trains-model"));
  EXPECT_FALSE(does("transformers.AutoModelForSequenceClassification.train", "trains-model"));
  EXPECT_FALSE(does("torch.nn.Module.train", "trains-model"));
  EXPECT_TRUE(does("torch.optim.AdamW.step", "trains-model"));
  EXPECT_FALSE(does("torch.optim.lr_scheduler.StepLR.step", "trains-model"));
  EXPECT_TRUE(does("torch.nn.CrossEntropyLoss.__call__().backward", "trains-model"));
  EXPECT_TRUE(does("tensorflow.keras.Sequential.fit", "trains-model"));
}

TEST(Tools, KnowReadingFromLookingAtText) {
  EXPECT_TRUE(does("pandas.read_csv", "reads-data"));
  EXPECT_TRUE(does("pandas.read_csv().to_parquet", "writes-data"));
  EXPECT_FALSE(does("json.load", "reads-data"));
  EXPECT_TRUE(of_call("pandas.read_csv().to_dict").empty());
}

TEST(Tools, KnowChecksOfDataOldAndNew) {
  EXPECT_TRUE(
      does("great_expectations.dataset.PandasDataset.expect_column_values_to_be_in_set", "validates-data"));
  EXPECT_TRUE(does("great_expectations.get_context().checkpoints.get().run", "validates-data"));
  EXPECT_TRUE(does("great_expectations.from_pandas().validate", "validates-data"));
  EXPECT_TRUE(does("pandera.pandas.DataFrameSchema.validate", "validates-data"));
  EXPECT_TRUE(does("pandera.DataFrameModel.validate", "validates-data"));
  EXPECT_TRUE(does("evidently.report.Report.run", "detects-drift"));
  EXPECT_FALSE(does("evidently.Dataset.from_pandas", "detects-drift"));
}

TEST(Tools, KnowRandomnessAndItsSeeds) {
  EXPECT_TRUE(does("numpy.random.seed", "seeds-numpy"));
  EXPECT_FALSE(does("numpy.random.seed", "draws-numpy"));
  EXPECT_TRUE(does("numpy.random.randn", "draws-numpy"));
  EXPECT_TRUE(does("sklearn.model_selection.train_test_split", "takes-random-state"));
  EXPECT_FALSE(does("sklearn.linear_model.LogisticRegression", "takes-random-state"));
  EXPECT_TRUE(does("sklearn.ensemble.RandomForestRegressor", "takes-random-state"));
}

TEST(Tools, KnowServingAndCalling) {
  EXPECT_TRUE(does("fastapi.FastAPI", "serves-http"));
  EXPECT_TRUE(does("requests.get", "requests-http"));
  EXPECT_TRUE(does("fastapi.testclient.TestClient.post", "tests-http"));
  EXPECT_TRUE(does("openai.OpenAI.chat.completions.create", "calls-llm"));
  EXPECT_TRUE(does("langchain_openai.ChatOpenAI", "calls-llm"));
  EXPECT_TRUE(does("prometheus_client.Histogram", "defines-metric"));
}

}  // namespace
}  // namespace mlgrade
