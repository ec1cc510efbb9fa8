// Three-valued truth of Groovy expressions, for each event.
#include "analyzer/passes/jenkins/conditions.h"

#include <algorithm>

#include "analyzer/base/limits.h"
#include "analyzer/passes/text.h"

namespace mlgrade::jenkins {
namespace {

using Value = ConditionValue;

constexpr size_t kMaxText = 200'000;

// A branch job has the branch in BRANCH_NAME, a request "PR-1", a tag its name.
Value variable(std::string_view name, CiEvent event, const Values& values) {
  const bool parameter = name.starts_with("params.");
  if (name.starts_with("env.")) name.remove_prefix(4);
  const bool request = event == CiEvent::kPullRequest;
  if (name == "BRANCH_NAME" || name == "GIT_BRANCH" || name == "scm.branches") {
    return request || event == CiEvent::kTag ? Value::some() : Value::default_branch();
  }
  if (name == "BRANCH_IS_PRIMARY") return Value::of(request || event == CiEvent::kTag ? "false" : "true");
  if (name == "CHANGE_TARGET") return request ? Value::default_branch() : Value::null();
  if (name.starts_with("CHANGE_")) return request ? Value::some() : Value::null();
  if (name == "TAG_NAME") return event == CiEvent::kTag ? Value::some() : Value::null();
  const auto known = values.find(name);
  if (known == values.end() || (parameter && event == CiEvent::kManual)) return {};
  return Value::of(known->second);
}

Value value_of(const GroovyNode& node, CiEvent event, const Values& values, int depth);

Truth truth(const GroovyNode& node, CiEvent event, const Values& values, int depth) {
  return is_truthy(value_of(node, event, values, depth));
}

Value from(Truth truth) {
  return truth == Truth::kUnknown ? Value{} : Value::of(truth == Truth::kYes ? "true" : "false");
}

// `env.BRANCH_NAME.startsWith('release')`: the receiver's name ends up in that of the call.
Value call_value(const GroovyNode& node, CiEvent event, const Values& values, int depth) {
  if (node.name == "isUnix") return Value::of("true");
  if (node.receiver.empty() || node.args.size() != 1) return {};
  const Value left = value_of(node.receiver[0], event, values, depth + 1);
  const Value right = value_of(node.args[0], event, values, depth + 1);
  if (node.name == "equals" || node.name == "equalsIgnoreCase") return from(equal_values(left, right));
  if (right.kind != Value::Kind::kText) return {};
  if (node.name == "toBoolean") return left;
  if (left.kind == Value::Kind::kText && node.name == "contains") {
    return from(left.text.find(right.text) != std::string::npos ? Truth::kYes : Truth::kNo);
  }
  if (left.kind == Value::Kind::kText && node.name == "startsWith") {
    return from(left.text.starts_with(right.text) ? Truth::kYes : Truth::kNo);
  }
  return {};
}

Value operator_value(const GroovyNode& node, CiEvent event, const Values& values, int depth) {
  const auto operand = [&](size_t i) { return value_of(node.children[i], event, values, depth + 1); };
  if (node.children.size() == 1 && node.name == "!") return from(!is_truthy(operand(0)));
  if (node.name == "?:" && node.children.size() == 3) {
    const Truth choice = is_truthy(operand(0));
    if (choice == Truth::kUnknown) return {};
    return operand(choice == Truth::kYes ? 1 : 2);
  }
  if (node.children.size() != 2) return {};
  if (node.name == "&&") return from(is_truthy(operand(0)) && is_truthy(operand(1)));
  if (node.name == "||") return from(is_truthy(operand(0)) || is_truthy(operand(1)));
  if (node.name == "==" || node.name == "===") return from(equal_values(operand(0), operand(1)));
  if (node.name == "!=" || node.name == "!==") return from(!equal_values(operand(0), operand(1)));
  if (node.name == "=~" || node.name == "==~") return from(matches_regex(operand(0), node.children[1].text));
  if (node.name == "in") {
    const GroovyNode& list = node.children[1];
    if (list.kind != GroovyKind::kList) return {};
    Truth result = Truth::kNo;
    for (const GroovyNode& item : list.children) {
      result = result || equal_values(operand(0), value_of(item, event, values, depth + 1));
    }
    return from(result);
  }
  return {};
}

Value value_of(const GroovyNode& node, CiEvent event, const Values& values, int depth) {
  if (depth > kMaxTreeDepth) return {};
  switch (node.kind) {
    case GroovyKind::kConst:
      if (node.text == "null") return Value::null();
      return node.text.empty() ? Value{} : Value::of(node.text);
    case GroovyKind::kString: {
      const Text text = text_of(node, values);
      return text.text.find("${{") == text.text.npos ? Value::of(text.text) : Value{};
    }
    case GroovyKind::kName:
      return variable(node.text, event, values);
    case GroovyKind::kCall:
      return call_value(node, event, values, depth);
    case GroovyKind::kOperator:
      return operator_value(node, event, values, depth);
    default:
      return {};
  }
}

// The value of a closure is that of its last statement.
EventTruth closure_truth(const std::vector<GroovyNode>& statements, const Values& values) {
  if (statements.size() != 1) return EventTruth::all(Truth::kUnknown);
  const GroovyNode& last = statements.back();
  if (last.kind != GroovyKind::kReturn) return truth_of(last, values);
  return last.children.empty() ? EventTruth::all(Truth::kNo) : truth_of(last.children[0], values);
}

std::string first_text(const GroovyNode& call, const Values& values) {
  const GroovyNode* first = call.first_arg();
  if (first == nullptr) first = call.arg("pattern");
  return first == nullptr ? "" : text_of(*first, values).text;
}

EventTruth branch_holds(const GroovyNode& call, const Values& values) {
  const Truth usual = takes_default_branch(first_text(call, values));
  return EventTruth::ask([&](CiEvent event) {
    return event == CiEvent::kPullRequest || event == CiEvent::kTag ? Truth::kNo : usual;
  });
}

EventTruth triggered_by(const GroovyNode& call, const Values& values) {
  const std::string cause = first_text(call, values);
  if (cause.find("Timer") != std::string::npos) return EventTruth::only(CiEvent::kSchedule);
  if (cause.find("SCM") != std::string::npos || cause.find("Branch") != std::string::npos) {
    return EventTruth::only(CiEvent::kPush) || EventTruth::only(CiEvent::kPullRequest);
  }
  if (cause.find("User") != std::string::npos || call.arg("cause") != nullptr) {
    return EventTruth::only(CiEvent::kManual);
  }
  return EventTruth::all(Truth::kUnknown);
}

EventTruth equals_holds(const GroovyNode& call, const Values& values) {
  const GroovyNode* expected = call.arg("expected");
  const GroovyNode* actual = call.arg("actual");
  if (expected == nullptr || actual == nullptr) return EventTruth::all(Truth::kUnknown);
  return EventTruth::ask([&](CiEvent event) {
    return equal_values(value_of(*expected, event, values, 0), value_of(*actual, event, values, 0));
  });
}

EventTruth condition_holds(const GroovyNode& call, const Values& values, int depth) {
  const std::string& name = call.kind == GroovyKind::kName ? call.text : call.name;
  if (name == "branch") return branch_holds(call, values);
  if (name == "changeRequest") return EventTruth::only(CiEvent::kPullRequest);
  if (name == "buildingTag" || name == "tag") return EventTruth::only(CiEvent::kTag);
  if (name == "not") return !when_holds(call.children, values, depth + 1);
  if (name == "allOf") return when_holds(call.children, values, depth + 1);
  if (name == "anyOf") {
    EventTruth any = EventTruth::all(Truth::kNo);
    for (const GroovyNode& each : call.children) any = any || condition_holds(each, values, depth + 1);
    return any;
  }
  if (name == "expression") return closure_truth(call.children, values);
  if (name == "triggeredBy") return triggered_by(call, values);
  if (name == "equals") return equals_holds(call, values);
  if (name == "isRestartedRun") return EventTruth::all(Truth::kNo);
  // Changes of files come now and then.
  const bool passes = name == "changeset" || name == "changelog" || name.starts_with("before");
  return EventTruth::all(passes ? Truth::kYes : Truth::kUnknown);
}

}  // namespace

EventTruth truth_of(const GroovyNode& expression, const Values& values) {
  return EventTruth::ask([&](CiEvent event) { return truth(expression, event, values, 0); });
}

EventTruth when_holds(const std::vector<GroovyNode>& statements, const Values& values, int depth) {
  EventTruth all;
  if (depth > 50) return EventTruth::all(Truth::kUnknown);
  for (const GroovyNode& each : statements) all = all && condition_holds(each, values, depth);
  return all;
}

Text text_of(const GroovyNode& node, const Values& values) {
  Text out;
  out.line = node.line;
  if (node.kind == GroovyKind::kOperator && node.name == "+" && node.children.size() == 2) {
    out = text_of(node.children[0], values);
    const Text more = text_of(node.children[1], values);
    if (out.text.size() + more.text.size() <= kMaxText) out.text += more.text;
    out.block = out.block && more.text.find('\n') == std::string::npos;
    out.known = out.known || more.known;
    return out;
  }
  if (node.kind == GroovyKind::kName) {
    const std::string_view name =
        node.text.starts_with("env.") ? std::string_view(node.text).substr(4) : node.text;
    const auto known = values.find(name);
    out.known = known != values.end();
    out.text = out.known ? known->second : "${{ " + node.text + " }}";
    return out;
  }
  // `"...".stripIndent()`, `'''...'''.trim()`.
  if (node.kind == GroovyKind::kCall && node.receiver.size() == 1) return text_of(node.receiver[0], values);
  if (node.kind != GroovyKind::kString) {
    out.text = node.kind == GroovyKind::kConst ? node.text : "${{ value }}";
    return out;
  }
  out.block = node.block;
  out.known = true;
  std::string_view rest = node.text;
  while (!rest.empty()) {
    const size_t open = rest.find("${{ ");
    const size_t close = open == rest.npos ? rest.npos : rest.find(" }}", open);
    out.text += rest.substr(0, open);
    if (close == rest.npos) break;
    std::string_view name = trim(rest.substr(open + 4, close - open - 4));
    if (name.starts_with("env.")) name.remove_prefix(4);
    const auto known = values.find(name);
    out.text += known != values.end() ? std::string_view(known->second) : rest.substr(open, close + 3 - open);
    rest.remove_prefix(close + 3);
  }
  return out;
}

}  // namespace mlgrade::jenkins
