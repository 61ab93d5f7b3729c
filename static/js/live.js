// The manners of the live fragment. It asks again by itself, at the pace that the server sets; this adds what a crowd
// of readers needs: jitter, silence in a hidden tab, patience with a server that does not answer, and rows that stay.
(() => {
  "use strict";

  const JITTER = 0.15; // of the interval, either way, so that a crowd does not ask at once
  const LONGEST_RETRY = 120; // seconds
  const ANNOUNCE_EVERY = 30; // seconds between two announcements to a screen reader
  let failures = 0;
  let held = false;
  let before = [];
  let announced = { at: 0, timer: 0, text: "" };

  const live = () => document.getElementById("live");
  const isLive = (event) => event.target && event.target.id === "live";
  const rows = (root) => Array.from(root.querySelectorAll("tr[data-row]"));

  document.addEventListener("htmx:beforeProcessNode", (event) => {
    if (!isLive(event) || !event.target.dataset.poll) return;
    const seconds = Number(event.target.dataset.poll) * (1 - JITTER + 2 * JITTER * Math.random());
    event.target.setAttribute("hx-trigger", `load delay:${seconds.toFixed(2)}s, catch-up`);
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isLive(event) || !document.hidden) return;
    held = true;
    event.preventDefault();
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !held || !live()) return;
    held = false;
    htmx.trigger(live(), "catch-up");
  });

  const retry = (event) => {
    if (!isLive(event)) return;
    failures += 1;
    const pace = Number(event.target.dataset.poll || 60);
    const seconds = Math.min(LONGEST_RETRY, pace * 2 ** failures) * (1 + JITTER * Math.random());
    setTimeout(() => live() && htmx.trigger(live(), "catch-up"), seconds * 1000);
  };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, retry);

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isLive(event)) before = rows(event.target);
  });

  document.addEventListener("htmx:load", (event) => {
    if (!isLive(event) || before.length === 0) return;
    failures = 0;
    const known = new Set(before.map((row) => row.dataset.row));
    const now = rows(event.target);
    for (const row of now) if (!known.has(row.dataset.row)) row.classList.add("arrived");
    keepRowsThatLeft(now);
    before = [];
  });

  // Where older pages were loaded below, rows that fall out of the first one go on top of them.
  function keepRowsThatLeft(now) {
    const older = document.querySelector("#older-signers tbody");
    if (!older || now.length === 0) return;
    const shown = new Set([...now, ...rows(older)].map((row) => row.dataset.row));
    const last = now[now.length - 1].querySelector("time").dateTime;
    const left = before.filter((row) => !shown.has(row.dataset.row) && row.querySelector("time").dateTime <= last);
    for (const row of left) row.classList.remove("arrived");
    older.prepend(...left);
  }

  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const count = event.detail.target;
    if (count && count.id === "count") announce();
  });

  function announce() {
    const count = document.getElementById("count");
    const place = document.getElementById("announcer");
    if (!count || !place || count.dataset.announcement === announced.text) return;
    const wait = announced.at + ANNOUNCE_EVERY * 1000 - Date.now();
    clearTimeout(announced.timer);
    if (wait > 0) {
      announced.timer = setTimeout(announce, wait);
      return;
    }
    announced = { at: Date.now(), timer: 0, text: count.dataset.announcement };
    place.textContent = count.dataset.announcement;
  }

  // What the page says as it comes is no news; nor is the same in another language that has taken its place.
  function begin() {
    clearTimeout(announced.timer);
    announced = { at: 0, timer: 0, text: document.getElementById("count")?.dataset.announcement ?? "" };
    before = [];
  }
  document.addEventListener("page-replaced", begin);
  begin();
})();
