"""All that was written at the station: found by its words, with what came of it, and copied as a new draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from smartradio.domain.approval import ItemState
from smartradio.domain.bulletin import Bulletin, Recording
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Origin, Programme
from smartradio.domain.relay import Relay
from smartradio.domain.verdict import VerdictCode
from smartradio.station.archive import Key, Kind
from smartradio.station.copies import copy_of
from smartradio.station.items import Item, ItemStep
from smartradio.station.settings import ZoneSettings
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.zone_names import ZoneNames
from tests.station.test_store import AIRING, NOON, RECORDING, furnish

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
FLOOD = Key(Kind.BULLETIN, "lu")
MORNING = Key(Kind.PROGRAMME, "sang")
LATER = NOON + timedelta(days=2)
ZONES = ZoneNames([ZoneSettings(name="thon-1", title="Thôn 1"), ZoneSettings(name="thon-9", title="Thôn 9")])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A morning programme that was aired and heard at one node of two, and a flood bulletin aired at once later."""
    opened = Store.open(tmp_path, clock=lambda: NOON)
    furnish(opened)
    programme = Programme(
        "sang", "Bản tin sáng", "Lịch tiêm chủng của trạm y tế.", ("thon-1",),
        datetime(2026, 11, 1, 5, 30, tzinfo=HANOI), "FREQ=DAILY", voice="vi+f3", times=2, topic="y tế", rate_wpm=140,
    )  # fmt: skip
    take(opened, programme)
    opened.plan_airing(AIRING, [])
    opened.judge(Evidence("a1", "loa-1", Step.HEARD, NOON, "station"), NodeJudgement(VerdictCode.AIRED))
    opened.judge(Evidence("a1", "loa-2", Step.HEARD, NOON, "station"), NodeJudgement(VerdictCode.SILENT))
    aired_at_once(opened, "lu", "Tin lũ khẩn cấp", "Nước sông Vạc lên nhanh.", NOON + timedelta(hours=3))
    yield opened
    opened.close()


def take(store: Store, programme: Programme, state: ItemState = ItemState.APPROVED) -> None:
    item = Item(programme, Origin.CONSOLE, state, 1, False, "Lê Thị Lan", NOON - timedelta(hours=1))
    store.items.take([ItemStep(item, None, ())])


def aired_at_once(store: Store, name: str, title: str, text: str, at: datetime, programme: str | None = None) -> None:
    store.put_bulletin(Bulletin(name, title, text, Priority.EMERGENCY), [])
    recording = Recording(f"{name:f<64}", name, "vi", RECORDING.segments)
    store.put_recording(recording, {}, at)
    airing = replace(
        AIRING, id=f"luot-{name}", bulletin_id=name, recording_id=recording.id, starts_at=at, programme=programme
    )
    store.plan_airing(airing, [])


@pytest.mark.parametrize("words", ["lũ khẩn cấp", "lu khan cap", "KHAN CAP lu", "song vac", "lũ khẩn cấ"])
def test_words_are_found_with_their_accents_or_without(store: Store, words: str) -> None:
    assert store.day.found(words, 10) == [FLOOD]


@pytest.mark.parametrize("words", ["", "   ", "\x00", '"', "lũ AND NEAR(", "* - ^", "mưa đá"])
def test_what_is_no_word_and_what_nobody_wrote_finds_nothing(store: Store, words: str) -> None:
    assert store.day.found(words, 10) == []


def test_who_types_the_accents_finds_what_has_them_before_what_has_others(store: Store) -> None:
    aired_at_once(store, "bao", "Tin bão số 3", "Gió giật mạnh.", NOON - timedelta(days=30))
    aired_at_once(store, "dong", "Báo động", "Báo cho bà con: báo động 2, báo ngay.", NOON)
    assert store.day.found("bão", 10)[0] == Key(Kind.BULLETIN, "bao")
    assert store.day.found("báo", 10)[0] == Key(Kind.BULLETIN, "dong")


def test_a_draft_nobody_has_aired_is_found_too(store: Store) -> None:
    take(
        store, Programme("nhap", "Phun thuốc muỗi", "Sáng mai.", ("thon-1",), LATER.astimezone(HANOI)), ItemState.DRAFT
    )
    assert store.day.found("phun thuoc", 10) == [Key(Kind.PROGRAMME, "nhap")]


def test_a_word_that_was_taken_out_is_not_found_any_more_but_where_it_was_aired(store: Store) -> None:
    aired_at_once(store, "sang-cu", "Bản tin sáng", "Lịch cắt điện luân phiên.", NOON - timedelta(days=9), "sang")
    assert store.day.found("cat dien", 10) == [Key(Kind.BULLETIN, "sang-cu")]


def test_what_was_written_stands_by_when_it_was_last_touched(store: Store) -> None:
    rows = store.day.newest(None, 10, LATER)
    assert [kept.key for kept, _ in rows] == [FLOOD, MORNING]
    assert [kept.key for kept, _ in store.day.newest(rows[0][1], 10, LATER)] == [MORNING]
    assert store.day.newest(rows[1][1], 10, LATER) == []


def test_what_was_aired_again_and_again_stands_once(store: Store) -> None:
    store.plan_airing(
        replace(AIRING, id="lai", bulletin_id="lu", recording_id=f"{'lu':f<64}", programme=None,
                starts_at=NOON + timedelta(hours=5)), [],
    )  # fmt: skip
    assert [kept.key for kept, _ in store.day.newest(None, 10, LATER)] == [FLOOD, MORNING]


def test_each_tells_its_state_and_at_how_many_nodes_it_was_heard_last(store: Store) -> None:
    flood, morning = store.day.described([FLOOD, MORNING], LATER)
    assert (morning.title, morning.state, morning.recurring) == ("Bản tin sáng", ItemState.AIRED, True)
    assert morning.last is not None
    assert (morning.last.airing, morning.last.nodes, morning.last.judged, morning.last.heard) == ("a1", 2, 2, 1)
    assert (flood.state, flood.priority, flood.zones) == (None, Priority.EMERGENCY, ("thon-1",))


def test_what_is_still_to_come_is_no_last_time(store: Store) -> None:
    (morning,) = store.day.described([MORNING], NOON - timedelta(hours=1))
    assert (morning.last, morning.next_at, morning.state) == (None, NOON, ItemState.SCHEDULED)


def test_a_long_list_asks_the_database_no_oftener_than_a_short_one(store: Store) -> None:
    asked: list[str] = []
    engine = store._database._read_engine
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    store.day.described([MORNING], LATER)
    few = len(asked)
    store.day.described([MORNING, FLOOD, *(Key(Kind.BULLETIN, f"b{n}") for n in range(200))], LATER)
    assert len(asked) - few <= few


def test_a_copy_has_the_words_and_the_hour_and_none_of_the_days(store: Store) -> None:
    made = copy_of(MORNING, store, ZONES, LATER)
    assert (made.title, made.text, made.voice, made.times) == (
        "Bản tin sáng", "Lịch tiêm chủng của trạm y tế.", "vi+f3", 2,
    )  # fmt: skip
    assert (made.name != "sang", made.rate_wpm) == (True, 140)
    assert (made.recurrence, made.approved_by, made.topic) == (None, None, "y tế")
    assert made.first_at == datetime(2026, 11, 25, 5, 30, tzinfo=HANOI)


def test_the_words_of_an_emergency_are_copied_as_a_usual_bulletin(store: Store) -> None:
    made = copy_of(FLOOD, store, ZONES, LATER)
    assert (made.title, made.priority, made.zones) == ("Tin lũ khẩn cấp", Priority.PROGRAMME, ("thon-1",))


def test_a_copy_for_zones_that_are_gone_is_for_all(store: Store) -> None:
    gone = ZoneNames([ZoneSettings(name="thon-9", title="Thôn 9")])
    assert copy_of(FLOOD, store, gone, LATER).zones == ("thon-9",)


def test_what_is_gone_and_what_has_no_words_is_not_copied(store: Store) -> None:
    take(store, Programme("vov", "VOV", "", ("thon-1",), LATER.astimezone(HANOI), relay=Relay("https://vov.vn/1", 30)))
    for key in (Key(Kind.PROGRAMME, "khong-co"), Key(Kind.BULLETIN, "khong-co"), Key(Kind.PROGRAMME, "vov")):
        with pytest.raises(BadInputError):
            copy_of(key, store, ZONES, LATER)
