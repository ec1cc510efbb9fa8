// One walk over the commits. Files are dated by comparing trees, not contents, and only in folders that still
// hold files without a date. A merge touches what is different from each of its parents.
#include "analyzer/repo/history.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "analyzer/base/limits.h"
#include "analyzer/repo/text.h"

namespace mlgrade {
namespace {

struct OidHash {
  size_t operator()(const git_oid& id) const {
    size_t value = 0;
    std::memcpy(&value, id.id, sizeof value);
    return value;
  }
};
struct OidEqual {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_equal(&a, &b) != 0; }
};

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <typename T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

std::string lower(const char* text) {
  std::string out = text ? text : "";
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string clean(const char* text) {
  std::string out = text ? text : "";
  decode_text(out);
  return out;
}

Date date_of(const git_signature* who) { return date_of_unix_time(who->when.time, who->when.offset); }

// Letters and digits only, in lower case: "Ann Lee", "ann-lee" and "AnnLee" are one.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0 || c >= 0x80) out += static_cast<char>(std::tolower(c));
  }
  return out;
}

// What an address calls its owner: "annlee" of ann.lee@example.org and of
// 123+ann-lee@users.noreply.github.com.
std::string owner_of_address(const std::string& email) {
  std::string_view local = std::string_view(email).substr(0, email.find('@'));
  if (const size_t plus = local.find('+'); plus != local.npos) {
    const bool numbered = plus > 0 && local.find_first_not_of("0123456789") == plus;
    local = numbered ? local.substr(plus + 1) : local.substr(0, plus);
  }
  return squeezed(local);
}

// One mail address, one name however it is spelt, or a login that is the name or the address of the other.
// Addresses that many people have ("info", "me") are too short to tell.
bool same_person(const git_signature* a, const git_signature* b) {
  constexpr size_t kTelling = 5;  // letters
  const std::string mails[] = {lower(a->email), lower(b->email)};
  if (mails[0] == mails[1] || lower(a->name) == lower(b->name)) return true;
  const std::string names[] = {squeezed(clean(a->name)), squeezed(clean(b->name))};
  const std::string owners[] = {owner_of_address(mails[0]), owner_of_address(mails[1])};
  const auto one = [](const std::string& left, const std::string& right) {
    return left == right && left.size() >= kTelling;
  };
  return one(names[0], names[1]) || one(names[0], owners[1]) || one(owners[0], names[1]) ||
         one(owners[0], owners[1]);
}

// The name under which a service that updates dependencies is known; empty for everybody else.
std::string_view bot_of(const git_signature* author) {
  struct Bot {
    std::string_view sign;
    std::string_view name;
  };
  static constexpr std::array<Bot, 6> kBots = {{{"dependabot", "dependabot[bot]"},
                                                {"renovate", "renovate[bot]"},
                                                {"pyup", "pyup-bot"},
                                                {"snyk-bot", "snyk-bot"},
                                                {"pre-commit-ci", "pre-commit-ci[bot]"},
                                                {"depfu", "depfu[bot]"}}};
  const std::string who = lower(author->name) + " " + lower(author->email);
  for (const Bot& bot : kBots) {
    if (who.find(bot.sign) != std::string::npos) return bot.name;
  }
  return {};
}

// What such a service writes when it proposes a version. Others of its commits format code, or tell of
// itself.
bool proposes_version(std::string subject) {
  std::transform(subject.begin(), subject.end(), subject.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static constexpr std::array<std::string_view, 8> kWords = {"bump", "update", "upgrade",    "pin ",
                                                             "deps", "lock",   "migrate to", "vulnerab"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return subject.find(word) != std::string::npos; });
}

// Dates files by the trees of commits that are given from the newest to the oldest.
class FileDates {
 public:
  explicit FileDates(std::vector<FileFact>& files) {
    for (FileFact& file : files) {
      if (file.link) continue;
      const std::string_view path = file.path.view();
      undated_.emplace(path, &file);
      each_folder(path, [&](std::string_view folder) { ++below_[std::string(folder)]; });
    }
  }

  bool done() const { return undated_.empty(); }

  // Dates what `now` has that none of `before` has. False if a tree cannot be read.
  bool compare(git_repository* repository, const git_tree* now, const std::vector<GitTree>& before,
               Date date) {
    return compare_folder(repository, now, before, "", date);
  }

 private:
  template <typename Visit>
  static void each_folder(std::string_view path, Visit visit) {
    visit(std::string_view());
    for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      visit(path.substr(0, slash + 1));
    }
  }

  void touch(const std::string& path, Date date) {
    const auto it = undated_.find(path);
    if (it == undated_.end()) return;
    it->second->last_commit = date;
    undated_.erase(it);
    each_folder(path, [&](std::string_view folder) { --below_.find(folder)->second; });
  }

  // The entry of `before` with this name. Both trees have the same order, so it mostly stands at `hint`.
  static const git_tree_entry* counterpart(const git_tree* before, const char* name, size_t& hint) {
    for (size_t at = hint; at < hint + 2; ++at) {
      const git_tree_entry* entry = git_tree_entry_byindex(before, at);
      if (entry && std::strcmp(git_tree_entry_name(entry), name) == 0) {
        hint = at + 1;
        return entry;
      }
    }
    return git_tree_entry_byname(before, name);
  }

  bool compare_folder(git_repository* repository, const git_tree* now, const std::vector<GitTree>& before,
                      const std::string& folder, Date date) {
    const auto count = below_.find(folder);
    if (count == below_.end() || count->second == 0) return true;
    std::vector<size_t> hints(before.size(), 0);
    std::vector<const git_tree_entry*> old(before.size());
    bool readable = true;
    for (size_t i = 0; i < git_tree_entrycount(now); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(now, i);
      bool same = false;
      for (size_t parent = 0; parent < before.size(); ++parent) {
        old[parent] = counterpart(before[parent].get(), git_tree_entry_name(entry), hints[parent]);
        same = same ||
               (old[parent] && git_oid_equal(git_tree_entry_id(entry), git_tree_entry_id(old[parent])) != 0);
      }
      if (same) continue;
      const std::string path = folder + git_tree_entry_name(entry);
      if (git_tree_entry_type(entry) != GIT_OBJECT_TREE) {
        touch(path, date);
      } else if (below_.contains(path + "/")) {
        readable = enter(repository, entry, old, path + "/", date) && readable;
      }
    }
    return readable;
  }

  bool enter(git_repository* repository, const git_tree_entry* entry,
             const std::vector<const git_tree_entry*>& old, const std::string& folder, Date date) {
    const GitTree now = tree_of(repository, entry);
    if (!now) return false;
    std::vector<GitTree> before;
    for (const git_tree_entry* other : old) {
      if (!other || git_tree_entry_type(other) != GIT_OBJECT_TREE) continue;
      before.push_back(tree_of(repository, other));
      if (!before.back()) return false;
    }
    return compare_folder(repository, now.get(), before, folder, date);
  }

  static GitTree tree_of(git_repository* repository, const git_tree_entry* entry) {
    git_tree* raw = nullptr;
    return git_tree_lookup(&raw, repository, git_tree_entry_id(entry)) == 0 ? GitTree(raw) : nullptr;
  }

  TextMap<FileFact*> undated_;
  TextMap<uint32_t> below_;  // files without a date, by folder ("" or "a/b/")
};

struct Queued {
  GitCommit commit;
  git_time_t time = 0;
  uint64_t order = 0;      // of discovery, for commits of the same second
  bool main_line = false;  // reached from the head by first parents alone
};

struct Older {
  bool operator()(const Queued& a, const Queued& b) const {
    return a.time != b.time ? a.time < b.time : a.order > b.order;
  }
};

class HistoryWalk {
 public:
  HistoryWalk(git_repository* repository, std::vector<FileFact>& files, History& out)
      : repository_(repository), dates_(files), out_(out) {}

  void run(const git_oid* head) {
    find_main_line(head);
    push(head);
    while (!queue_.empty()) {
      if (out_.commits >= kMaxCommits) {
        out_.complete = false;
        return;
      }
      std::pop_heap(queue_.begin(), queue_.end(), Older());
      const Queued next = std::move(queue_.back());
      queue_.pop_back();
      visit(next);
    }
  }

 private:
  // The commit, or null if it is not in the object store.
  GitCommit lookup(const git_oid* id) {
    git_commit* raw = nullptr;
    return git_commit_lookup(&raw, repository_, id) == 0 ? GitCommit(raw) : nullptr;
  }

  // The first parents from the head on. A branch may come to one of them before its child of the main line
  // does.
  void find_main_line(const git_oid* head) {
    GitCommit commit = lookup(head);
    while (commit && main_line_.size() < kMaxCommits &&
           main_line_.insert(*git_commit_id(commit.get())).second) {
      commit =
          git_commit_parentcount(commit.get()) == 0 ? nullptr : lookup(git_commit_parent_id(commit.get(), 0));
    }
  }

  bool push(const git_oid* id) {
    if (!seen_.insert(*id).second) return true;
    GitCommit commit = lookup(id);
    if (!commit) {
      out_.complete = false;
      return false;
    }
    const git_time_t time = git_commit_time(commit.get());
    queue_.push_back({std::move(commit), time, order_++, main_line_.contains(*id)});
    std::push_heap(queue_.begin(), queue_.end(), Older());
    return true;
  }

  void visit(const Queued& item) {
    const git_commit* commit = item.commit.get();
    const unsigned parents = git_commit_parentcount(commit);
    ++out_.commits;
    count_author(commit);
    if (item.main_line && is_person(git_commit_author(commit))) ++out_.main_line;
    // At the edge of a shallow clone a commit may show no parents though it has some.
    bool parents_known = parents > 0 || git_repository_is_shallow(repository_) == 0;
    for (unsigned i = 0; i < parents; ++i) {
      parents_known = push(git_commit_parent_id(commit, i)) && parents_known;
    }
    if (parents > 1) {
      ++out_.merges;
      if (item.main_line) count_merge(commit);
    } else if (item.main_line && is_person(git_commit_author(commit))) {
      count_squash(commit);
    }
    if (parents_known && !dates_.done() && !date_files(commit)) out_.complete = false;
  }

  // Programs sign as "github-actions[bot]", "Release Bot", "BumpVersion Action".
  static bool is_person(const git_signature* author) {
    const std::string name = lower(author->name);
    const bool program = std::any_of(kPrograms.begin(), kPrograms.end(),
                                     [&](std::string_view end) { return name.ends_with(end); });
    return bot_of(author).empty() && !program;
  }
  static constexpr std::array<std::string_view, 6> kPrograms = {"[bot]",   " bot",     "-bot",
                                                                " action", " actions", "-actions"};

  void count_author(const git_commit* commit) {
    const git_signature* author = git_commit_author(commit);
    const std::string_view bot = bot_of(author);
    if (!bot.empty() && out_.bot_commits.size() < kMaxBotCommits && git_commit_parentcount(commit) < 2) {
      char id[11];
      std::string subject = clean(git_commit_summary(const_cast<git_commit*>(commit)));
      if (proposes_version(subject)) {
        out_.bot_commits.push_back({Name(bot), date_of(author),
                                    git_oid_tostr(id, sizeof id, git_commit_id(commit)), std::move(subject)});
      }
    }
    if (!is_person(author)) return;
    const std::string name = lower(author->name);
    // One person may have several addresses, or write the name in several ways; both new means somebody new.
    const bool new_name = people_.insert(name).second;
    const bool new_address = people_.insert(lower(author->email)).second;
    if (new_name && new_address) ++out_.authors;
  }

  // A merge by people of what people wrote; bots that merge, or whose work is merged, are no reviews.
  void count_merge(const git_commit* commit) {
    if (!is_person(git_commit_author(commit))) return;
    const GitCommit merged = lookup(git_commit_parent_id(commit, 1));
    if (merged && !is_person(git_commit_author(merged.get()))) return;
    ++out_.main_merges;
    count_review(commit);
  }

  // Pulling the main line into itself ("Merge branch 'main' of ...") reviews nothing.
  void count_review(const git_commit* commit) {
    const std::string subject = clean(git_commit_summary(const_cast<git_commit*>(commit)));
    if (subject.starts_with("Merge remote-tracking branch") || subject.find("' of ") != std::string::npos)
      return;
    const std::string main = out_.default_branch.str();
    if (!main.empty() && subject.starts_with("Merge branch '" + main + "'")) return;
    const GitCommit merged = lookup(git_commit_parent_id(commit, 1));
    if (!merged) return;
    const git_signature* merger = git_commit_author(commit);
    if (!same_person(merger, git_commit_author(merged.get()))) ++out_.reviewed_merges;
  }

  // "Title of the change (#123)", committed by GitHub itself.
  void count_squash(const git_commit* commit) {
    if (lower(git_commit_committer(commit)->email) != "noreply@github.com") return;
    const std::string subject = clean(git_commit_summary(const_cast<git_commit*>(commit)));
    const size_t open = subject.rfind("(#");
    if (open == std::string::npos || !subject.ends_with(')')) return;
    const std::string_view number = std::string_view(subject).substr(open + 2, subject.size() - open - 3);
    if (!number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos)
      ++out_.squash_merges;
  }

  static GitTree tree_of(const git_commit* commit) {
    git_tree* raw = nullptr;
    return commit && git_commit_tree(&raw, commit) == 0 ? GitTree(raw) : nullptr;
  }

  bool date_files(const git_commit* commit) {
    const GitTree now = tree_of(commit);
    if (!now) return false;
    std::vector<GitTree> before;
    for (unsigned i = 0; i < git_commit_parentcount(commit); ++i) {
      before.push_back(tree_of(lookup(git_commit_parent_id(commit, i)).get()));
      if (!before.back()) return false;
    }
    return dates_.compare(repository_, now.get(), before, date_of(git_commit_author(commit)));
  }

  git_repository* repository_;
  FileDates dates_;
  History& out_;
  std::vector<Queued> queue_;  // a heap, the newest on top
  std::unordered_set<git_oid, OidHash, OidEqual> seen_, main_line_;
  std::unordered_set<std::string> people_;  // names and addresses
  uint64_t order_ = 0;
};

bool has_branch(git_repository* repository, const std::string& reference) {
  git_oid id;
  return git_reference_name_to_id(&id, repository, reference.c_str()) == 0;
}

// Empty when a commit is checked out rather than a branch.
std::string current_branch(git_repository* repository) {
  constexpr std::string_view kHeads = "refs/heads/";
  git_reference* raw = nullptr;
  if (git_reference_lookup(&raw, repository, "HEAD") != 0) return {};
  const GitReference reference(raw);
  const char* target = git_reference_symbolic_target(raw);
  return target && std::string_view(target).starts_with(kHeads) ? clean(target + kHeads.size()) : "";
}

}  // namespace

Name default_branch(git_repository* repository) {
  constexpr std::string_view kRemote = "refs/remotes/origin/";
  git_reference* raw = nullptr;
  if (git_reference_lookup(&raw, repository, "refs/remotes/origin/HEAD") == 0) {
    const GitReference reference(raw);
    const char* target = git_reference_symbolic_target(raw);
    if (target && std::string_view(target).starts_with(kRemote)) {
      return Name(clean(target + kRemote.size()));
    }
  }
  const std::string current = current_branch(repository);
  if (git_repository_is_bare(repository) == 1 || current == "main" || current == "master")
    return Name(current);
  for (const char* name : {"main", "master"}) {
    const std::string branch = name;
    if (has_branch(repository, "refs/heads/" + branch) ||
        has_branch(repository, "refs/remotes/origin/" + branch)) {
      return Name(branch);
    }
  }
  return Name(current);
}

namespace {

// Names of branches, here and on the origin. False if they could not be listed.
bool read_branches(git_repository* repository, std::vector<std::string>& out) {
  git_reference_iterator* raw = nullptr;
  if (git_reference_iterator_new(&raw, repository) != 0) return false;
  const GitPtr<git_reference_iterator, git_reference_iterator_free> all(raw);
  const char* name = nullptr;
  while (git_reference_next_name(&name, all.get()) == 0) {
    const std::string_view reference = name;
    for (std::string_view folder : {"refs/heads/", "refs/remotes/origin/"}) {
      if (reference.starts_with(folder) && reference != "refs/remotes/origin/HEAD" &&
          out.size() < kMaxBranches)
        out.push_back(clean(name + folder.size()));
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out.size() < kMaxBranches;
}

// Whether a fetch brings every branch: an origin that is asked for all of them, and nothing left out. A clone
// of one branch (as --depth and --single-branch make it) asks for that one alone.
bool fetches_all(git_repository* repository) {
  if (git_repository_is_shallow(repository) != 0) return false;
  git_remote* raw = nullptr;
  if (git_remote_lookup(&raw, repository, "origin") != 0) return false;
  const GitPtr<git_remote, git_remote_free> origin(raw);
  for (size_t i = 0; i < git_remote_refspec_count(raw); ++i) {
    const char* source = git_refspec_src(git_remote_get_refspec(raw, i));
    if (source != nullptr &&
        (std::string_view(source) == "refs/heads/*" || std::string_view(source) == "refs/*"))
      return true;
  }
  return false;
}

}  // namespace

History read_history(git_repository* repository, const git_commit* head, std::vector<FileFact>& files) {
  History out;
  out.available = true;
  out.complete = git_repository_is_shallow(repository) == 0;
  out.default_branch = default_branch(repository);
  out.all_branches = read_branches(repository, out.branches) && fetches_all(repository);
  char id[GIT_OID_HEXSZ + 1];
  out.head = git_oid_tostr(id, sizeof id, git_commit_id(head));
  out.head_date = date_of(git_commit_author(head));
  HistoryWalk(repository, files, out).run(git_commit_id(head));
  return out;
}

}  // namespace mlgrade
