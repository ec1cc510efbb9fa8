// Usage: page_test.cjs <mlgrade_sample> <mlgrade> <root of the source tree> [more repositories]
// More repositories may also stand in MLGRADE_PAGES, separated by colons: their pages are opened, filtered and printed
// like that of a generated one, which is as large as the largest that we know of.
// Opens pages of reports from disk in a real browser: content, folding, filter, print, no console error, no request
// that leaves the page, no violation that axe finds, in both themes and at the width of a phone and of a desk.
// Exits with 77 where no browser is installed. MLGRADE_SCREENSHOTS=folder keeps pictures, MLGRADE_STEPS=expression runs
// only the steps whose names it fits.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { launch } = require("./browser.cjs");

const [sample, program, root, ...named] = process.argv.slice(2).map((one) => path.resolve(one));
const more = named.concat((process.env.MLGRADE_PAGES || "").split(":").filter(Boolean).map((one) => path.resolve(one)));
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "mlgrade-page-"));
const pictures = process.env.MLGRADE_SCREENSHOTS;
const sizes = { desk: { width: 1280, height: 900 }, phone: { width: 375, height: 740 } };
const limit = 2_000_000;
const buffer = { maxBuffer: 1 << 28 };
let browser;

function write(name, bytes) {
  const file = path.join(temporary, name + ".html");
  fs.writeFileSync(file, bytes);
  assert.ok(bytes.length < limit, `${name} has ${bytes.length} bytes`);
  return pathToFileURL(file).href;
}

function scanned(folder, format = "html") {
  return execFileSync(program, ["scan", folder, "-f", format, "-q", "--as-of", "2026-11-23"], buffer);
}

// ageron/handson-ml3, the largest repository of our corpus, has 28 notebooks with 4,871 cells; it cannot be fetched here.
const largest = { notebooks: 28, cells: 4_871, findings: 400 };

// A repository of that size, with debt: each notebook trains, and tests beside them assert nothing.
function generate(folder) {
  const put = (name, text) => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  };
  let cells = 0;
  for (let book = 1; book <= largest.notebooks; book++) {
    const list = [];
    const code = (source) => list.push({ cell_type: "code", execution_count: list.length + 1, metadata: {}, outputs: [], source });
    code(["import numpy as np\n", "from sklearn.linear_model import LogisticRegression\n", "from sklearn.metrics import f1_score"]);
    while (cells + list.length < Math.ceil((book * largest.cells) / largest.notebooks)) {
      const n = list.length;
      if (n % 2) list.push({ cell_type: "markdown", metadata: {}, source: [`## Step ${n}\n`, "A table, a *formula* and a picture of the data.\n"] });
      else code([`rows_${n} = np.arange(${n}).reshape(-1, 1)\n`, `model_${n} = LogisticRegression().fit(rows_${n}, rows_${n}[:, 0] > 3)\n`,
        `print(f1_score(rows_${n}[:, 0] > 3, model_${n}.predict(rows_${n})))`]);
    }
    cells += list.length;
    put(`course_material_of_the_first_term/chapter_${book}_from_raw_rows_to_a_model_that_serves.ipynb`, JSON.stringify({ cells: list, metadata: { language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 }));
  }
  put("package/steps.py", "def clean_rows(rows):\n    return [row for row in rows if row]\n");
  for (let test = 0; test < largest.findings; test++) {
    put(`tests/chapter_${test % largest.notebooks}/test_step_${test}.py`, `from package.steps import clean_rows\n\n\ndef test_step_${test}():\n    clean_rows([${test}])\n`);
  }
  put(".github/workflows/ci.yml", "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n");
  assert.equal(cells, largest.cells);
  return folder;
}

// A page of a repository: its figures, its size, that it can be searched, and that both searches find what they should.
async function searched(name, folder) {
  const bytes = scanned(folder);
  const report = JSON.parse(scanned(folder, "json"));
  const url = write(name, bytes);
  console.log(`   ${name}: a page of ${bytes.length} bytes; ${report.stats.files} files, ${report.stats.notebooks} notebooks, `
    + `${report.stats.tests} tests, ${report.items.length} items, ${report.findings.length} findings`);
  await visit(url, { viewport: sizes.desk }, async (page) => {
    const open = await page.locator("article.finding").count();
    const cut = await page.locator(".cut").count();
    assert.ok(cut > 0 || open === report.findings.length, `${open} of ${report.findings.length} findings, and no note`);
    assert.equal(await page.locator("details.item").count(), report.items.length);
    await page.fill("#item-text", report.items[3].id.toLowerCase());
    await eventually(async () => assert.ok((await shown(page, "details.item")) < report.items.length));
    assert.ok(await page.locator(`#${report.items[3].id}`).isVisible());
    if (report.findings.length === 0) return;
    const one = report.findings[report.findings.length - 1];
    await page.fill("#finding-text", cut > 0 ? one.rule : one.rule + " " + one.locations[0].path);
    await eventually(async () => {
      const left = await shown(page, "article.finding");
      assert.ok(left > 0 || cut > 0, "the finding that is searched for is found");
      assert.equal(await page.locator("#finding-found").innerText(), `${left} of ${open} findings`);
    });
  });
  return url;
}

// Opens the page and runs `body`; fails on console messages, errors and requests.
async function visit(url, options, body) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(180_000);  // a bound for hangs, not a measure
  const said = [];
  const requests = [];
  context.on("request", (request) => { if (request.url() !== url) requests.push(request.url()); });
  const page = await context.newPage();
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) said.push(message.text()); });
  page.on("pageerror", (error) => said.push(String(error)));
  try {
    await page.goto(url);
    await body(page);
    assert.deepEqual(said, [], "the console is silent");
    assert.deepEqual(requests, [], "nothing is asked of anybody");
  } finally {
    await context.close();
  }
}

const axe = fs.readFileSync(path.join(root, "node_modules", "axe-core", "axe.min.js"), "utf8");

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 200)} ${one.nodes[0].failureSummary}`);
}

async function openAll(page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
}

async function noSidewaysScroll(page, name) {
  const wide = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    return Array.from(document.querySelectorAll("main *")).filter((one) => one.getBoundingClientRect().right > room + 1 && !one.closest("pre, .wide"))
      .slice(0, 5).map((one) => one.outerHTML.slice(0, 160));
  });
  assert.deepEqual(wide, [], `${name} scrolls sideways`);
}

// `whole`: every theme at every width, closed and open; else the two that differ most.
async function looks(name, url, whole) {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      const open = colorScheme === "dark";
      if (!whole && open !== (size === "phone")) continue;
      await visit(url, { viewport, colorScheme, reducedMotion: "reduce" }, async (page) => {
        const where = `${name}, ${size}, ${colorScheme}`;
        if (whole || !open) {
          if (pictures) await page.screenshot({ path: path.join(pictures, `${name}-${size}-${colorScheme}.png`), fullPage: true });
          assert.deepEqual(await violations(page), [], where);
          await noSidewaysScroll(page, where);
        }
        if (!whole && !open) return;
        await openAll(page);
        assert.deepEqual(await violations(page), [], where + ", open");
        await noSidewaysScroll(page, where + ", open");
        if (pictures) await page.screenshot({ path: path.join(pictures, `${name}-${size}-${colorScheme}-open.png`), fullPage: true });
      });
    }
  }
}

// Filters act a moment after the typing, however busy the machine is: asks again until it is so, or never will be.
async function eventually(check) {
  const until = Date.now() + 60_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const shown = (page, selector) => page.locator(`${selector}:visible`).count();

async function content(url) {
  await visit(url, { viewport: sizes.desk }, async (page) => {
    const text = await page.locator("main").innerText();
    for (const words of ["Not totally untested", "0.5", "D Monitoring", "MLOps level",
      "What next", "Systems in this repository", "Fire drills", "What the project says of itself", "How it was computed",
      "train.ipynb cell 3, line 2", "the flake is known", "4 files in R", "A bracket is not closed", "Against main",
      "E. Breck"]) {
      assert.ok(text.includes(words), `the page says '${words}'`);
    }
    assert.equal(await page.title(), "churn / services/churn: ML Test Score");
    assert.equal(await page.locator("h1").count(), 1);
    assert.equal(await page.locator("ol.stages > li").count(), 9);
    // The chain is drawn from the trigger to the check, and the broken link where it breaks.
    await page.locator("#DATA-1 > summary").click();
    const stops = page.locator("#DATA-1 ol.chain > li");
    assert.equal(await stops.count(), 4, "two links of one line are one stop");
    assert.ok((await stops.first().innerText()).includes("on push to main"));
    assert.ok((await stops.last().innerText()).includes("pandera checks columns"));
    assert.equal(await stops.last().locator("span.l").count(), 5, "code around the check");
    assert.equal(await stops.last().locator("span.l.hit span.n").innerText(), "45");
    await page.locator("#MON-2 > summary").click();
    const broken = page.locator("#MON-2 ol.chain > li.broken");
    assert.equal(await broken.count(), 1);
    assert.ok((await broken.innerText()).includes("jobs/drift.sh:7"));
    assert.ok((await broken.innerText()).includes("Breaks here: its failure is lost"));
    assert.equal(await page.locator("#MON-2 ol.chain > li.behind").count(), 1, "what comes behind the break is apart");
  });
}

async function folding(url) {
  await visit(url, { viewport: sizes.desk }, async (page) => {
    assert.equal(await shown(page, "details.item .body"), 0, "items are closed at first");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip", "the first stop skips to the score");
    await page.locator("#DATA-1 > summary").focus();
    await page.keyboard.press("Enter");
    assert.equal(await shown(page, "#DATA-1 .body"), 1, "Enter opens");
    await page.keyboard.press("Enter");
    assert.equal(await shown(page, "#DATA-1 .body"), 0, "and closes");
    await page.locator("#item-open").click();
    assert.equal(await shown(page, "details.item .body"), await page.locator("details.item").count());
    await page.locator("#item-close").click();
    assert.equal(await shown(page, "details.item .body"), 0);
    await page.locator("#next a", { hasText: "MON-2" }).click();
    assert.equal(await shown(page, "#MON-2 .body"), 1, "a link to an item opens it");
  });
  await visit(url + "#MON-6", { viewport: sizes.desk }, async () => {}).catch((error) => {
    // The address with its fragment is the page itself.
    if (!String(error).includes("nothing is asked")) throw error;
  });
}

async function filter(url) {
  await visit(url, { viewport: sizes.desk }, async (page) => {
    const left = (selector, count) => eventually(async () => assert.equal(await shown(page, selector), count));
    await page.selectOption("#item-status", "good");
    assert.equal(await shown(page, "details.item"), 1);
    assert.equal(await page.locator("#item-found").innerText(), "1 of 8 items");
    await page.selectOption("#item-status", "");
    await page.fill("#item-text", "speed benchmark");
    await left("details.item", 1);
    await page.fill("#item-text", "");
    await left("details.item", 8);
    await left("article.finding", 3);
    await page.selectOption("#finding-severity", "high");
    assert.equal(await shown(page, "article.finding"), 1);
    await page.selectOption("#finding-topic", "automation");
    assert.equal(await shown(page, "article.finding"), 0);
    assert.equal(await page.locator("#finding-found").innerText(), "0 of 3 findings");
    await page.selectOption("#finding-severity", "");
    await page.fill("#finding-text", "PYTEST ci.yml");
    await left("article.finding", 1);
  });
}

async function withoutScript(url) {
  await visit(url, { viewport: sizes.desk, javaScriptEnabled: false }, async (page) => {
    assert.equal(await shown(page, ".filter"), 0, "no filter that does nothing");
    assert.equal(await shown(page, "article.finding"), 3);
    await page.locator("#DATA-1 > summary").click();
    assert.equal(await shown(page, "#DATA-1 ol.chain"), 1, "items open without a script");
  });
}

async function print(url, name) {
  for (const javaScriptEnabled of [true, false]) {
    await visit(url, { viewport: sizes.desk, javaScriptEnabled, colorScheme: "dark" }, async (page) => {
      const pdf = await page.pdf({ format: "A4", printBackground: false });
      const pages = pdf.toString("latin1").split(/\/Type\s*\/Page\b(?!s)/).length - 1;
      assert.ok(pages >= 2, `${name}: ${pages} pages`);
      await page.emulateMedia({ media: "print" });
      assert.equal(await shown(page, "nav.page"), 0);
      assert.equal(await shown(page, ".filter"), 0);
      const chains = await page.locator("details.item .body").count();
      assert.equal(await shown(page, "details.item .body"), chains, `${name}: everything is open on paper`);
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(ground, "rgb(255, 255, 255)", "paper is white");
      if (pictures && javaScriptEnabled) fs.writeFileSync(path.join(pictures, `${name}.pdf`), pdf);
    });
  }
}

async function hostile(url) {
  await visit(url, { viewport: sizes.phone }, async (page) => {
    await openAll(page);
    assert.equal(await page.locator("script").count(), 1);
    assert.equal(await page.locator("img, iframe, form, style + style").count(), 0);
    assert.ok((await page.locator("h1").innerText()).includes("<script>alert(1)</script>"), "shown as text");
    await noSidewaysScroll(page, "hostile");
    assert.deepEqual(await violations(page), []);
  });
}

// XML formats are read by the browser's own parser.
async function xml() {
  await visit(write("blank", Buffer.from("<!doctype html><title>x</title>")), {}, async (page) => {
    for (const kind of ["plain", "hostile"]) {
      for (const format of ["junit", "badge"]) {
        const text = execFileSync(sample, [kind, format], { ...buffer, encoding: "utf8" });
        const error = await page.evaluate((source) => {
          const read = new DOMParser().parseFromString(source, "application/xml");
          return read.querySelector("parsererror")?.textContent ?? "";
        }, text);
        assert.equal(error, "", `${kind} ${format} is XML`);
      }
    }
  });
}

async function everything() {
  const plain = write("sample", execFileSync(sample, ["plain", "html"], buffer));
  const steps = [
    ["content", () => content(plain)],
    ["folding", () => folding(plain)],
    ["filter", () => filter(plain)],
    ["without script", () => withoutScript(plain)],
    ["print", () => print(plain, "sample")],
    ["looks", () => looks("sample", plain, true)],
    ["hostile", () => hostile(write("hostile", execFileSync(sample, ["hostile", "html"], buffer)))],
    ["xml", xml],
    ["ten thousand findings", async () => {
      const url = write("large", execFileSync(sample, ["large", "html"], buffer));
      await visit(url, { viewport: sizes.desk }, async (page) => {
        assert.ok((await page.locator(".cut").innerText()).includes("left out to keep this page small"));
        await page.fill("#finding-text", "module2.py");
        await eventually(async () => assert.equal(await shown(page, "article.finding"), 1));
        await page.fill("#finding-text", "");
      });
      await print(url, "large");
    }],
  ];
  const examples = ["research-notebook", "churn-service", "drilled-service"].map((one) => path.join(root, "examples", one));
  for (const folder of examples.concat(more)) {
    const name = path.basename(folder);
    steps.push([name, async () => {
      const url = await searched(name, folder);
      await looks(name, url, false);
      await print(url, name);
    }]);
  }
  steps.push(["a repository as large as any", async () => {
    const url = await searched("largest", generate(path.join(temporary, "largest-repository")));
    await looks("largest", url, false);
    await print(url, "largest");
  }]);
  const wanted = new RegExp(process.env.MLGRADE_STEPS || "");
  let failures = 0;
  for (const [name, run] of steps.filter(([name]) => wanted.test(name))) {
    const start = Date.now();
    try {
      await run();
      console.log(`ok ${name} (${Date.now() - start} ms)`);
    } catch (error) {
      failures += 1;
      console.error(`FAILED ${name}: ${error.stack}`);
    }
  }
  return failures;
}

(async () => {
  let code = 1;
  try {
    browser = await launch(root);
    if (!browser) {
      console.log("SKIP: no chromium on this machine");
      code = 77;
      return;
    }
    code = (await everything()) === 0 ? 0 : 1;
  } catch (error) {
    console.error(error);
  } finally {
    if (browser) await browser.close();
    fs.rmSync(temporary, { recursive: true, force: true });
    process.exitCode = code;
  }
})();
