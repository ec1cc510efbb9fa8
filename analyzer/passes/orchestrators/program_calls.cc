// Programs that Python starts by name: `subprocess.run(["pytest", "tests"], check=True)`, `os.system("make
// train")`. Each such call is a unit with the command that it gives, and what becomes of the exit code.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/orchestrators/systems.h"

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

constexpr size_t kMostPrograms = 1000;  // of one file

enum class Form : uint8_t {
  kWords,   // a list of words, or a text that is split like one
  kText,    // a text for the shell
  kSpread,  // each argument is a word
};

struct Starter {
  std::string_view target;
  Form form;
  bool raises;                    // by itself, when the program fails
  std::string_view program = {};  // what the words are arguments of
};

constexpr std::array kStarters = {
    Starter{"subprocess.run", Form::kWords, false},
    Starter{"subprocess.call", Form::kWords, false},
    Starter{"subprocess.Popen", Form::kWords, false},
    Starter{"subprocess.check_call", Form::kWords, true},
    Starter{"subprocess.check_output", Form::kWords, true},
    Starter{"subprocess.getoutput", Form::kText, false},
    Starter{"subprocess.getstatusoutput", Form::kText, false},
    Starter{"os.system", Form::kText, false},
    Starter{"os.popen", Form::kText, false},
    Starter{"asyncio.create_subprocess_shell", Form::kText, false},
    Starter{"asyncio.create_subprocess_exec", Form::kSpread, false},
    Starter{"invoke.run", Form::kText, true},
    Starter{"pytest.main", Form::kWords, false, "pytest"},
    Starter{"runpy.run_path", Form::kWords, true, "python"},
    Starter{"runpy.run_module", Form::kWords, true, "python -m"},
    Starter{"papermill.execute_notebook", Form::kSpread, true, "papermill"},
    Starter{"mlflow.run", Form::kWords, true, "mlflow run"},
    Starter{"mlflow.projects.run", Form::kWords, true, "mlflow run"},
};

const Starter* starter_of(const PyCall& call) {
  const auto found = std::find_if(kStarters.begin(), kStarters.end(),
                                  [&](const Starter& each) { return call.target == each.target; });
  return found == kStarters.end() ? nullptr : &*found;
}

// "data/{}.csv" with what is computed as a variable of the shell.
std::string with_variables(std::string_view text) { return replace_all(text, "{}", "$_"); }

class ProgramCalls {
 public:
  ProgramCalls(FactStore& facts, uint32_t module) : writer_(facts, module, "python"), m_(writer_.module()) {}

  AutomationFile read() {
    for (uint32_t c = 0; c < m_.calls.size() && writer_.out.units.size() < kMostPrograms; ++c) {
      if (const Starter* starter = starter_of(m_.calls[c])) add(c, *starter);
    }
    return std::move(writer_.out);
  }

 private:
  void add(uint32_t c, const Starter& starter) {
    const PyCall& call = m_.calls[c];
    std::string line = line_of(call, starter);
    if (!starter.program.empty()) {
      line = std::string(starter.program) + (line.empty() ? "" : " ") + line + entry_point(call, starter);
    }
    if (line.empty() || line.starts_with('$')) return;  // which program it is is not known
    const uint32_t unit =
        writer_.add(UnitKind::kStep, fmt::format("{}:{}", call.target.view(), call.span.line), call.span);
    set_folder(unit, call);
    const size_t first = writer_.out.commands.size();
    writer_.command(unit, line, call.span);
    if (!is_looked_at(c, starter)) {
      set_command_effects(writer_.out, first, Effect::kSwallowed,
                          fmt::format("nothing looks at what {} comes back with", call.target.view()),
                          call.span.line);
    }
    writer_.starts(unit, writer_.index(), c);
  }

  // `entry_point="train"` of an MLproject.
  std::string entry_point(const PyCall& call, const Starter& starter) const {
    if (!starter.program.starts_with("mlflow")) return "";
    const std::string entry = text_of(writer_.facts(), writer_.index(), argument(m_, call, "entry_point", 1));
    return entry.empty() ? "" : " -e " + shell_quoted(entry);
  }

  std::string line_of(const PyCall& call, const Starter& starter) const {
    if (starter.form == Form::kSpread) {
      std::string line;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        if (m_.args[a].keyword.empty()) append(line, m_.args[a].value, call.function);
      }
      return line;
    }
    const PyValue* given = first_argument(call);
    if (given == nullptr) return "";
    PyValue value = known(*given, call.function);
    if (value.kind == Kind::kCall && m_.calls[value.call].target == "shlex.split") {
      const PyValue* text = argument(m_, m_.calls[value.call], "s", 0);
      if (text != nullptr) value = known(*text, call.function);
    }
    if (value.kind == Kind::kString) return value.text.str();
    if (value.kind == Kind::kFString) return with_variables(value.text.view());
    std::string line;
    const IndexRange elements = value.kind == Kind::kList ? value.elements() : IndexRange{};
    for (uint32_t i = elements.begin; i < elements.end; ++i) append(line, m_.values[i], call.function);
    return line;
  }

  const PyValue* first_argument(const PyCall& call) const {
    for (std::string_view keyword : {"args", "cmd", "command", "uri", "path_name", "mod_name"}) {
      if (const PyValue* found = argument(m_, call, keyword, 0)) return found;
    }
    return nullptr;
  }

  void append(std::string& line, const PyValue& given, uint32_t function) const {
    const PyValue value = known(given, function);
    if (!line.empty()) line += ' ';
    if (value.kind == Kind::kString) {
      line += shell_quoted(value.text.view());
    } else if (value.kind == Kind::kFString || value.kind == Kind::kPath) {
      line += "\"" + with_variables(value.text.view()) + "\"";
    } else if (value.kind == Kind::kName && value.text == "__file__") {
      line += shell_quoted(writer_.facts().path(m_.file));
    } else {
      line += value.kind == Kind::kName && value.text == "sys.executable" ? "python" : "$_";
    }
  }

  // What a name stands for: the only value that its function gives it, else that of the module.
  PyValue known(const PyValue& value, uint32_t function) const {
    if (value.kind != Kind::kName) return value;
    const PyBinding* only = nullptr;
    for (const PyBinding& binding : m_.bindings) {
      if (binding.function != function || binding.target != value.text) continue;
      if (only != nullptr || binding.unpacked || binding.subscript) return value;
      only = &binding;
    }
    if (only != nullptr) return only->kind == PyBinding::Kind::kAssign ? only->value : value;
    return constant(writer_.facts(), writer_.index(), value);
  }

  void set_folder(uint32_t unit, const PyCall& call) {
    const PyValue* folder = argument(m_, call, "cwd");
    if (folder == nullptr) return;
    const std::string text = text_of(writer_.facts(), writer_.index(), folder);
    if (!text.empty()) writer_.out.units[unit].working_directory = Name(text);
  }

  // Does a failure of the program become one of the code around it?
  bool is_looked_at(uint32_t c, const Starter& starter) const {
    const PyCall& call = m_.calls[c];
    if (starter.raises || is_true(argument(m_, call, "check"))) return true;
    if (call.target == "os.popen" || call.target == "subprocess.getoutput") return false;  // output only
    switch (call.use) {
      case PyCall::Use::kDiscarded:
      case PyCall::Use::kWith:
        return false;
      case PyCall::Use::kAssigned:
        return is_read_later(c);
      case PyCall::Use::kReceiver:
        return is_asked_at_once(c);
      default:
        return true;
    }
  }

  // `if run(...).returncode:`, `return run(...).returncode`, `sys.exit(run(...).returncode)`,
  // `run(...).check_returncode()`.
  bool is_asked_at_once(uint32_t c) const {
    const auto holds = [&](const auto& fact) { return fact.calls.begin <= c && c < fact.calls.end; };
    return std::any_of(m_.conditions.begin(), m_.conditions.end(), holds) ||
           std::any_of(m_.jumps.begin(), m_.jumps.end(), holds) ||
           std::any_of(m_.calls.begin() + c, m_.calls.end(), [&](const PyCall& each) {
             if (each.receiver == c && each.method == "check_returncode") return true;
             return is_exit(each) && each.span.line <= m_.calls[c].span.line &&
                    m_.calls[c].span.line <= each.span.end_line;
           });
  }

  static bool is_exit(const PyCall& call) {
    return call.callee == "sys.exit" || call.callee == "exit" || call.method == "Exit" ||
           call.callee == "SystemExit";
  }

  // What the result is called, and what its exit code is: `done = run(...)`, `code = done.returncode`.
  std::vector<std::string_view> names_of(uint32_t c) const {
    std::vector<std::string_view> names;
    const auto takes = [&](const PyBinding& binding) {
      if (binding.calls.begin <= c && c < binding.calls.end) return true;
      if (binding.value.kind == Kind::kCall && binding.value.call == c) return true;
      return std::any_of(m_.names.begin() + binding.reads.begin, m_.names.begin() + binding.reads.end,
                         [&](Name read) {
                           return read.view().ends_with(".returncode") && !names.empty() &&
                                  read.view() == std::string(names.front()) + ".returncode";
                         });
    };
    for (const PyBinding& binding : m_.bindings) {
      if (binding.function == m_.calls[c].function && takes(binding)) names.push_back(binding.target.view());
    }
    return names;
  }

  // `done = subprocess.run(...)`, and then `done.returncode`, `done.check_returncode()`, `if code != 0`.
  bool is_read_later(uint32_t c) const {
    const PyCall& call = m_.calls[c];
    const std::vector<std::string_view> names = names_of(c);
    const auto asks = [&](std::string_view read) {
      return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
        if (!read.starts_with(name)) return false;
        const std::string_view rest = read.substr(name.size());
        return rest.empty() || rest == ".returncode" || rest == ".check_returncode" || rest == ".wait" ||
               rest == ".poll";
      });
    };
    const auto any = [&](IndexRange reads) {
      return std::any_of(m_.names.begin() + reads.begin, m_.names.begin() + reads.end,
                         [&](Name name) { return asks(name.view()); });
    };
    const auto here = [&](const auto& fact) { return fact.function == call.function; };
    return std::any_of(m_.conditions.begin(), m_.conditions.end(),
                       [&](const PyCondition& each) { return here(each) && any(each.reads); }) ||
           std::any_of(m_.jumps.begin(), m_.jumps.end(),
                       [&](const PyJump& each) { return here(each) && any(each.reads); }) ||
           std::any_of(m_.calls.begin(), m_.calls.end(), [&](const PyCall& each) {
             if (!here(each)) return false;
             if (each.method == "check_returncode" && asks(each.callee.view())) return true;
             return is_exit(each) &&
                    std::any_of(m_.args.begin() + each.args.begin, m_.args.begin() + each.args.end,
                                [&](const PyArg& arg) { return any(arg.reads); });
           });
  }

  FlowWriter writer_;
  PythonModule& m_;
};

}  // namespace

void collect_program_calls(FactStore& facts, Flows& flows) {
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    const std::vector<PyCall>& calls = facts.python[i].calls;
    if (std::none_of(calls.begin(), calls.end(),
                     [](const PyCall& call) { return starter_of(call) != nullptr; }))
      continue;
    AutomationFile file = ProgramCalls(facts, i).read();
    if (!file.units.empty()) flows.push_back(std::move(file));
  }
}

}  // namespace mlgrade::passes
