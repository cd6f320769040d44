"""The door of the room: written text in, spoken lines out."""

from __future__ import annotations

from smartradio.speech.spoken.cleaning import clean_text
from smartradio.speech.spoken.lexicon import Lexicon
from smartradio.speech.spoken.lines import OpenItem, Piece, SpokenLine
from smartradio.speech.spoken.reading import read_line

__all__ = ["OpenItem", "Piece", "SpokenLine", "clean_text", "spoken_line", "spoken_text"]


def spoken_line(written: str, lexicon: Lexicon | None = None) -> SpokenLine:
    """Read one written line as an announcer does; a blank line gives an empty reading.

    What stands in the commune's `lexicon` is read as laid down there, before any rule and the built-in lexicon.
    The line should come from `clean_text`; any other is read too, and no figure is left in what is spoken.
    """
    return read_line(written, lexicon)


def spoken_text(text: str, lexicon: Lexicon | None = None) -> tuple[SpokenLine, ...]:
    """Read a cleaned text, one spoken line for each written line; `lexicon` is the commune's own."""
    return tuple(spoken_line(line, lexicon) for line in text.split("\n"))
