"""A relay afterwards: what was told to the nodes as one recording, by which they are judged."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from smartradio.audio.codec import encode_opus
from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.station.relay.placed import Placed
from smartradio.station.studio import recording_id
from smartradio.wire.signing import canonical

if TYPE_CHECKING:
    from smartradio.station.objects import Objects

_RATE: Final = 16_000
_LEAST_GAP_S: Final = 0.02


def bulletin_of(airing: Airing, title: str) -> Bulletin:
    """Return the bulletin that stands for what was relayed in one airing: it has no words of ours."""
    name = hashlib.sha256(canonical({"relayed": airing.id})).hexdigest()[:32]
    return Bulletin(name, title, "", airing.priority)


def recording_of(bulletin: Bulletin, pieces: Sequence[Placed], objects: Objects) -> Recording:
    """Return placed pieces as one recording that begins with the relay; blocking. `pieces` are not empty.

    What lay between is a pause; what lay before the first is silence of its own, which tells nothing.
    """
    ordered = sorted(pieces, key=lambda piece: piece.at_s)
    segments: list[Segment] = []
    if ordered[0].at_s > _LEAST_GAP_S:
        segments.append(_silence(ordered[0].at_s, objects))
    following = [piece.at_s for piece in ordered[1:]]
    for piece, next_s in zip(ordered, [*following, ordered[-1].ends_s], strict=True):
        segments.append(replace(piece.segment, pause_after_s=max(0.0, round(next_s - piece.ends_s, 6))))
    return Recording(recording_id(bulletin.id, segments), bulletin.id, "", tuple(segments))


def _silence(seconds: float, objects: Objects) -> Segment:
    opus = encode_opus(np.zeros(round(seconds * _RATE), np.float32), _RATE)
    return Segment(objects.put(opus), len(opus), seconds, 0.0, SegmentKind.CHIME)
