// Last year's answer beside a question: one press takes it over without leaving the page. Without this script the button sends the
// form. What is typed in the meantime stays: the editor then saves it on top.
(() => {
  "use strict";
  const editor = window.portal.editor;
  const form = document.querySelector("form[data-answers]");
  if (!form || !editor) return;

  const show = (code, answer) => {
    const section = editor.sections.get(code);
    if (!section) return;
    if (!editor.isBusy(section)) editor.take(section, answer);
    section.querySelector("[data-last-year]")?.insertAdjacentHTML("afterend", answer.html);
    section.querySelector("[data-last-year]")?.remove();
    const link = section.querySelector("[data-last-year]");
    link?.setAttribute("tabindex", "-1");
    link?.focus({ preventScroll: true });
  };

  const carry = async (button) => {
    const body = new URLSearchParams({ confirm: button.value });
    button.disabled = true;
    try {
      const response = await fetch(button.dataset.carry, { method: "POST", body, headers: { "X-CSRFToken": editor.token(), "X-Requested-With": "fetch" }, redirect: "manual" });
      const answer = response.type === "opaqueredirect" ? {} : await response.json();
      if (answer.closed) return window.portal.toast(answer.closed);
      if (!answer.answers) return window.portal.toast(document.getElementById("toasts").dataset.failed);
      for (const [code, each] of Object.entries(answer.answers)) show(code, each);
      editor.showQuestions(answer.questions);
      // Somebody answered it meanwhile: the page does not know what stands there now.
      if (answer.left.length) location.reload();
    } catch {
      window.portal.toast(document.getElementById("toasts").dataset.offline);
    } finally {
      button.disabled = false;
    }
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-carry]");
    if (!button) return;
    event.preventDefault();
    carry(button);
  });
})();
