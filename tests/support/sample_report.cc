// One project with a table of systems, items of every status, a broken chain, findings in a notebook.
#include "tests/support/sample_report.h"

#include "reports/build_report_counts.h"

namespace mlgrade {
namespace {

ReportPlace place(const std::string& path, uint32_t line, const std::string& text) {
  ReportPlace out;
  out.path = path;
  out.line = line;
  out.column = 1;
  out.text = text;
  return out;
}

ReportPlace with_code(ReportPlace place, std::vector<std::string> before, std::vector<std::string> after) {
  place.excerpt_from =
      (place.cell != 0 ? place.cell_line : place.line) - static_cast<uint32_t>(before.size());
  place.excerpt = std::move(before);
  place.excerpt.push_back(place.text);
  place.excerpt.insert(place.excerpt.end(), after.begin(), after.end());
  return place;
}

ReportItem item(const std::string& id, const std::string& title, double points, const std::string& status) {
  ReportItem out;
  out.id = id;
  out.section = id.substr(0, id.find('-'));
  out.title = title;
  out.question = "Is this so, and does something hold it to that?";
  out.points = points;
  out.status = status;
  out.half = "It was done once and the result is kept.";
  out.full = "Something does it by itself and can fail.";
  out.source = "Breck et al. 2017, table I";
  out.unprovable = "Whether it is the right one; a review would show it.";
  return out;
}

ReportItem automated_item() {
  ReportItem out = item("DATA-1", "Expectations about features live in a schema", 1, "automated");
  out.gating = "blocking";
  out.confidence = "high";
  out.why = "pandera checks columns and ranges";
  out.chain = {{place(".github/workflows/ci.yml", 4, "push:"), "on push to main"},
               {place(".github/workflows/ci.yml", 4, "push:"), "starts workflow ci"},
               {place(".github/workflows/ci.yml", 18, "- run: make check"), "runs `make check`"},
               {place("Makefile", 7, "python -m churn.schema"), "runs src/churn/schema.py"},
               {with_code(place("src/churn/schema.py", 45, "return SCHEMA.validate(rows)"),
                          {"def check(rows):", "    # all of them"}, {"", "def main():"}),
                "pandera checks columns, types and ranges"}};
  out.decisive = out.chain.back();
  out.evidence = {{"data/feature-schema", "automated", 1, "pandera checks columns", "", out.chain},
                  {"data/feature-schema",
                   "present",
                   0,
                   "another schema",
                   "nothing runs it",
                   {{place("old/schema.py", 3, "Schema()"), "a schema"}}}};
  return out;
}

std::vector<ReportItem> items() {
  ReportItem half = item("DATA-7", "All code that makes features is tested", 0.5, "manual");
  half.confidence = "medium";
  half.gating = "reporting";
  half.chain = {{place("tests/test_features.py", 12, "assert clean(x) == y"), "a test of the features"}};
  half.decisive = half.chain.back();
  half.missing = "covers 9 of 13 feature functions; the full point asks for 70 %";
  half.missing_at = half.chain.back().place;
  half.next = "Write tests of the other four.";
  ReportItem lost =
      item("MON-2", "Invariants of the data hold for training and for serving", 0, "neutralised");
  lost.gating = "swallowed";
  lost.confidence = "high";
  lost.chain = {{place(".github/workflows/drift.yml", 3, "schedule:"), "every day"},
                {place("jobs/drift.sh", 7, "python drift.py || true"), "runs `python drift.py`"},
                {place("drift.py", 20, "assert distance < 0.2"), "a drift test"}};
  lost.missing = "its failure is lost: `|| true`";
  lost.missing_at = place("jobs/drift.sh", 7, "python drift.py || true");
  lost.next = "Let the failure through.";
  ReportItem present = item("MON-3", "Training and serving compute the same features", 0, "present");
  present.chain = {{place("parity.py", 9, "assert a == b"), "a parity check"}};
  present.missing = "nothing runs it";
  present.missing_at = place("Makefile", 1, "all:");
  ReportItem unknown = item("MON-4", "Models are not too old", 0, "unknown");
  unknown.missing = "deploy.groovy could not be read";
  ReportItem attested = item("MON-5", "Training is stable in numbers", 0.5, "attested");
  attested.why = "the project says so";
  ReportItem apart =
      item("MON-7", "The quality of served predictions has not become worse", 0, "not-applicable");
  apart.why = "does not apply: the repository is of another kind (library without serving)";
  ReportItem absent = item("MON-6", "Speed and memory have not become worse", 0, "absent");
  absent.next = "Time a prediction in a benchmark that CI runs.";
  return {automated_item(), half, lost, present, unknown, attested, absent, apart};
}

std::vector<ReportFinding> findings() {
  ReportFinding leak;
  leak.rule = "leakage/fit-before-split";
  leak.severity = "high";
  leak.confidence = "high";
  leak.message = "the scaler saw rows that are split later";
  ReportPlace cell = place("train.ipynb", 31, "scaler.fit(X)");
  cell.cell = 3;
  cell.cell_line = 2;
  cell.column = 0;
  leak.locations = {{with_code(cell, {"scaler = StandardScaler()"}, {}), "fitted here"},
                    {place("train.py", 40, "train_test_split(X)"), "split here"}};
  leak.fingerprint = "0123456789abcdef";
  leak.fix = "Split first.";
  leak.summary = "A transformer is fitted on rows that are split later";
  leak.why = "The test rows have shaped what is tested on them";
  leak.source = "Kaufman et al. 2012";
  leak.state = "new";
  ReportFinding swallowed = leak;
  swallowed.rule = "automation/swallowed-failure";
  swallowed.severity = "medium";
  swallowed.message = "the failure of `pytest` is lost";
  swallowed.locations = {{place(".github/workflows/ci.yml", 20, "run: pytest || true"), ""}};
  swallowed.fingerprint = "1123456789abcdef";
  swallowed.state = "known";
  ReportFinding low = swallowed;
  low.severity = "low";
  low.fingerprint = "2123456789abcdef";
  low.locations = {{place("Makefile", 0, ""), ""}};
  return {low, swallowed, leak};
}

void workflow(Report& report) {
  const char* ids[] = {"requirements", "collection", "cleaning",   "labelling", "features",
                       "training",     "evaluation", "deployment", "monitoring"};
  for (const char* id : ids) {
    ReportStage stage;
    stage.id = id;
    stage.title = id;
    stage.title[0] = static_cast<char>(stage.title[0] - 'a' + 'A');
    report.stages.push_back(stage);
  }
  ReportStage& training = report.stages[5];
  training.present = true;
  training.automated = true;
  training.what = "`model.fit` trains";
  training.place = place("train.py", 50, "model.fit(X)");
  training.places = 2;
  training.watched = true;
  training.watched_by =
      ReportLink{place("alerts.yml", 4, "- alert: Stale"), "the alert Stale on a metric of its code"};
  training.automated_by = {{place(".github/workflows/ci.yml", 4, "push:"), "on push to main"}};
  ReportDrill drill;
  drill.item = "DRILL-1";
  drill.mistake = "Data dropped after a change of format";
  drill.detected = {"yes", "a schema refuses it", place("src/churn/schema.py", 45, ""), {}};
  drill.proven = {"no", "no test feeds another format", {}, {}};
  report.drills = {drill};
  report.level = {1, "a pipeline trains on a schedule", "CI does not deploy the pipeline"};
  report.attestations = {{"MON-5", "Watched in the provider's console", "Ann", "docs/console.md",
                          "2027-01-01", 0.5, "adds half a point", place(".mlgrade.yaml", 4, "")}};
}

void change(Report& report) {
  ReportChange change;
  change.against = "main";
  change.score_from = 0.5;
  change.score_to = 0.5;
  change.items = {{"MON-2", "Invariants of the data hold", 1, 0, "automated", "neutralised",
                   "its failure is lost: `|| true`", place("jobs/drift.sh", 7, "")}};
  change.fixed = {findings()[1]};
  change.fixed[0].fingerprint = "3123456789abcdef";
  change.new_findings = 1;
  report.change = change;
}

}  // namespace

Report sample_report() {
  Report report;
  report.tool_version = "0.1.0";
  report.rubric_version = "1";
  report.repository = "churn";
  report.revision = "0123456789012345678901234567890123456789";
  report.as_of = "2026-06-01";
  report.project = "services/churn";
  report.projects = {{"services/churn",
                      "trains and serves",
                      "services/churn/pyproject.toml",
                      0.5,
                      0.5,
                      "not totally untested",
                      "MON",
                      "service",
                      {{"A", 1.5}, {"D", 0.5}},
                      true},
                     {"services/spam",
                      "trains",
                      "services/spam/pyproject.toml",
                      2.25,
                      1,
                      "reasonably tested",
                      "DATA",
                      "service",
                      {{"A", 2.25}, {"D", 3}},
                      false}};
  report.test_score = 0.5;
  report.test_score_applicable = 0.58;
  report.readiness = 0.5;
  report.band = "not totally untested, serious holes possible";
  report.bottleneck = "MON";
  report.profile = "service";
  report.profile_detected = true;
  report.not_scored = {"LLM"};
  report.archetype = {{"serving", "FastAPI serves", place("app.py", 3, "app = FastAPI()")},
                      {"training", "fits a model", place("train.py", 50, "model.fit(X)")}};
  report.sections = {{"DATA", "A", "Features and data", 1.5, 1.5, 1.5, 7, 7, false, 0},
                     {"MON", "D", "Monitoring", 0.5, 0.5, 0.58, 7, 6, true, 0.5}};
  report.items = items();
  report.findings = findings();
  report.accepted = {findings()[1], findings()[1]};
  report.accepted[0].fingerprint = "4123456789abcdef";
  report.accepted[0].accepted = "the flake is known";
  report.accepted[0].accepted_by = "settings";
  report.accepted[0].accepted_at = place(".mlgrade.yaml", 9, "- rule: automation/swallowed-failure");
  report.accepted[0].accepted_until = "2027-01-01";
  report.accepted[1].fingerprint = "5123456789abcdef";
  report.accepted[1].locations = {{place("nightly.sh", 3, "pytest || true"), ""}};
  report.accepted[1].accepted = "a report follows";
  report.accepted[1].accepted_by = "comment";
  report.accepted[1].accepted_at = place("nightly.sh", 2, "");
  report.rules = {{"automation/swallowed-failure", "medium", "A failure is lost", "Nobody sees it",
                   "Let it through.", "mlgrade", 2, "high"},
                  {"leakage/fit-before-split", "high", "A transformer is fitted on rows that are split later",
                   "The test rows have shaped what is tested on them", "Split first.", "Kaufman et al. 2012",
                   1, "medium"}};
  report.problems = {{"syntax", "a bracket is not closed", place("old.py", 3, "")}};
  report.unread = {{"R", 4, place("analysis/fit.R", 0, "")}};
  report.next = {
      {"MON-2", "", "Let the failure through: mend `|| true`", 0, 1, place("jobs/drift.sh", 7, "")},
      {"MON-6", "", "Time a prediction in a benchmark that CI runs, and fail over a bound.", 0, 0.5, {}}};
  report.stats.files = 12;
  report.stats.analysed = 11;
  report.stats.tests = 4;
  report.stats.python_files = 6;
  workflow(report);
  change(report);
  count_findings(report);
  count_items(report);
  return report;
}

std::string hostile_text() {
  return "<script>alert(1)</script><img src=x onerror=alert(2)>\" onload='x' &amp; ]]> --> </style>\n"
         "::set-output name=a::b\n::error file=x::y\r\n| a | b |\n| --- | --- |\n# head\n```sh\n"
         "[link](http://evil.example) @somebody #77 **bold** $x$ `one`, `two\x1b[31m \x1b]0;title\x07"
         "\xe2\x80\xae turned \xe2\x80\x8b hidden \xff\xfe \xc0\x80 %0A,=1+1";
}

Report hostile_report(const std::string& text) {
  Report report = sample_report();
  std::vector<std::string*> texts = {&report.repository, &report.revision, &report.project,
                                     &report.archetype_unread};
  const auto spoil_place = [&](ReportPlace& place) {
    place.path = text;
    place.text = text;
    for (std::string& line : place.excerpt) line = text;
  };
  const auto spoil_links = [&](std::vector<ReportLink>& links) {
    for (ReportLink& link : links) {
      spoil_place(link.place);
      link.what = text;
    }
  };
  for (ReportProject& project : report.projects) texts.insert(texts.end(), {&project.root, &project.why});
  for (ReportTrait& trait : report.archetype) {
    texts.push_back(&trait.why);
    spoil_place(trait.place);
  }
  for (ReportItem& item : report.items) {
    texts.insert(texts.end(), {&item.why, &item.missing, &item.next, &item.decisive.what});
    spoil_links(item.chain);
    spoil_place(item.decisive.place);
    if (item.missing_at) spoil_place(*item.missing_at);
    for (ReportEvidence& evidence : item.evidence) {
      texts.insert(texts.end(), {&evidence.what, &evidence.missing});
      spoil_links(evidence.chain);
    }
  }
  for (auto* list : {&report.findings, &report.accepted, &report.change->fixed}) {
    for (ReportFinding& finding : *list) {
      texts.push_back(&finding.message);
      if (!finding.accepted.empty()) texts.push_back(&finding.accepted);
      if (finding.accepted_at) spoil_place(*finding.accepted_at);
      spoil_links(finding.locations);
    }
  }
  for (ReportProblem& problem : report.problems) {
    texts.push_back(&problem.message);
    spoil_place(problem.place);
  }
  for (ReportNext& next : report.next) texts.push_back(&next.step);
  for (ReportItemChange& one : report.change->items) texts.push_back(&one.what);
  for (ReportUnread& unread : report.unread) spoil_place(unread.first);
  for (ReportStage& stage : report.stages) {
    texts.push_back(&stage.what);
    if (stage.watched_by) texts.push_back(&stage.watched_by->what);
  }
  for (ReportAttestation& one : report.attestations) {
    texts.insert(texts.end(), {&one.reason, &one.owner, &one.evidence, &one.effect});
  }
  for (std::string* one : texts) *one = text;
  return report;
}

Report large_report(size_t findings) {
  Report report = sample_report();
  const std::vector<ReportFinding> some = report.findings;
  report.findings.clear();
  for (size_t i = 0; i < findings; ++i) {
    ReportFinding finding = some[i % some.size()];
    const std::string number = std::to_string(i);
    finding.fingerprint = std::string(16 - number.size(), '0') + number;
    finding.locations[0].place.path = "src/package" + std::to_string(i % 97) + "/module" + number + ".py";
    report.findings.push_back(finding);
  }
  count_findings(report);
  return report;
}

const Renderer* find_renderer_for_test(const std::string& name) {
  for (const Renderer* renderer : all_renderers()) {
    if (renderer->name == name) return renderer;
  }
  return nullptr;
}

}  // namespace mlgrade
