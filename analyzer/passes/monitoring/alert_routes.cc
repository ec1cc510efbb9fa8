// Follows alert rules from their file to a receiver.
#include "analyzer/passes/monitoring/alert_routes.h"

#include <algorithm>
#include <string>

#include "analyzer/base/glob.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

// A Prometheus configuration.
struct Server {
  const ConfigDocument* document;
  std::string_view path;
  std::vector<std::string> rule_files;
  bool has_alertmanager = false;
};

// A path of the repository that a container sees elsewhere.
struct Mount {
  std::string host;
  std::string container;
};

Truth better(Truth a, Truth b) { return a || b; }

std::vector<Server> servers_of(const FactStore& facts) {
  std::vector<Server> out;
  for (const ConfigDocument& document : facts.configs) {
    const DataNode* rules = document.root.find("rule_files");
    const DataNode* scrapes = document.root.find("scrape_configs");
    if (facts.file(document.file).sample || (rules == nullptr && scrapes == nullptr)) continue;
    if (scrapes == nullptr && document.root.find("tests") != nullptr) continue;  // unit tests of rules
    Server server{&document, facts.path(document.file), {}, false};
    if (rules != nullptr) server.rule_files = rules->strings();
    const DataNode* managers = document.root.at({"alerting", "alertmanagers"});
    server.has_alertmanager = managers != nullptr && !managers->items.empty();
    out.push_back(std::move(server));
  }
  return out;
}

std::vector<Mount> mounts_of(const FactStore& facts) {
  std::vector<Mount> out;
  for (const ConfigDocument& document : facts.configs) {
    const DataNode* services = document.root.find("services");
    if (services == nullptr) continue;
    const std::string_view folder = folder_of(facts.path(document.file));
    for (const auto& [name, service] : services->entries) {
      const DataNode* volumes = service.find("volumes");
      if (volumes == nullptr) continue;
      for (const DataNode& volume : volumes->items) {
        const std::vector<std::string_view> parts = split(volume.string_or(""), ':');
        const std::string_view host = volume.is_mapping() ? volume.get("source") : parts[0];
        const std::string_view target = volume.is_mapping() ? volume.get("target")
                                        : parts.size() > 1  ? parts[1]
                                                            : "";
        if (target.empty() || !host.starts_with('.'))
          continue;  // named volumes hold nothing of the repository
        std::string path = join_path(folder, host);
        if (path != "?") out.push_back({std::move(path), std::string(target)});
      }
    }
  }
  return out;
}

// `path` inside a container as a path of the repository; "" if nothing is mounted there.
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

// Where the server's own file stands in its container, if it is mounted.
std::string container_folder(const std::vector<Mount>& mounts, std::string_view path) {
  for (const Mount& mount : mounts) {
    if (mount.host == path) return std::string(folder_of(mount.container));
    if (path.starts_with(mount.host) && path.size() > mount.host.size() && path[mount.host.size()] == '/') {
      return std::string(folder_of(mount.container + std::string(path.substr(mount.host.size()))));
    }
  }
  return "";
}

Truth loads(const Server& server, const std::vector<Mount>& mounts, std::string_view rule_file) {
  Truth best = Truth::kNo;
  for (const std::string& pattern : server.rule_files) {
    std::string inside = pattern;
    if (!pattern.starts_with('/')) {
      if (glob_match(join_path(folder_of(server.path), pattern), rule_file)) return Truth::kYes;
      const std::string home = container_folder(mounts, server.path);
      inside = home.empty() ? "" : home + "/" + (pattern.starts_with("./") ? pattern.substr(2) : pattern);
    }
    const std::string host = inside.empty() ? "" : seen_from_host(mounts, inside);
    if (!host.empty()) {
      if (glob_match(host, rule_file)) return Truth::kYes;
    } else if (glob_match(base_name(pattern), base_name(rule_file))) {
      best = Truth::kUnknown;  // the name fits; how the file gets there is not shown
    }
  }
  return best;
}

bool placeholder(std::string_view text) {
  const std::string low = to_lower(text);
  for (std::string_view mark :
       {"example.com", "example.org", "your", "changeme", "<", "xxx", "placeholder"}) {
    if (low.find(mark) != std::string::npos) return true;
  }
  return false;
}

bool has_placeholder(const DataNode& node, int depth) {
  if (depth > 8) return false;
  if (node.is_scalar()) return placeholder(node.text);
  return std::any_of(node.items.begin(), node.items.end(),
                     [&](const auto& i) { return has_placeholder(i, depth + 1); }) ||
         std::any_of(node.entries.begin(), node.entries.end(),
                     [&](const auto& e) { return has_placeholder(e.second, depth + 1); });
}

// A receiver that sends to somewhere: one filled `..._configs` without placeholders in it.
bool is_real(const DataNode& receiver) {
  for (const auto& [key, value] : receiver.entries) {
    if (!std::string_view(key).ends_with("_configs") || value.items.empty()) continue;
    for (const DataNode& target : value.items) {
      if (target.is_mapping() && !target.entries.empty() && !has_placeholder(target, 0)) return true;
    }
  }
  return false;
}

struct Routing {
  Truth routed = Truth::kUnknown;
  Span span;
};

void collect_receivers(const DataNode& route, int depth, std::vector<std::string>& names) {
  if (depth > 20) return;
  if (const DataNode* name = route.find("receiver")) names.emplace_back(name->string_or(""));
  const DataNode* routes = route.find("routes");
  if (routes == nullptr) return;
  for (const DataNode& inner : routes->items) collect_receivers(inner, depth + 1, names);
}

// Which alert takes which child route depends on its labels: the default route decides, a real child makes a
// silent default unknown.
Routing routing_of(const FactStore& facts) {
  Routing out;
  bool any = false;
  for (const ConfigDocument& document : facts.configs) {
    const DataNode* route = document.root.find("route");
    const DataNode* receivers = document.root.find("receivers");
    if (route == nullptr || receivers == nullptr || facts.file(document.file).sample) continue;
    std::vector<std::string> names;
    collect_receivers(*route, 0, names);
    Truth routed = Truth::kNo;
    for (size_t i = 0; i < names.size(); ++i) {
      for (const DataNode& receiver : receivers->items) {
        if (receiver.get("name") != names[i] || !is_real(receiver)) continue;
        routed = better(routed, i == 0 ? Truth::kYes : Truth::kUnknown);
      }
    }
    out.routed = any ? better(out.routed, routed) : routed;
    out.span = line_span(document.file, document.root.line_of("route"));
    any = true;
  }
  return out;
}

}  // namespace

void link_alerts(FactStore& facts) {
  const std::vector<Server> servers = servers_of(facts);
  const std::vector<Mount> mounts = mounts_of(facts);
  const Routing routing = routing_of(facts);
  for (AlertRule& alert : facts.alerts) {
    if (alert.system != "prometheus") continue;
    const std::string path(facts.path(alert.span));
    bool no_manager = false;
    if (alert.loaded == Truth::kUnknown && !servers.empty()) {
      alert.loaded = Truth::kNo;
      alert.loaded_why = "no rule_files pattern of a Prometheus configuration matches its file";
      for (const Server& server : servers) {
        const Truth loaded = loads(server, mounts, path);
        if (loaded == Truth::kNo || (loaded == alert.loaded)) continue;
        alert.loaded = better(alert.loaded, loaded);
        alert.loaded_at = line_span(server.document->file, server.document->root.line_of("rule_files"));
        alert.loaded_why = loaded == Truth::kYes
                               ? "loaded by rule_files"
                               : "a rule_files pattern fits its name, but where it is mounted is not shown";
        no_manager = !server.has_alertmanager;
      }
    } else if (alert.loaded == Truth::kUnknown) {
      alert.loaded_why = "no Prometheus configuration in the repository loads it";
    }
    alert.routed = no_manager ? Truth::kNo : routing.routed;
    alert.routed_at = no_manager ? alert.loaded_at : routing.span;
  }
}

}  // namespace mlgrade
