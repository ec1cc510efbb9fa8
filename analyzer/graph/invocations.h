// What a program of the repository runs when it is started with certain words: `python -m shop --help` runs
// none of its commands, `shop train` one of them. Known are the commands of click, typer and their like, and
// functions that branch on a parsed argument: `if args.command == "train"`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/facts/fact_store.h"
#include "analyzer/graph/graph.h"

namespace mlgrade {

struct GraphBuilder;

// A function that is a command of a command line.
struct NamedCommand {
  PyRef function;
  std::string name;    // as it is typed: "train-model"; empty: it runs before each command
  bool group = false;  // has commands below it
  Span span;
};

struct Invocations {
  bool indexed = false;
  std::vector<std::vector<NamedCommand>> commands;                     // by module
  std::map<std::pair<uint32_t, std::vector<uint32_t>>, NodeId> nodes;  // module and functions -> node
};

// The node that stands for the program `module`, started with the words behind its name. Empty if they do not
// tell which of its commands run: then all do that may.
std::optional<NodeId> invoked_node(GraphBuilder& b, uint32_t module, std::span<const Word> words);

}  // namespace mlgrade
