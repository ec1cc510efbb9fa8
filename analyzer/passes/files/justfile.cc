// just: recipes of justfiles, their lines and what they depend on.
#include <algorithm>
#include <cctype>
#include <map>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string name = to_lower(base_name(file.path.view()));
  return name == "justfile" || name == ".justfile" || name.ends_with(".just");
}

bool indented(std::string_view line) { return line.starts_with(' ') || line.starts_with('\t'); }

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; }

std::string_view take_name(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && in_name(text[end])) ++end;
  const std::string_view name = text.substr(0, end);
  text.remove_prefix(end);
  return name;
}

// Where a mark stands outside of quotes and brackets; npos if nowhere.
size_t find_plain(std::string_view text, char mark) {
  char quote = '\0';
  int open = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == mark && open == 0) {
      return i;
    } else if (c == '(') {
      ++open;
    } else if (c == ')') {
      --open;
    } else if (c == '#') {
      return text.npos;
    }
  }
  return text.npos;
}

std::string_view unquoted(std::string_view text) {
  text = trim(text);
  const bool quoted = text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0];
  return quoted ? text.substr(1, text.size() - 2) : std::string_view();
}

class JustReader {
 public:
  explicit JustReader(const SourceFile& file)
      : lines_(split_lines(file.text)), out_(automation_file(file, "just")), folder_(folder_of(file.path)) {}

  AutomationFile read() {
    for (size_t i = 0; i < lines_.size();) {
      const std::string_view line = lines_[i];
      if (line.empty() || indented(line) || line[0] == '#' || line[0] == '[') {
        ++i;
        continue;
      }
      if (!add_setting(line, static_cast<uint32_t>(i + 1)) && is_recipe(line)) {
        i = add_recipe(i);
      } else {
        ++i;
      }
    }
    for (const auto& [alias, target, line] : aliases_) {
      const uint32_t unit = add_unit(out_, UnitKind::kTarget, alias, line);
      link(unit, target, line);
    }
    return std::move(out_);
  }

 private:
  // `name := value`, `alias a := b`, `import 'x.just'`, `set ...`.
  bool add_setting(std::string_view line, uint32_t number) {
    if (line.starts_with("import ") || line.starts_with("import? ")) {
      const std::string_view path = unquoted(line.substr(line.find(' ')));
      if (!path.empty()) out_.includes.emplace_back(join_path(folder_, path));
      return true;
    }
    const size_t at = line.find(":=");
    if (at == line.npos || find_plain(line, ':') != at)
      return line.starts_with("set ") || line.starts_with("mod ");
    std::string_view name = trim(line.substr(0, at));
    const std::string_view value = trim(line.substr(at + 2));
    if (name.starts_with("alias ")) {
      aliases_.push_back({std::string(trim(name.substr(6))), std::string(value), number});
      return true;
    }
    if (name.starts_with("export ")) name = trim(name.substr(7));
    const std::string_view text = unquoted(value);
    if (!text.empty()) values_[std::string(name)] = text;
    return true;
  }

  static bool is_recipe(std::string_view line) {
    if (line.starts_with('@')) line.remove_prefix(1);
    return !line.empty() && (std::isalpha(static_cast<unsigned char>(line[0])) != 0 || line[0] == '_') &&
           find_plain(line, ':') != line.npos;
  }

  UnitLink& link(uint32_t unit, std::string_view name, uint32_t line) {
    UnitLink& link = add_link(out_, unit, LinkKind::kRuns, UnitKind::kTarget, name, line);
    link.target_system = out_.system;
    link.same_file = out_.includes.empty();
    return link;
  }

  // `name params: dependency (dependency "argument") && later`. Returns the line behind the recipe.
  size_t add_recipe(size_t at) {
    std::string_view head = lines_[at];
    if (head.starts_with('@')) head.remove_prefix(1);
    const auto number = static_cast<uint32_t>(at + 1);
    const size_t colon = find_plain(head, ':');
    std::string_view rest = head.substr(colon + 1);
    const uint32_t unit = add_unit(out_, UnitKind::kTarget, take_name(head), number);
    out_.units[unit].working_directory = Name(folder_.empty() ? "." : folder_);
    rest = rest.substr(0, rest.find('#'));
    while (!rest.empty()) {
      const bool name = std::isalpha(static_cast<unsigned char>(rest[0])) != 0 || rest[0] == '_';
      if (name) {
        link(unit, take_name(rest), number);
      } else if (rest[0] == '(') {
        std::string_view inside =
            trim(rest.substr(1, rest.find(')') == rest.npos ? rest.npos : rest.find(')') - 1));
        link(unit, take_name(inside), number);
        rest.remove_prefix(std::min(rest.find(')'), rest.size() - 1) + 1);
      } else {
        rest.remove_prefix(1);
      }
    }
    size_t end = at + 1;
    while (end < lines_.size() && (lines_[end].empty() || indented(lines_[end]))) ++end;
    add_body(unit, at + 1, end);
    return end;
  }

  // Each line has a shell of its own and stops the recipe when it fails; a body with a first line that names
  // an interpreter is one script.
  void add_body(uint32_t unit, size_t begin, size_t end) {
    while (begin < end && trim(lines_[begin]).empty()) ++begin;
    if (begin == end) return;
    if (trim(lines_[begin]).starts_with("#!")) return add_whole(unit, begin, end);
    for (size_t i = begin; i < end; ++i) {
      std::string text(trim(lines_[i]));
      const auto number = static_cast<uint32_t>(i + 1);
      while (text.ends_with('\\') && i + 1 < end) text += "\n" + std::string(trim(lines_[++i]));
      bool ignored = false;
      size_t marks = 0;
      while (marks < text.size() && (text[marks] == '@' || text[marks] == '-'))
        ignored = text[marks++] == '-' || ignored;
      const size_t before = out_.commands.size();
      add_script(out_, unit, {filled(text.substr(marks)), number, false, false});
      if (ignored) {
        set_command_effects(out_, before, Effect::kSwallowed, "`-` before the line lets just go on", number);
      }
    }
  }

  void add_whole(uint32_t unit, size_t begin, size_t end) {
    DataNode text;
    text.kind = DataNode::Kind::kScalar;
    text.line = static_cast<uint32_t>(begin + 1);
    for (size_t i = begin; i < end; ++i)
      text.text += std::string(i == begin ? trim(lines_[i]) : lines_[i]) + "\n";
    text.text = filled(text.text);
    add_script_with_shebang(out_, unit, text, false);
  }

  // `{{ name }}` where its value is in the file; the rest in the form that the shell reader leaves alone.
  std::string filled(const std::string& text) const {
    std::string out;
    std::string_view rest = text;
    while (!rest.empty()) {
      const size_t open = rest.find("{{");
      const size_t close = open == rest.npos ? rest.npos : rest.find("}}", open);
      out += rest.substr(0, open);
      if (close == rest.npos) {
        if (open != rest.npos) out += rest.substr(open);
        break;
      }
      const std::string name(trim(rest.substr(open + 2, close - open - 2)));
      const auto known = values_.find(name);
      out += known != values_.end() ? known->second : "${{ " + name + " }}";
      rest.remove_prefix(close + 2);
    }
    return out;
  }

  struct Alias {
    std::string name, target;
    uint32_t line;
  };

  std::vector<std::string_view> lines_;
  AutomationFile out_;
  std::string folder_;
  std::map<std::string, std::string> values_;
  std::vector<Alias> aliases_;
};

void run(const SourceFile& file, FileFacts& out) {
  AutomationFile automation = JustReader(file).read();
  const bool any = !automation.units.empty() || !automation.includes.empty();
  if (any) out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass justfile;
const FilePass justfile = {"justfile", "recipes of just", wants, run};

}  // namespace mlgrade::passes
