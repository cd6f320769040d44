"""What is handed in becomes a script: read, named, held at the gate, its figures read back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartradio.domain.bulletin import Part
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.station.scripts import MisreadError, OpenItemsError, write_script

UNSURE = "Nước lên nhanh.\nHọp tại PXKQ lúc 7h30."
TEXT = "Hôm nay là ngày 22/11/2026.\nTrạm Y tế xã tiêm chủng lúc 7h30."


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


def test_an_emergency_with_an_uncertain_place_is_refused_with_its_line_and_a_way_out() -> None:
    with pytest.raises(OpenItemsError) as refused:
        write_script("Lũ về", UNSURE, Priority.EMERGENCY)
    (place,) = refused.value.places
    assert (place.line, place.written) == (2, "PXKQ")
    assert UNSURE.split("\n")[1][place.start :].startswith("PXKQ")
    assert str(refused.value).startswith("bulletin 'Lũ về': one place is not read with certainty, the first in line 2")
    assert "“PXKQ”" in str(refused.value) and "override_open_items" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value.within("xa.yaml: programme lu")).startswith("xa.yaml: programme lu: bulletin 'Lũ về': ")


def test_several_uncertain_places_are_counted() -> None:
    with pytest.raises(OpenItemsError, match="2 places are not read with certainty") as refused:
        write_script("Lũ", "Gặp PXKQ.\nGặp BZWQ.", Priority.EMERGENCY)
    assert [place.written for place in refused.value.places] == ["PXKQ", "BZWQ"]


def test_an_emergency_passes_the_gate_when_somebody_takes_it_on_or_nothing_is_open() -> None:
    taken_on = write_script("Lũ về", UNSURE, Priority.EMERGENCY, override_open_items=True)
    assert taken_on.overridden and len(taken_on.open_places) == 1
    certain = write_script("Lũ về", "Nước lên nhanh.", Priority.EMERGENCY, override_open_items=True)
    assert not certain.overridden


def test_a_figure_that_would_be_said_with_another_value_stops_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    from smartradio.speech.spoken import text as spoken

    true_reading = spoken.spoken_text

    def misread(text: str, lexicon: object = None) -> object:
        return tuple(
            replace(
                line,
                spoken=line.spoken.replace("bảy giờ", "chín giờ"),
                sentences=tuple(sentence.replace("bảy giờ", "chín giờ") for sentence in line.sentences),
                pieces=tuple(replace(p, spoken=p.spoken.replace("bảy giờ", "chín giờ")) for p in line.pieces),
            )
            for line in true_reading(text)
        )

    monkeypatch.setattr(spoken, "spoken_text", misread)
    with pytest.raises(MisreadError, match=r"bulletin 'Tiêm chủng': line 2.*'7' would be read 'chín giờ") as refused:
        write_script("Tiêm chủng", TEXT)
    assert "\n" not in str(refused.value)
    assert (refused.value.line, refused.value.written) == (2, "7")
    assert refused.value.heard.startswith("chín giờ")


def test_one_vietnamese_part_is_the_same_bulletin_as_its_text() -> None:
    assert write_script("Tin", parts=(Part("vi", TEXT),)).bulletin == write_script("Tin", TEXT).bulletin


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=400), st.sampled_from(list(Priority)), st.booleans())
def test_any_text_becomes_a_script_or_one_clear_line(text: str, priority: Priority, override: bool) -> None:
    try:
        script = write_script("Tin", text, priority, override_open_items=override)
    except BadInputError as error:
        assert "\n" not in str(error)
    else:
        assert any(script.sentences)
        assert not (priority is Priority.EMERGENCY and script.open_places and not override)
