// Every limit on what the analysed repository may cost us. Reaching one is reported as a Problem.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mlgrade {

inline constexpr uint64_t kMaxFileBytes = 8u << 20;       // a larger text file is not parsed
inline constexpr uint64_t kMaxNotebookBytes = 64u << 20;  // notebooks carry their outputs
inline constexpr uint64_t kMaxRepoFiles = 500'000;        // entries listed in one repository
inline constexpr size_t kMaxLinkProblems = 20;            // symbolic links complained about one by one
inline constexpr uint32_t kMaxCommits = 20'000;           // commits of the history that are looked at
inline constexpr size_t kMaxBranches = 10'000;            // whose names are kept
inline constexpr size_t kMaxBotCommits = 1'000;           // kept as facts, the newest first
inline constexpr uint64_t kMaxRuleFileBytes = 1u << 20;   // .gitignore, .gitattributes, .gitmodules
inline constexpr int kMaxTreeDepth = 400;                 // nesting of syntax that passes descend into
inline constexpr int kMaxShellDepth = 150;                // of shell: each level needs more stack
inline constexpr int kMaxDocumentDepth = 100;             // nesting of YAML, JSON and TOML
inline constexpr size_t kMaxDocumentNodes = 1'000'000;    // nodes of one document after aliases are expanded
inline constexpr int kMaxIncludeDepth = 20;               // workflows calling workflows, make including make
inline constexpr int kMaxAliasHops = 32;                  // import x as y, re-exported and bound again
inline constexpr size_t kMaxUnreadText = 20'000;          // bytes kept of a script in an unknown language
inline constexpr size_t kMaxChainLinks = 64;              // links of one evidence chain

}  // namespace mlgrade
