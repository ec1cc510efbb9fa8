// What runs what outside Python: workflows, jobs, steps, targets, scripts, stages, services. One
// AutomationFile a file; every reader of a CI system or task runner (passes/<system>.cc) writes these same
// structs and nothing else, so that the graph needs to know none of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/base/name.h"
#include "analyzer/base/span.h"
#include "analyzer/base/truth.h"
#include "analyzer/facts/python.h"

namespace mlgrade {

enum class UnitKind {
  kWorkflow,  // a file of a CI system, or one of several pipelines in it
  kJob,
  kStep,
  kAction,       // composite action
  kTarget,       // make, just, task, package.json script, poe ...
  kEnvironment,  // tox, nox
  kScript,       // a shell file
  kStage,        // dvc, MLproject, pipeline step of an orchestrator
  kService,      // compose service, Kubernetes workload
  kImage,        // Dockerfile
  kHook,         // pre-commit
  kEntryPoint,   // console script of a Python package
  kSchedule,     // cron object
  kDeployment,   // what is applied or promoted
};

// Something that runs commands or other units.
struct Unit {
  UnitKind kind = UnitKind::kStep;
  Name system;  // "github-actions", "make", "dvc", ...
  Name name;    // by which others call it: job id, target, script path; of a step its name or index
  Name title;   // display name
  uint32_t parent = kNone;  // in the same file; a failure of this unit reaches its parent by `effect`
  Span span;
  Truth runs = Truth::kYes;  // can its own condition ever hold in an automatic run
  std::string condition;     // as written
  Span condition_span;
  Effect effect =
      Effect::kBlocking;  // what becomes of its failure: continue-on-error, allow_failure, '-' in make
  std::string effect_why;
  Span effect_span;
  bool manual = false;     // needs a person: when: manual, environment with reviewers, approval
  Name working_directory;  // repository-relative; "" = inherited
  Name image;
  Name environment;           // deployment environment
  bool secret_gated = false;  // its condition asks for a secret
};

enum class TriggerKind {
  kPush,
  kPullRequest,
  kMergeQueue,
  kSchedule,
  kRelease,
  kTag,
  kEvent,
  kManual,
  kCalled,
  kHook
};

// What starts a unit. A unit with no trigger runs only when another unit calls it.
struct Trigger {
  TriggerKind kind = TriggerKind::kPush;
  uint32_t unit = kNone;
  Truth automatic = Truth::kYes;  // no: by hand only, inactive, or filtered to nothing
  std::string why_not;            // for a person, when not yes
  std::string detail;             // "on pull_request to main", "cron 0 3 * * *"
  std::vector<std::string> branches, branches_ignore, tags, paths, paths_ignore;
  // It works only once the unit has been applied or deployed: if nothing in the repository does that, a
  // person has to (rubric F-25).
  bool once_applied = false;
  Span span;
};

// A part of a word of a command, after quoting: "literal" or an expansion that is not known here.
struct Word {
  std::string text;     // expansions keep their source text: "$HOME/x", "${{ matrix.python }}"
  bool literal = true;  // no expansion in it
};

// One simple command of a shell text.
struct Command {
  uint32_t unit = kNone;
  std::vector<Word> words;        // without leading assignments; [0] is the program
  std::vector<Word> assignments;  // A=B in front, and what was exported before
  Span span;
  Effect effect = Effect::kBlocking;  // what becomes of its exit code inside its script
  std::string effect_why;  // "`|| true`", "piped into tee without pipefail", "no `set -e` and not last"
  Span effect_span;
  Truth runs = Truth::kYes;       // its `if`/`case` branch as far as it can be told
  Name output_file;               // stdout redirected to this file (also by tee)
  bool output_discarded = false;  // > /dev/null
  bool background = false;
  bool tested = false;     // stands in an `if`/`while` condition: its failure chooses a branch
  Name working_directory;  // after `cd`, repository-relative; "" = the unit's; "?" = unknown
  Name heredoc;            // text fed to it, for `python - <<EOF`
};

enum class LinkKind {
  kUses,     // reusable workflow, composite action, include, extends
  kNeeds,    // order: the target must succeed first
  kRuns,     // runs the target as part of itself (make prerequisite, stage of a pipeline, service's image)
  kApplies,  // a deployment tool that applies the manifest
  kHappensAfter,  // order without dependence on success (if: always(), when: always)
};

struct UnitLink {
  uint32_t unit = kNone;  // from
  LinkKind kind = LinkKind::kRuns;
  UnitKind target_kind = UnitKind::kTarget;
  Name target;             // name, or path of a file for kWorkflow, kAction, kScript, kImage
  Name target_system;      // "" = any
  bool same_file = false;  // look in this file only
  Span span;
  Effect effect = Effect::kBlocking;
  std::string effect_why;
  std::vector<std::pair<std::string, Word>> with;  // inputs
};

// A third-party building block used by a step: an action, an orb, a template. Rules ask the tool catalogue
// about it.
struct ActionUse {
  uint32_t unit = kNone;
  Name action;   // "actions/checkout"
  Name version;  // "v4", a sha, ...
  Span span;
  std::vector<std::pair<std::string, Word>> with;
};

// A file that a unit publishes or fetches: artifact, cache, S3 copy, comment, report.
struct Publication {
  uint32_t unit = kNone;
  enum class Kind {
    kArtifact,
    kComment,
    kPages,
    kBucket,
    kNotification,
    kSummary,
    kRegistry,
    kCommit,
    kCoverage  // of tests: a comment or page that says nothing of a model
  } kind = Kind::kArtifact;
  std::string path;  // as written; "" = unknown
  Span span;
};

// A text that a unit runs and that is not read: it is in another language, or what it runs is known only when
// it runs. Nobody may conclude that it does not run this or that.
struct UnreadText {
  uint32_t unit = kNone;
  std::string why;   // "a text for perl, which is not read"
  std::string text;  // at most kMaxUnreadText bytes, to see what it names
  Span span;
};

// Python of the repository that a unit runs: the function of a task, the body of a flow.
struct UnitCode {
  uint32_t unit = kNone;
  PyRef function;  // index kNone: the module's body
  Span span;
  Effect effect = Effect::kBlocking;
  std::string effect_why;
};

// A call in Python that has to do with a unit.
struct UnitCall {
  enum class Role {
    kBuilds,  // puts it into its flow: what the call does is done when the unit runs (PyCall::wires)
    kStarts,  // starts it, or hands it to what will: `pipeline.start()`, `flow.serve(cron=...)`
  };
  Role role = Role::kStarts;
  uint32_t unit = kNone;
  uint32_t module = kNone;  // of the call
  uint32_t call = kNone;
  Truth certain = Truth::kYes;
};

// An environment variable that a unit sets for what it runs.
struct Setting {
  uint32_t unit = kNone;
  Name name;
  Word value;
  Span span;
};

struct AutomationFile {
  FileId file = FileId::kNone;
  Name system;
  bool analysable = true;   // false: a template or broken; why is in the problems
  std::vector<Unit> units;  // parents before children, source order
  std::vector<Trigger> triggers;
  std::vector<Command> commands;  // source order within a unit
  std::vector<UnitLink> links;
  std::vector<ActionUse> actions;
  std::vector<Publication> publications;
  std::vector<UnreadText> unread;
  std::vector<UnitCode> code;
  std::vector<UnitCall> calls;
  std::vector<Setting> settings;
  std::vector<Name> includes;  // paths of files whose units count as this file's (make's include)
};

// An instruction of a Dockerfile.
struct DockerInstruction {
  Name name;                       // upper case
  std::string value;               // joined lines
  std::vector<std::string> words;  // JSON form or split
  Name stage;                      // FROM ... AS stage
  Span span;
};

struct Dockerfile {
  FileId file = FileId::kNone;
  std::vector<DockerInstruction> instructions;
};

}  // namespace mlgrade
