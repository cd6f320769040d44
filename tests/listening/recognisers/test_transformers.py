"""CTC and Whisper models of transformers through their real loaders, on tiny models with random weights."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.babble import babble
from smartradio.listening.recognisers.port import Recogniser, RecogniserError, Transcript
from smartradio.listening.recognisers.transformers import TransformersRecogniser, transformers_family
from tests.listening.recognisers.tiny_transformers import write_wav2vec2, write_whisper

RATE = 16_000
NO_TORCH = "torch and transformers are not installed (pip install 'smartradio[neural]')"
needs_torch = [
    pytest.mark.contract,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason=NO_TORCH),
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def ctc_folder(models: Path) -> Path:
    return write_wav2vec2(models / "letters")


@pytest.fixture(scope="module")
def whisper_folder(models: Path) -> Path:
    return write_whisper(models / "murmur")


@pytest.fixture(scope="module")
def ctc(ctc_folder: Path) -> Iterator[TransformersRecogniser]:
    with TransformersRecogniser(ctc_folder, ["vi"]) as recogniser:
        yield recogniser


@pytest.fixture(scope="module")
def whisper(whisper_folder: Path) -> Iterator[TransformersRecogniser]:
    with TransformersRecogniser(whisper_folder, ["vi"]) as recogniser:
        yield recogniser


def speech(seconds: float, seed: int = 3) -> np.ndarray:
    return np.asarray(babble(seconds, seed), np.float32)


def checked(heard: Transcript, length_s: float) -> Transcript:
    assert heard.words
    assert heard.text == " ".join(word.text for word in heard.words)
    assert all(0 <= word.start_s <= word.end_s <= length_s + 0.03 for word in heard.words)
    assert all(one.start_s <= next_.start_s for one, next_ in itertools.pairwise(heard.words))
    assert all(0 < word.confidence <= 1 for word in heard.words)
    assert heard.posteriors is None
    return heard


class TestOnRealModels:
    pytestmark = needs_torch

    @pytest.fixture(params=["ctc", "whisper"])
    def ears(self, request: pytest.FixtureRequest) -> Recogniser:
        found: Recogniser = request.getfixturevalue(request.param)
        return found

    def test_a_clip_becomes_words_with_places_and_the_same_ones_again(self, ears: Recogniser) -> None:
        heard = checked(ears.recognise(speech(6)), 6)
        assert ears.recognise(speech(6)) == heard
        assert ears.languages == {"vi"}
        assert ears.calibrated_for("anybody")

    def test_a_ctc_model_writes_what_the_library_itself_would(
        self, ctc: TransformersRecogniser, ctc_folder: Path
    ) -> None:
        import torch
        from transformers import Wav2Vec2ForCTC, Wav2Vec2Processor

        clip = speech(5)
        processor = Wav2Vec2Processor.from_pretrained(ctc_folder, local_files_only=True)
        model = Wav2Vec2ForCTC.from_pretrained(ctc_folder, local_files_only=True).eval()
        with torch.inference_mode():
            units = model(**processor(clip, sampling_rate=RATE, return_tensors="pt")).logits.argmax(-1)
        (wanted,) = processor.batch_decode(units)
        assert len(wanted.split()) > 5
        assert ctc.recognise(clip).text == " ".join(wanted.split())

    def test_whisper_writes_what_the_library_itself_would(
        self, whisper: TransformersRecogniser, whisper_folder: Path
    ) -> None:
        import torch
        from transformers import WhisperForConditionalGeneration, WhisperProcessor

        clip = speech(5)
        processor = WhisperProcessor.from_pretrained(whisper_folder, local_files_only=True)
        model = WhisperForConditionalGeneration.from_pretrained(whisper_folder, local_files_only=True).eval()
        inputs = processor(clip, sampling_rate=RATE, return_tensors="pt", return_attention_mask=True)
        with torch.inference_mode():
            tokens = model.generate(**inputs, language="vi", task="transcribe", max_new_tokens=56)
        (wanted,) = processor.batch_decode(tokens, skip_special_tokens=True)
        assert len(wanted.split()) > 5
        assert whisper.recognise(clip).text == " ".join(wanted.split())

    def test_whisper_without_times_of_its_own_shares_the_time_among_its_words(self, models: Path) -> None:
        folder = write_whisper(models / "timeless", alignment_heads=False)
        with TransformersRecogniser(folder, ["vi"]) as recogniser:
            words = checked(recogniser.recognise(speech(5)), 5).words
        assert words[0].start_s == 0
        assert words[-1].end_s == pytest.approx(5)

    def test_a_minute_is_heard_window_by_window(self, ears: Recogniser) -> None:
        heard = checked(ears.recognise(speech(65)), 65)
        assert heard.words[-1].start_s > 45

    @pytest.mark.parametrize("clip", [np.zeros(0, np.float32), np.zeros(40 * RATE, np.float32)])
    def test_no_text_is_invented_on_silence(self, ears: Recogniser, clip: np.ndarray) -> None:
        assert ears.recognise(clip) == Transcript("", ())

    def test_what_is_said_after_a_long_silence_stands_after_it(self, ears: Recogniser) -> None:
        clip = np.concatenate([np.zeros(40 * RATE, np.float32), speech(3)])
        assert all(word.start_s > 38 for word in checked(ears.recognise(clip), 43.1).words)

    def test_a_blink_of_sound_is_heard_without_harm(self, ears: Recogniser) -> None:
        ears.recognise(speech(2)[:300])

    def test_a_grammar_is_refused_in_one_line(self, ears: Recogniser) -> None:
        with pytest.raises(RecogniserError, match="takes no grammar") as caught:
            ears.recognise(speech(2), grammar=["bà con"])
        assert "\n" not in str(caught.value)

    def test_weights_that_are_no_network_are_one_line(self, ctc_folder: Path, tmp_path: Path) -> None:
        folder = copied(ctc_folder, tmp_path / "bad")
        (folder / "model.safetensors").write_bytes(b"<html>not found</html>")
        with TransformersRecogniser(folder, ["vi"]) as recogniser, pytest.raises(RecogniserError) as caught:
            recogniser.recognise(speech(2))
        assert "ctc (bad): ended" in str(caught.value)
        assert "not a usable ctc model" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_model_with_missing_weights_does_not_listen_with_random_ones(
        self, ctc_folder: Path, tmp_path: Path
    ) -> None:
        from safetensors.torch import load_file, save_file

        folder = copied(ctc_folder, tmp_path / "gap")
        weights = load_file(folder / "model.safetensors")
        del weights["lm_head.bias"]
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        with (
            TransformersRecogniser(folder, ["vi"]) as recogniser,
            pytest.raises(RecogniserError, match=r"lacks 1 weights, lm_head\.bias"),
        ):
            recogniser.recognise(speech(2))

    def test_weights_in_a_pickle_are_read_as_weights_only(self, models: Path, tmp_path: Path) -> None:
        whole = write_wav2vec2(models / "pickled", safe=False)
        with TransformersRecogniser(whole, ["vi"]) as recogniser:
            checked(recogniser.recognise(speech(3)), 3)
        folder = copied(whole, tmp_path / "evil")
        trace = tmp_path / "trace"
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(trace)))
        with TransformersRecogniser(folder, ["vi"]) as recogniser, pytest.raises(RecogniserError):
            recogniser.recognise(speech(2))
        assert not trace.exists()


class Evil:
    """What runs as soon as it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.trace),)


def copied(folder: Path, to: Path) -> Path:
    to.mkdir()
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def small_files(folder: Path, *leave_out: str, **config: object) -> Path:
    """Write the small files of a CTC model, which is all that is read before its network is loaded."""
    folder.mkdir()
    contents = {
        "config.json": json.dumps({"model_type": "wav2vec2"} | config),
        "preprocessor_config.json": json.dumps({"sampling_rate": config.get("rate", RATE)}),
        "vocab.json": "{}",
        "model.safetensors": "",
    }
    for name, content in contents.items():
        if name not in leave_out:
            (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize("lacking", ["preprocessor_config.json", "vocab.json", "model.safetensors", "config.json"])
def test_a_missing_file_is_named(tmp_path: Path, lacking: str) -> None:
    with pytest.raises(RecogniserError, match=f"not a whole recogniser of transformers .*{lacking} missing"):
        TransformersRecogniser(small_files(tmp_path / "half", lacking), ["vi"])
    with pytest.raises(RecogniserError, match="no such folder"):
        TransformersRecogniser(tmp_path / "gone", ["vi"])


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"model_type": "vits"}, "the model is 'vits', not one of whisper, data2vec-audio"),
        ({"rate": 8000}, "a model for 8000 Hz; it must be for 16000"),
    ],
)
def test_a_model_of_another_kind_is_one_line(tmp_path: Path, config: dict[str, object], told: str) -> None:
    with pytest.raises(RecogniserError, match=told) as caught:
        TransformersRecogniser(small_files(tmp_path / "other", **config), ["vi"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["<html>", "[]", "[" * 100_000])
def test_settings_that_are_none_are_one_line(tmp_path: Path, content: str) -> None:
    folder = small_files(tmp_path / "bad")
    (folder / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(RecogniserError, match=r"config\.json: "):
        transformers_family(folder)


def test_its_family_is_told_from_its_files(tmp_path: Path) -> None:
    assert transformers_family(small_files(tmp_path / "a")) == "ctc"
    assert transformers_family(small_files(tmp_path / "b", model_type="whisper")) == "whisper"
    assert transformers_family(small_files(tmp_path / "c", model_type="vits")) is None
    assert transformers_family(tmp_path) is None


def test_without_torch_the_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small_files(tmp_path / "tiny")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RecogniserError, match=r"needs torch and transformers: pip install 'smartradio\[neural\]'"):
        TransformersRecogniser(folder, ["vi"])
