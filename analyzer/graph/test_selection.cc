// Applies a test command's arguments to the collected tests.
#include "analyzer/graph/test_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "analyzer/base/glob.h"

namespace mlgrade {
namespace {

struct Selection {
  std::vector<std::string> paths;     // repository-relative files or folders; "" = everything
  std::vector<std::string> node_ids;  // "tests/a.py::test_b"
  std::vector<std::string> ignored;
  std::vector<std::string> deselected;
  std::string keyword, markers;
  Span keyword_at, markers_at;  // invalid: in the command
  bool lists_only = false;      // --collect-only, --version, --help
  AskVariable variable;
};

bool below(std::string_view path, std::string_view folder) {
  return folder.empty() || path == folder ||
         (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

void read_options(const CommandLine& line, std::string_view cwd, Span at, Selection& s) {
  Word scratch;
  if (const Word* k = option_value(line, "-k", "", scratch)) s.keyword = k->text, s.keyword_at = at;
  if (const Word* m = option_value(line, "-m", "", scratch)) s.markers = m->text, s.markers_at = at;
  for (size_t i = 1; i < line.words.size(); ++i) {
    const std::string& text = line.words[i].text;
    auto value_of = [&](std::string_view flag) -> std::string {
      if (text == flag && i + 1 < line.words.size()) return line.words[i + 1].text;
      if (text.starts_with(flag) && text.size() > flag.size() && text[flag.size()] == '=') {
        return text.substr(flag.size() + 1);
      }
      return "";
    };
    if (std::string v = value_of("--ignore"); !v.empty())
      s.ignored.push_back(repository_path({v, true}, cwd));
    if (std::string v = value_of("--ignore-glob"); !v.empty()) s.ignored.push_back(v);
    if (std::string v = value_of("--deselect"); !v.empty())
      s.deselected.push_back(repository_path({v, true}, cwd));
  }
  s.lists_only |= has_flag(line, "--collect-only") || has_flag(line, "--co") || has_flag(line, "--version") ||
                  has_flag(line, "--help") || has_flag(line, "--fixtures") || has_flag(line, "--markers");
}

const std::vector<std::string_view>& pytest_value_options() {
  static const std::vector<std::string_view> options = {"-k",
                                                        "-m",
                                                        "-c",
                                                        "-o",
                                                        "-p",
                                                        "-n",
                                                        "-r",
                                                        "-W",
                                                        "--rootdir",
                                                        "--ignore",
                                                        "--ignore-glob",
                                                        "--deselect",
                                                        "--maxfail",
                                                        "--durations",
                                                        "--tb",
                                                        "--cov-config",
                                                        "--cov-report",
                                                        "--cov-fail-under",
                                                        "--cov-context",
                                                        "--durations-min",
                                                        "--maxprocesses",
                                                        "--doctest-glob",
                                                        "--junitxml",
                                                        "--junit-xml",
                                                        "--html",
                                                        "--basetemp",
                                                        "--import-mode",
                                                        "--dist",
                                                        "--timeout",
                                                        "--log-level",
                                                        "--log-cli-level",
                                                        "--override-ini",
                                                        "--confcutdir",
                                                        "--color",
                                                        "--capture",
                                                        "--verbosity",
                                                        "--numprocesses",
                                                        "--randomly-seed",
                                                        "--splits",
                                                        "--group",
                                                        "--json-report-file"};
  return options;
}

// The configuration of the nearest folder above `path` that has one.
const PytestConfig* config_for(const FactStore& facts, std::string_view path) {
  const PytestConfig* best = nullptr;
  for (const PytestConfig& config : facts.pytest_configs) {
    if (!config.span.valid() || !below(path, config.root.view())) continue;
    if (best == nullptr || config.root.view().size() > best->root.view().size()) best = &config;
  }
  return best;
}

void read_config(const PytestConfig& config, Selection& s) {
  CommandLine added;
  added.words.push_back({"pytest", true});
  for (const std::string& word : config.addopts) {
    std::string bare = word;
    if (bare.size() >= 2 && (bare.front() == '"' || bare.front() == '\'') && bare.back() == bare.front()) {
      bare = bare.substr(1, bare.size() - 2);
    }
    added.words.push_back({bare, true});
  }
  read_options(added, config.root.view(), config.span, s);
}

std::string_view path_of(const TestCase& test) {
  std::string_view id = test.id.view();
  return id.substr(0, id.find("::"));
}

bool matches_keyword(const TestCase& test, std::string_view word) {
  return lower(test.id.view()).find(lower(word)) != std::string::npos;
}

bool has_marker(const TestCase& test, std::string_view word) {
  std::string_view name = word.substr(0, word.find('('));
  return std::any_of(test.markers.begin(), test.markers.end(), [&](Name m) { return m == name; });
}

// Whether the test is skipped where the command runs: what is unknown by itself may hang on a variable.
struct SkipHere {
  Truth skipped = Truth::kNo;
  std::string why;
};

SkipHere skipped_here(const TestCase& test, const Selection& s) {
  SkipHere out{test.skipped, test.skipped_why};
  if (test.skipped != Truth::kUnknown || test.skip_variable.empty() || !s.variable) return out;
  const Truth set = s.variable(test.skip_variable.view());
  out.skipped = test.skipped_if_set ? set : !set;
  if (out.skipped != Truth::kYes) return out;
  const std::string name = test.skip_variable.str();
  out.why = test.skipped_if_set
                ? "skipped where the environment variable " + name + " is set, and here it is"
                : "skipped unless the environment variable " + name + " is set, and nothing sets it";
  return out;
}

// Decides for one test under the given paths; false if the paths leave it out altogether.
bool consider(const TestCase& test, const Selection& s, bool explicit_paths, SelectedTest& out) {
  std::string_view path = path_of(test);
  bool named =
      std::any_of(s.paths.begin(), s.paths.end(), [&](const std::string& p) { return below(path, p); }) ||
      std::any_of(s.node_ids.begin(), s.node_ids.end(), [&](const std::string& id) {
        std::string_view t = test.id.view();
        return t == id || (t.starts_with(id) && t.substr(id.size()).starts_with("::"));
      });
  if (!named) return false;
  auto refuse = [&](Truth certain, std::string why, Span at) {
    if (certain < out.certain) {
      out.certain = certain;
      out.why = std::move(why);
      out.why_at = at;
    }
  };
  if (test.collected != Truth::kYes && !(explicit_paths && test.outside_test_paths)) {
    refuse(test.collected, test.uncollected_why, test.uncollected_at);
  }
  for (const std::string& ignored : s.ignored) {
    if (!ignored.empty() && (below(path, ignored) || glob_match(ignored, path)))
      refuse(Truth::kNo, "ignored by --ignore", {});
  }
  for (const std::string& deselected : s.deselected) {
    if (!deselected.empty() && test.id.view().starts_with(deselected))
      refuse(Truth::kNo, "left out by --deselect", {});
  }
  if (!s.keyword.empty()) {
    Truth t = evaluate_selection(s.keyword, [&](std::string_view w) { return matches_keyword(test, w); });
    refuse(t, fmt::format("left out by -k \"{}\"", s.keyword), s.keyword_at);
  }
  if (!s.markers.empty()) {
    Truth t = evaluate_selection(s.markers, [&](std::string_view w) { return has_marker(test, w); });
    refuse(t, fmt::format("left out by -m \"{}\"", s.markers), s.markers_at);
  }
  const SkipHere skip = skipped_here(test, s);
  if (skip.skipped == Truth::kYes) refuse(Truth::kNo, skip.why, test.skipped_at);
  if (skip.skipped == Truth::kUnknown) refuse(Truth::kUnknown, skip.why, test.skipped_at);
  if (s.lists_only) refuse(Truth::kNo, "the command lists tests and runs none", {});
  return true;
}

// The tests that the paths or ids may name; consider() decides for each.
std::vector<uint32_t> candidates(const TestIndex& tests, const Selection& s) {
  std::vector<uint32_t> found;
  const auto add = [&](std::string_view path) {
    const std::vector<uint32_t> here = tests.below(path);
    found.insert(found.end(), here.begin(), here.end());
  };
  for (const std::string& path : s.paths) add(path);
  for (const std::string& id : s.node_ids) add(std::string_view(id).substr(0, id.find("::")));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

TestSelection apply(const FactStore& facts, const TestIndex& tests, const Selection& s, bool explicit_paths,
                    TestCase::Kind only, bool all_kinds) {
  TestSelection result;
  for (uint32_t t : candidates(tests, s)) {
    const TestCase& test = facts.tests[t];
    if (!all_kinds && test.kind != only) continue;
    SelectedTest selected;
    selected.test = t;
    if (consider(test, s, explicit_paths, selected)) result.tests.push_back(std::move(selected));
  }
  return result;
}

bool exists(const FactStore& facts, std::string_view path) {
  if (path.empty() || facts.find_file(path) != nullptr) return true;
  auto it = std::lower_bound(facts.files.begin(), facts.files.end(), path,
                             [](const FileFact& file, std::string_view p) { return file.path.view() < p; });
  for (; it != facts.files.end() && it->path.view().starts_with(path); ++it) {
    if (below(it->path.view(), path)) return true;
  }
  return false;
}

// What a shell makes of a pattern: the files and folders that it matches. Empty if the path is none, or if
// nothing matches.
std::vector<std::string> expanded(const FactStore& facts, std::string_view pattern) {
  const size_t star = pattern.find_first_of("*?[");
  if (star == std::string_view::npos) return {};
  const auto parts = std::count(pattern.begin(), pattern.end(), '/');
  const std::string_view start = pattern.substr(0, star);
  std::vector<std::string> found;
  auto it = std::lower_bound(facts.files.begin(), facts.files.end(), start,
                             [](const FileFact& file, std::string_view p) { return file.path.view() < p; });
  for (; it != facts.files.end() && it->path.view().starts_with(start); ++it) {
    std::string_view path = it->path.view();
    size_t end = 0;
    for (auto left = parts; left > 0; --left) end = path.find('/', end) + 1;
    path = path.substr(0, path.find('/', end));
    if (glob_match(pattern, path) && (found.empty() || found.back() != path)) found.emplace_back(path);
  }
  return found;
}

// The word after an option of a plugin that we do not know: `--cov-report xml`, `--ds settings`.
bool is_option_value(const CommandLine& line, const Word& word) {
  const auto at = static_cast<size_t>(&word - line.words.data());
  if (at == 0 || at >= line.words.size()) return false;
  const std::string& before = line.words[at - 1].text;
  return before.starts_with("--") && before.find('=') == std::string::npos;
}

}  // namespace

TestSelection select_pytest(const FactStore& facts, const TestIndex& tests, const CommandLine& line,
                            std::string_view cwd, const AskVariable& variable) {
  Selection s;
  s.variable = variable;
  std::string home = cwd == "?" ? "" : std::string(cwd);
  std::vector<std::string> missing;
  bool unknown_path = false;
  for (const Word* word : positionals(line, pytest_value_options())) {
    if (is_option_value(line, *word) && !exists(facts, repository_path(*word, home))) continue;
    std::string text = word->text;
    size_t colons = text.find("::");
    std::string path = repository_path({text.substr(0, colons), word->literal}, home);
    const bool here = text == "." || text == "./";
    if (std::vector<std::string> matched = expanded(facts, path); !matched.empty()) {
      std::move(matched.begin(), matched.end(), std::back_inserter(s.paths));
    } else if (path.empty() && !word->literal) {
      unknown_path = true;
    } else if (path.empty() && !here) {
      missing.push_back(text);  // leads out of the repository
    } else if (!exists(facts, path)) {
      missing.push_back(path);
    } else if (colons != std::string::npos) {
      s.node_ids.push_back(path + text.substr(colons));
    } else {
      s.paths.push_back(path);
    }
  }
  bool explicit_paths = !s.paths.empty() || !s.node_ids.empty() || !missing.empty();
  // A command that names nothing but what is missing was meant for some of the tests: say to all what it
  // lacks.
  if (!explicit_paths || (s.paths.empty() && s.node_ids.empty())) s.paths.push_back(home);
  std::string_view first =
      s.paths.empty() ? (s.node_ids.empty() ? std::string_view(home) : std::string_view(s.node_ids[0]))
                      : std::string_view(s.paths[0]);
  if (const PytestConfig* config = config_for(facts, first)) read_config(*config, s);
  read_options(line, home, {}, s);
  TestSelection result = apply(facts, tests, s, explicit_paths, TestCase::Kind::kPytest, true);
  if (!missing.empty()) {  // pytest ends with a usage error: no test runs
    for (SelectedTest& test : result.tests) {
      test.certain = Truth::kNo;
      test.why = fmt::format("the command names {}, which does not exist", missing[0]);
    }
  }
  if (unknown_path) {
    for (SelectedTest& test : result.tests) {
      if (test.certain == Truth::kYes) test.certain = Truth::kUnknown;
    }
  }
  result.missing_paths = std::move(missing);
  return result;
}

TestSelection select_unittest(const FactStore& facts, const TestIndex& tests, const CommandLine& line,
                              std::string_view cwd, const AskVariable& variable) {
  Selection s;
  s.variable = variable;
  std::string home = cwd == "?" ? "" : std::string(cwd);
  Word scratch;
  if (const Word* start = option_value(line, "-s", "--start-directory", scratch)) {
    s.paths.push_back(repository_path(*start, home));
  }
  for (const Word* word :
       positionals(line, {"-s", "-p", "-t", "-k", "--start-directory", "--pattern", "-m"})) {
    if (word->text == "discover" || word->text == "unittest") continue;
    std::string path = repository_path(*word, home);
    if (exists(facts, path)) {
      s.paths.push_back(path);
      continue;
    }
    std::string dotted = word->text;  // tests.test_x.TestA
    std::replace(dotted.begin(), dotted.end(), '.', '/');
    for (std::string candidate = repository_path({dotted, true}, home); !candidate.empty();) {
      if (exists(facts, candidate + ".py")) {
        s.paths.push_back(candidate + ".py");
        break;
      }
      if (exists(facts, candidate)) {
        s.paths.push_back(candidate);
        break;
      }
      size_t slash = candidate.rfind('/');
      if (slash == std::string::npos) break;
      candidate.resize(slash);
    }
  }
  bool explicit_paths = !s.paths.empty();
  if (!explicit_paths) s.paths.push_back(home);
  return apply(facts, tests, s, explicit_paths, TestCase::Kind::kUnittest, false);
}

}  // namespace mlgrade
