"""What a programme airs, as a schedule file tells it: one text, or parts in several languages, some of them sounds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

import yaml

from smartradio.domain.bulletin import Part
from smartradio.domain.errors import BadInputError
from smartradio.domain.languages import VIETNAMESE, check_language
from smartradio.station.schedule_source import Fields, read_bytes
from smartradio.station.scripts import check_part

PART_KEYS: Final = ("language", "text", "text_file", "sound_file")
MAX_PARTS: Final = 100
PATH_OF_SOUNDS: Final = "am-thanh"
"""The folder, beside a schedule file that was written from the store, in which its sounds lie."""
_MAX_SOUND_BYTES: Final = 100_000_000
_MAX_TEXT_BYTES: Final = 20_000_000

TakeSound = Callable[[bytes, str], str]


def name_of_sound(data: bytes, name: str) -> str:  # noqa: ARG001 - what keeps sounds has use for the file's name
    """Return the SHA-256 (hex) of a sound that is not kept."""
    return hashlib.sha256(data).hexdigest()


def content_of(fields: Fields, take_sound: TakeSound) -> tuple[str, tuple[Part, ...]]:
    """Return a programme's written text and its parts; none for one Vietnamese text. Raises BadInputError."""
    given = [key for key in ("text", "text_file", "parts") if key in fields.values]
    if len(given) != 1:
        fields.refuse(given[0] if given else "text", "give the bulletin's words either here or in a 'text_file'")
    if given == ["parts"]:
        parts = _parts(fields, take_sound)
        return "\n".join(part.text for part in parts if part.text), parts
    return _text(fields), ()


def _parts(fields: Fields, take_sound: TakeSound) -> tuple[Part, ...]:
    node = fields.values["parts"]
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        fields.refuse("parts", "write at least one part, each beginning with '-'")
    if len(node.value) > MAX_PARTS:
        fields.refuse("parts", f"{len(node.value)} parts are more than {MAX_PARTS}; make several programmes of them")
    return tuple(_part(Fields(fields.source, item, PART_KEYS, "a part"), take_sound) for item in node.value)


def _part(fields: Fields, take_sound: TakeSound) -> Part:
    language: str = fields.checked("language", check_language) if "language" in fields.values else VIETNAMESE
    given = [key for key in ("text", "text_file", "sound_file") if key in fields.values]
    if len(given) != 1:
        fields.refuse(
            given[-1] if given else "text", "a part is either a 'text', a 'text_file' or a recording as 'sound_file'"
        )
    is_sound = given == ["sound_file"]
    part = Part(language, sound=_sound(fields, take_sound)) if is_sound else Part(language, text=_text(fields))
    try:
        check_part(part)
    except BadInputError as error:
        fields.refuse(given[0], str(error))
    return part


def _text(fields: Fields) -> str:
    if "text" in fields.values:
        return fields.needed("text")
    name = fields.needed("text_file")
    path = fields.source.path.parent / name
    try:
        from smartradio.speech.documents import document_text  # noqa: PLC0415 - most schedules hold their texts

        return document_text(read_bytes(path, name[:80], _MAX_TEXT_BYTES), name[:80]).strip()
    except BadInputError as error:
        fields.refuse("text_file", str(error))


def _sound(fields: Fields, take_sound: TakeSound) -> str:
    name = fields.needed("sound_file")
    path = fields.source.path.parent / name
    try:
        return take_sound(read_bytes(path, name[:80], _MAX_SOUND_BYTES), name[:80])
    except BadInputError as error:
        fields.refuse("sound_file", str(error))
