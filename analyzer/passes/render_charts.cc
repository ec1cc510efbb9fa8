// Helm charts with their default values and the files of values that all who install them give: templates are
// rendered and what comes of them goes through the same passes as any file; places point at the template.
// What cannot be rendered is a problem of the file, no more.
#include <algorithm>
#include <map>
#include <set>

#include "analyzer/passes/charts/render.h"
#include "analyzer/passes/charts/value_files.h"
#include "analyzer/passes/charts/values.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/repo_passes.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

constexpr int kMaxChartDepth = 6;  // of charts in charts

// Lines of the rendered text become lines of the template.
class Remap {
 public:
  Remap(FileId file, const std::vector<uint32_t>& lines) : file_(file), lines_(lines) {}

  void operator()(FileFacts& facts) const {
    for (AutomationFile& automation : facts.automation) (*this)(automation);
    for (ConfigDocument& document : facts.configs) {
      for (ConfigKey& key : document.keys) (*this)(key.span);
      (*this)(document.root);
    }
    for (AlertRule& alert : facts.alerts) {
      (*this)(alert.span);
      (*this)(alert.loaded_at);
      (*this)(alert.routed_at);
      (*this)(alert.runbook_at);
    }
    for (RecordingRule& rule : facts.recordings) {
      (*this)(rule.span);
      (*this)(rule.loaded_at);
    }
    for (Dashboard& dashboard : facts.dashboards) {
      for (auto& [text, span] : dashboard.expressions) (*this)(span);
      for (PanelQuery& panel : dashboard.panels) (*this)(panel.span);
    }
    for (Problem& problem : facts.problems) (*this)(problem.span);
  }

 private:
  void operator()(AutomationFile& automation) const {
    for (Unit& unit : automation.units) {
      for (Span* span : {&unit.span, &unit.condition_span, &unit.effect_span}) (*this)(*span);
    }
    for (Trigger& trigger : automation.triggers) (*this)(trigger.span);
    for (Setting& setting : automation.settings) (*this)(setting.span);
    for (Command& command : automation.commands) {
      (*this)(command.span);
      (*this)(command.effect_span);
    }
    for (UnitLink& link : automation.links) (*this)(link.span);
    for (ActionUse& action : automation.actions) (*this)(action.span);
    for (Publication& publication : automation.publications) (*this)(publication.span);
  }

  void operator()(DataNode& node) const {
    node.line = line(node.line);
    for (uint32_t& key : node.key_lines) key = line(key);
    for (DataNode& item : node.items) (*this)(item);
    for (auto& entry : node.entries) (*this)(entry.second);
  }

  void operator()(Span& span) const {
    if (span.file != file_) return;
    span.line = line(span.line);
    span.end_line = std::max(span.line, line(span.end_line));
  }

  uint32_t line(uint32_t rendered) const {
    if (rendered == 0 || lines_.empty()) return rendered;
    return lines_[std::min<size_t>(rendered - 1, lines_.size() - 1)];
  }

  FileId file_;
  const std::vector<uint32_t>& lines_;
};

class Charts {
 public:
  explicit Charts(FactStore& facts) : facts_(facts) {
    for (const ConfigDocument& document : facts.configs) {
      if (document.index == 0) documents_.emplace(facts.path(document.file), &document.root);
    }
  }

  void run() {
    for (const FileFact& file : facts_.files) {
      if (base_name(file.path.view()) != "Chart.yaml" || file.sample || file.vendored) continue;
      const std::string folder(folder_of(file.path.view()));
      if (!parent_of(folder).empty()) continue;
      DataNode given;
      for (const std::string& path : charts::common_value_files(facts_, folder)) {
        if (document(path).is_mapping()) given = charts::merged(given, document(path));
      }
      read(folder, given, {}, 0);
    }
    finish();
  }

 private:
  const DataNode& document(const std::string& path) const {
    static const DataNode none;
    const auto found = documents_.find(path);
    return found == documents_.end() ? none : *found->second;
  }

  static std::string below(const std::string& folder, std::string_view name) {
    return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
  }

  // "x/charts/y" is a part of the chart "x", if that is one.
  std::string parent_of(const std::string& folder) const {
    const std::string charts(folder_of(folder));
    if (base_name(charts) != "charts") return "";
    const std::string parent(folder_of(charts));
    return facts_.find_file(below(parent, "Chart.yaml")) != nullptr ? below(parent, "Chart.yaml") : "";
  }

  void read(const std::string& folder, const DataNode& given, const charts::Chart& around, int depth) {
    if (depth > kMaxChartDepth) return;
    charts::Chart chart;
    chart.metadata = document(below(folder, "Chart.yaml"));
    chart.values = charts::merged(document(below(folder, "values.yaml")), given);
    chart.defines = around.defines;
    const std::string own = below(folder, "templates/"), parts = below(folder, "charts/");
    for_below(facts_.templates, parts,
              [&](const TemplateFile& file) { charts::collect_defines(file.nodes, chart); });
    for_below(facts_.templates, own,
              [&](const TemplateFile& file) { charts::collect_defines(file.nodes, chart); });
    for_below(facts_.templates, own, [&](const TemplateFile& file) { render(file, chart); });
    for_below(facts_.files, parts, [&](const FileFact& file) {
      const std::string_view path = file.path.view();
      if (base_name(path) != "Chart.yaml") return;
      const std::string part(folder_of(path));
      if (folder_of(part) != std::string_view(parts).substr(0, parts.size() - 1)) return;
      const std::string name(base_name(part));
      if (!is_enabled(chart, name)) return;
      const DataNode* values = chart.values.find(name);
      DataNode handed = values == nullptr ? DataNode{} : *values;
      handed.kind = DataNode::Kind::kMapping;
      if (const DataNode* global = chart.values.find("global")) charts::set_key(handed, "global", *global);
      read(part, handed, chart, depth + 1);
    });
  }

  std::string_view path_of(const FileFact& file) const { return file.path.view(); }
  std::string_view path_of(const TemplateFile& file) const { return facts_.path(file.file); }

  // Facts of files below a folder; they stand in the order of paths.
  template <typename T, typename Use>
  void for_below(const std::vector<T>& all, const std::string& folder, Use use) const {
    auto at = std::lower_bound(all.begin(), all.end(), folder,
                               [&](const T& one, const std::string& path) { return path_of(one) < path; });
    for (; at != all.end() && path_of(*at).starts_with(folder); ++at) use(*at);
  }

  // `condition: api.enabled` of a dependency.
  static bool is_enabled(const charts::Chart& chart, const std::string& name) {
    const DataNode* dependencies = chart.metadata.find("dependencies");
    if (dependencies == nullptr) return true;
    for (const DataNode& dependency : dependencies->items) {
      if (dependency.get("name") != name) continue;
      const DataNode* at = &chart.values;
      std::string condition(dependency.get("condition"));
      if (condition.empty()) return true;
      for (std::string_view part : split(condition, '.')) at = at == nullptr ? nullptr : at->find(part);
      return at == nullptr || charts::is_truthy(*at);
    }
    return true;
  }

  void render(const TemplateFile& file, const charts::Chart& chart) {
    const std::string_view path = facts_.path(file.file);
    const std::string_view name = base_name(path);
    if (name.starts_with('_') || name.ends_with(".tpl") || facts_.file(file.file).sample) return;
    charts::Rendered rendered;
    rendered.why_not = file.why_not;
    if (file.why_not.empty()) rendered = charts::render(file.nodes, chart, path);
    if (!rendered.why_not.empty()) {
      Problem problem;
      problem.kind = ProblemKind::kNotAnalysable;
      problem.span = line_span(file.file, 1);
      problem.message = "the template is not rendered: it " + rendered.why_not;
      problems_.push_back(std::move(problem));
      done_.insert(file.file);
      return;
    }
    done_.insert(file.file);
    SourceFile source;
    source.id = file.file;
    source.path = path;
    source.language = Language::kYaml;
    source.text = std::move(rendered.text);
    FileFacts out;
    for (const FilePass* pass : file_passes()) {
      if (pass->name != "chart_templates" && pass->wants(facts_.file(file.file))) pass->run(source, out);
    }
    Remap(file.file, rendered.lines)(out);
    std::move(out.automation.begin(), out.automation.end(), std::back_inserter(automation_));
    std::move(out.configs.begin(), out.configs.end(), std::back_inserter(configs_));
    std::move(out.alerts.begin(), out.alerts.end(), std::back_inserter(alerts_));
    std::move(out.recordings.begin(), out.recordings.end(), std::back_inserter(recordings_));
    std::move(out.dashboards.begin(), out.dashboards.end(), std::back_inserter(dashboards_));
    for (Problem& problem : out.problems) {
      problem.kind = ProblemKind::kNotAnalysable;
      problem.message = "what the template gives with its default values: " + problem.message;
      problems_.push_back(std::move(problem));
    }
  }

  // What was said of the unrendered text goes; what the rendered text says comes in the order of paths.
  void finish() {
    const auto old = [&](const auto& fact) { return done_.contains(file_of(fact)); };
    std::erase_if(facts_.automation, old);
    std::erase_if(facts_.configs, old);
    std::erase_if(facts_.alerts, old);
    std::erase_if(facts_.recordings, old);
    std::erase_if(facts_.dashboards, old);
    std::erase_if(facts_.problems, old);
    add(automation_, facts_.automation);
    add(configs_, facts_.configs);
    add(alerts_, facts_.alerts);
    add(recordings_, facts_.recordings);
    add(dashboards_, facts_.dashboards);
    std::move(problems_.begin(), problems_.end(), std::back_inserter(facts_.problems));
  }

  static FileId file_of(const AutomationFile& fact) { return fact.file; }
  static FileId file_of(const ConfigDocument& fact) { return fact.file; }
  static FileId file_of(const AlertRule& fact) { return fact.span.file; }
  static FileId file_of(const RecordingRule& fact) { return fact.span.file; }
  static FileId file_of(const Dashboard& fact) { return fact.file; }
  static FileId file_of(const Problem& fact) { return fact.span.file; }

  template <typename T>
  static void add(std::vector<T>& from, std::vector<T>& to) {
    if (from.empty()) return;
    std::move(from.begin(), from.end(), std::back_inserter(to));
    std::stable_sort(to.begin(), to.end(),
                     [](const T& a, const T& b) { return index_of(file_of(a)) < index_of(file_of(b)); });
  }

  FactStore& facts_;
  std::map<std::string_view, const DataNode*, std::less<>> documents_;
  std::set<FileId> done_;
  std::vector<AutomationFile> automation_;
  std::vector<ConfigDocument> configs_;
  std::vector<AlertRule> alerts_;
  std::vector<RecordingRule> recordings_;
  std::vector<Dashboard> dashboards_;
  std::vector<Problem> problems_;
};

}  // namespace

void render_charts(FactStore& facts) {
  if (facts.templates.empty()) return;
  Charts(facts).run();
}

}  // namespace mlgrade::passes
