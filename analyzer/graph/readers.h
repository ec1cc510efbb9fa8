// Who looks at what a module keeps: functions in a table (`STEPS = [load, train]`) run where the table is
// read, not where it is written.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

class Readers {
 public:
  explicit Readers(const FactStore& facts) : facts_(facts) {}

  // Functions, here and in modules that import it, that read a name of the module's top level; sorted.
  const std::vector<PyRef>& of(uint32_t module, Name name);

 private:
  using Mentions = std::unordered_map<std::string, std::vector<uint32_t>>;  // "a", "a.b" -> functions

  const Mentions& mentions(uint32_t module);
  void add(uint32_t module, const std::string& name, std::vector<PyRef>& out);

  const FactStore& facts_;
  std::unordered_map<uint32_t, Mentions> mentions_;
  std::unordered_map<uint32_t, std::unordered_map<Name, std::vector<PyRef>>> known_;
  std::vector<std::vector<std::pair<uint32_t, uint32_t>>> importers_;  // by module: module and import
};

}  // namespace mlgrade
