// Which code is whose: product code, tests, notebooks; and where the repository uses what a capability stands
// for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// Test code: files with collected tests, conftest.py, and what lies below a folder named tests or test.
bool is_test_code(const FactStore& facts, FileId file);
bool is_notebook(const FactStore& facts, FileId file);
bool is_sample(const FactStore& facts, FileId file);

// Uses of a capability outside samples, in the order of places.
std::vector<const Use*> uses_of(const RuleInput& in, std::string_view capability);
// The same in product code only: neither tests nor samples.
std::vector<const Use*> product_uses(const RuleInput& in, std::string_view capability);

// The node whose run uses it: the function, module or command; kNone for a file or a base class.
NodeId node_of(const RuleInput& in, const Use& use);

// True if something else runs the node, itself run or not.
bool is_led_to(const Graph& graph, NodeId node);

// The call behind a use; null when it is no call.
const PyCall* call_of(const RuleInput& in, const Use& use);

// The test that a function belongs to, directly: kNone if it is none.
uint32_t test_of(const FactStore& facts, PyRef function);

// True if any of the words stands in the name as a word of its own ("f1_score" holds "f1", "proof" does not
// hold "roof"). Words are cut at '_', '.', '-', '/', blanks and changes of case; comparison ignores case.
bool has_word(std::string_view name, std::initializer_list<std::string_view> words);

// The words of a name in lower case, cut in the same way.
std::vector<std::string> words_of(std::string_view name);

// The project's object that the call is a method of, or the class that it constructs, by its dotted name
// where it was defined: "churn.schemas.rows" for `rows.validate(df)`. Empty: none of the project's.
Name object_of(const PythonModule& module, const PyCall& call);

// What stands in the repository, for a sentence: "`shap.TreeExplainer`", "`dbt source freshness`",
// "gitleaks/gitleaks-action", "@asset_check", a file's path.
std::string name_of(const RuleInput& in, const Use& use);

}  // namespace mlgrade
