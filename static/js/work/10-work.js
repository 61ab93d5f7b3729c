// The work that a page is asked for where traffic is odd: find the number whose hash is the one that was given
// (ALTCHA, SHA-256). It runs beside the page, while somebody types.
"use strict";

addEventListener("message", async ({ data: { algorithm, challenge, maxnumber, salt } }) => {
  const encoder = new TextEncoder();
  const wanted = Uint8Array.from(challenge.match(/../g), (pair) => parseInt(pair, 16));
  for (let number = 0; number <= maxnumber; number += 1) {
    const hash = new Uint8Array(await crypto.subtle.digest(algorithm, encoder.encode(salt + number)));
    if (wanted.every((byte, place) => byte === hash[place])) {
      postMessage(number);
      return;
    }
  }
  postMessage(null);
});
