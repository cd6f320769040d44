"""Looking for a node's own horn: where it always is, and, when it is not there, a second time elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from smartradio.audio.match import OWN_WINDOW_S, Match, match
from smartradio.listening.facts import FAR_POLE_S, Elsewhere

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from smartradio.listening.usual import Usual

    Signal = NDArray[np.float32]

_ODD_S = (-0.1, FAR_POLE_S)
_NEAR_S = 0.02


def listen_for(
    clip: Signal,
    reference: Signal,
    segments: Sequence[tuple[float, float]],
    *,
    clip_starts_s: float,
    usual: Usual | None,
) -> tuple[Match, Elsewhere | None]:
    """Match a clip with its recording, at the node's usual delay if that is known.

    Where the own horn is not there, the second value is what is heard of the recording at another delay, and how loud:
    only that tells a horn that is late from another one. Shapes and errors as in `judge`.
    """
    window_s = OWN_WINDOW_S if usual is None else usual.window_s
    found = match(clip, reference, clip_starts_s=clip_starts_s, expected_delay_s=window_s, segments=segments)
    if found.own_heard or usual is None:
        return found, None
    far_s = found.far_delay_s
    pole = far_s is not None and far_s >= FAR_POLE_S
    elsewhere_s = (far_s - _NEAR_S, far_s + _NEAR_S) if pole and far_s is not None else _ODD_S
    second = match(clip, reference, clip_starts_s=clip_starts_s, expected_delay_s=elsewhere_s)
    if not second.own_heard or second.delay_s is None:
        return found, None
    return found, Elsewhere(second.delay_s, second.gain_db)
