"""The report after action: node by node in seconds since the click, and nothing that nobody has told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import AlertStatus
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.alert_board import FURTHEST_LAST, Fate
from smartradio.station.alerts.report import AlertReport
from smartradio.station.replay import Replays
from smartradio.station.store import NodeJudgement, alert_courses, log
from smartradio.station.summaries import By, summarise
from tests.station.alerts.book_office import HOUR, KHANG, THU, Desk, at_the_book, flood
from tests.station.commune import NOON


def told(desk: Desk, airing: str, node: str, step: Step, after_s: float) -> None:
    desk.office.store.record([Evidence(airing, node, step, NOON + timedelta(seconds=after_s), f"node:{node}")])


def judged(desk: Desk, airing: str, node: str, verdict: VerdictCode, after_s: float) -> None:
    at = NOON + timedelta(seconds=after_s)
    desk.office.store.judge(Evidence(airing, node, Step.HEARD, at, "station"), NodeJudgement(verdict=verdict))


def report(desk: Desk, name: str = "lu-1") -> AlertReport:
    found = desk.book.report(name)
    assert found is not None
    return found


def test_each_node_is_counted_in_seconds_since_the_click(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        (airing,) = desk.planned()
        told(desk, airing, "thon-1", Step.DELIVERED, 0.21)
        told(desk, airing, "thon-1", Step.STARTED, 0.43)
        judged(desk, airing, "thon-1", VerdictCode.AIRED, 24.5)
        told(desk, airing, "thon-2", Step.STARTED, 0.5)
        judged(desk, airing, "thon-2", VerdictCode.SILENT, 25)
        found = report(desk)
        first, second = found.nodes
        assert (first.node, first.fate) == ("thon-1", Fate.HEARD)
        assert (first.delivered_s, first.started_s, first.heard_s) == (0.21, 0.43, 24.5)
        assert (second.fate, second.delivered_s, second.started_s, second.heard_s) == (Fate.SILENT, 0.5, 0.5, None)
        assert found.clicked_at == NOON
        assert [node.node for node in found.not_heard] == ["thon-2"]
        assert found.not_reached == ()

    at_the_book(tmp_path, work)


def test_what_is_judged_after_a_report_was_read_stands_in_the_next(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        (airing,) = desk.planned()

        def heard() -> list[float | None]:
            return [node.heard_s for node in report(desk).nodes]

        assert heard() == [None, None]
        judged(desk, airing, "thon-1", VerdictCode.AIRED, 24)
        assert heard() == [24.0, None]
        judged(desk, airing, "thon-2", VerdictCode.AIRED, 25)
        judged(desk, airing, "thon-1", VerdictCode.PARTLY_AIRED, 40)
        assert heard() == [40.0, 25.0]

    at_the_book(tmp_path, work)


def test_of_many_airings_the_first_that_came_through_counts(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        (first,) = desk.planned()
        judged(desk, first, "thon-1", VerdictCode.AIRED, 20)
        await desk.pass_(timedelta(minutes=5))
        again = await desk.book.send_again("lu-1", ["thon-2"], by=THU)
        told(desk, again.id, "thon-2", Step.STARTED, 300.4)
        judged(desk, again.id, "thon-2", VerdictCode.AIRED, 330)
        await desk.pass_(2 * HOUR)
        found = report(desk)
        assert [(each.occasion, each.by, each.nodes) for each in found.airings] == [
            (Occasion.FIRST, "Đỗ Văn Khang", 2),
            (Occasion.REPEAT, "Hà Thị Thu", 1),
            (Occasion.REPEAT, "Đỗ Văn Khang", 2),
        ]
        assert [each.heard for each in found.airings] == [1, 1, 0]
        heard = {node.node: (node.started_s, node.heard_s, node.fate) for node in found.nodes}
        assert heard == {"thon-1": (None, 20.0, Fate.HEARD), "thon-2": (300.4, 330.0, Fate.HEARD)}

    at_the_book(tmp_path, work)


def test_that_it_was_cancelled_is_an_airing_and_not_the_alert(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        await desk.book.cancel("lu-1", by=THU, why="nước rút", aloud=True)
        first, cancellation = desk.book.airings_of("lu-1")
        told(desk, cancellation.airing, "thon-1", Step.STARTED, 3)
        found = report(desk)
        assert [node.node for node in found.not_reached] == ["thon-1", "thon-2"]
        assert {each.airing: each.withdrawn for each in found.airings} == {
            first.airing: True,
            cancellation.airing: False,
        }

    at_the_book(tmp_path, work)


def test_every_act_stands_in_it_with_who_and_where_in_the_log(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.draft(flood(status=AlertStatus.EXERCISE), by="feed:kttv")
        await desk.book.send("lu-1", by=KHANG)
        await desk.pass_(3 * HOUR)
        await desk.book.cancel("lu-1", by=THU, why="hết diễn tập", aloud=False)
        found = report(desk)
        assert found.kept.is_exercise
        assert [(act.act, act.by, act.note) for act in found.acts] == [
            ("draft", "feed:kttv", ""),
            ("send", "Đỗ Văn Khang", ""),
            ("repeat", "station", ""),
            ("cancel", "Hà Thị Thu", "hết diễn tập"),
        ]
        assert [act.at for act in found.acts] == [NOON, NOON, NOON + 2 * HOUR, NOON + 3 * HOUR]
        hashes = {entry.number: entry.hash for entry in desk.book.history("lu-1")}
        assert {act.number: act.hash for act in found.acts} == hashes
        assert found.zone_titles["thon-2"] == "Thôn 2"

    at_the_book(tmp_path, work)


def test_an_exercise_is_in_no_count_of_real_emergencies(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        await desk.book.send(flood("thu", status=AlertStatus.EXERCISE), by=KHANG)
        found = summarise(desk.office.store.outcomes(NOON, NOON + HOUR), By.CLASS, NOON, NOON + HOUR)
        assert [(line.key, line.tally.airings) for line in found.lines] == [("100", 1), ("exercise", 1)]

    at_the_book(tmp_path, work)


def test_the_log_calls_an_alert_by_its_title(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        titles = desk.office.store.audit.titles(desk.book.history("lu-1"))
        assert titles.chains == {"alert:lu-1": "Tin lũ khẩn cấp"}

    at_the_book(tmp_path, work)


def test_a_draft_has_a_report_without_a_click(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.draft(flood(), by="feed:kttv")
        found = report(desk)
        assert (found.clicked_at, found.airings, found.nodes) == (None, (), ())
        assert desk.book.report("khong-co") is None

    at_the_book(tmp_path, work)


def test_how_far_it_came_is_that_of_the_airing_in_which_it_came_furthest(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        (first,) = desk.planned()
        judged(desk, first, "thon-1", VerdictCode.SILENT, 20)
        judged(desk, first, "thon-2", VerdictCode.AIRED, 20)
        again = await desk.book.send_again("lu-1", ["thon-1", "thon-2"], by=THU)
        judged(desk, again.id, "thon-1", VerdictCode.PARTLY_AIRED, 330)
        judged(desk, again.id, "thon-2", VerdictCode.SILENT, 330)
        assert [node.fate for node in report(desk).nodes] == [Fate.PARTLY, Fate.HEARD]

    at_the_book(tmp_path, work)
    assert sorted(FURTHEST_LAST) == sorted(Fate)


def test_whether_a_node_is_there_is_asked_anew_though_the_log_has_no_news(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        store = desk.office.store
        await desk.book.send(flood(), by=KHANG)
        fates = []
        for online in (True, False, True):
            store.put_node_state("thon-1", online=online, at=NOON, facts={})
            fates.append(report(desk).nodes[0].fate)
        assert fates == [Fate.WAITING, Fate.UNREACHABLE, Fate.WAITING]

    at_the_book(tmp_path, work)


def test_the_nodes_stand_in_the_order_of_the_first_airing_whatever_was_sent_again(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        for node in ("thon-2", "thon-2", "thon-2", "thon-1"):
            await desk.pass_(timedelta(minutes=2))
            await desk.book.send_again("lu-1", [node], by=THU)
            assert [each.node for each in report(desk).nodes] == ["thon-1", "thon-2"]

    at_the_book(tmp_path, work)


def test_what_has_no_news_is_not_read_again_though_not_all_of_it_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_courses, "_ROWS_KEPT", 5)
    read: list[str] = []
    stands = alert_courses._stands

    def counted(connection: Connection, airing: str, *more: Any) -> Any:
        read.append(airing)
        return stands(connection, airing, *more)

    monkeypatch.setattr(alert_courses, "_stands", counted)

    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        await desk.pass_(6 * HOUR)
        report(desk)
        # Two nodes an airing: two airings are kept, and stay.
        assert len(read) == 4
        read.clear()
        report(desk)
        assert len(read) == 2
        read.clear()
        judged(desk, report(desk).airings[0].airing, "thon-1", VerdictCode.AIRED, 20)
        read.clear()
        assert report(desk).airings[0].heard == 1
        assert len(read) == 3
        await desk.book.send(flood("khac"), by=KHANG)
        report(desk, "khac")
        read.clear()
        report(desk, "khac")
        assert read == []

    at_the_book(tmp_path, work)


def test_more_airings_than_are_kept_are_told_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_courses, "_ROWS_KEPT", 5)

    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        await desk.pass_(6 * HOUR)
        airings = desk.book.airings_of("lu-1")
        assert len(airings) > 3
        for number, each in enumerate(airings):
            judged(desk, each.airing, "thon-1", VerdictCode.AIRED, 20 + number)
            assert [airing.heard for airing in report(desk).airings] == [1] * (number + 1) + [0] * (
                len(airings) - number - 1
            )

    at_the_book(tmp_path, work)


def test_an_alert_that_ended_is_not_sent_once_more_because_it_was_badly_heard(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        office = desk.office
        replays = Replays(office.settings, office.store, office.objects, office.recorder, clock=office.clock)
        await desk.book.send(flood(expires_at=NOON + timedelta(minutes=30)), by=KHANG)
        (airing,) = desk.planned()
        judged(desk, airing, "thon-1", VerdictCode.SILENT, 20)
        judged(desk, airing, "thon-2", VerdictCode.SILENT, 20)
        desk.clock.now += timedelta(minutes=1)
        assert await replays.by_itself(airing, ["thon-1"]) is not None
        desk.clock.now += HOUR / 2
        assert await replays.by_itself(airing, ["thon-2"]) is None
        with pytest.raises(BadInputError, match="no longer holds"):
            await replays.at_node(airing, "thon-2", by=THU)

    at_the_book(tmp_path, work)


def test_what_was_sent_once_more_is_found_without_all_that_the_nodes_told(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        def plan(connection: Connection) -> list[str]:
            asked: list[tuple[str, tuple[object, ...]]] = []

            def note(_c: object, _u: object, statement: str, given: tuple[object, ...], *_: object) -> None:
                asked.append((statement, given))

            event.listen(connection, "before_cursor_execute", note)
            assert log.replays_asked(connection, "lu-1") == []
            ((statement, given),) = asked
            return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]

        (step,) = desk.office.store._database.read(plan)
        assert "evidence_by_step" in step

    at_the_book(tmp_path, work)
