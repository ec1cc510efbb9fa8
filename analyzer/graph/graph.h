// What runs what, from triggers to tests and functions: one graph, read by rules only through the queries
// below.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analyzer/base/span.h"
#include "analyzer/base/truth.h"
#include "analyzer/facts/fact_store.h"

namespace mlgrade {

using NodeId = uint32_t;

enum class NodeKind : uint8_t {
  kTrigger,   // owner: index into facts.automation, index: into its triggers
  kUnit,      // likewise units
  kCommand,   // likewise commands
  kModule,    // owner: index into facts.python; the module's body as an import runs it
  kMain,      // likewise; the module run as a program: its body and its main guard
  kFunction,  // owner: index into facts.python, index: into its functions
  kTest,      // owner: index into facts.tests
  kFile,      // owner: FileId; a file that is run or applied and has no node of a better kind
};

struct Node {
  NodeKind kind = NodeKind::kUnit;
  uint32_t owner = kNone;
  uint32_t index = kNone;
  Span span;
};

enum class EdgeKind : uint8_t {
  kStarts,    // trigger -> unit
  kContains,  // unit -> unit, unit -> command
  kUses,      // reusable workflow, composite action, extended job
  kRuns,      // command or unit -> what it runs
  kCollects,  // test command -> test
  kImports,   // importing runs a module's body
  kCalls,     // function -> function
  kRefers,    // function -> function handed over, registered or called back by a framework
  kNeeds,     // order only: `from` waits for the success of `to`
  kFollows,   // order only: `from` comes after `to`, whatever came of it
};

// A note on an edge whose words are not derived from its kind.
struct EdgeNote {
  std::string what;        // the connection in words; empty: by kind
  std::string effect_why;  // what lets a failure go by, or why the edge is never taken
  Span effect_span;
};

struct Edge {
  NodeId from = kNone;
  NodeId to = kNone;
  Span span;  // the line that makes the connection
  EdgeKind kind = EdgeKind::kRuns;
  Effect effect = Effect::kBlocking;  // what becomes of a failure of `to`
  Truth certain =
      Truth::kYes;        // unknown: depends on what cannot be evaluated; no: is there and is never taken
  uint32_t note = kNone;  // into Graph::notes

  bool order_only() const { return kind == EdgeKind::kNeeds || kind == EdgeKind::kFollows; }
};

struct Link {
  Span span;
  std::string what;
};

// How a node is come to.
struct Reach {
  enum class By { kNothing, kManual, kAutomatic };
  By by = By::kNothing;
  Effect effect = Effect::kBlocking;  // worst along the path
  Truth certain = Truth::kYes;
  std::vector<Link> chain;  // trigger first, the node last; for kNothing as far back as something leads to it
  std::vector<NodeId> nodes;  // parallel to chain
  Span defeated_at;           // the first edge that swallows, else that only reports
  std::string defeated_why;
  std::string broken;  // the first broken link in words; of an automatic way that is not certain, the doubt
  Span broken_at;
  std::string unread;  // by == kNothing, but a text that runs and is not read names it: why not, in words
  Span unread_at;
  bool published = false;  // the output of a command on the path is put where others read it
  Link publication;
};

// A command or link that names what the repository does not have (rubric F-15).
struct Dangling {
  Span span;
  std::string what;    // "python train_A.py"
  std::string target;  // "src/models/train_A.py"
};

class Graph {
 public:
  const FactStore* facts = nullptr;
  std::vector<Node> nodes;
  std::vector<Edge> edges;
  std::vector<EdgeNote> notes;
  std::vector<Dangling> dangling;  // in the order of places

  // Nodes of facts; kNone if the graph has none.
  NodeId node_of_function(PyRef ref) const;  // index kNone: the module's body
  NodeId node_of_main(uint32_t module) const;
  // The function, body or main guard that makes the call; of a call that builds a task, the task.
  NodeId node_of_call(uint32_t module, uint32_t call) const;
  NodeId node_of_block(uint32_t module, uint32_t block) const;
  NodeId node_of_test(uint32_t test) const;
  NodeId node_of_unit(uint32_t file, uint32_t unit) const;
  NodeId node_of_command(uint32_t file, uint32_t command) const;
  NodeId node_of_file(FileId file) const;

  std::string label(NodeId node) const;  // what a person calls it: "job test", "tests/test_x.py::test_y"
  std::string what(const Edge& edge) const;

  // The best way from any trigger to the node: automatic before manual, blocking before reporting before
  // swallowed, certain before unknown, short before long.
  Reach reach(NodeId node) const;
  Reach::By reached_by(NodeId node) const;  // the same without its chain: cheap

  // True if, on their best ways, `second` runs only after `first` has succeeded: a needed job, an earlier
  // step, an earlier command of one script, an earlier call of one function, with no failure of `first`
  // swallowed on the way.
  bool gates(NodeId first, NodeId second) const;

  // All that runs when the node runs, transitively (itself included), in the order of ids. Of a test without
  // what it replaces by a mock.
  std::vector<NodeId> closure(NodeId node) const;
  // By node: the number of edges from there on the shortest way; kNone where it does not come to. Of a test
  // as closure() has it.
  std::vector<uint32_t> distances(NodeId node) const;
  std::vector<NodeId> callers(NodeId node) const;  // all from which the node is come to, itself included

  // By node: is it one of the targets, or does it come to one? One walk backwards, for asking about many
  // nodes.
  std::vector<bool> reaching(const std::vector<NodeId>& targets) const;

  // Filled by build_graph.
  struct Step {             // by node: how the best way enters it
    uint32_t edge = kNone;  // kNone: a trigger, or unreached
    uint64_t cost = ~0ull;  // packed; ~0: unreached
  };
  std::vector<std::vector<uint32_t>> out, in;  // edge indices by node
  std::vector<Step> steps;
  std::vector<NodeId> module_nodes, main_nodes;     // by module
  std::vector<std::vector<NodeId>> function_nodes;  // by module and function
  std::vector<NodeId> test_nodes;
  std::vector<std::vector<NodeId>> trigger_nodes, unit_nodes, command_nodes;  // by automation file
  std::vector<std::pair<FileId, NodeId>> file_nodes;                          // sorted
  std::vector<std::pair<uint64_t, NodeId>> built_by;  // module << 32 | call that builds a unit; sorted
  std::vector<Link> unread_runners;  // that may run tests by themselves and do not lie in this repository

 private:
  std::vector<uint32_t> path_edges(NodeId node) const;  // of the best way, trigger first
  Reach describe_unreached(NodeId node) const;
  void describe_doubt(NodeId start, const std::vector<uint32_t>& path, Reach& reach) const;
  std::vector<NodeId> replaced_by(NodeId test) const;
};

// Links all facts. `facts` must outlive the graph.
Graph build_graph(const FactStore& facts);

}  // namespace mlgrade
