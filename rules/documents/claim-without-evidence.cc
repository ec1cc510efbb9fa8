// What the README says of the project and the project does not have.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

bool is_readme(std::string_view path) {
  return path == "README.md" || path == "Readme.md" || path == "readme.md" || path == "README.rst" ||
         path == "README" || path == "README.txt" || path == ".github/README.md" || path == "docs/README.md";
}

struct Claim {
  Span at;
  std::string what;
  Confidence sure = Confidence::kHigh;
};

// ".../actions/workflows/ci.yml/badge.svg" -> "ci.yml"; empty: no such badge.
std::string_view workflow_of_badge(std::string_view url) {
  constexpr std::string_view kMark = "/actions/workflows/";
  const size_t at = url.find(kMark);
  if (at == std::string_view::npos || url.find("/badge.svg") == std::string_view::npos) return {};
  url.remove_prefix(at + kMark.size());
  return url.substr(0, url.find('/'));
}

bool has_workflows(const RuleInput& in) {
  return std::any_of(in.facts.files.begin(), in.facts.files.end(),
                     [](const FileFact& file) { return file.path.view().starts_with(".github/workflows/"); });
}

bool some_test_runs(const RuleInput& in) {
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    if (in.graph.reached_by(in.graph.node_of_test(t)) != Reach::By::kNothing) return true;
  }
  return false;
}

bool uses(const RuleInput& in, std::string_view capability) { return !uses_of(in, capability).empty(); }

// Where code is not analysed, or what runs the tests lies elsewhere, nothing can be said against a claim.
bool cannot_tell(const RuleInput& in) {
  return !in.facts.archetype.unread.empty() || !in.graph.unread_runners.empty() ||
         std::any_of(in.facts.automation.begin(), in.facts.automation.end(),
                     [](const AutomationFile& file) { return !file.unread.empty() || !file.analysable; });
}

void add_badges(const RuleInput& in, const Document& document, std::vector<Claim>& out) {
  const bool workflows = has_workflows(in), unclear = cannot_tell(in);
  for (const DocLink& link : document.links) {
    if (!link.image) continue;
    const std::string_view url = link.url;
    const std::string_view workflow = workflow_of_badge(url);
    const bool there = in.facts.find_file(".github/workflows/" + std::string(workflow)) != nullptr;
    if (!workflow.empty() && !there) {
      out.push_back({link.span, fmt::format("a badge shows the workflow {}, which is not there", workflow),
                     workflows ? Confidence::kHigh : Confidence::kMedium});
    }
    const bool fixed = url.find("img.shields.io/badge/") != std::string_view::npos;
    if (fixed && !unclear && has_word(url, {"passing"}) && has_word(url, {"tests", "test", "build"}) &&
        !some_test_runs(in))
      out.push_back({link.span, "a painted badge says that tests pass, and nothing runs a test"});
    const bool coverage = has_word(url, {"codecov", "coveralls", "coverage"});
    if (coverage && !unclear && in.facts.tests.empty() && !uses(in, "measures-coverage"))
      out.push_back({link.span, "a badge shows coverage, and there are no tests"});
  }
}

struct Words {
  std::array<std::string_view, 6> phrases;
  bool (*backed)(const RuleInput&);
  std::string_view lacks;
};

bool has_tests(const RuleInput& in) { return !in.facts.tests.empty(); }
bool has_monitoring(const RuleInput& in) {
  return !in.facts.alerts.empty() || !in.facts.metrics.empty() || !in.facts.dashboards.empty() ||
         uses(in, "detects-drift") || uses(in, "monitors-quality") || uses(in, "estimates-performance") ||
         uses(in, "exposes-metrics") || uses(in, "tracks-experiments");
}
bool has_drift(const RuleInput& in) {
  return uses(in, "detects-drift") ||
         std::any_of(in.facts.alerts.begin(), in.facts.alerts.end(),
                     [](const AlertRule& alert) {
                       return has_word(alert.name.view(), {"drift"}) ||
                              alert.expression.find("drift") != std::string::npos;
                     }) ||
         std::any_of(in.facts.python.begin(), in.facts.python.end(), [](const PythonModule& module) {
           return std::any_of(module.functions.begin(), module.functions.end(), [](const PyFunction& f) {
             return has_word(f.name.view(), {"drift", "psi"});
           });
         });
}

constexpr std::array<Words, 3> kClaims = {{
    {{"fully tested", "thoroughly tested", "well tested", "comprehensive test suite", "extensively tested",
      "fully unit tested"},
     has_tests,
     "there are no tests"},
    {{"monitored in production", "production monitoring", "real time monitoring", "model monitoring",
      "comprehensive monitoring", "continuous monitoring"},
     has_monitoring,
     "nothing measures, alerts or shows anything"},
    {{"drift detection", "drift monitoring", "detects drift", "data drift alerts", "drift alerts",
      "automatic drift"},
     has_drift,
     "no code looks for drift"},
}};

// As words of a sentence: `drift_detection.py` in a list of files claims nothing.
bool says(std::string_view text, std::string_view phrase) {
  std::string plain(text);
  std::transform(plain.begin(), plain.end(), plain.begin(),
                 [](unsigned char c) { return c == '-' ? ' ' : static_cast<char>(std::tolower(c)); });
  return plain.find(phrase) != std::string::npos;
}

// "Planned: drift detection", a checkbox that is open, a heading of a roadmap.
bool is_intent(const Document& document, const Paragraph& paragraph) {
  const std::string heading = paragraph.heading == kNone ? "" : document.headings[paragraph.heading].text;
  for (std::string_view text : {std::string_view(paragraph.text), std::string_view(heading)}) {
    if (has_word(text, {"todo",    "planned",  "plan",   "plans",  "roadmap",    "future",    "next",
                        "will",    "could",    "should", "would",  "not",        "no",        "without",
                        "lacks",   "missing",  "todos",  "coming", "later",      "learn",     "course",
                        "example", "examples", "can",    "cannot", "references", "resources", "related"}))
      return true;
  }
  return paragraph.text.starts_with("[ ]") || paragraph.text.find('?') != std::string::npos;
}

void add_words(const RuleInput& in, const Document& document, std::vector<Claim>& out) {
  if (cannot_tell(in)) return;
  for (const Words& claim : kClaims) {
    if (claim.backed(in)) continue;
    for (const Paragraph& paragraph : document.paragraphs) {
      const auto said = std::find_if(claim.phrases.begin(), claim.phrases.end(),
                                     [&](std::string_view phrase) { return says(paragraph.text, phrase); });
      if (said == claim.phrases.end() || is_intent(document, paragraph)) continue;
      out.push_back(
          {paragraph.span, fmt::format("it says \"{}\", and {}", *said, claim.lacks), Confidence::kMedium});
      break;
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const Archetype& kind = in.facts.archetype;  // a library speaks of what it does for others (rubric F-30)
  if (kind.has(Trait::kLibrary) && !kind.has(Trait::kTraining) && !kind.has(Trait::kServing)) return;
  for (const Document& document : in.facts.documents) {
    if (!is_readme(in.facts.path(document.file)) || is_sample(in.facts, document.file)) continue;
    std::vector<Claim> claims;
    add_badges(in, document, claims);
    add_words(in, document, claims);
    for (Claim& claim : claims) {
      Finding finding;
      finding.severity = Severity::kLow;
      finding.confidence = claim.sure;
      finding.message = claim.what;
      finding.places = {{claim.at, "the claim"}};
      output.findings.push_back(std::move(finding));
    }
  }
}

}  // namespace

extern const Rule documents_claim_without_evidence;
const Rule documents_claim_without_evidence{
    .kind = RuleKind::kFinding,
    .summary = "The README claims what the repository does not have",
    .why = "Who reads it trusts a check that is not there.",
    .fix = "Add what is claimed, or take the claim away.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (documentation, risk analysis)",
    .severity = Severity::kLow,
    .run = run,
};

}  // namespace mlgrade::rules
