// What every page does in the browser. All of it is comfort: pages work without it.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  // Theme: the server reads the cookie and writes the attribute, so that a page never flashes.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    const theme = button.dataset.themeChoice;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${theme}; Path=/; Max-Age=${theme ? 31536000 : 0}; SameSite=Lax${secure}`;
    if (theme) root.dataset.bsTheme = theme;
    else delete root.dataset.bsTheme;
    document.querySelectorAll("[data-theme-choice]").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
  });

  // Menus made of <details>: a click elsewhere and Escape close them.
  const openMenus = () => document.querySelectorAll("details[data-popover][open]");
  document.addEventListener("click", (event) => {
    openMenus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    openMenus().forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // Where one is, in a menu that is longer than the window.
  document.querySelector(".sidebar-inner [aria-current]")?.scrollIntoView({ block: "nearest" });

  // A form with errors: the summary takes the focus, so that it is read first.
  document.querySelector("[data-focus]")?.focus();

  // One press sends a form once. The button comes back when the person returns with the Back button.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.matches("[data-resubmit], [hx-post], [data-hx-post]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-disabled", "true");
    // A form that answers with a file leaves the page standing.
    setTimeout(() => release(form), 8000);
  });
  const release = (form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  };
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
  });

  // Filters send themselves when a choice changes: <form data-autosubmit>. Typing waits for Enter or the button.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form && event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) form.requestSubmit();
  });

  // Printing: <button data-print>.
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) print(); });

  const toasts = document.getElementById("toasts");
  const toast = (text) => {
    const note = document.createElement("div");
    note.className = "toast-note";
    const words = document.createElement("p");
    words.textContent = text;
    const dismiss = document.createElement("button");
    dismiss.type = "button";
    dismiss.textContent = toasts.dataset.dismiss;
    dismiss.addEventListener("click", () => note.remove());
    note.append(words, dismiss);
    toasts.append(note);
  };
  window.portal = { toast };

  // htmx: a failed request must never look like a success.
  document.addEventListener("htmx:responseError", () => toast(toasts.dataset.failed));
  document.addEventListener("htmx:sendError", () => toast(toasts.dataset.offline));
})();
