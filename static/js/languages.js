// The menu of languages: it closes as menus do, and another language opens where one is reading. It works without.
(() => {
  "use strict";

  const menu = document.querySelector(".language-menu");
  const close = () => {
    if (!menu || !menu.open) return;
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) menu.querySelector("summary").focus();
  };
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  document.addEventListener("click", (event) => menu && !menu.contains(event.target) && close());
  menu?.addEventListener("focusout", (event) => event.relatedTarget && !menu.contains(event.relatedTarget) && close());

  // The place of a paragraph in the petition's text, or the part of the page, at the window's upper edge.
  const paragraphs = () => [...document.querySelectorAll(".petition-body > :not(.notice):not(figure)")];
  const below = (element) => element.getBoundingClientRect().bottom > 80;
  const place = () => {
    if (window.scrollY < 100) return "";
    const paragraph = paragraphs().findIndex(below);
    const parts = [...document.querySelectorAll("main h2[id], #sign")].filter((part) => part.getBoundingClientRect().top < 120);
    const part = parts.at(-1);
    if (paragraph >= 0 && document.querySelector(".petition-body").getBoundingClientRect().top < 120) return `#text-${paragraph + 1}`;
    return part ? `#${part.id}` : "";
  };
  document.querySelector(".languages")?.addEventListener("click", (event) => {
    const link = event.target.closest("a[hreflang]");
    if (link) link.hash = place();
  });
  const asked = /^#text-(\d{1,4})$/.exec(window.location.hash);
  if (asked) paragraphs()[Number(asked[1]) - 1]?.scrollIntoView({ block: "start", behavior: "instant" });
})();
