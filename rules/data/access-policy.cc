// DATA-5, second part: who may read the data is said as code: public access blocked, encryption, bucket
// policies, column masks. A scan for secrets counts half: it guards the way in.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/product_run.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 8;

Evidence applied(const RuleInput& in, FileId file, Span place, std::string what) {
  Evidence e;
  e.place = place;
  e.what = std::move(what);
  e.runs_at = node_of_manifest(in, file);
  e.runs_at = e.runs_at == kNone ? in.graph.node_of_file(file) : e.runs_at;
  if (in.graph.reached_by(e.runs_at) != Reach::By::kNothing) return e;
  e.mode = EvidenceMode::kStanding;
  e.worth = 0.5;
  e.worth_why = "no automatic run applies it";
  return e;
}

// Buckets and keys of CloudFormation and SAM.
void add_cloudformation(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Resource& bucket : cloudformation(in.facts, "AWS::S3::Bucket")) {
    const DataNode* properties = bucket.node->find("Properties");
    if (properties == nullptr || is_sample(in.facts, bucket.document->file)) continue;
    bool closed = properties->find("PublicAccessBlockConfiguration") != nullptr;
    bool encrypted = properties->find("BucketEncryption") != nullptr;
    if (!closed && !encrypted) continue;
    uint32_t line = bucket.node->line;
    out.push_back(
        applied(in, bucket.document->file, Span{bucket.document->file, line, 1, line},
                fmt::format("bucket {} {}", bucket.name, closed ? "blocks public access" : "is encrypted")));
  }
  for (const Resource& policy : cloudformation(in.facts, "AWS::S3::BucketPolicy")) {
    if (is_sample(in.facts, policy.document->file)) continue;
    uint32_t line = policy.node->line;
    out.push_back(applied(in, policy.document->file, Span{policy.document->file, line, 1, line},
                          fmt::format("bucket policy {}", policy.name)));
  }
}

// The same in Python: CDK constructs, Pulumi, boto3.
void add_code(const RuleInput& in, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    std::set<uint32_t> seen;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      std::string_view method = call.method.view();
      bool blocks = method == "put_public_access_block" || method == "put_bucket_policy" ||
                    method == "put_bucket_encryption" || method == "BucketPublicAccessBlock" ||
                    method == "BucketPolicy";
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        std::string_view keyword = module.args[a].keyword.view();
        blocks |= keyword == "block_public_access" || (keyword == "encryption" && method == "Bucket") ||
                  keyword == "uniform_bucket_level_access";
      }
      if (!blocks || !seen.insert(call.function).second) continue;
      Evidence e;
      e.place = call.span;
      e.what = fmt::format("`{}` limits access to stored data", call.callee.view());
      e.runs_at = in.graph.node_of_call(m, c);
      run_in_earnest(in, e);
      if (e.runs_at == kNone || in.graph.reached_by(e.runs_at) == Reach::By::kNothing) {
        e.mode = EvidenceMode::kStanding;
        e.worth = 0.5;
        e.worth_why = "no automatic run applies it";
      }
      out.push_back(std::move(e));
    }
  }
}

// Keys of other declarations: uniform_bucket_level_access, publicAccessPrevention.
void add_keys(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      std::string_view path = key.path.view();
      std::string_view name = path.substr(path.find_last_of('.') + 1);
      bool limits = name == "uniform_bucket_level_access" || name == "uniformBucketLevelAccess" ||
                    name == "publicAccessPrevention" || name == "public_access_prevention" ||
                    name == "block_public_acls" || name == "allowBlobPublicAccess" || name == "row_filter" ||
                    name == "column_mask";
      if (!limits || key.value == "inherited") continue;
      bool open = name == "allowBlobPublicAccess" ? key.value == "true" : key.value == "false";
      if (open) continue;
      out.push_back(applied(in, document.file, key.span, fmt::format("`{}: {}`", name, key.value)));
      break;
    }
  }
}

// Secrets that leak open the store: a scan in CI is part of who gets in.
void add_secret_scans(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, "scans-secrets")) {
    if (use->kind != Use::Kind::kCommand && use->kind != Use::Kind::kAction) continue;
    Evidence e;
    e.place = use->span;
    e.what = fmt::format("{} scans for secrets", name_of(in, *use));
    e.runs_at = node_of(in, *use);
    e.worth = 0.5;
    e.worth_why = "it guards credentials; who may read the data is not said as code";
    out.push_back(std::move(e));
    return;
  }
}

void run(const RuleInput& in, RuleOutput& out) {
  std::vector<Evidence> found;
  add_cloudformation(in, found);
  add_code(in, found);
  add_keys(in, found);
  add_secret_scans(in, found);
  if (found.size() > kMost) keep_best(in, found, kMost);
  out.evidence = std::move(found);
}

}  // namespace

extern const Rule data_access_policy;
const Rule data_access_policy{
    .kind = RuleKind::kEvidence,
    .summary = "Who may read the data is said as code",
    .why = "A bucket that is open by mistake leaks all of the training data at once.",
    .fix =
        "Declare the store with public access blocked and encryption on, and apply the declaration from CI.",
    .source = "Breck et al. 2017, table I, Data 5",
    .run = run,
};

}  // namespace mlgrade::rules
