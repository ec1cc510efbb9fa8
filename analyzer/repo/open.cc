// Opens a snapshot: decides between a folder on disk and a commit, lists the files, attaches the history.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "analyzer/base/limits.h"
#include "analyzer/repo/classify.h"
#include "analyzer/repo/git.h"
#include "analyzer/repo/history.h"
#include "analyzer/repo/listing.h"
#include "analyzer/repo/own_report.h"
#include "analyzer/repo/repo.h"
#include "analyzer/repo/tree.h"
#include "analyzer/repo/walk.h"

namespace mlgrade {
namespace {

OpenedRepo refuse(std::string error) {
  OpenedRepo out;
  out.error = std::move(error);
  return out;
}

// "/x/service" and "/x/service.git" and "/x/service/.git" are all called service.
std::string title_of(std::string path) {
  const auto last = [](const std::string& p) { return p.substr(p.rfind('/') + 1); };
  if (last(path) == ".git") path = path.substr(0, path.rfind('/'));
  std::string name = last(path);
  if (name.size() > 4 && name.ends_with(".git")) name.resize(name.size() - 4);
  return name.empty() ? "/" : name;
}

void fill_from_disk(const std::string& root, const OpenedGit& git, Repo& repo) {
  Listing listing;
  walk_folder(root, git.repository ? tracked_files(git) : TrackedFiles{}, listing);
  if (!git.error.empty()) {
    listing.problem(ProblemKind::kUnreadable, "", "git's data cannot be read: " + git.error);
  }
  listing.move_to(repo);
  repo.load = [root](const FileFact& file, std::string& error) {
    return read_disk_file(root + "/" + file.path.str(), kMaxNotebookBytes, error);
  };
}

// History belongs to whole repositories; that of a folder within one is left out.
void attach_history(const OpenedGit& git, const git_commit* head, Repo& repo) {
  if (git.prefix.empty()) repo.history = read_history(git.repository.get(), head, repo.files);
}

// False with a sentence in `error` if the revision does not exist.
bool fill_from_commit(const OpenedGit& git, const std::string& revision, bool history, Repo& repo,
                      std::string& error) {
  const GitCommit commit = find_commit(git.repository.get(), revision.empty() ? "HEAD" : revision, error);
  if (!commit) return false;
  Listing listing;
  if (!list_tree(git, commit.get(), listing, error)) return false;
  listing.move_to(repo);
  repo.load = tree_loader(git, commit.get());
  char id[GIT_OID_HEXSZ + 1];
  repo.revision = git_oid_tostr(id, sizeof id, git_commit_id(commit.get()));
  if (history) attach_history(git, commit.get(), repo);
  return true;
}

using Head = std::function<std::string(const FileFact&)>;

Head head_on_disk(const std::string& root) {
  return [root](const FileFact& file) { return read_disk_head(root + "/" + file.path.str(), kReportHead); };
}

Head head_of_blob(const Repo& repo) {
  return [&repo](const FileFact& file) {
    std::string error;
    std::string text;
    if (file.bytes <= kMaxFileBytes) text = repo.load(file, error).value_or("");
    return text.substr(0, kReportHead);
  };
}

}  // namespace

OpenedRepo open_repo(const RepoOptions& options) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(options.path.c_str(), nullptr), &std::free);
  if (!real) return refuse("cannot open '" + options.path + "': " + std::strerror(errno));
  const std::string root = real.get();
  struct stat info {};
  if (stat(root.c_str(), &info) != 0)
    return refuse("cannot open '" + options.path + "': " + std::strerror(errno));
  if (!S_ISDIR(info.st_mode))
    return refuse("'" + options.path + "' is a file; a folder or a git directory is needed");

  const OpenedGit git = open_git(root);
  OpenedRepo out;
  Repo& repo = out.repo.emplace();
  repo.root = options.path;
  repo.name = title_of(root);
  const bool from_commit = !options.revision.empty() || (git.repository && !git.work_tree);
  if (!from_commit) {
    fill_from_disk(root, git, repo);
    std::string error;
    const GitCommit head =
        git.repository && options.history ? find_commit(git.repository.get(), "HEAD", error) : nullptr;
    if (head) attach_history(git, head.get(), repo);
  } else if (!git.repository) {
    return refuse("'" + options.path + "' is not a git repository, so there is no revision '" +
                  options.revision + "'" + (git.error.empty() ? "" : ": " + git.error));
  } else if (options.revision.empty() && git_repository_head_unborn(git.repository.get()) == 1) {
    repo.load = [](const FileFact&, std::string& error) -> std::optional<std::string> {
      error = "the repository is empty";
      return std::nullopt;
    };
  } else {
    std::string error;
    if (!fill_from_commit(git, options.revision, options.history, repo, error))
      return refuse(error + " in '" + options.path + "'");
  }
  classify(repo);
  leave_out_own_reports(repo, from_commit ? head_of_blob(repo) : head_on_disk(root));
  return out;
}

}  // namespace mlgrade
