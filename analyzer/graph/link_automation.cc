// Edges between triggers and units, units and their parts, and units that use one another by name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>

#include "analyzer/base/glob.h"
#include "analyzer/base/limits.h"
#include "analyzer/graph/builder.h"

namespace mlgrade {
namespace {

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) {
  bool hit = false;
  for (std::string_view pattern : patterns) {
    if (pattern.starts_with('!')) {
      if (glob_match(pattern.substr(1), text)) hit = false;
    } else if (glob_match(pattern, text)) {
      hit = true;
    }
  }
  return hit;
}

bool any_branch(const History& history, const Trigger& trigger) {
  return std::any_of(history.branches.begin(), history.branches.end(),
                     [&](const std::string& branch) { return matches_any(trigger.branches, branch); });
}

// A push or pull-request trigger whose branch filter leaves out the branch that things are merged into, or
// whose path filter matches no file, never comes (rubric F-14). Sets `why` when the answer is not yes.
Truth filters_pass(const FactStore& facts, const Trigger& trigger, std::string& why) {
  bool by_branch = trigger.kind == TriggerKind::kPush || trigger.kind == TriggerKind::kPullRequest ||
                   trigger.kind == TriggerKind::kMergeQueue;
  if (!by_branch) return Truth::kYes;
  std::string_view branch = facts.history.default_branch.view();
  if (!trigger.branches.empty()) {
    if (!branch.empty() && !matches_any(trigger.branches, branch)) {
      const bool there = any_branch(facts.history, trigger);
      if (!there && facts.history.all_branches) {
        why = fmt::format(
            "its branch filter ({}) matches no branch of the repository; the default branch is {}",
            fmt::join(trigger.branches, ", "), branch);
        return Truth::kNo;
      }
      // A branch that is there is worked on; a clone that may lack branches cannot tell of the usual ones.
      const bool usual = matches_any(trigger.branches, "main") || matches_any(trigger.branches, "master");
      why = fmt::format("its branch filter leaves out the default branch {}", branch);
      return there || usual ? Truth::kUnknown : Truth::kNo;
    }
    if (branch.empty() && !matches_any(trigger.branches, "main") &&
        !matches_any(trigger.branches, "master")) {
      why = "its branch filter names neither main nor master, and the default branch is not known";
      return Truth::kUnknown;
    }
  } else if (!trigger.tags.empty() && trigger.kind == TriggerKind::kPush) {
    return Truth::kYes;  // on tags only
  }
  // A push to any other branch still comes, and that is where changes are made before they are merged.
  const bool into = trigger.kind != TriggerKind::kPush;
  if (into && !branch.empty() && !trigger.branches_ignore.empty() &&
      matches_any(trigger.branches_ignore, branch)) {
    why = fmt::format("its branch filter ignores the default branch {}", branch);
    return Truth::kNo;
  }
  if (trigger.paths.empty()) return Truth::kYes;
  for (const FileFact& file : facts.files) {
    if (matches_any(trigger.paths, file.path.view())) return Truth::kYes;
  }
  why = "its path filter matches no file";
  return Truth::kNo;
}

void link_triggers(GraphBuilder& b, uint32_t f) {
  const AutomationFile& file = b.facts.automation[f];
  for (uint32_t t = 0; t < file.triggers.size(); ++t) {
    const Trigger& trigger = file.triggers[t];
    if (trigger.unit == kNone) continue;
    EdgeNote note;
    Truth passes = filters_pass(b.facts, trigger, note.effect_why);
    if (passes != Truth::kYes) note.effect_span = trigger.span;
    b.add_edge({.from = b.graph.trigger_nodes[f][t],
                .to = b.graph.unit_nodes[f][trigger.unit],
                .span = trigger.span,
                .kind = EdgeKind::kStarts,
                .certain = passes},
               std::move(note));
  }
}

void link_parts(GraphBuilder& b, uint32_t f) {
  const AutomationFile& file = b.facts.automation[f];
  for (uint32_t u = 0; u < file.units.size(); ++u) {
    const Unit& unit = file.units[u];
    if (unit.parent == kNone) continue;
    b.add_edge({.from = b.graph.unit_nodes[f][unit.parent],
                .to = b.graph.unit_nodes[f][u],
                .span = unit.span,
                .kind = EdgeKind::kContains,
                .effect = unit.effect},
               {"", unit.effect_why, unit.effect_span});
  }
  for (uint32_t c = 0; c < file.commands.size(); ++c) {
    const Command& command = file.commands[c];
    if (command.unit == kNone) continue;
    EdgeNote note{"", command.effect_why, command.effect_span};
    if (command.runs == Truth::kNo && note.effect_why.empty())
      note.effect_why = "the branch it stands in never runs";
    b.add_edge({.from = b.graph.unit_nodes[f][command.unit],
                .to = b.graph.command_nodes[f][c],
                .span = command.span,
                .kind = EdgeKind::kContains,
                .effect = command.effect,
                .certain = command.runs},
               std::move(note));
  }
}

// Paths in links are relative to the root, or to the folder of the file that names them.
std::vector<NodeId> link_targets(const GraphBuilder& b, uint32_t f, const UnitLink& link) {
  std::vector<NodeId> found;
  // A file that includes others means theirs, not those of any make file.
  const std::vector<Name>& includes = b.facts.automation[f].includes;
  if (link.same_file || !includes.empty()) {
    std::vector<uint32_t> files{f};
    for (Name path : includes) {
      if (link.same_file) break;
      for (uint32_t other : b.units.files_at(path.view())) files.push_back(other);
    }
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    for (uint32_t file : files) {
      const std::vector<NodeId> here = b.units.named_in(file, link.target_kind, link.target.view());
      found.insert(found.end(), here.begin(), here.end());
    }
  } else {
    found = find_units(b, link.target_kind, link.target.view());
  }
  if (link.target_system.empty()) return found;
  std::erase_if(found, [&](NodeId n) {
    const Node& node = b.graph.nodes[n];
    return b.facts.automation[node.owner].units[node.index].system != link.target_system;
  });
  return found;
}

// Actions are named by their folder, everything else by its file.
bool exists(const FactStore& facts, const UnitLink& link) {
  if (facts.find_file(link.target.view()) != nullptr) return true;
  if (link.target_kind != UnitKind::kAction) return false;
  std::string folder = link.target == "." ? "" : link.target.str() + "/";
  return facts.find_file(folder + "action.yml") != nullptr ||
         facts.find_file(folder + "action.yaml") != nullptr;
}

// A container in which something else runs: what would start it gives way.
bool builds_only(const GraphBuilder& b, uint32_t f, const UnitLink& link, NodeId image) {
  if (link.target_kind != UnitKind::kImage) return false;
  if (link.kind == LinkKind::kUses) return true;
  const AutomationFile& file = b.facts.automation[f];
  const bool commanded = file.units[link.unit].kind == UnitKind::kService &&
                         std::any_of(file.commands.begin(), file.commands.end(),
                                     [&](const Command& command) { return command.unit == link.unit; });
  return commanded && !has_entrypoint(b, image);
}

// `docker compose -f deploy/compose.yml --project-directory .` takes the paths of the file from the root:
// such a path, where the folder of the file has none of that name.
std::string seen_from_root(const GraphBuilder& b, uint32_t f, const UnitLink& link) {
  const AutomationFile& file = b.facts.automation[f];
  if (file.system != "compose" || link.target_kind != UnitKind::kImage || exists(b.facts, link)) return "";
  const std::string_view path = b.facts.path(file.file);
  const std::string_view folder = path.substr(0, path.rfind('/') + 1);
  std::string_view target = link.target.view();
  if (folder.empty() || path.find('/') == path.npos || !target.starts_with(folder)) return "";
  target.remove_prefix(folder.size());
  return b.facts.find_file(target) != nullptr ? std::string(target) : std::string();
}

void link_units(GraphBuilder& b, uint32_t f) {
  const AutomationFile& file = b.facts.automation[f];
  for (const UnitLink& link : file.links) {
    if (link.unit == kNone) continue;
    if (link.kind == LinkKind::kApplies) {
      const Edge way{.from = b.graph.unit_nodes[f][link.unit], .span = link.span, .effect = link.effect};
      const bool terraform = link.target_system == "terraform";
      apply_path(b, way, {"", link.effect_why, link.span}, link.target.view(),
                 terraform ? ApplyMode::kTerraform : ApplyMode::kAsFound);
      continue;
    }
    std::vector<NodeId> targets = link_targets(b, f, link);
    bool by_path = link.target_kind == UnitKind::kWorkflow || link.target_kind == UnitKind::kAction ||
                   link.target_kind == UnitKind::kScript || link.target_kind == UnitKind::kImage;
    Truth certain = Truth::kYes;
    if (const std::string rooted = seen_from_root(b, f, link); targets.empty() && !rooted.empty()) {
      targets = find_units(b, link.target_kind, rooted);
      certain = Truth::kUnknown;
    } else if (targets.empty() && by_path && !exists(b.facts, link)) {
      b.graph.dangling.push_back({link.span, fmt::format("uses {}", link.target.view()), link.target.str()});
    }
    for (NodeId target : targets) {
      Edge edge{.from = b.graph.unit_nodes[f][link.unit],
                .to = target,
                .span = link.span,
                .effect = link.effect,
                .certain = certain};
      if (builds_only(b, f, link, target)) {
        build_image(b, edge, target);
        continue;
      }
      switch (link.kind) {
        case LinkKind::kUses:
          edge.kind = EdgeKind::kUses;
          break;
        case LinkKind::kRuns:
        case LinkKind::kApplies:  // done above
          edge.kind = EdgeKind::kRuns;
          break;
        case LinkKind::kNeeds:
          edge.kind = EdgeKind::kNeeds;
          break;
        case LinkKind::kHappensAfter:
          edge.kind = EdgeKind::kFollows;
          break;
      }
      b.add_edge(edge, {"", link.effect_why, link.span});
    }
  }
}

}  // namespace

void link_automation(GraphBuilder& b) {
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    if (b.facts.find_file(b.facts.path(b.facts.automation[f].file)) != nullptr &&
        b.facts.file(b.facts.automation[f].file).sample) {
      continue;  // a sample runs nothing (rubric F-13)
    }
    link_triggers(b, f);
    link_parts(b, f);
    link_units(b, f);
  }
}

}  // namespace mlgrade
