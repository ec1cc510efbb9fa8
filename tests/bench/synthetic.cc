// Texts of the made-up repositories.
#include "tests/bench/synthetic.h"

#include <fmt/format.h>

namespace mlgrade::bench {
namespace {

constexpr int kModules = 5;    // of each package
constexpr int kSteps = 4;      // functions of each module
constexpr int kManifests = 3;  // kinds of them

std::string module_text(int part, int module) {
  std::string text = "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n";
  if (module > 0) text += fmt::format("from part_{}.module_{} import step_0 as earlier\n", part, module - 1);
  if (module == 0 && part > 0)
    text += fmt::format("from part_{}.module_0 import step_0 as earlier\n", part - 1);
  const bool has_earlier = module > 0 || part > 0;
  for (int step = 0; step < kSteps; ++step) {
    text += fmt::format("\n\ndef step_{}(rows: pd.DataFrame, limit=0.{}):\n", step, step + 1);
    text += "    rows = rows.dropna()\n    if len(rows) == 0:\n        raise ValueError(\"no rows\")\n";
    if (step > 0) text += fmt::format("    rows = step_{}(rows)\n", step - 1);
    if (step == 0 && has_earlier) text += "    rows = earlier(rows)\n";
    text += "    model = LogisticRegression(C=limit).fit(rows[[\"a\", \"b\"]], rows[\"y\"])\n";
    text += "    rows[\"score\"] = model.predict(rows[[\"a\", \"b\"]])\n    return rows\n";
  }
  text += "\n\nif __name__ == \"__main__\":\n    print(step_3(pd.read_csv(\"data.csv\")))\n";
  return text;
}

std::string test_text(int part, int module) {
  std::string text = fmt::format("import pandas as pd\nfrom part_{}.module_{} import ", part, module);
  for (int step = 0; step < kSteps; ++step) text += fmt::format("{}step_{}", step == 0 ? "" : ", ", step);
  text += "\n\n\ndef frame():\n    return pd.DataFrame({\"a\": [1, 2], \"b\": [3, 4], \"y\": [0, 1]})\n";
  for (int step = 0; step < kSteps; ++step) {
    text += fmt::format("\n\ndef test_step_{0}():\n    rows = step_{0}(frame())\n", step);
    text += "    assert rows[\"score\"].mean() > 0.5\n    assert len(rows) == 2\n";
  }
  return text;
}

std::string workflow_text(int part) {
  return fmt::format(
      "name: part {0}\non:\n  push:\n    branches: [main]\njobs:\n  test:\n    runs-on: ubuntu-latest\n"
      "    steps:\n      - uses: actions/checkout@v4\n      - run: pip install -r requirements.txt\n"
      "      - run: make test-part-{0}\n  train:\n    needs: test\n    runs-on: ubuntu-latest\n    steps:\n"
      "      - run: make train-part-{0}\n      - run: python -m part_{0}.module_1\n",
      part);
}

std::string targets_text(int part) {
  return fmt::format(
      "lint-part-{0}:\n\truff check part_{0}\n\ntest-part-{0}: lint-part-{0}\n\tpytest tests/part_{0}\n\n"
      "train-part-{0}: test-part-{0}\n\tpython part_{0}/module_4.py\n\n",
      part);
}

std::string manifest_text(int number) {
  const int app = number / kManifests;
  switch (number % kManifests) {
    case 0:
      return fmt::format(
          "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{0}\nspec:\n  replicas: 2\n  "
          "selector:\n"
          "    matchLabels: {{app: app-{0}}}\n  template:\n    metadata:\n      labels: {{app: app-{0}}}\n"
          "    spec:\n      containers:\n        - name: main\n          image: registry/app-{0}:1.{0}\n"
          "          resources:\n            limits: {{cpu: 500m, memory: 256Mi}}\n          "
          "readinessProbe:\n"
          "            httpGet: {{path: /health, port: 8080}}\n",
          app);
    case 1:
      return fmt::format(
          "apiVersion: v1\nkind: Service\nmetadata:\n  name: app-{0}\nspec:\n  selector: {{app: app-{0}}}\n"
          "  ports:\n    - {{port: 80, targetPort: 8080}}\n",
          app);
    default:
      return fmt::format(
          "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-{0}\ndata:\n  threshold: \"0.{0}\"\n"
          "  model: s3://models/app-{0}/model.pkl\n",
          app);
  }
}

}  // namespace

TextFiles synthetic_repository(int parts) {
  TextFiles files;
  std::string makefile;
  for (int part = 0; part < parts; ++part) {
    files.emplace_back(fmt::format("part_{}/__init__.py", part), "");
    for (int module = 0; module < kModules; ++module) {
      files.emplace_back(fmt::format("part_{}/module_{}.py", part, module), module_text(part, module));
      files.emplace_back(fmt::format("tests/part_{0}/test_module_{1}_of_{0}.py", part, module),
                         test_text(part, module));
    }
    files.emplace_back(fmt::format(".github/workflows/part_{}.yml", part), workflow_text(part));
    makefile += targets_text(part);
  }
  files.emplace_back("Makefile", makefile);
  files.emplace_back("requirements.txt", "pandas==2.2.0\nscikit-learn==1.5.0\npytest==8.0.0\nruff==0.5.0\n");
  return files;
}

TextFiles synthetic_manifests(int count) {
  TextFiles files;
  for (int number = 0; number < count; ++number) {
    files.emplace_back(fmt::format("deploy/group-{}/app-{}.yaml", number / 100, number),
                       manifest_text(number));
  }
  return files;
}

}  // namespace mlgrade::bench
