// Arguments, flows and the order of tasks.
#include "analyzer/passes/orchestrators/flows.h"

#include <algorithm>

#include "analyzer/base/limits.h"
#include "analyzer/passes/automation_writer.h"

namespace mlgrade::passes {

const PyValue* argument(const PythonModule& module, const PyCall& call, std::string_view keyword,
                        uint32_t position) {
  uint32_t place = 0;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (!keyword.empty() && arg.keyword == keyword) return &arg.value;
    if (arg.keyword == "*") return nullptr;
    if (arg.keyword.empty() && place++ == position) return &arg.value;
  }
  return nullptr;
}

bool unpacks(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    if (module.args[a].keyword == "**") return true;
  }
  return false;
}

bool is_true(const PyValue* value) {
  return value != nullptr && value->kind == PyValue::Kind::kBool && value->text == "True";
}

bool is_false(const PyValue* value) {
  return value != nullptr && value->kind == PyValue::Kind::kBool && value->text == "False";
}

PyValue constant(const FactStore& facts, uint32_t index, PyValue value, int hops) {
  if (value.kind != PyValue::Kind::kName || hops > kMaxAliasHops) return value;
  const PythonModule& module = facts.python[index];
  const PyBinding* only = nullptr;
  for (const PyBinding& binding : module.bindings) {
    if (binding.target != value.text || binding.kind != PyBinding::Kind::kAssign) continue;
    if (only != nullptr || binding.unpacked || binding.subscript) return value;
    only = &binding;
  }
  if (only != nullptr) return constant(facts, index, only->value, hops + 1);
  for (const PyImport& import : module.imports) {
    if (import.bound != value.text || import.project_module == kNone || import.name.empty()) continue;
    PyValue there = value;
    there.text = import.name;
    const PyValue found = constant(facts, import.project_module, there, hops + 1);
    return found.kind == PyValue::Kind::kName ? value : found;
  }
  return value;
}

std::string text_of(const FactStore& facts, uint32_t module, const PyValue* value) {
  if (value == nullptr) return "";
  const PyValue found = constant(facts, module, *value);
  return found.kind == PyValue::Kind::kString ? found.text.str() : "";
}

std::vector<PyRef> handed(const PythonModule& module, uint32_t call) {
  std::vector<PyRef> found;
  for (const PyReference& reference : module.references) {
    if (reference.call == call) found.push_back(reference.target);
  }
  return found;
}

PyRef function_named(const FactStore& facts, uint32_t index, uint32_t call, const PyValue* value) {
  if (value == nullptr) return {};
  const PythonModule& module = facts.python[index];
  // functools.partial(f, ...): what is handed to that call.
  if (value->kind == PyValue::Kind::kCall) {
    const std::vector<PyRef> inner = handed(module, value->call);
    return inner.size() == 1 ? inner.front() : PyRef{};
  }
  if (value->kind != PyValue::Kind::kName) return {};
  const std::vector<PyRef> all = handed(module, call);
  for (PyRef ref : all) {
    const PyFunction* function = facts.function(ref);
    if (function != nullptr && function->name == last_part(value->text.view())) return ref;
  }
  const PyRef defined = definition_of(facts, index, value->text.view()).ref();
  return defined.valid() || all.size() != 1 ? defined : all.front();
}

Definition definition_of(const FactStore& facts, uint32_t index, std::string_view dotted, int hops) {
  Definition found;
  if (index == kNone || hops > kMaxAliasHops || dotted.empty()) return found;
  const PythonModule& module = facts.python[index];
  found.module = index;
  const std::string_view head = dotted.substr(0, dotted.find_first_of(".[("));
  for (uint32_t f = 0; f < module.functions.size(); ++f) {
    const PyFunction& function = module.functions[f];
    if (function.name == head && function.cls == kNone && function.parent == kNone) found.function = f;
  }
  for (uint32_t c = 0; c < module.classes.size(); ++c) {
    if (module.classes[c].name == head && module.classes[c].function == kNone) found.cls = c;
  }
  for (uint32_t b = 0; b < module.bindings.size(); ++b) {
    const PyBinding& binding = module.bindings[b];
    if (binding.target == head && binding.function == kNone && !binding.subscript) found.binding = b;
  }
  if (found.found()) return found;
  for (const PyImport& import : module.imports) {
    if (import.project_module == kNone) continue;
    const bool whole = import.name.empty() || import.target == facts.python[import.project_module].name;
    if (import.name == "*") {
      found = definition_of(facts, import.project_module, dotted, hops + 1);
      if (found.found()) return found;
    } else if (import.bound == head && !whole) {
      return definition_of(facts, import.project_module, import.name.view(), hops + 1);
    } else if (import.bound == head && dotted.size() > head.size() && dotted[head.size()] == '.') {
      // `import a.b` binds `a`: what follows the module's own name is the object.
      const std::string_view last = last_part(dotted);
      found = definition_of(facts, import.project_module, last, hops + 1);
      if (found.found()) return found;
      return definition_of(facts, import.project_module, dotted.substr(head.size() + 1), hops + 1);
    }
  }
  return {};
}

std::string_view last_part(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

std::string shell_quoted(std::string_view word) {
  if (!word.empty() && word.find_first_of(" '\"$&|;<>()\n*?") == word.npos) return std::string(word);
  std::string out = "'";
  for (char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

bool below(Name target, std::string_view root, std::string_view last) {
  const std::string_view text = target.view();
  return text.size() > root.size() && text.starts_with(root) && text[root.size()] == '.' &&
         last_part(text) == last;
}

FlowWriter::FlowWriter(FactStore& facts, uint32_t module, std::string_view system)
    : facts_(facts), index_(module) {
  out.file = facts.python[module].file;
  out.system = Name(system);
}

std::string FlowWriter::qualified(Name function) const {
  return std::string(facts_.path(out.file)) + ":" + function.str();
}

uint32_t FlowWriter::add(UnitKind kind, std::string_view name, const Span& span, uint32_t parent) {
  Unit unit;
  unit.kind = kind;
  unit.system = out.system;
  unit.name = Name(name);
  unit.parent = parent;
  unit.span = span;
  unit.working_directory = Name("?");  // where a worker stands is not known
  out.units.push_back(std::move(unit));
  return static_cast<uint32_t>(out.units.size() - 1);
}

uint32_t FlowWriter::add_part(uint32_t flow, std::string_view name, const Span& span) {
  std::string full = out.units[flow].name.str() + "." + std::string(name);
  const int times = ++parts_[full];
  if (times > 1) full += "__" + std::to_string(times);
  const uint32_t unit = add(UnitKind::kStage, full, span, flow);
  out.units[unit].title = Name(name);
  return unit;
}

void FlowWriter::runs(uint32_t unit, PyRef function, const Span& span) {
  if (!function.valid()) return;
  out.code.push_back({unit, function, span, Effect::kBlocking, ""});
}

void FlowWriter::builds(uint32_t unit, uint32_t call) {
  module().calls[call].wires = true;
  out.calls.push_back({UnitCall::Role::kBuilds, unit, index_, call, Truth::kYes});
}

void FlowWriter::starts(uint32_t unit, uint32_t module, uint32_t call, Truth certain) {
  out.calls.push_back({UnitCall::Role::kStarts, unit, module, call, certain});
}

void FlowWriter::command(uint32_t unit, const std::string& text, const Span& span) {
  if (text.empty()) return;
  add_script(out, unit, {text, span.line, false, false, true});
}

Trigger& FlowWriter::trigger(uint32_t unit, TriggerKind kind, std::string_view detail, const Span& span) {
  Trigger made;
  made.kind = kind;
  made.unit = unit;
  made.detail = detail;
  made.span = span;
  out.triggers.push_back(std::move(made));
  return out.triggers.back();
}

void FlowWriter::never(uint32_t unit, std::string_view detail, std::string_view why, const Span& span) {
  Trigger& made = trigger(unit, TriggerKind::kEvent, detail, span);
  made.automatic = Truth::kNo;
  made.why_not = why;
}

void FlowWriter::by_hand(uint32_t unit, std::string_view detail, const Span& span) {
  Trigger& made = trigger(unit, TriggerKind::kManual, detail, span);
  made.automatic = Truth::kNo;
  made.why_not = detail;
}

UnitLink& FlowWriter::link(uint32_t unit, LinkKind kind, UnitKind target_kind, std::string_view target,
                           const Span& span) {
  UnitLink made;
  made.unit = unit;
  made.kind = kind;
  made.target_kind = target_kind;
  made.target = Name(target);
  made.span = span;
  out.links.push_back(std::move(made));
  return out.links.back();
}

void FlowWriter::needs(uint32_t unit, uint32_t first, LinkKind kind, const Span& span) {
  if (unit == first) return;
  link(unit, kind, out.units[first].kind, out.units[first].name.view(), span).same_file = true;
}

void TaskOrder::named(uint32_t function, Name name, const Units& units) {
  Units& known = names_[{function, name}];
  known.insert(known.end(), units.begin(), units.end());
}

void TaskOrder::name_results() {
  for (const PyBinding& binding : module_.bindings) {
    if (binding.kind != PyBinding::Kind::kAssign || binding.subscript) continue;
    const Units units = of(binding.value, binding.function);
    if (!units.empty()) named(binding.function, binding.target, units);
  }
}

TaskOrder::Units TaskOrder::of_name(std::string_view dotted, uint32_t function) const {
  const Name head(dotted.substr(0, dotted.find_first_of(".[(")));
  for (uint32_t scope = function;; scope = module_.functions[scope].parent) {
    const auto found = names_.find({scope, head});
    if (found != names_.end()) return found->second;
    if (scope == kNone) return {};
  }
}

TaskOrder::Units TaskOrder::of(const PyValue& value, uint32_t function) const {
  Units units;
  if (value.kind == PyValue::Kind::kName || value.kind == PyValue::Kind::kSubscript) {
    units = of_name(value.text.view(), function);
  } else if (value.kind == PyValue::Kind::kCall) {
    // Also `train.expand(...)` and `task().set_display_name("x")`: the object that the method belongs to.
    for (uint32_t call = value.call; call != kNone; call = module_.calls[call].receiver) {
      const auto found = calls_.find(call);
      if (found != calls_.end()) return found->second;
    }
  } else if (value.kind == PyValue::Kind::kList) {
    const IndexRange elements = value.elements();
    for (uint32_t i = elements.begin; i < elements.end; ++i) {
      const Units inner = of(module_.values[i], function);
      units.insert(units.end(), inner.begin(), inner.end());
    }
  }
  return units;
}

std::vector<TaskOrder::Pair> TaskOrder::by_shifts() const {
  std::vector<Pair> pairs;
  for (const PyShift& shift : module_.shifts) {
    for (uint32_t first : of(shift.first, shift.function)) {
      for (uint32_t then : of(shift.then, shift.function)) pairs.push_back({first, then, shift.span});
    }
  }
  return pairs;
}

std::vector<TaskOrder::Pair> TaskOrder::by_arguments() const {
  std::vector<Pair> pairs;
  const auto add = [&](const Units& first, const Units& then, const Span& span) {
    for (uint32_t a : first) {
      for (uint32_t b : then) {
        if (a != b) pairs.push_back({a, b, span});
      }
    }
  };
  const auto arguments = [&](const PyCall& call) {
    Units units;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyArg& arg = module_.args[a];
      Units found = of(arg.value, call.function);
      for (uint32_t n = arg.reads.begin; n < arg.reads.end; ++n) {
        const Units more = of_name(module_.names[n].view(), call.function);
        found.insert(found.end(), more.begin(), more.end());
      }
      units.insert(units.end(), found.begin(), found.end());
    }
    return units;
  };
  for (const auto& [call, units] : calls_) {
    add(arguments(module_.calls[call]), units, module_.calls[call].span);
  }
  for (const PyCall& call : module_.calls) {
    const bool after = call.method == "after" || call.method == "set_upstream";
    if (!after && call.method != "set_downstream") continue;
    Units own;
    if (call.receiver != kNone) {
      PyValue receiver;
      receiver.kind = PyValue::Kind::kCall;
      receiver.call = call.receiver;
      own = of(receiver, call.function);
    } else {
      own = of_name(call.callee.view(), call.function);
    }
    if (after) add(arguments(call), own, call.span);
    if (!after) add(own, arguments(call), call.span);
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

uint32_t add_schedule_of(AutomationFile& file, uint32_t stage, uint32_t module, uint32_t call, Span span,
                         Truth certain) {
  Unit unit;
  unit.kind = UnitKind::kSchedule;
  unit.system = file.system;
  unit.name = file.units[stage].name;
  unit.title = file.units[stage].title;
  unit.span = span;
  const auto index = static_cast<uint32_t>(file.units.size());
  file.units.push_back(unit);
  UnitLink link;
  link.unit = index;
  link.target_kind = UnitKind::kStage;
  link.target = unit.name;
  link.same_file = true;
  link.span = span;
  file.links.push_back(std::move(link));
  file.calls.push_back({UnitCall::Role::kStarts, index, module, call, certain});
  return index;
}

void add_submitted_trigger(AutomationFile& file, uint32_t unit, std::string detail, Span span) {
  Trigger trigger;
  trigger.kind = TriggerKind::kSchedule;
  trigger.unit = unit;
  trigger.once_applied = true;
  trigger.detail = std::move(detail);
  trigger.span = span;
  file.triggers.push_back(std::move(trigger));
}

}  // namespace mlgrade::passes
