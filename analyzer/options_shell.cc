// Commands and options -> completions of bash, zsh and fish, and a manual page.
#include "analyzer/options_shell.h"

#include <algorithm>
#include <sstream>

namespace mlgrade {
namespace {

struct Option {
  std::vector<std::string> names;  // "--output", "-o"; empty for a positional one
  std::string positional;          // "PATH"
  std::string about;
  std::string type;                  // "FILE"; "" for a flag
  std::vector<std::string> choices;  // all values that there are; empty: any
};

struct Command {
  std::string name, about;
  std::vector<Option> options;
};

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

// IsMember describes itself as "{a,b,c}".
std::vector<std::string> choices_of(CLI::Option& option) {
  std::vector<std::string> out;
  try {
    const std::string text = option.get_validator(0)->get_description();
    if (!text.starts_with('{') || !text.ends_with('}')) return out;
    std::istringstream list(text.substr(1, text.size() - 2));
    for (std::string word; std::getline(list, word, ',');) out.push_back(word);
  } catch (const CLI::OptionNotFound&) {
    return out;  // no validator
  }
  return out;
}

Option option_of(CLI::Option& option) {
  Option out;
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
  if (out.names.empty()) out.positional = option.get_name();
  out.about = option.get_description();
  out.choices = choices_of(option);
  if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();  // "FORMAT:{csv,html}", the validators behind it
    out.type = type.substr(0, type.find(':'));
    if (out.type.empty()) out.type = "TEXT";
  }
  return out;
}

std::vector<Command> commands_of(CLI::App& app) {
  std::vector<Command> out;
  for (CLI::App* command : app.get_subcommands(std::function<bool(CLI::App*)>{})) {
    Command one{command->get_name(), command->get_description(), {}};
    for (CLI::Option* option : command->get_options()) one.options.push_back(option_of(*option));
    out.push_back(std::move(one));
  }
  return out;
}

std::string names_of(const std::vector<Command>& commands, const char* between) {
  std::vector<std::string> names;
  for (const Command& command : commands) names.push_back(command.name);
  return joined(names, between);
}

std::string bash(const std::vector<Command>& commands) {
  std::string choices;
  std::string options;
  for (const Command& command : commands) {
    std::vector<std::string> words;
    for (const Option& option : command.options) {
      words.insert(words.end(), option.names.begin(), option.names.end());
      if (option.choices.empty()) continue;
      std::string pattern = option.positional.empty() ? "" : "'" + command.name + " " + command.name + "'";
      for (const std::string& name : option.names)
        pattern += (pattern.empty() ? "'" : "|'") + command.name + " " + name + "'";
      choices += "    " + pattern + ") words='" + joined(option.choices, " ") + "' ;;\n";
    }
    options += "        " + command.name + ") words='" + joined(words, " ") + "' ;;\n";
  }
  return "# bash completion of mlgrade\n"
         "_mlgrade() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' words='' "
         "word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case $word in " +
         names_of(commands, "|") +
         ") command=$word; break ;; esac\n"
         "  done\n"
         "  case \"$command $previous\" in\n" +
         choices +
         "    *)\n"
         "      case $command in\n" +
         options + "        *) words='" + names_of(commands, " ") +
         " --help --version' ;;\n"
         "      esac\n"
         "      [[ $current == -* || -z $command ]] || words=''\n"
         "      ;;\n"
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "  [[ ${#COMPREPLY[@]} -gt 0 || $current == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "
         "\"$current\")\n"
         "}\n"
         "complete -o filenames -F _mlgrade mlgrade\n";
}

// Within single quotes and, for zsh, within brackets.
std::string quoted(const std::string& text, bool brackets) {
  std::string out;
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (brackets && (c == '[' || c == ']' || c == ':' || c == '\\')) {
      out += std::string("\\") + c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string zsh_values(const Option& option) {
  return option.choices.empty() ? "_files" : "(" + joined(option.choices, " ") + ")";
}

std::string zsh(const std::vector<Command>& commands) {
  std::string out = "#compdef mlgrade\n\n_mlgrade() {\n  local -a commands=(\n";
  for (const Command& command : commands) {
    out += "    '" + command.name + ":" + quoted(command.about, true) + "'\n";
  }
  out +=
      "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    _files\n    return\n  fi\n"
      "  local command=$words[2]\n  (( ${commands[(I)$command:*]} )) || command=scan\n  case $command in\n";
  for (const Command& command : commands) {
    out += "    " + command.name + ")\n      _arguments";
    int place = 2;
    for (const Option& option : command.options) {
      for (const std::string& name : option.names) {
        out += " \\\n        '*" + name + "[" + quoted(option.about, true) + "]";
        out += option.type.empty() ? "'" : ":" + option.type + ":" + zsh_values(option) + "'";
      }
      if (option.names.empty()) {
        out += " \\\n        '" + std::to_string(place++) + ":" + quoted(option.positional, true) + ":" +
               zsh_values(option) + "'";
      }
    }
    out += "\n      ;;\n";
  }
  return out + "  esac\n}\n\n_mlgrade \"$@\"\n";
}

std::string fish(const std::vector<Command>& commands) {
  std::string out = "# fish completion of mlgrade\n";
  for (const Command& command : commands) {
    out += "complete -c mlgrade -n __fish_use_subcommand -a " + command.name + " -d '" +
           quoted(command.about, false) + "'\n";
  }
  for (const Command& command : commands) {
    for (const Option& option : command.options) {
      out += "complete -c mlgrade -n '__fish_seen_subcommand_from " + command.name + "'";
      for (const std::string& name : option.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.choices.empty()) {
        out += " -x -a '" + joined(option.choices, " ") + "'";
      } else if (!option.type.empty()) {
        out += " -r";
      }
      out += " -d '" + quoted(option.about, false) + "'\n";
    }
  }
  return out;
}

// Text for troff: no character of it is a request or an escape.
std::string troff(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool starts = out.empty() || out.back() == '\n';
    if (starts && (text[i] == '.' || text[i] == '\'')) out += "\\&";
    if (text[i] == '\\') {
      out += "\\e";
    } else if (text[i] == '-') {
      out += "\\-";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string man(CLI::App& app, const std::vector<Command>& commands) {
  std::string out = ".TH MLGRADE 1 \"\" \"mlgrade " MLGRADE_VERSION
                    "\"\n.SH NAME\nmlgrade \\- score the production readiness of a "
                    "machine\\-learning repository\n.SH SYNOPSIS\n";
  for (const Command& command : commands) {
    std::string words;
    for (const Option& option : command.options) {
      if (!option.positional.empty()) words += " [" + option.positional + "]";
    }
    out += ".B mlgrade " + command.name + "\n[options]" + troff(words) + "\n.br\n";
  }
  out += ".SH DESCRIPTION\n" + troff(app.get_description()) + "\n.SH COMMANDS\n";
  for (const Command& command : commands) {
    out += ".SS " + command.name + "\n" + troff(command.about) + ".\n";
    for (const Option& option : command.options) {
      std::vector<std::string> names;
      for (const std::string& name : option.names) names.push_back("\\fB" + troff(name) + "\\fR");
      if (names.empty()) names.push_back("\\fI" + troff(option.positional) + "\\fR");
      out += ".TP\n" + joined(names, ", ");
      if (!option.names.empty() && !option.type.empty()) out += " \\fI" + troff(option.type) + "\\fR";
      out += "\n" + troff(option.about) + ".\n";
    }
  }
  return out +
         ".SH EXIT STATUS\n.TP\n0\nfine\n.TP\n1\nbelow a bound that was asked for\n.TP\n2\nwrong usage or "
         "environment\n.TP\n3\na bug of "
         "mlgrade\n";
}

}  // namespace

const std::vector<std::string>& shell_texts() {
  static const std::vector<std::string> names = {"bash", "zsh", "fish", "man"};
  return names;
}

std::string shell_text(CLI::App& app, const std::string& what) {
  const std::vector<Command> commands = commands_of(app);
  if (what == "bash") return bash(commands);
  if (what == "zsh") return zsh(commands);
  if (what == "fish") return fish(commands);
  return man(app, commands);
}

}  // namespace mlgrade
