"""Bytes from anywhere to text that can be read out, or one clear line why not."""

from __future__ import annotations

import re
import unicodedata
from re import Match

from smartradio.domain.errors import BadInputError
from smartradio.speech.spoken.old_encodings import is_old_vietnamese

LONGEST_TEXT_CHARS = 20_000

_OLD = "the bulletin is typed in an old encoding (TCVN3, VNI): convert it with UniKey, Ctrl+Shift+F6"
_BOM = b"\xef\xbb\xbf"
_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"  # OSC: window title, link
    r"|\x1b[ -/]*[0-Z\\^-~]"
)
"""Terminal sequences (ECMA-48) as pasted with a program's output: their figures are no text."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f]")
_BLANKS = re.compile(r"[ \u00a0\u2000-\u200a\u202f\u3000]+")
_CELL_END = re.compile(r" *\t[ \t]*")
_LIST_MARK = re.compile(r"[-+*•●▪○◦·]|\(?\w{1,4}(?:\.\d{1,2}){0,3}[.)]")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_STYLED = re.compile("[\uff01-\uff5e\u2160-\u217f\u3371-\u33df\U0001d400-\U0001d7ff]")
"""Full-width letters, Roman numerals and units in one character, and the bold letters of social media."""
_SMALL_ROMAN = re.compile("[\u2170-\u217f]")
# Tried at the beginning of a word only: a pasted hundred thousand letters would be gone through from each of them.
_FOREIGN_WORD = re.compile("(?<!\\w)\\w*[\u0370-\u03ff\u0400-\u04ff]\\w*")
_LOOKS_LATIN = str.maketrans("АВЕЅІЈКМНОРСТУХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXo")
_UNSEEN = frozenset({"Cf", "Cs", "Co", "Cn"})
_VARIATIONS = re.compile(r"[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]")


def clean_text(data: bytes | str) -> str:
    """Decode and tidy a bulletin: UTF-8, NFC, lines ended by \\n, no control or unseen characters.

    Letters and figures that only look other (full-width, bold of social media, Roman in one character, Cyrillic in a
    Latin word) become plain ones. The cells of a pasted table are parted by commas, so that `3<TAB>500` is no 3500.
    Terminal sequences go whole; any other control character separates words as a space does, NUL too.
    Emoji and other signs stay in the text so that the reading can report each one it drops.
    Raises BadInputError: not UTF-8 (with the byte's position), typed for a font from before Unicode, nothing to
    speak, over 20,000 characters.
    """
    text = _decode(data) if isinstance(data, bytes) else data
    if is_old_vietnamese(text):
        raise BadInputError(_OLD)
    text = _CONTROLS.sub(" ", _LINE_ENDS.sub("\n", _ESCAPES.sub("", text)))
    text = "".join(char for char in _VARIATIONS.sub("", text) if unicodedata.category(char) not in _UNSEEN)
    text = _BLANKS.sub(" ", unicodedata.normalize("NFC", _plain_letters(text)))
    text = "\n".join(_as_one_row(line.strip()) for line in text.split("\n")).strip("\n")
    if len(text) > LONGEST_TEXT_CHARS:
        raise BadInputError(
            f"the bulletin has {len(text):,} characters, at most {LONGEST_TEXT_CHARS:,} can be read: "
            "split it into several bulletins"
        )
    if not any(char.isalnum() for char in text):
        raise BadInputError("the bulletin is empty: it holds no word or number that can be spoken")
    return text


def _plain_letters(text: str) -> str:
    text = _SMALL_ROMAN.sub(lambda found: found[0].upper(), text)
    text = _STYLED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = _OTHER_DIGIT.sub(lambda found: str(int(found[0])), text)
    return _FOREIGN_WORD.sub(_latin_where_it_looks_so, text)


def _latin_where_it_looks_so(found: Match[str]) -> str:
    """A word is Latin if all its letters look so; one that keeps a foreign letter is left for the gate."""
    latin = found[0].translate(_LOOKS_LATIN)
    return found[0] if _FOREIGN_WORD.search(latin) else latin


def _as_one_row(line: str) -> str:
    """Part the cells of a table's row by commas; a tab behind a list mark or beside punctuation is a space."""

    def part(found: Match[str]) -> str:
        said, following = line[: found.start()], line[found.end() : found.end() + 1]
        parted = said[-1:] in ",.;:!?(" or following in ",.;:!?)" or _LIST_MARK.fullmatch(said)
        return " " if parted else ", "

    return _CELL_END.sub(part, line)


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
