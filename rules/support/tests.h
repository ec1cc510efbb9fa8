// Tests as evidence: a test is worth what its run is worth, and nothing when its assertions show nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// Evidence of kind kCheck for a test: runs at its node, links from the test to `checked`, effect swallowed
// with the test's own defeat when no assertion of it is effective.
Evidence test_evidence(const RuleInput& in, uint32_t test, std::string what, std::vector<Link> checked);

// Defeats the evidence when nothing ever runs the test: it is not collected, or skipped. False if it may run.
bool defeat_unrun(const RuleInput& in, uint32_t test, Evidence& evidence);

// The span of a test's function; invalid when it has none.
Span place_of(const FactStore& facts, const TestCase& test);

// The best evidences only: sorts by how they are reached and how much they are worth, keeps at most `most`.
void keep_best(const RuleInput& in, std::vector<Evidence>& evidence, size_t most);

// First effective assertion of the test that `accept` takes; null if there is none.
const TestAssertion* effective_assertion(const TestCase& test,
                                         const std::function<bool(const TestAssertion&)>& accept);

// True if all that the test asserts is that something was turned away at the door: answers with status 4xx,
// or a refused construction of a request's class. Code behind the door never ran.
bool expects_refusal(const FactStore& facts, const TestCase& test);

}  // namespace mlgrade
