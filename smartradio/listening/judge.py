"""From a microphone clip to a judgement: the witnesses are heard, the decision table decides."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.coherence import BAND_HZ, RATE
from smartradio.audio.match import OWN_WINDOW_S, Match, match
from smartradio.audio.spectrum import band_level_db
from smartradio.domain.verdict import VerdictCode
from smartradio.listening.facts import Facts, Missing, Words, facts_of
from smartradio.listening.recognisers.port import Recogniser, RecogniserError, Transcript, Word
from smartradio.listening.verdict import VerdictReason, decide
from smartradio.listening.words import compare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

SPEECH_GATE_DB = -50.0
"""Recognisers invent text on silence; a clip with no second above this level in the horn's band is given to none."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was heard at the node's microphone, no more; None means not measured, never zero.

    `transcript` is None when no recogniser of the language was asked, empty when one was and heard no word.
    `calibrated` says whether the recogniser knows the voices that read the text; None where nobody can tell.
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


def judge(
    clip: Signal | None,
    reference: Signal | None,
    segments: Sequence[tuple[float, float]] = (),
    recogniser: Recogniser | None = None,
    *,
    clip_starts_s: float = -2.0,
    text: Sequence[str] = (),
    voices: Sequence[str] = (),
    language: str = "vi",
    reported: bool = True,
    expected_delay_s: tuple[float, float] = OWN_WINDOW_S,
    expected_level_db: float | None = None,
) -> Judgement:
    """Judge one airing at one node.

    Shapes: clip [n], reference [m], float32 at 16 kHz; `clip_starts_s` as in audio.match. `segments`
    are the sentences' (start_s, end_s) in the recording; leave chimes out, they are no proof of a bulletin.
    `reported` says whether the node reported at all, `text` is what was to be read, line by line, `voices` are
    those that read it, and `expected_level_db` is the node's usual level at its microphone. A recogniser that does
    not speak `language` is not asked, and none is ever given the text: a grammar made of it confirms what was never
    said. What one hears of a voice that it is not calibrated for is shown and says nothing for or against.
    Raises AudioError for samples that cannot be used.
    """
    if clip is None or clip.size == 0:
        return _judgement(Facts(report=reported, clip=False, recording=reference is not None), ())
    transcript, notes = _transcribe(clip, recogniser, language)
    heard = transcript.words if transcript else ()
    calibrated = _calibrated(recogniser, voices) if transcript else None
    words = Words.UNKNOWN
    if transcript and calibrated is False:
        notes = (*notes, VerdictReason.UNKNOWN_VOICE)
    elif transcript:
        words = compare(text, [word.text for word in heard])
    found = None
    if reference is not None:
        found = match(
            clip,
            reference,
            clip_starts_s=clip_starts_s,
            expected_delay_s=expected_delay_s,
            segments=segments,
        )
        facts = replace(facts_of(found, words=words, expected_level_db=expected_level_db), report=reported)
    else:
        facts = Facts(report=reported, recording=False, words=words)
    return replace(
        _judgement(facts, notes),
        coverage=found.coverage if found else None,
        level_db=found.level_db if found else band_level_db(clip, RATE, *BAND_HZ),
        snr_db=found.snr_db if found else None,
        transcript=transcript.text if transcript else None,
        words=heard,
        calibrated=calibrated,
        recogniser_name=recogniser.name if recogniser and transcript else None,
        match=found,
    )


_WHERE = {
    Missing.END: (VerdictReason.STOPPED_EARLY,),
    Missing.BEGINNING: (VerdictReason.STARTED_LATE,),
    Missing.WITHIN: (VerdictReason.GAPS,),
    Missing.NOTHING: (),
}


def _judgement(facts: Facts, notes: tuple[VerdictReason, ...]) -> Judgement:
    row = decide(facts)
    where = _WHERE[facts.missing] if row.verdict is VerdictCode.PARTLY_AIRED else ()
    reasons = tuple(dict.fromkeys((*where, *row.reasons, *notes)))
    return Judgement(row.verdict, reasons)


def _calibrated(recogniser: Recogniser | None, voices: Sequence[str]) -> bool | None:
    if recogniser is None or not voices:
        return None
    return all(recogniser.calibrated_for(voice) for voice in voices)


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
