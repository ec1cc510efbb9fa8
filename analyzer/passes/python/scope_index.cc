// Building the look-up tables of one module: who defines which name in which scope.
#include "analyzer/passes/python/scope_index.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace mlgrade::passes {
namespace {

// Scopes are numbered: functions by their index, the module by kNone; the rest is told apart by high bits.
constexpr uint32_t kClassScope = 0x40000000;
constexpr uint32_t kSelfScope = 0x80000000;
constexpr uint32_t kDottedScope = 0xc0000000;
constexpr uint32_t kItemScope = 0x20000000;  // of a function; | kSelfScope: of a class

uint32_t item_scope(uint32_t function) { return kItemScope | (function & 0x1fffffff); }

Def def_at(Def::Kind kind, uint32_t index, uint32_t block, const Span& span) {
  return {.kind = kind,
          .index = index,
          .block = block,
          .line = span.line,
          .column = span.column,
          .end_line = std::max(span.line, span.end_line)};
}

// True if the innermost scope around the block is a class body.
bool in_class_body(const PythonModule& module, uint32_t block) {
  while (block != kNone) {
    PyBlock::Kind kind = module.blocks[block].kind;
    if (kind == PyBlock::Kind::kClass) return true;
    if (kind == PyBlock::Kind::kFunction || kind == PyBlock::Kind::kModule) return false;
    block = module.blocks[block].parent;
  }
  return false;
}

bool has_decorator(const PyFunction& function, std::string_view name) {
  return std::any_of(function.decorators.begin(), function.decorators.end(),
                     [&](const PyDecorator& d) { return d.name == name; });
}

// The class whose body directly holds `cls`, by qualified names; kNone if there is none.
uint32_t outer_class(const PythonModule& module, uint32_t cls) {
  std::string_view qualname = module.classes[cls].qualname.view();
  size_t dot = qualname.rfind('.');
  if (dot == std::string_view::npos) return kNone;
  for (uint32_t i = 0; i < cls; ++i) {
    if (module.classes[i].qualname == qualname.substr(0, dot)) return i;
  }
  return kNone;
}

}  // namespace

ScopeIndex::ScopeIndex(const PythonModule& module) : module_(&module) {
  entries_.reserve(module.imports.size() + module.functions.size() * 3 + module.bindings.size());
  self_names_.resize(module.functions.size());
  for (uint32_t i = 0; i < module.imports.size(); ++i) {
    const PyImport& import = module.imports[i];
    if (import.name == "*") {
      star_imports_.push_back(i);
    } else {
      add(import.function, import.bound, def_at(Def::Kind::kImport, i, import.block, import.span));
    }
  }
  add_classes();
  add_functions();
  add_bindings();
  note_locals();
  add_items();
  add_jumps();
  sort_entries();
}

void ScopeIndex::add_classes() {
  for (uint32_t i = 0; i < module_->classes.size(); ++i) {
    const PyClass& cls = module_->classes[i];
    Def def = def_at(Def::Kind::kClass, i, kNone, cls.span);
    uint32_t outer = outer_class(*module_, i);
    add(outer == kNone ? cls.function : kClassScope | outer, cls.name, def);
  }
}

void ScopeIndex::add_functions() {
  for (uint32_t i = 0; i < module_->functions.size(); ++i) {
    const PyFunction& function = module_->functions[i];
    uint32_t outer = function.block == kNone ? kNone : module_->blocks[function.block].parent;
    Def def = def_at(Def::Kind::kFunction, i, outer, function.span);
    def.end_line = def.line;
    add(function.cls == kNone ? function.parent : kClassScope | function.cls, function.name, def);
    for (uint32_t p = 0; p < function.params.size(); ++p) {
      Def param = def_at(Def::Kind::kParam, p, function.block, function.span);
      param.function = i;
      param.end_line = param.column = 0;  // before everything in the body
      param.line = 0;
      add(i, function.params[p].name, param);
    }
    bool method = function.cls != kNone && !function.params.empty() && !function.params[0].variadic &&
                  !has_decorator(function, "staticmethod");
    if (method) self_names_[i] = function.params[0].name;
  }
}

void ScopeIndex::add_bindings() {
  for (uint32_t i = 0; i < module_->bindings.size(); ++i) {
    const PyBinding& binding = module_->bindings[i];
    if (binding.subscript || binding.kind == PyBinding::Kind::kAugmented) continue;
    Def def = def_at(Def::Kind::kBinding, i, binding.block, binding.span);
    std::string_view target = binding.target.view();
    size_t dot = target.find('.');
    if (dot == std::string_view::npos) {
      if (in_class_body(*module_, binding.block)) continue;
      uint32_t scope = binding.function;
      while (declares_global(scope, target)) scope = module_->functions[scope].parent;
      add(scope, binding.target, def);
      continue;
    }
    uint32_t method = binding.function == kNone ? kNone : method_of(binding.function);
    std::string_view head = target.substr(0, dot);
    std::string_view rest = target.substr(dot + 1);
    if (method != kNone && head == self_names_[method].view()) {
      if (rest.find('.') == std::string_view::npos) {
        add(kSelfScope | module_->functions[method].cls, Name(rest), def);
      }
    } else {
      add(kDottedScope, binding.target, def);
      has_dotted_ = true;
    }
  }
}

// The scopes that give a name a meaning of its own, sorted. Filling a container binds none: without a name of
// its own a function fills the one of the scope around it.
void ScopeIndex::note_locals() {
  for (const Entry& entry : entries_) {
    if (entry.key.scope < module_->functions.size())
      locals_.emplace_back(entry.key.scope, entry.key.name.data());
  }
  std::sort(locals_.begin(), locals_.end());
}

bool ScopeIndex::is_local(uint32_t function, Name name) const {
  return std::binary_search(locals_.begin(), locals_.end(), std::pair(function, name.view().data()));
}

// `container` is plain ("models") or an attribute of the object ("self.models").
void ScopeIndex::add_item(std::string_view container, uint32_t function, Def def) {
  if (container.find_first_of("[(?") != std::string_view::npos) return;
  const size_t dot = container.find('.');
  if (dot == std::string_view::npos) {
    const Name name(container);
    while (function != kNone && (declares_global(function, container) || !is_local(function, name)))
      function = module_->functions[function].parent;
    add(item_scope(function), name, def);
    return;
  }
  const uint32_t method = function == kNone ? kNone : method_of(function);
  if (method == kNone || container.substr(0, dot) != self_names_[method].view()) return;
  const std::string_view attribute = container.substr(dot + 1);
  if (attribute.find('.') != std::string_view::npos) return;
  add(kItemScope | kSelfScope | module_->functions[method].cls, Name(attribute), def);
}

void ScopeIndex::add_items() {
  for (uint32_t i = 0; i < module_->bindings.size(); ++i) {
    const PyBinding& binding = module_->bindings[i];
    if (!binding.subscript || binding.unpacked || binding.kind != PyBinding::Kind::kAssign) continue;
    add_item(binding.target.view(), binding.function,
             def_at(Def::Kind::kItem, i, binding.block, binding.span));
  }
  static const Name kAdders[] = {Name("add"),    Name("append"),     Name("extend"),
                                 Name("insert"), Name("setdefault"), Name("update")};
  for (uint32_t i = 0; i < module_->calls.size(); ++i) {
    const PyCall& call = module_->calls[i];
    if (call.receiver != kNone || call.args.empty()) continue;
    if (std::find(std::begin(kAdders), std::end(kAdders), call.method) == std::end(kAdders)) continue;
    const std::string_view callee = call.callee.view();
    if (callee.size() <= call.method.view().size()) continue;
    add_item(callee.substr(0, callee.size() - call.method.view().size() - 1), call.function,
             def_at(Def::Kind::kAddition, i, call.block, call.span));
  }
}

void ScopeIndex::add_jumps() {
  const size_t functions = module_->functions.size();
  jump_starts_.assign(functions + 1, 0);
  for (const PyJump& jump : module_->jumps) {
    if (jump.function < functions) ++jump_starts_[jump.function + 1];
  }
  for (size_t i = 0; i < functions; ++i) jump_starts_[i + 1] += jump_starts_[i];
  jumps_.resize(jump_starts_[functions]);
  std::vector<uint32_t> next = jump_starts_;
  for (uint32_t i = 0; i < module_->jumps.size(); ++i) {
    uint32_t function = module_->jumps[i].function;
    if (function < functions) jumps_[next[function]++] = i;
  }
}

std::span<const uint32_t> ScopeIndex::jumps_of(uint32_t function) const {
  return std::span(jumps_).subspan(jump_starts_[function],
                                   jump_starts_[function + 1] - jump_starts_[function]);
}

void ScopeIndex::sort_entries() {
  // Groups by address (their order does not show), places within a group in source order.
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tuple(a.key.scope, a.key.name.data(), a.def.line, a.def.column) <
           std::tuple(b.key.scope, b.key.name.data(), b.def.line, b.def.column);
  });
  defs_.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    const auto position = static_cast<uint32_t>(defs_.size());
    if (groups_.empty() || groups_.back().key != entry.key)
      groups_.push_back({entry.key, {position, position}});
    ++groups_.back().defs.end;
    defs_.push_back(entry.def);
  }
  entries_.clear();
  entries_.shrink_to_fit();
  locals_ = {};
  fill_slots();
}

void ScopeIndex::fill_slots() {
  slots_.assign(std::bit_ceil(2 * groups_.size() + 1), kNone);
  for (uint32_t g = 0; g < groups_.size(); ++g) {
    size_t at = hash_of(groups_[g].key) & (slots_.size() - 1);
    while (slots_[at] != kNone) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = g;
  }
}

std::span<const Def> ScopeIndex::find(uint32_t scope, std::string_view name) const {
  const Key key{scope, name};
  for (size_t at = hash_of(key) & (slots_.size() - 1); slots_[at] != kNone;
       at = (at + 1) & (slots_.size() - 1)) {
    const Group& group = groups_[slots_[at]];
    if (group.key == key) return std::span(defs_).subspan(group.defs.begin, group.defs.size());
  }
  return {};
}

std::span<const Def> ScopeIndex::in_function(uint32_t function, std::string_view name) const {
  return find(function, name);
}

std::span<const Def> ScopeIndex::in_class(uint32_t cls, std::string_view name) const {
  return find(kClassScope | cls, name);
}

std::span<const Def> ScopeIndex::on_self(uint32_t cls, std::string_view name) const {
  return find(kSelfScope | cls, name);
}

std::span<const Def> ScopeIndex::put_into(uint32_t function, std::string_view name) const {
  return find(item_scope(function), name);
}

std::span<const Def> ScopeIndex::put_into_self(uint32_t cls, std::string_view name) const {
  return find(kItemScope | kSelfScope | cls, name);
}

std::span<const Def> ScopeIndex::dotted(std::string_view name) const { return find(kDottedScope, name); }

bool ScopeIndex::declares_global(uint32_t function, std::string_view name) const {
  if (function == kNone) return false;
  const std::vector<Name>& globals = module_->functions[function].globals;
  return std::any_of(globals.begin(), globals.end(), [&](Name global) { return global == name; });
}

uint32_t ScopeIndex::method_of(uint32_t function) const {
  while (function != kNone && module_->functions[function].cls == kNone) {
    function = module_->functions[function].parent;
  }
  return function;
}

}  // namespace mlgrade::passes
