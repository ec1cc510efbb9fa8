// Follows a PowerShell text in its order. What decides about a program is what stands behind it.
#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "analyzer/passes/shell_folder.h"
#include "analyzer/passes/text.h"
#include "analyzer/passes/windows_shells.h"
#include "analyzer/syntax/powershell.h"

namespace mlgrade {
namespace {

constexpr int kMaxInlining = 8;        // functions that call functions
constexpr size_t kMaxCommands = 5000;  // of one text

// "Get-Item", "Invoke-Expression": a verb, a dash, a noun.
bool is_cmdlet(std::string_view word) {
  const size_t dash = word.find('-');
  if (dash == 0 || dash == word.npos || dash + 1 >= word.size()) return false;
  const auto letters = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), [](unsigned char c) { return std::isalnum(c) != 0; }) &&
           std::isupper(static_cast<unsigned char>(part[0])) != 0;
  };
  return letters(word.substr(0, dash)) && letters(word.substr(dash + 1));
}

// Commands of the shell itself that leave $LASTEXITCODE alone.
bool is_builtin(std::string_view word) {
  constexpr std::string_view kNames[] = {"echo",  "cd",       "pushd", "popd",   "ls",    "dir",    "rm",
                                         "cp",    "mv",       "del",   "cat",    "type",  "mkdir",  "md",
                                         "set",   "sleep",    "pwd",   "sl",     "throw", "return", "exit",
                                         "break", "continue", "write", "select", "where"};
  return is_cmdlet(word) || std::find(std::begin(kNames), std::end(kNames), word) != std::end(kNames);
}

bool mentions(std::string_view text, std::string_view wanted) {
  return to_lower(text).find(wanted) != std::string::npos;
}

bool asks_for_failure(std::string_view condition) {
  return mentions(condition, "$lastexitcode") || condition.find("$?") != condition.npos;
}

// `exit 1`, `exit $LASTEXITCODE`, `throw ...`, `$host.SetShouldExit($LASTEXITCODE)`; not `exit 0`.
bool leaves_failing(const PsStage& stage) {
  if (stage.words.empty()) return false;
  if (mentions(stage.words[0].text, ".setshouldexit")) return !mentions(stage.words[0].text, "(0)");
  if (stage.expression) return false;
  const std::string word = to_lower(stage.words[0].text);
  if (word == "throw") return true;
  if (word == "write-error") return false;
  return word == "exit" && stage.words.size() > 1 && stage.words[1].text != "0";
}

bool leaves_failing(const PsBlock& block) {
  return std::any_of(block.begin(), block.end(), [](const PsStatement& statement) {
    return std::any_of(statement.stages.begin(), statement.stages.end(),
                       [](const PsStage& stage) { return leaves_failing(stage); }) ||
           std::any_of(statement.blocks.begin(), statement.blocks.end(),
                       [](const PsBlock& inner) { return leaves_failing(inner); });
  });
}

// What surrounds a block.
struct Scope {
  Truth runs = Truth::kYes;
  bool caught = false;   // by a catch that goes on
  bool checked = false;  // what calls the block looks at its exit code: exec { ... }
  int depth = 0;
};

class Flow {
 public:
  Flow(const ShellContext& context, const PowerShellHost& host) : context_(context), host_(host) {
    folder_.current = context.working_directory.str();
    folder_.own = context.script_folder.str();
    stops_ = host.stops_on_error;
  }

  std::vector<Command> run(const PsBlock& block) {
    functions_of(block);
    statements(block, Scope{});
    settle_last();
    return std::move(out_);
  }

 private:
  void functions_of(const PsBlock& block) {
    for (const PsStatement& statement : block) {
      if (statement.kind == PsKind::kFunction) functions_.emplace(to_lower(statement.name), &statement);
    }
  }

  void statements(const PsBlock& block, const Scope& scope) {
    if (scope.depth > 60) return;
    for (size_t i = 0; i < block.size() && out_.size() < kMaxCommands; ++i) statement(block, i, scope);
  }

  void statement(const PsBlock& block, size_t i, const Scope& scope) {
    const PsStatement& statement = block[i];
    Scope inner = scope;
    ++inner.depth;
    switch (statement.kind) {
      case PsKind::kFunction:
        return;
      case PsKind::kIf:
        for (size_t b = 0; b < statement.blocks.size(); ++b) {
          inner.runs = scope.runs && branch(statement, b);
          statements(statement.blocks[b], inner);
        }
        return;
      case PsKind::kLoop:
        if (statement.name != "do") inner.runs = scope.runs && Truth::kUnknown;
        for (const PsBlock& body : statement.blocks) statements(body, inner);
        return;
      case PsKind::kTry:
        return try_block(statement, scope);
      case PsKind::kPipeline:
        return pipeline(block, i, scope);
    }
  }

  static Truth branch(const PsStatement& statement, size_t b) {
    const std::string condition =
        b < statement.conditions.size() ? to_lower(trim(std::string_view(statement.conditions[b]))) : "";
    if (b == 0 && condition == "$true") return Truth::kYes;
    if (condition == "$false") return Truth::kNo;
    return Truth::kUnknown;
  }

  void try_block(const PsStatement& statement, const Scope& scope) {
    bool goes_on = false;
    for (size_t b = 1; b < statement.blocks.size(); ++b)
      goes_on = goes_on || (statement.names[b] == "catch" && !leaves_failing(statement.blocks[b]));
    for (size_t b = 0; b < statement.blocks.size(); ++b) {
      Scope inner = scope;
      ++inner.depth;
      inner.caught = scope.caught || (b == 0 && goes_on);
      if (statement.names[b] == "catch") inner.runs = scope.runs && Truth::kUnknown;
      statements(statement.blocks[b], inner);
    }
  }

  void pipeline(const PsBlock& block, size_t i, const Scope& scope) {
    const PsStatement& statement = block[i];
    preferences(statement);
    for (size_t s = 0; s < statement.stages.size(); ++s) {
      const PsStage& stage = statement.stages[s];
      if (stage.words.empty() || (stage.expression && !stage.called)) continue;
      const std::string name = to_lower(stage.words[0].text);
      if (const auto function = functions_.find(name); function != functions_.end()) {
        call(*function->second, scope);
        continue;
      }
      change_folder(name, stage);
      const size_t index = out_.size();
      emit(statement, stage, scope);
      if (is_builtin(stage.words[0].text) || is_builtin(name)) {
        if (name == "exit" || name == "throw") ended(stage, scope);
        if (name == "start-process") started(stage, index);
        continue;
      }
      programs_.push_back(index);
      if (decided_here(block, i, s, scope)) continue;
      open_.push_back(index);
    }
    script_blocks(statement, scope);
  }

  void script_blocks(const PsStatement& statement, const Scope& scope) {
    if (statement.blocks.empty()) return;
    const PsStage& first = statement.stages.front();
    const std::string name = first.words.empty() ? "" : to_lower(first.words[0].text);
    Scope inner = scope;
    ++inner.depth;
    inner.checked = name == "exec" || name == "assert-nativecommand";
    const bool surely =
        inner.checked || first.called || name == "measure-command" || name == "invoke-command";
    if (!surely) inner.runs = scope.runs && Truth::kUnknown;
    for (const PsBlock& block : statement.blocks) statements(block, inner);
  }

  // Whether this program's failure is dealt with, or lost, whatever comes later.
  bool decided_here(const PsBlock& block, size_t i, size_t s, const Scope& scope) {
    const PsStatement& statement = block[i];
    Command& command = out_.back();
    if (scope.checked) return true;
    const bool later_program = std::any_of(statement.stages.begin() + static_cast<long>(s) + 1,
                                           statement.stages.end(), [](const PsStage& stage) {
                                             return !stage.words.empty() &&
                                                    !is_builtin(stage.words[0].text) &&
                                                    !is_builtin(to_lower(stage.words[0].text));
                                           });
    if (later_program) {
      lose(command, "piped into another program, whose exit code counts");
      return true;
    }
    if (natives_stop_ && stops_) {
      if (scope.caught) lose(command, "`catch` takes the failure and goes on");
      return true;
    }
    if (statement.tie == "||" && i + 1 < block.size()) {
      const PsStatement& handler = block[i + 1];
      command.tested = true;
      if (!handler.stages.empty() && leaves_failing(handler.stages.front())) return true;
      lose(command, "what stands behind `||` takes the failure and goes on");
      return true;
    }
    if (i + 1 < block.size() && block[i + 1].kind == PsKind::kIf) {
      const PsStatement& test = block[i + 1];
      if (!test.conditions.empty() && asks_for_failure(test.conditions[0])) {
        command.tested = true;
        const bool leaves = std::any_of(test.blocks.begin(), test.blocks.end(),
                                        [](const PsBlock& branch) { return leaves_failing(branch); });
        if (leaves && !scope.caught) return true;
        if (leaves) {
          lose(command, "`catch` takes the failure and goes on");
          return true;
        }
      }
    }
    return false;
  }

  // `exit` decides about the programs before it.
  void ended(const PsStage& stage, const Scope& scope) {
    if (scope.runs != Truth::kYes || to_lower(stage.words[0].text) != "exit") return;
    const bool last = stage.words.size() > 1 && mentions(stage.words[1].text, "$lastexitcode");
    if (last) {
      explicit_exit_ = true;
      settle_last();
    } else if (stage.words.size() < 2 || stage.words[1].text == "0") {
      for (size_t index : open_) lose(out_[index], "`exit` ends the script well");
      open_.clear();
    }
  }

  static constexpr std::string_view kGoesOn =
      "PowerShell goes on after a program that fails; only the last one's exit code counts";

  // The last program that surely runs gives the text its exit code.
  void settle_last() {
    const bool propagates = host_.exits_with_last || explicit_exit_;
    for (size_t index : open_) {
      const bool later = std::any_of(programs_.begin(), programs_.end(), [&](size_t other) {
        return other > index && out_[other].runs != Truth::kNo && !follows(index, other);
      });
      if (!propagates) {
        lose(out_[index], "a script ends well unless it says `exit $LASTEXITCODE`");
      } else if (later) {
        lose(out_[index], kGoesOn);
      }
    }
    open_.clear();
  }

  // `a && b`: b runs only after a has succeeded.
  bool follows(size_t first, size_t second) const {
    for (size_t index = second; index > first;) {
      const auto tied = tied_.find(index);
      if (tied == tied_.end()) return false;
      index = tied->second;
      if (index == first) return true;
    }
    return false;
  }

  void call(const PsStatement& function, const Scope& scope) {
    if (inlining_ >= kMaxInlining || function.blocks.empty()) return;
    ++inlining_;
    Scope inner = scope;
    ++inner.depth;
    statements(function.blocks[0], inner);
    --inlining_;
  }

  void preferences(const PsStatement& statement) {
    const std::string name = to_lower(statement.assigned);
    const std::string value = to_lower(statement.value);
    if (name == "$erroractionpreference") stops_ = value == "stop";
    if (name == "$psnativecommanduseerroractionpreference") natives_stop_ = value == "$true";
  }

  void change_folder(const std::string& name, const PsStage& stage) {
    const bool push = name == "pushd" || name == "push-location";
    const bool pop = name == "popd" || name == "pop-location";
    if (!push && !pop && name != "cd" && name != "set-location" && name != "sl") return;
    std::vector<ShellWord> words;
    for (const ShellWord& word : stage.words) {
      if (!words.empty() && to_lower(word.text) == "-path") continue;
      words.push_back({forward(word.text), word.literal});
    }
    folder_.change(push ? "pushd" : pop ? "popd" : "cd", words);
  }

  // Start-Process runs a program and forgets what came of it.
  void started(const PsStage& stage, size_t index) {
    lose(out_[index], "Start-Process does not pass on the exit code");
    Command inner = out_[index];
    inner.words.clear();
    for (size_t i = 1; i < stage.words.size(); ++i) {
      const std::string& text = stage.words[i].text;
      if (text.starts_with('-') && stage.heads[i] == '-') continue;
      for (std::string_view part : split(std::string_view(text), ',')) {
        if (!trim(part).empty()) inner.words.push_back({forward(trim(part)), stage.words[i].literal});
      }
    }
    if (!inner.words.empty()) out_.push_back(std::move(inner));
  }

  static std::string forward(std::string_view path) {
    std::string out(path);
    std::replace(out.begin(), out.end(), '\\', '/');
    return out;
  }

  void emit(const PsStatement& statement, const PsStage& stage, const Scope& scope) {
    Command command;
    command.unit = context_.unit;
    for (size_t i = 0; i < stage.words.size(); ++i) {
      const ShellWord& word = stage.words[i];
      const bool quoted = stage.heads[i] == '"' || stage.heads[i] == '\'';
      const bool path = i == 0 || !quoted || word.text.find(' ') == std::string::npos;
      command.words.push_back({path ? forward(word.text) : word.text, word.literal});
    }
    const uint32_t line = context_.one_line ? context_.line : context_.line + statement.line - 1;
    const uint32_t end = context_.one_line ? context_.line : context_.line + statement.end_line - 1;
    command.span = {context_.file, line, context_.one_line ? 1 : statement.column + context_.column, end};
    command.runs = scope.runs;
    command.output_file = Name(forward(stage.output_file));
    command.output_discarded = to_lower(stage.output_file) == "$null";
    command.working_directory = folder_.name();
    if (tie_to_ && *tie_to_ < out_.size()) tied_[out_.size()] = *tie_to_;
    tie_to_ = statement.tie == "&&" ? std::optional<size_t>(out_.size()) : std::nullopt;
    out_.push_back(std::move(command));
  }

  void lose(Command& command, std::string_view why) const {
    command.effect = Effect::kSwallowed;
    command.effect_why = why;
    command.effect_span = context_.shell_span.valid() ? context_.shell_span : command.span;
  }

  const ShellContext& context_;
  const PowerShellHost& host_;
  ShellFolder folder_;
  std::map<std::string, const PsStatement*> functions_;
  std::vector<Command> out_;
  std::vector<size_t> programs_;  // commands that start a program
  std::vector<size_t> open_;      // those whose exit code is still $LASTEXITCODE at the end, if they are last
  std::map<size_t, size_t> tied_;  // command -> the one before `&&`
  std::optional<size_t> tie_to_;
  bool stops_ = false;
  bool natives_stop_ = false;
  bool explicit_exit_ = false;
  int inlining_ = 0;
};

}  // namespace

std::vector<Command> powershell_commands(std::string_view text, const ShellContext& context,
                                         const PowerShellHost& host, std::vector<Problem>* problems) {
  const ParsedPowerShell parsed = parse_powershell(text);
  if (!parsed.complete && problems != nullptr) {
    Problem problem;
    problem.kind = ProblemKind::kSyntax;
    problem.span = {context.file, context.line, 1, context.line};
    problem.message = "PowerShell that does not parse; what could be read of it was used";
    problems->push_back(std::move(problem));
  }
  return Flow(context, host).run(parsed.statements);
}

}  // namespace mlgrade
