// The repository passes, each defined in a file or folder of its own; run in the order of repo_passes.cc.
#pragma once

#include "analyzer/facts/fact_store.h"

namespace mlgrade::passes {

void resolve_python(FactStore& facts);
void judge_conditions(FactStore& facts);
void collect_tests(FactStore& facts);
void judge_tests(FactStore& facts);
void link_monitoring(FactStore& facts);
void collect_nox(FactStore& facts);
void count_code(FactStore& facts);
void collect_orchestrators(FactStore& facts);
void render_charts(FactStore& facts);
void collect_invoke(FactStore& facts);
void confirm_pre_commit_ci(FactStore& facts);
void apply_overlays(FactStore& facts);
void pass_inputs(FactStore& facts);
void detect_archetype(FactStore& facts);

}  // namespace mlgrade::passes
