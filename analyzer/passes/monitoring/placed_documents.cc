// Which paths servers see.
#include "analyzer/passes/monitoring/placed_documents.h"

#include <algorithm>

#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

constexpr int kMaxDepth = 12;

void compose_mounts(const ConfigDocument& document, std::string_view path, uint32_t& group,
                    std::vector<Mount>& out) {
  const DataNode* services = document.root.find("services");
  if (services == nullptr) return;
  const std::string_view folder = folder_of(path);
  for (const auto& [name, service] : services->entries) {
    const DataNode* volumes = service.find("volumes");
    if (volumes == nullptr) continue;
    ++group;
    for (const DataNode& volume : volumes->items) {
      const std::vector<std::string_view> parts = split(volume.string_or(""), ':');
      const std::string_view host = volume.is_mapping() ? volume.get("source") : parts[0];
      const std::string_view target = volume.is_mapping() ? volume.get("target")
                                      : parts.size() > 1  ? parts[1]
                                                          : "";
      if (target.empty() || !host.starts_with('.')) continue;  // named volumes hold nothing of the repository
      std::string joined = join_path(folder, host);
      if (joined != "?") out.push_back({std::move(joined), std::string(target), group});
    }
  }
}

// A pod: `volumes` with ConfigMaps beside `containers` with mounts, at any depth.
void pod_mounts(const DataNode& node, int depth, uint32_t& group, std::vector<Mount>& out) {
  if (depth > kMaxDepth) return;
  const DataNode* volumes = node.find("volumes");
  const DataNode* containers = node.find("containers");
  if (volumes != nullptr && containers != nullptr) {
    for (const DataNode& container : containers->items) {
      const DataNode* mounts = container.find("volumeMounts");
      if (mounts == nullptr) continue;
      ++group;
      for (const DataNode& mount : mounts->items) {
        for (const DataNode& volume : volumes->items) {
          const DataNode* map = volume.at({"configMap", "name"});
          if (map == nullptr || volume.get("name") != mount.get("name")) continue;
          std::string host = "configmap:" + std::string(map->string_or(""));
          if (!mount.get("subPath").empty()) host += "/" + std::string(mount.get("subPath"));
          out.push_back({std::move(host), std::string(mount.get("mountPath")), group});
        }
      }
    }
  }
  for (const DataNode& item : node.items) pod_mounts(item, depth + 1, group, out);
  for (const auto& [key, value] : node.entries) pod_mounts(value, depth + 1, group, out);
}

// COPY rules.yml /etc/prometheus/: relative sources are looked for beside the Dockerfile.
void image_mounts(const Dockerfile& dockerfile, std::string_view path, uint32_t group,
                  std::vector<Mount>& out) {
  for (const DockerInstruction& one : dockerfile.instructions) {
    if (one.name != "COPY" && one.name != "ADD") continue;
    std::vector<std::string> words;
    for (const std::string& word : one.words) {
      if (!word.starts_with("--")) words.push_back(word);
    }
    if (words.size() < 2 || !words.back().starts_with('/')) continue;
    for (size_t i = 0; i + 1 < words.size(); ++i) {
      std::string host = join_path(folder_of(path), words[i]);
      if (host == "?") continue;
      std::string target = words.back();
      if (target.ends_with('/')) target += base_name(host);
      out.push_back({std::move(host), std::move(target), group});
    }
  }
}

}  // namespace

PlacedDocuments::PlacedDocuments(const FactStore& facts) {
  for (const ConfigDocument& document : facts.configs) {
    if (facts.file(document.file).sample) continue;
    all_.push_back({document.file, std::string(facts.path(document.file)), &document.root, 0, 0});
    const std::string_view kind = document.root.get("kind");
    if (kind != "ConfigMap" && kind != "Secret") continue;
    const DataNode* name = document.root.at({"metadata", "name"});
    const DataNode* data = document.root.find(kind == "Secret" ? "stringData" : "data");
    if (data == nullptr || name == nullptr) continue;
    for (const auto& [key, value] : data->entries) {
      if (!value.block_style || !(key.ends_with(".yml") || key.ends_with(".yaml") || key.ends_with(".rules")))
        continue;
      inner_.push_back(parse_yaml(value.text, document.file));
      const auto lines = static_cast<uint32_t>(std::count(value.text.begin(), value.text.end(), '\n'));
      all_.push_back({document.file, "configmap:" + std::string(name->string_or("")) + "/" + key,
                      &inner_.back().root(), value.line, value.line + lines + 1});
    }
  }
}

std::string PlacedDocuments::path_of(const FactStore& facts, const Span& span) const {
  for (const PlacedDocument& one : all_) {
    if (one.last_line != 0 && one.file == span.file && one.shift < span.line && span.line <= one.last_line)
      return one.path;
  }
  return std::string(facts.path(span));
}

std::vector<Mount> mounts_of(const FactStore& facts) {
  std::vector<Mount> out;
  uint32_t group = 0;
  for (const ConfigDocument& document : facts.configs) {
    compose_mounts(document, facts.path(document.file), group, out);
    if (!document.root.get("kind").empty()) pod_mounts(document.root, 0, group, out);
  }
  for (const Dockerfile& dockerfile : facts.dockerfiles)
    image_mounts(dockerfile, facts.path(dockerfile.file), ++group, out);
  return out;
}

std::string seen_from_host(const std::vector<Mount>& mounts, std::string_view path) {
  for (const Mount& mount : mounts) {
    std::string_view container = mount.container;
    if (container.ends_with('/')) container.remove_suffix(1);
    if (path == container) return mount.host;
    if (path.starts_with(container) && path[container.size()] == '/') {
      return join_path(mount.host, path.substr(container.size() + 1));
    }
  }
  return "";
}

std::string container_folder(const std::vector<Mount>& mounts, std::string_view path) {
  for (const Mount& mount : mounts) {
    if (mount.host == path) return std::string(folder_of(mount.container));
    if (path.starts_with(mount.host) && path.size() > mount.host.size() && path[mount.host.size()] == '/') {
      return std::string(folder_of(mount.container + std::string(path.substr(mount.host.size()))));
    }
  }
  return "";
}

}  // namespace mlgrade
