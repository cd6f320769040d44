from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from smartradio.domain.bulletin import Part, SegmentKind
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.priority import Priority
from smartradio.speech.spoken.lexicon_rows import Entry
from smartradio.station.objects import Objects
from smartradio.station.reader import Line, SoundFile
from smartradio.station.store import Store
from smartradio.station.studio import Studio, recording_id
from tests.speech.test_importing import speech, wav
from tests.station.commune import NOON, Clock, recording_of, run, spoken_of

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
    """Reads by writing the words down; counts its readings. `speaks` is who stands in for a wanted voice."""

    def __init__(self) -> None:
        self.readings: list[Sequence[Line]] = []
        self.broken = False
        self.speaks: str | None = None
        self.rate_wpm: int | None = None
        self.speeds: list[int | None] = []

    def wanted(self, voice: str | None) -> str:
        return voice or "best"

    def __call__(
        self,
        lines: Sequence[Line],
        voice: str | None,
        priority: Priority,
        *,
        times: int = 1,
        rate_wpm: int | None = None,
    ) -> Rendering:
        if self.broken:
            raise SmartradioError("the voice does not answer")
        self.readings.append(lines)
        self.speeds.append(rate_wpm)
        voice = self.speaks or self.wanted(voice)
        body = []
        for line in lines:
            if isinstance(line, SoundFile):
                body.append(Spoken("imported", "", b"mastered " + line.data))
            else:
                body += [Spoken("sentence", words, f"{voice} {words}".encode()) for words in line]
        again = Spoken("sentence", "again", f"{voice} again".encode())
        chime = Spoken("chime", "", f"chime of {priority.name}".encode())
        sounds = [chime, *body, *(times - 1) * [again, *body]]
        return Rendering(sounds, voice if any(sound.kind == "sentence" for sound in sounds) else "")


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


def test_a_bulletin_with_a_speed_of_its_own_is_read_at_it(room: Room) -> None:
    async def work() -> None:
        script = await room.studio.script("Tiêm chủng", TEXT)
        room.reader.rate_wpm = 160
        slow = await room.studio.produce(script, rate_wpm=120)
        assert (slow.facts["rate_wpm"], room.reader.speeds) == (120, [120])
        assert (await room.studio.produce(script, rate_wpm=120)).facts["found_on_shelf"]
        assert (await room.studio.produce(script)).facts["rate_wpm"] == 160

    asyncio.run(work())


def test_a_station_that_changes_its_speed_reads_its_bulletins_again(room: Room) -> None:
    async def work() -> None:
        script = await room.studio.script("Tiêm chủng", TEXT)
        assert "rate_wpm" not in (await room.studio.produce(script)).facts
        for rate_wpm in (130, 160, None):
            room.reader.rate_wpm = rate_wpm
            made = await room.studio.produce(script)
            assert (made.facts["found_on_shelf"], made.facts.get("rate_wpm")) == (False, rate_wpm)
            assert (await room.studio.produce(script)).facts["found_on_shelf"]

    asyncio.run(work())


def test_what_is_read_twice_is_another_recording_and_is_found_again(room: Room) -> None:
    async def work() -> None:
        once = await room.studio.produce(await room.studio.script("Tiêm chủng", TEXT))
        twice = await room.studio.produce(await room.studio.script("Tiêm chủng", TEXT, times=2))
        said = [[s.spoken for s in made.recording.segments if s.spoken] for made in (once, twice)]
        assert said[1] == [*said[0], "again", *said[0]]
        assert (once.facts.get("times_read"), twice.facts["times_read"]) == (None, 2)
        for times, made in ((1, once), (2, twice)):
            again = await room.studio.produce(await room.studio.script("Tiêm chủng", TEXT, times=times))
            assert again.facts["found_on_shelf"]
            assert again.recording == made.recording

    asyncio.run(work())


def test_a_sound_alone_that_is_played_twice_has_the_voice_that_says_so(room: Room) -> None:
    async def work() -> None:
        part = Part("hmn", sound=room.objects.put(wav(speech(2.0))))
        script = await room.studio.script("Tin Hmông", parts=(part,), times=2)
        first = await room.studio.produce(script)
        assert first.recording.voice == "vi"
        assert "voice_wanted" not in first.facts
        assert (await room.studio.produce(script)).facts["found_on_shelf"]

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


@pytest.mark.parametrize("priority", list(Priority))
def test_the_reader_learns_the_class_of_a_bulletin(room: Room, priority: Priority) -> None:
    async def work() -> None:
        produced = await room.studio.produce(await room.studio.script("Lũ về", "Nước lên nhanh.", priority))
        opening = room.objects.get(produced.recording.segments[0].sha256)
        assert opening == f"chime of {priority.name}".encode()

    run(work)


UNSURE = "Nước lên nhanh.\nHọp tại PXKQ lúc 7h30."


@pytest.mark.parametrize("priority", [p for p in Priority if p is not Priority.EMERGENCY])
def test_any_other_bulletin_passes_with_its_open_places_on_record(room: Room, priority: Priority) -> None:
    async def work() -> None:
        script = await room.studio.script("Họp", UNSURE, priority)
        assert not script.overridden
        assert (await room.studio.produce(script)).facts["open_items"] == 1

    run(work)


def test_a_bulletin_without_open_places_says_nothing_of_them(room: Room) -> None:
    async def work() -> None:
        produced = await room.studio.produce(await room.studio.script("Tiêm chủng", TEXT))
        assert "open_items" not in produced.facts

    run(work)


def test_the_commune_s_lexicon_is_read_and_makes_another_bulletin(room: Room) -> None:
    async def work() -> None:
        before = await room.studio.script("Họp", UNSURE)
        room.store.set_lexicon_entry(Entry("PXKQ", "phòng xem kết quả"), "Lan", NOON)
        after = await room.studio.script("Họp", UNSURE, Priority.EMERGENCY)
        assert not after.open_places
        assert "phòng xem kết quả" in after.spoken[1]["spoken"]
        assert before.bulletin.id != after.bulletin.id

    run(work)


def test_a_voice_that_stood_in_is_told_and_the_wanted_one_is_asked_again(room: Room) -> None:
    async def work() -> None:
        script = await room.studio.script("Tiêm chủng", TEXT)
        room.reader.speaks = "vi"
        stood_in = await room.studio.produce(script, "piper:vais1000")
        assert stood_in.recording.voice == "vi"
        assert (stood_in.facts["voice"], stood_in.facts["voice_wanted"]) == ("vi", "piper:vais1000")
        again = await room.studio.produce(script, "piper:vais1000")
        assert again.recording == stood_in.recording
        room.reader.speaks = None
        wanted = await room.studio.produce(script, "piper:vais1000")
        assert wanted.recording.voice == "piper:vais1000"
        assert "voice_wanted" not in wanted.facts
        assert not wanted.facts["found_on_shelf"]
        assert (await room.studio.produce(script, "piper:vais1000")).facts["found_on_shelf"]
        assert len(room.reader.readings) == 3

    run(work)


def brought_in(room: Room, sound: bytes = b"hmong") -> Part:
    return Part("hmn", sound=room.objects.put(sound))


def test_a_bulletin_in_parts_is_one_recording_in_their_order(room: Room) -> None:
    async def work() -> None:
        parts = (Part("vi", "Chào bà con."), brought_in(room), Part("vi", " Xin hết.\n"))
        script = await room.studio.script("Tin", parts=parts)
        produced = await room.studio.produce(script)
        kinds = [segment.kind.value for segment in produced.recording.segments]
        assert kinds == ["chime", "sentence", "imported", "sentence"]
        bulletin = room.store.bulletin(script.bulletin.id)
        assert bulletin == script.bulletin
        assert (bulletin.text, bulletin.language) == ("Chào bà con.\nXin hết.", "vi")
        assert bulletin.parts == (parts[0], parts[1], Part("vi", "Xin hết."))
        lines = spoken_of(room.store, bulletin.id)
        assert [line.get("language") for line in lines] == [None, "hmn", None]
        assert lines[1]["sound"] == parts[1].sound
        assert produced.facts["sources"] == [parts[1].sound]

    run(work)


def test_another_sound_in_a_part_is_another_bulletin(room: Room) -> None:
    async def work() -> None:
        names = set()
        for sound in (b"one", b"other", b"one"):
            script = await room.studio.script("Tin", parts=(Part("vi", "Chào."), brought_in(room, sound)))
            names.add(script.bulletin.id)
        assert len(names) == 2

    run(work)


def test_a_recording_alone_is_a_bulletin_that_no_voice_reads(room: Room) -> None:
    async def work() -> None:
        script = await room.studio.script("Tin", parts=(brought_in(room),))
        assert (script.bulletin.language, script.bulletin.text) == ("hmn", "")
        produced = await room.studio.produce(script)
        assert produced.recording.voice == ""
        assert "voice_wanted" not in produced.facts
        assert (await room.studio.produce(script, "vi+f3")).facts["found_on_shelf"]

    run(work)


@pytest.mark.parametrize(
    ("part", "line"),
    [
        (Part("hmn", "Nyob zoo"), r"bulletin 'Tin', part 2: no voice reads Hmông \(hmn\) here; bring in a recording"),
        (Part("hmong", sound="a" * 64), "part 2: unknown language 'hmong'; did you mean 'hmn'"),
        (Part("vi"), "part 2: a part is either a text or a sound"),
        (Part("vi", "Chào.", "a" * 64), "part 2: a part is either a text or a sound"),
        (Part("km", sound="../khmer.mp3"), "is not the name of a sound"),
        (Part("vi", "🙂"), "holds no word|nothing in it to read aloud"),
        (Part("km", sound="a" * 64), "bulletin 'Tin', part 2: its recording is gone from the disk"),
    ],
)
def test_a_part_that_cannot_be_made_audible_is_one_clear_line(room: Room, part: Part, line: str) -> None:
    async def work() -> None:
        with pytest.raises(BadInputError, match=line) as refused:
            await room.studio.script("Tin", parts=(Part("vi", "Chào."), part))
        assert "\n" not in str(refused.value)

    run(work)


def test_a_sound_is_checked_before_it_is_kept_and_once(room: Room) -> None:
    with pytest.raises(BadInputError, match=r"loi\.mp3: the file is not a sound file"):
        room.studio.take_known_sound(b"xin chao", "loi.mp3")
    assert room.objects.get(hashlib.sha256(b"xin chao").hexdigest()) is None
    data = wav(speech(3.0))
    taken = room.studio.take_sound(data, "tin.wav")
    assert room.objects.get(taken.sha256) == data
    assert taken.duration_s == pytest.approx(3.0, abs=0.1)
    assert room.studio.take_known_sound(data, "tin.wav") == taken.sha256
