// Follows rules from their file to a server, and alerts to a receiver.
#include "analyzer/passes/monitoring/alert_routes.h"

#include <algorithm>
#include <string>

#include "analyzer/base/glob.h"
#include "analyzer/passes/monitoring/receivers.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

// A Prometheus configuration.
struct Server {
  std::string path;
  std::vector<std::string> rule_files;
  bool has_alertmanager = false;
  Span at;
};

std::vector<Server> servers_of(const PlacedDocuments& documents) {
  std::vector<Server> out;
  for (const PlacedDocument& document : documents.all()) {
    const DataNode* rules = document.root->find("rule_files");
    const DataNode* scrapes = document.root->find("scrape_configs");
    if (rules == nullptr && scrapes == nullptr) continue;
    if (scrapes == nullptr && document.root->find("tests") != nullptr) continue;  // unit tests of rules
    Server server;
    server.path = document.path;
    server.at = line_span(document.file, document.root->line_of("rule_files") + document.shift);
    if (rules != nullptr) server.rule_files = rules->strings();
    const DataNode* managers = document.root->at({"alerting", "alertmanagers"});
    server.has_alertmanager = managers != nullptr && !managers->items.empty();
    out.push_back(std::move(server));
  }
  return out;
}

// Where the container sees the file; "" if it does not.
std::string seen_in_container(const Mount& mount, std::string_view path) {
  if (mount.host == path) return mount.container;
  const bool below = path.starts_with(mount.host) && path.size() > mount.host.size() &&
                     (mount.host.empty() || path[mount.host.size()] == '/');
  if (!below) return "";
  std::string_view container = mount.container;
  if (container.ends_with('/')) container.remove_suffix(1);
  const std::string_view rest = path.substr(mount.host.size() + (mount.host.empty() ? 0 : 1));
  return std::string(container) + "/" + std::string(rest);
}

// `seen`: what the server's container sees is known, so that what is not mounted is not there.
Truth loads(const Server& server, const std::vector<Mount>& mounts, bool seen, std::string_view rule_file) {
  Truth best = Truth::kNo;
  for (const std::string& pattern : server.rule_files) {
    std::string inside = pattern;
    if (!pattern.starts_with('/')) {
      if (glob_match(join_path(folder_of(server.path), pattern), rule_file)) return Truth::kYes;
      const std::string home = container_folder(mounts, server.path);
      inside = home.empty() ? "" : home + "/" + (pattern.starts_with("./") ? pattern.substr(2) : pattern);
    }
    // A folder or a file alone may be mounted, from several places.
    for (const Mount& mount : mounts) {
      if (!inside.empty() && glob_match(inside, seen_in_container(mount, rule_file))) return Truth::kYes;
    }
    const bool elsewhere = !inside.empty() && !seen_from_host(mounts, inside).empty();
    if (!seen && !elsewhere && glob_match(base_name(pattern), base_name(rule_file)))
      best = Truth::kUnknown;  // the name fits; how the file gets there is not shown
  }
  return best;
}

bool sees(const Mount& mount, std::string_view path) {
  return mount.host == path ||
         (path.starts_with(mount.host) && path.size() > mount.host.size() && path[mount.host.size()] == '/');
}

// What the containers see that see the server's own file; where none does, all that no other server has.
std::vector<Mount> mounts_for(const Server& server, const std::vector<Server>& servers,
                              const std::vector<Mount>& mounts) {
  std::vector<uint32_t> own, others;
  for (const Mount& mount : mounts) {
    if (sees(mount, server.path)) own.push_back(mount.group);
    for (const Server& other : servers) {
      if (other.path != server.path && sees(mount, other.path)) others.push_back(mount.group);
    }
  }
  const auto in = [](const std::vector<uint32_t>& groups, uint32_t group) {
    return std::find(groups.begin(), groups.end(), group) != groups.end();
  };
  std::vector<Mount> out;
  for (const Mount& mount : mounts) {
    if (own.empty() ? !in(others, mount.group) : in(own, mount.group)) out.push_back(mount);
  }
  return out;
}

struct Loading {
  Truth loaded = Truth::kUnknown;
  Span at;
  std::string why;
  const Server* server = nullptr;  // that loads it, or may
};

Loading loading_of(const std::string& path, const std::vector<Server>& servers,
                   const std::vector<Mount>& mounts) {
  Loading out;
  if (servers.empty()) {
    out.why = "no Prometheus configuration in the repository loads it";
    return out;
  }
  out.loaded = Truth::kNo;
  out.why = "no rule_files pattern of a Prometheus configuration matches its file";
  for (const Server& server : servers) {
    const bool seen = std::any_of(mounts.begin(), mounts.end(),
                                  [&](const Mount& mount) { return sees(mount, server.path); });
    const Truth loaded = loads(server, mounts_for(server, servers, mounts), seen, path);
    if (loaded == Truth::kNo || loaded <= out.loaded) continue;
    out.loaded = loaded;
    out.at = server.at;
    out.why = loaded == Truth::kYes
                  ? "loaded by rule_files"
                  : "a rule_files pattern fits its name, but where it is mounted is not shown";
    out.server = &server;
  }
  return out;
}

}  // namespace

void link_alerts(FactStore& facts, const PlacedDocuments& documents) {
  const std::vector<Server> servers = servers_of(documents);
  const std::vector<Mount> mounts = mounts_of(facts);
  const AlertManagers managers(documents);
  for (RecordingRule& rule : facts.recordings) {
    if (rule.loaded != Truth::kUnknown) continue;
    const Loading loading = loading_of(documents.path_of(facts, rule.span), servers, mounts);
    rule.loaded = loading.loaded;
    rule.loaded_at = loading.at;
    rule.loaded_why = loading.why;
  }
  for (AlertRule& alert : facts.alerts) {
    if (alert.system != "prometheus") continue;
    bool no_manager = false;
    if (alert.loaded == Truth::kUnknown) {
      const Loading loading = loading_of(documents.path_of(facts, alert.span), servers, mounts);
      alert.loaded = loading.loaded;
      alert.loaded_at = loading.at;
      alert.loaded_why = loading.why;
      no_manager = loading.server != nullptr && !loading.server->has_alertmanager;
    }
    const Routed routed = managers.route(alert);
    alert.routed = no_manager ? Truth::kNo : routed.routed;
    alert.routed_at = no_manager ? alert.loaded_at : routed.at;
    alert.routed_why = no_manager ? "the server that loads it knows no Alertmanager" : routed.why;
    alert.receiver = no_manager ? Name() : routed.receiver;
  }
}

}  // namespace mlgrade
