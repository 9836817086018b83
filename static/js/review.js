// The workbench beside the answer editor, which saves the verdicts (answers.js): the figures that moved, and keyboard shortcuts.
(() => {
  "use strict";
  const form = document.querySelector("form[data-answers]");
  if (!form) return;

  form.addEventListener("portal:saved", ({ detail }) => {
    if (detail.figures) document.querySelector("[data-figures]").innerHTML = detail.figures;
    for (const [area, left] of Object.entries(detail.left || {})) {
      const place = document.querySelector(`[data-left="${CSS.escape(area)}"]`);
      if (!place) continue;
      place.dataset.count = left;
      place.querySelector(".review-left-count").textContent = left;
    }
  });

  // --- keyboard ---------------------------------------------------------------------------------------------------------------
  const help = document.querySelector("[data-keys]");
  const onSwitch = help.querySelector("[data-keys-switch]");
  const STORED = "review-keys";
  // Where nothing can be kept, the switch holds for this page.
  const stored = () => { try { return localStorage.getItem(STORED); } catch { return null; } };
  const store = (value) => { try { localStorage.setItem(STORED, value); } catch { /* for this page */ } };
  onSwitch.checked = stored() !== "off";
  onSwitch.addEventListener("change", () => store(onSwitch.checked ? "on" : "off"));

  const cards = [...form.querySelectorAll(".review-question")];
  let current = null;
  const cardOf = (element) => element.closest?.(".review-question");
  form.addEventListener("focusin", (event) => { current = cardOf(event.target) || current; });
  const go = (step) => {
    const place = current ? cards.indexOf(current) + step : step > 0 ? 0 : cards.length - 1;
    const card = cards[Math.min(Math.max(place, 0), cards.length - 1)];
    card?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: "start" });
  };
  const decide = (outcome) => {
    const radio = current?.querySelector(`.review-outcome input[value="${outcome}"]`);
    if (!radio) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    if (outcome === "accept") return radio.focus();
    const inputs = outcome === "correct" ? ".review-correction" : ".review-reason";
    current.querySelector(`${inputs} :is(input, select, textarea)`)?.focus();
  };
  const KEYS = {
    j: () => go(1),
    k: () => go(-1),
    a: () => decide("accept"),
    q: () => decide("query"),
    e: () => decide("reject_evidence"),
    x: () => decide("reject_answer"),
    c: () => decide("correct"),
    o: () => current?.querySelector("[data-evidence]")?.click(),
    n: () => form.querySelector("[data-next]")?.click(),
    "?": () => { help.open = !help.open; },
  };
  const isTyping = (element) => element.matches("textarea, select, input:not([type=radio], [type=checkbox])");
  document.addEventListener("keydown", (event) => {
    if (!onSwitch.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && cardOf(event.target)) return cardOf(event.target).focus();
    if (isTyping(event.target)) return;
    const work = KEYS[event.key.toLowerCase()];
    if (!work) return;
    event.preventDefault();
    work();
  });
})();
