// How much of the code the tests run is measured, and too little fails.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "analyzer/base/glob.h"
#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/paths.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr double kWeak = 50;  // percent: a bar below it is cleared with most of the code untested
constexpr size_t kMost = 5;

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

struct Bar {
  double percent = 0;
  Span span;
};

template <typename Words, typename Text>
std::optional<double> bar_in(const Words& words, Text text) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = text(words[i]);
    for (std::string_view option : {"--cov-fail-under", "--fail-under", "--cov_fail_under"}) {
      if (word.starts_with(option) && word.size() > option.size() && word[option.size()] == '=')
        return number(word.substr(option.size() + 1));
      if (word == option && i + 1 < words.size()) return number(text(words[i + 1]));
    }
  }
  return std::nullopt;
}

std::optional<double> bar_of(const Command& command) {
  return bar_in(command.words, [](const Word& word) { return std::string_view(word.text); });
}

std::optional<double> bar_of(const std::vector<std::string>& words) {
  return bar_in(words, [](const std::string& word) { return std::string_view(word); });
}

bool is_coverage_config(std::string_view path) {
  const std::string_view name = file_name(path);
  return name == "pyproject.toml" || name == ".coveragerc" || name == "setup.cfg" || name == "tox.ini";
}

std::optional<Bar> configured_bar(const RuleInput& in) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file) || !is_coverage_config(in.facts.path(document.file))) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      if (path != "tool.coverage.report.fail_under" && path != "report.fail_under" &&
          path != "coverage:report.fail_under")
        continue;
      if (const auto percent = number(key.value)) return Bar{*percent, key.span};
    }
  }
  return std::nullopt;
}

// A pattern that leaves the code that trains out of the count (rubric F-23).
std::optional<Bar> omits_training(const RuleInput& in) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file) || !is_coverage_config(in.facts.path(document.file))) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      if (path.find("omit") == std::string_view::npos || path.find("coverage") == std::string_view::npos)
        continue;
      for (const Use* use : product_uses(in, "trains-model")) {
        if (!is_notebook(in.facts, use->file) && glob_match(key.value, in.facts.path(use->file)))
          return Bar{0, key.span};
      }
    }
  }
  return std::nullopt;
}

void weigh(const RuleInput& in, std::optional<Bar> bar, Evidence& evidence) {
  if (!bar) bar = configured_bar(in);
  if (bar && bar->span.valid())
    evidence.links.push_back({bar->span, fmt::format("fails below {} %", bar->percent)});
  const auto half = [&](std::string why) {
    evidence.worth = 0.5;
    evidence.worth_why = std::move(why);
  };
  if (!bar || bar->percent <= 0) {
    half("no least share fails the run");
  } else if (bar->percent < kWeak) {
    half(fmt::format("{} % is cleared with most of the code untested", bar->percent));
  } else if (const auto omitted = omits_training(in)) {
    evidence.links.push_back({omitted->span, "leaves the training code out"});
    half("the code that trains is left out of the count");
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  std::optional<Bar> reported;  // `coverage report --fail-under` stands behind `coverage run`
  for (const AutomationFile& file : in.facts.automation) {
    for (const Command& command : file.commands) {
      const bool report = std::any_of(command.words.begin(), command.words.end(),
                                      [](const Word& word) { return word.text == "report"; });
      const auto percent = bar_of(command);
      if (report && percent && !reported) reported = Bar{*percent, command.span};
    }
  }
  for (const Use* use : uses_of(in, "measures-coverage")) {
    if (use->kind != Use::Kind::kCommand) continue;  // an upload measures nothing
    const Command& command = in.facts.automation[use->automation].commands[use->index];
    const bool uploads = !command.words.empty() && (file_name(command.words[0].text) == "codecov" ||
                                                    file_name(command.words[0].text) == "coveralls");
    if (uploads) continue;
    Evidence evidence;
    evidence.place = command.span;
    evidence.what = "the share of code that tests run is measured";
    evidence.runs_at = node_of(in, *use);
    evidence.links.push_back({command.span, evidence.what});
    std::optional<Bar> bar = reported;
    if (const auto percent = bar_of(command)) bar = Bar{*percent, command.span};
    weigh(in, bar, evidence);
    found.push_back(std::move(evidence));
  }
  for (const PytestConfig& config : in.facts.pytest_configs) {
    const bool measures = std::any_of(config.addopts.begin(), config.addopts.end(),
                                      [](const std::string& word) { return word.starts_with("--cov"); });
    if (!measures || !config.span.valid() || is_sample(in.facts, config.span.file)) continue;
    const uint32_t test = best_test(in, [](const TestCase&) { return true; });
    if (test == kNone) continue;
    Evidence evidence;
    evidence.place = config.span;
    evidence.what = "each run of the tests measures the share of code that they run";
    evidence.runs_at = in.graph.node_of_test(test);
    evidence.links.push_back({config.span, evidence.what});
    std::optional<Bar> bar = reported;
    if (const auto percent = bar_of(config.addopts)) bar = Bar{*percent, config.span};
    weigh(in, bar, evidence);
    found.push_back(std::move(evidence));
  }
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule process_coverage;
const Rule process_coverage{
    .summary = "coverage of the pipeline's code is measured and held to a bar",
    .why = "Code that no test runs is tested by the people it serves.",
    .fix =
        "Measure coverage where CI runs the tests and fail below a share that leaves no pipeline code out.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems",
    .run = run,
};

}  // namespace mlgrade::rules
