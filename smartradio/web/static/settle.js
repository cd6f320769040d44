// Keys of the settling page; each does what a link, a form or the player of the page does.
"use strict";
(() => {
  const card = document.getElementById("settling");
  if (!card) return;
  const held = document.querySelector("#keys-switch input");
  document.getElementById("keys-switch").hidden = false;
  held.checked = localStorage.getItem("settling-keys") !== "off";
  held.addEventListener("change", () => localStorage.setItem("settling-keys", held.checked ? "on" : "off"));

  let leaving = false; // what is answered once is not answered again while the next page is on its way
  const leave = (go) => { leaving = true; go(); };
  const send = (form) => form && form.reportValidity() && leave(() => form.requestSubmit());
  const follow = (rel) => {
    const link = card.querySelector(`a[rel=${rel}]`);
    if (link) leave(() => link.click());
  };
  const open = (act, inside) => {
    const part = card.querySelector(`details[data-act=${act}]`);
    if (!part) return;
    part.open = true;
    part.querySelector(inside).focus();
  };
  const play = () => {
    const audio = card.querySelector("audio");
    if (audio) audio.paused ? audio.play() : audio.pause();
  };
  const close = () => {
    for (const part of card.querySelectorAll("details[data-act]")) part.open = false;
    document.activeElement.blur();
  };
  const keys = {
    c: () => send(card.querySelector("form[data-act=confirm]")),
    d: () => open("dispute", "textarea"),
    r: () => open("replay", "button"),
    n: () => follow("next"),
    p: () => follow("prev"),
    " ": play,
    escape: close,
  };
  document.addEventListener("keydown", (event) => {
    if (leaving || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const within = event.target;
    if (within.matches("textarea")) {
      if (key === "escape") close();
      if (key !== "enter" || event.shiftKey) return;
      event.preventDefault();
      return send(within.form);
    }
    // A focused button, link or player keeps the space bar for itself.
    if (!held.checked || within.matches("input") || (key === " " && within.matches("button, summary, a, audio"))) return;
    if (!keys[key]) return;
    event.preventDefault();
    keys[key]();
  });
  // The page may come back from the browser's memory.
  addEventListener("pageshow", () => { leaving = false; });
  // Drawn while this one is looked at, so that the next page is whole at once.
  const next = card.querySelector("a[data-picture]");
  if (next) new Image().src = next.dataset.picture;
})();
