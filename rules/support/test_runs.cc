// Marks the edges of the graph that declare or register, and asks for what each test comes to around them.
#include "rules/support/test_runs.h"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <utility>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade {
namespace {

// Arguments that build a flow: what they name is declared by that.
std::set<Span> declared_names(const RuleInput& in) {
  std::set<std::pair<uint32_t, uint32_t>> builders;
  for (const Use& use : in.uses) {
    const bool flow = use.capability == "defines-flow" || use.capability == "defines-task";
    if (flow && use.kind == Use::Kind::kCall) builders.insert({use.function.module, use.call});
  }
  std::set<Span> named;
  for (uint32_t m = 0; m < in.facts.python.size() && !builders.empty(); ++m) {
    for (const PyReference& reference : in.facts.python[m].references) {
      if (reference.kind == PyReference::Kind::kArgument && builders.contains({m, reference.call}))
        named.insert(reference.span);
    }
  }
  return named;
}

// The function is told to a framework by the decorator that the edge stands on.
bool registers(const RuleInput& in, const Edge& edge) {
  const Node& to = in.graph.nodes[edge.to];
  if (edge.kind != EdgeKind::kRefers || to.kind != NodeKind::kFunction) return false;
  const std::vector<PyDecorator>& decorators = in.facts.python[to.owner].functions[to.index].decorators;
  return std::any_of(decorators.begin(), decorators.end(),
                     [&](const PyDecorator& decorator) { return decorator.span == edge.span; });
}

// "/items/{id}" of the decorator that makes the function a route; empty if it shows none.
std::string route_of(const RuleInput& in, const Use& use) {
  const PyFunction* function = in.facts.function(use.function);
  if (function == nullptr) return {};
  const PythonModule& module = in.facts.python[use.function.module];
  for (const PyDecorator& decorator : function->decorators) {
    if (decorator.span != use.span || decorator.call == kNone) continue;
    const IndexRange args = module.calls[decorator.call].args;
    for (uint32_t a = args.begin; a < args.end; ++a) {
      const PyArg& arg = module.args[a];
      const bool path =
          (arg.keyword.empty() && a == args.begin) || arg.keyword == "path" || arg.keyword == "rule";
      if (path && arg.value.kind == PyValue::Kind::kString) return "/" + arg.value.text.str();
    }
  }
  return {};
}

std::vector<std::string> segments_of(std::string_view path) {
  const size_t host = path.find("://");
  if (host != std::string_view::npos) path = path.substr(std::min(path.find('/', host + 3), path.size()));
  path = path.substr(0, path.find('?'));
  std::vector<std::string> found;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (slash != 0) found.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return found;
}

bool is_open(std::string_view segment) {
  return segment.find('{') != std::string_view::npos || segment.starts_with('<');
}

// A request asks a route when its last segments are those of the route. What is left in front of them is the
// prefix of a router, or of a host that an f-string puts there.
bool asks(const std::vector<std::string>& asked, const std::vector<std::string>& wanted, bool prefixed) {
  if (asked.size() < wanted.size()) return false;
  const size_t front = asked.size() - wanted.size();
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!is_open(wanted[i]) && !is_open(asked[front + i]) && asked[front + i] != wanted[i]) return false;
  }
  const bool host = front == 1 && asked[0] == "{}";
  return front == 0 || host || (prefixed && (!wanted.empty() || front == 1));
}

void add_text(const PythonModule& module, const PyValue& value, int depth, std::vector<std::string>& out) {
  constexpr int kDepth = 3;
  const bool text = value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kFString;
  if (text && value.text.view().find('/') != std::string_view::npos) out.push_back(value.text.str());
  for (uint32_t e = value.elements().begin;
       depth < kDepth && e < value.elements().end && e < module.values.size(); ++e)
    add_text(module, module.values[e], depth + 1, out);
  if (value.kind != PyValue::Kind::kName || depth > 0) return;
  for (const PyBinding& binding : module.bindings) {
    if (binding.target == value.text && binding.value.kind != PyValue::Kind::kName)
      add_text(module, binding.value, depth + 1, out);
  }
}

void add_requests(const FactStore& facts, PyRef function, std::vector<std::string>& out) {
  const PyFunction* f = facts.function(function);
  if (f == nullptr) return;
  const PythonModule& module = facts.python[function.module];
  const auto add_call = [&](const PyCall& call) {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) add_text(module, module.args[a].value, 0, out);
  };
  for (const PyCall& call : calls_in(module, function.index)) {
    if (call.function == function.index) add_call(call);
  }
  for (const PyDecorator& decorator : f->decorators) {
    if (decorator.call != kNone) add_call(module.calls[decorator.call]);
  }
}

// Texts that may be paths of requests: in the test, its fixtures, and the helpers of the tests that these
// call.
std::vector<std::string> requests_of(const RuleInput& in, uint32_t t) {
  const TestCase& test = in.facts.tests[t];
  std::vector<std::string> out;
  std::set<PyRef> seen;
  std::vector<PyRef> open = test.fixtures;
  open.push_back(test.function);
  while (!open.empty()) {
    const PyRef at = open.back();
    open.pop_back();
    if (!seen.insert(at).second || in.facts.function(at) == nullptr) continue;
    add_requests(in.facts, at, out);
    for (const PyCall& call : calls_in(in.facts.python[at.module], at.index)) {
      const bool helper = call.function == at.index && call.function_ref.valid() &&
                          is_test_code(in.facts, in.facts.python[call.function_ref.module].file);
      if (helper) open.push_back(call.function_ref);
    }
  }
  return out;
}

}  // namespace

TestRuns::TestRuns(const RuleInput& in, std::vector<NodeId> asked)
    : in_(in), targets_(std::move(asked)), edges_(in.graph.edges.size(), Edges::kRun) {
  std::sort(targets_.begin(), targets_.end());
  targets_.erase(std::unique(targets_.begin(), targets_.end()), targets_.end());
  std::erase(targets_, kNone);
  asked_ = targets_.size();
  const std::set<Span> named = declared_names(in);
  for (size_t e = 0; e < edges_.size(); ++e) {
    const Edge& edge = in.graph.edges[e];
    if (edge.kind != EdgeKind::kRefers) continue;
    if (registers(in, edge)) edges_[e] = Edges::kRegister;
    if (named.contains(edge.span)) edges_[e] = Edges::kDeclare;
  }
  find_routes();
  for (const PythonModule& module : in.facts.python) {
    if (routes_.empty() || prefixed_) break;
    prefixed_ = std::any_of(module.args.begin(), module.args.end(), [](const PyArg& arg) {
      return arg.keyword == "prefix" || arg.keyword == "url_prefix";
    });
  }
}

void TestRuns::find_routes() {
  std::map<NodeId, std::string> routes;  // by the function that answers
  for (const Use& use : in_.uses) {
    if (use.capability != "serves-route" || use.kind != Use::Kind::kDecorator) continue;
    const std::string route = route_of(in_, use);
    if (!route.empty()) routes[in_.graph.node_of_function(use.function)] = route;
  }
  for (size_t e = 0; e < edges_.size() && !routes.empty(); ++e) {
    const Edge& edge = in_.graph.edges[e];
    const auto route = routes.find(edge.to);
    if (edges_[e] != Edges::kRegister || edge.certain == Truth::kNo || route == routes.end()) continue;
    auto at = std::find(targets_.begin(), targets_.end(), edge.from);
    if (at == targets_.end()) at = targets_.insert(at, edge.from);
    routes_.push_back({static_cast<size_t>(at - targets_.begin()), edge.to, segments_of(route->second)});
  }
}

const TargetSets& TestRuns::sets(bool outside) const {
  std::optional<TargetSets>& sets = outside ? outside_ : whole_;
  if (!sets) {
    sets.emplace(in_.graph, targets_, [&](const Edge& edge, uint32_t e) {
      if (edge.order_only() || edge.certain == Truth::kNo || edges_[e] != Edges::kRun) return false;
      return !outside || (edge.kind != EdgeKind::kImports && edge.kind != EdgeKind::kRefers);
    });
  }
  return *sets;
}

// The functions behind the routes that the test asks, where what registers these runs with it, and what runs
// with them.
void TestRuns::add_routes(uint32_t test, TargetSets::Bits& found) const {
  const auto registered = [&](const Route& route) { return TargetSets::has(found, route.registered); };
  if (std::none_of(routes_.begin(), routes_.end(), registered)) return;
  std::vector<std::vector<std::string>> requests;
  for (const std::string& request : requests_of(in_, test)) requests.push_back(segments_of(request));
  std::vector<const Route*> asked;
  for (const Route& route : routes_) {
    const bool is_asked = std::any_of(
        requests.begin(), requests.end(),
        [&](const std::vector<std::string>& request) { return asks(request, route.segments, prefixed_); });
    if (is_asked) asked.push_back(&route);
  }
  for (size_t before = asked.size() + 1; asked.size() < before;) {  // one may register the next
    before = asked.size();
    std::erase_if(asked, [&](const Route* route) {
      if (!registered(*route)) return false;
      TargetSets::join(found, sets(false).of(route->handler));
      return true;
    });
  }
}

std::vector<NodeId> TestRuns::asked_in(const TargetSets::Bits& found) const {
  std::vector<NodeId> nodes;
  for (size_t w = 0; w < found.size(); ++w) {
    for (uint64_t word = found[w]; word != 0; word &= word - 1) {
      const size_t target = 64 * w + static_cast<size_t>(std::countr_zero(word));
      if (target < asked_) nodes.push_back(targets_[target]);
    }
  }
  return nodes;
}

std::vector<NodeId> TestRuns::of(uint32_t test) const {
  const bool outside = expects_refusal(in_.facts, in_.facts.tests[test]);
  const TargetSets::Bits& run = sets(outside).of(in_.graph.node_of_test(test));
  if (outside || routes_.empty()) return asked_in(run);
  TargetSets::Bits found = run;
  add_routes(test, found);
  return asked_in(found);
}

}  // namespace mlgrade
