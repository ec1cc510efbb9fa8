// What an agent may do is bounded in code: named tools, typed arguments, a person's word before what cannot
// be undone, walls around what it runs.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/llm.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

struct Authority {
  Span tools, schema, confirmation, sandbox;
  Span loose_server;  // an MCP server that is fetched without a version
  std::vector<NodeId> tool_nodes;
};

bool is_tool_decorator(std::string_view target) {
  const std::string_view last = target.substr(target.rfind('.') + 1);
  return last == "tool" || last == "function_tool" || last == "tool_plain" || last == "kernel_function";
}

// `tools=[search, refund]`, or a list under that name, that names each tool.
Span named_tools(const RuleInput& in) {
  for (const Use* use : product_uses(in, "builds-agent")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
      const PyArg& arg = module.args[a];
      const bool tools = arg.keyword == "tools" || arg.keyword == "functions" ||
                         (arg.keyword.empty() && call->method == "ToolNode");
      if (!tools) continue;
      if (arg.value.kind == PyValue::Kind::kList && arg.value.count > 0) return call->span;
      if (arg.value.kind != PyValue::Kind::kName) continue;
      for (const PyBinding& binding : module.bindings) {
        const bool list = binding.target == arg.value.text && binding.value.kind == PyValue::Kind::kList;
        if (list && binding.value.count > 0) return binding.span;
      }
    }
  }
  for (const LlmSetting& setting : llm_settings(in, {"tools"})) {
    if (setting.value.kind == PyValue::Kind::kList && setting.value.count > 0) return setting.span;
  }
  return {};
}

void find_tools(const RuleInput& in, Authority& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      const bool tool = std::any_of(function.decorators.begin(), function.decorators.end(),
                                    [](const PyDecorator& d) { return is_tool_decorator(d.target.view()); });
      if (!tool) continue;
      out.tool_nodes.push_back(in.graph.node_of_function({m, f}));
      const bool typed =
          std::all_of(function.params.begin(), function.params.end(), [](const PyParam& param) {
            return !param.annotation.empty() || param.name == "self" || param.name == "ctx";
          });
      if (typed && !function.params.empty() && !out.schema.valid()) out.schema = function.span;
    }
    for (const PyCall& call : module.calls) {
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const Name keyword = module.args[a].keyword;
        if ((keyword == "args_schema" || keyword == "input_schema") && !out.schema.valid())
          out.schema = call.span;
      }
    }
  }
}

// npx -y @scope/server, uvx server: fetched anew, in whatever version there is.
bool is_loose(std::string_view command, const std::vector<std::string>& args) {
  if (command != "npx" && command != "uvx" && command != "pipx") return false;
  for (const std::string& arg : args) {
    if (arg.starts_with("-")) continue;
    const size_t at = arg.rfind('@');
    const bool pinned = (at != std::string::npos && at > 0 && arg.substr(at) != "@latest") ||
                        arg.find("==") != std::string::npos;
    return !pinned;
  }
  return false;
}

Span loose_server(const RuleInput& in) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    const DataNode* servers = document.root.find("mcpServers");
    if (servers == nullptr || !servers->is_mapping()) continue;
    for (const DataEntry& server : servers->entries) {
      std::vector<std::string> args;
      if (const DataNode* list = server.second.find("args")) {
        for (const DataNode& one : list->items) args.push_back(one.text);
      }
      if (is_loose(server.second.get("command"), args))
        return Span{document.file, server.second.line, 1, server.second.line};
    }
  }
  return {};
}

Authority find_authority(const RuleInput& in) {
  Authority out;
  out.tools = named_tools(in);
  find_tools(in, out);
  const std::vector<const Use*> confirms = product_uses(in, "confirms-action");
  if (!confirms.empty()) out.confirmation = confirms.front()->span;
  const std::vector<const Use*> walls = product_uses(in, "sandboxes");
  if (!walls.empty()) out.sandbox = walls.front()->span;
  out.loose_server = loose_server(in);
  return out;
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_agent(in)) return;
  const Authority authority = find_authority(in);
  if (!authority.tools.valid() && !authority.confirmation.valid() && !authority.sandbox.valid()) return;
  const uint32_t test = test_through(in, authority.tool_nodes, [](const TestCase&) { return true; });
  Evidence evidence;
  std::string_view lacking;
  const auto note = [&](Span span, std::string_view what, std::string_view without) {
    if (span.valid()) {
      evidence.links.push_back({span, std::string(what)});
    } else if (lacking.empty()) {
      lacking = without;
    }
  };
  note(authority.tools, "the tools are named one by one", "its tools are not named one by one");
  note(authority.schema, "arguments of tools have types", "arguments of tools have no schema");
  note(authority.confirmation, "a person confirms what it does", "nothing asks a person before it acts");
  note(authority.sandbox, "what it runs is walled in", "nothing walls in what it runs");
  if (lacking.empty() && authority.loose_server.valid())
    lacking = "a tool server is fetched in whatever version there is";
  if (lacking.empty() && test == kNone) lacking = "no test tries the tools";
  evidence.place = evidence.links.front().span;
  evidence.what = "what the agent may do is bounded in code";
  if (lacking.empty()) {
    evidence.runs_at = in.graph.node_of_test(test);
    evidence.links.insert(evidence.links.begin(),
                          {place_of(in.facts, in.facts.tests[test]), "a test tries the tools"});
  }
  if (!lacking.empty() || in.graph.reached_by(evidence.runs_at) == Reach::By::kNothing) {
    evidence.mode = EvidenceMode::kStanding;
    evidence.worth = 0.5;
    evidence.worth_why = lacking.empty() ? "nothing runs the test of the tools" : std::string(lacking);
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule llm_agent_authority;
const Rule llm_agent_authority{
    .summary = "what an agent may do is bounded in code",
    .why = "A prompt asks; only code forbids.",
    .fix =
        "Name the tools, type their arguments, ask a person before what cannot be undone, wall in what runs, "
        "and "
        "test it.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (safeguards), for agents",
    .run = run,
};

}  // namespace mlgrade::rules
