// What becomes of exit codes: the decisions of ShellFlow.
#include <algorithm>

#include "analyzer/passes/shell_flow.h"

namespace mlgrade {
namespace {

constexpr size_t kMaxLookAhead = 500;  // statements searched behind one that stores its exit code

// The variable of `NAME=...`, alone or the only assignment of a command without words.
std::string_view assigned_variable(const ShellNode& node) {
  if (node.kind != ShellKind::kCommand || !node.words.empty() || node.assignments.empty()) return {};
  const std::string& text = node.assignments[0].text;
  std::string_view name = std::string_view(text).substr(0, text.find('='));
  if (name.ends_with('+')) name.remove_suffix(1);
  return name;
}

// Words that GitHub shows on the page of the run.
bool annotates(const ShellNode& node) {
  return mentions(node, "::warning") || mentions(node, "::error") || mentions(node, "##vso[task.logissue") ||
         mentions(node, "##[error]") || mentions(node, "##[warning]");
}

bool is_test(const ShellNode& node) {
  const std::string_view program = program_of(node);
  return program == "[" || program == "[[" || program == "test" || program == "((";
}

bool looks_at_status(const ShellNode& node) {
  return mentions(node, "$?") || mentions(node, "${?}") || mentions(node, "PIPESTATUS");
}

}  // namespace

const ShellFate& ShellFlow::resolve(const ShellScope& scope) const {
  return state_.errexit && !scope.ignored ? scope.shell : scope.status;
}

ShellFate ShellFlow::swallowed(std::string why, const ShellNode& at) const {
  return {Effect::kSwallowed, std::move(why), span_of(at)};
}

bool ShellFlow::used_later(std::string_view variable) const {
  for (auto frame = rest_.rbegin(); frame != rest_.rend(); ++frame) {
    const size_t end = std::min(frame->first->size(), frame->second + kMaxLookAhead);
    for (size_t i = frame->second + 1; i < end; ++i) {
      const ShellNode& later = (*frame->first)[i];
      if (later.kind == ShellKind::kFunction || !mentions_variable(later, variable)) continue;
      if (can_fail_inside(later, functions_)) return true;
      const bool last = frame == rest_.rend() - 1 && i + 1 == frame->first->size();
      if (last && later.kind == ShellKind::kCommand && program_of(later) != "echo")
        return true;  // [ $rc = 0 ]
    }
  }
  return false;
}

bool ShellFlow::remembered(const ShellNode& node) const {
  std::string_view variable = assigned_variable(node);
  if (!variable.empty()) return used_later(variable);
  const bool holds_more = node.kind == ShellKind::kSequence || node.kind == ShellKind::kGroup;
  return holds_more && std::any_of(node.children.begin(), node.children.end(),
                                   [this](const ShellNode& child) { return remembered(child); });
}

ShellFate ShellFlow::handled_by(const ShellNode& handler, const ShellScope& scope, bool& tested) const {
  const ShellEnd end = shell_end(handler, functions_);
  const std::string form = "`|| " + short_form(handler) + "`";
  switch (end) {
    case ShellEnd::kExits:
      return scope.shell;
    case ShellEnd::kReturns:
      return scope.function;
    case ShellEnd::kFails:
      return resolve(scope);
    case ShellEnd::kSucceeds:
    case ShellEnd::kExitsWell:
    case ShellEnd::kReturnsWell: {
      if (remembered(handler)) {
        tested = true;
        return scope.shell;
      }
      ShellFate fate = swallowed(form, handler);
      if (annotates(handler)) {
        fate.effect = Effect::kReporting;
        fate.why = form + " turns the failure into an annotation";
      }
      return fate;
    }
    case ShellEnd::kUnknown:
      break;
  }
  tested = true;
  if (remembered(handler) || (can_fail_inside(handler, functions_) && looks_at_status(handler)))
    return scope.shell;
  ShellFate fate =
      swallowed("its failure only starts " + form.substr(0, 1) + short_form(handler) + "`", handler);
  fate.effect = Effect::kReporting;
  return fate;
}

// The fate of the condition at children[at] of an `if`: what the branch does that runs when it fails.
ShellFate ShellFlow::branch_fate(const ShellNode& node, size_t at, const ShellScope& scope) const {
  const ShellNode& test = node.children[at];
  const bool negated = test.children.size() == 1 && test.children[0].kind == ShellKind::kNot;
  const bool has_else = node.children.size() % 2 == 1;
  const ShellNode* branch = nullptr;
  if (negated) {
    branch = &node.children[at + 1];
  } else if (has_else && at + 3 == node.children.size()) {
    branch = &node.children.back();
  }
  ShellFate fate = swallowed("its failure only chooses a branch of `if`", node);
  fate.effect = Effect::kReporting;
  if (branch == nullptr) return fate;
  const ShellEnd end = shell_end(*branch, functions_);
  if (end == ShellEnd::kExits || remembered(*branch)) return scope.shell;
  if (end == ShellEnd::kReturns) return scope.function;
  if (end == ShellEnd::kFails) return resolve(scope);
  return fate;
}

bool ShellFlow::handed_on(const ShellNode& node) const {
  if (node.kind != ShellKind::kCommand) return false;
  const bool to_steps =
      std::any_of(node.redirects.begin(), node.redirects.end(), [](const ShellRedirect& redirect) {
        return redirect.target.text.find("GITHUB_ENV") != std::string::npos ||
               redirect.target.text.find("GITHUB_OUTPUT") != std::string::npos;
      });
  return to_steps && std::any_of(node.words.begin(), node.words.end(), [this](const ShellWord& word) {
           const std::string name = word.text.substr(0, word.text.find('='));
           const std::vector<std::string>& judged = context_.judged_later;
           return name.size() < word.text.size() &&
                  std::find(judged.begin(), judged.end(), name) != judged.end();
         });
}

bool ShellFlow::checked_later(const Statements& statements, size_t at, const ShellScope& scope,
                              ShellScope& inner) const {
  const ShellNode& next = statements[at + 1];
  if (!looks_at_status(next)) return false;
  inner.pipe_status = mentions(next, "PIPESTATUS");
  const bool last = at + 2 == statements.size();
  std::string_view variable = assigned_variable(next);
  const ShellEnd end = shell_end(next, functions_);
  if (end == ShellEnd::kExits) {
    inner.status = scope.shell;
  } else if (end == ShellEnd::kReturns) {
    inner.status = scope.function;
  } else if (can_fail_inside(next, functions_) || (!variable.empty() && used_later(variable))) {
    inner.tested = true;
    inner.status = scope.shell;
  } else if (is_test(next) && state_.errexit && !scope.ignored) {
    inner.tested = true;
    inner.status = scope.shell;  // [ $? -eq 0 ], and `set -e` acts on it
  } else if (handed_on(next)) {
    inner.tested = true;
    inner.status = scope.shell;
  } else if (!variable.empty()) {
    inner.status =
        swallowed("its exit code is stored in `" + std::string(variable) + "` and not acted on", next);
  } else if (last && next.kind == ShellKind::kCommand && program_of(next) != "echo") {
    inner.tested = true;
    inner.status = scope.status;  // [ $? -eq 0 ] at the end
  } else {
    inner.status = swallowed("its exit code is looked at and not acted on", next);
  }
  return true;
}

// Whether a later `wait` asks for the status of a certain job.
bool ShellFlow::waited_for() const {
  for (const auto& [statements, at] : rest_) {
    const size_t end = std::min(statements->size(), at + kMaxLookAhead);
    for (size_t i = at + 1; i < end; ++i) {
      const ShellNode& later = (*statements)[i];
      auto waits = [](const ShellNode& node, auto&& self, int depth) -> bool {
        if (program_of(node) == "wait" && node.words.size() > 1) return true;
        return depth < 50 &&
               std::any_of(node.children.begin(), node.children.end(),
                           [&](const ShellNode& child) { return self(child, self, depth + 1); });
      };
      if (waits(later, waits, 0)) return true;
    }
  }
  return false;
}

}  // namespace mlgrade
