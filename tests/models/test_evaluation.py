"""The evaluation measures what it says: rooms, voices that speak words alike, and the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="the evaluation runs the product's network")

from models.recogniser.evaluate import CONDITIONS, conditioned, markdown, sentences_of, sounding, toneless
from models.recogniser.report import curve_rows, curve_svg, page
from models.recogniser.rooms import KINDS, heard, square
from models.recogniser.voices import RATE, Manner, Speaker
from smartradio.audio.babble import babble


def test_a_square_answers_with_walls_and_the_direct_sound_comes_first() -> None:
    for seed in range(5):
        response = square(np.random.default_rng(seed))
        assert response[0] == pytest.approx(1.0)
        echoes = np.flatnonzero(response[1:]) + 1
        assert len(echoes) >= 8
        assert np.abs(response[echoes]).max() < 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_noise_stands_as_far_below_as_is_said(kind: str) -> None:
    speech = babble(3.0, 1)
    far, near = (heard(speech, np.random.default_rng(4), kind, snr_db) for snr_db in (60.0, 0.0))
    noise = near - far
    assert far.shape == speech.shape
    assert 10 * np.log10(np.mean(far**2) / np.mean(noise**2)) < 3.0


def test_a_region_tells_its_own_words_alike_and_no_others() -> None:
    assert sounding("trăng", "north") == sounding("chăng", "north") != sounding("trăng", "central")
    assert sounding("dây", "south") == sounding("vây", "south")
    assert sounding("dây", "north") != sounding("vây", "north")
    assert sounding("lan", "south") == sounding("lang", "south")
    assert sounding("lan", "north") != sounding("lang", "north")
    assert toneless("lán", "north") == toneless("làn", "north")


def test_every_condition_gives_a_sentence_as_long_as_it_is_said() -> None:
    speaker = Speaker()
    said = speaker.say("bà con chú ý lắng nghe", Manner("vi"))
    for condition in CONDITIONS:
        sound = conditioned(said, speaker.rate, condition, np.random.default_rng(1))
        assert sound.dtype == np.float32
        assert sound.size / RATE == pytest.approx(said.size / speaker.rate + 0.6, abs=0.4)


def test_sentences_are_read_as_an_announcer_does_and_comments_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("# lời chú\nHọp lúc 7h30 tại thôn 2.\n\nVâng.\n", encoding="utf-8")
    assert sentences_of(path) == ["họp lúc bảy giờ ba mươi phút tại thôn hai".split()]  # noqa: SIM905 - as it is said


def test_the_page_holds_the_table_and_the_curve(tmp_path: Path) -> None:
    cell = {"read": 4.0, "spelled": 5.0, "sounded": 3.0, "toneless": 1.0, "auc": 0.9995}
    figures: dict[str, object] = {
        "real_time": 0.01, "sentences": 50, "table": {"north": dict.fromkeys(CONDITIONS, cell)},
    }  # fmt: skip
    curve = tmp_path / "curve.csv"
    curve.write_text("pool,minutes,hours_of_sound,loss,word_errors\n1,0.1,0.2,9,1\n2,0.2,0.4,2,0.5\n", encoding="utf-8")
    columns = curve_rows(curve)
    assert "**4.0**; 5.0 / 3.0 / 1.0; 0.9995" in markdown(figures)
    assert "| 2 | 0.2 | 0.4 |" in page(columns, figures)
    assert "polyline" in curve_svg(columns)
