// What the passes over orchestrators defined in Python share: asking calls for their arguments, writing flows
// and tasks as units, and telling in which order tasks run.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade::passes {

// An argument by its keyword, or by its place among those without; null if it is not given.
const PyValue* argument(const PythonModule& module, const PyCall& call, std::string_view keyword,
                        uint32_t position = kNone);
bool unpacks(const PythonModule& module, const PyCall& call);  // **options: more may be given
bool is_true(const PyValue* value);
bool is_false(const PyValue* value);

// What a name stands for that is bound once to a constant, here or in the module it is imported from; any
// other value as it is.
PyValue constant(const FactStore& facts, uint32_t module, PyValue value, int hops = 0);
std::string text_of(const FactStore& facts, uint32_t module, const PyValue* value);  // "" if no known string

// Functions of the repository that are handed to a call, and the one that an argument of it stands for.
std::vector<PyRef> handed(const PythonModule& module, uint32_t call);
PyRef function_named(const FactStore& facts, uint32_t module, uint32_t call, const PyValue* value);

// Something that a module defines at its top level, found through imports: a function, a class, or a
// variable.
struct Definition {
  uint32_t module = kNone;
  uint32_t function = kNone;
  uint32_t cls = kNone;
  uint32_t binding = kNone;  // the last one of that name
  bool found() const { return function != kNone || cls != kNone || binding != kNone; }
  PyRef ref() const { return function == kNone ? PyRef{} : PyRef{module, function}; }
};
// `dotted` as it is written in a module: "train", "flows.train"; what stands behind the object is left off.
Definition definition_of(const FactStore& facts, uint32_t module, std::string_view dotted, int hops = 0);

// "airflow.models.DAG": below "airflow" and called DAG.
bool below(Name target, std::string_view root, std::string_view last);
std::string_view last_part(std::string_view dotted);
std::string shell_quoted(std::string_view word);

template <typename Matches>
const PyDecorator* decorator_of(const PyFunction& function, Matches matches) {
  for (const PyDecorator& decorator : function.decorators) {
    if (matches(decorator.target)) return &decorator;
  }
  return nullptr;
}

// Units of one system in one Python file, and the marks that they leave on its facts.
class FlowWriter {
 public:
  FlowWriter(FactStore& facts, uint32_t module, std::string_view system);

  PythonModule& module() { return facts_.python[index_]; }
  const PythonModule& module() const { return facts_.python[index_]; }
  const FactStore& facts() const { return facts_; }
  FactStore& facts() { return facts_; }
  uint32_t index() const { return index_; }
  bool empty() const { return out.units.empty(); }
  std::string qualified(Name function) const;  // "flows/train.py:train"

  uint32_t add(UnitKind kind, std::string_view name, const Span& span, uint32_t parent = kNone);
  // A task of a flow: its name is unique in the file, its title is what people call it.
  uint32_t add_part(uint32_t flow, std::string_view name, const Span& span);
  void runs(uint32_t unit, PyRef function, const Span& span);
  void builds(uint32_t unit, uint32_t call);  // a call of this module
  void starts(uint32_t unit, uint32_t module, uint32_t call, Truth certain = Truth::kYes);
  void command(uint32_t unit, const std::string& text, const Span& span);  // a line for a shell
  Trigger& trigger(uint32_t unit, TriggerKind kind, std::string_view detail, const Span& span);
  // Nothing starts the unit, and this says why.
  void never(uint32_t unit, std::string_view detail, std::string_view why, const Span& span);
  // Kept records, started by a person.
  void by_hand(uint32_t unit, std::string_view detail, const Span& span);
  void needs(uint32_t unit, uint32_t first, LinkKind kind, const Span& span);
  UnitLink& link(uint32_t unit, LinkKind kind, UnitKind target_kind, std::string_view target,
                 const Span& span);

  AutomationFile out;

 private:
  std::map<std::string, int> parts_;
  FactStore& facts_;
  uint32_t index_;
};

// A schedule of a stage that a call sets up, as a unit of the stage's own file; returns its index.
uint32_t add_schedule_of(AutomationFile& file, uint32_t stage, uint32_t module, uint32_t call, Span span,
                         Truth certain);
// What starts such a unit: only once it was submitted.
void add_submitted_trigger(AutomationFile& file, uint32_t unit, std::string detail, Span span);

// Which names and calls of a module stand for tasks, and what their order says.
class TaskOrder {
 public:
  using Units = std::vector<uint32_t>;

  explicit TaskOrder(const PythonModule& module) : module_(module) {}

  void made_by(uint32_t call, uint32_t unit) { calls_[call].push_back(unit); }
  void named(uint32_t function, Name name, const Units& units);
  void name_results();  // variables that the calls of made_by are bound to

  Units of(const PyValue& value, uint32_t function) const;
  Units of_name(std::string_view dotted, uint32_t function) const;

  struct Pair {
    uint32_t first, then;
    Span span;
    auto operator<=>(const Pair&) const = default;
  };
  std::vector<Pair> by_shifts() const;  // a >> [b, c]
  // Tasks whose arguments read what other tasks give; also `.after(x)` and `.set_upstream(x)`.
  std::vector<Pair> by_arguments() const;

 private:
  const PythonModule& module_;
  std::map<uint32_t, Units> calls_;
  std::map<std::pair<uint32_t, Name>, Units> names_;
};

// The tasks that the function of a flow puts together by calling them, as parts of `flow`: for systems in
// which such a call only says what shall run.
template <typename IsTask>
void add_called_tasks(FlowWriter& writer, TaskOrder& order, uint32_t function, uint32_t flow,
                      IsTask is_task) {
  const PythonModule& m = writer.module();
  for (uint32_t c = 0; c < m.calls.size(); ++c) {
    bool inside = false;
    for (uint32_t f = m.calls[c].function; f != kNone && !inside; f = m.functions[f].parent) {
      inside = f == function;
    }
    const PyRef ref = m.calls[c].function_ref;
    const PyFunction* called = inside ? writer.facts().function(ref) : nullptr;
    if (called == nullptr || !is_task(*called)) continue;
    const uint32_t unit = writer.add_part(flow, called->name.view(), m.calls[c].span);
    writer.runs(unit, ref, m.calls[c].span);
    writer.builds(unit, c);
    order.made_by(c, unit);
  }
}

// One pass a system; each appends what it finds, in the order of modules.
using Flows = std::vector<AutomationFile>;

}  // namespace mlgrade::passes
