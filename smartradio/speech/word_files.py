"""Word files (.docx, ECMA-376): what a reader sees on the pages, in reading order, line by line."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final

from smartradio.domain.errors import BadInputError
from smartradio.speech.word_numbering import Numbering

MAX_UNPACKED_BYTES: Final = 100_000_000
MAX_PART_BYTES: Final = 20_000_000
MAX_FILES: Final = 2_000

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# Deleted or moved away, codes of fields, marks of notes: no part of what is read.
_LEFT_OUT: Final = frozenset(
    f"{_W}{name}" for name in ("del", "moveFrom", "instrText", "delText", "rPr", "pPr", "tblPr", "trPr", "tcPr", "rt")
) | {_FALLBACK}
_BREAKS: Final = frozenset((f"{_W}br", f"{_W}cr"))
_DEEPEST: Final = 60
# What the library lets through for packages that were hurt.
_BAD_PACKAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, struct.error)
_ENTITY_MARKS: Final = tuple(mark.encode(code) for mark in ("<!DOCTYPE", "<!ENTITY") for code in ("ascii", "utf-16-le"))


def word_text(data: bytes, name: str) -> str:
    """Return a Word file's text: paragraphs with their list numbers, table rows cell by cell, text boxes.

    Headers, footers, notes, comments, hidden text and tracked deletions are left out, insertions are in.
    Raises BadInputError in one line that names the file.
    """
    _check_package(data, name)
    from docx import Document  # noqa: PLC0415 - lxml comes with it
    from docx.opc.exceptions import OpcError  # noqa: PLC0415
    from lxml.etree import LxmlError  # noqa: PLC0415

    try:
        document = Document(io.BytesIO(data))
        body = document.element.body
        lines = _Lines(Numbering.of(document))
        lines.read(body, 0)
    except (OpcError, LxmlError, *_BAD_PACKAGE, LookupError, TypeError, AttributeError) as error:
        raise BadInputError(f"{name}: is damaged and cannot be read as a Word file; save it again") from error
    except RecursionError as error:
        raise BadInputError(f"{name}: its tables lie too deep in one another; copy the text into a new file") from error
    return "\n".join(lines.found)


def _check_package(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            names = {part.filename for part in parts}
            if any(part.flag_bits & 1 for part in parts):
                raise BadInputError(f"{name}: is protected by a password: save it without one")
            if "word/document.xml" not in names:
                what = "an Excel file" if any(n.startswith("xl/") for n in names) else "not a Word file"
                raise BadInputError(f"{name}: is {what}, whatever its name says; hand in a .docx or .txt file")
            if len(parts) > MAX_FILES or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
                raise BadInputError(f"{name}: unpacks to far more than a bulletin; copy its text into a new file")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _check_part(package, part, name)
    except _BAD_PACKAGE as error:
        if isinstance(error, BadInputError):
            raise
        raise BadInputError(f"{name}: is damaged and cannot be unpacked; save it again") from error


def _check_part(package: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    if part.file_size > MAX_PART_BYTES:
        raise BadInputError(f"{name}: unpacks to far more than a bulletin; copy its text into a new file")
    content = package.read(part)
    # Word writes neither; they only serve to blow a file up or to read others.
    if any(mark in content for mark in _ENTITY_MARKS):
        raise BadInputError(f"{name}: holds XML entities, which Word never writes; save it again in Word")


class _Lines:
    """Walks through paragraphs and tables in order and gathers lines."""

    def __init__(self, numbering: Numbering) -> None:
        self.found: list[str] = []
        self._numbering = numbering

    def read(self, block: Any, depth: int) -> None:
        """Read what stands in a body, a cell, a text box or a wrapper."""
        if depth > _DEEPEST:
            raise RecursionError
        for child in block:
            if child.tag == f"{_W}p":
                self._paragraph(child, depth)
            elif child.tag == f"{_W}tbl":
                for row in _rows(child):
                    self._row(row, depth)
            elif child.tag not in _LEFT_OUT:
                self.read(child, depth + 1)

    def _paragraph(self, paragraph: Any, depth: int) -> None:
        boxes: list[Any] = []
        text = "".join(_words(paragraph, boxes, 0))
        number = self._numbering.next_of(paragraph) if text.strip() else ""
        self.found += [" ".join(line.split()) for line in (f"{number} {text}" if number else text).split("\n")]
        for box in boxes:
            self.read(box, depth + 1)

    def _row(self, row: Any, depth: int) -> None:
        cells: list[list[str]] = []
        for cell in _cells(row):
            inner = _Lines(self._numbering)
            inner.read(cell, depth + 1)
            lines = [line for line in inner.found if line]
            if lines:
                cells.append(lines)
        # A row of short cells is read as one sentence; cells with paragraphs of their own stay paragraphs.
        if all(len(lines) == 1 for lines in cells):
            self.found.append(", ".join(lines[0] for lines in cells))
        else:
            self.found += [line for lines in cells for line in lines]


def _rows(table: Any) -> Iterator[Any]:
    for child in table:
        if child.tag == f"{_W}tr":
            removed = child.find(f"{_W}trPr/{_W}del")
            if removed is None:
                yield child
        elif child.tag not in _LEFT_OUT:
            yield from _rows(child)


def _cells(row: Any) -> Iterator[Any]:
    for child in row:
        if child.tag == f"{_W}tc":
            merged = child.find(f"{_W}tcPr/{_W}vMerge")
            # The rest of a cell that reaches over several rows says nothing of its own.
            if merged is None or merged.get(f"{_W}val") == "restart":
                yield child
        elif child.tag not in _LEFT_OUT:
            yield from _cells(child)


def _words(element: Any, boxes: list[Any], depth: int) -> Iterator[str]:
    """Yield the text of a paragraph; text boxes anchored in it are put aside."""
    if depth > _DEEPEST:
        raise RecursionError
    for child in element:
        tag = child.tag
        if tag == f"{_W}t":
            yield child.text or ""
        elif tag == f"{_W}tab":
            yield "\t"
        elif tag in _BREAKS:
            yield "\n"
        elif tag == f"{_W}noBreakHyphen":
            yield "-"
        elif tag == f"{_W}txbxContent":
            boxes.append(child)
        elif tag not in _LEFT_OUT and not (tag == f"{_W}r" and _is_hidden(child)):
            yield from _words(child, boxes, depth + 1)


def _is_hidden(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vanish")
    return mark is not None and mark.get(f"{_W}val") not in ("0", "false", "off")
