// One function a finder kind: facts in, hits out.
#include "analyzer/engine/finders.h"

#include <algorithm>

#include "analyzer/base/glob.h"
#include "analyzer/engine/words.h"

namespace mlgrade {
namespace {

bool ignored_case_match(std::string_view pattern, std::string_view text) {
  const auto lower = [](std::string_view in) {
    std::string out(in);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
    std::replace(out.begin(), out.end(), '/', ' ');  // '*' shall match the whole of a title
    return out;
  };
  return glob_match(lower(pattern), lower(text));
}

// Collects hits of one finder.
class Search {
 public:
  Search(const Finder& finder, const RuleInput& input)
      : finder_(finder), input_(input), facts_(input.facts) {}

  std::vector<Hit> run() {
    switch (finder_.kind) {
      case FinderKind::kUse:
        uses();
        break;
      case FinderKind::kFile:
        files();
        break;
      case FinderKind::kKey:
        keys();
        break;
      case FinderKind::kCommand:
        commands();
        break;
      case FinderKind::kHeading:
        headings();
        break;
      case FinderKind::kAlert:
        alerts();
        break;
      case FinderKind::kMetric:
        metrics();
        break;
      case FinderKind::kDependency:
        dependencies();
        break;
      default:
        for (uint32_t m = 0; m < facts_.python.size(); ++m) {
          if (place_ok(facts_.python[m].file)) python(m);
        }
    }
    return std::move(hits_);
  }

 private:
  bool place_ok(FileId id) const {
    if (id == FileId::kNone) return false;
    const FileFact& file = facts_.file(id);
    return !file.sample && !file.vendored &&
           (finder_.file.empty() || glob_match(finder_.file, file.path.view()));
  }

  Hit& add(Span span, std::string_view found, NodeId node) {
    Hit hit;
    hit.span = span;
    hit.found = std::string(found);
    hit.node = node;
    hits_.push_back(std::move(hit));
    return hits_.back();
  }

  NodeId node_of(const Use& use) const {
    const Graph& graph = input_.graph;
    switch (use.kind) {
      case Use::Kind::kCall:
        return graph.node_of_call(use.function.module, use.call);
      case Use::Kind::kDecorator:
        return graph.node_of_function(use.function);
      case Use::Kind::kBase:
        return graph.node_of_function({use.function.module, kNone});
      case Use::Kind::kCommand:
        return graph.node_of_command(use.automation, use.index);
      case Use::Kind::kAction:
        return graph.node_of_unit(use.automation, facts_.automation[use.automation].actions[use.index].unit);
      case Use::Kind::kFile:
        return graph.node_of_file(use.file);
    }
    return kNone;
  }

  std::string text_of(const Use& use) const {
    switch (use.kind) {
      case Use::Kind::kCall:
        return facts_.python[use.function.module].calls[use.call].target.str();
      case Use::Kind::kCommand: {
        std::string text;
        for (const Word& word : facts_.automation[use.automation].commands[use.index].words) {
          text += (text.empty() ? "" : " ") + word.text;
        }
        return text;
      }
      case Use::Kind::kAction:
        return facts_.automation[use.automation].actions[use.index].action.str();
      case Use::Kind::kFile:
        return std::string(facts_.path(use.file));
      default:
        return use.tool.str();
    }
  }

  void uses() {
    for (const Use& use : input_.uses) {
      if (use.capability != finder_.pattern || !place_ok(use.file)) continue;
      const auto& fails = finder_.fails;
      if (!fails.empty() && std::find(fails.begin(), fails.end(), use.ability->fails) == fails.end())
        continue;
      Hit& hit = add(use.span, text_of(use), node_of(use));
      hit.tool = use.tool.str();
      hit.effect = effect_of(use, facts_);
    }
  }

  bool arguments_ok(const PythonModule& module, const PyCall& call) const {
    return std::all_of(finder_.args.begin(), finder_.args.end(), [&](const auto& wanted) {
      return argument_matches(module, call, wanted.first, wanted.second);
    });
  }

  void python(uint32_t m) {
    const PythonModule& module = facts_.python[m];
    const Graph& graph = input_.graph;
    const auto matches = [&](Name name) {
      return !name.empty() && dotted_match(finder_.pattern, name.view());
    };
    if (finder_.kind == FinderKind::kCall) {
      for (uint32_t c = 0; c < module.calls.size(); ++c) {
        const PyCall& call = module.calls[c];
        if (!matches(call.target) || !arguments_ok(module, call)) continue;
        Hit& hit = add(call.span, call.target.view(), graph.node_of_call(m, c));
        hit.effect = effect_of_call(facts_, m, c, Fails::kRaises);
      }
    } else if (finder_.kind == FinderKind::kImport) {
      for (const PyImport& import : module.imports) {
        if (import.type_checking || import.project_module != kNone || !matches(import.target)) continue;
        add(import.span, import.target.view(), graph.node_of_function({m, kNone}));
      }
    } else if (finder_.kind == FinderKind::kDecorator) {
      for (uint32_t f = 0; f < module.functions.size(); ++f) {
        for (const PyDecorator& decorator : module.functions[f].decorators) {
          if (matches(decorator.target))
            add(decorator.span, decorator.target.view(), graph.node_of_function({m, f}));
        }
      }
    } else if (finder_.kind == FinderKind::kBase) {
      for (const PyClass& cls : module.classes) {
        for (Name target : cls.base_targets) {
          if (matches(target)) add(cls.span, target.view(), graph.node_of_function({m, kNone}));
        }
      }
    }
  }

  void files() {
    for (const FileFact& file : facts_.files) {
      if (!place_ok(file.id) || !glob_match(finder_.pattern, file.path.view())) continue;
      Span span;
      span.file = file.id;
      add(span, file.path.view(), input_.graph.node_of_file(file.id));
    }
  }

  // "a.b[0].c" -> "a.b.0.c", so that one matcher serves.
  static std::string dotted_path(std::string_view path) {
    std::string out;
    for (char c : path) {
      if (c == ']') continue;
      out += c == '[' ? '.' : c;
    }
    return out;
  }

  bool value_ok(const ConfigKey& key) const {
    if (finder_.at_least || finder_.at_most) {
      DataNode scalar;
      scalar.kind = DataNode::Kind::kScalar;
      scalar.text = key.value;
      const auto number = scalar.as_number();
      if (!number || (finder_.at_least && *number < *finder_.at_least) ||
          (finder_.at_most && *number > *finder_.at_most)) {
        return false;
      }
    }
    return finder_.values.empty() ||
           std::any_of(finder_.values.begin(), finder_.values.end(),
                       [&](const std::string& value) { return glob_match(value, key.value); });
  }

  bool document_ok(const ConfigDocument& document) const {
    return std::all_of(finder_.where.begin(), finder_.where.end(), [&](const auto& wanted) {
      const std::string path = dotted_path(wanted.first);
      return std::any_of(document.keys.begin(), document.keys.end(), [&](const ConfigKey& key) {
        return dotted_match(path, dotted_path(key.path.view())) && glob_match(wanted.second, key.value);
      });
    });
  }

  // The first matching key of each document.
  void keys() {
    const std::string pattern = dotted_path(finder_.pattern);
    for (const ConfigDocument& document : facts_.configs) {
      if (!place_ok(document.file) || !document_ok(document)) continue;
      for (const ConfigKey& key : document.keys) {
        if (!dotted_match(pattern, dotted_path(key.path.view())) || !value_ok(key)) continue;
        add(key.span, key.path.str() + ": " + key.value, input_.graph.node_of_file(document.file));
        break;
      }
    }
  }

  void commands() {
    for (uint32_t a = 0; a < facts_.automation.size(); ++a) {
      const AutomationFile& file = facts_.automation[a];
      if (!place_ok(file.file)) continue;
      for (uint32_t c = 0; c < file.commands.size(); ++c) {
        if (!command_matches(file.commands[c], finder_.pattern)) continue;
        std::string text;
        for (const Word& word : file.commands[c].words) text += (text.empty() ? "" : " ") + word.text;
        add(file.commands[c].span, text, input_.graph.node_of_command(a, c));
      }
    }
  }

  void headings() {
    for (const Document& document : facts_.documents) {
      if (!place_ok(document.file)) continue;
      for (const Heading& heading : document.headings) {
        if (!ignored_case_match(finder_.pattern, heading.text)) continue;
        Hit& hit = add(heading.span, heading.text, kNone);
        if (document.is_template()) hit.defeat = "a template that nobody has filled in";
        break;
      }
    }
  }

  void alerts() {
    for (const AlertRule& alert : facts_.alerts) {
      const bool matches = ignored_case_match(finder_.pattern, alert.name.view()) ||
                           std::any_of(alert.metrics.begin(), alert.metrics.end(), [&](Name metric) {
                             return glob_match(finder_.pattern, metric.view());
                           });
      if (!matches || !place_ok(alert.span.file)) continue;
      Hit& hit = add(alert.span, alert.name.view(), kNone);
      hit.runs_itself = true;
      const auto half = [&](std::string why) {
        hit.worth = 0.5;
        if (hit.worth_why.empty()) hit.worth_why = std::move(why);
      };
      if (alert.loaded == Truth::kNo) half("no server loads this rule file: " + alert.loaded_why);
      if (alert.vacuous) hit.defeat = "the alert can never fire, or always does";
      if (alert.loaded == Truth::kUnknown) half("no server configuration in the repository loads the rule");
      if (alert.routed == Truth::kNo) half("no receiver gets the alert");
      if (alert.routed == Truth::kUnknown) half("whether anybody receives the alert cannot be told");
      if (alert.loaded_at.valid()) {
        Link& link = hit.links.emplace_back();
        link.span = alert.loaded_at;
        link.what = "loads the rule file";
      }
    }
  }

  void metrics() {
    for (const MetricDefinition& metric : facts_.metrics) {
      if (!metric.known || !place_ok(metric.span.file)) continue;
      if (!glob_match(finder_.pattern, metric.name.view())) continue;
      Hit& hit = add(metric.span, metric.name.view(), input_.graph.node_of_function(metric.function));
      const bool unseen = metric.own_value || metric.foreign;
      if (!unseen && metric.set_in.empty() && metric.set_at.empty())
        hit.defeat = "nothing ever sets the metric";
    }
  }

  void dependencies() {
    for (const Dependency& dependency : facts_.dependencies) {
      if (!place_ok(dependency.span.file) || !glob_match(finder_.pattern, dependency.name.view())) continue;
      add(dependency.span, dependency.name.view(), kNone);
    }
  }

  const Finder& finder_;
  const RuleInput& input_;
  const FactStore& facts_;
  std::vector<Hit> hits_;
};

}  // namespace

std::vector<Hit> find_hits(const Finder& finder, const RuleInput& input) {
  return Search(finder, input).run();
}

}  // namespace mlgrade
