// Tools are data: rules/tools/*.yaml says what a tool's calls, classes, commands, actions and files are able
// to do. Rules ask for a capability ("validates-data"), never for a tool.
//
//   # rules/tools/pandera.yaml
//   tool: pandera
//   distributions: [pandera]
//   packages: ["r:caret", "npm:@tensorflow/*"]   # in languages that are not analysed: ecosystem and name
//   imports: [pandera]
//   does:
//     - capability: defines-schema
//       calls: [pandera.DataFrameSchema, "pandera.*.DataFrameSchema"]
//       bases: [pandera.DataFrameModel, "pandera.*.DataFrameModel"]
//     - capability: validates-data
//       calls: ["pandera.**.validate"]
//       fails: raises                  # raises | returns (the result must be branched on) | exits | reports
//       | never success: success               # attribute of the result that holds the verdict, for
//       `returns` args: {lazy: false}            # only when these keyword arguments have (or do not have)
//       these values
//     - capability: trains-model
//       methods: [fit]                 # of an object that could not be told, where a library of models is
//       used args: {1: "*"}
//     - capability: validates-data
//       commands: ["soda scan"]        # leading words of a command
//       actions: [owner/name]
//       fails: exits
//     - capability: exports-series
//       series: ["node_*", "AWS/**"]  # without calls: an exporter beside the service; else where they are
//       called
//   removed:                         # names that versions have taken away
//     - {since: "0.20", names: [pandera.legacy]}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/base/name.h"
#include "analyzer/base/problem.h"
#include "analyzer/facts/fact_store.h"

namespace mlgrade {

enum class Fails { kRaises, kReturns, kExits, kReports, kNever };

struct Ability {
  Name capability;
  Name tool;
  std::vector<std::string> calls;  // dotted patterns against resolved targets
  std::vector<std::string> bases;
  std::vector<std::string> decorators;
  std::vector<std::string> methods;   // names, for receivers that could not be resolved
  std::vector<std::string> commands;  // leading words, "soda scan"; globs allowed in a word
  std::vector<std::string> actions;   // "owner/name"
  std::vector<std::string> files;     // path globs
  std::vector<std::string> series;    // globs of what it exports by itself
  std::vector<std::pair<std::string, std::string>> args;  // keyword or position -> value, see words.h
  Fails fails = Fails::kReturns;
  std::string success;
};

// Names that a version of the tool's first distribution no longer has.
struct RemovedApi {
  std::string since;               // "0.7"
  std::vector<std::string> names;  // dotted, with all below them: "evidently.report"
};

struct Tool {
  Name name;
  std::vector<std::string> distributions;  // PEP 503 names
  std::vector<std::string> imports;        // import roots
  // Libraries for machine learning in languages that are not analysed, by ecosystem and name: a mark that
  // there is a model, never evidence of anything.
  std::vector<std::pair<std::string, std::string>> packages;
  std::vector<Ability> does;
  std::vector<RemovedApi> removed;
};

struct Catalogue {
  std::vector<Tool> tools;  // sorted by name
};

// A place in the repository where an ability of a tool is used.
struct Use {
  enum class Kind { kCall, kBase, kDecorator, kCommand, kAction, kFile };
  Kind kind = Kind::kCall;
  const Ability* ability = nullptr;  // never null; lives in the Catalogue
  Name capability;
  Name tool;
  PyRef function;               // kCall, kDecorator: function it stands in (kDecorator: decorated one)
  uint32_t call = kNone;        // kCall: index in that module; kBase: index of the class
  uint32_t automation = kNone;  // kCommand, kAction: index into facts.automation
  uint32_t index = kNone;       // the command's or action's
  FileId file = FileId::kNone;
  Span span;
};

// What becomes of a failing verdict of a use inside the code that holds it.
struct UseEffect {
  Effect effect = Effect::kBlocking;
  Span at;          // the line that decides it; invalid when blocking
  std::string why;  // in words, "its result is not looked at"; empty when blocking
};

// Follows a call's result to a condition, an assert or a raise, and looks for a broad `except` around it.
UseEffect effect_of(const Use& use, const FactStore& facts);
UseEffect effect_of_call(const FactStore& facts, uint32_t module, uint32_t call, Fails fails);

// An import or call of the module that a version of its library has removed, where nothing in the repository
// holds the library below that version.
struct RemovedUse {
  const RemovedApi* api = nullptr;  // null: there is none
  Span at;
  std::string_view name;  // "evidently.report"
  Name distribution;
  Span requirement;  // the manifest's line that lets the version in
};
RemovedUse removed_use(const FactStore& facts, const Catalogue& catalogue, const PythonModule& module);

// Reads one tool file; problems name the key and line that is wrong.
Tool read_tool(const DataNode& root, std::string_view path, std::vector<Problem>& problems);
std::vector<Use> find_uses(const Catalogue& catalogue, const FactStore& facts);

}  // namespace mlgrade
