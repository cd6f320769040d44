"""From what is handed in to a script: cleaned, read by rule, the figures read back, uncertain places told.

The gate stands here: an emergency whose reading is not certain in every place is made only for somebody who
takes that on themselves.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from smartradio.domain.bulletin import Bulletin, Part
from smartradio.domain.errors import BadInputError
from smartradio.domain.languages import VIETNAMESE, check_language, language_name
from smartradio.domain.priority import Priority
from smartradio.wire.signing import canonical

if TYPE_CHECKING:
    from smartradio.speech.spoken.lexicon_rows import Entry
    from smartradio.speech.spoken.read_back import ReadBackError

_ID_DIGITS: Final = 32
_LONGEST_TITLE: Final = 200
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """A place whose reading is not certain: its line (from 1) and offset in it, what stands there, and what to do."""

    line: int
    start: int
    written: str
    problem: str
    suggestion: str


class OpenItemsError(BadInputError):
    """An emergency is not read with certainty; `places` are all of them, the message names the first."""

    def __init__(self, what: str, places: Sequence[OpenPlace]) -> None:
        first = places[0]
        count = "one place is" if len(places) == 1 else f"{len(places)} places are"
        advice = f"; suggested: “{first.suggestion[:60]}”" if first.suggestion else ""
        super().__init__(
            f"{what}: {count} not read with certainty, the first in line {first.line}: “{first.written[:40]}” "
            f"({first.problem[:80]}{advice}); write it out, or override_open_items to air the emergency as it is"
        )
        self.what = what
        self.places = tuple(places)

    def within(self, where: str) -> OpenItemsError:
        """Return the same with the place it came from before it."""
        return OpenItemsError(f"{where}: {self.what}", self.places)


class MisreadError(BadInputError):
    """A figure would be said with another value; the first is `written` in `line` (from 1), said as `heard`."""

    def __init__(self, what: str, error: ReadBackError) -> None:
        super().__init__(f"{what}: {error}")
        first = error.differences[0]
        self.line, self.written, self.heard = first.line, first.written, first.heard


@dataclass(frozen=True, slots=True)
class Script:
    """What can be made audible: its bulletin, how it is read line by line, and what is spoken.

    `sentences` has the sentences of each line, and a Part where a sound brought in stands between lines.
    `overridden` says that its open places were taken on by whoever answers for it; `times` is how often it is
    read in one airing; so many `lines_before_siren` are said before what opens it, once.
    """

    bulletin: Bulletin
    spoken: tuple[Mapping[str, Any], ...]
    sentences: tuple[tuple[str, ...] | Part, ...]
    overridden: bool = False
    times: int = 1
    lines_before_siren: int = 0

    @property
    def open_places(self) -> tuple[OpenPlace, ...]:
        """The places whose reading is not certain, in order."""
        return open_places(self.spoken)

    @property
    def is_spoken(self) -> bool:
        """Whether any of it is read by a voice, which also says that it is read again."""
        return self.times > 1 or any(line for line in self.sentences if not isinstance(line, Part))


def bulletin_id(title: str, text: str, priority: Priority, spoken: Sequence[Mapping[str, Any]], times: int = 1) -> str:
    """Return a bulletin's id: the same for the same words and sounds read the same way, in 32 hex digits."""
    content = {"title": title, "text": text, "priority": int(priority), "spoken": list(spoken)}
    if times > 1:
        content["times"] = times
    return hashlib.sha256(canonical(content)).hexdigest()[:_ID_DIGITS]


def check_part(part: Part) -> None:
    """Raise BadInputError for a part that cannot be made audible: no voice and no sound, both, an unknown language."""
    check_language(part.language)
    if bool(part.text) == bool(part.sound):
        raise BadInputError("a part is either a text or a sound brought in")
    if part.text and part.language != VIETNAMESE:
        raise BadInputError(
            f"no voice reads {language_name(part.language)} ({part.language}) here; "
            "bring in a recording as 'sound_file'"
        )


def write_script(
    title: str,
    text: str | bytes = "",
    priority: Priority = Priority.PROGRAMME,
    *,
    parts: Sequence[Part] = (),
    lexicon: Iterable[Entry] = (),
    override_open_items: bool = False,
    times: int = 1,
) -> Script:
    """Read a text, or `parts` in its place, by rule and by the commune's `lexicon`. Blocking.

    Raises BadInputError for what cannot be read or whose figures are read with another value, and
    OpenItemsError for an emergency with open places that nobody overrides.
    """
    title = " ".join(title.split())
    if not title:
        raise BadInputError("the bulletin has no title")
    if len(title) > _LONGEST_TITLE:
        raise BadInputError(f"the title has {len(title)} characters; use at most {_LONGEST_TITLE}")
    what = f"bulletin {title!r}"
    if text and parts:
        raise BadInputError(f"{what}: give either a text or parts")
    read = _Reading(lexicon)
    if parts:
        kept = _read_parts(read, parts, what)
    else:
        kept = ()
        read.text(text, what)
    written = "\n".join(read.texts)
    language = VIETNAMESE if read.texts else parts[0].language
    spoken = tuple(read.spoken)
    name = bulletin_id(title, written, priority, spoken, times)
    bulletin = Bulletin(name, title, written, priority, language, kept)
    places = open_places(spoken)
    if places and priority >= Priority.EMERGENCY and not override_open_items:
        raise OpenItemsError(what, places)
    overridden = bool(places) and priority >= Priority.EMERGENCY
    return Script(bulletin, spoken, tuple(read.sentences), overridden, times)


def read_text(text: str | bytes, *, lexicon: Iterable[Entry] = ()) -> tuple[Mapping[str, Any], ...]:
    """Return the spoken lines of a text, as in a Script. Blocking; raises BadInputError as `write_script`."""
    read = _Reading(lexicon)
    read.text(text, "the text")
    return tuple(read.spoken)


def open_places(spoken: Iterable[Mapping[str, Any]]) -> tuple[OpenPlace, ...]:
    """Return the open places of spoken lines as a script and the store have them."""
    return tuple(
        OpenPlace(number, item["start"], item["written"], item["problem"], item["suggestion"])
        for number, line in enumerate(spoken, start=1)
        for item in line.get("open_items", ())
    )


def _read_parts(read: _Reading, parts: Sequence[Part], what: str) -> tuple[Part, ...]:
    kept: list[Part] = []
    for number, part in enumerate(parts, start=1):
        where = f"{what}, part {number}"
        try:
            check_part(part)
        except BadInputError as error:
            raise BadInputError(f"{where}: {error}") from error
        if part.sound:
            read.sound(part, where)
            kept.append(part)
        else:
            read.text(part.text, where)
            kept.append(Part(part.language, read.texts[-1]))
    # One Vietnamese text is a plain bulletin, however it was handed in.
    return () if len(kept) == 1 and kept[0].text else tuple(kept)


class _Reading:
    """Gathers what is read of the parts of one bulletin."""

    def __init__(self, lexicon: Iterable[Entry]) -> None:
        # Here, because the reading rules take a moment to load.
        from smartradio.speech.spoken.lexicon import Lexicon  # noqa: PLC0415

        self._lexicon = Lexicon(lexicon)
        self.texts: list[str] = []
        self.spoken: list[dict[str, Any]] = []
        self.sentences: list[tuple[str, ...] | Part] = []

    def text(self, text: str | bytes, what: str) -> None:
        """Read a text; raises BadInputError when there is nothing to speak in it, or a figure is read wrongly."""
        from smartradio.speech.spoken.read_back import ReadBackError, check_read_back  # noqa: PLC0415
        from smartradio.speech.spoken.text import clean_text, spoken_text  # noqa: PLC0415

        cleaned = clean_text(text.encode() if isinstance(text, str) else text)
        lines = spoken_text(cleaned, self._lexicon)
        sentences = [tuple(s for s in line.sentences if s.strip()) for line in lines]
        if not any(sentences):
            raise BadInputError(f"{what}: there is nothing in it to read aloud")
        try:
            check_read_back(lines)
        except ReadBackError as error:
            raise MisreadError(what, error) from error
        self.texts.append(cleaned)
        self.spoken += [_plain_line(line) for line in lines]
        self.sentences += sentences

    def sound(self, part: Part, what: str) -> None:
        """Put a sound brought in its place."""
        if not _SHA256.fullmatch(part.sound):
            raise BadInputError(f"{what}: {part.sound[:80]!r} is not the name of a sound (64 hex digits)")
        line = {"written": "", "spoken": "", "pieces": [], "open_items": []}
        self.spoken.append({**line, "language": part.language, "sound": part.sound})
        self.sentences.append(part)


def _plain_line(line: Any) -> dict[str, Any]:
    return {
        "written": line.written,
        "spoken": line.spoken,
        "pieces": [_plain(piece) for piece in line.pieces],
        "open_items": [_plain(item) for item in line.open_items],
    }


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else dict(value)
