// Finds out by which texts each module can read what is asked for, and looks for these.
#include "analyzer/graph/readers.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mlgrade {
namespace {

// Texts by which one module reads what is asked for ("STEPS", "models.STEPS"), with the numbers of questions.
using Wanted = std::unordered_map<std::string, std::vector<uint32_t>>;
// Numbers of questions and functions of the module that answer them, several times maybe.
using Found = std::vector<std::pair<uint32_t, uint32_t>>;

// "a" and "a.b" of "a.b[].c()".
std::pair<std::string_view, std::string_view> starts_of(std::string_view dotted) {
  const std::string_view plain = dotted.substr(0, dotted.find_first_of("[("));
  const size_t dot = plain.find('.');
  if (dot == std::string_view::npos) return {plain, {}};
  return {plain.substr(0, dot), plain.substr(0, plain.find('.', dot + 1))};
}

// Every read of a name in a function of the module: note(name, function).
template <typename Note>
void for_each_read(const PythonModule& module, Note note) {
  const auto note_all = [&](IndexRange reads, uint32_t function) {
    for (uint32_t i = reads.begin; i < reads.end; ++i) note(module.names[i], function);
  };
  for (const PyCall& call : module.calls) {
    note(call.callee, call.function);
    for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
      note_all(module.args[i].reads, call.function);
      if (module.args[i].value.kind == PyValue::Kind::kName) note(module.args[i].value.text, call.function);
    }
  }
  for (const PyBinding& binding : module.bindings) {
    note_all(binding.reads, binding.function);
    const bool named =
        binding.value.kind == PyValue::Kind::kName || binding.value.kind == PyValue::Kind::kSubscript;
    if (named) note(binding.value.text, binding.function);
  }
  for (const PyCondition& condition : module.conditions) note_all(condition.reads, condition.function);
  for (const PyJump& jump : module.jumps) note_all(jump.reads, jump.function);
}

Found find_in(const PythonModule& module, const Wanted& wanted) {
  std::unordered_map<std::string_view, const std::vector<uint32_t>*> texts;
  for (const auto& [text, questions] : wanted) texts.emplace(text, &questions);
  Found found;
  for_each_read(module, [&](Name name, uint32_t function) {
    if (function == kNone) return;
    const auto [first, second] = starts_of(name.view());
    for (std::string_view text : {first, second}) {
      const auto at = text.empty() ? texts.end() : texts.find(text);
      if (at == texts.end()) continue;
      for (uint32_t question : *at->second) {
        const std::pair hit{question, function};
        if (found.empty() || found.back() != hit) found.push_back(hit);
      }
    }
  });
  return found;
}

}  // namespace

Readers::Readers(const FactStore& facts, std::vector<Question> questions) : questions_(std::move(questions)) {
  std::sort(questions_.begin(), questions_.end());
  questions_.erase(std::unique(questions_.begin(), questions_.end()), questions_.end());
  answers_.resize(questions_.size());

  const auto modules = static_cast<uint32_t>(facts.python.size());
  std::vector<IndexRange> of_module(modules);  // questions
  std::vector<Wanted> wanted(modules);
  for (uint32_t q = 0; q < questions_.size(); ++q) {
    const auto& [module, name] = questions_[q];
    if (of_module[module].empty()) of_module[module] = {q, q};
    of_module[module].end = q + 1;
    wanted[module][name.str()].push_back(q);
  }
  for (uint32_t m = 0; m < modules; ++m) {
    for (const PyImport& import : facts.python[m].imports) {
      if (import.project_module == kNone) continue;
      const IndexRange asked = of_module[import.project_module];
      for (uint32_t q = asked.begin; q < asked.end; ++q) {
        const Name name = questions_[q].second;
        std::string text = import.bound.str();
        if (import.name == "*") {
          text = name.str();
        } else if (import.name != name) {
          text += "." + name.str();  // import models; models.TABLE
        }
        wanted[m][std::move(text)].push_back(q);
      }
    }
  }

  std::vector<Found> found(modules);
  tbb::parallel_for(uint32_t{0}, modules, [&](uint32_t m) {
    if (!wanted[m].empty()) found[m] = find_in(facts.python[m], wanted[m]);
  });
  for (uint32_t m = 0; m < modules; ++m) {
    for (const auto& [question, function] : found[m]) answers_[question].push_back({m, function});
  }
  for (std::vector<PyRef>& answer : answers_) {
    std::sort(answer.begin(), answer.end());
    answer.erase(std::unique(answer.begin(), answer.end()), answer.end());
  }
}

const std::vector<PyRef>& Readers::of(uint32_t module, Name name) const {
  static const std::vector<PyRef> none;
  const auto at = std::lower_bound(questions_.begin(), questions_.end(), Question{module, name});
  return at == questions_.end() || *at != Question{module, name} ? none : answers_[at - questions_.begin()];
}

}  // namespace mlgrade
