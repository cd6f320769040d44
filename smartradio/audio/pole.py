"""The simulated pole: what a node's microphone hears of its own horn, its neighbours' and the weather.

Runs in real time inside the virtual node, which so differs from a Pi's only in its sound device; numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.errors import AudioError
from smartradio.audio.noise import Noise, NoiseKind
from smartradio.audio.spectrum import HORN_BAND_HZ, band_pass, gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

SPEED_OF_SOUND_M_S = 343.0
SPEECH_DB = -16.0
"""In-band RMS of a recording mastered to −16 LUFS, pauses included."""
CUT_AT = 0.6
MUFFLED_HZ = 400.0
NOISY_ABOVE_SPEECH_DB = 10.0


class Fault(StrEnum):
    """What can be wrong with a pole's sound; `offline` is the node's own affair and changes no sound."""

    SILENT = "silent"
    NEIGHBOUR = "neighbour"
    CUT = "cut"
    WRONG = "wrong"
    MUFFLED = "muffled"
    NOISY = "noisy"


@dataclass(frozen=True, slots=True)
class Tap:
    """One reflection of the own horn: how late after the direct sound and how loud against it."""

    delay_s: float
    gain_db: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another pole within earshot."""

    distance_m: float
    gain_db: float

    @classmethod
    def at(cls, distance_m: float) -> Neighbour:
        """Return a neighbour as loud as its distance makes it: −14 dB at 100 m, 6 dB less each doubling.

        The microphone sits behind its own horn, so the step to a neighbour is smaller than the distances say.
        """
        return cls(distance_m=distance_m, gain_db=-14.0 - 20.0 * float(np.log10(distance_m / 100.0)))


@dataclass(frozen=True, slots=True)
class PoleScene:
    """Everything that shapes what one microphone hears; levels are dB against the recording's own level."""

    own_gain_db: float = -6.0
    own_delay_s: float = 0.006
    echoes: tuple[Tap, ...] = ()
    horn_band_hz: tuple[float, float] = HORN_BAND_HZ
    noise_kind: NoiseKind = NoiseKind.QUIET
    noise_db: float = -55.0
    neighbours: tuple[Neighbour, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        delays = [self.own_delay_s, *(echo.delay_s for echo in self.echoes)]
        if min(delays) < 0.0 or max(delays) > 1.0:
            raise AudioError("a pole's own delay and echoes must lie between 0 and 1 s")
        if any(not 0.0 < each.distance_m <= 2000.0 for each in self.neighbours):
            raise AudioError("a neighbour's distance must lie between 0 and 2000 m")


class SimulatedPole:
    """A pole one listens through, block by block; blocks may have any size and give the same signal.

    Neighbours' signals arrive undelayed, in the scene's order; the pole delays and attenuates them.
    """

    def __init__(self, scene: PoleScene, rate: int = 16000) -> None:
        self._rate = rate
        self._horn = _Filter(band_pass(rate, *scene.horn_band_hz))
        self._noise = Noise(scene.noise_kind, scene.noise_db, rate, scene.seed)
        direct = [(scene.own_delay_s, gain(scene.own_gain_db))]
        reflected = [
            (scene.own_delay_s + echo.delay_s, gain(scene.own_gain_db + echo.gain_db)) for echo in scene.echoes
        ]
        self._own = _DelayLine(direct + reflected, rate)
        self._neighbours = [
            _DelayLine([(each.distance_m / SPEED_OF_SOUND_M_S, gain(scene.own_gain_db + each.gain_db))], rate)
            for each in scene.neighbours
        ]

    def hear(self, own: Signal, neighbours: Sequence[Signal] = ()) -> Signal:
        """Return what the microphone picks up while the own horn plays `own` and the neighbours play theirs.

        Shapes: own [n], every neighbour [n] → [n], float32. Raises AudioError when they do not fit.
        """
        if len(neighbours) != len(self._neighbours):
            raise AudioError(f"the pole has {len(self._neighbours)} neighbours, {len(neighbours)} were given")
        if any(each.size != own.size for each in neighbours):
            raise AudioError("the neighbours' blocks must be as long as the own block")
        air = self._own.push(own)
        for line, block in zip(self._neighbours, neighbours, strict=True):
            air = air + line.push(block)
        return (self._horn.push(air) + self._noise.take(own.size)).astype(np.float32)


class FaultyHorn:
    """The own horn with a fault, placed between the player and the pole, block by block.

    `begin` says that the next sample played is the first of a recording of `length` samples; `substitute` is
    what is heard instead under `wrong`, from its beginning again where the recording is longer.
    """

    def __init__(self, fault: Fault | None, rate: int = 16000, *, substitute: Signal | None = None) -> None:
        if fault is Fault.WRONG and (substitute is None or substitute.size == 0):
            raise AudioError("the fault `wrong` needs other speech to play instead")
        self._fault = fault
        self._substitute = substitute if substitute is not None else np.zeros(0, dtype=np.float32)
        self._muffle = _Filter(band_pass(rate, 0.0, MUFFLED_HZ))
        self._length = 0
        self._played = 0

    def begin(self, length: int) -> None:
        """Start a new recording of `length` samples with the next block."""
        self._length = length
        self._played = 0

    def play(self, block: Signal) -> Signal:
        """Return what the horn gives for `block`; same shape, float32."""
        start = self._played
        self._played += block.size
        match self._fault:
            case Fault.SILENT | Fault.NEIGHBOUR:
                return np.zeros_like(block)
            case Fault.CUT:
                heard = block.copy()
                heard[max(int(CUT_AT * self._length) - start, 0) :] = 0.0
                return heard
            case Fault.WRONG:
                heard = np.zeros_like(block)
                places = np.arange(start, max(start, min(start + block.size, self._length)))
                heard[: places.size] = self._substitute[places % self._substitute.size]
                return heard
            case Fault.MUFFLED:
                return self._muffle.push(block)
            case _:
                return block


def demo_scene(
    node_index: int,
    seed: int,
    fault: Fault | None = None,
    *,
    neighbours: int = 2,
    speech_db: float = SPEECH_DB,
) -> PoleScene:
    """Return the scene of one demo node: the same for the same index and seed, plausible for any.

    `speech_db` is the recording's in-band level, against which the fault `noisy` sets its wind. The fault
    `neighbour` has at least one neighbour, whatever is asked for.
    """
    random = np.random.default_rng((seed, node_index))
    count = max(neighbours, 1) if fault is Fault.NEIGHBOUR else neighbours
    own_gain_db = float(random.uniform(-9.0, -4.0))
    kind = list(NoiseKind)[int(random.integers(len(NoiseKind)))]
    noise_db = {NoiseKind.QUIET: -58.0, NoiseKind.WIND: -46.0, NoiseKind.TRAFFIC: -46.0}[kind]
    scene = PoleScene(
        own_gain_db=own_gain_db,
        own_delay_s=float(random.uniform(0.002, 0.02)),
        echoes=(
            Tap(float(random.uniform(0.012, 0.04)), float(random.uniform(-14.0, -9.0))),
            Tap(float(random.uniform(0.06, 0.15)), float(random.uniform(-20.0, -13.0))),
        ),
        noise_kind=kind,
        noise_db=noise_db + float(random.uniform(-3.0, 3.0)),
        neighbours=tuple(Neighbour.at(float(random.uniform(100.0, 400.0))) for _ in range(count)),
        seed=int(random.integers(2**31)),
    )
    if fault is Fault.NOISY:
        wind_db = speech_db + own_gain_db + NOISY_ABOVE_SPEECH_DB
        return replace(scene, noise_kind=NoiseKind.WIND, noise_db=wind_db)
    return scene


class _Filter:
    """Streaming FIR by overlap-add."""

    def __init__(self, taps: Signal) -> None:
        self._taps = taps
        self._tail = np.zeros(taps.size - 1, dtype=np.float64)
        self._spectra: dict[int, NDArray[np.complex128]] = {}

    def push(self, block: NDArray[np.floating]) -> Signal:
        if block.size == 0:
            return np.zeros(0, dtype=np.float32)
        whole = block.size + self._taps.size - 1
        size = 1 << (whole - 1).bit_length()
        if size not in self._spectra:
            self._spectra[size] = np.fft.rfft(self._taps, size)
        out = np.fft.irfft(np.fft.rfft(block, size) * self._spectra[size], size)[:whole]
        out[: self._tail.size] += self._tail
        self._tail = out[block.size :]
        return out[: block.size].astype(np.float32)


class _DelayLine:
    """Streaming sum of delayed, attenuated copies of one signal."""

    def __init__(self, taps_s: Sequence[tuple[float, float]], rate: int) -> None:
        self._taps = [(round(delay_s * rate), factor) for delay_s, factor in taps_s]
        self._history = np.zeros(max(delay for delay, _ in self._taps), dtype=np.float32)

    def push(self, block: Signal) -> Signal:
        known = np.concatenate((self._history, block.astype(np.float32)))
        out = np.zeros(block.size, dtype=np.float32)
        for delay, factor in self._taps:
            start = self._history.size - delay
            out += np.float32(factor) * known[start : start + block.size]
        self._history = known[known.size - self._history.size :]
        return out
