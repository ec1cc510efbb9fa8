// What takes the worth from evidence of any rule by the place alone that it lies in (rubric section 6): a
// branch that a constant closes, a library that nothing installs, an API that the allowed version no longer
// has.
#pragma once

#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/evidence.h"

namespace mlgrade {

class PlaceJudge {
 public:
  PlaceJudge(const FactStore& facts, const Catalogue& catalogue);

  // Sets `defeat`, or caps the worth at half a point, with the line that decides.
  void weigh(Evidence& evidence) const;

 private:
  bool weigh_branch(Evidence& evidence, const Span& span) const;
  bool weigh_optional(Evidence& evidence, const Span& span) const;
  void weigh_version(Evidence& evidence) const;
  bool is_installed(std::string_view import) const;

  const FactStore& facts_;
  const Catalogue& catalogue_;
  bool has_manifest_ = false;
  bool locked_ = false;  // a lock file lists all that is installed
};

}  // namespace mlgrade
