// Usage: validate_reports.cjs <mlgrade> <root of the source tree>
// Scans every example and a few hostile little repositories, holds each JSON report to reports/report.schema.json,
// and wants the same bytes from one thread and from four.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const program = path.resolve(process.argv[2]);
const root = path.resolve(process.argv[3]);
const Ajv2020 = require(path.join(root, "node_modules", "ajv", "dist", "2020")).default;
const schema = JSON.parse(fs.readFileSync(path.join(root, "reports", "report.schema.json"), "utf8"));
const validate = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true }).compile(schema);

function scan(folder, jobs) {
  const words = ["scan", folder, "--format", "json", "--quiet", "--jobs", String(jobs), "--as-of", "2026-06-01"];
  return execFileSync(program, words, { maxBuffer: 1 << 28 });
}

function hostileRepositories(parent) {
  const make = (name, files) => {
    for (const [file, bytes] of Object.entries(files)) {
      const at = path.join(parent, name, file);
      fs.mkdirSync(path.dirname(at), { recursive: true });
      fs.writeFileSync(at, bytes);
    }
    fs.mkdirSync(path.join(parent, name), { recursive: true });
    return path.join(parent, name);
  };
  return [
    make("empty", {}),
    make("broken", {
      "train.py": "def f(:\n  model.fit(\x1b[31m\n",
      ".github/workflows/ci.yml": "on: [push\njobs: {a: \x1b]0;title\x07}\n",
      "nb.ipynb": '{"cells": [',
      "latin.py": Buffer.from([0x23, 0xe9, 0xff, 0x0a, 0x78, 0x3d, 0x31, 0x0a]),
      "na\u202eme\n.md": "# Title \u202e\n",
    }),
  ];
}

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "mlgrade-schema-"));
let failures = 0;
try {
  const examples = path.join(root, "examples");
  const folders = fs.readdirSync(examples, { withFileTypes: true }).filter((e) => e.isDirectory());
  const all = folders.map((e) => path.join(examples, e.name)).concat(hostileRepositories(temporary));
  for (const folder of all) {
    const one = scan(folder, 1);
    if (!one.equals(scan(folder, 4))) {
      console.error(`${folder}: four threads write other bytes than one`);
      ++failures;
    }
    if (/[\x00-\x09\x0b-\x1f\x7f]/.test(one.toString("latin1"))) {
      console.error(`${folder}: the report holds control characters`);
      ++failures;
    }
    if (!validate(JSON.parse(one.toString("utf8")))) {
      for (const error of validate.errors.slice(0, 10)) {
        console.error(`${folder}: ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
      }
      ++failures;
    }
  }
  // Against an earlier report, and with an accepted finding.
  const tiger = path.join(examples, "paper-tiger");
  const changed = path.join(temporary, "changed");
  fs.cpSync(tiger, changed, { recursive: true });
  fs.rmSync(path.join(changed, ".github"), { recursive: true });
  const test = "def test_it():\n    len('')  # no assertion\n";
  fs.writeFileSync(path.join(changed, "tests", "test_more.py"), test);
  fs.writeFileSync(path.join(changed, "tests", "test_accepted.py"),
    "# mlgrade: ignore[automation/test-without-assertion] it must not raise\n" + test);
  fs.writeFileSync(path.join(changed, "tests", "test_listed.py"), test);
  fs.writeFileSync(path.join(changed, ".mlgrade.yaml"),
    "ignore:\n  - {rule: automation/test-without-assertion, paths: tests/test_listed.py, reason: it must not raise, expires: 2026-12-31}\n");
  const before = path.join(temporary, "before.json");
  fs.writeFileSync(before, scan(tiger, 1));
  const compared = JSON.parse(execFileSync(program, ["scan", changed, "-f", "json", "-q", "--as-of", "2026-06-01", "--baseline", before],
    { maxBuffer: 1 << 28 }));
  if (!validate(compared)) {
    console.error(`compared: ${JSON.stringify(validate.errors.slice(0, 5))}`);
    ++failures;
  }
  if (compared.accepted?.map((one) => one.accepted_by).sort().join() !== "comment,settings" || !compared.change?.items.length || !compared.findings.some((one) => one.state === "new")) {
    console.error("compared: not two accepted findings, no changed item or no new finding");
    ++failures;
  }
  // The schema itself has teeth.
  const report = JSON.parse(scan(all[all.length - 2], 1).toString("utf8"));
  report.items[0].points = 0.7;
  if (validate(report)) {
    console.error("the schema accepts 0.7 points");
    ++failures;
  }
  console.log(`${all.length} reports checked`);
} finally {
  fs.rmSync(temporary, { recursive: true, force: true });
}
process.exit(failures === 0 ? 0 : 1);
