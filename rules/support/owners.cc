// Reads patterns of CODEOWNERS; no rule of its own.
#include "rules/support/owners.h"

#include <string>

#include "analyzer/base/glob.h"
#include "rules/support/code.h"

namespace mlgrade {

bool owns_everything(std::string_view pattern) {
  return pattern == "*" || pattern == "/" || pattern == "**" || pattern == "/*" || pattern == "/**";
}

bool owner_pattern_takes(std::string_view pattern, std::string_view path) {
  const bool rooted = pattern.starts_with('/');
  if (rooted) pattern.remove_prefix(1);
  std::string p(pattern);
  if (p.ends_with('/')) p += "**";
  if (p.empty() || p == "*" || p == "**") return true;
  const std::string anywhere = "**/" + p;
  return glob_match(p, path) || glob_match(p + "/**", path) ||
         (!rooted && (glob_match(anywhere, path) || glob_match(anywhere + "/**", path)));
}

const OwnerRule* owner_of(const FactStore& facts, std::string_view path) {
  const OwnerRule* last = nullptr;
  for (const OwnerRule& rule : facts.owners) {
    if (rule.effective_place && !is_sample(facts, rule.span.file) && owner_pattern_takes(rule.pattern, path))
      last = &rule;
  }
  return last;
}

}  // namespace mlgrade
