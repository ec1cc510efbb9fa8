// Follows a shell text in the order in which it runs: options, folders, lists, conditions, functions; decides
// for each command what becomes of its exit code. For shell_commands.cc.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/passes/shell_commands.h"
#include "analyzer/passes/shell_folder.h"
#include "analyzer/passes/shell_judge.h"
#include "analyzer/syntax/shell.h"

namespace mlgrade {

// What becomes of an exit code, and where that is decided.
struct ShellFate {
  Effect effect = Effect::kBlocking;
  std::string why;  // empty if blocking
  Span span;
};

// What surrounds a piece of shell.
struct ShellScope {
  ShellFate status;      // what becomes of its status where `set -e` has no say
  ShellFate shell;       // what becomes of it if the shell exits with it
  ShellFate function;    // ... if the function returns it
  bool ignored = false;  // `set -e` has no say: conditions, left sides of lists
  bool tested = false;
  bool pipe_status = false;  // the next statement looks at PIPESTATUS
  bool background = false;
  Truth runs = Truth::kYes;
  Name output_file;
  bool output_discarded = false;
};

// What commands change for those after them.
struct ShellState {
  bool errexit = false;
  bool pipefail = false;
  ShellFate lost;  // of a status that nobody looks at
  ShellFolder folder;
  std::map<std::string, std::string> values;  // of variables whose value is a literal
  std::vector<ShellWord> exports;             // NAME=value that later commands find in their environment
};

class ShellFlow {
 public:
  ShellFlow(const ShellContext& context, std::vector<Command>& out, int nesting);

  // Follows the whole text; `scope` says what becomes of its exit code.
  void run(const ParsedShell& shell, const ShellScope& scope, const ShellState& state);

  ShellState initial_state() const;

 private:
  using Statements = std::vector<ShellNode>;

  void statement(const ShellNode& node, ShellScope scope);
  void sequence(const ShellNode& node, const ShellScope& scope);
  void simple(const ShellNode& node, const ShellScope& scope);
  void list(const ShellNode& node, const ShellScope& scope);
  void pipeline(const ShellNode& node, const ShellScope& scope);
  void condition(const ShellNode& node, const ShellScope& scope);
  void loop(const ShellNode& node, const ShellScope& scope);
  void choice(const ShellNode& node, const ShellScope& scope);
  void subshell(const ShellNode& node, const ShellScope& scope);
  void call(const ShellNode& function, const ShellScope& scope);
  void uncalled_functions();

  void substitutions(const ShellNode& node, const ShellScope& scope);
  void nested_script(const ShellNode& node, const ShellScope& scope);
  bool builtin(const ShellNode& node);
  void assign(const ShellWord& assignment);
  ShellWord expand(const ShellWord& word) const;  // known variables replaced
  void set_options(const ShellNode& node);
  void set_trap(const ShellNode& node);
  void add_word(const ShellWord& word, std::vector<Word>& words) const;
  void emit(const ShellNode& node, const ShellScope& scope);

  // What happens to the status of a command in this scope.
  const ShellFate& resolve(const ShellScope& scope) const;
  // ... if `handler` runs when it fails; sets `tested` if the handler is more than a way to ignore it.
  ShellFate handled_by(const ShellNode& handler, const ShellScope& scope, bool& tested) const;
  ShellFate branch_fate(const ShellNode& node, size_t at, const ShellScope& scope) const;
  // ... if the statements behind number `at` look at `$?`. False if they do not.
  bool checked_later(const Statements& statements, size_t at, const ShellScope& scope,
                     ShellScope& inner) const;
  // Whether `node` stores a failure in a variable that a later statement turns into a failing exit.
  bool remembered(const ShellNode& node) const;
  bool used_later(std::string_view variable) const;
  // Whether `node` writes an exit code into a value of the job that a later step fails on.
  bool handed_on(const ShellNode& node) const;
  bool waited_for() const;

  ShellState join(const ShellState& before, const std::vector<ShellState>& branches) const;
  ShellFate swallowed(std::string why, const ShellNode& at) const;
  Span span_of(const ShellNode& node) const;
  uint32_t file_line(uint32_t line) const;
  void collect_functions(const ShellNode& node, int depth);
  bool spend();

  const ShellContext& context_;
  std::vector<Command>& out_;
  int nesting_;
  ShellState state_;
  const ShellNode* program_ = nullptr;
  ShellFunctions functions_;
  std::set<const ShellNode*> called_;
  std::vector<const ShellNode*> calling_;
  std::unordered_map<const ShellNode*, size_t> emitted_;
  std::vector<std::pair<const Statements*, size_t>> rest_;  // of every open list of statements: where we are
  int depth_ = 0;
  size_t steps_ = 0;
};

}  // namespace mlgrade
