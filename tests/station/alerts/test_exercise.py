"""An exercise says that it is one before its siren, on every way an alert takes: nobody runs from a drill."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import AlertStatus
from smartradio.domain.bulletin import Recording, SegmentKind
from smartradio.domain.priority import Priority
from smartradio.station.alerts.sending import FETCH_LEAD_S, LEAD_S
from smartradio.station.planner import planned
from smartradio.station.scripts import Script
from tests.station.alerts.book_office import HOUR, KHANG, Desk, at_the_book, flood
from tests.station.alerts.test_sending import Caller, Way, on_the_way_out, way
from tests.station.commune import NOON

DRILL = "Đây là diễn tập. Xin nhắc lại, đây là diễn tập.\nLũ khẩn cấp.\nĐến trường học.\nBà con vừa nghe tin diễn tập."


async def drill(out: Way) -> Script:
    script = await out.studio.script("Diễn tập: Lũ khẩn cấp", DRILL, Priority.EMERGENCY)
    return replace(script, lines_before_siren=1)


def kinds(recording: Recording) -> list[str]:
    return [segment.kind.value for segment in recording.segments]


def test_whatever_is_said_of_an_exercise_its_first_line_stands_before_the_siren(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(status=AlertStatus.EXERCISE), by=KHANG)
        await desk.pass_(2 * HOUR)
        newer = flood("lu-2", status=AlertStatus.EXERCISE, text="Nước còn lên.")
        await desk.book.update("lu-1", newer, by=KHANG)
        await desk.pass_(timedelta(minutes=5))
        await desk.book.cancel("lu-2", by=KHANG, why="hết diễn tập", aloud=True)
        occasions = [each.occasion for name in ("lu-1", "lu-2") for each in desk.book.airings_of(name)]
        assert occasions == [Occasion.FIRST, Occasion.REPEAT, Occasion.UPDATE, Occasion.CANCEL]
        for _, _, script, _ in desk.air.aired:
            assert script.lines_before_siren == 1
            assert script.sentences[0] == ("đây là diễn tập.", "xin nhắc lại, đây là diễn tập.")
            assert "đây là diễn tập" in str(script.sentences[-1])

    at_the_book(tmp_path, work)


def test_before_the_siren_of_what_is_meant_nothing_is_said(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        await desk.book.cancel("lu-1", by=KHANG, why="nước rút", aloud=True)
        assert [script.lines_before_siren for _, _, script, _ in desk.air.aired] == [0, 0]

    at_the_book(tmp_path, work)


def test_it_is_rung_with_its_words_and_siren_and_the_rest_is_made_meanwhile(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        out.caller.may_finish.clear()
        airing = await out.sender.air(await drill(out), airing_id="tap-1", by=KHANG, zones=("thon-1",))
        assert airing.grows
        assert kinds(out.rung[0][1]) == ["sentence", "sentence", "chime"]
        out.caller.may_finish.set()
        await out.sender.made(airing.id)
        assert kinds(out.rung[1][1]) == ["sentence", "sentence", "chime", "sentence", "sentence", "sentence"]
        assert planned(*out.rung[1]).continues(planned(*out.rung[0]))

    on_the_way_out(tmp_path, work)


def test_a_crash_behind_its_opening_leaves_the_siren_where_it_was(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        out.caller.may_finish.clear()
        airing = await out.sender.air(await drill(out), airing_id="tap-1", by=KHANG, zones=("thon-1",))
        await out.sender.stop()
        anew = way(out.office, Caller())
        await anew.sender.take_up()
        await anew.sender.made(airing.id)
        assert kinds(anew.rung[0][1]) == ["sentence", "sentence", "chime", "sentence", "sentence", "sentence"]
        assert out.office.store.recording_facts(anew.rung[0][1].id)["lines_before_siren"] == 1

    on_the_way_out(tmp_path, work)


def test_its_lead_is_short_where_its_words_are_on_the_nodes_as_well_as_its_siren(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        first = await out.sender.air(await drill(out), airing_id="tap-1", by=KHANG, zones=("thon-1",))
        opening = out.rung[0][1].segments
        siren = next(segment.sha256 for segment in opening if segment.kind is SegmentKind.CHIME)
        assert first.starts_at == NOON + timedelta(seconds=FETCH_LEAD_S)
        for name, here, lead_s in (
            ("tap-2", [siren], FETCH_LEAD_S),
            ("tap-3", [segment.sha256 for segment in opening], LEAD_S),
        ):
            near = way(out.office, Caller(), kept=here)
            airing = await near.sender.air(await drill(near), airing_id=name, by=KHANG, zones=("thon-1",))
            await near.sender.stop()
            assert airing.starts_at == NOON + timedelta(seconds=lead_s)

    on_the_way_out(tmp_path, work)


def test_the_same_words_read_as_what_is_meant_are_another_recording(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        meant = await out.studio.produce(replace(await drill(out), lines_before_siren=0))
        exercise = await out.studio.produce(await drill(out))
        again = await out.studio.produce(await drill(out))
        assert kinds(meant.recording)[0] == "chime"
        assert kinds(exercise.recording)[2] == "chime"
        assert again.recording == exercise.recording
        assert again.facts["found_on_shelf"] is True

    on_the_way_out(tmp_path, work)
