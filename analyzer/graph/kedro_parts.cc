// Follows names, functions and sums from the argument of a runner to the modules that define the nodes.
#include "analyzer/graph/kedro_parts.h"

#include <algorithm>
#include <set>
#include <string>

namespace mlgrade {
namespace {

constexpr int kMaxHops = 12;

class Parts {
 public:
  explicit Parts(const GraphBuilder& b) : b_(b) {}

  void follow(uint32_t module, const PyValue& value, int hops) {
    const PythonModule& m = b_.facts.python[module];
    if (value.kind == PyValue::Kind::kName) name(module, value.text.view(), hops);
    if (value.kind == PyValue::Kind::kCall && value.call < m.calls.size()) call(module, value.call, hops);
  }

  bool complete() const { return complete_; }
  std::vector<uint32_t> found() const { return {found_.begin(), found_.end()}; }

 private:
  void name(uint32_t module, std::string_view dotted, int hops) {
    if (hops > kMaxHops || !seen_.insert({module, std::string(dotted)}).second) return;
    const PythonModule& m = b_.facts.python[module];
    const std::string_view head = dotted.substr(0, dotted.find_first_of(".[("));
    bool known = false;
    for (const PyBinding& binding : m.bindings) {
      if (binding.target != head || binding.subscript) continue;
      known = true;
      follow(module, binding.value, hops + 1);
      for (uint32_t c = binding.calls.begin; c < binding.calls.end; ++c) call(module, c, hops + 1);
      for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r)
        name(module, m.names[r].view(), hops + 1);
    }
    for (const PyImport& import : m.imports) {
      if (import.bound != head || import.project_module == kNone) continue;
      known = true;
      const std::string_view rest =
          dotted.size() > head.size() ? dotted.substr(head.size() + 1) : import.name.view();
      if (import.project_module != module && !rest.empty()) name(import.project_module, rest, hops + 1);
    }
    complete_ = complete_ && (known || hops > 0);
  }

  void call(uint32_t module, uint32_t index, int hops) {
    const PyCall& made = b_.facts.python[module].calls[index];
    const std::string_view target = made.target.view();
    if (target.starts_with("kedro.") && (made.method == "node" || made.method == "Node"))
      found_.insert(module);
    if (made.function_ref.valid() && made.function_ref.index != kNone) function(made.function_ref, hops + 1);
  }

  // What a function that makes a pipeline calls and puts together.
  void function(PyRef ref, int hops) {
    if (hops > kMaxHops || !seen_.insert({ref.module, "()" + std::to_string(ref.index)}).second) return;
    const PythonModule& m = b_.facts.python[ref.module];
    const PyFunction* made = b_.facts.function(ref);
    if (made == nullptr) return;
    for (uint32_t c = made->body.calls.begin; c < made->body.calls.end; ++c) call(ref.module, c, hops + 1);
    for (uint32_t j = made->body.jumps.begin; j < made->body.jumps.end; ++j) {
      for (uint32_t r = m.jumps[j].reads.begin; r < m.jumps[j].reads.end; ++r)
        name(ref.module, m.names[r].view(), hops + 1);
    }
  }

  const GraphBuilder& b_;
  std::set<std::pair<uint32_t, std::string>> seen_;
  std::set<uint32_t> found_;
  bool complete_ = true;
};

}  // namespace

std::vector<uint32_t> modules_of_pipeline(const GraphBuilder& b, uint32_t module, const PyCall& call) {
  if (call.target.view().find(".runner.") == std::string_view::npos) return {};
  const PythonModule& m = b.facts.python[module];
  const PyValue* given = nullptr;
  for (uint32_t a = call.args.begin; a < call.args.end && given == nullptr; ++a) {
    const PyArg& arg = m.args[a];
    const bool first = a == call.args.begin && arg.keyword.empty();
    if (first || arg.keyword == "pipeline") given = &arg.value;
  }
  if (given == nullptr) return {};
  Parts parts(b);
  parts.follow(module, *given, 0);
  return parts.complete() ? parts.found() : std::vector<uint32_t>{};
}

}  // namespace mlgrade
