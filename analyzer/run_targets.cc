// Formats by name and by ending.
#include "analyzer/run_targets.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "analyzer/run.h"

namespace mlgrade {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

const Renderer* find_renderer(std::string_view name) {
  for (const Renderer* renderer : all_renderers()) {
    if (renderer->name == name) return renderer;
  }
  return nullptr;
}

// How many bytes of the file's name an ending of the format takes; the longest of all formats wins.
size_t matched(std::string_view endings, std::string_view name) {
  size_t best = 0;
  while (!endings.empty()) {
    const size_t end = std::min(endings.find(' '), endings.size());
    const std::string_view ending = endings.substr(0, end);
    // The name alone is no ending: ".md" is a hidden file.
    if (name.ends_with(ending) && (name.size() > ending.size() || !ending.starts_with('.'))) {
      best = std::max(best, ending.size());
    }
    endings.remove_prefix(std::min(end + 1, endings.size()));
  }
  return best;
}

const Renderer* renderer_by_ending(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  const Renderer* best = nullptr;
  size_t length = 0;
  for (const Renderer* renderer : all_renderers()) {
    const size_t here = matched(renderer->endings, name);
    if (here > length) {
      best = renderer;
      length = here;
    }
  }
  return best;
}

}  // namespace

std::vector<std::string> format_names() {
  std::vector<std::string> out;
  for (const Renderer* renderer : all_renderers()) out.emplace_back(renderer->name);
  return out;
}

std::vector<Target> choose_targets(const Options& options, std::string& error) {
  std::vector<std::string> outputs = options.outputs;
  if (outputs.empty()) outputs.emplace_back();
  const std::vector<std::string>& formats = options.formats;
  if (formats.size() > 1 && formats.size() != outputs.size()) {
    error = "--format is given " + std::to_string(formats.size()) + " times for " +
            std::to_string(outputs.size()) + " outputs; give it once, or once for each --output";
    return {};
  }
  std::vector<Target> out;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string& path = outputs[i];
    if (std::count(outputs.begin(), outputs.end(), path) > 1 && path != "/dev/null") {
      error = "--output '" + path + "' is given twice";
      return {};
    }
    Target target{nullptr, path};
    if (!formats.empty()) {
      const std::string& format = formats.size() == 1 ? formats.front() : formats[i];
      target.renderer = find_renderer(format);
      if (target.renderer == nullptr)
        error = "no format '" + format + "'; there are " + joined(format_names());
    } else if (!target.to_file()) {
      target.renderer = find_renderer("terminal");
    } else {
      target.renderer = renderer_by_ending(path);
      if (target.renderer == nullptr) {
        error = "cannot tell the format from '" + path + "'; add --format, one of " + joined(format_names());
      }
    }
    if (target.renderer == nullptr) return {};
    out.push_back(std::move(target));
  }
  return out;
}

}  // namespace mlgrade
