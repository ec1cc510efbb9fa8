// DATA-6: one declared place for features, or a written way to add one. That CI plans and applies definitions
// is all that a repository can show of speed.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/standing.h"

namespace mlgrade::rules {
namespace {

constexpr uint16_t kFewest = 3;  // entries that make a registry

bool names_features(std::string_view name) { return has_word(name, {"feature", "features"}); }

// Schedules alone start it: a change waits for one, and is not tried before it is merged.
bool only_on_schedule(const RuleInput& in, NodeId node) {
  if (node == kNone) return false;
  bool schedule = false;
  for (NodeId n : in.graph.callers(node)) {
    const Node& caller = in.graph.nodes[n];
    if (caller.kind != NodeKind::kTrigger) continue;
    const Trigger& trigger = in.facts.automation[caller.owner].triggers[caller.index];
    if (trigger.automatic == Truth::kNo || trigger.kind == TriggerKind::kManual) continue;
    if (trigger.kind != TriggerKind::kSchedule) return false;
    schedule = true;
  }
  return schedule;
}

// `feast plan`, `feast apply`, `tecton apply`: definitions go live from an automatic run.
void add_applies(const RuleInput& in, std::vector<Evidence>& out) {
  for (uint32_t a = 0; a < in.facts.automation.size(); ++a) {
    const AutomationFile& file = in.facts.automation[a];
    if (is_sample(in.facts, file.file)) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const Command& command = file.commands[c];
      size_t at = 0;
      while (at < command.words.size() && command.words[at].text != "feast" &&
             command.words[at].text != "tecton")
        ++at;
      bool applies = at < command.words.size() &&
                     std::any_of(command.words.begin() + static_cast<std::ptrdiff_t>(at), command.words.end(),
                                 [](const Word& w) { return w.text == "apply" || w.text == "plan"; });
      if (!applies) continue;
      Evidence e;
      e.place = command.span;
      e.what = fmt::format("`{}` puts feature definitions in place", command.words[at].text);
      e.runs_at = in.graph.node_of_command(a, c);
      if (only_on_schedule(in, e.runs_at)) {
        e.worth = 0.5;
        e.worth_why = "it runs on a schedule, not when a definition changes";
      }
      out.push_back(std::move(e));
    }
  }
}

bool tells_to_apply(const Document& document) {
  return std::any_of(document.code.begin(), document.code.end(), [](const CodeBlock& block) {
    return block.text.find("feast apply") != std::string::npos ||
           block.text.find("tecton apply") != std::string::npos;
  });
}

// Something puts the definitions in place or reads features by them, started by itself or by a person.
bool is_used(const RuleInput& in, const std::vector<Evidence>& applies) {
  const auto started = [&](NodeId node) {
    return node != kNone && product_reach(in, node) != Reach::By::kNothing;
  };
  for (std::string_view capability : {"applies-features", "defines-feature"}) {
    for (const Use* use : product_uses(in, capability)) {  // create_feature_group(...) does both
      const PyCall* call = call_of(in, *use);
      const bool acts =
          call != nullptr && (capability == "applies-features" || has_word(call->method.view(), {"create"}));
      if (acts && started(node_of(in, *use))) return true;
    }
  }
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file)) continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      const bool applies = call.method == "apply" && call.target.view().starts_with("feast.");
      if (applies && started(in.graph.node_of_call(m, c))) return true;
    }
  }
  return std::any_of(applies.begin(), applies.end(), [&](const Evidence& e) { return started(e.runs_at); }) ||
         std::any_of(in.facts.documents.begin(), in.facts.documents.end(), [&](const Document& document) {
           return !is_sample(in.facts, document.file) && tells_to_apply(document);
         });
}

// Feature views and entities of a feature store.
void add_store(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, "defines-feature")) {
    if (use->kind == Use::Kind::kCommand) continue;
    const Span place = use->span.line == 0 ? Span{use->file, 1, 1, 1} : use->span;
    Evidence e = standing_half(place, fmt::format("{} declares features", name_of(in, *use)),
                               "how long it takes to add one is not measured");
    if (!is_used(in, out)) {
      e.defeat = "nothing applies the declarations or reads features by them";
      e.remedy = "Run `feast apply` from CI, and let training and serving read features from the store.";
      e.defeat_at = place;
    }
    out.push_back(std::move(e));
    return;
  }
}

bool names_function(const PythonModule& m, const PyValue& value) {
  if (value.kind == PyValue::Kind::kLambda) return true;
  if (value.kind != PyValue::Kind::kName) return false;
  return std::any_of(m.functions.begin(), m.functions.end(),
                     [&](const PyFunction& f) { return f.cls == kNone && f.name == value.text; }) ||
         std::any_of(m.imports.begin(), m.imports.end(),
                     [&](const PyImport& i) { return i.bound == value.text; });
}

// FEATURES = {"age_band": age_band, ...}: one table from names to functions.
void add_tables(const RuleInput& in, std::vector<Evidence>& out) {
  for (const PythonModule& m : in.facts.python) {
    if (is_sample(in.facts, m.file) || is_test_code(in.facts, m.file) || m.is_notebook) continue;
    for (const PyBinding& b : m.bindings) {
      if (b.function != kNone || !names_features(b.target.view()) || b.value.kind != PyValue::Kind::kDict)
        continue;
      IndexRange elements = b.value.elements();
      uint32_t functions = 0;
      for (uint32_t e = elements.begin + 1; e < elements.end && e < m.values.size(); e += 2)
        functions += names_function(m, m.values[e]);
      if (b.value.count < kFewest || functions * 2 < b.value.count) continue;
      out.push_back(standing_half(
          b.span, fmt::format("one table of features, `{}`, {} entries", b.target.view(), b.value.count),
          "one place to add to; how long it takes is not measured"));
    }
  }
}

// @feature("age_band") over several functions, where the decorator is the project's own.
void add_decorators(const RuleInput& in, std::vector<Evidence>& out) {
  std::map<Name, std::pair<int, Span>> uses;
  for (const PythonModule& m : in.facts.python) {
    if (is_sample(in.facts, m.file) || is_test_code(in.facts, m.file) || m.is_notebook) continue;
    for (const PyFunction& f : m.functions) {
      for (const PyDecorator& d : f.decorators) {
        std::string_view name = d.name.view().substr(d.name.view().rfind('.') + 1);
        bool registers =
            name == "feature" || (names_features(name) && has_word(name, {"register", "registry", "define"}));
        if (!registers) continue;
        auto& [count, first] = uses[Name(name)];
        if (count++ == 0) first = d.span;
      }
    }
  }
  for (const auto& [name, use] : uses) {
    if (use.first < kFewest) continue;
    out.push_back(standing_half(use.second, fmt::format("features register themselves by `@{}`", name.view()),
                                "one place to add to; how long it takes is not measured"));
  }
}

// Files that Python mentions by name, so that a declaration in them has a reader.
std::set<std::string> mentioned_files(const FactStore& facts) {
  std::set<std::string> names;
  auto add = [&](const PyValue& value) {
    if (value.kind != PyValue::Kind::kString && value.kind != PyValue::Kind::kFString) return;
    std::string_view text = value.text.view();
    std::string_view base = text.substr(text.rfind('/') + 1);
    if (base.find('.') != std::string_view::npos) names.emplace(base);
  };
  for (const PythonModule& m : facts.python) {
    for (const PyArg& arg : m.args) add(arg.value);
    for (const PyBinding& b : m.bindings) add(b.value);
    for (const PyValue& value : m.values) add(value);
  }
  return names;
}

// features: [{name: age, dtype: int, source: crm}, ...] in a file that code reads.
void add_declarations(const RuleInput& in, std::vector<Evidence>& out) {
  std::set<std::string> mentioned = mentioned_files(in.facts);
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    std::string_view path = in.facts.path(document.file);
    const DataNode* list = document.root.find("features");
    if (list == nullptr || !mentioned.contains(std::string(path.substr(path.rfind('/') + 1)))) continue;
    size_t whole = 0;
    auto described = [](const DataNode& node) {
      int keys = 0;
      for (std::string_view key : {"type", "dtype", "transform", "transformation", "source", "description",
                                   "owner", "expression", "sql", "encoder", "function"}) {
        std::string_view value = node.get(key);
        keys += !value.empty() && value != "TBD" && value != "TODO";
      }
      return keys >= 2 || (keys >= 1 && node.find("name") != nullptr);
    };
    for (const DataNode& item : list->items) whole += described(item);
    for (const DataEntry& entry : list->entries) whole += described(entry.second);
    if (whole < kFewest) continue;
    Evidence e = standing_half(Span{document.file, list->line, 1, list->line},
                               fmt::format("{} features declared in {}", whole, path),
                               "one place to add to; how long it takes is not measured");
    e.confidence = Confidence::kMedium;
    out.push_back(std::move(e));
  }
}

// Keys of a document below which columns are listed: features: [age, city], features: {numeric: [...]},
// numeric_features: [...]. `columns` counts what they list.
struct Listing {
  std::set<std::string> keys;
  size_t columns = 0;
  uint32_t line = 0;
};

void add_listing(std::string_view key, const DataNode& node, int depth, bool below, Listing& out) {
  constexpr int kDepth = 4;
  // What is left out, and what the steps are called, are no features.
  if (has_word(key, {"drop", "dropped", "exclude", "excluded", "ignore", "remove", "id", "ids", "key", "keys",
                     "target", "label", "labels", "step", "steps", "technical", "leakage"}))
    return;
  const bool names = names_features(key) || has_word(key, {"columns", "cols"});
  size_t strings = 0;
  for (const DataNode& item : node.items) strings += item.items.empty() && item.entries.empty();
  if ((names || below) && !node.items.empty() && strings == node.items.size()) {
    out.keys.insert(std::string(key));
    out.columns += strings;
    if (out.line == 0) out.line = node.line;
  }
  for (const DataEntry& entry : node.entries) {
    if (depth < kDepth) add_listing(entry.first, entry.second, depth + 1, below || names_features(key), out);
  }
}

// The last key of `config["features"]["numeric"]` or `config.features.numeric`, or the string of
// `get("numeric")`.
bool reads_key(const PythonModule& m, const PyBinding& b, const std::set<std::string>& keys) {
  const auto known = [&](std::string_view key) { return keys.contains(std::string(key)); };
  std::string_view text = b.value.text.view();
  if (b.value.kind == PyValue::Kind::kSubscript && text.ends_with(']'))
    return known(text.substr(text.rfind('[') + 1, text.size() - text.rfind('[') - 2));
  if (b.value.kind == PyValue::Kind::kName && text.find('.') != std::string_view::npos)
    return known(text.substr(text.rfind('.') + 1));
  for (uint32_t c = b.calls.begin; c < b.calls.end; ++c) {
    const IndexRange args = m.calls[c].args;
    if (m.calls[c].method == "get" && !args.empty() && known(m.args[args.begin].value.text.view()))
      return true;
  }
  return false;
}

// A list is used to choose columns: df[columns], ColumnTransformer([("n", scale, columns)]),
// drop(columns=...).
bool selects_by(const PythonModule& m, const Carriers& lists) {
  const bool item = std::any_of(m.bindings.begin(), m.bindings.end(), [&](const PyBinding& b) {
    return b.value.kind == PyValue::Kind::kSubscript && b.value.text.view().ends_with("[]") &&
           lists.carries(m, b.reads);
  });
  return item || std::any_of(m.calls.begin(), m.calls.end(), [&](const PyCall& call) {
           for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
             const PyArg& arg = m.args[a];
             const bool columns =
                 has_word(arg.keyword.view(), {"columns", "usecols", "subset", "features"}) ||
                 call.target.view().starts_with("sklearn.compose.") ||
                 (arg.value.kind == PyValue::Kind::kSubscript && arg.value.text.view().ends_with("[]"));
             if (columns && lists.carries(m, arg.reads)) return true;
           }
           return false;
         });
}

bool handles_frames(const PythonModule& m) {
  return std::any_of(m.imports.begin(), m.imports.end(), [](const PyImport& import) {
    std::string_view root = import.target.empty() ? import.module.view() : import.target.view();
    root = root.substr(0, root.find('.'));
    return root == "pandas" || root == "polars" || root == "pyspark" || root == "sklearn" || root == "dask";
  });
}

bool mentions(const PythonModule& m, std::string_view name) {
  const auto ends = [&](const PyValue& value) {
    std::string_view text = value.text.view();
    return (value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kFString) &&
           text.ends_with(name);
  };
  return std::any_of(m.bindings.begin(), m.bindings.end(),
                     [&](const PyBinding& b) { return ends(b.value); }) ||
         std::any_of(m.args.begin(), m.args.end(), [&](const PyArg& arg) { return ends(arg.value); });
}

// The name stands for the file, by what is assigned to it: PATH = Path(".../columns.json").
bool names_file(const PythonModule& m, std::string_view object, std::string_view file) {
  return std::any_of(m.bindings.begin(), m.bindings.end(), [&](const PyBinding& b) {
    if (b.target.view() != object) return false;
    bool named = b.value.text.view().ends_with(file);
    for (uint32_t c = b.calls.begin; c < b.calls.end; ++c) {
      for (uint32_t a = m.calls[c].args.begin; a < m.calls[c].args.end; ++a)
        named |= m.args[a].value.text.view().ends_with(file);
    }
    return named;
  });
}

// Code writes the file: what stands in it came out of a run, and nobody adds to it.
bool is_written(const FactStore& facts, std::string_view file) {
  for (const PythonModule& m : facts.python) {
    if (is_sample(facts, m.file) || is_test_code(facts, m.file)) continue;
    for (const PyCall& call : m.calls) {
      bool writes = call.method == "write_text" || call.method == "to_json" || call.method == "to_csv";
      const std::string_view callee = call.callee.view();
      bool names = names_file(m, callee.substr(0, callee.find('.')), file);
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyValue& value = m.args[a].value;
        writes |= call.method == "open" && value.kind == PyValue::Kind::kString &&
                  value.text.view().starts_with("w") && value.text.view().size() <= 3;
        names |= value.text.view().ends_with(file) ||
                 (value.kind == PyValue::Kind::kName && names_file(m, value.text.view(), file));
      }
      if (writes && names) return true;
    }
  }
  return false;
}

// A list of columns in a configuration file by which the code that makes features chooses its columns.
void add_configured(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    Listing listing;
    add_listing("", document.root, 0, false, listing);
    std::string_view path = in.facts.path(document.file);
    std::string_view name = path.substr(path.rfind('/') + 1);
    if (listing.columns < kFewest || is_written(in.facts, name)) continue;
    for (const PythonModule& m : in.facts.python) {
      const bool product = !is_sample(in.facts, m.file) && !is_test_code(in.facts, m.file) && !m.is_notebook;
      if (!product || !handles_frames(m) || !mentions(m, name)) continue;
      Carriers lists;
      Span read;
      for (const PyBinding& b : m.bindings) {
        if (!reads_key(m, b, listing.keys)) continue;
        lists.names.insert(b.target);
        if (!read.valid()) read = b.span;
      }
      if (!read.valid() || !selects_by(m, lists)) continue;
      Evidence e =
          standing_half(Span{document.file, listing.line, 1, listing.line},
                        fmt::format("{} columns listed in {} drive the feature code", listing.columns, path),
                        "one place to add to; how long it takes is not measured");
      e.links.push_back({read, "reads the list"});
      e.confidence = Confidence::kMedium;
      out.push_back(std::move(e));
      return;
    }
  }
}

// Where a document names the file beside words on columns; invalid if none does.
Span documented(const RuleInput& in, FileId file) {
  std::string_view path = in.facts.path(file);
  const std::string name(path.substr(path.rfind('/') + 1));
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (const Paragraph& paragraph : document.paragraphs) {
      const bool names = paragraph.text.find(name) != std::string::npos;
      const bool data = has_word(paragraph.text, {"column", "columns", "feature", "features", "variable",
                                                  "variables", "colonnes", "columnas", "colunas", "spalten"});
      if (names && data) return paragraph.span;
    }
  }
  return {};
}

// A file of constants (NUMERIC_FEATURES = [...]) by which other modules choose columns, and a document that
// says so: it names the file where it speaks of the data.
void add_constants(const RuleInput& in, std::vector<Evidence>& out) {
  for (uint32_t index = 0; index < in.facts.python.size(); ++index) {
    const PythonModule& m = in.facts.python[index];
    if (is_sample(in.facts, m.file) || is_test_code(in.facts, m.file) || m.is_notebook) continue;
    std::set<Name> lists;
    size_t columns = 0;
    Span place;
    for (const PyBinding& b : m.bindings) {
      const bool named =
          has_word(b.target.view(), {"feature", "features", "columns", "cols"}) &&
          !has_word(b.target.view(),
                    {"forbidden", "legacy", "label",  "labels",    "target",    "targets",  "drop",
                     "dropped",   "id",     "entity", "required",  "leakage",   "excluded", "banned",
                     "key",       "keys",   "date",   "protected", "sensitive", "allowed"});
      if (b.function != kNone || !named || b.value.kind != PyValue::Kind::kList) continue;
      lists.insert(b.target);
      columns += b.value.count;
      if (!place.valid()) place = b.span;
    }
    if (columns < kFewest) continue;
    Span read;
    for (const PythonModule& other : in.facts.python) {
      if (is_sample(in.facts, other.file) || is_test_code(in.facts, other.file) || other.is_notebook)
        continue;
      Carriers bound;
      Span imported;
      for (const PyImport& import : other.imports) {
        if (import.project_module != index || !lists.contains(import.name)) continue;
        bound.names.insert(import.bound);
        imported = import.span;
      }
      if (!read.valid() && handles_frames(other) && imported.valid() && selects_by(other, bound))
        read = imported;
    }
    const Span said = read.valid() ? documented(in, m.file) : Span{};
    if (!said.valid()) continue;
    Evidence e = standing_half(
        place, fmt::format("{} columns listed in {} drive the feature code", columns, in.facts.path(m.file)),
        "one documented place to add to; how long it takes is not measured");
    e.links = {{place, e.what}, {read, "reads the lists"}, {said, "says that this is the place"}};
    e.confidence = Confidence::kMedium;
    out.push_back(std::move(e));
    return;
  }
}

bool speaks_of_data(const Document& document, uint32_t heading) {
  auto speaks = [](std::string_view text) {
    return has_word(text, {"column", "columns", "training", "train", "model", "transform", "dataset",
                           "dataframe", "schema", "serving", "pipeline", "store", "feast"});
  };
  return std::any_of(document.paragraphs.begin(), document.paragraphs.end(), [&](const Paragraph& p) {
    bool below = p.heading != kNone && p.heading >= heading && p.heading < heading + 4;
    return below && speaks(p.text);
  });
}

void add_documents(const RuleInput& in, std::vector<Evidence>& out) {
  static constexpr std::string_view kPhrases[] = {
      "adding a feature",    "add a feature",        "adding a new feature",
      "add a new feature",   "adding features",      "add features",
      "adding new features", "how to add a feature", "new feature guide"};
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    if (contains_phrase(in.facts.path(document.file), "contributing")) continue;  // features of the software
    for (uint32_t h = 0; h < document.headings.size(); ++h) {
      bool named = std::any_of(std::begin(kPhrases), std::end(kPhrases), [&](std::string_view phrase) {
        return contains_phrase(document.headings[h].text, phrase);
      });
      auto steps = std::count_if(document.paragraphs.begin(), document.paragraphs.end(),
                                 [&](const Paragraph& p) { return p.heading == h && p.list_item; });
      if (!named || steps < 2 || !speaks_of_data(document, h)) continue;
      Evidence e =
          standing_half(document.headings[h].span, fmt::format("a how-to: \"{}\"", document.headings[h].text),
                        "written steps; how long they take is not measured");
      e.confidence = Confidence::kMedium;
      out.push_back(std::move(e));
      break;
    }
  }
}

void run(const RuleInput& in, RuleOutput& out) {
  add_applies(in, out.evidence);
  add_store(in, out.evidence);
  add_tables(in, out.evidence);
  add_decorators(in, out.evidence);
  add_declarations(in, out.evidence);
  add_configured(in, out.evidence);
  add_constants(in, out.evidence);
  add_documents(in, out.evidence);
}

}  // namespace

extern const Rule data_feature_registry;
const Rule data_feature_registry{
    .kind = RuleKind::kEvidence,
    .summary = "Features have one declared place, or a written way in",
    .why = "Where a feature has to be added in five places, it takes weeks and is wrong in one of them.",
    .fix = "Declare features in one table that training and serving read, and write down how to add one.",
    .source = "Breck et al. 2017, table I, Data 6",
    .run = run,
};

}  // namespace mlgrade::rules
