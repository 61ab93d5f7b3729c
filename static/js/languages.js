// The menu of languages closes as menus do. It works without.
(() => {
  "use strict";

  const close = () => {
    const menu = document.querySelector(".language-menu[open]");
    if (!menu) return;
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) menu.querySelector("summary").focus();
  };
  const isInside = (element) => element?.closest?.(".language-menu");
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  document.addEventListener("click", (event) => isInside(event.target) || close());
  document.addEventListener("focusout", (event) => isInside(event.target) && event.relatedTarget && !isInside(event.relatedTarget) && close());
})();
