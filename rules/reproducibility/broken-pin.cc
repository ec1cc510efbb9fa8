// Code that uses what a version of a library has removed, while nothing keeps that version out.
#include <fmt/format.h>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& out) {
  for (const PythonModule& module : in.facts.python) {
    if (is_sample(in.facts, module.file)) continue;
    const RemovedUse removed = removed_use(in.facts, in.catalogue, module);
    if (removed.api == nullptr) continue;
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.confidence = module.is_notebook ? Confidence::kMedium : Confidence::kHigh;
    finding.message = fmt::format("{} {} has no {} any more, and the requirement lets it in",
                                  removed.distribution.view(), removed.api->since, removed.name);
    finding.places = {{removed.at, "uses it"}, {removed.requirement, "lets the version in"}};
    out.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule reproducibility_broken_pin;
const Rule reproducibility_broken_pin{
    .kind = RuleKind::kFinding,
    .summary = "An API is used that the allowed versions of its library no longer have",
    .why = "The code works on the machine that installed it long ago and fails on the next one.",
    .fix = "Keep the version out (an upper bound or a lock file), or move to the API that replaced it.",
    .source = "Sculley et al. 2015, section 6",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
