"""Which recogniser listens, by what was asked for and by the files of a folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from smartradio.listening.recognisers import choosing
from smartradio.listening.recognisers.choosing import choice_of, find_recogniser, has_builtin
from smartradio.listening.recognisers.port import RecogniserError
from smartradio.speech.voices.choosing import available_voices
from tests.listening.recognisers.tiny_ctc import write_ctc_model


@pytest.fixture
def builtin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the built-in model, with nothing in it yet."""
    folder = tmp_path / "builtin"
    monkeypatch.setattr(choosing, "BUILTIN", folder)
    return folder


def vosk_files(folder: Path) -> None:
    (folder / "am").mkdir(parents=True)
    (folder / "am" / "final.mdl").write_bytes(b"")


def transformers_files(folder: Path) -> None:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "whisper"}), encoding="utf-8")
    for name in ("preprocessor_config.json", "vocab.json", "model.safetensors"):
        (folder / name).write_text("{}", encoding="utf-8")


def test_what_a_person_types_is_a_word_or_a_folder() -> None:
    assert [choice_of(each) for each in ("builtin", "none", "./none", "/opt/vosk")] == [
        "builtin", "none", Path("none"), Path("/opt/vosk"),
    ]  # fmt: skip


def test_none_is_nobody() -> None:
    assert find_recogniser("none") is None


def test_without_a_model_of_its_own_the_product_has_nobody_and_says_nothing_wrong(builtin: Path) -> None:
    builtin.mkdir()
    (builtin / "units.txt").write_text("", encoding="utf-8")
    assert not has_builtin()
    assert find_recogniser("builtin") is None


def test_the_built_in_model_listens_when_nobody_else_was_asked_for(builtin: Path) -> None:
    write_ctc_model(builtin)
    found = find_recogniser("builtin")
    assert found is not None
    assert (found.name, found.languages) == ("ctc (builtin)", {"vi"})


def test_a_damaged_built_in_model_is_one_line(builtin: Path) -> None:
    write_ctc_model(builtin)
    (builtin / "model.onnx").write_bytes(b"")
    with pytest.raises(RecogniserError, match="is damaged or another model's"):
        find_recogniser("builtin")


def test_a_folder_is_known_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    write_ctc_model(tmp_path / "ours")
    vosk_files(tmp_path / "small")
    transformers_files(tmp_path / "large")
    found = [find_recogniser(tmp_path / name, ["km"]) for name in ("ours", "small", "large")]
    assert [each.name for each in found if each] == ["ctc (ours)", "vosk (small)", "whisper (large)"]
    # Our own model says itself what it knows.
    assert [each.languages for each in found if each] == [{"vi"}, {"km"}, {"km"}]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda folder: None, "no such folder"),
        (lambda folder: folder.write_text(""), "no such folder"),
        (lambda folder: folder.mkdir(), "not a recogniser; there must be model.toml"),
        (lambda folder: (folder.mkdir(), (folder / "config.json").write_text("[]")), "not a JSON object"),
        (lambda folder: (folder.mkdir(), (folder / "config.json").write_text('{"model_type": "vits"}')), "not a rec"),
    ],
)
def test_what_is_no_recogniser_is_told_in_one_line(tmp_path: Path, make: object, told: str) -> None:
    assert callable(make)
    make(tmp_path / "it")
    with pytest.raises(RecogniserError, match=f"it.*: {told}") as caught:
        find_recogniser(tmp_path / "it")
    assert "\n" not in str(caught.value)


def test_a_recogniser_among_the_voices_is_no_broken_voice(tmp_path: Path) -> None:
    write_ctc_model(tmp_path / "ours")
    assert all(voice.kind == "espeak" for voice in available_voices(tmp_path))


def test_choosing_brings_no_numpy_to_an_idle_station() -> None:
    code = "import smartradio.station.surroundings, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
