"""What the node itself says of a clip: level and reference match. The verdict is the station's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from smartradio.audio.codec import encode_opus
from smartradio.audio.match import Match, match
from smartradio.audio.resample import resample
from smartradio.domain.bulletin import SegmentKind, segment_spans
from smartradio.node.feed import Piece
from smartradio.node.microphone import CLIP_RATE
from smartradio.node.sound.port import OUTPUT_RATE
from smartradio.wire.chunks import sha256_hex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measured:
    """The facts of a MEASURED report, and the clip as Ogg Opus if one was asked for."""

    facts: dict[str, Any]
    clip: bytes | None


def measure(pcm: Signal, clip_starts_s: float, pieces: Sequence[Piece], *, send_clip: bool, bitrate: int) -> Measured:
    """Compare what the microphone heard with what should have been played, and encode the clip.

    `coverage_by_segment` has one figure a segment that is no chime; the reference is the whole recording.
    `pcm` is [n] float32 at 16 kHz, `clip_starts_s` its first sample against that of the airing. A match that
    cannot be computed leaves its figures out and says why; nothing is made up.
    """
    facts: dict[str, Any] = {}
    try:
        found = match(
            pcm,
            _reference(pieces),
            clip_starts_s=clip_starts_s,
            segments=_spoken_spans(pieces),
        )
        facts.update(_figures(found))
    except (ValueError, OSError) as error:
        facts["match_error"] = str(error)
    if not send_clip:
        return Measured(facts, None)
    try:
        clip = encode_opus(pcm, CLIP_RATE, bitrate=bitrate)
    except ValueError as error:
        return Measured(facts | {"clip_error": str(error)}, None)
    facts["clip"] = {
        "sha256": sha256_hex(clip),
        "size_bytes": len(clip),
        "starts_s": round(clip_starts_s, 6),
    }
    return Measured(facts, clip)


def _spoken_spans(pieces: Sequence[Piece]) -> list[tuple[float, float]]:
    """Return where the segments lie whose coverage says something: a chime is no part of the bulletin's text."""
    spans = segment_spans([(piece.duration_s, piece.pause_after_s) for piece in pieces])
    return [span for span, piece in zip(spans, pieces, strict=True) if piece.kind is not SegmentKind.CHIME]


def _reference(pieces: Sequence[Piece]) -> Signal:
    parts: list[Signal] = []
    for number, piece in enumerate(pieces):
        parts.append(resample(piece.decode(), OUTPUT_RATE, CLIP_RATE))
        if number < len(pieces) - 1:
            parts.append(np.zeros(round(piece.pause_after_s * CLIP_RATE), dtype=np.float32))
    return np.concatenate(parts)


def _figures(found: Match) -> dict[str, Any]:
    return {
        "coverage": round(found.coverage, 4),
        "coverage_by_segment": [round(share, 4) for share in found.coverage_by_segment],
        "delay_ms": _rounded(found.delay_s, 1000),
        "level_db": _rounded(found.level_db),
        "background_db": _rounded(found.background_db),
        "snr_db": _rounded(found.snr_db),
        "tilt_db": _rounded(found.tilt_db),
    }


def _rounded(value: float | None, factor: float = 1.0) -> float | None:
    return None if value is None else round(value * factor, 2)
