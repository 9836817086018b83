// Several people in one area. A value saved by somebody else is shown at once where this person is not at work; where something is
// typed, being sent or the cursor stands, it waits, and a save over it is contested as ever. Nothing here moves the focus or
// scrolls. Beside it: questions to come back to, and the comments in their dialog.
(() => {
  "use strict";
  const live = window.portal.live;
  const editor = window.portal.editor;
  if (!live || !editor) return;
  const { form, sections } = editor;
  const { root, words, filled } = live;

  const timeOf = (at) => {
    const place = document.createElement("time");
    editor.showTime(place, at);
    return place.textContent;
  };
  live.onNews((news) => {
    showChanges(news.answers || {});
    showStates(news.questions || {});
  });

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
      if (!section || change.version <= editor.version(section)) pending.delete(code);
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
    live.announce(filled(words.announce, { by: first[0], questions: codes.join(words.listComma) }));
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
  let at = "";
  form.addEventListener("focusin", (event) => {
    const code = (event.target.closest("[data-question]")?.dataset.question || "").split("@")[0];
    if (code === at) return;
    at = code;
    live.moveTo(code);
  });
  form.addEventListener("focusout", () => setTimeout(() => {
    settle();
    showStates({});
  }));

  // --- questions to come back to ----------------------------------------------------------------------------------------------
  const waitingList = () => root.querySelector("[data-waiting]");
  const showMark = (section, isMarked) => {
    const marked = section.querySelector("[data-marked]");
    if (!marked) return;
    section.querySelector("[data-mark='1']").hidden = isMarked;
    marked.hidden = !isMarked;
  };
  // Each marked question leads to the next one, the last to the first.
  const showWay = () => {
    const links = [...waitingList().querySelectorAll("a")];
    const codeOf = (link) => decodeURIComponent(link.hash.slice(1));
    for (const [place, link] of links.entries()) {
      const way = sections.get(codeOf(link))?.querySelector("[data-next-waiting]");
      if (!way) continue;
      const next = links[(place + 1) % links.length];
      way.hidden = next === link;
      way.href = next.href;
      way.querySelector("span").textContent = filled(words.next, { code: codeOf(next) });
    }
    sections.forEach(sayWhatIsShown);
  };
  // As the portal writes it (_question_team.html), so that a part this person changed is not taken for somebody else's news.
  const sayWhatIsShown = (section) => {
    const talk = section.querySelector("[data-talk]");
    if (talk) talk.dataset.as = `${talk.querySelector("[data-talk-count]").textContent} ${Number("open" in talk.dataset)}`;
    const marked = section.querySelector("[data-marked]");
    if (!marked) return;
    const way = marked.querySelector("[data-next-waiting]");
    const next = marked.hidden || way.hidden ? "" : decodeURIComponent(way.hash.slice(1));
    marked.closest("[data-part]").dataset.as = `${Number(!marked.hidden)} ${next}`;
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
    const list = waitingList();
    list.innerHTML = answer.html;
    list.dataset.as = answer.waiting.map((code) => `${code} `).join("");
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
  // An answer settles the mark, one's own as anybody's.
  new MutationObserver((changes) => {
    const settled = changes.map(({ target }) => target).filter((each) => each.dataset.answered === "1" && each.querySelector("[data-marked]")?.hidden === false);
    if (!settled.length) return;
    settled.forEach((each) => showMark(each, false));
    live.refresh();
  }).observe(form, { subtree: true, attributes: true, attributeFilter: ["data-saved-at"] });

  // --- comments ---------------------------------------------------------------------------------------------------------------
  const dialog = document.getElementById("talk");
  const talk = dialog.querySelector("[data-talk-body]");
  let talkOf = "";
  const linkOf = (code) => sections.get(code)?.querySelector("a[data-talk]");
  const askTalk = async (url, options = {}) => {
    const response = await fetch(url, { ...options, headers: { "X-Requested-With": "fetch" }, redirect: "manual" });
    if (![200, 422].includes(response.status)) throw new Error(response.status);
    return response.json();
  };
  const showCount = ({ count, is_open: isOpen }) => {
    const link = linkOf(talkOf);
    const shown = link.querySelector("[data-talk-count]");
    shown.textContent = count;
    shown.hidden = !count;
    link.toggleAttribute("data-open", isOpen);
    sayWhatIsShown(sections.get(talkOf));
  };
  const fetchTalk = async (url, options) => {
    try {
      const answer = await askTalk(url, options);
      talk.innerHTML = answer.html;
      showCount(answer);
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
    talkOf = link.closest("[data-question]").dataset.question;
    if (!(await fetchTalk(link.href))) return;
    const title = document.getElementById("talk-title");
    title.textContent = filled(title.dataset.title, { code: talkOf });
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
  // The link that opened it may have been drawn anew since.
  dialog.addEventListener("close", () => linkOf(talkOf)?.focus({ preventScroll: true }));
  // What a colleague says while the dialog is open comes into it; what is being typed stays.
  document.addEventListener("portal:fresh-parts", async () => {
    if (!dialog.open) return;
    try {
      const said = document.createElement("div");
      const answer = await askTalk(linkOf(talkOf).href);
      said.innerHTML = answer.html;
      showCount(answer);
      talk.querySelector("[data-talk-list]").replaceWith(said.querySelector("[data-talk-list]"));
      talk.querySelector("[data-settle]").hidden = said.querySelector("[data-settle]").hidden;
    } catch { /* it comes with what is said next */ }
  });
})();
