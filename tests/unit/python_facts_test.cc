// Small Python texts and the facts they must give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "analyzer/base/limits.h"
#include "analyzer/passes/python/lower.h"

namespace mlgrade {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Kind = PyValue::Kind;
using Block = PyBlock::Kind;

struct Facts {
  PythonModule module;
  std::vector<Problem> problems;
  const PythonModule* operator->() const { return &module; }
};

Facts facts(std::string text, Language language = Language::kPython, std::string path = "pkg/mod.py") {
  SourceFile file;
  file.id = FileId{7};
  file.path = std::move(path);
  file.language = language;
  file.text = std::move(text);
  FileFacts out;
  lower_python(file, out);
  return {std::move(*out.python), std::move(out.problems)};
}

std::vector<std::string> callees(const PythonModule& module) {
  std::vector<std::string> made;
  for (const PyCall& call : module.calls) made.push_back(call.callee.str());
  return made;
}

std::vector<std::string> names(const PythonModule& module, IndexRange range) {
  std::vector<std::string> made;
  for (uint32_t i = range.begin; i < range.end; ++i) made.push_back(module.names[i].str());
  return made;
}

std::vector<std::string> callees(const PythonModule& module, IndexRange range) {
  std::vector<std::string> made;
  for (uint32_t i = range.begin; i < range.end; ++i) made.push_back(module.calls[i].callee.str());
  return made;
}

const PyBinding& binding(const Facts& facts, std::string_view target) {
  for (const PyBinding& binding : facts->bindings) {
    if (binding.target == target) return binding;
  }
  ADD_FAILURE() << "no binding of " << target;
  static const PyBinding none;
  return none;
}

const PyFunction& function(const Facts& facts, std::string_view qualname) {
  for (const PyFunction& function : facts->functions) {
    if (function.qualname == qualname) return function;
  }
  ADD_FAILURE() << "no function " << qualname;
  static const PyFunction none;
  return none;
}

const PyBlock& block(const Facts& facts, Block kind, int number = 0) {
  for (const PyBlock& block : facts->blocks) {
    if (block.kind == kind && number-- == 0) return block;
  }
  ADD_FAILURE() << "no such block";
  static const PyBlock none;
  return none;
}

uint32_t index_of_block(const Facts& facts, const PyBlock& block) {
  return static_cast<uint32_t>(&block - facts->blocks.data());
}

const PyCall& call(const Facts& facts, std::string_view callee) {
  for (const PyCall& call : facts->calls) {
    if (call.callee == callee) return call;
  }
  ADD_FAILURE() << "no call of " << callee;
  static const PyCall none;
  return none;
}

PyValue value_of(const std::string& expression) {
  return binding(facts("value = " + expression + "\n"), "value").value;
}

std::string text_of(const std::string& expression) { return value_of(expression).text.str(); }

// The grammar.

TEST(PythonFacts, KnowsEveryNodeTypeItAsksFor) { EXPECT_THAT(python_kinds().unknown(), IsEmpty()); }

// Imports.

TEST(PythonFacts, ImportsBindNames) {
  const Facts f =
      facts("import a.b\nimport a.b as c, d\nfrom ..x import y as z, w\nfrom m import *\nfrom . import q\n");
  ASSERT_EQ(f->imports.size(), 7u);
  EXPECT_EQ(f->imports[0].module, "a.b");
  EXPECT_EQ(f->imports[0].bound, "a");
  EXPECT_EQ(f->imports[1].bound, "c");
  EXPECT_EQ(f->imports[2].module, "d");
  EXPECT_EQ(f->imports[3].module, "x");
  EXPECT_EQ(f->imports[3].level, 2);
  EXPECT_EQ(f->imports[3].name, "y");
  EXPECT_EQ(f->imports[3].bound, "z");
  EXPECT_EQ(f->imports[4].bound, "w");
  EXPECT_EQ(f->imports[5].name, "*");
  EXPECT_TRUE(f->imports[5].bound.empty());
  EXPECT_TRUE(f->imports[6].module.empty());
  EXPECT_EQ(f->imports[6].level, 1);
}

TEST(PythonFacts, ImportsOverManyLinesKeepTheirOwnLines) {
  const Facts f =
      facts("from sklearn.metrics import (\n    f1_score,  # why\n    roc_auc_score as auc,\n)\n");
  ASSERT_EQ(f->imports.size(), 2u);
  EXPECT_EQ(f->imports[0].span.line, 2u);
  EXPECT_EQ(f->imports[1].span.line, 3u);
  EXPECT_EQ(f->imports[1].span.file, FileId{7});
}

TEST(PythonFacts, ImportsThatMayFailOrDoNotRun) {
  const Facts f = facts(
      "from typing import TYPE_CHECKING\n"
      "if TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
      "try:\n    import c\nexcept ImportError:\n    c = None\n"
      "try:\n    import d\nexcept ValueError:\n    pass\n"
      "try:\n    import e\nexcept (KeyError, ModuleNotFoundError) as x:\n    import f\n"
      "def g():\n    import h\n");
  const auto find = [&](std::string_view bound) -> const PyImport& {
    for (const PyImport& import : f->imports) {
      if (import.bound == bound) return import;
    }
    ADD_FAILURE() << bound;
    return f->imports[0];
  };
  EXPECT_TRUE(find("a").type_checking);
  EXPECT_FALSE(find("b").type_checking);
  EXPECT_TRUE(find("c").optional);
  EXPECT_FALSE(find("d").optional);
  EXPECT_TRUE(find("e").optional);
  EXPECT_TRUE(find("f").optional);
  EXPECT_EQ(find("h").function, 0u);
  EXPECT_EQ(find("a").function, kNone);
}

TEST(PythonFacts, FutureImport) {
  const Facts f = facts("from __future__ import annotations\n");
  ASSERT_EQ(f->imports.size(), 1u);
  EXPECT_EQ(f->imports[0].module, "__future__");
  EXPECT_EQ(f->imports[0].name, "annotations");
}

// Classes and functions.

TEST(PythonFacts, ClassWithBasesFieldsAndMethods) {
  const Facts f = facts(
      "@dataclass(frozen=True)\n"
      "class Model(nn.Module, Generic[T], metaclass=ABCMeta):\n"
      "    '''Text.'''\n"
      "    size: int = 3\n"
      "    name: Optional[str]\n"
      "    kind = load()\n"
      "    def __init__(self):\n"
      "        self.weights = None\n"
      "    class Config:\n"
      "        extra = 'forbid'\n");
  ASSERT_EQ(f->classes.size(), 2u);
  const PyClass& model = f->classes[0];
  EXPECT_THAT(model.bases, ElementsAre(Name("nn.Module"), Name("Generic")));
  ASSERT_EQ(model.decorators.size(), 1u);
  EXPECT_EQ(model.decorators[0].name, "dataclass");
  EXPECT_EQ(f->calls[model.decorators[0].call].callee, "dataclass");
  ASSERT_EQ(model.fields.size(), 3u);
  EXPECT_EQ(model.fields[0].name, "size");
  EXPECT_EQ(model.fields[0].annotation, "int");
  EXPECT_EQ(model.fields[0].value.number, 3);
  EXPECT_EQ(model.fields[1].annotation, "str");
  EXPECT_EQ(model.fields[2].value.kind, Kind::kCall);
  EXPECT_TRUE(model.has_init);
  EXPECT_EQ(model.span.line, 2u);
  EXPECT_EQ(model.span.end_line, 10u);
  EXPECT_EQ(f->blocks[model.block].kind, Block::kClass);
  EXPECT_EQ(f->classes[1].qualname, "Model.Config");
  EXPECT_EQ(f->classes[1].fields[0].name, "extra");
  EXPECT_EQ(function(f, "Model.__init__").cls, 0u);
  EXPECT_EQ(binding(f, "self.weights").function, 0u);
}

TEST(PythonFacts, NestedFunctionsKnowTheirPlace) {
  const Facts f = facts(
      "class A:\n"
      "    def m(self):\n"
      "        def inner():\n"
      "            return deep()\n"
      "        return inner\n"
      "    if True:\n"
      "        def n(self): pass\n"
      "def after(): run()\n");
  EXPECT_EQ(function(f, "A.m").cls, 0u);
  EXPECT_EQ(function(f, "A.m").parent, kNone);
  const PyFunction& inner = function(f, "A.m.inner");
  EXPECT_EQ(inner.cls, kNone);
  EXPECT_EQ(inner.parent, 0u);
  EXPECT_EQ(function(f, "A.n").cls, 0u);
  EXPECT_EQ(call(f, "deep").function, 1u);
  EXPECT_EQ(call(f, "deep").block, inner.block);
  EXPECT_EQ(f->blocks[inner.block].parent, f->functions[0].block);
  EXPECT_EQ(call(f, "run").function, 3u);
}

TEST(PythonFacts, Parameters) {
  const Facts f = facts(
      "def f(a, b: int, c=1, d: Optional[Foo] = None, /, *args: str, e: Annotated[Db, Depends(get_db)], "
      "g: 'pkg.Bar' = Depends(get_bar), **kwargs) -> pd.DataFrame | None:\n    use(a)\n");
  const PyFunction& fn = f->functions[0];
  ASSERT_EQ(fn.params.size(), 8u);
  EXPECT_EQ(fn.params[0].name, "a");
  EXPECT_FALSE(fn.params[0].has_default);
  EXPECT_EQ(fn.params[1].annotation, "int");
  EXPECT_TRUE(fn.params[2].has_default);
  EXPECT_EQ(fn.params[3].annotation, "Foo");
  EXPECT_TRUE(fn.params[4].variadic);
  EXPECT_EQ(fn.params[4].name, "args");
  EXPECT_EQ(fn.params[5].annotation, "Db");
  EXPECT_EQ(f->calls[fn.params[5].default_call].callee, "Depends");
  EXPECT_FALSE(fn.params[5].has_default);
  EXPECT_EQ(fn.params[6].annotation, "pkg.Bar");
  EXPECT_EQ(f->calls[fn.params[6].default_call].callee, "Depends");
  EXPECT_TRUE(fn.params[7].variadic);
  EXPECT_EQ(fn.return_annotation, "pd.DataFrame");
}

TEST(PythonFacts, Annotations) {
  const auto annotation = [](const std::string& text) {
    return facts("def f(x: " + text + "): g()\n")->functions[0].params[0].annotation.str();
  };
  EXPECT_EQ(annotation("List[int]"), "List");
  EXPECT_EQ(annotation("list[Foo]"), "list");
  EXPECT_EQ(annotation("typing.Optional[a.B]"), "a.B");
  EXPECT_EQ(annotation("Union[None, Foo]"), "Foo");
  EXPECT_EQ(annotation("None | a.B"), "a.B");
  EXPECT_EQ(annotation("a.B | int | None"), "a.B");
  EXPECT_EQ(annotation("Optional[List[Foo]]"), "List");
  EXPECT_EQ(annotation("Annotated[Optional[Foo], 'x']"), "Foo");
  EXPECT_EQ(annotation("'Optional[Foo]'"), "Foo");
  EXPECT_EQ(annotation("'a.Foo[int]'"), "a.Foo");
  EXPECT_EQ(annotation("Callable[[int], str]"), "Callable");
}

TEST(PythonFacts, WhatFunctionsAre) {
  const Facts f = facts(
      "async def a():\n    await b()\n"
      "def gen():\n    x = yield 1\n"
      "def outer():\n    def inner():\n        yield 2\n    return inner\n"
      "def stub(self):\n    '''Doc.'''\n    raise NotImplementedError('x')\n"
      "def stub2(): ...\n"
      "def stub3():\n    return 0.5\n"
      "def real():\n    '''Doc.'''\n    x = 1\n    if x:\n        return x\n");
  EXPECT_TRUE(function(f, "a").is_async);
  EXPECT_FALSE(function(f, "gen").is_async);
  EXPECT_TRUE(function(f, "gen").is_generator);
  EXPECT_FALSE(function(f, "outer").is_generator);
  EXPECT_TRUE(function(f, "outer.inner").is_generator);
  EXPECT_TRUE(function(f, "stub").is_stub);
  EXPECT_TRUE(function(f, "stub2").is_stub);
  EXPECT_TRUE(function(f, "stub3").is_stub);
  EXPECT_FALSE(function(f, "real").is_stub);
  EXPECT_EQ(function(f, "stub").statements, 1u);
  EXPECT_EQ(function(f, "real").statements, 3u);
  EXPECT_EQ(function(f, "real").span.line, 15u);
  EXPECT_EQ(function(f, "real").span.end_line, 19u);
}

TEST(PythonFacts, Decorators) {
  const Facts f = facts(
      "@pytest.mark.parametrize('x', [(1, 2), (3, 4, 5)])\n"
      "@staticmethod\n"
      "@app.route('/p', methods=['POST'])\n"
      "def f(x): pass\n");
  const PyFunction& fn = f->functions[0];
  ASSERT_EQ(fn.decorators.size(), 3u);
  EXPECT_EQ(fn.decorators[0].name, "pytest.mark.parametrize");
  EXPECT_EQ(fn.decorators[1].name, "staticmethod");
  EXPECT_EQ(fn.decorators[1].call, kNone);
  const PyCall& parametrize = f->calls[fn.decorators[0].call];
  EXPECT_EQ(parametrize.function, kNone);
  const PyValue& cases = f->args[parametrize.args.begin + 1].value;
  EXPECT_EQ(cases.kind, Kind::kList);
  EXPECT_EQ(cases.count, 2);
  EXPECT_EQ(cases.smallest, 2);
  EXPECT_EQ(f->args[f->calls[fn.decorators[2].call].args.begin + 1].keyword, "methods");
}

// Blocks.

TEST(PythonFacts, MainGuard) {
  const Facts f = facts("def main(): pass\nif '__main__' == __name__:\n    main()\nelse:\n    other()\n");
  EXPECT_TRUE(f->has_main_guard);
  const PyBlock& guard = block(f, Block::kMainGuard);
  EXPECT_EQ(call(f, "main").block, index_of_block(f, guard));
  EXPECT_EQ(f->blocks[call(f, "other").block].kind, Block::kElse);
  EXPECT_FALSE(facts("if __name__ != '__main__':\n    x()\n")->has_main_guard);
}

TEST(PythonFacts, IfElifElse) {
  const Facts f =
      facts("def f(x):\n    if x > 1:\n        a()\n    elif x < 0:\n        b()\n    else:\n        c()\n");
  const PyBlock& a = f->blocks[call(f, "a").block];
  const PyBlock& b = f->blocks[call(f, "b").block];
  const PyBlock& c = f->blocks[call(f, "c").block];
  EXPECT_EQ(a.kind, Block::kIf);
  EXPECT_EQ(a.condition, 0u);
  EXPECT_EQ(b.kind, Block::kIf);
  EXPECT_EQ(b.condition, 1u);
  const PyBlock& otherwise = f->blocks[b.parent];
  EXPECT_EQ(otherwise.kind, Block::kElse);
  EXPECT_EQ(otherwise.condition, 0u);
  EXPECT_EQ(c.kind, Block::kElse);
  EXPECT_EQ(c.condition, 1u);
  EXPECT_EQ(c.parent, b.parent);
  EXPECT_EQ(f->conditions[1].block, b.parent);
  EXPECT_EQ(f->conditions[0].block, f->functions[0].block);
}

TEST(PythonFacts, BlocksThatLeave) {
  const Facts f = facts(
      "def f(x):\n"
      "    if x:\n        return 1\n    elif y:\n        raise E()\n    else:\n        sys.exit(1)\n"
      "def g(x):\n    if x:\n        return 1\n"
      "def h():\n    for i in x:\n        continue\n"
      "def k():\n    with open(p) as q:\n        os._exit(2)\n"
      "def m():\n    with pytest.raises(E):\n        raise E\n"
      "def n():\n    return exit(1)\n"
      "def o():\n    assert False, 'never'\n");
  const auto body = [&](std::string_view name) { return f->blocks[function(f, name).block]; };
  EXPECT_TRUE(body("f").jumps);
  EXPECT_FALSE(body("f").raises);
  EXPECT_TRUE(block(f, Block::kElse).raises);  // elif and else both fail
  EXPECT_FALSE(body("g").jumps);
  EXPECT_TRUE(block(f, Block::kLoop).jumps);
  EXPECT_FALSE(body("h").jumps);
  EXPECT_TRUE(body("k").raises);
  EXPECT_FALSE(body("m").jumps);
  EXPECT_TRUE(body("n").raises);
  EXPECT_TRUE(body("o").raises);
}

TEST(PythonFacts, ExitByImportedName) {
  const Facts f = facts("from sys import exit as leave\nif bad:\n    leave(1)\n");
  EXPECT_TRUE(block(f, Block::kIf).raises);
  EXPECT_FALSE(block(facts("if bad:\n    leave(1)\n"), Block::kIf).raises);
}

TEST(PythonFacts, TryExceptElseFinally) {
  const Facts f = facts(
      "try:\n    a()\n"
      "except (ValueError, pkg.Error) as e:\n    b(e)\n"
      "except Exception:\n    if x:\n        raise\n"
      "except:\n    pass\n"
      "else:\n    c()\n"
      "finally:\n    d()\n");
  const uint32_t body = call(f, "a").block;
  EXPECT_EQ(f->blocks[body].kind, Block::kTry);
  const PyBlock& first = block(f, Block::kExcept, 0);
  EXPECT_THAT(names(f.module, first.exceptions), ElementsAre("ValueError", "pkg.Error"));
  EXPECT_FALSE(first.broad);
  EXPECT_FALSE(first.reraises);
  EXPECT_EQ(first.try_block, body);
  EXPECT_TRUE(block(f, Block::kExcept, 1).broad);
  EXPECT_TRUE(block(f, Block::kExcept, 1).reraises);
  EXPECT_TRUE(block(f, Block::kExcept, 2).broad);
  EXPECT_FALSE(block(f, Block::kExcept, 2).reraises);
  EXPECT_EQ(block(f, Block::kElse).try_block, body);
  EXPECT_EQ(block(f, Block::kFinally).try_block, body);
  EXPECT_EQ(f->blocks[call(f, "d").block].kind, Block::kFinally);
  EXPECT_EQ(binding(f, "e").kind, PyBinding::Kind::kExcept);
  EXPECT_EQ(f->blocks[binding(f, "e").block].kind, Block::kExcept);
}

TEST(PythonFacts, ARaiseInANestedFunctionDoesNotReraise) {
  const Facts f = facts("try:\n    a()\nexcept E:\n    def f():\n        raise X\n");
  EXPECT_FALSE(block(f, Block::kExcept).reraises);
}

TEST(PythonFacts, WithBlocks) {
  const Facts f = facts("async def f():\n    async with a() as x, b(c()) as (y, z):\n        d()\n");
  const PyBlock& with = block(f, Block::kWith);
  EXPECT_THAT(callees(f.module, with.contexts), ElementsAre("a", "c", "b"));
  EXPECT_EQ(call(f, "a").use, PyCall::Use::kWith);
  EXPECT_EQ(call(f, "b").use, PyCall::Use::kWith);
  EXPECT_EQ(call(f, "c").use, PyCall::Use::kArgument);
  EXPECT_EQ(binding(f, "x").kind, PyBinding::Kind::kWith);
  EXPECT_EQ(binding(f, "x").value.call, 0u);
  EXPECT_TRUE(binding(f, "y").unpacked);
  EXPECT_EQ(call(f, "d").block, index_of_block(f, with));
}

TEST(PythonFacts, WithInParentheses) {
  const Facts f = facts("with (\n    a() as x,\n    b() as y,\n):\n    pass\n");
  EXPECT_EQ(binding(f, "x").value.kind, Kind::kCall);
  EXPECT_EQ(binding(f, "y").kind, PyBinding::Kind::kWith);
  EXPECT_EQ(call(f, "b").use, PyCall::Use::kWith);
}

TEST(PythonFacts, Loops) {
  const Facts f = facts("for i, row in df.iterrows():\n    a(i)\nelse:\n    b()\nwhile x < 3:\n    c()\n");
  const PyBlock& loop = block(f, Block::kLoop, 0);
  EXPECT_EQ(call(f, "a").block, index_of_block(f, loop));
  EXPECT_EQ(binding(f, "row").kind, PyBinding::Kind::kFor);
  EXPECT_TRUE(binding(f, "row").unpacked);
  EXPECT_EQ(f->calls[binding(f, "row").value.call].callee, "df.iterrows");
  EXPECT_EQ(call(f, "df.iterrows").block, 0u);
  EXPECT_EQ(f->blocks[call(f, "b").block].kind, Block::kElse);
  const PyBlock& second = block(f, Block::kLoop, 1);
  EXPECT_EQ(f->conditions[second.condition].kind, PyCondition::Kind::kWhile);
}

TEST(PythonFacts, Match) {
  const Facts f = facts(
      "def f(x):\n    match kind(x):\n        case Point(x=0):\n            return 1\n"
      "        case [a, b] if a > 3:\n            raise E\n        case _:\n            return 2\n");
  EXPECT_EQ(call(f, "kind").use, PyCall::Use::kCondition);
  EXPECT_TRUE(block(f, Block::kMatch, 0).jumps);
  const PyBlock& guarded = block(f, Block::kMatch, 1);
  EXPECT_TRUE(guarded.raises);
  EXPECT_EQ(f->conditions[guarded.condition].comparisons.size(), 1u);
  EXPECT_TRUE(f->blocks[f->functions[0].block].jumps);
}

TEST(PythonFacts, AMatchWithoutCatchAllMayFallThrough) {
  const Facts f = facts("def f(x):\n    match x:\n        case 1:\n            return 1\n");
  EXPECT_FALSE(f->blocks[f->functions[0].block].jumps);
}

// Calls.

TEST(PythonFacts, ChainedCalls) {
  const Facts f = facts("df = pd.read_csv('x.csv').dropna().groupby('k')['v'].mean()\n");
  EXPECT_THAT(callees(f.module),
              ElementsAre("pd.read_csv", "pd.read_csv().dropna", "pd.read_csv().dropna().groupby",
                          "pd.read_csv().dropna().groupby()[].mean"));
  EXPECT_EQ(f->calls[0].receiver, kNone);
  EXPECT_EQ(f->calls[1].receiver, 0u);
  EXPECT_EQ(f->calls[3].receiver, 2u);
  EXPECT_EQ(f->calls[0].use, PyCall::Use::kReceiver);
  EXPECT_EQ(f->calls[3].use, PyCall::Use::kAssigned);
  EXPECT_EQ(f->calls[3].method, "mean");
  EXPECT_EQ(binding(f, "df").value.call, 3u);
}

TEST(PythonFacts, CalleesOfEveryShape) {
  const Facts f = facts(
      "load().predict(x)\nf()(1)\nhandlers['a'](2)\ndf['x'].mean()\n', '.join(x)\n[1].append(2)\n{}.get(1)\n"
      "(a + b).sum()\nself.model.fit(X)\n(await "
      "get()).json()\nsuper().__init__()\n(a.b).c()\nf'{x}'.strip()\n");
  EXPECT_THAT(callees(f.module),
              ElementsAre("load", "load().predict", "f", "f()", "handlers[]", "df[].mean", "str.join",
                          "list.append", "dict.get", "?.sum", "self.model.fit", "get", "get().json", "super",
                          "super().__init__", "a.b.c", "str.strip"));
}

TEST(PythonFacts, CallsOverManyLinesStandWhereTheirNameDoes) {
  const Facts f = facts("x = (df\n     .dropna()\n     .fillna(\n         0))\n");
  EXPECT_EQ(call(f, "df.dropna").span.line, 2u);
  EXPECT_EQ(call(f, "df.dropna().fillna").span.line, 3u);
  EXPECT_EQ(call(f, "df.dropna().fillna").span.end_line, 4u);
}

TEST(PythonFacts, Arguments) {
  const Facts f = facts("f(a.b, 'x', *rest, key=-1.5, flag=True, g=h(y), **more)\n");
  const PyCall& outer = call(f, "f");
  ASSERT_EQ(outer.args.size(), 7u);
  const PyArg* args = &f->args[outer.args.begin];
  EXPECT_EQ(args[0].value.kind, Kind::kName);
  EXPECT_EQ(args[0].value.text, "a.b");
  EXPECT_THAT(names(f.module, args[0].reads), ElementsAre("a.b"));
  EXPECT_EQ(args[1].value.text, "x");
  EXPECT_EQ(args[2].keyword, "*");
  EXPECT_EQ(args[2].value.text, "rest");
  EXPECT_EQ(args[3].keyword, "key");
  EXPECT_EQ(args[3].value.number, -1.5);
  EXPECT_EQ(args[4].value.text, "True");
  EXPECT_EQ(args[5].value.kind, Kind::kCall);
  EXPECT_EQ(f->calls[args[5].value.call].callee, "h");
  EXPECT_THAT(names(f.module, args[5].reads), ElementsAre("y"));
  EXPECT_EQ(args[6].keyword, "**");
}

TEST(PythonFacts, UsesOfCalls) {
  const Facts f = facts(
      "a()\nx = b()\ny = p(c())\nif d():\n    pass\nassert e(1) == 2\nz = [g()]\n"
      "def fn():\n    return h()\nw = i() + 1\nq = k() if l() else m()\nawait n()\nu, v = o(), r()\n"
      "while not s() and t() > 3:\n    pass\n");
  const auto use = [&](std::string_view callee) { return call(f, callee).use; };
  EXPECT_EQ(use("a"), PyCall::Use::kDiscarded);
  EXPECT_EQ(use("b"), PyCall::Use::kAssigned);
  EXPECT_EQ(use("c"), PyCall::Use::kArgument);
  EXPECT_EQ(use("d"), PyCall::Use::kCondition);
  EXPECT_EQ(use("e"), PyCall::Use::kAsserted);
  EXPECT_EQ(use("g"), PyCall::Use::kOther);
  EXPECT_EQ(use("h"), PyCall::Use::kReturned);
  EXPECT_EQ(use("i"), PyCall::Use::kOther);
  EXPECT_EQ(use("k"), PyCall::Use::kAssigned);
  EXPECT_EQ(use("l"), PyCall::Use::kCondition);
  EXPECT_EQ(use("n"), PyCall::Use::kDiscarded);
  EXPECT_EQ(use("o"), PyCall::Use::kAssigned);
  EXPECT_EQ(use("s"), PyCall::Use::kCondition);
  EXPECT_EQ(use("t"), PyCall::Use::kCondition);
}

TEST(PythonFacts, GeneratorAsOnlyArgument) {
  const Facts f = facts("total = sum(cost(x) for x in items() if x > 3)\n");
  EXPECT_THAT(callees(f.module), ElementsAre("cost", "items", "sum"));
  EXPECT_EQ(call(f, "sum").args.size(), 1u);
  ASSERT_EQ(f->conditions.size(), 1u);
  EXPECT_EQ(f->conditions[0].kind, PyCondition::Kind::kFilter);
}

TEST(PythonFacts, LambdasBelongToTheirStatement) {
  const Facts f = facts("def f():\n    xs.sort(key=lambda x, d=default(): score(x.y))\n");
  EXPECT_THAT(callees(f.module), ElementsAre("default", "score", "xs.sort"));
  EXPECT_EQ(call(f, "score").function, 0u);
  EXPECT_EQ(f->args[call(f, "xs.sort").args.begin].value.kind, Kind::kLambda);
}

// Conditions, comparisons, asserts.

TEST(PythonFacts, ComparisonsOfACondition) {
  const Facts f = facts("if 0 < score(x) <= 1 and m['f1'] >= 0.8 or not a.b != 'c':\n    pass\n");
  const PyCondition& condition = f->conditions[0];
  ASSERT_EQ(condition.comparisons.size(), 4u);
  const PyComparison* c = &f->comparisons[condition.comparisons.begin];
  EXPECT_EQ(c[0].op, PyComparison::Op::kLess);
  EXPECT_EQ(c[0].right.kind, Kind::kCall);
  EXPECT_EQ(c[1].op, PyComparison::Op::kLessEqual);
  EXPECT_EQ(c[1].left.kind, Kind::kCall);
  EXPECT_EQ(c[2].op, PyComparison::Op::kGreaterEqual);
  EXPECT_EQ(c[2].left.kind, Kind::kSubscript);
  EXPECT_EQ(c[2].left.text, "m[f1]");
  EXPECT_EQ(c[2].right.number, 0.8);
  EXPECT_EQ(c[3].op, PyComparison::Op::kNotEqual);
  EXPECT_EQ(c[3].right.text, "c");
  EXPECT_THAT(names(f.module, condition.reads), ElementsAre("x", "m", "a.b"));
  EXPECT_THAT(callees(f.module, condition.calls), ElementsAre("score"));
  EXPECT_FALSE(condition.negated);
}

TEST(PythonFacts, EveryComparisonOperator) {
  const Facts f =
      facts("x = (a < b, a <= b, a > b, a >= b, a == b, a != b, a in b, a not in b, a is b, a is not b)\n");
  std::vector<PyComparison::Op> ops;
  for (const PyComparison& comparison : f->comparisons) ops.push_back(comparison.op);
  using Op = PyComparison::Op;
  EXPECT_THAT(ops, ElementsAre(Op::kLess, Op::kLessEqual, Op::kGreater, Op::kGreaterEqual, Op::kEqual,
                               Op::kNotEqual, Op::kIn, Op::kNotIn, Op::kIs, Op::kIsNot));
}

TEST(PythonFacts, NegatedConditions) {
  const Facts f = facts("if not (ok):\n    pass\nif not (not ok):\n    pass\nif not a > 3:\n    pass\n");
  EXPECT_TRUE(f->conditions[0].negated);
  EXPECT_EQ(f->conditions[0].value.text, "ok");
  EXPECT_FALSE(f->conditions[1].negated);
  EXPECT_TRUE(f->conditions[2].negated);
  EXPECT_EQ(f->conditions[2].comparisons.size(), 1u);
}

TEST(PythonFacts, ConditionsOfEveryKind) {
  const Facts f = facts(
      "x = a if b else c\ny = df[df.x > 3]\nz = df[(df.a == 1) & ok]\nw = df[~df.b.isna()]\nv = d[k]\n");
  ASSERT_EQ(f->conditions.size(), 4u);
  EXPECT_EQ(f->conditions[0].kind, PyCondition::Kind::kTernary);
  EXPECT_EQ(f->conditions[0].value.text, "b");
  for (int i = 1; i < 4; ++i)
    EXPECT_EQ(f->conditions[static_cast<size_t>(i)].kind, PyCondition::Kind::kFilter);
  EXPECT_THAT(names(f.module, f->conditions[1].reads), ElementsAre("df.x"));
}

TEST(PythonFacts, Asserts) {
  const Facts f =
      facts("def t():\n    assert acc > 0.9, f'{acc} {why()}'\n    assert (x, 'message')\n    assert (x)\n");
  ASSERT_EQ(f->asserts.size(), 3u);
  EXPECT_EQ(f->conditions[f->asserts[0].condition].kind, PyCondition::Kind::kAssert);
  EXPECT_FALSE(f->asserts[0].on_tuple);
  EXPECT_TRUE(f->asserts[1].on_tuple);
  EXPECT_FALSE(f->asserts[2].on_tuple);
  EXPECT_EQ(f->asserts[0].function, 0u);
  EXPECT_THAT(callees(f.module), ElementsAre("why"));
  EXPECT_TRUE(f->conditions[f->asserts[0].condition].calls.empty());
}

TEST(PythonFacts, ComparisonsOfBindingsAndReturns) {
  const Facts f = facts("ok = acc > 0.8\ndef f():\n    return x < 3\n");
  EXPECT_EQ(binding(f, "ok").comparisons.size(), 1u);
  EXPECT_EQ(f->jumps[0].comparisons.size(), 1u);
}

// Bindings.

TEST(PythonFacts, BindingsOfEveryKind) {
  const Facts f = facts(
      "a = b = load(p)\nself.model: Model = make()\nx: int\nn += step\nif (m := get()) is None:\n    pass\n"
      "df['age'] = df['birth']\ndf.loc[mask, 'y'] = 0\nq[i] = 1\n");
  EXPECT_EQ(binding(f, "a").value.call, 0u);
  EXPECT_EQ(binding(f, "b").value.call, 0u);
  EXPECT_THAT(names(f.module, binding(f, "a").reads), ElementsAre("p"));
  EXPECT_THAT(callees(f.module, binding(f, "a").calls), ElementsAre("load"));
  EXPECT_EQ(binding(f, "self.model").annotation, "Model");
  EXPECT_EQ(binding(f, "self.model").value.kind, Kind::kCall);
  EXPECT_EQ(binding(f, "x").kind, PyBinding::Kind::kDeclaration);
  EXPECT_EQ(binding(f, "n").kind, PyBinding::Kind::kAugmented);
  EXPECT_THAT(names(f.module, binding(f, "n").reads), ElementsAre("n", "step"));
  EXPECT_EQ(binding(f, "m").value.kind, Kind::kCall);
  EXPECT_EQ(call(f, "get").use, PyCall::Use::kAssigned);
  EXPECT_TRUE(binding(f, "df").subscript);
  EXPECT_EQ(binding(f, "df").key, "age");
  EXPECT_EQ(binding(f, "df").value.text, "df[birth]");
  EXPECT_EQ(binding(f, "df.loc").key, "y");
  EXPECT_TRUE(binding(f, "q").key.empty());
}

TEST(PythonFacts, TupleTargets) {
  const Facts f = facts("a, b = 1, two()\nc, (d, *e) = split(x)\n[g, h] = i\n");
  EXPECT_EQ(binding(f, "a").value.number, 1);
  EXPECT_FALSE(binding(f, "a").unpacked);
  EXPECT_EQ(binding(f, "b").value.kind, Kind::kCall);
  EXPECT_TRUE(binding(f, "a").calls.empty());
  for (const char* name : {"c", "d", "e"}) {
    EXPECT_TRUE(binding(f, name).unpacked);
    EXPECT_EQ(f->calls[binding(f, name).value.call].callee, "split");
  }
  EXPECT_TRUE(binding(f, "h").unpacked);
}

TEST(PythonFacts, AugmentedSubscriptIsLoweredOnce) {
  const Facts f = facts("counts[key(x)] += 1\n");
  EXPECT_THAT(callees(f.module), ElementsAre("key"));
  EXPECT_EQ(binding(f, "counts").kind, PyBinding::Kind::kAugmented);
}

TEST(PythonFacts, Exported) {
  const Facts f = facts("__all__ = ['a', \"b\"]\n__all__ += ['c']\n__all__.extend(['d'])\n");
  EXPECT_THAT(f->exported, ElementsAre(Name("a"), Name("b"), Name("c"), Name("d")));
}

// Jumps.

TEST(PythonFacts, Jumps) {
  const Facts f = facts(
      "def f(x):\n    raise ValueError(f'{x}') from err\n"
      "def g():\n    raise\n"
      "def h():\n    return\n"
      "def k():\n    yield from rows(x)\n"
      "def l():\n    return a, b()\n");
  ASSERT_EQ(f->jumps.size(), 5u);
  EXPECT_EQ(f->jumps[0].kind, PyJump::Kind::kRaise);
  EXPECT_EQ(f->jumps[0].value.kind, Kind::kCall);
  EXPECT_THAT(names(f.module, f->jumps[0].reads), ElementsAre("x", "err"));
  EXPECT_EQ(f->jumps[1].value.kind, Kind::kOther);
  EXPECT_EQ(f->jumps[2].value.kind, Kind::kNone);
  EXPECT_EQ(f->jumps[3].kind, PyJump::Kind::kYield);
  EXPECT_EQ(f->jumps[3].value.kind, Kind::kCall);
  EXPECT_EQ(f->jumps[4].value.kind, Kind::kList);
  EXPECT_EQ(f->jumps[4].value.count, 2);
  EXPECT_EQ(f->jumps[4].function, 4u);
}

// Values.

TEST(PythonFacts, Strings) {
  EXPECT_EQ(text_of("'plain'"), "plain");
  EXPECT_EQ(text_of("\"\"\"three\nlines\"\"\""), "three\nlines");
  EXPECT_EQ(text_of("''"), "");
  EXPECT_EQ(text_of("\"\"\"\"\"\""), "");
  EXPECT_EQ(text_of("r'\\d+'"), "\\d+");
  EXPECT_EQ(text_of("'a\\n\\x41\\u00e9\\'\\q'"), "a\nA\xc3\xa9'\\q");
  EXPECT_EQ(text_of("b'bytes'"), "bytes");
  EXPECT_EQ(text_of("'a' 'b'"), "ab");
  EXPECT_EQ(text_of("('a'\n  'b')"), "ab");
  EXPECT_EQ(text_of("'a' + 'b' + 'c'"), "abc");
  EXPECT_EQ(value_of("'a' + 'b'").kind, Kind::kString);
}

TEST(PythonFacts, FormattedStrings) {
  const Facts f = facts("value = f's3://{bucket()}/{name:>{width}}/{{x}}' 'tail'\n");
  const PyValue& value = binding(f, "value").value;
  EXPECT_EQ(value.kind, Kind::kFString);
  EXPECT_EQ(value.text, "s3://{}/{}/{x}tail");
  EXPECT_THAT(callees(f.module), ElementsAre("bucket"));
  EXPECT_THAT(names(f.module, binding(f, "value").reads), ElementsAre("name", "width"));
  EXPECT_EQ(value_of("f'plain'").kind, Kind::kString);
  EXPECT_EQ(text_of("'s3://' + bucket + '/x'"), "s3://{}/x");
  EXPECT_EQ(value_of("'s3://' + bucket").kind, Kind::kFString);
  EXPECT_EQ(text_of("'%s/data' % root"), "%s/data");
}

TEST(PythonFacts, Numbers) {
  EXPECT_EQ(value_of("1_000").number, 1000);
  EXPECT_EQ(value_of("0xff").number, 255);
  EXPECT_EQ(value_of("0b101").number, 5);
  EXPECT_EQ(value_of("1e-3").number, 1e-3);
  EXPECT_EQ(value_of(".5").number, 0.5);
  EXPECT_EQ(value_of("-2").number, -2);
  EXPECT_EQ(value_of("60 * 60").number, 3600);
  EXPECT_EQ(value_of("1 / 0").kind, Kind::kOther);
}

TEST(PythonFacts, ListsAndDicts) {
  const Facts f =
      facts("value = ['a', x, [1, 2], load()]\nconf = {'lr': 0.1, **more, 'on': True}\nempty = ()\n");
  const PyValue& list = binding(f, "value").value;
  EXPECT_EQ(list.kind, Kind::kList);
  EXPECT_EQ(list.count, 4);
  EXPECT_EQ(list.smallest, 2);
  const IndexRange elements = list.elements();
  ASSERT_EQ(elements.size(), 4u);
  EXPECT_EQ(f->values[elements.begin].text, "a");
  EXPECT_EQ(f->values[elements.begin + 1].text, "x");
  EXPECT_EQ(f->values[f->values[elements.begin + 2].elements().begin].number, 1);
  EXPECT_EQ(f->values[elements.begin + 3].kind, Kind::kCall);
  const PyValue& dict = binding(f, "conf").value;
  EXPECT_EQ(dict.kind, Kind::kDict);
  EXPECT_EQ(dict.count, 3);
  ASSERT_EQ(dict.elements().size(), 6u);
  EXPECT_EQ(f->values[dict.elements().begin].text, "lr");
  EXPECT_EQ(f->values[dict.elements().begin + 1].number, 0.1);
  EXPECT_EQ(f->values[dict.elements().begin + 2].kind, Kind::kOther);
  EXPECT_TRUE(binding(f, "empty").value.elements().empty());
}

TEST(PythonFacts, LongListsKeepTheirFirstElements) {
  std::string text = "value = [";
  for (int i = 0; i < 1000; ++i) text += std::to_string(i) + ",";
  const Facts f = facts(text + "]\n");
  EXPECT_EQ(binding(f, "value").value.count, 1000);
  EXPECT_EQ(f->values.size(), PyValue::kMaxElements);
}

TEST(PythonFacts, ReadsOfAnExpression) {
  const Facts f = facts("y = model.fit(X.values, df['a'])[0].coef_ + [i * w for i in xs]\n");
  EXPECT_THAT(names(f.module, binding(f, "y").reads),
              ElementsAre("model", "X.values", "df", "model.fit()[].coef_", "i", "w", "xs"));
}

// Files as a whole.

TEST(PythonFacts, Notebook) {
  const Facts f = facts("df.head()\n", Language::kNotebook, "a.ipynb");
  EXPECT_TRUE(f->is_notebook);
  EXPECT_THAT(callees(f.module), ElementsAre("df.head"));
}

TEST(PythonFacts, PackagesAndTextOnly) {
  EXPECT_TRUE(facts("", Language::kPython, "a/__init__.py")->is_package);
  EXPECT_FALSE(facts("", Language::kPython, "a/x__init__.py")->is_package);
  EXPECT_TRUE(facts("# words\n'''Words.'''\n")->text_only);
  EXPECT_TRUE(facts("")->text_only);
  EXPECT_FALSE(facts("import a\n")->text_only);
}

TEST(PythonFacts, TheFirstBlockIsTheModule) {
  const Facts f = facts("");
  ASSERT_EQ(f->blocks.size(), 1u);
  EXPECT_EQ(f->blocks[0].kind, Block::kModule);
}

TEST(PythonFacts, Python2) {
  const Facts f = facts(
      "print 'x', y\nprint >>f, z\ntry:\n    import cPickle\nexcept ImportError, e:\n    raise ValueError, "
      "'why'\n"
      "exec 'code'\nx = 0777L\n");
  EXPECT_EQ(f->calls[0].callee, "print");
  EXPECT_EQ(f->calls[0].args.size(), 2u);
  EXPECT_TRUE(f->imports[0].optional);
  EXPECT_EQ(binding(f, "e").kind, PyBinding::Kind::kExcept);
  EXPECT_THAT(names(f.module, block(f, Block::kExcept).exceptions), ElementsAre("ImportError"));
  ASSERT_EQ(f->jumps.size(), 1u);
  EXPECT_EQ(f->jumps[0].value.text, "ValueError");
}

TEST(PythonFacts, BrokenCodeStillGivesFacts) {
  const Facts f =
      facts("import os\n\ndef f(:\n    x = load(\n\nclass A:\n    def g(self):\n        return run(1)\n");
  EXPECT_GT(f->error_nodes, 0u);
  EXPECT_EQ(f->imports.size(), 1u);
  EXPECT_THAT(callees(f.module), Contains("run"));
  ASSERT_EQ(f.problems.size(), 1u);
  EXPECT_EQ(f.problems[0].kind, ProblemKind::kSyntax);
  EXPECT_GE(f.problems[0].span.line, 3u);
  EXPECT_LE(f.problems[0].span.line, 6u);
  EXPECT_THAT(f.problems[0].message, HasSubstr("grammar"));
}

TEST(PythonFacts, WholeCodeHasNoProblems) {
  const Facts f = facts("def f(x):\n    return x\n");
  EXPECT_THAT(f.problems, IsEmpty());
  EXPECT_EQ(f->error_nodes, 0u);
  EXPECT_TRUE(f->parsed);
}

TEST(PythonFacts, NonsenseIsNotTrusted) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "} ) = def $ ? class ]\n";
  EXPECT_FALSE(facts(text)->parsed);
}

TEST(PythonFacts, DeepNestingStopsAtTheLimit) {
  const Facts f = facts("a()\nx = " + std::string(10'000, '[') + std::string(10'000, ']') + "\nb()\n");
  EXPECT_THAT(callees(f.module), ElementsAre("a", "b"));
  bool limit = false;
  for (const Problem& problem : f.problems)
    limit |= problem.kind == ProblemKind::kLimit && problem.span.line == 2;
  EXPECT_TRUE(limit);
}

TEST(PythonFacts, DeepNestingOfOtherKinds) {
  std::string text = "x = a";
  for (int i = 0; i < 5'000; ++i) text += ".f(b)";
  text += "\ny = " + std::string(5'000, '(') + "\nz = 1";
  for (int i = 0; i < 5'000; ++i) text += " + 1";
  text += "\nif a:\n    b()\n";
  for (int i = 0; i < 5'000; ++i) text += "elif a" + std::to_string(i) + ":\n    b()\n";
  const Facts f = facts(text);
  EXPECT_THAT(f.problems, Not(IsEmpty()));
}

TEST(PythonFacts, EveryPrefixOfATextIsRead) {
  const std::string text =
      "@d(1)\nclass A(B, c=D):\n  x: int = {'a': [1, *b], **c}\n  async def f(self, *a, k: X | None = y(), "
      "**kw) -> Z:\n"
      "    with a() as b, c:\n      for i, (j, k) in e(f'{g!r:>{h}}' 'x'):\n        yield lambda q=1: q[0:1, "
      "~r > 2].s()\n"
      "    try:\n      del x\n    except (E, F) as g:\n      raise H from i\n    finally:\n      assert not "
      "(n := 3) < -4 <= m, 'w'\n"
      "    match v:\n      case {'k': [P(1), *_]} if t: return a if b else c\n";
  for (size_t size = 0; size <= text.size(); ++size) {
    const Facts f = facts(text.substr(0, size));
    for (const PyCall& call : f->calls) {
      ASSERT_LE(call.args.end, f->args.size());
      ASSERT_LT(call.block, f->blocks.size());
    }
  }
  EXPECT_EQ(facts(text)->error_nodes, 0u);
}

// Whether each fact of the module that names a function lies in the body of that function, and of no other
// but those around it.
template <typename T>
void expect_in_bodies(const PythonModule& module, const std::vector<T>& made, IndexRange PyBody::*range) {
  for (uint32_t i = 0; i < made.size(); ++i) {
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      bool around = false;
      for (uint32_t at = made[i].function; at != kNone; at = module.functions[at].parent) around |= at == f;
      const IndexRange inside = module.functions[f].body.*range;
      EXPECT_EQ(inside.begin <= i && i < inside.end, around) << "fact " << i << ", function " << f;
    }
  }
}

TEST(PythonFacts, BodiesSayWhereTheirFactsLie) {
  const Facts f = facts(
      "setup()\n"
      "@wrap(first())\n"
      "def outer(a=default()):\n"
      "  x = one(two())\n"
      "  def inner():\n"
      "    assert three(), 'no'\n"
      "    return [four() for y in z if y]\n"
      "  class Local:\n"
      "    def method(self):\n"
      "      if self.a: raise five()\n"
      "  return inner\n"
      "x = six()\n"
      "def last():\n"
      "  yield seven()\n");
  ASSERT_EQ(f->functions.size(), 4u);
  expect_in_bodies(f.module, f->calls, &PyBody::calls);
  expect_in_bodies(f.module, f->conditions, &PyBody::conditions);
  expect_in_bodies(f.module, f->asserts, &PyBody::asserts);
  expect_in_bodies(f.module, f->bindings, &PyBody::bindings);
  expect_in_bodies(f.module, f->jumps, &PyBody::jumps);
  expect_in_bodies(f.module, f->blocks, &PyBody::blocks);
  EXPECT_EQ(f->functions[0].body.functions.size(), 2u);
  EXPECT_EQ(f->classes[0].functions.size(), 1u);
  EXPECT_EQ(f->body(kNone).calls.size(), f->calls.size());
}

}  // namespace
}  // namespace mlgrade
