// What the cells of a notebook show of a call that a cell makes.
#pragma once

#include "analyzer/engine/rule.h"

namespace mlgrade {

// The call's cell ran, and it or a later cell that ran and uses what the call gave shows something:
// `search = GridSearchCV(...)` shows nothing itself, `search.fit(X, y)` below it does. False outside of
// notebooks.
bool shown_run(const FactStore& facts, uint32_t module, uint32_t call);

}  // namespace mlgrade
