// Collects references from arguments, assigned and returned values, decorators and reads of properties.
#include "analyzer/passes/python/references.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "analyzer/base/dotted.h"
#include "analyzer/facts/test_paths.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

// Names are found by their address.
using NameSet = std::unordered_set<Name>;

NameSet names_of(std::span<const std::string_view> texts) {
  NameSet names;
  for (std::string_view text : texts) names.insert(Name(text));
  return names;
}

// Calls that look at a class or function and never call it.
constexpr std::array<std::string_view, 22> kOnlyLook = {"isinstance",
                                                        "issubclass",
                                                        "type",
                                                        "id",
                                                        "hasattr",
                                                        "super",
                                                        "repr",
                                                        "typing.cast",
                                                        "callable",
                                                        "getattr",
                                                        "print",
                                                        "str",
                                                        "len",
                                                        "hash",
                                                        "vars",
                                                        "dir",
                                                        "setattr",
                                                        "delattr",
                                                        "bool",
                                                        "iscoroutinefunction",
                                                        "typing.get_type_hints",
                                                        "functools.wraps"};

bool only_looks(const PyCall& call) {
  static const NameSet kNames = names_of(kOnlyLook);
  if (call.target.empty()) return false;
  const std::string_view target = call.target.view();
  return kNames.contains(call.target) || target.starts_with("inspect.") || target.starts_with("logging.") ||
         target.starts_with("unittest.mock.") || target == "asyncio.iscoroutinefunction";
}

// What calls the functions it is given, by the last part of its name. Tests mention functions in many ways
// that call nothing: they patch them, compare them, count the nodes of a pipeline.
constexpr std::array<std::string_view, 60> kCallers = {"invoke",
                                                       "partial",
                                                       "map",
                                                       "starmap",
                                                       "imap",
                                                       "imap_unordered",
                                                       "map_async",
                                                       "apply",
                                                       "applymap",
                                                       "apply_async",
                                                       "apply_along_axis",
                                                       "map_batches",
                                                       "map_partitions",
                                                       "pipe",
                                                       "agg",
                                                       "aggregate",
                                                       "transform",
                                                       "progress_apply",
                                                       "parallel_apply",
                                                       "submit",
                                                       "Thread",
                                                       "Process",
                                                       "Timer",
                                                       "run",
                                                       "run_in_executor",
                                                       "to_thread",
                                                       "reduce",
                                                       "filter",
                                                       "sorted",
                                                       "min",
                                                       "max",
                                                       "vectorize",
                                                       "jit",
                                                       "njit",
                                                       "vmap",
                                                       "pmap",
                                                       "grad",
                                                       "value_and_grad",
                                                       "checkpoint",
                                                       "raises",
                                                       "warns",
                                                       "deprecated_call",
                                                       "assertRaises",
                                                       "assertRaisesRegex",
                                                       "assertWarns",
                                                       "assertLogs",
                                                       "benchmark",
                                                       "pedantic",
                                                       "timeit",
                                                       "repeat",
                                                       "delayed",
                                                       "runcall",
                                                       "memory_usage",
                                                       "spawn",
                                                       "parametrize",
                                                       "param",
                                                       "Fire",
                                                       "FunctionTransformer",
                                                       "materialize",
                                                       "materialize_to_memory"};

// Methods that libraries give to the functions they wrap, and that run the function, here or elsewhere:
// train.fn(x), train.delay(x), train.remote(x).
constexpr std::array<std::string_view, 20> kInvocations = {"fn",
                                                           "func",
                                                           "entrypoint",
                                                           "delay",
                                                           "apply_async",
                                                           "apply",
                                                           "remote",
                                                           "submit",
                                                           "map",
                                                           "starmap",
                                                           "local",
                                                           "spawn",
                                                           "run",
                                                           "send",
                                                           "enqueue",
                                                           "kiq",
                                                           "execute_in_process",
                                                           "invoke",
                                                           "s",
                                                           "si"};

bool calls_arguments(const PyCall& call) {
  if (call.function_ref.valid() || call.class_ref.valid()) return true;  // the repository's own may do so
  static const NameSet kNames = names_of(kCallers);
  return kNames.contains(call.method);
}

// Calls that keep, copy or show an object and ask it for nothing.
constexpr std::array<std::string_view, 14> kKeepers = {
    "dump",  "dumps",   "save",   "save_model", "log_model", "deepcopy",         "copy",
    "clone", "summary", "append", "extend",     "add",       "assertIsInstance", "assertIsNotNone"};

bool keeps(const PyCall& call) {
  static const NameSet kNames = names_of(kKeepers);
  return kNames.contains(call.method);
}

class Collector {
 public:
  Collector(const Project& project, Resolver& resolver, uint32_t index, PythonModule& module)
      : project_(project),
        resolver_(resolver),
        index_(index),
        module_(module),
        test_(is_test_path(project.facts.path(module.file))),
        taken_(module.names.size(), false) {}

  void run() {
    for (uint32_t i = 0; i < module_.calls.size(); ++i) {
      arguments(i);
      take(module_.calls[i]);
      invocation(i);
      construction(i);
    }
    for (const PyBinding& binding : module_.bindings) {
      Site site = site_of(index_, binding);
      names(site, binding.reads, PyReference::Kind::kValue, kNone, binding.span);
      single(site, binding.value, PyReference::Kind::kValue, kNone, binding.span);
    }
    for (const PyJump& jump : module_.jumps) {
      Site site = site_of(index_, jump);
      names(site, jump.reads, PyReference::Kind::kValue, kNone, jump.span);
      single(site, jump.value, PyReference::Kind::kValue, kNone, jump.span);
    }
    for (const PyCondition& condition : module_.conditions) {
      Site site{index_, condition.function, condition.block, condition.span.line, condition.span.column};
      for (uint32_t i = condition.reads.begin; i < condition.reads.end; ++i) {
        property(site, module_.names[i].view(), condition.span);
      }
    }
    decorators();
    finish();
  }

 private:
  // What a name stands for at a place; good until the next question. One place asks for the same name, and
  // for `self`, many times.
  const Entity& resolved(const Site& site, std::string_view text) {
    constexpr size_t kMost = 32;  // a long table is not searched
    if (site != site_ || resolved_.size() == kMost) {
      site_ = site;
      resolved_.clear();
    }
    for (const auto& [known, entity] : resolved_) {
      if (known == text) return entity;
    }
    return resolved_.emplace_back(text, resolver_.name(site, text)).second;
  }

  void add(PyReference::Kind kind, const Site& site, uint32_t call, const Entity& entity, const Span& span) {
    PyRef target;
    if (entity.kind == Entity::Kind::kFunction) target = entity.ref;
    if (entity.kind == Entity::Kind::kClass) target = resolver_.constructor(entity.ref);
    if (!target.valid()) return;
    found_.push_back({.kind = kind, .function = site.function, .call = call, .target = target, .span = span});
  }

  void add_object(const Site& site, uint32_t call, PyRef cls, const Span& span) {
    if (!waits(resolver_, cls)) return;
    found_.push_back({.kind = PyReference::Kind::kObject,
                      .function = site.function,
                      .call = call,
                      .cls = cls,
                      .span = span});
  }

  void objects(const Site& site, const PyArg& arg, uint32_t call, const Span& span) {
    auto add = [&](std::string_view text) {
      const Entity& entity = resolved(site, text);
      if (entity.kind == Entity::Kind::kInstance) add_object(site, call, entity.ref, span);
    };
    for (uint32_t i = arg.reads.begin; i < arg.reads.end; ++i) {
      if (!taken_[i]) add(module_.names[i].view());
    }
    if (arg.reads.empty() && arg.value.kind == PyValue::Kind::kName) add(arg.value.text.view());
  }

  // Made where it is handed over: Pipeline([("scale", Scaler())]).
  void construction(uint32_t call_index) {
    const PyCall& call = module_.calls[call_index];
    const bool handed = call.use == PyCall::Use::kArgument || call.use == PyCall::Use::kOther;
    if (handed && call.class_ref.valid())
      add_object(site_of(index_, call), call_index, call.class_ref, call.span);
  }

  void names(const Site& site, IndexRange reads, PyReference::Kind kind, uint32_t call, const Span& span) {
    for (uint32_t i = reads.begin; i < reads.end; ++i) {
      std::string_view text = module_.names[i].view();
      if (!taken_[i]) add(kind, site, call, resolved(site, text), span);
      property(site, text, span);
    }
  }

  void single(const Site& site, const PyValue& value, PyReference::Kind kind, uint32_t call,
              const Span& span) {
    if (value.kind == PyValue::Kind::kName) {
      add(kind, site, call, resolved(site, value.text.view()), span);
    }
  }

  void arguments(uint32_t call_index) {
    const PyCall& call = module_.calls[call_index];
    if (only_looks(call)) return;
    Site site = site_of(index_, call);
    for (uint32_t i = call.args.begin; i < call.args.end && !keeps(call); ++i)
      objects(site, module_.args[i], call_index, call.span);
    if (test_ && !calls_arguments(call)) return;
    for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
      const PyArg& arg = module_.args[i];
      names(site, arg.reads, PyReference::Kind::kArgument, call_index, call.span);
      if (arg.reads.empty()) single(site, arg.value, PyReference::Kind::kArgument, call_index, call.span);
    }
  }

  // What is handed to a call is its business, and not that of the calls and statements around it: inner calls
  // come first.
  void take(const PyCall& call) {
    static constexpr std::array<std::string_view, 9> kContainers = {
        "dict",        "list", "tuple", "set", "zip", "enumerate", "reversed", "collections.OrderedDict",
        "pytest.param"};
    static const NameSet kNames = names_of(kContainers);
    if (kNames.contains(call.target)) return;
    for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
      const IndexRange reads = module_.args[i].reads;
      for (uint32_t read = reads.begin; read < reads.end; ++read) taken_[read] = true;
    }
  }

  void invocation(uint32_t call_index) {
    const PyCall& call = module_.calls[call_index];
    const std::string_view callee = call.callee.view();
    const size_t dot = callee.rfind('.');
    if (call.receiver != kNone || dot == std::string_view::npos || call.function_ref.valid()) return;
    const Site site = site_of(index_, call);
    const Entity& object = resolved(site, callee.substr(0, dot));
    // A method that the class has from its library: scaler.fit_transform(rows).
    if (object.kind == Entity::Kind::kInstance) add_object(site, call_index, object.ref, call.span);
    static const NameSet kNames = names_of(kInvocations);
    if (!kNames.contains(call.method)) return;
    if (object.kind == Entity::Kind::kFunction)
      add(PyReference::Kind::kArgument, site, call_index, object, call.span);
  }

  // Every prefix of a dotted read may be a property of a project class.
  void property(const Site& site, std::string_view text, const Span& span) {
    for (size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1)) {
      const Entity& object = resolved(site, text.substr(0, dot));
      if (object.kind == Entity::Kind::kExternal) return;
      if (!object.known() && !project_.scopes[index_].has_dotted()) return;  // nor is what it holds
      if (object.kind != Entity::Kind::kInstance) continue;
      size_t end = component_end(text, dot + 1);
      Entity attribute = resolver_.member(object, text.substr(dot + 1, end - dot - 1), false);
      if (attribute.kind == Entity::Kind::kFunction && resolver_.is_property(attribute.ref)) {
        add(PyReference::Kind::kProperty, site, kNone, attribute, span);
      }
    }
  }

  void decorators() {
    auto add_all = [&](uint32_t function, const std::vector<PyDecorator>& list) {
      for (const PyDecorator& decorator : list) {
        if (decorator.call != kNone) continue;  // a call, found as such
        Site site{.module = index_, .function = function, .line = decorator.span.line};
        add(PyReference::Kind::kDecorator, site, kNone, resolver_.name(site, decorator.name.view()),
            decorator.span);
      }
    };
    for (const PyFunction& function : module_.functions) add_all(function.parent, function.decorators);
    for (const PyClass& cls : module_.classes) add_all(cls.function, cls.decorators);
  }

  // In source order, each target once a place; what is called there is no reference.
  void finish() {
    auto key = [](const PyReference& r) {
      return std::tuple(r.span.line, r.function, r.target, r.cls, r.kind, r.call);
    };
    std::stable_sort(found_.begin(), found_.end(),
                     [&](const PyReference& a, const PyReference& b) { return key(a) < key(b); });
    auto same = [](const PyReference& a, const PyReference& b) {
      return a.span.line == b.span.line && a.function == b.function && a.target == b.target && a.cls == b.cls;
    };
    found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
    module_.references = std::move(found_);
  }

  const Project& project_;
  Resolver& resolver_;
  uint32_t index_;
  PythonModule& module_;
  const bool test_;
  std::vector<bool> taken_;  // by read: handed to a call that has been looked at
  std::vector<PyReference> found_;
  Site site_;  // of resolved_
  std::vector<std::pair<std::string_view, Entity>> resolved_;
};

}  // namespace

bool waits(Resolver& resolver, PyRef cls) {
  static constexpr std::array<std::string_view, 10> kRoots = {
      "torch.nn.",
      "keras.",
      "tensorflow.keras.",
      "sklearn.",
      "flax.linen.",
      "pytorch_lightning.LightningModule",
      "lightning.LightningModule",
      "lightning.pytorch.LightningModule",
      "pytorch_lightning.core.",
      "transformers.PreTrainedModel",
  };
  const std::vector<Ancestor>& ancestors = resolver.ancestors(cls);
  return std::any_of(ancestors.begin(), ancestors.end(), [](const Ancestor& ancestor) {
    return std::any_of(kRoots.begin(), kRoots.end(),
                       [&](std::string_view root) { return ancestor.external.view().starts_with(root); });
  });
}

void write_references(const Project& project, Resolver& resolver, uint32_t index, PythonModule& module) {
  Collector(project, resolver, index, module).run();
}

}  // namespace mlgrade::passes
