// OpenSLO, Sloth and Pyrra; scrape_configs, ServiceMonitor and PodMonitor.
#include "analyzer/passes/monitoring/link_objectives.h"

#include <algorithm>
#include <string>

#include "analyzer/passes/promql.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

constexpr int kMaxDepth = 12;

// Every query below a node: in OpenSLO, Sloth and Pyrra alike they stand under keys of these names.
void queries_of(const DataNode& node, int depth, std::vector<Query>& out) {
  if (depth > kMaxDepth) return;
  for (const auto& [key, value] : node.entries) {
    const bool query = key == "query" || key == "error_query" || key == "errorQuery" ||
                       key == "total_query" || key == "totalQuery" || key == "error_ratio_query" ||
                       key == "errorRatioQuery" || key == "metric";
    if (query && value.is_scalar()) {
      std::string text(trim(value.text));  // Sloth fills the window in
      for (size_t at = text.find("{{.window}}"); at != std::string::npos; at = text.find("{{.window}}"))
        text.replace(at, 11, "5m");
      out.push_back(read_promql(text));
    }
    queries_of(value, depth + 1, out);
  }
  for (const DataNode& item : node.items) queries_of(item, depth + 1, out);
}

const DataNode* first_of(const DataNode& node, std::initializer_list<std::string_view> keys, int depth = 0) {
  for (std::string_view key : keys) {
    const DataNode* found = node.find(key);
    if (found != nullptr && found->is_scalar()) return found;
  }
  if (depth > kMaxDepth) return nullptr;
  for (const auto& [key, value] : node.entries) {
    if (const DataNode* found = first_of(value, keys, depth + 1)) return found;
  }
  for (const DataNode& item : node.items) {
    if (const DataNode* found = first_of(item, keys, depth + 1)) return found;
  }
  return nullptr;
}

ServiceObjective objective(std::string_view system, std::string_view name, const DataNode& body, Span span) {
  ServiceObjective out;
  out.system = Name(system);
  out.name = Name(name);
  out.span = span;
  if (const DataNode* target = first_of(body, {"target", "targetPercent", "objective"}))
    out.target = target->text;
  queries_of(body, 0, out.queries);
  return out;
}

void add_sloth(const DataNode& slos, const PlacedDocument& document, FactStore& facts) {
  for (const DataNode& slo : slos.items) {
    if (slo.find("sli") == nullptr || slo.find("objective") == nullptr) continue;
    ServiceObjective one =
        objective("sloth", slo.get("name"), slo, line_span(document.file, slo.line + document.shift));
    const DataNode* alerting = slo.find("alerting");
    one.alerts = alerting != nullptr;
    facts.objectives.push_back(std::move(one));
  }
}

bool made_by(const DataNode& root, std::string_view group) {
  return root.get("apiVersion").starts_with(group);
}

ScrapeJob scrape(std::string_view system, std::string_view name, Span span) {
  ScrapeJob out;
  out.system = Name(system);
  out.name = Name(name);
  out.span = span;
  return out;
}

void relabelled(const DataNode& job, std::string_view key, std::string_view target, ScrapeJob& out) {
  const DataNode* list = job.find(key);
  if (list == nullptr) return;
  for (const DataNode& one : list->items) {
    if (!one.get(target).empty()) out.labels.emplace_back(one.get(target));
    if (one.get("action") == "labelmap") out.adds_any = true;
  }
}

void add_jobs(const DataNode& jobs, const PlacedDocument& document, FactStore& facts) {
  for (const DataNode& job : jobs.items) {
    if (job.get("job_name").empty()) continue;
    ScrapeJob out = scrape("prometheus", job.get("job_name"),
                           line_span(document.file, job.line_of("job_name") + document.shift));
    for (const auto& [key, value] : job.entries) {
      if (key == "static_configs") {
        for (const DataNode& targets : value.items) {
          const DataNode* list = targets.find("targets");
          if (list != nullptr) {
            for (std::string& target : list->strings()) out.targets.push_back(std::move(target));
          }
          const DataNode* labels = targets.find("labels");
          if (labels == nullptr) continue;
          for (const auto& [label, text] : labels->entries) out.labels.emplace_back(label);
        }
      } else if (key.ends_with("_sd_configs")) {
        out.adds_any = true;
      }
    }
    relabelled(job, "relabel_configs", "target_label", out);
    relabelled(job, "metric_relabel_configs", "target_label", out);
    facts.scrapes.push_back(std::move(out));
  }
}

}  // namespace

void link_objectives(FactStore& facts, const PlacedDocuments& documents) {
  for (const PlacedDocument& document : documents.all()) {
    const DataNode& root = *document.root;
    const Span span = line_span(document.file, root.line_of("kind") + document.shift);
    const DataNode* name = root.at({"metadata", "name"});
    const std::string_view called = name == nullptr ? "" : name->string_or("");
    const DataNode* spec = root.find("spec");
    if (made_by(root, "openslo/") && root.get("kind") == "SLO" && spec != nullptr) {
      ServiceObjective one = objective("openslo", called, *spec, span);
      one.alerts = spec->find("alertPolicies") != nullptr;
      facts.objectives.push_back(std::move(one));
    } else if (made_by(root, "pyrra.dev/") && spec != nullptr) {
      ServiceObjective one = objective("pyrra", called, *spec, span);
      const DataNode* disabled = spec->at({"alerting", "disabled"});
      one.alerts = disabled == nullptr || disabled->text != "true";
      facts.objectives.push_back(std::move(one));
    } else if (made_by(root, "sloth.slok.dev/") && spec != nullptr && spec->find("slos") != nullptr) {
      add_sloth(*spec->find("slos"), document, facts);
    } else if (root.get("version").starts_with("prometheus/v") && root.find("slos") != nullptr) {
      add_sloth(*root.find("slos"), document, facts);
    }
  }
}

void link_scrapes(FactStore& facts, const PlacedDocuments& documents) {
  for (const PlacedDocument& document : documents.all()) {
    const DataNode& root = *document.root;
    if (const DataNode* jobs = root.find("scrape_configs")) add_jobs(*jobs, document, facts);
    const bool service = root.get("kind") == "ServiceMonitor";
    if (!service && root.get("kind") != "PodMonitor") continue;
    const DataNode* name = root.at({"metadata", "name"});
    ScrapeJob out =
        scrape(service ? "service-monitor" : "pod-monitor", name == nullptr ? "" : name->string_or(""),
               line_span(document.file, root.line_of("kind") + document.shift));
    out.adds_any = true;
    facts.scrapes.push_back(std::move(out));
  }
}

}  // namespace mlgrade
