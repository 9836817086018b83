// Evidence, comments, marks, sites that differ, how far the areas are: when somebody else has changed any of it (presence.js hears
// a new fingerprint), the page fetches itself anew and takes over the parts that differ ([data-part]). `data-as` says what a part
// shows, where the browser draws on it too; elsewhere its markup does. A part in which this person is at work waits until it is left.
// What this person changes meanwhile is newer than what was fetched before: then all is fetched once more.
(() => {
  "use strict";
  const live = window.portal.live;
  if (!live) return;
  const editor = window.portal.editor;
  let known = live.words.beside;
  let fresh = null;
  // What the parts showed when `fresh` was asked for.
  let before = new Map();

  const partsOf = (page) => new Map([...page.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  const shows = (part) => part.dataset.as ?? part.outerHTML;
  const isBusy = (part) => part.contains(document.activeElement) || [...part.querySelectorAll("[data-question]")].some((section) => editor?.isBusy(section));

  const take = (part, wanted) => {
    const next = document.adoptNode(wanted.cloneNode(true));
    // Files of this person that are on their way stay where they are shown.
    next.querySelector("[data-upload-list]")?.append(...part.querySelectorAll(".upload-item"));
    for (const [number, each] of part.querySelectorAll("details").entries()) {
      const same = next.querySelectorAll("details")[number];
      if (same && each.open) same.open = true;
    }
    if (editor) editor.replace(part, next);
    else part.replaceWith(next);
    const question = next.closest("[data-question]")?.dataset.question;
    next.toggleAttribute("data-fresh", Boolean(question));
    return question;
  };
  const settle = () => {
    if (!fresh) return;
    const shown = partsOf(document);
    const changed = [...partsOf(fresh)].filter(([name, wanted]) => shown.has(name) && shows(shown.get(name)) !== shows(wanted));
    if (changed.some(([name]) => shows(shown.get(name)) !== before.get(name))) {
      fresh = null;
      refresh();
      return;
    }
    const ready = changed.filter(([name]) => !isBusy(shown.get(name)));
    const codes = new Set(ready.map(([name, wanted]) => take(shown.get(name), wanted)).filter(Boolean));
    if (codes.size) live.announce(live.filled(live.words.updated, { questions: [...codes].join(live.words.listComma) }));
    if (ready.length) document.dispatchEvent(new CustomEvent("portal:fresh-parts"));
    if (ready.length === changed.length) fresh = null;
  };

  const refresh = async () => {
    try {
      const asked = new Map([...partsOf(document)].map(([name, part]) => [name, shows(part)]));
      const response = await fetch(location.href, { redirect: "manual", cache: "no-store" });
      if (!response.ok) return false;
      fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      before = asked;
      settle();
      return true;
    } catch {
      return false; // the next call hears the same
    }
  };
  live.onNews(async (news) => { if (news.beside !== known && (await refresh())) known = news.beside; });
  live.refresh = refresh;
  document.addEventListener("focusout", () => setTimeout(settle));
  document.addEventListener("animationend", (event) => event.target.removeAttribute("data-fresh"));
})();
