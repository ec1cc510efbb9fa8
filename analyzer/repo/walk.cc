// The walk: one readdir a folder, one stat a file, ignore rules carried along.
#include "analyzer/repo/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "analyzer/base/limits.h"
#include "analyzer/repo/classify.h"

namespace mlgrade {
namespace {

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

struct CloseFile {
  int fd = -1;
  explicit CloseFile(int f) : fd(f) {}
  CloseFile(const CloseFile&) = delete;
  CloseFile& operator=(const CloseFile&) = delete;
  ~CloseFile() {
    if (fd >= 0) close(fd);
  }
};

struct Entry {
  std::string name;
  mode_t type = 0;  // S_IFREG, S_IFDIR, S_IFLNK or 0
  uint64_t bytes = 0;
};

// How a folder is entered.
struct Mode {
  bool only_tracked = false;  // ignored, or a tool's: what git tracks counts all the same
};

bool is_tracked(const std::vector<std::string>& sorted, std::string_view path) {
  return std::binary_search(sorted.begin(), sorted.end(), path,
                            [](std::string_view a, std::string_view b) { return a < b; });
}

bool tracks_below(const std::vector<std::string>& sorted, std::string_view folder_with_slash) {
  const auto it = std::lower_bound(sorted.begin(), sorted.end(), folder_with_slash,
                                   [](const std::string& a, std::string_view b) { return a < b; });
  return it != sorted.end() && it->starts_with(folder_with_slash);
}

std::string first_bytes(int folder_fd, const std::string& name) {
  const CloseFile file(openat(folder_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  char buffer[160];
  const ssize_t got = file.fd < 0 ? -1 : read(file.fd, buffer, sizeof buffer);
  const std::string_view text(buffer, got > 0 ? static_cast<size_t>(got) : 0);
  return std::string(text.substr(0, text.find('\n')));
}

class Walker {
 public:
  Walker(const std::string& root, const TrackedFiles& tracked, Listing& out)
      : root_(root), tracked_(tracked), out_(out) {
    for (const PathPatterns& patterns : tracked.outer) ignore_.push_back(&patterns);
  }

  // `folder` is "" or ends with '/'. False when the limit on files is reached.
  bool walk(const std::string& folder, Mode mode);

 private:
  std::vector<Entry> read_entries(DIR* dir);
  bool enter(int fd, const std::string& path, Mode mode);
  bool add_file(int fd, const Entry& entry, const std::string& path);
  bool add_link(const std::string& path);
  bool wanted(const std::string& path, Mode mode) const {
    if (is_tracked(tracked_.paths, path)) return true;
    return !mode.only_tracked && !is_ignored(ignore_, path, false);
  }

  const std::string& root_;
  const TrackedFiles& tracked_;
  Listing& out_;
  std::vector<const PathPatterns*> ignore_;
};

std::vector<Entry> Walker::read_entries(DIR* dir) {
  std::vector<Entry> entries;
  while (const dirent* item = readdir(dir)) {
    const std::string_view name = item->d_name;
    if (name == "." || name == ".." || name == ".git") continue;
    Entry entry;
    entry.name = name;
    struct stat info {};
    if (item->d_type == DT_DIR) {
      entry.type = S_IFDIR;
    } else if (fstatat(dirfd(dir), item->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
      entry.type = info.st_mode & S_IFMT;
      entry.bytes = static_cast<uint64_t>(info.st_size);
    }
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

bool Walker::add_file(int fd, const Entry& entry, const std::string& path) {
  Language language = detect_language(path);
  if (language == Language::kOther && entry.bytes > 2 && entry.name.find('.') == std::string::npos) {
    language = detect_language(path, first_bytes(fd, entry.name));
  }
  return out_.add(path, entry.bytes, language);
}

bool Walker::add_link(const std::string& path) {
  const std::string full = root_ + "/" + path;
  char target[PATH_MAX];
  const ssize_t length = readlink(full.c_str(), target, sizeof target);
  if (length < 0) return out_.add_link(path, false, true);
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(full.c_str(), nullptr), &std::free);
  if (!real) {
    const bool escapes = link_escapes(path, std::string_view(target, static_cast<size_t>(length)));
    return out_.add_link(path, escapes, true);
  }
  const std::string_view resolved = real.get();
  const bool inside = resolved == root_ || (resolved.starts_with(root_) &&
                                            (root_.ends_with('/') || resolved[root_.size()] == '/'));
  return out_.add_link(path, !inside, false);
}

bool Walker::enter(int fd, const std::string& path, Mode mode) {
  if (std::binary_search(tracked_.submodules.begin(), tracked_.submodules.end(), path)) return true;
  const std::string name = path.substr(path.rfind('/') + 1);
  struct stat info {};
  if (fstatat(fd, (name + "/.git").c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return true;
  mode.only_tracked = mode.only_tracked || is_tool_folder(name) || is_ignored(ignore_, path, true) ||
                      fstatat(fd, (name + "/pyvenv.cfg").c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  if (mode.only_tracked && !tracks_below(tracked_.paths, path + "/")) return true;
  return walk(path + "/", mode);
}

bool Walker::walk(const std::string& folder, Mode mode) {
  const std::unique_ptr<DIR, CloseDir> dir(opendir((root_ + "/" + folder).c_str()));
  if (!dir) {
    out_.problem(ProblemKind::kUnreadable, "",
                 "the folder " + folder + " could not be opened: " + std::strerror(errno));
    return true;
  }
  const std::vector<Entry> entries = read_entries(dir.get());
  const int fd = dirfd(dir.get());

  PathPatterns patterns;
  const bool has_rules = std::any_of(entries.begin(), entries.end(),
                                     [](const Entry& entry) { return entry.name == ".gitignore"; });
  if (has_rules) {
    std::string error;
    const auto text = read_disk_file(root_ + "/" + folder + ".gitignore", kMaxRuleFileBytes, error);
    if (text) patterns = parse_ignore_file(folder, *text);
    ignore_.push_back(&patterns);
  }
  bool more = true;
  for (const Entry& entry : entries) {
    const std::string path = folder + entry.name;
    if (entry.type == S_IFDIR) {
      more = enter(fd, path, mode);
    } else if (entry.type == S_IFREG) {
      more = !wanted(path, mode) || add_file(fd, entry, path);
    } else if (entry.type == S_IFLNK) {
      more = !wanted(path, mode) || add_link(path);
    }
    if (!more) break;
  }
  if (has_rules) ignore_.pop_back();
  return more;
}

}  // namespace

void walk_folder(const std::string& root, const TrackedFiles& tracked, Listing& out) {
  Walker(root, tracked, out).walk("", Mode{});
}

std::optional<std::string> read_disk_file(const std::string& path, uint64_t limit, std::string& error) {
  const CloseFile file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (file.fd < 0 || fstat(file.fd, &info) != 0) {
    error = std::strerror(errno);
    return std::nullopt;
  }
  if (!S_ISREG(info.st_mode)) {
    error = "not a regular file";
    return std::nullopt;
  }
  if (static_cast<uint64_t>(info.st_size) > limit) {
    error = "larger than " + std::to_string(limit) + " bytes";
    return std::nullopt;
  }
  std::string text(static_cast<size_t>(info.st_size), '\0');
  size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = read(file.fd, text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      error = std::strerror(errno);
      return std::nullopt;
    }
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  text.resize(have);
  return text;
}

std::string read_disk_head(const std::string& path, size_t bytes) {
  const CloseFile file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (file.fd < 0 || fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode)) return "";
  std::string text(bytes, '\0');
  ssize_t got = 0;
  do {
    got = read(file.fd, text.data(), text.size());
  } while (got < 0 && errno == EINTR);
  text.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return text;
}

}  // namespace mlgrade
