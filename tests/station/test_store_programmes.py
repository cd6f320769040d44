"""Where a programme comes from, its topic and its stream, as the store keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smartradio.domain.errors import BadInputError
from smartradio.domain.programme import Origin, Programme
from smartradio.domain.relay import Relay
from smartradio.station.objects import Objects
from smartradio.station.store import Store
from tests.station.commune import NOON, airing_of, shelved
from tests.station.shapes import store_of_shape

AT = datetime(2026, 11, 23, 5, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
MORNING = Programme("sang", "Buổi sáng", "Chào bà con.", ("thon-1",), AT, "FREQ=DAILY", approved_by="Lan")
RADIO = Relay("https://vov.example/vov1.mp3", 30, fallback_text="Hôm nay không tiếp âm được.")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


def test_a_programme_comes_from_a_file_unless_it_is_said_to_come_from_the_console(store: Store) -> None:
    store.put_programme(MORNING, None)
    store.put_programme(replace(MORNING, name="hop"), None, Origin.CONSOLE)
    assert [(each.programme.name, each.origin) for each in store.stored_programmes()] == [
        ("hop", Origin.CONSOLE),
        ("sang", Origin.FILE),
    ]
    store.put_programme(MORNING, None, Origin.CONSOLE)
    assert {each.origin for each in store.stored_programmes()} == {Origin.CONSOLE}


def test_what_files_hold_no_more_goes_and_what_the_console_has_stays(store: Store, tmp_path: Path) -> None:
    made = shelved(store, Objects(tmp_path / "objects"), "b1", [b"a"])
    own = replace(MORNING, name="hop")
    store.put_programme(own, None, Origin.CONSOLE)
    noon, evening = replace(MORNING, name="trua"), replace(MORNING, name="chieu")
    store.put_file_programmes([(MORNING, made.bulletin_id), (noon, made.bulletin_id)])
    store.put_file_programmes([(noon, made.bulletin_id), (evening, made.bulletin_id)])
    assert [(each.programme.name, each.bulletin_id) for each in store.stored_programmes()] == [
        ("chieu", made.bulletin_id),
        ("hop", None),
        ("trua", made.bulletin_id),
    ]


def test_of_programmes_from_files_all_are_kept_or_none(store: Store) -> None:
    store.put_file_programmes([])
    with pytest.raises(BadInputError, match="bulletin b9 is not in the store"):
        store.put_file_programmes([(MORNING, "b9")])
    assert store.programmes() == []


def test_topic_and_stream_of_a_programme_come_back(store: Store) -> None:
    relayed = replace(MORNING, topic="thời sự", relay=RADIO)
    store.put_programme(relayed, None)
    assert store.programmes() == [relayed]
    store.put_programme(MORNING, None)
    assert store.programmes() == [MORNING]


def test_topic_and_stream_of_an_airing_come_back(store: Store, tmp_path: Path) -> None:
    recording = shelved(store, Objects(tmp_path / "objects"), "y-te", [b"a"])
    airing = airing_of(recording, NOON, topic="y tế", relay=RADIO)
    plain = airing_of(recording, NOON)
    store.plan_airing(airing, [])
    store.plan_airing(plain, [])
    kept, without = store.airing(airing.id), store.airing(plain.id)
    assert kept is not None
    assert (kept.topic, kept.relay) == ("y tế", RADIO)
    assert without is not None
    assert (without.topic, without.relay) == (None, None)
    view = store.airing_view(airing.id)
    assert view is not None
    assert view.airing.topic == "y tế"


def test_with_another_topic_it_is_the_same_airing(store: Store, tmp_path: Path) -> None:
    airing = airing_of(shelved(store, Objects(tmp_path / "objects"), "y-te", [b"a"]), NOON)
    assert replace(airing, topic="y tế") == airing


def test_programmes_of_the_shape_before_come_from_files(tmp_path: Path) -> None:
    columns = "name, title, text, zones, first_at, time_zone, priority, start_tolerance_s"
    row = "'sang', 'Buổi sáng', 'Chào.', '[\"thon-1\"]', '2026-11-22T22:30:00.000000Z', 'Asia/Ho_Chi_Minh', 50, 60.0"
    store_of_shape(tmp_path, "0007", [f"INSERT INTO programmes ({columns}) VALUES ({row})"])
    opened = Store.open(tmp_path)
    try:
        (kept,) = opened.stored_programmes()
    finally:
        opened.close()
    assert kept.origin is Origin.FILE
    assert kept.programme == replace(MORNING, text="Chào.", recurrence=None, approved_by=None)
    assert kept.bulletin_id is None
