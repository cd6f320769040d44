// The officer's page: all that is slow is done before the red button. Without scripts the forms work as they are.
"use strict";
(() => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  const isOurs = (answer) => !answer.redirected && (answer.headers.get("content-type") || "").includes("json");

  // A form behind a PIN: the PIN is checked before the click, and what the click sends goes out once, however weak the line.
  const gate = (form, page) => {
    const of = form.elements, words = form.dataset, digits = Number(words.digits);
    const told = form.querySelector("[data-told]"), send = form.querySelector("[data-send]");
    let granted = "", checking = null, sending = false;
    form.noValidate = true;

    const say = (line, bad = false) => { told.textContent = line || ""; told.classList.toggle("error", bad); };
    const post = (path, { leave = [], what = "doc" } = {}) => {
      const body = new URLSearchParams(new FormData(form));
      leave.forEach((name) => body.delete(name));
      body.set("do", what);
      return fetch(path, { method: "POST", body, headers: { accept: "application/json" }, signal: AbortSignal.timeout(10000) });
    };
    // The session has ended: the form goes out as it is, and comes back after the login.
    const plainly = (what) => {
      const chosen = document.createElement("input");
      Object.assign(chosen, { type: "hidden", name: "do", value: what });
      form.append(chosen);
      form.submit();
    };
    const forget = () => {
      of.grant.value = granted = "";
      of.pin.placeholder = "";
      send.classList.remove("armed");
    };

    const checked = async (text) => {
      const answer = await post(words.check);
      if (!isOurs(answer)) return page.stale(plainly);
      const gave = await answer.json();
      if (!answer.ok) {
        of.pin.value = "";
        say(gave.error, true);
        if (gave.field !== "pin") page.refused(gave, plainly);
        return (form.querySelector(`[name="o-${gave.field}"]`) || of[gave.field] || of.pin).focus?.();
      }
      if (page.said() !== text) return;
      of.grant.value = gave.grant;
      granted = text;
      of.pin.value = "";
      of.pin.placeholder = "✓";
      say(of.exercise?.checked ? words.practised : words.right);
      send.classList.add("armed");
      send.focus();
    };
    // Asked for twice more at most: a wrong PIN whose answer is lost counts each time.
    const check = async () => {
      const text = page.said();
      for (let turn = 1; of.pin.value && !sending && turn <= 3; turn += 1) {
        try {
          return await checked(text);
        } catch {
          say(words.weak, true);
          await wait(500 * turn);
        }
      }
    };
    const checkOnce = () => { checking ??= check().finally(() => { checking = null; }); return checking; };

    const away = async () => {
      for (let turn = 1; turn <= 30; turn += 1) {
        try {
          const answer = await post(form.action, { what: "phat" });
          if (!isOurs(answer)) return plainly("phat");
          const gave = await answer.json();
          if (answer.ok) {
            page.gone();
            return location.assign(gave.to);
          }
          if (gave.field === "pin") { forget(); of.pin.focus(); }
          else await page.refused(gave, plainly);
          return say(gave.error, true);
        } catch {
          say(words.weak, true);
          await wait(Math.min(500 * turn, 4000));
        }
      }
    };

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (page.takes(event) || sending) return;
      sending = true;
      send.setAttribute("aria-disabled", "true");
      if (checking) await checking;
      say(words.sending);
      await away();
      sending = false;
      send.removeAttribute("aria-disabled");
    });
    of.pin.addEventListener("input", () => { if (digits && of.pin.value.length === digits) checkOnce(); });
    of.pin.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      checkOnce();
    });
    const changed = () => {
      if (!granted || page.said() === granted) return say("");
      forget();
      say(words.other, true);
    };
    return { post, changed };
  };

  // What is said follows from these alone; the PIN was typed for them.
  const UNSAID = new Set(["csrf", "once", "grant", "pin", "username", "taken_on", "zones", "repeat_min", "lasts_h", "do"]);

  const officer = (form) => {
    const of = form.elements, words = form.dataset;
    const reading = form.querySelector("#reading"), place = `khan ${of.template.value}${of.draft.value}${of.supersedes.value}`;
    let made = "", asked = 0;

    const said = () => new URLSearchParams([...new FormData(form)].filter(([name]) => !UNSAID.has(name))).toString();
    const typed = [...of].filter((each) => each.name && !UNSAID.has(each.name) && each.type !== "hidden");
    const whole = () => typed.every((each) => each.checkValidity());
    const again = () => { made = ""; return prepare(true); };
    const { post, changed } = gate(form, {
      said,
      stale: (plainly) => plainly("doc"),
      refused: again,
      gone: () => sessionStorage.removeItem(place),
      takes: (event) => Boolean(event.submitter?.hasAttribute("data-read")) && Boolean(again()),
    });

    const prepare = async (force) => {
      const text = said();
      if (text === made || (!force && !whole())) return;
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

    of.pin.addEventListener("focus", () => prepare());
    const free = of.text, kept = () => typed.filter((each) => !["exercise", "issued"].includes(each.name));
    const keep = () => sessionStorage.setItem(place, JSON.stringify({ once: of.once.value, exercise: of.exercise.checked, typed: kept().map((each) => [each.name, each.value]) }));
    form.addEventListener("change", (event) => { if (typed.includes(event.target)) prepare(); });
    form.addEventListener("input", (event) => {
      if (!typed.includes(event.target)) return;
      keep();
      changed();
    });
    const left = JSON.parse(sessionStorage.getItem(place) || "null");
    if (left && kept().every((each) => each.tagName === "SELECT" || !each.value.trim())) {
      for (const [name, value] of left.typed) if (of[name]) of[name].value = value;
      of.once.value = left.once;
      of.exercise.checked = of.exercise.checked || left.exercise;
    }
    for (const link of form.querySelectorAll("[data-words]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        free.value = link.textContent;
        free.dispatchEvent(new Event("input", { bubbles: true }));
        prepare();
        free.focus();
      });
    }
    const zones = [...form.querySelectorAll("[name=zones]")], count = form.querySelector("[data-count]");
    const spots = [...form.querySelectorAll("[data-zone]")];
    const counted = () => {
      spots.forEach((spot) => spot.classList.toggle("on", spot.control.checked));
      const chosen = zones.filter((zone) => zone.checked).length;
      count.textContent = chosen === zones.length ? count.dataset.whole : count.dataset.some.replace("#", chosen);
    };
    const all = (on) => { zones.forEach((zone) => { zone.checked = on; }); counted(); };
    form.querySelector("[data-pick]").hidden = false;
    form.querySelector("[data-all]").addEventListener("click", () => all(true));
    form.querySelector("[data-none]").addEventListener("click", () => all(false));
    zones.forEach((zone) => zone.addEventListener("change", counted));
    counted();
    prepare();
  };

  document.querySelectorAll("form[data-alert]").forEach(officer);

  // The second person lets out just the version that is read; where it changes, live.js puts another form in its place.
  const second = (form) => {
    delete form.dataset.second;
    gate(form, {
      said: () => form.elements.seen.value,
      stale: () => location.reload(),
      refused: (_gave, plainly) => plainly("phat"),
      gone: () => undefined,
      takes: () => false,
    });
  };
  const seconds = () => document.querySelectorAll("form[data-second]").forEach(second);
  document.addEventListener("live", seconds);
  seconds();

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
