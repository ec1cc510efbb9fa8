// Images of the repository: what building one runs, what starting one runs, and by which names they are
// started.
#include <algorithm>
#include <cctype>

#include "analyzer/graph/command_linking.h"

namespace mlgrade {

// A build runs the steps of the stages; what starts the container is for whoever starts it.
void build_image(GraphBuilder& b, const Edge& way, NodeId image) {
  const Node& node = b.graph.nodes[image];
  const std::vector<Unit>& units = b.facts.automation[node.owner].units;
  for (uint32_t u = 0; u < units.size(); ++u) {
    if (units[u].parent != node.index || units[u].kind != UnitKind::kStep) continue;
    Edge edge = way;
    edge.to = b.graph.unit_nodes[node.owner][u];
    edge.kind = EdgeKind::kRuns;
    b.add_edge(edge, {"builds " + b.graph.label(image), "", {}});
  }
}

bool has_entrypoint(const GraphBuilder& b, NodeId image) {
  const FileId file = b.facts.automation[b.graph.nodes[image].owner].file;
  const auto& all = b.facts.dockerfiles;
  const auto dockerfile = std::lower_bound(
      all.begin(), all.end(), file, [](const Dockerfile& each, FileId wanted) { return each.file < wanted; });
  return dockerfile != all.end() && dockerfile->file == file &&
         std::any_of(dockerfile->instructions.begin(), dockerfile->instructions.end(),
                     [](const DockerInstruction& each) { return each.name == "ENTRYPOINT"; });
}

std::string image_name(std::string_view image) {
  const size_t digest = image.find('@');
  if (digest != image.npos) image = image.substr(0, digest);
  const size_t slash = image.rfind('/');
  if (slash != image.npos) image = image.substr(slash + 1);
  const size_t tag = image.find(':');
  // ${IMAGE:-x} and the like are not known; a tag that is not known does not matter.
  const std::string_view name = image.substr(0, tag);
  return name.find_first_of("${<") == name.npos ? std::string(name) : std::string();
}

namespace {

// "X" of $X, ${X} and ${{ env.X }}; empty for anything else.
std::string_view variable_in(std::string_view text) {
  if (!text.starts_with('$')) return {};
  text.remove_prefix(1);
  if (text.starts_with('{')) {
    const size_t start = text.find_first_not_of("{ ");
    const size_t end = text.find_first_of(" }", start);
    if (start == text.npos || end == text.npos) return {};
    text = text.substr(start, end - start);
  }
  if (text.starts_with("env.")) text.remove_prefix(4);
  const auto is_part = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return std::all_of(text.begin(), text.end(), is_part) ? text : std::string_view();
}

// What the file gives the variable: a setting, an assignment, a line written for later steps. Empty if it
// gives none, or several.
std::string value_of(const AutomationFile& file, std::string_view name) {
  std::string found;
  bool several = false;
  const auto note = [&](std::string_view value) {
    if (value.empty() || value == found) return;
    several = several || !found.empty();
    found = value;
  };
  const auto note_pair = [&](std::string_view text) {
    if (text.starts_with(name) && text.size() > name.size() && text[name.size()] == '=')
      note(text.substr(name.size() + 1));
  };
  for (const Setting& setting : file.settings) {
    if (setting.name == name) note(setting.value.text);
  }
  for (const Command& command : file.commands) {
    for (const Word& word : command.assignments) note_pair(word.text);
    for (const Word& word : command.words) note_pair(word.text);
  }
  return several ? std::string() : found;
}

}  // namespace

std::string image_key(const GraphBuilder& b, const AutomationFile& file, std::string_view image) {
  std::string name = image_name(image);
  if (!name.empty() || image.find('$') == image.npos) return name;
  size_t end = 0;  // of what stands before the tag or digest, outside of ${{ }}
  for (int depth = 0; end < image.size(); ++end) {
    if (image[end] == '{') ++depth;
    if (image[end] == '}') --depth;
    const bool tag = image[end] == ':' && image.find('/', end) == image.npos;
    if (depth == 0 && (tag || image[end] == '@')) break;
  }
  const std::string_view untagged = image.substr(0, end);
  const std::string_view variable = variable_in(untagged.substr(untagged.rfind('/') + 1));
  if (!variable.empty()) name = image_name(value_of(file, variable));
  return name.empty() ? std::string(b.facts.path(file.file)) + "\n" + std::string(untagged) : name;
}

namespace {

// An image by the folder or the ending of its Dockerfile: services/api/Dockerfile, Dockerfile.api.
void name_by_folder(GraphBuilder& b, std::unordered_map<std::string, std::vector<NodeId>>& guessed) {
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    if (file.units.empty() || file.units[0].kind != UnitKind::kImage) continue;
    std::string_view path = file.units[0].name.view();
    const size_t slash = path.rfind('/');
    const std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
    const NodeId node = b.graph.unit_nodes[f][0];
    if (name.starts_with("Dockerfile.")) guessed[std::string(name.substr(11))].push_back(node);
    if (name.ends_with(".Dockerfile")) guessed[std::string(name.substr(0, name.size() - 11))].push_back(node);
    if (slash == path.npos) continue;
    path = path.substr(0, slash);
    guessed[std::string(path.substr(path.rfind('/') + 1))].push_back(node);
  }
}

// Compose services and build actions say what an image is called.
void name_by_builds(GraphBuilder& b) {
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    for (const UnitLink& link : file.links) {
      if (link.target_kind != UnitKind::kImage || link.unit == kNone) continue;
      const std::string name = image_name(file.units[link.unit].image.view());
      if (name.empty()) continue;
      for (NodeId image : find_units(b, UnitKind::kImage, link.target.view()))
        b.images_by_name[name].push_back(image);
    }
    for (const ActionUse& use : file.actions) {
      if (use.action != "docker/build-push-action") continue;
      std::string context, path, tags;
      for (const auto& [key, value] : use.with) {
        if (key == "context") context = repository_path(value, "");
        if (key == "file") path = repository_path(value, "");
        if (key == "tags") tags = value.text;
      }
      if (path.empty()) path = context.empty() ? "Dockerfile" : context + "/Dockerfile";
      for (size_t at = 0; at < tags.size();) {
        const size_t end = std::min(tags.find_first_of(",\n", at), tags.size());
        const std::string name = image_key(b, file, std::string_view(tags).substr(at, end - at));
        for (NodeId image : find_units(b, UnitKind::kImage, path)) {
          if (!name.empty()) b.images_by_name[name].push_back(image);
        }
        at = end + 1;
      }
      const bool sample = file.file != FileId::kNone && b.facts.file(file.file).sample;
      if (use.unit == kNone || sample) continue;
      for (NodeId image : find_units(b, UnitKind::kImage, path))
        build_image(b, {.from = b.graph.unit_nodes[f][use.unit], .span = use.span}, image);
    }
  }
}

}  // namespace

void link_images(GraphBuilder& b) {
  name_by_builds(b);
  std::unordered_map<std::string, std::vector<NodeId>> guessed;
  name_by_folder(b, guessed);
  const auto link = [&](Edge edge, const std::string& name, bool with_command) {
    if (name.empty()) return;
    const auto known = b.images_by_name.find(name);
    const bool sure = known != b.images_by_name.end();
    const auto guess = guessed.find(name);
    if (!sure && guess == guessed.end()) return;
    edge.certain = sure ? Truth::kYes : Truth::kUnknown;
    for (NodeId image : sure ? known->second : guess->second) {
      if (with_command && !has_entrypoint(b, image)) continue;
      edge.to = image;
      b.add_edge(edge, {"runs the image " + name.substr(name.find('\n') + 1), "", {}});
    }
  };
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    if (file.system == "docker" || (file.file != FileId::kNone && b.facts.file(file.file).sample)) continue;
    std::vector<bool> commanded(file.units.size(), false);  // what it runs is said, and not by its image
    for (const Command& command : file.commands) {
      if (command.unit != kNone) commanded[command.unit] = true;
    }
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      const Unit& unit = file.units[u];
      const bool runs = unit.kind == UnitKind::kService || unit.kind == UnitKind::kSchedule ||
                        unit.kind == UnitKind::kStage;
      if (!runs || commanded[u] || unit.image.empty()) continue;
      link({.from = b.graph.unit_nodes[f][u], .span = unit.span, .kind = EdgeKind::kRuns},
           image_name(unit.image.view()), false);
    }
  }
  for (const ImageRun& run : b.image_runs) link(run.way, run.name, run.with_command);
}

}  // namespace mlgrade
