"""From a microphone clip to a judgement: the witnesses are heard, the decision table decides."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.coherence import BAND_HZ, RATE
from smartradio.audio.intelligibility import intelligibility
from smartradio.audio.match import Match
from smartradio.audio.spectrum import band_level_db
from smartradio.domain.verdict import JudgedSentence, VerdictCode
from smartradio.listening.chime_words import without_chimes
from smartradio.listening.facts import Facts, Missing, facts_of
from smartradio.listening.known_words import judged_sentences, unproven_sentences
from smartradio.listening.own_horn import listen_for, loud_frames
from smartradio.listening.recognisers.port import Posteriors, Recogniser, RecogniserError, Transcript, Word
from smartradio.listening.replays import same_background
from smartradio.listening.sentences import (
    Coverage,
    all_missing,
    clip_spans,
    fell_silent,
    held_against,
    said_otherwise,
    said_spans,
)
from smartradio.listening.verdict import LOST_IN_A_GAP, VerdictReason, decide
from smartradio.listening.words import HEARD, dictated, words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from smartradio.listening.usual import Usual

    Signal = NDArray[np.float32]

SPEECH_GATE_DB = -50.0
"""Recognisers invent text on silence; a clip with no second above this level in the horn's band is given to none."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was heard at the node's microphone, no more; None means not measured, never zero.

    `transcript` is None when no recogniser of the language was asked, empty when one was and heard no word.
    `calibrated` says whether the recogniser knows the voices that read the text; None where nobody can tell.
    Levels are dBFS in the horn's band; `delay_ms` (against the planned instant), `gain_db` and `tilt_db` are the own
    horn's, `far_delay_ms` is another's.
    `sentences` are those of the text, in their order, with what happened to each word; `intelligibility` is an
    estimate from 0 to 1 of how well a person could understand the speech there.
    """

    verdict: VerdictCode
    reasons: tuple[VerdictReason, ...]
    coverage: float | None = None
    level_db: float | None = None
    snr_db: float | None = None
    transcript: str | None = None
    words: tuple[Word, ...] = ()
    calibrated: bool | None = None
    recogniser_name: str | None = None
    match: Match | None = None
    delay_ms: float | None = None
    tilt_db: float | None = None
    background_db: float | None = None
    gain_db: float | None = None
    far_delay_ms: float | None = None
    intelligibility: float | None = None
    sentences: tuple[JudgedSentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What was to be heard: spoken lines, and where each lies in the recording (seconds; none where not known).

    `voices` are those that read them, in `language` (ISO 639).
    """

    lines: Sequence[str] = ()
    spans: Sequence[tuple[float, float]] = ()
    voices: Sequence[str] = ()
    language: str = "vi"


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the recogniser makes of a clip; `calibrated` and `share` are None where nothing can be said."""

    transcript: Transcript | None
    notes: tuple[VerdictReason, ...]
    calibrated: bool | None
    share: float | None

    @property
    def posteriors(self) -> Posteriors | None:
        """What the known text may be held against."""
        return None if self.transcript is None or self.calibrated is False else self.transcript.posteriors


def judge(
    clip: Signal | None,
    reference: Signal | None,
    segments: Sequence[tuple[float, float]] = (),
    recogniser: Recogniser | None = None,
    *,
    told: Told | None = None,
    clip_starts_s: float = -2.0,
    reported: bool = True,
    usual: Usual | None = None,
    before: Sequence[Signal] = (),
) -> Judgement:
    """Judge one airing at one node.

    Shapes: clip [n], reference [m], float32 at 16 kHz; `clip_starts_s` as in audio.match. `segments`
    are the sentences' (start_s, end_s) in the recording; leave chimes out, they are no proof of a bulletin.
    `reported` says whether the node reported at all; `usual` is what this node's own horn is like, and narrows
    where and how loud it may be heard; `before` are clips of the same recording at this node, each as this one
    begins. A recogniser that does not speak the language is not asked, and none is ever given the text: a grammar made
    of it confirms what was never said. What one hears of a voice that it is not calibrated for is shown and says
    nothing for or against. Raises AudioError for samples that cannot be used.
    """
    told = told or Told()
    if clip is None or clip.size == 0:
        facts = Facts(report=reported, clip=False, recording=reference is not None)
        return replace(_judgement(facts, ()), sentences=unproven_sentences(told.lines))
    heard = _hear(clip, recogniser, told)
    plain = replace(
        _judgement(Facts(report=reported, recording=False), heard.notes),
        level_db=band_level_db(clip, RATE, *BAND_HZ),
        transcript=heard.transcript.text if heard.transcript else None,
        words=heard.transcript.words if heard.transcript else (),
        calibrated=heard.calibrated,
        recogniser_name=recogniser.name if recogniser and heard.transcript else None,
    )
    if reference is None:
        return replace(plain, sentences=judged_lines(heard.posteriors, told, ()))
    found, elsewhere = listen_for(clip, reference, segments, clip_starts_s=clip_starts_s, usual=usual)
    loud = loud_frames(clip, found, clip_starts_s=clip_starts_s)
    coverage = Coverage.of(found, clip_starts_s=clip_starts_s, loud=loud)
    intelligible = understood(clip, reference, found, segments, clip_starts_s)
    spans = clip_spans(told.spans, coverage.starts_s)
    plain = _without_chimes(plain, coverage, spans)
    sentences = judged_lines(heard.posteriors, told, spans)
    if found.own_heard:
        sentences = held_against(sentences, coverage, spans)
    otherwise = [said_otherwise(sentence, coverage) for sentence in sentences]
    places = spans if len(spans) == len(sentences) else (None,) * len(sentences)
    silent = [fell_silent(coverage, place) for place in places]
    facts = replace(
        facts_of(
            found,
            usual=usual,
            elsewhere=elsewhere,
            intelligibility=intelligible,
            silence_s=coverage.longest_silence_s(),
        ),
        report=reported,
        replayed=any(same_background(clip, earlier, reference.size, clip_starts_s) for earlier in before),
        words=words_of(sentences, otherwise, silent, heard.share, found.snr_db),
        text_heard=heard.share is not None and heard.share >= HEARD,
    )
    decided = _judgement(facts, heard.notes)
    if decided.verdict is VerdictCode.SILENT:
        # Whatever words there are came from somewhere else.
        sentences = all_missing(sentences)
    return replace(
        plain,
        verdict=decided.verdict,
        reasons=decided.reasons,
        coverage=found.coverage,
        level_db=found.level_db,
        snr_db=found.snr_db,
        match=found,
        delay_ms=_ms(found.delay_s),
        far_delay_ms=_ms(found.far_delay_s),
        gain_db=found.gain_db,
        tilt_db=found.tilt_db,
        background_db=found.background_db,
        intelligibility=intelligible,
        sentences=sentences,
    )


def judged_lines(
    posteriors: Posteriors | None, told: Told, spans: Sequence[tuple[float, float]]
) -> tuple[JudgedSentence, ...]:
    """Return what happened to each line; without posteriors, or with a text too long for the clip, no proof."""
    if posteriors is None or not told.lines:
        return unproven_sentences(told.lines)
    voice = told.voices[0] if len(set(told.voices)) == 1 else ""
    return judged_sentences(posteriors, told.lines, spans=spans, voice=voice)


def understood(
    clip: Signal, reference: Signal, found: Match, segments: Sequence[tuple[float, float]], clip_starts_s: float
) -> float | None:
    """Return how much a person could understand of what the own horn said; None where it said nothing.

    What it left out is no matter here: coverage tells of that.
    """
    if found.delay_s is None:
        return None
    spans = said_spans(found, segments)
    if not spans:
        return None
    return intelligibility(
        clip, reference, clip_starts_s=clip_starts_s, delay_s=found.delay_s, drift=found.drift, spans=spans
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else 1_000.0 * seconds


_WHERE = {
    Missing.END: (VerdictReason.STOPPED_EARLY,),
    Missing.BEGINNING: (VerdictReason.STARTED_LATE,),
    Missing.WITHIN: (VerdictReason.GAPS,),
    Missing.NOTHING: (),
}
_AT_AN_END = (Missing.END, Missing.BEGINNING)


def _judgement(facts: Facts, notes: tuple[VerdictReason, ...]) -> Judgement:
    row = decide(facts)
    # Where other words were said the recording is not heard, but that is no gap.
    gap = row.verdict is VerdictCode.PARTLY_AIRED and VerdictReason.WORDS_DIFFER not in row.reasons
    where = _WHERE[facts.missing] if gap else ()
    # What a horn that stopped early left unsaid are no gaps, and it is not the wire that wants a look.
    told = () if row.reasons == LOST_IN_A_GAP and facts.missing in _AT_AN_END else row.reasons
    reasons = tuple(dict.fromkeys((*where, *told, *notes)))
    return Judgement(row.verdict, reasons)


def _without_chimes(judgement: Judgement, coverage: Coverage, spans: Sequence[tuple[float, float]]) -> Judgement:
    words = without_chimes(judgement.words, coverage, spans)
    if words == judgement.words:
        return judgement
    return replace(judgement, words=words, transcript=" ".join(word.text for word in words))


def _hear(clip: Signal, recogniser: Recogniser | None, told: Told) -> _Heard:
    transcript, notes = _transcribe(clip, recogniser, told.language)
    if transcript is None or recogniser is None:
        return _Heard(None, notes, None, None)
    if told.voices and not all(recogniser.calibrated_for(voice) for voice in told.voices):
        return _Heard(transcript, (*notes, VerdictReason.UNKNOWN_VOICE), False, None)
    share = dictated(told.lines, [word.text for word in transcript.words])
    return _Heard(transcript, notes, True if told.voices else None, share)


def _transcribe(
    clip: Signal, recogniser: Recogniser | None, language: str
) -> tuple[Transcript | None, tuple[VerdictReason, ...]]:
    if recogniser is None or language not in recogniser.languages:
        return None, (VerdictReason.NO_RECOGNISER,)
    if _silent(clip):
        return Transcript("", ()), ()
    try:
        return recogniser.recognise(clip, grammar=None), ()
    except RecogniserError as error:
        _logger.warning("the verdict goes without words: %s", error)
        return None, (VerdictReason.RECOGNISER_FAILED,)


def _silent(clip: Signal) -> bool:
    """Say whether no second of a clip is as loud as speech; one sentence in ten minutes would be lost in their mean."""
    return all(band_level_db(clip[at : at + RATE], RATE, *BAND_HZ) < SPEECH_GATE_DB for at in range(0, clip.size, RATE))
