// Which names one module defines, by scope: the base of every look-up.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/base/text_hash.h"
#include "analyzer/facts/python.h"

namespace mlgrade::passes {

// One place that gives a name its meaning.
struct Def {
  // kItem: a binding of a subscript, x["a"] = ...; kAddition: a call that adds to a container, x.append(...)
  enum class Kind : uint8_t { kImport, kClass, kFunction, kParam, kBinding, kItem, kAddition };
  Kind kind = Kind::kBinding;
  uint32_t index = kNone;     // into imports, classes, functions, params of `function`, bindings, calls
  uint32_t function = kNone;  // kParam: whose
  uint32_t block = kNone;     // where it stands; kNone where that does not matter
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t end_line = 0;
};

// Look-up tables of one module. Views point into interned names.
class ScopeIndex {
 public:
  ScopeIndex() = default;
  explicit ScopeIndex(const PythonModule& module);

  // Definitions of a name in the body of a function (kNone: of the module), in source order.
  std::span<const Def> in_function(uint32_t function, std::string_view name) const;
  // Members of a class body: methods, nested classes. Fields are searched in PyClass::fields.
  std::span<const Def> in_class(uint32_t cls, std::string_view name) const;
  // `self.name = ...` in any method of the class.
  std::span<const Def> on_self(uint32_t cls, std::string_view name) const;
  // Bindings of a dotted name that does not start with self: "app.state.model".
  std::span<const Def> dotted(std::string_view name) const;
  // What is put into the container that a name of a function (kNone: of the module) stands for, or into
  // `self.name` of a class: kItem and kAddition, in source order.
  std::span<const Def> put_into(uint32_t function, std::string_view name) const;
  std::span<const Def> put_into_self(uint32_t cls, std::string_view name) const;
  bool has_dotted() const { return has_dotted_; }
  bool declares_global(uint32_t function, std::string_view name) const;

  // The returns, yields and raises of a function, in source order: indices into jumps.
  std::span<const uint32_t> jumps_of(uint32_t function) const;

  const std::vector<uint32_t>& star_imports() const { return star_imports_; }  // of the module's scope
  // The parameter of a method that stands for the object; empty for others.
  std::string_view self_name(uint32_t function) const { return self_names_[function].view(); }
  uint32_t method_of(uint32_t function) const;  // the innermost method around it, itself included; or kNone

 private:
  struct Key {
    uint32_t scope;
    std::string_view name;
    bool operator==(const Key&) const = default;
  };
  static size_t hash_of(const Key& key) {
    return (text_hash(key.name) * 31 + key.scope) * 0x9e3779b97f4a7c15ull >> 16;
  }
  struct Entry {
    Key key;
    Def def;
  };

  void add(uint32_t scope, Name name, Def def) { entries_.push_back({{scope, name.view()}, def}); }
  void add_classes();
  void add_functions();
  void add_bindings();
  void note_locals();
  bool is_local(uint32_t function, Name name) const;
  void add_items();
  void add_item(std::string_view container, uint32_t function, Def def);
  void add_jumps();
  void sort_entries();
  void fill_slots();
  std::span<const Def> find(uint32_t scope, std::string_view name) const;

  const PythonModule* module_ = nullptr;
  std::vector<Entry> entries_;                            // only while building
  std::vector<std::pair<uint32_t, const char*>> locals_;  // function and name; only while building
  std::vector<Def> defs_;
  // By name and scope, with open addressing: most look-ups find nothing, and end at an empty slot.
  struct Group {
    Key key;
    IndexRange defs;
  };
  std::vector<Group> groups_;
  std::vector<uint32_t> slots_ = {kNone};  // into groups_, or kNone; a power of two, at most half taken
  std::vector<uint32_t> star_imports_;
  std::vector<Name> self_names_;
  std::vector<uint32_t> jumps_;        // grouped by function
  std::vector<uint32_t> jump_starts_;  // by function, and the end
  bool has_dotted_ = false;
};

}  // namespace mlgrade::passes
