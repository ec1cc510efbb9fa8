// Reading fixtures. A reader of its own, so that the program's Markdown reader is not what tests it.
#include "tests/support/fixture.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "analyzer/syntax/data_document.h"
#include "tests/support/places.h"

namespace mlgrade::testing_support {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

// Takes the marker off the line; its text, if there is one.
std::optional<std::string> take_marker(std::string& line) {
  for (std::string_view start : {"# want:", "// want:", "<!-- want:", "-- want:"}) {
    const size_t at = line.find(start);
    if (at == std::string::npos) continue;
    std::string_view text = trimmed(std::string_view(line).substr(at + start.size()));
    if (text.ends_with("-->")) text = trimmed(text.substr(0, text.size() - 3));
    std::string out(text);
    line.resize(at);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.pop_back();
    return out;
  }
  return std::nullopt;
}

class Reader {
 public:
  explicit Reader(Fixture& fixture) : fixture_(fixture) {}

  void line(std::string_view text) {
    ++number_;
    const size_t ticks = std::min(text.find_first_not_of('`'), text.size());
    if (fence_ == 0 && ticks >= 3) return open(ticks, trimmed(text.substr(ticks)));
    if (fence_ != 0 && ticks >= fence_ && trimmed(text.substr(ticks)).empty()) return close();
    if (fence_ != 0) return inside(std::string(text));
    const size_t hashes = std::min(text.find_first_not_of('#'), text.size());
    if (hashes >= 1 && hashes <= 6 && hashes < text.size() && text[hashes] == ' ') {
      Scenario scenario;
      scenario.title = trimmed(text.substr(hashes));
      scenario.line = number_;
      fixture_.scenarios.push_back(std::move(scenario));
    }
  }

  void end() {
    if (fence_ != 0) mistake("a code block is not closed");
    share_files();
    // A title above the first scenario is no scenario.
    std::erase_if(fixture_.scenarios,
                  [](const Scenario& s) { return s.files.empty() && s.expect.is_null(); });
  }

 private:
  // Gives every scenario the files of the one called kShared, but for those it has itself.
  void share_files() {
    constexpr std::string_view kShared = "In every scenario";
    const auto is_shared = [&](const Scenario& s) { return s.title == kShared; };
    const auto shared = std::find_if(fixture_.scenarios.begin(), fixture_.scenarios.end(), is_shared);
    if (shared == fixture_.scenarios.end()) return;
    const auto files = shared->files;
    const auto dates = shared->dates;
    if (!shared->wants.empty() || !shared->expect.is_null())
      fixture_.mistakes.push_back(std::to_string(shared->line) + ": shared files expect nothing");
    fixture_.scenarios.erase(shared);
    for (Scenario& scenario : fixture_.scenarios) {
      if (scenario.files.empty() && scenario.expect.is_null()) continue;  // a title
      for (const auto& file : files) {
        const auto same = [&](const auto& own) { return own.first == file.first; };
        if (std::any_of(scenario.files.begin(), scenario.files.end(), same)) continue;
        scenario.files.push_back(file);
        for (const auto& date : dates) {
          if (date.first == file.first) scenario.dates.push_back(date);
        }
      }
    }
  }

  void mistake(const std::string& what) {
    fixture_.mistakes.push_back(std::to_string(number_) + ": " + what);
  }

  void open(size_t ticks, std::string_view info) {
    fence_ = ticks;
    opened_ = number_;
    body_.clear();
    const size_t space = info.find(' ');
    language_ = info.substr(0, space);
    path_ = space == std::string_view::npos ? "" : std::string(trimmed(info.substr(space)));
    take_date();
    body_line_ = 0;
    if (fixture_.scenarios.empty()) mistake("a code block before the first heading");
  }

  // "docs/card.md 2026-03-01": the date of the file's last commit.
  void take_date() {
    const size_t space = path_.rfind(' ');
    const auto date = space == std::string::npos ? std::nullopt : parse_date(path_.substr(space + 1));
    if (!date) return;
    path_.resize(space);
    if (!fixture_.scenarios.empty()) fixture_.scenarios.back().dates.emplace_back(path_, *date);
  }

  void inside(std::string text) {
    if (fixture_.scenarios.empty()) return;
    ++body_line_;
    Scenario& scenario = fixture_.scenarios.back();
    if (language_ == "want") {
      want_line(scenario, text);
    } else if (!path_.empty()) {
      if (auto marker = take_marker(text)) scenario.wants.push_back({path_, body_line_, *marker, number_});
    }
    body_ += text + "\n";
  }

  void want_line(Scenario& scenario, std::string_view text) {
    text = trimmed(text);
    if (text.empty()) return;
    Want want;
    want.fixture_line = number_;
    const size_t space = std::min(text.find(' '), text.size());
    std::string place(text.substr(0, space));
    want.text = trimmed(text.substr(space));
    const size_t colon = place.rfind(':');
    if (colon != std::string::npos) {
      want.line = static_cast<uint32_t>(std::stoul(place.substr(colon + 1)));
      place.resize(colon);
    }
    want.path = place;
    scenario.wants.push_back(std::move(want));
  }

  void close() {
    fence_ = 0;
    if (fixture_.scenarios.empty()) return;
    Scenario& scenario = fixture_.scenarios.back();
    if (language_ == "expect") {
      read_expect(scenario);
    } else if (!path_.empty()) {
      scenario.files.emplace_back(path_, body_);
    }
  }

  void read_expect(Scenario& scenario) {
    const ParsedData parsed = parse_yaml(body_, FileId::kNone);
    for (const Problem& problem : parsed.problems) mistake(problem.message);
    scenario.expect = parsed.root();
    scenario.expect_line = opened_;
    const std::string_view day = scenario.expect.get("as-of");
    if (day.empty()) return;
    scenario.as_of = parse_date(day);
    if (!scenario.as_of) mistake("as-of is no date");
  }

  Fixture& fixture_;
  int number_ = 0;
  int opened_ = 0;
  size_t fence_ = 0;
  std::string language_, path_, body_;
  uint32_t body_line_ = 0;
};

}  // namespace

Fixture read_fixture(const std::string& path, std::string_view text) {
  Fixture fixture;
  fixture.path = path;
  Reader reader(fixture);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    reader.line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  reader.end();
  return fixture;
}

std::vector<Fixture> read_fixtures(const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path root = source_dir();
  std::vector<Fixture> out;
  if (!fs::exists(root / folder)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    if (entry.path().extension() != ".md") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    out.push_back(read_fixture(entry.path().lexically_relative(root).generic_string(), text));
  }
  std::sort(out.begin(), out.end(), [](const Fixture& a, const Fixture& b) { return a.path < b.path; });
  return out;
}

}  // namespace mlgrade::testing_support
