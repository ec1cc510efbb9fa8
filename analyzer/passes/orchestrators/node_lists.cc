// Kedro nodes and Luigi tasks: functions and classes that a command runs by the name of a pipeline or task.
#include <algorithm>
#include <map>

#include "analyzer/passes/orchestrators/systems.h"

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

// Names of data sets that an argument lists.
std::vector<std::string> data_names(const PythonModule& m, const PyValue* value) {
  std::vector<std::string> names;
  if (value == nullptr) return names;
  if (value->kind == Kind::kString) names.push_back(value->text.str());
  const IndexRange elements = value->elements();
  for (uint32_t i = elements.begin; i < elements.end; ++i) {
    if (m.values[i].kind == Kind::kString) names.push_back(m.values[i].text.str());
  }
  return names;
}

void read_kedro(FactStore& facts, uint32_t index, Flows& flows) {
  FlowWriter writer(facts, index, "kedro");
  const PythonModule& m = writer.module();
  uint32_t flow = kNone;
  std::map<std::string, uint32_t> made;  // data set -> the node that gives it
  std::vector<std::pair<std::string, uint32_t>> wanted;
  for (uint32_t c = 0; c < m.calls.size(); ++c) {
    const PyCall& call = m.calls[c];
    if (!below(call.target, "kedro", "node") && !below(call.target, "kedro", "Node")) continue;
    if (flow == kNone) {
      flow = writer.add(UnitKind::kStage, facts.path(m.file), call.span);
      writer.out.units[flow].title = Name("pipeline " + m.name.str());
    }
    const PyValue* function = argument(m, call, "func", 0);
    const PyRef ref = function_named(facts, index, c, function);
    std::string name = text_of(facts, index, argument(m, call, "name"));
    const PyFunction* found = facts.function(ref);
    if (name.empty()) name = found == nullptr ? "node" : found->name.str();
    const uint32_t unit = writer.add_part(flow, name, call.span);
    writer.runs(unit, ref, call.span);
    writer.builds(unit, c);
    for (const std::string& set : data_names(m, argument(m, call, "inputs", 1)))
      wanted.emplace_back(set, unit);
    for (const std::string& set : data_names(m, argument(m, call, "outputs", 2))) made.emplace(set, unit);
  }
  for (const auto& [set, unit] : wanted) {
    const auto first = made.find(set);
    if (first != made.end()) writer.needs(unit, first->second, LinkKind::kNeeds, writer.out.units[unit].span);
  }
  if (!writer.empty()) flows.push_back(std::move(writer.out));
}

void read_luigi(FactStore& facts, uint32_t index, Flows& flows) {
  FlowWriter writer(facts, index, "luigi");
  const PythonModule& m = writer.module();
  for (uint32_t c = 0; c < m.classes.size(); ++c) {
    const PyClass& cls = m.classes[c];
    const bool task = std::any_of(cls.base_targets.begin(), cls.base_targets.end(), [](Name base) {
      return below(base, "luigi", "Task") || below(base, "luigi", "WrapperTask");
    });
    if (!task) continue;
    const uint32_t unit = writer.add(UnitKind::kStage, cls.name.view(), cls.span);
    for (uint32_t f = 0; f < m.functions.size(); ++f) {
      const Name name = m.functions[f].name;
      if (m.functions[f].cls == c && (name == "run" || name == "requires" || name == "output"))
        writer.runs(unit, {index, f}, m.functions[f].span);
    }
  }
  if (!writer.empty()) flows.push_back(std::move(writer.out));
}

}  // namespace

void collect_node_lists(FactStore& facts, Flows& flows) {
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    read_kedro(facts, i, flows);
    read_luigi(facts, i, flows);
  }
}

}  // namespace mlgrade::passes
