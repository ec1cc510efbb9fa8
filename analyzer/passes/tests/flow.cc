// Values through one function: names, calls, bindings.
#include "analyzer/passes/tests/flow.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "analyzer/base/dotted.h"
#include "analyzer/passes/tests/flow_frame.h"

namespace mlgrade::passes {
namespace {

// The object of a method call: "self.model" of "self.model.fit"; the name itself if there is no dot.
std::string_view object_of(std::string_view callee) {
  size_t dot = callee.rfind('.');
  return dot == std::string_view::npos ? callee : callee.substr(0, dot);
}

bool is_capture(std::string_view head) {
  return head == "capsys" || head == "capfd" || head == "caplog" || head == "recwarn" || head == "tmp_path" ||
         head == "tmpdir";
}

bool of_self(std::string_view name) { return name.starts_with("self."); }

std::string_view holder_of(std::string_view dotted) {
  size_t dot = dotted.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : dotted.substr(0, dot);
}

struct AssertionHash {
  size_t operator()(const FoundAssertion& one) const {
    size_t hash = static_cast<size_t>(one.worth) | size_t{one.raises} << 8 | size_t{one.compares_number} << 9;
    for (uint32_t part : {one.origin, index_of(one.span.file), one.span.line, one.span.column})
      hash = hash * 0x9e3779b97f4a7c15ull + part;
    return hash;
  }
};

// Helpers that are called again check the same again.
void drop_repetitions(std::vector<FoundAssertion>& found) {
  if (found.size() < 2) return;
  std::unordered_set<FoundAssertion, AssertionHash> seen;
  std::erase_if(found, [&](const FoundAssertion& one) { return !seen.insert(one).second; });
}

}  // namespace

const OriginId* HeldNames::find(std::string_view name) const {
  if (mlgrade::passes::of_self(name)) {
    auto it = of_self.find(name);
    return it == of_self.end() ? nullptr : &it->second;
  }
  return plain.find(name);
}

OriginId& HeldNames::operator[](std::string_view name) {
  return mlgrade::passes::of_self(name) ? of_self[name] : plain[name];
}

bool Flow::is_mocked(PyRef ref) const {
  return std::find(mocked_.begin(), mocked_.end(), ref) != mocked_.end();
}

OriginId Flow::ran_so_far(Frame& frame) {
  frame.result.reads_ran = true;
  return join(frame.ran_before, frame.result.ran);
}

// A name means all that was put into it and into what holds it.
OriginId Flow::read(Frame& frame, std::string_view dotted) {
  OriginId origin = 0;
  bool known = false;
  std::string_view prefix = dotted.substr(0, plain_size(dotted));
  while (true) {
    if (const OriginId* held = frame.result.names.find(prefix)) {
      add(origin, *held);
      known = true;
    }
    size_t dot = prefix.rfind('.');
    if (dot == std::string_view::npos) break;
    prefix = prefix.substr(0, dot);
  }
  if (known) return origin;
  const PyImport* import = world_.import_of(frame.ref.module, head_of(dotted));
  if (import != nullptr) return read_import(*import, dotted);
  return frame.ref.index == kNone ? 0 : read_outer(frame.ref.module, dotted);
}

// A name of the module's body.
OriginId Flow::read_outer(uint32_t module, std::string_view dotted) {
  const HeldNames& outer = module_names(module);
  OriginId origin = 0;
  for (std::string_view at = dotted.substr(0, plain_size(dotted)); !at.empty(); at = holder_of(at)) {
    if (const OriginId* held = outer.find(at)) add(origin, *held);
  }
  return origin;
}

// A value of a project module comes from the project; naming a function or class of it calls nothing yet.
OriginId Flow::read_import(const PyImport& import, std::string_view dotted) {
  if (import.project_module == kNone) return 0;
  const bool plain = import.name.empty();
  std::string_view rest = dotted.substr(head_of(dotted).size());
  rest = rest.substr(0, plain_size(rest));
  if (world_.is_test_module(import.project_module)) {
    std::string_view inner = plain ? (rest.empty() ? rest : rest.substr(1)) : import.name.view();
    const OriginId* held = module_names(import.project_module).find(head_of(inner));
    return held == nullptr ? 0 : *held;
  }
  if (plain && rest.empty()) return 0;
  std::string name = import.target.str();
  if (plain && name.starts_with(import.bound.view())) name = import.bound.str();  // import a.b binds a
  name += rest;
  const Name target(name);
  if (world_.module(import.project_module).name == target || world_.is_function_or_class(target)) return 0;
  return origins_.with_target(origins_.with(0, Origins::Mark::kProject), target);
}

OriginId Flow::read_all(Frame& frame, IndexRange reads) {
  OriginId origin = 0;
  for (uint32_t i = reads.begin; i < reads.end; ++i) add(origin, read(frame, frame.module.names[i].view()));
  return origin;
}

OriginId Flow::calls_of(const Frame& frame, IndexRange calls) {
  OriginId origin = 0;
  for (uint32_t i = calls.begin; i < calls.end; ++i) add(origin, frame.made_by(i));
  return origin;
}

// Arguments, the calls inside them, and the object of a method.
OriginId Flow::call_inputs(Frame& frame, uint32_t index) {
  const PyCall& call = frame.module.calls[index];
  OriginId origin = 0;
  for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
    const PyArg& arg = frame.module.args[i];
    add(origin, read_all(frame, arg.reads));
    if (arg.value.kind == PyValue::Kind::kName) add(origin, read(frame, arg.value.text.view()));
  }
  auto start = [](const Span& span) { return std::tuple(span.line, span.column); };
  for (uint32_t i = index; i-- > 0 && start(frame.module.calls[i].span) >= start(call.span);) {
    add(origin, frame.made_by(i));
  }
  add(origin, frame.made_by(call.receiver));
  add(origin, read(frame, object_of(call.callee.view())));
  return origin;
}

void Flow::on_call(Frame& frame, uint32_t index) {
  const PyCall& call = frame.module.calls[index];
  const OriginId inputs = call_inputs(frame, index);
  if (frame.checks) check_call(frame, index, inputs);
  OriginId origin = classify(frame, index, inputs);
  const PyRef ref = call.function_ref;
  const bool own_code = world_.is_project_function(ref) || world_.is_project_function(call.class_ref);
  const bool helper = ref.valid() && ref.index != kNone && !own_code && frame.depth < kMaxDepth;
  if (helper) add(origin, call_helper(frame, index, inputs));
  if (is_capture(head_of(call.callee.view()))) add(origin, ran_so_far(frame));
  frame.calls[index - frame.body.calls.begin] = origin;
  if (!origins_[origin].counts()) return;
  // What is handed to the project's code, or added to, may be changed by it.
  const std::string_view object = object_of(call.callee.view());
  const bool method = object.size() < call.callee.view().size();
  if (method && frame.result.names.find(object) != nullptr) add(frame.result.names[object], origin);
  if (!own_code) return;
  add(frame.result.ran, origin);
  for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
    const PyValue& value = frame.module.args[i].value;
    if (value.kind == PyValue::Kind::kName) add(frame.result.names[value.text.view()], origin);
  }
}

void Flow::on_binding(Frame& frame, uint32_t index) {
  const PyBinding& binding = frame.module.bindings[index];
  OriginId origin = read_all(frame, binding.reads);
  add(origin, calls_of(frame, binding.calls));
  if (binding.value.kind == PyValue::Kind::kCall) {
    add(origin, frame.made_by(binding.value.call));
  } else if (binding.value.kind == PyValue::Kind::kName || binding.value.kind == PyValue::Kind::kSubscript) {
    add(origin, read(frame, binding.value.text.view()));
  }
  const std::string_view target = binding.target.view();
  const bool of_class = frame.ref.index == kNone && binding.block != kNone &&
                        frame.module.blocks[binding.block].kind == PyBlock::Kind::kClass;
  if (of_class) {
    add(frame.result.names[Name("self." + binding.target.str()).view()], origin);
    return;
  }
  const bool whole = binding.kind == PyBinding::Kind::kAssign && !binding.subscript &&
                     deciding_block(frame.module, binding.block) == kNone;
  OriginId& held = frame.result.names[target];
  if (whole) held = 0;
  add(held, origin);
  const size_t dot = target.find('.');
  if (dot != std::string_view::npos && head_of(target) != "self")
    add(frame.result.names[head_of(target)], origin);
}

namespace {

// `raise AssertionError("expected a refusal")`: a failed check without `assert`.
bool raises_assertion(const PythonModule& module, const PyJump& jump) {
  const bool call = jump.value.kind == PyValue::Kind::kCall && jump.value.call < module.calls.size();
  return (call ? module.calls[jump.value.call].callee : jump.value.text) == "AssertionError";
}

}  // namespace

void Flow::on_jump(Frame& frame, uint32_t index) {
  const PyJump& jump = frame.module.jumps[index];
  if (jump.kind == PyJump::Kind::kRaise) {
    if (frame.checks && raises_assertion(frame.module, jump) &&
        expects_exception(frame, jump.block, jump.span))
      return;
    uint32_t decider = deciding_block(frame.module, jump.block);
    bool again = jump.value.kind == PyValue::Kind::kOther && jump.reads.empty() && jump.calls.empty();
    if (frame.checks && decider != kNone && !again) check_condition(frame, decider, jump.span);
    return;
  }
  OriginId& returned = frame.result.returned;
  add(returned, read_all(frame, jump.reads));
  add(returned, calls_of(frame, jump.calls));
  if (jump.value.kind == PyValue::Kind::kName) add(returned, read(frame, jump.value.text.view()));
  if (jump.value.kind == PyValue::Kind::kCall) add(returned, frame.made_by(jump.value.call));
}

// What happens in a body, in order: a call counts where it starts, a binding once its statement is over.
const std::vector<Flow::Event>& Flow::events_of(PyRef ref) {
  const auto [at, fresh] = events_.try_emplace(ref);
  if (!fresh) return at->second;
  std::vector<Event>& events = at->second;
  const PythonModule& module = world_.module(ref.module);
  const PyBody body = module.body(ref.index);
  constexpr uint64_t kLastColumn = (uint64_t{1} << 30) - 1;
  const auto add_all = [&](const auto& facts, IndexRange range, Event::Kind kind) {
    for (uint32_t i = range.begin; i < range.end; ++i) {
      if (facts[i].function != ref.index) continue;
      const Span& span = facts[i].span;
      const uint64_t column =
          kind == Event::Kind::kBinding ? std::min<uint64_t>(span.column, kLastColumn) : 0;
      const uint64_t line = std::max(span.line, span.end_line);
      events.push_back({line << 32 | static_cast<uint64_t>(kind) << 30 | column, i, kind});
    }
  };
  add_all(module.calls, body.calls, Event::Kind::kCall);
  add_all(module.bindings, body.bindings, Event::Kind::kBinding);
  add_all(module.asserts, body.asserts, Event::Kind::kAssert);
  add_all(module.jumps, body.jumps, Event::Kind::kJump);
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::tuple(a.place, a.index) < std::tuple(b.place, b.index);
  });
  return events;
}

Flow::Outcome Flow::run(PyRef ref, HeldNames names, OriginId ran, int depth, bool checks) {
  const PythonModule& module = world_.module(ref.module);
  Frame frame{.ref = ref,
              .module = module,
              .body = module.body(ref.index),
              .ran_before = ran,
              .depth = depth,
              .checks = checks,
              .result = {},
              .calls = {},
              .raises = {}};
  frame.result.names = std::move(names);
  frame.calls.resize(frame.body.calls.size());
  for (const Event& event : events_of(ref)) {
    switch (event.kind) {
      case Event::Kind::kCall:
        on_call(frame, event.index);
        break;
      case Event::Kind::kBinding:
        on_binding(frame, event.index);
        break;
      case Event::Kind::kAssert:
        if (checks) on_assert(frame, event.index);
        break;
      case Event::Kind::kJump:
        on_jump(frame, event.index);
        break;
    }
  }
  if (checks) check_raises(frame);
  drop_repetitions(frame.result.assertions);
  return std::move(frame.result);
}

}  // namespace mlgrade::passes
