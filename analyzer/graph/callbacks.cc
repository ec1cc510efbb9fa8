// What is registered where, by resolved names of frameworks; by the form of the decorator where the object
// behind it could not be resolved.
#include "analyzer/graph/callbacks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analyzer/base/dotted.h"
#include "analyzer/graph/builder.h"

namespace mlgrade {
namespace {

using std::string_view;

template <size_t N>
bool is_one_of(string_view text, const string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

string_view root_of(string_view dotted) { return dotted.substr(0, dotted.find('.')); }

// Libraries whose decorators and calls register what answers requests, messages or users.
constexpr string_view kServices[] = {
    "fastapi",   "starlette", "flask",   "flask_restx",  "flask_restful", "quart",    "sanic",
    "litestar",  "starlite",  "aiohttp", "bottle",       "falcon",        "robyn",    "blacksheep",
    "connexion", "ninja",     "dash",    "gradio",       "bentoml",       "litserve", "chainlit",
    "mcp",       "fastmcp",   "discord", "slack_bolt",   "aiogram",       "telegram", "functions_framework",
    "locust",    "azure",     "ray",     "flask_smorest"};

// Of two of them only a part is about services.
bool is_service(string_view target) {
  if (target.starts_with("azure.")) return target.starts_with("azure.functions.");
  if (target.starts_with("ray.")) return target.starts_with("ray.serve.");
  return is_one_of(root_of(target), kServices);
}

// What they have that wraps a function, or hands it on to be called at once.
constexpr string_view kNotRegistering[] = {"stream_with_context",
                                           "copy_current_request_context",
                                           "add_task",
                                           "run_in_threadpool",
                                           "run_sync",
                                           "to_thread",
                                           "iterate_in_threadpool",
                                           "batch",
                                           "step",
                                           "cache",
                                           "wraps"};

constexpr string_view kCommandLines[] = {"typer", "click", "rich_click", "asyncclick", "cloup", "cyclopts"};
constexpr string_view kCommandMarks[] = {"command", "group", "callback", "result_callback", "default"};

struct Event {
  string_view root;
  string_view last;  // empty: any
};
constexpr Event kEvents[] = {{"apscheduler", "scheduled_job"},
                             {"schedule", "repeat"},
                             {"huey", "periodic_task"},
                             {"celery", "connect"},
                             {"celery", "on_after_configure"},
                             {"faust", ""},
                             {"blinker", ""},
                             {"django", "receiver"},
                             {"sqlalchemy", "listens_for"},
                             {"atexit", "register"},
                             {"kopf", ""},
                             {"ignite", "on"},
                             {"spacy", "component"},
                             {"spacy", "factory"},
                             {"aiocron", "crontab"},
                             {"rocketry", "task"}};

// Checks that belong to a class and run with it.
constexpr Event kOfClasses[] = {{"pydantic", ""},
                                {"pandera", "check"},
                                {"pandera", "dataframe_check"},
                                {"pandera", "parser"},
                                {"pandera", "dataframe_parser"},
                                {"attr", "validator"},
                                {"attrs", "validator"},
                                {"marshmallow", ""},
                                {"sqlalchemy", "validates"},
                                {"wtforms", ""},
                                {"strawberry", ""}};

template <size_t N>
bool is_event(string_view target, const Event (&list)[N]) {
  return std::any_of(std::begin(list), std::end(list), [&](const Event& one) {
    return one.root == root_of(target) && (one.last.empty() || one.last == last_component(target));
  });
}

constexpr string_view kVerbs[] = {"get",  "post",    "put",   "patch",     "delete",
                                  "head", "options", "route", "websocket", "api_route"};
constexpr string_view kServiceHooks[] = {"on_event",       "exception_handler", "errorhandler",
                                         "before_request", "after_request",     "teardown_request",
                                         "middleware",     "context_processor"};

bool names_path(const PythonModule& module, const PyDecorator& decorator) {
  if (decorator.call == kNone) return false;
  const PyCall& call = module.calls[decorator.call];
  if (call.args.empty()) return false;
  const PyValue& first = module.args[call.args.begin].value;
  return (first.kind == PyValue::Kind::kString || first.kind == PyValue::Kind::kFString) &&
         first.text.view().starts_with('/');
}

// An object that could not be resolved, or of a class of the repository: `@router.get("/x")`,
// `@cli.command()`.
std::optional<Application> by_form(const PythonModule& module, const PyDecorator& decorator) {
  const string_view name = decorator.name.view();
  if (name.find('.') == string_view::npos) return std::nullopt;
  const string_view last = last_component(name);
  if (is_one_of(last, kVerbs) && names_path(module, decorator)) return Application::kService;
  if (is_one_of(last, kServiceHooks)) return Application::kService;
  if (last == "command" || last == "group") return Application::kCommands;
  return std::nullopt;
}

std::optional<Application> application_of(const GraphBuilder& b, const PythonModule& module,
                                          const PyDecorator& decorator) {
  const string_view target = decorator.target.view().substr(0, decorator.target.view().find('('));
  const string_view last = last_component(target);
  const string_view root = root_of(target);
  if (root == "pytest" || root == "unittest" || root == "hypothesis") return std::nullopt;
  if (target.empty() || b.module_by_name.contains(Name(root))) {
    // A registry of the repository itself: who looks into it is not known, but programs do.
    if (last.starts_with("register")) return Application::kEvents;
    return by_form(module, decorator);
  }
  if (is_one_of(root, kCommandLines)) {
    // `click.command` makes a command of a function; that of a group adds it to the group.
    const bool of_object = target.find('.') != target.rfind('.');
    return of_object && is_one_of(last, kCommandMarks) ? std::optional(Application::kCommands) : std::nullopt;
  }
  if (is_service(target)) {
    if (is_one_of(last, kNotRegistering)) return std::nullopt;
    const bool command = last == "command" && (root == "flask" || root == "quart");
    return command ? Application::kCommands : Application::kService;
  }
  if (is_event(target, kEvents)) return Application::kEvents;
  return std::nullopt;
}

bool is_test(const GraphBuilder& b, PyRef function) {
  return std::binary_search(b.test_functions.begin(), b.test_functions.end(), function);
}

struct Finder {
  GraphBuilder& b;
  uint32_t index;
  const PythonModule& module;
  std::unordered_map<Name, PyRef> by_name = {};  // functions of the module's top, and those it imports

  void index_names() {
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      if (function.cls == kNone && function.parent == kNone)
        by_name.try_emplace(function.name, PyRef{index, f});
    }
    for (const PyImport& import : module.imports) {
      if (import.project_module == kNone) continue;
      auto found = b.callbacks.functions.find(import.target);
      by_name.try_emplace(import.bound, found == b.callbacks.functions.end() ? PyRef{} : found->second);
    }
  }

  // The function of the repository that stands before the only dot: `cli` of `@cli.command()`.
  PyRef receiver(string_view name) const {
    const size_t dot = name.find('.');
    if (dot == string_view::npos || dot != name.rfind('.')) return {};
    const auto found = by_name.find(Name(name.substr(0, dot)));
    return found == by_name.end() ? PyRef{} : found->second;
  }

  void add(Application kind, PyRef function, Span span) {
    if (is_test(b, function)) return;
    b.callbacks.registered[index][static_cast<size_t>(kind)].push_back({function, span});
    b.callbacks.any = true;
  }

  // Handlers of events that a function sets up run with that function.
  void refer(NodeId from, uint32_t function, Span span) {
    b.add_edge({.from = from,
                .to = b.graph.function_nodes[index][function],
                .span = span,
                .kind = EdgeKind::kRefers});
  }

  void function(uint32_t f) {
    const PyFunction& function = module.functions[f];
    if (function.task) return;  // runs with its flow
    for (const PyDecorator& decorator : function.decorators) {
      if (PyRef group = receiver(decorator.name.view()); group.valid()) {
        if (!is_test(b, {index, f})) refer(b.graph.node_of_function(group), f, decorator.span);
        continue;
      }
      if (is_event(decorator.target.view(), kOfClasses)) {
        refer(b.graph.module_nodes[index], f, decorator.span);
        continue;
      }
      const std::optional<Application> kind = application_of(b, module, decorator);
      if (!kind) continue;
      const bool inner = *kind == Application::kEvents && function.parent != kNone;
      if (inner) refer(b.graph.function_nodes[index][function.parent], f, decorator.span);
      add(*kind, {index, f}, decorator.span);
    }
  }

  // `@serve.deployment class Model`: its methods answer.
  void cls(uint32_t c) {
    for (const PyDecorator& decorator : module.classes[c].decorators) {
      const std::optional<Application> kind = application_of(b, module, decorator);
      if (kind != Application::kService) continue;
      const IndexRange inside = module.classes[c].functions;
      for (uint32_t f = inside.begin; f < inside.end; ++f) {
        if (module.functions[f].cls == c) add(*kind, {index, f}, decorator.span);
      }
    }
  }

  // `app.add_api_route("/x", predict)`, `FastAPI(lifespan=load)`, `cli.add_command(train)`.
  void reference(const PyReference& reference) {
    if (reference.kind != PyReference::Kind::kArgument || reference.call == kNone) return;
    const PyCall& call = module.calls[reference.call];
    if (!registers_arguments(call)) return;
    if (call.method == "add_command") {
      if (PyRef group = receiver(call.callee.view()); group.valid()) {
        b.add_edge({.from = b.graph.node_of_function(group),
                    .to = b.graph.node_of_function(reference.target),
                    .span = reference.span,
                    .kind = EdgeKind::kRefers});
        return;
      }
      return add(Application::kCommands, reference.target, reference.span);
    }
    const bool node = root_of(call.target.view()) == "kedro";
    add(node ? Application::kPipeline : Application::kService, reference.target, reference.span);
  }
};

}  // namespace

bool registers_arguments(const PyCall& call) {
  if (call.method == "add_command" && !call.function_ref.valid()) return true;
  const string_view target = call.target.view();
  if (target.empty() || call.function_ref.valid() || call.class_ref.valid()) return false;
  if (root_of(target) == "kedro" && (call.method == "node" || call.method == "Node")) return true;
  if (target == "django.urls.path" || target == "django.urls.re_path") return true;
  return is_service(target) && !is_one_of(last_component(target), kNotRegistering);
}

void find_callbacks(GraphBuilder& b) {
  Callbacks& callbacks = b.callbacks;
  const size_t modules = b.facts.python.size();
  callbacks.registered.resize(modules);
  callbacks.imports.resize(modules);
  for (const TestCase& test : b.facts.tests) b.test_functions.push_back(test.function);
  std::sort(b.test_functions.begin(), b.test_functions.end());
  for (uint32_t m = 0; m < modules; ++m) {
    const PythonModule& module = b.facts.python[m];
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      if (module.functions[f].cls == kNone)
        callbacks.functions.try_emplace(module.functions[f].target, PyRef{m, f});
    }
    for (const PyImport& import : module.imports) {
      if (import.project_module != kNone && !import.type_checking)
        callbacks.imports[m].push_back(import.project_module);
    }
  }
  for (uint32_t m = 0; m < modules; ++m) {
    const PythonModule& module = b.facts.python[m];
    Finder finder{b, m, module};
    finder.index_names();
    for (uint32_t f = 0; f < module.functions.size(); ++f) finder.function(f);
    for (uint32_t c = 0; c < module.classes.size(); ++c) finder.cls(c);
    for (const PyReference& reference : module.references) finder.reference(reference);
  }
}

namespace {

// By module: has it, or anything that it imports, registered something that such an application calls back?
// One walk backwards from all that have.
std::vector<bool> modules_with(const Callbacks& callbacks, Application kind) {
  const size_t modules = callbacks.registered.size();
  std::vector<std::vector<uint32_t>> importers(modules);
  std::vector<uint32_t> open;
  std::vector<bool> found(modules, false);
  for (uint32_t m = 0; m < modules; ++m) {
    for (uint32_t imported : callbacks.imports[m]) importers[imported].push_back(m);
    const auto& here = callbacks.registered[m];
    found[m] =
        !here[static_cast<size_t>(kind)].empty() || !here[static_cast<size_t>(Application::kEvents)].empty();
    if (found[m]) open.push_back(m);
  }
  while (!open.empty()) {
    const uint32_t at = open.back();
    open.pop_back();
    for (uint32_t importer : importers[at]) {
      if (!found[importer]) open.push_back(importer);
      found[importer] = true;
    }
  }
  return found;
}

}  // namespace

NodeId application_node(GraphBuilder& b, Application kind, uint32_t module) {
  Callbacks& callbacks = b.callbacks;
  if (!callbacks.any || (module >= callbacks.registered.size() && module != kEverywhere)) return kNone;
  std::vector<bool>& with = callbacks.with[static_cast<size_t>(kind)];
  if (with.empty()) with = modules_with(callbacks, kind);
  if (module != kEverywhere && !with[module]) return kNone;
  auto [it, fresh] = callbacks.nodes.try_emplace({kind, module}, kNone);
  if (!fresh) return it->second;
  std::vector<uint32_t> open;
  std::vector<bool> seen(callbacks.registered.size(), module == kEverywhere);
  for (uint32_t m = 0; m < seen.size(); ++m) {
    if (module == kEverywhere || module == m) open.push_back(m);
  }
  if (module != kEverywhere) seen[module] = true;
  std::vector<Registration> found;
  while (!open.empty()) {
    const uint32_t at = open.back();
    open.pop_back();
    for (Application one : {kind, Application::kEvents}) {
      const std::vector<Registration>& here = callbacks.registered[at][static_cast<size_t>(one)];
      found.insert(found.end(), here.begin(), here.end());
      if (kind == Application::kEvents) break;
    }
    for (uint32_t next : callbacks.imports[at]) {
      if (!seen[next] && with[next]) open.push_back(next);
      seen[next] = true;
    }
  }
  if (found.empty()) return kNone;
  const FileId file = module == kEverywhere ? found.front().span.file : b.facts.python[module].file;
  const NodeId node = b.add_node(NodeKind::kFile, index_of(file), kNone, Span{file, 1, 1, 1});
  it->second = node;
  for (const Registration& one : found) {
    const NodeId to = b.graph.node_of_function(one.function);
    if (to == kNone) continue;
    b.add_edge({.from = node, .to = to, .span = one.span, .kind = EdgeKind::kRefers},
               {fmt::format("calls back {}", b.graph.label(to)), "", {}});
  }
  return node;
}

}  // namespace mlgrade
