"""The child process that holds espeak-ng.

espeak-ng keeps its state in globals and has been seen to hang and to crash, so it lives alone here and
answers through `smartradio.supervised`. Run as `python -m smartradio.speech.voices.espeak_worker
[wheel|system]`: the library of the espeakng-loader wheel, or the one the operating system brings. Each
takes the other's place where its own is not installed.
"""

from __future__ import annotations

import ctypes
import os
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from smartradio.speech.voices.forked import in_a_fork
from smartradio.supervised import serve

# speak_lib.h: report a missing data folder instead of ending the process.
DONT_EXIT = 0x8000
BUFFER_MS = 200
# At 100 the Vietnamese voices touch full scale; mastering sets the loudness afterwards anyway.
VOLUME = 60


class Espeak:
    """espeak-ng through pyttsx3's bindings, in the mode where synthesis returns when it is done."""

    def __init__(self, *, system: bool = False) -> None:
        self._library, self._data = _system_library() if system else _wheel_library()
        self._samples = bytearray()
        self.rate = self._library.Initialize(self._library.AUDIO_OUTPUT_SYNCHRONOUS, BUFFER_MS, None, DONT_EXIT)
        if self.rate <= 0:
            raise SystemExit("espeak-ng does not find its voice data; reinstall espeakng-loader")
        self._library.SetSynthCallback(self._collect)

    def answer(self, request: dict[str, object], payload: bytes) -> tuple[dict[str, object], bytes]:
        """Speak `payload` (UTF-8) as the request's `voice` and `rate_wpm`; 16-bit samples come back.

        A request with `warm` in it only asks whether the child is there. Raises ValueError for what espeak
        does not know. A crash ends the process, as in any worker.
        """
        if "warm" in request:
            return {"rate": self.rate}, b""
        voice, rate_wpm = request["voice"], request["rate_wpm"]
        assert isinstance(voice, str)
        assert isinstance(rate_wpm, int)
        said = in_a_fork(lambda: self._samples_of(voice, rate_wpm, payload), "espeak-ng")
        return {"rate": self.rate}, said

    def _samples_of(self, voice: str, rate_wpm: int, text: bytes) -> bytes:
        self._choose(voice)
        for parameter, value in ((self._library.RATE, rate_wpm), (self._library.VOLUME, VOLUME)):
            if self._library.SetParameter(parameter, value) != self._library.EE_OK:
                raise ValueError(f"espeak-ng does not take the speed {rate_wpm}")
        code = self._library.Synth(text, flags=self._library.CHARS_UTF8)
        if code != self._library.EE_OK:
            raise ValueError(f"espeak-ng gave up with code {code}")
        return bytes(self._samples)

    def _choose(self, voice: str) -> None:
        variant = voice.partition("+")[2]
        # espeak drops an unknown variant without a word and speaks with the plain voice.
        if variant and self._data is not None and not (self._data / "voices" / "!v" / variant).is_file():
            raise ValueError(f"espeak-ng has no variant {variant!r}")
        if self._library.SetVoiceByName(voice.encode()) != self._library.EE_OK:
            raise ValueError(f"espeak-ng has no voice {voice!r}")

    def _collect(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, count * 2)
        return 0


def _wheel_library() -> tuple[ModuleType, Path | None]:
    """Load espeak-ng from the espeakng-loader wheel, ahead of any the system may have; return it and its data."""
    try:
        import espeakng_loader  # noqa: PLC0415 - without the wheel the system's espeak-ng serves
    except ImportError:
        return _bindings(), None
    library = Path(espeakng_loader.get_library_path())
    # The bindings look for this soname and find it loaded already.
    ctypes.CDLL(str(library.with_name("libespeak-ng.so.1")), mode=ctypes.RTLD_GLOBAL)
    data = Path(espeakng_loader.get_data_path())
    os.environ["ESPEAK_DATA_PATH"] = str(data)
    return _bindings(), data


def _system_library() -> tuple[ModuleType, Path | None]:
    try:
        return _bindings(), None
    except RuntimeError:  # how the bindings say that they found no library
        return _wheel_library()


def _bindings() -> ModuleType:
    # Only now: importing them looks for the library.
    from pyttsx3.drivers import _espeak  # noqa: PLC0415

    module: ModuleType = _espeak
    return module


if __name__ == "__main__":
    # Python 3.12 warns of forks beside threads; ours only waits in read() and the fork never needs it.
    warnings.simplefilter("ignore", DeprecationWarning)
    serve(Espeak(system=sys.argv[1:] == ["system"]).answer)
