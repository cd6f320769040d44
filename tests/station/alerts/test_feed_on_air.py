"""A whole station follows a feed: a draft, an officer rung; sent, published; cancelled above, told to a person."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartradio.alerting.cap.message import CapAlert, MsgType
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.writing import write_cap
from smartradio.domain.alarm import AlarmKind
from smartradio.domain.approval import Person
from tests.station.alerts.cap_book import SENDER, after, warning
from tests.station.alerts.web_server import Request, answer, serving
from tests.station.commune import run, until
from tests.station.test_station import on_air, quick

pytestmark = pytest.mark.contract

OFFICER = Person("Đỗ Khang", "khang", "phien-7")


class Issuer:
    """An office that publishes one message at one address, the newest."""

    def __init__(self, message: CapAlert) -> None:
        self.message = message

    async def __call__(self, _request: Request, writer: asyncio.StreamWriter) -> None:
        await answer(writer, write_cap(self.message))


def sent_now(message: CapAlert, **later: float) -> CapAlert:
    """Return a message as if it had just been sent."""
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=2) + timedelta(**later)
    infos = tuple(replace(info, expires=now + timedelta(hours=6)) for info in message.infos)
    return replace(message, sent=now, infos=infos)


def test_a_warning_from_elsewhere_goes_all_the_way_and_back(tmp_path: Path) -> None:
    async def work() -> None:
        first = sent_now(warning())
        async with serving(issuer := Issuer(first)) as server:
            feed = {"name": "kttv", "title": "Đài tỉnh", "url": server.url + "/lu.xml", "local_network": True}
            alerts = {"feeds": [{**feed, "senders": [SENDER]}], "names": ["Yên Hòa"], "codes": {"VN-GSO": ["14788"]}}
            placed = quick(tmp_path, alerts=alerts, public=True)
            nodes = [node.model_copy(update={"lat": 20.3, "lon": 105.6}) for node in placed.nodes]
            async with on_air(placed.model_copy(update={"nodes": tuple(nodes)})) as station:
                book, desks = station.desks.book, station.desks
                await until(lambda: bool(book.drafts()), 20)
                (draft,) = book.drafts()
                assert draft.alert.zones == ("thon-1", "thon-2", "thon-3")
                await book.send(draft.id, by=OFFICER)
                (out,) = desks.public_alerts.current()
                published = desks.public_alerts.cap(out.id)
                assert published is not None
                info = read_cap(published).infos[0]
                assert (info.sender_name, info.severity) == (first.infos[0].sender_name, first.infos[0].severity)
                issuer.message = sent_now(after(first, "huy", MsgType.CANCEL), minutes=1)
                (reader,) = desks.feeds.readers
                await reader.round()

                def told() -> list[str]:
                    return [each.subject for each in desks.alarms.open() if each.kind is AlarmKind.ISSUER_CANCELLED]

                await until(lambda: told() == [draft.id], 20)
                assert [kept.id for kept in book.current()] == [draft.id]
                await book.cancel(draft.id, by=OFFICER, why="Đài tỉnh đã hủy", aloud=False)
                await until(lambda: told() == [], 20)
                (state,) = desks.feeds.states()
                assert [message.outcome for message in state.messages] == ["ended_others", "draft"]

    run(work, 120)
