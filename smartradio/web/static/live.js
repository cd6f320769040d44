// Looks again by itself while something is still to come. Without scripts the page works as it is.
"use strict";
(() => {
  const main = document.getElementById("main");
  const seconds = Number(main && main.dataset.live);
  if (!seconds) return;
  const busy = (part) =>
    part.contains(document.activeElement) && document.activeElement.matches("input, textarea, audio") ||
    [...part.querySelectorAll("audio")].some((a) => !a.paused) ||
    [...part.querySelectorAll("textarea")].some((t) => t.value !== t.defaultValue);
  const look = async () => {
    let again = seconds;
    if (!document.hidden) {
      try {
        const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
        if (answer.redirected) return location.reload();
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
          for (const part of document.querySelectorAll("[data-part]")) {
            const next = fresh.getElementById(part.id);
            if (!next || next.dataset.version === part.dataset.version || busy(part)) continue;
            const open = [...part.querySelectorAll("details")].map((d) => d.open);
            [...next.querySelectorAll("details")].forEach((d, i) => { if (open[i]) d.open = true; });
            part.replaceWith(document.adoptNode(next));
          }
          again = Number(fresh.getElementById("main").dataset.live) || 0;
        }
      } catch {
        again = 10; // the link is weak; the page stays as it was
      }
    }
    if (again) setTimeout(look, again * 1000);
  };
  setTimeout(look, seconds * 1000);
})();
