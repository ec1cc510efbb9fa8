// What a pass is. File passes turn one file into facts and run in parallel; repository passes turn facts into
// facts and run one after another in the order that repo_passes.cc gives. Neither reports anything but
// problems.
//
// A file pass is one file, analyzer/passes/files/<name>.cc, that defines `extern const FilePass <name>` in
// mlgrade::passes ('-' in the file's name as '_'); the build lists that folder itself.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analyzer/facts/fact_store.h"
#include "analyzer/repo/repo.h"
#include "analyzer/repo/source_file.h"

namespace mlgrade {

// The facts of one file.
struct FileFacts {
  std::optional<PythonModule> python;
  std::vector<AutomationFile> automation;
  std::vector<Dockerfile> dockerfiles;
  std::vector<Document> documents;
  std::vector<ConfigDocument> configs;
  std::vector<TemplateFile> templates;
  std::vector<Notebook> notebooks;
  std::vector<Dependency> dependencies;
  std::vector<OwnerRule> owners;
  std::vector<PytestConfig> pytest_configs;
  std::vector<MetricDefinition> metrics;
  std::vector<AlertRule> alerts;
  std::vector<RecordingRule> recordings;
  std::vector<Dashboard> dashboards;
  std::vector<Problem> problems;
};

struct FilePass {
  std::string_view name;
  std::string_view doc;
  bool (*wants)(const FileFact& file) = nullptr;  // by path and language only
  void (*run)(const SourceFile& file, FileFacts& out) = nullptr;
};

struct RepoPass {
  std::string_view name;
  std::string_view doc;
  void (*run)(FactStore& facts) = nullptr;
};

std::span<const FilePass* const> file_passes();  // generated, sorted by name
std::span<const RepoPass> repo_passes();         // repo_passes.cc, in order

// Reads every file once that a pass wants, runs the passes over it with `jobs` threads (0: as many as the
// machine has), merges in the order of paths.
FactStore read_files(const Repo& repo, unsigned jobs);
// Runs the repository passes.
void link_facts(FactStore& facts);
// One after the other.
FactStore collect_facts(const Repo& repo, unsigned jobs);

}  // namespace mlgrade
