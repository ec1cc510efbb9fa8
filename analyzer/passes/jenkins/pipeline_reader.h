// Reads one Jenkins pipeline: pipeline_reader.cc what scripts and steps have in common, declarative.cc the
// sections of a declarative pipeline and what starts it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/jenkins/conditions.h"
#include "analyzer/passes/jenkins/steps.h"
#include "analyzer/syntax/groovy.h"

namespace mlgrade::jenkins {

// By its name a pipeline, not a library or a script that one loads.
bool is_jenkinsfile(std::string_view path);

// `parsed` must outlive the reader.
class PipelineReader {
 public:
  PipelineReader(const SourceFile& file, const ParsedGroovy& parsed);
  AutomationFile read();

 private:
  // Where statements stand. A step that waits for a person moves what comes behind it into a unit of its own.
  struct Scope {
    uint32_t unit = kNone;
    EventTruth holds;     // for which events it is come to
    Values values = {};   // of variables
    int calls = 0;        // functions on the way
    bool waited = false;  // a person was asked for
    uint32_t wait_line = 0;
  };
  using Statements = std::vector<GroovyNode>;

  // Functions and closures with a name, wherever they stand.
  void find_functions(const Statements& statements);

  // --- What starts the pipeline ---

  // A Jenkinsfile at the top is taken for that of a multibranch job, which builds branches and requests.
  void add_triggers(uint32_t unit);
  // `triggers { cron(...) }`, and `pipelineTriggers([cron(...)])` among the properties of a scripted one.
  void find_triggers(const Statements& nodes, uint32_t unit, int depth);
  void add_declared_trigger(const GroovyNode& call, uint32_t unit);

  // --- Units ---

  uint32_t new_unit(Scope& scope, UnitKind kind, std::string_view title, uint32_t line);
  // Below `outer`, with its own condition. Who waits for a person goes on waiting.
  Scope inside(const Scope& outer, uint32_t unit) const;
  void narrow(Scope& scope, const EventTruth& holds, std::string_view condition, uint32_t line);
  // What comes next in the scope waits for a person.
  void wait_for_person(Scope& scope, uint32_t line);

  // --- Statements ---

  void add_statements(const Statements& statements, Scope& scope);
  void add_statement(const GroovyNode& node, Scope& scope);
  // Calls inside an expression run, too: `def status = sh(...)`, `x = foo() ?: bar()`.
  void add_value(const GroovyNode& node, Scope& scope, const std::string& variable);
  void add_assignment(const GroovyNode& node, Scope& scope);
  // An `if` that looks at an exit code and fails makes the commands count; any other is a condition.
  void add_if(const GroovyNode& node, Scope& scope);
  void add_try(const GroovyNode& node, Scope& scope);

  // --- Calls ---

  void add_call(const GroovyNode& call, Scope& scope);
  // Parts of a pipeline; true if `call` is one.
  bool add_structure(const GroovyNode& call, Scope& scope);
  // A pipeline that checks out a branch by name looks at that one, whatever it was started for.
  void note_checkout(const GroovyNode& call, const Scope& scope);
  // A function of the file, with what it is given; false if there is none of that name.
  bool call_function(const GroovyNode& call, Scope& scope);
  void add_caught(const GroovyNode& call, Scope& scope);
  void add_folder(const GroovyNode& call, Scope& scope);
  // `parallel a: { }, b: { }`, `parallel([a: { }])`, `parallel branches`, and the declarative `parallel { }`.
  void add_parallel(const GroovyNode& call, Scope& scope);

  // --- Declarative ---

  static const GroovyNode* section(const Statements& statements, std::string_view name);
  void add_declarative(const Statements& sections, Scope& scope);
  void add_stages(const Statements& stages, Scope& scope);
  void add_stage(const GroovyNode& call, Scope& scope, UnitKind kind);
  void add_declared_stage(const Statements& parts, Scope& scope);
  void read_parameters(const GroovyNode* parameters, Scope& scope) const;
  void read_environment(const GroovyNode* environment, Scope& scope);
  // `agent { docker { image 'x' } }`, `agent { dockerfile { filename 'x' } }`.
  void read_agent(const GroovyNode* agent, Scope& scope);
  // What runs behind the stages: whatever came of them, after success or after failure.
  void add_post(const GroovyNode* post, Scope& scope);

  // --- The rest ---

  // A file that others load: which of its functions they call is not followed.
  void add_loaded(Scope& scope);
  // Exit codes that nothing looked at are lost.
  void settle_statuses();
  void apply_status(const StatusUse& status, Effect effect);

  const Statements& program_;
  AutomationFile out_;
  std::string path_;
  EventTruth started_ = EventTruth::usual();
  std::map<std::string, const GroovyNode*> functions_;
  std::map<std::string, std::vector<const GroovyNode*>> branches_;  // closures in maps, by the map's name
  std::vector<const GroovyNode*> active_;                           // functions that are being unrolled
  std::set<std::string, std::less<>> images_;                       // variables that hold a Docker image
  std::vector<StatusUse> statuses_;                                 // exit codes that nothing has looked at
  std::vector<std::pair<StatusUse, Effect>> judged_;                // the others, and what became of them
  size_t steps_ = 0;
  int depth_ = 0;
};

}  // namespace mlgrade::jenkins
