// Requests that may wait for ever.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

// Calls that wait as long as the other side likes unless they are told not to, and where a timeout may stand
// by its position; 0: by keyword only.
struct Waiting {
  std::string_view target;
  uint32_t position;
};
constexpr std::array<Waiting, 12> kWaiting = {{
    {"requests.get", 0},
    {"requests.post", 0},
    {"requests.put", 0},
    {"requests.patch", 0},
    {"requests.delete", 0},
    {"requests.head", 0},
    {"requests.request", 0},
    {"urllib.request.urlopen", 3},
    {"smtplib.SMTP", 4},
    {"ftplib.FTP", 5},
    {"socket.create_connection", 2},
    {"telnetlib.Telnet", 3},
}};

bool sets_timeout(const PythonModule& module, const PyCall& call, uint32_t position) {
  uint32_t at = 0;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (arg.keyword == "**" || arg.keyword == "*") return true;  // may be there
    if (arg.keyword == "timeout") return arg.value.kind != PyValue::Kind::kNone;
    if (arg.keyword.empty() && ++at == position) return true;
  }
  return false;
}

bool sets_default(const RuleInput& in) {
  bool found = false;
  each_call(in, true,
            [&](uint32_t, const PyCall& call) { found |= call.target == "socket.setdefaulttimeout"; });
  return found;
}

void run(const RuleInput& in, RuleOutput& output) {
  if (sets_default(in)) return;
  std::vector<Hit> hits;
  each_call(in, false, [&](uint32_t m, const PyCall& call) {
    const auto known = std::find_if(kWaiting.begin(), kWaiting.end(),
                                    [&](const Waiting& one) { return call.target == one.target; });
    const bool session =
        call.target.view().starts_with("requests.Session.") &&
        has_word(call.method.view(), {"get", "post", "put", "patch", "delete", "head", "request"});
    if ((known == kWaiting.end() && !session) || call.function_ref.valid()) return;
    const uint32_t position = known == kWaiting.end() ? 0 : known->position;
    if (sets_timeout(in.facts.python[m], call, position)) return;
    hits.push_back(
        {call.span, fmt::format("`{}` waits as long as the other side likes", call.callee.view())});
  });
  report_by_file(std::move(hits), Severity::kMedium, Confidence::kHigh, output);
}

}  // namespace

extern const Rule data_no_timeout;
const Rule data_no_timeout{
    .kind = RuleKind::kFinding,
    .summary = "A request that may wait for ever",
    .why = "A source that accepts and never answers stops the pipeline without an error.",
    .fix = "Give the call a timeout, and let its failure be counted.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes): a source that is no longer "
        "available",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
