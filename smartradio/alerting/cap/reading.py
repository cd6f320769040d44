"""A message from its bytes. Source: CAP 1.2, section 3; 1.1 is read as well, 1.0 is told by its name.

Strict where a mistake could change what is said or whom it reaches; what is only written another way than the standard
asks is read, and stands among the message's remarks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from smartradio.alerting.cap.findings import CapError, Finding, warn
from smartradio.alerting.cap.message import (
    NAMESPACE,
    Area,
    CapAlert,
    Category,
    Certainty,
    Info,
    Key,
    MsgType,
    Named,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)
from smartradio.alerting.cap.safe_xml import Element, read_xml
from smartradio.alerting.cap.values import as_circle, as_number, as_polygon, as_references, as_time, as_words

_OLDER: Final = "urn:oasis:names:tc:emergency:cap:1.1"
_OLDEST: Final = ("http://www.incident.com/cap/1.0", "urn:oasis:names:tc:emergency:cap:1.0")
_SIGNATURES: Final = "http://www.w3.org/2000/09/xmldsig#"
_LONGEST_TEXT: Final = 100_000
_MOST_REMARKS: Final = 100
MAX_BLOCKS: Final = 2_000
"""So many infos, areas and others of one kind a message may have."""

ALERT: Final = (
    "identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction", "addresses", "code", "note",
    "references", "incidents", "info",
)  # fmt: skip
INFO: Final = (
    "language", "category", "event", "responseType", "urgency", "severity", "certainty", "audience", "eventCode",
    "effective", "onset", "expires", "senderName", "headline", "description", "instruction", "web", "contact",
    "parameter", "resource", "area",
)  # fmt: skip
RESOURCE: Final = ("resourceDesc", "mimeType", "size", "uri", "derefUri", "digest")
AREA: Final = ("areaDesc", "polygon", "circle", "geocode", "altitude", "ceiling")
_NAMED: Final = ("valueName", "value")
_MANY: Final = frozenset(
    ("code", "info", "category", "responseType", "eventCode", "parameter", "resource", "area", "polygon", "circle",
     "geocode")
)  # fmt: skip
_OTHER_WORDS: Final = {("certainty", "very likely"): "Likely"}
"""Words of older versions."""

Choice = TypeVar("Choice", bound=StrEnum)
Made = TypeVar("Made")


def read_cap(data: bytes) -> CapAlert:
    """Return the message; raises CapError, one line with element and line of the file.

    At most 1 MB; no document type, no entities; see `safe_xml` for the other bounds.
    """
    return cap_of(read_xml(data))


def is_cap(root: Element) -> bool:
    """Return whether an element is an alert of any version of CAP."""
    return root.name == "alert" and root.namespace in {NAMESPACE, _OLDER, *_OLDEST}


def cap_of(root: Element) -> CapAlert:
    """Return the message of an element already read, as a feed may hold one; raises CapError."""
    if root.namespace in _OLDEST:
        raise CapError(
            "This is CAP 1.0, which is not read; ask its issuer for CAP 1.2.", element=root.name, line=root.line
        )
    if not is_cap(root):
        said = "This is no CAP message: its first element is <{name}> of “{namespace}”."
        raise CapError(said, line=root.line, name=root.name, namespace=root.namespace)
    return _Reading().alert(root)


class _Block:
    """One element with others in it, asked for its values by name."""

    def __init__(self, element: Element, order: tuple[str, ...], remarks: list[Finding]) -> None:
        self.element = element
        self._remarks = remarks
        self._found: dict[str, list[Element]] = {}
        self.foreign: list[Element] = []
        last = 0
        for child in element.children:
            if child.namespace != element.namespace:
                self.foreign.append(child)
            elif child.name not in order:
                self._remark("unknown_element", "<{name}> is no element of <{block}>; it is left out.", child)
            else:
                self._found.setdefault(child.name, []).append(child)
                if order.index(child.name) < last:
                    self._remark("order", "<{name}> stands behind its place in <{block}>.", child)
                last = max(last, order.index(child.name))
        self._check_counts()

    @property
    def lines(self) -> dict[str, int]:
        """Return where its elements stand."""
        lines = {self.element.name: self.element.line}
        for name, found in self._found.items():
            for number, each in enumerate(found, start=1):
                lines[name if number == 1 else f"{name} {number}"] = each.line
        return lines

    def all(self, name: str) -> list[Element]:
        """Return the elements of a name, those without any text and children left out."""
        return [each for each in self._found.get(name, ()) if each.text or each.children]

    def text(self, name: str, *, required: bool = False) -> str:
        """Return the text of an element, "" without it."""
        found = self.all(name)
        if found:
            return self._plain(found[0])
        if required:
            said = "There is no <{name}> in <{block}>, or it is empty."
            raise CapError(said, element=self.element.name, line=self.element.line, name=name, block=self.element.name)
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of all elements of a name."""
        return tuple(self._plain(each) for each in self.all(name))

    def choice(self, name: str, kind: type[Choice]) -> Choice:
        """Return one of the words the standard has for an element."""
        self.text(name, required=True)
        return self._choice(self.all(name)[0], kind)

    def choices(self, name: str, kind: type[Choice]) -> tuple[Choice, ...]:
        """Return the words of an element that may stand several times."""
        return tuple(self._choice(each, kind) for each in self.all(name))

    def time(self, name: str, *, required: bool = False) -> datetime | None:
        """Return an instant, None without it."""
        text = self.text(name, required=required)
        if not text:
            return None
        element = self.all(name)[0]
        at, as_asked = as_time(text, name, element.line)
        if not as_asked:
            self._remark("time_form", "<{name}> is not written as 2026-11-23T03:30:00+07:00.", element)
        return at

    def number(self, name: str) -> float | None:
        """Return a number, None without it."""
        text = self.text(name)
        return as_number(text, name, self.all(name)[0].line) if text else None

    def size(self) -> int | None:
        """Return a resource's size in bytes; one that is none is left out: nothing hangs on it."""
        text = self.text("size")
        if not text or (text.isascii() and text.isdigit() and len(text) <= 15):
            return int(text) if text else None
        self._remark("size", "<{name}> is no number of bytes; it is left out.", self.all("size")[0])
        return None

    def references(self) -> tuple[Key, ...]:
        """Return the messages it refers to."""
        text = self.text("references")
        if not text:
            return ()
        element = self.all("references")[0]
        keys, as_asked = as_references(text, element.line)
        if not as_asked:
            self._remark("reference_form", "<{name}> is not written as sender,identifier,sent.", element)
        return keys

    def shapes(self, name: str, read: Callable[[str, int], Made]) -> tuple[Made, ...]:
        """Return what `read` makes of the elements of a name."""
        return tuple(read(self._plain(each), each.line) for each in self.all(name))

    def named(self, name: str) -> tuple[Named, ...]:
        """Return values with their names."""
        return tuple(self._named(each) for each in self.all(name))

    def _named(self, element: Element) -> Named:
        inside = _Block(element, _NAMED, self._remarks)
        return Named(inside.text("valueName", required=True), inside.text("value"))

    def _plain(self, element: Element) -> str:
        if element.children:
            said = "<{name}> holds other elements, as <{child}>, where words belong."
            child = element.children[0]
            raise CapError(said, element=element.name, line=child.line, name=element.name, child=child.name)
        if len(element.text) > _LONGEST_TEXT and element.name != "derefUri":
            said = "<{name}> has more than {most} characters."
            raise CapError(said, element=element.name, line=element.line, name=element.name, most=f"{_LONGEST_TEXT:,}")
        return element.text

    def _choice(self, element: Element, kind: type[Choice]) -> Choice:
        text = self._plain(element)
        words = {str(each).lower(): each for each in kind}
        written = _OTHER_WORDS.get((element.name, text.lower()), text)
        if written.lower() not in words:
            said = "<{name}> is “{text}”; it can be {words}."
            listed = ", ".join(str(each) for each in kind)
            raise CapError(said, element=element.name, line=element.line, name=element.name, text=text, words=listed)
        chosen = words[written.lower()]
        if str(chosen) != text:
            self._remark("word", "<{name}> is “{text}”, which is read as {word}.", element, text=text, word=chosen)
        return chosen

    def _check_counts(self) -> None:
        for name, found in self._found.items():
            if len(found) > 1 and name not in _MANY:
                said = "<{name}> stands {count} times in <{block}>."
                raise CapError(
                    said, element=name, line=found[1].line, name=name, count=len(found), block=self.element.name
                )
            if len(found) > MAX_BLOCKS:
                raise CapError(
                    "There are {count} <{name}>.", element=name, line=found[0].line, count=len(found), name=name
                )

    def _remark(self, code: str, said: str, element: Element, *, text: str = "", word: str = "") -> None:
        if len(self._remarks) >= _MOST_REMARKS:
            return
        block = self.element.name
        self._remarks.append(warn(code, said, line=element.line, name=element.name, block=block, text=text, word=word))


class _Reading:
    """Reads one message; gathers its remarks."""

    def __init__(self) -> None:
        self._remarks: list[Finding] = []

    def alert(self, root: Element) -> CapAlert:
        if root.namespace == _OLDER:
            self._remarks.append(warn("version", "This is CAP 1.1; it is read as CAP 1.2.", line=root.line))
        block = _Block(root, ALERT, self._remarks)
        sent = block.time("sent", required=True)
        assert sent is not None
        return CapAlert(
            identifier=block.text("identifier", required=True),
            sender=block.text("sender", required=True),
            sent=sent,
            status=block.choice("status", Status),
            msg_type=block.choice("msgType", MsgType),
            scope=block.choice("scope", Scope),
            source=block.text("source"),
            restriction=block.text("restriction"),
            addresses=as_words(block.text("addresses")),
            codes=block.texts("code"),
            note=block.text("note"),
            references=block.references(),
            incidents=as_words(block.text("incidents")),
            infos=tuple(self._infos(block)),
            lines=block.lines,
            signed=any(each.namespace == _SIGNATURES for each in block.foreign),
            remarks=tuple(self._remarks),
        )

    def _infos(self, alert: _Block) -> Iterator[Info]:
        for element in alert.all("info"):
            block = _Block(element, INFO, self._remarks)
            block.text("category", required=True)
            yield Info(
                categories=block.choices("category", Category),
                event=block.text("event", required=True),
                urgency=block.choice("urgency", Urgency),
                severity=block.choice("severity", Severity),
                certainty=block.choice("certainty", Certainty),
                language=block.text("language"),
                responses=block.choices("responseType", ResponseType),
                audience=block.text("audience"),
                event_codes=block.named("eventCode"),
                effective=block.time("effective"),
                onset=block.time("onset"),
                expires=block.time("expires"),
                sender_name=block.text("senderName"),
                headline=block.text("headline"),
                description=block.text("description"),
                instruction=block.text("instruction"),
                web=block.text("web"),
                contact=block.text("contact"),
                parameters=block.named("parameter"),
                resources=tuple(self._resource(each) for each in block.all("resource")),
                areas=tuple(self._area(each) for each in block.all("area")),
                lines=block.lines,
            )

    def _resource(self, element: Element) -> Resource:
        block = _Block(element, RESOURCE, self._remarks)
        return Resource(
            description=block.text("resourceDesc", required=True),
            mime_type=block.text("mimeType"),
            size_bytes=block.size(),
            uri=block.text("uri"),
            deref_uri=block.text("derefUri"),
            digest=block.text("digest"),
            lines=block.lines,
        )

    def _area(self, element: Element) -> Area:
        block = _Block(element, AREA, self._remarks)
        return Area(
            description=block.text("areaDesc", required=True),
            polygons=block.shapes("polygon", as_polygon),
            circles=block.shapes("circle", as_circle),
            geocodes=block.named("geocode"),
            altitude_ft=block.number("altitude"),
            ceiling_ft=block.number("ceiling"),
            lines=block.lines,
        )
