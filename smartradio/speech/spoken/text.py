"""The door of the room: written text in, spoken lines out."""

from __future__ import annotations

from smartradio.speech.spoken.cleaning import clean_text
from smartradio.speech.spoken.lines import OpenItem, Piece, SpokenLine
from smartradio.speech.spoken.reading import read_line

__all__ = ["OpenItem", "Piece", "SpokenLine", "clean_text", "spoken_line", "spoken_text"]


def spoken_line(written: str) -> SpokenLine:
    """Read one written line as an announcer does; a blank line gives an empty reading.

    The line should come from `clean_text`; any other is read too, and no figure is left in what is spoken.
    """
    return read_line(written)


def spoken_text(text: str) -> tuple[SpokenLine, ...]:
    """Read a cleaned text, one spoken line for each written line."""
    return tuple(spoken_line(line) for line in text.split("\n"))
