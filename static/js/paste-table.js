// A block of cells copied from a spreadsheet, pasted into a table of inputs: it fills the cells from the one it is pasted into.
"use strict";

(() => {
  const form = document.querySelector("[data-paste-table]");
  if (!form) return;

  const inputsOf = (row) => Array.from(row.cells, (cell) => cell.querySelector("input:not([type=hidden])"));

  form.addEventListener("paste", (event) => {
    const input = event.target.closest("td input");
    const text = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
    if (!input || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
    const rows = Array.from(input.closest("tbody").rows).slice(input.closest("tr").sectionRowIndex);
    const column = input.closest("td").cellIndex;
    let filled = 0;
    let left = 0;
    lines.forEach((values, down) => {
      const inputs = rows[down] ? inputsOf(rows[down]) : [];
      values.forEach((value, across) => {
        const target = inputs[column + across];
        if (target) {
          target.value = value.trim();
          target.dispatchEvent(new Event("input", { bubbles: true }));
          filled += value.trim() ? 1 : 0;
        } else if (value.trim()) {
          left += 1;
        }
      });
    });
    const said = left ? form.dataset.pastedSome : form.dataset.pasted;
    window.portal.toast(said.replace("{filled}", filled).replace("{left}", left));
  });
})();
