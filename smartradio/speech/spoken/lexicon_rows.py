"""The rows of a lexicon and the table they are kept in: what stands in a row, and what is refused.

The table is TSV in UTF-8 with the header `written<TAB>spoken<TAB>note`; `#` begins a comment line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from smartradio.domain.errors import BadInputError

COLUMNS = ("written", "spoken", "note")
MOST_ENTRIES = 5_000
LARGEST_TABLE_BYTES = 2_000_000
LONGEST_WRITTEN_CHARS = 80
LONGEST_SPOKEN_CHARS = 200
LONGEST_NOTE_CHARS = 200

_BOM = "\ufeff"
# As spreadsheets save "Unicode text".
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FOLD = {ord(dash): "-" for dash in "‐‑‒–—−﹣－"} | {ord(quote): "'" for quote in "’‘ʼ`´"}
_TOKEN = re.compile(r"(?P<gap>\s*)(?P<token>[^\W_]+|[^\w\s]|_)")
_LETTERS = "a-zđăâêôơưà-ãè-êìíò-õùúýĩũạ-ỹ"
_VOWEL = re.compile("[aăâeêioôơuưyà-ãè-êìíò-õùúýĩũạ-ỹ]")
_SPEAKABLE = re.compile(rf"[{_LETTERS}]+(?:,? [{_LETTERS}]+)*,?")
_EDGE_BLANKS = " \t\r\n\u00a0\u2003\u3000"


@dataclass(frozen=True)
class Entry:
    """How one written form is read; `note` is for whoever edits the lexicon and is never spoken."""

    written: str
    spoken: str
    note: str = ""


class LexiconError(BadInputError):
    """A lexicon cannot be used; nothing of it is. `problems` has a line for each bad row."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        super().__init__(self.problems[0] + (f" (and {more} more bad row{'s' if more > 1 else ''})" if more else ""))


def word_parts(text: str) -> tuple[str, ...]:
    """Cut a written form at its words and signs; a part that stands after a space begins with one.

    A hyphen between two words counts as a space (`Krông-Pắc`); dashes and apostrophes are folded.
    """
    folded = unicodedata.normalize("NFC", text.strip(_EDGE_BLANKS)).translate(_FOLD)
    folded = re.sub(r"(?<=[^\W_])-(?=[^\W_])", " ", folded)
    return tuple((" " if part["gap"] else "") + part["token"] for part in _TOKEN.finditer(folded))


def matching_key(written: str) -> str:
    """The form under which an entry is unique: case, white space, hyphens and dashes do not count."""
    return "".join(word_parts(written)).lower()


def tidy_entry(entry: Entry) -> Entry:
    """Return the entry in NFC with single spaces; BadInputError says why it cannot stand."""
    columns = [_tidy(text) for text in (entry.written, entry.spoken, entry.note)]
    for name, text in zip(COLUMNS, columns, strict=True):
        if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") for char in text):
            raise BadInputError(f"the {name} column holds a control or unseen character; type it anew")
    tidied = Entry(columns[0], columns[1].lower(), columns[2])
    _check_written(tidied.written)
    _check_spoken(tidied.spoken)
    if len(tidied.note) > LONGEST_NOTE_CHARS:
        raise BadInputError(f"the note has {len(tidied.note)} characters, at most {LONGEST_NOTE_CHARS}")
    return tidied


def tidy_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return all entries tidied; LexiconError for those that cannot stand or stand twice, by their number."""
    return _checked((f"entry {number}", entry) for number, entry in enumerate(entries, 1))


def parse_lexicon(text: str | bytes, source: str) -> tuple[Entry, ...]:
    """Read a lexicon's table; LexiconError names the source, the line and what is wrong in each bad row."""
    lines = _decoded(text, source).removeprefix(_BOM).replace("\r\n", "\n").split("\n")
    problems: list[str] = []
    rows: list[tuple[str, Entry]] = []
    header = False
    for number, line in enumerate(lines, 1):
        if not line.strip(_EDGE_BLANKS) or line.startswith("#"):
            continue
        place = f"{source}, line {number}"
        columns = [_unquoted(cell) for cell in line.split("\t")]
        if not header:
            header = True
            if tuple(column.strip(_EDGE_BLANKS).lower() for column in columns) != COLUMNS:
                raise LexiconError([f"{place}: the first row must be written<TAB>spoken<TAB>note"])
        elif len(columns) in (2, 3):
            rows.append((place, Entry(*columns)))
        else:
            problems.append(f"{place}: {len(columns)} column{'s' if len(columns) > 1 else ''} between tabs, not 3")
    if not header:
        raise LexiconError([f"{source}, line 1: the table is empty; its first row is written<TAB>spoken<TAB>note"])
    return _checked(rows, problems)


def format_lexicon(entries: Iterable[Entry]) -> str:
    """Write entries as a table that `parse_lexicon` reads back to the same."""
    rows = [COLUMNS, *((entry.written, entry.spoken, entry.note) for entry in entries)]
    return "".join("\t".join(map(_quoted, row)) + "\n" for row in rows)


def _unquoted(cell: str) -> str:
    """Return a cell without the quotation marks that spreadsheets put around one with a comma."""
    is_quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return cell[1:-1].replace('""', '"') if is_quoted else cell


def _quoted(cell: str) -> str:
    return '"{}"'.format(cell.replace('"', '""')) if cell.startswith('"') else cell


def _decoded(text: str | bytes, source: str) -> str:
    size = len(text)
    if size > LARGEST_TABLE_BYTES:
        raise LexiconError([f"{source}: {size:,} bytes are no lexicon, at most {LARGEST_TABLE_BYTES:,} can be read"])
    if isinstance(text, str):
        return text
    if text.startswith(_UTF_16):
        try:
            return text.decode("utf-16")
        except UnicodeDecodeError as error:
            raise LexiconError([f"{source}: is cut short or no UTF-16; save it as UTF-8"]) from error
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        byte = text[error.start]
        raise LexiconError([f"{source}, line {line}: byte 0x{byte:02x} is not UTF-8; save it as UTF-8"]) from error


def _checked(rows: Iterable[tuple[str, Entry]], problems: Iterable[str] = ()) -> tuple[Entry, ...]:
    found = list(problems)
    kept: list[Entry] = []
    places: dict[str, str] = {}
    for place, entry in rows:
        try:
            tidied = tidy_entry(entry)
        except BadInputError as error:
            found.append(f"{place}: {error}")
            continue
        first = places.setdefault(matching_key(tidied.written), place)
        if first != place:
            found.append(f"{place}: {tidied.written!r} stands already in {first.rpartition(', ')[2]}")
        kept.append(tidied)
    if len(kept) > MOST_ENTRIES:
        found.append(f"{len(kept):,} entries are too many, at most {MOST_ENTRIES:,} can be kept")
    if found:
        raise LexiconError(found)
    return tuple(kept)


def _tidy(text: str) -> str:
    text = re.sub(r"[ \u00a0\u2000-\u200a\u202f\u3000]+", " ", text.strip(_EDGE_BLANKS))
    return unicodedata.normalize("NFC", text)


def _check_written(written: str) -> None:
    if not written:
        raise BadInputError("the written column is empty")
    if len(written) > LONGEST_WRITTEN_CHARS:
        raise BadInputError(f"the written form has {len(written)} characters, at most {LONGEST_WRITTEN_CHARS}")
    if not any(char.isalpha() for char in written):
        raise BadInputError(f"{written!r} holds no letter; how a number is read is not for the lexicon to say")
    if not (written[0].isalnum() and written[-1].isalnum()):
        raise BadInputError(f"{written!r} must begin and end with a letter or a figure")


def _check_spoken(spoken: str) -> None:
    if not spoken:
        raise BadInputError("the spoken column is empty")
    if len(spoken) > LONGEST_SPOKEN_CHARS:
        raise BadInputError(f"the reading has {len(spoken)} characters, at most {LONGEST_SPOKEN_CHARS}")
    if not _SPEAKABLE.fullmatch(spoken):
        wrong = sorted({char for char in spoken if not re.fullmatch(rf"[{_LETTERS} ,]", char)})
        what = f"{' '.join(wrong)!r} cannot be said" if wrong else "commas stand after a word, before a space"
        raise BadInputError(f"reading {spoken!r}: {what}; write it in words, as it is spoken")
    for word in spoken.replace(",", "").split():
        if not _VOWEL.search(word):
            raise BadInputError(f"reading {spoken!r}: {word!r} has no vowel; write letters by their names (tê vê)")
