// Joins a command of a document's code block with what leads to a node, and with what a run of it left.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "rules/support/code.h"
#include "rules/support/paths.h"
#include "rules/support/results.h"

namespace mlgrade {
namespace {

// How a person starts something: all of these words in this order, side by side but for options.
using Invocation = std::vector<std::string>;

void add_unit(const RuleInput& in, const Node& node, std::set<Invocation>& out) {
  const AutomationFile& file = in.facts.automation[node.owner];
  const Unit& unit = file.units[node.index];
  const std::string name = unit.name.str();
  if (name.empty()) return;
  if (unit.kind == UnitKind::kTarget) {
    for (const char* runner : {"make", "just", "task", "poe", "invoke", "npm"}) {
      if (unit.system.view().starts_with(runner) || unit.system.empty()) out.insert({runner, name});
    }
  } else if (unit.kind == UnitKind::kScript) {
    out.insert({std::string(in.facts.path(file.file))});
  } else if (unit.kind == UnitKind::kStage && unit.system == "dvc") {
    out.insert({"dvc", "repro"});
  } else if (unit.kind == UnitKind::kStage && unit.system == "kedro") {
    out.insert({"kedro", "run"});
  } else if (unit.kind == UnitKind::kEntryPoint) {
    out.insert({name});
  }
}

std::set<Invocation> invocations(const RuleInput& in, NodeId node) {
  std::set<Invocation> out;
  for (NodeId caller : in.graph.callers(node)) {
    const Node& n = in.graph.nodes[caller];
    if (n.kind == NodeKind::kUnit) add_unit(in, n, out);
    if (n.kind != NodeKind::kMain) continue;
    const PythonModule& module = in.facts.python[n.owner];
    if (is_test_code(in.facts, module.file) || module.is_notebook) continue;
    out.insert({std::string(in.facts.path(module.file))});
    if (!module.name.empty()) out.insert({"-m", module.name.str()});
  }
  return out;
}

std::vector<std::string> words_of_line(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  for (char c : line) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  for (std::string& w : words) {
    if (w.starts_with("./")) w.erase(0, 2);
  }
  return words;
}

bool says(const std::vector<std::string>& words, const Invocation& invocation) {
  size_t next = 0;
  for (const std::string& word : words) {
    if (word.starts_with('#')) return false;
    const bool hit = word == invocation[next];
    if (hit && ++next == invocation.size()) return true;
    if (!hit && next > 0 && !word.starts_with('-')) next = word == invocation[0] ? 1 : 0;
  }
  return false;
}

// The line of a code block that starts something which leads to the node; invalid if there is none.
Link command_for(const RuleInput& in, const std::set<Invocation>& ways) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file)) continue;
    for (const CodeBlock& block : document.code) {
      uint32_t line = block.span.line;
      std::string_view rest = block.text;
      while (!rest.empty()) {
        const std::string_view text = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), text.size() + 1));
        const std::vector<std::string> words = words_of_line(text);
        for (const Invocation& way : ways) {
          if (!says(words, way)) continue;
          std::string shown;
          for (const std::string& word : way) shown += (shown.empty() ? "" : " ") + word;
          return {Span{document.file, line, 1, line},
                  fmt::format("`{}`, as {} says", shown, in.facts.path(document.file))};
        }
        ++line;
      }
    }
  }
  return {};
}

bool in_folder_of_pictures(std::string_view path) {
  static constexpr std::string_view kFolders[] = {"artifacts", "images",      "image",   "img",     "imgs",
                                                  "assets",    "docs",        "doc",     "figures", "figs",
                                                  "plots",     "screenshots", "reports", "results", "media"};
  for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    std::string folder(path.substr(0, slash));
    std::transform(folder.begin(), folder.end(), folder.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::find(std::begin(kFolders), std::end(kFolders), folder) != std::end(kFolders)) return true;
    path.remove_prefix(slash + 1);
  }
  return false;
}

// A drawing of what is planned shows no run.
bool is_drawing(std::string_view name) {
  return has_word(name, {"architecture", "diagram", "overview", "design", "workflow", "schema", "logo",
                         "structure", "plan", "concept", "flow", "flowchart", "banner", "template"});
}

bool is_picture(const FileFact& file) {
  std::string_view path = file.path.view();
  const bool shows = path.ends_with(".png") || path.ends_with(".jpg") || path.ends_with(".jpeg") ||
                     path.ends_with(".svg") || path.ends_with(".gif") || path.ends_with(".webp") ||
                     path.ends_with(".html");
  return shows && !file.sample && !file.vendored && file.bytes > 0 && !is_drawing(file_name(path));
}

RecordedResult result_of(const FileFact& file) {
  return {Span{file.id, 0, 0, 0}, file.path.str(), file.last_commit, Confidence::kMedium};
}

// A picture in a folder for such, by its name or by the heading under which a document shows it.
std::optional<RecordedResult> picture_about(const RuleInput& in, const std::vector<std::string_view>& topic) {
  const auto about = [&](std::string_view text) {
    return std::any_of(topic.begin(), topic.end(),
                       [&](std::string_view word) { return contains_phrase(text, word); });
  };
  for (const FileFact& file : in.facts.files) {
    std::string_view path = file.path.view();
    if (is_picture(file) && in_folder_of_pictures(path) && about(file_name(path))) return result_of(file);
  }
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file)) continue;
    for (const DocLink& link : document.links) {
      if (!link.image || link.heading == kNone || !about(document.headings[link.heading].text)) continue;
      const FileFact* file = linked_file(in.facts, document, link.url);
      if (file != nullptr && is_picture(*file)) return result_of(*file);
    }
  }
  return std::nullopt;
}

}  // namespace

Link documented_command(const RuleInput& in, NodeId node) {
  return node == kNone ? Link{} : command_for(in, invocations(in, node));
}

std::optional<RecordedResult> shown_result(const RuleInput& in, const std::vector<std::string_view>& topic) {
  std::optional<RecordedResult> result = picture_about(in, topic);
  if (result) return result;
  std::vector<RecordedResult> results = results_about(in, topic);
  // Tables of documents say what is wanted as often as what came out.
  std::erase_if(results, [](const RecordedResult& one) { return one.what.starts_with("table"); });
  if (!results.empty()) result = std::move(results.front());
  return result;
}

std::optional<DocumentedRun> documented_run(const RuleInput& in, NodeId node,
                                            const std::optional<RecordedResult>& shown) {
  if (!shown) return std::nullopt;
  Link command = documented_command(in, node);
  if (!command.span.valid()) return std::nullopt;
  return DocumentedRun{std::move(command), *shown};
}

std::optional<DocumentedRun> documented_run(const RuleInput& in, NodeId node,
                                            const std::vector<std::string_view>& topic) {
  return node == kNone ? std::nullopt : documented_run(in, node, shown_result(in, topic));
}

Evidence evidence_of(const DocumentedRun& run, std::string what) {
  Evidence evidence = evidence_of(run.result, std::move(what));
  evidence.place = run.command.span;
  evidence.links = {run.command,
                    {run.result.place, fmt::format("{} shows what came of it", run.result.what)}};
  evidence.worth_why = "it is run by hand, as a document says; nothing repeats it";
  return evidence;
}

}  // namespace mlgrade
