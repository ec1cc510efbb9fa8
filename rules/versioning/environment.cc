// CI and image install what a lock file says, on a base that has a fixed name.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/command_text.h"
#include "rules/support/paths.h"

namespace mlgrade::rules {
namespace {

constexpr double kMostlyPinned = 0.7;  // of a requirements file, to be more than a wish
constexpr size_t kFew = 3;             // requirements; fewer say nothing

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

enum class Install { kNone, kLocked, kLoose };

// Does the command install Python packages, and from a lock?
Install install_of(std::string_view text) {
  for (std::string_view locked :
       {"uv sync", "poetry install", "poetry sync", "pdm sync", "pdm install", "pipenv sync",
        "pipenv install --deploy", "--require-hashes", "conda-lock install", "pip-sync", "uv pip sync",
        "pixi install", "poetry export", "uv export", "pixi run"}) {
    if (has(text, locked) && !has(text, "--upgrade")) return Install::kLocked;
  }
  if (has(text, "pipenv ") && has(text, " install") && has(text, "--deploy")) return Install::kLocked;
  const bool pip = has(text, "pip install") || has(text, "pip3 install") || has(text, "conda env create") ||
                   has(text, "conda install") || has(text, "mamba install");
  if (!pip) return Install::kNone;
  // Tools that install, and the project itself without its dependencies.
  for (std::string_view tool :
       {"install --upgrade pip", "install -U pip", "install poetry", "install uv", "install pipenv",
        "install pdm", "install tox", "install nox", "install pre-commit", "install pip", "--no-deps",
        "install wheel", "install build", "install ruff", "install dvc", "install awscli", "install twine"}) {
    if (has(text, tool)) return Install::kNone;
  }
  return Install::kLoose;
}

// The same for packages of JavaScript.
Install script_install_of(std::string_view text) {
  for (std::string_view locked : {"npm ci", "yarn install --frozen-lockfile", "yarn install --immutable",
                                  "pnpm install --frozen-lockfile", "bun install --frozen-lockfile"}) {
    if (has(text, locked)) return Install::kLocked;
  }
  for (std::string_view loose : {"npm install", "npm i ", "yarn install", "pnpm install", "bun install"}) {
    if (has(text, loose) && !has(text, " -g") && !has(text, "--global")) return Install::kLoose;
  }
  return Install::kNone;
}

// The lock of a project in JavaScript or TypeScript; null where Python packages are asked for, as the front
// end of a model is not what it runs in.
const FileFact* script_lock(const RuleInput& in) {
  if (in.facts.archetype.unread.empty()) return nullptr;
  const bool python = std::ranges::any_of(in.facts.dependencies, [&](const Dependency& dependency) {
    const bool packages = dependency.ecosystem == "pypi" || dependency.ecosystem == "conda";
    return packages && !is_sample(in.facts, dependency.span.file);
  });
  if (python) return nullptr;
  for (const FileFact& file : in.facts.files) {
    const std::string_view name = file_name(file.path.view());
    const bool lock = name == "package-lock.json" || name == "npm-shrinkwrap.json" || name == "yarn.lock" ||
                      name == "pnpm-lock.yaml" || name == "bun.lock";
    if (lock && !file.sample && !file.vendored) return &file;
  }
  return nullptr;
}

// Packages that others need and hardly anybody asks for: where some of them stand, all that is needed in turn
// stands, as `pip freeze` writes it.
bool only_needed_in_turn(std::string_view name) {
  static constexpr std::string_view kNames[] = {"certifi",
                                                "idna",
                                                "charset-normalizer",
                                                "urllib3",
                                                "six",
                                                "threadpoolctl",
                                                "markupsafe",
                                                "tzdata",
                                                "packaging",
                                                "pyparsing",
                                                "zipp",
                                                "platformdirs",
                                                "wcwidth",
                                                "cffi",
                                                "ptyprocess",
                                                "sniffio",
                                                "h11",
                                                "anyio",
                                                "annotated-types",
                                                "pycparser",
                                                "pytz",
                                                "python-dateutil",
                                                "typing-extensions"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// A requirements file that a compiler of requirements wrote, or whose lines are exact and name what is needed
// in turn, too. Exact versions of what is asked for alone are no lock.
bool installs_exact(const RuleInput& in, std::string_view text) {
  constexpr size_t kSomeInTurn = 3;
  struct Count {
    size_t pinned = 0, locked = 0, in_turn = 0, all = 0;
  };
  std::map<FileId, Count> files;
  for (const Dependency& dependency : in.facts.dependencies) {
    Count& count = files[dependency.span.file];
    count.pinned += dependency.pinned;
    count.locked += dependency.locked;
    count.in_turn += only_needed_in_turn(dependency.name.view());
    ++count.all;
  }
  for (const auto& [file, count] : files) {
    const std::string_view path = in.facts.path(file);
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const bool whole = count.pinned == count.all && count.in_turn >= kSomeInTurn;
    if (has(text, name) && (count.locked == count.all || whole)) return true;
  }
  return false;
}

// `pip install -r requirements.txt` of a file that the repository does not keep and one of its commands
// writes from the lock: `uv export -o requirements.txt`.
bool installs_exported(const RuleInput& in, std::string_view text) {
  const size_t option = text.find("-r ");
  if (option == text.npos) return false;
  std::string_view path = text.substr(option + 3);
  path = file_name(path.substr(0, path.find(' ')));
  const bool kept = std::ranges::any_of(in.facts.files, [&](const FileFact& file) {
    return !file.sample && file_name(file.path.view()) == path;
  });
  if (kept || path.empty()) return false;
  for (const AutomationFile& file : in.facts.automation) {
    for (const Command& command : file.commands) {
      const std::string words = words_as_text(command);
      const bool exports = has(words, "uv export") || has(words, "poetry export") ||
                           has(words, "pdm export") || has(words, "pipenv requirements");
      if (exports && (has(words, path) || file_name(command.output_file.view()) == path)) return true;
    }
  }
  return false;
}

struct Installs {
  NodeId locked = kNone;  // an automatic CI command that installs from a lock
  Span locked_at;
  std::optional<Span> loose_image;
  std::optional<Span> locked_image;
  std::optional<Span> loose_ci;
};

// `scripts`: packages of JavaScript are what counts.
Installs find_installs(const RuleInput& in, bool scripts) {
  Installs out;
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (is_sample(in.facts, file.file)) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const Command& command = file.commands[c];
      const std::string text = words_as_text(command);
      Install install = scripts ? script_install_of(text) : install_of(text);
      if (install == Install::kLoose && !scripts && (installs_exact(in, text) || installs_exported(in, text)))
        install = Install::kLocked;
      if (install == Install::kNone) continue;
      const uint32_t unit = command.unit;
      const bool image = file.system == "docker" || file.system == "dockerfile" ||
                         (unit != kNone && file.units[unit].kind == UnitKind::kImage);
      const NodeId node = in.graph.node_of_command(f, c);
      const bool automatic = in.graph.reached_by(node) == Reach::By::kAutomatic;
      if (image) {
        (install == Install::kLocked ? out.locked_image : out.loose_image) = command.span;
      } else if (install == Install::kLocked && automatic && out.locked == kNone) {
        out.locked = node;
        out.locked_at = command.span;
      } else if (install == Install::kLoose && automatic && !out.loose_ci) {
        out.loose_ci = command.span;
      }
    }
  }
  return out;
}

// A base image whose name moves.
std::optional<Span> floating_base(const RuleInput& in) {
  for (const Dockerfile& dockerfile : in.facts.dockerfiles) {
    if (is_sample(in.facts, dockerfile.file)) continue;
    std::vector<std::string> stages;
    for (const DockerInstruction& instruction : dockerfile.instructions) {
      if (instruction.name != "FROM" || instruction.words.empty()) continue;
      const std::string& image = instruction.words[0];
      const bool stage = std::find(stages.begin(), stages.end(), image) != stages.end();
      if (instruction.words.size() >= 3) stages.push_back(instruction.words[2]);
      const size_t colon = image.rfind(':');
      const bool tagged = colon != std::string::npos && image.find('/', colon) == std::string::npos;
      if (stage || image == "scratch" || image.find('$') != std::string::npos || has(image, "@sha256:"))
        continue;
      if (!tagged || image.substr(colon) == ":latest") return instruction.span;
    }
  }
  return std::nullopt;
}

const Dependency* first_locked(const RuleInput& in) {
  for (const Dependency& dependency : in.facts.dependencies) {
    const bool python = dependency.ecosystem == "pypi" || dependency.ecosystem == "conda";
    if (dependency.locked && python && !is_sample(in.facts, dependency.span.file)) return &dependency;
  }
  return nullptr;
}

// A requirements file most of whose lines name one version; null if there is none.
const Dependency* mostly_pinned(const RuleInput& in, std::string& share) {
  struct Count {
    size_t pinned = 0, all = 0;
    const Dependency* first = nullptr;
  };
  std::map<FileId, Count> files;
  for (const Dependency& dependency : in.facts.dependencies) {
    if (dependency.development || is_sample(in.facts, dependency.span.file)) continue;
    if (dependency.ecosystem != "pypi" && dependency.ecosystem != "conda") continue;
    Count& count = files[dependency.span.file];
    ++count.all;
    if (dependency.pinned && count.pinned++ == 0) count.first = &dependency;
  }
  for (const auto& [file, count] : files) {
    if (count.all < kFew ||
        static_cast<double>(count.pinned) < kMostlyPinned * static_cast<double>(count.all))
      continue;
    share = fmt::format("{} of {} requirements name one version", count.pinned, count.all);
    return count.first;
  }
  return nullptr;
}

// What is wrong with the lock itself: a manifest beside it asks for what it does not name, or another lock
// stands beside it. Empty if nothing is.
std::string stale_lock(const RuleInput& in) {
  struct Folder {
    std::vector<std::string_view> locked;
    std::vector<FileId> locks;
    std::vector<const Dependency*> asked;
  };
  std::map<std::string_view, Folder> folders;
  for (const Dependency& dependency : in.facts.dependencies) {
    if (dependency.ecosystem != "pypi" || is_sample(in.facts, dependency.span.file)) continue;
    const std::string_view path = in.facts.path(dependency.span.file);
    const size_t slash = path.rfind('/');
    Folder& folder = folders[slash == std::string_view::npos ? std::string_view() : path.substr(0, slash)];
    if (!dependency.locked) {
      const bool manifest = path.ends_with(".toml") || path.ends_with("Pipfile") || path.ends_with(".in") ||
                            path.ends_with("setup.py") || path.ends_with("setup.cfg");
      if (!dependency.development && manifest) folder.asked.push_back(&dependency);
      continue;
    }
    folder.locked.push_back(dependency.name.view());
    // Requirements that were compiled stand side by side, one for each purpose.
    if (path.ends_with(".txt") || path.ends_with(".in")) continue;
    const bool known =
        std::find(folder.locks.begin(), folder.locks.end(), dependency.span.file) != folder.locks.end();
    if (!known) folder.locks.push_back(dependency.span.file);
  }
  for (const auto& [path, folder] : folders) {
    if (folder.locks.size() > 1)
      return fmt::format("two locks disagree: {} and {}", in.facts.path(folder.locks[0]),
                         in.facts.path(folder.locks[1]));
    if (folder.locks.empty()) continue;
    for (const Dependency* asked : folder.asked) {
      const bool named =
          std::find(folder.locked.begin(), folder.locked.end(), asked->name.view()) != folder.locked.end();
      if (!named && asked->name != "python")
        return fmt::format("the lock lacks {}, which the manifest asks for", asked->name.view());
    }
  }
  return "";
}

void run(const RuleInput& in, RuleOutput& output) {
  const Dependency* lock = first_locked(in);
  const FileFact* scripts = lock == nullptr ? script_lock(in) : nullptr;
  const Installs installs = find_installs(in, scripts != nullptr);
  std::string share;
  const Dependency* pinned = lock == nullptr ? mostly_pinned(in, share) : nullptr;
  if (lock == nullptr && scripts == nullptr && pinned == nullptr && installs.locked == kNone) return;
  Evidence evidence;
  const bool locked = lock != nullptr || scripts != nullptr;
  evidence.place = lock != nullptr      ? lock->span
                   : scripts != nullptr ? Span{scripts->id, 1, 1, 1}
                   : pinned != nullptr  ? pinned->span
                                        : installs.locked_at;
  evidence.what = locked              ? "a lock file names every version"
                  : pinned != nullptr ? share
                                      : "CI installs exact versions";
  evidence.links.push_back({evidence.place, evidence.what});
  evidence.mode = EvidenceMode::kStanding;
  evidence.worth = 0.5;
  const std::optional<Span> floating = floating_base(in);
  if (installs.locked == kNone) {
    evidence.worth_why =
        locked ? "CI does not install from it" : "it is no lock: what they need in turn may be any version";
    if (installs.loose_ci) evidence.links.push_back({*installs.loose_ci, "installs without the lock"});
  } else if (installs.loose_image && !installs.locked_image) {
    evidence.worth_why = "the image does not install from it";
    evidence.links.push_back({*installs.loose_image, "installs without the lock"});
  } else if (const std::string stale = stale_lock(in); !stale.empty()) {
    evidence.worth_why = stale;
  } else if (floating) {
    evidence.worth_why = "the base image has a name that moves";
    evidence.links.push_back({*floating, evidence.worth_why});
  } else {
    evidence.mode = EvidenceMode::kCheck;
    evidence.runs_at = installs.locked;
    evidence.worth = 1;
    evidence.links.insert(evidence.links.begin(), {installs.locked_at, "CI installs from the lock"});
    if (installs.locked_image)
      evidence.links.push_back({*installs.locked_image, "the image installs from the lock"});
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule versioning_environment;
const Rule versioning_environment{
    .summary = "CI and image install exactly what a lock names",
    .why = "Libraries change under a model that did not, and its answers with them.",
    .fix =
        "Keep a lock file, install from it in CI and in the image, and give the base image a fixed tag or "
        "digest.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (versioning); Sculley et al. 2015, section 3",
    .run = run,
};

}  // namespace mlgrade::rules
