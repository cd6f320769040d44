// Keeps the parts of a page fresh that say where they come from. Without scripts the page works as it is.
"use strict";
(() => {
  const all = () => [...document.querySelectorAll("[data-live]")];
  if (!all().length || !window.EventSource) return;
  const waiting = new Map();
  const busy = (part) =>
    part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select, audio") ||
    [...part.querySelectorAll("audio")].some((a) => !a.paused) ||
    [...part.querySelectorAll("textarea")].some((t) => t.value !== t.defaultValue);
  // A page with forms: only the visitor's own copy of it has their tokens.
  const lookAgain = async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok) return;
    if (answer.redirected) return location.reload();
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-part]")) {
      const next = fresh.getElementById(part.id);
      if (!next || next.dataset.version === part.dataset.version || busy(part)) continue;
      const open = [...part.querySelectorAll("details")].map((d) => d.open);
      [...next.querySelectorAll("details")].forEach((d, i) => { if (open[i]) d.open = true; });
      part.replaceWith(document.adoptNode(next));
      next.dispatchEvent(new CustomEvent("live", { bubbles: true }));
    }
  };
  const show = (part, html, mark) => {
    if (part.dataset.mark === mark) return;
    if (busy(part)) return waiting.set(part, [html, mark]);
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    const held = part.contains(document.activeElement) && document.activeElement.id;
    for (const d of part.querySelectorAll("details[open][id]")) {
      const same = fresh.querySelector("#" + CSS.escape(d.id));
      if (same) same.open = true;
    }
    part.replaceChildren(...fresh.childNodes);
    part.dataset.mark = mark;
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
    if (part.querySelector("[data-look-again]")) lookAgain();
    part.dispatchEvent(new CustomEvent("live", { bubbles: true }));
  };
  let source;
  let named = new Set();
  const open = () => {
    const asked = new URLSearchParams();
    named = new Set(all().map((part) => part.dataset.live));
    for (const part of all()) { asked.append("part", part.dataset.live); asked.append("seen", part.dataset.mark); }
    source = new EventSource("/su-kien?" + asked);
    for (const part of all()) {
      source.addEventListener(part.dataset.live, (e) => {
        for (const each of all()) if (each.dataset.live === part.dataset.live) show(each, e.data, e.lastEventId);
      });
    }
    source.addEventListener("ended", () => location.reload());
    source.onerror = () => {
      document.documentElement.dataset.line = "down";
      if (source.readyState === EventSource.CLOSED) setTimeout(again, 10000);
    };
    source.onopen = () => { delete document.documentElement.dataset.line; };
  };
  // The stream was refused: the session has ended, or the station has too many guests.
  const again = async () => {
    try {
      const answer = await fetch(all()[0].dataset.live);
      if (answer.redirected) return location.reload();
    } catch { /* the link is down; the page stays as it was */ }
    open();
  };
  const shut = () => { source?.close(); source = undefined; };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) shut();
    else if (!source) open();
  });
  window.addEventListener("pagehide", shut);
  window.addEventListener("pageshow", () => { if (!source && !document.hidden) open(); });
  setInterval(() => {
    for (const [part, [html, mark]] of waiting) if (!busy(part)) { waiting.delete(part); show(part, html, mark); }
  }, 1000);
  // A search has put other parts there: the stream must name those that stand there now.
  document.addEventListener("htmx:afterSwap", () => {
    if (source && all().some((part) => !named.has(part.dataset.live))) { shut(); open(); }
  });
  if (!document.hidden) open();
})();
