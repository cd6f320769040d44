from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from _bulletins import TEXTS  # noqa: E402 - benchmarks are scripts, found by their folder
from _figures import Share, document  # noqa: E402
from _scenes import INTELLIGIBLE, UNINTELLIGIBLE, Kind, Result, Truth, airing  # noqa: E402
from _studio import RATE, Spoken, changed, music, relaid  # noqa: E402

from smartradio.audio.babble import babble  # noqa: E402
from smartradio.audio.spectrum import band_level_db  # noqa: E402
from smartradio.domain.verdict import VerdictCode  # noqa: E402


class BabblingStudio:
    """Has babble for every bulletin, another one where words are changed."""

    def spoken(self, text, voice, changes=()):
        return said(1 + len(changes))

    def foreign(self, language):
        return babble(4.0, 77)


def said(seed, lengths_s=(2.5, 3.0)):
    pieces, spans, at_s = [np.full(RATE, 0.1, np.float32)], [], 1.0
    for number, length_s in enumerate(lengths_s):
        pieces += [babble(length_s, 10 * seed + number), np.zeros(RATE // 2, np.float32)]
        spans.append((at_s, at_s + length_s))
        at_s += length_s + 0.5
    whole = np.concatenate(pieces)
    return Spoken(whole, band_level_db(whole, RATE, 200, 5500), tuple(spans), ("một hai", "ba bốn"), "vi")


def result(kind, verdict, truth=Truth.FAULT):
    return Result(0, kind, truth, 0.7, 20.0, verdict, ())


def test_no_bulletin_is_one_that_the_recogniser_learnt_from():
    learnt = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "models/recogniser/stock").glob("*.txt"))
    for text in TEXTS:
        for line in text.lines:
            assert line.rstrip(".") not in learnt


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_every_other_version_of_a_bulletin_differs_in_what_it_names_and_in_nothing_else(text):
    assert all(len(version) == 2 for version in text.changes)
    assert all(len(version) == 1 for version in text.numbers)
    for version in (*text.changes, *text.numbers):
        other = "\n".join(changed(text.lines, version))
        assert other != "\n".join(text.lines)
        assert all(len(old.split()) == len(new.split()) for old, new in version)
        for old, new in version:
            other = other.replace(new, old, 1)
        assert sorted(other.split()) == sorted("\n".join(text.lines).split())


def test_a_change_of_what_a_bulletin_does_not_say_is_refused():
    with pytest.raises(ValueError, match="no line has"):
        changed(("một hai",), (("ba", "bốn"),))


def test_changed_words_are_heard_where_the_right_ones_were_planned():
    planned, other = said(1), said(2, lengths_s=(2.4, 3.1))
    sound = relaid(planned, other)
    for (start_s, _), (from_s, to_s) in zip(planned.spans, other.spans, strict=True):
        start = round(start_s * RATE)
        sentence = other.sound[round(from_s * RATE) : round(to_s * RATE)]
        assert np.array_equal(sound[start : start + sentence.size], sentence)


def test_an_airing_is_the_same_whenever_it_is_drawn_and_another_in_every_round():
    first, again, next_round = (airing(number, 3, Kind.GOOD, BabblingStudio()) for number in (5, 5, 6))
    assert np.array_equal(first.clip, again.clip)
    assert first.intelligible == again.intelligible
    assert not np.array_equal(first.clip, next_round.clip)


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_every_kind_of_airing_gives_a_clip_from_before_to_after_it(kind):
    made = airing(2, 1, kind, BabblingStudio())
    assert made.clip.size == pytest.approx(made.recording.sound.size + 5 * RATE, abs=RATE // 50)
    assert np.abs(made.clip).max() > 0.0
    if made.intelligible is not None:
        expected = Truth.GOOD if made.intelligible >= INTELLIGIBLE else Truth.FAULT
        between = UNINTELLIGIBLE <= made.intelligible < INTELLIGIBLE
        assert made.truth is (Truth.BETWEEN if between else expected)
    else:
        assert made.truth is Truth.FAULT


def test_music_is_as_loud_as_speech():
    assert band_level_db(music(4.0, np.random.default_rng(1)), RATE, 200, 5500) == pytest.approx(-16.0, abs=1.0)


def test_the_upper_bound_of_none_in_598_is_half_a_percent():
    # 1 − 0.05^(1/n): the "rule of three" made exact.
    assert Share(0, 598).upper == pytest.approx(0.4997, abs=1e-3)
    assert Share(0, 100).upper == pytest.approx(100 * (1 - 0.05**0.01), abs=1e-6)
    assert Share(3, 3).upper == 100.0
    assert Share(1, 100).upper > Share(0, 100).upper > Share(0, 100).percent


def test_what_lies_between_good_and_bad_counts_for_nobody():
    between = result(Kind.WIND, VerdictCode.AIRED, Truth.BETWEEN)
    assert not between.wrong
    assert result(Kind.WIND, VerdictCode.AIRED).wrong
    assert not result(Kind.WIND, VerdictCode.UNCLEAR).wrong
    assert result(Kind.GOOD, VerdictCode.UNCLEAR, Truth.GOOD).wrong


def test_the_document_tells_what_was_said_of_what_happened():
    results = [
        result(Kind.GOOD, VerdictCode.AIRED, Truth.GOOD),
        result(Kind.GOOD, VerdictCode.AIRED, Truth.GOOD),
        result(Kind.SILENT, VerdictCode.SILENT),
    ]
    text = document(
        results, [("faults called aired", Share(0, 1), 0.5)], recogniser="none", real_time=0.03, options="--whole"
    )
    assert "`python benchmarks/verdicts.py --whole`" in text
    assert "| what happened | truth | `aired` | `silent` |" in text
    assert "| good | good | 2 |  |" in text
    assert "| silent | fault |  | 1 |" in text
    assert "| faults called aired | 0.00 % | 1 | 95.00 % | ≤ 0.5 % |" in text
