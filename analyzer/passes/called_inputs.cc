// Commands of the repository's own actions and called workflows, as their callers have them run: where a
// command names an input (`${{ inputs.file }}`) and a caller gives it, the command with the caller's words
// becomes one of the caller's unit. The command of the callee stays as it is written: what one caller runs
// with its words no other caller runs.
#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/passes/repo_passes.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

constexpr int kMaxDepth = 4;
constexpr size_t kMaxCommands = 2000;  // added in all

using Inputs = std::vector<std::pair<std::string, Word>>;
using Key = std::pair<UnitKind, Name>;

struct Place {
  uint32_t file = kNone;
  uint32_t unit = kNone;
};

bool is_name_char(char c) { return c == '_' || c == '-' || std::isalnum(static_cast<unsigned char>(c)) != 0; }

// The name of the input that the inside of `${{ }}` stands for: `inputs.x`, or `inputs.x || 'default'`.
std::string_view input_name(std::string_view expression) {
  expression = trim(expression);
  if (!expression.starts_with("inputs.")) return "";
  expression.remove_prefix(7);
  size_t end = 0;
  while (end < expression.size() && is_name_char(expression[end])) ++end;
  const std::string_view behind = trim(expression.substr(end));
  return behind.empty() || behind.starts_with("||") ? expression.substr(0, end) : "";
}

const Word* find_input(const Inputs& inputs, std::string_view name) {
  const auto found =
      std::find_if(inputs.begin(), inputs.end(), [&](const auto& i) { return i.first == name; });
  return found == inputs.end() ? nullptr : &found->second;
}

// The text with the inputs that are given put in; nothing if none of them stands in it.
std::optional<std::string> put_in(std::string_view text, const Inputs& inputs) {
  std::string out;
  bool changed = false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = text.find("${{", at);
    const size_t end = begin == text.npos ? text.npos : text.find("}}", begin);
    if (end == text.npos) {
      out += text.substr(at);
      break;
    }
    out += text.substr(at, begin - at);
    const std::string_view name = input_name(text.substr(begin + 3, end - begin - 3));
    const Word* input = name.empty() ? nullptr : find_input(inputs, name);
    out += input != nullptr ? std::string_view(input->text) : text.substr(begin, end + 2 - begin);
    changed |= input != nullptr;
    at = end + 2;
  }
  if (!changed) return std::nullopt;
  return out;
}

// A word that is one input is several, or none, if the input is; what only a shell can take apart is left.
bool put_words(const std::vector<Word>& words, const Inputs& inputs, std::vector<Word>& out) {
  bool changed = false;
  for (const Word& word : words) {
    std::optional<std::string> text = word.literal ? std::nullopt : put_in(word.text, inputs);
    if (!text) {
      out.push_back(word);
      continue;
    }
    changed = true;
    const bool plain = text->find_first_of("$`") == text->npos;
    const bool whole = word.text.starts_with("${{") && word.text.find("}}") == word.text.size() - 2;
    if (!whole || text->find_first_of("\n;|&<>'\"") != text->npos) {
      out.push_back({std::move(*text), plain});
      continue;
    }
    for (std::string_view part : split_words(std::string_view(*text)))
      out.push_back({std::string(part), plain});
  }
  return changed && !out.empty();
}

// Whether the unit of a callee runs when the callee does, and what becomes of its failure there.
struct Fate {
  Truth runs = Truth::kYes;
  Effect effect = Effect::kBlocking;
  std::string why;
  Span at;
};

void worsen(Fate& fate, Effect effect, const std::string& why, Span at) {
  if (!(fate.effect < effect)) return;
  fate.effect = effect;
  fate.why = why;
  fate.at = at;
}

// False if the unit is no part of `root`.
bool follow(const AutomationFile& file, uint32_t unit, uint32_t root, Fate& fate) {
  for (uint32_t u = unit; u != root; u = file.units[u].parent) {
    if (u == kNone) return false;
    const Unit& each = file.units[u];
    fate.runs = fate.runs && (each.manual ? Truth::kNo : each.runs);
    worsen(fate, each.effect, each.effect_why, each.effect_span);
  }
  return true;
}

class Caller {
 public:
  explicit Caller(FactStore& facts) : facts_(facts) {
    for (uint32_t f = 0; f < facts.automation.size(); ++f) {
      const AutomationFile& file = facts.automation[f];
      if (file.system != "github-actions") continue;
      for (uint32_t u = 0; u < file.units.size(); ++u) {
        const Unit& unit = file.units[u];
        if (unit.kind == UnitKind::kAction || unit.kind == UnitKind::kWorkflow)
          callees_.try_emplace({unit.kind, unit.name}, Place{f, u});
      }
    }
  }

  void run() {
    for (uint32_t f = 0; f < facts_.automation.size(); ++f) {
      const AutomationFile& file = facts_.automation[f];
      if (file.system != "github-actions") continue;
      for (const UnitLink& link : file.links) {
        if (link.kind == LinkKind::kUses) call({f, link.unit}, link, link.with, Fate(), 0);
      }
    }
    for (auto& [file, command] : added_) facts_.automation[file].commands.push_back(std::move(command));
  }

 private:
  void call(Place caller, const UnitLink& link, const Inputs& inputs, const Fate& so_far, int depth) {
    const auto found = callees_.find({link.target_kind, link.target});
    if (inputs.empty() || depth > kMaxDepth || found == callees_.end()) return;
    const AutomationFile& callee = facts_.automation[found->second.file];
    for (const Command& command : callee.commands) {
      Fate fate = so_far;
      std::vector<Word> words;
      if (!follow(callee, command.unit, found->second.unit, fate) || fate.runs == Truth::kNo) continue;
      if (added_.size() >= kMaxCommands || !put_words(command.words, inputs, words)) continue;
      worsen(fate, command.effect, command.effect_why, command.effect_span);
      Command copy = command;
      copy.unit = caller.unit;
      copy.words = std::move(words);
      copy.runs = command.runs && fate.runs;
      copy.effect = fate.effect;
      copy.effect_why = fate.why;
      copy.effect_span = fate.at;
      if (copy.working_directory.empty()) copy.working_directory = folder_of_step(callee, command.unit);
      added_.emplace_back(caller.file, std::move(copy));
    }
    for (const UnitLink& inner : callee.links) {
      Fate fate = so_far;
      if (inner.kind != LinkKind::kUses || !follow(callee, inner.unit, found->second.unit, fate)) continue;
      Inputs given;
      for (const auto& [name, word] : inner.with) {
        if (std::optional<std::string> text = put_in(word.text, inputs))
          given.emplace_back(name, Word{*text, text->find("${{") == text->npos});
      }
      call(caller, inner, given, fate, depth + 1);
    }
  }

  // The folder that a step of the callee sets; "" is the caller's.
  static Name folder_of_step(const AutomationFile& file, uint32_t unit) {
    for (uint32_t u = unit; u != kNone; u = file.units[u].parent) {
      if (!file.units[u].working_directory.empty()) return file.units[u].working_directory;
    }
    return Name();
  }

  FactStore& facts_;
  std::map<Key, Place> callees_;
  std::vector<std::pair<uint32_t, Command>> added_;
};

}  // namespace

void pass_inputs(FactStore& facts) { Caller(facts).run(); }

}  // namespace mlgrade::passes
