"""The editor's page: what is typed on one side, how it is read on the other."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.places import Zone
from smartradio.domain.programme import Programme
from smartradio.station.items import Item
from smartradio.station.readings import ReadLine, TextReading
from smartradio.station.scripts import OpenPlace
from smartradio.station.store.drafts import DraftSound
from smartradio.web.console import Console, Visitor
from smartradio.web.editor_form import (
    AS_BEFORE,
    LUNAR_REPEATS,
    MOST_PARTS,
    PRIORITIES,
    RATES,
    REPEATS,
    EditorForm,
    PartForm,
    filled,
    instant,
    repeat_of,
)
from smartradio.web.file_words import in_words
from smartradio.web.formats import LOCAL_ZONE
from smartradio.web.forms import MAX_TEXT, MAX_TITLE

READ_AT_MOST = 100_000
"""So much of what is typed is read while it is typed; no bulletin is this long."""


@dataclass(frozen=True, slots=True)
class ToCheck:
    """A place somebody should look at: where it stands among equal ones in the part's text, and what to write there.

    `ways` are what could be written in its stead.
    """

    part: int
    place: OpenPlace
    index: int
    nth: int
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartReading:
    """How one part is read: its lines with what is to be checked in each, or the sound it is."""

    number: int
    kind: str
    lines: tuple[tuple[ReadLine, tuple[ToCheck, ...]], ...] = ()
    fault: str = ""
    sound: DraftSound | None = None


def to_check(part: int, reading: TextReading) -> list[ToCheck]:
    """Return the places of a part's text that are not certain, in order."""
    found: list[ToCheck] = []
    text_before = ""
    for line in reading.lines:
        for index, place in enumerate(line.open_places):
            # Counted over the whole text, so that it is found again in what was typed, spaces or not.
            earlier = (text_before + line.written[: place.start]).count(place.written)
            found.append(ToCheck(part, place, index, earlier, line.ways[index]))
        text_before += line.written + "\n"
    return found


def mended(text: str, check: ToCheck, way: str) -> str:
    """Return a text as typed with `way` in the place of what is not certain; unchanged where it is not found."""
    text = unicodedata.normalize("NFC", text)
    at = -1
    for _ in range(check.nth + 1):
        at = text.find(check.place.written, at + 1)
        if at < 0:
            return text
    return text[:at] + way + text[at + len(check.place.written) :]


def mark_of_words(form: EditorForm) -> str:
    """Return what stands for the words of a form: a page that shows their reading sends it back with them."""
    texts = "\0".join(part.text for part in form.parts if part.kind == "text")
    return hashlib.sha256(texts.encode("utf-8", "replace")).hexdigest()[:32]


class EditorPage:
    """Fills the editor's templates."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def readings(self, request: Request, form: EditorForm) -> list[PartReading]:
        """Return how each part is read so far."""
        desk, own = self._console.desk.desks.writing, self._console.reader(request)
        sounds = await desk.sounds([part.sound for part in form.parts if part.sound])
        found = []
        for number, part in enumerate(form.parts):
            if part.kind != "text":
                found.append(PartReading(number, part.kind, sound=sounds.get(part.sound)))
                continue
            reading = await desk.read(part.text[:READ_AT_MOST])
            checks = to_check(number, reading)
            lines = tuple((line, tuple(c for c in checks if c.place.line == line.number)) for line in reading.lines)
            fault = in_words(own, reading.fault) if reading.fault else ""
            found.append(PartReading(number, "text", lines, fault))
        return found

    async def uncertain(self, request: Request, form: EditorForm) -> list[tuple[ReadLine, tuple[ToCheck, ...]]]:
        """Return the lines with places whose reading is not certain, and these places."""
        parts = await self.readings(request, form)
        return [(line, checks) for part in parts for line, checks in part.lines if checks]

    async def reading_part(self, request: Request, form: EditorForm) -> Response:
        """Return the reading alone, for a page whose script asks for it."""
        context = await self._reading_context(request, form)
        return self._console.page(
            request, "_editor_reading.html", visitor=self._console.visitor_of(request), context=context
        )

    async def page(
        self,
        request: Request,
        visitor: Visitor,
        form: EditorForm,
        item: Item | None,
        *,
        status: int = 200,
        notes: Mapping[str, Any] | None = None,
    ) -> Response:
        """Return the whole page; `notes` are what stands above the form."""
        desk = self._console.desk.desks.writing
        voices, slots = await asyncio.gather(asyncio.to_thread(desk.voices), asyncio.to_thread(desk.slots))
        context = {
            "form": form,
            "item": item,
            "zones": await self._console.zones(),
            "repeats": _repeats(item),
            "priorities": _priorities(item),
            "voices": voices,
            "rates": RATES,
            "slots": [(f"{slot.at.astimezone(LOCAL_ZONE):%Y-%m-%dT%H:%M}", slot) for slot in slots],
            "once": secrets.token_urlsafe(12),
            "max_title": MAX_TITLE,
            "max_text": MAX_TEXT,
            "most_parts": MOST_PARTS,
            "here": "soan",
            "notes": notes or {},
            **await self._reading_context(request, form),
        }
        return self._console.page(request, "write.html", visitor=visitor, status=status, context=context)

    async def _reading_context(self, request: Request, form: EditorForm) -> dict[str, Any]:
        parts = await self.readings(request, form)
        checks = sum(len(checks) + len(line.misread) for part in parts for line, checks in part.lines)
        return {
            "form": form,
            "parts": parts,
            "words_read": mark_of_words(form),
            "to_check": checks,
            "length_s": await self._length_s(form, await self._console.zones()),
            "max_text": MAX_TEXT,
            "hear": lambda sentence: hearing_path(sentence, form),
            "sound_words": lambda line: in_words(self._console.reader(request), line),
        }

    async def _length_s(self, form: EditorForm, zones: Sequence[Zone]) -> float | None:
        if not any(_says_something(part) for part in form.parts):
            return None
        now = self._console.clock()
        chime = await self._console.desk.desks.writing.chime()
        programme = filled(
            Programme("", form.title, "", (), instant(form.starts) or now),
            form,
            zones=[zone.name for zone in zones],
            chime=chime.sha256,
        )
        return await self._console.desk.desks.writing.length_s(programme)


def hearing_path(sentence: str, form: EditorForm) -> str:
    """Return where a spoken sentence of a form can be heard."""
    return "/soan/nghe.opus?" + urlencode({"cau": sentence, "giong": form.voice, "nhip": form.rate})


def _says_something(part: PartForm) -> bool:
    return part.kind != "text" or any(character.isalnum() for character in part.text)


def _repeats(item: Item | None) -> dict[str, str]:
    """Return the recurrences to choose from: the form's value and the code of its words."""
    offered = {**REPEATS, **LUNAR_REPEATS}
    if item is not None and repeat_of(item.programme) == AS_BEFORE:
        offered[AS_BEFORE] = "other"
    return offered


def _priorities(item: Item | None) -> dict[str, int]:
    offered = {name: int(priority) for name, priority in PRIORITIES.items()}
    if item is not None:
        offered.setdefault(item.programme.priority.name.lower(), int(item.programme.priority))
    return offered
