// Follows the names of a notebook's top level from cell to cell.
#include "rules/support/notebook_runs.h"

#include <algorithm>

#include "rules/support/flow.h"
#include "rules/support/results.h"

namespace mlgrade {
namespace {

const NotebookCell* cell_of(const FactStore& facts, Span place) {
  for (const Notebook& notebook : facts.notebooks) {
    if (notebook.file != place.file) continue;
    for (const NotebookCell& cell : notebook.cells) {
      if (cell.code && cell.first_line <= place.line && place.line <= cell.last_line) return &cell;
    }
  }
  return nullptr;
}

}  // namespace

bool shown_run(const FactStore& facts, uint32_t module, uint32_t call) {
  const PythonModule& m = facts.python[module];
  const PyCall& made = m.calls[call];
  if (executed_cell(facts, made.span) != nullptr) return true;
  const NotebookCell* cell = cell_of(facts, made.span);
  if (cell == nullptr || !cell->execution_count || cell->has_error || made.function != kNone) return false;
  const Carriers carriers = carriers_of(m, kNone, [&](uint32_t c) { return c == call; });
  return std::any_of(m.calls.begin(), m.calls.end(), [&](const PyCall& other) {
    const NotebookCell* shown = other.function == kNone ? executed_cell(facts, other.span) : nullptr;
    if (shown == nullptr || *shown->execution_count < *cell->execution_count) return false;
    const std::string_view callee = other.callee.view();
    const size_t dot = callee.find('.');
    if (dot != callee.npos && carriers.names.contains(Name(callee.substr(0, dot)))) return true;
    return std::any_of(m.args.begin() + other.args.begin, m.args.begin() + other.args.end,
                       [&](const PyArg& arg) { return carriers.carries(m, arg.reads); });
  });
}

}  // namespace mlgrade
