"""What a plan says, in an operator's words: one line for what comes of an airing, one for what was found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Final

from smartradio.domain.plan_checks import Finding, FindingCode
from smartradio.domain.plan_items import Decision, Note, NoteCode, PlanItem
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.words import Words

REASONS: Final[dict[NoteCode, str]] = {
    NoteCode.IN_TURN: "in turn, after {by}",
    NoteCode.STAGGERED: "put off {seconds}, beside its neighbours",
    NoteCode.DELAYED: "delayed: {by} {by_at}",
    NoteCode.PREEMPTED: "stopped: {by} {by_at}, in sentence {sentence} of {of}",
    NoteCode.RESUMED: "goes on at {at} from sentence {sentence}",
    NoteCode.CUT_SLOT: "cut: slot over at {at}, heard {sentence} of {of} sentences",
    NoteCode.CUT_QUIET: "cut: quiet hours from {at}, heard {sentence} of {of} sentences",
}
"""Reasons that are sentences of their own."""
RELAY_REASONS: Final[dict[NoteCode, str]] = {
    NoteCode.PREEMPTED: "stopped: {by} {by_at}",
    NoteCode.RESUMED: "joined again at {at}",
    NoteCode.CUT_SLOT: "cut: slot over at {at}",
    NoteCode.CUT_QUIET: "cut: quiet hours from {at}",
}
"""The same where a stream is relayed, which has no sentences of ours."""
REFUSALS: Final[dict[NoteCode, str]] = {
    NoteCode.LITTLE_LEFT: "only {seconds} left",
    NoteCode.ENDED: "nothing of it is kept",
    NoteCode.QUIET_HOURS: "quiet hours {at}–{until}",
    NoteCode.SLOT_FULL: "slot full until {at}, {seconds} needed, {limit} left",
    NoteCode.AIRTIME: "the day's airtime is used up: {used} of {limit}, {seconds} needed",
    NoteCode.EXPIRED: "too late after {at}",
    NoteCode.HOLIDAY: "holiday {named}",
    NoteCode.LEFT_OUT: "taken out of the schedule on this day",
    NoteCode.NOT_APPROVED: "nobody has approved it",
    NoteCode.NO_NODES: "no node in the zone",
}
"""Reasons why something does not sound, or does not go on; what does not is said before them."""
FINDINGS: Final[dict[FindingCode, str]] = {
    FindingCode.NEVER_FIRES: "{programme}: is not aired in the coming year",
    FindingCode.NEVER_HEARD: "{programme}: is never heard ({count}, first {first}): {why}",
    FindingCode.CONFLICT: "{programme}: meets {other} ({count}, first {first}) in {zones}, waits up to {seconds}",
    FindingCode.ZONES_DIFFER: "{programme}: is not heard whole in {zones}, but elsewhere ({count}, first {first})",
    FindingCode.SLOT_OVERFLOW: "{programme}: does not fit into its slot ({count}, first {first}), {seconds} too long",
    FindingCode.EMPTY_SLOT: "slot of {programme}: no bulletin in it ({count}, first {first}) in {zones}",
    FindingCode.AIRTIME: "{programme}: goes beyond the day's airtime ({count}, first {first}) in {zones}",
    FindingCode.NOT_APPROVED: "{programme}: nobody has approved it, so it is not aired",
    FindingCode.NO_NODES: "{programme}: no node stands in {zones}",
    FindingCode.FORMER_ZONE: "{programme}: {named} was merged; it is aired in {zones}",
}
_SHORT_REFUSALS: Final[dict[NoteCode, str]] = {
    NoteCode.QUIET_HOURS: "quiet hours",
    NoteCode.SLOT_FULL: "slot full",
    NoteCode.AIRTIME: "the day's airtime is used up",
    NoteCode.EXPIRED: "its turn comes too late",
}
_NUMBERED: Final = re.compile(r"(.*?)(\d+)")
_LONGEST_TITLE: Final = 40


class Telling:
    """Puts a plan in words; times are those of the wall clock `tz`. `titles` are what operators call zones."""

    def __init__(self, say: Words, tz: tzinfo, zones: Sequence[str], titles: dict[str, str] | None = None) -> None:
        self.say = say
        self._tz = tz
        self._zones = tuple(zones)
        self._titles = titles or {}
        self._told_places: dict[tuple[str, ...], str] = {}

    def clock(self, at: datetime, near: datetime | None = None) -> str:
        """Return the time, with its date where that is not the one of `near`."""
        local = at.astimezone(self._tz)
        form = "%H:%M" if local.second == 0 else "%H:%M:%S"
        is_near = near is None or near.astimezone(self._tz).date() == local.date()
        return f"{local:{form}}" if is_near else f"{local:{form} %d/%m}"

    def outcome(self, item: PlanItem) -> str:
        """Return what comes of an airing, with its reasons."""
        return "; ".join(self._reasons(item)) or self.say("as planned")

    def finding(self, finding: Finding) -> str:
        """Return a finding as one line."""
        values = {
            "programme": self._name(finding.programme),
            "other": "" if finding.other is None else self._name(finding.other),
            "zones": self.places(finding.zones),
            "count": self.say("{count}×", count=finding.count),
            "first": "" if finding.first_at is None else f"{finding.first_at.astimezone(self._tz):%H:%M %d/%m}",
            "seconds": self.length(finding.seconds or 0.0),
            "named": finding.named,
            "why": "" if finding.why is None else self.say(_SHORT_REFUSALS.get(finding.why, "")),
        }
        if finding.code is FindingCode.CONFLICT and finding.seconds is None:
            return self.say("{programme}: is lost for {other} ({count}, first {first}) in {zones}", **values)
        return self.say(FINDINGS[finding.code], **values)

    def places(self, zones: Sequence[str]) -> str:
        """Return zones as operators read them: all, or those with running numbers together."""
        wanted = tuple(zones)
        told = self._told_places.get(wanted)
        if told is None:
            # A week has a thousand airings in a handful of places.
            told = self._told_places[wanted] = self._placed(wanted)
        return told

    def _placed(self, zones: tuple[str, ...]) -> str:
        if len(zones) > 1 and set(zones) >= set(self._zones):
            return self.say("whole commune")
        return ", ".join(runs([self._titles.get(zone, zone) for zone in zones]))

    def gains(self, gains: Mapping[str, float]) -> Iterator[str]:
        """Yield how much an airing is lowered, the zones with the same gain together."""
        for gain_db in sorted(set(gains.values()), reverse=True):
            zones = [zone for zone, there in gains.items() if there == gain_db]
            yield self.say("{gain} dB in {zones}", gain=f"{gain_db:g}".replace("-", "−"), zones=self.places(zones))

    def length(self, seconds: float) -> str:
        """Return a length in seconds, or from two minutes on in minutes."""
        if seconds < 120:
            return self.say("{seconds} s", seconds=round(seconds))
        return self.say("{minutes} min", minutes=round(seconds / 60))

    def _reasons(self, item: PlanItem) -> Iterator[str]:
        for note in item.notes:
            values = self._values(note, item.planned_at)
            if note.code in REASONS:
                said = REASONS[note.code]
                yield self.say(RELAY_REASONS.get(note.code, said) if item.programme.relay else said, **values)
                continue
            why = self.say(REFUSALS[note.code], **values)
            yield self._refused(item, note, why)

    def _refused(self, item: PlanItem, note: Note, why: str) -> str:
        if item.decision is Decision.BROKEN_OFF:
            said = self.say("does not go on: {why}", why=why)
        elif item.decision is Decision.DROPPED:
            said = self.say("dropped: {why}", why=why)
        else:
            said = self.say("skipped: {why}", why=why)
        if note.by is not None and note.by_at is not None:
            waited = self.say("waited for {by} {by_at}", **self._values(note, item.planned_at))
            return f"{said} ({waited})"
        if note.code is NoteCode.LITTLE_LEFT and note.until is not None:
            again = self.say("next time {until}", until=self.clock(note.until, item.planned_at))
            return f"{said}, {again}"
        return said

    def _values(self, note: Note, near: datetime) -> dict[str, object]:
        return {
            "at": "" if note.at is None else self._mark(note, note.at, near),
            "until": "" if note.until is None else self._mark(note, note.until, near),
            "by": "" if note.by is None else self._kind(note.by),
            "by_at": "" if note.by_at is None else self.clock(note.by_at, near),
            "sentence": note.sentence,
            "of": note.of,
            "seconds": self.length(note.seconds or 0.0),
            "limit": self.length(note.limit_s or 0.0),
            "named": note.named,
            "used": self.length(note.used_s or 0.0),
        }

    def _mark(self, note: Note, at: datetime, near: datetime) -> str:
        # Quiet hours go over midnight; everybody knows it.
        return self.clock(at) if note.code is NoteCode.QUIET_HOURS else self.clock(at, near)

    def _kind(self, programme: Programme) -> str:
        """Return what operators call something in the way: an emergency is one whatever its title."""
        if programme.priority is Priority.EMERGENCY:
            return self.say("emergency bulletin")
        return self._name(programme)

    @staticmethod
    def _name(programme: Programme) -> str:
        title = programme.title
        return f"“{title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1].rstrip() + '…'}”"


def runs(names: Sequence[str]) -> Iterator[str]:
    """Yield names in order, three and more with running numbers as one: "thon-1–3"."""
    place = 0
    while place < len(names):
        end = place
        while end + 1 < len(names) and _follows(names[end], names[end + 1]):
            end += 1
        if end - place >= 2:
            last = _NUMBERED.fullmatch(names[end])
            yield f"{names[place]}–{last[2] if last else names[end]}"
        else:
            yield from names[place : end + 1]
        place = end + 1


def _follows(name: str, other: str) -> bool:
    one, two = _NUMBERED.fullmatch(name), _NUMBERED.fullmatch(other)
    return one is not None and two is not None and one[1] == two[1] and int(one[2]) + 1 == int(two[2])
