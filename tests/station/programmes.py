"""Any programme that a schedule file can tell, for property tests."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import assume
from hypothesis import strategies as st

from smartradio.domain.bulletin import MAX_TIMES, Part
from smartradio.domain.day_rules import LAST_DAY, Holidays, Leap, LunarRule, Season
from smartradio.domain.days import DayCalendar
from smartradio.domain.languages import LANGUAGES
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, Turn, instants
from smartradio.domain.relay import Relay
from smartradio.station.schedule_relay import read_in_place

LOCAL: Final = ZoneInfo("Asia/Ho_Chi_Minh")
SOUNDS: Final = {hashlib.sha256(data).hexdigest(): data for data in (b"RIFFmot", b"OggShai")}
RULES: Final = (
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3;COUNT=90",
    "FREQ=WEEKLY;BYDAY=MO,TH",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU;WKST=SU",
    "FREQ=MONTHLY;BYMONTHDAY=1,-1",
    "FREQ=MONTHLY;BYDAY=1FR;UNTIL=21501231T235959",
    "FREQ=YEARLY;BYMONTH=2,8;BYDAY=-1SU",
)

names: Final = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,9}[a-z0-9])?", fullmatch=True)
words: Final = st.sampled_from(["on", "Null", "123", "1e3", "y", "~", "- a", "a: b", "a #b", "'", '"', "&a", "y tế"])
lines: Final = (st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30).map(str.strip) | words).filter(
    bool
)
texts: Final = (
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | lines, min_size=1, max_size=4)
    .map("\n".join)
    .map(str.strip)
    .filter(bool)
)
hours: Final = st.builds(time, st.integers(0, 23), st.integers(0, 59))
moments: Final = st.datetimes(datetime(2026, 1, 1), datetime(2080, 12, 31)).map(  # noqa: DTZ001 - on the wall clock
    lambda at: at.replace(tzinfo=LOCAL)
)
minutes: Final = moments.map(lambda at: at.replace(second=0, microsecond=0))
parts: Final = st.builds(lambda text: Part(text=text), texts) | st.builds(
    lambda language, sound: Part(language, sound=sound),
    st.sampled_from(sorted(LANGUAGES)),
    st.sampled_from(sorted(SOUNDS)),
)
moons: Final = st.builds(
    LunarRule,
    st.lists(st.sampled_from([1, 2, 15, 29, 30, LAST_DAY]), min_size=1, max_size=3, unique=True).map(tuple),
    st.lists(st.integers(1, 12), max_size=2, unique=True).map(tuple),
    st.sampled_from([Leap.SKIP, Leap.ALSO]),
)
seasons: Final = st.just(()) | st.builds(
    lambda summer, winter: (Season((4, 16), (10, 15), summer), Season((11, 1), (2, 28), winter)), hours, hours
)


streams: Final = st.builds(
    Relay,
    st.sampled_from(["https://vov.example/vov1.mp3", "http://phat.thanh.example:8000/a?b=c#d"]),
    st.integers(1, 120).map(float) | st.floats(0.01, 120),
    st.just("") | texts,
    st.none() | st.floats(2, 60),
)


@st.composite
def days_off(draw: st.DrawFn, first: date) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """Days taken out, some of them in a row, and days added."""
    offsets = st.sets(st.integers(0, 40), max_size=12)
    out = draw(offsets)
    added = draw(offsets) - out
    return tuple(first + timedelta(n) for n in sorted(out)), tuple(first + timedelta(n) for n in sorted(added))


@st.composite
def programmes(draw: st.DrawFn, days: DayCalendar) -> Programme:
    """A programme as the reader would make it, aired at least once."""
    first_at = draw(minutes | moments)
    kind = draw(st.sampled_from(["once", "rule", "moon"]))
    told: dict[str, Any] = {}
    if kind != "once":
        first = first_at.date()
        out, added = draw(days_off(first))
        told = {
            "recurrence": draw(st.sampled_from(RULES)) if kind == "rule" else None,
            "lunar": draw(moons) if kind == "moon" else None,
            "valid_from": draw(st.none() | st.just(first)),
            "valid_until": draw(st.none() | st.just(first + timedelta(days=800))),
            "except_on": out,
            "also_on": added,
            "seasons": draw(seasons),
            "holidays": draw(st.sampled_from(Holidays)),
        }
    slot_end = datetime.combine(first_at.date(), draw(hours), LOCAL)
    title = draw(lines)
    relay = draw(st.none() | streams)
    several = () if relay is not None else tuple(draw(st.lists(parts, max_size=3)))
    if relay is not None:
        text = read_in_place(relay, title)
    else:
        text = "\n".join(part.text for part in several if part.text) if several else draw(texts)
    found = Programme(
        name=draw(names),
        title=title,
        text=text,
        relay=relay,
        zones=tuple(draw(st.lists(names, min_size=1, max_size=4, unique=True))),
        first_at=first_at,
        priority=draw(st.sampled_from(Priority)),
        approved_by=draw(st.none() | lines),
        voice=draw(st.none() | lines),
        rate_wpm=draw(st.none() | st.integers(min_value=80, max_value=450)),
        start_tolerance=timedelta(seconds=draw(st.just(60.0) | st.integers(0, 3_600_000_000).map(lambda us: us / 1e6))),
        parts=several,
        override_open_items=draw(st.booleans()),
        times=draw(st.integers(1, MAX_TIMES)),
        slot=slot_end - first_at if slot_end > first_at else None,
        order=draw(st.sampled_from(Turn)),
        topic=draw(st.none() | lines),
        **told,
    )
    assume(next(instants(found, first_at.replace(hour=0), first_at + timedelta(days=1_500), days), None) is not None)
    return found
