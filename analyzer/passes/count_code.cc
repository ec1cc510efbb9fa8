// How much of the repository's own code is in which language.
#include <algorithm>
#include <map>

#include "analyzer/passes/repo_passes.h"

namespace mlgrade::passes {
namespace {

// What a notebook's kernel or a block that is run is called.
Language language_of_kernel(std::string_view name) {
  if (name.empty() || name == "python") return Language::kPython;
  if (name == "r") return Language::kR;
  if (name == "julia") return Language::kJulia;
  if (name == "scala") return Language::kScala;
  return Language::kNotebook;
}

// Notebooks, and documents with blocks in R that are run, by the language of their code.
std::map<FileId, Language> code_in_documents(const FactStore& facts) {
  std::map<FileId, Language> out;
  const auto runs_r = [](const CodeBlock& block) { return block.language == "{r}"; };
  for (const Document& document : facts.documents) {
    if (std::any_of(document.code.begin(), document.code.end(), runs_r)) out[document.file] = Language::kR;
  }
  for (const Notebook& notebook : facts.notebooks)
    out[notebook.file] = language_of_kernel(notebook.language.view());
  return out;
}

// Groovy is what Jenkins and Gradle are told in: no part of a pipeline by itself.
bool counts(const FileFact& file) {
  return !file.vendored && !file.sample && !file.link && file.language != Language::kGroovy;
}

}  // namespace

void count_code(FactStore& facts) {
  const std::map<FileId, Language> documents = code_in_documents(facts);
  std::map<Language, CodeCensus::Part> parts;
  facts.code = CodeCensus{};
  for (const FileFact& file : facts.files) {
    if (!counts(file)) continue;
    const auto document = documents.find(file.id);
    const Language language = document != documents.end() ? document->second : file.language;
    if (!is_code(language)) continue;
    const PythonModule* module = facts.module_of(file.id);
    if (language == Language::kPython && module != nullptr && module->parsed) {
      ++facts.code.analysed;
      continue;
    }
    CodeCensus::Part& part = parts[language];
    if (part.files++ == 0) part.first = file.id;
    part.language = language;
  }
  for (const auto& [language, part] : parts) facts.code.unread.push_back(part);
  std::stable_sort(facts.code.unread.begin(), facts.code.unread.end(),
                   [](const auto& a, const auto& b) { return a.files > b.files; });
}

}  // namespace mlgrade::passes
