// Command words and keyword arguments against patterns.
#include "analyzer/engine/words.h"

#include <charconv>

#include "analyzer/base/glob.h"
#include "analyzer/graph/command_line.h"

namespace mlgrade {
namespace {

std::string_view base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> list) {
  for (std::string_view entry : list) {
    if (word == entry) return true;
  }
  return false;
}

using Words = std::vector<Word>;

size_t skip_options(const Words& words, size_t i) {
  while (i < words.size() && words[i].text.starts_with('-')) ++i;
  return i;
}

// The words of the program that the command really starts; empty if that is the command itself.
Words started_by(const Command& command) {
  if (command.words.size() < 2) return {};
  CommandLine line = command_line(command.words);
  if (line.program == "python" && line.words.size() > 2 && line.words[1].text == "-m")
    line.words.erase(line.words.begin(), line.words.begin() + 2);
  return line.words.size() == command.words.size() ? Words{} : std::move(line.words);
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = text.find(' ');
    if (end != 0) words.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return words;
}

// "--level=high" is `--level=high` and `--level high`.
bool option_matches(const Words& words, size_t at, std::string_view wanted) {
  if (glob_match(wanted, words[at].text)) return true;
  const size_t equals = wanted.find('=');
  return equals != std::string_view::npos && words[at].text == wanted.substr(0, equals) &&
         at + 1 < words.size() && glob_match(wanted.substr(equals + 1), words[at + 1].text);
}

// `wanted` words in order; options that are not wanted may stand between.
bool words_match(const Words& words, const std::vector<std::string_view>& wanted) {
  size_t i = 0;
  for (size_t w = 0; w < wanted.size(); ++w) {
    if (w > 0 && !wanted[w].starts_with('-')) i = skip_options(words, i);
    if (i >= words.size() || !words[i].literal) return false;
    const std::string_view word = w == 0 ? base_name(words[i].text) : words[i].text;
    const bool option = w > 0 && wanted[w].starts_with('-');
    if (option) {
      // An option may stand anywhere behind.
      size_t at = i;
      while (at < words.size() && !option_matches(words, at, wanted[w])) ++at;
      if (at == words.size()) return false;
      continue;
    }
    if (!glob_match(wanted[w], word)) return false;
    ++i;
  }
  return true;
}

bool number_matches(const PyValue& value, std::string_view wanted) {
  const bool at_least = wanted.starts_with(">=");
  if (at_least) wanted.remove_prefix(2);
  double number = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  const bool read = error == std::errc() && end == wanted.data() + wanted.size();
  return read && (at_least ? value.number >= number : value.number == number);
}

bool value_matches(const PyValue& value, std::string_view wanted) {
  switch (value.kind) {
    case PyValue::Kind::kBool:
      return (wanted == "true" || wanted == "True") == (value.text == "True") &&
             one_of(wanted, {"true", "True", "false", "False"});
    case PyValue::Kind::kNumber:
      return number_matches(value, wanted);
    case PyValue::Kind::kNone:
      return wanted == "none" || wanted == "None" || wanted == "null";
    case PyValue::Kind::kString:
    case PyValue::Kind::kName:
      return glob_match(wanted, value.text.view());
    default:
      return false;
  }
}

}  // namespace

bool command_matches(const Command& command, std::string_view pattern) {
  const std::vector<std::string_view> wanted = split(pattern);
  if (wanted.empty() || command.words.empty()) return false;
  if (words_match(command.words, wanted)) return true;
  const Words started = started_by(command);
  return !started.empty() && words_match(started, wanted);
}

std::vector<std::string> programs_of(const Command& command) {
  std::vector<std::string> out;
  if (command.words.empty()) return out;
  out.emplace_back(base_name(command.words[0].text));
  if (const Words started = started_by(command); !started.empty()) {
    out.emplace_back(base_name(started[0].text));
    if (out[0] == out[1]) out.pop_back();
  }
  return out;
}

bool argument_matches(const PythonModule& module, const PyCall& call, std::string_view keyword,
                      std::string_view wanted) {
  const bool unwanted = wanted.starts_with('!');
  const bool positional =
      !keyword.empty() && keyword.find_first_not_of("0123456789") == std::string_view::npos;
  uint32_t position = 0;
  for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
    const PyArg& arg = module.args[i];
    if (positional) {
      if (!arg.keyword.empty() || std::to_string(position++) != keyword) continue;
    } else if (arg.keyword != keyword) {
      continue;
    }
    if (wanted == "*" || wanted.starts_with("*!")) {
      if (arg.value.kind == PyValue::Kind::kNone) return false;
      return wanted == "*" || !value_matches(arg.value, wanted.substr(2));
    }
    if (unwanted) return !value_matches(arg.value, wanted.substr(1));
    return value_matches(arg.value, wanted);
  }
  return unwanted;
}

}  // namespace mlgrade
