// Files to facts, by a few threads that take one file after another; then the repository passes.
#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <memory>
#include <numeric>
#include <thread>

#include "analyzer/base/limits.h"
#include "analyzer/passes/pass.h"

namespace mlgrade {
namespace {

using Wanted = std::vector<const FilePass*>;

Problem failure(FileId file, const std::string& message) {
  Problem problem;
  problem.kind = ProblemKind::kNotAnalysable;
  problem.span.file = file;
  problem.message = message;
  return problem;
}

// Reads one file and runs over it the passes that want it. No exception leaves: what a pass throws becomes a
// problem of the file.
FileFacts facts_of_file(const Repo& repo, const FileFact& fact, const Wanted& passes) {
  FileFacts out;
  const FilePass* running = nullptr;
  try {
    const std::unique_ptr<SourceFile> source = repo.read(fact.id, out.problems);
    if (!source) return out;
    for (const FilePass* pass : passes) {
      running = pass;
      pass->run(*source, out);
    }
  } catch (const std::exception& error) {
    const std::string who = running ? std::string(running->name) : "reading";
    out.problems.push_back(failure(fact.id, "the pass " + who + " gave up: " + error.what()));
  }
  return out;
}

template <typename T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void merge(FileFacts& from, FactStore& to) {
  if (from.python) to.python.push_back(std::move(*from.python));
  append(to.automation, from.automation);
  append(to.dockerfiles, from.dockerfiles);
  append(to.documents, from.documents);
  append(to.configs, from.configs);
  append(to.templates, from.templates);
  append(to.notebooks, from.notebooks);
  append(to.dependencies, from.dependencies);
  append(to.owners, from.owners);
  append(to.pytest_configs, from.pytest_configs);
  append(to.metrics, from.metrics);
  append(to.alerts, from.alerts);
  append(to.recordings, from.recordings);
  append(to.dashboards, from.dashboards);
  append(to.problems, from.problems);
}

struct Task {
  const FileFact* file = nullptr;
  Wanted passes;
};

// Files that readers leave alone for their size alone are said, too.
void note_huge(const Repo& repo, std::vector<Problem>& problems) {
  for (const FileFact& file : repo.files) {
    if (file.vendored || file.link || file.bytes <= kMaxFileBytes) continue;
    const bool data = file.language == Language::kJson || file.language == Language::kYaml ||
                      file.language == Language::kToml || file.language == Language::kIni;
    const auto wants = [&](const FilePass* pass) { return pass->wants(file); };
    if (!data || std::any_of(file_passes().begin(), file_passes().end(), wants)) continue;
    Problem problem;
    problem.kind = ProblemKind::kLimit;
    problem.span.file = file.id;
    problem.message = std::to_string(file.bytes) + " bytes, more than the " + std::to_string(kMaxFileBytes) +
                      " that are read of a file";
    problems.push_back(std::move(problem));
  }
}

std::vector<Task> tasks_of(const Repo& repo) {
  std::vector<Task> tasks;
  for (const FileFact& file : repo.files) {
    if (file.vendored || file.link) continue;
    Task task;
    task.file = &file;
    for (const FilePass* pass : file_passes()) {
      if (pass->wants(file)) task.passes.push_back(pass);
    }
    if (!task.passes.empty()) tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace

FactStore read_files(const Repo& repo, unsigned jobs) {
  const std::vector<Task> tasks = tasks_of(repo);
  std::vector<FileFacts> results(tasks.size());

  // The largest files first, so that no thread is left alone with one at the end.
  std::vector<size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return tasks[a].file->bytes > tasks[b].file->bytes; });

  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < order.size(); i = next++) {
      const Task& task = tasks[order[i]];
      results[order[i]] = facts_of_file(repo, *task.file, task.passes);
    }
  };
  const size_t wanted_threads = jobs == 0 ? std::max(1u, std::thread::hardware_concurrency()) : jobs;
  const size_t threads = std::min<size_t>({wanted_threads, tasks.size(), 256});
  {
    std::vector<std::jthread> helpers;
    for (size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
    work();
  }

  FactStore facts;
  facts.files = repo.files;
  facts.history = repo.history;
  facts.problems = repo.problems;
  note_huge(repo, facts.problems);
  for (FileFacts& result : results) merge(result, facts);
  return facts;
}

void link_facts(FactStore& facts) {
  for (const RepoPass& pass : repo_passes()) pass.run(facts);
}

FactStore collect_facts(const Repo& repo, unsigned jobs) {
  FactStore facts = read_files(repo, jobs);
  link_facts(facts);
  return facts;
}

}  // namespace mlgrade
