// Enter leads from field to field where whole sheets are typed; the button at the end still sends them.
(() => {
  "use strict";

  for (const form of document.querySelectorAll("form[data-enter-moves-on]")) {
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.type !== "text" || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const fields = [...form.querySelectorAll("input[type=text], button[type=submit]")];
      fields[fields.indexOf(event.target) + 1]?.focus();
    });
  }
})();
