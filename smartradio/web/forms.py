"""What operators type, checked before the station sees it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

from starlette.datastructures import FormData

from smartradio.web.formats import Reader

MAX_TITLE: Final = 120
MAX_TEXT: Final = 20_000
MAX_NOTE: Final = 500


@dataclass(frozen=True, slots=True)
class AirForm:
    """Another text to air, as typed; `errors` maps a field to one line, empty if all is well."""

    title: str = ""
    text: str = ""
    zones: tuple[str, ...] = ()
    twice: bool = False
    errors: dict[str, str] = field(default_factory=dict)


def read_air_form(form: FormData, reader: Reader, known_zones: Collection[str]) -> AirForm:
    """Return what was typed and what is wrong with it."""
    read = AirForm(
        title=" ".join(typed(form, "title").split()),
        text=typed(form, "text").replace("\r\n", "\n").strip(),
        zones=tuple(str(zone) for zone in form.getlist("zones")),
        twice=bool(typed(form, "twice")),
    )
    wrong = {
        "title": wrong_text(read.title, MAX_TITLE, reader),
        "text": wrong_text(read.text, MAX_TEXT, reader),
        "zones": wrong_zones(read.zones, known_zones, reader),
    }
    return replace(read, errors={name: line for name, line in wrong.items() if line})


def wrong_note(note: str, reader: Reader) -> str | None:
    """Return the line that says what is wrong with a note to a dispute, or None."""
    return wrong_text(note, MAX_NOTE, reader)


def wrong_text(text: str, limit: int, reader: Reader) -> str | None:
    """Return the line that says what is wrong with a text of at most `limit` characters, or None."""
    _ = reader._
    if not text:
        return _("This is empty: please write something.")
    if len(text) > limit:
        return _(
            "This is too long: {length} characters, at most {limit}.",
            length=reader.number(len(text), 0),
            limit=reader.number(limit, 0),
        )
    # U+FFFD is what a form's bytes become when they are not UTF-8.
    if "\ufffd" in text or "\x00" in text:
        return _("Some characters cannot be read: please paste the text again as Unicode.")
    if not any(character.isalnum() for character in text):
        return _("There is nothing to read aloud: please write words or figures.")
    return None


def wrong_zones(zones: Collection[str], known: Collection[str], reader: Reader) -> str | None:
    """Return the line that says what is wrong with the zones chosen, or None."""
    _ = reader._
    if not zones:
        return _("Please choose at least one zone.")
    if any(zone not in known for zone in zones):
        return _("This zone no longer exists: please choose again.")
    return None


def typed(form: FormData, name: str) -> str:
    """Return a field as typed; a file in its place is nothing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
