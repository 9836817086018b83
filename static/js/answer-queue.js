// What a person typed and the portal has not confirmed yet, in this browser's storage: one entry a question, in the order of the
// last changes. Tabs of one person share it. Where the storage is full or forbidden, this page holds it as long as it is open.
//
// An entry: {url, pairs, base, seq, held, typed, doubt}. `held` says why it is not being sent: "typing", "invalid",
// "conflict" or "closed". `doubt` is what was sent and never answered: it is sent again first, so that the portal can say whether
// it had arrived, and what was typed since goes on top.
(() => {
  "use strict";
  const isEntry = (each) => each && typeof each === "object" && typeof each.url === "string" && Array.isArray(each.pairs) && "base" in each;

  window.portal.answerQueue = (key) => {
    let memory = null;

    const read = () => {
      if (memory) return structuredClone(memory);
      try {
        const found = JSON.parse(localStorage.getItem(key) || "{}");
        return Object.fromEntries(Object.entries(found).filter(([, each]) => isEntry(each)));
      } catch {
        return {}; // nothing that could be sent was ever written like this
      }
    };
    const change = (work) => {
      const queue = read();
      work(queue);
      try {
        if (Object.keys(queue).length) localStorage.setItem(key, JSON.stringify(queue));
        else localStorage.removeItem(key);
        memory = null;
      } catch {
        memory = queue;
      }
    };
    const changeEntry = (code, work) => change((queue) => { if (queue[code]) work(queue[code], queue); });

    return {
      read,
      change,
      changeEntry,
      put: (code, entry) => change((queue) => {
        // At the end: the order of the keys is the order of the changes.
        delete queue[code];
        queue[code] = entry;
      }),
      release: (code) => changeEntry(code, (entry) => { entry.held = ""; }),
      waiting: () => Object.entries(read()).filter(([, entry]) => !entry.held),
      isKept: () => !memory || !Object.keys(memory).length,
      // Unlike a clock's time, the same in no two tabs.
      mark: () => Math.random().toString(36).slice(2) + performance.now().toString(36),
    };
  };
})();
