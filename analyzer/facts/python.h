// What Python files (and the code cells of notebooks) say, one PythonModule a file. Written by
// passes/python_*.
//
// All indices are local to the module; PyRef names something in another module. Names are raw dotted text as
// written
// ("np.random.seed", "self.model.fit", "load().predict"); fields called `target` hold the resolved, canonical
// name.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/base/name.h"
#include "analyzer/base/span.h"
#include "analyzer/base/truth.h"

namespace mlgrade {

// Function `index` of module `module`; index kNone stands for the module's own body.
struct PyRef {
  uint32_t module = kNone;
  uint32_t index = kNone;
  auto operator<=>(const PyRef&) const = default;
  bool valid() const { return module != kNone; }
};

struct IndexRange {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool empty() const { return begin == end; }
  uint32_t size() const { return end - begin; }
};

// Where the facts of a body lie in the vectors of its module. Those of functions inside it lie there, too:
// ask each for its `function`.
struct PyBody {
  IndexRange functions, blocks, calls, conditions, asserts, bindings, jumps;
};

// A value as far as one expression shows it. 24 bytes: there are millions of them.
struct PyValue {
  enum class Kind : uint8_t {
    kOther,
    kName,
    kString,
    kNumber,
    kBool,
    kNone,
    kList,
    kDict,
    kCall,
    kLambda,
    kFString,
    kSubscript,
    kPath
  };
  Name text;              // kName: dotted; kString: its text; kFString: text with {} for what is computed;
                          // kPath, root / "a" / "b.csv": likewise, "{}/a/b.csv"; kBool: "True" or "False";
                          // kSubscript: "metrics[f1]" for a constant string key, else "df[]"; else empty
  double number = 0;      // kNumber, with its sign
  uint32_t call = kNone;  // kCall: index into calls. kList, kDict: see elements()
  uint16_t count = 0;     // kList (also tuple, set), kDict: number of elements; 65535: so many or more
  uint8_t smallest = 0;   // kDict or kList of lists: the least number of elements of an inner list or tuple
  Kind kind = Kind::kOther;

  // kList, kDict: the elements, into PythonModule::values; of a kDict key, value, key, value (`**x` has a key
  // of kind kOther). Only the first kMaxElements (pairs) are kept.
  IndexRange elements() const {
    const uint32_t kept = count < kMaxElements ? count : kMaxElements;
    if (kind == Kind::kList) return {call, call + kept};
    if (kind == Kind::kDict) return {call, call + 2 * kept};
    return {};
  }
  static constexpr uint32_t kMaxElements = 64;
};
static_assert(sizeof(PyValue) == 24);

// `import a.b as c` or `from a.b import c as d`. One fact a bound name.
struct PyImport {
  Name module;                 // as written, without leading dots; the resolver makes it absolute in `target`
  Name name;                   // what is imported from it; empty for a plain import; "*" for all
  Name bound;                  // the name that it binds here ("c"; for `import a.b` it is "a"); empty for "*"
  uint8_t level = 0;           // leading dots
  bool type_checking = false;  // under `if TYPE_CHECKING`
  bool optional = false;       // in a try whose except catches ImportError, or in that except
  uint32_t function = kNone;
  uint32_t block = kNone;
  Span span;
  Name target;                      // resolved: absolute dotted name of the module or object
  uint32_t project_module = kNone;  // resolved: the module of the repository that this imports, if it is one
};

struct PyDecorator {
  Name name;              // dotted, without the call
  uint32_t call = kNone;  // if it is called: index into calls
  Span span;
  Name target;
};

struct PyParam {
  Name name;
  Name annotation;  // dotted; for Optional[X], Annotated[X, ...] and X | None the inner X
  bool has_default = false;
  bool variadic = false;          // *args, **kwargs
  uint32_t default_call = kNone;  // x=Depends(get_model) or Annotated[X, Depends(get_model)]: into calls
  Name target;                    // resolved annotation
};

struct PyField {  // an annotated or assigned name in a class body
  Name name;
  Name annotation;
  PyValue value;
  Span span;
};

struct PyClass {
  Name name;
  Name qualname;                   // "Outer.Inner"
  std::vector<Name> bases;         // dotted
  std::vector<Name> base_targets;  // resolved
  std::vector<PyRef> base_refs;    // resolved, parallel to bases: the class of the repository, if it is one
  std::vector<PyDecorator> decorators;
  std::vector<PyField> fields;
  uint32_t function = kNone;  // enclosing function
  uint32_t block = kNone;     // its body
  IndexRange functions;       // those in its body, methods and what is inside them
  bool has_init = false;
  bool flow = false;   // an orchestrator's flow: constructing it runs none of its methods, starting it does
  bool waits = false;  // an estimator, network or layer: constructing it runs none of its methods, handing it
                       // over does
  Span span;
};

struct PyFunction {
  Name name;
  Name qualname;            // "Class.method", "outer.inner"
  uint32_t cls = kNone;     // the class whose body holds it
  uint32_t parent = kNone;  // the enclosing function
  uint32_t block = kNone;   // its body
  std::vector<PyParam> params;
  std::vector<PyDecorator> decorators;
  std::vector<Name> globals;  // names that it declares global or nonlocal
  Name return_annotation;
  bool is_async = false;
  bool is_stub = false;  // body is only pass, ..., docstring, return [constant], raise NotImplementedError
  bool is_generator = false;
  bool task = false;  // a flow or task of an orchestrator: being registered does not run it, its flow does
  uint32_t statements = 0;  // in its body, nested ones too, docstring not counted
  PyBody body;
  Span span;         // from the def line to the last line of the body
  Name target;       // resolved: "package.module.Class.method"
  Name return_type;  // resolved: canonical class name that it returns, if all returns agree
};

// A suite of statements and what must hold for it to run. An `elif` is what it stands for: a kElse block that
// holds a condition and its kIf block. A kMainGuard has its condition too.
struct PyBlock {
  enum class Kind : uint8_t {
    kModule,
    kFunction,
    kClass,
    kMainGuard,  // kMainGuard: if __name__ == "__main__"
    kIf,
    kElse,
    kLoop,
    kTry,
    kExcept,
    kFinally,
    kWith,
    kMatch
  };
  Kind kind = Kind::kModule;
  bool jumps = false;        // always leaves: a statement of it raises, returns, exits, breaks or continues
  bool raises = false;       // leaves by raise, or by a call of sys.exit, exit, os._exit, pytest.fail
  bool broad = false;        // kExcept: bare, Exception or BaseException
  bool reraises = false;     // kExcept: a raise or an exit somewhere in it
  Truth runs = Truth::kYes;  // kIf, kElse: no if what it asks is known never to hold (PyCondition::holds)
  uint32_t parent = kNone;
  uint32_t function = kNone;
  uint32_t condition = kNone;  // kIf, kElse (of the if it belongs to), kLoop (while), kMatch (the guard)
  uint32_t try_block = kNone;  // kExcept, kFinally, kElse of a try: the kTry block
  IndexRange exceptions;       // kExcept: into `names`: what it catches
  IndexRange contexts;         // kWith: the calls of its with clause, into `calls`
  Span span;
};

struct PyArg {
  Name keyword;  // empty: positional; "*" or "**": unpacked
  PyValue value;
  IndexRange reads;  // into names: dotted names read in it
};

struct PyCall {
  enum class Use : uint8_t {
    kDiscarded,
    kAssigned,
    kReturned,
    kCondition,
    kAsserted,
    kArgument,
    kReceiver,
    kWith,
    kOther
  };
  // Dotted; a call inside the chain shows as "()": "load().predict"; subscripts as "[]"; literals as their
  // type: "str.join"; any other expression as "?": "?.mean".
  Name callee;
  Name method;  // last component of `callee`: what there is to go by when `target` is empty
  Name target;  // resolved, canonical; empty when nothing is known
  PyRef
      function_ref;  // resolved: the function of the repository that runs (a class: its __init__, or invalid)
  PyRef class_ref;   // resolved: the class of the repository it constructs (index into classes)
  Use use = Use::kOther;
  bool wires = false;  // puts a task into a flow: what is called or handed over here runs with the flow
  uint32_t function = kNone;
  uint32_t block = kNone;
  uint32_t receiver = kNone;  // the call whose result, or a part of it, this is a method of
  IndexRange args;            // into args
  Span span;
};

// One comparison: `a < b <= c` gives two. Those outside a condition belong to a binding or jump.
struct PyComparison {
  enum class Op : uint8_t {
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kEqual,
    kNotEqual,
    kIn,
    kNotIn,
    kIs,
    kIsNot
  };
  Op op = Op::kEqual;
  PyValue left;
  PyValue right;
  Span span;
};

// An expression that decides something.
struct PyCondition {
  // kIf: also elif and the guard of a case. kFilter: df[df.x > 3], and the `if` of a comprehension. kSkip:
  // what a mark like skipif is given.
  enum class Kind : uint8_t { kIf, kWhile, kAssert, kTernary, kFilter, kSkip };
  Kind kind = Kind::kIf;
  bool negated = false;           // the whole is under `not`
  Truth holds = Truth::kUnknown;  // known of constants, and of whether it is CI that runs the code
  uint32_t function = kNone;
  uint32_t block = kNone;  // the block it is evaluated in
  PyValue value;           // when it is a bare name, constant or call
  IndexRange comparisons;  // into comparisons
  IndexRange reads;        // into names: dotted names read in it
  IndexRange calls;        // into calls: calls made in it
  Span span;
};

struct PyAssert {
  uint32_t condition = kNone;  // into conditions
  bool on_tuple = false;       // assert (x, "message"): always true
  uint32_t function = kNone;
  uint32_t block = kNone;
  Span span;
};

// A name gets a value: assignment, for target, with-as, except-as, augmented assignment, walrus.
struct PyBinding {
  enum class Kind : uint8_t { kAssign, kAugmented, kFor, kWith, kExcept, kDeclaration };
  Kind kind = Kind::kAssign;
  bool subscript = false;  // the target is an item of `target`: df["x"] = ...
  bool unpacked = false;   // one of several targets that share `value`; `a, b = 1, 2` is two bindings
  Name target;             // dotted: "x", "self.model"
  Name key;                // subscript by a constant string, also one of several (loc[:, "x"]): the string
  Name annotation;
  PyValue value;
  IndexRange reads;        // into names
  IndexRange calls;        // into calls
  IndexRange comparisons;  // into comparisons
  uint32_t function = kNone;
  uint32_t block = kNone;
  Span span;  // the target; kAssign: to the last line of the calls in what is assigned
};

// `a >> b`, or `b << a`: where objects stand on both sides, some libraries say an order with it. Of a chain
// each step.
struct PyShift {
  PyValue first;
  PyValue then;
  uint32_t function = kNone;
  uint32_t block = kNone;
  Span span;
};

struct PyJump {
  enum class Kind : uint8_t { kRaise, kReturn, kYield };
  Kind kind = Kind::kReturn;
  PyValue value;  // raise X(...): kCall or kName
  IndexRange reads;
  IndexRange calls;
  IndexRange comparisons;
  uint32_t function = kNone;
  uint32_t block = kNone;
  Span span;
};

// A function of the repository is mentioned without being called here: whoever gets it may call it. For a
// class the function is its __init__.
struct PyReference {
  enum class Kind : uint8_t {
    kArgument,   // map(f, xs), Thread(target=f)
    kValue,      // handlers = [f], return f
    kProperty,   // self.size where size is a property: runs as it is read
    kDecorator,  // @wrap: runs as the decorated function is defined
    kObject,     // an object whose class waits is handed to a call, or asked through a library's method
  };
  Kind kind = Kind::kArgument;
  uint32_t function = kNone;  // where it stands
  uint32_t call = kNone;      // kArgument: the call it is handed to
  PyRef target;
  PyRef cls;  // kObject: its class; there is no target
  Span span;
};

// Reads are the dotted names that an expression looks at: of `model.fit(X.values)` "model" and "X.values".
// What comprehensions and lambdas do counts for the statement that holds them; `x[i].y` is "x[].y" as well.
// A string literal that stands as an expression's part and looks like a path, URL, column or SQL is in args
// and values; a docstring is only counted. Comments are not facts.
struct PythonModule {
  FileId file = FileId::kNone;
  Name name;                // dotted name from its import root: "churn.features"; for scripts the stem
  bool is_package = false;  // __init__.py
  bool is_notebook = false;
  bool has_main_guard = false;
  bool parsed = true;        // false: too broken or too large to trust
  uint32_t error_nodes = 0;  // places where the parser had to recover
  bool text_only = false;    // holds no code (docstring and comments)
  std::vector<PyImport> imports;
  std::vector<PyClass> classes;
  std::vector<PyFunction> functions;
  std::vector<PyBlock> blocks;  // [0] is the module's body
  std::vector<PyCall> calls;    // in source order of their closing parenthesis
  std::vector<PyArg> args;
  std::vector<PyValue> values;  // elements of lists and dicts
  std::vector<PyComparison> comparisons;
  std::vector<PyCondition> conditions;
  std::vector<PyAssert> asserts;
  std::vector<PyBinding> bindings;
  std::vector<PyJump> jumps;
  std::vector<PyShift> shifts;
  std::vector<PyReference> references;  // resolved
  std::vector<Name> names;              // pool for the ranges above
  std::vector<Name> exported;           // __all__

  PyBody body(uint32_t function) const {  // kNone: all of the module
    if (function != kNone) return functions[function].body;
    const auto all = [](const auto& facts) { return IndexRange{0, static_cast<uint32_t>(facts.size())}; };
    return {all(functions), all(blocks),   all(calls), all(conditions),
            all(asserts),   all(bindings), all(jumps)};
  }

  // The innermost block around (or it itself) that never runs; kNone if there is none.
  uint32_t dead_block(uint32_t block) const {
    while (block < blocks.size() && blocks[block].runs != Truth::kNo) block = blocks[block].parent;
    return block < blocks.size() ? block : kNone;
  }
};

}  // namespace mlgrade
