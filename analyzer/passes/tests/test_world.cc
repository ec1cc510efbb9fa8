// Indices over all modules, made once before tests are judged.
#include "analyzer/passes/tests/test_world.h"

#include <algorithm>

#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

constexpr size_t kMaxReached = 2000;  // functions looked at from one test

bool in_test_folder(std::string_view path) {
  for (std::string_view folder = folder_of(path); !folder.empty(); folder = folder_of(folder)) {
    std::string_view base = base_name(folder);
    if (base == "tests" || base == "test") return true;
  }
  return base_name(path) == "conftest.py";
}

// A class whose base is a library's has its methods called by that library.
bool has_library_base(const PyClass& cls) {
  for (size_t i = 0; i < cls.base_targets.size(); ++i) {
    std::string_view base = cls.base_targets[i].view();
    if (base.empty() || cls.base_refs[i].valid()) continue;
    if (base.find('.') == std::string_view::npos || base.starts_with("abc.") || base.starts_with("typing.") ||
        base.starts_with("enum.")) {
      continue;
    }
    return true;
  }
  return false;
}

}  // namespace

bool stubs_a_module(const PyBinding& binding) {
  return binding.subscript && !binding.key.empty() && binding.target == "sys.modules";
}

TestWorld::TestWorld(const FactStore& store)
    : facts(store),
      fixtures(store, [&](uint32_t m, uint32_t i) { return store.python[m].imports[i].project_module; }),
      test_modules_(store.python.size()),
      stubs_(store.python.size()),
      roots_(store.python.size()),
      imports_(store.python.size()) {
  for (uint32_t i = 0; i < store.python.size(); ++i)
    test_modules_[i] = in_test_folder(store.path(store.python[i].file));
  for (const TestCase& test : store.tests) test_modules_[test.function.module] = true;
  for (uint32_t i = 0; i < store.python.size(); ++i) index_module(i);
  find_roots();
  link_functions();
}

void TestWorld::index_module(uint32_t index) {
  const PythonModule& module = facts.python[index];
  modules_.emplace(module.name.view(), index);
  for (uint32_t i = 0; i < module.imports.size(); ++i)
    imports_[index].try_emplace(module.imports[i].bound.view(), i);
  for (uint32_t i = 0; i < module.bindings.size(); ++i) {
    const PyBinding& binding = module.bindings[i];
    if (binding.function == kNone && stubs_a_module(binding)) stubs_[index].push_back(i);
  }
  for (uint32_t i = 0; i < module.functions.size(); ++i)
    callables_[module.functions[i].target].push_back({index, i});
  for (uint32_t c = 0; c < module.classes.size(); ++c) {
    std::vector<PyRef>& methods =
        callables_[Name(module.name.str() + "." + module.classes[c].qualname.str())];
    const IndexRange inside = module.classes[c].functions;
    for (uint32_t i = inside.begin; i < inside.end; ++i) {
      if (module.functions[i].cls == c) methods.push_back({index, i});
    }
  }
}

// What imports leave out of the names of the modules that they find.
void TestWorld::find_roots() {
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    for (const PyImport& import : facts.python[i].imports) {
      if (import.project_module == kNone || import.level > 0) continue;
      const std::string_view name = facts.python[import.project_module].name.view();
      std::string written = import.module.str();
      for (int part = 0; part < 2; ++part) {  // `from a import b` may mean the module a.b
        if (part == 1) written += "." + import.name.str();
        const size_t size = written.size() + 1;
        if (name.size() <= size || !name.ends_with("." + written)) continue;
        roots_[i].emplace_back(name.substr(0, name.size() - size));
      }
    }
    std::sort(roots_[i].begin(), roots_[i].end());
    roots_[i].erase(std::unique(roots_[i].begin(), roots_[i].end()), roots_[i].end());
    all_roots_.insert(all_roots_.end(), roots_[i].begin(), roots_[i].end());
  }
  std::sort(all_roots_.begin(), all_roots_.end());
  all_roots_.erase(std::unique(all_roots_.begin(), all_roots_.end()), all_roots_.end());
}

// Sorts the callees by who calls them, in the order in which they were found.
void TestWorld::link_functions() {
  uint32_t count = 0;
  for (const PythonModule& module : facts.python) {
    bodies_.push_back(count);
    const auto index = static_cast<uint32_t>(bodies_.size()) - 1;
    count += static_cast<uint32_t>(module.functions.size()) + 1;
    refs_.push_back({index, kNone});
    for (uint32_t f = 0; f < module.functions.size(); ++f) refs_.push_back({index, f});
  }
  std::vector<std::pair<uint32_t, PyRef>> links;
  for (uint32_t i = 0; i < facts.python.size(); ++i) link_functions(i, links);
  std::erase_if(links, [](const auto& link) { return link.second.index == kNone; });
  callee_begin_.assign(count + 1, 0);
  for (const auto& [body, callee] : links) ++callee_begin_[body + 1];
  for (uint32_t i = 0; i < count; ++i) callee_begin_[i + 1] += callee_begin_[i];
  std::vector<uint32_t> next = callee_begin_;
  callees_.resize(links.size());
  for (const auto& [body, callee] : links) callees_[next[body]++] = body_of(callee);
}

// The methods of a class and of those of the repository that it derives from.
void TestWorld::add_methods(const FactStore& store, PyRef cls, std::vector<PyRef>& out) {
  constexpr size_t kMostClasses = 16;
  std::vector<PyRef> classes{cls};
  for (size_t i = 0; i < classes.size() && i < kMostClasses; ++i) {
    const PythonModule& home = store.python[classes[i].module];
    for (uint32_t f = 0; f < home.functions.size(); ++f) {
      if (home.functions[f].cls == classes[i].index) out.push_back({classes[i].module, f});
    }
    for (PyRef base : home.classes[classes[i].index].base_refs) {
      if (base.valid()) classes.push_back(base);
    }
  }
}

void TestWorld::link_functions(uint32_t index, std::vector<std::pair<uint32_t, PyRef>>& links) const {
  const PythonModule& module = facts.python[index];
  const auto link_methods = [&](uint32_t body, PyRef cls) {
    std::vector<PyRef> methods;
    add_methods(facts, cls, methods);
    for (PyRef method : methods) links.emplace_back(body, method);
  };
  for (const PyCall& call : module.calls) {
    if (module.dead_block(call.block) != kNone) continue;
    const uint32_t body = body_of({index, call.function});
    if (call.function_ref.valid() && call.function_ref.index != kNone)
      links.emplace_back(body, call.function_ref);
    if (!call.class_ref.valid()) continue;
    const PythonModule& home = facts.python[call.class_ref.module];
    const PyClass& cls = home.classes[call.class_ref.index];
    if (has_library_base(cls) && !cls.waits) link_methods(body, call.class_ref);
  }
  for (const PyReference& reference : module.references) {
    const uint32_t body = body_of({index, reference.function});
    if (reference.kind == PyReference::Kind::kObject) {
      link_methods(body, reference.cls);
    } else {
      links.emplace_back(body, reference.target);
    }
  }
}

bool TestWorld::asserts(PyRef ref) const {
  const PythonModule& module = facts.python[ref.module];
  const IndexRange inside = module.body(ref.index).asserts;
  return std::any_of(module.asserts.begin() + inside.begin, module.asserts.begin() + inside.end,
                     [&](const PyAssert& assertion) { return assertion.function == ref.index; });
}

const PyImport* TestWorld::import_of(uint32_t module, std::string_view bound) const {
  auto it = imports_[module].find(bound);
  return it == imports_[module].end() ? nullptr : &facts.python[module].imports[it->second];
}

uint32_t TestWorld::module_named(std::string_view dotted) const {
  auto it = modules_.find(dotted);
  return it == modules_.end() ? kNone : it->second;
}

std::string TestWorld::canonical(uint32_t module, std::string_view dotted) const {
  const auto below = [&](const std::vector<std::string>& roots, std::string_view name) {
    uint32_t only = kNone;
    for (const std::string& root : roots) {
      const uint32_t found = module_named(root + "." + std::string(name));
      if (found == kNone) continue;
      if (only != kNone) return kNone;  // one of several
      only = found;
    }
    return only;
  };
  for (size_t dot = dotted.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = dotted.rfind('.', dot - 1)) {
    const std::string_view name = dotted.substr(0, dot);
    if (module_named(name) != kNone) break;
    uint32_t found = below(roots_[module], name);
    if (found == kNone) found = below(all_roots_, name);
    if (found != kNone) return facts.python[found].name.str() + std::string(dotted.substr(dot));
  }
  return std::string(dotted);
}

std::vector<PyRef> TestWorld::functions_named(std::string_view dotted) const {
  if (auto it = callables_.find(Name(dotted)); it != callables_.end()) return it->second;
  for (size_t dot = dotted.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = dotted.rfind('.', dot - 1)) {
    auto found = modules_.find(dotted.substr(0, dot));
    if (found == modules_.end()) continue;
    std::string_view rest = dotted.substr(dot + 1);
    std::string_view head = rest.substr(0, rest.find('.'));
    const PyImport* import = import_of(found->second, head);
    if (import == nullptr) return {};
    auto it = callables_.find(Name(import->target.str() + std::string(rest.substr(head.size()))));
    return it == callables_.end() ? std::vector<PyRef>() : it->second;
  }
  return {};
}

std::vector<PyRef> TestWorld::reached_from(const std::vector<PyRef>& start, const std::vector<PyRef>& stopped,
                                           Seen& seen) const {
  seen.walks.resize(callee_begin_.size());
  ++seen.walk;
  seen.queue.clear();
  for (PyRef ref : start) {
    seen.walks[body_of(ref)] = seen.walk;
    seen.queue.push_back(body_of(ref));
  }
  for (PyRef ref : stopped) seen.walks[body_of(ref)] = seen.walk;
  std::vector<uint32_t> found;  // bodies, whose order is that of their functions
  for (size_t i = 0; i < seen.queue.size() && seen.queue.size() < kMaxReached; ++i) {
    const uint32_t body = seen.queue[i];
    if (is_project_function(refs_[body])) found.push_back(body);
    for (uint32_t c = callee_begin_[body]; c < callee_begin_[body + 1]; ++c) {
      const uint32_t next = callees_[c];
      if (seen.walks[next] == seen.walk) continue;
      seen.walks[next] = seen.walk;
      seen.queue.push_back(next);
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<PyRef> reached;
  reached.reserve(found.size());
  for (uint32_t body : found) reached.push_back(refs_[body]);
  return reached;
}

bool TestWorld::names_project_code(std::string_view text) const {
  if (text.starts_with("./")) text.remove_prefix(2);
  auto it = modules_.find(text);
  if (it != modules_.end()) return !test_modules_[it->second];
  if (!text.ends_with(".py")) return false;
  const FileFact* file = facts.find_file(text);
  return file != nullptr && facts.module_of(file->id) != nullptr;
}

}  // namespace mlgrade::passes
