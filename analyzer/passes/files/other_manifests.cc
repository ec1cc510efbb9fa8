// Manifests of languages whose code is not analysed: names of the packages that they ask for, no more.
#include <array>

#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

struct Reading {
  const SourceFile& file;
  FileFacts& out;

  void add(std::string_view ecosystem, std::string_view name, uint32_t line, std::string_view version = "",
           bool locked = false) const {
    name = trim(name);
    if (name.empty()) return;
    Dependency dependency;
    dependency.name = Name(name);
    dependency.specifier = trim(version);
    dependency.locked = dependency.pinned = locked;
    dependency.ecosystem = Name(ecosystem);
    dependency.span = line_span(file.id, line);
    out.dependencies.push_back(std::move(dependency));
  }
};

// What stands between the first pair of `quote` in the text from `from` on.
std::string_view quoted(std::string_view text, size_t from = 0) {
  const size_t open = text.find_first_of("\"'", from);
  if (open == text.npos) return "";
  const size_t close = text.find(text[open], open + 1);
  return close == text.npos ? "" : text.substr(open + 1, close - open - 1);
}

std::string_view behind(std::string_view text, std::string_view mark) {
  const size_t at = text.find(mark);
  return at == text.npos ? "" : text.substr(at + mark.size());
}

// ---- TOML: Cargo.toml, Project.toml ----------------------------------------------------------------------

void add_keys(const DataNode* table, std::string_view ecosystem, const Reading& r) {
  if (table == nullptr) return;
  for (const auto& [name, value] : table->entries) {
    const std::string_view version = value.is_scalar() ? std::string_view(value.text) : value.get("version");
    r.add(ecosystem, name, table->line_of(name), ecosystem == "julia" ? "" : version);
  }
}

void read_cargo(const Reading& r) {
  const ParsedData data = parse_toml(r.file.text, r.file.id);
  for (std::string_view key : {"dependencies", "dev-dependencies", "build-dependencies"})
    add_keys(data.root().find(key), "cargo", r);
  add_keys(data.root().at({"workspace", "dependencies"}), "cargo", r);
}

void read_julia(const Reading& r) {
  const ParsedData data = parse_toml(r.file.text, r.file.id);
  for (std::string_view key : {"deps", "weakdeps", "extras"}) add_keys(data.root().find(key), "julia", r);
}

void read_vcpkg(const Reading& r) {
  const ParsedData data = parse_json(r.file.text, r.file.id);
  const DataNode* list = data.root().find("dependencies");
  if (list == nullptr) return;
  for (const DataNode& item : list->items) {
    r.add("vcpkg", item.is_scalar() ? std::string_view(item.text) : item.get("name"), item.line);
  }
}

void read_composer(const Reading& r) {
  const ParsedData data = parse_json(r.file.text, r.file.id);
  for (std::string_view key : {"require", "require-dev"}) add_keys(data.root().find(key), "composer", r);
}

// ---- One dependency a line --------------------------------------------------------------------------------

// `github.com/a/b v1.2.3` in a `require` line or block.
void go_line(std::string_view line, uint32_t number, const Reading& r) {
  if (line.starts_with("require")) line = trim(line.substr(7));
  const std::vector<std::string_view> words = split_words(line);
  if (words.size() < 2 || words[0].find('.') == words[0].npos || words[0].find('/') == words[0].npos) return;
  if (words[1].starts_with('v')) r.add("go", words[0], number, words[1]);
}

// <artifactId>x</artifactId>
void maven_line(std::string_view line, uint32_t number, const Reading& r) {
  const std::string_view rest = behind(line, "<artifactId>");
  r.add("maven", rest.substr(0, rest.find('<')), number);
}

// implementation("group:name:1.0"), implementation 'group:name:1.0'
void gradle_line(std::string_view line, uint32_t number, const Reading& r) {
  const std::vector<std::string_view> parts = split(quoted(line), ':');
  if (parts.size() >= 2 && parts.size() <= 4 && parts[0].find('/') == parts[0].npos)
    r.add("maven", parts[1], number, parts.size() > 2 ? parts[2] : "");
}

// "group" %% "name" % "1.0"
void sbt_line(std::string_view line, uint32_t number, const Reading& r) {
  const size_t at = line.find('%');
  if (at != line.npos) r.add("maven", quoted(line, at), number);
}

// <PackageReference Include="X" Version="1.0" />
void project_line(std::string_view line, uint32_t number, const Reading& r) {
  const std::string_view rest = behind(line, "<PackageReference");
  r.add("nuget", quoted(behind(rest, "Include=")), number, quoted(behind(rest, "Version=")));
}

// find_package(Torch REQUIRED)
void cmake_line(std::string_view line, uint32_t number, const Reading& r) {
  const std::string_view rest = behind(line, "find_package(");
  r.add("cmake", rest.substr(0, rest.find_first_of(" )")), number);
}

// name/1.0@user
void conan_line(std::string_view line, uint32_t number, const Reading& r) {
  const size_t slash = line.find('/');
  if (slash == line.npos || line.starts_with('#')) return;
  r.add("conan", line.substr(0, slash), number, line.substr(slash + 1));
}

// gem "name", "~> 1.0"
void gem_line(std::string_view line, uint32_t number, const Reading& r) {
  if (line.starts_with("gem ")) r.add("gem", quoted(line), number);
}

// {:name, "~> 1.0"}
void hex_line(std::string_view line, uint32_t number, const Reading& r) {
  const std::string_view rest = behind(line, "{:");
  r.add("hex", rest.substr(0, rest.find_first_of(", }")), number);
}

using LineReader = void (*)(std::string_view line, uint32_t number, const Reading& r);

template <LineReader read>
void each_line(const Reading& r) {
  uint32_t number = 0;
  for (std::string_view line : split_lines(r.file.text)) {
    ++number;
    line = trim(line);
    if (!line.empty() && !line.starts_with("//")) read(line, number, r);
  }
}

struct Manifest {
  std::string_view name;  // with a leading '.': an ending
  void (*read)(const Reading& r);
};

constexpr std::array kManifests = std::to_array<Manifest>({
    {"Cargo.toml", read_cargo},
    {"Project.toml", read_julia},
    {"vcpkg.json", read_vcpkg},
    {"composer.json", read_composer},
    {"go.mod", each_line<go_line>},
    {"pom.xml", each_line<maven_line>},
    {"build.gradle", each_line<gradle_line>},
    {"build.gradle.kts", each_line<gradle_line>},
    {"build.sbt", each_line<sbt_line>},
    {".csproj", each_line<project_line>},
    {".fsproj", each_line<project_line>},
    {"Directory.Packages.props", each_line<project_line>},
    {"CMakeLists.txt", each_line<cmake_line>},
    {"conanfile.txt", each_line<conan_line>},
    {"Gemfile", each_line<gem_line>},
    {"mix.exs", each_line<hex_line>},
});

const Manifest* manifest_of(std::string_view path) {
  for (const Manifest& manifest : kManifests) {
    const bool fits =
        manifest.name.starts_with('.') ? path.ends_with(manifest.name) : base_name(path) == manifest.name;
    if (fits) return &manifest;
  }
  return nullptr;
}

bool wants(const FileFact& file) { return manifest_of(file.path.view()) != nullptr; }

void run(const SourceFile& file, FileFacts& out) {
  if (const Manifest* manifest = manifest_of(file.path)) manifest->read(Reading{file, out});
}

}  // namespace

extern const FilePass other_manifests;
const FilePass other_manifests = {"other_manifests", "packages that manifests of other languages ask for",
                                  wants, run};

}  // namespace mlgrade::passes
