// Follows names to the literals behind them; a few steps suffice.
#include "rules/support/paths.h"

#include <algorithm>

#include "rules/support/code.h"

namespace mlgrade {
namespace {

constexpr int kDepth = 4;
constexpr size_t kMostTexts = 64;

std::string plain_path(std::string_view text) {
  for (bool cut = true; cut;) {
    cut = false;
    for (std::string_view front : {"./", "{}/", "/", "../"}) {
      if (!text.starts_with(front)) continue;
      text.remove_prefix(front.size());
      cut = true;
    }
  }
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

bool is_text(const PyValue& value) {
  return value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kFString ||
         value.kind == PyValue::Kind::kPath;
}

class Reader {
 public:
  explicit Reader(const FactStore& facts) : facts_(facts) {}
  std::set<std::string> texts;

  void value(uint32_t m, uint32_t function, const PyValue& v, int depth) {
    if (depth > kDepth || texts.size() >= kMostTexts) return;
    const PythonModule& module = facts_.python[m];
    if (is_text(v)) {
      if (std::string text = plain_path(v.text.view()); !text.empty()) texts.insert(std::move(text));
    } else if (v.kind == PyValue::Kind::kName) {
      name(m, function, v.text, depth);
    } else if (v.kind == PyValue::Kind::kList) {
      for (uint32_t e = v.elements().begin; e < v.elements().end; ++e)
        value(m, function, module.values[e], depth);
    } else if (v.kind == PyValue::Kind::kCall) {
      const PyCall& call = module.calls[v.call];
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) arg(m, function, module.args[a], depth);
    }
  }

  void arg(uint32_t m, uint32_t function, const PyArg& a, int depth) {
    value(m, function, a.value, depth);
    reads(m, function, a.reads, depth);
  }

 private:
  void reads(uint32_t m, uint32_t function, IndexRange range, int depth) {
    for (uint32_t r = range.begin; r < range.end; ++r) name(m, function, facts_.python[m].names[r], depth);
  }

  void name(uint32_t m, uint32_t function, Name text, int depth) {
    if (depth >= kDepth || !seen_.insert({m, text}).second) return;
    const PythonModule& module = facts_.python[m];
    bool found = false;
    for (const PyBinding& binding : module.bindings) {
      const bool here = binding.function == function || binding.function == kNone;
      if (!here || binding.target != text) continue;
      found = true;
      value(m, binding.function, binding.value, depth + 1);
      reads(m, binding.function, binding.reads, depth + 1);
    }
    if (found) return;
    for (const PyImport& import : module.imports) {
      if (import.bound == text && !import.name.empty()) imported(import, depth);
    }
    const size_t dot = text.view().rfind('.');
    if (dot != std::string_view::npos) field(Name(text.view().substr(dot + 1)), depth);
  }

  void imported(const PyImport& import, int depth) {
    for (uint32_t m = 0; m < facts_.python.size(); ++m) {
      const PythonModule& module = facts_.python[m];
      const std::string_view name = module.name.view();
      const std::string_view wanted = import.module.view();
      const bool same = name == wanted ||
                        (name.size() > wanted.size() && name.ends_with(wanted) &&
                         name[name.size() - wanted.size() - 1] == '.') ||
                        (wanted.size() > name.size() && wanted.ends_with(name) &&
                         wanted[wanted.size() - name.size() - 1] == '.');
      if (same && !wanted.empty()) this->name(m, kNone, import.name, depth + 1);
    }
  }

  // A setting: the field of that name in whatever class has one.
  void field(Name name, int depth) {
    for (uint32_t m = 0; m < facts_.python.size(); ++m) {
      const PythonModule& module = facts_.python[m];
      if (is_test_code(facts_, module.file) || is_sample(facts_, module.file)) continue;
      for (const PyClass& cls : module.classes) {
        for (const PyField& field : cls.fields) {
          if (field.name == name) value(m, kNone, field.value, depth + 1);
        }
      }
    }
  }

  const FactStore& facts_;
  std::set<std::pair<uint32_t, Name>> seen_;
};

// `tail` is the end of `path`, from a '/' on.
bool ends_path(std::string_view path, std::string_view tail) {
  return path == tail ||
         (path.size() > tail.size() && path.ends_with(tail) && path[path.size() - tail.size() - 1] == '/');
}

}  // namespace

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::set<std::string> texts_of(const FactStore& facts, uint32_t module, uint32_t function, const PyArg& arg) {
  Reader reader(facts);
  reader.arg(module, function, arg, 0);
  return std::move(reader.texts);
}

std::set<std::string> texts_of(const FactStore& facts, uint32_t module, const PyCall& call) {
  Reader reader(facts);
  for (uint32_t a = call.args.begin; a < call.args.end; ++a)
    reader.arg(module, call.function, facts.python[module].args[a], 0);
  return std::move(reader.texts);
}

bool is_model_file(std::string_view text) {
  static constexpr std::string_view kEndings[] = {
      ".pkl", ".pickle", ".joblib",      ".onnx",   ".pt",    ".pth",  ".h5",   ".keras", ".cbm",
      ".ubj", ".bst",    ".safetensors", ".tflite", ".model", ".ckpt", ".gguf", ".skops", ".bin"};
  return std::any_of(std::begin(kEndings), std::end(kEndings), [&](auto end) { return text.ends_with(end); });
}

bool names_path(const std::set<std::string>& texts, std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
    const bool deep = text.find('/') != std::string::npos;
    if (is_model_file(text))  // a bare file name may lie anywhere
      return text == path ||
             (deep && slash != std::string_view::npos && (ends_path(path, text) || ends_path(text, path)));
    return deep && !folder.empty() && (ends_path(folder, text) || ends_path(text, folder));
  });
}

}  // namespace mlgrade
