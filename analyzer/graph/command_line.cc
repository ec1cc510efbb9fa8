// Takes runners off command lines. The runners are a table: name, options that take a value, and where the
// rest begins.
#include "analyzer/graph/command_line.h"

#include <algorithm>
#include <array>
#include <span>

namespace mlgrade {
namespace {

struct Runner {
  std::string_view name;
  std::string_view subcommand;                    // must follow: "run"; empty: none
  std::array<std::string_view, 10> with_value{};  // options that take the next word
  bool skips_number = false;                      // timeout 30 ...
};

constexpr Runner kRunners[] = {
    {"sudo", "", {"-u", "-g"}},
    {"env", "", {"-u", "-C"}},
    {"time", ""},
    {"nice", "", {"-n"}},
    {"nohup", ""},
    {"exec", ""},
    {"command", ""},
    {"timeout", "", {"-s", "-k"}, true},
    {"xvfb-run", "", {"-s", "-n", "-e"}},
    {"catchsegv", ""},
    {"poetry", "run", {"-C", "--directory", "-P"}},
    {"uv",
     "run",
     {"--with", "--extra", "--group", "--python", "-p", "--directory", "--project", "--env-file",
      "--with-requirements", "--no-group"}},
    {"uvx", "", {"--with", "--from", "--python", "-p"}},
    {"pipx", "run", {"--spec"}},
    {"pipenv", "run"},
    {"pdm", "run", {"-p"}},
    {"rye", "run"},
    {"pixi", "run", {"-e", "--environment", "--manifest-path"}},
    {"conda", "run", {"-n", "-p", "--name", "--prefix"}},
    {"mamba", "run", {"-n", "-p", "--name", "--prefix"}},
    {"micromamba", "run", {"-n", "-p", "--name", "--prefix"}},
    {"dotenv", "run", {"-f"}},
    {"npx", ""},
    {"torchrun",
     "",
     {"--nproc_per_node", "--nnodes", "--node_rank", "--master_addr", "--master_port", "--nproc-per-node",
      "--rdzv_backend", "--rdzv_endpoint", "--rdzv-backend", "--rdzv-endpoint"}},
    {"accelerate",
     "launch",
     {"--config_file", "--num_processes", "--num_machines", "--mixed_precision", "--gpu_ids"}},
    {"deepspeed", "", {"--num_gpus", "--include", "--master_port"}},
    {"codecarbon", "run"},
};

std::string_view base_name(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// python3.11, python3 and pypy are all "python"; ${{ matrix.python }} is not known.
std::string program_name(const Word& word) {
  std::string_view name = base_name(word.text);
  if (name.starts_with("python") && name.find_first_not_of("0123456789.w", 6) == std::string_view::npos)
    return "python";
  if (name == "pypy" || name == "pypy3" || name == "ipython") return "python";
  if (name == "pip3") return "pip";
  if (name == "py.test") return "pytest";
  if (name == "gmake") return "make";
  return std::string(name);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.smhd") == std::string_view::npos;
}

// How many words the runner and its options take; 0 if `words` does not start with it.
size_t runner_length(const Runner& runner, std::span<const Word> words) {
  if (words.empty() || base_name(words[0].text) != runner.name) return 0;
  size_t i = 1;
  auto skip_options = [&] {
    while (i < words.size() && words[i].text.starts_with('-')) {
      bool takes_value = std::find(runner.with_value.begin(), runner.with_value.end(), words[i].text) !=
                         runner.with_value.end();
      bool end = words[i].text == "--";
      i += takes_value ? 2 : 1;
      if (end) return;
    }
  };
  skip_options();
  if (!runner.subcommand.empty()) {
    if (i >= words.size() || words[i].text != runner.subcommand) return 0;
    ++i;
    skip_options();
  }
  if (runner.skips_number && i < words.size() && is_number(words[i].text)) ++i;
  while (i < words.size() && runner.name == "env" && words[i].text.find('=') != std::string::npos) ++i;
  return i < words.size() ? i : 0;
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
    i += words[i].text == "--source" || words[i].text == "--rcfile" || words[i].text == "--omit" ? 2 : 1;
  }
  if (i >= words.size()) return false;
  std::vector<Word> rest{Word{"python", true}};
  rest.insert(rest.end(), words.begin() + static_cast<long>(i), words.end());
  words = std::move(rest);
  return true;
}

// `python -m pytest x` is pytest; -W and -u come before -m.
void unwrap_module(std::vector<Word>& words) {
  if (program_name(words[0]) != "python") return;
  size_t i = 1;
  while (i < words.size() && words[i].text.starts_with('-') && words[i].text != "-m" &&
         words[i].text != "-c") {
    if (words[i].text == "-") return;
    i += words[i].text == "-W" || words[i].text == "-X" ? 2 : 1;
  }
  if (i != 1 && i < words.size()) words.erase(words.begin() + 1, words.begin() + static_cast<long>(i));
  if (words.size() < 3 || words[1].text != "-m") return;
  static constexpr std::string_view kTools[] = {
      "pytest",    "tox",        "nox",      "pip",       "dvc",      "mypy",      "ruff",
      "pylint",    "flake8",     "black",    "uvicorn",   "gunicorn", "streamlit", "mlflow",
      "papermill", "pre_commit", "bandit",   "pip_audit", "locust",   "flask",     "fastapi",
      "invoke",    "poethepoet", "deepeval", "isort"};
  if (std::find(std::begin(kTools), std::end(kTools), words[2].text) == std::end(kTools)) return;
  words.erase(words.begin(), words.begin() + 2);
  if (words[0].text == "pre_commit") words[0].text = "pre-commit";
  if (words[0].text == "pip_audit") words[0].text = "pip-audit";
}

}  // namespace

CommandLine command_line(const std::vector<Word>& words) {
  CommandLine line;
  line.words = words;
  bool changed = true;
  while (changed && !line.words.empty()) {
    changed = false;
    while (!line.words.empty() && line.words[0].text.find('=') != std::string::npos &&
           line.words[0].text.find('/') == std::string::npos && !line.words[0].text.starts_with('-')) {
      line.words.erase(line.words.begin());
    }
    if (line.words.empty()) break;
    for (const Runner& runner : kRunners) {
      size_t length = runner_length(runner, line.words);
      if (length == 0) continue;
      line.runners.emplace_back(runner.name);
      line.words.erase(line.words.begin(), line.words.begin() + static_cast<long>(length));
      if (runner.name == "torchrun" || runner.name == "accelerate" || runner.name == "deepspeed") {
        line.words.insert(line.words.begin(), Word{"python", true});
      }
      changed = true;
      break;
    }
    if (!line.words.empty() && strip_coverage(line.words)) {
      line.runners.emplace_back("coverage");
      changed = true;
    }
  }
  if (line.words.empty()) return line;
  unwrap_module(line.words);
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
