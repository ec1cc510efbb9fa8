// The pass: pytest's settings, and for every test function what a run would make of it.
#include <tbb/parallel_for.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "analyzer/base/glob.h"
#include "analyzer/passes/python/fixture_index.h"
#include "analyzer/passes/repo_passes.h"
#include "analyzer/passes/tests/marks.h"
#include "analyzer/passes/tests/pytest_config.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

constexpr int kMaxBases = 16;

struct Refusal {
  Truth collected = Truth::kYes;
  bool outside_test_paths = false;
  Span at;
  std::string why;

  void refuse(Truth truth, const Span& span, std::string text) {
    if (truth >= collected) return;
    collected = truth;
    outside_test_paths = false;
    at = span;
    why = std::move(text);
  }
};

Span start_of(const PythonModule& module) { return {module.file, 1, 1, 1}; }

bool has_test_folder(std::string_view path) {
  for (std::string_view folder = folder_of(path); !folder.empty(); folder = folder_of(folder)) {
    std::string_view base = base_name(folder);
    if (base == "test" || base == "tests" || base == "testing") return true;
  }
  return false;
}

bool imports_test_tool(const PythonModule& module) {
  return std::any_of(module.imports.begin(), module.imports.end(), [](const PyImport& import) {
    return import.module == "pytest" || import.module == "unittest" ||
           import.module.view().starts_with("unittest.");
  });
}

bool matches_file(const PytestConfig& config, std::string_view path) {
  return std::any_of(
      config.file_patterns.begin(), config.file_patterns.end(), [&](const std::string& pattern) {
        bool has_folder = pattern.find('/') != std::string::npos;
        return glob_match(has_folder ? "**/" + pattern : pattern, has_folder ? path : base_name(path));
      });
}

// What keeps pytest from a whole file.
Refusal judge_file(const PythonModule& module, const PytestConfig& config, std::string_view path) {
  Refusal result;
  const Span here = start_of(module);
  const Span there = config.span.valid() ? config.span : here;
  if (!matches_file(config, path))
    result.refuse(Truth::kNo, there, "the file's name does not match python_files");
  for (std::string_view folder = folder_of(path); folder.size() > config.root.view().size();
       folder = folder_of(folder)) {
    for (const std::string& pattern : config.skipped_folders) {
      if (glob_match(pattern, base_name(folder))) {
        result.refuse(Truth::kNo, there, "pytest does not descend into folders named " + pattern);
      }
    }
  }
  for (size_t i = 0; i < config.ignored.size(); ++i) {
    const std::string& ignored = config.ignored[i];
    if (!is_below(path, ignored) && !glob_match(ignored, path)) continue;
    const bool placed = i < config.ignored_at.size() && config.ignored_at[i].valid();
    result.refuse(Truth::kNo, placed ? config.ignored_at[i] : there, "ignored by configuration");
  }
  if (!module.parsed) result.refuse(Truth::kUnknown, here, "the file could not be parsed");
  if (config.test_paths.empty() || result.collected == Truth::kNo) return result;
  bool below =
      std::any_of(config.test_paths.begin(), config.test_paths.end(), [&](const std::string& test_path) {
        return is_below(path, test_path) || glob_match(test_path + "/**", path);
      });
  if (!below) {
    result.refuse(Truth::kNo, there, "lies outside testpaths");
    result.outside_test_paths = true;
  }
  return result;
}

bool derives_from_unittest(const FactStore& facts, PyRef cls, int depth = 0) {
  const PyClass& self = facts.python[cls.module].classes[cls.index];
  for (size_t i = 0; i < self.bases.size(); ++i) {
    if (i < self.base_targets.size() && self.base_targets[i].view().ends_with("TestCase")) return true;
    bool inner = i < self.base_refs.size() && self.base_refs[i].valid();
    if (inner && depth < kMaxBases && derives_from_unittest(facts, self.base_refs[i], depth + 1)) return true;
  }
  return false;
}

// A later definition of the same name in the same or an enclosing block leaves the earlier one unreachable.
bool encloses(const PythonModule& module, uint32_t outer, uint32_t inner) {
  while (inner != kNone && inner != outer) inner = module.blocks[inner].parent;
  return inner == outer;
}

uint32_t block_around(const PythonModule& module, const PyFunction& function) {
  return function.block == kNone ? kNone : module.blocks[function.block].parent;
}

// `names`: of the functions of the module, side by side.
const PyFunction* shadowing(const PythonModule& module, const std::vector<Name>& names, uint32_t index) {
  const PyFunction& self = module.functions[index];
  const uint32_t end = self.cls == kNone ? static_cast<uint32_t>(module.functions.size())
                                         : module.classes[self.cls].functions.end;
  for (uint32_t i = index + 1; i < end; ++i) {
    if (names[i] != self.name) continue;
    const PyFunction& later = module.functions[i];
    if (later.cls != self.cls || later.parent != self.parent) continue;
    if (encloses(module, block_around(module, later), block_around(module, self))) return &later;
  }
  return nullptr;
}

// Collects the tests of one module after another.
class Collector {
 public:
  Collector(const FactStore& facts, const FixtureIndex& fixtures, std::vector<TestCase>& out)
      : facts_(facts), fixtures_(fixtures), out_(out) {}

  void collect_module(uint32_t index) {
    const PythonModule& module = facts_.python[index];
    std::string_view path = facts_.path(module.file);
    if (module.is_notebook || !path.ends_with(".py") || base_name(path) == "conftest.py") return;
    const PytestConfig& config = config_of(facts_, path);
    bool test_file = matches_file(config, path);
    if (!test_file && !has_test_folder(path) && !imports_test_tool(module)) return;
    file_ = judge_file(module, config, path);
    enter_module(index);
    for (uint32_t i = 0; i < module.functions.size(); ++i) {
      if (module.functions[i].cls == kNone && module.functions[i].parent == kNone) {
        if (is_test_name(config, module.functions[i])) add(config, index, {index, i}, {}, false);
      }
    }
    for (uint32_t c = 0; c < module.classes.size(); ++c) {
      if (module.classes[c].function == kNone) collect_class(config, {index, c});
    }
  }

 private:
  // What all tests of the module share.
  void enter_module(uint32_t index) {
    static constexpr std::string_view kSetups[] = {"setup_module", "setup_function", "setUpModule"};
    module_marks_ = marks_of_module(facts_, index);
    module_skip_ = {};
    apply_skip_calls(facts_, {index, kNone}, module_skip_);
    module_setups_.clear();
    add_named(index, kNone, kSetups, module_setups_);
  }

  const std::vector<Name>& names_of(uint32_t index) const {
    const auto [at, fresh] = names_.try_emplace(index);
    for (size_t i = 0; fresh && i < facts_.python[index].functions.size(); ++i)
      at->second.push_back(facts_.python[index].functions[i].name);
    return at->second;
  }

  // Functions of a class (kNone: of the module) that have one of the names.
  void add_named(uint32_t index, uint32_t cls, std::span<const std::string_view> names,
                 std::vector<PyRef>& out) const {
    const PythonModule& module = facts_.python[index];
    const IndexRange inside = cls == kNone ? module.body(kNone).functions : module.classes[cls].functions;
    for (uint32_t i = inside.begin; i < inside.end; ++i) {
      const PyFunction& function = module.functions[i];
      if (function.cls != cls || function.parent != kNone) continue;
      if (std::find(names.begin(), names.end(), function.name.view()) == names.end()) continue;
      PyRef ref{index, i};
      if (std::find(out.begin(), out.end(), ref) == out.end()) out.push_back(ref);
    }
  }

  static bool is_fixture(const PyFunction& function) {
    return std::any_of(function.decorators.begin(), function.decorators.end(), is_fixture_decorator);
  }

  // Names that do not match but plainly were meant to: test_x where another pattern is configured.
  static bool is_test_name(const PytestConfig& config, const PyFunction& function) {
    bool meant = matches_name(config.function_patterns, function.name.view()) ||
                 function.name.view().starts_with("test_");
    return meant && !is_fixture(function);
  }

  void collect_class(const PytestConfig& config, PyRef cls) {
    const bool unittest = derives_from_unittest(facts_, cls);
    const PyClass& self = facts_.python[cls.module].classes[cls.index];
    bool named = matches_name(config.class_patterns, self.name.view());
    bool meant = unittest || named || self.name.view().starts_with("Test") ||
                 self.name.view().ends_with("Test") || self.name.view().ends_with("Tests");
    if (!meant) return;
    std::set<Name> seen;
    collect_methods(config, cls, cls, unittest, seen, 0);
  }

  // Methods of the class and, under the class's own name, those it inherits from the project's classes.
  void collect_methods(const PytestConfig& config, PyRef cls, PyRef from, bool unittest, std::set<Name>& seen,
                       int depth) {
    const PythonModule& module = facts_.python[from.module];
    std::vector<Name> own;
    const IndexRange inside = module.classes[from.index].functions;
    for (uint32_t i = inside.begin; i < inside.end; ++i) {
      const PyFunction& function = module.functions[i];
      if (function.cls != from.index || !is_test_name(config, function) || seen.contains(function.name))
        continue;
      if (depth > 0 && shadowing(module, names_of(from.module), i) != nullptr) continue;
      add(config, cls.module, {from.module, i}, cls, unittest);
      own.push_back(function.name);
    }
    seen.insert(own.begin(), own.end());
    if (depth >= kMaxBases) return;
    for (PyRef base : module.classes[from.index].base_refs) {
      if (base.valid()) collect_methods(config, cls, base, unittest, seen, depth + 1);
    }
  }

  void judge_class(const PytestConfig& config, PyRef cls, bool unittest, Refusal& refusal) const {
    const PythonModule& module = facts_.python[cls.module];
    const PyClass& self = module.classes[cls.index];
    for (const PyField& field : self.fields) {
      if (field.name == "__test__" && field.value.kind == PyValue::Kind::kBool &&
          field.value.text == "False") {
        refusal.refuse(Truth::kNo, field.span, "the class says __test__ = False");
      }
    }
    for (uint32_t i = cls.index + 1; i < module.classes.size(); ++i) {
      if (module.classes[i].qualname == self.qualname && module.classes[i].function == self.function) {
        refusal.refuse(Truth::kNo, module.classes[i].span,
                       "a later class of the same name replaces the class");
      }
    }
    if (unittest) return;
    if (self.has_init) refusal.refuse(Truth::kNo, self.span, "pytest collects no class that has an __init__");
    std::string_view name = self.qualname.view();
    while (!name.empty()) {
      size_t dot = name.rfind('.');
      std::string_view last = name.substr(dot + 1);
      if (!matches_name(config.class_patterns, last)) {
        refusal.refuse(Truth::kNo, self.span, "the class's name does not match python_classes");
      }
      name = dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
    }
  }

  void judge_function(const PytestConfig& config, PyRef ref, bool unittest, Refusal& refusal) const {
    const PythonModule& module = facts_.python[ref.module];
    const PyFunction& function = module.functions[ref.index];
    if (!unittest && !matches_name(config.function_patterns, function.name.view())) {
      refusal.refuse(Truth::kNo, function.span, "its name does not match python_functions");
    }
    if (const PyFunction* later = shadowing(module, names_of(ref.module), ref.index)) {
      refusal.refuse(Truth::kNo, later->span, "a later definition of the same name replaces it");
    }
    if (function.is_generator && !function.is_async) {
      refusal.refuse(Truth::kNo, function.span, "it yields: pytest runs no such test");
    }
  }

  void judge_async(const PytestConfig& config, const TestCase& test, bool unittest, Skip& skip) const {
    const PyFunction& function = *facts_.function(test.function);
    if (!function.is_async || config.asyncio_auto) return;
    bool marked = std::any_of(test.markers.begin(), test.markers.end(), [](Name marker) {
      return marker == "asyncio" || marker == "anyio" || marker == "trio" || marker == "tornado" ||
             marker == "gen_test";
    });
    if (marked || unittest) return;
    skip.worsen(Truth::kUnknown, function.span, "a coroutine without a marker that has it run");
  }

  void add_fixture(PyRef fixture, std::vector<PyRef>& out) const {
    if (!fixture.valid() || std::find(out.begin(), out.end(), fixture) != out.end()) return;
    out.push_back(fixture);
    const PyFunction& function = *facts_.function(fixture);
    for (const PyParam& param : function.params) {
      PyRef next = fixtures_.find(fixture.module, function.cls, param.name.view());
      if (next != fixture) add_fixture(next, out);
    }
  }

  // What unittest, and pytest after it, runs around tests of the class by its name. The tests of a class come
  // one after another.
  const std::vector<PyRef>& setups_of(PyRef cls) const {
    static constexpr std::string_view kOfClass[] = {"setUp",        "setUpClass",  "asyncSetUp",
                                                    "setup_method", "setup_class", "setup"};
    if (cls == setups_of_) return class_setups_;
    setups_of_ = cls;
    class_setups_.clear();
    std::vector<PyRef> classes;
    if (cls.valid()) classes.push_back(cls);
    for (size_t i = 0; i < classes.size() && i < kMaxBases; ++i) {
      add_named(classes[i].module, classes[i].index, kOfClass, class_setups_);
      for (PyRef base : facts_.python[classes[i].module].classes[classes[i].index].base_refs) {
        if (base.valid()) classes.push_back(base);
      }
    }
    return class_setups_;
  }

  void add_setup(PyRef cls, std::vector<PyRef>& out) const {
    for (const std::vector<PyRef>* setups : {&module_setups_, &setups_of(cls)}) {
      for (PyRef setup : *setups) {
        if (std::find(out.begin(), out.end(), setup) == out.end()) out.push_back(setup);
      }
    }
  }

  void find_fixtures(uint32_t index, PyRef cls, const std::vector<Mark>& marks, TestCase& test) const {
    const uint32_t in_class = cls.valid() ? cls.index : kNone;
    std::set<std::string_view> given;  // by parametrize
    for (const Mark& mark : marks) {
      if (mark.name == "pytest.mark.parametrize") {
        for (std::string_view name : parametrize_names(facts_, mark)) given.insert(name);
      }
      if (mark.name != "pytest.mark.usefixtures" || mark.call == kNone) continue;
      const PythonModule& module = facts_.python[mark.module];
      for (uint32_t i = module.calls[mark.call].args.begin; i < module.calls[mark.call].args.end; ++i) {
        const PyValue& value = module.args[i].value;
        if (value.kind == PyValue::Kind::kString)
          add_fixture(fixtures_.find(index, in_class, value.text.view()), test.fixtures);
      }
    }
    for (PyRef fixture : fixtures_.autouse(index, in_class)) add_fixture(fixture, test.fixtures);
    for (const PyParam& param : facts_.function(test.function)->params) {
      if (!given.contains(param.name.view()))
        add_fixture(fixtures_.find(index, in_class, param.name.view()), test.fixtures);
    }
    add_setup(cls, test.fixtures);
  }

  void read_marks(const std::vector<Mark>& marks, const PytestConfig& config, TestCase& test,
                  Skip& skip) const {
    uint32_t cases = 0;
    for (const Mark& mark : marks) {
      apply_mark(facts_, mark, config.xfail_strict, skip);
      if (mark.name.view().starts_with("pytest.mark.")) {
        Name name(mark.name.view().substr(std::string_view("pytest.mark.").size()));
        if (std::find(test.markers.begin(), test.markers.end(), name) == test.markers.end())
          test.markers.push_back(name);
      }
      if (mark.name == "pytest.mark.parametrize") {
        cases = std::max(cases, 1u) * std::max(parametrize_cases(facts_, mark), 1u);
      }
      if (mark.name == "hypothesis.given") test.property_based = true;
    }
    test.parametrized = cases;
  }

  void add(const PytestConfig& config, uint32_t index, PyRef function, PyRef cls, bool unittest) {
    const PythonModule& module = facts_.python[index];
    TestCase test;
    test.kind = unittest ? TestCase::Kind::kUnittest : TestCase::Kind::kPytest;
    test.function = function;
    test.cls = cls;
    std::string id(facts_.path(module.file));
    if (cls.valid()) {
      for (std::string_view part : split(module.classes[cls.index].qualname.view(), '.'))
        (id += "::") += part;
    }
    (id += "::") += facts_.function(function)->name.view();
    test.id = Name(id);

    Refusal refusal = file_;
    if (cls.valid()) judge_class(config, cls, unittest, refusal);
    judge_function(config, function, unittest, refusal);
    test.collected = refusal.collected;
    test.outside_test_paths = refusal.outside_test_paths;
    test.uncollected_at = refusal.at;
    test.uncollected_why = refusal.why;

    const std::vector<Mark> marks = marks_of(facts_, function, cls, module_marks_);
    Skip skip;
    read_marks(marks, config, test, skip);
    judge_async(config, test, unittest, skip);
    find_fixtures(index, cls, marks, test);
    skip.worsen(module_skip_);
    apply_skip_calls(facts_, function, skip);
    for (PyRef fixture : test.fixtures) apply_skip_calls(facts_, fixture, skip);
    test.skipped = skip.skipped;
    test.skipped_at = skip.at;
    test.skipped_why = skip.why;
    test.skip_variable = skip.variable;
    test.skipped_if_set = skip.if_set;
    out_.push_back(std::move(test));
  }

  const FactStore& facts_;
  const FixtureIndex& fixtures_;
  std::vector<TestCase>& out_;
  Refusal file_;
  std::vector<Mark> module_marks_;
  Skip module_skip_;
  std::vector<PyRef> module_setups_;
  mutable PyRef setups_of_;                  // whose are remembered; invalid: of no class, there are none
  mutable std::vector<PyRef> class_setups_;  // see setups_of()
  mutable std::map<uint32_t, std::vector<Name>> names_;  // see names_of()
};

}  // namespace

void collect_tests(FactStore& facts) {
  read_pytest_configs(facts);
  facts.tests.clear();
  const auto count = static_cast<uint32_t>(facts.python.size());
  const FixtureIndex fixtures(
      facts, [&](uint32_t m, uint32_t i) { return facts.python[m].imports[i].project_module; });
  std::vector<std::vector<TestCase>> found(count);  // by module
  tbb::parallel_for(uint32_t{0}, count,
                    [&](uint32_t i) { Collector(facts, fixtures, found[i]).collect_module(i); });
  for (std::vector<TestCase>& tests : found)
    facts.tests.insert(facts.tests.end(), std::make_move_iterator(tests.begin()),
                       std::make_move_iterator(tests.end()));
}

}  // namespace mlgrade::passes
