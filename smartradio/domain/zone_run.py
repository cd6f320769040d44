"""One zone's days played through: what arrives, waits, is stopped, goes on, and what no rule lets sound.

All times are POSIX seconds: a plan has a hundred thousand of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import Final, NamedTuple

from smartradio.domain.plan_items import Decision, NoteCode
from smartradio.domain.plan_rules import EXEMPT
from smartradio.domain.preemption import FATES, Fate, Sequel, sequel
from smartradio.domain.priority import Priority
from smartradio.domain.sounding import Sounding

# So far back it is looked what somebody waited for; more would only cost time.
_MOST_LOOKED_BACK: Final = 16
_FATES_OF: Final = {
    playing: {arriving: fate for (arriving, played), fate in FATES.items() if played is playing} for playing in Priority
}


class Arrival(NamedTuple):
    """One instant of a show; `rank` orders shows of one priority that are planned at the same instant."""

    at_s: float
    rank: int
    show: int


@dataclass(frozen=True, slots=True)
class Show:
    """What a zone must know of a programme. `slot_s` is infinite for none; so is `valid_until_s` for no end.

    `closes` says that it stands at the end of its slot, which others must leave room for.
    """

    priority: Priority
    sounding: Sounding
    tolerance_s: float
    resume_within_s: float
    slot_s: float = inf
    valid_until_s: float = inf
    closes: bool = False


@dataclass(frozen=True, slots=True)
class ZoneTimes:
    """The rules of a zone over the days that are planned: quiet spans in order, days by their begin, airtime a day.

    Arrivals that are not EXEMPT have been put off by `stagger_s`; their slots have not.
    """

    quiet_begins_s: Sequence[float]
    quiet_ends_s: Sequence[float]
    day_begins_s: Sequence[float]
    airtime_s: float | None = None
    stagger_s: float = 0.0


class RawNote(NamedTuple):
    """A reason in POSIX seconds; `by` is the show in the way. See `plan_items.Note`."""

    code: NoteCode
    at_s: float | None = None
    until_s: float | None = None
    by: int | None = None
    by_at_s: float | None = None
    sentence: int | None = None
    of: int | None = None
    seconds: float | None = None
    limit_s: float | None = None
    used_s: float | None = None


class RawPiece(NamedTuple):
    """A stretch of sound from sentence `first`, with `past` the first sentence not heard whole (both from 0)."""

    start_s: float
    end_s: float
    first: int
    past: int


class Outcome(NamedTuple):
    """What came of one arrival."""

    decision: Decision
    pieces: tuple[RawPiece, ...]
    notes: tuple[RawNote, ...]


class _Go(NamedTuple):
    """It may sound until `end_s`, by when sentences before `past` have been heard; `cut` says why not all."""

    end_s: float
    past: int
    cut: RawNote | None


class _Limit(NamedTuple):
    """Something that sounds must be over by `until_s`; `cut` says why, with the span or instant behind it."""

    until_s: float
    cut: NoteCode
    from_s: float
    to_s: float


class _Run:
    """An arrival on its way through the zone's day."""

    __slots__ = (
        "at_s",
        "began_s",
        "index",
        "last_start_s",
        "notes",
        "pieces",
        "planned_s",
        "priority",
        "rank",
        "sentence",
        "show",
        "slot_end_s",
        "slot_of",
    )

    def __init__(self, arrival: Arrival, show: Show, stagger_s: float) -> None:
        self.at_s, self.rank, self.index = arrival
        self.show = show
        self.priority = show.priority
        self.planned_s = self.at_s if self.priority in EXEMPT else self.at_s - stagger_s
        # What stands in a slot shares it with all that begin with it.
        self.slot_of = self.planned_s if show.slot_s < inf else None
        self.sentence = 0
        self.began_s: float | None = None
        self.slot_end_s = self.planned_s + show.slot_s
        # In a slot it is the slot that says when it is too late; what is EXEMPT may last beyond it, not begin there.
        wait_s = show.tolerance_s
        if self.slot_of is not None:
            wait_s = max(wait_s, show.slot_s) if self.priority in EXEMPT else inf
        elif self.priority is Priority.EMERGENCY:
            # Only another emergency is in its way: it waits as long as an interrupted one may begin again.
            wait_s = max(wait_s, show.sounding.duration_s + show.resume_within_s)
        self.last_start_s = min(self.at_s + wait_s, show.valid_until_s)
        self.pieces: list[RawPiece] = []
        self.notes: list[RawNote] = []

    @property
    def order(self) -> tuple[int, float, int]:
        """Who goes first among those that wait: the more urgent, the earlier planned, the one whose turn it is."""
        return (-self.priority, self.at_s, self.rank)


class ZoneRun:
    """Plays one zone through; for one use."""

    def __init__(self, shows: Sequence[Show], times: ZoneTimes, arrivals: Sequence[Arrival]) -> None:
        self._shows = shows
        self._times = times
        self._arrivals = arrivals
        self._next = 0
        self._waiting: list[tuple[tuple[int, float, int], _Run]] = []
        self._log: list[tuple[float, float, _Run]] = []
        self._used_s: dict[int, float] = {}
        self._found: list[tuple[int, float, Outcome]] = []
        self._closing_s = _closings(shows, arrivals)

    def outcomes(self) -> list[tuple[int, float, Outcome]]:
        """Return (show, planned instant, outcome) of every arrival; arrivals come in order."""
        arrivals, count = self._arrivals, len(self._arrivals)
        now_s = -inf
        while self._next < count or self._waiting:
            if not self._waiting:
                now_s = max(now_s, arrivals[self._next].at_s)
            while self._next < count and arrivals[self._next].at_s <= now_s:
                self._wait(self._arrive())
            run = heappop(self._waiting)[1]
            admitted = self._admit(run, now_s)
            if isinstance(admitted, RawNote):
                self._refuse(run, admitted)
            else:
                now_s = self._play(run, now_s, admitted)
        return self._found

    def _arrive(self) -> _Run:
        arrival = self._arrivals[self._next]
        self._next += 1
        return _Run(arrival, self._shows[arrival.show], self._times.stagger_s)

    def _wait(self, run: _Run) -> None:
        heappush(self._waiting, (run.order, run))

    def _admit(self, run: _Run, now_s: float) -> _Go | RawNote:
        """Say until when something may sound that begins, or goes on, now; or why it may not."""
        sounding = run.show.sounding
        if run.began_s is not None and run.priority is Priority.RELAY:
            # What is joined again has gone on meanwhile.
            run.sentence = sounding.heard_by(now_s - run.began_s)
        if now_s > run.last_start_s or run.sentence >= sounding.sentences:
            return RawNote(NoteCode.EXPIRED, run.last_start_s)
        offset_s = sounding.offset_s(run.sentence)
        needed_s = sounding.duration_s - offset_s
        if run.priority in EXEMPT:
            return _Go(now_s + needed_s, sounding.sentences, None)
        limit = self._limit(run, now_s)
        past, end_s = sounding.sentences, now_s + needed_s
        if end_s > limit.until_s:
            past = sounding.heard_by(limit.until_s - now_s + offset_s)
            if past <= run.sentence:
                return _no_room(limit, limit.until_s - now_s, needed_s)
            end_s = now_s + sounding.ends_s[past - 1] - offset_s
        beyond = self._beyond_airtime(run, now_s, end_s - now_s)
        if beyond is not None:
            return beyond
        is_cut = past < sounding.sentences
        cut = RawNote(limit.cut, limit.until_s, sentence=past, of=sounding.sentences) if is_cut else None
        return _Go(end_s, past, cut)

    def _limit(self, run: _Run, now_s: float) -> _Limit:
        """Return what ends first for something that sounds now: the day's loud hours, or its slot."""
        begins, ends = self._times.quiet_begins_s, self._times.quiet_ends_s
        coming = bisect_right(begins, now_s)
        if coming and now_s < ends[coming - 1]:
            return _Limit(-inf, NoteCode.CUT_QUIET, begins[coming - 1], ends[coming - 1])
        slot_end_s = run.slot_end_s
        if slot_end_s < inf and not run.show.closes:
            slot_end_s -= self._closing_s.get(run.at_s, 0.0)
        if coming < len(begins) and begins[coming] < slot_end_s:
            return _Limit(begins[coming], NoteCode.CUT_QUIET, begins[coming], ends[coming])
        return _Limit(slot_end_s, NoteCode.CUT_SLOT, run.slot_end_s, inf)

    def _beyond_airtime(self, run: _Run, now_s: float, seconds: float) -> RawNote | None:
        """Return why the zone's day has no time for so many seconds more; what has begun may end."""
        most_s = self._times.airtime_s
        if most_s is None or run.began_s is not None:
            return None
        used_s = self._used_s.get(self._day(now_s), 0.0)
        if used_s + seconds <= most_s:
            return None
        return RawNote(NoteCode.AIRTIME, seconds=seconds, limit_s=most_s, used_s=used_s)

    def _day(self, at_s: float) -> int:
        return bisect_right(self._times.day_begins_s, at_s)

    def _play(self, run: _Run, start_s: float, go: _Go) -> float:
        """Let a run sound until it is over, or until something more urgent stops it; returns when that is."""
        self._tell_start(run, start_s)
        fates = _FATES_OF[run.priority]
        while self._next < len(self._arrivals) and self._arrivals[self._next].at_s < go.end_s:
            other = self._arrive()
            if fates[other.priority] is Fate.GOES_ON:
                self._wait(other)
                continue
            admitted = self._admit(other, other.at_s)
            if isinstance(admitted, RawNote):
                # What may not sound stops nothing.
                self._refuse(other, admitted)
                continue
            self._wait(other)
            self._break_off(run, start_s, go, other)
            return other.at_s
        self._sounded(run, RawPiece(start_s, go.end_s, run.sentence, go.past))
        if go.cut is not None:
            run.notes.append(go.cut)
        self._settle(run, _decision_of(run, go.cut))
        return go.end_s

    def _tell_start(self, run: _Run, start_s: float) -> None:
        if run.began_s is not None:
            run.notes.append(RawNote(NoteCode.RESUMED, start_s, sentence=run.sentence + 1))
            return
        run.began_s = start_s
        if run.at_s > run.planned_s:
            run.notes.append(RawNote(NoteCode.STAGGERED, run.at_s, seconds=run.at_s - run.planned_s))
        if start_s > run.at_s:
            before = self._stood_before(run)
            if before is not None:
                in_turn = run.slot_of is not None and run.slot_of == before[1].slot_of
                code = NoteCode.IN_TURN if in_turn else NoteCode.DELAYED
                run.notes.append(RawNote(code, start_s, by=before[1].index, by_at_s=before[0]))

    def _stood_before(self, run: _Run) -> tuple[float, _Run] | None:
        """Return what a run waited for and when that began: the most urgent, but of its own slot only the last."""
        found: tuple[float, _Run] | None = None
        weight, slot, at_s = -1, run.slot_of, run.at_s
        log = self._log
        for place in range(len(log) - 1, max(-1, len(log) - 1 - _MOST_LOOKED_BACK), -1):
            start_s, end_s, other = log[place]
            if end_s <= at_s:
                break
            if slot is not None and other.slot_of == slot:
                if found is None:
                    found = (start_s, other)
            elif other.priority >= weight:
                found, weight = (start_s, other), other.priority
        return found

    def _break_off(self, run: _Run, start_s: float, go: _Go, by: _Run) -> None:
        show, sounding = run.show, run.show.sounding
        at_s = by.at_s
        past = min(sounding.heard_by(at_s - start_s + sounding.offset_s(run.sentence)), go.past)
        self._sounded(run, RawPiece(start_s, at_s, run.sentence, past))
        if past == go.past:
            # Only its closing chime was still to come.
            self._settle(run, _decision_of(run, go.cut))
            return
        run.notes.append(
            RawNote(NoteCode.PREEMPTED, at_s, by=by.index, by_at_s=at_s, sentence=past + 1, of=sounding.sentences)
        )
        began_s = start_s if run.began_s is None else run.began_s
        until_s = show.valid_until_s
        if run.slot_of is None:
            until_s = min(until_s, began_s + sounding.duration_s + show.resume_within_s)
        run.sentence, run.last_start_s = past, until_s
        left_s = sounding.duration_s - sounding.offset_s(past)
        what = sequel(show.priority, left=left_s / sounding.duration_s, valid=at_s < until_s)
        if what in (Sequel.RESUME, Sequel.REJOIN):
            self._wait(run)
        elif what is Sequel.REPLAN:
            self._refuse(run, RawNote(NoteCode.LITTLE_LEFT, seconds=left_s))
        else:
            self._refuse(run, RawNote(NoteCode.ENDED))

    def _sounded(self, run: _Run, piece: RawPiece) -> None:
        run.pieces.append(piece)
        self._log.append((piece.start_s, piece.end_s, run))
        if self._times.airtime_s is not None and run.priority not in EXEMPT:
            day = self._day(piece.start_s)
            self._used_s[day] = self._used_s.get(day, 0.0) + piece.end_s - piece.start_s

    def _refuse(self, run: _Run, why: RawNote) -> None:
        """Put down that a run does not begin, or does not go on."""
        if why.code in (NoteCode.EXPIRED, NoteCode.SLOT_FULL):
            before = self._stood_before(run)
            if before is not None:
                why = why._replace(by=before[1].index, by_at_s=before[0])
        run.notes.append(why)
        if run.pieces:
            self._settle(run, Decision.BROKEN_OFF)
        else:
            self._settle(run, Decision.DROPPED if why.code is NoteCode.EXPIRED else Decision.SKIPPED)

    def _settle(self, run: _Run, decision: Decision) -> None:
        self._found.append((run.index, run.planned_s, Outcome(decision, tuple(run.pieces), tuple(run.notes))))


def _no_room(limit: _Limit, left_s: float, needed_s: float) -> RawNote:
    """Return why not even a sentence fits in before the limit."""
    if limit.cut is NoteCode.CUT_QUIET:
        return RawNote(NoteCode.QUIET_HOURS, limit.from_s, limit.to_s)
    return RawNote(NoteCode.SLOT_FULL, limit.from_s, seconds=needed_s, limit_s=max(0.0, left_s))


def _decision_of(run: _Run, cut: RawNote | None) -> Decision:
    if cut is not None:
        return Decision.CUT
    if not run.notes:
        return Decision.PLAYS
    codes = {note.code for note in run.notes}
    if NoteCode.PREEMPTED in codes:
        return Decision.RESUMED
    return Decision.DELAYED if NoteCode.DELAYED in codes else Decision.PLAYS


def _closings(shows: Sequence[Show], arrivals: Sequence[Arrival]) -> Mapping[float, float]:
    """Return how long what closes the slots that begin at an instant sounds, by that instant."""
    closing_s: dict[float, float] = {}
    if any(show.closes for show in shows):
        for arrival in arrivals:
            show = shows[arrival.show]
            if show.closes:
                closing_s[arrival.at_s] = closing_s.get(arrival.at_s, 0.0) + show.sounding.duration_s
    return closing_s
