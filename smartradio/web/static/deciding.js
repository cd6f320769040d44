// Plays a sentence where it stands. Without scripts the link opens the sound.
"use strict";
(() => {
  const player = new Audio(), whole = document.getElementById("whole");
  let now = null, word = "";
  const rest = () => {
    if (!now) return;
    now.classList.remove("playing");
    now.textContent = word;
    now = null;
  };
  player.addEventListener("ended", rest);
  if (whole) whole.addEventListener("play", () => { player.pause(); rest(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-play]");
    if (!link) return;
    event.preventDefault();
    const same = link === now;
    player.pause();
    rest();
    if (same) return;
    if (whole) whole.pause();
    now = link;
    word = link.textContent;
    link.textContent = link.dataset.stop;
    link.classList.add("playing");
    player.src = link.href;
    player.play().catch(rest);
  });
})();
