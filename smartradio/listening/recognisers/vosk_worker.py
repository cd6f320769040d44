"""The child that runs Vosk: `python -m smartradio.listening.recognisers.vosk_worker MODEL_DIR`."""

from __future__ import annotations

import json
import sys

from smartradio.supervised import serve

RATE = 16000
_BLOCK_BYTES = 2 * RATE  # one second: long clips are decoded as they go in


def main() -> None:
    """Load the model, then answer with text and words for 16-bit mono samples at 16 kHz."""
    import vosk  # noqa: PLC0415 — only the child may load it

    vosk.SetLogLevel(-1)
    model = vosk.Model(sys.argv[1])

    def recognise(request: dict[str, object], pcm: bytes) -> tuple[dict[str, object], bytes]:
        grammar = request.get("grammar")
        if grammar is None:
            recogniser = vosk.KaldiRecognizer(model, RATE)
        else:
            recogniser = vosk.KaldiRecognizer(model, RATE, json.dumps(grammar, ensure_ascii=False))
        recogniser.SetWords(True)
        parts = [
            json.loads(recogniser.Result())
            for at in range(0, len(pcm), _BLOCK_BYTES)
            if recogniser.AcceptWaveform(pcm[at : at + _BLOCK_BYTES])
        ]
        parts.append(json.loads(recogniser.FinalResult()))
        words = [
            [word["word"], word["start"], word["end"], word["conf"]]
            for part in parts
            for word in part.get("result", [])
        ]
        return {"text": " ".join(part["text"] for part in parts if part["text"]), "words": words}, b""

    serve(recognise)


if __name__ == "__main__":
    main()
