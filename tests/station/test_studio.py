from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from smartradio.domain.bulletin import SegmentKind
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.priority import Priority
from smartradio.station.objects import Objects
from smartradio.station.store import Store
from smartradio.station.studio import Studio, recording_id, write_script
from tests.station.commune import Clock, recording_of, run, spoken_of

TEXT = "Hôm nay là ngày 22/11/2026.\nTrạm Y tế xã tiêm chủng lúc 7h30."


@dataclass
class Spoken:
    kind: str
    spoken: str
    opus: bytes
    duration_s: float = 1.0
    pause_after_s: float = 0.45


@dataclass
class Rendering:
    segments: list[Spoken]
    voice: str
    loudness_lufs: float = -16.0
    true_peak_dbtp: float = -1.6


class FakeReader:
    """Reads by writing the words down; counts its readings."""

    def __init__(self) -> None:
        self.readings: list[Sequence[Sequence[str]]] = []
        self.broken = False

    def __call__(self, lines: Sequence[Sequence[str]], voice: str, chime: str) -> Rendering:
        if self.broken:
            raise SmartradioError("the voice does not answer")
        self.readings.append(lines)
        words = [sentence for line in lines for sentence in line]
        sounds = [
            Spoken("chime", "", f"chime {chime}".encode()),
            *(Spoken("sentence", w, f"{voice} {w}".encode()) for w in words),
        ]
        return Rendering(sounds, voice)


class Room:
    """A studio with a fake reader on a real store."""

    def __init__(self, folder: Path) -> None:
        self.store, self.objects, self.reader = Store.open(folder), Objects(folder / "objects"), FakeReader()
        self.studio = Studio(self.store, self.objects, self.reader, voice="vi", clock=Clock())


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    room.store.close()


def test_a_text_becomes_a_recording_on_the_shelf(room: Room) -> None:
    async def work() -> None:
        produced = await room.studio.produce(await room.studio.script("Tiêm chủng", TEXT))
        recording = produced.recording
        assert room.store.recording(recording.id) == recording
        assert room.store.bulletin(recording.bulletin_id) == produced.script.bulletin
        assert [segment.kind for segment in recording.segments] == [
            SegmentKind.CHIME,
            *[SegmentKind.SENTENCE] * (len(recording.segments) - 1),
        ]
        assert all(room.objects.get(segment.sha256) for segment in recording.segments)
        assert not any(letter.isdigit() for segment in recording.segments for letter in segment.spoken)
        assert [line["written"] for line in spoken_of(room.store, recording.bulletin_id)] == TEXT.split("\n")
        assert produced.facts["recording"] == recording.id
        assert not produced.facts["found_on_shelf"]

    asyncio.run(work())


def test_the_same_text_is_read_once_and_read_again_when_a_sound_is_lost_or_the_voice_is_another(room: Room) -> None:
    async def work() -> None:
        script = await room.studio.script("Tiêm chủng", TEXT)
        first = await room.studio.produce(script)
        second = await room.studio.produce(await room.studio.script("Tiêm chủng", TEXT))
        assert second.recording == first.recording
        assert second.facts["found_on_shelf"]
        assert len(room.reader.readings) == 1
        room.objects.path(first.recording.segments[1].sha256).write_bytes(b"spoilt")
        third = await room.studio.produce(script)
        assert third.recording == first.recording
        assert len(room.reader.readings) == 2
        other = await room.studio.produce(script, "vi+f3")
        assert other.recording.id != first.recording.id
        assert other.recording.voice == "vi+f3"

    asyncio.run(work())


def test_the_same_words_under_another_title_are_another_bulletin_with_its_own_recording(room: Room) -> None:
    async def work() -> None:
        first = await room.studio.produce(await room.studio.script("Sáng", TEXT))
        second = await room.studio.produce(await room.studio.script("Chiều", TEXT))
        assert first.recording.segments == second.recording.segments
        assert first.recording.id != second.recording.id
        assert room.store.recording_for(second.script.bulletin.id) == second.recording

    asyncio.run(work())


def test_a_voice_that_fails_leaves_nothing_in_the_store(room: Room) -> None:
    async def work() -> None:
        script = await room.studio.script("Tiêm chủng", TEXT)
        room.reader.broken = True
        with pytest.raises(SmartradioError, match="voice"):
            await room.studio.produce(script)
        assert room.store.bulletin(script.bulletin.id) is None
        assert room.store.recording_for(script.bulletin.id) is None
        room.reader.broken = False
        assert (await room.studio.produce(script)).recording

    asyncio.run(work())


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Tin", ""),
        ("Tin", " \n\t\n"),
        ("Tin", "x" * 100_001),
        ("Tin", b"\xff\xfe\xfa"),
        ("", TEXT),
        ("t" * 201, TEXT),
    ],
)
def test_what_cannot_be_read_aloud_is_one_clear_line(title: str, text: str | bytes) -> None:
    with pytest.raises(BadInputError) as refused:
        write_script(title, text)
    assert "\n" not in str(refused.value)


def test_digits_only_and_emoji_are_read_or_told_never_half_done() -> None:
    assert any(write_script("Tin", "115").sentences)
    assert any(write_script("Tin", "Chúc mừng 🎉 bà con").sentences)


def test_a_bulletin_s_name_changes_with_its_words_and_its_class() -> None:
    names = {
        write_script("Tin", TEXT).bulletin.id,
        write_script("Tin", TEXT + " Thêm.").bulletin.id,
        write_script("Tin", TEXT, Priority.EMERGENCY).bulletin.id,
        write_script("  Tin ", TEXT).bulletin.id,
    }
    assert len(names) == 3


def test_an_approval_binds_every_sound_and_every_pause(tmp_path: Path) -> None:
    recording = recording_of(Objects(tmp_path), "tin", [b"a", b"b"])
    first, second = recording.segments
    names = {
        recording_id("tin", recording.segments),
        recording_id("tin", (second, first)),
        recording_id("tin", (first,)),
        recording_id("tin", (replace(first, pause_after_s=0.6), second)),
        recording_id("tin", (replace(first, sha256="f" * 64), second)),
    }
    assert len(names) == 5


def test_an_emergency_has_a_chime_that_nothing_else_has(room: Room) -> None:
    async def work() -> None:
        chimes = {}
        for priority in Priority:
            script = await room.studio.script("Lũ về", "Nước lên nhanh.", priority)
            produced = await room.studio.produce(script)
            chimes[priority] = room.objects.get(produced.recording.segments[0].sha256)
        assert chimes.pop(Priority.EMERGENCY) == b"chime emergency"
        assert set(chimes.values()) == {b"chime normal"}

    run(work)
