// Follows links to runbooks; no rule of its own.
#include "rules/support/runbooks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "rules/support/placeholders.h"

namespace mlgrade {
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

// The heading with the anchor; kNone if there is none.
uint32_t heading_of(const Document& document, std::string anchor) {
  std::transform(anchor.begin(), anchor.end(), anchor.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (uint32_t h = 0; h < document.headings.size(); ++h) {
    const std::string own = anchor_of(document.headings[h].text);
    if (own == anchor || anchor.starts_with(own + "-")) return h;  // the second of its name has a number
  }
  return kNone;
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

const Document* document_of(const FactStore& facts, FileId file) {
  const auto found = std::find_if(facts.documents.begin(), facts.documents.end(),
                                  [&](const Document& one) { return one.file == file; });
  return found == facts.documents.end() ? nullptr : &*found;
}

// What stands behind the '#' of the link; empty if nothing does.
std::string anchor_in(const std::string& link) {
  const size_t hash = link.find('#');
  return hash == std::string::npos ? "" : link.substr(hash + 1);
}

}  // namespace

RunbookTarget runbook_of(const RuleInput& in, const AlertRule& alert) {
  if (alert.runbook.find("{{") != std::string::npos || !placeholder_host(alert.runbook).empty()) return {};
  bool of_host = false;
  const std::string path = path_of(alert.runbook, of_host);
  const FileFact* file = path.empty() ? nullptr : found_in(in, path, alert.span);
  RunbookTarget out;
  if (file != nullptr) out.document = document_of(in.facts, file->id);
  const std::string anchor = anchor_in(alert.runbook);
  if (out.document == nullptr || anchor.empty()) return out;
  out.heading = heading_of(*out.document, anchor);
  if (out.heading == kNone) out.document = nullptr;
  return out;
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
  const std::string anchor = anchor_in(link);
  const Document* document = anchor.empty() ? nullptr : document_of(in.facts, file->id);
  if (document == nullptr || heading_of(*document, anchor) != kNone) return "";
  return fmt::format("{} has no section {}", path, anchor);
}

}  // namespace mlgrade
