// Routes and receivers of Alertmanager.
#include "analyzer/passes/monitoring/receivers.h"

#include <algorithm>
#include <array>
#include <optional>

#include "analyzer/passes/monitoring/addresses.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

constexpr int kMaxRoutes = 20;  // routes in routes

// Texts and titles are made from templates and lead nowhere: only where it is sent to counts.
bool is_address(std::string_view key) {
  const std::string low = to_lower(key);
  constexpr std::array<std::string_view, 16> kKeys = {
      "url",  "api_url", "webhook_url", "to",      "channel", "service_key", "routing_key",    "api_key",
      "host", "from",    "smarthost",   "chat_id", "apiurl",  "user_key",    "smtp_smarthost", "topic_arn"};
  return std::find(kKeys.begin(), kKeys.end(), low) != kKeys.end();
}

// "http://alert-receiver:8090/x" -> "alert-receiver"; "" if it is no URL.
std::string host_of(std::string_view url) {
  const size_t start = url.find("://");
  if (start == url.npos) return "";
  const std::string_view rest = url.substr(start + 3);
  const size_t end = rest.find_first_of(":/?");
  return std::string(rest.substr(0, end));
}

// What `severity=~"critical|page"` asks for.
struct Matcher {
  std::string label, op, value;
};

std::optional<Matcher> matcher_of(std::string_view text) {
  for (std::string_view op : {"=~", "!~", "!=", "="}) {
    const size_t at = text.find(op);
    if (at == text.npos) continue;
    std::string_view value = trim(text.substr(at + op.size()));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    return Matcher{std::string(trim(text.substr(0, at))), std::string(op), std::string(value)};
  }
  return std::nullopt;
}

std::vector<Matcher> matchers_of(const DataNode& route) {
  std::vector<Matcher> out;
  for (const auto& [key, op] : {std::pair("match", "="), std::pair("match_re", "=~")}) {
    const DataNode* map = route.find(key);
    if (map == nullptr) continue;
    for (const auto& [label, value] : map->entries) out.push_back({label, op, value.text});
  }
  const DataNode* list = route.find("matchers");
  if (list == nullptr) return out;
  for (const DataNode& item : list->items) {
    if (item.is_mapping()) {  // of an AlertmanagerConfig
      const std::string_view op = item.get("matchType", item.get("regex") == "true" ? "=~" : "=");
      out.push_back({std::string(item.get("name")), std::string(op), std::string(item.get("value"))});
    } else if (auto one = matcher_of(item.text)) {
      out.push_back(std::move(*one));
    } else {
      out.push_back({"", "?", ""});
    }
  }
  return out;
}

// Patterns of plain words and "anything"; others are unknown.
Truth fits(std::string_view pattern, std::string_view value) {
  if (pattern.size() > 2 && pattern.front() == '(' && pattern.back() == ')')
    pattern = pattern.substr(1, pattern.size() - 2);
  if (pattern == ".*") return Truth::kYes;
  if (pattern == ".+") return value.empty() ? Truth::kNo : Truth::kYes;
  Truth out = Truth::kNo;
  for (std::string_view part : split(pattern, '|')) {
    if (part.find_first_of(".*+?()[]{}^$\\") != part.npos) {
      out = out || Truth::kUnknown;
    } else if (part == value) {
      return Truth::kYes;
    }
  }
  return out;
}

Truth matches(const Matcher& matcher, const AlertRule& alert) {
  if (matcher.op == "?") return Truth::kUnknown;
  std::string value;
  if (matcher.label == "alertname") {
    value = alert.name.str();
  } else {
    const auto found = std::find_if(alert.labels.begin(), alert.labels.end(),
                                    [&](const auto& label) { return label.first == matcher.label; });
    if (found == alert.labels.end()) return Truth::kUnknown;  // the series may carry it
    value = found->second;
  }
  if (value.find("{{") != std::string::npos) return Truth::kUnknown;
  const bool pattern = matcher.op.ends_with('~');
  const Truth same =
      pattern ? fits(matcher.value, value) : (matcher.value == value ? Truth::kYes : Truth::kNo);
  return matcher.op.starts_with('!') ? !same : same;
}

Truth matches(const DataNode& route, const AlertRule& alert) {
  Truth out = Truth::kYes;
  for (const Matcher& matcher : matchers_of(route)) out = out && matches(matcher, alert);
  return out;
}

}  // namespace

AlertManagers::AlertManagers(const PlacedDocuments& documents) {
  for (const PlacedDocument& one : documents.all()) {
    const DataNode* chart = one.root->at({"alertmanager", "config"});
    const DataNode* object = one.root->get("kind") == "AlertmanagerConfig" ? one.root->find("spec") : nullptr;
    for (const DataNode* root : {one.root, chart, object}) {
      if (root == nullptr) continue;
      const DataNode* route = root->find("route");
      const DataNode* receivers = root->find("receivers");
      if (route == nullptr || receivers == nullptr || !receivers->is_sequence()) continue;
      managers_.push_back(
          {route, receivers, root->find("global"), line_span(one.file, root->line_of("route") + one.shift)});
    }
  }
}

Truth AlertManagers::real_target(std::string_view key, const DataNode& target, const Manager& manager) const {
  if (!target.is_mapping() || target.entries.empty()) return Truth::kNo;
  Truth out = Truth::kYes;
  for (const auto& [name, value] : target.entries) {
    if (!value.is_scalar() || !is_address(name)) continue;
    if (is_placeholder_address(value.text)) return Truth::kNo;
    const std::string host = host_of(value.text);
    if (host == "localhost" || host == "127.0.0.1") out = out && Truth::kUnknown;
  }
  if (key.starts_with("email") && manager.global != nullptr && target.get("smarthost").empty() &&
      is_placeholder_address(manager.global->get("smtp_smarthost")))
    return Truth::kNo;
  return out;
}

Truth AlertManagers::real(const Manager& manager, std::string_view receiver, std::string& why) const {
  for (const DataNode& one : manager.receivers->items) {
    if (one.get("name") != receiver) continue;
    Truth out = Truth::kNo;
    bool any = false;
    for (const auto& [key, value] : one.entries) {
      const bool sends =
          std::string_view(key).ends_with("_configs") || std::string_view(key).ends_with("Configs");
      if (!sends) continue;
      for (const DataNode& target : value.items) {
        any = true;
        out = out || real_target(key, target, manager);
      }
    }
    if (!any) why = "its receiver " + std::string(receiver) + " sends to nobody";
    if (any && out == Truth::kNo) why = "its receiver " + std::string(receiver) + " sends to a placeholder";
    if (out == Truth::kUnknown)
      why = "whether anybody listens where its receiver " + std::string(receiver) + " sends cannot be seen";
    return out;
  }
  why = "its receiver " + std::string(receiver) + " is not defined";
  return Truth::kNo;
}

// One alert through one tree of routes.
struct AlertManagers::Walk {
  const AlertManagers& managers;
  const Manager& manager;
  const AlertRule& alert;
  std::string why;
  Name receiver;

  static Truth agree(Truth a, Truth b) { return a == b ? a : Truth::kUnknown; }

  Truth at(const DataNode& route, std::string_view inherited, int depth) {
    if (depth > kMaxRoutes) return Truth::kUnknown;
    const std::string_view own = route.get("receiver", inherited);
    return from(route, 0, false, own, depth);
  }

  Truth from(const DataNode& route, size_t child, bool taken, std::string_view own, int depth) {
    const DataNode* routes = route.find("routes");
    for (; routes != nullptr && child < routes->items.size(); ++child) {
      const DataNode& inner = routes->items[child];
      const Truth fit = matches(inner, alert);
      if (fit == Truth::kNo) continue;
      const bool goes_on = inner.get("continue") == "true";
      const Truth there = at(inner, own, depth + 1);
      if (fit == Truth::kYes) return goes_on ? there || from(route, child + 1, true, own, depth) : there;
      if (depth + child > kMaxRoutes) return Truth::kUnknown;  // ways double with each doubt
      const Truth beside = from(route, child + 1, taken, own, depth);
      return agree(goes_on ? there || beside : there, beside);
    }
    if (taken) return Truth::kNo;
    std::string told;
    const Truth out = managers.real(manager, own, told);
    if (out == Truth::kYes && receiver.empty()) receiver = Name(own);
    if (!told.empty()) why = told;
    return out;
  }
};

Routed AlertManagers::route(const AlertRule& alert) const {
  Routed out;
  if (managers_.empty()) {
    out.why = "no receiver for it is configured here";
    return out;
  }
  out.routed = Truth::kNo;
  for (const Manager& manager : managers_) {
    Walk walk{*this, manager, alert, "", Name()};
    const Truth routed = walk.at(*manager.route, "", 0);
    if (routed < out.routed || (routed == out.routed && out.at.valid())) continue;
    out.routed = routed;
    out.at = manager.at;
    out.receiver = routed == Truth::kYes ? walk.receiver : Name();
    out.why = routed == Truth::kYes ? "" : walk.why;
    if (routed == Truth::kUnknown && out.why.empty()) out.why = "which of the routes takes it cannot be told";
  }
  return out;
}

}  // namespace mlgrade
