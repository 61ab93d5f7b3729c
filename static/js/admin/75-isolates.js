// In a field that runs from right to left, each placeholder, tag and address has an invisible isolate around it
// (i18n/isolating.py). It is deleted in one piece, copied without, and gets one when it is pasted. All works without.
(() => {
  "use strict";

  const FIELD = "textarea[data-isolates]";
  const FIXED = /%\(\w+\)[a-z]|<\/?[A-Za-z][^<>]*>|https?:\/\/[^\s()<>\u2066\u2069]+/g;
  const bare = (text) => text.replace(/[\u2066\u2069]/g, "");
  const isolated = (text) => bare(text).replace(FIXED, "\u2066$&\u2069");
  const selected = (field) => field.value.slice(field.selectionStart, field.selectionEnd);

  // By the browser, so that Ctrl+Z takes it back.
  const put = (field, text) => {
    const isDone = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
    if (isDone) return;
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("beforeinput", (event) => {
    const field = event.target;
    if (!field.matches?.(FIELD) || field.selectionStart !== field.selectionEnd) return;
    const at = field.selectionStart;
    const before = event.inputType === "deleteContentBackward" && /\u2066[^\u2066\u2069]*\u2069$/.exec(field.value.slice(0, at));
    const after = event.inputType === "deleteContentForward" && /^\u2066[^\u2066\u2069]*\u2069/.exec(field.value.slice(at));
    if (!before && !after) return;
    event.preventDefault();
    field.setSelectionRange(before ? before.index : at, after ? at + after[0].length : at);
    put(field, "");
  });

  for (const kind of ["copy", "cut"]) {
    document.addEventListener(kind, (event) => {
      const field = event.target;
      if (!field.matches?.(FIELD) || !event.clipboardData) return;
      event.clipboardData.setData("text/plain", bare(selected(field)));
      event.preventDefault();
      if (kind === "cut") put(field, "");
    });
  }

  document.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain");
    if (!text || !event.target.matches?.(FIELD)) return;
    event.preventDefault();
    put(event.target, isolated(text));
  });
})();
