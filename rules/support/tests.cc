// Builds evidence from collected tests.
#include "rules/support/tests.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "analyzer/facts/bodies.h"

namespace mlgrade {

Span place_of(const FactStore& facts, const TestCase& test) {
  const PyFunction* function = facts.function(test.function);
  return function == nullptr ? Span{} : function->span;
}

Evidence test_evidence(const RuleInput& in, uint32_t test, std::string what, std::vector<Link> checked) {
  const TestCase& t = in.facts.tests[test];
  Evidence evidence;
  evidence.mode = EvidenceMode::kCheck;
  evidence.place = place_of(in.facts, t);
  evidence.what = std::move(what);
  evidence.runs_at = in.graph.node_of_test(test);
  evidence.links = std::move(checked);
  if (!t.effective) {
    evidence.effect = Effect::kSwallowed;
    evidence.effect_why = t.defeat.empty() ? "the test asserts nothing that could fail" : t.defeat;
    evidence.effect_at = t.defeat_at.valid() ? t.defeat_at : evidence.place;
  }
  return evidence;
}

bool defeat_unrun(const RuleInput& in, uint32_t index, Evidence& evidence) {
  const TestCase& test = in.facts.tests[index];
  // A command may name what no pattern takes.
  const bool run = in.graph.reached_by(in.graph.node_of_test(index)) != Reach::By::kNothing;
  if (test.collected == Truth::kNo && !test.outside_test_paths && !run) {
    evidence.defeat = fmt::format("the test is not collected: {}", test.uncollected_why);
    evidence.defeat_at = test.uncollected_at;
    evidence.remedy = "Name it so that the test runner collects it, or let CI name its file.";
  } else if (test.skipped == Truth::kYes) {
    evidence.defeat = fmt::format("the test is skipped: {}", test.skipped_why);
    evidence.defeat_at = test.skipped_at;
    evidence.remedy = "Take the mark away, and give CI what the test needs.";
  } else {
    return false;
  }
  return true;
}

void keep_best(const RuleInput& in, std::vector<Evidence>& evidence, size_t most) {
  auto rank = [&](const Evidence& e) {
    const bool lost = !e.defeat.empty() || e.effect == Effect::kSwallowed;
    const bool check = e.mode == EvidenceMode::kCheck;
    const Reach::By by = in.graph.reached_by(e.runs_at);
    const bool runs = check && by != Reach::By::kNothing;
    return std::make_tuple(lost, check ? -static_cast<int>(by) : -1,
                           runs ? in.graph.reach(e.runs_at).effect : Effect::kBlocking, -e.worth, e.distance,
                           e.place);
  };
  std::vector<std::pair<decltype(rank(evidence.front())), size_t>> order;  // ranks cost more than comparisons
  for (size_t i = 0; i < evidence.size(); ++i) order.emplace_back(rank(evidence[i]), i);
  std::sort(order.begin(), order.end());
  std::vector<Evidence> best;
  for (size_t i = 0; i < std::min(most, order.size()); ++i)
    best.push_back(std::move(evidence[order[i].second]));
  evidence = std::move(best);
}

const TestAssertion* effective_assertion(const TestCase& test,
                                         const std::function<bool(const TestAssertion&)>& accept) {
  for (const TestAssertion& assertion : test.assertions) {
    if (assertion.worth == TestAssertion::Worth::kEffective && accept(assertion)) return &assertion;
  }
  return nullptr;
}

namespace {

enum class Answer { kOther, kAccepted, kRefused };

Answer answer_of(double status) {
  constexpr double kBadRequest = 400, kServerError = 500, kOk = 200;
  if (status >= kBadRequest && status < kServerError) return Answer::kRefused;
  return status >= kOk && status < kBadRequest ? Answer::kAccepted : Answer::kOther;
}

// 422, or HTTP_422_UNPROCESSABLE_ENTITY as frameworks name it.
Answer answer_of(const PythonModule& module, const PyValue& value) {
  if (value.kind == PyValue::Kind::kNumber) return answer_of(value.number);
  if (value.kind == PyValue::Kind::kName) {
    const size_t at = value.text.view().find("HTTP_");
    if (at == std::string_view::npos || at + 5 >= value.text.view().size()) return Answer::kOther;
    const char first = value.text.view()[at + 5];
    return first == '4' ? Answer::kRefused : first == '2' ? Answer::kAccepted : Answer::kOther;
  }
  Answer all = Answer::kOther;  // a list: any of these
  for (uint32_t e = value.elements().begin; e < value.elements().end && e < module.values.size(); ++e) {
    const Answer one = answer_of(module, module.values[e]);
    if (one != Answer::kRefused) return one;
    all = one;
  }
  return all;
}

bool reads_status(const PythonModule& module, IndexRange reads) {
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    std::string_view name = module.names[r].view();
    if (name.ends_with(".status_code") || name.ends_with(".status") || name == "status_code") return true;
  }
  return false;
}

// What the test says about statuses: conditions of its assert statements, arguments of assertEqual.
void add_answers(const PythonModule& module, uint32_t function, std::vector<Answer>& out) {
  for (const PyAssert& assertion : asserts_in(module, function)) {
    if (assertion.function != function || assertion.condition == kNone) continue;
    const PyCondition& condition = module.conditions[assertion.condition];
    if (!reads_status(module, condition.reads)) continue;
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      const PyComparison& comparison = module.comparisons[c];
      if (comparison.op != PyComparison::Op::kEqual && comparison.op != PyComparison::Op::kIn) continue;
      const Answer right = answer_of(module, comparison.right);
      out.push_back(right != Answer::kOther ? right : answer_of(module, comparison.left));
    }
  }
  for (const PyCall& call : calls_in(module, function)) {
    if (call.function != function || !call.method.view().starts_with("assertEqual")) continue;
    bool status = false;
    Answer answer = Answer::kOther;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      status |= reads_status(module, module.args[a].reads);
      const Answer one = answer_of(module, module.args[a].value);
      if (one != Answer::kOther) answer = one;
    }
    if (status) out.push_back(answer);
  }
}

// `with pytest.raises(ValidationError):` around a construction; a schema of rows that refuses is another
// matter and is called by name.
bool refuses_construction(const PythonModule& module, uint32_t function) {
  for (const PyCall& call : calls_in(module, function)) {
    if (call.function != function || (call.method != "raises" && call.method != "assertRaises")) continue;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      std::string_view name = module.args[a].value.text.view();
      name = name.substr(name.rfind('.') + 1);
      if (name == "ValidationError" || name == "RequestValidationError") return true;
    }
  }
  return false;
}

}  // namespace

bool expects_refusal(const FactStore& facts, const TestCase& test) {
  if (facts.function(test.function) == nullptr) return false;
  const PythonModule& module = facts.python[test.function.module];
  std::vector<Answer> answers;
  add_answers(module, test.function.index, answers);
  const auto is = [](Answer wanted) { return [wanted](Answer answer) { return answer == wanted; }; };
  if (std::any_of(answers.begin(), answers.end(), is(Answer::kAccepted))) return false;
  if (std::any_of(answers.begin(), answers.end(), is(Answer::kRefused))) return true;
  const bool only_raises = std::all_of(
      test.assertions.begin(), test.assertions.end(),
      [](const TestAssertion& a) { return a.raises || a.worth != TestAssertion::Worth::kEffective; });
  return only_raises && refuses_construction(module, test.function.index);
}

}  // namespace mlgrade
