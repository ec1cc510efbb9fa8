// The browser of this machine for tests of pages: Debian's chromium, driven by playwright-core.
"use strict";
const { execFileSync } = require("node:child_process");
const path = require("node:path");

function find() {
  const wanted = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  for (const name of wanted.filter(Boolean)) {
    try {
      return execFileSync("sh", ["-c", 'command -v "$1"', "sh", name], { encoding: "utf8" }).trim();
    } catch {
      // the next one
    }
  }
  return null;
}

// A browser without a profile of anybody; null where there is none.
async function launch(root) {
  const executable = find();
  if (!executable) return null;
  const { chromium } = require(path.join(root, "node_modules", "playwright-core"));
  return chromium.launch({
    executablePath: executable,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
}

module.exports = { launch };
