"""What a node can play by itself: recordings that come with the program, one of the owner's, and a siren it makes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from smartradio.audio.siren import siren
from smartradio.node.sound.port import OUTPUT_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_logger = logging.getLogger(__name__)

SHIPPED: Final = Path(__file__).parent / "sounds"
"""Made by `firmware/sounds/make`."""
EVACUATE: Final = "evacuate"
_MOST_BYTES: Final = 1_000_000
_LONGEST_S: Final = 60.0
_LEAST_S: Final = 1.0
_AUDIBLE: Final = 0.02
_SIREN_PEAK: Final = 0.5


@dataclass(frozen=True, slots=True)
class LocalSound:
    """A sound at hand in memory, so that no disk is needed when it must be heard; `decode` gives it at OUTPUT_RATE."""

    origin: Literal["own", "shipped", "siren"]
    decode: Callable[[], Signal]
    duration_s: float


def evacuation_sound(own: Path | None, decode: Callable[[bytes], Signal], *, shipped: Path = SHIPPED) -> LocalSound:
    """Return what calls people to leave: the owner's recording, else ours, else a siren alone; always something.

    Each is decoded once here, so that what cannot be played is known before anybody needs it.
    """
    if own is not None and (found := _read(own, "own", decode)) is not None:
        return found
    return _read(shipped / f"{EVACUATE}.opus", "shipped", decode) or evacuation_siren()


def evacuation_siren() -> LocalSound:
    """Return the siren for "leave now", which needs no file."""
    sound = _siren()
    return LocalSound("siren", _siren, sound.size / OUTPUT_RATE)


def _siren() -> Signal:
    sound = siren("siren_evacuate", OUTPUT_RATE)
    return np.asarray(_SIREN_PEAK * sound / np.abs(sound).max(), dtype=np.float32)


def _read(path: Path, origin: Literal["own", "shipped"], decode: Callable[[bytes], Signal]) -> LocalSound | None:
    try:
        with path.open("rb") as file:
            # Of a film that somebody chose by mistake this is no whole sound, and is told as such.
            data = file.read(_MOST_BYTES)
        pcm = decode(data)
    except (OSError, ValueError) as error:
        _logger.error("the recording %s cannot be played: %s", path, error)  # noqa: TRY400 - the line says it all
        return None
    length_s = pcm.size / OUTPUT_RATE
    if not _LEAST_S <= length_s <= _LONGEST_S or float(np.abs(pcm).max()) < _AUDIBLE:
        _logger.error("the recording %s is silent, or not of %.0f to %.0f s", path, _LEAST_S, _LONGEST_S)
        return None
    return LocalSound(origin, partial(decode, data), length_s)
