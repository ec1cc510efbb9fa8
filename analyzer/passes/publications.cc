// Recognizing publications.
#include "analyzer/passes/publications.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

using Kind = Publication::Kind;

struct PublishingAction {
  std::string_view action;
  Kind kind;
  std::string_view input;  // that names what is published; "" if none does
};

constexpr std::array kActions = {
    PublishingAction{"actions/upload-artifact", Kind::kArtifact, "path"},
    PublishingAction{"actions/upload-release-asset", Kind::kArtifact, "asset_path"},
    PublishingAction{"softprops/action-gh-release", Kind::kArtifact, "files"},
    PublishingAction{"ncipollo/release-action", Kind::kArtifact, "artifacts"},
    PublishingAction{"svenstaro/upload-release-action", Kind::kArtifact, "file"},
    PublishingAction{"actions/upload-pages-artifact", Kind::kPages, "path"},
    PublishingAction{"actions/deploy-pages", Kind::kPages, ""},
    PublishingAction{"peaceiris/actions-gh-pages", Kind::kPages, "publish_dir"},
    PublishingAction{"JamesIves/github-pages-deploy-action", Kind::kPages, "folder"},
    PublishingAction{"benchmark-action/github-action-benchmark", Kind::kPages, "output-file-path"},
    PublishingAction{"peter-evans/create-or-update-comment", Kind::kComment, "body-path"},
    PublishingAction{"peter-evans/commit-comment", Kind::kComment, "body-path"},
    PublishingAction{"thollander/actions-comment-pull-request", Kind::kComment, "filePath"},
    PublishingAction{"marocchino/sticky-pull-request-comment", Kind::kComment, "path"},
    PublishingAction{"mshick/add-pr-comment", Kind::kComment, "message-path"},
    PublishingAction{"machine-learning-apps/pr-comment", Kind::kComment, "path"},
    PublishingAction{"py-cov-action/python-coverage-comment-action", Kind::kCoverage, ""},
    PublishingAction{"MishaKav/pytest-coverage-comment", Kind::kCoverage, "pytest-coverage-path"},
    PublishingAction{"codecov/codecov-action", Kind::kCoverage, "files"},
    PublishingAction{"coverallsapp/github-action", Kind::kCoverage, "file"},
    PublishingAction{"coverallsapp/coverage-reporter-action", Kind::kCoverage, "file"},
    PublishingAction{"irongut/CodeCoverageSummary", Kind::kCoverage, "filename"},
    PublishingAction{"orgoro/coverage", Kind::kCoverage, "coverageFile"},
    PublishingAction{"EnricoMi/publish-unit-test-result-action", Kind::kCoverage, "files"},
    PublishingAction{"dorny/test-reporter", Kind::kSummary, "path"},
    PublishingAction{"mikepenz/action-junit-report", Kind::kSummary, "report_paths"},
    PublishingAction{"slackapi/slack-github-action", Kind::kNotification, ""},
    PublishingAction{"8398a7/action-slack", Kind::kNotification, ""},
    PublishingAction{"rtCamp/action-slack-notify", Kind::kNotification, ""},
    PublishingAction{"act10ns/slack", Kind::kNotification, ""},
    PublishingAction{"sarisia/actions-status-discord", Kind::kNotification, ""},
    PublishingAction{"dawidd6/action-send-mail", Kind::kNotification, "attachments"},
    PublishingAction{"JasonEtco/create-an-issue", Kind::kNotification, "filename"},
    PublishingAction{"peter-evans/create-issue-from-file", Kind::kNotification, "content-filepath"},
    PublishingAction{"stefanzweifel/git-auto-commit-action", Kind::kCommit, "file_pattern"},
    PublishingAction{"EndBug/add-and-commit", Kind::kCommit, "add"},
    PublishingAction{"ad-m/github-push-action", Kind::kCommit, ""},
    PublishingAction{"peter-evans/create-pull-request", Kind::kCommit, "add-paths"},
    PublishingAction{"pypa/gh-action-pypi-publish", Kind::kRegistry, "packages-dir"},
    PublishingAction{"google-github-actions/upload-cloud-storage", Kind::kBucket, "path"},
};

// A command that publishes: the words it consists of, after the options between them are left out.
struct PublishingCommand {
  std::initializer_list<std::string_view> words;
  Kind kind;
  std::string_view option;  // whose value is what is published; "" = the first plain word behind `words`
};

const PublishingCommand kCommands[] = {
    {{"aws", "s3", "cp"}, Kind::kBucket, ""},
    {{"aws", "s3", "sync"}, Kind::kBucket, ""},
    {{"aws", "s3", "mv"}, Kind::kBucket, ""},
    {{"aws", "s3api", "put-object"}, Kind::kBucket, "--body"},
    {{"gsutil", "cp"}, Kind::kBucket, ""},
    {{"gsutil", "rsync"}, Kind::kBucket, ""},
    {{"gcloud", "storage", "cp"}, Kind::kBucket, ""},
    {{"gcloud", "storage", "rsync"}, Kind::kBucket, ""},
    {{"az", "storage", "blob", "upload"}, Kind::kBucket, "--file"},
    {{"az", "storage", "blob", "upload-batch"}, Kind::kBucket, "--source"},
    {{"rclone", "copy"}, Kind::kBucket, ""},
    {{"rclone", "sync"}, Kind::kBucket, ""},
    {{"s3cmd", "put"}, Kind::kBucket, ""},
    {{"dvc", "push"}, Kind::kBucket, ""},
    {{"cml", "comment", "create"}, Kind::kComment, ""},
    {{"cml", "comment", "update"}, Kind::kComment, ""},
    {{"cml", "send-comment"}, Kind::kComment, ""},
    {{"cml-send-comment"}, Kind::kComment, ""},
    {{"cml", "send-github-check"}, Kind::kSummary, ""},
    {{"cml", "pr"}, Kind::kCommit, ""},
    {{"gh", "pr", "comment"}, Kind::kComment, "--body-file"},
    {{"gh", "issue", "comment"}, Kind::kComment, "--body-file"},
    {{"gh", "issue", "create"}, Kind::kNotification, "--body-file"},
    {{"gh", "release", "upload"}, Kind::kArtifact, ""},
    {{"gh", "release", "create"}, Kind::kArtifact, ""},
    {{"buildkite-agent", "artifact", "upload"}, Kind::kArtifact, ""},
    {{"buildkite-agent", "annotate"}, Kind::kSummary, ""},
    {{"codecov"}, Kind::kCoverage, "-f"},
    {{"coveralls"}, Kind::kCoverage, ""},
    {{"mkdocs", "gh-deploy"}, Kind::kPages, ""},
    {{"ghp-import"}, Kind::kPages, ""},
    {{"git", "push"}, Kind::kCommit, "-"},
    {{"docker", "push"}, Kind::kRegistry, ""},
    {{"twine", "upload"}, Kind::kRegistry, ""},
    {{"huggingface-cli", "upload"}, Kind::kRegistry, ""},
    {{"hf", "upload"}, Kind::kRegistry, ""},
    {{"wandb", "artifact", "put"}, Kind::kRegistry, ""},
};

constexpr std::array<std::string_view, 6> kWebhooks = {"hooks.slack.com",          "SLACK_WEBHOOK",
                                                       "discord.com/api/webhooks", "DISCORD_WEBHOOK",
                                                       "webhook.office.com",       "api.telegram.org"};

bool is_remote(std::string_view text) { return text.find("://") != std::string_view::npos; }

// The value of `--option value` or `--option=value`.
std::string option_value(const std::vector<Word>& words, std::string_view option) {
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i].text;
    if (word == option && i + 1 < words.size()) return words[i + 1].text;
    if (word.starts_with(option) && word.substr(option.size()).starts_with('=')) {
      return std::string(word.substr(option.size() + 1));
    }
  }
  return "";
}

// Where the words of `pattern` end in the command, which may begin behind `sudo`, `python -m`, `uv run` and
// the like; options may stand between them. npos if they do not stand there.
size_t match_end(const std::vector<Word>& words, std::initializer_list<std::string_view> pattern) {
  for (size_t start = 0; start < words.size() && start < 4; ++start) {
    if (words[start].text != *pattern.begin()) continue;
    size_t at = start;
    auto wanted = pattern.begin();
    while (at < words.size() && wanted != pattern.end()) {
      if (words[at].text == *wanted) {
        ++wanted;
      } else if (!words[at].text.starts_with('-') && !words[at - 1].text.starts_with('-')) {
        break;
      }
      ++at;
    }
    if (wanted == pattern.end()) return at;
  }
  return std::string::npos;
}

void add(AutomationFile& file, const Command& command, Kind kind, std::string path) {
  Publication publication;
  publication.unit = command.unit;
  publication.kind = kind;
  publication.path = std::move(path);
  publication.span = command.span;
  file.publications.push_back(std::move(publication));
}

// Copies publish if they go to a remote place from a local one.
bool copies_away(const std::vector<Word>& words, size_t behind, std::string& source) {
  std::vector<const Word*> plain;
  for (size_t i = behind; i < words.size(); ++i) {
    if (!words[i].text.starts_with('-')) plain.push_back(&words[i]);
  }
  if (plain.size() < 2) return false;
  source = plain.front()->text;
  if (is_remote(source)) return false;
  return std::any_of(plain.begin() + 1, plain.end(),
                     [](const Word* word) { return is_remote(word->text) || !word->literal; });
}

void publish_by_pattern(AutomationFile& file, const Command& command) {
  for (const PublishingCommand& pattern : kCommands) {
    const size_t behind = match_end(command.words, pattern.words);
    if (behind == std::string::npos) continue;
    std::string path;
    const bool copies = pattern.kind == Kind::kBucket && pattern.option.empty() && pattern.words.size() > 1 &&
                        *pattern.words.begin() != "dvc";
    if (copies) {
      if (!copies_away(command.words, behind, path)) continue;
    } else if (pattern.option.empty()) {
      size_t at = behind;
      while (at < command.words.size() && command.words[at].text.starts_with('-')) ++at;
      if (at < command.words.size()) path = command.words[at].text;
      if (*pattern.words.begin() == "gh") {  // the first word is the tag
        path = at + 1 < command.words.size() ? command.words[at + 1].text : "";
      }
    } else {
      path = option_value(command.words, pattern.option);
      if (path.empty() && pattern.option == "--body-file") path = option_value(command.words, "-F");
      if (path.empty() && pattern.option == "--file") path = option_value(command.words, "-f");
      if (path.empty() && pattern.option == "--source") path = option_value(command.words, "-s");
    }
    add(file, command, pattern.kind, std::move(path));
    return;
  }
}

void publish_command(AutomationFile& file, const Command& command) {
  if (command.words.empty() || command.runs == Truth::kNo) return;
  std::string_view output = command.output_file.view();
  if (output.find("GITHUB_STEP_SUMMARY") != std::string_view::npos) {
    const bool copies = command.words[0].text == "cat" && command.words.size() > 1;
    add(file, command, Kind::kSummary, copies ? command.words[1].text : "");
    return;
  }
  std::string_view program = command.words[0].text;
  if (program == "curl" || program == "wget" || program == "http") {
    for (const Word& word : command.words) {
      const bool hook = std::any_of(kWebhooks.begin(), kWebhooks.end(), [&word](std::string_view mark) {
        return word.text.find(mark) != std::string::npos;
      });
      if (hook) {
        add(file, command, Kind::kNotification, "");
        return;
      }
    }
    return;
  }
  publish_by_pattern(file, command);
}

const Word* input_of(const ActionUse& use, std::string_view name) {
  for (const auto& [key, value] : use.with) {
    if (to_lower(key) == to_lower(name)) return &value;
  }
  return nullptr;
}

void add(AutomationFile& file, const ActionUse& use, Kind kind, std::string_view path) {
  Publication publication;
  publication.unit = use.unit;
  publication.kind = kind;
  publication.path = std::string(path);
  publication.span = use.span;
  file.publications.push_back(std::move(publication));
}

void publish_action(AutomationFile& file, const ActionUse& use) {
  if (use.action == "actions/github-script") {
    const Word* script = input_of(use, "script");
    if (script == nullptr) return;
    if (script->text.find("createComment") != std::string::npos) add(file, use, Kind::kComment, "");
    if (script->text.find("issues.create(") != std::string::npos) add(file, use, Kind::kNotification, "");
    return;
  }
  if (use.action == "docker/build-push-action") {
    const Word* push = input_of(use, "push");
    if (push != nullptr && push->text != "false") add(file, use, Kind::kRegistry, "");
    return;
  }
  for (const PublishingAction& known : kActions) {
    if (to_lower(use.action.view()) != to_lower(known.action)) continue;
    const Word* input = known.input.empty() ? nullptr : input_of(use, known.input);
    bool any = false;
    for (std::string_view line :
         split_lines(input == nullptr ? std::string_view() : std::string_view(input->text))) {
      std::string_view path = trim(line);
      if (path.empty() || path[0] == '!') continue;
      add(file, use, known.kind, path);
      any = true;
    }
    if (!any) add(file, use, known.kind, "");
    return;
  }
}

}  // namespace

void add_publications(AutomationFile& file) {
  for (const Command& command : file.commands) publish_command(file, command);
  for (const ActionUse& use : file.actions) publish_action(file, use);
  std::stable_sort(file.publications.begin(), file.publications.end(),
                   [](const Publication& a, const Publication& b) { return a.span < b.span; });
}

}  // namespace mlgrade
