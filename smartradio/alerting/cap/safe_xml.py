"""XML from strangers: a tree of elements with their lines; no DTD, no entity of its own, no end of bounds.

A document type is looked for before the parser begins: expat goes on to the end of a document after a handler has
refused it, and would go on replacing entities.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from smartradio.alerting.cap.findings import CapError

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 50_000
MAX_ATTRIBUTES: Final = 32
_READ: Final = ("utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be")
_DECLARED: Final = re.compile(r"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{1,60})["']""")
_BETWEEN: Final = "}"
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)


@dataclass(slots=True)
class Element:
    """An element: its namespace ("" for none), its name without prefix, the line it begins in, and what it holds.

    `text` is the text directly in it, without that of its children and without the white space around.
    """

    namespace: str
    name: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def of(self, name: str) -> list[Element]:
        """Return its children of that name in its own namespace, in their order."""
        return [each for each in self.children if each.name == name and each.namespace == self.namespace]

    def first_text(self, name: str) -> str:
        """Return the text of the first such child, "" without one."""
        return next((each.text for each in self.of(name)), "")


def read_xml(data: bytes) -> Element:
    """Return the root; raises CapError with the line of what cannot be read.

    At most 1 MB of UTF-8 or UTF-16, 32 elements deep, 50,000 elements, 32 attributes each.
    """
    if len(data) > MAX_BYTES:
        raise CapError("The file has more than {most} bytes.", most=f"{MAX_BYTES:,}")
    text = _text(data)
    _refuse_dtd(text)
    return _Building().read(text)


def _text(data: bytes) -> str:
    coding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if not coding:
        declared = _DECLARED.match(data[:400].decode("latin-1"))
        name = declared[1] if declared else "utf-8"
        if name.lower().replace("_", "-") not in _READ:
            raise CapError("The file is in {coding}; only UTF-8 and UTF-16 are read.", line=1, coding=name)
        coding = "utf-8"
    try:
        return data.decode(coding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CapError("There are bytes here that are no {coding}.", line=line, coding=coding.upper()[:6]) from error


def _refuse_dtd(text: str) -> None:
    """Refuse a document type before the root: nothing but comments and instructions may stand there."""
    at = _past_white(text, 0)
    while text.startswith("<", at):
        if text.startswith(("<!--", "<?"), at):
            # As the parser counts: "<!-->" opens a comment and does not close it.
            opening, closing = ("<!--", "-->") if text.startswith("<!--", at) else ("<?", "?>")
            end = text.find(closing, at + len(opening))
            if end < 0:
                return
            at = _past_white(text, end + len(closing))
        elif text.startswith("<!", at):
            line = text.count("\n", 0, at) + 1
            raise CapError("The file has a document type (DTD); such files are not opened.", line=line)
        else:
            return


def _past_white(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


class _Building:
    """Builds the tree as expat tells of it."""

    def __init__(self) -> None:
        self._root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._count = 0
        self._parser = expat.ParserCreate("utf-8", _BETWEEN)
        self._parser.buffer_text = True
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.ExternalEntityRefHandler = self._outside

    def read(self, text: str) -> Element:
        try:
            self._parser.Parse(text.encode("utf-8"), True)
        except expat.ExpatError as error:
            message = expat.errors.messages[error.code]
            raise CapError("This is no well-formed XML: {message}.", line=error.lineno, message=message) from error
        finally:
            # The parser holds us by its handlers: without this its memory waits for the next collection.
            del self._parser
        if self._root is None:
            raise CapError("There is no element in the file.")
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        namespace, _, local = name.rpartition(_BETWEEN)
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise CapError("The file has more than {most} elements.", line=line, most=f"{MAX_ELEMENTS:,}")
        if len(self._open) >= MAX_DEPTH:
            raise CapError("Elements lie more than {most} deep in each other.", line=line, most=MAX_DEPTH)
        if len(attributes) > MAX_ATTRIBUTES:
            raise CapError("An element has more than {most} attributes.", line=line, most=MAX_ATTRIBUTES)
        made = Element(namespace, local, line, attributes)
        if self._open:
            self._open[-1].children.append(made)
        else:
            self._root = made
        self._open.append(made)
        self._texts.append([])

    def _end(self, _: str) -> None:
        self._open.pop().text = "".join(self._texts.pop()).strip()

    def _characters(self, data: str) -> None:
        self._texts[-1].append(data)

    def _doctype(self, *_: object) -> None:
        raise CapError("The file has a document type (DTD); such files are not opened.", line=1)

    def _outside(self, *_: object) -> int:
        raise CapError("The file asks for another file; none is fetched.", line=self._parser.CurrentLineNumber)
