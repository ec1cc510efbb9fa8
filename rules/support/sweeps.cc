// Each tool's own keys tell its file from others with the same words in them.
#include "rules/support/sweeps.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "rules/support/code.h"

namespace mlgrade {
namespace {

// A setting with something to choose from: a list of two values, or two ends.
bool leaves_choice(const DataNode& setting) {
  for (std::string_view list : {"values", "list", "choices"}) {
    const DataNode* values = setting.find(list);
    if (values != nullptr && values->items.size() > 1) return true;
  }
  const auto has = [&](std::string_view key) { return setting.find(key) != nullptr; };
  if (has("feasibleSpace")) return true;
  if (has("parameters")) {  // nested, as Weights & Biases allows
    const DataNode* inner = setting.find("parameters");
    return std::any_of(inner->entries.begin(), inner->entries.end(),
                       [](const auto& field) { return leaves_choice(field.second); });
  }
  return (has("min") && has("max")) || (has("min_value") && has("max_value")) || has("mu") || has("sigma");
}

bool none_leaves_choice(const DataNode& settings) {
  return std::none_of(settings.entries.begin(), settings.entries.end(),
                      [](const auto& field) { return leaves_choice(field.second); }) &&
         std::none_of(settings.items.begin(), settings.items.end(), leaves_choice);
}

void add(const ConfigDocument& document, const DataNode& at, const DataNode& settings, std::string_view tool,
         std::vector<Sweep>& out) {
  const uint32_t line = std::max(1u, at.line);
  out.push_back({&document, Span{document.file, line, 1, line}, tool, none_leaves_choice(settings), {}});
}

void add_weights_and_biases(const ConfigDocument& document, std::vector<Sweep>& out) {
  const std::string_view method = document.root.get("method");
  const DataNode* settings = document.root.find("parameters");
  const bool known = method == "grid" || method == "random" || method == "bayes";
  if (known && settings != nullptr && !settings->entries.empty())
    add(document, document.root, *settings, "Weights & Biases", out);
}

// A job of its own, or one of a pipeline whose later jobs take what it found.
void add_azure(const ConfigDocument& document, std::vector<Sweep>& out) {
  const auto add_job = [&](const DataNode& job, std::string_view name) {
    const DataNode* space = job.find("search_space");
    if (job.get("type") != "sweep" || space == nullptr) return;
    add(document, job, *space, "Azure ML", out);
    if (name.empty()) return;
    const std::string result = fmt::format("jobs.{}.outputs.", name);
    const auto user = std::find_if(document.keys.begin(), document.keys.end(), [&](const ConfigKey& key) {
      return key.value.find(result) != std::string::npos;
    });
    if (user != document.keys.end()) out.back().used = user->span;
  };
  add_job(document.root, "");
  const DataNode* jobs = document.root.find("jobs");
  if (jobs == nullptr || document.root.get("type") != "pipeline") return;
  for (const auto& [name, job] : jobs->entries) add_job(job, name);
}

void add_katib(const ConfigDocument& document, std::vector<Sweep>& out) {
  if (document.root.get("kind") != "Experiment" ||
      !document.root.get("apiVersion").starts_with("kubeflow.org/"))
    return;
  const DataNode* settings = document.root.at({"spec", "parameters"});
  if (settings != nullptr && !settings->items.empty()) add(document, document.root, *settings, "Katib", out);
}

// hydra: sweeper: params: {model.lr: "interval(0.001, 0.1)"}
void add_hydra(const ConfigDocument& document, std::vector<Sweep>& out) {
  const DataNode* settings = document.root.at({"hydra", "sweeper", "params"});
  if (settings == nullptr || settings->entries.empty()) return;
  const auto& fields = settings->entries;
  const bool choice = std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    const std::string& text = field.second.text;
    return text.find(',') != std::string::npos || field.second.items.size() > 1;
  });
  const uint32_t line = std::max(1u, settings->line);
  out.push_back({&document, Span{document.file, line, 1, line}, "Hydra", !choice, {}});
}

}  // namespace

std::vector<Sweep> sweeps(const FactStore& facts) {
  std::vector<Sweep> out;
  for (const ConfigDocument& document : facts.configs) {
    if (is_sample(facts, document.file) || is_test_code(facts, document.file)) continue;
    add_weights_and_biases(document, out);
    add_azure(document, out);
    add_katib(document, out);
    add_hydra(document, out);
  }
  return out;
}

}  // namespace mlgrade
