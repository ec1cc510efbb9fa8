// Facts about the repository as a whole: its files, its history, what kind of system it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/date.h"
#include "analyzer/base/name.h"
#include "analyzer/base/span.h"

namespace mlgrade {

enum class Language {
  kOther,
  kPython,
  kNotebook,
  kYaml,
  kJson,
  kToml,
  kIni,
  kRequirements,
  kLock,
  kDockerfile,
  kShell,
  kMakefile,
  kMarkdown,
  kText,
  kCodeowners,
  kR,
  kCpp,
  kHcl,
  kGroovy,
  kSql,
  kJavaScript,
  kJulia,
  kScala,
  kJava,
  kKotlin,
  kGo,
  kRust,
  kCSharp,
  kSwift,
  kObjectiveC,
  kMatlab,
  kRuby,
  kPhp,
  kPerl,
  kLua,
  kHaskell,
  kFortran,
  kClojure,
  kElixir,
  kDart,
  kSas,
  kStata,
  kCython,
  kPowerShell,
  kBatch,
  kBinary
};

std::string_view language_name(Language language);  // "C or C++", for a person

// Whether programs are written in it; data, documents, definitions and scripts of a shell are no programs.
bool is_code(Language language);
// Whether what a program in it does is analysed. Other code is listed and counted only.
bool is_analysed_code(Language language);
// Code in it is usually what people see and touch, beside a pipeline and not in it.
bool is_interface_code(Language language);

// One file of the snapshot, listed even when its content was not read.
struct FileFact {
  FileId id = FileId::kNone;
  Name path;  // repository-relative, '/' separated
  Language language = Language::kOther;
  uint64_t bytes = 0;
  std::optional<Date> last_commit;  // date of the last commit that touched it
  bool sample = false;  // lies in examples/, archive/, docs/demo, a template, *.disabled: no evidence (F-13)
  bool vendored = false;  // third-party copy (F-27): listed, never read
  bool link = false;      // a symbolic link: listed, never followed or read
};

struct BotCommit {
  Name bot;  // "dependabot[bot]", "renovate[bot]"
  Date date;
  std::string commit;  // abbreviated
  std::string subject;
};

struct History {
  bool available = false;
  std::string head;               // full id of the commit that is read, or of HEAD
  std::optional<Date> head_date;  // its author date
  Name default_branch;            // of origin/HEAD, else main or master, else the current one
  uint32_t commits = 0;
  uint32_t authors = 0;  // people; bots do not count
  uint32_t merges = 0;
  uint32_t main_merges = 0;      // of these, into the main line
  uint32_t reviewed_merges = 0;  // into the main line, by somebody else than the author of what is merged
  uint32_t squash_merges = 0;    // of a numbered pull request, pressed on GitHub; who pressed is not recorded
  uint32_t main_line = 0;        // commits of people that the default branch was made of, one by one
  bool complete = true;  // false: a shallow clone, missing objects, or the limit on commits was reached
  std::vector<std::string> branches;  // that the clone knows of, here or on its origin; sorted
  bool all_branches = false;  // whatever branch there is was fetched: neither shallow nor of one branch
  std::vector<BotCommit> bot_commits;  // newest first, at most kMaxBotCommits
};

// The repository's own code, without vendored copies and samples.
struct CodeCensus {
  struct Part {
    Language language = Language::kOther;
    uint32_t files = 0;
    FileId first = FileId::kNone;  // in the order of paths
  };
  uint32_t analysed = 0;     // files whose language is analysed, and that are in that language
  std::vector<Part> unread;  // the other languages, most files first
};

enum class Trait {  // parts of an archetype (rubric 2, archetype detection)
  kTraining,
  kServing,
  kBatch,
  kLlmApp,
  kAgent,
  kLibrary,
  kNotebookOnly,
  kInfraOnly,
  kDocsOnly,
  kNoMl
};

std::string_view trait_name(Trait trait);                   // "llm-app"
std::optional<Trait> trait_of_name(std::string_view name);  // none if there is no such trait

struct TraitReason {
  Trait trait = Trait::kTraining;
  Span span;
  std::string why;
};

struct Archetype {
  std::vector<Trait> traits;  // sorted
  std::vector<TraitReason> reasons;
  // Where most of the code cannot be analysed, that nothing was found says nothing: which code, in words ("45
  // of 47 code files are in R, which is not analysed"), and its first file. Empty: what counts is analysed.
  std::string unread;
  Span unread_at;
  bool has(Trait trait) const {
    for (Trait t : traits) {
      if (t == trait) return true;
    }
    return false;
  }
};

}  // namespace mlgrade
