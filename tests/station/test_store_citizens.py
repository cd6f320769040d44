"""What of the store is the public's, and what people told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Bulletin
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.priority import Priority
from smartradio.domain.relay import Relay
from smartradio.domain.verdict import VerdictCode
from smartradio.station.citizens import MOST_AN_HOUR
from smartradio.station.store import NodeJudgement, Store
from tests.station.commune import NOON, Clock
from tests.station.test_store import AIRING, BULLETIN, RECORDING, SPOKEN

LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def clock() -> Clock:
    return Clock(LATER)


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=clock)
    for number in (1, 2):
        opened.put_zone(Zone(f"thon-{number}", f"Thôn {number}"))
        opened.put_node(Node(f"loa-{number}", f"thon-{number}", f"Cụm loa {number}", f"{number:064x}"))
    opened.put_bulletin(BULLETIN, SPOKEN)
    opened.put_recording(RECORDING, {}, NOON)
    yield opened
    opened.close()


def air(store: Store, airing: Airing, *, approved: bool = True, starts: tuple[str, ...] = ("loa-1", "loa-2")) -> None:
    """Plan an airing, approved or not, and let it begin at some nodes."""
    entries = [Evidence(airing.id, "", Step.PLANNED, NOON, "station")]
    if approved:
        entries.insert(0, Evidence(airing.id, "", Step.APPROVED, NOON, "operator:Lan", facts={"by": "Lan"}))
    store.plan_airing(airing, entries)
    store.record([Evidence(airing.id, node, Step.STARTED, NOON, f"node:{node}") for node in starts])


def due(store: Store) -> list[str]:
    return [each.id for each in store.citizens.due(NOON - timedelta(days=1), LATER, 50)]


def test_what_somebody_approved_and_nodes_began_is_the_publics_with_its_hamlets(store: Store) -> None:
    air(store, replace(AIRING, zones=("thon-1", "thon-2")))
    (aired,) = store.citizens.due(NOON, LATER, 50)
    assert (aired.id, aired.title, aired.text) == ("a1", BULLETIN.title, BULLETIN.text)
    assert (aired.zones, aired.sounded) == (("thon-1", "thon-2"), ("thon-1", "thon-2"))
    assert aired.duration_s == pytest.approx(RECORDING.duration_s)
    assert store.citizens.one("a1") == aired


def test_a_hamlet_whose_microphone_heard_nothing_is_not_said_to_have_heard_it(store: Store) -> None:
    air(store, AIRING)
    heard = Evidence("a1", "loa-2", Step.HEARD, LATER, "station")
    store.judge(heard, NodeJudgement(VerdictCode.SILENT))
    (aired,) = store.citizens.due(NOON, LATER, 50)
    assert aired.sounded == ("thon-1",)


def test_what_is_not_approved_not_for_all_taken_back_or_relayed_is_nobodys(store: Store) -> None:
    air(store, replace(AIRING, id="nobody-approved"), approved=False)
    air(store, replace(AIRING, id="live", priority=Priority.LIVE))
    air(store, replace(AIRING, id="stand-in", priority=Priority.FALLBACK))
    air(store, replace(AIRING, id="relayed", relay=Relay("http://vov.vn/x", 5.0)))
    air(store, replace(AIRING, id="taken-back"))
    store.withdraw_airing("taken-back", [Evidence("taken-back", "", Step.SKIPPED, LATER, "operator:Lan")], by="Lan")
    air(store, replace(AIRING, id="flood", priority=Priority.EMERGENCY))
    assert due(store) == ["flood"]
    assert store.citizens.one("taken-back") is None


def test_a_sound_is_public_once_it_was_aired_and_only_so_long(store: Store) -> None:
    air(store, AIRING, starts=())
    since, until = NOON - timedelta(days=1), LATER
    assert not store.citizens.is_public_sound(RECORDING.id, since, until)
    store.record([Evidence("a1", "loa-1", Step.STARTED, NOON, "node:loa-1")])
    assert store.citizens.is_public_sound(RECORDING.id, since, until)
    assert not store.citizens.is_public_sound(RECORDING.id, NOON + timedelta(seconds=1), until)
    assert not store.citizens.is_public_sound("f" * 64, since, until)


def test_what_people_told_is_kept_open_ones_first(store: Store, clock: Clock) -> None:
    air(store, AIRING)
    first = store.citizens.put_complaint("thon-1", "a1", "Loa rè", most_an_hour=9)
    clock.pass_s(60)
    second = store.citizens.put_complaint("thon-2", None, "", most_an_hour=9)
    assert first is not None and second is not None
    assert store.citizens.complaints(10) == [second, first]
    assert store.citizens.complaints(10, airing="a1") == [first]
    seen = store.citizens.see_to(second.number, "Trần Thợ", "Đã thay dây")
    assert (seen.seen_by, seen.seen_at, seen.answer) == ("Trần Thợ", clock.now, "Đã thay dây")
    assert store.citizens.complaints(10) == [first, seen]
    assert store.citizens.count_open() == 1
    with pytest.raises(BadInputError, match="before"):
        store.citizens.see_to(second.number, "Lan", "Tôi cũng xem")


def test_a_hamlet_is_kept_so_often_in_an_hour_and_again_in_the_next(store: Store, clock: Clock) -> None:
    for _ in range(MOST_AN_HOUR):
        assert store.citizens.put_complaint("thon-1", None, "", most_an_hour=MOST_AN_HOUR) is not None
    assert store.citizens.put_complaint("thon-1", None, "", most_an_hour=MOST_AN_HOUR) is None
    assert store.citizens.put_complaint("thon-2", None, "", most_an_hour=MOST_AN_HOUR) is not None
    clock.pass_s(3_601)
    assert store.citizens.put_complaint("thon-1", None, "", most_an_hour=MOST_AN_HOUR) is not None


@pytest.mark.parametrize(("zone", "airing"), [("thon-9", None), ("thon-1", "a9"), ("'; DROP TABLE nodes; --", None)])
def test_a_place_or_an_airing_that_is_not_there_is_refused(store: Store, zone: str, airing: str | None) -> None:
    with pytest.raises(BadInputError, match="there is no such"):
        store.citizens.put_complaint(zone, airing, "", most_an_hour=9)
    assert store.citizens.complaints(10) == []


@pytest.mark.parametrize(
    ("airing", "line"),
    [
        (replace(AIRING, zones=("thon-2",)), "not for your hamlet"),
        (replace(AIRING, starts_at=LATER + timedelta(minutes=1)), "no such airing"),
        (replace(AIRING, priority=Priority.LIVE), "no such airing"),
    ],
    ids=["another hamlet's", "to come", "not the public's"],
)
def test_nobody_tells_of_an_airing_that_was_not_theirs_to_hear(store: Store, airing: Airing, line: str) -> None:
    air(store, airing, starts=())
    with pytest.raises(BadInputError, match=line):
        store.citizens.put_complaint("thon-1", airing.id, "", most_an_hour=9)
    assert store.citizens.complaints(10) == []


def test_a_bulletin_keeps_its_language(store: Store) -> None:
    store.put_bulletin(Bulletin("b2", "Moo", "Pob zoo", language="hmn"), [])
    store.put_recording(replace(RECORDING, id="s" * 64, bulletin_id="b2"), {}, NOON)
    air(store, replace(AIRING, id="a2", bulletin_id="b2", recording_id="s" * 64))
    (aired,) = store.citizens.due(NOON, LATER, 50)
    assert aired.language == "hmn"
