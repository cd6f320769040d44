"""How a text is read while it is typed: line by line, each line kept, so that a keystroke costs only its own."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from smartradio.domain.errors import BadInputError
from smartradio.station.scripts import OpenPlace

if TYPE_CHECKING:
    from smartradio.speech.spoken.lexicon import Lexicon
    from smartradio.speech.spoken.lexicon_rows import Entry
    from smartradio.speech.spoken.lines import OpenItem, Piece

_KEPT_LINES: Final = 4_096
_ADVISED: Final = re.compile(r"viết (?:“([^”]*\d[^”]*)”|([\d.,/]*\d)(?![^ ]))")
_NUMBER: Final = re.compile(r"\d(?:[\d.,/ ]*\d)?")


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A written line, the sentences it becomes, and what is not certain or wrong in it.

    `pieces` are the stretches that are not read as written: (written, spoken). `misread` are figures that would be
    said with another value: (written, heard). `ways` has for each open place what could be written in its stead.
    """

    number: int
    written: str
    sentences: tuple[str, ...]
    pieces: tuple[tuple[str, str], ...] = ()
    open_places: tuple[OpenPlace, ...] = ()
    misread: tuple[tuple[str, str], ...] = ()
    ways: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class TextReading:
    """How a text is read; `fault` is why none of it can be, as the station says it."""

    lines: tuple[ReadLine, ...] = ()
    fault: str = ""

    @property
    def is_certain(self) -> bool:
        """Whether nobody has to look at any place of it."""
        return not self.fault and not any(line.open_places or line.misread for line in self.lines)


class Readings:
    """Reads texts by rule and by the commune's lexicon, which `lexicon` returns. Safe from several threads."""

    def __init__(self, lexicon: Callable[[], Sequence[Entry]], *, keep: int = _KEPT_LINES) -> None:
        self._entries_now = lexicon
        self._keep = keep
        self._lock = Lock()
        self._entries: tuple[Entry, ...] | None = None
        self._lexicon: Lexicon | None = None
        self._lines: OrderedDict[str, ReadLine] = OrderedDict()

    def read(self, text: str) -> TextReading:
        """Return the reading of what somebody types. Blocking; raises nothing for what is typed."""
        from smartradio.speech.spoken.text import clean_text  # noqa: PLC0415 - the rules take a moment to load

        if not text.strip():
            return TextReading()
        try:
            cleaned = clean_text(text.encode("utf-8", "replace"))
        except BadInputError as error:
            return TextReading(fault=str(error))
        lexicon = self._lexicon_now()
        return TextReading(
            tuple(self._line(number, line, lexicon) for number, line in enumerate(cleaned.split("\n"), start=1))
        )

    def _lexicon_now(self) -> Lexicon:
        from smartradio.speech.spoken.lexicon import Lexicon  # noqa: PLC0415

        entries = tuple(self._entries_now())
        with self._lock:
            if self._lexicon is None or entries != self._entries:
                self._entries, self._lexicon = entries, Lexicon(entries)
                self._lines.clear()
            return self._lexicon

    def _line(self, number: int, written: str, lexicon: Lexicon) -> ReadLine:
        with self._lock:
            held = self._lines.get(written) if lexicon is self._lexicon else None
            if held is not None:
                self._lines.move_to_end(written)
        if held is None:
            held = _read(written, lexicon)
            with self._lock:
                if lexicon is self._lexicon:
                    self._lines[written] = held
                    while len(self._lines) > self._keep:
                        self._lines.popitem(last=False)
        return ReadLine(
            number,
            written,
            held.sentences,
            held.pieces,
            tuple(OpenPlace(number, p.start, p.written, p.problem, p.suggestion) for p in held.open_places),
            held.misread,
            held.ways,
        )


def _read(written: str, lexicon: Lexicon) -> ReadLine:
    from smartradio.speech.spoken.lines import AS_WRITTEN  # noqa: PLC0415
    from smartradio.speech.spoken.read_back import read_back  # noqa: PLC0415
    from smartradio.speech.spoken.text import spoken_line  # noqa: PLC0415

    line = spoken_line(written, lexicon)
    return ReadLine(
        1,
        written,
        tuple(sentence for sentence in line.sentences if sentence.strip()),
        tuple((piece.written, piece.spoken) for piece in line.pieces if piece.rule != AS_WRITTEN),
        tuple(OpenPlace(1, i.start, i.written, i.problem, i.suggestion) for i in line.open_items),
        tuple((difference.written, difference.heard) for difference in read_back([line])),
        tuple(_ways(item, line.pieces) for item in line.open_items),
    )


def _ways(item: OpenItem, pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Return what could be written in the place of an open item: as its advice says, or in words as it is read now."""
    advised = _ADVISED.match(item.suggestion)
    ways = []
    if advised is not None:
        wanted = advised[1] or advised[2]
        figures = re.sub(r"\D", "", wanted)
        # The advice may speak of the figures alone; what stands beside them, such as a unit, stays.
        stretch = next((n for n in _NUMBER.finditer(item.written) if re.sub(r"\D", "", n[0]) == figures), None)
        if stretch is not None:
            ways.append(item.written[: stretch.start()] + wanted + item.written[stretch.end() :])
    said = next((piece.spoken for piece in pieces if (piece.start, piece.end) == (item.start, item.end)), "")
    return (*ways, said.strip(" ,.")) if said.strip(" ,.") else tuple(ways)
