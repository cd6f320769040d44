"""What the node itself says of a clip: level and reference match. The verdict is the station's."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from smartradio.audio.between import unbent
from smartradio.audio.codec import decode_opus, encode_opus
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
class Clip:
    """A microphone recording as Ogg Opus; `starts_s` is its first sample against that of the airing."""

    data: bytes
    sha256: str
    starts_s: float

    def facts(self) -> dict[str, Any]:
        """Return what a report says of it: enough to know it again by."""
        return {"sha256": self.sha256, "size_bytes": len(self.data), "starts_s": round(self.starts_s, 6)}


@dataclass(frozen=True, slots=True)
class Measured:
    """The facts of a MEASURED report without its clip, and the clip if one was wanted and could be made."""

    facts: dict[str, Any]
    clip: Clip | None


def measure(
    pcm: Signal,
    clip_starts_s: float,
    pieces: Sequence[Piece],
    *,
    bitrate: int | None,
    volume_db: float = 0.0,
    bends: Sequence[tuple[float, float]] = (),
) -> Measured:
    """Compare what the microphone heard with what should have been played, and encode the clip.

    The figures are those of the clip as the station would decode it, coding noise and all: only so can they be held
    against the figures of clips that were sent (at 16 kbit/s the coder takes a clean airing from 30 dB to 13).
    `coverage_by_segment` has one figure a segment that is no chime; the reference is the whole recording.
    `pcm` is [n] float32 at 16 kHz, `clip_starts_s` its first sample against that of the airing; no clip is made
    without a `bitrate`. `volume_db` is how much quieter than usual the plan wanted it: the gain that is found is
    against what was played, so that a quiet evening is no weak horn. What was played a little faster or slower to
    keep it in step (`bends`, of `Pace`) is in the clip as it would be at an even pace. A match that cannot be computed
    leaves its figures out and says why; nothing is made up.
    """
    facts: dict[str, Any] = {}
    clip = None
    pcm = unbent(pcm, CLIP_RATE, clip_starts_s, bends)
    if bitrate is not None:
        try:
            data = encode_opus(pcm, CLIP_RATE, bitrate=bitrate)
            pcm, clip = decode_opus(data, CLIP_RATE), Clip(data, sha256_hex(data), clip_starts_s)
        except ValueError as error:
            facts["clip_error"] = str(error)
    try:
        found = match(
            pcm,
            np.float32(10.0 ** (volume_db / 20.0)) * _reference(pieces),
            clip_starts_s=clip_starts_s,
            segments=_spoken_spans(pieces),
        )
        facts.update(figures_of(found))
    except (ValueError, OSError) as error:
        facts["match_error"] = str(error)
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


def figures_of(found: Match) -> dict[str, Any]:
    """Return all that the match holds, so that the station can decide by its own table without the sound."""
    return {
        "own_heard": found.own_heard,
        "coverage": round(found.coverage, 4),
        "coverage_by_segment": [round(share, 4) for share in found.coverage_by_segment],
        "delay_ms": _rounded(found.delay_s, 1000),
        "delay_confidence": round(found.delay_confidence, 4),
        "level_db": _rounded(found.level_db),
        "background_db": _rounded(found.background_db),
        "snr_db": _rounded(found.snr_db),
        "tilt_db": _rounded(found.tilt_db),
        "high_band_coverage": round(found.high_band_coverage, 4),
        "far_delay_ms": _rounded(found.far_delay_s, 1000),
        "far_confidence": round(found.far_confidence, 4),
        "other_speech": round(found.other_speech, 4),
        "other_db": _rounded(found.other_db),
        "observed": round(found.observed, 4),
        "gain_db": _rounded(found.gain_db),
        "frames": {"count": len(found.frames), "heard": packed(found.frames), "active": packed(found.active)},
    }


def packed(frames: Sequence[bool]) -> str:
    """Return one bit a frame, deflated, in base64: some 100 characters for a minute of frames of 100 ms."""
    bits = np.packbits(np.asarray(frames, dtype=bool)).tobytes()
    return base64.b64encode(zlib.compress(bits, 9)).decode("ascii")


def _rounded(value: float | None, factor: float = 1.0) -> float | None:
    return None if value is None else round(value * factor, 2)
