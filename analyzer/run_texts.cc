// Documentation of items and rules, and lists, from the data that the program scores by.
#include "analyzer/run_texts.h"

#include <algorithm>

#include "analyzer/base/strict_record.h"
#include "reports/terminal_item.h"
#include "reports/terminal_text.h"

namespace mlgrade {
namespace {

using terminal::padded;
using terminal::padded_left;
using terminal::Style;
using terminal::Text;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

const char* severity_word(Severity severity) {
  constexpr const char* kNames[] = {"info", "low", "medium", "high"};
  return kNames[static_cast<size_t>(severity)];
}

Text page(const RenderOptions& options) { return Text(std::clamp(options.width, 40, 100), options.color); }

void field(Text& text, std::string_view name, const std::string& body) {
  if (!body.empty()) text.paragraph("  " + text.styled(padded(name, 11), Style::kDim), body);
}

std::string explain_item(const Item& item, const Definitions& definitions, const RenderOptions& options) {
  Text text = page(options);
  text.line(text.styled(item.id, Style::kBold) + "  " + item.title);
  text.line();
  field(text, "asks", item.question);
  field(text, "half", item.half);
  field(text, "full", item.full);
  if (item.blocking)
    field(text, "", "A check that only reports earns half: this one has to stop the release.");
  field(text, "no proof", item.unprovable);
  field(text, "source", item.source);
  for (const ArchetypeTest& test : item.not_applicable) field(text, "leaves out", test.text);
  text.line();
  text.line("  Looks at");
  for (const ItemPart& part : item.parts) {
    if (!part.name.empty()) text.line("    " + part.name);
    for (const ItemEvidence& how : part.evidence) {
      const LoadedRule* rule = definitions.rules.find(how.rule);
      const Item* other = find_item(definitions.rubric, how.item);
      std::string body = other != nullptr  ? "what it earned: " + other->title
                         : rule == nullptr ? "not built yet"
                                           : rule->summary;
      if (how.at_most < 1) body += " (at most " + terminal::number(how.at_most) + ": " + how.because + ")";
      text.paragraph("    " + padded(other != nullptr ? how.item : how.rule, 34) + "  ", body);
    }
  }
  text.line();
  field(text, "to begin", item.next_absent);
  field(text, "if unused", item.next_present);
  field(text, "from half", item.next_half);
  return text.take();
}

std::string explain_rule(const LoadedRule& rule, const Definitions& definitions,
                         const RenderOptions& options) {
  Text text = page(options);
  const bool finding = rule.kind == RuleKind::kFinding;
  text.line(text.styled(rule.id, Style::kBold) + "  " +
            (finding ? std::string("finding, severity ") + severity_word(rule.severity) : "evidence"));
  text.line();
  field(text, "reports", rule.summary);
  field(text, "why", rule.why);
  field(text, "fix", rule.fix);
  field(text, "source", rule.source);
  for (const Section& section : definitions.rubric.sections) {
    for (const Item& item : section.items) {
      for (const ItemPart& part : item.parts) {
        for (const ItemEvidence& how : part.evidence) {
          if (how.rule == rule.id) field(text, "feeds", item.id + "  " + item.title);
        }
      }
    }
  }
  return text.take();
}

std::vector<std::string> all_names(const Definitions& definitions) {
  std::vector<std::string> out;
  for (const Section& section : definitions.rubric.sections) {
    for (const Item& item : section.items) out.push_back(item.id);
  }
  for (const LoadedRule& rule : definitions.rules.rules) out.push_back(rule.id);
  return out;
}

void list_items(Text& text, const Definitions& definitions) {
  text.line(text.styled("Items", Style::kBold));
  for (const Section& section : definitions.rubric.sections) {
    text.line("  " + section.letter + "  " + section.title);
    for (const Item& item : section.items) text.paragraph("     " + padded(item.id, 10), item.title);
  }
}

void list_rules(Text& text, const Definitions& definitions) {
  text.line(text.styled("Rules", Style::kBold));
  for (const LoadedRule& rule : definitions.rules.rules) {
    const std::string kind = rule.kind == RuleKind::kFinding ? severity_word(rule.severity) : "evidence";
    text.paragraph("  " + padded(rule.id, 36) + " " + padded(kind, 9), rule.summary);
  }
}

void list_tools(Text& text, const Definitions& definitions) {
  text.line(text.styled("Tools", Style::kBold));
  for (const Tool& tool : definitions.rules.catalogue.tools) {
    std::vector<std::string> abilities;
    for (const Ability& ability : tool.does) {
      if (std::find(abilities.begin(), abilities.end(), ability.capability.str()) == abilities.end()) {
        abilities.push_back(ability.capability.str());
      }
    }
    std::string body;
    for (const std::string& ability : abilities) body += (body.empty() ? "" : ", ") + ability;
    text.paragraph("  " + padded(tool.name.view(), 26), body);
  }
}

void list_profiles(Text& text, const Definitions& definitions) {
  text.line(text.styled("Profiles", Style::kBold));
  for (const Profile& profile : definitions.rubric.profiles) {
    std::string body = profile.summary + ":";
    for (const std::string& section : profile.sections) body += " " + section;
    text.paragraph("  " + padded(profile.name, 12), body);
  }
}

void list_formats(Text& text) {
  text.line(text.styled("Formats", Style::kBold));
  for (const Renderer* renderer : all_renderers())
    text.paragraph("  " + padded(renderer->name, 12), renderer->doc);
}

}  // namespace

std::optional<std::string> explain_text(const std::string& subject, const Definitions& definitions,
                                        const RenderOptions& options, std::string& error) {
  if (const Item* item = find_item(definitions.rubric, upper(subject))) {
    return explain_item(*item, definitions, options);
  }
  if (const LoadedRule* rule = definitions.rules.find(subject))
    return explain_rule(*rule, definitions, options);
  const std::vector<std::string> names = all_names(definitions);
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::string_view meant = nearest_word(upper(subject), views);
  if (meant.empty()) meant = nearest_word(subject, views);
  error = "there is no item or rule '" + subject + "'";
  error += meant.empty() ? "; `mlgrade list` shows all" : "; did you mean " + std::string(meant) + "?";
  return std::nullopt;
}

namespace {

constexpr size_t kShownEvidence = 4;  // beside the chain, where not everything is asked for

// What was weighed beside what decides.
void show_weighed(Text& text, const ReportItem& item, const RenderOptions& options) {
  if (item.evidence.empty()) return;
  text.line();
  text.line("  " + text.styled("Weighed", Style::kBold));
  const size_t shown =
      options.verbose ? item.evidence.size() : std::min(item.evidence.size(), kShownEvidence);
  for (size_t i = 0; i < shown; ++i) {
    const ReportEvidence& evidence = item.evidence[i];
    std::string body = evidence.what;
    if (!evidence.missing.empty()) body += ": " + evidence.missing;
    const std::string points = padded_left(terminal::number(evidence.points), 3);
    text.paragraph("    " + points + " " + padded(evidence.status, 12), body);
    if (options.verbose) terminal::chain(text, evidence.chain, options);
  }
  if (shown < item.evidence.size())
    text.line("    and " + std::to_string(item.evidence.size() - shown) + " more: --verbose shows all");
}

void show_item(Text& text, const ReportItem& item, const RenderOptions& options) {
  field(text, "asks", item.question);
  field(text, "full", item.full);
  text.line();
  RenderOptions whole = options;
  whole.verbose = true;
  terminal::item(text, item, whole);
  if (item.status == "absent") text.paragraph("      ", item.missing);
  if (!item.next.empty() && item.points < 1) text.paragraph("      next: ", item.next);
  show_weighed(text, item, options);
}

}  // namespace

std::string found_text(const std::string& subject, const Report& report, const RenderOptions& options) {
  Text text = page(options);
  std::string title = report.repository;
  if (!report.project.empty()) title += " / " + report.project;
  text.line(
      text.styled((upper(subject).find('/') == std::string::npos ? upper(subject) : subject) + " in " + title,
                  Style::kBold));
  for (const ReportItem& item : report.items) {
    if (item.id != upper(subject)) continue;
    show_item(text, item, options);
    return text.take();
  }
  bool any = false;
  for (const auto* list : {&report.findings, &report.accepted}) {
    for (const ReportFinding& finding : *list) {
      if (finding.rule != subject) continue;
      RenderOptions whole = options;
      whole.verbose = true;
      terminal::finding(text, finding, whole);
      if (!finding.accepted.empty()) text.paragraph("         accepted: ", terminal::acceptance(finding));
      any = true;
    }
  }
  for (const ReportItem& item : report.items) {
    for (const ReportEvidence& evidence : item.evidence) {
      if (evidence.rule != subject) continue;
      text.paragraph("  " + padded(item.id, 10) + terminal::number(evidence.points) + " ", evidence.what);
      terminal::chain(text, evidence.chain, options);
      any = true;
    }
  }
  if (!any) text.line("  nothing found");
  return text.take();
}

std::string list_text(const std::string& subject, const Definitions& definitions,
                      const RenderOptions& options) {
  Text text = page(options);
  const auto wanted = [&](std::string_view name) { return subject.empty() || subject == name; };
  if (wanted("items")) list_items(text, definitions);
  if (wanted("rules")) list_rules(text, definitions);
  if (wanted("tools")) list_tools(text, definitions);
  if (wanted("profiles")) list_profiles(text, definitions);
  if (wanted("formats")) list_formats(text);
  return text.take();
}

}  // namespace mlgrade
