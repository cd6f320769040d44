// Reads, saves and plays while somebody writes. Without scripts the editor's own buttons do all of it.
"use strict";
(() => {
  const READ_AFTER_MS = 400, SAVE_AFTER_MS = 3000, TRY_AGAIN_MS = 8000;
  const FILES = ["sound_file", "recorded", "document"];
  const player = new Audio();
  const form = () => document.getElementById("editor");
  const words = (name, values = {}) =>
    Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), form().dataset[name]);
  const said = (text, warn) => {
    const line = document.getElementById("saved");
    line.textContent = text;
    line.classList.toggle("warn", Boolean(warn));
  };
  const typedOnly = () => {
    const body = new FormData(form());
    FILES.forEach((name) => body.delete(name));
    return new URLSearchParams(body);
  };
  let readTimer = 0, saveTimer = 0, reading = null, saving = false, unsaved = false, leaving = false;

  // -- marks under what is typed
  const nth = (text, what, number) => {
    let at = -1;
    for (let i = 0; i <= number; i += 1) if ((at = text.indexOf(what, at + 1)) < 0) return -1;
    return at;
  };
  const draw = () => {
    form().querySelectorAll(".part").forEach((part, number) => {
      const area = part.querySelector("textarea"), under = part.querySelector(".under");
      if (!area) return;
      const text = area.value, spans = [];
      document.querySelectorAll(`.check-place[data-part="${number}"]`).forEach((place) => {
        const at = nth(text, place.dataset.written, Number(place.dataset.nth));
        if (at >= 0) spans.push([at, at + place.dataset.written.length]);
      });
      spans.sort((a, b) => a[0] - b[0]);
      under.replaceChildren();
      let end = 0;
      for (const [from, to] of spans) {
        if (from < end) continue;
        const mark = document.createElement("mark");
        mark.textContent = text.slice(from, to);
        under.append(text.slice(end, from), mark);
        end = to;
      }
      under.append(`${text.slice(end)}\n`);
      under.scrollTop = area.scrollTop;
      if (CSS.supports("field-sizing", "content")) area.classList.add("grows");
    });
  };

  // -- how it is read
  const read = async () => {
    if (reading) reading.abort();
    const mine = new AbortController();
    reading = mine;
    try {
      const answer = await fetch("/soan/doc", { method: "POST", body: typedOnly(), signal: mine.signal });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.getElementById("reading");
      if (mine === reading && next) {
        const aside = document.querySelector(".heard"), top = aside.scrollTop;
        document.getElementById("reading").replaceWith(document.adoptNode(next));
        aside.scrollTop = top;
        draw();
      }
    } catch { /* the next keystroke, or the next save, tries again and tells */ }
  };

  // -- drafts
  const save = async (last) => {
    clearTimeout(saveTimer);
    if (!unsaved || saving || leaving) return;
    saving = true;
    unsaved = false;
    const body = typedOnly();
    try {
      const answer = await fetch("/soan/nhap", { method: "POST", body, keepalive: Boolean(last) && body.toString().length < 60000 });
      if (answer.redirected || [401, 403].includes(answer.status)) {
        // Sent as a form of its own it goes through the login and on; trying again here would not.
        clearTimeout(saveTimer);
        return said(words("wordsSession"), true);
      }
      const told = await answer.json();
      if (answer.ok) {
        form().elements.draft.value = told.draft;
        form().elements.saved.value = told.saved;
        if (told.saved) said(told.line);
        if (told.saved && !form().querySelector("[name=item]")) history.replaceState(null, "", `/soan/nhap/${told.draft}`);
      } else {
        said(told.changed || told.fault || words("wordsUnsaved"), true);
        if (answer.status === 409) return clash();
        unsaved = true;
      }
    } catch {
      unsaved = true;
      said(words("wordsUnsaved"), true);
      saveTimer = setTimeout(save, TRY_AGAIN_MS);
    } finally {
      saving = false;
    }
    if (unsaved && !saveTimer) saveTimer = setTimeout(save, SAVE_AFTER_MS);
  };
  let clashed = false;
  // The server shows the editor again with both ways out; nothing typed is lost.
  const clash = () => {
    if (clashed) return;
    clashed = true;
    send("/soan/sua", { do: "read" });
  };
  const typed = (event) => {
    if (!event.target.name || event.target.type === "file") return;
    unsaved = true;
    if (event.target.matches("textarea")) draw();
    clearTimeout(readTimer);
    readTimer = setTimeout(read, READ_AFTER_MS);
    clearTimeout(saveTimer);
    saveTimer = setTimeout(save, SAVE_AFTER_MS);
  };

  // -- buttons that change the editor: the server answers with the editor, which takes the place of this one
  const take = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const next = page.getElementById("editor");
    if (!next) {
      // The answer is no editor: it says in one line why, and all that was typed stays here.
      const line = page.querySelector("main h1 + p");
      document.getElementById("sending").hidden = true;
      form().querySelectorAll("input[type=file]").forEach((input) => { input.value = ""; });
      said(line ? line.textContent : words("wordsUnsaved"), true);
      return false;
    }
    form().replaceWith(document.adoptNode(next));
    begin();
    const error = form().querySelector(".error, .notice.warn");
    const field = [...form().querySelectorAll("textarea")].pop();
    if (error) error.scrollIntoView({ block: "center" });
    else if (field && !field.value) field.focus();
    return true;
  };
  const send = (path, more) => new Promise((done) => {
    const body = new FormData(form());
    if (!more.files) FILES.forEach((name) => body.delete(name));
    for (const [name, value] of Object.entries(more.files || { do: more.do })) {
      body.delete(name);
      value instanceof File ? body.append(name, value, value.name) : body.append(name, value);
    }
    const request = new XMLHttpRequest();
    request.open("POST", path);
    if (more.files) {
      const bar = document.getElementById("sending");
      bar.hidden = false;
      request.upload.onprogress = (event) => {
        const percent = Math.round(100 * event.loaded / event.total);
        bar.querySelector("progress").value = percent;
        bar.querySelector("span").textContent = words("wordsSending", { percent });
      };
    }
    request.onload = () => { done(take(request.responseText)); clashed = false; };
    request.onerror = () => { document.getElementById("sending").hidden = true; said(words("wordsUnsaved"), true); done(false); };
    request.send(more.files ? body : new URLSearchParams(body));
  });
  const bringIn = (input) => {
    const file = input.files[0];
    if (!file) return;
    if (file.size > Number(form().dataset.uploadMost)) {
      input.value = "";
      return said(words("wordsLarge"), true);
    }
    send("/soan/tep", { files: { [input.name]: file } });
  };

  // -- the microphone
  let recorder = null;
  const record = async (button) => {
    if (recorder) return recorder.stop();
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    } catch {
      return said(words("wordsMic"), true);
    }
    const pieces = [], line = document.getElementById("recording"), words0 = button.textContent, since = performance.now();
    recorder = new MediaRecorder(stream);
    const tick = setInterval(() => { line.textContent = words("wordsRecording", { seconds: Math.round((performance.now() - since) / 1000) }); }, 250);
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.onstop = () => {
      clearInterval(tick);
      stream.getTracks().forEach((track) => track.stop());
      line.hidden = true;
      button.textContent = words0;
      const kind = recorder.mimeType.includes("mp4") ? "m4a" : "webm";
      recorder = null;
      const now = new Date(), two = (number) => String(number).padStart(2, "0");
      const name = `ghi-am-${two(now.getHours())}h${two(now.getMinutes())}.${kind}`;
      send("/soan/tep", { files: { recorded: new File(pieces, name) } });
    };
    recorder.start(1000);
    line.hidden = false;
    button.textContent = button.dataset.stop;
  };

  // -- hearing
  const quiet = () => document.querySelectorAll(".hear").forEach((link) => { link.removeAttribute("aria-pressed"); link.classList.remove("waits"); });
  const hear = (link) => {
    const playing = link.getAttribute("aria-pressed") === "true";
    quiet();
    player.pause();
    if (playing) return;
    link.setAttribute("aria-pressed", "true");
    link.classList.add("waits");
    player.src = link.getAttribute("href");
    player.onplaying = () => link.classList.remove("waits");
    player.onended = quiet;
    player.onerror = () => { quiet(); location.href = link.href; };
    player.play().catch(quiet);
  };

  const mended = (place, way) => {
    const area = form().querySelectorAll(".part")[Number(place.dataset.part)].querySelector("textarea");
    area.value = area.value.normalize("NFC");
    const at = nth(area.value, place.dataset.written, Number(place.dataset.nth));
    if (at < 0) return false;
    area.focus();
    area.setSelectionRange(at, at + place.dataset.written.length);
    // So that Ctrl+Z takes it back.
    if (!document.execCommand("insertText", false, way)) area.setRangeText(way, at, at + place.dataset.written.length, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  };

  const clicked = (event) => {
    const link = event.target.closest("a.hear"), button = event.target.closest("button");
    if (link) {
      event.preventDefault();
      return hear(link);
    }
    if (!button) return;
    if (button.id === "record") return record(button);
    if (button.classList.contains("take") && mended(button.closest(".check-place"), button.dataset.way)) return event.preventDefault();
    if (button.getAttribute("formaction") === "/soan/sua") {
      event.preventDefault();
      send("/soan/sua", { do: button.value });
    }
  };

  // What is typed as a time is meant as one.
  const chosen = (event) => {
    const { name, value } = event.target, when = form().elements.when;
    if (name === "at" && value) when.value = "at";
    if (name === "slot") when.value = "slot";
    if (name === "when" && value !== "at") form().elements.at.value = "";
    if (event.target.type === "file") bringIn(event.target);
  };

  const begin = () => {
    document.documentElement.classList.add("scripted");
    const button = document.getElementById("record");
    button.hidden = !(navigator.mediaDevices && window.MediaRecorder);
    // Over plain http a browser gives no page the microphone; a phone's own recorder goes all the same.
    document.getElementById("capture").hidden = !button.hidden;
    form().addEventListener("input", typed);
    form().addEventListener("change", chosen);
    form().addEventListener("change", typed);
    form().addEventListener("click", clicked);
    form().addEventListener("submit", () => { leaving = true; });
    form().addEventListener("scroll", (event) => {
      if (event.target.matches("textarea")) event.target.previousElementSibling.scrollTop = event.target.scrollTop;
    }, true);
    draw();
  };
  begin();
  addEventListener("visibilitychange", () => { if (document.hidden) save(true); });
  addEventListener("pageshow", () => { leaving = false; });
})();
