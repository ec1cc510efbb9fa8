// Spreads names to a fixed point, with the parts of tuples, objects and mappings told apart.
#include "rules/support/followed.h"

#include <algorithm>
#include <tuple>

#include "analyzer/facts/bodies.h"

namespace mlgrade {
namespace {

constexpr int kRounds = 5;
constexpr int kDepth = 4;  // of functions that hand on to functions

bool is_bound(const PyFunction& function) {
  return function.cls != kNone && !function.params.empty() &&
         (function.params.front().name == "self" || function.params.front().name == "cls");
}

// "decision" of "decision.to_dict".
std::string_view receiver_of(const PyCall& call) {
  std::string_view callee = call.callee.view();
  const size_t dot = callee.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : callee.substr(0, dot);
}

// Names that stand for parts of `name`: what follows it, ".accepted" or "[accepted]".
std::set<std::string> parts_of(const std::unordered_set<Name>& names, std::string_view name) {
  std::set<std::string> parts;
  for (Name held : names) {
    std::string_view text = held.view();
    if (text.size() <= name.size() || !text.starts_with(name)) continue;
    const char next = text[name.size()];
    if (next == '.' || next == '[') parts.emplace(text.substr(name.size()));
  }
  return parts;
}

Name part(std::string_view name, std::string_view suffix) {
  return Name(std::string(name) + std::string(suffix));
}

// An object as a mapping: the same parts under keys.
bool makes_mapping(const PyCall& call) {
  static constexpr std::string_view kWords[] = {"to_dict", "dict",   "model_dump", "_asdict",
                                                "as_dict", "asdict", "to_json",    "vars"};
  return std::find(std::begin(kWords), std::end(kWords), call.method.view()) != std::end(kWords);
}

}  // namespace

uint32_t parameter_of(const FactStore& facts, const PythonModule& module, const PyCall& call, uint32_t arg) {
  const PyFunction* function = facts.function(call.function_ref);
  if (function == nullptr) return kNone;
  const PyArg& given = module.args[arg];
  if (given.keyword == "*" || given.keyword == "**") return kNone;
  if (!given.keyword.empty()) {
    for (uint32_t p = 0; p < function->params.size(); ++p) {
      if (function->params[p].name == given.keyword) return p;
    }
    return kNone;
  }
  uint32_t position = is_bound(*function) ? 1 : 0;
  for (uint32_t a = call.args.begin; a < arg; ++a) {
    const Name keyword = module.args[a].keyword;
    if (keyword == "*" || keyword == "**") return kNone;
    if (keyword.empty()) ++position;
  }
  if (position >= function->params.size() || function->params[position].variadic) return kNone;
  return position;
}

Handed Passing::handed(PyRef function, uint32_t param, bool by_branch) {
  const PyFunction* called = facts_.function(function);
  if (called == nullptr || param >= called->params.size()) return {};
  const auto key = std::make_tuple(function, param, by_branch);
  auto [it, fresh] = known_.try_emplace(key);  // a function that calls itself adds nothing
  if (!fresh) return it->second;
  if (depth_ >= kDepth) {
    known_.erase(it);
    return {};
  }
  ++depth_;
  AnswerSources sources;
  sources.names.insert(called->params[param].name);
  sources.by_branch = by_branch;
  Handed handed = Followed(*this, function.module, function.index, std::move(sources)).returned();
  --depth_;
  known_[key] = handed;
  return handed;
}

Followed::Followed(Passing& passing, uint32_t module, uint32_t function, AnswerSources sources)
    : passing_(passing),
      module_(passing.facts().python[module]),
      function_(function),
      sources_(std::move(sources)) {
  carriers_.names.insert(sources_.names.begin(), sources_.names.end());
  first_line_ = first_line();
  spread();
}

// What stands before the first source has seen nothing of it, unless both are in a loop.
uint32_t Followed::first_line() const {
  if (!sources_.names.empty() || sources_.is_read || !sources_.comparisons.empty()) return 0;
  uint32_t first = 0;
  for (uint32_t c : indices(module_.body(function_).calls)) {
    const PyCall& call = module_.calls[c];
    if (call.function != function_ || !is_source(c)) continue;
    for (uint32_t at = call.block; at != kNone && at < module_.blocks.size();
         at = module_.blocks[at].parent) {
      if (module_.blocks[at].kind == PyBlock::Kind::kFunction) break;
      if (module_.blocks[at].kind == PyBlock::Kind::kLoop) return 0;
    }
    first = first == 0 ? call.span.line : std::min(first, call.span.line);
  }
  return first;
}

bool Followed::is_source(uint32_t call) const {
  return sources_.calls.contains(call) || (sources_.is_call && sources_.is_call(call));
}

bool Followed::gives_back(const PyCall& call, uint32_t arg) const {
  if (!call.function_ref.valid() || call.class_ref.valid()) return true;
  const PyFunction* function = passing_.facts().function(call.function_ref);
  if (function == nullptr || function->name == "__init__") return true;
  const Name keyword = module_.args[arg].keyword;
  if (keyword == "*" || keyword == "**") return true;
  const uint32_t param = parameter_of(passing_.facts(), module_, call, arg);
  return param != kNone && passing_.handed(call.function_ref, param, sources_.by_branch).any();
}

bool Followed::kept_inside(IndexRange calls, uint32_t read) const {
  for (uint32_t c = calls.begin; c < calls.end; ++c) {
    const PyCall& call = module_.calls[c];
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyArg& arg = module_.args[a];
      if (read >= arg.reads.begin && read < arg.reads.end && !gives_back(call, a)) return true;
    }
  }
  return false;
}

bool Followed::carries(IndexRange reads, IndexRange calls) const {
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    const bool read =
        carriers_.carries(module_, {r, r + 1}) || (sources_.is_read && sources_.is_read(module_.names[r]));
    if (read && !kept_inside(calls, r)) return true;
  }
  for (uint32_t c = calls.begin; c < calls.end; ++c) {
    const PyCall& call = module_.calls[c];
    if (is_source(c)) {
      bool kept = false;  // handed straight to a call that does not give it back
      for (uint32_t outer = c + 1; outer < calls.end && !kept; ++outer) {
        const PyCall& other = module_.calls[outer];
        for (uint32_t a = other.args.begin; a < other.args.end && !kept; ++a) {
          const PyValue& value = module_.args[a].value;
          kept = value.kind == PyValue::Kind::kCall && value.call == c && !gives_back(other, a);
        }
      }
      if (!kept) return true;
    }
    const bool all = call.method == "values" || call.method == "items";
    if (all && !parts_of(carriers_.names, receiver_of(call)).empty()) return true;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyValue& value = module_.args[a].value;
      const bool item = value.kind == PyValue::Kind::kSubscript && carriers_.names.contains(value.text);
      if (item && gives_back(call, a)) return true;
    }
  }
  return false;
}

bool Followed::carries(const PyValue& value) const {
  if (value.kind == PyValue::Kind::kCall) {
    if (is_source(value.call)) return true;
    const PyCall& call = module_.calls[value.call];
    if (call.method == "get" && !call.args.empty()) {  // report.get("accepted")
      const PyValue& key = module_.args[call.args.begin].value;
      return key.kind == PyValue::Kind::kString &&
             carriers_.names.contains(part(receiver_of(call), "[" + key.text.str() + "]"));
    }
    return false;
  }
  return carriers_.carries(value);
}

bool Followed::carries(const PyArg& arg) const {
  if (carries(arg.value)) return true;
  for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) {
    if (carriers_.carries(module_, {r, r + 1}) || (sources_.is_read && sources_.is_read(module_.names[r])))
      return true;
  }
  return false;
}

bool Followed::has_source(IndexRange comparisons) const {
  for (uint32_t c = comparisons.begin; c < comparisons.end; ++c) {
    if (sources_.comparisons.contains(c)) return true;
  }
  return false;
}

bool Followed::looks(uint32_t condition) const {
  const PyCondition& c = module_.conditions[condition];
  if (std::max(c.span.line, c.span.end_line) < first_line_) return false;
  return has_source(c.comparisons) || carries(c.value) || carries(c.reads, c.calls);
}

bool Followed::decided_block(uint32_t block) const {
  if (!sources_.by_branch) return false;
  for (uint32_t at = block; at != kNone && at < module_.blocks.size(); at = module_.blocks[at].parent) {
    const uint32_t c = module_.blocks[at].condition;
    if (module_.blocks[at].kind == PyBlock::Kind::kFunction) return false;
    if (c != kNone && looks(c)) return true;
  }
  return false;
}

// `Decision(accepted=ok, rows=n)`: the attributes that carry. False if they cannot be told apart.
bool Followed::bind_object(const PyBinding& binding, const PyCall& call) {
  if (!call.class_ref.valid()) return false;
  std::set<std::string> attributes;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module_.args[a];
    if (!carries(arg)) continue;
    if (arg.keyword.empty() || arg.keyword == "*" || arg.keyword == "**") return false;
    attributes.insert("." + arg.keyword.str());
  }
  for (const std::string& attribute : attributes)
    carriers_.names.insert(part(binding.target.view(), attribute));
  return !attributes.empty();
}

// Bindings whose value is told part by part. True if this is one, whatever came of it.
bool Followed::bind_parts(const PyBinding& binding) {
  const PyValue& value = binding.value;
  const std::string_view target = binding.target.view();
  if (!sources_.parts || binding.subscript || binding.kind != PyBinding::Kind::kAssign) return false;
  if (value.kind == PyValue::Kind::kName && !binding.unpacked) {
    for (const std::string& suffix : parts_of(carriers_.names, value.text.view()))
      carriers_.names.insert(part(target, suffix));
    return false;
  }
  if (value.kind == PyValue::Kind::kDict && !binding.unpacked) {
    const IndexRange elements = value.elements();
    bool told = false;
    for (uint32_t e = elements.begin; e + 1 < elements.end; e += 2) {
      const PyValue& key = module_.values[e];
      if (key.kind != PyValue::Kind::kString || !carries(module_.values[e + 1])) continue;
      carriers_.names.insert(part(target, "[" + key.text.str() + "]"));
      told = true;
    }
    return told;
  }
  if (value.kind != PyValue::Kind::kCall) return false;
  const PyCall& call = module_.calls[value.call];
  if (bind_object(binding, call)) return true;
  if (makes_mapping(call)) {
    std::string_view object = receiver_of(call);
    if (call.args.size() > 0 && module_.args[call.args.begin].value.kind == PyValue::Kind::kName)
      object = module_.args[call.args.begin].value.text.view();
    for (const std::string& suffix : parts_of(carriers_.names, object)) {
      if (suffix[0] == '.') carriers_.names.insert(part(target, "[" + suffix.substr(1) + "]"));
    }
    return false;
  }
  Handed handed;
  const auto source = sources_.calls.find(value.call);
  if (source != sources_.calls.end()) {
    handed = source->second;
  } else if (call.function_ref.valid() && !call.class_ref.valid()) {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (!carries(module_.args[a])) continue;
      const uint32_t param = parameter_of(passing_.facts(), module_, call, a);
      const Handed one =
          param == kNone ? Handed{} : passing_.handed(call.function_ref, param, sources_.by_branch);
      handed.whole |= one.whole;
      handed.positions.insert(one.positions.begin(), one.positions.end());
      handed.attributes.insert(one.attributes.begin(), one.attributes.end());
    }
  }
  if (handed.whole || !handed.any()) return false;
  if (binding.unpacked) {
    uint32_t position = 0;
    for (const PyBinding& other : bindings_in(module_, binding.function)) {
      if (&other == &binding) break;
      position += other.unpacked && other.function == binding.function &&
                  other.value.kind == PyValue::Kind::kCall && other.value.call == value.call;
    }
    if (handed.positions.contains(position)) carriers_.names.insert(binding.target);
    return true;
  }
  if (!handed.positions.empty()) carriers_.names.insert(binding.target);
  for (const std::string& attribute : handed.attributes) carriers_.names.insert(part(target, attribute));
  return true;
}

bool Followed::bind(const PyBinding& binding) {
  const size_t before = carriers_.names.size();
  if (bind_parts(binding)) return carriers_.names.size() != before;
  const bool flag = binding.value.kind == PyValue::Kind::kBool ||
                    binding.value.kind == PyValue::Kind::kNumber ||
                    binding.kind == PyBinding::Kind::kAugmented;
  const bool given = has_source(binding.comparisons) || carries(binding.value) ||
                     carries(binding.reads, binding.calls) || (flag && decided_block(binding.block));
  if (!given) return carriers_.names.size() != before;
  const bool keyed = sources_.parts && binding.subscript && !binding.key.empty();
  carriers_.names.insert(keyed ? part(binding.target.view(), "[" + binding.key.str() + "]") : binding.target);
  return carriers_.names.size() != before;
}

void Followed::spread() {
  for (int round = 0; round < kRounds; ++round) {
    bool changed = false;
    for (const PyBinding& binding : bindings_in(module_, function_)) {
      if (binding.function == function_ &&
          std::max(binding.span.line, binding.span.end_line) >= first_line_ &&
          !carriers_.names.contains(binding.target))
        changed |= bind(binding);
    }
    for (const PyCall& call : calls_in(module_, function_)) {
      const bool collects = call.method == "append" || call.method == "extend" || call.method == "add";
      if (call.function != function_ || !collects) continue;
      const std::string_view receiver = receiver_of(call);
      if (receiver.empty() || carriers_.names.contains(Name(receiver))) continue;
      bool given = decided_block(call.block);
      for (uint32_t a = call.args.begin; a < call.args.end && !given; ++a) given = carries(module_.args[a]);
      if (given) changed |= carriers_.names.insert(Name(receiver)).second;
    }
    if (!changed) return;
  }
}

void Followed::give_elements(const PyValue& list, Handed& out) const {
  const IndexRange elements = list.elements();
  for (uint32_t e = elements.begin; e < elements.end; ++e) {
    if (carries(module_.values[e])) out.positions.insert(e - elements.begin);
  }
}

void Followed::give_keys(const PyValue& dict, Handed& out) const {
  const IndexRange elements = dict.elements();
  for (uint32_t e = elements.begin; e + 1 < elements.end; e += 2) {
    const PyValue& key = module_.values[e];
    if (key.kind == PyValue::Kind::kString && carries(module_.values[e + 1]))
      out.attributes.insert("[" + key.text.str() + "]");
  }
}

void Followed::give_attributes(const PyCall& made, Handed& out) const {
  for (uint32_t a = made.args.begin; a < made.args.end; ++a) {
    const PyArg& arg = module_.args[a];
    if (!carries(arg)) continue;
    const bool named = !arg.keyword.empty() && arg.keyword != "*" && arg.keyword != "**";
    if (named) out.attributes.insert("." + arg.keyword.str());
    out.whole |= !named;
  }
}

Handed Followed::returned() const {
  Handed out;
  for (const PyJump& jump : jumps_in(module_, function_)) {
    if (jump.function != function_ || jump.kind == PyJump::Kind::kRaise) continue;
    if (decided_block(jump.block)) {
      out.whole = true;
      continue;
    }
    const PyValue& value = jump.value;
    Handed told;
    if (value.kind == PyValue::Kind::kList && value.count > 1) give_elements(value, told);
    if (value.kind == PyValue::Kind::kDict) give_keys(value, told);
    if (value.kind == PyValue::Kind::kCall && module_.calls[value.call].class_ref.valid())
      give_attributes(module_.calls[value.call], told);
    if (value.kind == PyValue::Kind::kName) told.attributes = parts_of(carriers_.names, value.text.view());
    const bool given = has_source(jump.comparisons) || carries(value) || carries(jump.reads, jump.calls);
    out.whole |= told.whole || (given && !told.any());
    out.positions.merge(told.positions);
    out.attributes.merge(told.attributes);
  }
  return out;
}

}  // namespace mlgrade
