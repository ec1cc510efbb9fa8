// A bot proposes updates of the code's dependencies: by its configuration, or by the commits that it made.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/results.h"

namespace mlgrade::rules {
namespace {

// Ecosystems of dependabot and the manifests that it would look for in the folder.
struct Ecosystem {
  std::string_view name;
  std::initializer_list<std::string_view> manifests;
};

const Ecosystem kEcosystems[] = {
    {"pip", {"requirements", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "poetry.lock"}},
    {"uv", {"uv.lock", "pyproject.toml"}},
    {"conda", {"environment.yml", "environment.yaml"}},
    {"npm", {"package.json"}},
    {"docker", {"Dockerfile"}},
    {"github-actions", {}},
    {"terraform", {".tf"}},
};

bool in_folder(std::string_view path, std::string_view folder) {
  while (folder.starts_with('/')) folder.remove_prefix(1);
  while (folder.ends_with('/')) folder.remove_suffix(1);
  if (folder == "**" || folder == "*") return true;
  if (folder.empty()) return path.find('/') == std::string_view::npos;
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

bool has_manifest(const FactStore& facts, std::string_view ecosystem, std::string_view folder) {
  for (const Ecosystem& known : kEcosystems) {
    if (known.name != ecosystem) continue;
    if (known.manifests.size() == 0) return true;
    return std::any_of(facts.files.begin(), facts.files.end(), [&](const FileFact& file) {
      std::string_view path = file.path.view();
      bool named = std::any_of(known.manifests.begin(), known.manifests.end(),
                               [&](std::string_view m) { return path.find(m) != std::string_view::npos; });
      return named && !file.vendored && in_folder(path, folder);
    });
  }
  return true;  // an ecosystem that is not in the table
}

// Some version is held: a lock file, a pin, an upper bound. Else a bot has nothing to propose.
bool holds_versions(const FactStore& facts) {
  return facts.dependencies.empty() ||
         std::any_of(facts.dependencies.begin(), facts.dependencies.end(), [](const Dependency& dependency) {
           return dependency.locked || dependency.pinned ||
                  dependency.specifier.find_first_of("<=~^") != std::string::npos;
         });
}

Evidence bot_evidence(Span place, std::string what) {
  Evidence evidence;
  evidence.place = place;
  evidence.what = std::move(what);
  evidence.runs_itself = true;
  evidence.part = "code dependencies";
  evidence.links.push_back({place, evidence.what});
  return evidence;
}

void add_dependabot(const RuleInput& in, const ConfigDocument& document, std::vector<Evidence>& out) {
  Span place{document.file, std::max(1u, document.root.line_of("updates")), 1, 0};
  Evidence evidence = bot_evidence(place, "dependabot is configured");
  const DataNode* updates = document.root.find("updates");
  evidence.defeat = "its list of updates is empty";
  evidence.remedy =
      "Add an entry for the package manager in use, with the folder in which its manifest lies.";
  evidence.defeat_at = place;
  bool only_actions = true, packages = false;
  for (const DataNode& update : updates == nullptr ? std::vector<DataNode>{} : updates->items) {
    std::string_view ecosystem = update.get("package-ecosystem");
    std::vector<std::string> folders;
    if (const DataNode* several = update.find("directories")) folders = several->strings();
    if (folders.empty()) folders.emplace_back(update.get("directory", "/"));
    bool found = std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
      return has_manifest(in.facts, ecosystem, folder);
    });
    if (update.get("open-pull-requests-limit") == "0") {
      if (!evidence.defeat.empty()) evidence.defeat = "it may open no pull request";
    } else if (!found) {
      if (!evidence.defeat.empty())
        evidence.defeat = fmt::format("no manifest of {} lies where it looks", ecosystem);
    } else {
      evidence.defeat.clear();
      only_actions &= ecosystem == "github-actions";
      packages |= ecosystem == "pip" || ecosystem == "uv" || ecosystem == "conda";
    }
  }
  if (evidence.defeat.empty() && packages && !holds_versions(in.facts)) {
    evidence.defeat = "nothing is pinned or locked, so that no new version asks for a change";
    evidence.remedy = "Pin or lock the dependencies, so that a new version becomes a pull request.";
    evidence.defeat_at = place;
  }
  if (evidence.defeat.empty() && only_actions) {
    evidence.defeat = "it looks after the workflows' actions only, not after the code's dependencies";
  }
  out.push_back(std::move(evidence));
}

void add_configurations(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    std::string_view path = in.facts.path(document.file);
    if (is_sample(in.facts, document.file)) continue;
    if (path == ".github/dependabot.yml" || path == ".github/dependabot.yaml") {
      add_dependabot(in, document, out);
      continue;
    }
    bool renovate = path == "renovate.json" || path == ".renovaterc" || path == ".renovaterc.json" ||
                    path == ".github/renovate.json" || path == "renovate.json5" ||
                    path == ".github/renovate.json5" || path == ".gitlab/renovate.json" ||
                    path == ".gitlab/renovate.json5" || path == ".renovaterc.json5";
    if (!renovate) continue;
    Evidence evidence = bot_evidence(Span{document.file, 1, 1, 1}, "renovate is configured");
    if (document.root.get("enabled") == "false") {
      evidence.defeat = "it is switched off";
      evidence.remedy = "Set `enabled` to true.";
      evidence.defeat_at = Span{document.file, document.root.line_of("enabled"), 1, 0};
    }
    out.push_back(std::move(evidence));
  }
}

// The bot as a job of the project's own: a workflow or command that runs renovate.
void add_jobs(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, "updates-dependencies")) {
    if (use->kind != Use::Kind::kCommand && use->kind != Use::Kind::kAction) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} looks for new versions", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    evidence.part = "code dependencies";
    evidence.links.push_back({use->span, evidence.what});
    out.push_back(std::move(evidence));
  }
}

// Updates of workflow actions and of hooks leave what training and serving import as it was.
bool about_code(std::string_view subject) {
  return subject.find("actions/") == std::string_view::npos && !contains_phrase(subject, "pre commit") &&
         !contains_phrase(subject, "action");
}

// Where the dependency stands that the commit's subject names; invalid if it names none.
Span named_in(const FactStore& facts, std::string_view subject) {
  for (const Dependency& dependency : facts.dependencies) {
    const bool named = dependency.name.view().size() > 1 && contains_phrase(subject, dependency.name.view());
    if (named && !is_sample(facts, dependency.span.file)) return dependency.span;
  }
  return {};
}

// The bot's own commits show that it works, though its configuration lies with the host.
void add_commits(const RuleInput& in, std::vector<Evidence>& out) {
  const std::vector<BotCommit>& commits = in.facts.history.bot_commits;
  auto newest = std::find_if(commits.begin(), commits.end(), [&](const BotCommit& commit) {
    return about_code(commit.subject) && named_in(in.facts, commit.subject).valid();
  });
  if (newest == commits.end()) {
    newest = std::find_if(commits.begin(), commits.end(),
                          [](const BotCommit& commit) { return about_code(commit.subject); });
  }
  if (newest == commits.end()) return;
  Evidence evidence;
  evidence.mode = EvidenceMode::kResult;
  evidence.what =
      fmt::format("{} made commits, the last on {}: {}", newest->bot.view(), newest->commit, newest->subject);
  evidence.place = named_in(in.facts, newest->subject);
  evidence.links.push_back({evidence.place, evidence.what});
  evidence.dated = newest->date;
  evidence.confidence = Confidence::kLow;
  evidence.worth = 0.5;
  evidence.worth_why = "its configuration is not in the repository";
  evidence.part = "code dependencies";
  out.push_back(std::move(evidence));
}

void run(const RuleInput& in, RuleOutput& output) {
  add_configurations(in, output.evidence);
  add_jobs(in, output.evidence);
  add_commits(in, output.evidence);
}

}  // namespace

extern const Rule monitoring_dependency_updates;
const Rule monitoring_dependency_updates{
    .summary = "a bot notices new versions of dependencies",
    .why = "A dependency that changes or is withdrawn unnoticed breaks training or serving on the worst day.",
    .fix = "Configure dependabot or renovate for the package manager in use, beside a lock file.",
    .source = "Breck et al. 2017, table IV, Monitor 1",
    .run = run,
};

}  // namespace mlgrade::rules
