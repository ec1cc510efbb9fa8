// Takes runners off command lines (runners.cc), and what Python tools put in front of one another.
#include "analyzer/graph/command_line.h"

#include <algorithm>

#include "analyzer/graph/runners.h"

namespace mlgrade {
namespace {

constexpr int kMaxRunners = 12;  // in front of one another

std::string_view base_name(std::string_view path) {
  size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// The name in "$PYTHON", "${PYTHON}", "${PYTHON:-python3}", "$(PYTHON)": variables of these names hold that
// program.
std::string_view named_by_variable(std::string_view text) {
  if (!text.starts_with('$')) return "";
  text.remove_prefix(1);
  if (text.starts_with('{') || text.starts_with('(')) text = text.substr(1, text.find_first_of(":})") - 1);
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"PYTHON", "python"},
                                                                      {"PYTHON3", "python"},
                                                                      {"PY", "python"},
                                                                      {"PYTHON_BIN", "python"},
                                                                      {"PYTEST", "pytest"},
                                                                      {"PY_TEST", "pytest"},
                                                                      {"MAKE", "make"},
                                                                      {"TOX", "tox"},
                                                                      {"VENV_PYTHON", "python"},
                                                                      {"PYTHON_EXE", "python"},
                                                                      {"PYTHON_EXECUTABLE", "python"},
                                                                      {"COVERAGE", "coverage"}};
  for (const auto& [variable, program] : kNames) {
    if (text == variable) return program;
  }
  return "";
}

// python3.11, python3 and pypy are all "python"; ${{ matrix.python }} is not known.
std::string program_name(const Word& word) {
  if (std::string_view known = named_by_variable(word.text); !known.empty()) return std::string(known);
  std::string_view name = base_name(word.text);
  if (name.ends_with(".exe")) name.remove_suffix(4);
  if (name.starts_with("python") && name.find_first_not_of("0123456789.w", 6) == std::string_view::npos)
    return "python";
  if (name == "pypy" || name == "pypy3" || name == "ipython" || name == "py") return "python";
  if (name == "pip3") return "pip";
  if (name == "py.test") return "pytest";
  if (name == "gmake") return "make";
  return std::string(name);
}

// `python -m coverage run -m pytest x` -> `python -m pytest x`; `coverage run x.py` -> `python x.py`.
bool strip_coverage(std::vector<Word>& words) {
  size_t at = 0;
  if (program_name(words[0]) == "python" && words.size() > 3 && words[1].text == "-m" &&
      words[2].text == "coverage") {
    at = 2;
  } else if (base_name(words[0].text) != "coverage") {
    return false;
  }
  if (at + 1 >= words.size() || words[at + 1].text != "run") return false;
  size_t i = at + 2;
  while (i < words.size() && words[i].text.starts_with('-') && words[i].text != "-m") {
    constexpr std::string_view kWithValue[] = {"--source",  "--rcfile",    "--omit",       "--include",
                                               "--context", "--data-file", "--source-pkg", "--concurrency"};
    i += std::find(std::begin(kWithValue), std::end(kWithValue), words[i].text) != std::end(kWithValue) ? 2
                                                                                                        : 1;
  }
  if (i >= words.size()) return false;
  std::vector<Word> rest{Word{"python", true}};
  rest.insert(rest.end(), words.begin() + static_cast<long>(i), words.end());
  words = std::move(rest);
  return true;
}

// `python -m pytest x` is pytest; -W and -u come before -m. True if a tool was found.
bool unwrap_module(std::vector<Word>& words) {
  if (program_name(words[0]) != "python") return false;
  size_t i = 1;
  while (i < words.size() && words[i].text.starts_with('-') && words[i].text != "-m" &&
         words[i].text != "-c") {
    if (words[i].text == "-") return false;
    i += words[i].text == "-W" || words[i].text == "-X" ? 2 : 1;
  }
  if (i != 1 && i < words.size()) words.erase(words.begin() + 1, words.begin() + static_cast<long>(i));
  if (words.size() < 3 || words[1].text != "-m") return false;
  static constexpr std::string_view kTools[] = {
      "pytest",    "tox",    "nox",       "pip",        "dvc",        "mypy",
      "ruff",      "pylint", "flake8",    "black",      "uvicorn",    "gunicorn",
      "streamlit", "mlflow", "papermill", "pre_commit", "bandit",     "pip_audit",
      "locust",    "flask",  "fastapi",   "invoke",     "poethepoet", "deepeval",
      "isort",     "nose2",  "behave",    "prefect",    "dbt",        "great_expectations",
      "slipcover", "build",  "twine",     "hatch",      "poetry",     "uv",
      "pdm",       "pipenv", "snakemake", "luigi",      "kedro",      "zenml"};
  if (std::find(std::begin(kTools), std::end(kTools), words[2].text) == std::end(kTools)) return false;
  words.erase(words.begin(), words.begin() + 2);
  if (words[0].text == "pre_commit") words[0].text = "pre-commit";
  if (words[0].text == "pip_audit") words[0].text = "pip-audit";
  if (words[0].text == "poethepoet") words[0].text = "poe";
  return true;
}

}  // namespace

CommandLine command_line(const std::vector<Word>& words) {
  CommandLine line;
  line.words = words;
  bool changed = true;
  for (int hops = 0; changed && hops < kMaxRunners && !line.words.empty(); ++hops) {
    changed = false;
    while (!line.words.empty() && line.words[0].text.find('=') != std::string::npos &&
           line.words[0].text.find('/') == std::string::npos && !line.words[0].text.starts_with('-')) {
      line.words.erase(line.words.begin());
    }
    if (line.words.empty()) break;
    if (RunnerUse use = take_runner(line.words); !use.name.empty()) {
      line.runners.emplace_back(use.name);
      line.words = std::move(use.rest);
      line.elsewhere = line.elsewhere || use.elsewhere;
      line.uncertain = line.uncertain || use.uncertain;
      changed = true;
    }
    if (!line.words.empty() && strip_coverage(line.words)) {
      line.runners.emplace_back("coverage");
      changed = true;
    }
    changed = (!line.words.empty() && unwrap_module(line.words)) || changed;
  }
  if (line.words.empty()) return line;
  // `uv run x.py` and `pdm run x.py` run Python files as they are.
  if (line.words[0].literal && line.words[0].text.ends_with(".py") && !line.runners.empty()) {
    line.words.insert(line.words.begin(), Word{"python", true});
  }
  line.program = program_name(line.words[0]);
  return line;
}

const Word* option_value(const CommandLine& line, std::string_view short_name, std::string_view long_name,
                         Word& scratch) {
  for (size_t i = 1; i < line.words.size(); ++i) {
    std::string_view text = line.words[i].text;
    if (text == "--") break;
    if ((!short_name.empty() && text == short_name) || (!long_name.empty() && text == long_name)) {
      return i + 1 < line.words.size() ? &line.words[i + 1] : nullptr;
    }
    if (!long_name.empty() && text.starts_with(long_name) && text.size() > long_name.size() &&
        text[long_name.size()] == '=') {
      scratch = {std::string(text.substr(long_name.size() + 1)), line.words[i].literal};
      return &scratch;
    }
    if (short_name.size() == 2 && text.size() > 2 && text.starts_with(short_name) &&
        !text.starts_with("--")) {
      scratch = {std::string(text.substr(text[2] == '=' ? 3 : 2)), line.words[i].literal};
      return &scratch;
    }
  }
  return nullptr;
}

bool has_flag(const CommandLine& line, std::string_view flag) {
  return std::any_of(line.words.begin(), line.words.end(),
                     [&](const Word& word) { return word.text == flag; });
}

std::vector<const Word*> positionals(const CommandLine& line,
                                     const std::vector<std::string_view>& with_value) {
  std::vector<const Word*> found;
  for (size_t i = 1; i < line.words.size(); ++i) {
    const std::string& text = line.words[i].text;
    if (text == "--") continue;
    if (text.size() > 1 && text[0] == '-') {
      if (std::find(with_value.begin(), with_value.end(), text) != with_value.end()) ++i;
      continue;
    }
    found.push_back(&line.words[i]);
  }
  return found;
}

namespace {

// Removes "." and ".." segments; false if it leaves the root.
bool normalise(std::string& path) {
  std::vector<std::string_view> parts;
  std::string_view rest = path;
  while (!rest.empty()) {
    size_t slash = rest.find('/');
    std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (parts.empty()) return false;
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  std::string out;
  for (std::string_view part : parts) {
    if (!out.empty()) out += '/';
    out += part;
  }
  path = out;
  return true;
}

}  // namespace

std::string repository_path(const Word& word, std::string_view cwd) {
  std::string_view text = word.text;
  bool rooted = false;
  static constexpr std::string_view kRoots[] = {"$GITHUB_WORKSPACE/",
                                                "${GITHUB_WORKSPACE}/",
                                                "${{ github.workspace }}/",
                                                "${{github.workspace}}/",
                                                "$CI_PROJECT_DIR/",
                                                "${CI_PROJECT_DIR}/",
                                                "$WORKSPACE/",
                                                "$BUILD_SOURCESDIRECTORY/",
                                                "$(Build.SourcesDirectory)/",
                                                "$(System.DefaultWorkingDirectory)/",
                                                "$BITBUCKET_CLONE_DIR/",
                                                "$TRAVIS_BUILD_DIR/",
                                                "$CODEBUILD_SRC_DIR/",
                                                "$BUILDKITE_BUILD_CHECKOUT_PATH/",
                                                "$DRONE_WORKSPACE/",
                                                "$(pwd)/",
                                                "`pwd`/",
                                                "$PWD/",
                                                "${PWD}/",
                                                "$(PWD)/",
                                                "$(git rev-parse --show-toplevel)/"};
  for (std::string_view root : kRoots) {
    if (!text.starts_with(root)) continue;
    text.remove_prefix(root.size());
    rooted = root.find("wd") == std::string_view::npos && root.find("WD") == std::string_view::npos;
    break;
  }
  if (text.find('$') != std::string_view::npos || text.find('`') != std::string_view::npos) return "";
  if (text.starts_with('/') || text.starts_with('~') || text.find("://") != std::string_view::npos) return "";
  std::string path(text);
  if (!rooted && !cwd.empty() && cwd != "?") path = std::string(cwd) + "/" + path;
  if (!normalise(path)) return "";
  return path;
}

}  // namespace mlgrade
