// Walks a template and writes its text, with the line of the template for each line written.
#include "analyzer/passes/charts/render.h"

#include <algorithm>

#include "analyzer/passes/charts/expressions.h"
#include "analyzer/passes/charts/values.h"
#include "analyzer/syntax/go_template.h"

namespace mlgrade::charts {
namespace {

constexpr size_t kMaxText = 4u << 20;
constexpr int kMaxIncludes = 40;  // named templates that use each other
constexpr size_t kMaxItems = 10'000;

class Renderer {
 public:
  Renderer(const Chart& chart, std::string_view path) : chart_(chart) {
    root_ = make_root(path);
    host_.include = [this](const std::string& name, const DataNode& dot) { return include(name, dot); };
    host_.tpl = [this](const std::string& text, const DataNode& dot) { return tpl(text, dot); };
  }

  Rendered run(const std::vector<TemplateNode>& nodes) {
    try {
      Scope scope{.dot = root_, .root = &root_, .variables = {}};
      walk(nodes, scope);
    } catch (const NotRendered& reason) {
      out_.why_not = reason.why;
    }
    return std::move(out_);
  }

 private:
  DataNode make_root(std::string_view path) const {
    DataNode root, release, info;
    set_key(release, "Name", text_value("release"));
    set_key(release, "Namespace", text_value("default"));
    set_key(release, "Service", text_value("Helm"));
    set_key(release, "IsInstall", bool_value(true));
    set_key(release, "IsUpgrade", bool_value(false));
    set_key(release, "Revision", number_value(1));
    DataNode chart = chart_.metadata;
    for (const auto& [key, value] : chart_.metadata.entries) {  // .Chart.Name is `name`
      std::string upper = key;
      if (!upper.empty() && upper[0] >= 'a' && upper[0] <= 'z')
        upper[0] = static_cast<char>(upper[0] - 'a' + 'A');
      set_key(chart, upper, value);
    }
    DataNode version, capabilities;
    set_key(version, "Version", text_value("v1.33.0"));
    set_key(version, "GitVersion", text_value("v1.33.0"));
    set_key(version, "Major", text_value("1"));
    set_key(version, "Minor", text_value("33"));
    set_key(capabilities, "KubeVersion", version);
    DataNode values = chart_.values;
    values.kind = DataNode::Kind::kMapping;
    set_key(info, "Name", text_value(path));
    set_key(info, "BasePath", text_value(path.substr(0, path.rfind('/'))));
    set_key(root, "Values", values);
    set_key(root, "Release", release);
    set_key(root, "Chart", chart);
    set_key(root, "Capabilities", capabilities);
    set_key(root, "Template", info);
    return root;
  }

  void emit(std::string_view text, uint32_t line, bool moves) {
    if (out_.text.size() + text.size() > kMaxText) throw NotRendered{"becomes too long"};
    for (char c : text) {
      if (out_.text.empty() || out_.text.back() == '\n') {
        out_.lines.push_back(line);
      } else if (fresh_ && c != ' ' && c != '\n') {
        out_.lines.back() = line;  // the line of the first thing on it, not of the spaces before
      }
      fresh_ = (fresh_ && c == ' ') || c == '\n';
      out_.text += c;
      if (c == '\n' && moves) ++line;
    }
  }

  void walk(const std::vector<TemplateNode>& nodes, Scope& scope) {
    const size_t mark = scope.variables.size();
    for (const TemplateNode& node : nodes) step(node, scope);
    scope.variables.resize(std::min(mark, scope.variables.size()));
  }

  DataNode value_of(const TemplateNode& node, const Scope& scope) {
    return evaluate(node.text, scope, host_);
  }

  void step(const TemplateNode& node, Scope& scope) {
    switch (node.kind) {
      case TemplateNode::Kind::kText:
        return emit(node.text, node.line, true);
      case TemplateNode::Kind::kOutput:
        return emit(show(value_of(node, scope)), node.line, false);
      case TemplateNode::Kind::kAssign:
        return assign(node.variable, value_of(node, scope), scope);
      case TemplateNode::Kind::kIf:
        return choose(node, scope, false);
      case TemplateNode::Kind::kWith:
        return choose(node, scope, true);
      case TemplateNode::Kind::kRange:
        return loop(node, scope);
      case TemplateNode::Kind::kDefine:
        return;
    }
  }

  // A variable that a block around has set keeps its new value behind the block.
  static void assign(const std::string& name, DataNode value, Scope& scope) {
    for (auto it = scope.variables.rbegin(); it != scope.variables.rend(); ++it) {
      if (it->first == name) {
        it->second = std::move(value);
        return;
      }
    }
    scope.variables.emplace_back(name, std::move(value));
  }

  void choose(const TemplateNode& node, Scope& scope, bool rebinds) {
    DataNode value = value_of(node, scope);
    if (!is_truthy(value)) return walk(node.otherwise, scope);
    const size_t mark = scope.variables.size();
    if (!node.variable.empty()) scope.variables.emplace_back(node.variable, value);
    if (!rebinds) {
      walk(node.body, scope);
    } else {
      std::swap(scope.dot, value);
      walk(node.body, scope);
      std::swap(scope.dot, value);
    }
    scope.variables.resize(mark);
  }

  void loop(const TemplateNode& node, Scope& scope) {
    DataNode value = value_of(node, scope);
    if (!is_truthy(value)) return walk(node.otherwise, scope);
    std::vector<std::pair<DataNode, DataNode>> items;
    for (size_t i = 0; i < value.items.size(); ++i)
      items.emplace_back(number_value(static_cast<double>(i)), value.items[i]);
    for (const auto& [key, entry] : value.entries) items.emplace_back(text_value(key), entry);
    if (value.is_mapping()) {  // Go walks the keys of a map in their order
      std::stable_sort(items.begin(), items.end(),
                       [](const auto& a, const auto& b) { return a.first.text < b.first.text; });
    }
    if (value.is_scalar() || items.size() > kMaxItems) throw NotRendered{"loops over what is no list"};
    const size_t mark = scope.variables.size();
    for (auto& [key, item] : items) {
      if (!node.key_variable.empty()) scope.variables.emplace_back(node.key_variable, key);
      if (!node.variable.empty()) scope.variables.emplace_back(node.variable, item);
      std::swap(scope.dot, item);
      walk(node.body, scope);
      std::swap(scope.dot, item);
      scope.variables.resize(mark);
    }
  }

  // Renders to a text of its own.
  std::string apart(const std::vector<TemplateNode>& nodes, const DataNode& dot) {
    if (++includes_ > kMaxIncludes) throw NotRendered{"named templates use each other without end"};
    Rendered kept = std::move(out_);
    const bool fresh = fresh_;
    out_ = {};
    fresh_ = true;
    Scope scope{.dot = dot, .root = &dot, .variables = {}};
    walk(nodes, scope);
    std::string text = std::move(out_.text);
    out_ = std::move(kept);
    fresh_ = fresh;
    --includes_;
    return text;
  }

  std::string include(const std::string& name, const DataNode& dot) {
    const auto found = chart_.defines.find(name);
    if (found == chart_.defines.end())
      throw NotRendered{"includes the template " + name + ", which is not here"};
    return apart(found->second->body, dot);
  }

  std::string tpl(const std::string& text, const DataNode& dot) {
    const ParsedTemplate parsed = parse_go_template(text);
    if (!parsed.why_not.empty()) throw NotRendered{parsed.why_not};
    return apart(parsed.nodes, dot);
  }

  const Chart& chart_;
  DataNode root_;
  Host host_;
  Rendered out_;
  bool fresh_ = true;  // nothing but spaces on the line so far
  int includes_ = 0;
};

}  // namespace

void collect_defines(const std::vector<TemplateNode>& nodes, Chart& chart) {
  for (const TemplateNode& node : nodes) {
    if (node.kind == TemplateNode::Kind::kDefine) chart.defines.insert_or_assign(node.text, &node);
    collect_defines(node.body, chart);
    collect_defines(node.otherwise, chart);
  }
}

Rendered render(const std::vector<TemplateNode>& nodes, const Chart& chart, std::string_view path) {
  return Renderer(chart, path).run(nodes);
}

}  // namespace mlgrade::charts
