"""What a command reads: a file or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from smartradio.domain.errors import BadInputError

_OTHERS = (".docx", ".doc", ".odt", ".rtf", ".pdf")
# A Word file by any name, and UTF-16 as Windows' editor writes it.
_MARKS = (b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff")


# An hour and a half of what broadcasters record; without a bound a wrong file would fill the memory.
MAX_BYTES = 100_000_000


def read_bytes(source: str) -> bytes:
    """Return the bytes of a file, or of standard input for "-".

    Raises BadInputError naming the file: not to be read, or with more than MAX_BYTES.
    """
    try:
        if source == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInputError(f"{source}: cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        name = "standard input" if source == "-" else source
        raise BadInputError(f"{name}: has more than {MAX_BYTES / 1e6:.0f} MB; hand in the bulletin only")
    return data


def read_bulletin(source: str) -> str:
    """Return a bulletin's text, cleaned, of a text or Word file or standard input; raises BadInputError."""
    from smartradio.speech.spoken.text import clean_text

    data = read_bytes(source)
    if source.lower().endswith(_OTHERS) or data.startswith(_MARKS):
        # A Word file's library is loaded only for Word files; others of these are refused there, with advice.
        from smartradio.speech.documents import document_text

        return clean_text(document_text(data, "standard input" if source == "-" else source))
    return clean_text(data)
