// Manifests: what applies them, what suspends them, and which image they run.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

const char kTrain[] = "def fit():\n    return 1\n\nif __name__ == '__main__':\n    fit()\n";

std::string cron(const std::string& more = "", const std::string& command = "command: [python, train.py]") {
  return "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: train\nspec:\n  schedule: '0 3 * * *'\n" +
         more +
         "  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n"
         "            - image: eu.gcr.io/x/trainer:v1\n              " +
         command + "\n";
}

TEST(Kubernetes, ACronJobRunsOnceItIsApplied) {
  const std::pair<std::string, std::string> code = {"train.py", kTrain};
  EXPECT_EQ(Reached({code, {"k8s/train.yaml", cron()}, on_push("kubectl apply -f k8s/")}).runs("fit"),
            "automatic");
  EXPECT_EQ(Reached({code, {"k8s/train.yaml", cron()}}).runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * *");
  EXPECT_EQ(Reached({code, {"k8s/train.yaml", cron()}, on_push("kubectl apply --dry-run=client -f k8s/")})
                .runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * *");
}

TEST(Kubernetes, ASuspendedCronJobWaitsForAPerson) {
  const std::pair<std::string, std::string> code = {"train.py", kTrain};
  const std::string suspended = cron("  suspend: true\n");
  EXPECT_EQ(Reached({code, {"k8s/train.yaml", suspended}, on_push("kubectl apply -f k8s/")}).runs("fit"),
            "manual: schedule CronJob train waits for a person: suspend: true");
  EXPECT_TRUE(Reached({code, {"k8s/train.yaml", suspended}}).runs("fit").starts_with("nothing: "));
}

TEST(Kubernetes, KustomizationsApplyWhatTheyListOnly) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"train.py", kTrain},
      {"k8s/base/train.yaml", cron()},
      {"k8s/base/kustomization.yaml", "resources:\n  - train.yaml\n"},
      {"k8s/prod/kustomization.yaml", "resources:\n  - ../base\n"}};
  auto plus = [&](std::pair<std::string, std::string> more) {
    auto all = files;
    all.push_back(std::move(more));
    return Reached(std::move(all));
  };
  EXPECT_EQ(plus(on_push("kubectl apply -k k8s/prod")).runs("fit"), "automatic");
  EXPECT_EQ(plus(on_push("kustomize build k8s/prod | kubectl apply -f -")).runs("fit"), "automatic");
  EXPECT_EQ(plus(on_push("kustomize build k8s/prod")).runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * *");
  auto other = files;
  other[2].second = "resources:\n  - other.yaml\n";
  other.push_back(on_push("kubectl apply -k k8s/prod"));
  EXPECT_TRUE(Reached(other).runs("fit").starts_with("manual: nothing"));
}

TEST(Kubernetes, OverlaysSuspendWhatAllOfThemSuspend) {
  const std::string patch =
      "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: train\nspec:\n  suspend: true\n";
  const std::vector<std::pair<std::string, std::string>> files = {
      {"train.py", kTrain},
      {"k8s/base/train.yaml", cron()},
      {"k8s/base/kustomization.yaml", "resources: [train.yaml]\n"},
      {"k8s/dev/kustomization.yaml", "resources: [../base]\npatches:\n  - path: off.yaml\n"},
      {"k8s/dev/off.yaml", patch},
      on_push("kubectl apply -k k8s/dev")};
  EXPECT_EQ(Reached(files).runs("fit"),
            "manual: schedule CronJob train waits for a person: suspend: true in the overlay");
  auto both = files;
  both.emplace_back("k8s/prod/kustomization.yaml", "resources: [../base]\n");
  EXPECT_EQ(Reached(both).runs("fit"), "automatic");
}

TEST(Kubernetes, DeployingActionsApplyWhatTheyAreGiven) {
  const auto workflow = [](const std::string& action) {
    return std::pair<std::string, std::string>{
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: " + action +
            "@v5\n        with:\n          manifests: |\n            k8s/train.yaml\n"};
  };
  const std::pair<std::string, std::string> code = {"train.py", kTrain},
                                            manifest = {"k8s/train.yaml", cron()};
  EXPECT_EQ(Reached({code, manifest, workflow("azure/k8s-deploy")}).runs("fit"), "automatic");
  EXPECT_TRUE(
      Reached({code, manifest, workflow("azure/k8s-bake")}).runs("fit").starts_with("manual: nothing"));
}

TEST(Kubernetes, KustomizationsInACircleEnd) {
  const Reached repo({{"a/kustomization.yaml", "resources:\n  - ../b\n"},
                      {"b/kustomization.yaml", "resources:\n  - ../a\n  - train.yaml\n"},
                      {"b/train.yaml", cron()},
                      {"train.py", kTrain},
                      on_push("kubectl apply -k a")});
  EXPECT_EQ(repo.runs("fit"), "automatic");
}

TEST(Kubernetes, ImagesAreThoseThatTheRepositoryBuilds) {
  const std::string docker = "FROM python:3.12\nCMD [\"python\", \"train.py\"]\n";
  const std::string by_image = cron("", "imagePullPolicy: Always");
  EXPECT_EQ(Reached({{"train.py", kTrain},
                     {"Dockerfile", docker},
                     {"k8s/train.yaml", by_image},
                     on_push("docker build -t $REGISTRY/trainer:$SHA . && kubectl apply -f k8s/train.yaml")})
                .runs("fit"),
            "automatic");
  EXPECT_EQ(Reached({{"train.py", kTrain},
                     {"trainer/Dockerfile", docker},
                     {"k8s/train.yaml", by_image},
                     on_push("kubectl apply -f k8s/train.yaml")})
                .runs("fit"),
            "automatic maybe");
  EXPECT_TRUE(Reached({{"train.py", kTrain},
                       {"api/Dockerfile", docker},
                       {"k8s/train.yaml", by_image},
                       on_push("kubectl apply -f k8s/train.yaml")})
                  .runs("fit")
                  .starts_with("nothing: "));
}

std::string application(const std::string& policy) {
  return "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: ml\nspec:\n  source:\n"
         "    repoURL: https://github.com/x/y\n    path: k8s\n" +
         policy;
}

TEST(Kubernetes, ArgoCdAppliesItsPath) {
  const std::pair<std::string, std::string> code = {"train.py", kTrain},
                                            manifest = {"k8s/train.yaml", cron()};
  EXPECT_EQ(
      Reached(
          {code, manifest, {"argocd/ml.yaml", application("  syncPolicy:\n    automated: {prune: true}\n")}})
          .runs("fit"),
      "automatic");
  EXPECT_EQ(Reached({code, manifest, {"argocd/ml.yaml", application("")}}).runs("fit"),
            "manual: started by hand only: Argo CD syncs ml when a person asks");
  EXPECT_EQ(Reached({code,
                     {"other/train.yaml", cron()},
                     {"argocd/ml.yaml", application("  syncPolicy:\n    automated: {}\n")}})
                .runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * *");
}

TEST(Kubernetes, FluxAppliesUnlessItIsSuspended) {
  const auto flux = [](const std::string& more) {
    return "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: ml\nspec:\n"
           "  path: ./k8s\n" +
           more;
  };
  const std::pair<std::string, std::string> code = {"train.py", kTrain},
                                            manifest = {"k8s/train.yaml", cron()};
  EXPECT_EQ(Reached({code, manifest, {"flux/ml.yaml", flux("")}}).runs("fit"), "automatic");
  EXPECT_EQ(Reached({code, manifest, {"flux/ml.yaml", flux("  suspend: true\n")}}).runs("fit"),
            "manual: started by hand only: Flux reconciles ml when a person resumes it");
}

std::string workflow(const std::string& kind, const std::string& head, const std::string& on_check = "") {
  const std::string pad = kind == "CronWorkflow" ? "  " : "";
  std::string body =
      "entrypoint: main\ntemplates:\n  - name: main\n    dag:\n      tasks:\n        - name: check\n"
      "          template: check\n" +
      on_check +
      "        - name: fit\n          template: fit\n          dependencies: [check]\n"
      "  - name: check\n    container: {image: x, command: [python, check.py]}\n"
      "  - name: fit\n    script:\n      image: x\n      command: [sh]\n      source: |\n        python "
      "train.py\n";
  std::string out =
      "apiVersion: argoproj.io/v1alpha1\nkind: " + kind + "\nmetadata:\n  name: ml\nspec:\n" + head;
  if (!pad.empty()) out += "  workflowSpec:\n";
  size_t at = 0;
  while (at < body.size()) {
    const size_t end = body.find('\n', at) + 1;
    out += "  " + pad + body.substr(at, end - at);
    at = end;
  }
  return out;
}

TEST(Kubernetes, ArgoWorkflowsRunTheirTemplatesInOrder) {
  const char check[] = "def look():\n    raise ValueError\n\nif __name__ == '__main__':\n    look()\n";
  const std::pair<std::string, std::string> code = {"train.py", kTrain}, checks = {"check.py", check};
  const Reached cron({code,
                      checks,
                      {"argo/ml.yaml", workflow("CronWorkflow", "  schedule: '0 3 * * *'\n")},
                      on_push("argo cron create argo/ml.yaml")});
  EXPECT_EQ(cron.runs("fit"), "automatic");
  EXPECT_TRUE(cron.gates("look", "fit"));
  const Reached loose({code,
                       checks,
                       {"argo/ml.yaml", workflow("Workflow", "", "          continueOn: {failed: true}\n")},
                       on_push("argo submit argo/ml.yaml")});
  EXPECT_EQ(loose.runs("look"), "automatic swallowed");
  EXPECT_FALSE(loose.gates("look", "fit"));
  const Reached suspended(
      {code,
       checks,
       {"argo/ml.yaml", workflow("CronWorkflow", "  suspend: true\n  schedule: '0 3 * * *'\n")},
       on_push("kubectl apply -f argo/ml.yaml")});
  EXPECT_EQ(suspended.runs("fit"), "manual: schedule CronWorkflow ml waits for a person: suspend: true");
  const Reached unread({code,
                        checks,
                        {"argo/ml.yaml", workflow("WorkflowTemplate", "")},
                        on_push("kubectl apply -f argo/ml.yaml")});
  EXPECT_TRUE(unread.runs("fit").starts_with("nothing: "));
  const Reached when({code,
                      checks,
                      {"argo/ml.yaml", workflow("Workflow", "", "          when: '{{inputs.x}} == 1'\n")},
                      on_push("argo submit argo/ml.yaml")});
  EXPECT_EQ(when.runs("look"), "automatic maybe");
}

TEST(Kubernetes, TemplatesOfWorkflowsAreReachedByReference) {
  const std::string cron =
      "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: c}\nspec:\n  schedule: '0 1 * "
      "* *'\n"
      "  workflowSpec:\n    workflowTemplateRef: {name: ml}\n";
  EXPECT_EQ(Reached({{"train.py", kTrain},
                     {"argo/ml.yaml", workflow("WorkflowTemplate", "")},
                     {"argo/cron.yaml", cron},
                     on_push("kubectl apply -f argo")})
                .runs("fit"),
            "automatic");
}

TEST(Kubernetes, ThousandsOfManifestsAreLinkedOnce) {
  std::vector<std::pair<std::string, std::string>> files = {{"train.py", kTrain},
                                                            on_push("kubectl apply -f k8s/")};
  for (int i = 0; i < 5000; ++i) files.emplace_back("k8s/m" + std::to_string(i) + ".yaml", cron());
  files.emplace_back("broken/a.yaml", "kind: CronJob\napiVersion: batch/v1\nspec: {{ .Values.x }\n");
  EXPECT_EQ(Reached(std::move(files)).runs("fit"), "automatic");
}

}  // namespace
}  // namespace mlgrade
