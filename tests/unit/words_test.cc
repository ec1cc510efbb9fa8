// Arguments by keyword and by position.
#include "analyzer/engine/words.h"

#include <gtest/gtest.h>

namespace mlgrade {
namespace {

struct Call {
  PythonModule module;
  PyCall call;

  Call& with(std::string_view keyword, double number) {
    PyArg arg;
    if (!keyword.empty()) arg.keyword = Name(keyword);
    arg.value.kind = PyValue::Kind::kNumber;
    arg.value.number = number;
    module.args.push_back(arg);
    call.args.end = static_cast<uint32_t>(module.args.size());
    return *this;
  }
  bool has(std::string_view keyword, std::string_view wanted) const {
    return argument_matches(module, call, keyword, wanted);
  }
};

TEST(Arguments, GivenMeansNotNone) {
  Call call;
  call.module.args.push_back({.keyword = Name("schedule"), .value = {}, .reads = {}});
  call.module.args[0].value.kind = PyValue::Kind::kNone;
  call.call.args.end = 1;
  EXPECT_FALSE(call.has("schedule", "*"));
  call.module.args[0].value.kind = PyValue::Kind::kString;
  call.module.args[0].value.text = Name("main");
  EXPECT_TRUE(call.has("schedule", "*"));
  EXPECT_FALSE(call.has("schedule", "*!main"));
  EXPECT_TRUE(call.has("schedule", "*!daily"));
  EXPECT_FALSE(call.has("revision", "*!main"));
  EXPECT_TRUE(call.has("revision", "!main"));
}

TEST(Arguments, OfNumbersMayHaveALeastValue) {
  const Call call = Call().with("status", 503);
  EXPECT_TRUE(call.has("status", ">=400"));
  EXPECT_FALSE(call.has("status", ">=504"));
  EXPECT_TRUE(call.has("status", "503"));
}

TEST(Arguments, WithoutAKeywordGoByPosition) {
  const Call call = Call().with("size", 3).with("", 42).with("", 7);
  EXPECT_TRUE(call.has("0", "42"));
  EXPECT_TRUE(call.has("1", "7"));
  EXPECT_FALSE(call.has("2", "*"));
  EXPECT_FALSE(Call().has("0", "*"));
}

Command command(std::initializer_list<const char*> words) {
  Command out;
  for (const char* word : words) out.words.push_back({word, true});
  return out;
}

TEST(Commands, AreLookedThroughToWhatTheyStart) {
  EXPECT_TRUE(command_matches(command({"pip-audit"}), "pip-audit"));
  EXPECT_TRUE(command_matches(command({"python", "-m", "pip_audit"}), "pip-audit"));
  EXPECT_TRUE(command_matches(command({"uv", "run", "--frozen", "soda", "scan", "x.yml"}), "soda scan"));
  EXPECT_TRUE(command_matches(command({"docker", "run", "--rm", "image", "promtool", "check", "rules"}),
                              "promtool check rules"));
  EXPECT_TRUE(command_matches(command({"docker", "run", "image"}), "docker run"));
  EXPECT_TRUE(command_matches(command({"python", "-m", "great_expectations", "checkpoint", "run", "a"}),
                              "great_expectations checkpoint run"));
  EXPECT_FALSE(command_matches(command({"echo", "pip-audit"}), "pip-audit"));
}

TEST(Commands, OptionsMayStandAnywhereAndInBothSpellings) {
  const char* const failing = "trivy {fs,image} --exit-code=[1-9]*";
  EXPECT_TRUE(command_matches(command({"trivy", "image", "--exit-code", "1", "x"}), failing));
  EXPECT_TRUE(command_matches(command({"trivy", "fs", ".", "--exit-code=1"}), failing));
  EXPECT_FALSE(command_matches(command({"trivy", "image", "--exit-code", "0", "x"}), failing));
  EXPECT_FALSE(command_matches(command({"trivy", "image", "x"}), failing));
}

}  // namespace
}  // namespace mlgrade
