// Rows that vanish without a trace.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/code_findings.h"
#include "rules/support/flow.h"

namespace mlgrade::rules {
namespace {

bool is_text(const PyArg* arg, std::string_view text) {
  return arg != nullptr && arg->value.kind == PyValue::Kind::kString && arg->value.text == text;
}

bool is_false(const PyArg* arg) {
  return arg != nullptr && arg->value.kind == PyValue::Kind::kBool && arg->value.text == "False";
}

// Lines that do not parse are left out as the file is read.
void add_bad_lines(const PythonModule& module, const PyCall& call, std::vector<Hit>& out) {
  if (!call.method.view().starts_with("read_")) return;
  if (is_text(argument(module, call, "on_bad_lines"), "skip")) {
    out.push_back({call.span, "lines that do not parse are left out without a count"});
  } else if (is_false(argument(module, call, "error_bad_lines"))) {
    out.push_back({call.span, "lines that do not parse are left out without a count"});
  }
}

// What is no number becomes nothing, and what is nothing is dropped.
void add_coerced(const PythonModule& module, const PyCall& call, std::vector<Hit>& out) {
  const bool coerces =
      is_text(argument(module, call, "errors"), "coerce") &&
      (call.method == "to_numeric" || call.method == "to_datetime" || call.method == "to_timedelta");
  if (!coerces) return;
  const bool drops = std::ranges::any_of(calls_in(module, call.function), [&](const PyCall& other) {
    return other.function == call.function && other.method == "dropna" && call.span < other.span;
  });
  if (drops)
    out.push_back({call.span, "values that do not parse become nothing, and their rows are dropped"});
}

bool in_loop(const PythonModule& module, uint32_t block) {
  for (uint32_t b = block; b != kNone && b < module.blocks.size(); b = module.blocks[b].parent) {
    if (module.blocks[b].kind == PyBlock::Kind::kLoop) return true;
    if (module.blocks[b].kind == PyBlock::Kind::kFunction) return false;
  }
  return false;
}

// Nothing happens in the block: no call, no value kept, no return.
bool does_nothing(const PythonModule& module, uint32_t block) {
  const auto here = [&](uint32_t b) {
    return b == block || (b < module.blocks.size() && module.blocks[b].parent == block);
  };
  return std::none_of(module.calls.begin(), module.calls.end(),
                      [&](const PyCall& c) { return here(c.block); }) &&
         std::none_of(
             module.bindings.begin(), module.bindings.end(),
             [&](const PyBinding& b) { return here(b.block) && b.kind != PyBinding::Kind::kExcept; }) &&
         std::none_of(module.jumps.begin(), module.jumps.end(),
                      [&](const PyJump& j) { return here(j.block); });
}

// What is tried puts a record where the others are: rows.append(parse(line)), rows[key] = parse(line). Trying
// one format after the other, or one answer after the other, collects none.
bool collects(const PythonModule& module, uint32_t tried) {
  const auto inside = [&](uint32_t block) { return block_inside(module, block, tried); };
  const bool leaves = std::any_of(module.jumps.begin(), module.jumps.end(), [&](const PyJump& jump) {
    return jump.kind != PyJump::Kind::kRaise && inside(jump.block);
  });
  if (leaves) return false;
  return std::any_of(module.calls.begin(), module.calls.end(),
                     [&](const PyCall& call) {
                       return (call.method == "append" || call.method == "add" || call.method == "extend" ||
                               call.method == "writerow") &&
                              inside(call.block);
                     }) ||
         std::any_of(module.bindings.begin(), module.bindings.end(), [&](const PyBinding& binding) {
           return binding.subscript && binding.kind == PyBinding::Kind::kAssign && inside(binding.block);
         });
}

// That a file is missing, or is none of texts, is no record that fails.
bool of_files(const PythonModule& module, const PyBlock& block) {
  for (uint32_t e = block.exceptions.begin; e < block.exceptions.end; ++e) {
    const std::string_view name = module.names[e].view();
    if (name.ends_with("OSError") || name.ends_with("NotFoundError") || name.ends_with("IsADirectoryError") ||
        name.ends_with("PermissionError") || name.ends_with("StopIteration") ||
        name.ends_with("ImportError") || name.ends_with("KeyboardInterrupt") ||
        name.ends_with("AttributeError"))
      return true;
  }
  return false;
}

// for line in lines: try: rows.append(parse(line)) except: continue
void add_loops(const PythonModule& module, std::vector<Hit>& out) {
  for (uint32_t b = 0; b < module.blocks.size(); ++b) {
    const PyBlock& block = module.blocks[b];
    if (block.kind != PyBlock::Kind::kExcept || block.reraises || block.raises ||
        !in_loop(module, block.parent))
      continue;
    if (block.try_block == kNone || !collects(module, block.try_block) || of_files(module, block) ||
        !does_nothing(module, b))
      continue;
    out.push_back({block.span, "a record that fails is left out, and nothing counts it"});
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits, coerced;  // of coerced values the rows that are dropped may be others
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (!is_looked_at(in, module, true)) continue;
    std::vector<Hit> found;
    for (const PyCall& call : module.calls) {
      if (tells_of_losses(module, call.function)) continue;
      add_bad_lines(module, call, found);
      add_coerced(module, call, coerced);
    }
    add_loops(module, found);
    hits.insert(hits.end(), found.begin(), found.end());
  }
  report_by_file(std::move(hits), Severity::kMedium, Confidence::kHigh, output);
  report_by_file(std::move(coerced), Severity::kMedium, Confidence::kMedium, output);
}

}  // namespace

extern const Rule data_silent_drop;
const Rule data_silent_drop{
    .kind = RuleKind::kFinding,
    .summary = "Rows vanish without a trace",
    .why = "After a change of the format all rows may be among those that are left out, and nobody sees it.",
    .fix = "Count what is left out, log it, and fail when it is more than usual.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes): dropped data after format "
        "changes",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
