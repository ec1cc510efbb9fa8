// DATA-5, first part: personal data is masked, scanned for, or kept under a written policy.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"
#include "rules/support/verdict.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 10;

bool names_masking(std::string_view name) {
  return has_word(name, {"anonymize", "anonymise", "anonymized", "anonymizer", "anonymiser", "anonymization",
                         "pseudonymize", "pseudonymise", "pseudonym", "redact", "redacts", "redaction",
                         "redactor", "scrub", "deidentify", "deidentification", "tokenize_pii"}) ||
         (has_word(name, {"mask", "masks", "masking", "hash", "encrypt"}) &&
          has_word(name, {"pii", "personal", "email", "emails", "phone", "phones", "ssn", "identifiers"})) ||
         (has_word(name, {"remove", "drop", "strip", "filter", "clean"}) &&
          has_word(name, {"pii", "personal", "identifiers"})) ||
         contains_phrase(name, "de identify");
}

bool names_scan(std::string_view name) {
  return has_word(name, {"pii", "personal"}) &&
         has_word(name, {"scan", "detect", "detector", "check", "find", "contains", "assert", "verify",
                         "validate", "analyze"});
}

// A salt, a key or a table makes a hash a pseudonym; a bare hash can be undone by trying all names.
bool keyed(const PythonModule& m, uint32_t function) {
  auto secret = [](std::string_view name) {
    return has_word(name, {"salt", "key", "secret", "pepper", "hmac", "token", "vault", "fernet", "kms"});
  };
  for (const PyParam& p : m.functions[function].params) {
    if (secret(p.name.view())) return true;
  }
  for (const PyCall& call : calls_in(m, function)) {
    if (call.function != function) continue;
    if (secret(call.callee.view()) || secret(call.target.view())) return true;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      for (uint32_t r = m.args[a].reads.begin; r < m.args[a].reads.end; ++r) {
        if (secret(m.names[r].view())) return true;
      }
    }
  }
  return false;
}

// The call or mention of a hash function in the body; null if there is none.
Span hash_in(const PythonModule& m, uint32_t function) {
  for (const PyCall& call : calls_in(m, function)) {
    if (call.function != function) continue;
    bool hashes = call.target.view().starts_with("hashlib.") || call.callee == "hash" ||
                  has_word(call.method.view(), {"md5", "sha1", "sha256", "sha512"});
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) hashes |= m.args[a].value.text == "hash";
    if (hashes) return call.span;
  }
  return {};
}

// What the product's own code masks. The function's name says what it is for; its body must do something.
void add_own(const RuleInput& in, const std::set<PyRef>& used, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    bool private_module =
        has_word(in.facts.path(module.file), {"privacy", "pii", "anonymization", "anonymizer", "gdpr"});
    for (uint32_t i = 0; i < module.functions.size(); ++i) {
      const PyFunction& f = module.functions[i];
      std::string_view name = f.name.view();
      bool masks = names_masking(name) ||
                   (private_module && has_word(name, {"mask", "masks", "clean", "drop", "remove"}));
      bool scans = names_scan(name) || (private_module && has_word(name, {"scan", "detect"}));
      if (f.is_stub || used.contains({m, i}) || (!masks && !scans)) continue;
      Evidence e;
      e.place = f.span;
      e.what = fmt::format("`{}` {} personal data", f.qualname.view(), masks ? "masks" : "looks for");
      e.runs_at = in.graph.node_of_function({m, i});
      e.confidence = Confidence::kMedium;
      Span hash = hash_in(module, i);
      if (masks && hash.valid() && !keyed(module, i)) {
        e.defeat = "a bare hash without a salt or key: whoever has the names can undo it";
        e.remedy = "Hash with a secret key (hmac), kept outside of the repository.";
        e.defeat_at = hash;
      }
      if (!masks) {
        bool raises = std::ranges::any_of(blocks_in(module, i),
                                          [&](const PyBlock& b) { return b.function == i && b.raises; });
        bool returns = std::ranges::any_of(jumps_in(module, i), [&](const PyJump& j) {
          return j.function == i && j.kind == PyJump::Kind::kReturn && j.value.kind != PyValue::Kind::kNone;
        });
        if (!raises && !returns) {
          e.effect = Effect::kSwallowed;
          e.effect_at = f.span;
          e.effect_why = "what it finds is only logged";
        }
      }
      out.push_back(std::move(e));
    }
  }
}

// Written policies: worth half a point when they say something about the data.
void add_documents(const RuleInput& in, std::vector<Evidence>& out) {
  static constexpr std::string_view kPhrases[] = {"data protection impact",
                                                  "dpia",
                                                  "data map",
                                                  "data retention",
                                                  "retention policy",
                                                  "personal data",
                                                  "data privacy",
                                                  "anonymization",
                                                  "anonymisation",
                                                  "pseudonymization",
                                                  "gdpr",
                                                  "pii"};
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (uint32_t h = 0; h < document.headings.size(); ++h) {
      bool named = std::any_of(std::begin(kPhrases), std::end(kPhrases), [&](std::string_view phrase) {
        return contains_phrase(document.headings[h].text, phrase);
      });
      if (!named || document.headings[h].text.find('?') != std::string::npos)
        continue;  // a question is no policy
      size_t letters = 0;
      bool website = false;
      for (const Paragraph& p : document.paragraphs) {
        if (p.heading != h) continue;
        letters += p.text.size();
        website |= has_word(p.text, {"cookies", "cookie", "website"});
      }
      bool table = std::any_of(document.tables.begin(), document.tables.end(),
                               [&](const DocTable& t) { return t.heading == h && t.rows.size() >= 2; });
      if (website || (letters < 200 && !table)) continue;
      Evidence e;
      e.mode = EvidenceMode::kStanding;
      e.place = document.headings[h].span;
      e.what = fmt::format("a written policy: \"{}\"", document.headings[h].text);
      e.worth = 0.5;
      e.worth_why = "written down, and no code applies it";
      e.confidence = Confidence::kMedium;
      out.push_back(std::move(e));
      break;
    }
  }
}

void add_uses(const RuleInput& in, std::string_view capability, std::set<PyRef>& used,
              std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, capability)) {
    if (use->kind == Use::Kind::kBase || use->kind == Use::Kind::kFile) continue;
    const PyCall* call = call_of(in, *use);
    if (call != nullptr && !used.insert({use->function.module, call->function}).second) continue;
    Evidence e;
    e.place = use->span;
    e.what = fmt::format("{} {} personal data", name_of(in, *use),
                         capability == "masks-pii" ? "masks" : "looks for");
    e.runs_at = node_of(in, *use);
    if (capability == "scans-pii" && call != nullptr) {
      VerdictPath path = verdict_of_call(in, use->function.module, use->call, use->ability->fails);
      take_verdict(path, e);
    }
    out.push_back(std::move(e));
  }
}

void run(const RuleInput& in, RuleOutput& out) {
  std::vector<Evidence> found;
  std::set<PyRef> used;
  add_uses(in, "masks-pii", used, found);
  add_uses(in, "scans-pii", used, found);
  add_own(in, used, found);
  add_documents(in, found);
  for (Evidence& e : found) run_in_earnest(in, e);
  if (found.size() > kMost) keep_best(in, found, kMost);
  out.evidence = std::move(found);
}

}  // namespace

extern const Rule data_pii_masking;
const Rule data_pii_masking{
    .kind = RuleKind::kEvidence,
    .summary = "Personal data is masked or scanned for on its way into training",
    .why = "What a model has learned of a person cannot be taken out again.",
    .fix =
        "Mask or drop personal columns as the pipeline's first step, with a keyed pseudonym, and scan what "
        "is left.",
    .source = "Breck et al. 2017, table I, Data 5",
    .run = run,
};

}  // namespace mlgrade::rules
