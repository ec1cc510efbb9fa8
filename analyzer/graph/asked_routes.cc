// Joins the paths that tests ask for to the handlers registered under them.
#include "analyzer/graph/asked_routes.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "analyzer/base/dotted.h"
#include "analyzer/facts/test_paths.h"

namespace mlgrade {
namespace {

using std::string_view;

constexpr string_view kVerbs[] = {"get", "post", "put", "patch", "delete", "head", "options"};

bool is_verb(string_view name) {
  return std::find(std::begin(kVerbs), std::end(kVerbs), name) != std::end(kVerbs);
}

bool registers_route(string_view last) {
  return is_verb(last) || last == "route" || last == "api_route" || last == "websocket";
}

bool asks(string_view method) {
  return is_verb(method) || method == "request" || method == "open" || method == "websocket_connect";
}

// "http://test/items/3?full=1" -> {"items", "3"}.
std::vector<string_view> segments_of(string_view path) {
  if (const size_t scheme = path.find("://"); scheme != path.npos) {
    const size_t slash = path.find('/', scheme + 3);
    path = slash == path.npos ? string_view() : path.substr(slash);
  }
  path = path.substr(0, path.find('?'));
  std::vector<string_view> parts;
  while (!path.empty()) {
    const size_t end = path.find('/');
    if (end != 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(end == path.npos ? path.size() : end + 1);
  }
  return parts;
}

bool is_parameter(string_view segment) { return segment.starts_with('{') || segment.starts_with('<'); }

struct Handler {
  NodeId node = kNone;
  string_view verb;  // empty: any
  std::vector<string_view> route;
};

struct Request {
  string_view verb;  // empty: not known
  std::vector<string_view> path;
};

// The number of segments that agree word for word, plus one; 0 if the request is not the handler's. What a
// router puts in front of the route is not looked at.
size_t match(const Handler& handler, const Request& request) {
  if (!handler.verb.empty() && !request.verb.empty() && handler.verb != request.verb) return 0;
  if (handler.route.size() > request.path.size()) return 0;
  if (handler.route.empty()) return request.path.empty() ? 1 : 0;
  size_t same = 0;
  const size_t skipped = request.path.size() - handler.route.size();
  for (size_t i = 0; i < handler.route.size(); ++i) {
    if (is_parameter(handler.route[i])) continue;
    if (handler.route[i] != request.path[skipped + i]) return 0;
    ++same;
  }
  return same == 0 ? 0 : same + 1;
}

class AskedRoutes {
 public:
  AskedRoutes(const Graph& graph, FactStore& facts) : graph_(graph), facts_(facts) {}

  void add() {
    find_handlers();
    if (handlers_.empty()) return;
    std::vector<NodeId> targets;
    for (const auto& [node, handler] : handlers_) targets.push_back(node);
    const std::vector<bool> comes_to = graph_.reaching(targets);
    for (uint32_t t = 0; t < facts_.tests.size(); ++t) {
      const NodeId test = graph_.node_of_test(t);
      if (test != kNone && comes_to[test]) add_to(facts_.tests[t], graph_.closure(test));
    }
  }

 private:
  bool is_test(uint32_t module) const { return is_test_path(facts_.path(facts_.python[module].file)); }

  void find_handlers() {
    for (uint32_t m = 0; m < facts_.python.size(); ++m) {
      const PythonModule& module = facts_.python[m];
      if (is_test(m)) continue;
      for (uint32_t f = 0; f < module.functions.size(); ++f) {
        for (const PyDecorator& decorator : module.functions[f].decorators) {
          const string_view last = last_component(decorator.name.view());
          if (decorator.call >= module.calls.size() || !registers_route(last)) continue;
          const NodeId node = graph_.node_of_function({m, f});
          for (string_view path : texts_of(module, module.calls[decorator.call])) {
            if (node == kNone || !path.starts_with('/')) continue;
            handlers_.emplace(node, Handler{node, is_verb(last) ? last : string_view(), segments_of(path)});
            break;
          }
        }
      }
    }
  }

  // The first two texts that a call is given without a keyword, and those called path or url.
  static std::vector<string_view> texts_of(const PythonModule& module, const PyCall& call) {
    std::vector<string_view> texts;
    uint32_t place = 0;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyArg& arg = module.args[a];
      const bool named = arg.keyword == "path" || arg.keyword == "url" || arg.keyword == "rule";
      const bool text = arg.value.kind == PyValue::Kind::kString || arg.value.kind == PyValue::Kind::kFString;
      if (text && (named || (arg.keyword.empty() && place < 2))) texts.push_back(arg.value.text.view());
      place += arg.keyword.empty();
    }
    return texts;
  }

  // What functions of tests ask for.
  std::vector<Request> requests_of(const std::vector<NodeId>& closure) const {
    std::vector<Request> found;
    for (NodeId n : closure) {
      const Node& node = graph_.nodes[n];
      PyRef ref;
      if (node.kind == NodeKind::kFunction) ref = {node.owner, node.index};
      if (node.kind == NodeKind::kTest) ref = facts_.tests[node.owner].function;
      if (!ref.valid() || ref.index == kNone || !is_test(ref.module)) continue;
      const PythonModule& module = facts_.python[ref.module];
      const IndexRange calls = module.functions[ref.index].body.calls;
      for (uint32_t c = calls.begin; c < calls.end; ++c) {
        const PyCall& call = module.calls[c];
        if (!asks(call.method.view())) continue;
        for (string_view text : texts_of(module, call)) {
          if (!text.starts_with('/') && text.find("://") == text.npos) continue;
          const string_view method = call.method.view();
          found.push_back({is_verb(method) ? method : string_view(), segments_of(text)});
        }
      }
    }
    return found;
  }

  void add_to(TestCase& test, const std::vector<NodeId>& closure) const {
    std::vector<NodeId> open;
    for (const Request& request : requests_of(closure)) {
      size_t best = 0;
      std::vector<NodeId> answering;
      for (const auto& [node, handler] : handlers_) {
        const size_t score = match(handler, request);
        if (score < std::max<size_t>(best, 1)) continue;
        if (!std::binary_search(closure.begin(), closure.end(), node)) continue;
        if (score > best) answering.clear();
        best = score;
        answering.push_back(node);
      }
      open.insert(open.end(), answering.begin(), answering.end());
    }
    for (NodeId n : called_from(std::move(open), closure)) {
      const Node& node = graph_.nodes[n];
      if (!is_test(node.owner)) test.project_functions.push_back({node.owner, node.index});
    }
    std::sort(test.project_functions.begin(), test.project_functions.end());
    test.project_functions.erase(std::unique(test.project_functions.begin(), test.project_functions.end()),
                                 test.project_functions.end());
  }

  // Functions that run with these, inside the closure; what is only imported does not count.
  std::vector<NodeId> called_from(std::vector<NodeId> open, const std::vector<NodeId>& closure) const {
    std::vector<NodeId> found;
    std::vector<bool> seen(graph_.nodes.size(), false);
    for (size_t i = 0; i < open.size(); ++i) {
      const NodeId n = open[i];
      if (seen[n]) continue;
      seen[n] = true;
      if (graph_.nodes[n].kind == NodeKind::kFunction) found.push_back(n);
      for (uint32_t e : graph_.out[n]) {
        const Edge& edge = graph_.edges[e];
        const bool calls = edge.kind == EdgeKind::kCalls || edge.kind == EdgeKind::kRefers;
        if (!calls || edge.certain == Truth::kNo) continue;
        if (std::binary_search(closure.begin(), closure.end(), edge.to)) open.push_back(edge.to);
      }
    }
    return found;
  }

  const Graph& graph_;
  FactStore& facts_;
  std::multimap<NodeId, Handler> handlers_;
};

}  // namespace

void add_asked_functions(const Graph& graph, FactStore& facts) { AskedRoutes(graph, facts).add(); }

}  // namespace mlgrade
