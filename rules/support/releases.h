// Places that release a model, or the service that holds it, and which of them decide what answers requests.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "rules/support/abilities.h"

namespace mlgrade {

// Where the serving side gets its model from.
struct ModelSource {
  // kFetched: a file that the service fetches from elsewhere as it starts; what is deployed does not hold it.
  enum class Kind { kUnknown, kRegistry, kFile, kFetched };
  Kind kind = Kind::kUnknown;
  Span at;
  std::string path;               // kFile, kFetched: "models/latest/model.joblib", as far as it can be told
  std::set<std::string> fetched;  // kFetched: the bucket, the key and the file, as far as they can be told
};

ModelSource model_source(const RuleInput& in);

struct Release {
  enum class Kind { kDeploys, kPromotes, kWrites, kRegisters };
  Kind kind = Kind::kDeploys;
  Span span;
  NodeId node = kNone;
  uint32_t module = kNone;  // of a call
  uint32_t call = kNone;
  Reach::By by = Reach::By::kNothing;
  bool governs = false;  // what comes through here is what serving answers with
};

class Releases {
 public:
  explicit Releases(const RuleInput& in);
  const std::vector<Release>& all() const { return releases_; }
  const ModelSource& source() const { return source_; }
  // The release that the call makes, itself or through the functions of the repository that it runs; one that
  // governs before others. Null if it makes none.
  const Release* of_call(uint32_t module, uint32_t call) const;
  // A release that governs and runs by itself; null if there is none.
  const Release* automatic() const;
  // Something else than this release writes a model to where serving reads it, and does not wait for the
  // check.
  const Release* written_beside(const Release& gated, NodeId check) const;

 private:
  void add_uses();
  void add_compose();
  void add_writes();
  void decide();

  const RuleInput& in_;
  ModelSource source_;
  std::vector<Release> releases_;  // the nearest to serving first
};

}  // namespace mlgrade
