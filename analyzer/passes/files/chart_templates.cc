// Templates of Helm charts as trees; rendering them takes other files (passes/charts).
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/go_template.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  const bool place = path.starts_with("templates/") || path.find("/templates/") != path.npos;
  return place && (path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".tpl"));
}

void run(const SourceFile& file, FileFacts& out) {
  ParsedTemplate parsed = parse_go_template(file.text);
  if (!parsed.has_actions) return;
  out.templates.push_back({file.id, std::move(parsed.nodes), std::move(parsed.why_not)});
}

}  // namespace

extern const FilePass chart_templates;
const FilePass chart_templates = {"chart_templates", "templates of Helm charts", wants, run};

}  // namespace mlgrade::passes
