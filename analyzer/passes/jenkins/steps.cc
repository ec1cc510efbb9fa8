// Steps as commands, publications and actions.
#include "analyzer/passes/jenkins/steps.h"

#include <algorithm>
#include <array>

#include "analyzer/base/limits.h"
#include "analyzer/passes/text.h"
#include "analyzer/passes/windows_shells.h"

namespace mlgrade::jenkins {
namespace {

// The value of a named argument, of one in a map that is handed over, or the first one without a name.
const GroovyNode* argument(const GroovyNode& call, std::string_view name, bool or_first) {
  if (const GroovyNode* named = call.arg(name)) return named;
  for (const GroovyNode& each : call.args) {
    if (each.kind != GroovyKind::kMap) continue;
    for (const GroovyNode& entry : each.children) {
      if (entry.key == name) return &entry;
    }
  }
  return or_first ? call.first_arg() : nullptr;
}

std::string argument_text(const GroovyNode& call, std::string_view name, const Values& values,
                          bool or_first = false) {
  const GroovyNode* node = argument(call, name, or_first);
  return node == nullptr || node->kind == GroovyKind::kMap ? "" : text_of(*node, values).text;
}

bool is_true(const GroovyNode* node) { return node != nullptr && node->text == "true"; }

// Jenkins starts sh with -xe, unless the text begins with a line that names its interpreter.
void add_sh(AutomationFile& out, uint32_t unit, const Text& text) {
  DataNode script;
  script.kind = DataNode::Kind::kScalar;
  script.text = text.text;
  script.line = text.line;
  if (text.block) return add_script_with_shebang(out, unit, script, true);
  add_script(out, unit, {text.text, text.line, true, false, true});
}

// `bat`, `powershell` and `pwsh` end with the exit code of the last program.
void add_windows(AutomationFile& out, uint32_t unit, const Text& text, bool batch) {
  const WindowsScript script{text.text, text.line, !text.block};
  if (batch) return add_batch(out, unit, script);
  add_powershell(out, unit, script, {});
}

struct Publishing {
  std::string_view step;
  Publication::Kind kind;
  std::string_view argument;
};

constexpr std::array kPublishing = {
    Publishing{"junit", Publication::Kind::kSummary, "testResults"},
    Publishing{"xunit", Publication::Kind::kSummary, ""},
    Publishing{"archiveArtifacts", Publication::Kind::kArtifact, "artifacts"},
    Publishing{"publishHTML", Publication::Kind::kPages, "reportDir"},
    Publishing{"cobertura", Publication::Kind::kSummary, "coberturaReportFile"},
    Publishing{"publishCoverage", Publication::Kind::kSummary, ""},
    Publishing{"recordCoverage", Publication::Kind::kSummary, ""},
    Publishing{"recordIssues", Publication::Kind::kSummary, ""},
    Publishing{"publishChecks", Publication::Kind::kSummary, ""},
    Publishing{"allure", Publication::Kind::kSummary, ""},
    Publishing{"perfReport", Publication::Kind::kSummary, "sourceDataFiles"},
    Publishing{"slackSend", Publication::Kind::kNotification, ""},
    Publishing{"emailext", Publication::Kind::kNotification, "attachmentsPattern"},
    Publishing{"mail", Publication::Kind::kNotification, ""},
    Publishing{"office365ConnectorSend", Publication::Kind::kNotification, ""},
    Publishing{"discordSend", Publication::Kind::kNotification, ""},
    Publishing{"telegramSend", Publication::Kind::kNotification, ""},
    Publishing{"pullRequest.comment", Publication::Kind::kComment, ""},
    Publishing{"s3Upload", Publication::Kind::kBucket, "file"},
    Publishing{"googleStorageUpload", Publication::Kind::kBucket, "pattern"},
    Publishing{"rtUpload", Publication::Kind::kRegistry, ""},
};

// `docker.build(tag, '-f x/Dockerfile .')`.
bool add_docker(AutomationFile& out, uint32_t unit, const GroovyNode& call, const Values& values) {
  const bool of_docker = call.receiver.size() == 1 && call.receiver[0].text == "docker";
  if (of_docker && call.name == "build") {
    std::vector<std::string> words = {"docker", "build", "-t"};
    std::vector<std::string> rest = {"."};
    for (size_t i = 0; i < call.args.size(); ++i) {
      const std::string text = text_of(call.args[i], values).text;
      if (i == 0) words.push_back(text);
      if (i != 1) continue;
      rest.clear();
      for (std::string_view word : split_words(text)) rest.emplace_back(word);
    }
    words.insert(words.end(), rest.begin(), rest.end());
    add_exec(out, unit, words, call.line);
    return true;
  }
  return false;
}

}  // namespace

bool add_shell_step(AutomationFile& out, uint32_t unit, const GroovyNode& call, const Values& values,
                    std::vector<StatusUse>& statuses) {
  const bool posix = call.name == "sh";
  if (!call.receiver.empty() ||
      (!posix && call.name != "bat" && call.name != "powershell" && call.name != "pwsh"))
    return false;
  const GroovyNode* script = argument(call, "script", true);
  if (script == nullptr) return true;
  const size_t first = out.commands.size();
  const Text text = text_of(*script, values);
  if (posix) {
    add_sh(out, unit, text);
  } else {
    add_windows(out, unit, text, call.name == "bat");
  }
  if (is_true(argument(call, "returnStatus", false)))
    statuses.push_back({"", first, out.commands.size(), call.line});
  return true;
}

void add_push(AutomationFile& out, uint32_t unit, const GroovyNode& call, const Values& values) {
  out.publications.push_back({unit, Publication::Kind::kRegistry, "", line_span(out.file, call.line)});
  add_exec(out, unit, {"docker", "push", argument_text(call, "tag", values, true)}, call.line);
}

bool add_known_step(AutomationFile& out, uint32_t unit, const GroovyNode& call, const Values& values) {
  if (add_docker(out, unit, call, values)) return true;
  const std::string name = call.receiver.size() == 1 && call.receiver[0].kind == GroovyKind::kName
                               ? call.receiver[0].text + "." + call.name
                               : call.name;
  for (const Publishing& known : kPublishing) {
    if (known.step != name) continue;
    const std::string paths = known.argument.empty() ? "" : argument_text(call, known.argument, values, true);
    for (std::string_view path : split(paths, ',')) {
      out.publications.push_back({unit, known.kind, std::string(trim(path)), line_span(out.file, call.line)});
    }
    return true;
  }
  // The generic step: `step([$class: 'JUnitResultArchiver', testResults: 'x'])`.
  if (name == "step") {
    const std::string results = argument_text(call, "testResults", values);
    if (!results.empty())
      out.publications.push_back(
          {unit, Publication::Kind::kSummary, results, line_span(out.file, call.line)});
    return true;
  }
  if (name != "build" && name != "kubernetesDeploy" && name != "openshiftDeploy" &&
      name != "azureWebAppPublish" && name != "ansiblePlaybook")
    return false;
  ActionUse& use = add_action(out, unit, "jenkins/" + name, "", nullptr, call.line);
  for (const GroovyNode& each : call.args) {
    if (!each.key.empty()) use.with.emplace_back(each.key, Word{text_of(each, values).text, each.literal});
  }
  return true;
}

Effect handled_by(std::span<const GroovyNode> statements, int depth) {
  Effect best = Effect::kSwallowed;
  if (depth > 50) return best;
  for (const GroovyNode& each : statements) {
    Effect own = Effect::kSwallowed;
    if (each.kind == GroovyKind::kThrow) own = Effect::kBlocking;
    if (each.kind == GroovyKind::kCall && (each.name == "error" || each.name == "exit"))
      own = Effect::kBlocking;
    if (each.kind == GroovyKind::kCall && each.name == "unstable") own = Effect::kReporting;
    if (each.kind == GroovyKind::kCall && each.name == "sh" && !each.args.empty() &&
        each.args[0].text.find("exit 1") != std::string::npos)
      own = Effect::kBlocking;
    if (each.kind == GroovyKind::kAssign && each.name.ends_with("urrentBuild.result") &&
        !each.children.empty()) {
      const std::string& result = each.children[0].text;
      if (result == "FAILURE" || result == "UNSTABLE" || result == "ABORTED") own = Effect::kReporting;
    }
    if (own == Effect::kSwallowed && each.kind != GroovyKind::kFunction &&
        each.kind != GroovyKind::kClosure) {
      own = handled_by(each.children, depth + 1);
    }
    best = std::min(best, own);
  }
  return best;
}

bool mentions(const GroovyNode& expression, std::string_view name, int depth) {
  if (depth > kMaxTreeDepth) return false;
  if (expression.kind == GroovyKind::kName && expression.text == name) return true;
  const auto inside = [&](const GroovyNode& each) { return mentions(each, name, depth + 1); };
  return std::any_of(expression.children.begin(), expression.children.end(), inside) ||
         std::any_of(expression.receiver.begin(), expression.receiver.end(), inside) ||
         std::any_of(expression.args.begin(), expression.args.end(), inside);
}

}  // namespace mlgrade::jenkins
