// What the system runs on is written down, and what is written down is what gets applied.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/base/glob.h"
#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/command_text.h"
#include "rules/support/paths.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 5;

// Definitions of what runs where; an image by itself is none.
bool defines_infrastructure(const FileFact& file) {
  if (file.language == Language::kHcl) return true;
  for (std::string_view pattern :
       {"{docker-,}compose*.{yml,yaml}", "Chart.yaml", "kustomization.{yml,yaml}", "serverless.{yml,yaml}",
        "Pulumi.{yml,yaml}", "cdk.json", "samconfig.toml", "helmfile.{yml,yaml}", "skaffold.{yml,yaml}",
        "fly.toml", "render.yaml", "app.yaml", "databricks.yml", "dagster_cloud.yaml", "ansible.cfg",
        "*.bicep"}) {
    if (glob_match(pattern, file_name(file.path.view()))) return true;
  }
  return false;
}

bool is_manifest(const ConfigDocument& document) {
  if (document.root.find("apiVersion") != nullptr && document.root.find("kind") != nullptr) return true;
  const std::string_view schema = document.root.get("$schema");  // of Azure Resource Manager
  if (schema.find("eploymentTemplate.json") != schema.npos) return true;
  return document.root.find("AWSTemplateFormatVersion") != nullptr ||
         (document.root.find("Resources") != nullptr && document.root.find("Transform") != nullptr);
}

Span first_definition(const RuleInput& in) {
  Span found;
  for (const FileFact& file : in.facts.files) {
    if (file.sample || file.vendored || !defines_infrastructure(file)) continue;
    found = Span{file.id, 1, 1, 1};
    break;
  }
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file) || !is_manifest(document)) continue;
    const Span span{document.file, std::max(1u, document.root.line), 1, std::max(1u, document.root.line)};
    if (!found.valid() || span.file < found.file) found = span;
    break;
  }
  return found;
}

bool applies(const Command& command) {
  const std::string text = words_as_text(command);
  for (std::string_view start : {"terraform plan",
                                 "terraform apply",
                                 "tofu plan",
                                 "tofu apply",
                                 "terragrunt plan",
                                 "terragrunt apply",
                                 "pulumi up",
                                 "pulumi preview",
                                 "cdk deploy",
                                 "npx cdk deploy",
                                 "cdk diff",
                                 "kubectl apply",
                                 "kubectl create -f",
                                 "helm upgrade",
                                 "helm install",
                                 "helmfile",
                                 "kustomize build",
                                 "aws cloudformation deploy",
                                 "sam deploy",
                                 "serverless deploy",
                                 "sls deploy",
                                 "ansible-playbook",
                                 "databricks bundle deploy",
                                 "az deployment",
                                 "gcloud deployment-manager",
                                 "flyctl deploy",
                                 "fly deploy",
                                 "gcloud run deploy",
                                 "gcloud run services replace",
                                 "skaffold run",
                                 "skaffold deploy"}) {
    if (text.find(start) != std::string::npos) return true;
  }
  // Options may stand between the program and its verb: terraform -chdir=infra plan.
  if (command.words.empty()) return false;
  const std::string_view program = file_name(command.words[0].text);
  const bool plans = program == "terraform" || program == "tofu" || program == "kubectl" || program == "helm";
  return plans && std::any_of(command.words.begin() + 1, command.words.end(), [](const Word& word) {
           return word.text == "plan" || word.text == "apply" || word.text == "upgrade";
         });
}

void add_commands(const RuleInput& in, Span definition, std::vector<Evidence>& out) {
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (is_sample(in.facts, file.file)) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      if (!applies(file.commands[c])) continue;
      Evidence evidence;
      evidence.place = file.commands[c].span;
      evidence.what = "applies or plans what is defined";
      evidence.runs_at = in.graph.node_of_command(f, c);
      evidence.links.push_back({file.commands[c].span, evidence.what});
      evidence.links.push_back({definition, "the definition"});
      out.push_back(std::move(evidence));
    }
  }
}

// A controller in the cluster applies a path of the repository by itself.
void add_applications(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    const std::string_view kind = document.root.get("kind");
    const std::string_view group = document.root.get("apiVersion");
    const bool argo = kind == "Application" && group.starts_with("argoproj.io/");
    const bool flux = kind == "Kustomization" && group.find("fluxcd.io/") != std::string_view::npos;
    if (!argo && !flux) continue;
    Evidence evidence;
    evidence.place =
        Span{document.file, std::max(1u, document.root.line), 1, std::max(1u, document.root.line)};
    evidence.what = "a controller keeps the cluster as the repository says";
    evidence.runs_itself = true;
    evidence.links.push_back({evidence.place, evidence.what});
    const bool terraform =
        std::any_of(in.facts.files.begin(), in.facts.files.end(), [](const FileFact& file) {
          return file.language == Language::kHcl && !file.sample && !file.vendored;
        });
    if (terraform) {
      evidence.worth = 0.5;
      evidence.worth_why = "it covers the manifests, and nothing applies the rest";
    }
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const Span definition = first_definition(in);
  if (!definition.valid()) return;
  std::vector<Evidence> found;
  add_commands(in, definition, found);
  add_applications(in, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
  Evidence standing;
  standing.mode = EvidenceMode::kStanding;
  standing.place = definition;
  standing.what = "what the system runs on is defined";
  standing.worth = 0.5;
  standing.worth_why = "nothing applies the definitions by itself";
  output.evidence.push_back(std::move(standing));
}

}  // namespace

extern const Rule process_infrastructure_as_code;
const Rule process_infrastructure_as_code{
    .summary = "infrastructure is defined in the repository and applied from it",
    .why = "Machines that were set up by hand cannot be set up again in the same way.",
    .fix =
        "Plan the definitions in CI on pull requests and apply them on merge, or let a controller apply the "
        "folder.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems; Sculley et al. 2015, section 6",
    .run = run,
};

}  // namespace mlgrade::rules
