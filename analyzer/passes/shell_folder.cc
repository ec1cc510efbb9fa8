// Following `cd`.
#include "analyzer/passes/shell_folder.h"

#include <array>
#include <cctype>

#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

constexpr std::array<std::string_view, 17> kRootNames = {"git rev-parse --show-toplevel)",
                                                         "$GITHUB_WORKSPACE",
                                                         "${GITHUB_WORKSPACE}",
                                                         "${{ github.workspace }}",
                                                         "$CI_PROJECT_DIR",
                                                         "${CI_PROJECT_DIR}",
                                                         "$WORKSPACE",
                                                         "${WORKSPACE}",
                                                         "$(Build.SourcesDirectory)",
                                                         "$(System.DefaultWorkingDirectory)",
                                                         "$BUILD_SOURCESDIRECTORY",
                                                         "$BITBUCKET_CLONE_DIR",
                                                         "$TRAVIS_BUILD_DIR",
                                                         "$CODEBUILD_SRC_DIR",
                                                         "${CODEBUILD_SRC_DIR}",
                                                         "$BUILDKITE_BUILD_CHECKOUT_PATH",
                                                         "$DRONE_WORKSPACE"};

// The path that goes on at `at`, behind closing brackets and quotes: "/.." in `$(dirname "$0")/..`.
std::string_view path_behind(std::string_view text, size_t at) {
  while (at < text.size() && (text[at] == ')' || text[at] == '"')) ++at;
  size_t end = at;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '/' ||
                               text[end] == '.' || text[end] == '_' || text[end] == '-')) {
    ++end;
  }
  std::string_view path = text.substr(at, end - at);
  return path.empty() || path[0] == '/' ? path : std::string_view();
}

std::string below(std::string_view base, std::string_view path) {
  while (!path.empty() && path[0] == '/') path.remove_prefix(1);
  return base == "?" ? "?" : join_path(base, path);
}

}  // namespace

Name ShellFolder::name() const {
  if (!moved) return Name();
  return Name(current.empty() ? "." : current);
}

// Folders found by expressions: `$(dirname "$0")/..`, the root of the checkout, a variable that holds either.
bool ShellFolder::find_folder(std::string_view text, std::string& out) const {
  const size_t dirname = text.find("dirname");
  if (dirname != std::string_view::npos) {
    size_t self = text.find("$0", dirname);
    if (self == std::string_view::npos) self = text.find("BASH_SOURCE", dirname);
    if (self == std::string_view::npos) return false;
    const size_t close = text.find(')', self);
    out = below(own, close == std::string_view::npos ? "" : path_behind(text, close));
    return true;
  }
  for (std::string_view root : kRootNames) {
    const size_t at = text.find(root);
    if (at == std::string_view::npos) continue;
    out = below("", path_behind(text, at + root.size()));
    return true;
  }
  for (const auto& [name, folder] : known) {
    for (const std::string& form : {"${" + name + "}", "$" + name}) {
      const size_t at = text.find(form);
      if (at == std::string_view::npos) continue;
      const size_t end = at + form.size();
      if (form.back() != '}' && end < text.size() &&
          (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
        continue;
      out = below(folder, path_behind(text, end));
      return true;
    }
  }
  return false;
}

std::string ShellFolder::resolve(const ShellWord& word) const {
  if (word.literal) return current == "?" ? "?" : join_path(current, word.text);
  std::string found;
  return find_folder(word.text, found) ? found : "?";
}

void ShellFolder::assign(std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return;
  const std::string name(assignment.substr(0, equals));
  std::string folder;
  if (find_folder(assignment.substr(equals + 1), folder)) {
    known[name] = folder;
  } else {
    known.erase(name);
  }
}

void ShellFolder::change(std::string_view program, const std::vector<ShellWord>& words) {
  if (program == "popd") {
    current = stack.empty() ? "?" : stack.back();
    if (!stack.empty()) stack.pop_back();
    moved = true;
    return;
  }
  if (program == "pushd") stack.push_back(current);
  size_t at = 1;
  while (at < words.size() && words[at].text.size() > 1 && words[at].text[0] == '-') ++at;
  if (at < words.size() && words[at].text == "-") {
    current = "?";
  } else {
    current = at < words.size() ? resolve(words[at]) : "?";
  }
  moved = true;
}

}  // namespace mlgrade
