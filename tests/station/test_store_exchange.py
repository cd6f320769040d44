"""What came from above and what waits to be told upward, as the store keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.from_above import ItemClass, ItemFromAbove, ItemState, OfferedSound
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.store.exchange import GATHER
from tests.station.commune import Clock
from tests.station.shapes import store_of_shape
from tests.station.test_store import AIRING, furnish, told

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
FLOOD = ItemFromAbove(
    issuer="kttv",
    item="lu-01",
    fingerprint="a" * 64,
    item_class=ItemClass.EMERGENCY,
    title="Tin lũ khẩn cấp",
    issued_at=NOON - timedelta(minutes=2),
    expires_at=NOON + timedelta(hours=6),
    text="Nước sông Vạc đang lên.",
    zones=("thon-1",),
    air_at=NOON + timedelta(minutes=5),
)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=clock)
    furnish(opened)
    opened.source.set_upward(True)
    yield opened
    opened.close()


def heard(node: str, verdict: VerdictCode = VerdictCode.AIRED) -> tuple[Evidence, NodeJudgement]:
    return told(Step.HEARD, node=node), NodeJudgement(verdict, coverage=0.9)


class TestItems:
    @pytest.mark.parametrize("item", [FLOOD, replace(FLOOD, text="", sound=OfferedSound("a/b.mp3", "b" * 64, 9, "vi"))])
    def test_an_item_comes_back_as_it_was_taken(self, store: Store, item: ItemFromAbove) -> None:
        taken = store.source.take(item)
        assert (taken.item, taken.state) == (item, ItemState.TAKEN)
        assert store.source.item("kttv", "lu-01") == taken

    def test_the_same_item_again_is_the_one_that_stands(self, store: Store, clock: Clock) -> None:
        store.source.take(FLOOD)
        store.source.settle(FLOOD.key, ItemState.SUBMITTED, handed_to="tren-1")
        clock.pass_s(600)
        again = store.source.take(FLOOD)
        assert (again.state, again.handed_to, again.received_at) == (ItemState.SUBMITTED, "tren-1", NOON)

    def test_other_words_under_the_same_name_are_refused(self, store: Store) -> None:
        store.source.take(FLOOD)
        with pytest.raises(BadInputError, match="came before with other words"):
            store.source.take(replace(FLOOD, fingerprint="c" * 64, text="Nước đã rút."))
        kept = store.source.item("kttv", "lu-01")
        assert kept is not None and kept.item.text == "Nước sông Vạc đang lên."

    def test_an_item_that_comes_behind_its_own_cancelling_is_cancelled(self, store: Store) -> None:
        store.source.take(replace(FLOOD, item="lu-02", fingerprint="d" * 64, text="", replaces="lu-01", cancels=True))
        assert store.source.take(FLOOD).state is ItemState.CANCELLED

    def test_another_issuer_cannot_take_it_back(self, store: Store) -> None:
        foreign = replace(FLOOD, issuer="khac", item="x", fingerprint="d" * 64, text="", replaces="lu-01", cancels=True)
        store.source.take(foreign)
        assert store.source.take(FLOOD).state is ItemState.TAKEN

    def test_items_are_found_by_what_became_of_them(self, store: Store) -> None:
        store.source.take(FLOOD)
        assert [kept.item.key for kept in store.source.items(ItemState.TAKEN)] == ["kttv/lu-01"]
        store.source.settle(FLOOD.key, ItemState.REFUSED, reason="unreadable")
        assert store.source.items(ItemState.TAKEN) == []


class TestOutbox:
    def test_the_verdicts_of_all_nodes_go_up_in_one_report(self, store: Store, clock: Clock) -> None:
        store.plan_airing(AIRING, [told(Step.APPROVED, node="", by="Nguyễn Thị Lan")])
        store.judge(*heard("loa-1"))
        store.judge(*heard("loa-2", VerdictCode.SILENT))
        assert store.source.due(10) == []
        clock.pass_s(GATHER.total_seconds())
        (report,) = store.source.due(10)
        body = store.source.begin_sending(report, "yen-hoa")
        assert body is not None
        assert (body["station"], body["airing"], body["revision"]) == ("yen-hoa", "a1", 1)
        assert body["approved_by"] == "Nguyễn Thị Lan"
        assert {each["node"]: each["verdict"] for each in body["results"]} == {"loa-1": "aired", "loa-2": "silent"}

    def test_a_verdict_that_comes_while_a_report_is_on_its_way_goes_up_in_the_next(
        self, store: Store, clock: Clock
    ) -> None:
        store.plan_airing(AIRING, [])
        store.judge(*heard("loa-1"))
        clock.pass_s(60)
        (first,) = store.source.due(10)
        before = store.source.begin_sending(first, "yen-hoa")
        store.judge(*heard("loa-2"))
        assert store.source.begin_sending(first, "yen-hoa") == before
        store.source.end_sending(first)
        clock.pass_s(60)
        (second,) = store.source.due(10)
        assert (second.subject, second.revision) == ("a1", 2)
        body = store.source.begin_sending(second, "yen-hoa")
        assert body is not None and [each["verdict"] for each in body["results"]] == ["aired", "aired"]

    def test_a_confirmation_and_a_withdrawal_are_told_as_well(self, store: Store, clock: Clock) -> None:
        store.plan_airing(AIRING, [])
        store.judge(*heard("loa-1"))
        store.settle(Evidence("a1", "loa-1", Step.CONFIRMED, NOON, "operator:lan", None, {"by": "Lan"}))
        withdrawn = replace(AIRING, id="a2")
        store.plan_airing(withdrawn, [])
        store.withdraw_airing("a2", [Evidence("a2", "", Step.SKIPPED, NOON, "operator:lan", Reason.WITHDRAWN)])
        clock.pass_s(60)
        first, second = [store.source.begin_sending(report, "yen-hoa") for report in store.source.due(10)]
        assert first is not None and second is not None
        assert first["results"][1]["settled"] == "confirmed" or first["results"][0]["settled"] == "confirmed"
        assert second["not_aired_for"] == "withdrawn"

    def test_nothing_is_gathered_where_nobody_is_told(self, tmp_path: Path) -> None:
        store = Store.open(tmp_path / "other", clock=lambda: NOON)
        try:
            furnish(store)
            store.plan_airing(AIRING, [])
            store.judge(*heard("loa-1"))
            store.source.take(FLOOD)
            assert store.source.state().waiting == 0
        finally:
            store.close()

    def test_what_waits_is_still_there_after_a_restart(self, store: Store, tmp_path: Path) -> None:
        store.plan_airing(AIRING, [])
        store.judge(*heard("loa-1"))
        store.source.take(FLOOD)
        store.source.set_cursor("trang-2")
        store.close()
        again = Store.open(tmp_path, clock=lambda: NOON + timedelta(days=7))
        try:
            assert [report.kind for report in again.source.due(10)] == ["airing", "item"]
            assert again.source.cursor() == "trang-2"
        finally:
            again.close()

    def test_what_is_refused_above_is_counted_and_not_sent_again(self, store: Store, clock: Clock) -> None:
        store.source.take(FLOOD)
        (report,) = store.source.due(10)
        store.source.begin_sending(report, "yen-hoa")
        store.source.end_sending(report, refused="no such item")
        assert store.source.due(10) == []
        state = store.source.state()
        assert (state.waiting, state.refused) == (0, 1)

    def test_traces_of_old_reports_go_but_revisions_go_on(self, store: Store, clock: Clock) -> None:
        store.source.take(FLOOD)
        for state in (ItemState.SUBMITTED, ItemState.EXPIRED):
            (report,) = store.source.due(10)
            store.source.begin_sending(report, "yen-hoa")
            store.source.end_sending(report)
            store.source.settle(FLOOD.key, state)
        clock.pass_s(40 * 86_400)
        assert store.source.forget_sent(clock.now - timedelta(days=30)) == 2
        (last,) = store.source.due(10)
        assert last.revision == 3


def test_a_store_of_the_version_before_takes_items_and_counts_verdicts(tmp_path: Path) -> None:
    store_of_shape(tmp_path, "0008")
    store = Store.open(tmp_path, clock=lambda: NOON)
    try:
        assert store.source.cursor() is None
        assert store.source.take(FLOOD).state is ItemState.TAKEN
        assert store.source.state().waiting == 0
    finally:
        store.close()


def test_a_store_takes_its_new_shape_however_long_that_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store_of_shape(tmp_path, "0006")
    monkeypatch.setattr("smartradio.station.store.database.WRITE_TIMEOUT_S", 0.001)
    store = Store.open(tmp_path, clock=lambda: NOON)
    monkeypatch.undo()
    store.close()
    Store.open_read_only(tmp_path).close()
