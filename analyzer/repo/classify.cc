// Names of folders, signs of another project's tree, .gitmodules and the linguist-* attributes.
//
// A folder named third_party/ says what it is. One named vendor/ or external/ may also be about the company's
// vendors, so it counts only with a licence or (vendor/) a package's manifest below it; of external/ only the
// part that has the licence.
//
// People also write `*.ipynb linguist-vendored` to shape the language bar of the hosting site. A pattern
// without a folder says nothing about where a notebook comes from, and `*` nothing about any file: both are
// passed over.
#include "analyzer/repo/classify.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <unordered_set>

#include "analyzer/base/limits.h"
#include "analyzer/repo/path_patterns.h"

namespace mlgrade {
namespace {

using Folders = std::unordered_set<std::string>;

template <size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Calls visit(name of the folder, its path without a trailing slash, folders that follow) from the outermost.
template <typename Visit>
void each_folder(std::string_view path, Visit visit) {
  const auto total = static_cast<size_t>(std::count(path.begin(), path.end(), '/'));
  size_t start = 0;
  for (size_t i = 1; i <= total; ++i) {
    const size_t slash = path.find('/', start);
    visit(path.substr(start, slash - start), path.substr(0, slash), total - i);
    start = slash + 1;
  }
}

bool is_third_party_name(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "third_party", "third-party", "thirdparty", "3rdparty", "3rd_party", "_vendor", "_vendored_packages"};
  return contains(kNames, name);
}

bool is_licence(std::string_view lower_name) {
  return lower_name.starts_with("license") || lower_name.starts_with("licence") ||
         lower_name.starts_with("copying") || lower_name == "pkg-info" || lower_name == "modules.txt" ||
         lower_name == "vendor.txt";
}

bool is_manifest(std::string_view lower_name) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "setup.py", "pyproject.toml", "package.json",  "cmakelists.txt",
      "go.mod",   "cargo.toml",     "composer.json", "configure.ac"};
  return contains(kNames, lower_name);
}

// Adds the folders of which the file at `path` shows that they are somebody else's.
void add_vendored_folders(std::string_view path, Folders& out) {
  const std::string name = lower(name_of(path));
  const bool licence = is_licence(name);
  const bool manifest = is_manifest(name);
  const bool environment = name == "pyvenv.cfg";
  if (!licence && !manifest && !environment) return;
  each_folder(path, [&](std::string_view folder, std::string_view folder_path, size_t below) {
    if (environment && below == 0) out.emplace(folder_path);
    const bool vendor = folder == "vendor" || folder == "vendors" || folder == "vendored";
    const bool external = folder == "external" || folder == "externals" || folder == "extern";
    if (vendor && below <= 3 && (licence || (manifest && below > 0))) out.emplace(folder_path);
    if (external && licence && below >= 1 && below <= 3) {
      const size_t end = path.find('/', folder_path.size() + 1);
      out.emplace(path.substr(0, end));
    }
  });
}

// What .gitattributes files say of one path.
struct Verdict {
  std::optional<bool> vendored;
  std::optional<bool> generated;
};

struct AttributeLine {
  PathPattern pattern;
  Verdict verdict;
};

struct AttributeFile {
  std::string base;
  std::vector<AttributeLine> lines;
};

std::string_view next_word(std::string_view& text) {
  const size_t start = text.find_first_not_of(" \t\r");
  if (start == std::string_view::npos) return text = {};
  text.remove_prefix(start);
  const std::string_view word = text.substr(0, text.find_first_of(" \t\r"));
  text.remove_prefix(word.size());
  return word;
}

std::optional<bool> attribute_value(std::string_view word, std::string_view name) {
  const bool off = word.starts_with('-') || word.starts_with('!');
  if (off) word.remove_prefix(1);
  if (!word.starts_with(name)) return std::nullopt;
  word.remove_prefix(name.size());
  if (word.empty()) return !off;
  if (word == "=true" || word == "=1") return true;
  if (word == "=false" || word == "=0") return false;
  return std::nullopt;
}

AttributeFile parse_attributes(std::string base, std::string_view text) {
  AttributeFile out;
  out.base = std::move(base);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.find("linguist-") == std::string_view::npos) continue;
    AttributeLine parsed;
    parsed.pattern = parse_path_pattern(next_word(line));
    const std::string& pattern = parsed.pattern.text;
    if (pattern.empty() || pattern == "*" || pattern == "**") continue;
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
      if (auto value = attribute_value(word, "linguist-vendored")) parsed.verdict.vendored = value;
      if (auto value = attribute_value(word, "linguist-generated")) parsed.verdict.generated = value;
    }
    if (parsed.verdict.vendored || parsed.verdict.generated) out.lines.push_back(std::move(parsed));
  }
  return out;
}

// `files` from the outermost to the innermost folder, so that later ones overrule.
Verdict judge(const std::vector<AttributeFile>& files, const FileFact& file) {
  Verdict out;
  const std::string_view path = file.path.view();
  for (const AttributeFile& attributes : files) {
    if (!path.starts_with(attributes.base)) continue;
    for (const AttributeLine& line : attributes.lines) {
      if (file.language == Language::kNotebook && !line.pattern.anchored) continue;
      if (!matches(line.pattern, path.substr(attributes.base.size()), false)) continue;
      if (line.verdict.vendored) out.vendored = line.verdict.vendored;
      if (line.verdict.generated) out.generated = line.verdict.generated;
    }
  }
  return out;
}

// Folders that setuptools builds packages of: its copies go to build/lib or build/lib.<platform> beside them.
Folders package_folders(const Repo& repo) {
  Folders out;
  for (const FileFact& file : repo.files) {
    const std::string_view path = file.path.view(), name = name_of(path);
    if (name == "setup.py" || name == "setup.cfg" || name == "pyproject.toml")
      out.emplace(path.substr(0, path.size() - name.size()));
  }
  return out;
}

bool is_build_copy(const Folders& packages, std::string_view folder_path) {
  const std::string_view name = name_of(folder_path);
  if (name != "lib" && !name.starts_with("lib.")) return false;
  std::string_view parent = folder_path.substr(0, folder_path.size() - name.size());
  if (parent != "build/" && !parent.ends_with("/build/")) return false;
  parent.remove_suffix(std::string_view("build/").size());
  return packages.contains(std::string(parent));
}

std::vector<AttributeFile> read_attributes(const Repo& repo) {
  std::vector<AttributeFile> out;
  for (const FileFact& file : repo.files) {
    const std::string_view path = file.path.view();
    if (name_of(path) != ".gitattributes" || file.link || file.bytes > kMaxRuleFileBytes) continue;
    std::string error;
    const auto text = repo.load(file, error);
    if (!text) continue;
    AttributeFile parsed =
        parse_attributes(std::string(path.substr(0, path.size() - name_of(path).size())), *text);
    if (!parsed.lines.empty()) out.push_back(std::move(parsed));
  }
  std::stable_sort(out.begin(), out.end(), [](const AttributeFile& a, const AttributeFile& b) {
    return a.base.size() < b.base.size();
  });
  return out;
}

void add_submodules(const Repo& repo, Folders& out) {
  for (const FileFact& file : repo.files) {
    if (file.path != ".gitmodules") continue;
    std::string error;
    const auto text = file.link || file.bytes > kMaxRuleFileBytes ? std::nullopt : repo.load(file, error);
    if (!text) return;
    std::string_view rest = *text;
    while (!rest.empty()) {
      const size_t end = rest.find('\n');
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      if (next_word(line) != "path" || next_word(line) != "=") continue;
      std::string_view path = next_word(line);
      while (path.ends_with('/')) path.remove_suffix(1);
      if (!path.empty()) out.emplace(path);
    }
    return;
  }
}

}  // namespace

bool is_tool_folder(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "node_modules", "bower_components",   "site-packages", ".tox",          ".nox",
      "__pycache__",  ".ipynb_checkpoints", ".eggs",         "__pypackages__"};
  return contains(kNames, name);
}

bool is_sample(std::string_view path) {
  static constexpr std::array<std::string_view, 9> kFolders = {
      "examples", "example", "archive", "archived", "tutorial", "tutorials", "samples", "demo", "demos"};
  static constexpr std::array<std::string_view, 8> kEndings = {".disabled", ".bak",    ".old",  ".example",
                                                               ".template", ".sample", ".orig", ".dist"};
  if (path.find("{{") != std::string_view::npos) return true;
  if (name_of(path) == "validation_playground.ipynb") return true;  // Great Expectations puts it there
  const std::string lowered = lower(path);
  bool found = false, documents = false;
  each_folder(lowered, [&](std::string_view folder, std::string_view, size_t) {
    documents = documents || folder == "docs" || folder == "doc";
    found = found || contains(kFolders, folder) || (documents && folder == "templates");
  });
  return found || std::any_of(kEndings.begin(), kEndings.end(),
                              [&](std::string_view ending) { return lowered.ends_with(ending); });
}

void classify(Repo& repo) {
  Folders vendored;
  add_submodules(repo, vendored);
  for (const FileFact& file : repo.files) add_vendored_folders(file.path.view(), vendored);
  const std::vector<AttributeFile> attributes = read_attributes(repo);
  const Folders packages = package_folders(repo);

  for (FileFact& file : repo.files) {
    const std::string_view path = file.path.view();
    file.sample = is_sample(path);
    bool guessed = false;  // may be taken back by an attribute
    each_folder(path, [&](std::string_view folder, std::string_view folder_path, size_t) {
      if (is_tool_folder(folder)) file.vendored = true;
      guessed = guessed || is_third_party_name(folder) || is_build_copy(packages, folder_path) ||
                (!vendored.empty() && vendored.contains(std::string(folder_path)));
    });
    const Verdict verdict = judge(attributes, file);
    file.vendored = file.vendored || verdict.generated.value_or(false) || verdict.vendored.value_or(guessed);
  }
}

}  // namespace mlgrade
