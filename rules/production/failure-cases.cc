// Failures from production become cases of the tests.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 4;

// The folder of the path that keeps failures: "regressions" of "tests/regressions/ticket_412.json".
std::string_view folder_of_failures(std::string_view path) {
  size_t begin = 0;
  for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', begin)) {
    const std::string_view folder = path.substr(begin, slash - begin);
    for (std::string_view name :
         {"regressions", "incidents", "failures", "failure_cases", "production_failures"}) {
      if (folder == name) return folder;
    }
    begin = slash + 1;
  }
  return {};
}

bool is_case(std::string_view path) {
  return path.ends_with(".json") || path.ends_with(".jsonl") || path.ends_with(".csv") ||
         path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".txt") ||
         path.ends_with(".parquet");
}

// A path segment of the text.
bool has_segment(std::string_view text, std::string_view folder) {
  for (size_t at = text.find(folder); at != std::string_view::npos; at = text.find(folder, at + 1)) {
    const size_t end = at + folder.size();
    const bool left = at == 0 || text[at - 1] == '/';
    if (left && (end == text.size() || text[end] == '/')) return true;
  }
  return false;
}

bool is_text(const PyValue& value) {
  return value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kFString ||
         value.kind == PyValue::Kind::kPath;
}

// Where the module names the folder, in a value that it hands on or keeps.
Span names_folder(const PythonModule& module, std::string_view folder) {
  for (const PyCall& call : module.calls) {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (is_text(module.args[a].value) && has_segment(module.args[a].value.text.view(), folder))
        return call.span;
    }
  }
  for (const PyBinding& binding : module.bindings) {
    if (is_text(binding.value) && has_segment(binding.value.text.view(), folder)) return binding.span;
  }
  return {};
}

// tests/test_regressions.py reads files, and tests/regressions/ lies beside it.
bool stands_beside(const RuleInput& in, const PythonModule& module, std::string_view folder) {
  const std::string_view path = in.facts.path(module.file);
  const size_t slash = path.rfind('/');
  const std::string beside = (slash == std::string_view::npos ? "" : std::string(path.substr(0, slash + 1))) +
                             std::string(folder) + "/";
  if (!has_word(path.substr(slash == std::string_view::npos ? 0 : slash + 1), {folder})) return false;
  const bool reads = std::any_of(module.calls.begin(), module.calls.end(), [](const PyCall& call) {
    return call.method == "glob" || call.method == "rglob" || call.method == "iterdir" ||
           call.method == "open" || call.method == "read_text" || call.method == "load" ||
           call.method == "loads";
  });
  return reads && std::any_of(in.facts.files.begin(), in.facts.files.end(),
                              [&](const FileFact& file) { return file.path.view().starts_with(beside); });
}

// An effective test of a module that names the folder, or a test that lies in it.
uint32_t test_with(const RuleInput& in, std::string_view folder, std::optional<Span>& named) {
  uint32_t best = kNone;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!test.function.valid()) continue;
    const PythonModule& module = in.facts.python[test.function.module];
    if (is_sample(in.facts, module.file)) continue;
    const bool inside = folder_of_failures(in.facts.path(module.file)) == folder;
    const Span span = names_folder(module, folder);
    if (!inside && !span.valid() && !stands_beside(in, module, folder)) continue;
    const bool better =
        best == kNone || (test.effective && !in.facts.tests[best].effective) ||
        (test.effective == in.facts.tests[best].effective &&
         in.graph.reached_by(in.graph.node_of_test(t)) > in.graph.reached_by(in.graph.node_of_test(best)));
    if (!better) continue;
    best = t;
    named = span.valid() ? std::optional<Span>(span) : std::nullopt;
  }
  return best;
}

// Product code that writes into the folder and that something starts by itself.
Span loop_into(const RuleInput& in, std::string_view folder) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    const Span named = names_folder(module, folder);
    if (!named.valid()) continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const std::string_view method = module.calls[c].method.view();
      const bool writes = method == "write_text" || method == "write" || method == "dump" ||
                          method == "to_json" || method == "to_csv" || method == "writerow" ||
                          method == "writelines" || method == "copy";
      if (!writes) continue;
      const NodeId node = in.graph.node_of_call(m, c);
      if (node != kNone && in.graph.reached_by(node) == Reach::By::kAutomatic) return module.calls[c].span;
    }
  }
  return {};
}

void add_folder(const RuleInput& in, std::string_view folder, Span first, std::vector<Evidence>& out) {
  std::optional<Span> named;
  const uint32_t test = test_with(in, folder, named);
  Evidence evidence;
  if (test == kNone) {
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = first;
    evidence.what = fmt::format("cases from failures are kept in {}", folder);
    evidence.defeat = "no test reads them";
    evidence.defeat_at = first;
    evidence.remedy = "Let a test read each case of the folder and assert what is right.";
    out.push_back(std::move(evidence));
    return;
  }
  std::vector<Link> links;
  if (first.valid()) links.push_back({first, "a case from a failure"});
  if (named) links.insert(links.begin(), {*named, "reads the cases"});
  evidence =
      test_evidence(in, test, fmt::format("a test asks the cases of {} again", folder), std::move(links));
  const Span loop = loop_into(in, folder);
  if (loop.valid()) {
    evidence.links.push_back({loop, "brings new cases in"});
  } else {
    evidence.worth = 0.5;
    evidence.worth_why = "no loop brings new ones in";
  }
  out.push_back(std::move(evidence));
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<std::pair<std::string_view, Span>> folders;
  for (const FileFact& file : in.facts.files) {
    const std::string_view folder = folder_of_failures(file.path.view());
    if (folder.empty() || file.sample || file.vendored) continue;
    const bool python = file.language == Language::kPython && is_test_code(in.facts, file.id);
    if (!python && !is_case(file.path.view())) continue;
    const auto known =
        std::find_if(folders.begin(), folders.end(), [&](const auto& f) { return f.first == folder; });
    if (known == folders.end()) folders.emplace_back(folder, Span{file.id, 0, 0, 0});
  }
  if (folders.size() > kMost) folders.resize(kMost);
  for (const auto& [folder, first] : folders) add_folder(in, folder, first, output.evidence);
}

}  // namespace

extern const Rule production_failure_cases;
const Rule production_failure_cases{
    .summary = "failures from production become cases of the tests",
    .why = "The next model makes the same mistake again, unless somebody asks.",
    .fix = "Export labelled failures into a set that CI evaluates.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (testing in production: from error to "
        "regression test)",
    .run = run,
};

}  // namespace mlgrade::rules
