// Rows that are put in order by their buttons can be dragged, too: [data-sortable] holds [data-row]s with a .grip.
(() => {
  "use strict";

  const prepare = (root) => {
    for (const grip of root.querySelectorAll("[data-sortable] .grip[hidden]")) {
      grip.hidden = false;
      grip.addEventListener("pointerdown", () => { grip.closest("[data-row]").draggable = true; });
      grip.addEventListener("pointerup", () => { grip.closest("[data-row]").draggable = false; });
    }
  };
  let dragged = null;
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-row]");
    dragged?.classList.add("dragged");
    if (dragged) event.dataTransfer.effectAllowed = "move";
  });
  document.addEventListener("dragover", (event) => {
    const over = event.target.closest?.("[data-row]");
    if (!dragged || !over || over.parentNode !== dragged.parentNode) return;
    event.preventDefault();
    if (over === dragged) return;
    const { top, height } = over.getBoundingClientRect();
    over[event.clientY < top + height / 2 ? "before" : "after"](dragged);
  });
  document.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
  document.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("dragged");
    dragged.draggable = false;
    // The buttons say which row they move: its place is another one now.
    const rows = [...dragged.parentNode.querySelectorAll(":scope > [data-row]")];
    rows.forEach((row, place) => {
      for (const button of row.querySelectorAll("button[name=act]")) button.value = button.value.replace(/\d+$/, place);
    });
    dragged.dispatchEvent(new CustomEvent("moved", { bubbles: true }));
    dragged = null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    prepare(document);
    if (event.target.matches?.("[data-sortable]")) document.body.dispatchEvent(new CustomEvent("moved"));
  });
  prepare(document);
})();
