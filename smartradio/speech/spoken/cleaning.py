"""Bytes from anywhere to text that can be read out, or one clear line why not."""

from __future__ import annotations

import re
import unicodedata

from smartradio.domain.errors import BadInputError
from smartradio.speech.spoken.old_encodings import OLD_ADVICE, is_old_vietnamese

LONGEST_TEXT_CHARS = 20_000

_BOM = b"\xef\xbb\xbf"
_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"  # OSC: window title, link
    r"|\x1b[ -/]*[0-Z\\^-~]"
)
"""Terminal sequences (ECMA-48) as pasted with a program's output: their figures are no text."""
_CONTROLS = re.compile(r"[\x00-\x09\x0e-\x1b\x1f\x7f-\x9f]")
_BLANKS = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_UNSEEN = frozenset({"Cf", "Cs", "Co", "Cn"})
_VARIATIONS = re.compile(r"[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]")


def clean_text(data: bytes | str) -> str:
    """Decode and tidy a bulletin: UTF-8, NFC, lines ended by \\n, no control or unseen characters.

    Terminal sequences go whole; any other control character separates words as a space does, NUL too.
    Emoji and other signs stay in the text so that the reading can report each one it drops.
    Raises BadInputError: not UTF-8 (with the byte's position), typed for a font from before Unicode, nothing to
    speak, over 20,000 characters.
    """
    text = _decode(data) if isinstance(data, bytes) else data
    if is_old_vietnamese(text):
        raise BadInputError(f"the bulletin cannot be read: {OLD_ADVICE}")
    text = _CONTROLS.sub(" ", _LINE_ENDS.sub("\n", _ESCAPES.sub("", text)))
    text = "".join(char for char in _VARIATIONS.sub("", text) if unicodedata.category(char) not in _UNSEEN)
    text = _BLANKS.sub(" ", unicodedata.normalize("NFC", text))
    text = "\n".join(line.strip() for line in text.split("\n")).strip("\n")
    if len(text) > LONGEST_TEXT_CHARS:
        raise BadInputError(
            f"the bulletin has {len(text):,} characters, at most {LONGEST_TEXT_CHARS:,} can be read: "
            "split it into several bulletins"
        )
    if not any(char.isalnum() for char in text):
        raise BadInputError("the bulletin is empty: it holds no word or number that can be spoken")
    return text


def _decode(data: bytes) -> str:
    start = len(_BOM) if data.startswith(_BOM) else 0
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInputError("the bulletin is UTF-16, not UTF-8 (byte 0): save it again as UTF-8")
    try:
        return data[start:].decode("utf-8")
    except UnicodeDecodeError as error:
        position = error.start + start
        raise BadInputError(
            f"the bulletin is not UTF-8: byte {position} is 0x{data[position]:02x}: save it again as UTF-8"
        ) from error
