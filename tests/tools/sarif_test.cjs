// Usage: sarif_test.cjs <mlgrade_sample> <mlgrade> <root of the source tree>
// Holds SARIF reports to `sarif-multitool validate` and wants no error and no warning. Exits with 77 where that
// program is not installed for this machine.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const [sample, program, root] = process.argv.slice(2).map((one) => path.resolve(one));
const tool = path.join(root, "node_modules", "@microsoft", "sarif-multitool-linux", "Sarif.Multitool");
if (process.platform !== "linux" || process.arch !== "x64" || !fs.existsSync(tool)) {
  console.log("SKIP: sarif-multitool is not installed for this machine");
  process.exit(77);
}

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "mlgrade-sarif-"));
let failures = 0;

// npm ci --ignore-scripts leaves the program without its run bit.
function runnable() {
  try {
    fs.accessSync(tool, fs.constants.X_OK);
    return tool;
  } catch {
    const copy = path.join(temporary, "Sarif.Multitool");
    fs.copyFileSync(tool, copy);
    fs.chmodSync(copy, 0o755);
    return copy;
  }
}

const multitool = runnable();
const environment = { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1", DOTNET_BUNDLE_EXTRACT_BASE_DIR: temporary };

function complaints(name, text) {
  const file = path.join(temporary, name + ".sarif");
  const answer = path.join(temporary, name + ".answer.json");
  fs.writeFileSync(file, text);
  try {
    execFileSync(multitool, ["validate", file, "--output", answer, "--log", "ForceOverwrite", "--max-file-size-in-kb", "200000", "--level", "Error;Warning"],
      { env: environment, stdio: "pipe", cwd: temporary });
  } catch (error) {
    if (!fs.existsSync(answer)) return ["sarif-multitool failed: " + error.message + String(error.stdout)];
  }
  const run = JSON.parse(fs.readFileSync(answer, "utf8")).runs[0];
  const rules = new Map((run.tool.driver.rules || []).map((rule) => [rule.id, rule]));
  const failed = (run.invocations || []).flatMap((one) => (one.toolExecutionNotifications || []).concat(one.toolConfigurationNotifications || []))
    .filter((one) => one.level === "error" || one.exception).map((one) => "notification: " + one.message.text);
  const results = (run.results || []).filter((result) => (result.level || "warning") !== "note" && result.kind !== "pass");
  return failed.concat(results.map((result) => {
    const message = result.message;
    let text = message.text || (rules.get(result.ruleId)?.messageStrings?.[message.id]?.text ?? message.id);
    (message.arguments || []).forEach((value, i) => { text = text.replaceAll(`{${i}}`, value); });
    return `${result.ruleId} ${result.level || "warning"}: ${text}`;
  }));
}

try {
  const reports = [["plain", execFileSync(sample, ["plain", "sarif"])]];
  for (const kind of ["plain", "hostile", "large"]) {
    reports.push([kind + "-refused", execFileSync(sample, [kind, "sarif", "refused"], { maxBuffer: 1 << 28 })]);
  }
  for (const example of ["paper-tiger", "churn-service"]) {
    const words = ["scan", path.join(root, "examples", example), "-f", "sarif", "--refused", "-q", "--as-of", "2026-06-01"];
    reports.push([example, execFileSync(program, words, { maxBuffer: 1 << 28 })]);
  }
  for (const [name, text] of reports) {
    const found = complaints(name, text);
    failures += found.length;
    for (const line of found.slice(0, 10)) console.error(`${name}: ${line}`);
    if (found.length > 10) console.error(`${name}: and ${found.length - 10} more`);
  }
  // The judge has teeth.
  if (complaints("broken", '{"version": "2.1.0", "runs": [{"results": [{"ruleIndex": 3}]}]}').length === 0) {
    console.error("sarif-multitool accepts a run without a tool");
    failures += 1;
  }
  console.log(`${reports.length} SARIF reports checked`);
} finally {
  fs.rmSync(temporary, { recursive: true, force: true });
}
process.exit(failures === 0 ? 0 : 1);
