// Where the runbook of an alert leads.
#pragma once

#include <string>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct RunbookTarget {
  const Document* document = nullptr;  // null: not a document of this repository
  uint32_t heading = kNone;            // the section; kNone: the document as a whole
};
RunbookTarget runbook_of(const RuleInput& in, const AlertRule& alert);

// Why the alert's link leads nowhere, a phrase; "" if it leads somewhere, or to where it cannot be told.
std::string why_dangling(const RuleInput& in, const AlertRule& alert);

}  // namespace mlgrade
