from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, event

from smartradio.domain.airing import Airing, AiringState
from smartradio.domain.bulletin import Bulletin, Part, Recording, Segment, SegmentKind
from smartradio.domain.day_rules import LAST_DAY, Holidays, Leap, LunarRule, Season
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, Turn, instants
from smartradio.domain.verdict import JudgedSentence, JudgedWord, VerdictCode, WordState
from smartradio.station.store import NodeJudgement, Store, StoreError, WaitingClip
from smartradio.station.store import tables as t
from tests.domain.plain_days import PlainDays
from tests.station.commune import spoken_of

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
BULLETIN = Bulletin("b1", "Lịch tiêm chủng", "Trạm Y tế xã thông báo lịch tiêm chủng tháng 11/2026.")
SPOKEN = [{"written": "tháng 11/2026", "spoken": "tháng mười một năm hai nghìn không trăm hai mươi sáu"}]
SEGMENTS = (
    Segment("c" * 64, 900, 1.2, 0.5, SegmentKind.CHIME),
    Segment("d" * 64, 5000, 6.5, 0.0, SegmentKind.SENTENCE, "tháng mười một"),
)
RECORDING = Recording("r" * 64, "b1", "espeak:vi", SEGMENTS)
AIRING = Airing(
    id="a1",
    bulletin_id="b1",
    recording_id=RECORDING.id,
    starts_at=NOON,
    expires_at=NOON + timedelta(seconds=60),
    priority=Priority.PROGRAMME,
    zones=("thon-1",),
    nodes=("loa-2", "loa-1"),
    programme="sang",
)
HEARD_WELL = NodeJudgement(
    VerdictCode.AIRED,
    coverage=0.98,
    coverage_by_segment=(1.0, 0.97),
    level_db=-21.5,
    snr_db=18.0,
    presence=(1.0, 0.5),
    clip="e" * 64,
    clip_starts_s=-2.0,
    delay_ms=11.5,
    tilt_db=-3.0,
    background_db=-52.0,
    intelligibility=0.82,
    sentences=(
        JudgedSentence(
            "mực nước bốn mét",
            WordState.DIFFERENT,
            (
                JudgedWord("mực", WordState.HEARD, 0.5, 0.7, 0.97),
                JudgedWord("bốn", WordState.DIFFERENT, 1.0, 1.2, 0.04, weight=3.0),
                JudgedWord("mét", WordState.UNPROVEN),
            ),
        ),
    ),
)


def told(step: Step, node: str = "loa-1", airing: str = "a1", **facts: object) -> Evidence:
    return Evidence(airing, node, step, NOON, f"node:{node}" if node else "station", facts=facts)


def furnish(store: Store) -> None:
    store.put_zone(Zone("thon-1", "Thôn 1"))
    for name in ("loa-1", "loa-2"):
        store.put_node(Node(name, "thon-1", f"Cụm {name}", "ab" * 32))
    store.put_bulletin(BULLETIN, SPOKEN)
    store.put_recording(RECORDING, {"render_s": 0.2}, NOON)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=lambda: NOON)
    yield opened
    opened.close()


@pytest.fixture
def planned(store: Store) -> Store:
    furnish(store)
    store.plan_airing(AIRING, [told(Step.APPROVED, node="", by="Nguyễn Thị Lan"), told(Step.PLANNED, node="")])
    return store


def tamper(folder: Path, *statements: str, guards: bool = False) -> None:
    """Do what somebody with the file open in another program can do."""
    connection = sqlite3.connect(folder / "smartradio.db")
    try:
        if not guards:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in names:
                connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


def count_statements(store: Store) -> list[str]:
    seen: list[str] = []

    def note(_c: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(store._database._read_engine, "before_cursor_execute", note)
    return seen


class TestKeeping:
    def test_what_was_written_comes_back_after_reopening(self, tmp_path: Path) -> None:
        first = Store.open(tmp_path)
        furnish(first)
        first.plan_airing(AIRING, [])
        first.close()
        again = Store.open(tmp_path)
        try:
            assert again.zones() == [Zone("thon-1", "Thôn 1")]
            assert ("loa-2", "thon-1", "Cụm loa-2") in [(n.name, n.zone, n.title) for n in again.node_views()]
            assert again.bulletin("b1") == BULLETIN
            assert spoken_of(again, "b1") == tuple(SPOKEN)
            assert again.recording(RECORDING.id) == RECORDING
            assert again.airing("a1") == AIRING
        finally:
            again.close()

    def test_a_node_in_an_unknown_zone_is_refused_by_name(self, store: Store) -> None:
        with pytest.raises(BadInputError, match="node loa-1: zone thon-9 is not in the registry"):
            store.put_node(Node("loa-1", "thon-9", "Cụm 1", "ab" * 32))

    def test_the_latest_recording_of_a_bulletin_is_the_one_used(self, store: Store) -> None:
        furnish(store)
        newer = replace(RECORDING, id="s" * 64)
        store.put_recording(newer, {}, NOON + timedelta(seconds=1))
        assert store.recording_for("b1") == newer
        store.put_recording(RECORDING, {}, NOON + timedelta(seconds=2))
        assert store.recording_for("b1") == RECORDING
        assert store.recording_for("b9") is None

    def test_a_recording_without_its_bulletin_is_refused(self, store: Store) -> None:
        with pytest.raises(BadInputError, match="bulletin b1 is not in the store"):
            store.put_recording(RECORDING, {}, NOON)

    def test_the_words_of_a_planned_bulletin_do_not_change(self, store: Store) -> None:
        furnish(store)
        store.put_bulletin(replace(BULLETIN, text="Sửa lại."), [])
        store.put_bulletin(BULLETIN, SPOKEN)
        store.plan_airing(AIRING, [])
        store.put_bulletin(BULLETIN, SPOKEN)
        with pytest.raises(BadInputError, match="was planned and cannot be changed"):
            store.put_bulletin(replace(BULLETIN, text="Khác hẳn."), SPOKEN)
        assert store.bulletin("b1") == BULLETIN

    def test_a_programme_keeps_its_wall_clock(self, store: Store) -> None:
        furnish(store)
        local = datetime(2026, 11, 22, 5, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
        programme = Programme("sang", "Buổi sáng", "Chào.", ("thon-1",), local, "FREQ=DAILY", approved_by="Lan")
        store.put_programme(programme, "b1")
        (kept,) = store.programmes()
        assert kept == programme
        assert kept.first_at.tzinfo == local.tzinfo
        assert next(instants(kept, local, local + timedelta(days=1), PlainDays())) == local
        assert store.drop_programme("sang")
        assert not store.drop_programme("sang")

    def test_the_parts_of_a_bulletin_and_of_a_programme_are_kept_in_order(self, store: Store) -> None:
        furnish(store)
        parts = (Part("vi", "Chào bà con."), Part("hmn", sound="5" * 64), Part("vi", "Xin hết."))
        in_parts = replace(BULLETIN, id="b2", parts=parts)
        store.put_bulletin(in_parts, [])
        assert store.bulletin("b2") == in_parts
        assert store.bulletin("b1") == BULLETIN
        local = datetime(2026, 11, 22, 5, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
        programme = Programme("lu", "Lũ", "Chào.", ("thon-1",), local, parts=parts, override_open_items=True, times=2)
        store.put_programme(programme, "b2")
        assert store.programmes() == [programme]

    def test_the_days_of_a_programme_are_kept_with_their_seasons_and_moons(self, store: Store) -> None:
        furnish(store)
        local = datetime(2026, 11, 22, 5, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
        plain = Programme("sang", "Buổi sáng", "Chào.", ("thon-1",), local, "FREQ=DAILY")
        rich = replace(
            plain,
            valid_from=date(2026, 12, 1),
            valid_until=date(2027, 6, 30),
            except_on=(date(2027, 2, 6),),
            also_on=(date(2027, 1, 3), date(2027, 5, 2)),
            seasons=(Season((4, 16), (10, 15), time(4, 45)),),
            holidays=Holidays.SKIP,
            slot=timedelta(minutes=45),
            order=Turn.CLOSING,
        )
        moons = replace(plain, name="ram", recurrence=None, lunar=LunarRule((1, LAST_DAY), (3,), Leap.SKIP))
        for programme in (rich, moons):
            store.put_programme(programme, "b1")
        assert store.programmes() == [moons, rich]
        store.put_programme(plain, "b1")
        assert store.programmes() == [moons, plain]

    def test_a_time_without_a_zone_is_refused_and_nothing_is_kept(self, store: Store) -> None:
        furnish(store)
        with pytest.raises(BadInputError, match="has no zone"):
            store.plan_airing(replace(AIRING, starts_at=datetime(2026, 11, 22)), [told(Step.PLANNED)])  # noqa: DTZ001
        assert store.airing("a1") is None
        assert store.verify().entries == 0

    @pytest.mark.parametrize("text", ["nửa ký tự \ud800", "\udfff"])
    def test_half_a_character_is_refused_in_one_line(self, store: Store, text: str) -> None:
        with pytest.raises(BadInputError) as caught:
            store.put_bulletin(replace(BULLETIN, text=text), [])
        assert "\n" not in str(caught.value)

    @settings(max_examples=60, deadline=None)
    @given(text=st.text(), title=st.text(max_size=20))
    def test_any_text_comes_back_letter_by_letter_or_is_refused(self, shared: Store, text: str, title: str) -> None:
        bulletin = Bulletin("any", title, text)
        shared.put_bulletin(bulletin, [{"written": text}])
        assert shared.bulletin("any") == bulletin
        assert spoken_of(shared, "any") == ({"written": text},)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store.open(tmp_path_factory.mktemp("shared"))
    yield opened
    opened.close()


class TestAirings:
    def test_planning_twice_inserts_once_and_logs_once(self, planned: Store) -> None:
        assert not planned.plan_airing(AIRING, [told(Step.PLANNED, node="")])
        assert [item.evidence.step for item in planned.chain("a1")] == [Step.APPROVED, Step.PLANNED]

    def test_an_airing_without_its_recording_is_refused(self, store: Store) -> None:
        store.put_bulletin(BULLETIN, [])
        with pytest.raises(BadInputError, match="is not in the store"):
            store.plan_airing(AIRING, [])

    def test_airings_come_by_start_from_inclusive_to_exclusive(self, planned: Store) -> None:
        for days in (2, 1):
            starts_at = NOON + timedelta(days=days)
            planned.plan_airing(replace(AIRING, id=f"d{days}", starts_at=starts_at), [])
        assert [a.id for a in planned.airings()] == ["a1", "d1", "d2"]
        found = planned.airings(start=NOON, end=NOON + timedelta(days=2))
        assert [a.id for a in found] == ["a1", "d1"]
        assert [a.id for a in planned.airings(newest=2)] == ["d2", "d1"]

    def test_the_words_of_a_verdict_are_read_back_for_one_airing_and_left_out_of_the_board(
        self, planned: Store
    ) -> None:
        planned.judge(told(Step.HEARD), HEARD_WELL)
        view = planned.airing_view("a1")
        assert view is not None
        node = view.nodes[1]
        assert node.sentences == HEARD_WELL.sentences
        assert node.sentences[0].words[1].state is WordState.DIFFERENT
        assert (node.delay_ms, node.tilt_db, node.background_db) == (11.5, -3.0, -52.0)
        assert node.intelligibility == 0.82
        (listed,) = planned.board()
        assert (listed.nodes[1].sentences, listed.nodes[1].intelligibility) == ((), 0.82)
        assert planned.verify().ok

    def test_a_verdict_from_before_there_were_words_is_read_as_it_stands(self, planned: Store, tmp_path: Path) -> None:
        planned.judge(told(Step.HEARD), HEARD_WELL)
        later = "delay_ms", "tilt_db", "background_db", "intelligibility", "sentences"
        paths = ", ".join(f"'$.{name}'" for name in later)
        tamper(tmp_path, f"UPDATE judgements SET content = json_remove(content, {paths})")
        view = planned.airing_view("a1")
        assert view is not None
        node = view.nodes[1]
        assert (node.coverage, node.sentences, node.intelligibility) == (0.98, (), None)

    def test_a_withdrawn_airing_leaves_the_plan_and_stays_on_the_board(self, planned: Store) -> None:
        word = Evidence("a1", "", Step.SKIPPED, NOON, "operator:lan", Reason.WITHDRAWN)
        assert planned.withdraw_airing("a1", [word])
        assert not planned.withdraw_airing("a1", [word])
        assert not planned.withdraw_airing("a9", [])
        assert planned.airings() == []
        assert planned.unsettled(NOON + timedelta(days=1)) == []
        (view,) = planned.board()
        assert [node.state for node in view.nodes] == [AiringState.FAILED, AiringState.FAILED]
        assert planned.verify().ok

    def test_a_withdrawn_airing_that_was_heard_all_the_same_wants_a_verdict(self, planned: Store) -> None:
        planned.withdraw_airing("a1", [told(Step.SKIPPED, node="")])
        planned.record([told(Step.STARTED)])
        assert planned.unsettled(NOON + timedelta(days=1)) == [(AIRING, "loa-1")]

    def test_without_a_verdict_an_airing_is_unsettled_once_it_began(self, planned: Store) -> None:
        assert planned.unsettled(NOON) == []
        later = NOON + timedelta(seconds=1)
        assert planned.unsettled(later) == [(AIRING, "loa-2"), (AIRING, "loa-1")]
        planned.judge(told(Step.HEARD), HEARD_WELL)
        assert planned.unsettled(later) == [(AIRING, "loa-2")]
        planned.judge(told(Step.UNREACHED, node="loa-2"), NodeJudgement(VerdictCode.UNREACHED))
        assert planned.unsettled(later) == []


class TestEvidence:
    def test_a_report_brought_twice_is_logged_once(self, planned: Store) -> None:
        assert planned.record([told(Step.DELIVERED)], report_id="n1")
        assert not planned.record([told(Step.DELIVERED)], report_id="n1")
        assert planned.record([told(Step.STARTED)], report_id="n2")
        assert [item.evidence.step for item in planned.chain("a1", "loa-1")][2:] == [
            Step.DELIVERED,
            Step.STARTED,
        ]

    def test_the_log_keeps_every_word_of_an_entry(self, planned: Store) -> None:
        said = Evidence(
            "a1",
            "loa-1",
            Step.REFUSED,
            NOON,
            "node:loa-1",
            Reason.REPLAYED,
            {"epoch": 2, "câu": ["một", None]},
        )
        planned.record([said, replace(said, reason="other_words")])
        first, second = planned.chain("a1", "loa-1")[-2:]
        assert first.evidence == said
        assert first.evidence.reason is Reason.REPLAYED
        assert second.evidence.reason == "other_words"
        assert (first.number, second.number) == (3, 4)
        assert first.committed_at == NOON

    def test_a_nodes_chain_holds_what_is_true_for_all_and_not_its_neighbours(self, planned: Store) -> None:
        planned.record([told(Step.DELIVERED), told(Step.DELIVERED, node="loa-2")])
        assert [item.evidence.node for item in planned.chain("a1", "loa-1")] == ["", "", "loa-1"]
        assert len(planned.chain("a1")) == 4

    def test_facts_that_are_no_json_are_refused_and_nothing_of_the_batch_is_kept(self, planned: Store) -> None:
        for wrong in (float("nan"), NOON, b"x", "\ud800"):
            with pytest.raises(BadInputError, match="not plain JSON"):
                planned.record([told(Step.DELIVERED), told(Step.STARTED, level=wrong)], report_id="n1")
        assert planned.verify().entries == 2
        assert planned.record([told(Step.DELIVERED)], report_id="n1")

    def test_states_follow_the_log_and_late_duplicates_move_nothing(self, planned: Store) -> None:
        planned.record([told(Step.DELIVERED), told(Step.STARTED, offset_ms=1.5), told(Step.FINISHED)])
        planned.record([told(Step.STARTED, offset_ms=900.0), told(Step.DELIVERED)])
        view = planned.airing_view("a1")
        assert view is not None
        other, node = view.nodes
        assert (node.node, node.state, node.start_offset_ms) == ("loa-1", AiringState.FINISHED, 1.5)
        assert (other.node, other.state, other.started_at) == ("loa-2", AiringState.PLANNED, None)

    def test_evidence_of_an_airing_nobody_planned_is_still_logged(self, store: Store) -> None:
        store.record([told(Step.REFUSED, airing="foreign")])
        assert len(store.chain("foreign")) == 1
        assert store.verify().ok

    def test_evidence_older_than_the_plan_counts_once_the_airing_is_planned(self, store: Store) -> None:
        furnish(store)
        store.record([told(Step.STARTED, offset_ms=2.0)])
        store.plan_airing(AIRING, [told(Step.PLANNED, node="")])
        view = store.airing_view("a1")
        assert view is not None
        assert view.nodes[1].state is AiringState.STARTED
        assert store.verify().ok

    def test_many_threads_write_one_unbroken_chain(self, planned: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: planned.record([told(Step.MEASURED, n=n)], report_id=f"r{n}"), range(80)))
        found = planned.verify()
        assert (found.ok, found.entries) == (True, 82)


class TestVerdicts:
    def test_a_verdict_shows_with_its_figures_and_a_word_settles_it(self, planned: Store) -> None:
        planned.judge(told(Step.HEARD), HEARD_WELL)
        planned.settle(told(Step.CONFIRMED, by="Lan", note="nghe rõ"))
        view = planned.airing_view("a1")
        assert view is not None
        node = view.nodes[1]
        assert (node.verdict, node.coverage, node.presence) == ("aired", 0.98, (1.0, 0.5))
        assert (node.state, node.settled, node.settled_by, node.note) == (
            AiringState.SETTLED,
            "confirmed",
            "Lan",
            "nghe rõ",
        )
        assert view.nodes[0].verdict is None
        assert planned.verify().ok

    def test_what_is_not_judged_cannot_be_settled(self, planned: Store) -> None:
        with pytest.raises(BadInputError, match="no verdict yet"):
            planned.settle(told(Step.CONFIRMED, by="Lan"))
        with pytest.raises(BadInputError, match="not started"):
            planned.settle(told(Step.STARTED))
        assert planned.verify().entries == 2

    def test_a_verdict_needs_a_planned_airing_and_the_right_step(self, planned: Store) -> None:
        with pytest.raises(BadInputError, match="never planned for node loa-9"):
            planned.judge(told(Step.HEARD, node="loa-9"), HEARD_WELL)
        with pytest.raises(BadInputError, match="heard or unreached"):
            planned.judge(told(Step.FINISHED), HEARD_WELL)

    def test_a_late_clip_replaces_unreached_and_the_word_spoken_on_it(self, planned: Store) -> None:
        planned.judge(told(Step.UNREACHED), NodeJudgement(VerdictCode.UNREACHED))
        planned.settle(told(Step.CONFIRMED, by="Lan"))
        planned.judge(told(Step.HEARD), HEARD_WELL)
        node = planned.board()[0].nodes[1]
        assert (node.state, node.verdict, node.settled) == (AiringState.JUDGED, "aired", None)
        assert planned.verify().ok

    def test_a_verdict_after_somebodys_word_is_logged_but_the_figures_stay(self, planned: Store) -> None:
        planned.judge(told(Step.HEARD), HEARD_WELL)
        planned.settle(told(Step.DISPUTED, by="Lan", note="loa rè"))
        planned.judge(told(Step.HEARD), replace(HEARD_WELL, verdict=VerdictCode.OTHER))
        node = planned.board()[0].nodes[1]
        assert (node.verdict, node.settled) == ("aired", "disputed")
        assert planned.chain("a1")[-1].evidence.facts["verdict"] == "other"
        assert planned.verify().ok

    def test_figures_that_are_no_numbers_are_refused(self, planned: Store) -> None:
        with pytest.raises(BadInputError, match="plain numbers"):
            planned.judge(told(Step.HEARD), replace(HEARD_WELL, snr_db=float("inf")))


class TestVerify:
    @pytest.fixture
    def folder(self, planned: Store, tmp_path: Path) -> Path:
        planned.record([told(Step.DELIVERED), told(Step.STARTED), told(Step.FINISHED)])
        planned.judge(told(Step.HEARD), HEARD_WELL)
        assert planned.verify().ok
        return tmp_path

    @pytest.mark.parametrize(
        ("doing", "number", "words"),
        [
            ("UPDATE evidence SET entry = replace(entry, 'loa-1', 'loa-2') WHERE number = 3", 3, "changed"),
            ("UPDATE evidence SET entry = entry || ' ' WHERE number = 4", 4, "changed"),
            ("UPDATE evidence SET hash = replace(hash, '0', '1') WHERE number = 2", 2, "changed"),
            ("DELETE FROM evidence WHERE number = 1", 1, "missing"),
            ("DELETE FROM evidence WHERE number = 4", 4, "missing"),
            ("DELETE FROM evidence WHERE number >= 5", 5, "missing"),
            ("DELETE FROM evidence", 1, "missing"),
            ("INSERT INTO evidence (number, entry, hash) SELECT 7, entry, hash FROM evidence LIMIT 1", 7, ""),
            ("UPDATE evidence_head SET entries = 5", 6, "added behind the head"),
            ("UPDATE evidence_head SET hash = 'ff'", 6, "not the one the head names"),
        ],
    )
    def test_what_was_done_to_the_log_is_found_and_named(
        self, planned: Store, folder: Path, doing: str, number: int, words: str
    ) -> None:
        tamper(folder, doing)
        found = planned.verify()
        assert not found.ok
        assert found.bad_number == number
        assert f"entry {number}" in found.line
        assert words in found.line

    def test_two_entries_that_changed_places_are_found(self, planned: Store, folder: Path) -> None:
        tamper(
            folder,
            "UPDATE evidence SET number = -1 WHERE number = 3",
            "UPDATE evidence SET number = 3 WHERE number = 4",
            "UPDATE evidence SET number = 4 WHERE number = -1",
        )
        assert planned.verify().bad_number == 3

    @pytest.mark.parametrize(
        "doing",
        [
            "UPDATE judgements SET content = replace(content, '0.98', '0.99')",
            "UPDATE judgements SET verdict = 'silent'",
            "DELETE FROM judgements",
            "UPDATE progress SET state = 'settled', settled = 'confirmed' WHERE node = 'loa-1'",
            "UPDATE progress SET start_offset_ms = 0.0 WHERE node = 'loa-2'",
        ],
    )
    def test_figures_and_states_are_held_against_the_log(self, planned: Store, folder: Path, doing: str) -> None:
        tamper(folder, doing)
        found = planned.verify()
        assert not found.ok
        assert "airing a1" in found.line

    @pytest.mark.parametrize(
        "doing",
        [
            "UPDATE evidence SET entry = '{}' WHERE number = 1",
            "DELETE FROM evidence WHERE number = 6",
            "INSERT OR REPLACE INTO evidence (number, entry, hash) VALUES (2, '{}', 'x')",
            "UPDATE evidence_head SET entries = 2",
            "DELETE FROM evidence_head",
            "INSERT INTO evidence_head (id, entries, hash) VALUES (2, 9, 'x')",
        ],
    )
    def test_the_database_itself_refuses_to_rewrite_the_log(self, planned: Store, folder: Path, doing: str) -> None:
        with pytest.raises(sqlite3.IntegrityError, match="evidence log"):
            tamper(folder, doing, guards=True)
        assert planned.verify().ok

    def test_an_empty_log_holds(self, store: Store) -> None:
        found = store.verify()
        assert (found.ok, found.entries) == (True, 0)

    def test_verify_reads_beside_a_working_station_and_writes_nothing(self, planned: Store, folder: Path) -> None:
        beside = Store.open_read_only(folder)
        try:
            assert beside.verify().head == planned.verify().head
            planned.record([told(Step.MEASURED)])
            assert beside.verify().entries == 7
            with pytest.raises(StoreError, match="for reading only"):
                beside.put_zone(Zone("thon-2", "Thôn 2"))
        finally:
            beside.close()


class TestViews:
    def test_the_board_asks_as_often_for_thirty_airings_as_for_one(self, planned: Store) -> None:
        planned.board()
        seen = count_statements(planned)
        planned.board()
        for_one = len(seen)
        for n in range(30):
            starts_at = NOON + timedelta(minutes=n + 1)
            planned.plan_airing(replace(AIRING, id=f"x{n}", starts_at=starts_at), [])
        seen.clear()
        assert len(planned.board()) == 31
        assert len(seen) == for_one <= 4

    def test_the_board_shows_the_latest_first_with_texts_and_without_chains(self, planned: Store) -> None:
        planned.plan_airing(replace(AIRING, id="a2", starts_at=NOON + timedelta(hours=1)), [])
        latest, first = planned.board()
        assert (latest.airing.id, first.airing) == ("a2", AIRING)
        assert (first.bulletin, first.recording, first.spoken) == (BULLETIN, RECORDING, tuple(SPOKEN))
        assert [(n.node, n.title) for n in first.nodes] == [("loa-2", "Cụm loa-2"), ("loa-1", "Cụm loa-1")]
        assert first.chain == ()
        assert [view.airing.id for view in planned.board(1)] == ["a2"]

    def test_one_airing_shows_its_whole_chain(self, planned: Store) -> None:
        view = planned.airing_view("a1")
        assert view is not None
        assert [item.number for item in view.chain] == [1, 2]
        assert planned.airing_view("a1", with_chain=False) == replace(view, chain=())
        assert planned.airing_view("a9") is None

    def test_a_node_shows_as_it_last_spoke_and_offline_keeps_when(self, store: Store) -> None:
        furnish(store)
        facts = {"version": "0.1.0", "clock_trusted": True, "playing": "a1", "problems": ["undervoltage"]}
        store.put_node_state("loa-1", online=True, at=NOON, facts=facts)
        store.put_node_state("loa-1", online=False, at=NOON + timedelta(minutes=5), facts={})
        store.put_node_state("loa-9", online=False, at=NOON, facts={})
        one, two = store.node_views()
        assert (one.online, one.last_seen, one.version, one.playing) == (False, NOON, "0.1.0", None)
        assert one.problems == ("undervoltage",)
        assert (two.online, two.last_seen, two.version) == (False, None, None)
        assert (store.node_views(one.name), store.node_views("loa-9")) == ([one], [])


class TestCounters:
    def test_counters_only_grow_also_over_a_reopening_and_a_new_epoch(self, tmp_path: Path) -> None:
        seen: list[tuple[int, int]] = []
        for _ in range(3):
            store = Store.open(tmp_path)
            seen += [store.next_counter() for _ in range(70)]
            assert store.raise_epoch() > seen[-1][0]
            seen.append(store.next_counter())
            store.close()
        assert seen == sorted(set(seen))

    def test_threads_never_get_the_same_counter(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda _: store.next_counter(), range(300)))
        assert len(set(got)) == 300


class TestClips:
    def test_a_clip_waits_until_a_verdict_names_it(self, planned: Store) -> None:
        facts = {"starts_s": -2.0}
        planned.put_clip("a1", "loa-1", "e" * 64, 9000, facts)
        planned.put_clip("a1", "loa-1", "e" * 64, 9000, facts)
        assert planned.clips_to_judge() == [WaitingClip("a1", "loa-1", "e" * 64, 9000, facts)]
        planned.judge(told(Step.HEARD), replace(HEARD_WELL, clip=None))
        assert len(planned.clips_to_judge()) == 1
        planned.judge(told(Step.HEARD), HEARD_WELL)
        assert planned.clips_to_judge() == []
        planned.put_clip("a1", "loa-1", "e" * 64, 9000, facts)
        assert planned.clips_to_judge() == []

    def test_a_clip_that_cannot_be_judged_is_set_aside(self, planned: Store) -> None:
        planned.put_clip("a1", "loa-1", "f" * 64, 10, {})
        planned.set_clip_aside("a1", "loa-1", "f" * 64, "not Opus")
        assert planned.clips_to_judge() == []

    def test_a_clip_of_an_unknown_airing_is_refused(self, store: Store) -> None:
        with pytest.raises(BadInputError, match="airing a9"):
            store.put_clip("a9", "loa-1", "f" * 64, 10, {})


class TestOpening:
    def test_a_second_station_on_the_folder_is_told_who_works_there(self, store: Store, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match=f"process {os.getpid()}"):
            Store.open(tmp_path)

    def test_a_station_that_died_leaves_the_folder_free(self, tmp_path: Path) -> None:
        work = (
            "import os, sys; from pathlib import Path; from smartradio.station.store import Store;"
            "Store.open(Path(sys.argv[1])); os._exit(9)"
        )
        done = subprocess.run([sys.executable, "-c", work, str(tmp_path)], check=False, timeout=60)
        assert done.returncode == 9
        Store.open(tmp_path).close()

    def test_closing_twice_is_harmless_and_a_closed_store_says_so(self, tmp_path: Path) -> None:
        store = Store.open(tmp_path)
        store.close()
        store.close()
        for use in (store.zones, store.raise_epoch):
            with pytest.raises(StoreError, match="closed"):
                use()

    def test_looking_into_an_empty_folder_makes_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match=r"there is no smartradio\.db"):
            Store.open_read_only(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_file_that_is_no_database_ends_in_one_line_and_frees_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "smartradio.db").write_bytes(b"not a database, but long enough to look at" * 50)
        for opening in (Store.open, Store.open, Store.open_read_only):
            with pytest.raises(StoreError, match="file is not a database") as caught:
                opening(tmp_path)
            assert "\n" not in str(caught.value)

    def test_a_database_of_a_newer_program_is_left_alone(self, tmp_path: Path) -> None:
        Store.open(tmp_path).close()
        tamper(tmp_path, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StoreError, match="newer smartradio"):
            Store.open(tmp_path)
        with pytest.raises(StoreError, match="has shape 9999"):
            Store.open_read_only(tmp_path)

    def test_a_folder_that_is_a_file_ends_in_one_line(self, tmp_path: Path) -> None:
        place = tmp_path / "taken"
        place.write_text("x")
        with pytest.raises(StoreError, match="cannot be used"):
            Store.open(place)

    def test_odd_folder_names_are_no_trouble(self, tmp_path: Path) -> None:
        folder = tmp_path / "xã Yên Hòa 100% #1?"
        store = Store.open(folder)
        store.put_zone(Zone("thon-1", "Thôn 1"))
        store.close()
        assert (folder / "smartradio.db").is_file()

    def test_the_database_is_durable_by_its_settings(self, store: Store) -> None:
        def pragmas(connection: Connection) -> tuple[object, ...]:
            names = ("journal_mode", "synchronous", "foreign_keys")
            return tuple(connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names)

        assert store._database.write(pragmas) == ("wal", 2, 1)

    def test_the_migrations_make_what_the_queries_expect(self, store: Store, tmp_path: Path) -> None:
        # The full-text index is a virtual table, which SQLite keeps in tables of its own.
        def of_ours(_thing: object, name: str | None, kind: str, *_: object) -> bool:
            return kind != "table" or not re.fullmatch(r"search(_(data|idx|content|docsize|config))?", name or "")

        engine = create_engine(f"sqlite:///{tmp_path / 'smartradio.db'}")
        with engine.connect() as connection:
            options = {"include_object": of_ours}
            differences = compare_metadata(MigrationContext.configure(connection, opts=options), t.metadata)
        engine.dispose()
        assert differences == []

    def test_a_full_disk_ends_in_one_line_and_the_log_still_holds(self, planned: Store, tmp_path: Path) -> None:
        pages = planned._database.write(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar())
        planned._database.write(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar())
        with pytest.raises(StoreError, match="full"):
            planned.record([told(Step.MEASURED, much="x" * 200_000)])
        assert planned.verify().ok

    def test_a_disk_that_does_not_answer_is_given_up_after_a_while(
        self, planned: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("smartradio.station.store.database.WRITE_TIMEOUT_S", 0.05)
        stuck = threading.Event()
        slow: Callable[[Connection], bool] = lambda _c: stuck.wait(10)  # noqa: E731
        with pytest.raises(StoreError, match="look at the disk"):
            planned._database.write(slow)
        stuck.set()
