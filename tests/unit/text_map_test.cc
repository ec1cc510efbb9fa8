// Tables with few promises and many users: texts to values, pairs of nodes to edges.
#include "analyzer/base/text_map.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "analyzer/graph/edge_index.h"

namespace mlgrade {
namespace {

TEST(TextMap, KeepsFewAndManyInTheOrderAdded) {
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back("name_" + std::to_string(i * 7919));
  TextMap<int> map;
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(map.find(texts[i]), nullptr);
    map[texts[i]] = static_cast<int>(i);
    ASSERT_NE(map.find(texts[i / 2]), nullptr);
    EXPECT_EQ(*map.find(texts[i / 2]), static_cast<int>(i / 2));
  }
  map[texts[3]] += 1000;
  size_t at = 0;
  for (const auto& [text, value] : map) {
    EXPECT_EQ(text, texts[at]);
    EXPECT_EQ(value, static_cast<int>(at) + (at == 3 ? 1000 : 0));
    ++at;
  }
  EXPECT_EQ(at, texts.size());
  EXPECT_EQ(map.find(""), nullptr);
}

TEST(TextHash, TellsTextsOfEveryLengthApart) {
  const std::string text = "a text of some length";
  for (size_t i = 0; i < text.size(); ++i) {
    std::string other = text.substr(0, i + 1);
    const size_t hash = text_hash(other);
    EXPECT_EQ(hash, text_hash(text.substr(0, i + 1)));
    EXPECT_NE(hash, text_hash(text.substr(0, i)));
    other[i / 2] = '#';
    EXPECT_NE(hash, text_hash(other));
  }
}

TEST(EdgeIndex, GivesEachPairTheNumberThatItGotFirst) {
  EdgeIndex index;
  uint32_t number = 0;
  for (uint32_t from = 0; from < 200; ++from) {
    for (uint32_t to = 0; to < 20; ++to) EXPECT_EQ(index.try_emplace(from, to, number++).second, true);
  }
  number = 0;
  for (uint32_t from = 0; from < 200; ++from) {
    for (uint32_t to = 0; to < 20; ++to) {
      const auto [kept, fresh] = index.try_emplace(from, to, 1'000'000);
      EXPECT_FALSE(fresh);
      EXPECT_EQ(kept, number++);
    }
  }
}

}  // namespace
}  // namespace mlgrade
