// .gitattributes as a flat document: pattern -> attributes. Rules ask it which files are only pointers of Git
// LFS.
#include <algorithm>
#include <string>
#include <string_view>

#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

constexpr std::string_view kBlank = " \t\r";
constexpr size_t kMaxLines = 2000;

bool wants(const FileFact& file) { return base_name(file.path.view()) == ".gitattributes"; }

void run(const SourceFile& file, FileFacts& out) {
  ConfigDocument document;
  document.file = file.id;
  document.root.kind = DataNode::Kind::kMapping;
  document.root.line = 1;
  std::string_view rest = file.text;
  for (uint32_t number = 1; !rest.empty() && number <= kMaxLines; ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t begin = line.find_first_not_of(kBlank);
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    line.remove_prefix(begin);
    const size_t gap = line.find_first_of(kBlank);
    if (gap == std::string_view::npos) continue;
    std::string_view attributes = line.substr(gap);
    attributes.remove_prefix(std::min(attributes.find_first_not_of(kBlank), attributes.size()));
    while (!attributes.empty() && kBlank.find(attributes.back()) != std::string_view::npos)
      attributes.remove_suffix(1);
    document.keys.push_back(
        {Name(line.substr(0, gap)), std::string(attributes), false, line_span(file.id, number)});
  }
  if (!document.keys.empty()) out.configs.push_back(std::move(document));
}

}  // namespace

extern const FilePass git_attributes;
const FilePass git_attributes = {"git_attributes", "patterns and attributes of .gitattributes", wants, run};

}  // namespace mlgrade::passes
