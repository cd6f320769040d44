"""Any message at all, for property tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from smartradio.alerting.cap.message import (
    Area,
    CapAlert,
    Category,
    Certainty,
    Circle,
    Info,
    Key,
    MsgType,
    Named,
    Point,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)

_LAST = datetime.fromisoformat("2100-12-30")
_FIRST = datetime.fromisoformat("1990-01-02")


def _held(text: str) -> bool:
    return text.strip() == text and text.isprintable()


words = st.text(min_size=1, max_size=30).filter(_held)
said = st.one_of(st.just(""), words, st.builds("{}\n\n{}".format, words, words))
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789.:@-", min_size=1, max_size=30)
offsets = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
times = st.builds(
    lambda at, zone: at.replace(microsecond=0).astimezone(zone),
    st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)),
    offsets,
)
maybe_times = st.none() | times
lists = st.lists(st.builds("{} {}".format, names, names) | names, max_size=3).map(tuple)
named = st.lists(st.builds(Named, words, st.just("") | words), max_size=3).map(tuple)
figures = st.integers(-90_000_000_000, 90_000_000_000).map(lambda value: round(value / 10**9, 9))
points = st.builds(Point, figures, figures)
areas = st.builds(
    Area,
    description=words,
    polygons=st.lists(st.lists(points, min_size=1, max_size=6).map(tuple), max_size=3).map(tuple),
    circles=st.lists(st.builds(Circle, points, st.integers(0, 20_000).map(float)), max_size=2).map(tuple),
    geocodes=named,
    altitude_ft=st.none() | figures,
    ceiling_ft=st.none() | figures,
)
resources = st.builds(
    Resource,
    description=words,
    mime_type=said,
    size_bytes=st.none() | st.integers(0, 10**12),
    uri=said,
    deref_uri=said,
    digest=said,
)
infos = st.builds(
    Info,
    categories=st.lists(st.sampled_from(Category), min_size=1, max_size=3).map(tuple),
    event=words,
    urgency=st.sampled_from(Urgency),
    severity=st.sampled_from(Severity),
    certainty=st.sampled_from(Certainty),
    language=st.sampled_from(["", "vi", "vi-VN", "en-US"]),
    responses=st.lists(st.sampled_from(ResponseType), max_size=3).map(tuple),
    audience=said,
    event_codes=named,
    effective=maybe_times,
    onset=maybe_times,
    expires=maybe_times,
    sender_name=said,
    headline=said,
    description=said,
    instruction=said,
    web=said,
    contact=said,
    parameters=named,
    resources=st.lists(resources, max_size=2).map(tuple),
    areas=st.lists(areas, max_size=2).map(tuple),
)
messages = st.builds(
    CapAlert,
    identifier=names,
    sender=names,
    sent=times,
    status=st.sampled_from(Status),
    msg_type=st.sampled_from(MsgType),
    scope=st.sampled_from(Scope),
    source=said,
    restriction=said,
    addresses=lists,
    codes=st.lists(words, max_size=2).map(tuple),
    note=said,
    references=st.lists(st.builds(Key, names, names, times), max_size=3).map(tuple),
    incidents=lists,
    infos=st.lists(infos, max_size=3).map(tuple),
)
