// Who else is in this assessment, and whether anything in it has changed. While the page is looked at it asks every few seconds
// ([data-live]), shows who is where, and hands the news to other scripts of the page: live.js (answers), fresh-parts.js (the rest).
(() => {
  "use strict";
  const root = document.querySelector("[data-live]");
  if (!root) return;
  const words = root.dataset;
  const editor = window.portal.editor;
  const WITH_OTHERS = 4000;
  const ALONE = 8000;
  const AWAY = 30000;
  const SOON = 600;

  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const token = () => (editor ? editor.token() : document.querySelector("[name=csrfmiddlewaretoken]").value);

  // --- calling ----------------------------------------------------------------------------------------------------------------
  // What a call says: where this person is, and what the page knows already.
  const says = { area: words.area, question: "", since: root.closest("[data-seen-at]")?.dataset.seenAt || "", seen: words.beside };
  const listeners = [];
  let timer = 0;
  let isCalling = false;
  let isOver = false;
  const plan = (wait = SOON) => {
    clearTimeout(timer);
    if (!isOver && document.visibilityState === "visible") timer = setTimeout(call, wait);
  };
  // A save confirmed while the call was on its way knows better how the questions stand.
  const versions = () => (editor ? [...editor.sections.values()].map(editor.version).join() : "");
  const call = async () => {
    if (isCalling) return;
    isCalling = true;
    const before = versions();
    const news = await ask();
    isCalling = false;
    plan(news ? hear(news, before) : AWAY);
  };
  // Null where there is no connection, or where this person may not any more: the editor says so when it saves.
  const ask = async () => {
    try {
      const response = await fetch(words.url, { method: "POST", body: new URLSearchParams(says), headers: { "X-CSRFToken": token() }, redirect: "manual" });
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  };
  const hear = (news, before) => {
    if (!news.open) return end();
    showHere(news.here);
    if (news.answers && before !== versions()) return SOON;
    says.since = news.cursor;
    says.seen = news.beside;
    listeners.forEach((listen) => listen(news));
    return news.here.length ? WITH_OTHERS : ALONE;
  };
  const end = () => {
    isOver = true;
    showHere([]);
    window.portal.toast(words.handedIn);
    return AWAY;
  };
  document.addEventListener("visibilitychange", () => plan());
  addEventListener("pageshow", (event) => { if (event.persisted) plan(); });

  // --- who is here ------------------------------------------------------------------------------------------------------------
  const place = document.querySelector("[data-here-place]");
  const template = document.getElementById("here-person");
  let shown = "";
  const showHere = (people) => {
    const now = JSON.stringify(people);
    if (now === shown) return;
    shown = now;
    place.hidden = !people.length;
    place.querySelector("[data-here-list]").replaceChildren(...people.map(personItem));
    for (const [code, section] of editor?.sections || []) {
      const names = people.filter((each) => each.question === code).map((each) => each.name);
      // The answer of a single site has no place for it: who writes there is at its question.
      const chip = section.querySelector("[data-question-here]");
      if (!chip) continue;
      chip.hidden = !names.length;
      chip.querySelector("span").textContent = filled(names.length > 1 ? words.hereMany : words.hereOne, { names: names.join(words.listComma) });
      section.toggleAttribute("data-here", names.length > 0);
    }
  };
  const personItem = (person) => {
    const item = template.content.firstElementChild.cloneNode(true);
    item.querySelector(".avatar-mark").textContent = person.initials;
    item.querySelector(".here-name").textContent = person.name;
    const link = item.querySelector("a");
    link.textContent = person.place;
    link.href = person.url;
    return item;
  };

  window.portal.live = {
    root,
    words,
    filled,
    plan,
    onNews: (listen) => listeners.push(listen),
    moveTo: (question) => {
      says.question = question;
      plan();
    },
    announce: (text) => { root.querySelector("[data-live-says]").textContent = text; },
  };
  plan();
})();
