// Kustomize's patches that suspend or resume a cron object of a base. A base stands in several overlays: it
// is suspended when all of them suspend it.
#include <algorithm>
#include <map>
#include <set>

#include "analyzer/passes/repo_passes.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

constexpr std::string_view kAll = "*";  // in place of the name of an object
constexpr int kMaxDepth = 20;           // of kustomizations that build on each other

struct Patch {
  bool suspend = false;
  Span span;
};

struct Overlay {
  FileId file = FileId::kNone;
  const DataNode* root = nullptr;
  std::vector<std::string> resources;    // paths as they stand in the repository
  std::map<std::string, Patch> patches;  // by the name of the object
  bool used = false;                     // by another one
};

bool is_kustomization(std::string_view path) {
  const std::string_view name = base_name(path);
  return name == "kustomization.yaml" || name == "kustomization.yml";
}

class Overlays {
 public:
  explicit Overlays(FactStore& facts) : facts_(facts) {
    for (const ConfigDocument& document : facts.configs) {
      documents_[std::string(facts.path(document.file))].push_back(&document);
    }
  }

  void run() {
    for (const auto& [path, documents] : documents_) {
      if (is_kustomization(path) && !facts_.file(documents.front()->file).sample)
        read(path, *documents.front());
    }
    const bool any = std::any_of(overlays_.begin(), overlays_.end(),
                                 [](const auto& one) { return !one.second.patches.empty(); });
    if (!any) return;
    for (auto& [folder, overlay] : overlays_) mark_used(overlay);
    for (const auto& [folder, overlay] : overlays_) {
      if (overlay.used) continue;
      std::map<std::string, Patch> patches;
      std::set<std::string> seen;
      walk(folder, patches, seen, 0);
    }
    change();
  }

 private:
  void read(std::string_view path, const ConfigDocument& document) {
    const std::string folder(folder_of(path));
    Overlay overlay;
    overlay.file = document.file;
    overlay.root = &document.root;
    for (std::string_view key : {"resources", "bases", "components"}) {
      const DataNode* list = document.root.find(key);
      if (list == nullptr) continue;
      for (const DataNode& item : list->items) {
        const std::string target = item.is_scalar() ? join_path(folder, item.text) : "?";
        if (target != "?") overlay.resources.push_back(target);
      }
    }
    for (std::string_view key : {"patches", "patchesStrategicMerge"}) {
      const DataNode* list = document.root.find(key);
      if (list == nullptr) continue;
      for (const DataNode& item : list->items) add_patch(overlay, folder, item);
    }
    overlays_.emplace(folder, std::move(overlay));
  }

  // A path, or the text of the patch itself; `target` may say what it is for.
  void add_patch(Overlay& overlay, const std::string& folder, const DataNode& item) {
    const DataNode* inner = item.is_mapping() ? item.find("patch") : nullptr;
    const DataNode* target = item.is_mapping() ? item.find("target") : nullptr;
    const std::string_view text = inner != nullptr ? std::string_view(inner->text) : item.string_or("");
    if (text.find('\n') != text.npos) {
      const uint32_t line = inner != nullptr ? inner->line : item.line;
      const ParsedData data = parse_yaml(text, overlay.file);
      for (const DataNode& root : data.documents) add(overlay, root, target, line_span(overlay.file, line));
      return;
    }
    const std::string path = join_path(folder, item.is_mapping() ? item.get("path") : text);
    const auto known = documents_.find(path);
    if (known == documents_.end()) return;
    for (const ConfigDocument* document : known->second) {
      const uint32_t line = document->root.is_mapping() ? document->root.line_of("spec") : 1;
      add(overlay, document->root, target, line_span(document->file, line));
    }
  }

  // A part of the object, or a list of operations on it.
  static void add(Overlay& overlay, const DataNode& root, const DataNode* target, const Span& span) {
    const DataNode* named = root.at({"metadata", "name"});
    if (target != nullptr) {
      const std::string_view kind = target->get("kind");
      if (!kind.empty() && kind != "CronJob" && kind != "CronWorkflow") return;
      named = target->find("name");
    }
    if (named == nullptr && target == nullptr) return;
    const std::string name = named == nullptr ? std::string(kAll) : named->text;
    const DataNode* suspend = root.at({"spec", "suspend"});
    for (const DataNode& operation : root.items) {
      const std::string_view verb = operation.get("op");
      if (operation.get("path") == "/spec/suspend" && (verb == "add" || verb == "replace"))
        suspend = operation.find("value");
    }
    if (suspend == nullptr || !suspend->as_bool()) return;
    overlay.patches[name] = {*suspend->as_bool(), span};
  }

  void mark_used(const Overlay& overlay) {
    for (const std::string& path : overlay.resources) {
      const auto below = overlays_.find(path);
      if (below != overlays_.end()) below->second.used = true;
    }
  }

  // What an outermost overlay makes of the objects below it; outer patches win.
  void walk(const std::string& folder, std::map<std::string, Patch> patches, std::set<std::string>& seen,
            int depth) {
    const auto found = overlays_.find(folder);
    if (found == overlays_.end() || depth > kMaxDepth || !seen.insert(folder).second) return;
    for (const auto& patch : found->second.patches) patches.insert(patch);
    for (const std::string& path : found->second.resources) {
      if (overlays_.contains(path)) {
        walk(path, patches, seen, depth + 1);
      } else if (const FileFact* file = facts_.find_file(path)) {
        uses_[file->id].push_back(patches);
      }
    }
  }

  void change() {
    for (AutomationFile& file : facts_.automation) {
      const auto uses = uses_.find(file.file);
      if (uses == uses_.end() || file.system != "kubernetes") continue;
      for (Unit& unit : file.units) {
        if (unit.kind != UnitKind::kSchedule) continue;
        size_t suspended = 0;
        const Patch* by = nullptr;
        for (const std::map<std::string, Patch>& patches : uses->second) {
          auto patch = patches.find(unit.name.str());
          if (patch == patches.end()) patch = patches.find(std::string(kAll));
          const bool off = patch != patches.end() ? patch->second.suspend : unit.manual;
          if (patch != patches.end() && off) by = &patch->second;
          if (off) ++suspended;
        }
        if (suspended < uses->second.size()) {
          unit.manual = false;  // some overlay lets it run
        } else if (by != nullptr) {
          unit.manual = true;
          unit.condition = "suspend: true in the overlay";
          unit.condition_span = by->span;
        }
      }
    }
  }

  FactStore& facts_;
  std::map<std::string, std::vector<const ConfigDocument*>, std::less<>> documents_;
  std::map<std::string, Overlay> overlays_;  // by folder
  std::map<FileId, std::vector<std::map<std::string, Patch>>> uses_;
};

}  // namespace

void apply_overlays(FactStore& facts) {
  const bool any = std::any_of(facts.files.begin(), facts.files.end(),
                               [](const FileFact& file) { return is_kustomization(file.path.view()); });
  if (any) Overlays(facts).run();
}

}  // namespace mlgrade::passes
