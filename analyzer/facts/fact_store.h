// Everything that passes have found, in the order of paths. Passes write it, graph and rules read it.
#pragma once

#include <vector>

#include "analyzer/base/problem.h"
#include "analyzer/facts/automation.h"
#include "analyzer/facts/documents.h"
#include "analyzer/facts/monitoring.h"
#include "analyzer/facts/python.h"
#include "analyzer/facts/repository.h"
#include "analyzer/facts/templates.h"
#include "analyzer/facts/tests.h"

namespace mlgrade {

struct FactStore {
  std::vector<FileFact> files;  // index = FileId
  History history;
  CodeCensus code;
  Archetype archetype;
  std::vector<PythonModule> python;  // in the order of paths
  std::vector<PytestConfig> pytest_configs;
  std::vector<TestCase> tests;
  std::vector<AutomationFile> automation;
  std::vector<Dockerfile> dockerfiles;
  std::vector<Document> documents;
  std::vector<ConfigDocument> configs;
  std::vector<TemplateFile> templates;
  std::vector<Notebook> notebooks;
  std::vector<Dependency> dependencies;
  std::vector<OwnerRule> owners;
  std::vector<MetricDefinition> metrics;
  std::vector<AlertRule> alerts;
  std::vector<RecordingRule> recordings;
  std::vector<Dashboard> dashboards;
  std::vector<ServiceObjective> objectives;
  std::vector<ScrapeJob> scrapes;
  std::vector<Problem> problems;

  const FileFact& file(FileId id) const { return files[index_of(id)]; }
  std::string_view path(FileId id) const {
    return id == FileId::kNone ? std::string_view() : file(id).path.view();
  }
  std::string_view path(const Span& span) const { return path(span.file); }
  const FileFact* find_file(std::string_view path) const;  // null if there is none
  const PythonModule* module_of(FileId id) const;          // null if the file is no Python
  const PyFunction* function(PyRef ref) const {            // null for a module's body
    return ref.valid() && ref.index != kNone ? &python[ref.module].functions[ref.index] : nullptr;
  }
};

}  // namespace mlgrade
