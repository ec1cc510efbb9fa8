// Fixtures written as prose: a Markdown file, a scenario for each heading, an in-memory repository from its
// code blocks, and what is expected of it.
//
//   ## Fitting on all rows lets the test rows shape the scaler
//
//   ```py train.py
//   scaler.fit(X)  # want: fitted on rows
//   ```
//
// `# want: text` (also `//`, `--` or `<!-- -->`) at the end of a line: the rule speaks of this line, and what
// it says contains the text. The marker is taken off before the text is scanned. Where a file cannot hold a
// marker, a block ```want with lines `path:line text` or `path text` (the file as a whole) says the same. A
// block ```expect holds YAML: `as-of: 2026-01-01`, and in tests/items what each item should get. Blocks
// without a path are prose. A date behind the path, ```md docs/card.md 2026-03-01, is that of the file's last
// commit. Under the heading "In every scenario" stand files that each scenario has, unless
// it brings one of the same path itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/base/date.h"

namespace mlgrade::testing_support {

struct Want {
  std::string path;
  uint32_t line = 0;  // 0: the file as a whole
  std::string text;   // empty: whatever is said
  int fixture_line = 0;
};

struct Scenario {
  std::string title;
  int line = 0;  // of its heading in the fixture
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<std::pair<std::string, Date>> dates;  // of last commits, by path
  std::vector<Want> wants;
  DataNode expect;  // null if there is no such block
  int expect_line = 0;
  std::optional<Date> as_of;
};

struct Fixture {
  std::string path;  // from the repository root
  std::vector<Scenario> scenarios;
  std::vector<std::string> mistakes;  // in the fixture itself, "line: what"
};

Fixture read_fixture(const std::string& path, std::string_view text);
// All fixtures below a folder of the source tree, sorted by path.
std::vector<Fixture> read_fixtures(const std::string& folder);

}  // namespace mlgrade::testing_support
