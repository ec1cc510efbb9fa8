// Follows names through one function, asks what the function does with them, and goes on with its callers
// when it returns them.
#include "rules/support/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/followed.h"

namespace mlgrade {
namespace {

constexpr int kDepth = 4;

using IsLook = std::function<bool(uint32_t call)>;

// What the call gives carries the verdict, as a whole.
AnswerSources from_call(uint32_t call) {
  AnswerSources sources;
  sources.calls[call].whole = true;
  sources.parts = false;
  return sources;
}

std::string called(const PyCall& call) {
  return fmt::format("`{}`", call.callee.empty() ? call.target.view() : call.callee.view());
}

bool only_tells(const PyCall& call) {
  std::string_view name = call.callee.view();
  return call.callee == "print" || call.method == "print" ||
         has_word(name, {"log", "logger", "logging", "print", "warn", "warnings", "report", "debug", "info",
                         "display", "echo", "pprint"});
}

bool writes(const RuleInput& in, uint32_t module, uint32_t call) {
  const PyCall& c = in.facts.python[module].calls[call];
  if (has_word(c.method.view(),
               {"write", "dump", "save", "to_json", "to_csv", "to_html", "savefig", "json", "html", "csv"}) &&
      has_word(c.method.view(), {"write", "dump", "save", "to", "savefig"})) {
    return true;
  }
  return std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    return use.kind == Use::Kind::kCall && use.function.module == module && use.call == call &&
           (use.capability == "tracks-experiments" || use.capability == "writes-data" ||
            use.capability == "pushes-metric");
  });
}

enum class Step { kFails, kStops, kAlerts, kReturns, kLost };

struct Outcome {
  Step step = Step::kLost;
  bool decides = false;
  Span at;  // what decides
  std::string what;
  Link publication;
  uint32_t collector = kNone;  // kReturns: the parameter that the verdict is put into
};

void consider(Outcome& out, Step step, Span at, std::string what) {
  out.decides = true;
  if (step >= out.step && out.at.valid()) return;
  if (step > out.step) return;
  out.step = step;
  out.at = at;
  out.what = std::move(what);
}

bool in_branch_of(const PythonModule& m, uint32_t block, uint32_t condition) {
  for (uint32_t b = block; b != kNone && b < m.blocks.size(); b = m.blocks[b].parent) {
    if (m.blocks[b].condition == condition) return true;
  }
  return false;
}

// `return rows`, `return rows.rename(...)`: what was looked at goes back, not what was found of it.
bool gives_parameter(const PythonModule& m, uint32_t function, const PyJump& jump) {
  std::string_view name;
  if (jump.value.kind == PyValue::Kind::kName) name = jump.value.text.view();
  if (jump.value.kind == PyValue::Kind::kCall) name = m.calls[jump.value.call].callee.view();
  name = name.substr(0, name.find('.'));
  const std::vector<PyParam>& params = m.functions[function].params;
  return std::any_of(params.begin(), params.end(), [&](const PyParam& p) {
    return p.name == Name(name) && p.name != "self" && p.name != "cls";
  });
}

// However the looks turn out, a caller gets what it handed in: every return gives a parameter back, and none
// is left out at the end.
bool returns_parameters_only(const PythonModule& m, uint32_t function) {
  if (function == kNone) return false;
  bool at_end = false;
  for (const PyJump& jump : jumps_in(m, function)) {
    if (jump.function != function) continue;
    at_end |= m.blocks[jump.block].kind == PyBlock::Kind::kFunction;
    if (jump.kind != PyJump::Kind::kRaise && !gives_parameter(m, function, jump)) return false;
  }
  return at_end;
}

// The function's last word is a raise, and a branch on the look returns before it comes to that.
void consider_last_raise(const Followed& f, uint32_t condition, Outcome& out) {
  const PythonModule& m = f.module();
  if (f.function() == kNone) return;
  const auto jumps = jumps_in(m, f.function());
  const bool spared = std::ranges::any_of(jumps, [&](const PyJump& jump) {
    return jump.function == f.function() && jump.kind == PyJump::Kind::kReturn &&
           in_branch_of(m, jump.block, condition);
  });
  if (!spared) return;
  for (const PyJump& jump : jumps) {
    const bool last = jump.function == f.function() && jump.kind == PyJump::Kind::kRaise &&
                      m.blocks[jump.block].kind == PyBlock::Kind::kFunction;
    if (last) consider(out, Step::kFails, jump.span, "raises when none of its looks returns before");
  }
}

// What stands in the branches of a condition that fails nothing: an early return or the work itself.
void consider_branches(const RuleInput& in, const Followed& f, uint32_t condition, Outcome& out) {
  const PythonModule& m = f.module();
  const bool as_it_came = returns_parameters_only(m, f.function());
  for (const PyJump& jump : jumps_in(m, f.function())) {
    if (jump.function != f.function() || jump.kind != PyJump::Kind::kReturn || as_it_came) continue;
    if (!in_branch_of(m, jump.block, condition)) continue;
    bool empty = jump.value.kind == PyValue::Kind::kNone ||
                 (jump.value.kind == PyValue::Kind::kOther && jump.reads.empty() && jump.calls.empty());
    consider(out, empty ? Step::kStops : Step::kReturns, jump.span,
             empty ? "stops here" : "its result is returned");
  }
  consider_last_raise(f, condition, out);
  for (const PyCall& call : calls_in(m, f.function())) {
    if (call.function != f.function() || only_tells(call)) continue;
    bool own = call.function_ref.valid() || call.class_ref.valid();
    bool alerts = has_word(call.callee.view(), {"alert", "notify", "slack", "email", "pagerduty", "mail"});
    if (!own && !alerts) continue;
    if (!in_branch_of(m, call.block, condition)) continue;
    consider(out, alerts ? Step::kAlerts : Step::kStops, call.span,
             fmt::format("decides whether {} runs", called(call)));
  }
  (void)in;
}

// A function of the project that fails on what it is handed.
bool fails_inside(const RuleInput& in, PyRef target) {
  const PyFunction* function = in.facts.function(target);
  if (function == nullptr) return false;
  const PythonModule& m = in.facts.python[target.module];
  for (uint32_t c : indices(m.body(target.index).conditions)) {
    if (m.conditions[c].function != target.index || !condition_fails(m, c)) continue;
    for (uint32_t r = m.conditions[c].reads.begin; r < m.conditions[c].reads.end; ++r) {
      std::string_view read = m.names[r].view();
      for (const PyParam& param : function->params) {
        if (param.name == "self" || param.name == "cls") continue;
        std::string_view name = param.name.view();
        if (read == name || (read.starts_with(name) && read[name.size()] == '.')) return true;
      }
    }
  }
  return false;
}

void consider_calls(const RuleInput& in, uint32_t module_index, const Followed& f, Outcome& out) {
  for (uint32_t c : indices(f.module().body(f.function()).calls)) {
    const PyCall& call = f.module().calls[c];
    if (call.function != f.function()) continue;
    bool handed = false;
    for (uint32_t a = call.args.begin; a < call.args.end && !handed; ++a)
      handed = f.carries(f.module().args[a]);
    if (!handed) continue;
    if (call.target == "sys.exit" || call.callee == "exit" || call.callee == "quit") {
      consider(out, Step::kFails, call.span, "exits with the verdict");
    } else if (call.function_ref.valid() && fails_inside(in, call.function_ref)) {
      consider(out, Step::kFails, call.span, fmt::format("{} fails on the verdict", called(call)));
    } else if (writes(in, module_index, c) && !out.publication.span.valid()) {
      out.publication = {call.span, fmt::format("{} keeps the result", called(call))};
    }
  }
}

// `result.add_check(name, passed)`, `errors.append(...)` in a branch: an object that the caller handed over
// takes the verdict with it.
void consider_collectors(const Followed& f, Outcome& out) {
  const PythonModule& m = f.module();
  if (f.function() == kNone || (out.step != Step::kLost && out.at.valid())) return;
  const std::vector<PyParam>& params = m.functions[f.function()].params;
  for (const PyCall& call : calls_in(m, f.function())) {
    const std::string_view callee = call.callee.view();
    const size_t dot = callee.find('.');
    const bool collects = call.function == f.function() && dot != callee.npos &&
                          callee.find('.', dot + 1) == callee.npos &&
                          has_word(call.method.view(), {"append", "add", "update", "extend", "record"});
    if (!collects) continue;
    const auto param = std::find_if(params.begin(), params.end(), [&](const PyParam& p) {
      return p.name == Name(callee.substr(0, dot)) && p.name != "self" && p.name != "cls";
    });
    if (param == params.end()) continue;
    bool carried = f.decided_block(call.block);
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) carried |= f.carries(m.args[a]);
    if (!carried) continue;
    consider(out, Step::kReturns, call.span, fmt::format("{} takes it back to the caller", called(call)));
    out.collector = static_cast<uint32_t>(param - params.begin());
    return;
  }
}

Outcome outcome_of(const RuleInput& in, uint32_t module_index, const Followed& f) {
  const PythonModule& m = f.module();
  Outcome out;
  for (uint32_t c : indices(m.body(f.function()).conditions)) {
    const PyCondition& condition = m.conditions[c];
    if (condition.function != f.function() || condition.kind == PyCondition::Kind::kFilter || !f.looks(c))
      continue;
    out.decides = true;
    if (condition_fails(m, c)) {
      const PyBlock* except = swallowing_except(m, condition.block);
      if (except == nullptr) {
        bool asserts = condition.kind == PyCondition::Kind::kAssert;
        consider(out, Step::kFails, condition.span, asserts ? "asserts it" : "raises or exits on it");
      } else if (out.what.empty()) {
        out.what = "an `except` catches every failure and goes on";
        out.at = Span{};
      }
      continue;
    }
    consider_branches(in, f, c, out);
  }
  for (const PyJump& jump : jumps_in(m, f.function())) {
    if (jump.function != f.function() || jump.kind == PyJump::Kind::kRaise) continue;
    if (f.carries(jump.reads, jump.calls)) consider(out, Step::kReturns, jump.span, "its result is returned");
  }
  consider_calls(in, module_index, f, out);
  consider_collectors(f, out);
  return out;
}

VerdictPath path_of(const RuleInput& in, Passing& passing, PyRef function, const Outcome& out, Span origin,
                    int depth);

// What the caller has of the verdict: the result of the call, or the object that it handed over for it.
AnswerSources handed_back(const FactStore& facts, const PythonModule& module, uint32_t call,
                          uint32_t collector) {
  if (collector == kNone) return from_call(call);
  AnswerSources sources;
  const PyCall& c = module.calls[call];
  for (uint32_t a = c.args.begin; a < c.args.end; ++a) {
    const PyValue& value = module.args[a].value;
    if (value.kind == PyValue::Kind::kName && parameter_of(facts, module, c, a) == collector)
      sources.names.insert(value.text);
  }
  sources.parts = false;
  return sources;
}

// The best that any caller makes of what the function returns.
VerdictPath path_of_callers(const RuleInput& in, Passing& passing, PyRef function, uint32_t collector,
                            int depth) {
  VerdictPath best;
  bool first = true;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) && !is_test_code(in.facts, in.facts.python[function.module].file))
      continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      if (call.function_ref != function) continue;
      if (PyRef{m, call.function} == function) continue;
      AnswerSources sources = handed_back(in.facts, module, c, collector);
      if (sources.calls.empty() && sources.names.empty()) continue;
      const Followed f(passing, m, call.function, std::move(sources));
      VerdictPath path = path_of(in, passing, {m, call.function}, outcome_of(in, m, f), call.span, depth + 1);
      if (path.effect.effect == Effect::kBlocking)
        path.links.insert(path.links.begin(), Link{call.span, "gets the verdict"});
      if (first || path.effect.effect < best.effect.effect) best = std::move(path);
      first = false;
    }
  }
  return best;  // without a caller it is not reached, and that is the link to name
}

VerdictPath path_of(const RuleInput& in, Passing& passing, PyRef function, const Outcome& out, Span origin,
                    int depth) {
  VerdictPath path;
  switch (out.step) {
    case Step::kFails:
    case Step::kStops:
      path.links.push_back({out.at, out.what});
      return path;
    case Step::kAlerts:
      path.effect = {Effect::kReporting, out.at, "a failure is announced and stops nothing"};
      return path;
    case Step::kReturns:
      if (depth < kDepth && function.index != kNone) {
        path = path_of_callers(in, passing, function, out.collector, depth);
        if (path.effect.effect != Effect::kSwallowed || path.published || !out.publication.span.valid())
          return path;
        path.published = true;
        path.publication = out.publication;
        return path;
      }
      return path;
    case Step::kLost:
      break;
  }
  std::string why = !out.what.empty() ? out.what
                    : out.decides     ? "no branch on the result fails"
                                      : "the result is not looked at";
  path.effect = {Effect::kSwallowed, out.at.valid() ? out.at : origin, why};
  path.published = out.publication.span.valid();
  path.publication = out.publication;
  return path;
}

}  // namespace

const PyBlock* swallowing_except(const PythonModule& module, uint32_t block) {
  for (uint32_t at = block; at != kNone && at < module.blocks.size(); at = module.blocks[at].parent) {
    const PyBlock& here = module.blocks[at];
    if (here.kind == PyBlock::Kind::kFunction) return nullptr;
    if (here.kind != PyBlock::Kind::kTry) continue;
    for (const PyBlock& other : module.blocks) {
      bool catches = other.kind == PyBlock::Kind::kExcept && other.try_block == at && other.broad;
      if (catches && !other.reraises && !other.raises) return &other;
    }
  }
  return nullptr;
}

VerdictPath verdict_of_call(const RuleInput& in, uint32_t module_index, uint32_t call_index, Fails fails) {
  const PythonModule& module = in.facts.python[module_index];
  const PyCall& call = module.calls[call_index];
  VerdictPath path;
  if (fails == Fails::kNever) {
    path.effect = {Effect::kSwallowed, call.span, fmt::format("{} never fails", called(call))};
  } else if (fails == Fails::kReports) {
    path.effect = {Effect::kReporting, call.span, fmt::format("{} only reports", called(call))};
  } else if (fails == Fails::kReturns) {
    Passing passing(in.facts);
    const Followed f(passing, module_index, call.function, from_call(call_index));
    path = path_of(in, passing, {module_index, call.function}, outcome_of(in, module_index, f), call.span, 0);
  } else if (const PyBlock* except = swallowing_except(module, call.block)) {
    path.effect = {Effect::kSwallowed, except->span, "an `except` catches every failure and goes on"};
  }
  return path;
}

FunctionVerdict verdict_of_looks(const RuleInput& in, PyRef function, const IsLook& is_look,
                                 const std::function<bool(Name read)>& is_look_read) {
  const PythonModule& module = in.facts.python[function.module];
  Passing passing(in.facts);
  AnswerSources sources;
  sources.is_call = is_look;
  sources.is_read = is_look_read;
  sources.parts = false;
  const Followed f(passing, function.module, function.index, std::move(sources));
  Outcome out = outcome_of(in, function.module, f);
  Span origin = function.index == kNone ? Span{module.file, 1, 1, 1} : module.functions[function.index].span;
  return {out.decides || out.step != Step::kLost, path_of(in, passing, function, out, origin, 0)};
}

void take_verdict(const VerdictPath& path, Evidence& evidence) {
  evidence.effect = path.effect.effect;
  evidence.effect_at = path.effect.at;
  evidence.effect_why = path.effect.why;
  evidence.publishes = path.published;
  evidence.publication = path.publication;
}

}  // namespace mlgrade
