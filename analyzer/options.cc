// argv -> Options.
#include "analyzer/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <sstream>
#include <string_view>

#include "analyzer/options_shell.h"

namespace mlgrade {
namespace {

constexpr const char* kAbout =
    "Reads the repository of a machine-learning system and scores how ready it is for production, after\n"
    "\"The ML Test Score\" (Breck et al. 2017). A point means: the check exists, something runs it without\n"
    "being asked, and it can fail. Nothing of the repository is executed, and nothing is sent anywhere.";

constexpr const char* kExamples =
    "Examples:\n"
    "  mlgrade .                               score the repository in this folder\n"
    "  mlgrade scan . --verbose                with the whole chain behind every point\n"
    "  mlgrade scan . --rev v1.2 -o old.json   score a tag, as JSON, without checking it out\n"
    "  mlgrade scan . -o page.html -o x.sarif  a page for a review, findings for code scanning\n"
    "  mlgrade scan . --fail-under 2           exit with 1 when the ML Test Score is below 2\n"
    "  mlgrade diff main                       what the work tree changes, and by which link\n"
    "  mlgrade explain DATA-7 --in .           why this item has its points here, line by line\n"
    "  mlgrade list items                      everything that is scored\n"
    "  mlgrade init                            show settings for this repository; --write writes them\n"
    "\n"
    "Exit codes: 0 fine; 1 below a bound that was asked for; 2 wrong usage or environment; 3 a bug of "
    "mlgrade.\n";

struct Raw {
  Options options;
  std::string as_of;
  std::string explain_in;
  std::string diff_in = ".";
  std::string generate;
  double fail_under = 0;
  CLI::Option* fail_under_given = nullptr;
};

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

CLI::Validator date_validator() {
  return CLI::Validator(
      [](std::string& text) {
        return parse_date(text) ? std::string() : "'" + text + "' is no date; write it as 2026-01-31";
      },
      "DATE");
}

void add_outputs(CLI::App& command, Options& options, const std::vector<std::string>& formats) {
  command
      .add_option(
          "-f,--format", options.formats,
          "One of: " + joined(formats) +
              ". Default: by the ending of --output, else terminal. Once it is for every output; else "
              "once for each output, in their order")
      ->check(CLI::IsMember(formats))
      ->type_name("FORMAT")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      .add_option("-o,--output", options.outputs,
                  "File to write, complete or not at all; - is standard output. May be given several times")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_flag("--refused", options.refused,
                   "Formats made of findings (sarif, github) show items without points as notes, too");
  command
      .add_option(
          "--fail-on", options.fail_on,
          "Exit with 1 if there is a finding of this severity or worse (high, medium, low, info), or one "
          "that is new against the earlier report. May be given several times")
      ->check(CLI::IsMember({"high", "medium", "low", "info", "new"}))
      ->type_name("WHAT")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_scan(CLI::App& app, Raw& raw, const std::vector<std::string>& formats) {
  CLI::App* scan = app.add_subcommand("scan", "Score a repository (the default command)");
  Options& options = raw.options;
  scan->add_option("PATH", options.path, "Folder of the repository")->capture_default_str();
  scan->add_option("--rev", options.revision,
                   "Commit, branch or tag to read from git instead of the work tree");
  add_outputs(*scan, options, formats);
  scan->add_option("-j,--jobs", options.jobs, "Threads; 0 means one for each processor")
      ->check(CLI::Range(0u, 256u))
      ->type_name("N");
  scan->add_option("--as-of", raw.as_of,
                   "Day from which the age of evidence is counted. Default: the last commit's, else today")
      ->check(date_validator());
  scan->add_option("--profile", options.profile, "Kind of system, for the readiness line. Default: detected");
  scan->add_option("--project", options.project,
                   "Folder of the one project to score, where a repository holds several")
      ->type_name("FOLDER");
  scan->add_option("--baseline", options.baseline,
                   "JSON report of an earlier scan: show what changed since, mark findings as new or known")
      ->type_name("FILE");
  raw.fail_under_given =
      scan->add_option("--fail-under", raw.fail_under, "Exit with 1 if the ML Test Score is below X (0 to 7)")
          ->check(CLI::Range(0.0, 7.0))
          ->type_name("X");
  scan->add_flag("-v,--verbose", options.verbose, "Show every chain link by link, all problems and reasons");
  scan->add_flag("-q,--quiet", options.quiet, "No progress on standard error");
  scan->callback([&options] { options.task = Options::Task::kScan; });
}

void add_explain(CLI::App& app, Raw& raw) {
  CLI::App* explain = app.add_subcommand("explain", "Explain an item of the rubric, or a rule");
  Options& options = raw.options;
  explain->add_option("ITEM|RULE", options.subject, "DATA-7, or leakage/fit-before-split")->required();
  explain->add_option("--in", raw.explain_in, "Repository in which to show what was found, with its lines");
  explain->add_option("--rev", options.revision, "Commit to read there");
  explain->add_option("--project", options.project, "The one project to speak of, where there are several")
      ->type_name("FOLDER");
  explain->add_flag("-v,--verbose", options.verbose, "Show all evidence link by link, not only the best");
  explain->add_option("--as-of", raw.as_of, "Day from which the age of evidence is counted")
      ->check(date_validator());
  explain->callback([&raw] {
    raw.options.task = Options::Task::kExplain;
    raw.options.path = raw.explain_in;
  });
}

void add_list(CLI::App& app, Raw& raw) {
  CLI::App* list = app.add_subcommand("list", "List items, rules, tools, profiles or formats");
  Options& options = raw.options;
  const std::vector<std::string> subjects = {"items", "rules", "tools", "profiles", "formats"};
  list->add_option("WHAT", options.subject, "One of: " + joined(subjects) + ". Default: all of them")
      ->check(CLI::IsMember(subjects))
      ->type_name("");
  list->callback([&options] { options.task = Options::Task::kList; });
}

void add_diff(CLI::App& app, Raw& raw, const std::vector<std::string>& formats) {
  CLI::App* diff =
      app.add_subcommand("diff", "Tell what changed between two reports or revisions, and by which link");
  Options& options = raw.options;
  diff->add_option("OLD", options.old_side, "JSON report, or commit, branch or tag of the repository in --in")
      ->required();
  diff->add_option("NEW", options.new_side, "The same. Default: the work tree");
  diff->add_option("--in", raw.diff_in, "Repository of the revisions")->capture_default_str();
  add_outputs(*diff, options, formats);
  diff->add_option("--project", options.project, "The one project to compare, where there are several")
      ->type_name("FOLDER");
  diff->add_option("--as-of", raw.as_of, "Day from which the age of evidence is counted")
      ->check(date_validator());
  diff->add_flag("-v,--verbose", options.verbose, "Show all findings that are new or fixed");
  diff->add_flag("-q,--quiet", options.quiet, "No progress on standard error");
  diff->callback([&raw] {
    raw.options.task = Options::Task::kDiff;
    raw.options.path = raw.diff_in;
  });
}

void add_init(CLI::App& app, Raw& raw) {
  CLI::App* init = app.add_subcommand(
      "init", "Show a .mlgrade.yaml for the repository, with what was detected, and write it on request");
  Options& options = raw.options;
  init->add_option("PATH", options.path, "Folder of the repository")->capture_default_str();
  init->add_flag("--write", options.write, "Write what is shown: all of it or nothing");
  init->add_flag("--force", options.force, "Replace files that are there; without it they are left alone");
  init->add_option("--workflow", options.workflow, "Propose a workflow, too. One of: github, gitlab")
      ->check(CLI::IsMember({"github", "gitlab"}))
      ->type_name("HOST");
  init->add_option("--project", options.project,
                   "Folder of one system, where a repository holds several: its own .mlgrade.yaml")
      ->type_name("FOLDER");
  init->add_flag("-q,--quiet", options.quiet, "No progress on standard error");
  init->callback([&options] { options.task = Options::Task::kInit; });
}

void add_generate(CLI::App& app, Raw& raw) {
  CLI::App* generate =
      app.add_subcommand("generate", "Print a completion for bash, zsh or fish, or the manual page");
  generate->add_option("WHAT", raw.generate, "One of: " + joined(shell_texts()))
      ->required()
      ->check(CLI::IsMember(shell_texts()))
      ->type_name("");
}

// `mlgrade PATH ...` means `mlgrade scan PATH ...`.
std::vector<std::string> with_command(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const auto is = [&](std::string_view wanted) { return !words.empty() && words[0] == wanted; };
  const bool global = is("--help") || is("-h") || is("--version") || is("--help-all");
  const std::vector<const CLI::App*> commands = app.get_subcommands(std::function<bool(const CLI::App*)>{});
  const bool command =
      std::any_of(commands.begin(), commands.end(), [&](const CLI::App* one) { return is(one->get_name()); });
  if (!global && !command) words.insert(words.begin(), "scan");
  return words;
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv, const std::vector<std::string>& formats) {
  CLI::App app(kAbout, "mlgrade");
  app.set_version_flag("--version", std::string("mlgrade ") + MLGRADE_VERSION);
  app.set_help_all_flag("--help-all", "Help on all commands");
  app.footer(kExamples);
  app.require_subcommand(1);
  Raw raw;
  add_scan(app, raw, formats);
  add_explain(app, raw);
  add_list(app, raw);
  add_diff(app, raw, formats);
  add_init(app, raw);
  add_generate(app, raw);

  ParsedOptions out;
  std::vector<std::string> words = with_command(app, argc, argv);
  if (argc <= 1) words = {"--help"};
  std::reverse(words.begin(), words.end());  // as CLI11 takes a vector
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    std::ostringstream output;
    std::ostringstream errors;
    const int code = app.exit(error, output, errors);
    out.exit_code = code == 0 ? 0 : 2;
    out.message = code == 0 ? output.str() : "mlgrade: " + errors.str();
    return out;
  }
  if (!raw.generate.empty()) {
    out.exit_code = 0;
    out.message = shell_text(app, raw.generate);
    return out;
  }
  out.options = raw.options;
  const bool asks_for_new = std::count(raw.options.fail_on.begin(), raw.options.fail_on.end(), "new") > 0;
  if (asks_for_new && raw.options.task == Options::Task::kScan && raw.options.baseline.empty()) {
    out.exit_code = 2;
    out.message = "mlgrade: --fail-on new needs --baseline, the report against which findings are new\n";
    return out;
  }
  if (!raw.as_of.empty()) out.options.as_of = parse_date(raw.as_of);
  if (raw.fail_under_given->count() > 0) out.options.fail_under = raw.fail_under;
  return out;
}

}  // namespace mlgrade
