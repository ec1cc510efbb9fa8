// Counts of files decide, not of bytes: generated and minified code would outweigh everything else.
#include "analyzer/engine/unread_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "analyzer/base/glob.h"

namespace mlgrade {
namespace {

// Lower case; between other words only.
constexpr std::string_view kWords[] = {
    "machine learning",
    "machine-learning",
    "deep learning",
    "neural network",
    "neural networks",
    "neural net",
    "neural nets",
    "reinforcement learning",
    "statistical learning",
    "mlops",
    "trained model",
    "trained models",
    "pretrained",
    "pre-trained",
    "train a model",
    "train models",
    "training models",
    "training a model",
    "model training",
    "model inference",
    "inference engine",
    "predictive model",
    "predictive models",
    "predictive modeling",
    "predictive modelling",
    "language model",
    "language models",
    "llm",
    "llms",
    "fine-tuning",
    "fine-tune",
    "classifier",
    "classifiers",
    "random forest",
    "gradient boosting",
    "regression model",
    "regression models",
    "recommender system",
    "computer vision",
    "object detection",
    "tensorflow",
    "pytorch",
    "libtorch",
    "onnx",
    "xgboost",
    "lightgbm",
    "scikit-learn",
    "huggingface",
    "hugging face",
    "openai",
    "gguf",
    "word embeddings",
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The first of kWords in the text; empty if there is none.
std::string_view word_in(std::string_view text) {
  const std::string lowered = lower(text);
  for (std::string_view word : kWords) {
    for (size_t at = lowered.find(word); at != std::string::npos; at = lowered.find(word, at + 1)) {
      const size_t end = at + word.size();
      const bool begins = at == 0 || !is_word_character(lowered[at - 1]);
      if (begins && (end == lowered.size() || !is_word_character(lowered[end]))) return word;
    }
  }
  return "";
}

// What introduces a repository: a README or an R package's DESCRIPTION, at the top.
bool introduces(const FactStore& facts, const Document& document) {
  const std::string path = lower(facts.path(document.file));
  return path.find('/') == std::string::npos && (path.starts_with("readme") || path == "description");
}

std::optional<MlMark> word_of_ml(const FactStore& facts) {
  for (const Document& document : facts.documents) {
    if (!introduces(facts, document)) continue;
    const auto mark = [](std::string_view word, const Span& span) {
      return MlMark{span, fmt::format("the words \"{}\"", word)};
    };
    for (const Heading& heading : document.headings) {
      if (const std::string_view word = word_in(heading.text); !word.empty()) return mark(word, heading.span);
    }
    for (const Paragraph& paragraph : document.paragraphs) {
      if (const std::string_view word = word_in(paragraph.text); !word.empty())
        return mark(word, paragraph.span);
    }
  }
  return std::nullopt;
}

bool makes_models(const Tool& tool) {
  return std::any_of(tool.does.begin(), tool.does.end(), [](const Ability& ability) {
    const Name& what = ability.capability;
    return what == "trains-model" || what == "defines-model" || what == "calls-llm" ||
           what == "builds-agent" || what == "serves-model" || what == "constructs-estimator";
  });
}

bool is_for_ml(const Dependency& dependency, const Tool& tool) {
  const std::string_view name = dependency.name.view();
  for (const auto& [ecosystem, pattern] : tool.packages) {
    if (dependency.ecosystem == ecosystem && glob_match(pattern, name)) return true;
  }
  const bool python = dependency.ecosystem == "pypi" || dependency.ecosystem == "conda";
  return python && makes_models(tool) &&
         std::find(tool.distributions.begin(), tool.distributions.end(), name) != tool.distributions.end();
}

}  // namespace

std::string UnreadCode::sentence() const {
  return fmt::format(
      "{} of {} code files are in {}, which {} not analysed", files, files + analysed, languages,
      languages.find(", ") == std::string::npos && languages.find(" and ") == std::string::npos ? "is"
                                                                                                : "are");
}

UnreadCode unread_code(const CodeCensus& census, bool model_seen) {
  constexpr size_t kNamed = 3;
  UnreadCode out;
  out.analysed = census.analysed;
  std::vector<std::string_view> names;
  for (const CodeCensus::Part& part : census.unread) {
    const bool beside = is_interface_code(part.language) || part.language == Language::kSql;
    if (model_seen && beside) continue;
    if (out.files == 0) out.first = part.first;
    out.files += part.files;
    names.push_back(language_name(part.language));
  }
  for (size_t i = 0; i < std::min(names.size(), kNamed); ++i) {
    if (i > 0) out.languages += i + 1 == names.size() ? " and " : ", ";
    out.languages += names[i];
  }
  if (names.size() > kNamed) out.languages += " and others";
  return out;
}

std::optional<MlMark> mark_of_ml(const FactStore& facts, const Catalogue& catalogue) {
  for (const Dependency& dependency : facts.dependencies) {
    const FileFact& file = facts.file(dependency.span.file);
    if (file.sample || file.vendored) continue;
    for (const Tool& tool : catalogue.tools) {
      if (is_for_ml(dependency, tool)) return MlMark{dependency.span, "the package " + dependency.name.str()};
    }
  }
  return word_of_ml(facts);
}

}  // namespace mlgrade
