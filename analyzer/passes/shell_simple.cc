// Simple commands: builtins that change the shell, calls of functions, scripts in arguments, and the facts.
#include <algorithm>
#include <array>
#include <cctype>

#include "analyzer/base/limits.h"
#include "analyzer/passes/shell_flow.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

constexpr size_t kMaxValue = 500;   // bytes of a variable's value that are kept
constexpr size_t kMaxValues = 200;  // variables
constexpr int kMaxNesting = 3;      // bash -c 'bash -c ...'
constexpr std::array<std::string_view, 6> kShells = {"bash", "sh", "zsh", "dash", "ash", "ksh"};
constexpr std::array<std::string_view, 8> kElsewhere = {
    "docker", "docker-compose", "podman", "kubectl", "ssh", "oc", "singularity", "vagrant"};

bool is_shell(std::string_view word) {
  return std::find(kShells.begin(), kShells.end(), base_name(word)) != kShells.end();
}

Word as_word(const ShellWord& word) { return {word.text, word.literal}; }

struct ScriptArgument {
  const ShellWord* text = nullptr;
  bool errexit = false;
  bool pipefail = false;
};

// The text behind `bash -c` among the words; none if there is no such text.
ScriptArgument script_argument(const std::vector<ShellWord>& words) {
  for (size_t i = 0; i + 2 < words.size(); ++i) {
    if (!is_shell(words[i].text)) continue;
    ScriptArgument out;
    for (size_t k = i + 1; k + 1 < words.size() && words[k].text.starts_with('-'); ++k) {
      const std::string& flags = words[k].text;
      if (flags.starts_with("--")) continue;
      out.errexit = out.errexit || flags.find('e') != std::string::npos;
      if (flags.find('c') != std::string::npos) {
        out.text = &words[k + 1];
        return out;
      }
      if (flags.find_first_of("oO") == std::string::npos) continue;
      out.errexit = out.errexit || words[k + 1].text == "errexit";
      out.pipefail = out.pipefail || words[k + 1].text == "pipefail";
      ++k;  // the option's name
    }
  }
  return {};
}

// Programs that take a shell's text as the value of an option.
struct TextOption {
  std::string_view program;
  std::string_view option;
};
constexpr TextOption kTextOptions[] = {
    {"su", "-c"},      {"su", "--command"},    {"runuser", "-c"},          {"sg", "-c"},
    {"script", "-c"},  {"script", "-qec"},     {"script", "-ec"},          {"script", "-qefc"},
    {"script", "-qc"}, {"nix-shell", "--run"}, {"nix-shell", "--command"}, {"flock", "-c"},
    {"vagrant", "-c"}, {"wsl", "-c"},          {"devbox", "-c"},           {"conda-run", "-c"},
};

const ShellWord* option_text(const std::vector<ShellWord>& words) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    for (const TextOption& known : kTextOptions) {
      if (base_name(words[0].text) == known.program && words[i].text == known.option) return &words[i + 1];
    }
  }
  return nullptr;
}

// Programs whose arguments are texts, each a command line: `eval "a b"`, `concurrently "a" "b"`, and behind
// ":::" those of GNU parallel.
std::string argument_texts(const std::vector<ShellWord>& words) {
  const std::string_view program = base_name(words[0].text);
  const bool lines = program == "concurrently" || program == "parallel";
  if (!lines && program != "eval" && program != "watch") return "";
  std::string out;
  size_t from = 1;
  if (program == "parallel") {
    while (from < words.size() && words[from].text != ":::") ++from;
    if (++from != 3 && !(from >= 2 && from - 2 < words.size() && words[from - 2].text.starts_with('-')) &&
        from != 2)
      return "";  // a command of its own stands in front: its arguments follow
  }
  for (size_t i = from; i < words.size(); ++i) {
    if (words[i].text.starts_with('-')) continue;
    out += (out.empty() ? "" : lines ? "\n" : " ") + words[i].text;
  }
  return out;
}

// `ssh [options] host command...`: the shell over there joins the words by spaces.
std::string remote_script(const std::vector<ShellWord>& words) {
  constexpr std::string_view kWithValue = "bcDeFiIJlLmoOpRSwW";
  size_t at = 1;
  while (at < words.size() && words[at].text.starts_with('-')) {
    const std::string& option = words[at].text;
    const bool value_follows = option.size() == 2 && kWithValue.find(option[1]) != std::string_view::npos;
    at += value_follows ? 2 : 1;
  }
  std::string out;
  for (size_t i = at + 1; i < words.size(); ++i) out += (out.empty() ? "" : " ") + words[i].text;
  return out;
}

}  // namespace

Span ShellFlow::span_of(const ShellNode& node) const {
  return {context_.file, file_line(node.line), context_.one_line ? 1 : node.column + context_.column,
          file_line(node.end_line)};
}

uint32_t ShellFlow::file_line(uint32_t line) const {
  return context_.one_line ? context_.line : context_.line + line - 1;
}

void ShellFlow::simple(const ShellNode& node, const ShellScope& scope) {
  substitutions(node, scope);
  if (node.words.empty()) {
    for (const ShellWord& word : node.assignments) assign(word);
    if (!node.assignments.empty()) emit(node, scope);
    return;
  }
  auto function = functions_.find(program_of(node));
  if (function != functions_.end()) {
    call(*function->second, scope);
    return;
  }
  emit(node, scope);
  if (!builtin(node) && nesting_ < kMaxNesting) nested_script(node, scope);
}

void ShellFlow::substitutions(const ShellNode& node, const ShellScope& scope) {
  if (node.substitutions.empty()) return;
  const bool decides = node.kind == ShellKind::kCommand && node.words.empty();  // x=$(...)
  ShellScope inner = scope;
  inner.output_file = Name();
  inner.output_discarded = false;
  inner.status = decides
                     ? resolve(scope)
                     : swallowed("its output becomes an argument (`$(...)`), its exit code is lost", node);
  inner.shell = inner.status;
  inner.function = inner.status;
  const ShellState before = state_;
  state_.errexit = false;
  state_.lost = swallowed("inside `$(...)`, where `set -e` has no say", node);
  for (const ShellNode& substitution : node.substitutions) statement(substitution, inner);
  state_ = before;
}

bool ShellFlow::builtin(const ShellNode& node) {
  std::string_view program = program_of(node);
  if (program == "set") {
    set_options(node);
  } else if (program == "cd" || program == "pushd" || program == "popd") {
    std::vector<ShellWord> words;
    for (const ShellWord& word : node.words) words.push_back(expand(word));
    state_.folder.change(program, words);
  } else if (program == "trap") {
    set_trap(node);
  } else if (program == "export" || program == "local" || program == "readonly" || program == "declare") {
    constexpr size_t kMaxExports = 50;
    for (const ShellWord& word : node.words) {
      assign(word);
      const bool sets = program == "export" && word.text.find('=') != std::string::npos;
      if (sets && state_.exports.size() < kMaxExports) state_.exports.push_back(word);
    }
  } else {
    return false;
  }
  return true;
}

void ShellFlow::assign(const ShellWord& assignment) {
  state_.folder.assign(assignment.text);
  const size_t equals = assignment.text.find('=');
  if (equals == std::string::npos || equals == 0) return;
  const std::string name = assignment.text.substr(0, equals);
  const ShellWord value = expand({assignment.text.substr(equals + 1), assignment.literal});
  if (value.literal && value.text.size() <= kMaxValue && state_.values.size() < kMaxValues) {
    state_.values[name] = value.text;
  } else {
    state_.values.erase(name);
  }
}

ShellWord ShellFlow::expand(const ShellWord& word) const {
  if (word.literal) return word;
  ShellWord out{"", true};
  const std::string& text = word.text;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      out.literal = out.literal && text[at] != '`' && text.compare(at, 2, "{{") != 0;
      out.text += text[at++];
      continue;
    }
    const bool braces = at + 1 < text.size() && text[at + 1] == '{';
    const size_t begin = at + (braces ? 2 : 1);
    size_t end = begin;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
      ++end;
    const size_t behind = braces ? end + 1 : end;
    auto value = state_.values.find(text.substr(begin, end - begin));
    if (value == state_.values.end() || (braces && (end >= text.size() || text[end] != '}'))) return word;
    out.text += value->second;
    at = behind;
  }
  return out.literal ? out : word;
}

// A word as the shell sees it; a program that stands in a variable of several words is several words.
void ShellFlow::add_word(const ShellWord& word, std::vector<Word>& words) const {
  const ShellWord known = expand(word);
  const bool variable = words.empty() && !word.literal && word.text.starts_with('$');
  if (!variable || !known.literal) {
    words.push_back(as_word(known));
    return;
  }
  for (std::string_view part : split_words(std::string_view(known.text)))
    words.push_back({std::string(part), true});
}

void ShellFlow::set_options(const ShellNode& node) {
  for (size_t i = 1; i < node.words.size(); ++i) {
    const std::string& word = node.words[i].text;
    if (word.size() < 2 || (word[0] != '-' && word[0] != '+') || word == "--") break;
    const bool on = word[0] == '-';
    bool errexit = word.find('e') != std::string::npos;
    if (word.find('o') != std::string::npos && i + 1 < node.words.size()) {
      const std::string& option = node.words[++i].text;
      errexit = errexit || option == "errexit";
      if (option == "pipefail") state_.pipefail = on;
    }
    if (!errexit) continue;
    state_.errexit = on;
    if (!on) state_.lost = swallowed("`set +e`: only the last command's exit code counts", node);
  }
}

// A trap on ERR that exits works like `set -e`; any other makes failures visible at best.
void ShellFlow::set_trap(const ShellNode& node) {
  const bool on_error = std::any_of(node.words.begin(), node.words.end(),
                                    [](const ShellWord& word) { return word.text == "ERR"; });
  if (!on_error || node.words.size() < 3) return;
  const std::string& handler = node.words[1].text;
  auto function = functions_.find(std::string_view(handler).substr(0, handler.find(' ')));
  const bool exits = function != functions_.end() ? can_fail_inside(function->second->children[0], functions_)
                                                  : handler.find("exit") != std::string::npos;
  if (exits) {
    state_.errexit = true;
  } else if (!handler.empty() && handler != "-") {
    state_.lost = swallowed("the trap on ERR tells of it and goes on", node);
    state_.lost.effect = Effect::kReporting;
  }
}

// `bash -c '...'` and `bash <<EOF`, also behind docker run, ssh and the like.
void ShellFlow::nested_script(const ShellNode& node, const ShellScope& scope) {
  ShellContext inner = context_;
  inner.one_line = true;
  inner.line = file_line(node.line);
  inner.shell_span = span_of(node);
  std::string text;
  ScriptArgument argument = script_argument(node.words);
  if (argument.text == nullptr) argument.text = option_text(node.words);
  const bool elsewhere =
      std::find(kElsewhere.begin(), kElsewhere.end(), program_of(node)) != kElsewhere.end();
  const std::string remote = program_of(node) == "ssh" ? remote_script(node.words) : "";
  const std::string texts = argument_texts(node.words);
  if (argument.text != nullptr) {
    text = expand(*argument.text).text;
  } else if (!texts.empty()) {
    text = texts;
  } else if (!remote.empty() && node.heredoc.empty()) {
    text = remote;
  } else if (!node.heredoc.empty() && (is_shell(program_of(node)) || program_of(node) == "ssh")) {
    text = node.heredoc;
    inner.line = file_line(node.heredoc_line);
    inner.one_line = context_.one_line;
    for (const ShellWord& word : node.words) argument.errexit = argument.errexit || word.text == "-e";
  } else {
    return;
  }
  const ParsedShell shell = parse_shell(text, context_.dialect);
  ShellScope outer = scope;
  outer.status = resolve(scope);
  outer.shell = outer.status;
  outer.function = outer.status;
  outer.ignored = false;
  ShellFlow flow(inner, out_, nesting_ + 1);
  ShellState state = flow.initial_state();
  state.errexit = argument.errexit;
  state.pipefail = argument.pipefail;
  state.folder = state_.folder;
  if (elsewhere) {
    state.folder.current = "?";
    state.folder.moved = true;
  }
  flow.run(shell, outer, state);
}

void ShellFlow::emit(const ShellNode& node, const ShellScope& scope) {
  const ShellFate& fate = resolve(scope);
  auto [place, is_new] = emitted_.try_emplace(&node, out_.size());
  if (!is_new) {  // a function called again: the best call counts
    Command& known = out_[place->second];
    known.runs = known.runs || scope.runs;
    if (fate.effect < known.effect) {
      known.effect = fate.effect;
      known.effect_why = fate.why;
      known.effect_span = fate.span;
    }
    return;
  }
  Command command;
  command.unit = context_.unit;
  for (const ShellWord& word : node.words) add_word(word, command.words);
  for (const ShellWord& word : state_.exports) command.assignments.push_back(as_word(word));
  for (const ShellWord& word : node.assignments) command.assignments.push_back(as_word(word));
  command.span = span_of(node);
  command.effect = fate.effect;
  if (fate.effect != Effect::kBlocking) {
    command.effect_why = fate.why;
    command.effect_span = fate.span;
  }
  command.runs = scope.runs;
  command.output_file = scope.output_file;
  command.output_discarded = scope.output_discarded;
  command.background = scope.background;
  command.tested = scope.tested;
  command.working_directory = state_.folder.name();
  command.heredoc = Name(node.heredoc);
  out_.push_back(std::move(command));
}

}  // namespace mlgrade
