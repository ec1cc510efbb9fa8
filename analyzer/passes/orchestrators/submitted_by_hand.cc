// Flows that a person submits: a document names the program that does it, or the target that runs the
// program.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/orchestrators/systems.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

// Services that keep the record of the runs that they are given.
constexpr std::array<std::string_view, 3> kKeepers = {"azure-ml", "kubeflow", "sagemaker"};

// The line stands in the text as a whole command, or as its beginning.
bool tells(std::string_view text, std::string_view command) {
  for (size_t at = text.find(command); at != text.npos; at = text.find(command, at + 1)) {
    const size_t end = at + command.size();
    const bool opens =
        at == 0 || std::string_view(" \n\t$`>&;|(").find(text[at - 1]) != std::string_view::npos;
    const auto ends = [&](size_t place) {
      return place >= text.size() ||
             std::string_view(" \n\t\r`&;|)").find(text[place]) != std::string_view::npos;
    };
    const bool closes =
        ends(end) || (std::string_view(".,:").find(text[end]) != std::string_view::npos && ends(end + 1));
    if (opens && closes) return true;
  }
  return false;
}

class Guides {
 public:
  explicit Guides(const FactStore& facts) : facts_(facts) {}

  // Where a document tells to run one of the commands.
  Span place_of(const std::vector<std::string>& commands) const {
    for (const Document& document : facts_.documents) {
      if (facts_.file(document.file).sample || facts_.file(document.file).vendored) continue;
      for (const CodeBlock& block : document.code) {
        if (any(block.text, commands)) return block.span;
      }
      for (const Paragraph& paragraph : document.paragraphs) {
        if (any(paragraph.text, commands)) return paragraph.span;
      }
    }
    return {};
  }

 private:
  static bool any(std::string_view text, const std::vector<std::string>& commands) {
    return std::any_of(commands.begin(), commands.end(),
                       [&](const std::string& command) { return tells(text, command); });
  }

  const FactStore& facts_;
};

// How a person would start the module: as a script, as a module, or by a target of make and the like.
std::vector<std::string> commands_for(const FactStore& facts, uint32_t module) {
  const PythonModule& m = facts.python[module];
  const std::string path(facts.path(m.file));
  const std::string dotted = m.name.str();
  std::vector<std::string> out;
  for (const char* program : {"python ", "python3 "}) {
    out.push_back(program + path);
    out.push_back(program + ("./" + path));
    out.push_back(program + ("-m " + dotted));
  }
  for (const AutomationFile& file : facts.automation) {
    for (const Command& command : file.commands) {
      if (command.unit == kNone || file.units[command.unit].kind != UnitKind::kTarget) continue;
      const bool runs = std::any_of(command.words.begin(), command.words.end(), [&](const Word& word) {
        return word.text == path || word.text == "./" + path || word.text == dotted;
      });
      if (runs) out.push_back(fmt::format("{} {}", file.system.view(), file.units[command.unit].name.view()));
    }
  }
  return out;
}

// A unit that runs the program as a person does.
void add_submission(AutomationFile& file, const std::string& path, const Span& start, const Span& told) {
  const auto unit = static_cast<uint32_t>(file.units.size());
  Unit made;
  made.kind = UnitKind::kStage;
  made.system = file.system;
  made.name = Name("submission of " + path);
  made.title = made.name;
  made.span = told;
  made.working_directory = Name(".");
  file.units.push_back(std::move(made));
  const size_t before = file.commands.size();
  add_script(file, unit, {"python " + shell_quoted(path), start.line, false, false, true});
  for (size_t c = before; c < file.commands.size(); ++c)
    file.commands[c].span = start;  // of another file, perhaps
  Trigger hand;
  hand.kind = TriggerKind::kManual;
  hand.unit = unit;
  hand.automatic = Truth::kNo;
  hand.detail = "a document tells to submit it";
  hand.why_not = "a person submits it";
  hand.span = told;
  file.triggers.push_back(std::move(hand));
}

}  // namespace

void add_submissions_by_hand(FactStore& facts) {
  const Guides guides(facts);
  for (AutomationFile& file : facts.automation) {
    if (std::find(kKeepers.begin(), kKeepers.end(), file.system.view()) == kKeepers.end()) continue;
    for (const UnitCall& start : file.calls) {
      if (start.role != UnitCall::Role::kStarts || start.certain != Truth::kYes) continue;
      if (file.units[start.unit].kind == UnitKind::kSchedule) continue;
      const PythonModule& program = facts.python[start.module];
      const bool runs = program.calls[start.call].function == kNone || program.has_main_guard;
      if (!runs || facts.file(program.file).sample) continue;
      const Span told = guides.place_of(commands_for(facts, start.module));
      if (!told.valid()) continue;
      add_submission(file, std::string(facts.path(program.file)), program.calls[start.call].span, told);
      break;
    }
  }
}

}  // namespace mlgrade::passes
