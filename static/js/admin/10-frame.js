// Small comforts of the admin. Everything works without.
(() => {
  "use strict";

  // Print what is shown once, copy what is given on.
  document.addEventListener("click", async (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const copier = event.target.closest("[data-copy-from]");
    const source = copier && document.getElementById(copier.dataset.copyFrom);
    if (!source || !navigator.clipboard) return;
    await navigator.clipboard.writeText(source.textContent.trim());
    const words = copier.textContent;
    copier.textContent = copier.dataset.copied;
    setTimeout(() => { copier.textContent = words; }, 2500);
  });
  for (const button of document.querySelectorAll("[data-print], [data-copy-from]")) button.hidden = false;

  // Where not all tabs have room, the one that is open is to be seen.
  const middle = (box) => (box.left + box.right) / 2;
  for (const strip of document.querySelectorAll(".tabs ul")) {
    const here = strip.querySelector("[aria-current]");
    if (here) strip.scrollLeft += middle(here.getBoundingClientRect()) - middle(strip.getBoundingClientRect());
  }

  // What is wrong with a form is where the focus goes.
  document.getElementById("error-summary")?.focus();
})();
