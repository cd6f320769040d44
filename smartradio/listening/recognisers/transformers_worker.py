"""The child that runs a model of transformers: `… transformers_worker KIND FOLDER THREADS LANGUAGE`.

KIND is ctc or whisper; LANGUAGE, an ISO 639 code, may be empty.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import (
    AutoFeatureExtractor,
    AutoModelForCTC,
    AutoTokenizer,
    WhisperForConditionalGeneration,
)

from smartradio.listening.recognisers.port import RATE, Word
from smartradio.listening.recognisers.stretches import Stretch
from smartradio.listening.recognisers.worker import Listener, serve_listener

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

# Used in training only, and left out of many published files.
_NOT_NEEDED = re.compile(r"masked_spec_embed$")
_EDGES = re.compile(r"^\W+|\W+$")
_NO_WORD = -1
_MOST_TOKENS_PER_S = 12
_SHORTEST_S = 0.1


class Ctc(Listener):
    """A network of the wav2vec 2.0 family: letters frame by frame, words between its delimiters."""

    def __init__(self, folder: Path, language: str) -> None:  # noqa: ARG002 - such a model knows one language only
        self._model = _loaded(AutoModelForCTC, folder)
        self._sound = AutoFeatureExtractor.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._letters = _letters(tokenizer, self._model.config.vocab_size)
        self._blank = int(self._model.config.pad_token_id)
        self._frame = int(self._model.config.inputs_to_logits_ratio)
        # (unit, its probability, seconds from the clip's start), frame by frame.
        self._heard: list[tuple[int, float, float]] = []

    def begin(self, samples: int, grammar: Sequence[str] | None) -> None:  # noqa: ARG002 - words come as they come
        """Make ready for a clip."""
        _without_grammar(grammar)
        self._heard = []

    def listen(self, sound: Signal, stretch: Stretch) -> None:
        """Keep the likeliest letter of each frame."""
        sound = _long_enough(sound)
        with torch.inference_mode():
            inputs = self._sound(sound, sampling_rate=RATE, return_tensors="pt")
            log_p, units = self._model(**inputs).logits[0].log_softmax(-1).max(-1)
        if self._heard and stretch.keep_from / RATE > self._heard[-1][2] + 2 * self._frame / RATE:
            self._heard.append((_NO_WORD, 1.0, stretch.keep_from / RATE))
        for number, (unit, p) in enumerate(zip(units.tolist(), log_p.exp().tolist(), strict=True)):
            at = stretch.start + number * self._frame
            if stretch.keep_from <= at < stretch.keep_to:
                self._heard.append((unit, p, at / RATE))

    def end(self) -> Sequence[Word]:
        """Return the words; posteriors of letters are not those that known texts are scored with."""
        return list(self._words())

    def _words(self) -> Iterator[Word]:
        frame_s = self._frame / RATE
        letters: list[tuple[str, float, float, float]] = []
        for unit, same in itertools.groupby(self._heard, key=lambda frame: frame[0]):
            frames = list(same)
            if unit == self._blank:
                continue
            letter = self._letters[unit] if unit != _NO_WORD else " "
            if letter == " ":
                yield from _word(letters)
                letters = []
            elif letter:
                letters.append((letter, frames[0][2], frames[-1][2] + frame_s, max(p for _, p, _ in frames)))
        yield from _word(letters)


class Whisper(Listener):
    """A Whisper model, asked for half a minute at a time."""

    def __init__(self, folder: Path, language: str) -> None:
        self._model = _loaded(WhisperForConditionalGeneration, folder)
        self._sound = AutoFeatureExtractor.from_pretrained(folder, local_files_only=True)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        settings = self._model.generation_config
        self._special = set(self._tokenizer.all_special_ids)
        self._has_times = bool(getattr(settings, "alignment_heads", None))
        self._options: dict[str, Any] = {}
        if language and f"<|{language}|>" in (getattr(settings, "lang_to_id", None) or {}):
            self._options = {"language": language, "task": "transcribe"}
        self._words: list[Word] = []

    def begin(self, samples: int, grammar: Sequence[str] | None) -> None:  # noqa: ARG002 - words come as they come
        """Make ready for a clip."""
        _without_grammar(grammar)
        self._words = []

    def listen(self, sound: Signal, stretch: Stretch) -> None:
        """Keep the words of a stretch."""
        length_s = (stretch.end - stretch.start) / RATE
        inputs = self._sound(_long_enough(sound), sampling_rate=RATE, return_tensors="pt", return_attention_mask=True)
        most = min(self._model.config.max_target_positions - 8, 8 + round(_MOST_TOKENS_PER_S * length_s))
        with torch.inference_mode():
            told = self._model.generate(
                **inputs,
                **self._options,
                max_new_tokens=most,
                num_beams=1,
                do_sample=False,
                return_dict_in_generate=True,
                output_scores=True,
                return_token_timestamps=self._has_times,
            )
            log_p = self._model.compute_transition_scores(told["sequences"], told["scores"], normalize_logits=True)
        count = log_p.shape[1]
        tokens = told["sequences"][0, -count:].tolist()
        times = told["token_timestamps"][0, -count:].tolist() if self._has_times else None
        self._words += self._placed(tokens, log_p[0].exp().tolist(), times, stretch.start / RATE, length_s)

    def end(self) -> Sequence[Word]:
        """Return the words."""
        return self._words

    def _placed(
        self, tokens: Sequence[int], p: Sequence[float], times: Sequence[float] | None, from_s: float, length_s: float
    ) -> Iterator[Word]:
        """Yield the words of a stretch; where the model tells no times they share it by their letters."""
        words = [(text, places) for places in self._grouped(tokens) if (text := self._text(tokens, places))]
        total = sum(len(text) for text, _ in words)
        letters = 0
        for text, places in words:
            if times is None:
                start_s, end_s = (length_s * at / total for at in (letters, letters + len(text)))
            else:
                # A token's time is when it begins.
                after = places[-1] + 1
                start_s, end_s = times[places[0]], times[after] if after < len(times) else length_s
            letters += len(text)
            start_s = min(start_s, length_s)
            end_s = min(max(end_s, start_s), length_s)
            yield Word(text, from_s + start_s, from_s + end_s, min(p[place] for place in places))

    def _grouped(self, tokens: Sequence[int]) -> list[list[int]]:
        """Return the places of each word's tokens: a word begins with a token that begins with a space."""
        groups: list[list[int]] = []
        for place, token in enumerate(tokens):
            if token in self._special:
                continue
            if not groups or self._tokenizer.decode([token]).startswith(" "):
                groups.append([])
            groups[-1].append(place)
        return groups

    def _text(self, tokens: Sequence[int], places: Sequence[int]) -> str:
        return _EDGES.sub("", self._tokenizer.decode([tokens[place] for place in places]))


def _loaded(kind: Any, folder: Path) -> Any:
    """Return the network in `folder`, ready to listen; raises ValueError when its file lacks weights."""
    safe = (folder / "model.safetensors").is_file()
    model, loading = kind.from_pretrained(
        # A pickle may run whatever its author likes unless only weights are read from it.
        folder, local_files_only=True, use_safetensors=safe, weights_only=True, output_loading_info=True
    )  # fmt: skip
    # transformers fills what a file lacks with random weights.
    lacking = [*loading["missing_keys"], *loading["mismatched_keys"]]
    lacking = [str(name) for name in lacking if not _NOT_NEEDED.search(str(name))]
    if lacking:
        raise ValueError(f"the file lacks {len(lacking)} weights, {lacking[0]} among them")
    model.eval()
    return model


def _letters(tokenizer: Any, count: int) -> list[str]:
    """Return what each unit of a CTC model writes: a space between words, nothing for its other signs."""
    special = set(tokenizer.all_special_ids)
    delimiter = getattr(tokenizer, "word_delimiter_token", "|")
    letters = [""] * count
    for letter, unit in tokenizer.get_vocab().items():
        if unit < count and unit not in special:
            letters[unit] = letter
        if unit < count and letter == delimiter:
            letters[unit] = " "
    return letters


def _word(letters: Sequence[tuple[str, float, float, float]]) -> Iterator[Word]:
    if letters:
        text = "".join(letter for letter, _, _, _ in letters)
        yield Word(text, letters[0][1], letters[-1][2], min(p for _, _, _, p in letters))


def _without_grammar(grammar: Sequence[str] | None) -> None:
    if grammar is not None:
        raise ValueError("takes no grammar")


def _long_enough(sound: Signal) -> Signal:
    """Return the sound with silence after it where it is shorter than the network's first window."""
    return np.pad(sound, (0, max(0, round(_SHORTEST_S * RATE) - sound.size)))


def main() -> None:
    """Load the model, then answer; a model that cannot be used ends the child with one line."""
    kind, folder, threads, language = sys.argv[1:5]
    torch.set_num_threads(int(threads))
    try:
        listener = {"ctc": Ctc, "whisper": Whisper}[kind](Path(folder), language)
        listener.begin(RATE, None)
        listener.listen(np.zeros(RATE, dtype=np.float32), Stretch(0, RATE, 0, RATE))
    except Exception as error:  # noqa: BLE001 - torch and transformers raise kinds of their own; the parent tells the line
        line = " ".join(str(error).split())
        raise SystemExit(f"not a usable {kind} model: {type(error).__name__}: {line}") from None
    serve_listener(listener)


if __name__ == "__main__":
    main()
