// All is looked at before anything is written.
#include "analyzer/run_init.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "analyzer/base/printable.h"
#include "analyzer/run_init_texts.h"
#include "analyzer/run_output.h"

namespace mlgrade {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

// Why the file must not be written; "" if it may be.
std::string obstacle(const fs::path& root, const InitFile& file, bool force) {
  std::error_code error;
  const std::string name = "'" + printable(file.path) + "'";
  fs::path at = root;
  for (const fs::path& part : fs::path(file.path)) {
    if (at != root && !fs::is_directory(at, error))
      return name + " has no folder to lie in: a file is in the way";
    at /= part;
    const fs::file_status status = fs::symlink_status(at, error);
    if (status.type() == fs::file_type::symlink) return name + " lies behind a link, which is not followed";
    if (status.type() == fs::file_type::not_found) return "";
  }
  if (!fs::is_regular_file(at, error)) return name + " is no file";
  return force ? "" : name + " is there already; --force replaces it";
}

// A commit is read, or a bare git directory that holds none yet.
bool has_work_tree(const Repo& repo) {
  std::error_code ignored;
  const fs::path root = repo.root;
  return repo.revision.empty() && !(is_there(root / "HEAD") && fs::is_directory(root / "objects", ignored) &&
                                    fs::is_directory(root / "refs", ignored));
}

std::string joined(const std::vector<InitFile>& files) {
  std::string out;
  for (const InitFile& file : files) out += (out.empty() ? "" : ", ") + printable(file.path);
  return out;
}

// Each file behind a comment with its name, so that the whole reads as YAML.
std::string proposal(const fs::path& root, const std::vector<InitFile>& files) {
  std::string out;
  for (const InitFile& file : files) {
    out += (out.empty() ? "" : "\n") + std::string("# ---- ") + printable(file.path);
    if (is_there(root / file.path)) out += ", which is there already: --force replaces it";
    out += "\n" + file.text;
  }
  return out + "\n# Nothing is written yet: `mlgrade init --write` writes " + joined(files) + ".\n";
}

std::string said_last(const std::vector<InitFile>& files, const InitWishes& wishes) {
  std::string out = "wrote " + joined(files) + "\n";
  if (wishes.workflow == "github") {
    out +=
        "set the variables MLGRADE_REPOSITORY and MLGRADE_REVISION in the settings of the repository: the "
        "workflow builds mlgrade from there\n";
  } else if (wishes.workflow == "gitlab") {
    if (wishes.has_gitlab_ci) out += "add to .gitlab-ci.yml: include: [{local: .gitlab/mlgrade.yml}]\n";
    out += "set the variable MLGRADE_IMAGE in the settings of the project: an image that holds mlgrade\n";
  }
  return out;
}

bool write_files(const fs::path& root, const std::vector<InitFile>& files, std::string& error) {
  for (const InitFile& file : files) {
    const fs::path path = root / file.path;
    std::error_code failed;
    fs::create_directories(path.parent_path(), failed);
    if (failed) {
      error = "cannot make the folder of '" + printable(file.path) + "': " + failed.message();
      return false;
    }
    if (!write_output(path.string(), file.text, error)) return false;
  }
  return true;
}

}  // namespace

bool init_repository(const Options& options, const Analysis& analysis, const Definitions& definitions,
                     std::string& error) {
  if (!has_work_tree(analysis.repo)) {
    error = "'" + printable(options.path) + "' has no work tree to write into";
    return false;
  }
  const fs::path root = analysis.repo.root;
  InitWishes wishes;
  wishes.workflow = options.workflow;
  // Of several systems the weakest is shown; the file is that of all unless one is asked for.
  if (!options.project.empty()) wishes.project = analysis.project.value_or("");
  wishes.branch = analysis.repo.history.default_branch.str();
  wishes.has_gitlab_ci = is_there(root / ".gitlab-ci.yml");
  const Report report = report_of(analysis, definitions);
  const std::vector<InitFile> files = init_files(report, definitions.rubric, wishes, error);
  if (files.empty()) return false;
  if (!options.write) return write_output("", proposal(root, files), error);
  for (const InitFile& file : files) {
    error = obstacle(root, file, options.force);
    if (error.empty()) continue;
    error += "; nothing was written";
    return false;
  }
  return write_files(root, files, error) && write_output("", said_last(files, wishes), error);
}

}  // namespace mlgrade
