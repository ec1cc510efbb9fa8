// The graph while it is being built: shared by the files of this folder, private to it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/facts/fact_store.h"
#include "analyzer/graph/callbacks.h"
#include "analyzer/graph/edge_index.h"
#include "analyzer/graph/environment.h"
#include "analyzer/graph/graph.h"
#include "analyzer/graph/invocations.h"
#include "analyzer/graph/test_index.h"
#include "analyzer/graph/unit_index.h"

namespace mlgrade {

// A command that starts an image.
struct ImageRun {
  Edge way;  // `to` comes later
  std::string name;
  bool with_command = false;  // in place of the image's CMD
};

struct GraphBuilder {
  const FactStore& facts;
  Graph& graph;
  EdgeIndex edge_index = {};
  std::unordered_map<Name, uint32_t> module_by_name;                    // dotted name -> module
  std::unordered_map<uint32_t, uint32_t> module_by_file;                // FileId -> module
  std::unordered_map<uint32_t, NodeId> node_by_file;                    // FileId -> file node
  std::unordered_map<std::string, std::vector<NodeId>> images_by_name;  // "churn-api" -> what builds it
  std::vector<ImageRun> image_runs;
  Callbacks callbacks = {};
  Invocations invocations = {};
  std::vector<PyRef> test_functions = {};  // of collected tests, sorted
  Variables variables = {};
  UnitIndex units = {};
  TestIndex tests = {};

  NodeId add_node(NodeKind kind, uint32_t owner, uint32_t index, Span span);
  // Adds an edge, or betters the one that already joins the two (a better effect, a surer connection).
  void add_edge(Edge edge, EdgeNote note = {});
};

void add_nodes(GraphBuilder& b);
void link_automation(GraphBuilder& b);     // triggers, units, links between units
void link_commands(GraphBuilder& b);       // what each command runs
void link_actions(GraphBuilder& b);        // what deploying actions are given
void link_images(GraphBuilder& b);         // units and commands that run an image of the repository
void link_python(GraphBuilder& b);         // imports, calls, references, tests to functions
void link_loaded(GraphBuilder& b);         // modules that are loaded by a path
void link_outside_tests(GraphBuilder& b);  // tests that are handed to workflows of other repositories
void find_best_ways(Graph& graph);         // fills Graph::steps
void find_unread_runners(Graph& graph);    // fills Graph::unread_runners

// How a path is applied. kAsFound: by its kustomization or as a chart if it is one, else the manifests
// directly in it; kManifests: all manifests below it; kTerraform: as a root or child module.
enum class ApplyMode { kAsFound, kManifests, kTerraform };
// Edges from `way.from` to everything that a file or folder of the repository defines ("." is the root, a
// path that ends in "*" means all below). False if there is nothing.
bool apply_path(GraphBuilder& b, const Edge& way, const EdgeNote& note, std::string_view path,
                ApplyMode mode);
// What building the image runs, as edges from `way.from`.
void build_image(GraphBuilder& b, const Edge& way, NodeId image);
bool has_entrypoint(const GraphBuilder& b, NodeId image);
// By what a command or action of the file calls an image: its name, else, where that is a variable, the
// variable of this file.
std::string image_key(const GraphBuilder& b, const AutomationFile& file, std::string_view image);
std::string image_name(std::string_view image);  // "eu.gcr.io/x/churn-api:v1" -> "churn-api"; "" if unknown

const std::vector<NodeId>& find_units(const GraphBuilder& b, UnitKind kind, std::string_view name);
uint32_t module_at(const GraphBuilder& b, std::string_view path);  // module of that file, kNone if none

}  // namespace mlgrade
