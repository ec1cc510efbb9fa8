// Commands that build images, and that start them or the services of Compose.
#include <algorithm>

#include "analyzer/graph/command_linking.h"

namespace mlgrade {
namespace {

void build(Linking& l, NodeId image) {
  build_image(
      l.b,
      {.from = l.from, .span = l.command.span, .certain = l.line.uncertain ? Truth::kUnknown : Truth::kYes},
      image);
}

// What a command of Compose asks for.
struct ComposeRequest {
  std::string verb;
  std::vector<std::string> files;     // that it names
  std::vector<std::string> services;  // all if it names none
};

ComposeRequest read_compose(const Linking& l, size_t verb) {
  static const std::vector<std::string_view> with_value = {"-p", "--env-file",     "--profile",          "-e",
                                                           "-v", "--project-name", "--project-directory"};
  ComposeRequest out;
  for (size_t i = verb; i < l.line.words.size(); ++i) {
    const std::string& text = l.line.words[i].text;
    const bool file = out.verb.empty() && (text == "-f" || text == "--file");
    if (file && i + 1 < l.line.words.size()) {
      out.files.push_back(repository_path(l.line.words[++i], l.cwd == "?" ? "" : l.cwd));
    } else if (text.starts_with("--file=")) {
      out.files.push_back(repository_path({text.substr(7), true}, l.cwd == "?" ? "" : l.cwd));
    } else if (std::find(with_value.begin(), with_value.end(), text) != with_value.end()) {
      ++i;
    } else if (text.starts_with('-')) {
      continue;
    } else if (out.verb.empty()) {
      out.verb = text;
    } else if (out.verb != "run" || out.services.empty()) {
      out.services.push_back(text);  // what follows the service of `run` is its command
    }
  }
  return out;
}

// The files that Compose reads in a folder without being given one.
bool is_usual_compose(std::string_view path, std::string_view folder) {
  const size_t slash = path.rfind('/');
  const std::string_view home = slash == path.npos ? std::string_view() : path.substr(0, slash);
  const std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
  static constexpr std::string_view kNames[] = {"compose.yaml",
                                                "compose.yml",
                                                "docker-compose.yaml",
                                                "docker-compose.yml",
                                                "compose.override.yaml",
                                                "compose.override.yml",
                                                "docker-compose.override.yaml",
                                                "docker-compose.override.yml"};
  return home == folder && std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// The services that are asked for and what they depend on, in the files that are meant; in any file if those
// are not known.
std::vector<NodeId> asked_services(Linking& l, const ComposeRequest& request) {
  const std::vector<NodeId>& all = l.b.units.of_system(UnitKind::kService, "compose");
  const auto file_of = [&](NodeId node) -> const AutomationFile& {
    return l.b.facts.automation[l.b.graph.nodes[node].owner];
  };
  const auto meant = [&](NodeId node) {
    const std::string_view path = l.b.facts.path(file_of(node).file);
    if (request.files.empty()) return is_usual_compose(path, l.cwd);
    return std::find(request.files.begin(), request.files.end(), path) != request.files.end();
  };
  const bool known = std::any_of(all.begin(), all.end(), meant);
  l.line.uncertain = l.line.uncertain || (!known && !request.files.empty());
  std::vector<NodeId> found;
  for (NodeId node : all) {
    const Unit& unit = file_of(node).units[l.b.graph.nodes[node].index];
    const auto& names = request.services;
    if (unit.parent != kNone || (known && !meant(node))) continue;
    if (names.empty() || std::find(names.begin(), names.end(), unit.name.view()) != names.end())
      found.push_back(node);
  }
  for (size_t i = 0; i < found.size(); ++i) {
    const Node node = l.b.graph.nodes[found[i]];
    for (const UnitLink& link : l.b.facts.automation[node.owner].links) {
      const bool order = link.kind == LinkKind::kNeeds || link.kind == LinkKind::kHappensAfter;
      if (link.unit != node.index || !order || link.target_kind != UnitKind::kService) continue;
      for (NodeId needed : l.b.units.named_in(node.owner, UnitKind::kService, link.target.view())) {
        if (std::find(found.begin(), found.end(), needed) == found.end()) found.push_back(needed);
      }
    }
  }
  return found;
}

// `up`, `start` and `run` start services, `build` builds their images; `exec` goes into one that runs
// already.
void run_compose(Linking& l, size_t verb, bool with_command) {
  const ComposeRequest request = read_compose(l, verb);
  const bool starts = request.verb == "up" || request.verb == "start" || request.verb == "run";
  if (!starts && request.verb != "build") return;
  for (NodeId service : asked_services(l, request)) {
    const Node& node = l.b.graph.nodes[service];
    const AutomationFile& file = l.b.facts.automation[node.owner];
    const bool replaced = with_command && request.verb == "run" && !request.services.empty() &&
                          file.units[node.index].name == request.services.front();
    if (starts && !replaced) {
      l.run(service);
      continue;
    }
    for (const UnitLink& link : file.links) {
      if (link.unit != node.index || link.target_kind != UnitKind::kImage) continue;
      for (NodeId image : find_units(l.b, UnitKind::kImage, link.target.view())) {
        if (starts && has_entrypoint(l.b, image)) {
          l.run(image);
        } else {
          build(l, image);
        }
      }
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

// `/kaniko/executor --dockerfile x --context . --destination name`, `az acr build -f x -t name .`
void run_remote_build(Linking& l) {
  Word file_scratch, context_scratch, tag_scratch;
  const Word* file = option_value(l.line, "-f", "--dockerfile", file_scratch);
  if (file == nullptr) file = option_value(l.line, "", "--file", file_scratch);
  const Word* context = option_value(l.line, "-c", "--context", context_scratch);
  const Word* tag = option_value(l.line, "-d", "--destination", tag_scratch);
  if (tag == nullptr) tag = option_value(l.line, "-t", "--image", tag_scratch);
  const bool acr = l.line.program == "az";
  if (!acr && file == nullptr && context == nullptr) return;  // another program of that name
  const std::vector<const Word*> places = positionals(
      l.line, {"-f", "--file", "-t", "--image", "-r", "--registry", "-g", "--resource-group", "--build-arg"});
  if (acr && context == nullptr && places.size() > 2) context = places.back();
  const Word here{".", true};
  run_image_build(l, file, context == nullptr ? &here : context, tag);
}

void run_docker(Linking& l) {
  if (l.line.words.size() < 2) return;
  const bool container =
      std::find(l.line.runners.begin(), l.line.runners.end(), "container") != l.line.runners.end();
  if (l.line.program.ends_with("-compose")) return run_compose(l, 1, container);
  const std::string& verb = l.line.words[1].text;
  if (verb == "compose") return run_compose(l, 2, container);
  if (verb == "run") return start_image(l, container);
  if (verb == "stack" && l.line.words.size() > 2 && l.line.words[2].text == "deploy")
    return run_units(l, UnitKind::kService, "compose", {});
  const bool builds = verb == "build" || verb == "bud" ||
                      (verb == "buildx" && l.line.words.size() > 2 && l.line.words[2].text == "build");
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
