// Alerts by the metric that their chain comes to, checks by their rule.
#include "analyzer/engine/stage_watch.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlgrade {
namespace {

bool is_left_out(const FactStore& facts, const Span& span) {
  return !span.valid() || facts.file(span.file).sample || facts.file(span.file).vendored;
}

// It can fire, and nothing shows that it reaches nobody.
bool rings(const AlertVerdict& verdict) {
  return verdict.fires == Truth::kYes && !verdict.always && verdict.alert->routed != Truth::kNo;
}

// An alert whose chain passes code of one of the files.
std::optional<StageWatch> alert_on(const std::vector<FileId>& files, const WatchInput& in) {
  for (const AlertVerdict& verdict : in.alerts) {
    if (!rings(verdict)) continue;
    for (const Link& link : verdict.chain) {
      const FileId file = link.span.file;
      if (!link.span.valid() || in.facts.file(file).language != Language::kPython) continue;
      if (!std::binary_search(files.begin(), files.end(), file)) continue;
      return StageWatch{fmt::format("the alert {} on a metric of its code", verdict.alert->name.view()),
                        verdict.alert->span};
    }
  }
  return std::nullopt;
}

std::optional<StageWatch> alert_on_absence(const WatchInput& in) {
  for (const AlertVerdict& verdict : in.alerts) {
    const std::vector<SeriesRead>& reads = verdict.alert->query.reads;
    const bool absence =
        std::any_of(reads.begin(), reads.end(), [](const SeriesRead& read) { return read.absence; });
    if (!absence || !rings(verdict)) continue;
    return StageWatch{fmt::format("the alert {} on a series that is gone", verdict.alert->name.view()),
                      verdict.alert->span};
  }
  return std::nullopt;
}

std::optional<StageWatch> check_of(const Watcher& watcher, const WatchInput& in) {
  for (const Evidence& one : in.evidence) {
    if (one.rule != watcher.rule || (!watcher.part.empty() && one.part != watcher.part)) continue;
    const bool whole = one.mode == EvidenceMode::kCheck && one.defeat.empty() && one.worth >= 1 &&
                       one.effect != Effect::kSwallowed && one.certain == Truth::kYes;
    if (!whole || is_left_out(in.facts, one.place)) continue;
    const bool way = one.reach.by == Reach::By::kAutomatic && one.reach.certain == Truth::kYes &&
                     one.reach.effect != Effect::kSwallowed;
    if (one.runs_itself || (way && in.runs(one.runs_at))) return StageWatch{one.what, one.place};
  }
  return std::nullopt;
}

}  // namespace

Watcher parse_watcher(std::string_view text) {
  const size_t mark = std::min(text.find('#'), text.size());
  return {std::string(text.substr(0, mark)), std::string(text.substr(std::min(mark + 1, text.size())))};
}

std::optional<StageWatch> watch_of(const std::vector<Watcher>& watchers, const std::vector<FileId>& files,
                                   const WatchInput& in) {
  for (const Watcher& watcher : watchers) {
    std::optional<StageWatch> found = watcher.rule == "alerts"    ? alert_on(files, in)
                                      : watcher.rule == "absence" ? alert_on_absence(in)
                                                                  : check_of(watcher, in);
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace mlgrade
