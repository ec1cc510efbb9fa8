// Evaluates GitLab's conditions with three truth values.
#include "analyzer/passes/gitlab_rules.h"

#include <algorithm>
#include <array>
#include <vector>

#include "analyzer/passes/conditions.h"

namespace mlgrade {
namespace {

using Value = ConditionValue;

Value variable(std::string_view name, GitlabSource source) {
  const bool branch =
      source == GitlabSource::kPush || source == GitlabSource::kSchedule || source == GitlabSource::kManual;
  const bool request = source == GitlabSource::kMergeRequest;
  if (name == "CI_PIPELINE_SOURCE") {
    constexpr std::array<const char*, 5> kNames = {"push", "merge_request_event", "push", "schedule", "web"};
    return Value::of(kNames[static_cast<size_t>(source)]);
  }
  if (name == "CI_DEFAULT_BRANCH") return Value::default_branch();
  if (name == "CI_COMMIT_BRANCH") return branch ? Value::default_branch() : Value::null();
  if (name == "CI_COMMIT_REF_NAME" && branch) return Value::default_branch();
  if (name == "CI_MERGE_REQUEST_TARGET_BRANCH_NAME" && request) return Value::default_branch();
  if (name == "CI_COMMIT_TAG") return source == GitlabSource::kTag ? Value::some() : Value::null();
  if (name.starts_with("CI_MERGE_REQUEST_")) return request ? Value::some() : Value::null();
  if (name == "CI_OPEN_MERGE_REQUESTS" && source != GitlabSource::kPush) return Value::null();
  return {};
}

void apply_when(std::string_view when, GitlabVerdict& verdict) {
  if (when == "never") verdict.runs = Truth::kNo;
  verdict.manual = when == "manual";
  verdict.always = when == "always";
  verdict.on_failure = when == "on_failure";
}

bool allows_failure(const DataNode* node) {
  if (node == nullptr) return false;
  if (node->is_scalar()) return node->as_bool().value_or(false);
  const DataNode* codes = node->find("exit_codes");
  if (codes == nullptr) return false;
  const std::vector<std::string> listed = codes->strings();
  return std::find(listed.begin(), listed.end(), "1") != listed.end();  // what failing tools return
}

// The first rule that holds decides; rules that may hold leave their mark.
GitlabVerdict read_rules(const DataNode& rules, GitlabSource source, std::string_view default_when) {
  GitlabVerdict maybe;
  bool possible = false;
  for (const DataNode& rule : rules.items) {
    const DataNode* condition = rule.find("if");
    const Truth holds =
        condition == nullptr ? Truth::kYes : gitlab_condition(condition->string_or(""), source);
    if (holds == Truth::kNo) continue;
    GitlabVerdict verdict;
    verdict.line = rule.line;
    apply_when(rule.get("when", default_when), verdict);
    verdict.allow_failure = allows_failure(rule.find("allow_failure"));
    if (holds == Truth::kYes) {
      if (possible && verdict.runs == Truth::kNo) break;  // an earlier rule may have let it run
      if (possible && maybe.runs == Truth::kNo) verdict.runs = Truth::kUnknown;
      return verdict;
    }
    if (!possible || (maybe.runs == Truth::kNo && verdict.runs != Truth::kNo)) maybe = verdict;
    possible = true;
  }
  if (!possible || maybe.runs == Truth::kNo) return {Truth::kNo, false, false, false, false, rules.line};
  maybe.runs = Truth::kUnknown;
  return maybe;
}

// A ref of `only` or `except`.
Truth ref_matches(std::string_view ref, GitlabSource source) {
  const bool branch = source != GitlabSource::kTag && source != GitlabSource::kMergeRequest;
  if (ref == "branches") return branch ? Truth::kYes : Truth::kNo;
  if (ref == "tags") return source == GitlabSource::kTag ? Truth::kYes : Truth::kNo;
  if (ref == "merge_requests") return source == GitlabSource::kMergeRequest ? Truth::kYes : Truth::kNo;
  if (ref == "schedules") return source == GitlabSource::kSchedule ? Truth::kYes : Truth::kNo;
  if (ref == "pushes")
    return source == GitlabSource::kPush || source == GitlabSource::kTag ? Truth::kYes : Truth::kNo;
  for (std::string_view by_hand : {"web", "api", "triggers", "chat", "external", "pipelines"}) {
    if (ref == by_hand) return source == GitlabSource::kManual ? Truth::kYes : Truth::kNo;
  }
  if (!branch && source != GitlabSource::kTag) return Truth::kNo;
  if (ref == "main" || ref == "master" || ref == "$CI_DEFAULT_BRANCH")
    return branch ? Truth::kYes : Truth::kNo;
  return Truth::kUnknown;
}

Truth refs_match(const DataNode* list, GitlabSource source, Truth without_refs) {
  const DataNode* refs = list->is_mapping() ? list->find("refs") : list;
  if (refs == nullptr) return without_refs;
  Truth result = Truth::kNo;
  for (const std::string& ref : refs->strings()) result = result || ref_matches(ref, source);
  return result;
}

}  // namespace

Truth gitlab_condition(std::string_view expression, GitlabSource source) {
  return evaluate_expression(expression, [source](std::string_view name) { return variable(name, source); });
}

GitlabVerdict gitlab_job_runs(const DataNode& job, GitlabSource source) {
  const bool own = allows_failure(job.find("allow_failure"));
  const std::string_view when = job.get("when", "on_success");
  if (const DataNode* rules = job.find("rules"); rules != nullptr && rules->is_sequence()) {
    GitlabVerdict verdict = read_rules(*rules, source, when);
    verdict.allow_failure = verdict.allow_failure || own;
    return verdict;
  }
  GitlabVerdict verdict;
  apply_when(when, verdict);
  verdict.line = job.find("when") == nullptr ? 0 : job.line_of("when");
  // A manual job that nobody starts does not hold the pipeline, unless it says so.
  verdict.allow_failure = job.find("allow_failure") == nullptr ? verdict.manual : own;
  if (verdict.runs == Truth::kNo) return verdict;
  const Truth usual = source == GitlabSource::kMergeRequest ? Truth::kNo : Truth::kYes;
  const DataNode* only = job.find("only");
  const DataNode* except = job.find("except");
  verdict.runs = only == nullptr ? usual : refs_match(only, source, usual);
  if (except != nullptr) verdict.runs = verdict.runs && !refs_match(except, source, Truth::kNo);
  const bool by_variable = (only != nullptr && only->find("variables") != nullptr) ||
                           (except != nullptr && except->find("variables") != nullptr);
  if (by_variable && verdict.runs == Truth::kYes) verdict.runs = Truth::kUnknown;
  if (verdict.runs != Truth::kYes && only != nullptr) verdict.line = job.line_of("only");
  return verdict;
}

GitlabVerdict gitlab_pipeline_runs(const DataNode* rules, GitlabSource source) {
  if (rules == nullptr || !rules->is_sequence()) return {};
  return read_rules(*rules, source, "always");
}

}  // namespace mlgrade
