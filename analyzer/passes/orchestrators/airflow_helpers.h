// Operators that a function of the project makes for its callers: a call of it is a task.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/passes/orchestrators/flows.h"

namespace mlgrade::passes {

bool is_operator_name(std::string_view target);  // of Airflow: an operator or a sensor

// Jinja's expressions and f-strings are none of the shell's: "{{ ds }}" and "{}" become variables.
std::string shell_text(std::string_view text);

// A call of an operator whose result the function gives back.
struct MadeOperator {
  uint32_t module = kNone;
  uint32_t call = kNone;
};
std::vector<MadeOperator> operators_made_by(const FactStore& facts, PyRef function);

// One of them as a certain call of the function has it made: its parameters stand for what they are given.
class HelperTask {
 public:
  HelperTask(FlowWriter& writer, uint32_t call, MadeOperator made);

  std::string id() const;  // "" if it is not known
  bool soft_fails() const;
  std::string trigger_rule() const;  // "" if it is the usual one
  void add_work(uint32_t unit);      // what the operator is given to do
  Span span() const;                 // of the operator in the function

 private:
  // A value and the module and call that it is written in.
  struct Given {
    uint32_t module = kNone;
    uint32_t call = kNone;
    const PyValue* value = nullptr;
  };
  Given given(std::string_view key, uint32_t position = kNone) const;
  Given behind_parameter(const PyValue* value) const;
  std::string text(std::string_view key) const;
  Given overridden() const;  // the command in the overrides of a container task
  std::string words(const Given& list) const;

  FlowWriter& writer_;
  uint32_t call_;  // of the function, in the writer's module
  MadeOperator made_;
};

}  // namespace mlgrade::passes
