// Taskcluster: the tasks that .taskcluster.yml makes of an event. The file is a JSON-e template: its
// conditions are evaluated as far as they ask for the event, everything else of it is looked through.
#include <algorithm>
#include <array>

#include "analyzer/base/limits.h"
#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/publications.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  return file.path == ".taskcluster.yml" || file.path == ".taskcluster.yaml";
}

ConditionValue event_value(std::string_view name, CiEvent event) {
  using Value = ConditionValue;
  if (name == "event.ref") return event == CiEvent::kTag ? Value::of("refs/tags/x") : Value::default_branch();
  if (name == "event.action")
    return event == CiEvent::kPullRequest ? Value::of("synchronize") : Value::null();
  if (name == "event.repository.default_branch") return Value::default_branch();
  if (name != "tasks_for") return {};
  constexpr std::array<const char*, 5> kNames = {"github-push", "github-pull-request", "github-push", "cron",
                                                 "action"};
  return Value::of(kNames[static_cast<size_t>(event)]);
}

class TaskReader {
 public:
  TaskReader(const SourceFile& file) : out_(automation_file(file, "taskcluster")), path_(file.path) {}

  AutomationFile read(const DataNode& root) {
    workflow_ = add_unit(out_, UnitKind::kWorkflow, path_, 1);
    add_trigger(out_, workflow_, TriggerKind::kPush, "push", 1);
    add_trigger(out_, workflow_, TriggerKind::kPullRequest, "pull request", 1);
    const DataNode* tasks = root.find("tasks");
    if (tasks != nullptr) walk(*tasks, EventTruth(), "", 0, 0);
    add_publications(out_);
    return std::move(out_);
  }

 private:
  void walk(const DataNode& node, const EventTruth& holds, const std::string& condition, uint32_t line,
            int depth) {
    if (depth > kMaxDocumentDepth) return;
    for (const DataNode& item : node.items) walk(item, holds, condition, line, depth + 1);
    if (!node.is_mapping()) return;
    if (const DataNode* payload = node.find("payload"); payload != nullptr && payload->is_mapping()) {
      return add_task(node, *payload, holds, condition, line);
    }
    const DataNode* question = node.find("$if");
    const EventTruth own =
        question == nullptr || !question->is_scalar() ? EventTruth() : evaluate(question->text);
    for (const auto& [key, value] : node.entries) {
      if (key == "$if" || key == "extra" || key == "$let") continue;
      const bool branch = question != nullptr && (key == "then" || key == "else");
      if (!branch) {
        walk(value, holds, condition, line, depth + 1);
        continue;
      }
      const std::string text = key == "then" ? question->text : "not " + question->text;
      walk(value, holds && (key == "then" ? own : !own), text, question->line, depth + 1);
    }
  }

  static EventTruth evaluate(const std::string& text) {
    return EventTruth::ask([&](CiEvent event) {
      return evaluate_expression(text, [event](std::string_view name) { return event_value(name, event); });
    });
  }

  void add_task(const DataNode& task, const DataNode& payload, const EventTruth& holds,
                const std::string& condition, uint32_t line) {
    const DataNode* metadata = task.find("metadata");
    const std::string title(metadata == nullptr ? "" : metadata->get("name"));
    const uint32_t unit =
        add_unit(out_, UnitKind::kJob, std::to_string(out_.units.size()), std::max(1u, task.line), workflow_);
    out_.units[unit].title = Name(title.empty() ? "task" : title);
    if (line > 0) set_runs(out_, unit, EventTruth::usual(), holds, condition, line);
    if (const DataNode* image = payload.find("image")) {
      out_.units[unit].image = Name(image->string_or(image->get("path")));
    }
    const DataNode* command = payload.find("command");
    if (command == nullptr) return;
    if (command->is_scalar()) {
      add_script(out_, unit, {command->text, text_line(*command), false, false});
      return;
    }
    // Words of one command, or several lists of them; a long text in `bash -c` keeps its lines.
    const bool several = std::any_of(command->items.begin(), command->items.end(),
                                     [](const DataNode& item) { return item.is_sequence(); });
    if (!several) return add_words(unit, *command);
    for (const DataNode& item : command->items) {
      if (item.is_sequence()) add_words(unit, item);
      if (item.is_scalar()) add_script(out_, unit, {item.text, text_line(item), false, false});
    }
  }

  void add_words(uint32_t unit, const DataNode& list) {
    const std::vector<std::string> words = list.strings();
    const DataNode* last = list.items.empty() ? nullptr : &list.items.back();
    const bool text = words.size() > 2 && base_name(words[0]).ends_with("sh") && last->is_scalar() &&
                      words[words.size() - 2].starts_with('-') &&
                      words[words.size() - 2].find('c') != std::string::npos;
    if (!text) return add_exec(out_, unit, words, list.line);
    bool errexit = false;
    for (size_t i = 1; i + 1 < words.size(); ++i) {
      errexit = errexit || (words[i].starts_with('-') && !words[i].starts_with("--") &&
                            words[i].find('e') != words[i].npos);
    }
    add_script(out_, unit, {last->text, text_line(*last), errexit, false});
  }

  AutomationFile out_;
  std::string path_;
  uint32_t workflow_ = kNone;
};

void run(const SourceFile& file, FileFacts& out) {
  ParsedData data = parse_yaml(file.text, file.id);
  for (Problem& problem : data.problems) out.problems.push_back(std::move(problem));
  AutomationFile automation = TaskReader(file).read(data.root());
  automation.analysable = data.root().is_mapping();
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass taskcluster;
const FilePass taskcluster = {"taskcluster", "tasks of Taskcluster", wants, run};

}  // namespace mlgrade::passes
