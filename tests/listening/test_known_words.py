from __future__ import annotations

import itertools

import numpy as np
import pytest

from smartradio.domain.verdict import WordState
from smartradio.listening import syllables
from smartradio.listening.known_words import calibration_for, judged_sentences, unproven_sentences
from smartradio.listening.recognisers.port import Posteriors
from smartradio.listening.sentence_places import ROOM_S
from smartradio.listening.word_weights import NUMBER, USUAL
from tests.listening.recognisers.made_up import FRAME_S, posteriors_of

LINES = (
    "Mực nước sông Trà lúc này là bốn phẩy năm mươi hai mét.",
    "Bà con thôn ba sơ tán ngay đến trường học xã trước bảy giờ.",
    "Không được qua ngầm tràn, chờ lệnh của xã!",
)
OTHER = "Chương trình ca nhạc theo yêu cầu thính giả xin được bắt đầu"
PAUSE = 15
HEARD, DOUBTFUL, MISSING, DIFFERENT = WordState.HEARD, WordState.DOUBTFUL, WordState.MISSING, WordState.DIFFERENT


def words_of(line):
    return [word.strip(".,!").lower() for word in line.split()]


def clip_of(lines, *, sure=0.985, rng=None):
    """Return posteriors of lines read with pauses, and where each lies in seconds; None is as long as silence."""
    tables, spans, at = [], [], 0
    for line in lines:
        words, still = ([], 100) if line is None else (words_of(line), 0)
        table = posteriors_of(words, sure=sure, rng=rng, before=PAUSE, after=still).log_posteriors
        tables.append(table)
        spans.append(((at + PAUSE) * FRAME_S, (at + len(table)) * FRAME_S))
        at += len(table)
    return Posteriors(np.concatenate(tables), FRAME_S, syllables.unit_names()), tuple(spans)


def states(sentence):
    return {word.text.strip(".,!").lower(): word.state for word in sentence.words if word.state is not HEARD}


@pytest.fixture(params=[True, False], ids=["told where", "searched for"])
def judged(request):
    def judge(said, lines, **how):
        posteriors, spans = clip_of(said, **how)
        if request.param and len(spans) == len(lines):
            return judged_sentences(posteriors, lines, spans=spans, voice="vi")
        return judged_sentences(posteriors, lines, voice="vi")

    return judge


def test_a_bulletin_that_was_read_is_heard_word_by_word(judged):
    found = judged(LINES, LINES)
    assert [sentence.text for sentence in found] == list(LINES)
    for line, sentence in zip(LINES, found, strict=True):
        assert sentence.state is HEARD
        assert " ".join(word.text for word in sentence.words) == line
        assert all(word.state is HEARD and word.confidence > 0.99 for word in sentence.words)
        assert all(one.start_s < next_.start_s for one, next_ in itertools.pairwise(sentence.words))
        assert all(word.start_s < word.end_s for word in sentence.words)


@pytest.mark.parametrize(
    ("line", "said", "claimed"),
    [
        (0, "bốn phẩy năm mươi hai", "bốn phẩy hai mươi lăm"),
        (1, "thôn ba", "thôn bảy"),
        (1, "bảy giờ", "tám giờ"),
        (1, "trường học", "trường bắn"),
    ],
)
def test_a_changed_number_or_place_is_different_and_only_there(judged, line, said, claimed):
    lines = [each.replace(said, claimed) for each in LINES]
    found = judged(LINES, lines)
    assert [sentence.state for sentence in found] == [DIFFERENT if at == line else HEARD for at in range(3)]
    changed = {new for old, new in zip(said.split(), claimed.split(), strict=True) if old != new}
    assert states(found[line]) == dict.fromkeys(changed, DIFFERENT)


def test_a_negation_that_was_dropped_turns_the_sentence(judged):
    spoken = [*LINES[:2], LINES[2].replace("Không được", "Được")]
    found = judged(spoken, LINES)
    assert found[2].state is DIFFERENT
    assert states(found[2]) == {"không": MISSING}


@pytest.mark.parametrize(("said", "put_in"), [("bảy giờ.", "bảy giờ rưỡi."), ("sơ tán", "không sơ tán")])
def test_a_word_that_was_put_in_makes_the_sentence_different(said, put_in):
    posteriors, spans = clip_of([each.replace(said, put_in) for each in LINES])
    found = judged_sentences(posteriors, LINES, spans=spans, voice="vi")
    assert [sentence.state for sentence in found] == [HEARD, DIFFERENT, HEARD]


def test_a_voice_brought_in_between_two_sentences_is_no_word_of_either():
    posteriors, spans = clip_of([LINES[0], None, OTHER, None, LINES[1]])
    found = judged_sentences(posteriors, [LINES[0], LINES[1]], spans=[spans[0], spans[4]], voice="vi")
    assert [sentence.state for sentence in found] == [HEARD, HEARD]


def test_a_sentence_that_was_left_out_is_missing_and_drags_no_other(judged):
    found = judged([LINES[0], LINES[2]], LINES)
    assert [sentence.state for sentence in found] == [HEARD, MISSING, HEARD]
    assert {word.start_s for word in found[1].words} == {None}


def test_a_sentence_whose_place_is_silent_is_missing(judged):
    found = judged([LINES[0], None, LINES[2]], LINES)
    assert [sentence.state for sentence in found] == [HEARD, MISSING, HEARD]


def test_another_sentence_in_its_place_is_different(judged):
    found = judged([LINES[0], OTHER, LINES[2]], LINES)
    assert [sentence.state for sentence in found] == [HEARD, DIFFERENT, HEARD]


@pytest.mark.parametrize("said", [[OTHER, OTHER, OTHER], [None, None]])
def test_another_bulletin_or_silence_confirms_no_sentence(judged, said):
    found = judged(said, LINES)
    assert all(sentence.state is (MISSING if None in said else DIFFERENT) for sentence in found)
    assert all(word.confidence < 0.5 for sentence in found for word in sentence.words if word.state is not HEARD)


def test_words_that_noise_covers_are_never_called_different(judged):
    posteriors, spans = clip_of(LINES)
    table = posteriors.log_posteriors.copy()
    rng = np.random.default_rng(1)
    noise = np.log(rng.dirichlet(np.full(syllables.UNITS, 0.3), 60)).astype(np.float16)
    first = round(spans[1][0] / FRAME_S) + 20
    table[first : first + 60] = noise
    found = judged_sentences(Posteriors(table, FRAME_S, posteriors.units), LINES, spans=spans, voice="vi")
    assert [sentence.state for sentence in found] == [HEARD, DOUBTFUL, HEARD]
    assert set(states(found[1]).values()) == {DOUBTFUL}


def test_frames_that_could_be_anything_confirm_nothing():
    rng = np.random.default_rng(2)
    table = np.log(rng.dirichlet(np.full(syllables.UNITS, 0.2), 300)).astype(np.float16)
    for line in judged_sentences(Posteriors(table, FRAME_S, syllables.unit_names()), LINES, voice="vi"):
        assert line.state is not HEARD
        assert sum(word.state is HEARD for word in line.words) <= 1


def test_words_by_themselves_in_another_sentence_are_not_heard():
    posteriors, spans = clip_of([OTHER.replace("nhạc", "thôn").replace("giả", "ngay")])
    (found,) = judged_sentences(posteriors, [LINES[1]], spans=spans, voice="vi")
    assert found.state is DIFFERENT
    assert not [word.text for word in found.words if word.state is HEARD]


def test_a_clip_that_breaks_off_leaves_the_rest_missing():
    posteriors, spans = clip_of(LINES)
    cut = Posteriors(posteriors.log_posteriors[: round(spans[1][0] / FRAME_S)], FRAME_S, posteriors.units)
    found = judged_sentences(cut, LINES, spans=spans, voice="vi")
    assert [sentence.state for sentence in found] == [HEARD, MISSING, MISSING]


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_place_too_short_for_its_words_holds_none_of_them(frames):
    posteriors, spans = clip_of(LINES)
    place = (spans[1][0] + ROOM_S, spans[1][0] - ROOM_S + frames * FRAME_S)
    (found,) = judged_sentences(posteriors, [LINES[1]], spans=[place], voice="vi")
    assert found.state in (MISSING, DOUBTFUL)
    assert all(0.0 <= word.confidence < 0.01 for word in found.words)


def test_posteriors_that_are_not_numbers_prove_nothing():
    posteriors, spans = clip_of(LINES)
    posteriors.log_posteriors[40:60, 3] = np.nan
    assert judged_sentences(posteriors, LINES, spans=spans, voice="vi") == unproven_sentences(LINES)


def test_a_spelling_that_the_voice_does_not_speak_apart_is_heard():
    posteriors, spans = clip_of(["Châu bò bàn dao"])
    northern, southern = (
        judged_sentences(posteriors, ["Trâu bò bàng dao"], spans=spans, voice=voice)[0]
        for voice in ("vi", "vi-vn-x-south")
    )
    assert southern.state is HEARD
    assert set(states(northern)) == {"bàng"}


@pytest.mark.parametrize("said", ["mời gọi chen xi ngay", "mời gọi chen xi xi ngay"])
def test_a_foreign_name_that_sounds_unlike_its_letters_is_doubtful_and_never_different(said):
    posteriors, spans = clip_of([said])
    (found,) = judged_sentences(posteriors, ["Mời gọi Chelsea ngay"], spans=spans, voice="vi")
    assert states(found) == {"chelsea": DOUBTFUL}
    assert found.state is DOUBTFUL
    (other,) = judged_sentences(posteriors, ["Mời gọi bà con ngay"], spans=spans, voice="vi")
    assert other.state is DIFFERENT


def test_words_without_units_prove_nothing_and_harm_nothing():
    posteriors, _ = clip_of(["thôn ba họp ngay"])
    (found,) = judged_sentences(posteriors, ["Thôn ba – họp 4G ngay –"], voice="vi")
    assert [(word.text, word.state) for word in found.words] == [
        ("Thôn", HEARD), ("ba –", HEARD), ("họp", HEARD), ("4G", WordState.UNPROVEN), ("ngay –", HEARD),
    ]  # fmt: skip
    assert found.state is HEARD
    (nothing,) = judged_sentences(posteriors, ["112 – 113"])
    assert nothing.state is WordState.UNPROVEN
    (empty,) = judged_sentences(posteriors, [""])
    assert (empty.state, empty.words) == (WordState.UNPROVEN, ())


def test_without_a_recogniser_every_word_is_unproven_and_keeps_its_weight():
    first, *_ = unproven_sentences(LINES)
    assert first.state is WordState.UNPROVEN
    assert {word.state for word in first.words} == {WordState.UNPROVEN}
    assert {word.confidence for word in first.words} == {None}
    assert max(word.weight for word in first.words) > 1
    foreign = Posteriors(np.zeros((5, 2), np.float32), FRAME_S, ("<blank>", "a"))
    assert judged_sentences(foreign, LINES) == unproven_sentences(LINES)


def test_no_text_and_no_sound_are_no_error():
    posteriors, _ = clip_of(LINES)
    assert judged_sentences(posteriors, ()) == ()
    silence = Posteriors(np.zeros((0, syllables.UNITS), np.float16), FRAME_S, syllables.unit_names())
    assert {sentence.state for sentence in judged_sentences(silence, LINES)} == {MISSING}


def test_spans_that_are_not_one_a_line_are_refused():
    posteriors, spans = clip_of(LINES)
    with pytest.raises(ValueError, match="2 spans for 3 sentences"):
        judged_sentences(posteriors, LINES, spans=spans[:2])


@pytest.mark.parametrize("weight", [USUAL, NUMBER])
def test_confidence_grows_with_the_score_and_is_a_probability(weight):
    calibration = calibration_for(weight)
    found = calibration.confidence(np.array([-60.0, -20.0, -9.0, -3.0, 0.0], dtype=np.float32))
    assert (np.diff(found) > 0).all()
    assert found[0] >= 0.0
    assert found[0] < 1e-6
    assert 0.95 < found[-1] < 1.0
    assert calibration.score(float(found[2])) == pytest.approx(-9.0)
    assert calibration.confidence(calibration.middle_nats) == pytest.approx(0.5)


def test_the_same_score_is_less_sure_of_a_number_than_of_any_word():
    assert calibration_for(NUMBER).confidence(-6.0) < calibration_for(USUAL).confidence(-6.0)
