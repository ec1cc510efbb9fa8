// Judging pieces of shell text.
#include "analyzer/passes/shell_judge.h"

#include <algorithm>
#include <array>

#include "analyzer/base/limits.h"

namespace mlgrade {
namespace {

// Commands that succeed whatever happened before them.
constexpr std::array<std::string_view, 14> kHarmless = {"true",  ":",     "echo",  "printf", "continue",
                                                        "break", "sleep", "set",   "export", "touch",
                                                        "unset", "shift", "local", "declare"};

template <typename Word>
bool any_word(const std::vector<Word>& words, auto&& matches) {
  return std::any_of(words.begin(), words.end(), [&](const Word& word) { return matches(word.text); });
}

bool anywhere(const ShellNode& node, int depth, auto&& matches) {
  if (depth > kMaxShellDepth) return false;
  if (any_word(node.words, matches) || any_word(node.assignments, matches)) return true;
  auto inside = [&](const ShellNode& child) { return anywhere(child, depth + 1, matches); };
  return std::any_of(node.children.begin(), node.children.end(), inside) ||
         std::any_of(node.substitutions.begin(), node.substitutions.end(), inside);
}

ShellEnd end_of_leaving(const ShellNode& node) {
  const bool is_exit = program_of(node) == "exit";
  const bool well = node.words.size() > 1 && node.words[1].text == "0";
  if (is_exit) return well ? ShellEnd::kExitsWell : ShellEnd::kExits;
  return well ? ShellEnd::kReturnsWell : ShellEnd::kReturns;
}

ShellEnd end_of_command(const ShellNode& node, const ShellFunctions& functions, int depth) {
  std::string_view program = program_of(node);
  if (node.words.empty()) return node.substitutions.empty() ? ShellEnd::kSucceeds : ShellEnd::kUnknown;
  if (program == "exit" || program == "return") return end_of_leaving(node);
  if (program == "false") return ShellEnd::kFails;
  if (std::find(kHarmless.begin(), kHarmless.end(), program) != kHarmless.end()) return ShellEnd::kSucceeds;
  auto function = functions.find(program);
  if (function == functions.end() || depth > kMaxAliasHops) return ShellEnd::kUnknown;
  const ShellEnd inner = shell_end(function->second->children[0], functions, depth + 1);
  if (inner == ShellEnd::kReturns) return ShellEnd::kFails;
  return inner == ShellEnd::kReturnsWell ? ShellEnd::kSucceeds : inner;
}

bool is_leaving(ShellEnd end) {
  return end == ShellEnd::kExits || end == ShellEnd::kExitsWell || end == ShellEnd::kReturns ||
         end == ShellEnd::kReturnsWell;
}

// A bare `exit` or `return` behind a command that succeeded passes on success.
bool is_bare(const ShellNode& node) {
  return node.kind == ShellKind::kCommand && node.words.size() == 1 &&
         (program_of(node) == "exit" || program_of(node) == "return");
}

ShellEnd end_of_sequence(const ShellNode& node, const ShellFunctions& functions, int depth) {
  ShellEnd last = ShellEnd::kUnknown;
  for (const ShellNode& child : node.children) {
    const ShellEnd end = shell_end(child, functions, depth + 1);
    if (is_bare(child) && last == ShellEnd::kSucceeds) {
      return program_of(child) == "exit" ? ShellEnd::kExitsWell : ShellEnd::kReturnsWell;
    }
    if (is_leaving(end)) return end;
    last = end;
  }
  return last;
}

ShellEnd end_of_if(const ShellNode& node, const ShellFunctions& functions, int depth) {
  if (node.children.size() % 2 == 0) return ShellEnd::kUnknown;
  ShellEnd common = shell_end(node.children.back(), functions, depth + 1);
  for (size_t i = 1; i < node.children.size(); i += 2) {
    if (shell_end(node.children[i], functions, depth + 1) != common) return ShellEnd::kUnknown;
  }
  return common;
}

std::string_view second_operand(const ShellNode& node) { return node.words[3].text; }

}  // namespace

std::string_view program_of(const ShellNode& node) {
  if (node.kind != ShellKind::kCommand || node.words.empty() || !node.words[0].literal) return {};
  return node.words[0].text;
}

ShellEnd shell_end(const ShellNode& node, const ShellFunctions& functions, int depth) {
  if (depth > kMaxShellDepth) return ShellEnd::kUnknown;
  switch (node.kind) {
    case ShellKind::kCommand:
      return end_of_command(node, functions, depth);
    case ShellKind::kSequence:
      return end_of_sequence(node, functions, depth);
    case ShellKind::kGroup:
      return shell_end(node.children[0], functions, depth + 1);
    case ShellKind::kSubshell: {
      const ShellEnd inner = shell_end(node.children[0], functions, depth + 1);
      if (!is_leaving(inner)) return inner;
      const bool fails = inner == ShellEnd::kExits || inner == ShellEnd::kReturns;
      return fails ? ShellEnd::kFails : ShellEnd::kSucceeds;
    }
    case ShellKind::kAnd: {
      if (shell_end(node.children[0], functions, depth + 1) != ShellEnd::kSucceeds) return ShellEnd::kUnknown;
      return shell_end(node.children[1], functions, depth + 1);
    }
    case ShellKind::kOr: {
      const ShellEnd right = shell_end(node.children[1], functions, depth + 1);
      return right == ShellEnd::kSucceeds ? right : ShellEnd::kUnknown;
    }
    case ShellKind::kPipeline: {
      const ShellEnd last = shell_end(node.children.back(), functions, depth + 1);
      return is_leaving(last) ? ShellEnd::kUnknown : last;
    }
    case ShellKind::kIf:
      return end_of_if(node, functions, depth);
    default:
      return ShellEnd::kUnknown;
  }
}

bool can_fail_inside(const ShellNode& node, const ShellFunctions& functions, int depth) {
  if (depth > kMaxShellDepth) return false;
  const ShellEnd end = node.kind == ShellKind::kCommand && !node.words.empty()
                           ? shell_end(node, functions, depth)
                           : ShellEnd::kUnknown;
  if (end == ShellEnd::kExits || end == ShellEnd::kReturns || end == ShellEnd::kFails) return true;
  return std::any_of(node.children.begin(), node.children.end(), [&](const ShellNode& child) {
    return child.kind != ShellKind::kFunction && can_fail_inside(child, functions, depth + 1);
  });
}

bool leaves_always(const ShellNode& node, int depth) {
  if (depth > kMaxShellDepth || node.background) return false;
  auto leaves = [depth](const ShellNode& child) { return leaves_always(child, depth + 1); };
  switch (node.kind) {
    case ShellKind::kCommand: {
      std::string_view program = program_of(node);
      return program == "exit" || program == "return" || (program == "exec" && node.words.size() > 1);
    }
    case ShellKind::kSequence:
    case ShellKind::kGroup:
      return std::any_of(node.children.begin(), node.children.end(), leaves);
    case ShellKind::kIf: {
      if (node.children.size() % 2 == 0) return false;
      for (size_t i = 1; i < node.children.size(); i += 2) {
        if (!leaves(node.children[i])) return false;
      }
      return leaves(node.children.back());
    }
    default:
      return false;
  }
}

bool mentions(const ShellNode& node, std::string_view text, int depth) {
  return anywhere(node, depth,
                  [text](const std::string& word) { return word.find(text) != std::string::npos; });
}

bool mentions_variable(const ShellNode& node, std::string_view name, int depth) {
  auto is_name = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return anywhere(node, depth, [&](const std::string& word) {
    if (word == name && node.kind != ShellKind::kCommand) return true;
    for (size_t at = word.find(name); at != std::string::npos; at = word.find(name, at + 1)) {
      const bool begins =
          at > 0 && (word[at - 1] == '$' || (at > 1 && word[at - 1] == '{' && word[at - 2] == '$'));
      const size_t end = at + name.size();
      if (begins && (end >= word.size() || !is_name(word[end]))) return true;
    }
    return false;
  });
}

Truth constant_condition(const ShellNode& node) {
  if (node.kind == ShellKind::kSequence && node.children.size() == 1)
    return constant_condition(node.children[0]);
  if (node.kind == ShellKind::kNot) return !constant_condition(node.children[0]);
  std::string_view program = program_of(node);
  if (program == "true" || program == ":") return Truth::kYes;
  if (program == "false") return Truth::kNo;
  if (program != "[" && program != "[[") return Truth::kUnknown;
  for (const ShellWord& word : node.words) {
    if (!word.literal) return Truth::kUnknown;
  }
  if (node.words.size() != 5) return Truth::kUnknown;
  const bool same = node.words[1].text == second_operand(node);
  std::string_view op = node.words[2].text;
  if (op == "=" || op == "==" || op == "-eq") return same ? Truth::kYes : Truth::kNo;
  if (op == "!=" || op == "-ne") return same ? Truth::kNo : Truth::kYes;
  return Truth::kUnknown;
}

std::string short_form(const ShellNode& node) {
  switch (node.kind) {
    case ShellKind::kCommand: {
      if (node.words.empty()) return node.assignments.empty() ? "..." : node.assignments[0].text;
      std::string out = node.words[0].text;
      const bool with_argument = (out == "exit" || out == "return") && node.words.size() > 1;
      return with_argument ? out + " " + node.words[1].text : out;
    }
    case ShellKind::kGroup:
      return "{ ... }";
    case ShellKind::kSubshell:
      return "( ... )";
    case ShellKind::kIf:
      return "if ...";
    default:
      return node.children.empty() ? "..." : short_form(node.children[0]);
  }
}

}  // namespace mlgrade
