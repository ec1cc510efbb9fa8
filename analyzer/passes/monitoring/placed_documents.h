// Documents by the path under which a server finds them: files of the repository, and files inside
// ConfigMaps.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/fact_store.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade {

struct PlacedDocument {
  FileId file = FileId::kNone;
  std::string path;  // of the repository, or "configmap:<name>/<key>"
  const DataNode* root = nullptr;
  uint32_t shift = 0;      // to add to its lines
  uint32_t last_line = 0;  // of the file; 0: the whole file
};

// Documents outside samples. Points into the facts, and into itself.
class PlacedDocuments {
 public:
  explicit PlacedDocuments(const FactStore& facts);
  const std::vector<PlacedDocument>& all() const { return all_; }
  // The path under which the rule that stands there is found: that of its file, or inside a ConfigMap.
  std::string path_of(const FactStore& facts, const Span& span) const;

 private:
  std::vector<PlacedDocument> all_;
  std::deque<ParsedData> inner_;
};

// A path of the repository, or a ConfigMap, that a container sees elsewhere.
struct Mount {
  std::string host;
  std::string container;
  uint32_t group = 0;  // the container that sees it
};

// From compose files, workloads of Kubernetes and Dockerfiles that copy into an image.
std::vector<Mount> mounts_of(const FactStore& facts);

// `path` inside a container as a path of the repository; "" if nothing is mounted there.
std::string seen_from_host(const std::vector<Mount>& mounts, std::string_view path);

// The folder in which the container sees `path`; "" if it does not.
std::string container_folder(const std::vector<Mount>& mounts, std::string_view path);

}  // namespace mlgrade
