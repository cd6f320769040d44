"use strict";
// A sound plays where its word stands; without this script it opens as a page of its own.
(() => {
  let playing = null;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-hear]");
    if (!link) return;
    event.preventDefault();
    if (playing) playing.pause();
    playing = new Audio(link.href);
    link.setAttribute("aria-busy", "true");
    const done = () => link.removeAttribute("aria-busy");
    playing.addEventListener("playing", done);
    playing.addEventListener("error", () => { done(); window.location.assign(link.href); });
    playing.play().catch(() => { done(); });
  });
})();
