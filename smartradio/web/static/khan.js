// The officer's page: all that is slow is done before the red button. Without scripts the forms work as they are.
"use strict";
(() => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  const officer = (form) => {
    const of = form.elements, words = form.dataset, digits = Number(words.digits);
    const told = form.querySelector("[data-told]"), send = form.querySelector("[data-send]");
    const reading = form.querySelector("#reading"), free = of.text.tagName === "TEXTAREA";
    let made = "", granted = "", checking = null, sending = false, asked = 0;
    form.noValidate = true;

    const say = (line, bad = false) => { told.textContent = line || ""; told.classList.toggle("error", bad); };
    const post = (path, { leave = [], what = "doc" } = {}) => {
      const body = new URLSearchParams(new FormData(form));
      leave.forEach((name) => body.delete(name));
      body.set("do", what);
      return fetch(path, { method: "POST", body, headers: { accept: "application/json" }, signal: AbortSignal.timeout(10000) });
    };
    const isOurs = (answer) => !answer.redirected && (answer.headers.get("content-type") || "").includes("json");
    // The session has ended: the form goes out as it is, and comes back after the login.
    const plainly = (what) => {
      const chosen = document.createElement("input");
      Object.assign(chosen, { type: "hidden", name: "do", value: what });
      form.append(chosen);
      form.submit();
    };

    const prepare = async () => {
      const text = of.text.value.trim();
      if (!text || text === made) return;
      made = text;
      const mine = ++asked;
      reading.setAttribute("aria-busy", "true");
      if (!reading.childElementCount) reading.textContent = words.making;
      try {
        const answer = await post("/khan/chuan-bi", { leave: ["pin"] });
        if (answer.redirected || answer.status === 401 || answer.status === 403) { made = ""; return; }
        const html = await answer.text();
        if (mine === asked) reading.innerHTML = html;
        if (!answer.ok) made = "";
      } catch {
        made = "";
      } finally {
        if (mine === asked) reading.removeAttribute("aria-busy");
      }
    };

    const check = async () => {
      if (!of.pin.value || !of.text.value.trim()) return;
      const text = of.text.value;
      try {
        const answer = await post("/khan/ma");
        if (!isOurs(answer)) return plainly("doc");
        const said = await answer.json();
        if (!answer.ok) { of.pin.value = ""; say(said.error, true); of.pin.focus(); return; }
        if (of.text.value !== text) return;
        of.grant.value = said.grant;
        granted = text;
        of.pin.value = "";
        of.pin.placeholder = "✓";
        say(words.right);
        send.classList.add("armed");
        send.focus();
      } catch {
        say(words.weak, true);
      }
    };
    const checkOnce = () => { checking ??= check().finally(() => { checking = null; }); return checking; };

    const away = async () => {
      for (let turn = 1; turn <= 30; turn += 1) {
        try {
          const answer = await post(form.action, { what: "phat" });
          if (!isOurs(answer)) return plainly("phat");
          const said = await answer.json();
          if (answer.ok) {
            sessionStorage.removeItem("khan");
            return location.assign(said.to);
          }
          if (said.field === "pin") { of.grant.value = granted = ""; of.pin.placeholder = ""; of.pin.focus(); }
          if (said.field === "reading") { made = ""; await prepare(); }
          return say(said.error, true);
        } catch {
          say(words.weak, true);
          await wait(Math.min(500 * turn, 4000));
        }
      }
    };

    form.addEventListener("submit", async (event) => {
      if (event.submitter && event.submitter.hasAttribute("data-read")) {
        event.preventDefault();
        made = "";
        return prepare();
      }
      event.preventDefault();
      if (sending) return;
      sending = true;
      send.setAttribute("aria-disabled", "true");
      if (checking) await checking;
      say(words.sending);
      await away();
      sending = false;
      send.removeAttribute("aria-disabled");
    });
    of.pin.addEventListener("input", () => { if (digits && of.pin.value.length === digits) checkOnce(); });
    of.pin.addEventListener("focus", prepare);
    of.pin.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      checkOnce();
    });
    const held = form.closest("details");
    if (held) held.addEventListener("toggle", () => { if (held.open) prepare(); });
    if (!free) return;

    const keep = () => sessionStorage.setItem("khan", JSON.stringify({ text: of.text.value, once: of.once.value }));
    of.text.addEventListener("change", prepare);
    of.text.addEventListener("input", () => {
      keep();
      if (granted && of.text.value !== granted) {
        of.grant.value = granted = "";
        of.pin.placeholder = "";
        send.classList.remove("armed");
        say(words.other, true);
      }
    });
    const left = JSON.parse(sessionStorage.getItem("khan") || "null");
    if (left && left.text && !of.text.value.trim()) { of.text.value = left.text; of.once.value = left.once; }
    for (const link of form.querySelectorAll("[data-words]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        of.text.value = link.textContent;
        of.text.dispatchEvent(new Event("input"));
        prepare();
        of.text.focus();
      });
    }
    const zones = [...form.querySelectorAll("[name=zones]")], count = form.querySelector("[data-count]");
    const counted = () => { count.textContent = `${zones.filter((zone) => zone.checked).length}/${zones.length}`; };
    const all = (on) => { zones.forEach((zone) => { zone.checked = on; }); counted(); };
    form.querySelector("[data-pick]").hidden = false;
    form.querySelector("[data-all]").addEventListener("click", () => all(true));
    form.querySelector("[data-none]").addEventListener("click", () => all(false));
    zones.forEach((zone) => zone.addEventListener("change", counted));
    counted();
    prepare();
  };

  document.querySelectorAll("form[data-alert]").forEach(officer);

  const hint = document.querySelector("[data-awake]");
  const awake = () => {
    if (document.hidden || !navigator.wakeLock) return;
    navigator.wakeLock.request("screen").then(() => { hint.hidden = false; }, () => { hint.hidden = true; });
  };
  if (hint) {
    document.addEventListener("visibilitychange", awake);
    awake();
  }
})();
