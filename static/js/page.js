// Small comforts of the page: where the focus goes, the bar on a phone, the link to copy. Everything works without.
(() => {
  "use strict";

  // What htmx puts in place of the form says what happened: the focus and the eye go there.
  document.addEventListener("htmx:load", (event) => {
    const root = event.target;
    if (root.id !== "sign") return;
    const goal = root.querySelector("#error-summary") || root.querySelector("h2[tabindex]");
    if (goal) {
      goal.focus({ preventScroll: true });
      root.scrollIntoView({ block: "start" });
    }
    measure();
    watch();
  });

  // What the server says when it cannot take a form now is shown; a poll that fails leaves the page as it is.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (xhr.status !== 503 || requestConfig.verb !== "post" || !xhr.getResponseHeader("HX-Reswap")) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });

  // A form that got no answer, or one of somebody else on the way, says so and keeps what was typed.
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, (event) => {
      const notice = event.target.querySelector?.("[data-on-failure]");
      if (!notice) return;
      notice.hidden = false;
      notice.focus();
    });
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    const notice = event.target.querySelector?.("[data-on-failure]");
    if (notice) notice.hidden = true;
  });

  // A form that is taller than the window sticks by its lower edge: the style sheet needs its height.
  const measured = new ResizeObserver(([entry]) =>
    entry.target.style.setProperty("--form-height", `${Math.ceil(entry.target.offsetHeight)}px`));
  function measure() {
    const form = document.querySelector(".petition-form");
    if (form) measured.observe(form);
  }

  // The bar with the button leaves while the form, or what took its place, is in view.
  let watcher;
  function watch() {
    const bar = document.getElementById("sign-bar");
    const form = document.getElementById("sign");
    if (!bar || !form) return;
    if (watcher) watcher.disconnect();
    watcher = new IntersectionObserver(([entry]) => bar.classList.toggle("away", entry.isIntersecting), { threshold: 0.01 });
    watcher.observe(form);
  }

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-copy]");
    if (!link || !navigator.clipboard) return;
    event.preventDefault();
    await navigator.clipboard.writeText(link.href);
    const words = link.textContent;
    link.textContent = link.dataset.copied;
    setTimeout(() => { link.textContent = words; }, 2500);
  });

  // Another language has taken the page's place.
  document.addEventListener("page-replaced", () => {
    measure();
    watch();
  });

  measure();
  watch();
})();
