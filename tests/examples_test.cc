// The projects under examples/ against what a careful reader gives them (tests/examples/<name>.yaml), item by
// item, and their whole reports against tests/examples/<name>.report.json. With MLGRADE_UPDATE_GOLDEN=1 the
// reports are written anew: read the difference before you commit it.
//
// A label's `status` may be a list of alternatives; `status_any: true` holds an item to its points only.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/run_analysis.h"
#include "analyzer/syntax/data_document.h"
#include "tests/support/places.h"

namespace mlgrade {
namespace {

const char* const kAsOf = "2026-11-23";  // the labels were given on this day
const char* const kExamples[] = {"churn-service", "drilled-service", "paper-tiger", "research-notebook"};

std::string source_path(const std::string& path) { return source_dir() + "/" + path; }

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// One scan an example, whatever asks for it.
const Report& report_on(const std::string& example) {
  static std::vector<std::pair<std::string, Report>> known;
  for (const auto& [name, report] : known) {
    if (name == example) return report;
  }
  // Only the files that belong to the example: what lies ignored beside them is nobody's business.
  OpenedRepo opened = open_repo({.path = source_path("examples/" + example), .revision = ""});
  EXPECT_TRUE(opened.repo.has_value()) << opened.error;
  if (!opened.repo) return known.emplace_back(example, Report{}).second;
  AnalysisOptions options;
  options.as_of = parse_date(kAsOf);
  const auto analysis = analyse(std::move(*opened.repo), definitions(), options);
  return known.emplace_back(example, report_of(*analysis, definitions())).second;
}

std::string place_text(const ReportPlace& place) { return place.path + ":" + std::to_string(place.line); }

std::string got_text(const ReportItem& item) {
  std::string out = std::to_string(item.points).substr(0, 3) + " " + item.status;
  if (!item.missing.empty()) out += "\n  missing:  " + item.missing;
  if (item.missing_at) out += " (" + place_text(*item.missing_at) + ")";
  for (const ReportLink& link : item.chain) out += "\n    " + place_text(link.place) + "  " + link.what;
  return out;
}

std::string wanted_text(const DataNode& label) {
  std::string out(label.get("points"));
  const DataNode* status = label.find("status");
  if (status == nullptr) return out;
  for (const std::string& one : status->strings()) out += " " + one;
  return out;
}

class Examples : public testing::TestWithParam<const char*> {};

TEST_P(Examples, GetWhatACarefulReaderGives) {
  const std::string file = source_path("tests/examples/" + std::string(GetParam()) + ".yaml");
  const ParsedData parsed = parse_yaml(read_text(file), FileId::kNone);
  ASSERT_TRUE(parsed.problems.empty() && parsed.documents.size() == 1) << file << " does not parse";
  const DataNode* labels = parsed.documents[0].find("items");
  ASSERT_NE(labels, nullptr) << file << " has no `items`";
  const Report& report = report_on(GetParam());
  // All items of the sections that the file speaks of; of the ML Test Score where it does not say.
  const DataNode* named = parsed.documents[0].find("sections");
  const std::vector<std::string> sections =
      named == nullptr ? std::vector<std::string>{"DATA", "MODEL", "INFRA", "MON"} : named->strings();
  for (const ReportItem& item : report.items) {
    const bool spoken_of = std::find(sections.begin(), sections.end(), item.section) != sections.end();
    EXPECT_EQ(labels->find(item.id) != nullptr, spoken_of) << file << ": " << item.id;
  }
  for (const DataEntry& entry : labels->entries) {
    const DataNode& label = entry.second;
    const auto line = static_cast<int>(labels->line_of(entry.first));
    const auto item = std::find_if(report.items.begin(), report.items.end(),
                                   [&](const ReportItem& i) { return i.id == entry.first; });
    if (item == report.items.end()) {
      ADD_FAILURE_AT(file.c_str(), line) << "there is no item " << entry.first;
      continue;
    }
    const DataNode* points = label.find("points");
    // `given` is what the tool gives today where it sees less than a reader does; never more.
    const DataNode* given = label.find("given");
    const double wanted = points == nullptr ? -1 : points->as_number().value_or(-1);
    const double expected = given == nullptr ? wanted : given->as_number().value_or(-1);
    EXPECT_LE(item->points, wanted) << entry.first << " gets more than a reader would give";
    if (expected == item->points) continue;
    ADD_FAILURE_AT(file.c_str(), line)
        << entry.first << " of examples/" << GetParam() << "\n  expected: " << wanted_text(label)
        << "\n  got:      " << got_text(*item) << "\n  the label says: " << label.get("why");
  }
}

// Every refused point says why at a line, and every awarded one has a chain.
TEST_P(Examples, SayWhyWithALine) {
  for (const ReportItem& item : report_on(GetParam()).items) {
    if (item.status == "not-applicable") continue;
    EXPECT_TRUE(item.points == 0 || !item.chain.empty()) << item.id << " is awarded without a chain";
    EXPECT_TRUE(item.points == 1 || !item.missing.empty()) << item.id << " is refused without a reason";
    const bool nothing = item.status == "absent";
    EXPECT_TRUE(nothing || item.points == 1 || item.missing_at || !item.chain.empty())
        << item.id << ": \"" << item.missing << "\" names no line";
  }
}

TEST_P(Examples, ReportAsTheyDid) {
  const Renderer* json = nullptr;
  for (const Renderer* one : all_renderers()) {
    if (std::string_view(one->name) == "json") json = one;
  }
  ASSERT_NE(json, nullptr);
  const std::string text = json->render(report_on(GetParam()), {});
  const std::string path = source_path("tests/examples/" + std::string(GetParam()) + ".report.json");
  if (std::getenv("MLGRADE_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(text.find(source_dir()), std::string::npos) << "a path of this machine is in the report";
  EXPECT_TRUE(text == read_text(path)) << path
                                       << " is not what the scan says now; write it anew with "
                                          "MLGRADE_UPDATE_GOLDEN=1 and read the difference";
}

INSTANTIATE_TEST_SUITE_P(All, Examples, testing::ValuesIn(kExamples), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace mlgrade
