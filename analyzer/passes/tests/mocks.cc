// Reads calls that replace a name by a mock, and finds what the name stands for.
#include "analyzer/passes/tests/mocks.h"

#include <algorithm>
#include <string>

namespace mlgrade::passes {
namespace {

std::string_view head_of(std::string_view dotted) { return dotted.substr(0, dotted.find('.')); }
std::string_view last_of(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

bool patches(const PyCall& call) {
  const std::string_view target = call.target.view();
  const std::string_view callee = call.callee.view();
  return target.starts_with("unittest.mock.patch") || target.starts_with("mock.patch") ||
         callee.starts_with("mocker.patch") || callee == "monkeypatch.setattr" ||
         (last_of(callee) == "setattr" && callee != "setattr");
}

class MockReader {
 public:
  explicit MockReader(const TestWorld& world) : world_(world) {}

  void read(uint32_t index, const PyCall& call) {
    const PythonModule& module = world_.module(index);
    const PyArg* first = argument(module, call, 0, "target");
    // A spy lets the real one work.
    if (!patches(call) || first == nullptr || argument(module, call, kNone, "wraps") != nullptr) return;
    const std::string_view kind = last_of(call.callee.view());
    if (kind == "dict") {
      const bool modules = first->value.text == "sys.modules";
      if (const PyArg* values = argument(module, call, 1, "values"); modules && values != nullptr)
        read_modules(module, values->value);
      return;
    }
    std::string object = object_of(index, first->value);
    if (object.empty()) return;
    object = world_.canonical(index, object);
    if (kind == "multiple") {
      for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
        const Name keyword = module.args[i].keyword;
        if (!keyword.empty() && keyword != "target" && !keyword.view().starts_with('*'))
          replace(object + "." + keyword.str());
      }
      return;
    }
    const PyArg* second = argument(module, call, 1, "attribute");
    const bool attribute = second != nullptr && second->value.kind == PyValue::Kind::kString &&
                           (kind == "object" || first->value.kind == PyValue::Kind::kName);
    if (attribute) object += "." + second->value.text.str();
    if (attribute || first->value.kind == PyValue::Kind::kString) replace(object);
  }

  void read(const PyBinding& binding) {
    if (stubs_a_module(binding)) everywhere(binding.key);
  }

  Mocked take() {
    auto tidy = [](auto& list) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    };
    tidy(out_.functions);
    tidy(out_.names);
    return std::move(out_);
  }

 private:
  static const PyArg* argument(const PythonModule& module, const PyCall& call, uint32_t position,
                               std::string_view keyword) {
    for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
      const PyArg& arg = module.args[i];
      if (arg.keyword == keyword || (arg.keyword.empty() && i - call.args.begin == position)) return &arg;
    }
    return nullptr;
  }

  // What the first argument names: its text, or the imported object.
  std::string object_of(uint32_t index, const PyValue& value) const {
    if (value.kind == PyValue::Kind::kString) return value.text.str();
    if (value.kind != PyValue::Kind::kName) return {};
    const std::string_view object = value.text.view();
    const PyImport* import = world_.import_of(index, head_of(object));
    if (import == nullptr) return {};
    return imported(*import, object);
  }

  // The canonical name of what `dotted` means behind an import.
  static std::string imported(const PyImport& import, std::string_view dotted) {
    const bool whole = import.name.empty() && import.target != import.bound &&
                       import.target.view().starts_with(import.bound.view());  // import a.b binds a
    return whole ? std::string(dotted)
                 : import.target.str() + std::string(dotted.substr(head_of(dotted).size()));
  }

  void everywhere(Name target) { out_.names.push_back({kNone, Name(), target}); }

  void read_modules(const PythonModule& module, const PyValue& value) {
    if (value.kind != PyValue::Kind::kDict) return;
    const IndexRange elements = value.elements();
    for (uint32_t i = elements.begin; i + 1 < elements.end; i += 2) {
      if (module.values[i].kind == PyValue::Kind::kString) everywhere(module.values[i].text);
    }
  }

  void replace(const std::string& name) {
    bool own = false;
    for (PyRef ref : world_.functions_named(name)) {
      own = true;
      if (world_.is_project_function(ref)) out_.functions.push_back(ref);
    }
    if (own) return;
    uint32_t module = kNone;
    std::string_view rest = name;
    for (size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0; dot = name.rfind('.', dot - 1)) {
      module = world_.module_named(std::string_view(name).substr(0, dot));
      if (module == kNone) continue;
      rest = std::string_view(name).substr(dot + 1);
      break;
    }
    if (module == kNone) return everywhere(Name(name));
    const PyImport* import = world_.import_of(module, head_of(rest));
    const bool foreign = import != nullptr && import->project_module == kNone;
    // An attribute of something that is shared is replaced for all that share it.
    if (foreign && rest.find('.') != std::string_view::npos) return everywhere(Name(imported(*import, rest)));
    if (rest.find('.') != std::string_view::npos) return;
    out_.names.push_back({module, Name(rest), foreign ? Name(imported(*import, rest)) : Name()});
  }

  const TestWorld& world_;
  Mocked out_;
};

}  // namespace

Mocked mocked_by(const TestWorld& world, const TestCase& test, const std::vector<Mark>& marks) {
  MockReader reader(world);
  for (const Mark& mark : marks) {
    if (mark.call != kNone) reader.read(mark.module, world.module(mark.module).calls[mark.call]);
  }
  std::vector<PyRef> bodies = test.fixtures;
  bodies.push_back(test.function);
  for (size_t i = 0, own = bodies.size(); i < own; ++i) bodies.push_back({bodies[i].module, kNone});
  std::sort(bodies.begin(), bodies.end());
  bodies.erase(std::unique(bodies.begin(), bodies.end()), bodies.end());
  for (PyRef ref : bodies) {
    const PythonModule& module = world.module(ref.module);
    if (ref.index == kNone) {  // no calls: decorators of other tests stand there
      for (uint32_t i : world.stubs_of_module(ref.module)) reader.read(module.bindings[i]);
      continue;
    }
    const PyBody inside = module.body(ref.index);
    for (uint32_t i = inside.bindings.begin; i < inside.bindings.end; ++i) {
      if (module.bindings[i].function == ref.index) reader.read(module.bindings[i]);
    }
    for (uint32_t i = inside.calls.begin; i < inside.calls.end; ++i) {
      if (module.calls[i].function == ref.index) reader.read(ref.module, module.calls[i]);
    }
  }
  return reader.take();
}

}  // namespace mlgrade::passes
