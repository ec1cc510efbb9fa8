// Images of the repository: what building one runs, what starting one runs, and by which names they are
// started.
#include <algorithm>

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
  return std::string(b.facts.path(file.file)) + "\n" + std::string(image.substr(0, end));
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

namespace {

void build(Linking& l, NodeId image) {
  build_image(
      l.b,
      {.from = l.from, .span = l.command.span, .certain = l.line.uncertain ? Truth::kUnknown : Truth::kYes},
      image);
}

// Services of compose files that were asked for; all if none was.
std::vector<NodeId> asked_services(const Linking& l, const std::vector<std::string>& names) {
  std::vector<NodeId> found = l.b.units.of_system(UnitKind::kService, "compose");
  std::erase_if(found, [&](NodeId node) {
    const Node& at = l.b.graph.nodes[node];
    const std::string_view name = l.b.facts.automation[at.owner].units[at.index].name.view();
    return !names.empty() && std::find(names.begin(), names.end(), name) == names.end();
  });
  return found;
}

void run_compose(Linking& l, size_t verb) {
  static const std::vector<std::string_view> with_value = {"-f",        "--file", "-p", "--env-file",
                                                           "--profile", "-e",     "-v"};
  std::vector<std::string> services;
  std::string asked;
  for (size_t i = verb; i < l.line.words.size(); ++i) {
    const std::string& text = l.line.words[i].text;
    if (std::find(with_value.begin(), with_value.end(), text) != with_value.end()) {
      ++i;
    } else if (text[0] != '-' && asked.empty()) {
      if (text != "up" && text != "run" && text != "build" && text != "start" && text != "exec") return;
      asked = text;
    } else if (text[0] != '-') {
      services.push_back(text);
    }
  }
  if (asked.empty()) return;
  if (asked != "build") return run_units(l, UnitKind::kService, "compose", services);
  for (NodeId service : asked_services(l, services)) {
    const Node& node = l.b.graph.nodes[service];
    for (const UnitLink& link : l.b.facts.automation[node.owner].links) {
      if (link.unit != node.index || link.target_kind != UnitKind::kImage) continue;
      for (NodeId image : find_units(l.b, UnitKind::kImage, link.target.view())) build(l, image);
    }
  }
}

// `docker run [options] image [command]`: the start of the image, whose CMD gives way to a command.
void start_image(Linking& l, bool with_command) {
  static const std::vector<std::string_view> with_value = {
      "-v",           "--volume",  "-e",         "--env",     "--env-file", "-p",         "--publish",
      "--name",       "--network", "-w",         "--workdir", "-u",         "--user",     "--gpus",
      "--entrypoint", "--mount",   "-m",         "--memory",  "--cpus",     "--platform", "--restart",
      "--shm-size",   "-h",        "--hostname", "--label",   "-l"};
  const bool replaced = std::any_of(l.line.words.begin(), l.line.words.end(), [](const Word& word) {
    return word.text == "--entrypoint" || word.text.starts_with("--entrypoint=");
  });
  if (replaced) return;
  const std::vector<const Word*> words = positionals(l.line, with_value);
  if (words.size() < 2) return;
  l.b.image_runs.push_back({{.from = l.from, .span = l.command.span, .kind = EdgeKind::kRuns},
                            image_key(l.b, l.file, words[1]->text),
                            with_command});
}

// The Dockerfile that a build means.
std::string dockerfile_of(const Linking& l, const Word* file, const Word* context) {
  const std::string folder = l.cwd == "?" ? "" : l.cwd;
  if (file != nullptr) return repository_path(*file, folder);
  if (context == nullptr) return "";
  const std::string place = repository_path(*context, folder);
  return place.empty() ? "Dockerfile" : place + "/Dockerfile";
}

}  // namespace

void run_image_build(Linking& l, const Word* file, const Word* context, const Word* tag) {
  const std::string path = dockerfile_of(l, file, context);
  const std::vector<NodeId>& images = find_units(l.b, UnitKind::kImage, path);
  const std::string name = tag == nullptr ? "" : image_key(l.b, l.file, tag->text);
  for (NodeId image : images) {
    build(l, image);
    if (!name.empty()) l.b.images_by_name[name].push_back(image);
  }
  if (images.empty() && !path.empty() && l.b.facts.find_file(path) == nullptr && l.cwd != "?") l.dangle(path);
}

// `gcloud run deploy api --image X`, `--source .`; `kubectl run x --image=X`, `az containerapp up --image X`.
void run_deployed_image(Linking& l) {
  Word scratch;
  if (const Word* image = option_value(l.line, "", "--image", scratch)) {
    l.b.image_runs.push_back({{.from = l.from, .span = l.command.span, .kind = EdgeKind::kRuns},
                              image_key(l.b, l.file, image->text),
                              has_flag(l.line, "--command")});
  }
  const Word* source = option_value(l.line, "", "--source", scratch);
  if (source == nullptr) return;
  for (NodeId image : find_units(l.b, UnitKind::kImage, dockerfile_of(l, nullptr, source))) l.run(image);
}

void run_docker(Linking& l) {
  if (l.line.words.size() < 2) return;
  if (l.line.program == "docker-compose") return run_compose(l, 1);
  const std::string& verb = l.line.words[1].text;
  if (verb == "compose") return run_compose(l, 2);
  const bool container =
      std::find(l.line.runners.begin(), l.line.runners.end(), "container") != l.line.runners.end();
  if (verb == "run") return start_image(l, container);
  if (verb == "stack" && l.line.words.size() > 2 && l.line.words[2].text == "deploy")
    return run_units(l, UnitKind::kService, "compose", {});
  const bool builds =
      verb == "build" || (verb == "buildx" && l.line.words.size() > 2 && l.line.words[2].text == "build");
  if (!builds) return;
  Word scratch;
  const Word* file = option_value(l.line, "-f", "--file", scratch);
  const std::vector<const Word*> places = positionals(
      l.line, {"-t", "--tag", "-f", "--file", "--build-arg", "--target", "--platform", "--cache-from",
               "--label", "--cache-to", "--progress", "--secret", "--output", "-o", "--network"});
  Word tag_scratch;
  run_image_build(l, file, places.empty() ? nullptr : places.back(),
                  option_value(l.line, "-t", "--tag", tag_scratch));
}

}  // namespace mlgrade
