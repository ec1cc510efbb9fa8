// What runs applications: calls that start a server or a command line, clients that tests make of one, and
// every program, for what it has set up for events.
#include <algorithm>
#include <optional>
#include <string>

#include "analyzer/base/dotted.h"
#include "analyzer/graph/builder.h"
#include "analyzer/graph/callbacks.h"
#include "analyzer/graph/kedro_parts.h"

namespace mlgrade {
namespace {

using std::string_view;

struct Runner {
  string_view root;
  string_view last;
  Application kind;
};

constexpr Runner kRunners[] = {
    {"uvicorn", "run", Application::kService},
    {"uvicorn", "Config", Application::kService},
    {"hypercorn", "serve", Application::kService},
    {"waitress", "serve", Application::kService},
    {"granian", "serve", Application::kService},
    {"werkzeug", "run_simple", Application::kService},
    {"wsgiref", "make_server", Application::kService},
    {"gevent", "WSGIServer", Application::kService},
    {"mangum", "Mangum", Application::kService},
    {"a2wsgi", "ASGIMiddleware", Application::kService},
    {"asgiref", "WsgiToAsgi", Application::kService},
    {"flask", "run", Application::kService},
    {"quart", "run", Application::kService},
    {"sanic", "run", Application::kService},
    {"bottle", "run", Application::kService},
    {"robyn", "start", Application::kService},
    {"connexion", "run", Application::kService},
    {"aiohttp", "run_app", Application::kService},
    {"aiohttp", "AppRunner", Application::kService},
    {"dash", "run", Application::kService},
    {"dash", "run_server", Application::kService},
    {"gradio", "launch", Application::kService},
    {"gradio", "mount_gradio_app", Application::kService},
    {"bentoml", "serve", Application::kService},
    {"litserve", "run", Application::kService},
    {"mcp", "run", Application::kService},
    {"fastmcp", "run", Application::kService},
    {"discord", "run", Application::kService},
    {"slack_bolt", "start", Application::kService},
    {"aiogram", "start_polling", Application::kService},
    {"telegram", "run_polling", Application::kService},
    {"ray", "run", Application::kService},
    {"typer", "__call__", Application::kCommands},
    {"typer", "invoke", Application::kCommands},
    {"click", "invoke", Application::kCommands},
    {"click", "main", Application::kCommands},
    {"click", "__call__", Application::kCommands},
    {"cyclopts", "__call__", Application::kCommands},
    {"kedro", "run", Application::kPipeline},
};

// Clients that put requests to an application inside the test.
constexpr Runner kClients[] = {{"fastapi", "TestClient", Application::kService},
                               {"starlette", "TestClient", Application::kService},
                               {"litestar", "TestClient", Application::kService},
                               {"litestar", "create_test_client", Application::kService},
                               {"flask", "test_client", Application::kService},
                               {"flask", "test_cli_runner", Application::kCommands},
                               {"quart", "test_client", Application::kService},
                               {"sanic", "test_client", Application::kService},
                               {"sanic", "asgi_client", Application::kService},
                               {"sanic_testing", "TestManager", Application::kService},
                               {"httpx", "ASGITransport", Application::kService},
                               {"httpx", "WSGITransport", Application::kService},
                               {"aiohttp", "TestClient", Application::kService},
                               {"aiohttp", "TestServer", Application::kService},
                               {"werkzeug", "Client", Application::kService},
                               {"webtest", "TestApp", Application::kService},
                               {"falcon", "TestClient", Application::kService},
                               {"connexion", "test_client", Application::kService},
                               {"schemathesis", "from_asgi", Application::kService},
                               {"schemathesis", "from_wsgi", Application::kService},
                               {"asgi_lifespan", "LifespanManager", Application::kService},
                               {"async_asgi_testclient", "TestClient", Application::kService}};

string_view root_of(string_view dotted) { return dotted.substr(0, dotted.find('.')); }

template <size_t N>
const Runner* find_in(const Runner (&list)[N], string_view target) {
  const string_view root = root_of(target), last = last_component(target);
  auto at = std::find_if(std::begin(list), std::end(list),
                         [&](const Runner& runner) { return runner.last == last && runner.root == root; });
  return at == std::end(list) ? nullptr : &*at;
}

bool has_keyword(const PythonModule& module, const PyCall& call, string_view keyword) {
  return std::any_of(module.args.begin() + call.args.begin, module.args.begin() + call.args.end,
                     [&](const PyArg& arg) { return arg.keyword == keyword; });
}

struct Site {
  Application kind = Application::kService;
  bool client = false;
};

std::optional<Site> site_of(const PythonModule& module, const PyCall& call) {
  if (call.function_ref.valid() || call.class_ref.valid()) return std::nullopt;
  const string_view target = call.target.view();
  if (const Runner* client = find_in(kClients, target)) return Site{client->kind, true};
  if (target.starts_with("httpx.") && has_keyword(module, call, "app"))
    return Site{Application::kService, true};
  if (const Runner* runner = find_in(kRunners, target); runner != nullptr) {
    if (runner->root == "ray" && !target.starts_with("ray.serve.")) return std::nullopt;
    return Site{runner->kind, false};
  }
  if (!target.empty()) return std::nullopt;
  if (call.method == "test_client" || call.method == "TestClient") return Site{Application::kService, true};
  if (call.method == "test_cli_runner") return Site{Application::kCommands, true};
  return std::nullopt;
}

struct SiteLinker {
  GraphBuilder& b;
  uint32_t index;
  const PythonModule& module;

  // The module in which a name was made: that it is imported from, else this one.
  uint32_t home_of(string_view dotted) const {
    const string_view head = root_of(dotted);
    for (const PyImport& import : module.imports) {
      if (import.bound == head && import.project_module != kNone) return import.project_module;
    }
    return index;
  }

  uint32_t home_of(const PyValue& value) const {
    switch (value.kind) {
      case PyValue::Kind::kName:
        return home_of(value.text.view());
      case PyValue::Kind::kCall: {
        const PyCall& call = module.calls[value.call];
        if (call.function_ref.valid()) return call.function_ref.module;
        return call.class_ref.valid() ? call.class_ref.module : index;
      }
      case PyValue::Kind::kString: {  // "package.module:app"
        const string_view text = value.text.view();
        auto named = b.module_by_name.find(Name(text.substr(0, text.find(':'))));
        return named == b.module_by_name.end() ? index : named->second;
      }
      default:
        return index;
    }
  }

  // Where the application that a call runs was made: what it is given, or is a method of.
  uint32_t application_of(const PyCall& call) const {
    uint32_t home = index;
    for (uint32_t i = call.args.begin; i < call.args.end && home == index; ++i) {
      const PyArg& arg = module.args[i];
      const bool application = arg.keyword.empty() || arg.keyword == "app" || arg.keyword == "application";
      if (application) home = home_of(arg.value);
    }
    return home == index ? home_of(call.callee.view()) : home;
  }

  // The module of the pipeline that a session is asked for by name: "training" of
  // pipelines/training/nodes.py. Without a name it runs them all; kNone if the name is not known.
  uint32_t pipeline_of(const PyCall& call) const {
    for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
      const PyArg& arg = module.args[i];
      if (arg.keyword != "pipeline_name") continue;
      if (arg.value.kind != PyValue::Kind::kString) return kNone;
      const std::string part = "." + arg.value.text.str() + ".";
      for (uint32_t m = 0; m < b.facts.python.size(); ++m) {
        const bool there = !b.callbacks.registered[m][static_cast<size_t>(Application::kPipeline)].empty();
        if (there && ("." + b.facts.python[m].name.str() + ".").find(part) != std::string::npos) return m;
      }
      return kNone;
    }
    return kEverywhere;
  }

  void add(NodeId from, uint32_t home, Application kind, Span span) {
    const NodeId to = application_node(b, kind, home);
    if (to == kNone) return;
    std::string what = "runs the application in " + b.graph.label(to);
    if (kind == Application::kCommands) what = "runs commands of " + b.graph.label(to);
    if (kind == Application::kPipeline) what = "runs pipelines";
    b.add_edge({.from = from, .to = to, .span = span, .kind = EdgeKind::kRuns}, {std::move(what), "", {}});
    if (home != index && home != kEverywhere) {
      b.add_edge({.from = from, .to = b.graph.module_nodes[home], .span = span, .kind = EdgeKind::kImports});
    }
  }

  // `client = TestClient(app)` at the top of a file: whoever asks the client runs the application.
  bool add_askers(uint32_t client, uint32_t home, Application kind) {
    Name bound;
    for (const PyBinding& binding : module.bindings) {
      const bool made = binding.function == kNone && binding.kind == PyBinding::Kind::kAssign &&
                        binding.value.kind == PyValue::Kind::kCall && binding.value.call == client;
      if (made) bound = binding.target;
    }
    if (bound.empty()) return false;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      if (call.function == kNone || root_of(call.callee.view()) != bound.view()) continue;
      add(b.graph.node_of_call(index, c), home, kind, call.span);
    }
    return true;
  }

  void link() {
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      const std::optional<Site> site = site_of(module, call);
      if (!site) continue;
      if (const auto parts = modules_of_pipeline(b, index, call); !parts.empty()) {
        for (uint32_t part : parts) add(b.graph.node_of_call(index, c), part, site->kind, call.span);
        continue;
      }
      uint32_t home = application_of(call);
      // A session knows its pipelines by their names; a runner is given one.
      if (site->kind == Application::kPipeline && home == index) home = pipeline_of(call);
      if (home == kNone) continue;
      if (site->client && call.function == kNone && add_askers(c, home, site->kind)) continue;
      add(b.graph.node_of_call(index, c), home, site->kind, call.span);
    }
  }
};

}  // namespace

void link_applications(GraphBuilder& b) {
  for (uint32_t m = 0; m < b.facts.python.size() && b.callbacks.any; ++m) {
    SiteLinker{b, m, b.facts.python[m]}.link();
    const NodeId events = application_node(b, Application::kEvents, m);
    if (events == kNone) continue;
    b.add_edge({.from = b.graph.main_nodes[m],
                .to = events,
                .span = Span{b.facts.python[m].file, 1, 1, 1},
                .kind = EdgeKind::kRuns});
  }
}

}  // namespace mlgrade
