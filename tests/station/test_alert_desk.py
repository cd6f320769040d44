"""The board of an emergency's airing: a real store, log and plan, a studio whose sounds are the words."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.alert_board import Fate
from smartradio.station.alert_desk import AlertDesk
from smartradio.station.alert_text import title_of
from smartradio.station.store import NodeJudgement
from tests.station.alert_office import KHANG, at_the_desk, sent
from tests.station.commune import NODES, NOON
from tests.station.test_approvals import Office


def heard(office: Office, airing: Airing, node: str, verdict: VerdictCode) -> None:
    now = office.clock()
    step = Step.UNREACHED if verdict is VerdictCode.UNREACHED else Step.HEARD
    office.store.judge(Evidence(airing.id, node, step, now, "station"), NodeJudgement(verdict=verdict))


def test_what_was_made_is_heard_segment_by_segment(tmp_path: Path) -> None:
    async def work(office: Office, desk: AlertDesk) -> None:
        airing = office.store.airing((await sent(office, "thon-1")).id)
        assert airing is not None
        sounds = [await desk.segment_audio(airing.recording_id, number) for number in (-1, 0, 1, 2)]
        assert [sound is not None for sound in sounds] == [False, True, True, False]
        assert await desk.segment_audio("khong-co", 0) is None

    at_the_desk(tmp_path, work)


class TestTheBoard:
    def test_it_counts_what_the_nodes_have_told_and_no_more(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk) -> None:
            office.store.put_node_state("thon-1", online=True, at=NOON, facts={})
            office.store.put_node_state("thon-2", online=True, at=NOON, facts={})
            airing = await sent(office, *NODES)
            board = desk.board(airing.id)
            assert board is not None
            assert [node.fate for node in board.nodes] == [Fate.WAITING, Fate.WAITING, Fate.UNREACHABLE]
            assert (board.reached, board.started, board.by) == (0, 0, "Đỗ Văn Khang")

            def told(node: str, step: Step) -> None:
                office.store.record([Evidence(airing.id, node, step, office.clock(), f"node:{node}")])

            told("thon-1", Step.DELIVERED)
            told("thon-2", Step.STARTED)
            board = desk.board(airing.id)
            assert board is not None
            assert [node.fate for node in board.nodes] == [Fate.REACHED, Fate.SOUNDING, Fate.UNREACHABLE]
            # That it is playing says that it was reached, and not that anybody heard it.
            assert (board.reached, board.started, board.count(Fate.HEARD)) == (2, 1, 0)
            heard(office, airing, "thon-1", VerdictCode.SILENT)
            heard(office, airing, "thon-2", VerdictCode.AIRED)
            heard(office, airing, "thon-3", VerdictCode.UNREACHED)
            board = desk.board(airing.id)
            assert board is not None
            assert board.settled
            assert [zone.title for zone in board.zones] == ["Thôn 1", "Thôn 3", "Thôn 2"]
            assert [zone.title for zone in board.not_reached] == ["Thôn 1", "Thôn 3"]
            assert board.fates == {Fate.SILENT: 1, Fate.HEARD: 1, Fate.UNREACHABLE: 1}

        at_the_desk(tmp_path, work)

    def test_it_knows_where_it_was_sent_once_more(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk) -> None:
            airing = await sent(office, "thon-1", "thon-2")
            for node in ("thon-1", "thon-2"):
                facts = {"by": "Đỗ Văn Khang", "airing": "lai-1"}
                asked = Evidence(airing.id, node, Step.REPLAY_ASKED, office.clock(), "station", None, facts)
                office.store.record([asked])
            board = desk.board(airing.id)
            assert board is not None
            assert board.once_more == ("lai-1",)

        at_the_desk(tmp_path, work)

    def test_an_ordinary_airing_has_no_board(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk) -> None:
            script = await office.calendar._studio.script("Họp thôn", "Mời bà con đi họp.")
            produced = await office.calendar._studio.produce(script)
            airing = await office.calendar.plan_now(script, produced, by="lan", zones=("thon-1",), lead_s=5)
            assert desk.board(airing.id) is None
            assert desk.board("khong-co") is None

        at_the_desk(tmp_path, work)

    def test_a_cancelled_alert_falls_silent_and_says_who_took_it_back(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk) -> None:
            airing = await sent(office, "thon-1", "thon-2")
            await desk.cancel(airing.id, by=KHANG, why="Nước đã rút")
            assert office.stops.stopped == [airing.id]
            board = desk.board(airing.id)
            assert board is not None
            assert board.withdrawn_by == "Đỗ Văn Khang"
            assert office.store.chain(airing.id)[-1].evidence.reason is Reason.WITHDRAWN
            with pytest.raises(BadInputError):
                await desk.cancel(airing.id, by=KHANG, why="Nước đã rút")

        at_the_desk(tmp_path, work)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Nước lên nhanh. Mời sơ tán.", "Nước lên nhanh."),
        ("Mời bà con\nsơ tán ngay", "Mời bà con"),
        ("Mức nước 4.52 m", "Mức nước 4.52 m"),
    ],
)
def test_the_first_sentence_is_the_title(text: str, title: str) -> None:
    assert title_of(text) == title


def test_a_long_first_sentence_is_cut_at_a_word() -> None:
    title = title_of("Mời toàn thể bà con " * 10)
    assert len(title) <= 80
    assert title.endswith(("con…", "bà…", "toàn…", "thể…"))
