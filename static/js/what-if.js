// The sandbox sends the questions that were changed: what is not asked stays as it is stored (labels/what_if.py). Without this it
// sends all of them, for the same result.
(() => {
  "use strict";
  const form = document.querySelector("form.what-if");
  if (!form) return;

  const isAsItCame = (control) => {
    if (control.matches("input[type=checkbox], input[type=radio]")) return control.checked === control.defaultChecked;
    if (control.matches("select")) return [...control.options].every((option) => option.selected === option.defaultSelected);
    return control.value === control.defaultValue;
  };
  const isChanged = (question) => "changed" in question.dataset || ![...question.querySelectorAll("input:not([type=hidden]), textarea, select")].every(isAsItCame);

  // Rows of a table come and go by buttons.
  form.addEventListener("click", (event) => {
    const question = event.target.closest("button") && event.target.closest(".what-if-question");
    if (question) question.dataset.changed = "";
  });
  form.addEventListener("htmx:configRequest", ({ detail }) => {
    for (const question of form.querySelectorAll(".what-if-question")) {
      if (isChanged(question)) continue;
      for (const name of [...detail.formData.keys()]) if (name.startsWith(`${question.id}__`)) detail.formData.delete(name);
    }
  });
})();
