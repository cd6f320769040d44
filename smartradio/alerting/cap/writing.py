"""A message as its bytes: always the same for the same message, and what `read_cap` reads back equal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from xml.etree import ElementTree as ET

from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import (
    NAMESPACE,
    Area,
    CapAlert,
    Circle,
    Info,
    Key,
    Named,
    Point,
    Resource,
    cap_time,
)

# What XML 1.0 cannot hold, not even escaped.
_NO_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROOT: Final = "alert"


def write_cap(message: CapAlert) -> bytes:
    """Return the message as UTF-8 with CAP's namespace as default, elements in the order of the standard.

    Raises CapError for words that XML cannot hold. A signature is not written: it would no longer fit.
    """
    root = ET.Element(_ROOT, {"xmlns": NAMESPACE})
    _texts(root, "identifier", [message.identifier])
    _texts(root, "sender", [message.sender])
    _time(root, "sent", message.sent)
    _texts(root, "status", [message.status])
    _texts(root, "msgType", [message.msg_type])
    _texts(root, "source", [message.source])
    _texts(root, "scope", [message.scope])
    _texts(root, "restriction", [message.restriction])
    _texts(root, "addresses", [_listed(message.addresses)])
    _texts(root, "code", message.codes)
    _texts(root, "note", [message.note])
    _texts(root, "references", [" ".join(_reference(key) for key in message.references)])
    _texts(root, "incidents", [_listed(message.incidents)])
    for info in message.infos:
        _info(ET.SubElement(root, "info"), info)
    ET.indent(root, space=" ")
    whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole + b"\n"


def fit_for_xml(text: str) -> str:
    """Return words without the signs that XML cannot carry, as a text from a word processor may hold them."""
    return _NO_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _info(element: ET.Element, info: Info) -> None:
    _texts(element, "language", [info.language])
    _texts(element, "category", info.categories)
    _texts(element, "event", [info.event])
    _texts(element, "responseType", info.responses)
    _texts(element, "urgency", [info.urgency])
    _texts(element, "severity", [info.severity])
    _texts(element, "certainty", [info.certainty])
    _texts(element, "audience", [info.audience])
    _named(element, "eventCode", info.event_codes)
    _time(element, "effective", info.effective)
    _time(element, "onset", info.onset)
    _time(element, "expires", info.expires)
    _texts(element, "senderName", [info.sender_name])
    _texts(element, "headline", [info.headline])
    _texts(element, "description", [info.description])
    _texts(element, "instruction", [info.instruction])
    _texts(element, "web", [info.web])
    _texts(element, "contact", [info.contact])
    _named(element, "parameter", info.parameters)
    for resource in info.resources:
        _resource(ET.SubElement(element, "resource"), resource)
    for area in info.areas:
        _area(ET.SubElement(element, "area"), area)


def _resource(element: ET.Element, resource: Resource) -> None:
    _texts(element, "resourceDesc", [resource.description])
    _texts(element, "mimeType", [resource.mime_type])
    _texts(element, "size", ["" if resource.size_bytes is None else str(resource.size_bytes)])
    _texts(element, "uri", [resource.uri])
    _texts(element, "derefUri", [resource.deref_uri])
    _texts(element, "digest", [resource.digest])


def _area(element: ET.Element, area: Area) -> None:
    _texts(element, "areaDesc", [area.description])
    _texts(element, "polygon", [" ".join(_place(point) for point in polygon) for polygon in area.polygons])
    _texts(element, "circle", [_circle(circle) for circle in area.circles])
    _named(element, "geocode", area.geocodes)
    _texts(element, "altitude", ["" if area.altitude_ft is None else _figure(area.altitude_ft)])
    _texts(element, "ceiling", ["" if area.ceiling_ft is None else _figure(area.ceiling_ft)])


def _named(parent: ET.Element, name: str, values: Iterable[Named]) -> None:
    for each in values:
        element = ET.SubElement(parent, name)
        _texts(element, "valueName", [each.name])
        ET.SubElement(element, "value").text = _held("value", each.value)


def _time(parent: ET.Element, name: str, at: datetime | None) -> None:
    if at is not None:
        _texts(parent, name, [cap_time(at)])


def _texts(parent: ET.Element, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        if text:
            ET.SubElement(parent, name).text = _held(name, text)


def _held(name: str, text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if _NO_XML.search(plain):
        raise CapError("<{name}> holds a sign that XML cannot carry.", element=name, name=name)
    return plain


def _reference(key: Key) -> str:
    """Return a reference with the time as its own message has it: receivers compare it letter by letter."""
    return f"{key.sender},{key.identifier},{cap_time(key.sent)}"


def _listed(words: Iterable[str]) -> str:
    return " ".join(f'"{word}"' if re.search(r"\s", word) else word for word in words)


def _circle(circle: Circle) -> str:
    return f"{_place(circle.centre)} {_figure(circle.radius_km)}"


def _place(point: Point) -> str:
    return f"{_figure(point.lat)},{_figure(point.lon)}"


def _figure(value: float) -> str:
    """Return a number without an exponent and without noise: nine decimals are a tenth of a millimetre."""
    written = f"{value:.9f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written
