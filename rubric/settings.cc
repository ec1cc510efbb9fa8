// Reading `.mlgrade.yaml`.
#include "rubric/settings.h"

#include <algorithm>

#include "analyzer/base/glob.h"
#include "analyzer/base/strict_record.h"

namespace mlgrade {
namespace {

std::vector<std::string_view> item_ids(const Rubric& rubric) {
  std::vector<std::string_view> out;
  for (const Section& section : rubric.sections) {
    for (const Item& item : section.items) out.push_back(item.id);
  }
  return out;
}

bool is_link(std::string_view text) {
  return (text.starts_with("https://") || text.starts_with("http://")) && text.find("://") + 3 < text.size();
}

class Reader {
 public:
  Reader(FileId file, const SettingsContext& context) : file_(file), context_(context) {}

  // The item of an entry; empty with a problem when there is none of that name.
  std::string item(StrictRecord& record, const DataNode& node) const {
    std::string id = record.required_text("item");
    if (id.empty() || find_item(context_.rubric, id) != nullptr) return id;
    const std::vector<std::string_view> known = item_ids(context_.rubric);
    const std::string_view nearest = nearest_word(id, known);
    record.problem(
        node.line_of("item"),
        "there is no item `" + id + "`" + (nearest.empty() ? "" : "; is it `" + std::string(nearest) + "`?"));
    return "";
  }

  std::string evidence(StrictRecord& record, const DataNode& node) const {
    std::string text = record.required_text("evidence");
    if (text.empty() || is_link(text)) return text;
    std::string path = text;
    while (path.starts_with("./")) path.erase(0, 2);
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (!context_.folder.empty()) path = context_.folder + "/" + path;
    if (path.starts_with('/') || path.find("..") != std::string::npos || !context_.has_path(path)) {
      record.problem(node.line_of("evidence"),
                     "`" + text + "` is neither a link nor a path of the repository");
    }
    return text;
  }

  std::optional<Date> date(StrictRecord& record, const DataNode& node, const std::string& text) const {
    if (text.empty()) return {};
    const std::optional<Date> date = parse_date(text);
    if (!date) record.problem(node.line_of("expires"), "`" + text + "` is no date, such as 2027-03-01");
    return date;
  }

  bool is_over(const std::optional<Date>& last_day) const {
    return last_day && context_.as_of && *last_day < *context_.as_of;
  }

  std::optional<Date> expires(StrictRecord& record, const DataNode& node) const {
    const std::string text = record.required_text("expires");
    const std::optional<Date> last_day = date(record, node, text);
    if (is_over(last_day)) {
      record.problem(node.line_of("expires"), "expired: it held until " + text +
                                                  ", and this is the state of " +
                                                  format_date(*context_.as_of) + "; renew it or take it out");
    }
    return last_day;
  }

  // A rule of findings; empty with a problem when there is none of that name.
  std::string rule(StrictRecord& record, const DataNode& node) const {
    const std::string id = record.required_text("rule");
    const auto holds = [&](const std::vector<std::string_view>& ids) {
      return std::find(ids.begin(), ids.end(), id) != ids.end();
    };
    if (id.empty() || holds(context_.findings)) return id;
    std::string message = "there is no rule `" + id + "`";
    if (holds(context_.evidences)) {
      message = "`" + id + "` gives evidence and no findings, so there is nothing to ignore";
    } else if (const std::string meant = nearest_rule(id); !meant.empty()) {
      message += "; is it `" + meant + "`?";
    } else {
      message += "; `mlgrade list rules` shows all";
    }
    record.problem(node.line_of("rule"), message);
    return "";
  }

  std::vector<std::string> paths(StrictRecord& record, const DataNode& node) const {
    std::vector<std::string> out;
    for (std::string path : record.texts("paths")) {
      while (path.starts_with("./")) path.erase(0, 2);
      if (path.ends_with('/')) path += "**";
      if (path.empty() || path.starts_with('/') || path.find("..") != std::string::npos) {
        record.problem(
            node.line_of("paths"),
            "`" + path + "` is no pattern of paths from the folder of this file, such as tests/**");
      }
      out.push_back(std::move(path));
    }
    if (out.empty() && node.find("paths") != nullptr) {
      record.problem(node.line_of("paths"), "`paths` is empty; leave it out to speak of every file");
    }
    return out;
  }

  void ignored(const DataNode& node, StrictRecord& parent, ProjectSettings& out) const {
    StrictRecord record(node, parent.document(), parent.problems());
    IgnoreEntry one;
    one.place = Span{file_, node.line, 1, node.line};
    one.folder = context_.folder;
    one.rule = rule(record, node);
    one.paths = paths(record, node);
    one.reason = record.required_text("reason");
    one.expires = date(record, node, record.text("expires"));
    one.expired = is_over(one.expires);
    record.finish();
    if (!one.rule.empty() && !one.reason.empty()) out.ignore.push_back(std::move(one));
  }

  void attestation(const DataNode& node, StrictRecord& parent, ProjectSettings& out) const {
    StrictRecord record(node, parent.document(), parent.problems());
    Attestation one;
    one.place = Span{file_, node.line, 1, node.line};
    one.item = item(record, node);
    one.reason = record.required_text("reason");
    one.owner = record.required_text("owner");
    one.evidence = evidence(record, node);
    const std::optional<Date> date = expires(record, node);
    record.finish();
    const bool again = std::any_of(out.attestations.begin(), out.attestations.end(),
                                   [&](const Attestation& other) { return other.item == one.item; });
    if (again && !one.item.empty()) record.problem(node.line, "`" + one.item + "` is attested twice");
    if (!date || one.item.empty()) return;
    one.expires = *date;
    out.attestations.push_back(std::move(one));
  }

  void left_out(const DataNode& node, StrictRecord& parent, ProjectSettings& out) const {
    StrictRecord record(node, parent.document(), parent.problems());
    NotApplicable one;
    one.place = Span{file_, node.line, 1, node.line};
    one.item = item(record, node);
    one.reason = record.required_text("reason");
    record.finish();
    if (!one.item.empty()) out.not_applicable.push_back(std::move(one));
  }

 private:
  // The rule that was meant: the same name in whatever topic, else the nearest one.
  std::string nearest_rule(std::string_view id) const {
    for (const std::string_view known : context_.findings) {
      if (known.ends_with("/" + std::string(id))) return std::string(known);
    }
    return std::string(nearest_word(id, context_.findings));
  }

  FileId file_;
  const SettingsContext& context_;
};

const DataNode* list_of(StrictRecord& record, const DataNode& root, std::string_view key) {
  const DataNode* list = record.node(key);
  if (list == nullptr || list->is_null()) return nullptr;
  if (list->is_sequence()) return list;
  record.problem(root.line_of(key), "`" + std::string(key) + "` must be a list");
  return nullptr;
}

void read_profile(StrictRecord& record, const DataNode& root, const Rubric& rubric, ProjectSettings& out) {
  const DataNode* given = record.node("profile");
  if (given == nullptr || given->is_null()) return;
  out.profile = record.text("profile");
  if (out.profile.empty() || find_profile(rubric, out.profile) != nullptr) return;
  std::string names;
  for (const Profile& profile : rubric.profiles) names += (names.empty() ? "" : ", ") + profile.name;
  record.problem(root.line_of("profile"), "no profile `" + out.profile + "`; there are " + names);
}

void read_version(StrictRecord& record, const DataNode& root) {
  const DataNode* given = record.node("version");
  if (given == nullptr || given->is_null() || given->string_or("") == "1") return;
  record.problem(root.line_of("version"), "this mlgrade reads `version: 1` of this file");
}

}  // namespace

bool speaks_of(const IgnoreEntry& entry, std::string_view path) {
  if (!entry.folder.empty()) {
    if (!path.starts_with(entry.folder) || path.substr(entry.folder.size(), 1) != "/") return false;
    path.remove_prefix(entry.folder.size() + 1);
  }
  return entry.paths.empty() ||
         std::any_of(entry.paths.begin(), entry.paths.end(), [&](const std::string& pattern) {
           return glob_match(pattern, path) ||
                  glob_match(pattern + "/**", path);  // a folder means what it holds
         });
}

ProjectSettings read_settings(const DataNode& root, FileId file, std::string_view path,
                              const SettingsContext& context, std::vector<Problem>& problems) {
  ProjectSettings out;
  if (root.is_null()) return out;  // an empty file says nothing
  StrictRecord record(root, path, problems);
  if (!root.is_mapping()) return out;
  const Reader reader(file, context);
  read_version(record, root);
  read_profile(record, root, context.rubric, out);
  if (const DataNode* list = list_of(record, root, "not_applicable")) {
    for (const DataNode& node : list->items) reader.left_out(node, record, out);
  }
  if (const DataNode* list = list_of(record, root, "attestations")) {
    for (const DataNode& node : list->items) reader.attestation(node, record, out);
  }
  if (const DataNode* list = list_of(record, root, "ignore")) {
    for (const DataNode& node : list->items) reader.ignored(node, record, out);
  }
  record.finish();
  return out;
}

}  // namespace mlgrade
