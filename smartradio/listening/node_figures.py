"""What a node's own signed figures say: the match it made itself, held against this node's own past.

A node's word proves nothing more than its signature, and no recogniser listened. So its figures alone count only
where nothing about them is out of the ordinary; whatever is doubtful wants the clip.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from smartradio.audio.match import Match, longest_gap_s
from smartradio.domain.verdict import VerdictCode
from smartradio.listening.facts import AS_CLEAR_DB, AS_LOUD_DB, AtNode, facts_of
from smartradio.listening.usual import Usual
from smartradio.listening.verdict import decide

T = TypeVar("T")

# Stricter than for a clip, to which a recogniser and a person can listen.
GOOD_COVERAGE = 0.95
GOOD_SEGMENT = 0.8
GOOD_GAP_S = 0.45
"""Good airings in moderate wind miss 0.3 s together; what covers two words is longer."""
GOOD_SNR_DB = 8.0
GOOD_TILT_DB = -12.0
GOOD_OTHER_SPEECH = 0.02
_LONGEST_FRAMES = 864_000
"""A day of frames of 100 ms."""

NO_FIGURES = "no_figures"
NO_PAST = "no_past"
"""The node has not been heard often enough to say what is usual there."""


def match_of(figures: Mapping[str, Any]) -> Match | None:
    """Return the match that a node's MEASURED report tells of; None if a figure is missing or no such figure.

    Nothing is filled in: a report of half the figures is no match.
    """
    try:
        frames = figures["frames"]
        count = _count(frames["count"])
        return Match(
            own_heard=_of(bool, figures["own_heard"]),
            delay_s=_seconds(figures["delay_ms"]),
            delay_confidence=_number(figures["delay_confidence"]),
            coverage=_share(figures["coverage"]),
            coverage_by_segment=tuple(_share(share) for share in _of(list, figures["coverage_by_segment"])),
            frames=_unpacked(frames["heard"], count),
            active=_unpacked(frames["active"], count),
            level_db=_number(figures["level_db"]),
            background_db=_maybe(figures["background_db"]),
            snr_db=_maybe(figures["snr_db"]),
            tilt_db=_maybe(figures["tilt_db"]),
            high_band_coverage=_share(figures["high_band_coverage"]),
            far_delay_s=_seconds(figures["far_delay_ms"]),
            far_confidence=_number(figures["far_confidence"]),
            other_speech=_share(figures["other_speech"]),
            other_db=_number(figures["other_db"]),
            observed=_share(figures["observed"]),
            gain_db=_maybe(figures["gain_db"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError, zlib.error, binascii.Error):
        return None


def doubts(found: Match | None, usual: Usual | None) -> tuple[str, ...]:
    """Return what speaks against a match made at the node, in codes; nothing for a good airing in every respect.

    `usual` is what this node's own horn is like; without it there is nothing to hold the figures against.
    """
    if found is None:
        return (NO_FIGURES,)
    row = decide(facts_of(found, usual=usual))
    against = [str(reason) for reason in row.reasons] or ([str(row.verdict)] if _bad(row.verdict) else [])
    against += [name for name, fine in _bounds(found).items() if not fine]
    if usual is None:
        return (*against, NO_PAST)
    against += [name for name, fine in _as_usual(found, usual).items() if not fine]
    return tuple(dict.fromkeys(against))


def at_node(against: Sequence[str]) -> AtNode:
    """Return the fact that the decision table asks for."""
    if not against:
        return AtNode.GOOD
    return AtNode.UNTOLD if NO_FIGURES in against else AtNode.DOUBTFUL


def _bad(verdict: VerdictCode) -> bool:
    return verdict is not VerdictCode.AIRED


def _bounds(found: Match) -> dict[str, bool]:
    return {
        "coverage": found.coverage >= GOOD_COVERAGE and min(found.coverage_by_segment, default=1.0) >= GOOD_SEGMENT,
        "gap": longest_gap_s(found.frames, found.active) < GOOD_GAP_S,
        "snr": found.snr_db is not None and found.snr_db >= GOOD_SNR_DB,
        "tilt": found.tilt_db is not None and found.tilt_db >= GOOD_TILT_DB,
        "other_speech": found.other_speech < GOOD_OTHER_SPEECH,
    }


def _as_usual(found: Match, usual: Usual) -> dict[str, bool]:
    earliest_s, latest_s = usual.window_s
    return {
        "delay": found.delay_s is not None and earliest_s <= found.delay_s <= latest_s,
        "gain": found.gain_db is not None and abs(found.gain_db - usual.gain_db) <= AS_LOUD_DB,
        "usual_snr": usual.snr_db is None or found.snr_db is None or found.snr_db >= usual.snr_db - AS_CLEAR_DB,
    }


def _of(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no figure")
    return float(value)


def _maybe(value: object) -> float | None:
    return None if value is None else _number(value)


def _share(value: object) -> float:
    share = _number(value)
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"{share} is no share")
    return share


def _seconds(value: object) -> float | None:
    return None if value is None else _number(value) / 1_000.0


def _count(value: object) -> int:
    count = _of(int, value)
    if not 0 < count <= _LONGEST_FRAMES:
        raise ValueError(f"{count} frames")
    return count


def _unpacked(text: object, count: int) -> tuple[bool, ...]:
    """Return the frames of a deflated bit string; a longer one than announced is not unpacked to its end."""
    size = (count + 7) // 8
    bits = zlib.decompressobj().decompress(base64.b64decode(_of(str, text), validate=True), size + 1)
    if len(bits) != size:
        raise ValueError(f"{len(bits)} bytes for {count} frames")
    frames = chain.from_iterable((bool(byte >> (7 - bit) & 1) for bit in range(8)) for byte in bits)
    return tuple(frames)[:count]
