// Settings with what was detected and with examples to uncomment; workflows from the templates of .ci/.
#include "analyzer/run_init_texts.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "analyzer/base/date.h"
#include "analyzer/base/embedded.h"
#include "analyzer/base/printable.h"
#include "reports/terminal_item.h"
#include "reports/terminal_text.h"
#include "rubric/settings.h"

namespace mlgrade {
namespace {

constexpr size_t kShownRules = 8;
constexpr size_t kShownReasons = 6;
constexpr int32_t kExampleDays = 365;

bool is_top(std::string_view project) { return project.empty() || project == "."; }

// "text" as YAML and JSON write it; texts of a report hold no control characters.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// A name that needs no quotes and means nothing to YAML or to the expressions of a CI system.
bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._/-").find(c) != std::string_view::npos;
  });
}

std::string detected(const Report& report) {
  std::string out;
  std::vector<std::string> seen;
  for (const ReportTrait& trait : report.archetype) {
    if (seen.size() == kShownReasons) break;
    if (std::find(seen.begin(), seen.end(), trait.trait) != seen.end()) continue;
    seen.push_back(trait.trait);
    const std::string place = terminal::where(trait.place);
    out += "#   " + trait.trait + ": " + trait.why + (place.empty() ? "" : " (" + place + ")") + "\n";
  }
  return out;
}

std::string profile_block(const Report& report, const Rubric& rubric, bool several) {
  std::string out = "# What the system is to be held to; `mlgrade scan --profile` goes before it. Kinds:\n";
  for (const Profile& profile : rubric.profiles)
    out += "#   " + terminal::padded(profile.name, 12) + " " + profile.summary + "\n";
  const std::string found = detected(report);
  if (!found.empty()) out += "# Detected:\n" + found;
  const std::string name = report.profile.empty() ? rubric.profiles.front().name : report.profile;
  return out + (several ? "# profile: " : "profile: ") + name + "\n";
}

std::string systems_block(const Report& report) {
  if (report.projects.empty()) return "";
  std::string out = "# This repository holds " + std::to_string(report.projects.size()) +
                    " systems, each scored by itself. This file speaks for those that have none of their\n"
                    "# own; its list `ignore` holds for all. `mlgrade init --project FOLDER` proposes one.\n";
  for (const ReportProject& project : report.projects) {
    out += "#   " + project.root + ": " + terminal::number(project.test_score) + " of 7, " + project.profile +
           "\n";
  }
  return out + "\n";
}

// "3 of automation/test-without-assertion (from tests/test_a.py:4)", the most frequent first.
std::string open_findings(const Report& report) {
  std::map<std::string, std::pair<size_t, std::string>> rules;
  for (const ReportFinding& finding : report.findings) {
    auto& [count, place] = rules[finding.rule];
    if (count++ == 0 && !finding.locations.empty()) place = terminal::where(finding.locations.front().place);
  }
  std::vector<std::pair<std::string, std::pair<size_t, std::string>>> order(rules.begin(), rules.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second.first > b.second.first; });
  if (order.empty()) return "# There is no finding now.\n";
  std::string out = "# Open now:\n";
  for (size_t i = 0; i < std::min(order.size(), kShownRules); ++i) {
    const auto& [rule, found] = order[i];
    out += "#   " + std::to_string(found.first) + " of " + rule +
           (found.second.empty() ? "" : " (from " + found.second + ")") + "\n";
  }
  if (order.size() > kShownRules)
    out += "#   and of " + std::to_string(order.size() - kShownRules) + " more rules\n";
  return out;
}

// The rule and the file of the example: of a finding that is there, else of none.
std::pair<std::string, std::string> example_of(const Report& report, const std::string& folder) {
  for (const ReportFinding& finding : report.findings) {
    if (finding.locations.empty()) continue;
    std::string path = finding.locations.front().place.path;
    if (!folder.empty() && !path.starts_with(folder + "/")) continue;
    if (!folder.empty()) path.erase(0, folder.size() + 1);
    const bool literal =
        path.find_first_of("*?[{") == std::string::npos && path.find("..") == std::string::npos;
    if (!path.empty() && literal) return {finding.rule, quoted(path)};
  }
  return {"automation/test-without-assertion", "\"tests/smoke/**\""};
}

std::string settings_text(const Report& report, const Rubric& rubric, const std::string& folder) {
  const std::optional<Date> day = parse_date(report.as_of);
  const std::string last_day = day ? format_date(Date{day->days + kExampleDays}) : "2030-01-01";
  const auto [rule, path] = example_of(report, folder);
  const bool several = !report.projects.empty();
  return "# What mlgrade cannot read from the files here, and what it is to hold them to. A mistake in this "
         "file ends\n"
         "# the scan with its line, and what is said here shows in every report. Remove the # of what you "
         "need.\n"
         "version: 1\n\n" +
         systems_block(report) + profile_block(report, rubric, several) +
         "\n# Items that do not apply, with the reason (`mlgrade list items` names all). They stay 0 in the "
         "strict\n"
         "# score.\n"
         "# not_applicable:\n"
         "#   - item: PROD-3\n"
         "#     reason: One tenant; there is nobody to divide into groups.\n"
         "\n# What no repository can show, in the project's own name: half a point at most, shown apart. "
         "`evidence`\n"
         "# is a file of the repository, from here, or a link. Once expired it is a mistake.\n"
         "# attestations:\n"
         "#   - item: RISK-7\n"
         "#     reason: Claims handlers see each refusal before it is sent.\n"
         "#     owner: claims team\n"
         "#     evidence: docs/oversight.md\n"
         "#     expires: " +
         last_day +
         "\n\n# Findings that are accepted, with the reason; at a single line a comment does the same:\n"
         "# `mlgrade: ignore[topic/rule] reason`. Without `paths` (from here, * and **) an entry speaks of "
         "every file,\n"
         "# without `expires` it holds for ever. One that hides nothing is reported.\n" +
         open_findings(report) +
         "# ignore:\n"
         "#   - rule: " +
         rule + "\n#     paths: [" + path +
         "]\n#     reason: Why this is as it should be.\n"
         "#     expires: " +
         last_day + "\n";
}

std::string_view template_of(std::string_view path) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.path == path) return file.text;
  }
  return {};
}

void replace(std::string& text, std::string_view what, std::string_view by) {
  const size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
}

bool add_github(const InitWishes& wishes, std::vector<InitFile>& out, std::string& error) {
  std::string text(template_of(".ci/github/mlgrade.yml"));
  const std::string branch = wishes.branch.empty() ? "main" : wishes.branch;
  if (!is_plain(branch)) {
    error = "the default branch '" + printable(branch) + "' cannot be written into a workflow";
    return false;
  }
  replace(text, "branches: [main]", "branches: [" + branch + "]");
  if (!is_top(wishes.project)) {
    if (!is_plain(wishes.project)) {
      error = "the folder '" + printable(wishes.project) + "' cannot be written into a workflow";
      return false;
    }
    replace(text, "path: repository\n          fail-on",
            "path: repository\n          project: " + wishes.project + "\n          fail-on");
  }
  out.push_back({".github/workflows/mlgrade.yml", std::move(text)});
  return true;
}

void add_gitlab(const InitWishes& wishes, std::vector<InitFile>& out) {
  out.push_back({".gitlab/mlgrade.yml", std::string(template_of(".ci/gitlab/mlgrade.yml"))});
  if (!wishes.has_gitlab_ci) out.push_back({".gitlab-ci.yml", "include:\n  - local: .gitlab/mlgrade.yml\n"});
}

}  // namespace

std::vector<InitFile> init_files(const Report& report, const Rubric& rubric, const InitWishes& wishes,
                                 std::string& error) {
  const std::string folder = is_top(wishes.project) ? "" : wishes.project;
  std::vector<InitFile> out;
  out.push_back({(folder.empty() ? "" : folder + "/") + std::string(kSettingsFile),
                 settings_text(report, rubric, folder)});
  if (wishes.workflow == "github" && !add_github(wishes, out, error)) return {};
  if (wishes.workflow == "gitlab") add_gitlab(wishes, out);
  return out;
}

}  // namespace mlgrade
