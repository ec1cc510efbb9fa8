// Requirements and assumptions by number.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

// "REQ-1", "ASM12", "REQ-F-03": ids at the start of rows and items. "REQUEST_TIMEOUT" is none.
bool has_id(std::string_view text) {
  for (std::string_view prefix : {"REQ", "ASM", "SPEC", "ENV", "SR", "NFR", "FR"}) {
    if (!text.starts_with(prefix)) continue;
    std::string_view id = text.substr(prefix.size());
    id = id.substr(0, id.find_first_not_of("-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    const bool apart = !id.empty() && (id.front() < 'A' || id.front() > 'Z');
    if (apart && id.find_first_of("0123456789") != std::string_view::npos) return true;
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& output) {
  constexpr size_t kIds = 3;
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    size_t ids = 0;
    Span first;
    const auto note = [&](bool is_id, Span span) {
      if (!is_id) return;
      if (ids++ == 0) first = span;
    };
    for (const Paragraph& paragraph : document.paragraphs)
      note(paragraph.list_item && has_id(paragraph.text), paragraph.span);
    for (const DocTable& table : document.tables) {
      for (const std::vector<std::string>& row : table.rows)
        note(!row.empty() && has_id(row.front()), table.span);
    }
    if (ids < kIds) continue;
    Written written;
    written.document = &document;
    written.place = first;
    output.evidence.push_back(written_evidence(written,
                                               fmt::format("{} requirements and assumptions with ids", ids),
                                               "no check traces them to tests"));
  }
}

}  // namespace

extern const Rule risk_requirements;
const Rule risk_requirements{
    .summary = "requirements and assumptions are listed, each with a name",
    .why = "An assumption that nobody wrote down is found out by the users.",
    .fix =
        "Give each requirement and each assumption about the world an id, and name the test or check that "
        "holds it.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (requirements, assumptions)",
    .run = run,
};

}  // namespace mlgrade::rules
