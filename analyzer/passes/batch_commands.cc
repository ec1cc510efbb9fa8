// Batch texts, line by line. They go on after a failure; `||`, `if errorlevel` and the last line decide.
#include <algorithm>

#include "analyzer/passes/shell_folder.h"
#include "analyzer/passes/text.h"
#include "analyzer/passes/windows_shells.h"

namespace mlgrade {
namespace {

constexpr size_t kMaxCommands = 5000;  // of one text

struct Piece {
  std::string text;
  std::string tie;  // "&&", "||", "&", "|" behind it
};

// A line at its separators, outside of quotes; `^` takes a character as it is.
std::vector<Piece> pieces_of(std::string_view line) {
  std::vector<Piece> out(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '^' && !quoted && i + 1 < line.size()) {
      out.back().text += line[++i];
      continue;
    }
    if (c == '"') quoted = !quoted;
    const bool redirect = c == '&' && i > 0 && line[i - 1] == '>';
    if (quoted || redirect || (c != '&' && c != '|')) {
      out.back().text += c;
      continue;
    }
    const bool twice = i + 1 < line.size() && line[i + 1] == c;
    out.back().tie = std::string(twice ? 2 : 1, c);
    if (twice) ++i;
    out.emplace_back();
  }
  return out;
}

// Words without quotes, redirections taken out.
struct Words {
  std::vector<ShellWord> words;
  std::string output_file;
};

Words words_of(std::string_view text) {
  Words out;
  std::string word;
  bool quoted = false, any = false, literal = true, redirect = false;
  const auto end = [&] {
    if (!any) return;
    const bool number = word.size() == 1 && word[0] >= '0' && word[0] <= '9';
    if (redirect) {
      if (!number) out.output_file = word;
      redirect = false;
    } else {
      out.words.push_back({word, literal});
    }
    word.clear();
    any = false, literal = true;
  };
  for (char c : text) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (!quoted && (c == ' ' || c == '\t' || c == ',' || c == '\r')) {
      end();
    } else if (!quoted && c == '>') {
      if (word == "1" || word == "2") word.clear(), any = false;
      end();
      redirect = true;
    } else if (!quoted && c == '&' && redirect) {
      continue;  // 2>&1
    } else {
      if (c == '%' || c == '!' || c == '$') literal = false;
      word += c == '\\' ? '/' : c;
      any = true;
    }
  }
  end();
  return out;
}

// Commands of cmd itself that leave the error level alone.
bool is_builtin(std::string_view name) {
  constexpr std::string_view kNames[] = {"echo",     "set",      "rem",    "cd",   "chdir", "pushd", "popd",
                                         "setlocal", "endlocal", "goto",   "exit", "title", "mkdir", "md",
                                         "del",      "copy",     "type",   "cls",  "pause", "color", "echo.",
                                         "shift",    "path",     "prompt", "ver"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool leaves_failing(std::string_view text) {
  const Words words = words_of(text);
  if (words.words.empty()) return false;
  const std::string name = to_lower(words.words[0].text);
  if (name == "goto") return true;  // an error label; where it leads is not followed
  return name == "exit" && words.words.back().text != "0" && words.words.size() > 1 &&
         to_lower(words.words.back().text) != "/b";
}

class Reader {
 public:
  explicit Reader(const ShellContext& context) : context_(context) {
    folder_.current = context.working_directory.str();
    folder_.own = context.script_folder.str();
  }

  std::vector<Command> read(std::string_view text) {
    const std::vector<std::string_view> lines = split_lines(text);
    for (size_t i = 0; i < lines.size() && out_.size() < kMaxCommands; ++i) {
      std::string line(trim(lines[i]));
      line_ = static_cast<uint32_t>(i + 1);
      while (line.ends_with('^') && i + 1 < lines.size()) {
        line.pop_back();
        line += trim(lines[++i]);
      }
      if (line.starts_with('@')) line.erase(0, 1);
      if (line.empty() || line.starts_with(':')) continue;
      read_line(trim(std::string_view(line)));
    }
    settle();
    return std::move(out_);
  }

 private:
  void read_line(std::string_view line) {
    const std::string low = to_lower(line);
    if (low.starts_with("rem ") || low == "rem") return;
    while (line.starts_with(')')) {
      if (depth_ > 0) --depth_;
      line = trim(line.substr(1));
      if (to_lower(line).starts_with("else")) line = trim(line.substr(4));
      if (line.starts_with('(')) {
        ++depth_;
        line = trim(line.substr(1));
      }
    }
    Truth runs = depth_ > 0 ? Truth::kUnknown : Truth::kYes;
    for (int hops = 0; hops < 8; ++hops) {
      const std::string head = to_lower(line.substr(0, line.find_first_of(" (")));
      if (head == "if") {
        runs = Truth::kUnknown;
        if (test_of_failure(line)) return;
        line = behind_condition(line);
      } else if (head == "for") {
        runs = Truth::kUnknown;
        const size_t body = to_lower(line).find(" do ");
        line = body == line.npos ? std::string_view() : trim(line.substr(body + 4));
      } else {
        break;
      }
    }
    if (line.starts_with('(')) {
      ++depth_;
      line = trim(line.substr(1));
    }
    if (!line.empty()) read_commands(line, runs);
  }

  // `if errorlevel 1 exit /b 1`, `if %errorlevel% neq 0 ( exit /b 1 )`: what ran before is looked at.
  bool test_of_failure(std::string_view line) {
    if (to_lower(line).find("errorlevel") == std::string::npos) return false;
    const bool opens = line.ends_with('(');
    if (opens) ++depth_;
    // The branch of a block is on the next lines: it is taken to leave, as nearly all do, if it is one line.
    const bool leaves = !opens && leaves_failing(behind_condition(line));
    for (size_t index : open_) {
      if (leaves || opens) out_[index].tested = true;
    }
    if (leaves && !open_.empty()) open_.pop_back();
    if (opens) pending_test_ = true;
    return true;
  }

  static std::string_view behind_condition(std::string_view line) {
    line = trim(line.substr(2));
    const auto drop = [&] {
      const size_t blank = line.find(' ');
      line = blank == line.npos ? std::string_view() : trim(line.substr(blank));
    };
    for (std::string_view word : {"/i", "not"}) {
      if (to_lower(line).starts_with(std::string(word) + " ")) drop();
    }
    const std::string head = to_lower(line.substr(0, line.find(' ')));
    if (head == "errorlevel" || head == "exist" || head == "defined") {
      drop();
      drop();
    } else {
      const bool joined = head.find("==") != std::string::npos;
      drop();
      if (joined) return line;
      drop();
      drop();
    }
    return line;
  }

  void read_commands(std::string_view line, Truth runs) {
    const std::vector<Piece> pieces = pieces_of(line);
    for (size_t i = 0; i < pieces.size(); ++i) {
      std::string_view text = trim(std::string_view(pieces[i].text));
      if (text.ends_with(')') && depth_ > 0 && text.find('(') == text.npos) {
        text = trim(text.substr(0, text.size() - 1));
        --depth_;
      }
      Words words = words_of(text);
      if (words.words.empty()) continue;
      if (to_lower(words.words[0].text) == "call" && words.words.size() > 1)
        words.words.erase(words.words.begin());
      const std::string name = to_lower(words.words[0].text);
      if (pending_test_ && name == "exit" && leaves_failing(text)) {
        if (!open_.empty()) open_.pop_back();
        pending_test_ = false;
      }
      if (name == "cd" || name == "chdir" || name == "pushd" || name == "popd")
        change_folder(name, words.words);
      emit(words, runs);
      if (is_builtin(name)) {
        if (name == "exit") ended(words.words);
        continue;
      }
      decide(pieces, i);
    }
  }

  void decide(const std::vector<Piece>& pieces, size_t i) {
    Command& command = out_.back();
    const bool more = i + 1 < pieces.size();
    if (more && pieces[i].tie == "|")
      return lose(command, "piped into another command, whose exit code counts");
    if (more && pieces[i].tie == "||") {
      command.tested = true;
      if (!leaves_failing(pieces[i + 1].text)) lose(command, "what stands behind `||` takes the failure");
      return;
    }
    if (!(i > 0 && pieces[i - 1].tie == "&&")) lose_open();
    open_.push_back(out_.size() - 1);
  }

  // A program after others: theirs are forgotten.
  void lose_open() {
    for (size_t index : open_)
      lose(out_[index], "a batch file goes on after a failure; only the last exit code counts");
    open_.clear();
  }

  void ended(const std::vector<ShellWord>& words) {
    const std::string last = words.back().text;
    const bool well = last == "0";
    if (!well || out_.back().runs != Truth::kYes) return;
    for (size_t index : open_) lose(out_[index], "`exit 0` ends the batch file well");
    open_.clear();
  }

  void settle() { open_.clear(); }

  void change_folder(const std::string& name, std::vector<ShellWord> words) {
    std::erase_if(words, [](const ShellWord& word) { return to_lower(word.text) == "/d"; });
    for (ShellWord& word : words) {
      // The folder of the batch file itself.
      if (word.text.starts_with("%~dp0")) word = {folder_.own + "/" + word.text.substr(5), true};
    }
    folder_.change(name == "chdir" ? "cd" : name, words);
  }

  void emit(const Words& words, Truth runs) {
    Command command;
    command.unit = context_.unit;
    for (const ShellWord& word : words.words) command.words.push_back({word.text, word.literal});
    const uint32_t line = context_.one_line ? context_.line : context_.line + line_ - 1;
    command.span = {context_.file, line, 1 + context_.column, line};
    command.runs = runs;
    command.output_file = Name(words.output_file);
    command.output_discarded = to_lower(words.output_file) == "nul";
    command.working_directory = folder_.name();
    out_.push_back(std::move(command));
  }

  void lose(Command& command, std::string_view why) const {
    command.effect = Effect::kSwallowed;
    command.effect_why = why;
    command.effect_span = command.span;
  }

  const ShellContext& context_;
  ShellFolder folder_;
  std::vector<Command> out_;
  std::vector<size_t> open_;  // whose exit code is that of the text so far: one, or several tied by `&&`
  int depth_ = 0;             // of parentheses
  uint32_t line_ = 1;
  bool pending_test_ = false;  // in a block behind `if errorlevel`
};

}  // namespace

std::vector<Command> batch_commands(std::string_view text, const ShellContext& context) {
  return Reader(context).read(text);
}

}  // namespace mlgrade
