// Forms that answer as one types, by htmx. Whatever is no answer to the search is shown as a page of its own.
"use strict";
(() => {
  const asked = (event) => event.detail.pathInfo.finalRequestPath;
  const leave = (event) => { event.preventDefault(); location.assign(asked(event)); };
  document.addEventListener("htmx:beforeRequest", (event) => {
    // Enter after the answer is there: no second entry in the browser's history.
    if (asked(event) === location.pathname + location.search) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    // The session has ended, or the station says what is wrong.
    if (xhr.status !== 200 || new URL(xhr.responseURL).pathname !== new URL(asked(event), location.href).pathname) leave(event);
  });
  document.addEventListener("htmx:sendError", () => { document.documentElement.dataset.line = "down"; });
  document.addEventListener("htmx:afterOnLoad", () => { delete document.documentElement.dataset.line; });
})();
