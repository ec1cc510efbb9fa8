// Jenkins: pipelines as a Jenkinsfile declares or scripts them, and the steps of shared libraries in vars/.
#include "analyzer/passes/jenkins/pipeline_reader.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  return file.language == Language::kGroovy && !file.path.view().ends_with(".gradle");
}

void run(const SourceFile& file, FileFacts& out) {
  const bool pipeline = jenkins::is_jenkinsfile(file.path);
  const bool likely =
      pipeline || file.text.find("sh ") != std::string::npos || file.text.find("sh(") != std::string::npos;
  if (!likely) return;
  const ParsedGroovy parsed = parse_groovy(file.text);
  if (pipeline && parsed.broken_line > 0) {
    out.problems.push_back(
        {ProblemKind::kSyntax, line_span(file.id, parsed.broken_line), "this pipeline does not parse here"});
  }
  if (parsed.limited) {
    out.problems.push_back({ProblemKind::kLimit, line_span(file.id, 1),
                            "this pipeline is nested too deeply; parts are left out"});
  }
  AutomationFile automation = jenkins::PipelineReader(file, parsed).read();
  if (pipeline || !automation.commands.empty()) out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass jenkins;
const FilePass jenkins = {"jenkins", "stages and steps of Jenkins pipelines", wants, run};

}  // namespace mlgrade::passes
