// Files become trees, trees become facts, facts are linked into a graph, rules give evidence, the rubric
// gives points, a report shows both.
#include "analyzer/run_analysis.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <iterator>
#include <thread>
#include <tuple>

#include "analyzer/base/embedded.h"
#include "analyzer/engine/archetype.h"
#include "analyzer/graph/asked_routes.h"
#include "analyzer/passes/pass.h"
#include "analyzer/syntax/data_document.h"
#include "reports/build_report.h"

namespace mlgrade {
namespace {

using Documents = std::vector<std::pair<std::string, DataNode>>;

Documents parse_embedded(std::string_view folder, std::vector<Problem>& problems) {
  Documents out;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with(folder) || !file.path.ends_with(".yaml")) continue;
    ParsedData parsed = parse_yaml(file.text, FileId::kNone);
    for (Problem& problem : parsed.problems) {
      problem.message =
          std::string(file.path) + ":" + std::to_string(problem.span.line) + ": " + problem.message;
      problems.push_back(std::move(problem));
    }
    if (!parsed.documents.empty()) out.emplace_back(file.path, std::move(parsed.documents.front()));
  }
  return out;
}

Definitions load_definitions() {
  Definitions out;
  out.rules = load_rules(parse_embedded("rules/", out.problems), out.problems);
  const Documents rubric = parse_embedded("rubric/", out.problems);
  out.rubric = read_rubric(rubric, out.problems);
  for (const auto& [path, root] : rubric) {
    if (path.ends_with("/stages.yaml")) out.stages = read_stages(root, path, out.problems);
  }
  return out;
}

unsigned thread_count(unsigned jobs) {
  return jobs != 0 ? jobs : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

const Definitions& definitions() {
  static const Definitions loaded = load_definitions();
  return loaded;
}

std::optional<Date> day_of(const Repo& repo, const AnalysisOptions& options) {
  if (options.as_of) return options.as_of;
  return repo.history.head_date ? repo.history.head_date : options.today;
}

namespace {

void say(const AnalysisOptions& options, const std::string& what) {
  if (options.progress) options.progress(what);
}

std::unique_ptr<Analysis> read_and_link(Repo repo, const Definitions& definitions,
                                        const AnalysisOptions& options) {
  auto out = std::make_unique<Analysis>(std::move(repo));
  out->as_of = day_of(out->repo, options);
  say(options, "reading " + std::to_string(out->repo.files.size()) + " files");
  out->facts = collect_facts(out->repo, thread_count(options.jobs));
  say(options, "linking what runs what");
  out->graph = build_graph(out->facts);
  add_asked_functions(out->graph, out->facts);
  out->uses = find_uses(definitions.rules.catalogue, out->facts);
  out->facts.archetype = detect_archetype(out->facts, definitions.rules.catalogue, out->uses);
  return out;
}

std::string in_words(const FactStore& facts, const std::string& what, Span place) {
  std::string out = what + " at " + std::string(facts.path(place));
  // The lines of a notebook are those of its text as Python, which nobody sees.
  if (facts.file(place.file).language != Language::kNotebook) out += ":" + std::to_string(place.line);
  return out;
}

// What starts the training and what delivers it, in words.
LevelFacts level_facts(const Analysis& analysis) {
  LevelFacts out;
  for (const Stage& stage : analysis.stages) {
    if (!stage.present) continue;
    if (stage.definition->id == "training") {
      out.training = in_words(analysis.facts, stage.what, stage.place);
      out.trains_itself = stage.automated();
    } else if (stage.delivered_at.valid()) {
      out.delivery = in_words(analysis.facts, stage.delivered, stage.delivered_at);
      out.delivers_on_change = true;
    }
  }
  return out;
}

void judge_and_score(Analysis& analysis, const Definitions& definitions, const AnalysisOptions& options) {
  say(options, "applying " + std::to_string(definitions.rules.rules.size()) + " rules");
  analysis.results =
      run_rules(definitions.rules, analysis.facts, analysis.graph, analysis.uses, analysis.as_of);
  analysis.all_settings = options.settings;
  if (options.settings != nullptr) analysis.settings = options.settings->of(analysis.project.value_or(""));
  const ScoreOptions score_options{
      .profile = options.profile, .as_of = analysis.as_of, .settings = analysis.settings};
  analysis.card =
      score(definitions.rubric, analysis.results.evidence, analysis.facts.archetype, score_options);
  analysis.stages = find_stages(definitions.stages, analysis.facts, analysis.graph, analysis.uses,
                                analysis.results.evidence, analysis.results.alerts);
  analysis.level = level_of(analysis.card, level_facts(analysis));
}

// The repository with the files of other projects listed and never read, like those of a third party.
Repo repo_of_project(const Analysis& whole, const std::vector<Project>& projects, std::string_view root) {
  Repo repo = whole.repo;
  const std::vector<bool> others = files_of_others(whole.facts, projects, root);
  for (size_t i = 0; i < repo.files.size(); ++i) repo.files[i].vendored |= others[i];
  return repo;
}

ProjectScore summary_of(const Project& project, const Scorecard& card) {
  ProjectScore out{project, card.test_score, card.readiness, card.band, card.bottleneck, card.profile, {},
                   false};
  for (const SectionScore& section : card.sections)
    out.sections.emplace_back(section.section->letter, section.strict);
  return out;
}

double points_of(const ProjectScore& score) {
  double sum = 0;
  for (const auto& [letter, strict] : score.sections) sum += strict;
  return sum;
}

std::unique_ptr<Analysis> analyse_project(const Analysis& whole, const std::vector<Project>& projects,
                                          const std::string& root, const Definitions& definitions,
                                          const AnalysisOptions& options) {
  say(options, "project " + (root.empty() ? "." : root));
  auto out = read_and_link(repo_of_project(whole, projects, root), definitions, options);
  out->project = root;
  judge_and_score(*out, definitions, options);
  return out;
}

// Each by itself; the weakest is kept whole.
std::unique_ptr<Analysis> analyse_all(const Analysis& whole, const std::vector<Project>& projects,
                                      const Definitions& definitions, const AnalysisOptions& options) {
  std::unique_ptr<Analysis> weakest;
  std::vector<ProjectScore> scores;
  size_t shown = 0;
  // Of equals one that trains a model before one that only asks a hosted one.
  const auto key = [](const ProjectScore& score) {
    return std::make_tuple(score.test_score, !score.project.trains, points_of(score));
  };
  for (const Project& project : projects) {
    auto one = analyse_project(whole, projects, project.root, definitions, options);
    scores.push_back(summary_of(project, one->card));
    if (weakest != nullptr && key(scores.back()) >= key(scores[shown])) continue;
    weakest = std::move(one);
    shown = scores.size() - 1;
  }
  scores[shown].shown = true;
  weakest->projects = std::move(scores);
  return weakest;
}

}  // namespace

std::unique_ptr<Analysis> analyse(Repo repo, const Definitions& definitions, const AnalysisOptions& options) {
  // The one limit for all that runs in parallel below.
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, thread_count(options.jobs));
  auto whole = read_and_link(std::move(repo), definitions, options);
  const std::vector<Project> projects = find_projects(whole->facts, whole->graph, whole->uses);
  if (!options.project.empty()) {
    const std::string root = options.project == "." ? "" : options.project;
    return analyse_project(*whole, projects, root, definitions, options);
  }
  if (projects.size() > 1) return analyse_all(*whole, projects, definitions, options);
  judge_and_score(*whole, definitions, options);
  return whole;
}

namespace {

std::vector<ReportProject> rows_of(const Analysis& analysis) {
  std::vector<ReportProject> out;
  for (const ProjectScore& score : analysis.projects) {
    ReportProject row;
    row.root = score.project.root.empty() ? "." : score.project.root;
    row.why = score.project.why;
    row.shown_by = std::string(analysis.facts.path(score.project.shown_by));
    row.test_score = score.test_score;
    row.readiness = score.readiness;
    row.band = score.band;
    row.bottleneck = score.bottleneck;
    row.profile = score.profile;
    row.sections = score.sections;
    row.shown = score.shown;
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

namespace {

// Comments that accept findings stand in files that were read: text, and nobody else's.
std::vector<IgnoreComment> ignores_of(const Repo& repo) {
  std::vector<std::vector<IgnoreComment>> found(repo.files.size());
  tbb::parallel_for(size_t{0}, repo.files.size(), [&](size_t i) {
    const FileFact& file = repo.files[i];
    if (file.vendored || file.language == Language::kBinary) return;
    std::vector<Problem> ignored;  // said already when the facts were collected
    const auto source = repo.read(FileId{static_cast<uint32_t>(i)}, ignored);
    if (source != nullptr) found[i] = ignore_comments(*source);
  });
  std::vector<IgnoreComment> out;
  for (std::vector<IgnoreComment>& some : found) std::move(some.begin(), some.end(), std::back_inserter(out));
  return out;
}

// Every list, for the files below its folder. Where the report shows one system of several, only the list of
// that system is held to hide something: the others may speak of findings that are not shown.
std::vector<IgnoreListed> listed_of(const Analysis& analysis) {
  std::vector<IgnoreListed> out;
  if (analysis.all_settings == nullptr) return out;
  for (const auto& [folder, settings] : analysis.all_settings->by_folder) {
    const bool whole = !analysis.project || folder == *analysis.project;
    for (const IgnoreEntry& entry : settings.ignore) out.push_back({&entry, whole});
  }
  return out;
}

}  // namespace

Report report_of(const Analysis& analysis, const Definitions& definitions) {
  const ReportInput input{
      .facts = analysis.facts,
      .graph = analysis.graph,
      .rules = definitions.rules,
      .results = analysis.results,
      .rubric = definitions.rubric,
      .card = analysis.card,
      .stages = analysis.stages,
      .level = analysis.level,
      .settings = analysis.settings,
      .repository = analysis.repo.name,
      .revision = analysis.repo.revision.empty() ? analysis.repo.history.head : analysis.repo.revision,
      .as_of = analysis.as_of,
      .project = analysis.project,
      .projects = rows_of(analysis),
      .ignores = ignores_of(analysis.repo),
      .listed = listed_of(analysis),
      .read =
          [&](FileId id) {
            std::vector<Problem> ignored;  // said already when the facts were collected
            return analysis.repo.read(id, ignored);
          },
  };
  return build_report(input);
}

}  // namespace mlgrade
