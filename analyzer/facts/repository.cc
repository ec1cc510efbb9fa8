// Names of traits and languages, as rubric and reports write them.
#include "analyzer/facts/repository.h"

namespace mlgrade {
namespace {

struct NamedTrait {
  Trait trait;
  std::string_view name;
};

// What is known of a language as such, by its name as code that is not analysed. Those that hold no programs
// are not in the table.
struct CodeLanguage {
  Language language;
  std::string_view name;
  bool interface = false;
};

constexpr CodeLanguage kCode[] = {
    {Language::kPython, "Python that does not parse"},
    {Language::kNotebook, "notebooks that do not parse or are not in Python"},
    {Language::kR, "R"},
    {Language::kCpp, "C or C++"},
    {Language::kGroovy, "Groovy"},
    {Language::kSql, "SQL"},
    {Language::kJavaScript, "JavaScript or TypeScript", true},
    {Language::kJulia, "Julia"},
    {Language::kScala, "Scala"},
    {Language::kJava, "Java"},
    {Language::kKotlin, "Kotlin", true},
    {Language::kGo, "Go"},
    {Language::kRust, "Rust"},
    {Language::kCSharp, "C# or F#"},
    {Language::kSwift, "Swift", true},
    {Language::kObjectiveC, "Objective-C", true},
    {Language::kMatlab, "MATLAB"},
    {Language::kRuby, "Ruby"},
    {Language::kPhp, "PHP", true},
    {Language::kPerl, "Perl"},
    {Language::kLua, "Lua"},
    {Language::kHaskell, "Haskell or OCaml"},
    {Language::kFortran, "Fortran"},
    {Language::kClojure, "Clojure"},
    {Language::kElixir, "Elixir or Erlang"},
    {Language::kDart, "Dart", true},
    {Language::kSas, "SAS"},
    {Language::kStata, "Stata"},
    {Language::kCython, "Cython"},
};

const CodeLanguage* code_language(Language language) {
  for (const CodeLanguage& entry : kCode) {
    if (entry.language == language) return &entry;
  }
  return nullptr;
}

constexpr NamedTrait kTraits[] = {
    {Trait::kTraining, "training"},
    {Trait::kServing, "serving"},
    {Trait::kBatch, "batch"},
    {Trait::kLlmApp, "llm-app"},
    {Trait::kAgent, "agent"},
    {Trait::kLibrary, "library"},
    {Trait::kNotebookOnly, "notebook-only"},
    {Trait::kInfraOnly, "infra-only"},
    {Trait::kDocsOnly, "docs-only"},
    {Trait::kNoMl, "no-ml"},
};

}  // namespace

std::string_view language_name(Language language) {
  const CodeLanguage* known = code_language(language);
  return known == nullptr ? "" : known->name;
}

bool is_code(Language language) { return code_language(language) != nullptr; }

bool is_analysed_code(Language language) {
  return language == Language::kPython || language == Language::kNotebook;
}

bool is_interface_code(Language language) {
  const CodeLanguage* known = code_language(language);
  return known != nullptr && known->interface;
}

std::string_view trait_name(Trait trait) {
  for (const NamedTrait& entry : kTraits) {
    if (entry.trait == trait) return entry.name;
  }
  return "";
}

std::optional<Trait> trait_of_name(std::string_view name) {
  for (const NamedTrait& entry : kTraits) {
    if (entry.name == name) return entry.trait;
  }
  return std::nullopt;
}

}  // namespace mlgrade
