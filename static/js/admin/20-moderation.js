// Keys for the queue of comments. Each presses a button that is there; everything works without.
(() => {
  "use strict";

  const OFF = "moderation-keys-off";
  const queued = () => [...document.querySelectorAll(".queued")];
  const current = () => document.activeElement?.closest?.(".queued") || document.querySelector(".queued.here");
  const form = () => document.querySelector("form.moderation");

  const go = (step) => {
    const all = queued();
    const place = all.indexOf(current());
    const next = all[place < 0 ? 0 : Math.min(Math.max(place + step, 0), all.length - 1)];
    if (!next) return;
    for (const item of all) item.classList.toggle("here", item === next);
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
  };
  const press = (name) => (current() || queued()[0])?.querySelector(`button[name="${name}"]`)?.click();
  const tick = () => {
    const box = current()?.querySelector('input[name="id"]');
    if (box) box.checked = !box.checked;
  };
  const choose = (key) => {
    const reasons = form()?.querySelector('select[name="point"]');
    if (reasons && Number(key) < reasons.options.length) reasons.selectedIndex = Number(key);
  };
  const keys = {
    j: () => go(1),
    k: () => go(-1),
    p: () => press("show"),
    h: () => press("hide"),
    x: tick,
    u: () => document.querySelector(".undo-last")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (!form() && event.key !== "u") return;
    if (!document.querySelector(".tabs") || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
    if (localStorage.getItem(OFF)) return;
    const act = keys[event.key] || (/^[1-9]$/.test(event.key) ? () => choose(event.key) : null);
    if (!act) return;
    event.preventDefault();
    act();
  });

  // What only a script can do is shown where there is one; it is put there anew with each list.
  const prepare = () => {
    const panel = document.getElementById("shortcuts");
    const ticker = document.querySelector("[data-tick-all]");
    if (ticker) ticker.hidden = false;
    if (!panel) return;
    panel.hidden = false;
    panel.querySelector("input").checked = !localStorage.getItem(OFF);
  };
  document.addEventListener("change", (event) => {
    if (event.target.id !== "shortcuts-on") return;
    if (event.target.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-tick-all]")) return;
    const boxes = [...document.querySelectorAll('.queued input[name="id"]')];
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
  });
  // After a decision the list is another one: the next comment has the focus, or what is wrong.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "content" && !document.querySelector(".tabs")) return;
    prepare();
    const wrong = document.getElementById("error-summary");
    if (wrong) wrong.focus();
    else go(0);
  });
  prepare();
})();
