// Adds a filter and folding to the page of a report. Without it the page is a document that is complete.
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // A link to an item opens it.
  function openTarget() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && byId(id);
    if (target && target.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
    }
  }
  window.addEventListener("hashchange", openTarget);
  openTarget();

  // Everything is open on paper, and as it was afterwards.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    closed.forEach((one) => { one.open = true; });
  });
  window.addEventListener("afterprint", () => {
    closed.forEach((one) => { one.open = false; });
    closed = [];
  });

  function words(input) {
    return input.value.toLowerCase().split(/\s+/).filter(Boolean);
  }

  // Shows the entries that hold every word and pass `test`; returns how many.
  function show(entries, wanted, test) {
    let shown = 0;
    for (const entry of entries) {
      const fits = test(entry.element) && wanted.every((word) => entry.text.includes(word));
      entry.element.hidden = !fits;
      if (fits) shown += 1;
    }
    return shown;
  }

  function entriesOf(selector) {
    return all(selector).map((element) => ({ element, text: element.textContent.toLowerCase() }));
  }

  function later(run) {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(run, 80);
    };
  }

  function itemFilter() {
    const bar = byId("item-filter");
    if (!bar) return;
    const entries = entriesOf("details.item");
    const status = byId("item-status");
    const text = byId("item-text");
    const groups = all(".item-group");
    const run = () => {
      const wanted = status.value;
      const shown = show(entries, words(text), (element) => !wanted || element.dataset.kind === wanted);
      for (const group of groups) group.hidden = !group.querySelector("details.item:not([hidden])");
      byId("item-found").textContent = shown + " of " + entries.length + " items";
    };
    status.addEventListener("change", run);
    text.addEventListener("input", later(run));
    byId("item-open").addEventListener("click", () => {
      all("details.item:not([hidden])").forEach((one) => { one.open = true; });
    });
    byId("item-close").addEventListener("click", () => {
      all("details.item").forEach((one) => { one.open = false; });
    });
    bar.hidden = false;
    run();
  }

  function findingFilter() {
    const bar = byId("finding-filter");
    if (!bar) return;
    const entries = entriesOf(".finding");
    const severity = byId("finding-severity");
    const topic = byId("finding-topic");
    const text = byId("finding-text");
    const run = () => {
      const shown = show(entries, words(text), (element) =>
        (!severity.value || element.dataset.severity === severity.value) &&
        (!topic.value || element.dataset.topic === topic.value));
      byId("finding-found").textContent = shown + " of " + entries.length + " findings";
    };
    severity.addEventListener("change", run);
    topic.addEventListener("change", run);
    text.addEventListener("input", later(run));
    bar.hidden = false;
    run();
  }

  itemFilter();
  findingFilter();
})();
