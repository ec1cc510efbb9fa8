// Alerts that send whoever is woken to a page that is not there.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/placeholders.h"

namespace mlgrade::rules {
namespace {

// The anchor of a heading, as hosts make it.
std::string anchor_of(std::string_view heading) {
  std::string out;
  for (char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_' || c == '-' || byte >= 128) {
      out += static_cast<char>(std::tolower(byte));
    } else if (c == ' ') {
      out += '-';
    }
  }
  return out;
}

bool has_anchor(const Document& document, std::string anchor) {
  std::transform(anchor.begin(), anchor.end(), anchor.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(document.headings.begin(), document.headings.end(), [&](const Heading& heading) {
    const std::string own = anchor_of(heading.text);
    return own == anchor || anchor.starts_with(own + "-");  // the second of its name has a number
  });
}

// The path in the repository that a link speaks of: as it stands, or behind the branch in a link to a file of
// a host. Empty: it leads elsewhere.
std::string path_of(std::string_view link, bool& of_host) {
  link = link.substr(0, link.find_first_of("#?"));
  of_host = link.find("://") != link.npos;
  if (!of_host) {
    while (link.starts_with("./") || link.starts_with('/'))
      link.remove_prefix(link.starts_with("./") ? 2 : 1);
    const bool page =
        link.ends_with(".md") || link.ends_with(".rst") || link.ends_with(".html") || link.ends_with(".txt");
    return page ? std::string(link) : "";
  }
  for (std::string_view mark : {"/blob/", "/tree/", "/-/blob/"}) {
    const size_t at = link.find(mark);
    if (at == link.npos) continue;
    const std::string_view rest = link.substr(at + mark.size());
    const size_t slash = rest.find('/');
    return slash == rest.npos ? "" : std::string(rest.substr(slash + 1));
  }
  return "";
}

// A link to a file of a host is one to this repository if the file's folder is there.
const FileFact* found_in(const RuleInput& in, const std::string& path, const Span& from) {
  if (const FileFact* file = in.facts.find_file(path)) return file;
  std::string folder(in.facts.path(from));
  while (!folder.empty()) {
    const size_t slash = folder.rfind('/');
    folder = slash == std::string::npos ? "" : folder.substr(0, slash);
    if (folder.empty()) break;
    if (const FileFact* file = in.facts.find_file(folder + "/" + path)) return file;
  }
  return nullptr;
}

std::string why_dangling(const RuleInput& in, const AlertRule& alert) {
  const std::string& link = alert.runbook;
  if (link.find("{{") != std::string::npos) return "";
  if (const std::string_view host = placeholder_host(link); !host.empty())
    return fmt::format("{} is a host of nobody", host);
  bool of_host = false;
  const std::string path = path_of(link, of_host);
  if (path.empty()) return "";
  const FileFact* file = found_in(in, path, alert.span);
  if (file == nullptr) return of_host ? "" : fmt::format("{} is not there", path);
  const size_t hash = link.find('#');
  if (hash == std::string::npos || hash + 1 == link.size()) return "";
  const auto document = std::find_if(in.facts.documents.begin(), in.facts.documents.end(),
                                     [&](const Document& one) { return one.file == file->id; });
  if (document == in.facts.documents.end() || has_anchor(*document, link.substr(hash + 1))) return "";
  return fmt::format("{} has no section {}", path, link.substr(hash + 1));
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const AlertRule& alert : in.facts.alerts) {
    if (alert.runbook.empty() || is_sample(in.facts, alert.span.file)) continue;
    const std::string why = why_dangling(in, alert);
    if (why.empty()) continue;
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.confidence = Confidence::kHigh;
    finding.message = fmt::format("the runbook of {} leads nowhere: {}", alert.name.view(), why);
    finding.places = {{alert.runbook_at, "the link"}, {alert.span, "the alert"}};
    output.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule monitoring_dangling_runbook;
const Rule monitoring_dangling_runbook{
    .kind = RuleKind::kFinding,
    .summary = "A runbook that is not there",
    .why = "Whoever is woken at night has a link, and behind it nothing.",
    .fix = "Write the section, or link the one that there is.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (incident response)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
