// Fills in parameters and decides conditions.
#include "analyzer/passes/circleci/logic.h"

#include <algorithm>

#include "analyzer/base/limits.h"
#include "analyzer/passes/text.h"

namespace mlgrade::circle {
namespace {

constexpr size_t kMaxText = 200'000;  // of one scalar after filling in

std::string fill(std::string_view text, const Values& values) {
  std::string out;
  while (!text.empty() && out.size() < kMaxText) {
    const size_t open = text.find("<<");
    const size_t close = open == text.npos ? text.npos : text.find(">>", open);
    const bool one_line = close != text.npos && text.substr(open, close - open).find('\n') == text.npos;
    const std::string_view name = one_line ? trim(text.substr(open + 2, close - open - 2)) : "";
    const bool placeholder =
        !name.empty() && name.find(' ') == name.npos && name.find_first_of(".") != name.npos;
    if (!placeholder) {  // a here-document, a shift
      const size_t end = open == text.npos ? text.size() : open + 2;
      out += text.substr(0, end);
      text.remove_prefix(end);
      continue;
    }
    out += text.substr(0, open);
    const auto known = values.find(name);
    out += known != values.end() ? known->second : "${{ " + std::string(name) + " }}";
    text.remove_prefix(close + 2);
  }
  return out;
}

// What CircleCI says of the run itself.
ConditionValue pipeline_value(std::string_view name, CiEvent event, const Values& pipeline) {
  using Value = ConditionValue;
  const bool on_branch = event != CiEvent::kTag;
  if (name == "pipeline.git.branch") return on_branch ? Value::default_branch() : Value::null();
  if (name == "pipeline.git.branch.is_default") return on_branch ? Value::of("true") : Value::of("false");
  if (name == "pipeline.git.tag") return event == CiEvent::kTag ? Value::some() : Value::of("");
  if (name == "pipeline.trigger_source") {
    if (event == CiEvent::kSchedule) return Value::of("scheduled_pipeline");
    return event == CiEvent::kManual ? Value::of("api") : Value::of("webhook");
  }
  if (name.starts_with("pipeline.schedule.")) {
    return event == CiEvent::kSchedule ? Value::some() : Value::of("");
  }
  if (name == "pipeline.event.name") {
    return event == CiEvent::kPullRequest ? Value::of("pull_request") : Value::of("push");
  }
  const auto known = pipeline.find(name);
  if (known == pipeline.end()) return {};
  // Whoever starts a run by hand or sets up a schedule may give other values.
  if (event == CiEvent::kManual || event == CiEvent::kSchedule) return {};
  return Value::of(known->second);
}

ConditionValue scalar_value(const DataNode& node, CiEvent event, const Values& pipeline) {
  if (node.is_null()) return ConditionValue::null();
  std::string_view text = trim(std::string_view(node.text));
  if (text.starts_with("<<") && text.ends_with(">>") && text.find(">>") == text.size() - 2) {
    return pipeline_value(trim(text.substr(2, text.size() - 4)), event, pipeline);
  }
  if (text.find("<<") != text.npos) return {};
  if (text.starts_with("pipeline.") && text.find(' ') == text.npos) {
    return pipeline_value(text, event, pipeline);
  }
  return ConditionValue::of(text);
}

bool is_expression(std::string_view text) {
  for (std::string_view mark : {"==", "!=", "=~", " and ", " or ", "not "}) {
    if (text.find(mark) != text.npos) return true;
  }
  return false;
}

Truth scalar_truth(const DataNode& node, CiEvent event, const Values& pipeline) {
  if (!is_expression(node.text)) return is_truthy(scalar_value(node, event, pipeline));
  const std::string text = replace_all(replace_all(node.text, "<<", " "), ">>", " ");
  return evaluate_expression(text,
                             [&](std::string_view name) { return pipeline_value(name, event, pipeline); });
}

Truth all_equal(const DataNode& list, CiEvent event, const Values& pipeline) {
  Truth result = Truth::kYes;
  for (size_t i = 1; i < list.items.size(); ++i) {
    result = result && equal_values(scalar_value(list.items[0], event, pipeline),
                                    scalar_value(list.items[i], event, pipeline));
  }
  return result;
}

// Of a filter that lists names or /patterns/.
Truth any_takes_main(const DataNode& list) {
  Truth result = Truth::kNo;
  for (const std::string& pattern : list.strings()) result = result || takes_default_branch(pattern);
  return result;
}

bool takes_all(const DataNode* list) {
  if (list == nullptr) return false;
  const std::vector<std::string> patterns = list->strings();
  return std::any_of(patterns.begin(), patterns.end(),
                     [](const std::string& p) { return p == "/.*/" || p == "/.+/"; });
}

}  // namespace

void add_parameters(const DataNode* declared, const DataNode* given, std::string_view prefix, Values& out) {
  const auto set = [&](const std::string& name, const DataNode* value) {
    if (value == nullptr) return;
    const bool list = value->is_sequence() && !value->items.empty() && value->items[0].is_scalar();
    if (value->is_scalar() || list)
      out[std::string(prefix) + name] = list ? value->items[0].text : value->text;
  };
  if (declared != nullptr) {
    for (const auto& [name, how] : declared->entries) set(name, how.find("default"));
  }
  if (given == nullptr) return;
  for (const auto& [name, value] : given->entries) set(name, &value);
}

DataNode filled(const DataNode& node, const Values& values, int depth) {
  DataNode out = node;
  if (depth > kMaxDocumentDepth) return out;
  if (node.is_scalar() && node.text.find("<<") != std::string::npos) out.text = fill(node.text, values);
  for (DataNode& item : out.items) item = filled(item, values, depth + 1);
  for (auto& [name, value] : out.entries) value = filled(value, values, depth + 1);
  return out;
}

EventTruth logic(const DataNode& statement, const Values& pipeline, int depth) {
  if (depth > kMaxDocumentDepth) return EventTruth::all(Truth::kUnknown);
  if (statement.is_scalar()) {
    return EventTruth::ask([&](CiEvent event) { return scalar_truth(statement, event, pipeline); });
  }
  if (statement.entries.empty()) return EventTruth::all(Truth::kUnknown);
  const auto& [name, value] = statement.entries.front();
  if (name == "not") return !logic(value, pipeline, depth + 1);
  if (name == "and" || name == "or") {
    EventTruth out = EventTruth::all(name == "and" ? Truth::kYes : Truth::kNo);
    for (const DataNode& item : value.items) {
      const EventTruth one = logic(item, pipeline, depth + 1);
      out = name == "and" ? out && one : out || one;
    }
    return out;
  }
  if (name == "equal") {
    return EventTruth::ask([&](CiEvent event) { return all_equal(value, event, pipeline); });
  }
  const DataNode* pattern = value.find("pattern");
  const DataNode* matched = value.find("value");
  if (name != "matches" || pattern == nullptr || matched == nullptr) return EventTruth::all(Truth::kUnknown);
  return EventTruth::ask([&](CiEvent event) {
    return matches_regex(scalar_value(*matched, event, pipeline), pattern->string_or(""));
  });
}

// Branches run unless left out; tags only where a filter names them.
EventTruth filters(const DataNode* node) {
  EventTruth out;
  out[CiEvent::kTag] = Truth::kNo;
  out[CiEvent::kPullRequest] = Truth::kNo;  // a pull request is built as a push to its branch
  if (node == nullptr) return out;
  if (node->is_scalar()) return EventTruth::all(Truth::kUnknown);  // an expression
  const DataNode* branches = node->find("branches");
  const DataNode* tags = node->find("tags");
  if (branches != nullptr) {
    const DataNode* only = branches->find("only");
    const DataNode* ignore = branches->find("ignore");
    Truth push = only != nullptr ? any_takes_main(*only) : Truth::kYes;
    if (takes_all(ignore)) push = Truth::kNo;
    out[CiEvent::kPush] = out[CiEvent::kSchedule] = out[CiEvent::kManual] = push;
  }
  if (tags != nullptr && (tags->find("only") != nullptr || tags->find("ignore") != nullptr)) {
    out[CiEvent::kTag] = takes_all(tags->find("ignore")) ? Truth::kNo : Truth::kYes;
  }
  return out;
}

}  // namespace mlgrade::circle
