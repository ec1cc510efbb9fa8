// Cuts hosts out of words and compares them with those that documentation makes up.
#include "rules/support/placeholders.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace mlgrade {
namespace {

bool ends_host(char c) {
  return c == '/' || c == ':' || c == '"' || c == '\'' || c == ' ' || c == '?' || c == '|' || c == ')' ||
         c == '#';
}

// Reserved by RFC 2606 and 6761, and the companies that only exist in examples.
bool is_nobody(std::string_view host) {
  static constexpr std::array<std::string_view, 16> kDomains = {
      "example.com",      "example.org",    "example.net",     "example",
      "invalid",          "company.com",    "mycompany.com",   "yourcompany.com",
      "your-company.com", "yourdomain.com", "your-domain.com", "mydomain.com",
      "domain.com",       "acme.com",       "mydomain.org",    "my-company.com"};
  std::string low(host);
  std::transform(low.begin(), low.end(), low.begin(), [](unsigned char c) { return std::tolower(c); });
  if (low.find("your-") != std::string::npos || low.find("your_") != std::string::npos) return true;
  if (low.starts_with("123456789") && low.find(".amazonaws.com") != std::string::npos) return true;
  return std::any_of(kDomains.begin(), kDomains.end(), [&](std::string_view domain) {
    if (low == domain) return domain.find('.') != std::string_view::npos;
    return low.size() > domain.size() && low.ends_with(domain) && low[low.size() - domain.size() - 1] == '.';
  });
}

}  // namespace

std::string_view placeholder_host(std::string_view text) {
  for (size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    std::string_view host = text.substr(at + 3);
    host =
        host.substr(0, static_cast<size_t>(std::find_if(host.begin(), host.end(), ends_host) - host.begin()));
    if (const size_t user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
    if (is_nobody(host)) return host;
  }
  if (text.find("://") != std::string_view::npos) return {};
  // An image or a host without a scheme: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/model:1
  const std::string_view host =
      text.substr(0, static_cast<size_t>(std::find_if(text.begin(), text.end(), ends_host) - text.begin()));
  const bool dotted = host.find('.') != std::string_view::npos && host.size() < text.size();
  return dotted && is_nobody(host) ? host : std::string_view();
}

}  // namespace mlgrade
