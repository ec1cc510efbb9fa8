// Which calls and statements of a test are checks, and what each is worth by its form and its place.
#include <algorithm>
#include <array>

#include "analyzer/base/dotted.h"
#include "analyzer/passes/tests/flow_frame.h"

namespace mlgrade::passes {
namespace {

using Worth = TestAssertion::Worth;

std::string_view last_of(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

// Functions that read data or a model from a file.
bool loads_artifact(std::string_view target) {
  static constexpr std::array<std::string_view, 14> kExact = {"open",
                                                              "joblib.load",
                                                              "pickle.load",
                                                              "pickle.loads",
                                                              "dill.load",
                                                              "cloudpickle.load",
                                                              "torch.load",
                                                              "torch.jit.load",
                                                              "numpy.load",
                                                              "json.load",
                                                              "yaml.safe_load",
                                                              "pathlib.Path.read_text",
                                                              "pathlib.Path.read_bytes",
                                                              "datasets.load_from_disk"};
  if (std::find(kExact.begin(), kExact.end(), target) != kExact.end()) return true;
  std::string_view last = last_of(target);
  if (target.starts_with("pandas.read_") || target.starts_with("polars.read_") ||
      target.starts_with("ray.data.read_") || target.starts_with("geopandas.read_") ||
      target.starts_with("polars.scan_")) {
    return target.find("()") == std::string_view::npos;
  }
  if (target.starts_with("great_expectations.")) return last.starts_with("read_") || last == "PandasDataset";
  return last == "load_model" || last == "load_from_checkpoint" || last == "from_pretrained" ||
         target == "onnxruntime.InferenceSession" || last == "InferenceSession" || last == "load_data";
}

bool starts_process(std::string_view target) {
  return target.starts_with("subprocess.") || target == "os.system" || target.starts_with("runpy.run_") ||
         target == "importlib.import_module";
}

bool is_temporary(std::string_view head) {
  return head == "tmp_path" || head == "tmpdir" || head == "tmp_path_factory";
}

bool is_raises(std::string_view target) {
  std::string_view last = last_of(target);
  return target == "pytest.raises" || target == "pytest.warns" || target == "pytest.deprecated_call" ||
         last.starts_with("assertRaises") || last.starts_with("assertWarns") || last == "assertLogs";
}

// Questions that only a mock answers.
bool asks_mock(std::string_view method) {
  return method.starts_with("assert_called") || method.starts_with("assert_any_call") ||
         method.starts_with("assert_has_calls") || method.starts_with("assert_not_called") ||
         method.starts_with("assert_awaited");
}

// assertEqual, numpy.testing.assert_allclose, pandas.testing.assert_frame_equal, ...; not a mock's.
bool is_assertion_call(const PyCall& call) {
  std::string_view last = call.method.view();
  if (call.function_ref.valid() || call.class_ref.valid()) return false;
  if (last.starts_with("assert") && last != "assert_") return true;
  std::string_view target = call.target.view();
  return target == "sklearn.utils.estimator_checks.check_estimator" || target == "jsonschema.validate" ||
         (target.starts_with("pandera.") && last_of(target) == "validate");
}

bool checks_by_name(std::string_view name) {
  for (std::string_view word : {"assert", "check", "verify", "validate", "expect", "ensure"}) {
    if (name.find(word) != std::string_view::npos) return true;
  }
  return false;
}

bool catches_assertions(const PythonModule& module, const PyBlock& handler) {
  if (handler.broad) return true;
  for (uint32_t i = handler.exceptions.begin; i < handler.exceptions.end; ++i) {
    std::string_view name = module.names[i].view();
    if (name == "AssertionError" || name == "Exception" || name == "BaseException") return true;
  }
  return false;
}

bool encloses(const PythonModule& module, uint32_t outer, uint32_t inner) {
  while (inner != kNone && inner != outer) inner = module.blocks[inner].parent;
  return inner == outer;
}

// An `except` that lets a failed assertion go by. `body`: of the function that holds it.
bool swallows(const PythonModule& module, const PyBody& body, uint32_t handler) {
  const PyBlock& block = module.blocks[handler];
  if (block.reraises || block.raises || !catches_assertions(module, block)) return false;
  for (uint32_t i = body.asserts.begin; i < body.asserts.end; ++i) {
    if (module.asserts[i].block == handler) return false;
  }
  for (uint32_t i = body.calls.begin; i < body.calls.end; ++i) {
    const PyCall& call = module.calls[i];
    if (call.block == handler && (call.method == "fail" || call.target == "pytest.fail")) return false;
  }
  return true;
}

bool is_constant(const PyValue& value) {
  using Kind = PyValue::Kind;
  return value.kind == Kind::kString || value.kind == Kind::kNumber || value.kind == Kind::kBool ||
         value.kind == Kind::kNone;
}

bool same_value(const PyValue& a, const PyValue& b) {
  return a.kind == PyValue::Kind::kName && b.kind == PyValue::Kind::kName && a.text == b.text;
}

bool compares_number(const PythonModule& module, const PyComparison& comparison) {
  auto number = [&](const PyValue& value) {
    if (value.kind == PyValue::Kind::kNumber) return true;
    if (value.kind != PyValue::Kind::kCall || module.calls[value.call].target != "pytest.approx")
      return false;
    const IndexRange args = module.calls[value.call].args;
    return !args.empty() && module.args[args.begin].value.kind == PyValue::Kind::kNumber;
  };
  return number(comparison.left) || number(comparison.right);
}

// What the form of a condition makes of an assert.
Worth condition_worth(const PythonModule& module, const PyCondition& condition, bool on_tuple) {
  if (on_tuple || (condition.reads.empty() && condition.calls.empty())) return Worth::kConstant;
  const bool always = condition.value.kind == PyValue::Kind::kBool && !condition.negated;
  if (always && condition.value.text == "True") return Worth::kConstant;
  if (condition.comparisons.size() != 1) return Worth::kEffective;
  const PyComparison& only = module.comparisons[condition.comparisons.begin];
  if (only.op == PyComparison::Op::kIsNot && only.right.kind == PyValue::Kind::kNone) return Worth::kNotNone;
  if (only.op == PyComparison::Op::kEqual && same_value(only.left, only.right)) return Worth::kConstant;
  return Worth::kEffective;
}

// isinstance(x, Net), hasattr(x, "fit"), callable(x), type(x) is Net; nothing else.
bool asks_type_only(const PythonModule& module, const PyCondition& condition) {
  static constexpr std::array<std::string_view, 6> kOfTypes = {"isinstance", "issubclass", "hasattr",
                                                               "callable",   "type",       "getattr"};
  auto of_types = [&](uint32_t call) {
    const std::string_view target = module.calls[call].target.view();
    return std::find(kOfTypes.begin(), kOfTypes.end(), target) != kOfTypes.end();
  };
  if (condition.value.kind == PyValue::Kind::kCall) return of_types(condition.value.call);
  if (condition.calls.empty()) return false;
  for (uint32_t i = condition.calls.begin; i < condition.calls.end; ++i) {
    if (!of_types(i)) return false;
  }
  return std::all_of(module.comparisons.begin() + condition.comparisons.begin,
                     module.comparisons.begin() + condition.comparisons.end, [](const PyComparison& one) {
                       return one.op == PyComparison::Op::kIs || one.op == PyComparison::Op::kEqual;
                     });
}

bool looks_at_file(const PyCall& call) {
  static constexpr std::array<std::string_view, 10> kLooks = {
      "exists", "is_file", "is_dir", "isfile", "isdir", "listdir", "iterdir", "glob", "getsize", "stat"};
  return std::find(kLooks.begin(), kLooks.end(), call.method.view()) != kLooks.end();
}

}  // namespace

const Flow::Nature& Flow::nature_of(Name name) {
  const auto [at, fresh] = natures_.try_emplace(name);
  if (!fresh) return at->second;
  const std::string_view target = name.view();
  at->second = {.mock = target.starts_with("unittest.mock.") || target.starts_with("mock."),
                .random = target.find(".random.") != std::string_view::npos,
                .only_looks = target == "isinstance" || target == "issubclass" ||
                              target.find("patch") != std::string_view::npos,
                .process = starts_process(target),
                .loads = loads_artifact(target)};
  return at->second;
}

// Of a file that is read: the test made it up, or it lies in a folder of the moment.
bool Flow::touches_temporary(const Frame& frame, const PyCall& call, OriginId id) const {
  const Origin& origin = origins_[id];
  if (origin.mock) return true;
  for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
    const IndexRange reads = frame.module.args[i].reads;
    for (uint32_t k = reads.begin; k < reads.end; ++k) {
      if (is_temporary(head_of(frame.module.names[k].view()))) return true;
    }
  }
  return std::any_of(origin.targets.begin(), origin.targets.end(), [](Name made) {
    return made.view().starts_with("io.") || made.view().starts_with("tempfile.");
  });
}

// Code of the project that is handed over to be called: runner.invoke(main).
OriginId Flow::handed_over(const Frame& frame, uint32_t index) {
  const std::vector<PyReference>& references = frame.module.references;
  const uint32_t line = frame.module.calls[index].span.line;
  OriginId origin = 0;
  for (auto at = std::lower_bound(references.begin(), references.end(), line,
                                  [](const PyReference&r, uint32_t l) { return r.span.line < l; });
       at != references.end() && at->span.line == line; ++at) {
    if (at->call != index || !world_.is_project_function(at->target) || is_mocked(at->target)) continue;
    origin = origins_.with(origin, Origins::Mark::kProject);
    origin = origins_.with_target(origin, world_.facts.function(at->target)->target);
  }
  return origin;
}

// A process is started on a file or module of the project.
bool Flow::runs_project(const Frame& frame, const PyCall& call) const {
  const auto names_code = [&](const PyValue& value) {
    return value.kind == PyValue::Kind::kString && world_.names_project_code(value.text.view());
  };
  for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
    const PyValue& value = frame.module.args[i].value;
    if (names_code(value)) return true;
    for (uint32_t k = value.elements().begin; k < value.elements().end; ++k) {
      if (names_code(frame.module.values[k])) return true;
    }
  }
  return false;
}

// Adds what the call itself brings: the project's code, a file, a mock.
OriginId Flow::classify(Frame& frame, uint32_t index, OriginId inputs) {
  using Mark = Origins::Mark;
  const PyCall& call = frame.module.calls[index];
  const Nature& nature = nature_of(call.target);
  OriginId origin = origins_.with_target(inputs, call.target);
  const PyRef ref = call.function_ref.valid() ? call.function_ref : call.class_ref;
  if (world_.is_project_function(ref)) {
    const bool mocked = call.function_ref.valid() && is_mocked(call.function_ref);
    origin = mocked ? origins_.with(0, Mark::kMock) : origins_.with(origin, Mark::kProject);
  }
  if (nature.mock || call.callee.view().starts_with("mocker.")) origin = origins_.with(origin, Mark::kMock);
  if (nature.random) add(origin, ran_so_far(frame));  // of a seed that was set
  const OriginId handed = nature.only_looks ? 0 : handed_over(frame, index);
  if (handed != 0) {
    add(origin, handed);
    add(frame.result.ran, origin);
  }
  if (nature.process && runs_project(frame, call)) {
    origin = origins_.with(origin, Mark::kProject);
    add(frame.result.ran, origin);
  }
  if (nature.loads && !touches_temporary(frame, call, origin))
    origin = origins_.with(origin, Mark::kArtifact);
  return origin;
}

// The worth that the place of a check allows: after a return, inside a try that hides failures.
Worth Flow::place_worth(const Frame& frame, uint32_t block, const Span& span) const {
  const PythonModule& module = frame.module;
  for (uint32_t i = frame.body.jumps.begin; i < frame.body.jumps.end; ++i) {
    const PyJump& jump = module.jumps[i];
    if (jump.function != frame.ref.index || jump.kind == PyJump::Kind::kYield || jump.span.line >= span.line)
      continue;
    if (encloses(module, jump.block, block)) return Worth::kUnreachable;
  }
  for (uint32_t at = block; at != kNone; at = module.blocks[at].parent) {
    const PyBlock& around = module.blocks[at];
    if (around.kind == PyBlock::Kind::kFunction) break;
    if (around.runs == Truth::kNo) return Worth::kUnreachable;
    if (around.kind != PyBlock::Kind::kTry) continue;
    for (uint32_t handler = frame.body.blocks.begin; handler < frame.body.blocks.end; ++handler) {
      const PyBlock& candidate = module.blocks[handler];
      if (candidate.kind == PyBlock::Kind::kExcept && candidate.try_block == at &&
          swallows(module, frame.body, handler)) {
        return Worth::kSwallowed;
      }
    }
  }
  return Worth::kEffective;
}

void Flow::add_check(Frame& frame, Worth worth, const Span& span, uint32_t block, OriginId id, bool raises,
                     bool number) {
  const Origin& origin = origins_[id];
  if (worth == Worth::kEffective) worth = place_worth(frame, block, span);
  if (worth == Worth::kEffective && !origin.counts()) {
    worth = origin.mock ? Worth::kMockEcho : Worth::kNothingOfProject;
  }
  frame.result.assertions.push_back({.worth = worth,
                                     .raises = raises,
                                     .compares_number = number,
                                     .on_artifact = origin.artifact,
                                     .origin = id,
                                     .span = span});
}

// The `try` in which an exception is expected, of a block where none is to be reached: its own last lines, if
// its `except` names what is expected and lets a failed assertion by, or its `else`. kNone: none.
uint32_t Flow::expecting_try(const Frame& frame, uint32_t block) {
  const PythonModule& module = frame.module;
  if (block == kNone) return kNone;
  const PyBlock& here = module.blocks[block];
  const bool otherwise = here.kind == PyBlock::Kind::kElse && here.try_block != kNone;
  if (!otherwise && here.kind != PyBlock::Kind::kTry) return kNone;
  const uint32_t tried = otherwise ? here.try_block : block;
  bool handled = false;
  for (uint32_t b = frame.body.blocks.begin; b < frame.body.blocks.end; ++b) {
    const PyBlock& handler = module.blocks[b];
    if (handler.kind != PyBlock::Kind::kExcept || handler.try_block != tried) continue;
    if (!otherwise && catches_assertions(module, handler)) return kNone;
    handled = true;
  }
  return handled ? tried : kNone;
}

// What fails the test, where an exception should have been raised before it: a check of what the try calls.
bool Flow::expects_exception(Frame& frame, uint32_t block, const Span& span) {
  const uint32_t tried = expecting_try(frame, block);
  if (tried == kNone) return false;
  add_check(frame, Worth::kEffective, span, frame.module.blocks[tried].parent, made_inside(frame, tried),
            true, false);
  return true;
}

void Flow::on_assert(Frame& frame, uint32_t index) {
  const PyAssert& assertion = frame.module.asserts[index];
  const PyCondition& condition = frame.module.conditions[assertion.condition];
  const bool fails = condition.value.kind == PyValue::Kind::kBool && condition.value.text == "False";
  if (fails && !condition.negated && expects_exception(frame, assertion.block, assertion.span)) return;
  OriginId origin = read_all(frame, condition.reads);
  add(origin, calls_of(frame, condition.calls));
  bool number = false;
  for (uint32_t i = condition.comparisons.begin; i < condition.comparisons.end; ++i) {
    number |= compares_number(frame.module, frame.module.comparisons[i]);
  }
  Worth worth = condition_worth(frame.module, condition, assertion.on_tuple);
  if (worth == Worth::kEffective && echoes_mock(frame, condition)) worth = Worth::kMockEcho;
  add_check(frame, worth, assertion.span, assertion.block, origin, false, number);
  FoundAssertion& fact = frame.result.assertions.back();
  fact.type_only = asks_type_only(frame.module, condition);
  for (uint32_t i = condition.calls.begin; i < condition.calls.end; ++i) {
    fact.on_artifact |= looks_at_file(frame.module.calls[i]);
  }
}

// `assert model == mock_model`: that the project's code hands on what a mock gave shows nothing of either.
bool Flow::echoes_mock(Frame& frame, const PyCondition& condition) {
  auto is_mock = [&](const PyValue& value) {
    if (value.kind != PyValue::Kind::kName) return false;
    const Origin& origin = origins_[read(frame, value.text.view())];
    return origin.mock && !origin.counts();
  };
  for (uint32_t i = condition.comparisons.begin; i < condition.comparisons.end; ++i) {
    const PyComparison& one = frame.module.comparisons[i];
    const bool same = one.op == PyComparison::Op::kEqual || one.op == PyComparison::Op::kIs;
    if (same && (is_mock(one.left) || is_mock(one.right))) return true;
  }
  return false;
}

void Flow::check_assertion_call(Frame& frame, const PyCall& call, OriginId inputs) {
  bool constant = true;
  bool number = false;
  for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
    const PyArg& arg = frame.module.args[i];
    constant &= is_constant(arg.value);
    number |= arg.value.kind == PyValue::Kind::kNumber && arg.keyword.empty();
  }
  const Worth worth = constant                           ? Worth::kConstant
                      : call.method == "assertIsNotNone" ? Worth::kNotNone
                                                         : Worth::kEffective;
  add_check(frame, worth, call.span, call.block, inputs, false, number);
}

void Flow::check_call(Frame& frame, uint32_t index, OriginId inputs) {
  const PyCall& call = frame.module.calls[index];
  const std::string_view last = call.method.view();
  const std::string_view target = call.target.view();
  if (is_raises(target.empty() ? call.callee.view() : target)) {
    frame.raises.push_back(index);
  } else if (asks_mock(last)) {
    // That the project's code called the mock.
    const OriginId origin = origins_.with(ran_so_far(frame), Origins::Mark::kMock);
    add_check(frame, Worth::kEffective, call.span, call.block, origin, false, false);
  } else if (is_assertion_call(call)) {
    check_assertion_call(frame, call, inputs);
    frame.result.assertions.back().type_only = last == "assertIsInstance" || last == "assertNotIsInstance";
  } else if (target == "pytest.fail" || target == "sys.exit" || last == "fail") {
    if (expects_exception(frame, call.block, call.span)) return;
    const uint32_t decider = deciding_block(frame.module, call.block);
    if (decider != kNone) check_condition(frame, decider, call.span);
  } else if (world_.is_project_function(call.function_ref) && call.function_ref.index != kNone) {
    const PyFunction& function = *world_.facts.function(call.function_ref);
    if (!checks_by_name(function.name.view()) || !world_.asserts(call.function_ref) ||
        is_mocked(call.function_ref)) {
      return;
    }
    const OriginId origin = origins_.with_target(origins_.with(inputs, Origins::Mark::kProject), call.target);
    add_check(frame, Worth::kEffective, call.span, call.block, origin, false, false);
  }
}

// `if wrong: raise`: a check of what the condition looks at; in an `except`, of what the try does.
void Flow::check_condition(Frame& frame, uint32_t block, const Span& span) {
  const PythonModule& module = frame.module;
  OriginId origin = 0;
  bool number = false;
  const uint32_t outer = module.blocks[block].parent;
  if (module.blocks[block].kind == PyBlock::Kind::kExcept) {
    add(origin, made_inside(frame, module.blocks[block].try_block));
  } else if (module.blocks[block].condition != kNone) {
    const PyCondition& condition = module.conditions[module.blocks[block].condition];
    origin = read_all(frame, condition.reads);
    add(origin, calls_of(frame, condition.calls));
    for (uint32_t i = condition.comparisons.begin; i < condition.comparisons.end; ++i) {
      number |= compares_number(module, module.comparisons[i]);
    }
  }
  add_check(frame, Worth::kEffective, span, outer, origin, false, number);
}

// What the calls in a block have given.
OriginId Flow::made_inside(const Frame& frame, uint32_t block) {
  OriginId origin = 0;
  for (uint32_t i = frame.body.calls.begin; i < frame.body.calls.end; ++i) {
    const OriginId made = frame.made_by(i);
    if (made != 0 && encloses(frame.module, block, frame.module.calls[i].block)) add(origin, made);
  }
  return origin;
}

// The block of the `with` statement that a call stands in.
uint32_t Flow::block_opened_by(const Frame& frame, const PyCall& call) {
  uint32_t inside = kNone;
  for (uint32_t b = frame.body.blocks.begin; b < frame.body.blocks.end; ++b) {
    const PyBlock& block = frame.module.blocks[b];
    bool opened =
        block.kind == PyBlock::Kind::kWith && block.parent == call.block && block.function == call.function;
    if (opened && block.span.line <= call.span.line + 1 &&
        std::max(block.span.line, block.span.end_line) >= call.span.line)
      inside = b;
  }
  return inside;
}

// `with pytest.raises(E): ...` checks what the block calls; `pytest.raises(E, f, x)` what it is given.
void Flow::check_raises(Frame& frame) {
  const PythonModule& module = frame.module;
  for (uint32_t index : frame.raises) {
    const PyCall& call = module.calls[index];
    OriginId origin = frame.made_by(index);
    const uint32_t inside = block_opened_by(frame, call);
    if (inside != kNone) add(origin, made_inside(frame, inside));
    Worth worth = Worth::kEffective;
    const IndexRange args = call.args;
    bool matched = false;
    for (uint32_t i = args.begin; i < args.end; ++i) matched |= module.args[i].keyword == "match";
    if (!args.empty() && module.args[args.begin].value.kind == PyValue::Kind::kName) {
      Name expected = module.args[args.begin].value.text;
      bool regex = last_of(call.target.view()) == "assertRaisesRegex";
      if ((expected == "Exception" || expected == "BaseException") && !matched && !regex)
        worth = Worth::kTooBroad;
    }
    add_check(frame, worth, call.span, call.block, origin, true, false);
  }
}

}  // namespace mlgrade::passes
