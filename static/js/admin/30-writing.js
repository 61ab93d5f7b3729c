// Writing a text: marks from a toolbar, what is pasted made Markdown, rows put in order by drag. All works without.
(() => {
  "use strict";

  const form = document.querySelector("form[data-writing]");
  if (!form) return;
  const body = form.querySelector("textarea[name=body]");
  const toolbar = form.querySelector("[role=toolbar]");
  for (const button of form.querySelectorAll(".without-script")) button.hidden = true;

  // Typed by the browser, so that Ctrl+Z takes it back.
  const type = (text) => {
    body.focus();
    if (!document.execCommand("insertText", false, text)) body.setRangeText(text, body.selectionStart, body.selectionEnd, "end");
    body.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const selected = () => body.value.slice(body.selectionStart, body.selectionEnd);
  const select = (start, end) => body.setSelectionRange(start, end);

  const around = (mark) => {
    const [start, words] = [body.selectionStart, selected()];
    const has = words.length >= 2 * mark.length && words.startsWith(mark) && words.endsWith(mark);
    const bare = has ? words.slice(mark.length, -mark.length) : words;
    type(has ? bare : `${mark}${words}${mark}`);
    if (!has) select(start + mark.length, start + mark.length + words.length);
  };
  // The whole lines that the selection touches, each with its mark in front.
  const lines = (mark, pattern) => {
    const start = body.value.lastIndexOf("\n", body.selectionStart - 1) + 1;
    const stop = body.value.indexOf("\n", body.selectionEnd);
    const end = stop < 0 ? body.value.length : stop;
    const all = body.value.slice(start, end).split("\n");
    const has = all.every((line) => pattern.test(line) || !line.trim());
    let number = 0;
    const marked = all.map((line) => {
      const bare = line.replace(/^\s*(?:#{1,6} |[-*+] |\d{1,3}[.)] |> )/, "");
      return has || !line.trim() ? bare : `${mark(++number)}${bare}`;
    });
    select(start, end);
    type(marked.join("\n"));
  };
  const link = (button) => {
    const [start, words] = [body.selectionStart, selected()];
    const address = prompt(button.dataset.ask, "https://");
    if (!address || address === "https://") return;
    type(`[${words || address}](${address.replace(/[\s()<>]/g, encodeURIComponent)})`);
    select(start + 1, start + 1 + (words || address).length);
  };
  const marks = {
    bold: () => around("**"),
    italic: () => around("*"),
    heading: () => lines(() => "## ", /^## /),
    bullets: () => lines(() => "- ", /^- /),
    numbers: () => lines((number) => `${number}. `, /^\d+\. /),
    quote: () => lines(() => "> ", /^> /),
    link,
  };

  toolbar.hidden = false;
  const buttons = [...toolbar.querySelectorAll("button")];
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mark]");
    if (button) marks[button.dataset.mark](button);
  });
  // One stop for the Tab key; the arrows move in it.
  toolbar.addEventListener("keydown", (event) => {
    const rtl = getComputedStyle(toolbar).direction === "rtl";
    const step = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const place = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    for (const button of buttons) button.tabIndex = -1;
    buttons[place].tabIndex = 0;
    buttons[place].focus();
  });
  body.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const mark = { b: "bold", i: "italic" }[event.key.toLowerCase()];
    if (!mark) return;
    event.preventDefault();
    marks[mark]();
  });

  // Formatted text comes back as Markdown; where that fails, the plain text is there as ever.
  body.addEventListener("paste", async (event) => {
    const html = event.clipboardData?.getData("text/html");
    const plain = event.clipboardData?.getData("text/plain") ?? "";
    if (!html || html.length > 500000) return;
    event.preventDefault();
    let text = plain;
    try {
      const token = form.querySelector("[name=csrf_token]").value;
      const answer = await fetch(form.dataset.paste, { method: "POST", body: new URLSearchParams({ html }), headers: { "X-CSRFToken": token } });
      if (answer.ok) text = (await answer.text()) || plain;
    } catch { /* the plain text will do */ }
    type(text);
  });

  // Nobody leaves what is not kept yet without being asked.
  let kept = true;
  form.addEventListener("input", () => { kept = false; });
  form.addEventListener("submit", () => { kept = true; });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "writing-status" && !event.target.querySelector(".error-words")) kept = true;
  });
  addEventListener("beforeunload", (event) => { if (!kept) event.preventDefault(); });
})();
