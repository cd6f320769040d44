"""The desk at which bulletins are written, on a real store, with the real voice and the real child for files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.codec import decode_opus
from smartradio.audio.wavfile import write_wav
from smartradio.domain.bulletin import Part
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.speech.importing import import_sound
from smartradio.station.bringing_in import name_of_file
from smartradio.station.objects import Objects
from smartradio.station.reader import Reader
from smartradio.station.store import Store
from smartradio.station.store.drafts import CHIME, DraftSound
from smartradio.station.studio import Studio
from smartradio.station.writing_desk import WritingDesk
from tests.station.commune import NOON, Clock, airing_of, planned_in, registered, run, settings, shelved


@dataclass
class Office:
    store: Store
    objects: Objects
    studio: Studio
    desk: WritingDesk


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = Clock()
    store = registered(Store.open(tmp_path, clock=clock), settings(tmp_path))
    objects, reader = Objects(tmp_path / "objects"), Reader()
    studio = Studio(store, objects, reader, voice=None, clock=clock)
    desk = WritingDesk(store, objects, studio, uploads=tmp_path / "uploads", models=None, rate_wpm=None, clock=clock)
    yield Office(store, objects, studio, desk)
    reader.close()
    store.close()


def test_a_sentence_is_heard_in_a_moment_and_an_emergency_more_slowly(office: Office) -> None:
    async def work() -> None:
        usual = decode_opus(await office.desk.say("mời bà con đến nhà văn hóa."))
        urgent = decode_opus(await office.desk.say("mời bà con đến nhà văn hóa.", priority=Priority.EMERGENCY))
        assert np.sqrt(np.mean(usual**2)) > 0.02
        assert len(urgent) > 1.1 * len(usual)

    run(work)


def test_the_voices_of_this_machine_are_offered(office: Office) -> None:
    assert "vi" in office.desk.voices()


def test_a_recording_is_kept_under_its_name_and_can_be_played(office: Office, tmp_path: Path) -> None:
    async def work() -> None:
        t = np.arange(32_000) / 16_000
        path = tmp_path / "upload-1"
        write_wav(path, (0.3 * np.sin(2 * np.pi * 300 * t) * (t % 0.5 < 0.3)).astype(np.float32), 16_000)
        sound = await office.desk.take_sound(path, "C:\\loi\\chào.wav", by="Lan")
        assert sound.name == "chào.wav"
        assert await office.desk.sounds([sound.sha256, "f" * 64]) == {sound.sha256: sound}
        assert (await office.desk.sound_audio(sound.sha256) or b"").startswith(b"fLaC")
        # What else lies on the shelf is nobody's to fetch here.
        assert await office.desk.sound_audio(office.objects.put(b"a clip")) is None

    run(work)


def test_the_chime_between_parts_is_a_sound_that_can_be_aired(office: Office) -> None:
    async def work() -> None:
        chime = await office.desk.chime()
        assert await office.desk.chime() == chime
        kept = office.objects.get(chime.sha256)
        assert kept is not None
        assert import_sound(kept, "chime").warnings == ()
        assert chime.is_chime
        assert name_of_file(CHIME) != CHIME

    run(work)


def test_chime_words_and_a_recording_become_one_bulletin(office: Office, tmp_path: Path) -> None:
    async def work() -> None:
        t = np.arange(48_000) / 16_000
        path = tmp_path / "upload-1"
        write_wav(path, (0.3 * np.sin(2 * np.pi * 300 * t) * (t % 0.5 < 0.3)).astype(np.float32), 16_000)
        sound = await office.desk.take_sound(path, "chào.wav", by="Lan")
        chime = await office.desk.chime()
        parts = (Part(sound=sound.sha256), Part(sound=chime.sha256), Part(text="Mời bà con."))
        made = {}
        for rate_wpm in (None, 100):
            script = await office.studio.script("Lời chào", parts=parts)
            produced = await office.studio.produce(script, rate_wpm=rate_wpm)
            kinds = [segment.kind.value for segment in produced.recording.segments]
            assert kinds == ["chime", "imported", "imported", "sentence", "chime"]
            made[rate_wpm] = produced.recording.segments[3].duration_s
        assert made[100] > 1.2 * made[None]

    run(work)


def test_a_bulletin_takes_its_turn_in_what_is_planned(office: Office) -> None:
    recording = shelved(office.store, office.objects, "sang", [b"mot"])
    for hours in (5, 5.05, 1, 24 * 8, -1):
        planned_in(office.store, airing_of(recording, NOON + timedelta(hours=hours), programme="sang"))
    planned_in(office.store, airing_of(recording, NOON + timedelta(hours=2)))
    planned_in(
        office.store, airing_of(recording, NOON + timedelta(hours=3), programme="lu", priority=Priority.EMERGENCY)
    )
    slots = office.desk.slots()
    assert [slot.at - NOON for slot in slots] == [timedelta(hours=1), timedelta(hours=5)]
    assert slots[0].title == "Bản tin sang"


def test_how_long_it_will_sound_counts_the_sounds_brought_in(office: Office) -> None:
    async def work() -> None:
        office.store.drafts.put_sound(DraftSound("a" * 64, "dài.mp3", 300.0), "Lan")
        text = Programme("x", "X", "Mời bà con.", (), NOON)
        both = Programme("x", "X", "", (), NOON, parts=(Part(sound="a" * 64), Part(text="Mời bà con.")))
        assert 300 < await office.desk.length_s(both) - await office.desk.length_s(text) < 310

    run(work)


def test_what_cannot_be_heard_is_one_line(office: Office) -> None:
    async def work() -> None:
        with pytest.raises(BadInputError):
            await office.desk.say("...")

    run(work)
