"""What the witnesses say, in the few words the decision table is written in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from smartradio.audio.match import FRAME_S, Match

COVERED = 0.9
SEGMENT_COVERED = 0.5
LITTLE_COVERED = 0.35
"""A chime before a short bulletin makes up a third of it."""
LONGEST_GAP_S = 1.5
STRAY_SHARE = 0.1
INTELLIGIBLE_SNR_DB = 3.0
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
WORDS_AGREE = 0.15
WORDS_ENOUGH = 5


class Own(StrEnum):
    """Is the own horn heard?"""

    HEARD = "heard"
    ABSENT = "absent"


class Far(StrEnum):
    """Does the recording arrive at another delay?"""

    POLE = "pole"
    ODD = "odd"
    NONE = "none"


class Covered(StrEnum):
    """How much of the recording is heard."""

    ALL = "all"
    PART = "part"
    LITTLE = "little"


class Words(StrEnum):
    """What a recogniser of the language makes of it."""

    AGREE = "agree"
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
    recording: bool = True
    whole_clip: bool = True
    own: Own = Own.HEARD
    far: Far = Far.NONE
    other_sound: bool = False
    drowned: bool = False
    muffled: bool = False
    clear: bool = True
    covered: Covered = Covered.ALL
    missing: Missing = Missing.NOTHING
    words: Words = Words.UNKNOWN


def facts_of(match: Match, *, words: Words = Words.UNKNOWN, expected_level_db: float | None = None) -> Facts:
    """Turn a match into facts; `expected_level_db` is the usual level at the node's microphone, if known."""
    covered, missing = _covered(match)
    return Facts(
        whole_clip=match.observed >= OBSERVED,
        own=Own.HEARD if match.own_heard else Own.ABSENT,
        far=_far(match),
        other_sound=_other_sound(match, expected_level_db),
        drowned=match.other_db > _loud_db(expected_level_db),
        muffled=match.tilt_db is not None and match.tilt_db < MUFFLED_TILT_DB,
        clear=match.snr_db is not None and match.snr_db >= INTELLIGIBLE_SNR_DB,
        covered=covered,
        missing=missing,
        words=words,
    )


def _far(match: Match) -> Far:
    if match.far_delay_s is None:
        return Far.NONE
    return Far.POLE if match.far_delay_s >= FAR_POLE_S else Far.ODD


def _loud_db(expected_level_db: float | None) -> float:
    return LOUD_DB if expected_level_db is None else expected_level_db


def _other_sound(match: Match, expected_level_db: float | None) -> bool:
    if match.other_speech < OTHER_VOICE or match.other_db < match.level_db + OTHER_OF_ALL_DB:
        return False
    if match.background_db is not None and match.other_db < match.background_db + OTHER_ABOVE_BACKGROUND_DB:
        return False
    # A voice far below what this horn gives is somebody else's: a passer-by, the next commune's loudspeaker.
    return match.other_db >= _loud_db(expected_level_db) - EXPECTED_MARGIN_DB


def _covered(match: Match) -> tuple[Covered, Missing]:
    heard = [there for there, active in zip(match.frames, match.active, strict=True) if active]
    gap = longest = 0
    for there in heard:
        gap = 0 if there else gap + 1
        longest = max(longest, gap)
    whole = (
        match.coverage >= COVERED
        and all(share >= SEGMENT_COVERED for share in match.coverage_by_segment)
        and longest * FRAME_S < LONGEST_GAP_S
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
