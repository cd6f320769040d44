"""A node whose software is older than the station's hears what all hear: in the words that it knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.station.older_nodes import OLDER, OlderNodes
from smartradio.station.store import Store
from smartradio.wire.chunks import sha256_hex
from smartradio.wire.messages import Action, Message, NodeConfig, Order, Plan, Report, SegmentRef
from smartradio.wire.messages import unseal as unseal_today
from smartradio.wire.signing import RefusedError
from tests.station.commune import (
    NOON,
    STATION_KEY,
    TOPICS,
    airing_of,
    recording_of,
    report,
    run,
    sealed_report,
    sealed_state,
    until,
)
from tests.station.monitored import Listening, awake
from tests.station.older_shape import unseal as unseal_before
from tests.station.test_dispatcher import LARGE, SMALL, Office, working

OLD, NEW = "thon-1", "thon-2"
SIREN = SegmentRef(sha256=sha256_hex(SMALL), size_bytes=len(SMALL), duration_s=5)


def refused(line: str, *, node: str = OLD, boot: str = "boot-1", reason: Reason = Reason.MALFORMED) -> Report:
    facts = {"topic": TOPICS.node(node, "config"), "line": line}
    return report(node, Step.REFUSED, None, reason=reason, boot=boot, facts=facts)


UNKNOWN_FIELD = refused("NodeConfig: kept: Extra inputs are not permitted")


class OldNode:
    """What thon-1 makes of all that was sent to it: messages it took, and its report of the first it refused."""

    def __init__(self, office: Office) -> None:
        self.office, self.taken, self.refusals = office, [], []  # type: ignore[var-annotated]
        self._read = 0

    def read(self) -> list[Message]:
        """Take what came since the last time; what is refused is reported."""
        leaves: dict[str, type[Message]] = {
            TOPICS.node(OLD, "config"): NodeConfig,
            TOPICS.node(OLD, "plan"): Plan,
            TOPICS.node(OLD, "order"): Order,
            TOPICS.zone_order(OLD): Order,
        }
        came, self._read = self.office.link.sent[self._read :], len(self.office.link.sent)
        for topic, payload, _ in came:
            if topic in leaves:
                try:
                    self.taken.append(unseal_before(leaves[topic], topic, payload, STATION_KEY.public_hex))
                except RefusedError as error:
                    self.refusals.append(str(error))
                    self.office.dispatcher.older.reported(refused(str(error)))
        return self.taken

    def newest(self, kind: type[Message]) -> Any:
        return next(each for each in reversed(self.read()) if isinstance(each, kind))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_settings_that_it_refuses_come_again_without_the_sounds_it_cannot_keep(office: Office) -> None:
    async def work() -> None:
        node = OldNode(office)
        async with working(office):
            office.dispatcher.keep([SIREN])
            office.dispatcher.link_is(True)
            await until(lambda: any(isinstance(each, NodeConfig) for each in node.read()))
            await until(lambda: office.dispatcher._idle)
        assert node.refusals == ["NodeConfig: kept: Extra inputs are not permitted"]
        topic = TOPICS.node(NEW, "config")
        told = [payload for to, payload, _ in office.link.sent if to == topic]
        assert [unseal_today(NodeConfig, topic, each, STATION_KEY.public_hex).kept for each in told] == [(SIREN,)]

    run(work)


def test_an_alert_stands_in_its_plan_and_is_rung_once_it_is_whole_and_what_it_replaces_is_stopped_first(
    office: Office,
) -> None:
    async def work() -> None:
        node = OldNode(office)
        whole = recording_of(office.objects, "lu", [SMALL, LARGE])
        opening = replace(whole, id="0" * 64, segments=whole.segments[:1])
        flood = airing_of(opening, NOON, priority=Priority.EMERGENCY)
        flood = replace(flood, grows=True, replaces=("lu-truoc",))
        async with working(office):
            office.dispatcher.older.reported(UNKNOWN_FIELD)
            office.dispatcher.link_is(True)
            office.dispatcher.alert(flood, opening)
            await until(lambda: len(office.plans(NEW)) == 1 and len(office.plans(OLD)) == 1)
            assert node.newest(Plan).airings == ()
            assert [airing.grows for airing in office.plans(NEW)[-1].airings] == [True]
            office.dispatcher.alert(replace(flood, recording_id=whole.id, grows=False), whole)
            await until(lambda: node.newest(Plan).airings != ())
            await until(lambda: office.dispatcher._idle)
        (planned,) = node.newest(Plan).airings
        assert (planned.airing, len(planned.segments), planned.replaces) == (flood.id, 2, ())
        stop, play = (each for each in node.read() if isinstance(each, Order))
        assert (stop.action, stop.stop_airing, stop.node) == (Action.STOP, "lu-truoc", OLD)
        assert (play.action, play.airing) == (Action.PLAY, planned)
        assert stop.counter < play.counter
        # The others have it by the zone's order, which tells what it replaces.
        assert not [to for to, _, _ in office.link.sent if to == TOPICS.node(NEW, "order")]
        (_, of_zone) = office.orders(NEW)
        assert of_zone.airing is not None
        assert of_zone.airing.replaces == ("lu-truoc",)

    run(work)


def test_one_that_is_first_known_to_be_older_by_an_alert_has_it_in_its_plan_all_the_same(office: Office) -> None:
    async def work() -> None:
        node = OldNode(office)
        flood = airing_of(office.recording, NOON, priority=Priority.EMERGENCY)
        async with working(office):
            office.dispatcher.link_is(True)
            office.dispatcher.alert(replace(flood, replaces=("lu-truoc",)), office.recording)
            await until(lambda: any(isinstance(each, Plan) and each.airings for each in node.read()))
        assert node.refusals[0] == "Order: airing.replaces: Extra inputs are not permitted"
        assert [airing.airing for airing in node.newest(Plan).airings] == [flood.id]

    run(work)


def test_another_start_may_be_of_newer_software_and_is_told_everything_again(office: Office) -> None:
    async def work() -> None:
        async with working(office):
            office.dispatcher.keep([SIREN])
            office.dispatcher.link_is(True)
            office.dispatcher.older.reported(UNKNOWN_FIELD)
            await until(lambda: office.dispatcher._idle)
            office.dispatcher.older.begun(OLD, "boot-2")
            before = len(office.link.sent)
            await until(lambda: len(office.link.sent) > before and office.dispatcher._idle)
        topic = TOPICS.node(OLD, "config")
        last = [payload for to, payload, _ in office.link.sent[before:] if to == topic][-1]
        assert unseal_today(NodeConfig, topic, last, STATION_KEY.public_hex).kept == (SIREN,)

    run(work)


class TestWhatMakesOneOlder:
    def after(self, *reports: Report, boot: str = "boot-1") -> list[str]:
        """Return of which nodes the words changed."""
        changed: list[str] = []
        older = OlderNodes(changed.append)
        older.begun(OLD, boot)
        for each in reports:
            older.reported(each)
        assert (OLD in older) == bool(changed)
        return changed

    def test_it_is_told_anew_once_however_much_it_refuses(self) -> None:
        assert self.after(UNKNOWN_FIELD, refused("Order: action: Input should be 'play' or 'stop'")) == [OLD]

    def test_what_anybody_may_have_sent_says_nothing_of_it(self) -> None:
        forged = refused("message is not JSON: Expecting value")
        early = refused("order 7 was issued at 2027-01-01, which is yet to come")
        assert self.after(forged, early) == []

    def test_a_forgery_says_nothing_of_it_either(self) -> None:
        assert self.after(refused("Plan: signature", reason=Reason.BAD_SIGNATURE)) == []

    def test_a_report_of_what_ran_there_before_says_nothing_of_what_runs_now(self) -> None:
        assert self.after(UNKNOWN_FIELD, boot="boot-2") == []


def test_its_page_says_so_until_newer_software_has_begun(tmp_path: Path, store: Store) -> None:
    listening = Listening(tmp_path, store)

    async def work() -> None:
        def problems() -> tuple[str, ...]:
            return listening.store.node_views()[0].problems

        async with awake(listening):
            listening.say(*sealed_report(UNKNOWN_FIELD))
            await until(lambda: bool(listening.acks().reports))
            listening.say(*sealed_state(OLD, NOON))
            await until(lambda: problems() == (OLDER,))
            # The last will of its earlier start comes late.
            listening.say(*sealed_state(OLD, NOON - timedelta(minutes=5), boot="boot-0", status="offline"))
            listening.say(*sealed_state(OLD, NOON))
            await until(lambda: problems() == (OLDER,) and listening.store.node_views()[0].online)
            listening.say(*sealed_state(OLD, NOON, boot="boot-2"))
            await until(lambda: problems() == ())
        assert [each.reason for each in listening.refusals()] == [Reason.MALFORMED]

    run(work)
