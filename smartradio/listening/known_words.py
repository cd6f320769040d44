"""What happened to each word and sentence of a bulletin at a microphone, by the recogniser's posteriors alone.

No language model and no expectation has a say: a word that the text wants is held against whatever else the frames
could hold (recognisers/known_text.py), units that a voice speaks alike counting as one (homophones.py). The map from
scores to confidence was fitted on right texts and on texts with two words changed; `benchmarks/known_text.py` fits it
again and tells how often changed words are found and right ones doubted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from smartradio.domain.verdict import JudgedSentence, JudgedWord, WordState
from smartradio.listening import syllables
from smartradio.listening.homophones import folded, folds
from smartradio.listening.recognisers.known_text import Fit, Passage, fit
from smartradio.listening.recognisers.port import Posteriors
from smartradio.listening.sentence_places import ROOM_S, sentence_places
from smartradio.listening.slots import Slot, slot_of, sure_units
from smartradio.listening.word_weights import NEGATION, NEGATIONS, NUMBER, word_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float32]
    Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How scores become confidence: half at `middle_nats`; fitted by benchmarks/known_text.py --fit."""

    middle_nats: float
    slope_per_nat: float

    def confidence(self, scores: NDArray[np.float32] | float) -> NDArray[np.float64]:
        """Return the probability that words with these scores in nats were said."""
        nats = np.float64(scores) - self.middle_nats
        return np.asarray(1.0 / (1.0 + np.exp(np.minimum(-self.slope_per_nat * nats, _MOST_EXPONENT))))

    def score(self, confidence: float) -> float:
        """Return the score that has this confidence, in nats."""
        p = min(max(confidence, 1e-15), 1.0 - 1e-15)
        return self.middle_nats + float(np.log(p / (1.0 - p))) / self.slope_per_nat


USUAL_WORDS = Calibration(middle_nats=-9.6, slope_per_nat=0.7)
"""As fitted on the sentences of models/recogniser/stock/tuning.txt and alerts, clean to 10 dB of signal to noise."""
NUMBER_WORDS = Calibration(middle_nats=-8.0, slope_per_nat=0.6)
"""Of words that weigh as much as numbers do. The fit would bear a middle of -16.8, so far apart do right and changed
numbers lie there; this is stricter by choice, since a number is what people act on."""
CLEAR_SHARE = 0.5
"""How much of a word's clearness (Fit.clear) is added to its score: less of noise then passes for words."""
HEARD_FROM = 0.5
"""Confidence from which a word is heard."""
DIFFERENT_BELOW = 0.1
"""Confidence below which, with other speech in its place, something else was said."""
MOST_LOST = 0.8
"""So much may a sentence that is heard lose, see `weight_lost`: a number in doubt alone is too much."""
PUT_IN_FROM_NATS = 8.0
"""So much better must a gap fit with something said in it that the text does not have."""
_HALF = 0.5
_MOST_EXPONENT = 700.0  # beyond it a double overflows: words that have fewer frames than units
_WORD_ROOM_S = 0.06
_UNITS_OF_A_WORD = 2
_COMPANY = 3
# Another pole says a sentence's end again, up to a second and more later.
_ECHOED_WORDS = 6


@dataclass(frozen=True, slots=True)
class _Token:
    """A word as it stands in the line with its punctuation, as it is said, and its units by a voice's classes.

    `foreign` is one that is known by its letters only.
    """

    text: str
    plain: str
    units: tuple[int, ...]
    foreign: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    """A sentence's words that have units, n of them, and how they fit: None where there is no sound to look in."""

    places: tuple[int, ...]
    foreign: tuple[bool, ...]
    units: tuple[tuple[int, ...], ...]
    span: Span
    fit: Fit | None
    confidence: NDArray[np.float64]

    @property
    def sure(self) -> NDArray[np.bool_]:
        return self.confidence >= HEARD_FROM

    def first(self) -> int | None:
        """Return the frame in which the first word that is heard begins."""
        sure = np.flatnonzero(self.sure)
        return int(self.fit.first[sure[0]]) if self.fit and sure.size else None

    def end(self) -> int | None:
        """Return the frame after the last word that is heard."""
        sure = np.flatnonzero(self.sure)
        return int(self.fit.end[sure[-1]]) if self.fit and sure.size else None


def judged_sentences(
    posteriors: Posteriors,
    lines: Sequence[str],
    *,
    spans: Sequence[tuple[float, float]] = (),
    voice: str = "",
) -> tuple[JudgedSentence, ...]:
    """Return what happened to each of the spoken `lines` and to its words, in their order.

    `spans` are where each should lie in the clip (start, end), in seconds; it is looked for there and half a second
    around. Without them the whole clip is searched, and sentences that are not there cost the others nothing.
    `voice` is the espeak voice that read the text; of another everything counts as alike that any voice of espeak
    speaks alike. Posteriors of other units than smartradio.listening.syllables, or that are not numbers, prove
    nothing. Raises ValueError for spans that are not one a line.
    """
    if spans and len(spans) != len(lines):
        raise ValueError(f"{len(spans)} spans for {len(lines)} sentences")
    if posteriors.units != syllables.unit_names() or not np.isfinite(posteriors.log_posteriors).all():
        return unproven_sentences(lines)
    classes = folds(voice)
    table = folded(posteriors.log_posteriors, classes)
    tokens = [_tokens(line, classes) for line in lines]
    heard = _heard(table, posteriors.frame_s, tokens, spans, classes)
    starts = [_frames((span[0] + ROOM_S, span[1]), posteriors.frame_s, len(table))[0] for span in spans]
    out = []
    for number, (line, words) in enumerate(zip(lines, tokens, strict=True)):
        before = max((end for each in heard[:number] if (end := each.end()) is not None), default=0)
        after = min((first for each in heard[number + 1 :] if (first := each.first()) is not None), default=len(table))
        states = _states(table, heard[number], (before, after))
        put_in = _put_in(heard[number]) or _goes_on(table, heard, number, starts)
        frame_s, frames = posteriors.frame_s, len(table)
        out.append(_judged(line, words, heard[number], states, frame_s=frame_s, frames=frames, put_in=put_in))
    return tuple(out)


def unproven_sentences(lines: Sequence[str]) -> tuple[JudgedSentence, ...]:
    """Return the lines with nothing known of them: no recogniser, or one that does not know the voice."""
    out = []
    for line in lines:
        tokens = _tokens(line, folds(""))
        weights = word_weights([token.plain for token in tokens])
        words = tuple(
            JudgedWord(token.text, WordState.UNPROVEN, weight=weight)
            for token, weight in zip(tokens, weights, strict=True)
        )
        out.append(JudgedSentence(line, WordState.UNPROVEN, words))
    return tuple(out)


def calibration_for(weight: float) -> Calibration:
    """Return the calibration of a word that counts so much."""
    return NUMBER_WORDS if weight >= NUMBER else USUAL_WORDS


def weight_lost(words: Sequence[JudgedWord]) -> float:
    """Return what the words' weights lose by doubt, words without evidence left out.

    Doubt is squared: noise leaves a little of it at many words of a sentence that was well heard.
    """
    return sum(word.weight * (1.0 - word.confidence) ** 2 for word in words if word.confidence is not None)


def _tokens(line: str, classes: NDArray[np.int64]) -> list[_Token]:
    tokens: list[_Token] = []
    for text in line.split():
        plain = "".join(char for char in text if char.isalnum() or char in "-–/'’.,").strip("-–/'’.,")
        if not plain and tokens:
            last = tokens.pop()
            tokens.append(replace(last, text=f"{last.text} {text}"))
        elif plain:
            units = syllables.units_of(plain) or ()
            foreign = units[-1:] == (syllables.END_UNIT,)
            tokens.append(_Token(text, plain, tuple(int(classes[unit]) for unit in units), foreign))
    return tokens


def _heard(
    table: Table,
    frame_s: float,
    tokens: Sequence[Sequence[_Token]],
    spans: Sequence[tuple[float, float]],
    classes: NDArray[np.int64],
) -> list[_Heard]:
    rows = [tuple(token.units for token in words if token.units) for words in tokens]
    if spans:
        places = tuple(_frames(span, frame_s, table.shape[0]) for span in spans)
    else:
        tones = range(syllables.FIRST_TONE, syllables.FIRST_LETTER)
        ends = frozenset(int(classes[unit]) for unit in (*tones, syllables.END_UNIT))
        places = sentence_places(table, frame_s, rows, ends)
    wanted = [number for number, place in enumerate(places) if rows[number] and place[1] > place[0]]
    fits = dict(zip(wanted, fit(table, [Passage(rows[each], *places[each]) for each in wanted]), strict=True))
    out = []
    for number, words in enumerate(tokens):
        found = fits.get(number)
        with_units = tuple(place for place, token in enumerate(words) if token.units)
        weights = word_weights([token.plain for token in words])
        confidence = np.zeros(len(with_units))
        if found is not None:
            scores = found.scores + CLEAR_SHARE * found.clear
            calibrations = (calibration_for(weights[place]) for place in with_units)
            confidence[:] = [each.confidence(score) for each, score in zip(calibrations, scores, strict=True)]
            confidence = _in_company(confidence)
        foreign = tuple(words[place].foreign for place in with_units)
        out.append(_Heard(with_units, foreign, rows[number], places[number], found, confidence))
    return out


def _in_company(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the confidence with words by themselves doubted where most of a sentence is not heard.

    Noise and other speech hold a word now and then that the text has as well, and now and then two.
    """
    sure = confidence >= HEARD_FROM
    share = float(sure.mean())
    if share >= _HALF:
        return confidence
    edges = np.flatnonzero(np.diff(np.concatenate(([False], sure, [False]))))
    kept = confidence.copy()
    for first, end in edges.reshape(-1, 2):
        if end - first < _COMPANY:
            kept[first:end] = np.minimum(kept[first:end], share)
    return kept


def _frames(span: tuple[float, float], frame_s: float, frames: int) -> Span:
    """Return a span with the room it is searched in, as frames of the clip."""
    first, end = int((span[0] - ROOM_S) / frame_s), int(np.ceil((span[1] + ROOM_S) / frame_s))
    return min(max(first, 0), frames), min(max(end, 0), frames)


def _judged(
    line: str,
    tokens: Sequence[_Token],
    heard: _Heard,
    states: Sequence[WordState],
    *,
    frame_s: float,
    frames: int,
    put_in: bool,
) -> JudgedSentence:
    weights = word_weights([token.plain for token in tokens])
    words = [JudgedWord(token.text, WordState.UNPROVEN, weight=weights[at]) for at, token in enumerate(tokens)]
    for number, at in enumerate(heard.places):
        start_s = end_s = None
        if heard.fit is not None and states[number] is not WordState.MISSING:
            start_s = max(0.0, float(heard.fit.first[number]) * frame_s - _WORD_ROOM_S)
            end_s = min(frames * frame_s, float(heard.fit.end[number]) * frame_s + _WORD_ROOM_S)
        confidence = float(heard.confidence[number])
        words[at] = JudgedWord(tokens[at].text, states[number], start_s, end_s, confidence, weights[at])
    return JudgedSentence(line, _sentence_state(tokens, words, put_in=put_in), tuple(words))


def _states(table: Table, heard: _Heard, between: Span) -> list[WordState]:
    """Return the state of each word that has units: those not heard by what is in their place, run by run.

    The sentence lies `between` the last word heard before it and the first one heard after it.
    """
    states = [WordState.HEARD] * len(heard.places)
    if heard.fit is None:
        return [WordState.MISSING] * len(heard.places)
    doubted = np.flatnonzero(~heard.sure)
    for run in np.split(doubted, np.flatnonzero(np.diff(doubted) > 1) + 1):
        if not run.size:
            continue
        begin = int(heard.fit.end[run[0] - 1]) if run[0] else max(between[0], heard.span[0])
        end = int(heard.fit.first[run[-1] + 1]) if run[-1] + 1 < len(states) else min(between[1], heard.span[1])
        slot = slot_of(table, begin, end, run.size)
        for number in run:
            states[number] = _state_in(slot, float(heard.confidence[number]), foreign=heard.foreign[number])
    return states


def _state_in(slot: Slot, confidence: float, *, foreign: bool) -> WordState:
    if slot is Slot.QUIET:
        return WordState.MISSING
    # How a voice says "Gmail" nobody can tell from its letters: that other sounds are heard there proves nothing.
    different = slot is Slot.SPEECH and confidence < DIFFERENT_BELOW and not foreign
    return WordState.DIFFERENT if different else WordState.DOUBTFUL


def _put_in(heard: _Heard) -> bool:
    """Say whether something was said between two words that stand side by side in the text; one of them is heard."""
    if heard.fit is None:
        return False
    sure = heard.sure
    return any(
        heard.fit.put_in[gap] >= PUT_IN_FROM_NATS
        and (sure[gap - 1] or sure[gap])
        and heard.places[gap] == heard.places[gap - 1] + 1
        and not (heard.foreign[gap - 1] or heard.foreign[gap])
        for gap in range(1, len(sure))
    )


def _goes_on(table: Table, heard: Sequence[_Heard], number: int, starts: Sequence[int]) -> bool:
    """Say whether a word follows a sentence's last, before the next sentence begins, that is no echo of its end.

    `starts` are the frames where the sentences should begin, if that is known.
    """
    own = heard[number]
    if own.fit is None or not own.sure[-1]:
        return False
    end = own.span[1]
    if number + 1 < len(heard):
        following = heard[number + 1]
        if following.fit is not None and following.sure[0]:
            end = int(following.fit.first[0])
        elif starts:
            end = starts[number + 1]
        else:
            return False
        if starts:
            # What sounds later is none of its words: music or a voice that was brought in between two sentences.
            end = min(end, own.span[1])
    said = sure_units(table, int(own.fit.end[-1]), end)
    echo = {unit for word in own.units[-_ECHOED_WORDS:] for unit in word}
    return len(said) >= _UNITS_OF_A_WORD and not echo.issuperset(said)


def _sentence_state(tokens: Sequence[_Token], words: Sequence[JudgedWord], *, put_in: bool) -> WordState:
    """Return what the words of a sentence make of it; words without evidence count for nothing."""
    judged = [(token, word) for token, word in zip(tokens, words, strict=True) if word.confidence is not None]
    if not judged:
        return WordState.UNPROVEN
    total = sum(word.weight for _, word in judged)
    missing = sum(word.weight for _, word in judged if word.state is WordState.MISSING)
    if missing >= _HALF * total:
        return WordState.MISSING
    turned = any(
        word.state is WordState.MISSING and word.weight >= NEGATION and token.plain.lower() in NEGATIONS
        for token, word in judged
    )
    if put_in or turned or any(word.state is WordState.DIFFERENT for _, word in judged):
        return WordState.DIFFERENT
    return WordState.DOUBTFUL if weight_lost(words) > MOST_LOST else WordState.HEARD
