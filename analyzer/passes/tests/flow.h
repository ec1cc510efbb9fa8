// What values inside a test come from: the project's code, its data and models, or what the test made up
// itself.
#pragma once

#include <deque>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/base/text_map.h"
#include "analyzer/passes/tests/marks.h"
#include "analyzer/passes/tests/origins.h"
#include "analyzer/passes/tests/test_world.h"

namespace mlgrade::passes {

// One check in a test or in a helper it calls.
struct FoundAssertion {
  TestAssertion::Worth worth = TestAssertion::Worth::kEffective;
  bool raises = false;
  bool compares_number = false;
  bool on_artifact = false;
  bool type_only = false;
  OriginId origin = 0;
  Span span;
  bool operator==(const FoundAssertion&) const = default;
};

// What names hold, by dotted name. Attributes of `self` are kept apart, in order: they go along into helpers.
struct HeldNames {
  TextMap<OriginId> plain;
  std::map<std::string_view, OriginId> of_self;  // "self.model"

  const OriginId* find(std::string_view name) const;
  OriginId& operator[](std::string_view name);  // good until the next name is added
};

// Follows values through functions in source order. Serves one thread; keeps what fixtures, modules and
// helpers give, so that each is run once for each thing that it is given.
class Flow {
 public:
  explicit Flow(const TestWorld& world) : world_(world) { helpers_.emplace_back(); }

  // Runs a test with its fixtures: its checks, each kind once at a place, in the order met. `mocked`:
  // functions that are replaced meanwhile.
  std::vector<FoundAssertion> run_test(const TestCase& test, const std::vector<Mark>& marks,
                                       const std::vector<PyRef>& mocked);
  const Origin& origin(OriginId id) const { return origins_[id]; }

 private:
  struct Frame;
  struct Event {
    enum class Kind : uint8_t { kCall, kBinding, kAssert, kJump };
    uint64_t place = 0;  // line, kind and column: the order in which things happen
    uint32_t index = 0;
    Kind kind = Kind::kCall;
  };
  using Attributes = std::vector<std::pair<std::string_view, OriginId>>;  // of `self`, in order

  // What running a function or a module's body came to.
  struct Outcome {
    OriginId returned = 0;   // also what is yielded
    OriginId ran = 0;        // of the project, that was called on the way; not what had run before
    bool reads_ran = false;  // what had run before made a difference
    HeldNames names;         // at the end
    std::vector<FoundAssertion> assertions;
  };
  struct HelperOutcome {
    OriginId returned = 0, ran = 0;
    bool reads_ran = false;
    Attributes attributes;
    std::vector<FoundAssertion> assertions;
  };
  struct FixtureOutcome {
    OriginId returned = 0, ran = 0;
    Attributes handed_on;  // to its tests: attributes of `self`, and names that it declares global
  };
  // What a helper is given. `ran` is kAnyRan for helpers that never look at it.
  struct HelperCall {
    PyRef function;
    OriginId inputs = 0;
    OriginId ran = 0;
    uint32_t attributes = 0;  // number of the Attributes of the caller
    uint8_t depth = 0;
    bool checks = false;
    bool operator==(const HelperCall&) const = default;
  };
  struct HelperCallHash {
    size_t operator()(const HelperCall& call) const;
  };
  struct AttributesHash {
    size_t operator()(const Attributes& attributes) const;
  };
  using HelperMemo = std::unordered_map<HelperCall, HelperOutcome, HelperCallHash>;
  // What is known of a call by its target alone.
  struct Nature {
    bool mock = false;  // makes one
    bool random = false;
    bool only_looks = false;  // at what it is handed, without calling it
    bool process = false;     // starts one
    bool loads = false;       // data or a model from a file
  };
  static constexpr OriginId kAnyRan = 0xffffffff;
  static constexpr int kMaxDepth = 5;  // helpers that call helpers

  Outcome run(PyRef function, HeldNames names, OriginId ran, int depth, bool checks);
  const std::vector<Event>& events_of(PyRef function);
  const FixtureOutcome& fixture(PyRef function);
  const HeldNames& module_names(uint32_t module);
  HeldNames parameters(const TestCase& test, const std::vector<Mark>& marks, OriginId& ran);
  OriginId parametrized(const std::vector<Mark>& marks, std::string_view param, bool& given);
  const HelperOutcome& helper(const Frame& frame, PyRef function, OriginId inputs);
  HelperOutcome run_helper(const Frame& frame, PyRef function, OriginId inputs);
  uint32_t number_of(const std::map<std::string_view, OriginId>& attributes);

  OriginId join(OriginId a, OriginId b) { return origins_.join(a, b); }
  void add(OriginId& to, OriginId what) { to = origins_.join(to, what); }
  OriginId ran_so_far(Frame& frame);
  OriginId read(Frame& frame, std::string_view dotted);
  OriginId read_outer(uint32_t module, std::string_view dotted);
  OriginId read_import(const PyImport& import, std::string_view dotted);
  OriginId read_all(Frame& frame, IndexRange reads);
  OriginId calls_of(const Frame& frame, IndexRange calls);
  void on_call(Frame& frame, uint32_t call);
  OriginId call_inputs(Frame& frame, uint32_t call);
  OriginId call_helper(Frame& frame, uint32_t call, OriginId inputs);
  OriginId classify(Frame& frame, uint32_t call, OriginId inputs);
  const Nature& nature_of(Name target);
  bool touches_temporary(const Frame& frame, const PyCall& call, OriginId origin) const;
  OriginId handed_over(const Frame& frame, uint32_t call);
  bool runs_project(const Frame& frame, const PyCall& call) const;
  void on_binding(Frame& frame, uint32_t binding);
  void on_assert(Frame& frame, uint32_t assertion);
  static uint32_t expecting_try(const Frame& frame, uint32_t block);
  bool expects_exception(Frame& frame, uint32_t block, const Span& span);
  void on_jump(Frame& frame, uint32_t jump);
  bool echoes_mock(Frame& frame, const PyCondition& condition);
  void check_call(Frame& frame, uint32_t call, OriginId inputs);
  void check_assertion_call(Frame& frame, const PyCall& call, OriginId inputs);
  void check_raises(Frame& frame);
  OriginId made_inside(const Frame& frame, uint32_t block);
  static uint32_t block_opened_by(const Frame& frame, const PyCall& call);
  void check_condition(Frame& frame, uint32_t block, const Span& span);
  void add_check(Frame& frame, TestAssertion::Worth worth, const Span& span, uint32_t block, OriginId origin,
                 bool raises, bool number);
  TestAssertion::Worth place_worth(const Frame& frame, uint32_t block, const Span& span) const;
  bool is_mocked(PyRef ref) const;

  const TestWorld& world_;
  Origins origins_;
  std::vector<PyRef> mocked_;
  std::map<PyRef, FixtureOutcome> fixtures_;
  std::unordered_map<uint32_t, HeldNames> modules_;
  std::map<PyRef, std::vector<Event>> events_;
  std::unordered_map<Name, Nature> natures_;
  std::unordered_map<Attributes, uint32_t, AttributesHash> attribute_sets_;
  // The last is of now: while a fixture or a module is being made it shows as empty, so what helpers give
  // meanwhile is kept apart.
  std::deque<HelperMemo> helpers_;
};

}  // namespace mlgrade::passes
