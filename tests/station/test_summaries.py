"""What became of a period's airings, from the store to the table a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.summaries import AiringOutcome, By, Outcome, Tally, summarise
from smartradio.web.summary_csv import as_csv
from smartradio.words import words
from tests.station.test_store import AIRING, furnish

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
START, END = NOON - timedelta(days=1), NOON + timedelta(days=2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=lambda: NOON)
    furnish(opened)
    opened.put_zone(Zone("thon-2", "Thôn 2"))
    opened.put_node(Node("loa-3", "thon-2", "Cụm loa 3", "cd" * 32))
    yield opened
    opened.close()


def judged(store: Store, airing: str, **verdicts: VerdictCode) -> None:
    for node, verdict in verdicts.items():
        name = node.replace("_", "-")
        store.judge(Evidence(airing, name, Step.HEARD, NOON, "station"), NodeJudgement(verdict))


def planned(store: Store, airing: str, **changes: object) -> None:
    values = {"id": airing, "zones": ("thon-1", "thon-2"), "nodes": ("loa-1", "loa-2", "loa-3"), **changes}
    assert store.plan_airing(replace(AIRING, **values), [])  # type: ignore[arg-type]


def only(store: Store, by: By = By.DAY) -> Tally:
    return summarise(store.outcomes(START, END), by, START, END).total


def test_each_node_counts_with_its_verdict_and_the_rest_waits(store: Store) -> None:
    planned(store, "a1")
    judged(store, "a1", loa_1=VerdictCode.AIRED, loa_3=VerdictCode.SILENT)
    total = only(store)
    assert total.results == Counter({Outcome.AIRED: 1, Outcome.SILENT: 1, Outcome.WAITING: 1})
    assert (total.airings, total.judged, total.proof_rate) == (1, 2, 0.5)
    assert total.heard_s == pytest.approx(8.2)


def test_a_verdict_somebody_disputes_proves_nothing(store: Store) -> None:
    planned(store, "a1")
    judged(store, "a1", loa_1=VerdictCode.AIRED, loa_2=VerdictCode.AIRED)
    store.settle(Evidence("a1", "loa-2", Step.DISPUTED, NOON, "operator:lan", None, {"by": "Lan", "note": "im"}))
    total = only(store)
    assert (total.results[Outcome.AIRED], total.disputed, total.proof_rate) == (2, 1, 0.5)


def test_an_airing_disputed_wherever_it_was_heard_adds_no_minutes(store: Store) -> None:
    planned(store, "a1")
    judged(store, "a1", loa_1=VerdictCode.AIRED, loa_3=VerdictCode.SILENT)
    assert only(store).heard_s > 0
    store.settle(Evidence("a1", "loa-1", Step.DISPUTED, NOON, "operator:lan", None, {"by": "Lan", "note": "im"}))
    by_zone = summarise(store.outcomes(START, END), By.ZONE, START, END)
    assert (by_zone.total.heard_s, [line.tally.heard_s for line in by_zone.lines]) == (0.0, [0.0, 0.0])


def test_a_disputed_silence_is_no_lost_proof(store: Store) -> None:
    planned(store, "a1")
    judged(store, "a1", loa_1=VerdictCode.AIRED, loa_2=VerdictCode.SILENT)
    store.settle(Evidence("a1", "loa-2", Step.DISPUTED, NOON, "operator:lan", None, {"by": "Lan", "note": "có"}))
    assert (only(store).disputed, only(store).proof_rate) == (0, 0.5)


def test_without_any_verdict_there_is_no_rate(store: Store) -> None:
    planned(store, "a1")
    assert only(store).proof_rate is None


def test_what_a_rule_keeps_off_the_air_is_counted_with_its_reason(store: Store) -> None:
    off = replace(AIRING, id="a1")
    assert store.keep_off_air(off, [Evidence("a1", "", Step.SKIPPED, NOON, "station", "quiet_hours")])
    total = only(store)
    assert total.off == Counter({"quiet_hours": 1})
    assert total.results == Counter({Outcome.SKIPPED: 2})
    assert (total.planned_s, total.proof_rate) == (0.0, None)


def test_what_a_new_plan_replaced_is_no_airing_and_what_a_person_took_back_is(store: Store) -> None:
    planned(store, "a1")
    planned(store, "a2")
    store.withdraw_airing("a1", [Evidence("a1", "", Step.SKIPPED, NOON, "station", Reason.WITHDRAWN)])
    taken_back = Evidence("a2", "", Step.SKIPPED, NOON, "operator:Lan", Reason.WITHDRAWN)
    store.withdraw_airing("a2", [taken_back], by="Lan")
    total = only(store)
    assert (total.airings, total.off) == (1, Counter({"withdrawn": 1}))


def test_what_a_node_without_its_line_aired_of_an_older_plan_is_counted(store: Store) -> None:
    planned(store, "a1")
    store.withdraw_airing("a1", [Evidence("a1", "", Step.SKIPPED, NOON, "station", Reason.WITHDRAWN)])
    judged(store, "a1", loa_1=VerdictCode.AIRED)
    total = only(store)
    assert (total.airings, total.results) == (1, Counter({Outcome.AIRED: 1}))
    assert total.heard_s == pytest.approx(8.2)


def test_what_sounded_before_it_was_taken_back_keeps_its_verdicts(store: Store) -> None:
    planned(store, "a1")
    judged(store, "a1", loa_1=VerdictCode.PARTLY_AIRED)
    store.withdraw_airing("a1", [Evidence("a1", "", Step.SKIPPED, NOON, "operator:Lan", Reason.WITHDRAWN)], by="Lan")
    total = only(store)
    assert total.results == Counter({Outcome.PARTLY_AIRED: 1, Outcome.SKIPPED: 2})
    assert total.heard_s == total.planned_s == pytest.approx(8.2)


def test_only_airings_of_the_period_count(store: Store) -> None:
    for name, at in (("a1", START), ("a2", END - timedelta(seconds=1)), ("a3", END), ("a4", START - timedelta(1))):
        planned(store, name, starts_at=at)
    assert [item.airing for item in store.outcomes(START, END)] == ["a1", "a2"]


def test_in_a_report_by_zones_each_zone_has_its_own_nodes(store: Store) -> None:
    planned(store, "a1")
    judged(store, "a1", loa_1=VerdictCode.AIRED, loa_2=VerdictCode.AIRED, loa_3=VerdictCode.SILENT)
    made = summarise(store.outcomes(START, END), By.ZONE, START, END)
    assert [(line.key, line.tally.airings, line.tally.proof_rate) for line in made.lines] == [
        ("thon-1", 1, 1.0),
        ("thon-2", 1, 0.0),
    ]
    assert made.lines[1].tally.heard_s == 0.0
    assert made.total.airings == 1


def outcome(name: str, **changes: object) -> AiringOutcome:
    base = AiringOutcome(
        name, "sang", "Bản tin sáng", "y tế", Priority.PROGRAMME, ("thon-1",), NOON, 60.0,
        {("thon-1", Outcome.AIRED): 3},
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        (By.TOPIC, ["", "nông nghiệp", "y tế"]),
        (By.PROGRAMME, ["", "sang"]),
        (By.CLASS, ["100", "50"]),
        (By.DAY, ["2026-11-22", "2026-11-23"]),
        (By.MONTH, ["2026-11"]),
        (By.ZONE, ["thon-1"]),
    ],
)
def test_lines_stand_in_the_order_of_their_keys(by: By, keys: list[str]) -> None:
    items = [
        outcome("a1"),
        outcome("a2", topic="nông nghiệp", starts_at=NOON + timedelta(hours=12)),
        outcome("a3", topic=None, programme=None, priority=Priority.EMERGENCY),
    ]
    made = summarise(items, by, START, END)
    assert [line.key for line in made.lines] == keys
    assert sum(line.tally.airings for line in made.lines) == 3


def test_a_day_is_the_communes_own() -> None:
    late = outcome("a1", starts_at=datetime(2026, 11, 21, 17, 0, tzinfo=UTC))
    assert summarise([late], By.DAY, START, END).lines[0].key == "2026-11-22"


def test_a_programme_is_called_what_it_was_called_last() -> None:
    made = summarise([outcome("a1"), outcome("a2", title="Bản tin mới")], By.PROGRAMME, START, END)
    assert [(line.title, line.tally.airings) for line in made.lines] == [("Bản tin mới", 2)]


class TestTable:
    def rows(self, *items: AiringOutcome, by: By = By.TOPIC) -> list[list[str]]:
        content = as_csv(summarise(items, by, START, END), words("vi"), {"thon-1": "Thôn 1"})
        assert content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))

    def test_it_has_a_row_for_each_line_and_one_for_all(self) -> None:
        head, row, total = self.rows(outcome("a1"))
        assert head[:3] == ["Chủ đề", "Lượt phát", "Nghe được"]
        assert row[:3] == ["y tế", "1", "3"]
        assert total[0] == "Tất cả"
        assert row[-2] == "100,0"
        assert len(head) == len(row) == len(total)

    @pytest.mark.parametrize("title", ["=HYPERLINK(1)", "+84", "-1", "@SUM(A1)", "\t=1", "\r\n=1"])
    def test_no_text_is_taken_for_a_formula(self, title: str) -> None:
        _, row, _ = self.rows(outcome("a1", topic=title))
        assert row[0].startswith("'")

    def test_semicolons_and_quotes_in_a_topic_break_nothing(self) -> None:
        _, row, _ = self.rows(outcome("a1", topic='mưa; "lũ"\nbão'))
        assert row[0] == 'mưa; "lũ" bão'

    def test_zones_and_classes_have_their_words(self) -> None:
        assert self.rows(outcome("a1"), by=By.ZONE)[1][0] == "Thôn 1"
        assert self.rows(outcome("a1"), by=By.CLASS)[1][0] == "Chương trình"

    def test_reasons_are_told_with_their_numbers(self) -> None:
        _, row, _ = self.rows(outcome("a1", reason="quiet_hours", results={("thon-1", Outcome.SKIPPED): 3}))
        assert row[-1] == "giờ yên tĩnh: 1"
