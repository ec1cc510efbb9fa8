// Metrics by their names in code that is not analysed: prometheus-cpp and OpenTelemetry in C++, the client
// libraries of Go, Java, JavaScript, Rust and others. Whether something sets them is not known.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

constexpr uint64_t kMaxBytes = 1u << 20;
constexpr size_t kWindow = 240;  // bytes from the constructor to the name that it is given

bool wants(const FileFact& file) {
  constexpr std::array<Language, 9> kLanguages = {Language::kCpp,   Language::kGo,     Language::kJavaScript,
                                                  Language::kJava,  Language::kKotlin, Language::kCSharp,
                                                  Language::kScala, Language::kRust,   Language::kRuby};
  return file.bytes <= kMaxBytes &&
         std::find(kLanguages.begin(), kLanguages.end(), file.language) != kLanguages.end();
}

bool is_metric_name(std::string_view text) {
  if (text.size() < 3 || std::isalpha(static_cast<unsigned char>(text[0])) == 0) return false;
  if (text.find_first_of("_.") == text.npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == ':';
  });
}

// The string at the quote; empty if it is not closed on its line.
std::string_view literal_at(std::string_view text, size_t quote) {
  const size_t end = text.find(text[quote], quote + 1);
  if (end == text.npos) return {};
  const std::string_view inside = text.substr(quote + 1, end - quote - 1);
  return inside.find('\n') == inside.npos ? inside : std::string_view();
}

// What stands before the quote names it: `Name: "x"`, `.name("x")`, `("x"`.
std::string key_before(std::string_view text, size_t quote) {
  size_t end = quote;
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '(' || text[end - 1] == ':' ||
                     text[end - 1] == '=' || text[end - 1] == '\n' || text[end - 1] == '\t'))
    --end;
  size_t begin = end;
  while (begin > 0 && (std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0 ||
                       text[begin - 1] == '_' || text[begin - 1] == '!'))
    --begin;
  return to_lower(text.substr(begin, end - begin));
}

struct Kind {
  std::string_view word, name;
  std::vector<std::string_view> endings;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> table = {
      {"counter", "counter", {"", "_total"}},
      {"gauge", "gauge", {""}},
      {"histogram", "histogram", {"_bucket", "_sum", "_count"}},
      {"summary", "summary", {"", "_sum", "_count"}},
      {"timer", "summary", {"_seconds_bucket", "_seconds_sum", "_seconds_count", "_seconds_max"}},
  };
  return table;
}

class Finder {
 public:
  Finder(const SourceFile& file, FileFacts& out) : file_(file), low_(to_lower(file.text)), out_(out) {}

  void run() {
    for (const Kind& kind : kinds()) {
      size_t at = low_.find(kind.word);
      while (at != std::string::npos) {
        look(kind, at);
        at = low_.find(kind.word, at + kind.word.size());
      }
    }
  }

 private:
  void look(const Kind& kind, size_t at) {
    const std::string_view text = file_.text;
    const size_t end = std::min({text.size(), at + kWindow, text.find(';', at)});
    std::string prefix;
    for (size_t q = at; q < end; ++q) {
      if (text[q] != '"' && text[q] != '\'') continue;
      const std::string_view literal = literal_at(text, q);
      const std::string key = key_before(text, q);
      if (key == "namespace" || key == "subsystem") {
        prefix += std::string(literal) + "_";
      } else if (is_metric_name(prefix + std::string(literal)) &&
                 (key == "name" || key.ends_with(kind.word) || key.ends_with(std::string(kind.word) + "!") ||
                  key == "builder" || key == "build")) {
        add(kind, prefix + std::string(literal), q);
        return;
      }
      q += literal.size() + 1;
    }
  }

  void add(const Kind& kind, const std::string& name, size_t at) {
    MetricDefinition metric;
    metric.name = Name(name);
    metric.kind = Name(kind.name);
    metric.system = Name(language_name(file_.language));
    metric.foreign = true;
    metric.labels_known = false;
    std::string scraped = name;
    std::replace(scraped.begin(), scraped.end(), '.', '_');
    for (std::string_view ending : kind.endings) metric.series.emplace_back(scraped + std::string(ending));
    const auto lines =
        std::count(file_.text.begin(), file_.text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    metric.span = line_span(file_.id, static_cast<uint32_t>(lines) + 1);
    const bool known = std::any_of(out_.metrics.begin(), out_.metrics.end(), [&](const auto& other) {
      return other.name == metric.name && other.span == metric.span;
    });
    if (known) return;
    out_.metrics.push_back(std::move(metric));
  }

  const SourceFile& file_;
  std::string low_;
  FileFacts& out_;
};

void run(const SourceFile& file, FileFacts& out) {
  constexpr std::array<std::string_view, 6> kMarks = {"prometheus", "opentelemetry", "prom-client",
                                                      "micrometer", "metrics",       "Prometheus"};
  const std::string& text = file.text;
  if (std::none_of(kMarks.begin(), kMarks.end(), [&](auto mark) { return text.find(mark) != text.npos; }))
    return;
  Finder(file, out).run();
}

}  // namespace

extern const FilePass foreign_metrics;
const FilePass foreign_metrics = {"foreign_metrics", "metrics by name in code that is not analysed", wants,
                                  run};

}  // namespace mlgrade::passes
