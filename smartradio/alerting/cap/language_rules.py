"""Several infos: the same event in several languages, which must agree. Source: CAP 1.2, section 3.2.2, language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from smartradio.alerting.cap.findings import Finding, warn
from smartradio.alerting.cap.message import DEFAULT_LANGUAGE, CapAlert, Info

_SAME: Final[tuple[tuple[str, Callable[[Info], object]], ...]] = (
    ("urgency", lambda info: info.urgency),
    ("severity", lambda info: info.severity),
    ("certainty", lambda info: info.certainty),
    ("effective", lambda info: info.effective),
    ("onset", lambda info: info.onset),
    ("expires", lambda info: info.expires),
    ("area", lambda info: frozenset((area.polygons, area.circles, area.geocodes) for area in info.areas)),
)


def by_language(message: CapAlert) -> dict[str, tuple[Info, ...]]:
    """Return the infos of each language, in the order of the message; languages are compared without regard to case."""
    groups: dict[str, tuple[Info, ...]] = {}
    for info in message.infos:
        language = (info.language or DEFAULT_LANGUAGE).lower()
        groups[language] = (*groups.get(language, ()), info)
    return groups


def language_findings(message: CapAlert) -> Iterator[Finding]:
    """Yield where two languages say different things of the same event; told, for one of them may still be right."""
    for (first, these), (second, those) in pairwise(by_language(message).items()):
        if len(these) != len(those):
            said = "{first} has {count} <info>, {second} has {other}: they do not say the same."
            line = those[0].lines.get("info", 0)
            yield warn(
                "languages_differ", said, line=line, first=first, count=len(these), second=second, other=len(those)
            )
            continue
        for here, there in zip(these, those, strict=True):
            for element, value in _SAME:
                if value(here) != value(there):
                    said = "{first} and {second} differ in <{name}>."
                    line = there.lines.get(element, there.lines.get("info", 0))
                    yield warn(
                        "languages_differ", said, element=element, line=line, first=first, second=second, name=element
                    )
