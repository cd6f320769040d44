"""The child that runs a VITS voice: `python -m smartradio.speech.voices.vits_worker FOLDER THREADS`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import VitsModel, VitsTokenizer

from smartradio.speech.voices.characters import refusal, unknown_characters
from smartradio.speech.voices.port import OWN_RATE_WPM
from smartradio.supervised import serve

_SEED = 1
_WARM_UP = "một hai ba bốn năm"


class Vits:
    """A loaded VITS voice that has proven that it makes sound."""

    def __init__(self, folder: Path, threads: int) -> None:
        torch.set_num_threads(threads)
        self._tokenizer = VitsTokenizer.from_pretrained(folder, local_files_only=True)
        self._model, loading = VitsModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
        # transformers fills what a file lacks with random weights, and the voice with it with noise.
        lacking = [*loading["missing_keys"], *loading["mismatched_keys"]]
        if lacking:
            raise ValueError(f"model.safetensors lacks {len(lacking)} weights, {lacking[0]} among them")
        self._model.eval()
        self._own_rate = float(self._model.config.speaking_rate)
        known = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        warm_up = self._spoken("".join(each for each in _WARM_UP if each in known) or next(iter(known)), OWN_RATE_WPM)
        if not warm_up.size or not np.isfinite(warm_up).all():
            raise ValueError("the model makes no sound")

    def answer(self, request: dict[str, object], payload: bytes) -> tuple[dict[str, object], bytes]:
        """Speak `payload` (UTF-8) at the request's `rate_wpm`; float32 samples come back.

        A request with `warm` in it only asks whether the model is loaded. Raises ValueError for what the
        tokenizer would drop.
        """
        rate = {"rate": int(self._model.config.sampling_rate)}
        if "warm" in request:
            return {**rate}, b""
        rate_wpm = request["rate_wpm"]
        assert isinstance(rate_wpm, int)
        return {**rate}, self._spoken(payload.decode(), rate_wpm).tobytes()

    def _spoken(self, text: str, rate_wpm: int) -> np.ndarray:
        inputs = self._tokenizer(text, return_tensors="pt")
        tokens = int(inputs["input_ids"].shape[1])
        wanted = 2 * len(text) + 1 if self._tokenizer.add_blank else len(text)
        if tokens != wanted:
            unknown = unknown_characters(text, self._tokenizer.encoder)
            raise ValueError(refusal(unknown) if unknown else f"read {tokens} tokens where {wanted} were written")
        self._model.speaking_rate = self._own_rate * rate_wpm / OWN_RATE_WPM
        torch.manual_seed(_SEED)
        speaker = {"speaker_id": 0} if self._model.config.num_speakers > 1 else {}
        with torch.inference_mode():
            waveform = self._model(**inputs, **speaker).waveform
        samples: np.ndarray = waveform[0].numpy().astype("<f4")
        return samples


def main() -> None:
    """Load the voice, then answer; a model that cannot be used ends the child with one line."""
    try:
        voice = Vits(Path(sys.argv[1]), int(sys.argv[2]))
    except Exception as error:  # noqa: BLE001 - torch and transformers raise kinds of their own; the parent tells the line
        raise SystemExit(f"not a usable VITS voice: {type(error).__name__}: {' '.join(str(error).split())}") from None
    serve(voice.answer)


if __name__ == "__main__":
    main()
