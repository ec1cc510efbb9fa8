// Where Python would look for a module, and which file of the repository it would find.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analyzer/facts/fact_store.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {

// What a dotted name is found to be, below one import root.
struct FoundModule {
  uint32_t module = kNone;  // index into FactStore::python
  Name folder;              // a folder without __init__.py; only if there is no module
  bool found() const { return module != kNone || !folder.empty(); }
};

// The files and folders that can be imported. Notebooks and vendored files are not among them.
class ModuleMap {
 public:
  explicit ModuleMap(const FactStore& facts);

  // The module `dotted` below the folder `root` ("" for the top). A package shadows a module of the same
  // name, a module shadows a folder without __init__.py.
  FoundModule find_below(std::string_view root, std::string_view dotted) const;

  // Looks through `roots` in order. A folder without __init__.py is taken only where no root has a module,
  // and, if the name has one component, not at all: an installed library of that name would win.
  FoundModule find(const std::vector<std::string>& roots, std::string_view dotted) const;

  // The module below one of the folders around the file at `path`; not found if several of them have one.
  FoundModule find_around(std::string_view path, std::string_view dotted) const;

  // The folders that Python would search for an import in module `index`, in order: its own folder (for a
  // script) or the one that holds its package, folders named by configuration, the top, src, the roots of the
  // projects around it, folders of PYTHONPATH, folders put on sys.path by the module itself, and last its own
  // folder inside a package.
  std::vector<std::string> roots_of(uint32_t index) const;

  // The folder that holds the outermost package around a folder; the folder itself if it is no package.
  std::string package_root(std::string_view folder) const;
  bool is_package(std::string_view folder) const;  // has an __init__.py
  bool has_python(std::string_view folder) const { return folders_.contains(std::string(folder)); }
  uint32_t module_at(std::string_view path) const;  // kNone if there is none

  // "churn.features" for a module below its package root; the stem for a script.
  std::string default_name(uint32_t index) const;

 private:
  void add_configured_roots();
  bool is_project_folder(const std::string& folder) const;
  void add_sys_path(uint32_t index, std::vector<std::string>& roots) const;

  const FactStore& facts_;
  std::unordered_map<std::string, uint32_t> by_path_;
  std::unordered_set<std::string> folders_;          // with Python files below
  std::unordered_set<std::string> project_folders_;  // with a manifest or a test configuration
  std::vector<std::string> configured_;              // by pyproject, setup.cfg, setup.py, pytest
  std::vector<std::string> project_roots_;           // that hold packages, sorted
  std::vector<std::string> path_roots_;              // by PYTHONPATH
};

std::string path_in(std::string_view folder, std::string_view name);  // "a" and "b" -> "a/b"
// Resolves "." and "..": false if the path leaves the top.
bool normalise_path(std::string_view path, std::string& out);

}  // namespace mlgrade::passes
