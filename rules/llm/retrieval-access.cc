// What a user may not read does not come back from retrieval, and a test shows it.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool names_reader(std::string_view name) {
  return has_word(name, {"tenant", "tenants", "user", "users", "acl", "acls", "permission", "permissions",
                         "group", "groups", "role", "roles", "org", "owner", "access", "allowed"});
}
bool is_filter(std::string_view keyword) {
  return keyword == "filter" || keyword == "where" || keyword == "filters" || keyword == "query_filter" ||
         keyword == "expr" || keyword == "namespace" || keyword == "tenant" || keyword == "search_kwargs" ||
         keyword == "pre_filter";
}

// `store.similarity_search(q, filter={"tenant": user.tenant})`
bool filters_by_reader(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (!is_filter(arg.keyword.view())) continue;
    if (arg.keyword == "tenant") return true;
    for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) {
      if (names_reader(module.names[r].view())) return true;
    }
    for (uint32_t e = arg.value.elements().begin; e < arg.value.elements().end; ++e) {
      if (module.values[e].kind == PyValue::Kind::kString && names_reader(module.values[e].text.view()))
        return true;
    }
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  for (const Use* use : product_uses(in, "retrieves")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    if (!filters_by_reader(in.facts.python[use->function.module], *call)) continue;
    const uint32_t test = test_through(in, {node_of(in, *use)}, [&](const TestCase& t) {
      return test_speaks_of(in, t,
                            {"tenant", "tenants", "acl", "permission", "permissions", "other user", "access",
                             "forbidden", "leak", "leaks", "not allowed", "may not"});
    });
    if (test != kNone) {
      output.evidence.push_back(test_evidence(in, test, "a test asks for what the reader may not see",
                                              {{use->span, "retrieval is filtered by who asks"}}));
    }
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = use->span;
    evidence.what = "retrieval is filtered by who asks";
    evidence.worth = 0.5;
    evidence.worth_why = "no test asks for what the reader may not see";
    output.evidence.push_back(std::move(evidence));
    return;
  }
}

}  // namespace

extern const Rule llm_retrieval_access;
const Rule llm_retrieval_access{
    .summary = "retrieval gives only what the one who asks may read",
    .why = "An index knows no owners: what was put in comes out for everybody.",
    .fix =
        "Filter by who asks in the query to the index, and test that another's passage does not come back.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (security), for retrieval",
    .run = run,
};

}  // namespace mlgrade::rules
