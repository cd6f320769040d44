"""A bulletin as it stands in the editor: its parts in order, where and when it is heard; kept, and filled in."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from starlette.datastructures import FormData

from smartradio.domain.bulletin import Part
from smartradio.domain.day_rules import LunarRule
from smartradio.domain.languages import VIETNAMESE
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.items import Item
from smartradio.web.formats import LOCAL_ZONE
from smartradio.web.forms import typed

MOST_PARTS: Final = 30
REPEATS: Final[Mapping[str, str]] = {
    "": "once",
    "FREQ=DAILY": "daily",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR": "workdays",
    "FREQ=WEEKLY": "weekly",
}
"""Recurrences that the form offers, and the codes of their words."""
LUNAR_REPEATS: Final[Mapping[str, str]] = {
    "lunar:1": "lunar_first",
    "lunar:15": "lunar_full",
    "lunar:1,15": "lunar_first_and_full",
}
"""Lunar ones, by the days of the lunar month."""
AS_BEFORE: Final = "as_before"
"""Stands for a recurrence of the item that the form cannot write."""
RATES: Final[Mapping[str, str]] = {"": "usual", "110": "slowest", "130": "slower", "180": "faster"}
"""Speeds to choose from in words a minute, and the codes of their words."""
PRIORITIES: Final[Mapping[str, Priority]] = {"programme": Priority.PROGRAMME, "above": Priority.ABOVE}

_LOCAL: Final = re.compile(r"(2[01][0-9]{2})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})")
_KINDS: Final = ("text", "sound", "chime")


@dataclass(frozen=True, slots=True)
class PartForm:
    """One part as it stands in the form: words to be read, a sound by its SHA-256, or the chime."""

    kind: str = "text"
    text: str = ""
    sound: str = ""
    language: str = VIETNAMESE


@dataclass(frozen=True, slots=True)
class EditorForm:
    """All that is typed and chosen. `when` is now, at or slot; `errors` maps a field to one line.

    `draft` and `saved` name the draft and the version of it that this window knows; `seen` the item's.
    """

    title: str = ""
    parts: tuple[PartForm, ...] = (PartForm(),)
    zones: tuple[str, ...] = ()
    whole: bool = False
    twice: bool = False
    when: str = "now"
    at: str = ""
    slot: str = ""
    repeat: str = ""
    until: str = ""
    priority: str = "programme"
    voice: str = ""
    rate: str = ""
    draft: str = ""
    saved: int = 0
    seen: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def starts(self) -> str:
        """The wall clock's time that was chosen, empty for at once."""
        return {"at": self.at, "slot": self.slot}.get(self.when, "")

    @property
    def rate_wpm(self) -> int | None:
        """The speed of its own, in words a minute, None for the station's."""
        return int(self.rate) if self.rate.isascii() and self.rate.isdecimal() else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed yet."""
        return not self.title and all(not part.text.strip() and part.kind == "text" for part in self.parts)

    def text(self) -> str:
        """Return all that is written."""
        return "\n".join(part.text for part in self.parts if part.kind == "text")

    def content(self) -> dict[str, Any]:
        """Return what a draft keeps of it, as plain JSON values."""
        return {name: value for name, value in asdict(self).items() if name not in ("errors", "draft", "saved")}


def form_of_content(content: Mapping[str, Any], draft: str, saved: int) -> EditorForm:
    """Return the form that a draft kept."""
    held = {name: content[name] for name in EditorForm.__dataclass_fields__ if name in content}
    held |= {"parts": tuple(PartForm(**part) for part in content.get("parts", ())) or (PartForm(),)}
    held |= {"zones": tuple(content.get("zones", ()))}
    return EditorForm(**held | {"draft": draft, "saved": saved})


def form_of_item(item: Item, chime: str, zones: Collection[str]) -> EditorForm:
    """Return the form that an item fills; `chime` is the sound of the chime between parts."""
    programme = item.programme
    at = "" if item.at_once else f"{programme.first_at.astimezone(LOCAL_ZONE):%Y-%m-%dT%H:%M}"
    parts = tuple(_part_form(part, chime) for part in programme.parts) or (PartForm("text", programme.text),)
    return EditorForm(
        title=programme.title,
        parts=parts,
        zones=programme.zones,
        whole=set(programme.zones) >= set(zones),
        twice=programme.times > 1,
        when="at" if at else "now",
        at=at,
        repeat=repeat_of(programme),
        until=programme.valid_until.isoformat() if programme.valid_until else "",
        priority=programme.priority.name.lower(),
        voice=programme.voice or "",
        rate="" if programme.rate_wpm is None else str(programme.rate_wpm),
        seen=str(item.version),
    )


def _part_form(part: Part, chime: str) -> PartForm:
    if part.sound:
        return PartForm("chime" if part.sound == chime else "sound", "", part.sound, part.language)
    return PartForm("text", part.text, "", part.language)


def repeat_of(programme: Programme) -> str:
    """Return the form's value for a programme's recurrence."""
    if programme.lunar is not None:
        value = "lunar:" + ",".join(str(day) for day in programme.lunar.days)
        return value if value in LUNAR_REPEATS and not programme.lunar.months else AS_BEFORE
    recurrence = programme.recurrence or ""
    return recurrence if recurrence in REPEATS else AS_BEFORE


def read_form(form: FormData) -> EditorForm:
    """Return what was typed, unchecked; a form with one field `text` and no parts is one text."""
    kinds = [str(kind) for kind in form.getlist("kind")][:MOST_PARTS]
    texts, sounds, languages = (form.getlist(name) for name in ("text", "sound", "language"))
    parts = tuple(
        PartForm(kind, _lines(_nth(texts, number)), _nth(sounds, number)[:64], _nth(languages, number) or VIETNAMESE)
        for number, kind in enumerate(kinds)
        if kind in _KINDS
    )
    at = typed(form, "at").strip()[:16]
    saved = typed(form, "saved")
    return EditorForm(
        title=" ".join(typed(form, "title").split()),
        parts=parts or (PartForm("text", _lines(typed(form, "text"))),),
        zones=tuple(str(zone) for zone in form.getlist("zones")),
        whole=typed(form, "where") == "all",
        twice=bool(typed(form, "twice")),
        when=typed(form, "when") or ("at" if at else "now"),
        at=at,
        slot=typed(form, "slot")[:16],
        repeat=typed(form, "repeat"),
        until=typed(form, "until").strip()[:10],
        priority=typed(form, "priority") or "programme",
        voice=typed(form, "voice")[:80],
        rate=typed(form, "rate")[:4],
        draft=re.sub(r"[^0-9a-f]", "", typed(form, "draft"))[:32],
        saved=int(saved[:9]) if saved.isdecimal() else 0,
        seen=typed(form, "seen")[:9],
    )


def _nth(values: Sequence[object], number: int) -> str:
    value = values[number] if number < len(values) else ""
    return value if isinstance(value, str) else ""


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def instant(text: str) -> datetime | None:
    """Return the commune's wall clock time as typed, None for what is none."""
    parts = _LOCAL.fullmatch(text)
    try:
        return None if parts is None else datetime(*(int(part) for part in parts.groups()), tzinfo=LOCAL_ZONE)  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def day(text: str) -> date | None:
    """Return a day as typed, None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def filled(programme: Programme, form: EditorForm, *, zones: Collection[str], chime: str) -> Programme:
    """Return a programme with what was typed; what of it the form does not know stays.

    `zones` are all of them, for a bulletin that the whole commune is to hear.
    """
    parts = tuple(_part(part, chime) for part in form.parts if part.kind != "text" or part.text.strip())
    plain = len(parts) == 1 and bool(parts[0].text) and parts[0].language == VIETNAMESE
    filled_in = replace(
        programme,
        title=form.title,
        text="\n".join(part.text for part in parts if part.text),
        parts=() if plain else parts,
        zones=tuple(zones) if form.whole else form.zones,
        times=max(2, programme.times) if form.twice else 1,
        priority=PRIORITIES.get(form.priority, programme.priority),
        voice=form.voice or None,
        rate_wpm=form.rate_wpm,
        valid_until=day(form.until) if form.repeat else None,
    )
    if form.repeat == AS_BEFORE:
        return filled_in
    if form.repeat in LUNAR_REPEATS:
        days = tuple(int(each) for each in form.repeat.removeprefix("lunar:").split(","))
        return replace(filled_in, recurrence=None, lunar=LunarRule(days))
    return replace(filled_in, recurrence=form.repeat or None, lunar=None)


def _part(part: PartForm, chime: str) -> Part:
    if part.kind == "text":
        return Part(part.language, part.text)
    return Part(part.language, sound=chime if part.kind == "chime" else part.sound)
