// Wording the site's texts: what must stand in them put in by a press, the keys, and the page that shows it at once.
(() => {
  "use strict";

  const frame = document.getElementById("place-frame");
  const side = document.querySelector("[data-message-url]");

  // Typed by the browser, so that Ctrl+Z takes it back.
  const type = (field, text) => {
    field.focus();
    if (!document.execCommand("insertText", false, text)) field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const tell = (message) => frame?.contentWindow.postMessage(message, location.origin);
  const show = (root) => {
    for (const part of root.querySelectorAll("[data-with-script]")) part.hidden = false;
  };
  show(document);

  let field = null;
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("form[data-translating] textarea[id]")) field = event.target;
    if (event.target.dataset.text) tell({ show: event.target.dataset.text });
  });

  document.addEventListener("click", (event) => {
    const inserter = event.target.closest("[data-insert]");
    const filler = event.target.closest("[data-fill]");
    const fields = [...document.querySelectorAll("form[data-translating] textarea[id]")];
    if (inserter) type(fields.includes(field) ? field : fields[0], inserter.dataset.insert);
    if (filler) {
      JSON.parse(filler.dataset.fill).forEach((text, number) => {
        fields[number].select();
        type(fields[number], text);
      });
      fields[0].focus();
    }
    const toggle = event.target.closest("[data-translate-switch], [data-phone-switch]");
    if (toggle) {
      const pressed = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", String(pressed));
      if ("phoneSwitch" in toggle.dataset) frame.classList.toggle("phone", pressed);
      else tell({ edit: pressed });
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest?.("form[data-translating]");
    const next = form?.querySelector("button[value=next]");
    if (!next) return;
    event.preventDefault();
    next.click();
  });

  document.addEventListener("htmx:load", (event) => {
    show(event.target);
    if (event.target.id !== "message") return;
    const goal = event.target.querySelector("#error-summary") || event.target.querySelector("textarea");
    goal?.focus({ preventScroll: true });
    event.target.scrollIntoView({ block: "nearest" });
  });

  if (!frame || !side) return;

  const edits = document.querySelector("[data-translate-switch]");
  if (location.hash === "#walk") edits.setAttribute("aria-pressed", "false");

  // A text of the page was pressed: its form comes beside it.
  addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.source !== frame.contentWindow || typeof event.data !== "object") return;
    if (event.data.ready) arrive();
    if (/^[0-9a-f]{32}$/.test(event.data.text ?? "")) {
      htmx.ajax("GET", side.dataset.messageUrl.replace("KEY", event.data.text), { target: "#message", swap: "outerHTML" });
    }
  });
  // A link of the page led on: the list beside it becomes that of the page that is there now.
  function arrive() {
    const isEdited = edits.getAttribute("aria-pressed") === "true";
    const there = frame.contentWindow.location.pathname.replace(/\/frame$/, "");
    if (there === location.pathname) tell({ edit: isEdited });
    else location.assign(there + (isEdited ? "" : "#walk"));
  }
  document.addEventListener("text-saved", () => frame.contentWindow.location.reload());
})();
