"""How long a bulletin will sound is told well enough from its writing to plan with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from smartradio.audio.chime import ENDING, chime
from smartradio.domain.bulletin import Part
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.domain.relay import Relay
from smartradio.speech import rendering, script
from smartradio.speech.importing import MAX_STRETCH_S
from smartradio.speech.spoken.text import clean_text, spoken_text
from smartradio.speech.voices.espeak import OWN_RATE_WPM, EspeakVoice
from smartradio.station import plan_lengths
from smartradio.station.plan_lengths import estimated, scheduled, syllables
from smartradio.station.reader import _chime_for
from smartradio.station.schedule_files import LOCAL

NOTICES = {
    "words": "Hội Phụ nữ xã mời chị em đến nhà văn hóa thôn dự buổi nói chuyện về chăm sóc trẻ nhỏ.\n"
    "Buổi nói chuyện bắt đầu lúc bảy giờ tối thứ sáu. Chị em nhớ mang theo sổ sức khỏe của cháu.",
    "figures": "UBND xã thông báo: hạn nộp thuế đất năm 2026 là ngày 31/12/2026.\n"
    "Bộ phận một cửa làm việc từ 7h30 đến 11h30 và từ 13h30 đến 16h30.\n"
    "Mức thu 45.000 đồng/hộ; hộ nghèo được giảm 50%.",
    "weather": "Tin phát lúc 5h00 ngày 12/9. Mực nước hồ chứa là 18,6 m, trên mức thiết kế 0,4 m.\n"
    "Dự báo 24 giờ tới mưa 100-180 mm. Bà con vùng trũng đưa lúa, gia súc lên chỗ cao trước 17h00.",
    "one line": "Sáng mai cả thôn ra quân dọn đường.",
}


def programme(text: str = "", **fields: Any) -> Programme:
    first_at = datetime(2026, 11, 23, 5, 30, tzinfo=LOCAL)
    return Programme(name="tin", title="Tin", text=text, zones=("thon-1",), first_at=first_at, **fields)


@pytest.fixture(scope="module")
def voice() -> Any:
    with EspeakVoice("vi") as speaker:
        yield speaker


@pytest.mark.parametrize("priority", [Priority.PROGRAMME, Priority.EMERGENCY], ids=lambda p: p.name.lower())
@pytest.mark.parametrize("text", NOTICES.values(), ids=NOTICES)
def test_an_estimate_is_within_an_eighth_of_what_the_voice_makes_of_it(
    voice: EspeakVoice, text: str, priority: Priority
) -> None:
    lines = spoken_text(clean_text(text.encode()))
    pace = script.Pace.ALERT if priority is Priority.EMERGENCY else script.Pace.NORMAL
    made = rendering.render(
        script.utterances(line.sentences for line in lines), voice, chime=_chime_for(priority), pace=pace
    )
    told = estimated(programme(text, priority=priority))
    assert told.estimated
    assert told.duration_s == pytest.approx(made.duration_s, rel=0.125)
    assert told.sentences == sum(segment.kind == "sentence" for segment in made.segments)


def test_chimes_and_pauses_are_those_of_a_recording() -> None:
    for priority in Priority:
        sound_s = len(chime(_chime_for(priority))) / 16_000
        assert plan_lengths.CHIME_S.get(priority, plan_lengths.USUAL_CHIME_S) == pytest.approx(sound_s, abs=0.001)
    assert pytest.approx(len(chime(ENDING)) / 16_000, abs=0.001) == plan_lengths.CLOSING_CHIME_S
    assert plan_lengths.CHIME_PAUSE_S == rendering.CHIME_PAUSE_S
    assert plan_lengths.CLOSING_PAUSE_S == rendering.ENDING_PAUSE_S
    assert plan_lengths.REPEAT_PAUSE_S == rendering.REPEAT_PAUSE_S
    assert plan_lengths.REPEAT_WORDS == rendering.REPEAT_WORDS
    assert plan_lengths.SENTENCE_PAUSE_S == script.SENTENCE_PAUSE_S
    assert plan_lengths.LINE_PAUSE_S == script.LINE_PAUSE_S
    assert script.Pace.ALERT.rate_factor == plan_lengths.ALERT_RATE
    assert script.Pace.ALERT.pause_factor == plan_lengths.ALERT_PAUSES
    assert plan_lengths.LONGEST_STRETCH_S == MAX_STRETCH_S
    assert plan_lengths.OWN_RATE_WPM == OWN_RATE_WPM


def test_figures_and_short_names_count_by_how_they_are_said() -> None:
    assert syllables("mời bà con") == 3
    assert syllables("UBND xã") == 5
    assert syllables("ngày 12") == 4
    assert syllables("dichvucong") == 3


def test_a_slower_rate_takes_longer_in_proportion_and_pauses_stay() -> None:
    usual, slow = estimated(programme("Mời bà con.")), estimated(programme("Mời bà con."), rate_wpm=75)
    assert slow.ends_s[0] - slow.starts_s[0] == pytest.approx(2 * (usual.ends_s[0] - usual.starts_s[0]))
    assert slow.starts_s == usual.starts_s


def test_a_bulletin_with_a_speed_of_its_own_keeps_to_it() -> None:
    slow = estimated(programme("Mời bà con.", rate_wpm=75), rate_wpm=300)
    assert slow == estimated(programme("Mời bà con."), rate_wpm=75)


def test_what_is_read_twice_says_so_and_takes_twice_as_long() -> None:
    once, twice = estimated(programme("Một. Hai.")), estimated(programme("Một. Hai.", times=2))
    assert (once.sentences, twice.sentences) == (2, 5)
    assert twice.duration_s > 2 * once.duration_s - 6


def test_a_sound_brought_in_is_as_long_as_it_is() -> None:
    own = (Part(sound="a" * 64), Part(text="Mời bà con."))
    (each,) = scheduled([programme(parts=own)], sounds_s={"a" * 64: 75.0})
    first = each.sounding.starts_s[0]
    assert each.sounding.sentences == 4
    assert each.sounding.ends_s[2] - first == pytest.approx(75.0)


def test_a_relay_takes_its_minutes_and_its_buffer_whatever_is_read_in_its_place() -> None:
    relayed = programme(NOTICES["words"], relay=Relay("https://vov.example/1", 30.0))
    (found,) = scheduled([relayed], recorded={"tin": estimated(relayed)})
    assert found.sounding.duration_s == 30 * 60 + 10 + 1
    assert not found.sounding.estimated
