// mlgrade scan, and the way from options to exit codes.
#include "analyzer/run.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "analyzer/run_analysis.h"
#include "analyzer/run_output.h"
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

bool has_ending(std::string_view endings, std::string_view ending) {
  while (!endings.empty()) {
    const size_t end = endings.find(' ');
    if (endings.substr(0, end) == ending) return true;
    if (end == std::string_view::npos) break;
    endings.remove_prefix(end + 1);
  }
  return false;
}

const Renderer* find_renderer(std::string_view name) {
  for (const Renderer* renderer : all_renderers()) {
    if (renderer->name == name) return renderer;
  }
  return nullptr;
}

// By --format, else by the ending of --output. Null with a sentence in `error`.
const Renderer* choose_renderer(const Options& options, std::string& error) {
  if (!options.format.empty()) {
    const Renderer* renderer = find_renderer(options.format);
    if (renderer == nullptr)
      error = "no format '" + options.format + "'; there are " + joined(format_names());
    return renderer;
  }
  if (options.output.empty() || options.output == "-") return find_renderer("terminal");
  const std::string ending = std::filesystem::path(options.output).extension().string();
  for (const Renderer* renderer : all_renderers()) {
    if (!ending.empty() && has_ending(renderer->endings, ending)) return renderer;
  }
  error =
      "cannot tell the format from '" + options.output + "'; add --format, one of " + joined(format_names());
  return nullptr;
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

Scanned scan_repository(const Options& options) {
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
  const auto settings =
      std::make_shared<AllSettings>(read_all_settings(*opened.repo, known.rubric, day_of(*opened.repo, how)));
  if (!settings->mistakes.empty()) return {nullptr, fail(kExitUsage, lines_of(settings->mistakes))};
  how.settings = settings;
  how.progress = [&](std::string_view what) { progress.say(what, long_work); };
  return {analyse(std::move(*opened.repo), known, how), kExitFine};
}

int scan(const Options& options) {
  std::string error;
  const Renderer* renderer = choose_renderer(options, error);
  if (renderer == nullptr) return fail(kExitUsage, error);
  const Scanned scanned = scan_repository(options);
  if (scanned.analysis == nullptr) return scanned.code;
  const Report report = report_of(*scanned.analysis, definitions());
  const bool to_file = !options.output.empty() && options.output != "-";
  const std::string text = renderer->render(report, render_options(to_file, options.verbose));
  if (!write_output(options.output, text, error)) return fail(kExitUsage, error);
  constexpr double kEpsilon = 1e-9;
  const double score = scanned.analysis->card.test_score;
  if (options.fail_under && score + kEpsilon < *options.fail_under) {
    char message[96];
    std::snprintf(message, sizeof message, "the ML Test Score %.2f is below %.2f", score,
                  *options.fail_under);
    return fail(kExitBelowBound, message);
  }
  return kExitFine;
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

std::vector<std::string> format_names() {
  std::vector<std::string> out;
  for (const Renderer* renderer : all_renderers()) out.emplace_back(renderer->name);
  return out;
}

int run(const Options& options) {
  try {
    switch (options.task) {
      case Options::Task::kScan:
        return scan(options);
      case Options::Task::kExplain:
        return explain(options);
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
