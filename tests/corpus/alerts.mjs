// The alerts of the corpus, and whether each can ever fire: what reports say, beside what a reader found by hand.
//
//   node tests/corpus/alerts.mjs REPOSITORIES            compare with alerts.json; exit 1 when they differ
//   node tests/corpus/alerts.mjs REPOSITORIES --update   write what reports say into alerts.json; what was found by hand stays
//
// REPOSITORIES holds checked-out repositories. `fires` is yes, no, unknown or always, as in a report; `by_hand` is the
// same by a reader of the repository, with a `note` where the two differ. Names and places only, no text of theirs.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const tool = process.env.MLGRADE ?? path.resolve(here, "../../build/release/mlgrade");
const table = path.join(here, "alerts.json");
const [folder, mode] = process.argv.slice(2);
if (!folder || (mode !== undefined && mode !== "--update")) {
  console.error("usage: node tests/corpus/alerts.mjs REPOSITORIES [--update]");
  process.exit(2);
}

// All projects of a repository together: rules often lie beside the system that they watch.
function alerts_of(repository) {
  const output = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "mlgrade-alerts-")), "report.json");
  const args = ["scan", repository, "--format", "json", "--output", output, "--quiet", "--project", "."];
  execFileSync(tool, args, { stdio: ["ignore", "ignore", "pipe"] });
  const report = JSON.parse(fs.readFileSync(output, "utf8"));
  fs.rmSync(path.dirname(output), { recursive: true });
  return (report.alerts ?? []).map((alert) => ({
    alert: alert.name,
    place: `${alert.place.path}:${alert.place.line}`,
    system: alert.system,
    fires: alert.fires,
    why: alert.why ?? "",
  }));
}

const before = fs.existsSync(table) ? JSON.parse(fs.readFileSync(table, "utf8")) : {};
const now = {};
let differences = 0;
for (const name of fs.readdirSync(folder).sort()) {
  const repository = path.join(folder, name);
  if (!fs.statSync(repository).isDirectory()) continue;
  const found = alerts_of(repository);
  if (found.length === 0 && before[name] === undefined) continue;
  const known = new Map((before[name] ?? []).map((row) => [`${row.place} ${row.alert}`, row]));
  now[name] = found.map((row) => {
    const old = known.get(`${row.place} ${row.alert}`);
    known.delete(`${row.place} ${row.alert}`);
    const by_hand = old?.by_hand ?? null;
    const out = { ...row, by_hand };
    if (old?.note) out.note = old.note;
    const changed = old === undefined || old.fires !== row.fires;
    const wrong = by_hand !== null && (by_hand === "no") !== (row.fires === "no") && !old?.note;
    if (changed || wrong) {
      differences += 1;
      console.log(`${name} ${row.place} ${row.alert}: ${row.fires} (${row.why}); before ${old?.fires}, by hand ${by_hand}`);
    }
    return out;
  });
  for (const row of known.values()) {
    differences += 1;
    console.log(`${name} ${row.place} ${row.alert}: gone`);
  }
}
const rows = Object.values(now).flat();
const checked = rows.filter((row) => row.by_hand !== null);
const right = checked.filter((row) => (row.by_hand === "no") === (row.fires === "no"));
console.log(`${rows.length} alerts in ${Object.keys(now).length} repositories, ${checked.length} read by hand, ` +
  `${right.length} of them right about "can never fire"`);
if (mode === "--update") fs.writeFileSync(table, JSON.stringify(now, null, 2) + "\n");
else if (differences > 0) process.exit(1);
