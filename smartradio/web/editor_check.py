"""What is wrong with a bulletin as it stands in the editor, in one line a field."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from smartradio.domain.programme import RATES_WPM
from smartradio.web.editor_form import AS_BEFORE, LUNAR_REPEATS, PRIORITIES, REPEATS, EditorForm, day, instant
from smartradio.web.formats import Reader
from smartradio.web.forms import MAX_TEXT, MAX_TITLE, wrong_text, wrong_zones

_SHA256 = re.compile(r"[0-9a-f]{64}")


def checked(
    form: EditorForm, own: Reader, zones: Collection[str], *, keeps: str = "", priority: str = ""
) -> EditorForm:
    """Return a form with what is wrong in it.

    `keeps` is AS_BEFORE for an item whose recurrence the form cannot write, `priority` that of the item.
    """
    wrong = {
        "title": wrong_text(form.title, MAX_TITLE, own),
        "text": _wrong_parts(form, own),
        "zones": None if form.whole else wrong_zones(form.zones, zones, own),
        "at": _wrong_time(form, own, keeps),
        "until": _wrong_end(form, own),
        "rate": _wrong_rate(form, own),
        "priority": None if form.priority in {*PRIORITIES, priority} else own._("Please choose again."),
    }
    return replace(form, errors={name: line for name, line in wrong.items() if line})


def _wrong_parts(form: EditorForm, own: Reader) -> str | None:
    if any(part.kind == "sound" and not _SHA256.fullmatch(part.sound) for part in form.parts):
        return own._("A recording is missing: please bring it in again.")
    text = form.text().strip()
    if not text and any(part.kind == "sound" for part in form.parts):
        return None
    return wrong_text(text, MAX_TEXT, own)


def _wrong_time(form: EditorForm, own: Reader, keeps: str) -> str | None:
    if form.when not in ("now", "at", "slot") or (form.when != "now" and instant(form.starts) is None):
        return own._("This is no date and time: please choose them again.")
    if form.when == "now" and form.at:
        return own._("You wrote a time but chose at once: choose the time, or clear it.")
    allowed = {*REPEATS, *LUNAR_REPEATS} | ({AS_BEFORE} if keeps == AS_BEFORE else set())
    if form.repeat not in allowed or (form.repeat and form.when == "now"):
        return own._("What is repeated needs the date and time of its first airing.")
    return None


def _wrong_rate(form: EditorForm, own: Reader) -> str | None:
    slowest, fastest = RATES_WPM
    fits = not form.rate or (form.rate_wpm is not None and slowest <= form.rate_wpm <= fastest)
    return None if fits else own._("Please choose again.")


def _wrong_end(form: EditorForm, own: Reader) -> str | None:
    if not form.until:
        return None
    last, first = day(form.until), instant(form.starts)
    if last is None:
        return own._("This is no date and time: please choose them again.")
    if not form.repeat:
        return own._("Only what is repeated has a last day.")
    if first is not None and last < first.date():
        return own._("The last day lies before the first airing.")
    return None
