"""The child that runs a Piper voice: `python -m smartradio.speech.voices.piper_worker MODEL.onnx SETTINGS.json`.

Piper's models draw random numbers, for breath and rhythm, from a generator that goes on from sentence to
sentence. Rather than turn the noise off, which flattens the voice, the generator is seeded once and each
sentence is spoken in a fork of that state. onnxruntime's pool of threads would not live in a fork, so it
runs in one thread; the other core stays for the station.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
from piper import PiperVoice, SynthesisConfig
from piper.config import PhonemeType, PiperConfig

from smartradio.speech.voices.characters import in_the_voices_letters, refusal, unknown_characters
from smartradio.speech.voices.forked import in_a_fork
from smartradio.speech.voices.port import OWN_RATE_WPM
from smartradio.supervised import serve

_SEED = 1
_ERRORS_ONLY = 3
_WARM_UP = "một hai ba bốn năm"
# Between two sentences that Piper's phonemizer sees in one.
_PAUSE_S = 0.2


class Piper:
    """A loaded Piper voice that has proven that it makes sound."""

    def __init__(self, model: Path, settings: Path) -> None:
        onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
        onnxruntime.set_seed(_SEED)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        config = PiperConfig.from_dict(json.loads(settings.read_text(encoding="utf-8")))
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._voice = PiperVoice(session=session, config=config)
        warm_up = self._samples_of(self._voice.phonemize(_WARM_UP), OWN_RATE_WPM)
        if not warm_up.size or not np.isfinite(warm_up).all():
            raise ValueError("the model makes no sound")

    def answer(self, request: dict[str, object], payload: bytes) -> tuple[dict[str, object], bytes]:
        """Speak `payload` (UTF-8) at the request's `rate_wpm`; float32 samples come back.

        A request with `warm` in it only asks whether the model is loaded. Raises ValueError for what the
        model has no sound for.
        """
        rate = {"rate": self._voice.config.sample_rate}
        if "warm" in request:
            return {**rate}, b""
        rate_wpm = request["rate_wpm"]
        assert isinstance(rate_wpm, int)
        text = payload.decode()
        return {**rate}, in_a_fork(lambda: self._spoken(text, rate_wpm).tobytes(), "piper")

    def _spoken(self, text: str, rate_wpm: int) -> np.ndarray:
        known = self._voice.config.phoneme_id_map
        if self._voice.config.phoneme_type == PhonemeType.TEXT:
            text = in_the_voices_letters(text, known)
        sentences = self._voice.phonemize(text)
        unknown = unknown_characters((each for phonemes in sentences for each in phonemes), known)
        if unknown:
            raise ValueError(refusal(unknown))
        return self._samples_of(sentences, rate_wpm)

    def _samples_of(self, sentences: list[list[str]], rate_wpm: int) -> np.ndarray:
        config = self._voice.config
        settings = SynthesisConfig(length_scale=config.length_scale * OWN_RATE_WPM / rate_wpm)
        spoken: list[np.ndarray] = []
        for phonemes in sentences:
            if spoken:
                spoken.append(np.zeros(round(_PAUSE_S * config.sample_rate)))
            samples = self._voice.phoneme_ids_to_audio(self._voice.phonemes_to_ids(phonemes), settings)
            assert isinstance(samples, np.ndarray)
            spoken.append(np.atleast_1d(samples))
        whole = np.concatenate(spoken) if spoken else np.zeros(0)
        return whole.astype("<f4")


def main() -> None:
    """Load the voice, then answer; a model that cannot be used ends the child with one line."""
    try:
        voice = Piper(Path(sys.argv[1]), Path(sys.argv[2]))
    except Exception as error:  # noqa: BLE001 - onnxruntime raises kinds of its own; the parent tells the line
        raise SystemExit(f"not a usable Piper voice: {type(error).__name__}: {' '.join(str(error).split())}") from None
    serve(voice.answer)


if __name__ == "__main__":
    # Python 3.12 warns of forks beside threads; ours only waits in read() and the fork never needs it.
    warnings.simplefilter("ignore", DeprecationWarning)
    main()
