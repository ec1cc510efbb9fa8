// Snakemake: rules with what they run, linked by the files that one makes and another asks for.
#include <algorithm>
#include <cctype>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view name = base_name(file.path.view());
  return to_lower(name) == "snakefile" || name.ends_with(".smk");
}

size_t indentation(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  return first == line.npos ? line.size() : first;
}

// A text in quotes, without prefixes and escapes worked out.
struct Literal {
  std::string text;
  size_t line = 0;  // from 0, in the part that was searched
};

// All quoted texts, outside of comments.
std::vector<Literal> literals_of(std::string_view text) {
  std::vector<Literal> out;
  size_t line = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (c == '#') {
      while (i + 1 < text.size() && text[i + 1] != '\n') ++i;
    }
    if (c != '"' && c != '\'') continue;
    const std::string quote =
        text.substr(i).starts_with(std::string(3, c)) ? std::string(3, c) : std::string(1, c);
    Literal literal;
    literal.line = line;
    const bool one_line = quote.size() == 1;
    for (i += quote.size(); i < text.size() && !text.substr(i).starts_with(quote); ++i) {
      if (text[i] == '\n' && one_line) break;
      if (text[i] == '\n') ++line;
      if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] != '\n') {
        ++i;
        if (text[i] != '"' && text[i] != '\'' && text[i] != '\\') literal.text += '\\';
      }
      literal.text += text[i];
    }
    out.push_back(std::move(literal));
    const bool open = i < text.size() && text[i] == '\n' && one_line;  // the line end is still to be counted
    i += open ? static_cast<size_t>(-1) : quote.size() - 1;
  }
  return out;
}

// A path with its wildcards as `*`: what two rules have in common when one makes what the other asks for.
std::string normalised(std::string_view path) {
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '{') {
      out += path[i];
      continue;
    }
    const size_t end = path.find('}', i);
    if (end == path.npos) return "";
    out += '*';
    i = end + (end + 1 < path.size() && path[end + 1] == '}' ? 1 : 0);  // {{sample}} inside expand()
  }
  return out;
}

// A part of a rule: `input:` with all that is indented below it.
struct Directive {
  std::string name, text;
  uint32_t line = 0;  // of the text's first line
};

class SnakeReader {
 public:
  explicit SnakeReader(const SourceFile& file)
      : lines_(split_lines(std::string_view(file.text))),
        out_(automation_file(file, "snakemake")),
        folder_(folder_of(file.path)) {}

  AutomationFile read() {
    for (size_t i = 0; i < lines_.size();) {
      std::string_view line = lines_[i];
      const size_t indent = indentation(line);
      std::string_view text = trim(line);
      if (text.starts_with("include:")) {
        for (const Literal& path : literals_of(text)) {
          const std::string joined = join_path(folder_, path.text);
          if (joined != "?" && joined.find('{') == joined.npos) out_.includes.emplace_back(joined);
        }
      }
      const bool rule =
          (text.starts_with("rule ") || text.starts_with("checkpoint ") || text.starts_with("rule:")) &&
          text.find(':') != text.npos;
      i = rule ? add_rule(i, indent) : i + 1;
    }
    return std::move(out_);
  }

 private:
  size_t add_rule(size_t at, size_t indent) {
    std::string_view head = trim(lines_[at]);
    const size_t space = head.find(' ');
    std::string name(space == head.npos ? "" : trim(head.substr(space + 1, head.find(':') - space - 1)));
    const auto number = static_cast<uint32_t>(at + 1);
    if (name.empty()) name = "rule at line " + std::to_string(number);
    const uint32_t unit = add_unit(out_, UnitKind::kStage, name, number);
    out_.units[unit].working_directory = Name(".");
    size_t end = at + 1;
    while (end < lines_.size() && (trim(lines_[end]).empty() || indentation(lines_[end]) > indent)) ++end;
    for (const Directive& directive : directives(at + 1, end)) add_directive(unit, directive);
    return end;
  }

  std::vector<Directive> directives(size_t begin, size_t end) const {
    std::vector<Directive> out;
    size_t level = std::string_view::npos;
    for (size_t i = begin; i < end; ++i) {
      const std::string_view line = lines_[i];
      const std::string_view text = trim(line);
      if (text.empty() || text.starts_with('#')) {
        if (!out.empty()) out.back().text += "\n";
        continue;
      }
      if (level == std::string_view::npos) level = indentation(line);
      size_t word = 0;
      while (word < text.size() &&
             (std::isalpha(static_cast<unsigned char>(text[word])) != 0 || text[word] == '_'))
        ++word;
      if (indentation(line) <= level && word > 0 && word < text.size() && text[word] == ':') {
        out.push_back({std::string(text.substr(0, word)), std::string(text.substr(word + 1)) + "\n",
                       static_cast<uint32_t>(i + 1)});
      } else if (!out.empty()) {
        out.back().text += std::string(line) + "\n";
      }
    }
    return out;
  }

  void add_directive(uint32_t unit, const Directive& directive) {
    if (directive.name == "output") {
      for (const Literal& path : literals_of(directive.text)) {
        const std::string made = normalised(path.text);
        if (made.empty()) continue;
        const uint32_t product = add_unit(out_, UnitKind::kTarget, "file " + made, directive.line);
        link(product, UnitKind::kStage, out_.units[unit].name.str(), directive.line).same_file = true;
      }
    } else if (directive.name == "input") {
      add_inputs(unit, directive);
    } else if (directive.name == "shell") {
      add_shell(unit, literals_of(directive.text), directive.line);
    } else if (directive.name == "script" || directive.name == "notebook") {
      for (const Literal& path : literals_of(directive.text)) add_file(unit, path.text, directive.line);
    } else if (directive.name == "run") {
      add_run(unit, directive);
    }
  }

  UnitLink& link(uint32_t unit, UnitKind kind, std::string_view target, uint32_t line) {
    UnitLink& link = add_link(out_, unit, LinkKind::kRuns, kind, target, line);
    link.target_system = out_.system;
    return link;
  }

  // Files, wherever the rule is that makes them, and `rules.name.output`.
  void add_inputs(uint32_t unit, const Directive& directive) {
    for (const Literal& path : literals_of(directive.text)) {
      const std::string wanted = normalised(path.text);
      if (!wanted.empty()) link(unit, UnitKind::kTarget, "file " + wanted, directive.line);
    }
    for (std::string_view mark : {"rules.", "checkpoints."}) {
      for (size_t at = directive.text.find(mark); at != std::string::npos;
           at = directive.text.find(mark, at + 1)) {
        size_t end = at + mark.size();
        while (end < directive.text.size() &&
               (std::isalnum(static_cast<unsigned char>(directive.text[end])) != 0 ||
                directive.text[end] == '_'))
          ++end;
        link(unit, UnitKind::kStage, directive.text.substr(at + mark.size(), end - at - mark.size()),
             directive.line);
      }
    }
  }

  // Adjacent texts are one; Snakemake runs them in bash -euo pipefail.
  void add_shell(uint32_t unit, const std::vector<Literal>& texts, uint32_t line) {
    if (texts.empty()) return;
    std::string text;
    for (const Literal& part : texts) text += part.text;
    std::string shell;
    for (size_t i = 0; i < text.size(); ++i) {
      const bool twice = i + 1 < text.size() && text[i + 1] == text[i];
      if ((text[i] == '{' || text[i] == '}') && twice) {
        shell += text[i++];
      } else if (text[i] == '{') {
        const size_t end = text.find('}', i);
        if (end == std::string::npos) break;
        shell += "${{ " + text.substr(i + 1, end - i - 1) + " }}";
        i = end;
      } else {
        shell += text[i];
      }
    }
    const bool lines = texts.size() == 1 && shell.find('\n') != std::string::npos;
    add_script(out_, unit, {shell, line + static_cast<uint32_t>(texts[0].line), true, true, !lines});
  }

  void add_file(uint32_t unit, const std::string& path, uint32_t line) {
    const std::string joined = join_path(folder_, path);
    if (joined == "?" || joined.find('{') != joined.npos) return;
    const char* program = joined.ends_with(".py")      ? "python"
                          : joined.ends_with(".ipynb") ? "papermill"
                          : joined.ends_with(".R")     ? "Rscript"
                                                       : "bash";
    add_exec(out_, unit, {program, joined}, line);
  }

  // A block of Python; only what it hands to `shell(...)` is read.
  void add_run(uint32_t unit, const Directive& directive) {
    for (size_t at = directive.text.find("shell("); at != std::string::npos;
         at = directive.text.find("shell(", at + 6)) {
      const size_t end = directive.text.find(')', at);
      const std::vector<Literal> texts = literals_of(
          std::string_view(directive.text).substr(at + 6, end == std::string::npos ? end : end - at - 6));
      const auto before = static_cast<uint32_t>(
          std::count(directive.text.begin(), directive.text.begin() + static_cast<long>(at), '\n'));
      add_shell(unit, texts, directive.line + before);
    }
  }

  std::vector<std::string_view> lines_;
  AutomationFile out_;
  std::string folder_;
};

void run(const SourceFile& file, FileFacts& out) {
  AutomationFile automation = SnakeReader(file).read();
  if (!automation.units.empty() || !automation.includes.empty())
    out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass snakemake;
const FilePass snakemake = {"snakemake", "rules of Snakemake", wants, run};

}  // namespace mlgrade::passes
