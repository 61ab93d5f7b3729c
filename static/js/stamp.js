// Before somebody signs: a stamp that tells when the form was first touched and, where traffic is odd, some work that a
// worker does meanwhile. Without either the form is sent all the same, and the mail decides.
(() => {
  "use strict";

  const LONGEST_WAIT = 10000; // what is not done then is sent without, in milliseconds
  let begun;

  document.addEventListener("focusin", (event) => {
    const form = event.target.closest?.("form[data-challenge]");
    if (form && form !== begun?.form) {
      begun = { form };
      begun.ready = prepare(begun);
    }
  });

  // The form in another language is the same one: it has been touched, and what is under way is for it.
  document.addEventListener("page-replaced", () => {
    const form = document.querySelector("form[data-challenge]");
    if (!begun || !form) return;
    for (const name of ["stamp", "work"]) if (begun.form.elements[name]) put(form, name, begun.form.elements[name].value);
    begun.form = form;
  });

  async function prepare(begun) {
    const { form } = begun;
    // A form that came back still has what it was sent with.
    if (form.elements.stamp?.value) return;
    try {
      const answer = await fetch(form.dataset.challenge, { credentials: "omit" });
      if (!answer.ok) return;
      const { stamp, work } = await answer.json();
      put(begun.form, "stamp", stamp);
      const number = work && await solve(form.dataset.worker, work);
      if (Number.isInteger(number)) {
        const { algorithm, challenge, salt, signature } = work;
        put(begun.form, "work", btoa(JSON.stringify({ algorithm, challenge, number, salt, signature })));
      }
    } catch {
      // No network, or a browser that cannot: the form is sent without.
    }
  }

  function solve(address, work) {
    return new Promise((resolve) => {
      const worker = new Worker(address);
      const end = (number) => { worker.terminate(); resolve(number); };
      worker.onmessage = ({ data }) => end(data);
      worker.onerror = () => end(null);
      worker.postMessage(work);
    });
  }

  function put(form, name, value) {
    form.prepend(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }

  // A form that is sent while the work is under way waits for its end.
  document.addEventListener("htmx:confirm", (event) => {
    const form = event.target;
    if (form !== begun?.form || event.detail.verb !== "post") return;
    event.preventDefault();
    const patience = new Promise((resolve) => { setTimeout(resolve, LONGEST_WAIT); });
    Promise.race([begun.ready, patience]).then(() => event.detail.issueRequest(true));
  });
})();
