// Import roots: simple rules after what Python, pip and pytest put on sys.path.
#include "analyzer/passes/python/module_map.h"

#include <algorithm>
#include <array>

#include "analyzer/passes/python/python_path.h"

namespace mlgrade::passes {
namespace {

// Files beside which a project starts: its folder is on the path when it is installed, run or tested.
constexpr std::array<std::string_view, 14> kProjectFiles = {
    "pyproject.toml",  "setup.py",   "setup.cfg",   "requirements.txt", "Pipfile",
    "environment.yml", "Dockerfile", "conftest.py", "pytest.ini",       "tox.ini",
    "Makefile",        "manage.py",  "MLproject",   "poetry.lock"};

bool is_source_folder(std::string_view base) {
  return base == "src" || base == "lib" || base == "python" || base == "app";
}

void add_root(std::vector<std::string>& roots, std::string_view root) {
  if (std::find(roots.begin(), roots.end(), root) == roots.end()) roots.emplace_back(root);
}

// Adds `text`, relative to `folder`, if it stays in the repository.
void add_relative(std::vector<std::string>& roots, std::string_view folder, std::string_view text) {
  if (text.empty() || text.front() == '/') return;
  std::string path;
  if (normalise_path(path_in(folder, text), path)) add_root(roots, path);
}

void add_scalars(std::vector<std::string>& roots, std::string_view folder, const DataNode* node) {
  if (node == nullptr) return;
  for (const std::string& text : node->strings()) {
    for (std::string_view word : split_words(text)) add_relative(roots, folder, word);
  }
}

}  // namespace

std::string path_in(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  if (name.empty()) return std::string(folder);
  std::string path(folder);
  path += '/';
  path += name;
  return path;
}

bool normalise_path(std::string_view path, std::string& out) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (parts.empty()) return false;
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  out.clear();
  for (std::string_view part : parts) out = path_in(out, part);
  return true;
}

ModuleMap::ModuleMap(const FactStore& facts) : facts_(facts) {
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    std::string_view path = facts.path(facts.python[i].file);
    if (!path.ends_with(".py")) continue;
    by_path_.emplace(path, i);
    for (std::string_view folder = folder_of(path);; folder = folder_of(folder)) {
      if (!folders_.insert(std::string(folder)).second || folder.empty()) break;
    }
  }
  for (const FileFact& file : facts.files) {
    std::string_view path = file.path.view();
    if (std::find(kProjectFiles.begin(), kProjectFiles.end(), base_name(path)) != kProjectFiles.end()) {
      project_folders_.insert(std::string(folder_of(path)));
    }
  }
  for (const auto& [path, index] : by_path_) {
    if (base_name(path) != "__init__.py") continue;
    std::string root = package_root(folder_of(path));
    if (is_project_folder(root) || is_source_folder(base_name(root)))
      project_roots_.push_back(std::move(root));
  }
  std::sort(project_roots_.begin(), project_roots_.end());
  project_roots_.erase(std::unique(project_roots_.begin(), project_roots_.end()), project_roots_.end());
  add_configured_roots();
  path_roots_ = python_path_folders(facts, [this](std::string_view folder) { return has_python(folder); });
}

bool ModuleMap::is_project_folder(const std::string& folder) const {
  return folder.empty() || project_folders_.contains(folder);
}

bool ModuleMap::is_package(std::string_view folder) const {
  return by_path_.contains(path_in(folder, "__init__.py"));
}

uint32_t ModuleMap::module_at(std::string_view path) const {
  auto it = by_path_.find(std::string(path));
  return it == by_path_.end() ? kNone : it->second;
}

std::string ModuleMap::package_root(std::string_view folder) const {
  while (!folder.empty() && is_package(folder)) folder = folder_of(folder);
  return std::string(folder);
}

void ModuleMap::add_configured_roots() {
  for (const ConfigDocument& config : facts_.configs) {
    std::string_view path = facts_.path(config.file);
    std::string_view folder = folder_of(path);
    std::string_view base = base_name(path);
    if (base == "pyproject.toml") {
      add_scalars(configured_, folder, config.root.at({"tool", "pytest", "ini_options", "pythonpath"}));
      add_scalars(configured_, folder, config.root.at({"tool", "setuptools", "packages", "find", "where"}));
      add_scalars(configured_, folder, config.root.at({"tool", "setuptools", "package-dir", ""}));
      if (const DataNode* packages = config.root.at({"tool", "poetry", "packages"})) {
        for (const DataNode& package : packages->items)
          add_scalars(configured_, folder, package.find("from"));
      }
    } else if (base == "setup.cfg") {
      add_scalars(configured_, folder, config.root.at({"options.packages.find", "where"}));
      add_scalars(configured_, folder, config.root.at({"tool:pytest", "pythonpath"}));
    } else if (base == "pytest.ini" || base == "tox.ini") {
      add_scalars(configured_, folder, config.root.at({"pytest", "pythonpath"}));
    }
  }
  std::erase_if(configured_, [&](const std::string& root) { return !has_python(root); });
}

FoundModule ModuleMap::find_below(std::string_view root, std::string_view dotted) const {
  std::string path(root);
  while (true) {
    size_t dot = dotted.find('.');
    path = path_in(path, dotted.substr(0, dot));
    if (dot == std::string_view::npos) break;
    if (!folders_.contains(path)) return {};
    dotted.remove_prefix(dot + 1);
  }
  bool folder = folders_.contains(path);
  if (folder) {
    if (auto it = by_path_.find(path + "/__init__.py"); it != by_path_.end())
      return {.module = it->second, .folder = {}};
  }
  if (auto it = by_path_.find(path + ".py"); it != by_path_.end())
    return {.module = it->second, .folder = {}};
  return folder ? FoundModule{.module = kNone, .folder = Name(path)} : FoundModule{};
}

FoundModule ModuleMap::find(const std::vector<std::string>& roots, std::string_view dotted) const {
  FoundModule folder;
  for (const std::string& root : roots) {
    FoundModule found = find_below(root, dotted);
    if (found.module != kNone) return found;
    if (!folder.found()) folder = found;
  }
  return folder;
}

FoundModule ModuleMap::find_around(std::string_view path, std::string_view dotted) const {
  FoundModule only;
  for (std::string_view folder = folder_of(path); !folder.empty();) {
    folder = folder_of(folder);
    const FoundModule found = find_below(folder, dotted);
    if (found.module == kNone) continue;
    if (only.found()) return {};
    only = found;
  }
  return only;
}

// sys.path.append("../src"), sys.path.insert(0, os.path.join(here, "..")), sys.path.append(os.getcwd() +
// "/src"): the strings in the call, of a computed text what follows its last computed part. Where a call
// shows no folder at all, the path may be any folder of the repository that holds modules.
void ModuleMap::add_sys_path(uint32_t index, std::vector<std::string>& roots) const {
  const PythonModule& module = facts_.python[index];
  std::string_view folder = folder_of(facts_.path(module.file));
  bool unreadable = false;
  for (const PyCall& call : module.calls) {
    if (!call.callee.view().starts_with("sys.path.")) continue;
    const size_t before = roots.size();
    bool any = false;
    for (const PyCall& inner : module.calls) {
      if (inner.span.line < call.span.line || inner.span.line > std::max(call.span.line, call.span.end_line))
        continue;
      for (uint32_t i = inner.args.begin; i < inner.args.end; ++i) {
        const PyValue& value = module.args[i].value;
        std::string_view text = value.text.view();
        if (value.kind == PyValue::Kind::kFString) {
          text.remove_prefix(text.rfind('}') + 1);
          while (text.starts_with('/')) text.remove_prefix(1);
        } else if (value.kind != PyValue::Kind::kString) {
          continue;
        }
        any = true;
        add_relative(roots, folder, text);
        if (!text.starts_with("..")) add_relative(roots, "", text);
      }
    }
    unreadable |= !any && roots.size() == before;
  }
  if (!unreadable) return;
  std::vector<std::string> all(folders_.begin(), folders_.end());
  std::sort(all.begin(), all.end());
  for (const std::string& any : all) add_root(roots, any);
}

std::vector<std::string> ModuleMap::roots_of(uint32_t index) const {
  std::string_view folder = folder_of(facts_.path(facts_.python[index].file));
  std::vector<std::string> roots;
  std::string root = package_root(folder);
  add_root(roots, root);
  for (const std::string& configured : configured_) add_root(roots, configured);
  add_root(roots, "");
  if (has_python("src")) add_root(roots, "src");
  for (std::string_view up = folder; !up.empty();) {
    up = folder_of(up);
    if (is_project_folder(std::string(up)) || is_source_folder(base_name(up))) add_root(roots, up);
    std::string source = path_in(up, "src");
    if (has_python(source) && is_project_folder(std::string(up))) add_root(roots, source);
  }
  for (const std::string& path : path_roots_) add_root(roots, path);
  add_sys_path(index, roots);
  add_root(roots, folder);
  for (const std::string& project : project_roots_) add_root(roots, project);
  return roots;
}

std::string ModuleMap::default_name(uint32_t index) const {
  std::string_view path = facts_.path(facts_.python[index].file);
  std::string_view base = base_name(path);
  std::string_view stem = base.substr(0, base.rfind('.'));
  std::string_view folder = folder_of(path);
  std::string name(stem == "__init__" ? std::string_view() : stem);
  std::string_view root = folder;
  while (!root.empty() && is_package(root)) {
    name = name.empty() ? std::string(base_name(root)) : std::string(base_name(root)) + "." + name;
    root = folder_of(root);
  }
  return name.empty() ? std::string(stem) : name;
}

}  // namespace mlgrade::passes
