// Several people in one area. Every few seconds the page says where this person is, and hears who else is where and what was saved
// meanwhile. A value saved by somebody else is shown at once where this person is not at work; where something is typed, being sent
// or the cursor stands, it waits, and a save over it is contested as ever. Nothing here moves the focus or scrolls.
(() => {
  "use strict";
  const root = document.querySelector("[data-live]");
  const editor = window.portal?.editor;
  if (!root || !editor) return;
  const { form, sections } = editor;
  const words = root.dataset;
  const WITH_OTHERS = 4000;
  const ALONE = 8000;
  const AWAY = 30000;
  const SOON = 600;

  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const timeOf = (at) => {
    const place = document.createElement("time");
    editor.showTime(place, at);
    return place.textContent;
  };

  // --- calling ----------------------------------------------------------------------------------------------------------------
  let since = words.since;
  let at = "";
  let timer = 0;
  let isCalling = false;
  let isOver = false;
  const plan = (wait) => {
    clearTimeout(timer);
    if (!isOver && document.visibilityState === "visible") timer = setTimeout(call, wait);
  };
  // A save confirmed while the call was on its way knows better how the questions stand.
  const versions = () => [...sections.values()].map(editor.version).join();
  const call = async () => {
    if (isCalling) return;
    isCalling = true;
    const before = versions();
    let wait = AWAY;
    try {
      const body = new URLSearchParams({ area: words.area, question: at, since });
      const response = await fetch(words.url, { method: "POST", body, headers: { "X-CSRFToken": editor.token() }, redirect: "manual" });
      // Signed out, or not allowed any more: the editor says so when it saves.
      if (response.ok) wait = hear(await response.json(), before);
    } catch { /* no connection: the editor shows that */ }
    isCalling = false;
    plan(wait);
  };
  const hear = (news, before) => {
    if (!news.open) return end();
    showHere(news.here);
    if (news.answers && before !== versions()) return SOON;
    since = news.cursor;
    showChanges(news.answers || {});
    showStates(news.questions || {});
    return news.here.length ? WITH_OTHERS : ALONE;
  };
  const end = () => {
    isOver = true;
    showHere([]);
    window.portal.toast(words.handedIn);
    return AWAY;
  };

  // --- who is here ------------------------------------------------------------------------------------------------------------
  const place = root.querySelector("[data-here]");
  const template = document.getElementById("here-person");
  let shown = "";
  const showHere = (people) => {
    const now = JSON.stringify(people);
    if (now === shown) return;
    shown = now;
    place.hidden = !people.length;
    place.querySelector("[data-here-list]").replaceChildren(...people.map(personItem));
    for (const [code, section] of sections) {
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

  // --- what the others saved --------------------------------------------------------------------------------------------------
  const pending = new Map();
  const showChanges = (answers) => {
    for (const [code, change] of Object.entries(answers)) {
      const section = sections.get(code);
      if (section && change.version > editor.version(section) && change.version > (pending.get(code)?.version || 0)) pending.set(code, change);
    }
    settle();
  };
  const settle = () => {
    const taken = [];
    for (const [code, change] of [...pending]) {
      const section = sections.get(code);
      if (change.version <= editor.version(section)) pending.delete(code);
      else if (editor.isBusy(section)) note(section, change, words.changedTyping);
      else {
        pending.delete(code);
        editor.take(section, change);
        note(section, change, change.is_own ? words.own : words.changed);
        section.classList.add("question--changed");
        if (!change.is_own) taken.push([change.by, code]);
      }
    }
    announce(taken);
  };
  const note = (section, change, text) => {
    const line = section.querySelector("[data-saved-by]");
    line.textContent = filled(text, { by: change.by, time: timeOf(change.at) });
    line.classList.add("is-fresh");
  };
  // One sentence for all that came with one call.
  const announce = (taken) => {
    const [first] = taken;
    if (!first) return;
    const codes = taken.filter(([by]) => by === first[0]).map(([, code]) => code);
    root.querySelector("[data-live-says]").textContent = filled(words.announce, { by: first[0], questions: codes.join(words.listComma) });
  };
  form.addEventListener("animationend", (event) => event.target.classList.remove("question--changed"));

  // A question somebody is writing in does not vanish under the hands; it goes when the person has left it.
  const waitingStates = new Map();
  const showStates = (states) => {
    for (const [code, state] of Object.entries(states)) waitingStates.set(code, state);
    const ready = [...waitingStates].filter(([code, state]) => {
      const section = sections.get(code);
      return !section || !state.hidden || section.hidden || !(section.contains(document.activeElement) || editor.isBusy(section));
    });
    if (!ready.length) return;
    ready.forEach(([code]) => waitingStates.delete(code));
    editor.showQuestions(Object.fromEntries(ready));
  };

  // --- where this person is ---------------------------------------------------------------------------------------------------
  form.addEventListener("focusin", (event) => {
    const code = (event.target.closest("[data-question]")?.dataset.question || "").split("@")[0];
    if (code === at) return;
    at = code;
    plan(SOON);
  });
  form.addEventListener("focusout", () => setTimeout(() => {
    settle();
    showStates({});
  }));
  document.addEventListener("visibilitychange", () => plan(SOON));
  addEventListener("pageshow", (event) => { if (event.persisted) plan(SOON); });

  // --- questions to come back to ----------------------------------------------------------------------------------------------
  const list = root.querySelector("[data-waiting]");
  const showMark = (section, isMarked) => {
    const marked = section.querySelector("[data-marked]");
    if (!marked) return;
    section.querySelector("[data-mark='1']").hidden = isMarked;
    marked.hidden = !isMarked;
  };
  // Each marked question leads to the next one, the last to the first.
  const showWay = () => {
    const links = [...list.querySelectorAll("a")];
    const codeOf = (link) => decodeURIComponent(link.hash.slice(1));
    for (const [place, link] of links.entries()) {
      const way = sections.get(codeOf(link))?.querySelector("[data-next-waiting]");
      if (!way) continue;
      const next = links[(place + 1) % links.length];
      way.hidden = next === link;
      way.href = next.href;
      way.querySelector("span").textContent = filled(words.next, { code: codeOf(next) });
    }
  };
  const mark = async (button) => {
    const section = button.closest("[data-question]");
    const isWanted = button.dataset.mark;
    const body = new URLSearchParams({ wanted: isWanted });
    let answer = null;
    try {
      const response = await fetch(button.dataset.url, { method: "POST", body, headers: { "X-CSRFToken": editor.token() }, redirect: "manual" });
      if (response.ok) answer = await response.json();
    } catch { /* said below */ }
    if (!answer) return window.portal.toast(document.getElementById("toasts").dataset.failed);
    list.innerHTML = answer.html;
    for (const [code, each] of sections) if (!code.includes("@")) showMark(each, answer.waiting.includes(code));
    showWay();
    const next = section.querySelector(isWanted === "1" ? "[data-marked] button" : "[data-mark='1']");
    if (document.activeElement === document.body) next.focus({ preventScroll: true });
    return null;
  };
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-mark]");
    if (!button) return;
    event.preventDefault();
    mark(button);
  });
  // An answer settles the mark.
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.dataset.answered !== "1" || target.querySelector("[data-marked]")?.hidden !== false) continue;
      showMark(target, false);
      list.querySelector(`a[href$="#${CSS.escape(target.dataset.question)}"]`)?.closest("li").remove();
      if (!list.querySelector("li")) list.replaceChildren();
      showWay();
    }
  }).observe(form, { subtree: true, attributes: true, attributeFilter: ["data-saved-at"] });

  // --- comments ---------------------------------------------------------------------------------------------------------------
  const dialog = document.getElementById("talk");
  const talk = dialog.querySelector("[data-talk-body]");
  let opener = null;
  const fetchTalk = async (url, options = {}) => {
    try {
      const response = await fetch(url, { ...options, headers: { "X-Requested-With": "fetch" }, redirect: "manual" });
      if (![200, 422].includes(response.status)) throw new Error(response.status);
      const answer = await response.json();
      talk.innerHTML = answer.html;
      const count = opener.querySelector("[data-talk-count]");
      count.textContent = answer.count;
      count.hidden = !answer.count;
      opener.toggleAttribute("data-open", answer.is_open);
      return true;
    } catch {
      window.portal.toast(document.getElementById("toasts").dataset.failed);
      return false;
    }
  };
  form.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-talk]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    opener = link;
    if (!(await fetchTalk(link.href))) return;
    const title = document.getElementById("talk-title");
    title.textContent = filled(title.dataset.title, { code: link.closest("[data-question]").dataset.question });
    dialog.showModal();
    talk.querySelector("textarea").focus();
  });
  dialog.addEventListener("submit", async (event) => {
    if (!event.target.matches("[data-comment-form]")) return;
    event.preventDefault();
    event.stopPropagation();
    const data = new FormData(event.target, event.submitter);
    if (await fetchTalk(event.target.action, { method: "POST", body: data })) talk.querySelector("textarea").focus();
  });

  plan(SOON);
})();
