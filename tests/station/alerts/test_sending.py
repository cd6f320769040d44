"""An alert's way out: rung with siren and first sentence, rung again with all of it, lost by no crash in between."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Recording, SegmentKind
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.station.alerts.sending import FETCH_LEAD_S, LEAD_S, Sender
from smartradio.station.planner import planned
from smartradio.station.reader import Line
from smartradio.station.scripts import Script
from smartradio.station.studio import Studio
from tests.station.commune import NOON, until
from tests.station.test_approvals import LAN, Office, _Rendered, _Spoken, at_the_office

KHANG = Person("Đỗ Văn Khang", "khang", "phien-7")
FLOOD = "Lũ khẩn cấp.\nNước sông lên nhanh. Mời bà con thôn 2 sơ tán ngay.\nĐến trường học."


class Caller:
    """A reader that begins with a siren; the rest of a text may be held up, or fail as often as `fails` says."""

    rate_wpm = None

    def __init__(self, voice: str = "vi") -> None:
        self.voice = voice
        self.may_finish = threading.Event()
        self.may_finish.set()
        self.fails = 0
        self.silent = False
        self.made: list[str] = []

    def wanted(self, voice: str | None) -> str:
        return voice or self.voice

    def __call__(self, lines: Sequence[Line], voice: str | None, priority: Priority, **manner: Any) -> _Rendered:
        assert self.may_finish.wait(20)
        if self.fails:
            self.fails -= 1
            raise SmartradioError("the voice does not answer")
        self.made.append("whole")
        return self._rendered(lines, manner)

    def opening(self, lines: Sequence[Line], voice: str | None, priority: Priority, **manner: Any) -> Sequence[_Spoken]:
        if self.silent:
            raise SmartradioError("no voice speaks")
        self.made.append("opening")
        made = self._rendered(lines, manner).segments
        before = int(manner.get("lines_before_siren", 0))
        return made[:2] if not before else made[: [each.kind for each in made].index(SegmentKind.CHIME) + 1]

    def _rendered(self, lines: Sequence[Line], manner: dict[str, Any]) -> _Rendered:
        siren = _Spoken(manner.get("siren") or "emergency", SegmentKind.CHIME, 6.0, voice="")
        before = int(manner.get("lines_before_siren", 0))
        return _Rendered([*self._spoken(lines[:before]), siren, *self._spoken(lines[before:])], self.voice)

    def _spoken(self, lines: Sequence[Line]) -> list[_Spoken]:
        sentences = [sentence for line in lines if isinstance(line, tuple) for sentence in line]
        return [_Spoken(f"{self.voice}: {sentence}", voice=self.voice) for sentence in sentences]


@dataclass
class Way:
    """The way out in an office without a broker: what was rung, in order with the plan's being handed on."""

    office: Office
    caller: Caller
    sender: Sender
    studio: Studio
    rung: list[tuple[Airing, Recording]]
    heard: list[str]

    async def script(self, text: str = FLOOD) -> Script:
        return await self.studio.script("Lũ khẩn cấp", text, Priority.EMERGENCY)

    async def air(self, name: str = "lu-1", **more: Any) -> Airing:
        fields: dict[str, Any] = {"by": KHANG, "zones": ("thon-1", "thon-2")}
        return await self.sender.air(await self.script(), airing_id=name, **(fields | more))

    def kinds(self, airing: str) -> list[str]:
        return [entry.evidence.step.value for entry in self.office.store.chain(airing)]


def way(office: Office, caller: Caller, *, kept: Sequence[str] = ()) -> Way:
    """Build the way out anew, as a start of the station does."""
    rung: list[tuple[Airing, Recording]] = []
    heard: list[str] = []
    studio = Studio(office.store, office.objects, caller, voice=None, clock=office.clock)

    def ring(airing: Airing, recording: Recording) -> None:
        rung.append((airing, recording))
        heard.append("order" if airing.grows else "whole order")

    async def refresh() -> None:
        heard.append("plan")

    sender = Sender(
        office.store, office.recorder, studio, office.calendar,
        clock=office.clock, ring=ring, refresh=refresh, is_kept=lambda sha256: sha256 in kept, again_s=0.01,
    )  # fmt: skip
    return Way(office, caller, sender, studio, rung, heard)


def on_the_way_out(folder: Path, work: Callable[[Way], Awaitable[None]]) -> None:
    async def done(office: Office) -> None:
        made = way(office, Caller())
        try:
            await work(made)
        finally:
            made.caller.may_finish.set()
            await made.sender.stop()

    at_the_office(folder, done)


def test_siren_and_first_sentence_are_rung_before_the_rest_is_made(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        out.caller.may_finish.clear()
        airing = await out.air()
        assert out.caller.made == ["opening"]
        assert out.heard == ["order", "plan"]
        opening = out.rung[0][1]
        assert [segment.kind for segment in opening.segments] == [SegmentKind.CHIME, SegmentKind.SENTENCE]
        told = planned(*out.rung[0])
        assert (told.grows, told.priority) == (True, 100)
        out.caller.may_finish.set()
        await out.sender.made(airing.id)
        assert out.heard == ["order", "plan", "whole order", "plan"]
        whole = planned(*out.rung[1])
        assert whole.continues(told)
        assert len(whole.segments) == 5
        assert not whole.grows
        standing = out.office.store.airing(airing.id)
        assert standing is not None
        assert (standing.recording_id, standing.grows) == (out.rung[1][1].id, False)

    on_the_way_out(tmp_path, work)


def test_the_log_tells_the_opening_and_what_it_has_become_and_bears_both_out(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        airing = await out.air()
        await out.sender.made(airing.id)
        assert out.kinds(airing.id) == ["rendered", "approved", "planned", "rendered"]
        opening, approved, _, whole = [entry.evidence.facts for entry in out.office.store.chain(airing.id)]
        assert opening["opening"] is True
        assert (approved["by"], approved["recording"], approved["grows"]) == (KHANG.title, opening["recording"], True)
        assert (whole["grown_from"], whole["segments"]) == (opening["recording"], 5)
        # A start of the station finds it as the log has it.
        await out.office.admission.hold_against_the_log()
        assert [each.id for each in out.office.store.airings()] == [airing.id]
        out.office.sql("UPDATE airings SET recording_id = ? WHERE id = ?", opening["recording"], airing.id)
        await out.office.admission.hold_against_the_log()
        assert out.office.store.airings() == []

    on_the_way_out(tmp_path, work)


def test_whom_it_replaces_stands_in_the_log_and_cannot_be_put_in_afterwards(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        airing = await out.air(replaces=("lu-0",))
        await out.sender.made(airing.id)
        assert planned(*out.rung[0]).replaces == planned(*out.rung[1]).replaces == ("lu-0",)
        assert out.office.store.airing(airing.id) == out.rung[1][0]
        await out.office.admission.hold_against_the_log()
        assert len(out.office.store.airings()) == 1
        out.office.sql("UPDATE airings SET terms = json_set(terms, '$.replaces', json('[\"lu-9\"]'))")
        await out.office.admission.hold_against_the_log()
        assert out.office.store.airings() == []

    on_the_way_out(tmp_path, work)


def test_more_than_a_message_can_name_hold_up_no_alert(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        names = tuple(f"cu-{number}" for number in range(250))
        airing = await out.air(replaces=names)
        await out.sender.made(airing.id)
        assert planned(*out.rung[0]).replaces == names[:100]

    on_the_way_out(tmp_path, work)


def test_under_one_id_it_is_aired_once_however_often_and_at_whatever_moment_it_is_asked_for(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        out.caller.may_finish.clear()
        first = await out.air()
        again = await out.air()
        out.caller.may_finish.set()
        await out.sender.made(first.id)
        assert (await out.air()).id == again.id == first.id
        assert out.heard.count("order") == 1
        assert len(out.office.store.airings()) == 1

    on_the_way_out(tmp_path, work)


def test_what_is_on_the_shelf_goes_out_whole_at_once(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        await out.studio.produce(await out.script())
        airing = await out.air()
        assert out.heard == ["whole order", "plan"]
        assert not airing.grows

    on_the_way_out(tmp_path, work)


def test_an_opening_is_never_taken_for_the_whole_of_its_bulletin(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        out.caller.may_finish.clear()
        await out.air()
        out.caller.may_finish.set()
        produced = await out.studio.produce(await out.script())
        assert len(produced.recording.segments) == 5

    on_the_way_out(tmp_path, work)


def test_another_siren_is_another_recording_of_the_same_words(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        await out.studio.produce(await out.script())
        airing = await out.air(siren="siren_flood")
        await out.sender.made(airing.id)
        recording = out.rung[-1][1]
        assert recording.segments[0].spoken == "siren_flood"
        assert out.office.store.recording_facts(recording.id)["siren"] == "siren_flood"

    on_the_way_out(tmp_path, work)


@pytest.mark.parametrize("voice", ["vi", "another"])
def test_what_a_crash_left_unmade_is_made_at_the_next_start_behind_what_the_nodes_have(
    tmp_path: Path, voice: str
) -> None:
    async def work(out: Way) -> None:
        out.caller.may_finish.clear()
        airing = await out.air()
        await out.sender.stop()
        # Another start; another voice may be the best by now.
        anew = way(out.office, Caller(voice))
        await anew.sender.take_up()
        await anew.sender.made(airing.id)
        assert anew.heard == ["whole order", "plan"]
        assert planned(*anew.rung[0]).continues(planned(*out.rung[0]))
        assert len(anew.rung[0][1].segments) == 5
        # It is made once.
        again = way(out.office, Caller())
        await again.sender.take_up()
        assert again.heard == []

    on_the_way_out(tmp_path, work)


def test_one_that_cannot_be_read_any_more_keeps_neither_the_others_nor_the_station_from_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(out: Way) -> None:
        out.caller.may_finish.clear()
        await out.air("lu-1")
        second = await out.sender.air(
            await out.script("Tin bão.\nBão vào bờ đêm nay.\nMời bà con chằng chống nhà cửa."),
            airing_id="bao-1", by=KHANG, zones=("thon-3",),
        )  # fmt: skip
        await out.sender.stop()
        anew = way(out.office, Caller())
        read = anew.studio.script

        async def script(title: str, text: str, *how: Any, **more: Any) -> Script:
            if "bão" not in text:
                raise BadInputError("this word is in no lexicon")
            return await read(title, text, *how, **more)

        monkeypatch.setattr(anew.studio, "script", script)
        await anew.sender.take_up()
        await anew.sender.made(second.id)
        assert [airing.id for airing, _ in anew.rung] == ["bao-1"]

    on_the_way_out(tmp_path, work)


def test_what_can_be_heard_no_more_is_not_taken_up(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        out.caller.may_finish.clear()
        airing = await out.air()
        await out.sender.stop()
        out.office.clock.pass_s((airing.expires_at - NOON).total_seconds() + 3_600)
        anew = way(out.office, Caller())
        await anew.sender.take_up()
        assert anew.caller.made == []

    on_the_way_out(tmp_path, work)


def test_what_was_taken_back_meanwhile_is_not_rung_again(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        out.caller.may_finish.clear()
        airing = await out.air()
        await out.office.desk.withdraw_airing(airing.id, by=LAN, why="Nước đã rút")
        out.caller.may_finish.set()
        await out.sender.made(airing.id)
        assert out.heard == ["order", "plan"]
        assert out.office.store.chain(airing.id)[-1].evidence.reason == Reason.WITHDRAWN

    on_the_way_out(tmp_path, work)


def test_a_voice_that_dies_behind_the_opening_is_asked_again(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        out.caller.fails = 2
        airing = await out.air()
        await until(lambda: "whole order" in out.heard)
        assert out.kinds(airing.id)[-1] == Step.RENDERED.value

    on_the_way_out(tmp_path, work)


def test_where_no_voice_speaks_nothing_is_planned_and_nothing_rung(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        out.caller.silent = True
        with pytest.raises(SmartradioError, match="no voice"):
            await out.air()
        assert out.heard == []
        assert out.office.store.airings() == []
        out.caller.silent = False
        await out.air()
        assert out.heard[0] == "order"

    on_the_way_out(tmp_path, work)


def test_a_siren_that_is_on_the_nodes_makes_the_lead_short_and_some_nodes_may_be_meant_alone(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        far = await out.air("lu-1")
        assert far.starts_at == NOON + timedelta(seconds=FETCH_LEAD_S)
        siren = out.rung[0][1].segments[0].sha256
        kept = way(out.office, Caller(), kept=[siren])
        near = await kept.air("lu-2", nodes=("thon-2",), valid_until=NOON + timedelta(minutes=5))
        assert near.starts_at == NOON + timedelta(seconds=LEAD_S)
        assert (near.nodes, near.expires_at) == (("thon-2",), NOON + timedelta(minutes=5))
        await kept.sender.stop()

    on_the_way_out(tmp_path, work)


def test_a_recording_that_does_not_begin_as_the_opening_does_is_refused_by_the_store(tmp_path: Path) -> None:
    async def work(out: Way) -> None:
        out.caller.may_finish.clear()
        airing = await out.air()
        await out.sender.stop()
        out.caller.may_finish.set()
        opening = out.rung[0][1]
        turned = replace(opening, id="f" * 64, segments=opening.segments[::-1])
        out.office.store.put_recording(turned, {}, NOON)
        with pytest.raises(BadInputError, match="does not begin"):
            out.office.store.grow_airing(airing.id, turned.id, [])
        standing = out.office.store.airing(airing.id)
        assert standing is not None
        assert standing.grows

    on_the_way_out(tmp_path, work)
