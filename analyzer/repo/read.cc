// Reads one file of a snapshot into a SourceFile; snapshots in memory.
#include <map>
#include <memory>

#include "analyzer/base/limits.h"
#include "analyzer/repo/classify.h"
#include "analyzer/repo/notebook.h"
#include "analyzer/repo/own_report.h"
#include "analyzer/repo/repo.h"
#include "analyzer/repo/text.h"

namespace mlgrade {
namespace {

void add_problem(std::vector<Problem>& problems, FileId id, ProblemKind kind, std::string message) {
  Problem problem;
  problem.kind = kind;
  problem.span.file = id;
  problem.message = std::move(message);
  problems.push_back(std::move(problem));
}

// Decodes `bytes` in place. False (with a problem) if it is no text.
bool to_text(std::string& bytes, SourceFile& file, std::vector<Problem>& problems) {
  const Encoding encoding = decode_text(bytes);
  switch (encoding) {
    case Encoding::kUtf8:
      return true;
    case Encoding::kBinary:
      add_problem(problems, file.id, ProblemKind::kNotAnalysable,
                  "binary content in a file that should be text");
      return false;
    case Encoding::kUtf16:
    case Encoding::kInvalidUtf8:
      file.valid_utf8 = false;
      if (file.language != Language::kOther) {
        add_problem(problems, file.id, ProblemKind::kEncoding,
                    encoding == Encoding::kUtf16 ? "UTF-16 instead of UTF-8; it was converted"
                                                 : "not UTF-8; the broken bytes were replaced");
      }
      return true;
  }
  return false;
}

// Turns the JSON in file.raw into Python text and its cell map.
void read_notebook(SourceFile& file, std::vector<Problem>& problems) {
  const ParsedNotebook notebook = parse_notebook(file.raw);
  if (!notebook.error.empty()) {
    add_problem(problems, file.id, ProblemKind::kSyntax, notebook.error);
  }
  if (!notebook.is_python()) {
    add_problem(problems, file.id, ProblemKind::kNotAnalysable,
                "a notebook in " + notebook.language + ", not in Python; its code was not analysed");
    return;
  }
  notebook_text(notebook, file.text, file.cell_lines);
}

}  // namespace

std::unique_ptr<SourceFile> Repo::read(FileId id, std::vector<Problem>& out) const {
  const FileFact& fact = files[index_of(id)];
  if (fact.vendored || fact.link) return nullptr;
  if (fact.language == Language::kBinary) {
    add_problem(out, id, ProblemKind::kNotAnalysable, "a binary file");
    return nullptr;
  }
  const bool is_notebook = fact.language == Language::kNotebook;
  const uint64_t limit = is_notebook ? kMaxNotebookBytes : kMaxFileBytes;
  if (fact.bytes > limit) {
    add_problem(out, id, ProblemKind::kLimit,
                std::to_string(fact.bytes) + " bytes, more than the " + std::to_string(limit) +
                    " that are read of a file");
    return nullptr;
  }
  std::string error;
  std::optional<std::string> bytes = load(fact, error);
  if (!bytes) {
    add_problem(out, id, ProblemKind::kUnreadable, "could not be read: " + error);
    return nullptr;
  }
  if (bytes->starts_with("version https://git-lfs.github.com/spec/")) {
    add_problem(out, id, ProblemKind::kNotAnalysable,
                "a Git LFS pointer; the content is not in the repository");
    return nullptr;
  }
  auto file = std::make_unique<SourceFile>();
  file->id = id;
  file->path = fact.path.str();
  file->language = fact.language;
  file->sample = fact.sample;
  if (!to_text(*bytes, *file, out)) return nullptr;
  if (is_notebook) {
    file->raw = std::move(*bytes);
    read_notebook(*file, out);
  } else {
    file->text = std::move(*bytes);
  }
  return file;
}

Repo memory_repo(std::vector<std::pair<std::string, std::string>> files) {
  using Texts = std::map<std::string, std::string, std::less<>>;
  auto texts = std::make_shared<Texts>();
  for (auto& [path, text] : files) texts->insert_or_assign(std::move(path), std::move(text));

  Repo repo;
  repo.name = "memory";
  for (const auto& [path, text] : *texts) {
    FileFact file;
    file.id = FileId{static_cast<uint32_t>(repo.files.size())};
    file.path = Name(path);
    file.bytes = text.size();
    file.language = detect_language(path, std::string_view(text).substr(0, text.find('\n')));
    repo.files.push_back(std::move(file));
  }
  repo.load = [texts](const FileFact& file, std::string& error) -> std::optional<std::string> {
    const auto it = texts->find(file.path.view());
    if (it != texts->end()) return it->second;
    error = "no such file";
    return std::nullopt;
  };
  classify(repo);
  leave_out_own_reports(repo, [&](const FileFact& file) {
    return texts->find(file.path.view())->second.substr(0, kReportHead);
  });
  return repo;
}

}  // namespace mlgrade
