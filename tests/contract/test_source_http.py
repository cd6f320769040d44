"""The reference adapter against a small real server that keeps to the document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from smartradio.domain.from_above import OfferedSound
from smartradio.station.source_information.http import HttpSource
from smartradio.station.source_information.port import SourceRefusedError, SourceUnreachableError
from smartradio.station.source_information.settings import SourceInformationSettings
from smartradio.wire.signing import SigningKey
from tests.contract.source_server import SourceServer, serving, signed_item
from tests.station.commune import STATION, STATION_KEY, Clock

KTTV = SigningKey.new()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[SourceServer]:
    with serving(SourceServer(clock, STATION_KEY.public_hex)) as source:
        yield source


def settings(server: SourceServer, **changes: Any) -> SourceInformationSettings:
    values = {
        "url": server.url,
        "public_key": server.key.public_hex,
        "issuers": [{"name": "kttv", "title": "Đài Khí tượng Thủy văn tỉnh", "public_key": KTTV.public_hex}],
        "timeout_s": 5,
    }
    return SourceInformationSettings.model_validate(values | changes)


@pytest.fixture
def source(server: SourceServer, clock: Clock) -> Iterator[HttpSource]:
    opened = HttpSource(settings(server), STATION, STATION_KEY, clock=clock)
    yield opened
    opened.close()


def test_items_come_page_by_page_in_their_order(server: SourceServer, source: HttpSource) -> None:
    server.items = [signed_item(KTTV, issuer="kttv", item=f"tin-{n}") for n in range(5)]
    seen, after, more = [], None, True
    while more:
        page = source.items(after)
        seen += [item.body["item"] for item in page.items]
        after, more = page.cursor, page.more
    assert seen == [f"tin-{n}" for n in range(5)]
    assert source.items(after).items == ()


def test_a_report_sent_twice_is_there_once(server: SourceServer, source: HttpSource) -> None:
    body = {"kind": "airing", "airing": "a1", "title": "Bản tin sáng"}
    source.report("k" * 64, body)
    source.report("k" * 64, body)
    assert server.deliveries == ["k" * 64] * 2
    assert server.reports == {"k" * 64: body}


def test_a_key_used_for_another_report_is_refused(server: SourceServer, source: HttpSource) -> None:
    source.report("k" * 64, {"airing": "a1"})
    with pytest.raises(SourceRefusedError, match="409: key_reused"):
        source.report("k" * 64, {"airing": "a2"})


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("html", "a login page, or another's server"),
        ("unsigned", "without the system's signature"),
        ("foreign", "without the system's signature"),
        ("500", "500: the database is away"),
        ("busy", "429: too many"),
    ],
)
def test_an_answer_that_is_not_the_systems_own_is_not_believed(
    server: SourceServer, source: HttpSource, fault: str, line: str
) -> None:
    server.fault = fault
    with pytest.raises(SourceUnreachableError, match=line):
        source.items(None)
    with pytest.raises(SourceUnreachableError, match=line):
        source.report("k" * 64, {"airing": "a1"})


def test_an_old_answer_does_not_fit_a_new_question(server: SourceServer, source: HttpSource) -> None:
    source.items(None)
    server.fault = "old"
    with pytest.raises(SourceUnreachableError, match="without the system's signature"):
        source.items(None)


def test_it_is_left_alone_for_as_long_as_it_asks(server: SourceServer, source: HttpSource) -> None:
    server.fault = "busy"
    with pytest.raises(SourceUnreachableError) as caught:
        source.items(None)
    assert caught.value.retry_after_s == 1_200


def test_clocks_that_differ_are_told_and_nothing_is_believed(
    server: SourceServer, source: HttpSource, clock: Clock
) -> None:
    now = clock.now
    server.clock = lambda: now
    clock.pass_s(3_600)
    with pytest.raises(SourceUnreachableError, match="its clock or the station's is wrong"):
        source.items(None)
    assert server.refused == ["clock_skew"]


def test_another_stations_key_gets_no_items(server: SourceServer, clock: Clock) -> None:
    stranger = HttpSource(settings(server), STATION, SigningKey.new(), clock=clock)
    with pytest.raises(SourceUnreachableError, match="401"):
        stranger.items(None)
    stranger.close()
    assert server.refused == ["bad_signature"]


def test_a_server_that_is_away_is_told_in_one_line(clock: Clock, server: SourceServer) -> None:
    away = HttpSource(settings(server, url="http://127.0.0.1:9/api", timeout_s=1), STATION, STATION_KEY, clock=clock)
    with pytest.raises(SourceUnreachableError, match="cannot be reached") as caught:
        away.items(None)
    assert "\n" not in str(caught.value)
    away.close()


class TestSounds:
    DATA = b"ID3 a small sound" * 50

    def offered(self, **changes: Any) -> OfferedSound:
        values = {"path": "am-thanh/tin.mp3", "sha256": hashlib.sha256(self.DATA).hexdigest()}
        return OfferedSound(**{**values, "size_bytes": len(self.DATA), "language": "vi", **changes})

    def test_the_sound_that_was_signed_is_fetched(self, server: SourceServer, source: HttpSource) -> None:
        server.sounds["am-thanh/tin.mp3"] = self.DATA
        assert source.sound(self.offered(), 10_000) == self.DATA

    def test_another_sound_in_its_place_is_refused(self, server: SourceServer, source: HttpSource) -> None:
        server.sounds["am-thanh/tin.mp3"] = self.DATA[:-1] + b"X"
        with pytest.raises(SourceRefusedError, match="not the one that the issuer signed"):
            source.sound(self.offered(), 10_000)

    def test_more_than_was_told_is_not_read_to_its_end(self, server: SourceServer, source: HttpSource) -> None:
        server.sounds["am-thanh/tin.mp3"] = self.DATA * 1_000
        with pytest.raises(SourceUnreachableError, match="more than the 850 bytes expected"):
            source.sound(self.offered(), 10_000)

    def test_a_sound_above_the_limit_is_not_asked_for(self, server: SourceServer, source: HttpSource) -> None:
        with pytest.raises(SourceRefusedError, match="more than the 100 that are fetched here"):
            source.sound(self.offered(), 100)
        assert server.asked == 0


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"url": "http://nguon.example/api"}, "plain http is taken at this machine only"),
        ({"url": "ftp://nguon.example"}, "https://host/path"),
        ({"url": "https://nguon.example/?a=1"}, "no query"),
        ({"issuers": []}, "at least 1"),
        ({"public_key": "abc"}, "pattern"),
    ],
)
def test_settings_that_make_no_sense_are_refused(server: SourceServer, changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError, match=line):
        settings(server, **changes)


def test_the_answers_of_the_test_server_are_json(server: SourceServer, source: HttpSource) -> None:
    source.items(None)
    assert server.last_answer is not None
    assert json.loads(server.last_answer[1]) == {"items": [], "more": False, "next": "0"}
