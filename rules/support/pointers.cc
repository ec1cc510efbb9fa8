// Resolves what documents name; no rule of its own.
#include "rules/support/pointers.h"

#include <fmt/format.h>

#include <algorithm>

#include "rules/support/alarms.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/paths.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/roles.h"

namespace mlgrade {
namespace {

using Kind = Pointer::Kind;

struct Verdicts {
  explicit Verdicts(const RuleInput& in) : all(verdicts_of(in)) {}
  std::vector<AlertVerdict> all;
};

std::string test_name(const TestCase& test) {
  const std::string_view id = test.id.view();
  const size_t colons = id.rfind("::");
  return std::string(colons == std::string_view::npos ? id : id.substr(colons + 2));
}

// "test_rows[case-1]" -> "test_rows"
std::string_view without_case(std::string_view name) { return name.substr(0, name.find('[')); }

void judge_test(const RuleInput& in, uint32_t t, Pointer& out) {
  const TestCase& test = in.facts.tests[t];
  out.kind = Kind::kTest;
  const PyFunction* function = in.facts.function(test.function);
  if (function != nullptr) out.at = function->span;
  const std::string name = test_name(test);
  const NodeId node = in.graph.node_of_test(t);
  if (test.skipped == Truth::kYes) {
    out.why = fmt::format("{} is skipped", name);
  } else if (!tests_project(test)) {
    out.why = fmt::format("{} shows nothing of the project", name);
  } else if (in.graph.reached_by(node) == Reach::By::kNothing) {
    out.why = fmt::format("nothing runs {}", name);
  } else if (in.graph.reached_by(node) == Reach::By::kManual) {
    out.why = fmt::format("only a person runs {}", name);
  } else if (in.graph.reach(node).effect == Effect::kSwallowed) {
    out.why = fmt::format("a failure of {} is lost", name);
  } else {
    out.holds = true;
  }
}

void judge_alert(const RuleInput& in, const AlertVerdict& verdict, Pointer& out) {
  const AlertRule& alert = *verdict.alert;
  out.kind = Kind::kAlert;
  out.at = alert.span;
  const std::string not_loaded = why_not_loaded(in, alert);
  if (verdict.fires == Truth::kNo) {
    out.why = fmt::format("the alert {} cannot fire: {}", alert.name.view(), verdict.why);
  } else if (!not_loaded.empty()) {
    out.why = fmt::format("the alert {}: {}", alert.name.view(), not_loaded);
  } else if (alert.routed == Truth::kNo) {
    out.why = fmt::format("nobody receives the alert {}", alert.name.view());
  } else {
    out.holds = true;
  }
}

bool runs(const RuleInput& in, NodeId node) {
  return node != kNone &&
         (contains_node(shared<Sides>(in).serving, node) || product_reach(in, node) != Reach::By::kNothing);
}

void judge_function(const RuleInput& in, PyRef ref, Pointer& out) {
  const PyFunction& function = *in.facts.function(ref);
  out.kind = Kind::kCode;
  out.at = function.span;
  if (function.is_stub) {
    out.why = fmt::format("{} does nothing", function.qualname.view());
  } else if (!runs(in, in.graph.node_of_function(ref))) {
    out.why = fmt::format("nothing runs {}", function.qualname.view());
  } else {
    out.holds = true;
  }
}

// The best of several that a name may stand for.
void take(const Pointer& found, Pointer& out) {
  if (out.holds || (out.kind != Kind::kNothing && !found.holds)) return;
  const bool linked = out.linked;
  const std::string name = out.name;
  out = found;
  out.linked = linked;
  out.name = name;
}

// A test by id, "tests/test_a.py::TestB::test_c", by its end, or by its name alone.
void find_tests(const RuleInput& in, std::string_view wanted, Pointer& out) {
  wanted = without_case(wanted);
  const bool path = wanted.find("::") != std::string_view::npos;
  if (!path && !wanted.starts_with("test_")) return;
  for (uint32_t t = 0; t < in.facts.tests.size() && !out.holds; ++t) {
    const std::string_view id = without_case(in.facts.tests[t].id.view());
    const bool same =
        id == wanted ||
        (id.ends_with(wanted) && id.size() > wanted.size() &&
         (id[id.size() - wanted.size() - 1] == '/' || (!path && id[id.size() - wanted.size() - 1] == ':')));
    if (!same) continue;
    Pointer found;
    judge_test(in, t, found);
    take(found, out);
  }
  if (out.kind == Kind::kNothing) out.why = fmt::format("there is no test {}", wanted);
}

void find_alerts(const RuleInput& in, std::string_view name, Pointer& out) {
  for (const AlertVerdict& verdict : shared<Verdicts>(in).all) {
    if (verdict.alert->name != name) continue;
    Pointer found;
    judge_alert(in, verdict, found);
    take(found, out);
  }
}

// "app.guards.clamp", "clamp()", "Guard.clamp", "app/guards.py:clamp".
void find_functions(const RuleInput& in, std::string_view name, Pointer& out) {
  std::string_view file;
  if (const size_t py = name.find(".py:"); py != std::string_view::npos) {
    file = name.substr(0, py + 3);
    name = name.substr(py + 4);
    while (name.starts_with(':')) name.remove_prefix(1);
  }
  const bool called = name.ends_with("()");
  if (called) name.remove_suffix(2);
  if (name.empty() || (!called && file.empty() && name.find('.') == std::string_view::npos)) return;
  for (uint32_t m = 0; m < in.facts.python.size() && !out.holds; ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    if (!file.empty() && !std::string_view(in.facts.path(module.file)).ends_with(file)) continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const std::string whole = module.name.str() + "." + module.functions[f].qualname.str();
      const bool same = whole == name || (whole.size() > name.size() && whole.ends_with(name) &&
                                          whole[whole.size() - name.size() - 1] == '.');
      if (!same) continue;
      Pointer found;
      judge_function(in, {m, f}, found);
      take(found, out);
    }
  }
}

// Tests of a file, alerts that its rules define, its code: the first that is at work.
void find_in_file(const RuleInput& in, const FileFact& file, std::string_view words, Pointer& out) {
  out.kind = Kind::kFile;
  out.at = Span{file.id, 1, 1, 1};
  Pointer best;
  for (uint32_t t = 0; t < in.facts.tests.size() && !best.holds; ++t) {
    const TestCase& test = in.facts.tests[t];
    if (in.facts.python[test.function.module].file != file.id) continue;
    const bool named = words.starts_with("test_") || words.find("::test_") != std::string_view::npos ||
                       words.find("#test_") != std::string_view::npos;
    if (named && words.find(without_case(test_name(test))) == std::string_view::npos) continue;
    Pointer found;
    judge_test(in, t, found);
    take(found, best);
  }
  for (const AlertVerdict& verdict : shared<Verdicts>(in).all) {
    if (verdict.alert->span.file != file.id || best.holds) continue;
    if (words.find(verdict.alert->name.view()) == std::string_view::npos) continue;
    Pointer found;
    judge_alert(in, verdict, found);
    take(found, best);
  }
  const PythonModule* module = in.facts.module_of(file.id);
  if (module != nullptr && !is_test_code(in.facts, file.id)) {
    const auto m = static_cast<uint32_t>(module - in.facts.python.data());
    for (uint32_t f = 0; f < module->functions.size() && !best.holds; ++f) {
      Pointer found;
      judge_function(in, {m, f}, found);
      take(found, best);
    }
  }
  if (best.kind == Kind::kNothing) {
    out.why = fmt::format("{} is neither a test, an alert nor code that runs", file.path.view());
  } else {
    const Pointer found = best;
    out.kind = Kind::kNothing;
    take(found, out);
  }
}

// Words of a text that may be names: cut at blanks, commas and brackets.
std::vector<std::string_view> tokens(std::string_view text) {
  constexpr std::string_view kCut = " ,;|\t\n`\"'<>";
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const size_t begin = text.find_first_not_of(kCut);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const size_t end = std::min(text.find_first_of(kCut), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    while (word.starts_with('(') || word.starts_with('[')) word.remove_prefix(1);
    while (word.ends_with('.') || word.ends_with(':') || word.ends_with(']') ||
           (word.ends_with(')') && !word.ends_with("()")))
      word.remove_suffix(1);
    if (word.size() > 3) out.push_back(word);
  }
  return out;
}

bool is_path(std::string_view word) {
  return word.find('/') != std::string_view::npos && word.find("://") == std::string_view::npos &&
         (word.ends_with(".py") || word.ends_with(".yml") || word.ends_with(".yaml") ||
          word.ends_with(".ipynb"));
}

// A word that names nothing is prose, unless it looks like a test or a file.
bool find_word(const RuleInput& in, std::string_view word, Pointer& out) {
  out.name = std::string(word);
  find_tests(in, word, out);
  if (out.kind != Kind::kNothing) return true;
  if (!out.why.empty()) return true;
  if (is_path(word)) {
    while (word.starts_with("./")) word.remove_prefix(2);
    const FileFact* file = in.facts.find_file(word);
    if (file == nullptr) {
      out.why = fmt::format("{} is not there", word);
    } else {
      find_in_file(in, *file, {}, out);
    }
    return true;
  }
  find_alerts(in, word, out);
  if (out.kind == Kind::kNothing) find_functions(in, word, out);
  return out.kind != Kind::kNothing;
}

}  // namespace

std::vector<Pointer> pointers_in(const RuleInput& in, const Document& document, std::string_view text,
                                 uint32_t line) {
  std::vector<Pointer> out;
  for (const DocLink& link : document.links) {
    if (line == 0 || link.span.line != line || link.image) continue;
    if (!link.text.empty() && text.find(link.text) == std::string_view::npos) continue;
    if (link.url.starts_with('#') || link.url.find("://") != std::string::npos) continue;
    Pointer pointer;
    pointer.name = link.text.empty() ? link.url : link.text;
    pointer.linked = true;
    const FileFact* file = linked_file(in.facts, document, link.url);
    if (file == nullptr) {
      pointer.why = fmt::format("{} is not there", link.url);
    } else {
      const size_t anchor = std::min(link.url.find('#'), link.url.size());
      find_in_file(in, *file, link.text + " " + link.url.substr(anchor), pointer);
    }
    out.push_back(std::move(pointer));
  }
  for (std::string_view word : tokens(text)) {
    const bool told = std::any_of(out.begin(), out.end(),
                                  [&](const Pointer& p) { return p.name.find(word) != std::string::npos; });
    Pointer pointer;
    if (!told && find_word(in, word, pointer)) out.push_back(std::move(pointer));
  }
  return out;
}

Span row_span(const DocTable& table, size_t row) {
  const uint32_t line = table.span.line + 2 + static_cast<uint32_t>(row);
  return {table.span.file, line, 1, line};
}

std::vector<size_t> answer_columns(const DocTable& table) {
  std::vector<size_t> out;
  for (size_t c = 0; c < table.header.size(); ++c) {
    if (has_word(table.header[c],
                 {"mitigation", "mitigations",  "mitigated",  "control", "controls", "countermeasure",
                  "safeguard",  "safeguards",   "guard",      "action",  "actions",  "response",
                  "responses",  "answer",       "answers",    "test",    "tests",    "tested",
                  "verified",   "verification", "check",      "checks",  "alert",    "alerts",
                  "detection",  "detected",     "evidence",   "held",    "met",      "proof",
                  "measure",    "measures",     "prevention", "defence", "defense",  "by"}))
      out.push_back(c);
  }
  return out;
}

MetRows met_rows(const RuleInput& in, const Document& document, const DocTable& table,
                 const std::vector<size_t>& rows) {
  constexpr size_t kMostShown = 8;
  const std::vector<size_t> columns = answer_columns(table);
  MetRows out;
  for (size_t row : rows) {
    const Span at = row_span(table, row);
    std::string text;
    for (size_t c : columns) {
      if (c < table.rows[row].size()) text += table.rows[row][c] + " ";
    }
    const std::vector<Pointer> pointers = pointers_in(in, document, text, at.line);
    const auto by = std::find_if(pointers.begin(), pointers.end(), [](const Pointer& p) { return p.holds; });
    ++out.asked;
    if (by == pointers.end()) {
      out.named |= !pointers.empty();
      if (out.why.empty()) {
        out.why = fmt::format("line {}: {}", at.line,
                              pointers.empty() ? "it names no test, alert or code" : pointers.front().why);
      }
      continue;
    }
    ++out.met;
    out.all_linked &=
        std::any_of(pointers.begin(), pointers.end(), [](const Pointer& p) { return p.holds && p.linked; });
    if (out.links.size() >= kMostShown) continue;
    out.links.push_back({at, fmt::format("the row is met by {}", by->name)});
    out.links.push_back({by->at, by->name});
  }
  return out;
}

}  // namespace mlgrade
