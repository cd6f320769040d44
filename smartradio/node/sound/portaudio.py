"""A real sound card through PortAudio (sounddevice)."""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from smartradio.node.sound.port import OUTPUT_RATE, SoundError
from smartradio.node.sound.timeline import Offset, Timeline

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from smartradio.node.sound.port import Fill, Hear

_logger = logging.getLogger(__name__)

# So long sounds what is on its way to the card when it is told to be silent. 22.05 kHz was unreliable on Pi hardware,
# and short buffers underrun there: a card or a board that is too slow for this one gets the longer one from then on.
LATENCY_S = 0.1
CAREFUL_LATENCY_S = 0.15
# A device may mark its first blocks while it fills its buffer.
LATE_BLOCKS = 3
BLOCK_FRAMES = 480


class PortAudioSound:
    """One output and one input device, each found by its name at every opening (card numbers change).

    An empty name takes the system's default device. `monotonic` is the node's clock; blocks are timed by the
    device's own DAC and ADC times, mapped to it. Opening raises SoundError with the devices that are there.
    """

    input_rate = OUTPUT_RATE

    def __init__(
        self, output: str = "", microphone: str = "", *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._output_name = output
        self._input_name = microphone
        self._monotonic = monotonic
        self._output: Any = None
        self._input: Any = None
        self._underruns = 0
        self._latency_s = LATENCY_S
        self._late_blocks = 0

    @property
    def underruns(self) -> int:
        """Blocks that PortAudio marked as late (output) or lost (input)."""
        return self._underruns

    def open_output(self, fill: Fill) -> None:
        """Start the output stream."""
        if self._output is not None:
            return
        if self._late_blocks > LATE_BLOCKS and self._latency_s < CAREFUL_LATENCY_S:
            _logger.warning("sound output %r is late: from now on with a longer buffer", self._output_name or "default")
            self._latency_s = CAREFUL_LATENCY_S
        self._late_blocks = 0
        timeline, offset = Timeline(OUTPUT_RATE), Offset()

        def callback(out: NDArray[np.float32], frames: int, times: Any, status: Any) -> None:
            shift_s = offset.update(times.currentTime, self._monotonic())
            # PortAudio fills the first buffers before it knows the device's delay: the line settles in 50 ms.
            at_s = timeline.block(frames, times.outputBufferDacTime + shift_s)
            if status.output_underflow:
                self._underruns += 1
                self._late_blocks += 1
            fill(out[:, 0], at_s)

        self._output = self._start("OutputStream", "output", self._output_name, callback)

    def close_output(self) -> None:
        """Stop and close the output stream."""
        stream, self._output = self._output, None
        self._end(stream)

    def open_input(self, hear: Hear) -> None:
        """Start the input stream."""
        if self._input is not None:
            return
        timeline, offset = Timeline(OUTPUT_RATE), Offset()

        def callback(heard: NDArray[np.float32], frames: int, times: Any, status: Any) -> None:
            shift_s = offset.update(times.currentTime, self._monotonic())
            at_s = timeline.block(frames, times.inputBufferAdcTime + shift_s)
            if status.input_overflow:
                self._underruns += 1
            hear(heard[:, 0].copy(), at_s)

        self._input = self._start("InputStream", "input", self._input_name, callback)

    def close_input(self) -> None:
        """Stop and close the input stream."""
        stream, self._input = self._input, None
        self._end(stream)

    def announce(self, starts_at_s: float, duration_s: float) -> None:
        """Nothing to prepare: a real device plays what it is given."""

    def _start(self, kind: str, direction: str, name: str, callback: Callable[..., None]) -> Any:
        try:
            sounddevice = importlib.import_module("sounddevice")
        except OSError as error:
            raise SoundError(f"PortAudio is missing ({error}): apt install libportaudio2") from error
        try:
            device = _find(sounddevice, name, direction)
            stream = getattr(sounddevice, kind)(
                samplerate=OUTPUT_RATE,
                blocksize=BLOCK_FRAMES,
                device=device,
                channels=1,
                dtype="float32",
                latency=self._latency_s,
                callback=callback,
            )
            stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            # PortAudio reads its device list once; without this a card plugged in later is never seen.
            if self._output is None and self._input is None:
                _read_devices_again(sounddevice)
            line = " ".join(str(error).split())
            raise SoundError(f"sound {direction} {name or 'default'!r} does not open: {line}") from error
        _logger.debug("sound %s %s open, latency %.3f s", direction, name, stream.latency)
        return stream

    def _end(self, stream: Any) -> None:
        if stream is None:
            return
        try:
            stream.abort()
            stream.close()
        except importlib.import_module("sounddevice").PortAudioError as error:
            # A card that was pulled out cannot be closed; it is looked up anew at the next opening.
            _logger.warning("sound device did not close cleanly: %s", error)


def _read_devices_again(sounddevice: Any) -> None:
    sounddevice._terminate()  # noqa: SLF001 - the library's own documented way to re-read the list
    sounddevice._initialize()  # noqa: SLF001


def _find(sounddevice: Any, name: str, direction: str) -> int | None:
    if not name:
        return None
    channels = f"max_{direction}_channels"
    devices = [
        (index, str(device["name"])) for index, device in enumerate(sounddevice.query_devices()) if device[channels] > 0
    ]
    exact = [index for index, found in devices if found == name]
    partial = [index for index, found in devices if name.lower() in found.lower()]
    for candidates in (exact, partial):
        if candidates:
            return candidates[0]
    known = ", ".join(found for _, found in devices) or "none"
    raise SoundError(f"no sound {direction} named {name!r}; there are: {known}")
