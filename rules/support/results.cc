// Finds recorded results by where they lie, what they are called and what they show.
#include "rules/support/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "rules/support/code.h"
#include "rules/support/name_words.h"
#include "rules/support/result_rows.h"

namespace mlgrade {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

// The name goes on with the words of the phrase, all of them.
bool follows_phrase(NameWords name, NameWords phrase) {
  for (std::string_view wanted = phrase.next(); !wanted.empty(); wanted = phrase.next()) {
    if (!same_word(name.next(), wanted)) return false;
  }
  return true;
}

bool on_topic(std::string_view name, const std::vector<std::string_view>& topic) {
  return std::any_of(topic.begin(), topic.end(),
                     [&](std::string_view word) { return contains_phrase(name, word); });
}

bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Folders in which tools and people leave what came out of a run.
bool in_result_folder(std::string_view path) {
  static constexpr std::string_view kFolders[] = {
      "reports", "report",  "results",    "result",      "artifacts",  "artefacts", "outputs",
      "output",  "metrics", "evaluation", "evaluations", "benchmarks", "proof",     "reporting"};
  for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    std::string folder(path.substr(0, slash));
    std::transform(folder.begin(), folder.end(), folder.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    if (const size_t number = folder.find_first_not_of("0123456789");  // data/08_reporting
        number != 0 && number != folder.npos && (folder[number] == '_' || folder[number] == '-'))
      folder.erase(0, number + 1);
    if (std::find(std::begin(kFolders), std::end(kFolders), folder) != std::end(kFolders)) return true;
    path.remove_prefix(slash + 1);
  }
  return false;
}

bool is_result_file(const FileFact& file) {
  std::string_view path = file.path.view();
  if (file.language == Language::kRequirements) return false;
  static constexpr std::string_view kEndings[] = {".html", ".json", ".csv", ".txt", ".png",     ".svg",
                                                  ".jpg",  ".md",   ".xml", ".pdf", ".parquet", ".log"};
  bool ending =
      std::any_of(std::begin(kEndings), std::end(kEndings), [&](auto e) { return path.ends_with(e); });
  if (!ending || file.bytes == 0) return false;
  std::string_view name = path.substr(path.rfind('/') + 1);
  bool named = has_word(name, {"report", "results", "result", "metrics", "scores", "stats"}) &&
               (path.ends_with(".json") || path.ends_with(".html") || path.ends_with(".csv") ||
                path.ends_with(".xml"));
  return named || in_result_folder(path);
}

// Words of what is meant to be, not of what was measured.
bool says_plan(std::string_view text) {
  return has_word(text, {"plan",     "planned",   "plans",     "target",   "targets",  "goal",    "goals",
                         "will",     "should",    "must",      "expected", "todo",     "tbd",     "budget",
                         "slo",      "objective", "proposed",  "proposal", "template", "aim",     "aims",
                         "planning", "roadmap",   "checklist", "todos",    "pending",  "upcoming"});
}

bool is_date_key(std::string_view path) {
  std::string_view key = path.substr(path.rfind('.') + 1);
  return has_word(
      key, {"date", "timestamp", "created", "generated", "evaluated", "measured", "run", "time", "at"});
}

bool is_number(std::string_view text) {
  if (text.empty() || text.find_first_of("0123456789") == std::string_view::npos) return false;
  return text.find_first_not_of("0123456789.+-eE%") == std::string_view::npos;
}

// What a committed JSON, YAML or TOML file of results holds.
struct Figures {
  bool known = false;  // the file was read as keys and values
  bool any = false;    // some value is a number
  std::optional<Date> dated;
};

Figures figures_of(const FactStore& facts, FileId file) {
  Figures out;
  const auto first = std::lower_bound(facts.configs.begin(), facts.configs.end(), file,
                                      [](const ConfigDocument& d, FileId id) { return d.file < id; });
  for (auto at = first; at != facts.configs.end() && at->file == file; ++at) {
    out.known = true;
    for (const ConfigKey& key : at->keys) {
      out.any |= is_number(key.value);
      if (out.dated || !is_date_key(key.path.view()) || key.value.size() < 10) continue;
      out.dated = parse_date(std::string_view(key.value).substr(0, 10));
    }
  }
  return out;
}

const Document* document_of(const FactStore& facts, FileId file) {
  for (const Document& document : facts.documents) {
    if (document.file == file) return &document;
  }
  return nullptr;
}

// The newest date that is written in the document and not yet to come; else that of its last commit.
std::optional<Date> date_of(const RuleInput& in, const Document& document) {
  std::optional<Date> newest;
  for (const Date& date : document.dates) {
    const bool to_come = in.as_of && *in.as_of < date;
    if (!to_come && (!newest || *newest < date)) newest = date;
  }
  return newest ? newest : last_commit(in.facts, document.file);
}

// Columns that say what was found: the first names the rows, and a column of targets is a plan.
bool has_found_figures(const DocTable& table) {
  for (const std::vector<std::string>& row : table.rows) {
    for (size_t column = 1; column < row.size(); ++column) {
      const bool plan = column < table.header.size() && says_plan(table.header[column]);
      if (!plan && has_digit(row[column])) return true;
    }
  }
  return false;
}

// A figure with its unit, or with decimals: "120 ms", "87 %", "0.81". A year or a count of steps is none.
bool has_measure(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) continue;
    size_t end = i;
    while (end < text.size() &&
           (std::isdigit(static_cast<unsigned char>(text[end])) != 0 || text[end] == '.' || text[end] == ','))
      ++end;
    const std::string_view number = text.substr(i, end - i);
    std::string_view rest = text.substr(end);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const size_t point = number.find('.');
    const bool decimal = point != std::string_view::npos && point + 1 < number.size() &&
                         number.find('.', point + 1) == std::string_view::npos;
    const bool starts_word = i > 0 && (std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0 ||
                                       text[i - 1] == '-' || text[i - 1] == '/');
    if (!starts_word && decimal && !rest.starts_with('-')) return true;
    static constexpr std::string_view kUnits[] = {"%",  "ms",  "seconds", "s ",  "MB",
                                                  "GB", "req", "rps",     "qps", "percent"};
    for (std::string_view unit : kUnits) {
      if (!starts_word && rest.starts_with(unit)) return true;
    }
    i = end;
  }
  return false;
}

// A Markdown file among results states some, or is a plan, an index or a description.
bool states_figures(const Document& document) {
  return std::any_of(document.tables.begin(), document.tables.end(), has_found_figures) ||
         std::any_of(document.paragraphs.begin(), document.paragraphs.end(), [](const Paragraph& paragraph) {
           return has_measure(paragraph.text) && !says_plan(paragraph.text);
         });
}

void add_files(const RuleInput& in, const std::vector<std::string_view>& topic,
               std::vector<RecordedResult>& out) {
  for (const FileFact& file : in.facts.files) {
    if (file.sample || file.vendored || !is_result_file(file) || !on_topic(file.path.view(), topic)) continue;
    if (is_test_code(in.facts, file.id) || says_plan(file.path.view())) continue;
    const Figures figures = figures_of(in.facts, file.id);
    if (figures.known && !figures.any) continue;
    std::optional<Date> dated = figures.dated ? figures.dated : file.last_commit;
    if (const Document* document = document_of(in.facts, file.id)) {
      if (!states_figures(*document)) continue;
      dated = date_of(in, *document);
    }
    out.push_back({Span{file.id, 1, 1, 1}, file.path.str(), dated, Confidence::kMedium});
  }
}

// Thresholds and what to do beyond them are a plan, unless a column says what was measured.
bool is_plan(const DocTable& table) {
  const auto any = [&](std::initializer_list<std::string_view> words) {
    return std::any_of(table.header.begin(), table.header.end(),
                       [&](const std::string& cell) { return has_word(cell, words); });
  };
  return any({"threshold", "thresholds", "action", "actions", "target", "alert", "limit", "frequency",
              "owner", "schedule"}) &&
         !any({"value", "values", "result", "results", "measured", "observed", "current", "actual", "score",
               "mean", "p50", "p95", "p99", "status", "achieved"});
}

// A section states a result when a table or a sentence under its heading holds figures; a picture under it is
// one, too.
void add_sections(const RuleInput& in, const Document& document, const std::vector<std::string_view>& topic,
                  std::vector<RecordedResult>& out) {
  const std::optional<Date> dated = date_of(in, document);
  // docs/offline-online-2026-05.md: a page that is named after the topic speaks of it under every heading.
  const std::string_view path = in.facts.path(document.file);
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (says_plan(name)) return;
  const bool whole_page = on_topic(name, topic);
  for (uint32_t h = 0; h < document.headings.size(); ++h) {
    const std::string& heading = document.headings[h].text;
    if ((!whole_page && !on_topic(heading, topic)) || says_plan(heading)) continue;
    for (const DocTable& table : document.tables) {
      if (table.heading != h || !has_found_figures(table) || is_plan(table)) continue;
      out.push_back({table.span, fmt::format("table under \"{}\"", document.headings[h].text), dated,
                     Confidence::kMedium});
    }
    if (document.dates.empty()) continue;  // a sentence with a figure that was measured on no day is a claim
    for (const Paragraph& paragraph : document.paragraphs) {
      if (paragraph.heading != h || !has_measure(paragraph.text) || says_plan(paragraph.text)) continue;
      if (paragraph.text.starts_with("[ ]")) continue;  // an open item of a list of things to do
      out.push_back({paragraph.span, fmt::format("figures under \"{}\"", document.headings[h].text), dated,
                     Confidence::kLow});
      break;
    }
  }
  for (const DocLink& link : document.links) {
    bool titled = on_topic(link.text, topic) || on_topic(link.url, topic);
    if (!link.image || !titled || link.url.find("://") != std::string::npos) continue;
    const FileFact* file = linked_file(in.facts, document, link.url);
    if (file == nullptr || file->sample) continue;
    out.push_back(
        {link.span, fmt::format("picture {}", file->path.view()), file->last_commit, Confidence::kLow});
  }
}

// Cells of the row but for the first, that say what was measured: "81 s", not "< 100 s".
bool measured_row(const DocTable& table, const std::vector<std::string>& row) {
  for (size_t column = 1; column < row.size(); ++column) {
    const std::string& cell = row[column];
    const bool plan = column < table.header.size() && says_plan(table.header[column]);
    if (!plan && has_digit(cell) && cell.find_first_of("<>") == cell.npos &&
        cell.find("\u2264") == cell.npos && cell.find("\u2265") == cell.npos)
      return true;
  }
  return false;
}

}  // namespace

std::vector<RecordedResult> rows_about(const RuleInput& in,
                                       const std::function<bool(std::string_view)>& is_subject) {
  std::vector<RecordedResult> out;
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.placeholders * 12 > document.words) continue;
    const std::string_view path = in.facts.path(document.file);
    if (says_plan(path.substr(path.rfind('/') + 1))) continue;
    for (const DocTable& table : document.tables) {
      if (is_plan(table)) continue;
      if (table.heading != kNone && says_plan(document.headings[table.heading].text)) continue;
      const auto add = [&](std::string_view name) {
        out.push_back(
            {table.span, fmt::format("a table states {}", name), date_of(in, document), Confidence::kMedium});
      };
      for (size_t column = 1; column < table.header.size(); ++column) {
        const bool told = is_subject(table.header[column]) &&
                          std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
                            return column < row.size() && has_digit(row[column]);
                          });
        if (told) add(table.header[column]);
      }
      for (const std::vector<std::string>& row : table.rows) {
        if (!row.empty() && is_subject(row.front()) && measured_row(table, row)) add(row.front());
      }
    }
  }
  return out;
}

bool contains_phrase(std::string_view name, std::string_view phrase) {
  NameWords rest(phrase);
  const std::string_view first = rest.next();
  if (first.empty()) return true;
  NameWords words(name);
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    if (same_word(word, first) && follows_phrase(words, rest)) return true;
  }
  return false;
}

std::vector<RecordedResult> results_about(const RuleInput& in, const std::vector<std::string_view>& topic) {
  std::vector<RecordedResult> out;
  add_files(in, topic, out);
  for (const Document& document : in.facts.documents) {
    // A page of figures needs no prose; one full of placeholders states nothing.
    if (is_sample(in.facts, document.file) || document.placeholders * 12 > document.words) continue;
    add_sections(in, document, topic, out);
  }
  return out;
}

const NotebookCell* executed_cell(const FactStore& facts, Span place) {
  for (const Notebook& notebook : facts.notebooks) {
    if (notebook.file != place.file) continue;
    for (const NotebookCell& cell : notebook.cells) {
      bool holds = cell.code && cell.first_line <= place.line && place.line <= cell.last_line;
      if (holds) return cell.execution_count && cell.has_output && !cell.has_error ? &cell : nullptr;
    }
  }
  return nullptr;
}

const FileFact* linked_file(const FactStore& facts, const Document& document, std::string_view url) {
  std::string_view folder = facts.path(document.file);
  const size_t slash = folder.rfind('/');
  std::string path = slash == std::string_view::npos ? "" : std::string(folder.substr(0, slash + 1));
  while (url.starts_with("./")) url.remove_prefix(2);
  while (url.starts_with("../")) {
    url.remove_prefix(3);
    const size_t up = path.size() < 2 ? std::string::npos : path.rfind('/', path.size() - 2);
    path = up == std::string::npos ? "" : path.substr(0, up + 1);
  }
  return facts.find_file(path + std::string(url));
}

std::optional<RecordedResult> recorded_stage(const RuleInput& in, NodeId node) {
  if (node == kNone) return std::nullopt;
  for (NodeId caller : in.graph.callers(node)) {
    const Node& n = in.graph.nodes[caller];
    if (n.kind != NodeKind::kUnit) continue;
    const Unit& unit = in.facts.automation[n.owner].units[n.index];
    if (unit.kind != UnitKind::kStage || unit.system != "dvc") continue;
    for (const ConfigDocument& document : in.facts.configs) {
      std::string_view path = in.facts.path(document.file);
      const DataNode* stage = document.root.at({"stages", unit.name.view()});
      if (stage == nullptr || stage->find("outs") == nullptr || !path.ends_with("dvc.lock")) continue;
      return RecordedResult{Span{document.file, stage->line, 1, stage->line},
                            fmt::format("dvc.lock records a run of stage {}", unit.name.view()),
                            last_commit(in.facts, document.file), Confidence::kHigh};
    }
  }
  return std::nullopt;
}

std::optional<Date> last_commit(const FactStore& facts, FileId file) {
  return file == FileId::kNone ? std::nullopt : facts.file(file).last_commit;
}

Evidence evidence_of(const RecordedResult& result, std::string what) {
  Evidence evidence;
  evidence.mode = EvidenceMode::kResult;
  evidence.place = result.place;
  evidence.what = std::move(what);
  evidence.links.push_back({result.place, result.what});
  evidence.dated = result.dated;
  evidence.confidence = result.confidence;
  evidence.worth = 0.5;
  evidence.worth_why = "the recorded result of a run by hand";
  return evidence;
}

Evidence notebook_evidence(const RuleInput& in, Span place, std::string what) {
  RecordedResult result{place, "an executed cell keeps its output", last_commit(in.facts, place.file),
                        Confidence::kHigh};
  return evidence_of(result, std::move(what));
}

}  // namespace mlgrade
