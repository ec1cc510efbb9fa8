// Which language a file is in: by its name, its ending, the folder it lies in or its #! line.
#include <algorithm>
#include <cctype>
#include <string>
#include <unordered_map>

#include "analyzer/repo/repo.h"

namespace mlgrade {
namespace {

using Table = std::unordered_map<std::string_view, Language>;

// Whole names, lower case.
const Table& names() {
  static const Table table = {
      {"dockerfile", Language::kDockerfile},
      {"containerfile", Language::kDockerfile},
      {"makefile", Language::kMakefile},
      {"gnumakefile", Language::kMakefile},
      {"jenkinsfile", Language::kGroovy},
      {"codeowners", Language::kCodeowners},
      {"pipfile", Language::kToml},
      {"pipfile.lock", Language::kLock},
      {"poetry.lock", Language::kLock},
      {"uv.lock", Language::kLock},
      {"pdm.lock", Language::kLock},
      {"pylock.toml", Language::kLock},
      {"pixi.lock", Language::kLock},
      {"conda-lock.yml", Language::kLock},
      {"conda-lock.yaml", Language::kLock},
      {"package-lock.json", Language::kLock},
      {"npm-shrinkwrap.json", Language::kLock},
      {"yarn.lock", Language::kLock},
      {"pnpm-lock.yaml", Language::kLock},
      {"cargo.lock", Language::kLock},
      {"renv.lock", Language::kLock},
      {"gemfile.lock", Language::kLock},
      {"composer.lock", Language::kLock},
      {"go.sum", Language::kLock},
      {".terraform.lock.hcl", Language::kLock},
      {"dvc.lock", Language::kYaml},  // DVC's record of stages and hashes, not of packages
      {".coveragerc", Language::kIni},
      {".flake8", Language::kIni},
      {".pylintrc", Language::kIni},
      {"pylintrc", Language::kIni},
      {".editorconfig", Language::kIni},
      {".gitmodules", Language::kIni},
      {".npmrc", Language::kIni},
      {".pypirc", Language::kIni},
      {"pip.conf", Language::kIni},
      {".condarc", Language::kYaml},
      {".clang-format", Language::kYaml},
      {".clang-tidy", Language::kYaml},
      {"mlproject", Language::kYaml},
      {"mlmodel", Language::kYaml},
      {"license", Language::kText},
      {"licence", Language::kText},
      {"copying", Language::kText},
      {"notice", Language::kText},
      {"authors", Language::kText},
      {"changelog", Language::kText},
      {"readme", Language::kText},
      {"description", Language::kText},
      {".bashrc", Language::kShell},
      {".bash_profile", Language::kShell},
      {".profile", Language::kShell},
      {".envrc", Language::kShell},
      {".rprofile", Language::kR},
      {"wscript", Language::kPython},
      {"sconstruct", Language::kPython},
      {"sconscript", Language::kPython},
      {"snakefile", Language::kOther},  // Python with rules that no Python parser reads
  };
  return table;
}

// Endings, lower case, without the dot.
const Table& endings() {
  static const Table table = [] {
    Table t;
    const auto add = [&t](Language language, std::initializer_list<std::string_view> list) {
      for (std::string_view ending : list) t.emplace(ending, language);
    };
    add(Language::kPython, {"py", "pyi", "pyw"});
    add(Language::kNotebook, {"ipynb"});
    add(Language::kYaml, {"yaml", "yml", "dvc", "cff"});
    add(Language::kJson, {"json", "jsonc", "json5", "geojson", "avsc", "webmanifest"});
    add(Language::kToml, {"toml"});
    add(Language::kIni, {"ini", "cfg", "env", "properties"});
    add(Language::kDockerfile, {"dockerfile", "containerfile"});
    add(Language::kShell, {"sh", "bash", "zsh", "ksh", "bats"});
    add(Language::kMakefile, {"mk", "mak", "make"});
    add(Language::kMarkdown, {"md", "markdown", "mdx", "mkd", "qmd", "rmd"});
    add(Language::kText, {"txt", "rst", "adoc", "asciidoc", "text", "org"});
    add(Language::kR, {"r"});
    add(Language::kCpp, {"c", "cc", "cpp", "cxx", "c++", "h", "hh", "hpp", "hxx", "cu", "cuh", "inl", "ipp"});
    add(Language::kHcl, {"tf", "tofu", "hcl", "tfvars", "nomad"});
    add(Language::kGroovy, {"groovy", "gradle", "jenkinsfile"});
    add(Language::kSql, {"sql"});
    add(Language::kJavaScript,
        {"js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "coffee"});
    add(Language::kJulia, {"jl"});
    add(Language::kScala, {"scala", "sc"});
    add(Language::kJava, {"java"});
    add(Language::kKotlin, {"kt"});
    add(Language::kGo, {"go"});
    add(Language::kRust, {"rs"});
    add(Language::kCSharp, {"cs", "fs", "vb"});
    add(Language::kSwift, {"swift"});
    add(Language::kObjectiveC, {"mm"});
    add(Language::kMatlab, {"m", "mlx"});
    add(Language::kRuby, {"rb"});
    add(Language::kPhp, {"php"});
    add(Language::kPerl, {"pl", "pm"});
    add(Language::kLua, {"lua"});
    add(Language::kHaskell, {"hs", "ml"});
    add(Language::kFortran, {"f", "for", "f77", "f90", "f95", "f03", "f08"});
    add(Language::kClojure, {"clj", "cljs", "cljc"});
    add(Language::kElixir, {"ex", "exs", "erl"});
    add(Language::kDart, {"dart"});
    add(Language::kSas, {"sas"});
    add(Language::kStata, {"do", "ado"});
    add(Language::kCython, {"pyx", "pxd", "pxi"});
    add(Language::kPowerShell, {"ps1", "psm1"});
    add(Language::kBatch, {"bat", "cmd"});
    // Images, sound, video, fonts.
    add(Language::kBinary, {"png",  "jpg", "jpeg", "gif",  "bmp", "tif", "tiff", "webp",  "ico", "icns",
                            "heic", "psd", "dcm",  "nii",  "mp3", "wav", "flac", "ogg",   "m4a", "mp4",
                            "avi",  "mov", "mkv",  "webm", "ttf", "otf", "woff", "woff2", "eot"});
    // Archives, programs, documents.
    add(Language::kBinary,
        {"zip",  "gz",   "tgz", "bz2",   "xz",   "zst", "lz4",  "7z",  "rar",  "tar",   "jar", "war", "whl",
         "egg",  "so",   "dll", "dylib", "a",    "o",   "lib",  "exe", "bin",  "class", "pyc", "pyo", "pyd",
         "wasm", "node", "pdf", "doc",   "docx", "ppt", "pptx", "xls", "xlsx", "odt",   "ods"});
    // Data and models.
    add(Language::kBinary,
        {"parquet",     "feather", "arrow",    "avro",   "orc",      "npy",       "npz",  "mat",   "h5",
         "hdf5",        "nc",      "pkl",      "pickle", "joblib",   "dill",      "pt",   "pth",   "ckpt",
         "safetensors", "onnx",    "pb",       "tflite", "mlmodel",  "gguf",      "ggml", "keras", "model",
         "bst",         "cbm",     "engine",   "trt",    "tfrecord", "tfrecords", "rds",  "rda",   "rdata",
         "sav",         "dta",     "db",       "sqlite", "sqlite3",  "duckdb",    "lmdb", "mdb",   "index",
         "faiss",       "idx",     "sas7bdat", "xpt"});
    return t;
  }();
  return table;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

Language by_hash_bang(std::string_view line) {
  if (!line.starts_with("#!")) return Language::kOther;
  // "#!/usr/bin/env -S python3 -u" and "#!/bin/bash" alike: the first word that names an interpreter.
  line.remove_prefix(2);
  while (!line.empty()) {
    const size_t start = line.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) break;
    line.remove_prefix(start);
    std::string_view word = line.substr(0, line.find_first_of(" \t\r\n"));
    line.remove_prefix(word.size());
    word = word.substr(word.rfind('/') + 1);
    if (word.starts_with("python") || word == "uv" || word == "pypy" || word == "pypy3")
      return Language::kPython;
    if (word == "sh" || word == "bash" || word == "zsh" || word == "dash" || word == "ksh" || word == "ash" ||
        word == "bats") {
      return Language::kShell;
    }
    if (word == "Rscript") return Language::kR;
    if (word == "pwsh" || word == "powershell") return Language::kPowerShell;
    if (word == "julia") return Language::kJulia;
    if (word == "perl") return Language::kPerl;
    if (word == "ruby") return Language::kRuby;
    if (word == "php") return Language::kPhp;
    if (word == "lua") return Language::kLua;
    if (word == "make") return Language::kMakefile;
    if (word == "node" || word == "deno" || word == "bun") return Language::kJavaScript;
    if (word == "groovy") return Language::kGroovy;
  }
  return Language::kOther;
}

// requirements.txt, requirements-dev.txt, requirements.in, dev-requirements.txt, requirements/prod.txt,
// constraints.txt.
bool is_requirements(std::string_view name, std::string_view folder) {
  if (!name.ends_with(".txt") && !name.ends_with(".in")) return false;
  if (name.starts_with("requirements") || name.starts_with("constraints")) return true;
  const std::string_view stem = name.substr(0, name.rfind('.'));
  for (std::string_view word : {"requirements", "constraints"}) {
    if (stem.ends_with(word) && stem.size() > word.size()) {
      const char before = stem[stem.size() - word.size() - 1];
      if (before == '-' || before == '_' || before == '.') return true;
    }
  }
  return folder == "requirements" || folder == "constraints";
}

// What a switched-off or sample copy would be: "ci.yml.disabled" is still YAML. Templates are not: their text
// is not yet what it will be.
std::string_view without_sample_ending(std::string_view name) {
  for (std::string_view ending : {".disabled", ".bak", ".old", ".orig", ".example", ".sample", ".dist"}) {
    if (name.size() > ending.size() && name.ends_with(ending))
      return name.substr(0, name.size() - ending.size());
  }
  return name;
}

}  // namespace

Language detect_language(std::string_view path, std::string_view first_line) {
  const std::string lowered = lower(path);
  std::string_view name = lowered;
  std::string_view folder;
  if (const size_t slash = name.rfind('/'); slash != std::string_view::npos) {
    folder = name.substr(0, slash);
    folder = folder.substr(folder.rfind('/') + 1);
    name = name.substr(slash + 1);
  }
  name = without_sample_ending(name);
  if (is_requirements(name, folder)) return Language::kRequirements;
  // MLflow's and Apple's files differ in where the name stands: "MLmodel" alone, "x.mlmodel" as ending.
  if (auto it = names().find(name); it != names().end()) return it->second;
  if (folder == ".dvc" && name == "config") return Language::kIni;
  if (name == ".env" || name.starts_with(".env.")) return Language::kIni;
  for (std::string_view docker : {"dockerfile.", "dockerfile-", "dockerfile_", "containerfile."}) {
    if (name.starts_with(docker) && !name.ends_with(".md") && !name.ends_with(".dockerignore")) {
      return Language::kDockerfile;
    }
  }
  if (name.starts_with("makefile.") || name.starts_with("makefile-")) return Language::kMakefile;
  if (name.starts_with("jenkinsfile.") || name.starts_with("jenkinsfile-")) return Language::kGroovy;
  if (const size_t dot = name.rfind('.'); dot != std::string_view::npos) {
    auto it = endings().find(name.substr(dot + 1));
    if (it != endings().end()) return it->second;
  }
  return by_hash_bang(first_line);
}

}  // namespace mlgrade
