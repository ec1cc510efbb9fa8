// Requirements and assumptions by number, and what holds each of them.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/document_checks.h"
#include "rules/support/pointers.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kIds = 3;
constexpr size_t kMostShown = 6;

// "REQ-1", "ASM12", "REQ-F-03": the id that a row or item starts with; empty if none. "REQUEST_TIMEOUT" is
// none.
std::string_view id_of(std::string_view text) {
  for (std::string_view prefix : {"REQ", "ASM", "SPEC", "ENV", "SR", "NFR", "FR"}) {
    if (!text.starts_with(prefix)) continue;
    std::string_view id = text.substr(prefix.size());
    id = id.substr(0, id.find_first_not_of("-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    while (id.ends_with('-') || id.ends_with('_')) id.remove_suffix(1);
    const bool apart = !id.empty() && (id.front() < 'A' || id.front() > 'Z');
    if (apart && id.find_first_of("0123456789") != std::string_view::npos)
      return text.substr(0, prefix.size() + id.size());
  }
  return {};
}

struct Requirement {
  std::string id;
  std::string text;  // what stands beside the id
  Span at;
  Span block;  // the item, or the table that it is a row of
};

std::vector<Requirement> requirements_of(const Document& document) {
  std::vector<Requirement> out;
  for (const Paragraph& paragraph : document.paragraphs) {
    const std::string_view id = paragraph.list_item ? id_of(paragraph.text) : std::string_view();
    if (!id.empty()) out.push_back({std::string(id), paragraph.text, paragraph.span, paragraph.span});
  }
  for (const DocTable& table : document.tables) {
    for (size_t r = 0; r < table.rows.size(); ++r) {
      const std::vector<std::string>& row = table.rows[r];
      const std::string_view id = row.empty() ? std::string_view() : id_of(row.front());
      if (id.empty()) continue;
      std::string text;
      for (size_t c = 1; c < row.size(); ++c) text += row[c] + " ";
      out.push_back({std::string(id), text, row_span(table, r), table.span});
    }
  }
  return out;
}

// "REQ-1" and "req_1" are one.
std::string plain(std::string_view text) {
  std::string out;
  for (char c : text) out += c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// A test says which requirement it holds: by its name, test_req_1_answers_in_time, or by a mark,
// @pytest.mark.requirement("REQ-1").
bool names_id(const RuleInput& in, const TestCase& test, const std::string& id) {
  const PyFunction* function = in.facts.function(test.function);
  if (function == nullptr) return false;
  const std::string name = plain(function->name.view()) + "_";
  if (name.find("_" + plain(id) + "_") != std::string::npos) return true;
  const PythonModule& module = in.facts.python[test.function.module];
  for (const PyDecorator& decorator : function->decorators) {
    if (decorator.call == kNone || decorator.name.view().find("parametrize") != std::string_view::npos)
      continue;
    const IndexRange args = module.calls[decorator.call].args;
    for (uint32_t a = args.begin; a < args.end; ++a) {
      const PyValue& value = module.args[a].value;
      if (plain(value.text.view()) == plain(id)) return true;
      for (uint32_t e = value.elements().begin; e < value.elements().end; ++e) {
        if (plain(module.values[e].text.view()) == plain(id)) return true;
      }
    }
  }
  return false;
}

// What holds each requirement, and the first that nothing does.
struct Trace {
  size_t held = 0;
  bool all_linked = true;
  std::string why;
  std::vector<Link> links;
};

Trace trace(const RuleInput& in, const Document& document, const std::vector<Requirement>& all) {
  Trace out;
  for (const Requirement& one : all) {
    const std::vector<Pointer> pointers = pointers_in(in, document, one.text, one.at.line);
    const auto by = std::find_if(pointers.begin(), pointers.end(), [](const Pointer& p) { return p.holds; });
    Link link;
    bool linked = false;
    if (by != pointers.end()) {
      link = {by->at, by->name};
      linked = by->linked;
    } else if (const uint32_t test =
                   best_test(in, [&](const TestCase& t) { return names_id(in, t, one.id); });
               test != kNone && in.graph.reached_by(in.graph.node_of_test(test)) == Reach::By::kAutomatic) {
      const PyFunction& function = *in.facts.function(in.facts.tests[test].function);
      link = {function.span, fmt::format("{} names {}", function.name.view(), one.id)};
    } else {
      if (out.why.empty()) {
        out.why = pointers.empty() ? fmt::format("no test that runs by itself holds {}", one.id)
                                   : fmt::format("{}: {}", one.id, pointers.front().why);
      }
      continue;
    }
    ++out.held;
    out.all_linked &= linked;
    if (out.links.size() >= 2 * kMostShown) continue;
    out.links.push_back({one.at, one.id});
    out.links.push_back(std::move(link));
  }
  return out;
}

void add_document(const RuleInput& in, const Document& document, const std::vector<Requirement>& all,
                  RuleOutput& output) {
  const Trace traced = trace(in, document, all);
  std::vector<DocumentCheck> checks = checks_of(in, document.file, "checks-links");
  std::erase_if(checks, [&](const DocumentCheck& check) { return check.links_only && !traced.all_linked; });
  for (DocumentCheck& tool : checks_of(in, document.file, "traces-requirements")) {
    const bool known = std::any_of(checks.begin(), checks.end(),
                                   [&](const DocumentCheck& check) { return check.at == tool.at; });
    if (!known) checks.push_back(std::move(tool));
  }
  const bool whole = traced.held == all.size();
  const std::string lacks = !whole
                                ? fmt::format("{} of {} are traced; {}", traced.held, all.size(), traced.why)
                            : checks.empty() ? "each is traced, and no check keeps that true"
                                             : "";
  const std::string what = fmt::format("{} requirements and assumptions with ids", all.size());
  Written written;
  written.document = &document;
  written.place = all.front().block;
  output.evidence.push_back(written_evidence(
      written, what, lacks.empty() ? "the check that traces them does not run by itself" : lacks));
  if (!lacks.empty()) return;
  for (const DocumentCheck& check : checks) {
    Evidence evidence = evidence_of(check, all.front().block, what + ", each traced to what holds it");
    evidence.links.insert(evidence.links.end(), traced.links.begin(), traced.links.end());
    output.evidence.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    const std::vector<Requirement> all = requirements_of(document);
    if (all.size() >= kIds) add_document(in, document, all, output);
  }
}

}  // namespace

extern const Rule risk_requirements;
const Rule risk_requirements{
    .summary = "requirements and assumptions are listed, each with a name and what holds it",
    .why = "An assumption that nobody wrote down is found out by the users.",
    .fix =
        "Give each requirement and each assumption about the world an id, and name the test or check that "
        "holds it.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (requirements, assumptions)",
    .run = run,
};

}  // namespace mlgrade::rules
