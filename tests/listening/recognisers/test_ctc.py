"""The built-in recogniser's runtime through onnxruntime, on a tiny network that hears notes."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from smartradio.domain.verdict import WordState
from smartradio.listening.known_words import judged_sentences
from smartradio.listening.recognisers import ctc
from smartradio.listening.recognisers.ctc import CtcRecogniser
from smartradio.listening.recognisers.port import Recogniser, RecogniserError
from tests.listening.recognisers.tiny_ctc import RATE, WORDS, tune, write_ctc_model

SUNG = " ".join(WORDS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ctc_model(tmp_path_factory.mktemp("models") / "vi-notes")


@pytest.fixture(scope="module")
def ears(folder: Path) -> Iterator[CtcRecogniser]:
    with CtcRecogniser(folder) as recogniser:
        yield recogniser


def test_a_clip_goes_the_whole_way_from_sound_to_words(ears: CtcRecogniser) -> None:
    heard = ears.recognise(tune(WORDS))
    assert heard.text == SUNG
    assert [word.text for word in heard.words] == list(WORDS)
    assert all(word.confidence > 0.5 for word in heard.words)
    assert (ears.name, ears.languages) == ("ctc (vi-notes)", {"vi"})


def test_words_stand_where_they_were_sung(ears: CtcRecogniser) -> None:
    first, second = ears.recognise(tune(["bà", "con"], before_s=2.0)).words
    # Three notes of 90 ms with rests of 60 ms, one more rest between the words.
    assert first.start_s == pytest.approx(2.0, abs=0.08)
    assert first.end_s == pytest.approx(2.39, abs=0.08)
    assert second.start_s == pytest.approx(2.51, abs=0.08)


def test_the_posteriors_come_along_and_confirm_what_was_sung_and_nothing_else(ears: CtcRecogniser) -> None:
    clip = tune(WORDS)
    posteriors = ears.recognise(clip).posteriors
    assert posteriors is not None
    assert posteriors.frame_s == 0.03
    assert posteriors.log_posteriors.shape == (-(-clip.size // 480), len(posteriors.units))
    sums = np.exp(posteriors.log_posteriors.astype(np.float64)).sum(axis=1)
    assert sums == pytest.approx(np.ones(len(sums)), abs=0.02)
    (right,) = judged_sentences(posteriors, [SUNG])
    assert {word.state for word in right.words} == {right.state} == {WordState.HEARD}
    (changed,) = judged_sentences(posteriors, [SUNG.replace("sơ", "lụt")])
    assert [word.text for word in changed.words if word.state is not WordState.HEARD] == ["lụt"]
    assert changed.state is WordState.DIFFERENT


def test_a_transcript_shows_its_words_and_not_its_posteriors(ears: CtcRecogniser) -> None:
    heard = ears.recognise(tune(["bà"]))
    assert "osteriors" not in repr(heard)
    assert heard == ears.recognise(tune(["bà"]))


def test_a_grammar_limits_the_words(ears: CtcRecogniser) -> None:
    assert ears.recognise(tune(["bà", "con"]), grammar=["bà con thôn ba"]).text == "bà con"
    assert ears.recognise(tune(["bà", "con"]), grammar=["Mời bà"]).text in {"bà", "bà mời", "bà bà"}


@pytest.mark.parametrize("clip", [np.zeros(0, np.float32), np.zeros(80, np.float32), np.zeros(16_000, np.float32)])
def test_silence_is_an_empty_transcript_and_starts_no_child(folder: Path, clip: np.ndarray) -> None:
    with CtcRecogniser(folder) as recogniser:
        heard = recogniser.recognise(clip)
        assert (heard.text, heard.words, heard.posteriors) == ("", (), None)
        assert recogniser._worker.pid is None


def test_clipping_and_gain_do_not_matter(ears: CtcRecogniser) -> None:
    clipped = np.clip(3 * tune(WORDS, loudness=0.5), -1, 1)
    soft = 0.05 * tune(WORDS)
    assert np.count_nonzero(np.abs(clipped) == 1) > 2_000
    assert ears.recognise(clipped.astype(np.float32)).text == SUNG
    assert ears.recognise(soft.astype(np.float32)).text == SUNG


@pytest.mark.parametrize("samples", [1, 100, 479, 481, 4_001])
def test_a_blink_of_sound_is_heard_without_harm(ears: CtcRecogniser, samples: int) -> None:
    noise = np.random.default_rng(0).normal(0, 0.3, samples).astype(np.float32)
    assert len(ears.recognise(noise).words) <= 1


@pytest.mark.parametrize(
    ("clip", "told"),
    [
        (np.full(16_000, np.nan, np.float32), "not numbers"),
        (np.zeros((16_000, 2), np.float32), "one channel"),
    ],
)
def test_what_is_no_clip_is_one_line_and_the_next_clip_is_heard(
    ears: CtcRecogniser, clip: np.ndarray, told: str
) -> None:
    with pytest.raises(RecogniserError, match=rf"^ctc \(vi-notes\): .*{told}") as caught:
        ears.recognise(clip)
    assert "\n" not in str(caught.value)
    assert ears.recognise(tune(["bà"])).text == "bà"


def most_memory(pid: int) -> int:
    """Return the most bytes that a process ever held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def test_half_an_hour_is_heard_in_stretches_with_little_memory(folder: Path) -> None:
    piece = tune(WORDS * 9, before_s=0.5, after_s=0.5)
    pause = np.zeros(1_800 * RATE // 5 - 2 * piece.size, np.float32)
    clip = np.concatenate([piece, piece, pause] * 5)
    with CtcRecogniser(folder) as recogniser:
        recogniser.recognise(tune(["bà"]))
        pid = recogniser._worker.pid
        assert pid is not None
        before = most_memory(pid)
        heard = recogniser.recognise(clip)
        grown = most_memory(pid) - before
    assert heard.text.split() == list(WORDS) * 9 * 10
    # The clip has 115 MB and its posteriors 25 MB; the child holds one stretch's of either.
    assert grown < 30e6
    assert heard.posteriors is not None
    assert len(heard.posteriors.log_posteriors) == clip.size // 480
    last = heard.words[-len(WORDS) * 9]
    assert last.text == WORDS[0]
    assert last.start_s == pytest.approx(4 * 360 + piece.size / RATE + 0.5, abs=0.1)


def test_clips_that_come_at_once_do_not_mix(ears: CtcRecogniser) -> None:
    tunes = {word: tune([word] * 12) for word in WORDS[:4]}
    alone = {word: ears.recognise(sound).text for word, sound in tunes.items()}
    heard = {}

    def listen(word: str) -> None:
        heard[word] = ears.recognise(tunes[word]).text

    threads = [threading.Thread(target=listen, args=(word,)) for word in tunes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert heard == alone
    assert len(set(alone.values())) == len(tunes)


def test_a_child_that_is_killed_is_one_line_and_the_next_clip_has_a_new_one(folder: Path) -> None:
    with CtcRecogniser(folder) as recogniser:
        recogniser.recognise(tune(["bà"]))
        pid = recogniser._worker.pid
        assert pid is not None
        psutil.Process(pid).suspend()
        killer = threading.Timer(0.3, psutil.Process(pid).kill)
        killer.start()
        with pytest.raises(RecogniserError, match=r"^ctc \(vi-notes\): was ended by SIGKILL"):
            recogniser.recognise(tune(["bà"]))
        assert recogniser.recognise(tune(["bà"])).text == "bà"


def test_a_child_that_dies_between_two_stretches_loses_no_words_in_silence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = np.concatenate([tune(WORDS * 2, before_s=0.5), np.zeros(3 * RATE, np.float32), tune(WORDS * 2)])
    with CtcRecogniser(folder) as recogniser:
        heard = recogniser.recognise(long)
        call, asked = recogniser._worker.call, []

        def killed_after_a_stretch(request: Any, payload: bytes = b"", *, timeout_s: float) -> Any:
            answer = call(request, payload, timeout_s=timeout_s)
            asked.append(request["do"])
            if asked.count("listen") == 1:
                pid = recogniser._worker.pid
                assert pid is not None
                psutil.Process(pid).kill()
                psutil.Process(pid).wait(10)
            return answer

        monkeypatch.setattr(recogniser._worker, "call", killed_after_a_stretch)
        with pytest.raises(RecogniserError, match="began anew in the middle of a clip"):
            recogniser.recognise(long)
        monkeypatch.undo()
        again = recogniser.recognise(long)
    assert asked == ["begin", "listen"]
    assert again == heard


def test_who_is_closed_while_it_listens_stops_and_starts_no_other_child(folder: Path) -> None:
    long = np.tile(tune(WORDS * 10), 60)
    told: list[str] = []
    recogniser = CtcRecogniser(folder)
    recogniser.recognise(tune(["bà"]))

    def listen() -> None:
        # The station asks a second time when a child has died.
        for _ in range(2):
            with pytest.raises(RecogniserError) as caught:
                recogniser.recognise(long)
            told.append(str(caught.value))

    thread = threading.Thread(target=listen)
    thread.start()
    pid = recogniser._worker.pid
    assert pid is not None
    busy_from_s = sum(psutil.Process(pid).cpu_times()[:2])
    while thread.is_alive() and sum(psutil.Process(pid).cpu_times()[:2]) < busy_from_s + 0.1:
        time.sleep(0.01)
    recogniser.close()
    thread.join(10)
    assert not thread.is_alive()
    assert told[1] == "ctc (vi-notes): is closed"
    assert recogniser._worker.pid is None
    assert not psutil.pid_exists(pid)


def test_it_knows_the_voices_it_is_calibrated_for(folder: Path) -> None:
    with CtcRecogniser(folder) as recogniser:
        port: Recogniser = recogniser
        assert port.calibrated_for("vi")
        assert port.calibrated_for("vi+f3")
        assert not port.calibrated_for("piper:vi_VN-vais1000-medium")
        assert not port.calibrated_for("vi-vn-x-south")


Break = Callable[[Path], object]


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda it: (it / "model.onnx").unlink(), r"not a whole recogniser \(model\.onnx missing\)"),
        (lambda it: (it / "units.txt").unlink(), r"units\.txt missing"),
        (lambda it: (it / "model.toml").unlink(), r"model\.toml missing"),
        (lambda it: (it / "model.onnx").write_bytes(b"other"), r"damaged or another model's \(SHA-256 d9298a10d1b0…"),
        (lambda it: os.truncate(it / "model.onnx", 1_000), "damaged or another model's"),
        (lambda it: (it / "units.txt").write_text("a\nb\n"), "other units than this version"),
        (lambda it: (it / "units.txt").write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda it: (it / "model.toml").write_text("name = "), r"model\.toml: cannot be read"),
        (lambda it: (it / "model.toml").write_bytes(b"\xff"), r"model\.toml: cannot be read"),
        (lambda it: (it / "model.toml").write_text('name = "x"'), r"model\.toml: language: Field required"),
    ],
    ids=[
        "no model", "no units", "no description", "another model", "a part of it", "other units", "units not text",
        "no TOML", "not text", "half a description",
    ],
)  # fmt: skip
def test_a_folder_that_is_not_whole_is_one_clear_line(tmp_path: Path, break_it: Break, told: str) -> None:
    folder = write_ctc_model(tmp_path / "bad")
    break_it(folder)
    with pytest.raises(RecogniserError, match=told) as caught:
        CtcRecogniser(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"frame_s": 3.0}, r"frame_s: "),
        ({"sha256": "abc"}, r"sha256: "),
        ({"voices": 3}, r"calibrated_voices: "),
        ({"stride": 0}, r"stride: "),
    ],
)
def test_a_wrong_description_is_told_with_its_field(tmp_path: Path, wrong: dict[str, object], told: str) -> None:
    with pytest.raises(RecogniserError, match=rf"model\.toml: {told}"):
        CtcRecogniser(write_ctc_model(tmp_path / "bad", **wrong))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecogniserError, match="gone: no such folder"):
        CtcRecogniser(tmp_path / "gone")


def language_model() -> bytes:
    """Return a language model of one word."""
    arrays: dict[str, np.ndarray] = {
        "words": np.frombuffer("bà".encode(), np.uint8),
        "unigrams": np.full((2, 2), -1.0, np.float32),
        "bigrams": np.zeros((0, 2), np.float32),
        "bigram_keys": np.zeros(0, np.int64),
        "trigrams": np.zeros(0, np.float32),
        "trigram_keys": np.zeros(0, np.int64),
    }
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def refused(folder: Path) -> str:
    with CtcRecogniser(folder) as recogniser, pytest.raises(RecogniserError) as caught:
        recogniser.recognise(tune(["bà"]))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_weights_that_are_no_network_are_one_line_when_the_first_clip_comes(tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    content = b"<html>not found</html>"
    write_ctc_model(folder, sha256=hashlib.sha256(content).hexdigest())
    (folder / "model.onnx").write_bytes(content)
    assert "not a usable CTC model" in refused(folder)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"output": 20}, "for 100 frames of 211 units"),
        ({"step": 5}, "for 100 frames of 211 units"),
        ({"normalised": False}, "gives no logarithms of probabilities"),
    ],
)
def test_a_network_that_gives_something_else_is_found_out(tmp_path: Path, made: dict[str, int], told: str) -> None:
    assert told in refused(write_ctc_model(tmp_path / "bad", **made))


def test_a_broken_language_model_is_one_line(tmp_path: Path) -> None:
    folder = write_ctc_model(tmp_path / "bad")
    (folder / "language_model.npz").write_bytes(b"PK\x03\x04 not really")
    assert "not a language model" in refused(folder)


def test_a_language_model_has_a_hash_like_the_weights(tmp_path: Path) -> None:
    folder, content = tmp_path / "bad", language_model()
    write_ctc_model(folder, language_model_sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(RecogniserError, match=r"bad: not a whole recogniser \(language_model\.npz missing\)$"):
        CtcRecogniser(folder)
    (folder / "language_model.npz").write_bytes(content)
    with CtcRecogniser(folder) as recogniser:
        assert recogniser.recognise(tune(["bà"])).text == "bà"
    (folder / "language_model.npz").write_bytes(content[:-1] + b"x")
    with pytest.raises(RecogniserError, match=r"npz: is damaged or another model's \(SHA-256 .*…, not .*…\)$"):
        CtcRecogniser(folder)


@pytest.mark.parametrize("wrong", ["", "abc", 5])
def test_a_hash_that_is_none_is_told(tmp_path: Path, wrong: object) -> None:
    with pytest.raises(RecogniserError, match=r"model\.toml: language_model_sha256: "):
        CtcRecogniser(write_ctc_model(tmp_path / "bad", language_model_sha256=wrong))


def test_without_onnxruntime_the_line_says_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctc.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RecogniserError, match=r"needs onnxruntime: pip install 'smartradio\[station\]'"):
        CtcRecogniser(folder)
