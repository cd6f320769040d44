"""The evaluation measures what it says: rooms, voices that speak words alike, and the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="the evaluation runs the product's network")

from models.recogniser.alike import sounding, toneless
from models.recogniser.evaluate import CONDITIONS, conditions, sentences_of
from models.recogniser.figures import Cell, Cost, Figures, markdown
from models.recogniser.report import BEGIN, END, curve_rows, curve_svg, page, put_between, summary
from models.recogniser.rooms import KINDS, heard, square
from models.recogniser.voices import RATE, Manner, Speaker
from smartradio.audio.babble import babble
from smartradio.audio.noise import NOISE_BAND_HZ
from smartradio.audio.spectrum import band_level_db


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
    levels_db = [band_level_db(each, RATE, *NOISE_BAND_HZ) for each in (far, noise)]
    assert levels_db[0] - levels_db[1] == pytest.approx(0, abs=0.1)


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
    made = dict(conditions(said, speaker.rate, np.random.default_rng(1)))
    assert tuple(made) == CONDITIONS
    for sound in made.values():
        assert sound.dtype == np.float32
        assert sound.size / RATE == pytest.approx(said.size / speaker.rate + 0.6, abs=0.4)


def test_sentences_are_read_as_an_announcer_does_and_comments_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("# lời chú\nHọp lúc 7h30 tại thôn 2.\n\nVâng.\n", encoding="utf-8")
    assert sentences_of(path) == ["họp lúc bảy giờ ba mươi phút tại thôn hai".split()]  # noqa: SIM905 - as it is said


CELL = Cell(read=4.0, spelled=5.0, sounded=3.0, toneless=1.0, auc=0.9995)
FIGURES = Figures(
    sha256=64 * "a", language_model_sha256=64 * "b", folder_bytes=9_300_000, sentences=50, words=900,
    table={"north": dict.fromkeys(CONDITIONS, CELL)}, cost=Cost(real_time=0.02, load_s=0.4, memory_mb=61, peak_mb=84),
)  # fmt: skip


def test_figures_come_back_from_the_file_as_they_were() -> None:
    assert Figures.from_json(FIGURES.to_json()) == FIGURES


@pytest.fixture
def columns(tmp_path: Path) -> dict[str, list[float]]:
    curve = tmp_path / "curve.csv"
    curve.write_text(
        "pool,minutes,hours_of_sound,loss,word_errors\n1,0.1,0.2,9,1\n2,9.2,20.4,2,0.5\n", encoding="utf-8"
    )
    return curve_rows(curve)


def test_the_page_holds_the_table_the_cost_and_the_curve(columns: dict[str, list[float]]) -> None:
    made = page(columns, FIGURES)
    assert "**4.0**; 5.0 / 3.0 / 1.0; 0.9995" in markdown(FIGURES)
    for told in (
        markdown(FIGURES),
        "0.020 × real time",
        "84 MB at most",
        "for 9 minutes on 20 hours",
        "| 2 | 9.2 | 20.4 |",
    ):
        assert told in made
    assert "polyline" in curve_svg(columns)


def test_hashes_and_figures_are_written_between_the_marks_and_nowhere_else(columns: dict[str, list[float]]) -> None:
    before = f"above\n{BEGIN}\nof older weights\n{END}\nbelow\n"
    after = put_between(before, summary(columns, FIGURES))
    assert after.startswith(f"above\n{BEGIN}\n")
    assert after.endswith(f"\n{END}\nbelow\n")
    assert 64 * "a" in after
    assert 64 * "b" in after
    assert "older" not in after
    assert put_between(after, summary(columns, FIGURES)) == after
    with pytest.raises(ValueError, match="does not have the marks"):
        put_between(f"{END} {BEGIN}", "")


def test_the_page_of_all_models_has_the_marks() -> None:
    page_of_all = Path(__file__).parents[2] / "models" / "README.md"
    assert "new" in put_between(page_of_all.read_text(encoding="utf-8"), "new")
