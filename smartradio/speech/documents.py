"""Written bulletins as people hand them in: plain text and Word files → text, in reading order."""

from __future__ import annotations

import re

from smartradio.domain.errors import BadInputError
from smartradio.speech.spoken.old_encodings import OLD_ADVICE, is_old_vietnamese
from smartradio.speech.word_files import word_text

MAX_BYTES = 20_000_000
MAX_CHARACTERS = 200_000

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The names of streams in an OLE file are UTF-16.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BLANKS = re.compile(r"[\u00a0\u2000-\u200a\u202f\u3000]+")


def document_text(data: bytes, name: str) -> str:
    """Return the text of a .txt (UTF-8, or UTF-16 with a byte-order mark) or .docx file, one line a paragraph.

    Raises BadInputError in one line that names the file: empty, too large, protected by a password, an older
    or another format, damaged, or written in an encoding from before Unicode.
    """
    if not data:
        raise BadInputError(f"{name}: the file is empty")
    if len(data) > MAX_BYTES:
        raise BadInputError(f"{name}: has {len(data) / 1e6:.0f} MB, at most {MAX_BYTES / 1e6:.0f} are taken")
    _refuse_others(data, name)
    text = word_text(data, name) if data.startswith(_ZIP) else _plain_text(data, name)
    text = _BLANKS.sub(" ", text)
    if len(text) > MAX_CHARACTERS:
        raise BadInputError(f"{name}: has {len(text)} characters, far more than a bulletin; hand in the bulletin only")
    if not text.strip():
        raise BadInputError(f"{name}: there is no text in it")
    if is_old_vietnamese(text):
        raise BadInputError(f"{name}: {OLD_ADVICE}")
    return text


def _refuse_others(data: bytes, name: str) -> None:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise BadInputError(f"{name}: is protected by a password: save it without one")
        raise BadInputError(f"{name}: is a file of Word 97-2003 or older: save it as .docx")
    for magic, what in ((b"%PDF", "a PDF"), (b"{\\rtf", "an RTF file")):
        if data.startswith(magic):
            raise BadInputError(f"{name}: is {what}: save it as .docx, or copy its text into a .txt file")
    if data.startswith(_ZIP):
        if ending == "txt":
            raise BadInputError(f"{name}: is not plain text but a packed file: if it is a Word file, name it .docx")
        return
    if ending == "docx":
        raise BadInputError(f"{name}: is not a Word file, whatever its name says: save it again as .docx or .txt")
    if ending not in ("txt", "text", ""):
        raise BadInputError(f"{name}: .{ending[:10]} files are not read; hand in a .txt or .docx file")


def _plain_text(data: bytes, name: str) -> str:
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        if marked:
            raise BadInputError(f"{name}: is cut short or no UTF-16 at byte {error.start}; save it as UTF-8") from error
        if b"\x00" in data[:1_000]:
            raise BadInputError(f"{name}: is not text; hand in a .txt or .docx file") from error
        where = f"is not Unicode at byte {error.start}"
        raise BadInputError(f"{name}: {where}; perhaps {OLD_ADVICE} as UTF-8") from error
    if "\x00" in text:
        raise BadInputError(f"{name}: is not plain text (it holds NUL characters); save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")
