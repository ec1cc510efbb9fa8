// Helm charts with their default values: what is rendered is linked, what cannot be rendered is said.
#include "analyzer/passes/charts/render.h"
#include "analyzer/passes/charts/values.h"
#include "analyzer/syntax/data_document.h"
#include "analyzer/syntax/go_template.h"
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

std::string rendered(const std::string& text, const std::string& values = "",
                     const std::string& helpers = "") {
  const ParsedTemplate parsed = parse_go_template(text), named = parse_go_template(helpers);
  charts::Chart chart;
  chart.values = parse_yaml(values, FileId{0}).root();
  charts::set_key(chart.metadata, "name", charts::text_value("ml"));
  charts::collect_defines(named.nodes, chart);
  if (!parsed.why_not.empty()) return "not understood: " + parsed.why_not;
  const charts::Rendered out = charts::render(parsed.nodes, chart, "templates/x.yaml");
  return out.why_not.empty() ? out.text : "not rendered: " + out.why_not;
}

TEST(Charts, RenderValuesAndDefaults) {
  EXPECT_EQ(rendered("a: {{ .Values.a }}", "a: 1"), "a: 1");
  EXPECT_EQ(rendered("a: {{ .Values.b.c | default \"x\" | quote }}"), "a: \"x\"");
  EXPECT_EQ(rendered("n: {{ .Release.Name }}-{{ .Chart.Name }}"), "n: release-ml");
  EXPECT_EQ(rendered("{{ printf \"%s-%d\" .Values.a 3 }}", "a: q"), "q-3");
  EXPECT_EQ(rendered("{{ (index .Values.l 1).x }}", "l: [{x: 1}, {x: 2}]"), "2");
}

TEST(Charts, RenderBlocks) {
  EXPECT_EQ(
      rendered("{{- if .Values.on }}\nyes\n{{- else if eq .Values.k \"x\" }}\nx\n{{- else }}\nno\n{{- end }}",
               "on: false\nk: x"),
      "\nx");
  EXPECT_EQ(rendered("{{ range $i, $v := .Values.l }}{{ $i }}={{ $v }};{{ end }}", "l: [a, b]"), "0=a;1=b;");
  EXPECT_EQ(rendered("{{ range $k, $v := .Values.m }}{{ $k }}={{ $v }};{{ end }}", "m: {b: 1, a: 2}"),
            "a=2;b=1;");
  EXPECT_EQ(rendered("{{ with .Values.m }}{{ .a }}{{ $.Release.Name }}{{ end }}", "m: {a: 1}"), "1release");
  EXPECT_EQ(rendered("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}"), "2");
  EXPECT_EQ(rendered("{{/* a }} comment */}}x"), "x");
}

TEST(Charts, RenderNamedTemplatesAndYaml) {
  EXPECT_EQ(rendered("l:\n  {{- include \"labels\" . | nindent 2 }}\n", "",
                     "{{ define \"labels\" -}}\na: {{ .Release.Name }}\n{{- end }}"),
            "l:\n  a: release\n");
  EXPECT_EQ(rendered("r:\n  {{- toYaml .Values.r | nindent 2 }}",
                     "r:\n  limits:\n    cpu: \"1\"\n  list: [a, {b: c}]"),
            "r:\n  limits:\n    cpu: \"1\"\n  list:\n  - a\n  - b: c");
}

TEST(Charts, SayWhatTheyCannotRender) {
  EXPECT_EQ(rendered("{{ .Values.x | mysterious }}"), "not rendered: uses the function mysterious");
  EXPECT_EQ(rendered("{{ .Files.Get \"x\" }}"), "not rendered: reads other files");
  EXPECT_EQ(rendered("{{ required \"set it\" .Values.x }}"),
            "not rendered: needs a value that has no default");
  EXPECT_EQ(rendered("{{ include \"none\" . }}"),
            "not rendered: includes the template none, which is not here");
  EXPECT_EQ(rendered("{{ if .x }}"), "not understood: a block has no end");
  EXPECT_EQ(rendered("{{ include \"a\" . }}", "", "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}"),
            "not rendered: named templates use each other without end");
}

const char kCron[] =
    "{{- if .Values.train.enabled }}\napiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: {{ include "
    "\"ml.name\" . }}\n"
    "spec:\n  schedule: {{ .Values.train.schedule | quote }}\n  suspend: {{ .Values.train.suspend }}\n  "
    "jobTemplate:\n"
    "    spec:\n      template:\n        spec:\n          containers:\n            - name: train\n"
    "              image: {{ .Values.image }}\n              command: [\"python\", \"train.py\"]\n{{- end "
    "}}\n";

Reached chart(const std::string& values, const std::string& command, const std::string& cron = kCron) {
  return Reached(
      {{"train.py", "def fit():\n    return 1\n\nif __name__ == '__main__':\n    fit()\n"},
       {"chart/Chart.yaml", "apiVersion: v2\nname: ml\nversion: 0.1.0\n"},
       {"chart/values.yaml", values},
       {"chart/templates/_helpers.tpl", "{{- define \"ml.name\" -}}{{ .Release.Name }}-train{{- end -}}\n"},
       {"chart/templates/cron.yaml", cron},
       on_push(command)});
}

const char kValues[] = "image: x\ntrain:\n  enabled: true\n  schedule: '0 3 * * *'\n  suspend: false\n";

TEST(Charts, AnInstalledChartRunsWhatItsDefaultsTurnOn) {
  EXPECT_EQ(chart(kValues, "helm upgrade --install ml ./chart -n prod").runs("fit"), "automatic");
  EXPECT_EQ(chart(kValues, "helm lint chart").runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * *");
  EXPECT_EQ(chart("train: {enabled: true, schedule: '0 3 * * *', suspend: true}\n", "helm install ml chart")
                .runs("fit"),
            "manual: schedule CronJob release-train waits for a person: suspend: true");
  EXPECT_TRUE(
      chart("train: {enabled: false}\n", "helm install ml chart").runs("fit").starts_with("nothing: "));
}

TEST(Charts, PlacesPointAtTheTemplate) {
  const Reached repo = chart(kValues, "helm upgrade --install ml ./chart");
  const Reach reach = repo.graph.reach(repo.command("python train.py"));
  ASSERT_FALSE(reach.chain.empty());
  EXPECT_EQ(repo.facts.path(reach.chain.back().span), "chart/templates/cron.yaml");
  EXPECT_EQ(reach.chain.back().span.line, 16u);
}

TEST(Charts, WhatIsNotRenderedIsAProblemAndNoMore) {
  const Reached repo = chart(kValues, "helm install ml chart", "a: {{ mysterious }}\n");
  int told = 0;
  for (const Problem& problem : repo.facts.problems) {
    if (problem.kind == ProblemKind::kNotAnalysable) ++told;
    EXPECT_NE(problem.kind, ProblemKind::kSyntax);
  }
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(repo.runs("fit").starts_with("nothing: "));
}

TEST(Charts, PartsGetTheValuesOfTheWhole) {
  const Reached repo(
      {{"train.py", "def fit():\n    return 1\n\nif __name__ == '__main__':\n    fit()\n"},
       {"chart/Chart.yaml", "name: ml\ndependencies:\n  - {name: jobs, condition: jobs.enabled}\n"},
       {"chart/values.yaml",
        "jobs:\n  enabled: true\n  train: {enabled: true, schedule: '0 1 * * *', suspend: false}\n"},
       {"chart/templates/_helpers.tpl", "{{- define \"ml.name\" -}}x{{- end -}}\n"},
       {"chart/charts/jobs/Chart.yaml", "name: jobs\n"},
       {"chart/charts/jobs/values.yaml", "image: y\ntrain: {enabled: false}\n"},
       {"chart/charts/jobs/templates/cron.yaml", kCron},
       on_push("helm install ml chart")});
  EXPECT_EQ(repo.runs("fit"), "automatic");
}

}  // namespace
}  // namespace mlgrade
