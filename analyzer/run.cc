// mlgrade scan, and the way from options to exit codes.
#include "analyzer/run.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>

#include "analyzer/run_analysis.h"
#include "analyzer/run_compare.h"
#include "analyzer/run_init.h"
#include "analyzer/run_output.h"
#include "analyzer/run_targets.h"
#include "analyzer/run_texts.h"
#include "reports/build_report.h"

namespace mlgrade {
namespace {

constexpr size_t kManyFiles = 3000;  // from here on a scan says what it does even where nobody watches

int fail(int code, const std::string& message) {
  std::fprintf(stderr, "mlgrade: %s\n", message.c_str());
  return code;
}

Date today() {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return Date{static_cast<int32_t>(day.time_since_epoch().count())};
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string our_bugs(const Definitions& definitions) {
  std::string out = "rules or rubric built into this program are broken:";
  for (const Problem& problem : definitions.problems) out += "\n  " + problem.message;
  return out;
}

// "./services/churn/" -> "services/churn"; the top is ".".
std::string project_root(std::string text) {
  while (text.starts_with("./")) text.erase(0, 2);
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

bool has_folder(const Repo& repo, const std::string& root) {
  return root == "." || std::any_of(repo.files.begin(), repo.files.end(), [&](const FileFact& file) {
           return file.path.view().starts_with(root + "/");
         });
}

// Mistakes of the project's own file, each in a line that an editor can jump to.
std::string lines_of(const std::vector<std::string>& mistakes) {
  std::string out = std::string(kSettingsFile) + " has mistakes, so nothing was scored:";
  for (const std::string& mistake : mistakes) out += "\n  " + printable(mistake, 600);
  return out;
}

struct Scanned {
  std::unique_ptr<Analysis> analysis;
  int code = kExitFine;
};

// `own_word`: with what the projects say of themselves.
Scanned scan_repository(const Options& options, bool own_word = true) {
  const Definitions& known = definitions();
  if (!known.problems.empty()) return {nullptr, fail(kExitBug, our_bugs(known))};
  if (!options.profile.empty() && find_profile(known.rubric, options.profile) == nullptr) {
    std::vector<std::string> names;
    for (const Profile& profile : known.rubric.profiles) names.push_back(profile.name);
    return {nullptr, fail(kExitUsage, "no profile '" + options.profile + "'; there are " + joined(names))};
  }
  Progress progress(options.quiet);
  progress.say("opening " + options.path, false);
  OpenedRepo opened = open_repo({.path = options.path, .revision = options.revision});
  if (!opened.repo) return {nullptr, fail(kExitUsage, opened.error)};
  const bool long_work = opened.repo->files.size() >= kManyFiles;
  AnalysisOptions how;
  how.jobs = options.jobs;
  how.as_of = options.as_of;
  how.today = today();
  how.profile = options.profile;
  how.project = project_root(options.project);
  if (!how.project.empty() && !has_folder(*opened.repo, how.project)) {
    return {nullptr, fail(kExitUsage, "no folder '" + options.project + "' in " + options.path +
                                          "; --project takes a path from the repository's root")};
  }
  if (own_word) {
    const auto settings = std::make_shared<AllSettings>(
        read_all_settings(*opened.repo, known.rubric, known.rules, day_of(*opened.repo, how)));
    if (!settings->mistakes.empty()) return {nullptr, fail(kExitUsage, lines_of(settings->mistakes))};
    how.settings = settings;
  }
  how.progress = [&](std::string_view what) { progress.say(what, long_work); };
  return {analyse(std::move(*opened.repo), known, how), kExitFine};
}

// Renders all before anything is written, so that a mistake leaves nothing behind.
int write_targets(const std::vector<Target>& targets, const Report& report, const Options& options) {
  std::vector<std::string> texts;
  for (const Target& target : targets) {
    RenderOptions how = render_options(target.to_file(), options.verbose);
    how.refused = options.refused;
    texts.push_back(target.renderer->render(report, how));
  }
  std::string error;
  for (size_t i = 0; i < targets.size(); ++i) {
    if (!write_output(targets[i].path, texts[i], error)) return fail(kExitUsage, error);
  }
  return kExitFine;
}

int scan(const Options& options) {
  std::string error;
  const std::vector<Target> targets = choose_targets(options, error);
  if (targets.empty()) return fail(kExitUsage, error);
  std::optional<Report> baseline;
  if (!options.baseline.empty()) {
    baseline = read_report_file(options.baseline, error);
    if (!baseline) return fail(kExitUsage, error);
  }
  const Scanned scanned = scan_repository(options);
  if (scanned.analysis == nullptr) return scanned.code;
  Report report = report_of(*scanned.analysis, definitions());
  if (baseline && !compare_with(*baseline, report, report_name(options.baseline, *baseline), error)) {
    return fail(kExitUsage, error);
  }
  if (const int code = write_targets(targets, report, options); code != kExitFine) return code;
  const std::string unmet = unmet_gate(report, options);
  return unmet.empty() ? kExitFine : fail(kExitBelowBound, unmet);
}

int init(const Options& options) {
  const Scanned scanned = scan_repository(options, false);  // a file with mistakes may be replaced
  if (scanned.analysis == nullptr) return scanned.code;
  std::string error;
  if (init_repository(options, *scanned.analysis, definitions(), error)) return kExitFine;
  return fail(kExitUsage, error);
}

// Two reports, or two revisions of the repository in --in.
int diff(const Options& options) {
  std::string error;
  const std::vector<Target> targets = choose_targets(options, error);
  if (targets.empty()) return fail(kExitUsage, error);
  const bool words_only = options.formats.empty() && options.outputs.empty();
  if (!words_only && names_report(options.new_side)) {
    return fail(kExitUsage,
                "a format needs NEW to be a revision or the work tree, since a report holds less");
  }
  std::optional<Report> sides[2];
  const std::string* names[] = {&options.old_side, &options.new_side};
  for (int side = 0; side < 2; ++side) {
    if (names_report(*names[side])) {
      sides[side] = read_report_file(*names[side], error);
      if (!sides[side]) return fail(kExitUsage, error);
      continue;
    }
    Options one = options;
    one.revision = *names[side];
    if (side == 1 && one.project.empty()) one.project = sides[0]->project;  // the same system on both sides
    const Scanned scanned = scan_repository(one);
    if (scanned.analysis == nullptr) return scanned.code;
    sides[side] = report_of(*scanned.analysis, definitions());
  }
  const bool file = names_report(options.old_side);
  const std::string name = file ? report_name(options.old_side, *sides[0]) : options.old_side;
  if (!compare_with(*sides[0], *sides[1], name, error)) return fail(kExitUsage, error);
  if (words_only) {
    const std::string text = change_text(*sides[1], render_options(false, options.verbose));
    if (!write_output("", text, error)) return fail(kExitUsage, error);
  } else if (const int code = write_targets(targets, *sides[1], options); code != kExitFine) {
    return code;
  }
  const std::string unmet = unmet_gate(*sides[1], options);
  return unmet.empty() ? kExitFine : fail(kExitBelowBound, unmet);
}

int print(const std::string& text) {
  std::string error;
  return write_output("", text, error) ? kExitFine : fail(kExitUsage, error);
}

int explain(const Options& options) {
  const Definitions& known = definitions();
  if (!known.problems.empty()) return fail(kExitBug, our_bugs(known));
  const RenderOptions how = render_options(false, options.verbose);
  std::string error;
  std::optional<std::string> text = explain_text(options.subject, known, how, error);
  if (!text) return fail(kExitUsage, error);
  if (options.path.empty()) return print(*text);
  const Scanned scanned = scan_repository(options);
  if (scanned.analysis == nullptr) return scanned.code;
  return print(found_text(options.subject, report_of(*scanned.analysis, known), how));
}

}  // namespace

int run(const Options& options) {
  try {
    switch (options.task) {
      case Options::Task::kScan:
        return scan(options);
      case Options::Task::kExplain:
        return explain(options);
      case Options::Task::kDiff:
        return diff(options);
      case Options::Task::kInit:
        return init(options);
      case Options::Task::kList:
        return print(list_text(options.subject, definitions(), render_options(false, false)));
    }
    return kExitBug;
  } catch (const std::bad_alloc&) {
    return fail(kExitUsage, "out of memory");
  } catch (const std::exception& error) {
    return fail(kExitBug, std::string("this is a bug of mlgrade: ") + error.what());
  }
}

}  // namespace mlgrade
