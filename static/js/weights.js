/* Weights: the sum of each row while it is typed. The server adds up again. */
(() => {
  "use strict";

  const inHundredths = (input) => Math.round(Number(input.value.trim().replace(",", ".")) * 10000);

  function addUp(row) {
    const output = row.querySelector("[data-sum]");
    if (!output) return;
    const sum = [...row.querySelectorAll("input")].reduce((total, input) => total + inHundredths(input), 0);
    output.textContent = Number.isNaN(sum) ? "–" : String(sum / 10000);
    row.classList.toggle("weights-row--bad", sum !== 1000000);
  }

  const form = document.querySelector("[data-weights]");
  if (!form) return;
  form.addEventListener("input", (event) => {
    const row = event.target.closest("tr");
    if (row) addUp(row);
  });
})();
