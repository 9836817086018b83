// The answer editor. Each answer is written into this browser's storage at once (answer-queue.js) and sent to the portal in order;
// it leaves the storage only when the portal has confirmed it. A closed tab, a lost network, a server restart or an expired sign-in
// lose nothing: what is left is sent when a page of the assessment is opened again, by the person who wrote it and nobody else. The
// portal decides what is stored, what is wrong and which questions are asked; this script shows it. Without it, the same form is
// sent with its Save button.
(() => {
  "use strict";
  const form = document.querySelector("form[data-answers]");
  if (!form) return;
  const person = form.dataset.person;
  const storeKey = `${form.dataset.store || "answers"}:${person}:${form.dataset.assessment}`;
  const queue = window.portal.answerQueue(storeKey);
  const tokenInput = form.querySelector("[name=csrfmiddlewaretoken]");
  const TYPING_PAUSE = 800;
  const LONGEST_WAIT = 30000;
  const PATIENCE = 30000; // a request that is not answered by then is sent again
  const SWEEP = 10000;
  const KEEPALIVE_LIMIT = 60000; // browsers let requests outlive their page up to 64 kB

  const sections = new Map([...form.querySelectorAll("[data-question]")].map((each) => [each.dataset.question, each]));

  // --- the inputs of a question -----------------------------------------------------------------------------------------------
  const isOurs = (code, name) => name.startsWith(`${code}__`) && !name.startsWith(`${code}__-`);
  const pairsOf = (code) => [...new FormData(form)].filter(([name, value]) => isOurs(code, name) && typeof value === "string" && value !== "");
  const controlsOf = (section) => [...section.querySelectorAll("input[name], textarea[name], select[name]")].filter((each) => isOurs(section.dataset.question, each.name));

  const fill = (section, pairs) => {
    for (const table of section.querySelectorAll("[data-table]")) fitRows(table, pairs);
    const wanted = new Map();
    for (const [name, value] of pairs) wanted.set(name, [...(wanted.get(name) || []), value]);
    for (const control of controlsOf(section)) {
      const values = wanted.get(control.name) || [];
      if (control.type === "radio" || control.type === "checkbox") control.checked = values.includes(control.value);
      else if (control.tagName === "SELECT" && !values.length) control.selectedIndex = 0;
      else control.value = values[0] ?? "";
    }
  };

  // --- tables -----------------------------------------------------------------------------------------------------------------
  const rowsOf = (table) => [...table.querySelectorAll("[data-row]")];
  const isBlank = (row) => [...row.querySelectorAll("input, textarea, select")].every((each) => !each.value || each.name.endsWith("__unit"));
  const renumber = (table) => rowsOf(table).forEach((row, number) => {
    const rename = (text) => text.replace(/^(.+?__.+?__)\d+(__)/, `$1${number}$2`);
    row.querySelectorAll("[name]").forEach((each) => { each.name = rename(each.name); });
    row.querySelectorAll("[id]").forEach((each) => { each.id = rename(each.id); });
    row.querySelectorAll("label[for]").forEach((each) => { each.htmlFor = rename(each.htmlFor); });
    row.querySelectorAll("[data-error-for]").forEach((each) => { each.dataset.errorFor = rename(each.dataset.errorFor); });
    row.setAttribute("aria-label", row.getAttribute("aria-label").replace(/\d+/, number + 1));
    const label = row.querySelector("[data-remove-row] .visually-hidden");
    if (label) label.textContent = label.textContent.replace(/\d+/, number + 1);
  });
  const emptied = (row) => {
    row.querySelectorAll("input, textarea").forEach((each) => { each.value = ""; });
    row.querySelectorAll("select").forEach((each) => { each.selectedIndex = 0; });
    showError(row, "");
    return row;
  };
  const addRow = (table) => {
    const rows = rowsOf(table);
    if (rows.length >= Number(table.dataset.maxRows)) return null;
    const row = emptied(rows[rows.length - 1].cloneNode(true));
    rows[rows.length - 1].after(row);
    renumber(table);
    return row;
  };
  const fitRows = (table, pairs) => {
    const prefix = rowsOf(table)[0].querySelector("[name]").name.replace(/\d+__.*$/, "");
    const numbers = pairs.filter(([name]) => name.startsWith(prefix)).map(([name]) => parseInt(name.slice(prefix.length), 10));
    const needed = Math.max(0, ...numbers.map((number) => number + 1));
    while (rowsOf(table).length < needed && addRow(table));
  };
  // Spare rows are for those without this script; one empty row stays to write in.
  const trimRows = (table) => {
    const rows = rowsOf(table);
    for (let at = rows.length - 1; at > 0 && isBlank(rows[at]) && isBlank(rows[at - 1]); at -= 1) rows[at].remove();
  };

  // --- what the page shows ----------------------------------------------------------------------------------------------------
  const SEVERITY = ["idle", "saved", "saving", "draft", "retrying", "waiting", "signedout", "otherperson", "invalid", "conflict", "closed"];
  const STUCK = ["retrying", "waiting", "signedout", "otherperson"];
  const stateTemplate = document.getElementById("answer-states");
  const showTime = (place, at) => {
    const moment = at ? new Date(at) : new Date();
    place.dateTime = moment.toISOString();
    // In the person's time zone, like all other times of the portal, wherever this machine believes to be.
    const asWritten = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: form.dataset.timeZone || undefined };
    place.textContent = moment.toLocaleTimeString(document.documentElement.lang || undefined, asWritten);
  };
  const setState = (code, state) => {
    const section = sections.get(code);
    const chip = section?.querySelector("[data-answer-state]");
    const words = stateTemplate.content.querySelector(`[data-for="${state}"]`);
    if (chip && words && (chip.dataset.state !== state || state === "saved")) {
      chip.dataset.state = state;
      chip.replaceChildren(words.cloneNode(true));
      if (state === "saved") showTime(chip.querySelector("time"), section.dataset.savedAt);
    }
    elsewhere.set(code, state);
    showPageState();
  };
  // What waits is said until it arrives: a link to sign in must not flicker away under the finger that presses it.
  const showMoving = (code, state) => { if (!STUCK.includes(elsewhere.get(code))) setState(code, state); };
  // States of this visit; questions of other areas take part while their answers are waiting.
  const elsewhere = new Map();
  const showPageState = () => {
    const worst = [...elsewhere.values()].reduce((a, b) => (SEVERITY.indexOf(b) > SEVERITY.indexOf(a) ? b : a), "idle");
    const isLoose = !queue.isKept() && ["retrying", "waiting"].includes(worst);
    const shown = isLoose ? "unkept" : worst === "draft" ? "saving" : worst;
    document.querySelectorAll("[data-page-state]").forEach((each) => { if (each.dataset.state !== shown) each.dataset.state = shown; });
  };
  const showSaved = (section, { at, version, was }) => {
    section.dataset.savedAt = at;
    section.querySelector("[data-base]").value = version;
    if (was) section.querySelector("[data-was]").value = was;
    const history = section.querySelector("[data-history]");
    if (history && version > 0) history.hidden = false;
  };
  const showError = (place, text, control) => {
    for (const note of place.matches("[data-error-for], [data-question-error]") ? [place] : place.querySelectorAll("[data-error-for]")) {
      note.hidden = !text;
      note.querySelector("[data-error-text]").textContent = text;
    }
    for (const each of control ? [control] : place.querySelectorAll("[aria-invalid]")) {
      if (text) each.setAttribute("aria-invalid", "true"); else each.removeAttribute("aria-invalid");
      each.classList.toggle("is-invalid", Boolean(text));
    }
  };
  const clearErrors = (section) => {
    showError(section, "");
    const whole = section.querySelector("[data-question-error]");
    if (whole) showError(whole, "");
    section.classList.remove("question--wrong");
  };
  const showErrors = (section, errors) => {
    clearErrors(section);
    section.classList.add("question--wrong");
    for (const [name, text] of Object.entries(errors)) {
      const note = errorPlace(section, name) || section.querySelector("[data-question-error]");
      const control = note.dataset.errorFor ? document.getElementById(note.dataset.errorFor) : null;
      showError(note, text, control);
    }
  };
  // The portal counts the rows that are filled in; the page may hold empty ones between them.
  const errorPlace = (section, name) => {
    const cell = name.match(/^(.+?__.+?)__(\d+)__(.+)$/);
    const table = cell && [...section.querySelectorAll("[data-table]")].find((each) => each.querySelector(`[name^="${CSS.escape(cell[1])}__"]`));
    if (table) {
      const row = rowsOf(table).filter((each) => !isBlank(each))[Number(cell[2])];
      return row && [...row.querySelectorAll("[data-error-for]")].find((each) => each.dataset.errorFor.endsWith(`__${cell[3]}`));
    }
    return section.querySelector(`[data-error-for="${CSS.escape(name)}"]`);
  };
  const showQuestions = (states) => {
    for (const [code, state] of Object.entries(states || {})) {
      const section = sections.get(code);
      if (!section) continue;
      if (section.hidden && !state.hidden) section.classList.add("question--new");
      section.hidden = state.hidden;
      section.dataset.answered = state.answered ? "1" : "0";
      const need = section.querySelector("[data-lacks-evidence]");
      if (need) need.hidden = !state.lacks_evidence;
      showChecks(section, state.checks);
    }
    showProgress();
  };
  const checkTemplate = document.getElementById("check-template");
  const showChecks = (section, texts) => {
    const place = section.querySelector("[data-checks]");
    if (place.textContent.trim() === texts.join("")) return;
    place.replaceChildren(...texts.map((text) => {
      const note = checkTemplate.content.firstElementChild.cloneNode(true);
      note.querySelector("p").textContent = text;
      return note;
    }));
    const box = section.querySelector("[data-note]");
    if (box && texts.length) box.open = true;
  };
  const showProgress = () => {
    // A question asked per site is answered when the answer for all sites is whole, and that of each site that differs ("E1-02@12").
    const all = [...sections.entries()];
    const asked = all.filter(([code, each]) => !each.hidden && !code.includes("@"));
    const isWhole = ([code]) => all.every(([key, each]) => key.split("@")[0] !== code || each.dataset.answered === "1");
    const answered = asked.filter(isWhole).length;
    for (const place of document.querySelectorAll("[data-area-progress]")) {
      const bar = place.querySelector("progress");
      bar.max = Math.max(asked.length, 1);
      bar.value = answered;
      place.querySelector(".meter-text").textContent = place.dataset.text.replace("{answered}", answered).replace("{asked}", asked.length);
    }
    document.querySelectorAll(".area-list-current [data-area-count]").forEach((each) => { each.textContent = `${answered}/${asked.length}`; });
  };

  // --- sending ----------------------------------------------------------------------------------------------------------------
  const conflicts = new Map();
  const postponed = new Map(); // code -> when the portal, which failed over this answer, is asked again
  let running = null;
  let failures = 0;
  let timer = 0;
  let isRenewed = false;

  // What was confirmed last: leaving a field that was saved while typing sends nothing again.
  const confirmed = new Map();
  const enqueue = (section, { typing = false } = {}) => {
    const code = section.dataset.question;
    const before = queue.read()[code];
    const pairs = pairsOf(code);
    if (!before && confirmed.get(code) === JSON.stringify(pairs)) return;
    const base = Number(section.querySelector("[data-base]").value);
    const entry = { url: section.dataset.url, pairs, base, seq: queue.mark(), held: typing ? "typing" : "", doubt: before?.doubt };
    if (before?.doubt) entry.base = before.base;
    if (before?.held === "conflict") Object.assign(entry, { base: before.base, held: "conflict" });
    postponed.delete(code);
    queue.put(code, entry);
    if (entry.held === "conflict") setState(code, "conflict");
    else showMoving(code, typing ? "draft" : "saving");
    if (!entry.held) pump();
  };

  const nextDue = () => queue.waiting().find(([code]) => !(postponed.get(code) > performance.now()));
  const pump = () => (running ??= Promise.resolve().then(sendAll));
  const sendAll = async () => {
    clearTimeout(timer);
    timer = 0;
    try {
      while (nextDue() && (await withLock(sendNext)));
    } finally {
      // Nothing is awaited between the last look at the queue and here, so that nothing put in between is overlooked.
      running = null;
      if (!timer && queue.waiting().length) timer = setTimeout(pump, LONGEST_WAIT);
    }
  };
  // Two tabs of one person share the storage: one of them sends at a time, and looks then at what is left to send.
  const withLock = (work) => (navigator.locks ? navigator.locks.request(storeKey, work) : work());
  const sendNext = async () => {
    const [code, entry] = nextDue() || [];
    if (!code) return true;
    showMoving(code, "saving");
    try {
      return await send(code, entry);
    } catch {
      return later("waiting"); // no answer, or one that is not the portal's
    }
  };

  const post = (code, entry, pairs, options = {}) => {
    const body = new URLSearchParams(pairs);
    body.append(`${code}__-base`, entry.base);
    body.append(`${code}__-strict`, "1");
    const headers = { "X-CSRFToken": tokenInput.value, "X-Person": person };
    return fetch(entry.url, { method: "POST", body, headers, redirect: "manual", keepalive: body.toString().length < KEEPALIVE_LIMIT, ...options });
  };
  const send = async (code, entry) => {
    const pairs = entry.doubt || entry.pairs;
    queue.changeEntry(code, (each) => { each.doubt ??= pairs; });
    const settle = () => queue.changeEntry(code, (each) => { delete each.doubt; });
    const response = await post(code, entry, pairs, { signal: AbortSignal.timeout(PATIENCE) });
    const { status } = response;
    if (status >= 500) return [502, 503, 504].includes(status) ? later("waiting") : postpone(code);
    if (response.type === "opaqueredirect" || [403, 408, 425, 429].includes(status)) {
      if (!entry.doubt) settle(); // it was turned away at the door
      return status === 403 || !status ? notLetIn(code, entry) : later("waiting", 1000 * Number(response.headers.get("Retry-After")));
    }
    const answer = [200, 409, 422].includes(status) ? await response.json() : {};
    settle();
    failures = 0;
    isRenewed = false;
    const isOlder = Boolean(entry.doubt) && JSON.stringify(entry.doubt) !== JSON.stringify(entry.pairs);
    const sent = { ...entry, pairs, seq: isOlder ? "" : entry.seq };
    if (status === 200 && answer.questions) return saved(code, sent, answer);
    if (status === 422 && answer.errors) return refused(code, sent, answer);
    if (status === 409 && answer.is_kept) return keptAndReplaced(code, sent, answer);
    if (status === 409 && answer.html) return isOlder || contested(code, entry, answer);
    if (status === 404 || answer.closed) return hold(code, entry, "closed");
    // More than the portal takes in one request: it stays here to be shortened.
    if (status >= 400) return refused(code, sent, { errors: { "": stateTemplate.dataset.tooMuch } });
    throw new Error("an answer that is not the portal's");
  };
  // Signed out, or signed in anew in another tab, which gave this browser another token; or somebody else has signed in here.
  const whoIsIn = async () => {
    const response = await fetch(form.dataset.session, { redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (response.type === "opaqueredirect") return "signedout";
    const now = await response.json();
    if (String(now.person) !== person) return "otherperson";
    tokenInput.value = now.token;
    return "";
  };
  const notLetIn = async (code, entry) => {
    const why = await whoIsIn();
    if (why) return later(why);
    if (isRenewed) return hold(code, entry, "closed"); // this very person, with a good token, may not
    isRenewed = true;
    return true;
  };
  const later = (state, wait = 0) => {
    failures += 1;
    for (const [code] of queue.waiting()) setState(code, state);
    const pause = ["signedout", "otherperson"].includes(state) ? LONGEST_WAIT : Math.min(LONGEST_WAIT, 1000 * 2 ** Math.min(failures - 1, 5));
    clearTimeout(timer);
    timer = setTimeout(pump, Math.max(pause, wait || 0));
    return false;
  };
  // The portal fails over this answer: the others need not wait for it.
  const postpone = (code) => {
    postponed.set(code, performance.now() + LONGEST_WAIT);
    setState(code, "retrying");
    return true;
  };
  const saved = (code, entry, answer) => {
    const section = sections.get(code);
    let isNewest = false;
    queue.changeEntry(code, (each, all) => {
      isNewest = each.seq === entry.seq;
      if (isNewest) delete all[code];
      else if (answer.version !== undefined) each.base = answer.version;
    });
    if (section) {
      if (answer.version !== undefined) showSaved(section, answer);
      showQuestions(answer.questions);
      if (isNewest) clearErrors(section);
    }
    form.dispatchEvent(new CustomEvent("portal:saved", { detail: answer }));
    if (isNewest) {
      confirmed.set(code, JSON.stringify(entry.pairs));
      setState(code, "saved");
      channel?.postMessage({ code, ...answer, pairs: entry.pairs });
      if (!section) forget(code);
    }
    return true;
  };
  const refused = (code, entry, answer) => {
    const section = sections.get(code);
    let isNewest = false;
    queue.changeEntry(code, (each) => {
      isNewest = each.seq === entry.seq;
      if (answer.version !== undefined) each.base = answer.version;
      if (isNewest) each.held = "invalid";
    });
    if (section) {
      if (answer.version !== undefined) showSaved(section, answer);
      showQuestions(answer.questions);
      // Somebody who is still typing is not told off; leaving the field sends it again.
      // Neither is somebody who has only begun.
      const isTyping = answer.is_unfinished || (entry.typed && section.contains(document.activeElement) && document.activeElement.matches("input, textarea"));
      if (isNewest && !isTyping) showErrors(section, answer.errors);
      if (isNewest) setState(code, isTyping ? "draft" : "invalid");
    } else if (isNewest) setState(code, answer.is_unfinished ? "draft" : "invalid");
    return true;
  };
  // It had arrived, and somebody has answered anew since: what stands there now is shown. What was typed meanwhile is another matter.
  const keptAndReplaced = (code, entry, answer) => {
    let isNewest = false;
    queue.changeEntry(code, (each, all) => {
      isNewest = each.seq === entry.seq;
      if (isNewest) delete all[code];
    });
    if (isNewest) showStored(code, answer);
    if (isNewest && !sections.has(code)) forget(code);
    return true;
  };
  const showStored = (code, answer) => {
    const section = sections.get(code);
    if (section) {
      fill(section, answer.pairs);
      showSaved(section, answer);
      clearErrors(section);
      confirmed.set(code, JSON.stringify(pairsOf(code)));
    }
    setState(code, "saved");
  };
  const forget = (code) => {
    elsewhere.delete(code);
    showPageState();
  };
  const contested = (code, entry, answer) => {
    conflicts.set(code, answer);
    const section = sections.get(code);
    if (section) section.querySelector("[data-conflict]").innerHTML = answer.html;
    return hold(code, entry, "conflict");
  };
  const hold = (code, entry, why) => {
    queue.changeEntry(code, (each) => { if (each.seq === entry.seq) each.held = why; });
    setState(code, why);
    return true;
  };
  // What another tab of this person saved.
  const channel = window.BroadcastChannel ? new BroadcastChannel(storeKey) : null;
  channel?.addEventListener("message", ({ data }) => {
    const section = sections.get(data.code);
    if (queue.read()[data.code]) return;
    if (!section) return forget(data.code);
    if (data.version !== undefined) showStored(data.code, data);
    showQuestions(data.questions);
  });
  const choose = (section, which) => {
    const code = section.dataset.question;
    const theirs = conflicts.get(code);
    if (!theirs) return;
    conflicts.delete(code);
    section.querySelector("[data-conflict]").replaceChildren();
    showSaved(section, theirs);
    if (which === "mine") {
      queue.changeEntry(code, (each) => Object.assign(each, { base: theirs.version, held: "", pairs: pairsOf(code), seq: queue.mark() }));
      setState(code, "saving");
      pump();
    } else {
      queue.change((all) => { delete all[code]; });
      showStored(code, theirs);
    }
    section.querySelector(".question-text").scrollIntoView({ block: "nearest" });
  };

  // --- what people do ---------------------------------------------------------------------------------------------------------
  const pauses = new Map();
  const sectionOf = (element) => element.closest("[data-question]");
  const isAnswer = (element) => element.name && sectionOf(element) && isOurs(sectionOf(element).dataset.question, element.name);

  form.addEventListener("input", (event) => {
    const control = event.target;
    if (!isAnswer(control) || !control.matches("textarea, input:not([type=radio], [type=checkbox], [type=date])")) return;
    const section = sectionOf(control);
    const code = section.dataset.question;
    enqueue(section, { typing: true });
    clearTimeout(pauses.get(code));
    pauses.set(code, setTimeout(() => {
      pauses.delete(code);
      queue.changeEntry(code, (entry) => { if (entry.held === "typing") Object.assign(entry, { held: "", typed: true }); });
      pump();
    }, TYPING_PAUSE));
  });
  form.addEventListener("change", (event) => {
    const control = event.target;
    const section = sectionOf(control);
    if (!section) return;
    if (!isAnswer(control)) return;
    if (control.type === "checkbox" && control.checked) leaveExclusive(section, control);
    clearTimeout(pauses.get(section.dataset.question));
    enqueue(section);
  });
  // "None of these" and the others rule each other out.
  const leaveExclusive = (section, chosen) => {
    for (const other of section.querySelectorAll(`[name="${CSS.escape(chosen.name)}"]`)) {
      if (other !== chosen && ("excludesOthers" in chosen.dataset || "excludesOthers" in other.dataset)) other.checked = false;
    }
  };
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const section = button && sectionOf(button);
    if (!section) return;
    if (button.matches("[data-choose]")) {
      const chosen = section.querySelector("[data-conflict] input:checked");
      if (chosen) choose(section, chosen.value);
    } else if (button.matches("[data-clear]")) {
      event.preventDefault();
      fill(section, []);
      enqueue(section);
    } else if (button.matches("[data-add-row]")) {
      addRow(button.closest("[data-table]"))?.querySelector("input, select, textarea")?.focus();
    } else if (button.matches("[data-remove-row]")) {
      const table = button.closest("[data-table]");
      if (rowsOf(table).length > 1) button.closest("[data-row]").remove(); else emptied(button.closest("[data-row]"));
      renumber(table);
      enqueue(section);
    }
  });

  // --- coming and going -------------------------------------------------------------------------------------------------------
  // What an earlier visit left behind is put back into the fields and sent.
  const putBack = (code, entry) => {
    const section = sections.get(code);
    if (section) fill(section, entry.pairs);
    queue.release(code);
    setState(code, "saving");
  };
  const adopt = (section) => {
    const code = section.dataset.question;
    sections.set(code, section);
    const left = queue.read()[code];
    if (left) putBack(code, left);
  };
  for (const [code, entry] of Object.entries(queue.read())) putBack(code, entry);
  document.querySelectorAll("[data-table]").forEach(trimRows);
  const areas = document.querySelector("[data-area-switch]");
  if (areas && matchMedia("(min-width: 1200px)").matches) areas.open = true;
  const releaseTyping = (isStale) => {
    for (const [code, entry] of Object.entries(queue.read())) if (entry.held === "typing" && isStale(code, entry)) queue.release(code);
  };
  const comeBack = () => {
    failures = 0;
    pump();
  };
  addEventListener("online", comeBack);
  addEventListener("focus", comeBack);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") releaseTyping(() => true);
    comeBack();
  });
  // No answer is waited for: whatever is sent here stays in the storage, and the next page asks whether it arrived.
  addEventListener("pagehide", () => {
    releaseTyping(() => true);
    for (const [code, entry] of queue.waiting()) {
      queue.changeEntry(code, (each) => { each.doubt ??= each.pairs; });
      post(code, entry, entry.doubt || entry.pairs).catch(() => {});
    }
  });
  // A page from the Back button's memory is old: it is fetched anew, and what waits here is put into it.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  // The same for fields that a browser restores from an earlier session: what was typed is in the queue or in the portal.
  form.autocomplete = "off";
  addEventListener("beforeunload", (event) => { if (!queue.isKept()) event.preventDefault(); });
  // A tab that was killed while somebody typed left this behind.
  let typedBefore = new Map();
  setInterval(() => {
    releaseTyping((code, entry) => !pauses.has(code) && typedBefore.get(code) === entry.seq);
    typedBefore = new Map(Object.entries(queue.read()).map(([code, entry]) => [code, entry.seq]));
    if (!timer) pump();
  }, SWEEP);

  // The buttons of the form send the whole page: only after everything is confirmed, and only when the portal can be reached.
  let mayLeave = false;
  form.addEventListener("submit", async (event) => {
    if (mayLeave) return;
    event.preventDefault();
    releaseTyping(() => true);
    failures = 0;
    await pump();
    if (queue.waiting().length || !(await isReachable())) return window.portal.toast(form.dataset.stay);
    mayLeave = true;
    form.requestSubmit(event.submitter);
  });
  const isReachable = async () => {
    try {
      const why = await whoIsIn();
      if (why) elsewhere.set("", why);
      showPageState();
      return !why;
    } catch {
      return false;
    }
  };

  showPageState();
  pump();

  // --- what other scripts of the page may ask and do: presence.js, live.js, fresh-parts.js, uploads.js, carrying.js --------------
  const TEXT = "textarea, select, input:not([type=radio], [type=checkbox], [type=file], [type=hidden])";
  window.portal.editor = {
    form,
    sections,
    // It changes when the person signs in again.
    token: () => tokenInput.value,
    showTime,
    showQuestions,
    version: (section) => Number(section.querySelector("[data-base]").value),
    // Something is typed, being sent or contested here, or the cursor stands in a field: the section is the person's.
    isBusy: (section) => Boolean(queue.read()[section.dataset.question]) || (section.contains(document.activeElement) && document.activeElement.matches(TEXT)),
    // A value that somebody else saved. Not for a section that is busy.
    take: (section, answer) => showStored(section.dataset.question, answer),
    // A part of the page that was fetched anew comes in place of one in which nobody is at work.
    replace: (part, next) => {
      for (const section of part.querySelectorAll("[data-question]")) sections.delete(section.dataset.question);
      part.replaceWith(next);
      next.querySelectorAll("[data-table]").forEach(trimRows);
      for (const section of next.querySelectorAll("[data-question]")) adopt(section);
      showProgress();
    },
  };
})();
