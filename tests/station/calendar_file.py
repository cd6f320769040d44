"""A strict reader of iCalendar files, as far as we write them: what RFC 5545 forbids ends the test."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rruleset, rrulestr

LOCAL: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_LINE: Final = re.compile(r"(?P<name>[A-Z-]+)(?P<parameters>(?:;[A-Z-]+=[^;:]+)*):(?P<value>.*)", re.DOTALL)
_ONCE: Final = ("UID", "DTSTAMP", "DTSTART", "DURATION", "RRULE", "SUMMARY", "PRIORITY", "STATUS")


@dataclass
class Event:
    """The properties of an event: name to parameters and value."""

    told: dict[str, tuple[str, str]]

    def text(self, name: str) -> str:
        parts = re.split(r"(\\[\\;,nN])", self.told[name][1])
        assert all(not re.search(r"[\\;,]", part) for part in parts[::2]), parts
        return "".join("\n" if part in ("\\n", "\\N") else part.removeprefix("\\") for part in parts)

    def instants(self, start: datetime, end: datetime) -> list[datetime]:
        """All instants of the event in [start, end), as UTC."""
        (first,) = self._local("DTSTART")
        found = rruleset()
        if "RRULE" in self.told:
            rule = self.told["RRULE"][1]
            until = re.search(r"UNTIL=([^;]+)", rule)
            assert until is None or re.fullmatch(r"\d{8}T\d{6}Z", until[1]), "UNTIL must be in UTC beside a TZID"
            found.rrule(rrulestr(rule, dtstart=first))
            # RFC 5545: the start is the first of the set, so the rule must bring it by itself.
            assert next(iter(rrulestr(rule, dtstart=first))) == first
        else:
            found.rdate(first)
        for at in self._local("RDATE"):
            found.rdate(at)
        for at in self._local("EXDATE"):
            found.exdate(at)
        return [at.astimezone(UTC) for at in found.between(start, end, inc=True) if at < end]

    def _local(self, name: str) -> list[datetime]:
        if name not in self.told:
            return []
        parameters, value = self.told[name]
        assert parameters == ";TZID=Asia/Ho_Chi_Minh"
        return [datetime.strptime(each, "%Y%m%dT%H%M%S").replace(tzinfo=LOCAL) for each in value.split(",")]

    @property
    def length(self) -> timedelta:
        seconds = re.fullmatch(r"PT([0-9]+)S", self.told["DURATION"][1])
        assert seconds is not None
        return timedelta(seconds=int(seconds[1]))


def read_calendar(data: bytes) -> dict[str, Event]:
    """Return the events of a file by their UIDs."""
    assert data.endswith(b"\r\n")
    lines = data.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    unfolded: list[str] = []
    for line in lines:
        text = line.decode("utf-8")
        if text.startswith(" "):
            unfolded[-1] += text[1:]
        else:
            unfolded.append(text)
    assert unfolded[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert unfolded[-1] == "END:VCALENDAR"
    assert unfolded.count("BEGIN:VTIMEZONE") == 1
    events: dict[str, Event] = {}
    told: dict[str, tuple[str, str]] | None = None
    for line in unfolded:
        parts = _LINE.fullmatch(line)
        assert parts is not None, line
        if line == "BEGIN:VEVENT":
            told = {}
        elif line == "END:VEVENT":
            assert told is not None
            assert {"UID", "DTSTAMP", "DTSTART"} <= told.keys()
            assert told["UID"][1] not in events
            events[told["UID"][1]] = Event(told)
            told = None
        elif told is not None:
            assert parts["name"] not in told or parts["name"] not in _ONCE
            told[parts["name"]] = (parts["parameters"], parts["value"])
    return events
