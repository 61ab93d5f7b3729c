// A colour that is picked is written beside it, and the other way round.
(() => {
  "use strict";

  document.addEventListener("input", (event) => {
    const picker = event.target.closest("[data-fills]");
    const written = picker && document.getElementById(picker.dataset.fills);
    if (written) written.value = picker.value;
    const other = document.querySelector(`[data-fills="${CSS.escape(event.target.id)}"]`);
    if (other && /^#[0-9a-f]{6}$/i.test(event.target.value)) other.value = event.target.value.toLowerCase();
  });
})();
