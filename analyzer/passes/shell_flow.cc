// The structure of a shell text: lists, pipes, conditions, loops, functions.
#include "analyzer/passes/shell_flow.h"

#include <algorithm>

#include "analyzer/base/limits.h"

namespace mlgrade {
namespace {

constexpr size_t kMaxSteps = 200'000;  // statements followed in one text, calls of functions unrolled

// A test (`[ -f x ]`, `test`, `command -v`): whatever hangs on it may or may not run.
bool is_test(const ShellNode& node) {
  std::string_view program = program_of(node);
  return program == "[" || program == "[[" || program == "((" || program == "test" || program == "command" ||
         program == "which" || program == "grep" || node.kind == ShellKind::kNot;
}

// Whether some branch of an `if` leaves with success, so that what follows may never run.
bool may_leave_well(const ShellNode& node, const ShellFunctions& functions) {
  if (node.kind == ShellKind::kAnd) {
    return shell_end(node.children[1], functions) == ShellEnd::kExitsWell;
  }
  if (node.kind != ShellKind::kIf) return false;
  for (size_t i = 1; i < node.children.size(); i += 2) {
    if (shell_end(node.children[i], functions) == ShellEnd::kExitsWell) return true;
  }
  return node.children.size() % 2 == 1 && shell_end(node.children.back(), functions) == ShellEnd::kExitsWell;
}

}  // namespace

ShellFlow::ShellFlow(const ShellContext& context, std::vector<Command>& out, int nesting)
    : context_(context), out_(out), nesting_(nesting) {}

ShellState ShellFlow::initial_state() const {
  ShellState state;
  state.errexit = context_.errexit;
  state.pipefail = context_.pipefail;
  state.folder.current = context_.working_directory.str();
  state.folder.own = context_.script_folder.str();
  state.values = context_.variables;
  const Span start = context_.shell_span.valid() ? context_.shell_span
                                                 : Span{context_.file, context_.line, 1, context_.line};
  state.lost = {Effect::kSwallowed, "no `set -e`: only the last command's exit code counts", start};
  return state;
}

void ShellFlow::run(const ParsedShell& shell, const ShellScope& scope, const ShellState& state) {
  program_ = &shell.program;
  state_ = state;
  collect_functions(shell.program, 0);
  statement(shell.program, scope);
  uncalled_functions();
}

void ShellFlow::collect_functions(const ShellNode& node, int depth) {
  if (depth > kMaxShellDepth) return;
  if (node.kind == ShellKind::kFunction) functions_[node.name] = &node;
  for (const ShellNode& child : node.children) collect_functions(child, depth + 1);
}

// Functions nobody calls do not run; one that is handed to another command (trap, xargs) may.
void ShellFlow::uncalled_functions() {
  for (const auto& [name, function] : functions_) {
    if (called_.contains(function)) continue;
    ShellScope scope;
    scope.runs = Truth::kNo;
    auto passes_on = [&, wanted = std::string_view(name)](const ShellNode& node, auto&& self,
                                                          int depth) -> bool {
      if (depth > kMaxShellDepth) return false;
      for (size_t i = 1; i < node.words.size(); ++i) {
        if (node.words[i].text.find(wanted) != std::string::npos) return true;
      }
      return std::any_of(node.children.begin(), node.children.end(),
                         [&](const ShellNode& child) { return self(child, self, depth + 1); });
    };
    if (passes_on(*program_, passes_on, 0)) scope.runs = Truth::kUnknown;
    state_.folder.current = "?";
    state_.folder.moved = true;
    call(*function, scope);
  }
}

bool ShellFlow::spend() { return ++steps_ <= kMaxSteps && depth_ <= kMaxShellDepth; }

void ShellFlow::statement(const ShellNode& node, ShellScope scope) {
  if (!spend()) return;
  ++depth_;
  if (node.background) {
    scope.background = true;
    scope.ignored = true;
    scope.status = waited_for() ? scope.shell
                                : swallowed("runs in the background; nothing looks at its exit code", node);
  }
  for (const ShellRedirect& redirect : node.redirects) {
    const bool output = (redirect.fd == -1 || redirect.fd == 1) &&
                        redirect.op.find('>') != std::string::npos && redirect.op != ">&";
    if (!output) continue;
    const std::string target = expand(redirect.target).text;
    scope.output_discarded = target == "/dev/null";
    scope.output_file = scope.output_discarded ? Name() : Name(target);
  }
  switch (node.kind) {
    case ShellKind::kSequence:
      sequence(node, scope);
      break;
    case ShellKind::kCommand:
      simple(node, scope);
      break;
    case ShellKind::kPipeline:
      pipeline(node, scope);
      break;
    case ShellKind::kAnd:
    case ShellKind::kOr:
      list(node, scope);
      break;
    case ShellKind::kNot:
      scope.tested = true;
      scope.ignored = true;
      statement(node.children[0], scope);
      break;
    case ShellKind::kGroup:
    case ShellKind::kCaseItem:
      statement(node.children[0], scope);
      break;
    case ShellKind::kSubshell:
      subshell(node, scope);
      break;
    case ShellKind::kIf:
      condition(node, scope);
      break;
    case ShellKind::kWhile:
    case ShellKind::kFor:
      loop(node, scope);
      break;
    case ShellKind::kCase:
      choice(node, scope);
      break;
    case ShellKind::kFunction:
      break;  // runs when called
  }
  --depth_;
}

void ShellFlow::sequence(const ShellNode& node, const ShellScope& scope) {
  const Statements& statements = node.children;
  size_t last = statements.size();
  for (size_t i = 0; i < statements.size(); ++i) {
    if (statements[i].kind != ShellKind::kFunction) last = i;
  }
  Truth reached = Truth::kYes;
  rest_.emplace_back(&statements, 0);
  for (size_t i = 0; i < statements.size(); ++i) {
    rest_.back().second = i;
    ShellScope inner = scope;
    inner.runs = scope.runs && reached;
    if (i != last) {
      inner.pipe_status = false;
      inner.status = state_.lost;
      const bool followed = i + 1 < statements.size();
      const ShellEnd next = followed ? shell_end(statements[i + 1], functions_) : ShellEnd::kUnknown;
      if (state_.errexit && scope.ignored) {
        inner.status.why = "runs as part of a condition, where `set -e` has no say";
        inner.status.span = span_of(statements[i]);
      } else if (followed && !checked_later(statements, i, scope, inner)) {
        const bool ignores = program_of(statements[i + 1]) == "true" || program_of(statements[i + 1]) == ":";
        const bool covered = next == ShellEnd::kExitsWell || (ignores && i + 1 == last);
        if (covered)
          inner.status =
              swallowed("`" + short_form(statements[i + 1]) + "` follows and no `set -e` is in force",
                        statements[i + 1]);
      }
    }
    statement(statements[i], inner);
    if (leaves_always(statements[i])) {
      reached = Truth::kNo;
    } else if (may_leave_well(statements[i], functions_)) {
      reached = reached && Truth::kUnknown;
    }
  }
  rest_.pop_back();
}

void ShellFlow::list(const ShellNode& node, const ShellScope& scope) {
  const ShellNode& first = node.children[0];
  const ShellNode& second = node.children[1];
  ShellScope left = scope;
  ShellScope right = scope;
  left.ignored = true;
  if (node.kind == ShellKind::kOr) {
    bool tested = scope.tested;
    left.status = handled_by(second, scope, tested);
    left.tested = tested;
    right.runs = scope.runs && Truth::kUnknown;
  } else {
    if (state_.errexit && !scope.ignored && scope.status.effect != Effect::kBlocking) {
      left.status = swallowed("stands left of `&&`, where `set -e` has no say", first);
    }
    if (is_test(first)) right.runs = scope.runs && constant_condition(first);
  }
  statement(first, left);
  const ShellState after_first = state_;
  statement(second, right);
  if (leaves_always(second)) state_ = after_first;
}

void ShellFlow::pipeline(const ShellNode& node, const ShellScope& scope) {
  const ShellState before = state_;
  for (size_t i = 0; i < node.children.size(); ++i) {
    const bool last = i + 1 == node.children.size();
    ShellScope stage = scope;
    if (!last) {
      const ShellNode& next = node.children[i + 1];
      stage.output_file = Name();
      stage.output_discarded = false;
      if (program_of(next) == "tee") {
        for (size_t k = 1; k < next.words.size() && stage.output_file.empty(); ++k) {
          if (!next.words[k].text.starts_with('-')) stage.output_file = Name(expand(next.words[k]).text);
        }
      }
      if (!before.pipefail) {
        stage.ignored = true;  // `set -e` looks at the last one only
        if (!scope.pipe_status)
          stage.status = swallowed("piped into `" + short_form(next) + "` without `pipefail`", next);
      }
    }
    statement(node.children[i], stage);
    state_ = before;
  }
}

void ShellFlow::condition(const ShellNode& node, const ShellScope& scope) {
  std::vector<ShellState> ends;
  Truth reached = Truth::kYes;  // none of the conditions so far held
  ShellState before = state_;
  for (size_t i = 0; i < node.children.size(); i += 2) {
    const bool is_else = i + 1 == node.children.size();
    ShellScope branch = scope;
    branch.runs = scope.runs && reached;
    state_ = before;
    if (!is_else) {
      ShellScope test = branch;
      test.ignored = true;
      test.tested = true;
      test.status = branch_fate(node, i, scope);
      statement(node.children[i], test);
      before = state_;
      const Truth holds = constant_condition(node.children[i]);
      branch.runs = branch.runs && holds;
      reached = reached && !holds;
    }
    const ShellNode& body = node.children[is_else ? i : i + 1];
    statement(body, branch);
    if (!leaves_always(body)) ends.push_back(state_);
  }
  if (node.children.size() % 2 == 0) ends.push_back(before);
  state_ = join(before, ends);
}

// What holds behind branches: what all of them agree on.
ShellState ShellFlow::join(const ShellState& before, const std::vector<ShellState>& branches) const {
  ShellState out = branches.empty() ? before : branches.front();
  for (const ShellState& branch : branches) {
    out.errexit = out.errexit && branch.errexit;
    out.pipefail = out.pipefail && branch.pipefail;
    std::erase_if(out.values, [&branch](const auto& value) {
      auto other = branch.values.find(value.first);
      return other == branch.values.end() || other->second != value.second;
    });
    if (out.folder.current != branch.folder.current) {
      out.folder.current = "?";
      out.folder.moved = true;
    }
    if (&branch == &branches.front()) continue;
    for (size_t i = before.exports.size(); i < branch.exports.size(); ++i)
      out.exports.push_back(branch.exports[i]);
  }
  return out;
}

void ShellFlow::loop(const ShellNode& node, const ShellScope& scope) {
  ShellScope body = scope;
  if (node.kind == ShellKind::kWhile) {
    ShellScope test = scope;
    test.ignored = true;
    test.tested = true;
    test.status = swallowed(
        node.until ? "its failure only starts another round" : "its failure only ends the loop", node);
    test.status.effect = Effect::kReporting;
    statement(node.children[0], test);
    const Truth holds = constant_condition(node.children[0]);
    body.runs = scope.runs && (node.until ? !holds : holds);
  } else {
    substitutions(node, scope);
  }
  if (scope.status.effect == Effect::kBlocking && !node.children.back().children.empty()) {
    body.status = swallowed("no `set -e`: only the last round of the loop counts", node);
  }
  const ShellState before = state_;
  statement(node.children.back(), body);
  state_ = join(before, {before, state_});
}

void ShellFlow::choice(const ShellNode& node, const ShellScope& scope) {
  const ShellState before = state_;
  std::vector<ShellState> ends{before};
  bool decided = false;
  for (const ShellNode& item : node.children) {
    ShellScope branch = scope;
    Truth matches = Truth::kUnknown;
    if (!node.words.empty() && node.words[0].literal) {
      matches = decided ? Truth::kNo : Truth::kUnknown;
      for (const ShellWord& pattern : item.words) {
        const bool plain = pattern.literal && pattern.text.find_first_of("*?[") == std::string::npos;
        if (matches == Truth::kUnknown && plain) matches = Truth::kNo;
        if (!decided && pattern.literal && (pattern.text == "*" || pattern.text == node.words[0].text))
          matches = Truth::kYes;
      }
      decided = decided || matches == Truth::kYes;
    }
    branch.runs = scope.runs && matches;
    state_ = before;
    statement(item, branch);
    if (!leaves_always(item.children[0])) ends.push_back(state_);
  }
  state_ = join(before, ends);
}

void ShellFlow::subshell(const ShellNode& node, const ShellScope& scope) {
  ShellScope inner = scope;
  inner.status = resolve(scope);
  inner.shell = inner.status;
  inner.function = inner.status;
  const ShellState before = state_;
  statement(node.children[0], inner);
  state_ = before;
}

void ShellFlow::call(const ShellNode& function, const ShellScope& scope) {
  if (std::find(calling_.begin(), calling_.end(), &function) != calling_.end()) return;
  called_.insert(&function);
  calling_.push_back(&function);
  ShellScope body = scope;
  body.function = resolve(scope);
  std::vector<std::pair<const Statements*, size_t>> rest;
  std::swap(rest, rest_);
  statement(function.children[0], body);
  std::swap(rest, rest_);
  calling_.pop_back();
}

}  // namespace mlgrade
