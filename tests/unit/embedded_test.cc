// The embedded data files are those on disk, byte for byte and in order.
#include "analyzer/base/embedded.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/support/places.h"

namespace mlgrade {
namespace {

std::string read_source_file(const std::string& path) {
  std::ifstream in(source_dir() + "/" + path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(EmbeddedFiles, AreSortedAndUnique) {
  const auto files = embedded_files();
  for (size_t i = 1; i < files.size(); ++i) EXPECT_LT(files[i - 1].path, files[i].path);
}

TEST(EmbeddedFiles, HaveTheBytesOnDisk) {
  for (const EmbeddedFile& file : embedded_files()) {
    EXPECT_EQ(file.text, read_source_file(std::string(file.path))) << file.path;
  }
}

TEST(EmbeddedFiles, HoldEveryRuleAndRubricFile) {
  namespace fs = std::filesystem;
  std::set<std::string> embedded;
  for (const EmbeddedFile& file : embedded_files()) embedded.insert(std::string(file.path));
  const fs::path root = source_dir();
  for (const char* folder : {"rules", "rubric"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() != ".yaml") continue;
      const std::string path = entry.path().lexically_relative(root).generic_string();
      EXPECT_TRUE(embedded.contains(path)) << path;
    }
  }
}

}  // namespace
}  // namespace mlgrade
