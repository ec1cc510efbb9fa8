// Files are written aside and renamed; devices and pipes directly.
#include "analyzer/run_output.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

namespace mlgrade {
namespace {

namespace fs = std::filesystem;

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::string failure(const std::string& path) {
  return "cannot write '" + path + "': " + std::strerror(errno);
}

bool write_directly(const std::string& path, std::string_view text, std::string& error) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool good = descriptor >= 0 && write_all(descriptor, text);
  if (!good) error = failure(path);
  if (descriptor >= 0 && close(descriptor) != 0 && good) {
    error = failure(path);
    return false;
  }
  return good;
}

mode_t wanted_mode(const struct stat* existing) {
  if (existing != nullptr) return existing->st_mode & 0777;
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

bool write_aside(const std::string& path, const struct stat* existing, std::string_view text,
                 std::string& error) {
  const fs::path folder = fs::path(path).has_parent_path() ? fs::path(path).parent_path() : fs::path(".");
  std::string name = (folder / ".mlgrade-XXXXXX").string();
  std::vector<char> buffer(name.c_str(), name.c_str() + name.size() + 1);
  const int descriptor = mkstemp(buffer.data());
  if (descriptor < 0) {
    error = failure(path);
    return false;
  }
  bool good = write_all(descriptor, text) && fchmod(descriptor, wanted_mode(existing)) == 0;
  if (!good) error = failure(path);
  if (close(descriptor) != 0 && good) {
    error = failure(path);
    good = false;
  }
  if (good && std::rename(buffer.data(), path.c_str()) != 0) {
    error = failure(path);
    good = false;
  }
  if (!good) unlink(buffer.data());
  return good;
}

bool says_utf8(const char* value) {
  const std::string_view text = value;
  return text.find("UTF-8") != std::string_view::npos || text.find("utf8") != std::string_view::npos ||
         text.find("UTF8") != std::string_view::npos || text.find("utf-8") != std::string_view::npos;
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return says_utf8(value);
  }
  return false;
}

int terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* given = std::getenv("COLUMNS");
  const int columns = given == nullptr ? 0 : std::atoi(given);
  return columns > 0 ? columns : 100;
}

bool wants_color() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

}  // namespace

bool write_output(const std::string& path, std::string_view text, std::string& error) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is a failure to tell, not the end
  if (path.empty() || path == "-") {
    if (write_all(STDOUT_FILENO, text)) return true;
    error = failure("standard output");
    return false;
  }
  struct stat info {};
  const bool exists = stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    error = "cannot write '" + path + "': it is a folder";
    return false;
  }
  if (exists && !S_ISREG(info.st_mode)) return write_directly(path, text, error);
  if (!exists) return write_aside(path, nullptr, text, error);
  if (access(path.c_str(), W_OK) != 0) {
    error = failure(path);
    return false;
  }
  std::error_code ignored;
  const fs::path real = fs::canonical(path, ignored);  // a link stays a link
  return write_aside(ignored ? path : real.string(), &info, text, error);
}

RenderOptions render_options(bool to_file, bool verbose) {
  RenderOptions out;
  out.verbose = verbose;
  out.color = !to_file && wants_color();
  out.unicode = to_file || locale_is_utf8();
  out.width = to_file ? 100 : terminal_width();
  return out;
}

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_ && terminal_) std::fputs("\r\x1b[K", stderr);
}

void Progress::say(std::string_view what, bool long_work) {
  if (quiet_ || (!terminal_ && !long_work)) return;
  const char* form = terminal_ ? "\r\x1b[Kmlgrade: %.*s ..." : "mlgrade: %.*s\n";
  std::fprintf(stderr, form, static_cast<int>(what.size()), what.data());
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace mlgrade
