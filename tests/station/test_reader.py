"""The studio's announcer with the real base voice: who speaks, how fast, and what is between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.priority import Priority
from smartradio.speech.rendering import REPEAT_WORDS
from smartradio.station.reader import Reader, SoundFile
from tests.speech.test_importing import silence, speech, wav

LINES = (("mời bà con ra nhà văn hóa thôn",), ("cuộc họp bắt đầu lúc bảy giờ",))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.close()


def test_without_any_model_the_best_voice_is_the_base_voice(reader: Reader) -> None:
    assert reader.wanted(None) == "vi"
    assert reader(LINES, None, Priority.PROGRAMME).voice == "vi"


def test_a_voice_that_is_not_installed_is_wanted_still_and_another_speaks(reader: Reader, tmp_path: Path) -> None:
    assert reader.wanted("piper:vais1000") == "piper:vais1000"
    assert reader(LINES, "piper:vais1000", Priority.EMERGENCY).voice == "vi"
    # Again, and a folder that is there by now but holds no voice changes nothing.
    (tmp_path / "vais1000").mkdir()
    assert reader(LINES, "piper:vais1000", Priority.PROGRAMME).voice == "vi"


@pytest.mark.parametrize("name", ["vi-vn-x-hue", "en", "../etc"])
def test_a_name_that_no_voice_has_is_told(reader: Reader, name: str) -> None:
    with pytest.raises(SmartradioError, match="voice") as refused:
        reader.wanted(name)
    assert "\n" not in str(refused.value)


def test_an_emergency_is_slower_with_wider_pauses(reader: Reader) -> None:
    plain, urgent = (reader(LINES, "vi", priority) for priority in (Priority.PROGRAMME, Priority.EMERGENCY))
    spoken_s = [
        sum(segment.duration_s for segment in rendered.segments if segment.kind == "sentence")
        for rendered in (plain, urgent)
    ]
    assert spoken_s[1] > 1.1 * spoken_s[0]
    pauses_s = [
        next(segment.pause_after_s for segment in rendered.segments if segment.kind == "sentence")
        for rendered in (plain, urgent)
    ]
    assert pauses_s[1] >= 1.5 * pauses_s[0]


def test_the_station_s_own_speed_is_slowed_for_an_emergency_too(tmp_path: Path) -> None:
    reader = Reader(tmp_path, rate_wpm=200)
    try:
        lengths_s = [
            sum(s.duration_s for s in reader(LINES, "vi", priority).segments if s.kind == "sentence")
            for priority in (Priority.PROGRAMME, Priority.EMERGENCY)
        ]
    finally:
        reader.close()
    assert lengths_s[1] > 1.1 * lengths_s[0]


def test_a_sound_stands_where_it_was_put(reader: Reader) -> None:
    sound = SoundFile(wav(speech(3.0)), "hmong.wav")
    rendered = reader((LINES[0], sound, LINES[1]), "vi", Priority.PROGRAMME)
    kinds = [segment.kind for segment in rendered.segments if segment.kind != "chime"]
    assert kinds == ["sentence", "imported", "sentence"]
    alone = reader((sound,), None, Priority.PROGRAMME)
    assert alone.voice == ""


def test_twice_is_the_same_sounds_again_after_a_word_that_says_so(reader: Reader) -> None:
    once, twice = (reader(LINES, "vi", Priority.PROGRAMME, times=times) for times in (1, 2))
    said = [[s.spoken for s in rendered.segments if s.kind == "sentence"] for rendered in (once, twice)]
    assert said[1] == [*said[0], REPEAT_WORDS, *said[0]]
    sounds = [s.sha256 for s in twice.segments if s.kind == "sentence" and s.spoken != REPEAT_WORDS]
    assert sounds[:2] == sounds[2:]
    alone = reader((SoundFile(wav(speech(3.0)), "hmong.wav"),), None, Priority.PROGRAMME, times=2)
    assert (alone.voice, [s.kind for s in alone.segments]) == (
        "vi", ["chime", "imported", "sentence", "imported", "chime"],
    )  # fmt: skip


def test_a_sound_that_was_spoilt_on_the_shelf_is_told_by_its_name(reader: Reader) -> None:
    with pytest.raises(BadInputError, match=r"hmong\.wav: is silent"):
        reader((SoundFile(wav(silence(3.0)), "hmong.wav"),), "vi", Priority.PROGRAMME)


def test_each_class_of_bulletin_opens_with_its_chime_and_all_end_alike(reader: Reader) -> None:
    sounds = {}
    for priority in Priority:
        segments = reader((("mời bà con",),), "vi", priority).segments
        assert [segment.kind for segment in segments] == ["chime", "sentence", "chime"]
        sounds[priority] = (segments[0].sha256, segments[-1].sha256)
    assert len({ending for _, ending in sounds.values()}) == 1
    normal, _ = sounds[Priority.PROGRAMME]
    special = {priority for priority, (opening, _) in sounds.items() if opening != normal}
    assert special == {Priority.EMERGENCY, Priority.ABOVE}
    assert sounds[Priority.EMERGENCY] != sounds[Priority.ABOVE]
