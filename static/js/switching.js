// Another language opens in place: the page in it is fetched and put where this one was, at the same paragraph at the
// same height, with all that was typed. Nothing typed is sent or stored for that. Without, the links lead there.
(() => {
  "use strict";

  const TOP = 100; // nearer to the page's upper edge than so many pixels, one is at its beginning
  const CUT_OFF = 250; // what begins above the window is as good a place as what begins so many pixels lower in it
  const PAUSE = 1000; // milliseconds: a longer one is a rest, from which another way begins
  const AT_THE_SWITCH = 20000; // milliseconds: who came up to the switch so lately is still reading further below
  const NAMED = "main [id], main [data-row], main .comment";
  const LISTS = [".signers-page", ".comments-page"];
  const OF_THE_HEAD = "title, link[rel=canonical], link[rel=alternate], meta[name=description], meta[name=robots], meta[property]";
  const addressed = () => location.pathname + location.search;
  let shown = addressed();
  let asked = 0;

  // Where the last way up began: the switch is at the head of the page, and one goes there only to press it.
  const way = { from: 0, last: window.scrollY, at: 0 };
  const note = () => {
    if (window.scrollY >= way.last) way.from = window.scrollY;
    else if (Date.now() - way.at > PAUSE) way.from = way.last;
    way.last = window.scrollY;
    way.at = Date.now();
  };
  addEventListener("scroll", note, { passive: true });
  const height = () => {
    if (window.scrollY !== way.last) note(); // it is told only with the next frame
    if (window.scrollY > TOP) return window.scrollY;
    return Date.now() - way.at < AT_THE_SWITCH && way.from > TOP ? way.from : 0;
  };

  // The field that was written in last, as long as it is to be seen, is where one is.
  let field = null;
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("main form :is(input, select, textarea)")) field = event.target;
  });

  // What has the same name in each language, and how far below the window's upper edge it is: what begins highest first.
  const nameOf = (element) => {
    if (element.id) return `#${CSS.escape(element.id)}`;
    if (element.dataset.row) return `[data-row="${CSS.escape(element.dataset.row)}"]`;
    const flag = element.querySelector("a.flag")?.getAttribute("href");
    return flag ? `.comment:has(a.flag[href$="${CSS.escape(withoutLanguage(flag))}"])` : "";
  };
  const withoutLanguage = (address) => new URL(address, location.href).pathname.replace(/^\/[^/]+/, "");
  // The form beside the text, and the bar, stand still while one reads.
  const standsStill = (element) => {
    const around = element.closest(".petition-form, .sign-bar");
    return around && getComputedStyle(around).position !== "static";
  };
  const away = (top) => (top > -5 ? Math.max(top, 0) : CUT_OFF - top);
  const isWrittenIn = ({ element, top }) => element === field && top > 0 && top < window.innerHeight;
  function places() {
    const at = height();
    if (!at) return [];
    return [...document.querySelectorAll(NAMED)]
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ element, box }) => box.height && !standsStill(element))
      .map(({ element, box }) => ({ element, name: nameOf(element), top: box.top + window.scrollY - at }))
      .map((place) => ({ ...place, away: isWrittenIn(place) ? -1 : away(place.top) }))
      .filter(({ name }) => name)
      .sort((one, other) => one.away - other.away)
      .slice(0, 12);
  }
  function comeTo(marks) {
    for (const { name, top } of marks) {
      const element = document.querySelector(`main ${name}`);
      if (!element?.getBoundingClientRect().height) continue;
      window.scrollTo({ top: element.getBoundingClientRect().top + window.scrollY - top, behavior: "instant" });
      return;
    }
    window.scrollTo({ top: 0, behavior: "instant" });
  }

  const formsOf = (page) => new Map([...page.querySelectorAll("main form[action]")]
    .map((form) => [withoutLanguage(form.getAttribute("action")), form]));
  const fieldsOf = (form) => [...form.elements].filter(({ name, type }) => name && !/^(hidden|submit|button|file|fieldset)$/.test(type));
  const isChoice = ({ type }) => type === "checkbox" || type === "radio";
  const isFilled = (field) => {
    if (isChoice(field)) return field.checked;
    if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
    return field.value !== "";
  };
  // Boxes as they were: ticked where they were ticked by hand, and nowhere else.
  function carry(before, now) {
    const fields = fieldsOf(before);
    if (!fields.some(isFilled)) return;
    for (const field of fieldsOf(now)) {
      const same = fields.find((other) => other.name === field.name && (!isChoice(field) || other.value === field.value));
      if (same && isChoice(field)) field.checked = same.checked;
      else if (same) field.value = same.value;
    }
  }

  // What was loaded below a list is loaded again, in this language.
  const countOf = (list) => document.querySelectorAll(list).length;
  async function unfold(list, wanted) {
    for (let left = wanted - countOf(list); left > 0; left -= 1) {
      const link = [...document.querySelectorAll(`${list} .more a[hx-get]`)].at(-1);
      if (!link) return;
      const named = link.getAttribute("hx-target");
      const target = named.startsWith("#") ? named : link.closest(".more");
      await htmx.ajax("GET", link.href, { source: link, target, select: list, swap: link.getAttribute("hx-swap") });
    }
  }

  // What was said to be wrong with a form that has been sent already is said in this language.
  async function tellAgain(form) {
    const target = form.closest("section");
    const swap = "outerHTML settle:0ms";
    await htmx.ajax("POST", form.dataset.again, { source: form, target, select: `#${target.id}`, swap, values: { again: "errors" } });
  }

  const filesOf = (page) => [...page.querySelectorAll("head script[src], head link[rel=stylesheet]")]
    .map((file) => file.getAttribute("src") ?? file.getAttribute("href")).join(" ");

  async function open(address, isNew) {
    const mine = asked += 1;
    const marks = places();
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    if (!answer.ok || filesOf(page) !== filesOf(document)) throw new Error("this is another page");
    const before = formsOf(document);
    const counts = LISTS.map(countOf);
    const isNewAddress = answer.url.split("#")[0] !== location.href.split("#")[0];
    if (isNew && isNewAddress) history.pushState(null, "", answer.url);
    shown = addressed();
    put(page);
    for (const [name, form] of formsOf(document)) if (before.has(name)) carry(before.get(name), form);
    document.dispatchEvent(new CustomEvent("page-replaced"));
    htmx.process(document.body);
    comeTo(marks);
    document.querySelector(".language-menu summary, .languages a[aria-current]")?.focus({ preventScroll: true });
    await complete(before, counts);
    comeTo(marks);
  }
  function put(page) {
    const { lang, dir } = page.documentElement;
    Object.assign(document.documentElement, { lang, dir });
    for (const old of document.head.querySelectorAll(OF_THE_HEAD)) old.remove();
    document.head.append(...page.head.querySelectorAll(OF_THE_HEAD));
    document.body.className = page.body.className;
    document.body.replaceChildren(...page.body.childNodes);
  }
  async function complete(before, counts) {
    try {
      for (const [name, form] of formsOf(document)) {
        if (form.dataset.again && before.get(name)?.querySelector(".error-summary")) await tellAgain(form);
      }
      for (const [place, list] of LISTS.entries()) await unfold(list, counts[place]);
    } catch {
      // No network: the page is there, with what was typed; the rest of a list is behind its button.
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".languages a[hreflang]");
    if (!link || event.defaultPrevented) return;
    link.hash = places().find(({ name }) => name.startsWith("#text-"))?.name ?? "";
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link.href, true).catch(() => location.assign(link.href));
  });
  addEventListener("popstate", () => {
    if (addressed() !== shown) open(location.href, false).catch(() => location.reload());
  });
})();
