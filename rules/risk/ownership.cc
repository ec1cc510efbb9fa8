// Somebody owns each part: model, data, serving, alerts, prompts. The full point asks that every file of the
// parts that are there has an owner of its own, and that a check holds the file of owners to the truth.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/document_checks.h"
#include "rules/support/owners.h"

namespace mlgrade::rules {
namespace {

bool matches_some(const RuleInput& in, std::string_view pattern) {
  return std::any_of(in.facts.files.begin(), in.facts.files.end(),
                     [&](const FileFact& file) { return owner_pattern_takes(pattern, file.path.view()); });
}

struct Part {
  std::string_view name;
  std::set<FileId> files;
};

void add_uses(const RuleInput& in, std::string_view capability, Part& part) {
  for (const Use* use : product_uses(in, capability)) {
    const bool code =
        use->kind == Use::Kind::kCall || use->kind == Use::Kind::kBase || use->kind == Use::Kind::kDecorator;
    if (code && use->file != FileId::kNone) part.files.insert(use->file);
  }
}

bool holds_prompts(std::string_view path) {
  return has_word(path, {"prompts", "prompt"}) &&
         (path.ends_with(".md") || path.ends_with(".txt") || path.ends_with(".jinja") ||
          path.ends_with(".j2") || path.ends_with(".yaml") || path.ends_with(".yml") ||
          path.ends_with(".prompt") || path.ends_with(".toml") || path.ends_with(".json"));
}

// The parts of the system that the repository has, by the files that they lie in.
std::array<Part, 5> parts_of(const RuleInput& in) {
  std::array<Part, 5> parts{
      {{"the model", {}}, {"data", {}}, {"serving", {}}, {"alerts", {}}, {"prompts", {}}}};
  for (std::string_view capability : {"trains-model", "defines-model", "calls-llm"})
    add_uses(in, capability, parts[0]);
  for (std::string_view capability : {"reads-data", "defines-schema", "defines-feature"})
    add_uses(in, capability, parts[1]);
  for (std::string_view capability : {"serves-route", "serves-model"}) add_uses(in, capability, parts[2]);
  for (const AlertRule& alert : in.facts.alerts) {
    if (!is_sample(in.facts, alert.span.file)) parts[3].files.insert(alert.span.file);
  }
  for (const FileFact& file : in.facts.files) {
    const bool ours = !file.sample && !file.vendored && !is_test_code(in.facts, file.id);
    if (ours && holds_prompts(file.path.view())) parts[4].files.insert(file.id);
  }
  return parts;
}

// What of the parts nobody owns by itself, a phrase; empty: every file has its owner.
std::string unowned(const RuleInput& in, std::vector<Link>& links) {
  bool any = false;
  for (const Part& part : parts_of(in)) {
    std::set<const OwnerRule*> told;
    for (FileId file : part.files) {
      any = true;
      const OwnerRule* owner = owner_of(in.facts, in.facts.path(file));
      if (owner == nullptr || owner->owners.empty() || owns_everything(owner->pattern))
        return fmt::format("{} has no owner of its own: {}", in.facts.path(file), part.name);
      if (told.empty() && told.insert(owner).second)
        links.push_back({owner->span, fmt::format("{} owns {}", owner->owners.front(), part.name)});
    }
  }
  return any ? "" : "no part of the system is seen that could be owned";
}

void add_checked(const OwnerRule& first, const std::vector<Link>& links,
                 const std::vector<DocumentCheck>& checks, RuleOutput& output) {
  for (const DocumentCheck& check : checks) {
    Evidence evidence = evidence_of(check, first.span, "every part has an owner");
    evidence.links.insert(evidence.links.end(), links.begin(), links.end());
    output.evidence.push_back(std::move(evidence));
  }
}

// "Data Lead", "Owner of the model": who answers for which part of the system.
bool names_owned_part(std::string_view text) {
  return has_word(text, {"owner", "lead", "maintainer", "responsible"}) &&
         has_word(text, {"model",      "models",         "ml",         "data",    "pipeline",
                         "training",   "serving",        "inference",  "api",     "backend",
                         "frontend",   "infrastructure", "infra",      "devops",  "deployment",
                         "monitoring", "streaming",      "evaluation", "feature", "features"});
}

bool names_somebody(std::string_view cell) {
  const auto letters =
      std::count_if(cell.begin(), cell.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
  const bool blank = cell.starts_with('[') && cell.find("](") == std::string_view::npos;
  return letters > 1 && !blank && !has_word(cell, {"tbd", "tba", "none", "vacant", "open", "name", "todo"});
}

Evidence unchecked(Span place, std::string what) {
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.place = place;
  evidence.what = std::move(what);
  evidence.worth = 0.5;
  evidence.worth_why = "nothing checks that the owners are right and cover every part";
  return evidence;
}

// A table of who leads what: two parts at least, each with a name beside it.
void add_tables(const RuleInput& in, RuleOutput& output) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (const DocTable& table : document.tables) {
      const auto parts = std::count_if(table.rows.begin(), table.rows.end(), [](const auto& row) {
        return row.size() > 1 && names_owned_part(row[0]) && names_somebody(row[1]);
      });
      if (parts < 2) continue;
      output.evidence.push_back(
          unchecked(table.span, fmt::format("a table names owners of {} parts", parts)));
      return;
    }
  }
}

bool is_owner(std::string_view text) {
  return text.size() > 2 && text != "unknown" && text != "guests" && text != "user:guest" &&
         text != "airflow" && text.find("example") == std::string_view::npos &&
         text.find('<') == std::string_view::npos;
}

// Owners that other files and code name: a catalogue of services, groups and models of dbt, assets and views.
void add_elsewhere(const RuleInput& in, RuleOutput& output) {
  const auto add = [&](Span at, std::string_view owner, std::string_view what) {
    output.evidence.push_back(unchecked(at, fmt::format("{} owns {}", owner, what)));
  };
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    const bool catalogue = document.root.get("apiVersion").starts_with("backstage.io/");
    const bool dbt = document.root.find("version") != nullptr || document.root.find("groups") != nullptr;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      const bool service = catalogue && path == "spec.owner";
      const bool group = dbt && path.starts_with("groups[") &&
                         (path.ends_with(".owner.name") || path.ends_with(".owner.email"));
      const bool meta =
          dbt && (path.ends_with(".meta.owner") || path.find(".meta.owners[") != std::string_view::npos ||
                  path.find(".meta.dagster.owners[") != std::string_view::npos);
      if ((!service && !group && !meta) || !is_owner(key.value)) continue;
      add(key.span, key.value, service ? "the service" : group ? "a group of models" : "a table");
      break;
    }
  }
  for (const PythonModule& module : in.facts.python) {
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    for (const PyCall& call : module.calls) {
      const bool known =
          call.target.view().starts_with("dagster.") || call.target.view().starts_with("feast.");
      for (uint32_t a = call.args.begin; known && a < call.args.end; ++a) {
        const PyArg& arg = module.args[a];
        const IndexRange elements = arg.value.elements();
        const std::string_view owner = arg.keyword == "owner" ? arg.value.text.view()
                                       : arg.keyword == "owners" && !elements.empty()
                                           ? module.values[elements.begin].text.view()
                                           : std::string_view();
        if (!is_owner(owner)) continue;
        add(call.span, owner, "what is defined here");
        return;
      }
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const OwnerRule* own = nullptr;  // of a part, with files
  for (const OwnerRule& rule : in.facts.owners) {
    if (!rule.effective_place || rule.owners.empty() || is_sample(in.facts, rule.span.file)) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = rule.span;
    evidence.what = fmt::format("{} owns {}", rule.owners.front(), rule.pattern);
    evidence.worth = 0.5;
    if (owns_everything(rule.pattern)) {
      evidence.defeat = "everything belongs to the same, so no part has an owner of its own";
      evidence.defeat_at = rule.span;
    } else if (!matches_some(in, rule.pattern)) {
      evidence.defeat = fmt::format("no file matches {}", rule.pattern);
      evidence.defeat_at = rule.span;
    } else {
      own = &rule;
      std::vector<Link> links;
      const std::string lacks = unowned(in, links);
      const std::vector<DocumentCheck> checks = checks_of(in, rule.span.file, "checks-owners");
      evidence.worth_why = !lacks.empty()   ? lacks
                           : checks.empty() ? "nothing checks that the owners are right and cover every part"
                                            : "the check of the owners does not run by itself";
      if (lacks.empty()) add_checked(rule, links, checks, output);
    }
    output.evidence.push_back(std::move(evidence));
    if (own != nullptr) break;
  }
  add_tables(in, output);
  add_elsewhere(in, output);
}

}  // namespace

extern const Rule risk_ownership;
const Rule risk_ownership{
    .summary = "the parts of the system have owners",
    .why = "What everybody owns is mended by nobody.",
    .fix = "Name owners of model, data, serving and alerts in CODEOWNERS, and check the file in CI.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (ownership)",
    .run = run,
};

}  // namespace mlgrade::rules
