// Files, scripts, targets and workflows that automation and documents name and that the repository does not
// have.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "analyzer/engine/rule.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"
#include "rules/support/paths.h"

namespace mlgrade::rules {
namespace {

// Commands that bring files from elsewhere: what follows may name them.
bool fetches(const Command& command) {
  static constexpr std::array<std::string_view, 22> kFetch = {
      "git", "wget",   "curl", "tar", "unzip", "gunzip", "aws", "gsutil",       "gcloud", "az",  "dvc",
      "gh",  "rclone", "cp",   "mv",  "scp",   "rsync",  "pip", "cookiecutter", "cat",    "tee", "mkdir"};
  if (command.words.empty()) return false;
  const std::string_view program = file_name(command.words[0].text);
  if (program == "git" && (command.words.size() < 2 || command.words[1].text != "clone")) return false;
  if (program == "curl" && command.output_file.empty() &&
      std::none_of(command.words.begin(), command.words.end(), [](const Word& w) {
        return w.text.starts_with("-o") || w.text.starts_with("-O") || w.text.starts_with("--output") ||
               w.text.starts_with("--remote");
      })) {
    return false;
  }
  if (program == "cat" || program == "tee") return !command.output_file.empty() || !command.heredoc.empty();
  return std::find(kFetch.begin(), kFetch.end(), program) != kFetch.end();
}

bool brings_files(const ActionUse& action) {
  const std::string_view name = action.action.view();
  if (name == "actions/checkout") {
    return std::any_of(action.with.begin(), action.with.end(), [](const auto& input) {
      return input.first == "repository" || input.first == "path" || input.first == "submodules";
    });
  }
  return name.find("download") != std::string_view::npos || name.find("cache") != std::string_view::npos ||
         name.find("clone") != std::string_view::npos;
}

// Runs in an image or a container, whose files are others.
bool in_container(const AutomationFile& file, uint32_t unit) {
  for (uint32_t at = unit; at != kNone; at = file.units[at].parent) {
    const UnitKind kind = file.units[at].kind;
    if (kind == UnitKind::kImage || kind == UnitKind::kService || kind == UnitKind::kSchedule) return true;
    if (kind == UnitKind::kStage && file.system != "dvc") return true;
    if (!file.units[at].image.empty()) return true;
  }
  return false;
}

// Something that came before in the same job or script may have made what is named.
bool may_be_made(const AutomationFile& file, const Command& command) {
  const uint32_t job = job_of(file, command.unit);
  const auto same_job = [&](uint32_t unit) { return unit != kNone && job_of(file, unit) == job; };
  for (const Command& before : file.commands) {
    if (&before == &command) break;
    if (same_job(before.unit) && fetches(before)) return true;
  }
  return std::any_of(file.actions.begin(), file.actions.end(), [&](const ActionUse& action) {
    return same_job(action.unit) && brings_files(action) && action.span.line < command.span.line;
  });
}

// Sources are committed; programs, environments and outputs are made.
bool is_source(std::string_view target) {
  if (target.starts_with("make target ") || target.ends_with("Dockerfile")) return true;
  const bool made = target.starts_with("_build/") || target.find("/_build/") != std::string_view::npos ||
                    target.starts_with("build/") || target.find("/build/") != std::string_view::npos ||
                    target.find("venv") != std::string_view::npos;
  if (made) return false;
  static constexpr std::array<std::string_view, 9> kEndings = {".py",  ".sh",   ".yml",  ".yaml",   ".ipynb",
                                                               ".sql", ".toml", ".json", "Makefile"};
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view e) { return target.ends_with(e); });
}

// Folders whose files others fill in.
bool is_template(std::string_view path) {
  return path.find("template") != std::string_view::npos || path.find("TEMPLATE") != std::string_view::npos;
}

// Written by something of the repository: an output file of another command, an output of a stage.
bool is_output(const FactStore& facts, std::string_view target) {
  for (const AutomationFile& file : facts.automation) {
    for (const Command& command : file.commands) {
      if (command.output_file.view() == target) return true;
    }
  }
  return false;
}

struct Source {
  const AutomationFile* file = nullptr;
  const Command* command = nullptr;
};

Source source_of(const FactStore& facts, Span span) {
  Source found;
  for (const AutomationFile& file : facts.automation) {
    if (file.file != span.file) continue;
    found.file = &file;
    for (const Command& command : file.commands) {
      if (command.span == span) return {&file, &command};
    }
  }
  return found;
}

void find_in_automation(const RuleInput& in, RuleOutput& out) {
  std::map<std::pair<FileId, std::string>, Finding> found;
  for (const Dangling& dangling : in.graph.dangling) {
    if (is_sample(in.facts, dangling.span.file) || dangling.target.find_first_of("$*{<") != std::string::npos)
      continue;
    const Source source = source_of(in.facts, dangling.span);
    if (source.file == nullptr) continue;
    if (source.command != nullptr) {
      const Command& command = *source.command;
      if (command.unit == kNone || in_container(*source.file, command.unit)) continue;
      if (command.tested || command.effect == Effect::kSwallowed) continue;  // `test -f x && ...`, `|| true`
      if (may_be_made(*source.file, command)) continue;
    }
    const bool tests = dangling.what.find("pytest") != std::string::npos;
    if ((!tests && !is_source(dangling.target)) || is_template(in.facts.path(dangling.span))) continue;
    if (is_output(in.facts, dangling.target)) continue;
    Finding& finding = found[{dangling.span.file, dangling.target}];
    finding.severity = is_ci(*source.file) ? Severity::kHigh : Severity::kMedium;
    finding.confidence = is_ci(*source.file) ? Confidence::kHigh : Confidence::kMedium;
    const std::string what = dangling.target.starts_with("make target ") ? "which no make file has"
                                                                         : "which is not in the repository";
    finding.message = fmt::format("`{}` needs {}, {}", dangling.what.substr(0, 60), dangling.target, what);
    finding.places.push_back({dangling.span, fmt::format("names {}", dangling.target)});
  }
  for (auto& [key, finding] : found) out.findings.push_back(std::move(finding));
}

// Paths of the repository and of its folders, and the names of its files.
struct Listing {
  std::set<std::string, std::less<>> paths, names;
  explicit Listing(const FactStore& facts) {
    for (const FileFact& file : facts.files) {
      std::string_view path = file.path.view();
      names.emplace(file_name(path));
      paths.emplace(path);
      for (size_t slash = path.rfind('/'); slash != std::string_view::npos; slash = path.rfind('/')) {
        path = path.substr(0, slash);
        paths.emplace(path);
      }
    }
  }
};

// Normalised path of a link, relative to the document's folder; empty when it leads out or is none of ours.
std::string linked_path(std::string_view document, std::string_view url) {
  if (url.find(':') != std::string_view::npos || url.starts_with('#') || url.starts_with("//")) return "";
  url = url.substr(0, url.find_first_of("#?"));
  std::string path;
  for (size_t i = 0; i < url.size(); ++i) {
    if (url.substr(i).starts_with("%20")) {
      path += ' ';
      i += 2;
    } else {
      path += url[i];
    }
  }
  const bool rooted = path.starts_with('/');
  const size_t slash = document.rfind('/');
  std::string whole =
      rooted || slash == std::string_view::npos ? path : std::string(document.substr(0, slash + 1)) + path;
  std::vector<std::string> parts;
  for (size_t at = 0; at <= whole.size();) {
    const size_t end = std::min(whole.find('/', at), whole.size());
    const std::string part = whole.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (parts.empty()) return "";
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "/") + part;
  return out;
}

// Endings of files that are committed as they are linked; pages that a site generator makes are not.
bool is_committed_kind(std::string_view path) {
  static constexpr std::array<std::string_view, 9> kEndings = {".py",   ".ipynb", ".sh",  ".yml", ".yaml",
                                                               ".toml", ".md",    ".sql", ".json"};
  return std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view e) { return path.ends_with(e); });
}

bool is_guide(std::string_view path) {
  std::string name(file_name(path));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name.starts_with("readme") || name.starts_with("contributing") ||
         name.find("runbook") != std::string::npos;
}

// `python scripts/train.py`, `bash run.sh`, `./run.sh`: the file that a line of a document has the reader
// run.
std::string named_script(std::string_view line) {
  while (!line.empty() && (line.front() == ' ' || line.front() == '$' || line.front() == '>'))
    line.remove_prefix(1);
  std::vector<std::string_view> words;
  while (!line.empty() && words.size() < 3) {
    const size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  if (words.empty()) return "";
  std::string_view script;
  static constexpr std::array<std::string_view, 5> kPrograms = {"python", "python3", "bash", "sh", "source"};
  if (words.size() > 1 && std::find(kPrograms.begin(), kPrograms.end(), words[0]) != kPrograms.end()) {
    script = words[1];
  } else if (words[0].starts_with("./")) {
    script = words[0];
  }
  while (script.starts_with("./")) script.remove_prefix(2);
  const bool file = script.ends_with(".py") || script.ends_with(".sh");
  const bool literal = script.find_first_of("$<>{}*~:[]\\") == std::string_view::npos &&
                       !script.starts_with('/') && !script.starts_with("..") && !script.starts_with('-');
  const bool stands_for_one = has_word(script, {"your", "my", "example", "xxx", "name", "script"});
  return file && literal && !stands_for_one ? std::string(script) : "";
}

// Lines before it in the block fetch something or go elsewhere: the path may be right there.
bool goes_elsewhere(std::string_view text) {
  for (std::string_view word :
       {"git clone", "cd ", "wget ", "curl ", "unzip ", "docker ", "cat >", "touch "}) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

void find_in_code(const Document& document, const Listing& listing, std::map<std::string, Finding>& found) {
  for (const CodeBlock& block : document.code) {
    const std::string_view language = block.language.view();
    static constexpr std::array<std::string_view, 6> kShells = {"sh",      "bash", "shell",
                                                                "console", "zsh",  "terminal"};
    if (std::find(kShells.begin(), kShells.end(), language) == kShells.end()) continue;
    uint32_t line = block.span.line;
    std::string_view rest = block.text;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const std::string script = named_script(rest.substr(0, end));
      const std::string_view before =
          std::string_view(block.text).substr(0, static_cast<size_t>(rest.data() - block.text.data()));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const Span at{block.span.file, line++, 1, 0};
      // A file of that name anywhere: the reader may stand in another folder.
      if (script.empty() || listing.names.contains(file_name(script)) || goes_elsewhere(before)) continue;
      Finding& finding = found[script];
      finding.message =
          fmt::format("a command of this document needs {}, which is not in the repository", script);
      finding.places.push_back({at, fmt::format("names {}", script)});
    }
  }
}

void find_in_documents(const RuleInput& in, const Listing& listing, RuleOutput& out) {
  for (const Document& document : in.facts.documents) {
    const std::string_view path = in.facts.path(document.file);
    if (is_sample(in.facts, document.file) || is_template(path)) continue;
    std::map<std::string, Finding> found;
    if (is_guide(path)) find_in_code(document, listing, found);
    for (const DocLink& link : document.links) {
      const std::string target = linked_path(path, link.url);
      if (link.image || target.empty() || !is_committed_kind(target) || listing.paths.contains(target))
        continue;
      Finding& finding = found[target];
      finding.message =
          fmt::format("a link of this document leads to {}, which is not in the repository", target);
      finding.places.push_back({link.span, fmt::format("links {}", target)});
    }
    for (auto& [target, finding] : found) {
      finding.severity = Severity::kLow;
      finding.confidence = is_guide(path) ? Confidence::kHigh : Confidence::kMedium;
      out.findings.push_back(std::move(finding));
    }
  }
}

void run(const RuleInput& in, RuleOutput& out) {
  find_in_automation(in, out);
  find_in_documents(in, Listing(in.facts), out);
}

}  // namespace

extern const Rule automation_dangling_reference;
const Rule automation_dangling_reference{
    .kind = RuleKind::kFinding,
    .summary = "A workflow, make target, script or document names what the repository does not have",
    .why = "The step fails or is skipped when it is needed, and a reader who follows the document is lost.",
    .fix = "Mend the name, bring the file back, or delete what speaks of it.",
    .source = "Sculley et al. 2015, section 6",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
