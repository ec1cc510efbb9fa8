// Functions that a framework calls back: routes of a service, commands of a command line, handlers of events
// and schedules. Importing the module that registers them runs none of them; running the application does: a
// server, a call like `uvicorn.run(app)` or `cli()`, a client in a test.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/facts/fact_store.h"
#include "analyzer/graph/graph.h"

namespace mlgrade {

struct GraphBuilder;

enum class Application : uint8_t {
  kService,   // answers requests or messages
  kCommands,  // a command line
  kEvents,    // schedules, signals, hooks: part of any program that runs
  kPipeline,  // nodes of Kedro, which a session or runner finds by itself
};
inline constexpr size_t kApplications = 4;
inline constexpr uint32_t kEverywhere = 0xfffffffe;  // for a module: whatever there is in the repository

struct Registration {
  PyRef function;
  Span span;  // the decorator, or the call that is handed the function
};

struct Callbacks {
  std::vector<std::array<std::vector<Registration>, kApplications>> registered;  // by module
  std::vector<std::vector<uint32_t>> imports;  // by module: modules of the repository that it imports
  std::unordered_map<Name, PyRef> functions;   // by canonical name
  std::map<std::pair<Application, uint32_t>, NodeId> nodes;
  std::array<std::vector<bool>, kApplications>
      with;  // by kind and module: whether it or its imports have any
  bool any = false;
};

// Finds what is registered. Before anything asks for applications.
void find_callbacks(GraphBuilder& b);

// The application that a program in this module runs: what the module and all it imports have registered. A
// node of kind kFile; kNone if nothing is registered. `module` may be kEverywhere.
NodeId application_node(GraphBuilder& b, Application kind, uint32_t module);

// Calls that run applications, commands below groups, and what else calls back on its own.
void link_applications(GraphBuilder& b);

// True if the call registers the functions it is given, rather than calling them.
bool registers_arguments(const PyCall& call);

}  // namespace mlgrade
