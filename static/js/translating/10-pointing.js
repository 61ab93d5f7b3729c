// A page of the site in its frame: a text that is pressed is told to the workshop around it.
(() => {
  "use strict";

  const page = document.documentElement;
  const keysOf = (element) => element?.dataset.texts?.split(" ") ?? [];
  const across = (part) => part.getBoundingClientRect().left + part.getBoundingClientRect().width / 2;
  // By hand: scrollIntoView would move the workshop around the frame, too, away from the field that is written in.
  const comeTo = (element) => {
    for (let around = element.parentElement; around && around !== document.body; around = around.parentElement) {
      if (around.scrollWidth > around.clientWidth) around.scrollLeft += across(element) - across(around);
    }
    const box = element.getBoundingClientRect();
    scrollBy({ top: box.top + (box.height - innerHeight) / 2 });
  };
  const showText = (element) => {
    for (const other of document.querySelectorAll("[data-shown]")) delete other.dataset.shown;
    element.dataset.shown = "";
    for (let around = element.closest("details:not([open])"); around; around = around.parentElement.closest("details:not([open])")) around.open = true;
    comeTo(element);
  };

  const shown = document.querySelector("[data-shown]");
  if (shown) showText(shown);

  addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.source !== parent || typeof event.data !== "object") return;
    if ("edit" in event.data) page.classList.toggle("is-translated", event.data.edit);
    if (event.data.show) {
      const element = document.querySelector(`[data-texts~="${CSS.escape(event.data.show)}"]`);
      if (element) showText(element);
    }
  });

  // While the page is translated, nothing else happens on it; else its links and forms lead on.
  document.addEventListener("click", (event) => {
    if (!page.classList.contains("is-translated")) return;
    const [key] = keysOf(event.target.closest("[data-texts]"));
    if (event.target.closest("summary") && !key) return;
    event.preventDefault();
    event.stopPropagation();
    if (key) parent.postMessage({ text: key }, location.origin);
  }, true);
  document.addEventListener("submit", (event) => {
    if (page.classList.contains("is-translated")) event.preventDefault();
  }, true);

  if (parent !== window) parent.postMessage({ ready: true }, location.origin);
})();
