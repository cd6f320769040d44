"""What the witnesses say, in the few words the decision table is written in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from smartradio.audio.match import Match, longest_gap_s
from smartradio.listening.usual import Usual

COVERED = 0.9
SEGMENT_COVERED = 0.5
LITTLE_COVERED = 0.35
"""A chime before a short bulletin makes up a third of it."""
LONGEST_GAP_S = 1.5
LONGEST_SILENCE_S = 1.0
"""A gap in which nothing as loud sounds either, which could have covered the horn."""
STRAY_SHARE = 0.1
INTELLIGIBLE = 0.43
"""Through the codec a clip has 0.04 less than before it, where 0.5 is good and 0.42 no longer understood."""
INTELLIGIBLE_SNR_DB = 3.0
"""Where intelligibility could not be measured, this stands for it."""
NOISY_DB = 10.0
"""Not understood and no louder than the background by this: laid to noise; else to the horn."""
MUFFLED_TILT_DB = -15.0
OBSERVED = 0.95
OTHER_VOICE = 0.08
OTHER_ABOVE_BACKGROUND_DB = 6.0
OTHER_OF_ALL_DB = -2.0
"""What far poles leave unexplained stays 2.7 dB or more below all that is heard, other speech within 1.4 dB of it."""
LOUD_DB = -25.0
"""An unexplained sound this loud could have covered a working horn (settings of a usual microphone)."""
EXPECTED_MARGIN_DB = 10.0
FAR_POLE_S = 0.25
"""86 m: an arrival this late is another pole's; an earlier one outside the own window is a riddle."""
AS_LOUD_DB = 6.0
"""An arrival within this of the own horn's usual gain is too loud for another pole's."""
AS_CLEAR_DB = 6.0
LOUDER_DB = 10.0


class AtNode(StrEnum):
    """What the figures say that the node measured itself."""

    UNTOLD = "untold"
    DOUBTFUL = "doubtful"
    GOOD = "good"


class Own(StrEnum):
    """Is the own horn heard? Faint: at its delay, but far below its own usual level."""

    HEARD = "heard"
    FAINT = "faint"
    ABSENT = "absent"


class Far(StrEnum):
    """Does the recording arrive at another delay? A speaker: at an odd one, far below the own horn's usual level."""

    POLE = "pole"
    SPEAKER = "speaker"
    ODD = "odd"
    NONE = "none"


class Covered(StrEnum):
    """How much of the recording is heard."""

    ALL = "all"
    PART = "part"
    LITTLE = "little"


class Words(StrEnum):
    """What a recogniser of the language makes of it.

    Changed: other words than the bulletin's, and level and match bear it out: the horn sounds, the recording does
    not. Lost: words that matter, and the horn fell silent there. Differ: by the recogniser alone. Missing: a
    number or a good part of a sentence that it does not hear, though the horn sounds. Disagree: hardly any of the
    words. Unknown: no proof of words.
    """

    AGREE = "agree"
    DOUBTFUL = "doubtful"
    CHANGED = "changed"
    LOST = "lost"
    DIFFER = "differ"
    MISSING = "missing"
    DISAGREE = "disagree"
    UNKNOWN = "unknown"


class Missing(StrEnum):
    """Where the missing part lies."""

    END = "end"
    BEGINNING = "beginning"
    WITHIN = "within"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the decision table may look at; the defaults are those of an airing as it should be."""

    report: bool = True
    clip: bool = True
    clip_due: bool = True
    at_node: AtNode = AtNode.UNTOLD
    recording: bool = True
    whole_clip: bool = True
    replayed: bool = False
    own: Own = Own.HEARD
    as_clear: bool = False
    far: Far = Far.NONE
    other_sound: bool = False
    drowned: bool = False
    loud: bool = False
    understood: bool = True
    muffled: bool = False
    clear: bool = True
    covered: Covered = Covered.ALL
    missing: Missing = Missing.NOTHING
    words: Words = Words.UNKNOWN
    text_heard: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The recording as it is heard at a delay that is not the own horn's; gain as in Match."""

    delay_s: float
    gain_db: float | None


def facts_of(
    match: Match,
    *,
    usual: Usual | None = None,
    elsewhere: Elsewhere | None = None,
    intelligibility: float | None = None,
    silence_s: float = 0.0,
) -> Facts:
    """Turn a match into facts; `usual` is what the node's own horn is like, if known.

    `elsewhere` is what a second look found at another delay; `intelligibility` is that of what the own horn said,
    `silence_s` the longest stretch of the recording with nothing as loud as this horn in the clip.
    """
    muffled = match.tilt_db is not None and match.tilt_db < MUFFLED_TILT_DB
    covered, missing = _covered(match, silence_s)
    return Facts(
        whole_clip=match.observed >= OBSERVED,
        own=_own(match, usual),
        as_clear=_as_clear(match, usual),
        far=_far(match, usual, elsewhere),
        other_sound=_other_sound(match, usual),
        drowned=match.other_db > _loud_db(usual),
        loud=_loud(match, usual),
        understood=_understood(match, intelligibility, muffled=muffled),
        muffled=muffled,
        clear=_clear(match),
        covered=covered,
        missing=missing,
    )


def _understood(match: Match, intelligibility: float | None, *, muffled: bool) -> bool:
    if intelligibility is not None:
        return intelligibility >= INTELLIGIBLE
    return not muffled and match.snr_db is not None and match.snr_db >= INTELLIGIBLE_SNR_DB


def _clear(match: Match) -> bool:
    if match.background_db is None:
        return match.snr_db is not None and match.snr_db >= INTELLIGIBLE_SNR_DB
    return match.level_db >= match.background_db + NOISY_DB


def _own(match: Match, usual: Usual | None) -> Own:
    if not match.own_heard:
        return Own.ABSENT
    if usual is None or match.gain_db is None or match.gain_db >= usual.faintest_db:
        return Own.HEARD
    return Own.FAINT


def _as_clear(match: Match, usual: Usual | None) -> bool:
    """Say whether it stands out of the noise as usual: then the microphone is weaker, not the horn."""
    if usual is None or usual.snr_db is None or match.snr_db is None:
        return False
    return match.snr_db >= usual.snr_db - AS_CLEAR_DB


def _far(match: Match, usual: Usual | None, elsewhere: Elsewhere | None) -> Far:
    delay_s = elsewhere.delay_s if elsewhere else match.far_delay_s
    if delay_s is None:
        return Far.NONE
    if usual is not None and elsewhere is not None and elsewhere.gain_db is not None:
        if elsewhere.gain_db >= usual.gain_db - AS_LOUD_DB:
            # As loud as the own horn always was: it is late, and no pole far away.
            return Far.ODD
        if delay_s < FAR_POLE_S and elsewhere.gain_db < usual.faintest_db:
            return Far.SPEAKER
    return Far.POLE if delay_s >= FAR_POLE_S else Far.ODD


def _loud_db(usual: Usual | None) -> float:
    return LOUD_DB if usual is None or usual.level_db is None else usual.level_db


def _loud(match: Match, usual: Usual | None) -> bool:
    """Say whether something sounds during the airing alone that could be this horn by its level."""
    if match.background_db is None or match.other_db < match.background_db + LOUDER_DB:
        return False
    return match.other_db >= _loud_db(usual) - EXPECTED_MARGIN_DB


def _other_sound(match: Match, usual: Usual | None) -> bool:
    if match.other_speech < OTHER_VOICE or match.other_db < match.level_db + OTHER_OF_ALL_DB:
        return False
    if match.background_db is not None and match.other_db < match.background_db + OTHER_ABOVE_BACKGROUND_DB:
        return False
    # A voice far below what this horn gives is somebody else's: a passer-by, the next commune's loudspeaker.
    return match.other_db >= _loud_db(usual) - EXPECTED_MARGIN_DB


def _covered(match: Match, silence_s: float) -> tuple[Covered, Missing]:
    heard = [there for there, active in zip(match.frames, match.active, strict=True) if active]
    # Half of a short bulletin is chimes, whose last second dies away in any wind.
    least = min(match.coverage_by_segment, default=0.0)
    whole = (
        max(match.coverage, least) >= COVERED
        and all(share >= SEGMENT_COVERED for share in match.coverage_by_segment)
        and longest_gap_s(match.frames, match.active) < LONGEST_GAP_S
        and silence_s < LONGEST_SILENCE_S
    )
    if whole:
        return Covered.ALL, Missing.NOTHING
    no_sentence = bool(match.coverage_by_segment) and max(match.coverage_by_segment) < SEGMENT_COVERED
    covered = Covered.LITTLE if no_sentence or match.coverage < LITTLE_COVERED else Covered.PART
    if _stops(heard):
        return covered, Missing.END
    return covered, Missing.BEGINNING if _stops(heard[::-1]) else Missing.WITHIN


def _stops(heard: list[bool]) -> bool:
    """Return whether what is missing lies at the end, but for a tenth of the frames."""
    if not heard:
        return False
    wrong_before, wrong_after = 0, heard.count(True)
    fewest = wrong_after
    for there in heard:
        wrong_before += not there
        wrong_after -= there
        fewest = min(fewest, wrong_before + wrong_after)
    return heard.count(False) > fewest and fewest <= STRAY_SHARE * len(heard)
