// Files on their way. Each is sent in parts that say where they belong, so that a cut, a reload or a restart of the portal costs one
// part. The browser keeps the file itself (IndexedDB) until the portal has confirmed it: an upload goes on when a page with this
// script is opened again. Where a file goes: into the library, there in the place of an older revision ([data-replaces]), or behind an
// answer ([data-evidence]) once it is in the library.
(() => {
  "use strict";
  const texts = document.getElementById("upload-texts")?.dataset;
  let token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const person = document.querySelector("[data-person]")?.dataset.person;
  if (!texts || !token || !person) return;
  const AT_ONCE = 2;
  const LONGEST_WAIT = 30000;
  const KEPT_FOR = 3 * 24 * 60 * 60 * 1000;

  // --- what the browser keeps: one row a file ---------------------------------------------------------------------------------
  const opened = new Promise((resolve) => {
    let request;
    try { request = indexedDB.open("portal-uploads", 1); } catch { resolve(null); return; }
    request.onupgradeneeded = () => request.result.createObjectStore("files", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    // Private windows and full disks: what is sent from this page is still sent, it only does not outlive it.
    request.onerror = () => resolve(null);
  });
  const inStore = async (mode, work) => {
    const database = await opened;
    if (!database) return null;
    return new Promise((resolve) => {
      try {
        const request = work(database.transaction("files", mode).objectStore("files"));
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => resolve(null);
      } catch { resolve(null); }
    });
  };
  const keep = ({ id, file, place, url, finish, at }) => inStore("readwrite", (files) => files.put({ id, person, file, place, url, finish, at }));
  const forget = (job) => inStore("readwrite", (files) => files.delete(job.id));

  // --- how it is shown --------------------------------------------------------------------------------------------------------
  const areaOf = (place) => {
    if (place.code) return document.querySelector(`[data-evidence][data-url="${CSS.escape(place.url)}"]`);
    return document.querySelector(place.replaces ? `[data-library][data-replaces="${CSS.escape(place.replaces)}"]` : "[data-library]:not([data-replaces])");
  };
  const draw = (job) => {
    const list = areaOf(job.place)?.querySelector("[data-upload-list]");
    if (!list) return;
    if (!job.row) {
      job.row = document.createElement("li");
      job.row.className = "upload-item";
      for (const [name, kind] of [["name", "span"], ["action", "span"], ["state", "span"]]) {
        job[name] = document.createElement(kind);
        job[name].className = `upload-${name}`;
        job.row.append(job[name]);
      }
      job.name.textContent = job.file.name;
      job.bar = document.createElement("progress");
      job.bar.max = 100;
      job.bar.setAttribute("aria-label", job.file.name);
      job.row.append(job.bar);
      const cancel = document.createElement("button");
      cancel.type = "button";
      cancel.className = "btn btn-sm btn-link";
      cancel.textContent = texts.cancel;
      cancel.setAttribute("aria-label", `${texts.cancel} ${job.file.name}`);
      cancel.addEventListener("click", () => stop(job));
      job.action.append(cancel);
    }
    if (job.row.parentElement !== list) list.append(job.row);
  };
  const show = (job, state, text) => {
    draw(job);
    const words = text ?? (state === "sending" ? `${texts.sending} ${percent(job)}%` : texts[state]);
    if (job.row) {
      job.row.dataset.state = state;
      job.state.textContent = words;
      job.bar.value = percent(job);
      if (state === "refused") job.action.firstElementChild.textContent = texts.dismiss;
    }
    if (["done", "refused", "offline", "signedout"].includes(state)) say(job, `${job.file.name}: ${words}`);
  };
  const percent = (job) => Math.min(100, Math.floor((100 * (job.received || 0)) / job.file.size));
  const say = (job, text) => {
    const status = areaOf(job.place)?.querySelector("[data-upload-status]");
    if (status) status.textContent = text;
    else window.portal.toast(text);
  };

  // --- one request ------------------------------------------------------------------------------------------------------------
  class Offline extends Error {}
  class SignedOut extends Error {}
  const ask = async (method, url, body, isRenewed = false) => {
    let response;
    try {
      response = await fetch(url, { method, body, headers: { "X-CSRFToken": token, "X-Person": person, "X-Requested-With": "fetch" }, redirect: "manual" });
    } catch { throw new Offline(); }
    if (response.type === "opaqueredirect" || response.status === 403) {
      if (isRenewed || !(await renewToken())) throw new SignedOut();
      return ask(method, url, body, true);
    }
    // 507: the portal's disk is full, and its answer says so.
    if ((response.status >= 500 && response.status !== 507) || response.status === 429) throw new Offline();
    let said = {};
    try { said = response.status === 204 ? {} : await response.json(); } catch { if (response.ok) throw new SignedOut(); }
    return { status: response.status, said };
  };
  // Who has signed in again in another tab has another token; somebody else's is not taken.
  const renewToken = async () => {
    try {
      const response = await fetch(texts.session, { redirect: "manual", cache: "no-store" });
      const now = response.ok ? await response.json() : {};
      if (String(now.person) !== person) return false;
      token = now.token;
      return true;
    } catch { return false; }
  };
  const form = (pairs) => { const data = new FormData(); Object.entries(pairs).forEach(([name, value]) => data.append(name, value)); return data; };

  // --- one file ---------------------------------------------------------------------------------------------------------------
  const begin = async (job) => {
    const fingerprint = `${job.file.name}:${job.file.size}:${job.file.lastModified}`;
    const { status, said } = await ask("POST", texts.begin, form({ name: job.file.name, size: job.file.size, fingerprint }));
    if (status !== 201) throw refusal(said);
    Object.assign(job, { url: said.url, finish: said.finish, received: said.received, part: said.part });
    await keep(job);
  };
  const refusal = (said) => Object.assign(new Error("refused"), { reason: said.error || texts.failed });
  const send = async (job) => {
    if (!job.url) await begin(job);
    else if (!job.part) {
      const { status, said } = await ask("GET", job.url);
      if (status === 404) { job.url = ""; return send(job); }
      Object.assign(job, { received: said.received, part: said.part });
    }
    while (job.received < job.file.size && !job.isStopped) {
      show(job, "sending");
      const { status, said } = await ask("POST", `${job.url}?place=${job.received}`, await read(job));
      if (status === 404) { Object.assign(job, { url: "", part: 0 }); return send(job); }
      if (said.received === undefined) throw refusal(said);
      job.received = said.received;
    }
    if (job.isStopped) return undefined;
    show(job, "checking");
    const { status, said } = await ask("POST", job.finish, form(job.place.replaces ? { replaces: job.place.replaces } : {}));
    if (status === 409) { job.received = said.received; return send(job); }
    if (status !== 200) throw refusal(said);
    return arrived(job, said);
  };
  // The file may have been moved or changed since it was chosen.
  const read = async (job) => {
    try { return await job.file.slice(job.received, job.received + job.part).arrayBuffer(); } catch { throw refusal({}); }
  };
  const arrived = async (job, said) => {
    if (job.place.code) {
      const { status, said: block } = await ask("POST", job.place.url, form({ document: said.document }));
      if (status !== 200 || !block.html) throw refusal(block);
      await forget(job);
      const area = areaOf(job.place);
      if (!area?.hasAttribute("data-whole-page")) showBlock(area, block, job);
      else if (jobs.every((each) => each === job || each.isStopped)) location.reload();
      return;
    }
    await forget(job);
    show(job, "done");
    if (job.place.replaces && areaOf(job.place)) { location.href = said.edit; return; }
    const link = document.createElement("a");
    link.href = said.url;
    link.textContent = texts.details;
    job.action?.replaceChildren(link);
    await refreshLibrary();
  };
  const refreshLibrary = async () => {
    const shown = document.getElementById("documents");
    if (!shown) return;
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.getElementById("documents");
    if (fresh) shown.replaceWith(document.adoptNode(fresh));
  };
  const stop = (job) => {
    job.isStopped = true;
    job.row?.remove();
    forget(job);
    if (job.url) ask("DELETE", job.url).catch(() => {});
  };

  // --- many files: two at a time, again after a cut ---------------------------------------------------------------------------
  const jobs = [];
  let running = 0;
  const add = (file, place) => {
    const job = { id: crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`, file, place, at: Date.now(), received: 0, waits: 0 };
    if (file.size > Number(texts.max)) { show(job, "refused", texts.large); return; }
    if (!file.size) { show(job, "refused", texts.empty); return; }
    show(job, "waiting");
    jobs.push(job);
    keep(job);
    pump();
  };
  const pump = () => {
    while (running < AT_ONCE) {
      const job = jobs.find((each) => !each.isBusy && !each.isStopped && !each.timer);
      if (!job) return;
      job.isBusy = true;
      running += 1;
      // Two tabs that were opened again share what is kept: one of them sends a file.
      const work = navigator.locks ? navigator.locks.request(`upload:${job.id}`, { ifAvailable: true }, (lock) => (lock ? send(job) : again(job, "waiting", 5000))) : send(job);
      work.then(() => { if (!job.timer) drop(job); }, (error) => failed(job, error)).finally(() => { job.isBusy = false; running -= 1; pump(); });
    }
  };
  const drop = (job) => { const place = jobs.indexOf(job); if (place >= 0) jobs.splice(place, 1); };
  const failed = (job, error) => {
    if (error instanceof Offline) again(job, "offline", Math.min(LONGEST_WAIT, 1000 * 2 ** job.waits++));
    else if (error instanceof SignedOut) again(job, "signedout", LONGEST_WAIT);
    else { show(job, "refused", error.reason || texts.failed); forget(job); drop(job); }
  };
  const again = (job, state, milliseconds) => {
    show(job, state);
    job.part = 0;
    job.timer = setTimeout(() => goOn(job), milliseconds);
  };
  const goOn = (job) => { clearTimeout(job.timer); job.timer = 0; pump(); };
  addEventListener("online", () => jobs.forEach((job) => { job.waits = 0; if (job.timer) goOn(job); }));
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") jobs.forEach((job) => { if (job.timer) goOn(job); }); });

  // --- evidence behind an answer ----------------------------------------------------------------------------------------------
  const showBlock = (block, answer, job) => {
    if (!block) {
      window.portal.toast(texts.attached.replace("{name}", job.file.name).replace("{code}", job.place.code));
      return;
    }
    const rows = [...block.querySelectorAll(".upload-item")].filter((row) => row !== job?.row);
    const holder = document.createElement("div");
    holder.innerHTML = answer.html;
    const fresh = holder.firstElementChild;
    fresh.querySelector("[data-upload-list]")?.append(...rows);
    block.replaceWith(fresh);
    window.portal.editor?.showQuestions(answer.questions);
    if (job) say(job, `${job.file.name}: ${texts.done}`);
  };
  const placeOf = (area) => {
    if (area.matches("[data-evidence]")) return { url: area.dataset.url, code: area.closest("[data-question]").dataset.question };
    return area.dataset.replaces ? { replaces: area.dataset.replaces } : {};
  };
  const areaAround = (element) => element.closest?.("[data-evidence], [data-library]");
  document.addEventListener("change", (event) => {
    const area = event.target.type === "file" && areaAround(event.target);
    if (!area) return;
    [...event.target.files].forEach((file) => add(file, placeOf(area)));
    event.target.value = "";
  });
  for (const [name, isOver] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    document.addEventListener(name, (event) => {
      const area = areaAround(event.target);
      if (!area || !event.dataTransfer?.types.includes("Files") || !area.querySelector("input[type=file]")) return;
      event.preventDefault();
      area.classList.toggle("is-dragged", isOver);
      if (name === "drop") [...event.dataTransfer.files].forEach((file) => add(file, placeOf(area)));
    });
  }
  const changeEvidence = async (block, data) => {
    try {
      const { said } = await ask("POST", block.dataset.url, data);
      if (!said.html) throw new Error("not from this view");
      showBlock(block, said);
    } catch (error) {
      window.portal.toast(error instanceof SignedOut ? texts.signedout : error instanceof Offline ? texts.offline : texts.failed);
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-evidence]:not([data-whole-page]) button:is([name=remove], [name=newest])");
    if (!button) return;
    event.preventDefault();
    changeEvidence(button.closest("[data-evidence]"), form({ [button.name]: button.value }));
  });

  // --- choosing from the library, beside the question -------------------------------------------------------------------------
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-from-library]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !window.HTMLDialogElement) return;
    event.preventDefault();
    const block = link.closest("[data-evidence]");
    const dialog = document.createElement("dialog");
    dialog.className = "library-dialog";
    dialog.setAttribute("aria-labelledby", "library-title");
    const fill = async (query) => {
      const response = await fetch(`${block.dataset.url}?${new URLSearchParams({ part: "library", q: query })}`, { redirect: "manual" });
      if (!response.ok) throw new Error(response.status);
      dialog.innerHTML = await response.text();
    };
    try { await fill(""); } catch { location.href = link.href; return; }
    dialog.addEventListener("submit", (submitted) => {
      submitted.preventDefault();
      const data = new FormData(submitted.target);
      if (submitted.target.method === "get") { fill(data.get("q")).catch(() => dialog.close()); return; }
      dialog.close();
      if (data.has("document")) changeEvidence(block, data);
    });
    dialog.addEventListener("click", (clicked) => { if (clicked.target === dialog || clicked.target.closest("[data-close]")) dialog.close(); });
    dialog.addEventListener("close", () => { dialog.remove(); document.getElementById(link.id)?.focus(); });
    document.body.append(dialog);
    dialog.showModal();
  });

  // --- coming back ------------------------------------------------------------------------------------------------------------
  inStore("readonly", (files) => files.getAll()).then((kept) => {
    for (const row of kept || []) {
      if (row.at < Date.now() - KEPT_FOR) forget(row);
      // Another person's files wait until that person is back.
      else if (row.person === person && !jobs.some((job) => job.id === row.id)) {
        const job = { ...row, received: 0, waits: 0 };
        show(job, "waiting");
        jobs.push(job);
      }
    }
    pump();
  });
})();
