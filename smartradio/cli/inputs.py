"""What a command reads: a file or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from smartradio.domain.errors import BadInputError

_OTHERS = (".docx", ".doc", ".odt", ".rtf", ".pdf")
# A Word file by any name, and UTF-16 as Windows' editor writes it.
_MARKS = (b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff")


def read_bytes(source: str) -> bytes:
    """Return the bytes of a file, or of standard input for "-"; raises BadInputError naming the file."""
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise BadInputError(f"{source}: cannot be read: {error.strerror}") from error


def read_bulletin(source: str) -> str:
    """Return a bulletin's text, cleaned, of a text or Word file or standard input; raises BadInputError."""
    from smartradio.speech.spoken.text import clean_text

    data = read_bytes(source)
    if source.lower().endswith(_OTHERS) or data.startswith(_MARKS):
        # A Word file's library is loaded only for Word files; others of these are refused there, with advice.
        from smartradio.speech.documents import document_text

        return clean_text(document_text(data, "standard input" if source == "-" else source))
    return clean_text(data)
