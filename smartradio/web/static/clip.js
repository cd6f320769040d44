// A line that moves over the picture while a clip plays; a click on picture or word plays from there.
// Without scripts the players work as they are.
"use strict";
(() => {
  const axis = (figure) => {
    const [from, to, left, share] = ["from", "to", "left", "share"].map((name) => Number(figure.dataset[name]));
    return { at: (s) => 100 * (left + share * (s - from) / (to - from)), s: (x) => from + (to - from) * (x - left) / share };
  };
  const figureOf = (element) => {
    const card = element.closest(".node");
    return card && card.querySelector(".sound-figure[data-from]");
  };
  const playFrom = (figure, s) => {
    const audio = figure.querySelector("audio");
    const begin = () => { audio.currentTime = Math.max(0, Math.min(s, audio.duration || s)); audio.play(); };
    if (audio.readyState > 0) return begin();
    audio.addEventListener("loadedmetadata", begin, { once: true });
    audio.load();
    audio.play();
  };
  document.addEventListener("timeupdate", (event) => {
    const figure = event.target.closest(".sound-figure[data-from]");
    if (!figure) return;
    const head = figure.querySelector(".playhead");
    head.hidden = false;
    head.style.left = `${axis(figure).at(event.target.currentTime)}%`;
  }, true);
  document.addEventListener("click", (event) => {
    const word = event.target.closest("[data-at]");
    const figure = word ? figureOf(word) : event.target.matches("img.sound") ? figureOf(event.target) : null;
    if (!figure) return;
    if (word) return playFrom(figure, Number(word.dataset.at) - 0.3);
    const box = event.target.getBoundingClientRect();
    if (event.target.closest("[data-from]")) playFrom(figure, axis(figure).s((event.clientX - box.left) / box.width));
  });
})();
