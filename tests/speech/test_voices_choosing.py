"""Which voices are found in a folder of models, and in which order they are asked."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest

from smartradio.speech.voices.choosing import VoiceInfo, available_voices, voice_chain
from smartradio.speech.voices.port import VoiceError
from tests.speech.tiny_piper import write_piper_voice

BASE = ("vi", "vi (system)")


def _write_vits_files(folder: Path, language: str = "vie", model_type: str = "vits") -> Path:
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"")
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}), encoding="utf-8")
    (folder / "vocab.json").write_text(json.dumps({" ": 0, "a": 1}), encoding="utf-8")
    settings = {"language": language, "phonemize": False, "is_uroman": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


@pytest.fixture
def with_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: type("Spec", (), {"origin": None}))


@pytest.fixture
def models(tmp_path: Path, with_torch: None) -> Path:
    folder = tmp_path / "models"
    for name, quality in (("an", "x_low"), ("ba", "low"), ("chi", "medium"), ("dao", "high"), ("em", "medium")):
        write_piper_voice(folder / name, quality=quality)
    write_piper_voice(folder / ".half", quality="high")
    write_piper_voice(folder / "amy", language="en")
    _write_vits_files(folder / "mms")
    _write_vits_files(folder / "PhoWhisper", model_type="whisper")
    (folder / "vosk-model-small-vn").mkdir()
    (folder / "catalogue.lock").write_text("", encoding="utf-8")
    return folder


NEURAL = ("piper:dao", "piper:chi", "piper:em", "piper:ba", "piper:an", "vits:mms")


def test_voices_are_listed_by_language_and_quality_and_half_done_ones_are_not(models: Path) -> None:
    found = available_voices(models)
    assert tuple(info.name for info in found) == (*NEURAL, "vi", "vi-vn-x-central", "vi-vn-x-south")
    assert found[0] == VoiceInfo("piper:dao", "piper", "vi", "high")
    assert [info.name for info in available_voices(models, "en") if info.kind != "espeak"] == ["piper:amy"]


def test_without_models_the_base_voice_reads_vietnamese(tmp_path: Path) -> None:
    for models in (None, tmp_path, tmp_path / "gone"):
        assert voice_chain(None, models=models).names == BASE
        assert [info.kind for info in available_voices(models)] == ["espeak"] * 3


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        (None, ()),
        ("piper:an", ("piper:an",)),
        ("vits:mms", ("vits:mms",)),
        ("vi-vn-x-south", ("vi-vn-x-south",)),
        ("vi+f3", ("vi+f3",)),
    ],
)
def test_the_wanted_voice_is_asked_first_then_the_others_by_quality(
    models: Path, wanted: str | None, first: tuple[str, ...]
) -> None:
    others = tuple(name for name in NEURAL if name != wanted)
    assert voice_chain(wanted, models=models).names == (*first, *others, *BASE)


def test_the_wanted_base_voice_is_not_asked_twice(models: Path) -> None:
    assert voice_chain("vi", models=models).names == ("vi", *NEURAL, "vi (system)")


@pytest.mark.parametrize("wanted", ["piper:gone", "vits:an-toan", "piper:.half", "piper:../models/an", "coqui:x"])
def test_a_voice_that_does_not_exist_is_refused_with_what_there_is(models: Path, wanted: str) -> None:
    with pytest.raises(VoiceError) as caught:
        voice_chain(wanted, models=models)
    told = str(caught.value)
    assert wanted in told
    assert "\n" not in told
    assert "vi-vn-x-south" in told


@pytest.mark.parametrize(
    ("wanted", "told"), [("vi+zz", r"no voice 'vi\+zz'"), ("vi-qq", "no voice 'vi-qq'"), ("en", "not 'vi'")]
)
def test_an_unknown_variant_is_refused_before_anything_is_spoken(wanted: str, told: str) -> None:
    with pytest.raises(VoiceError, match=told):
        voice_chain(wanted)


def test_a_station_speaks_even_though_its_wanted_voice_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    assert voice_chain("piper:gone", insist=False).names == BASE
    assert "voice piper:gone is not to be had" in caplog.text


def test_a_broken_model_is_listed_with_its_problem_and_not_asked(
    models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (models / "dao" / "dao.onnx.json").unlink()
    (models / "mms" / "tokenizer_config.json").unlink()
    problems = {info.name: info.problem for info in available_voices(models) if info.problem}
    assert problems.keys() == {"piper:dao", "vits:mms"}
    assert "dao.onnx.json is missing" in problems["piper:dao"]
    assert voice_chain(None, models=models).names == (*NEURAL[1:-1], *BASE)
    with pytest.raises(VoiceError, match=r"dao\.onnx\.json is missing"):
        voice_chain("piper:dao", models=models)


def test_settings_made_to_harm_take_no_other_voice_away(models: Path) -> None:
    deep = write_piper_voice(models / "deep", quality="high") / "deep.onnx.json"
    deep.write_text("[" * 200_000, encoding="utf-8")
    (models / "mms" / "config.json").write_text('{"a":' * 200_000, encoding="utf-8")
    pipe = write_piper_voice(models / "pipe", quality="high") / "pipe.onnx.json"
    pipe.unlink()
    os.mkfifo(pipe)
    loop = write_piper_voice(models / "loop", quality="high") / "loop.onnx.json"
    loop.unlink()
    loop.symlink_to(loop.name)
    with (write_piper_voice(models / "huge", quality="high") / "huge.onnx.json").open("ab") as file:
        file.truncate(30_000_000)
    problems = {info.name: info.problem for info in available_voices(models) if info.problem}
    assert problems.keys() == {"piper:deep", "piper:pipe", "piper:loop", "piper:huge", "vits:mms"}
    assert "nested too deeply" in problems["piper:deep"]
    assert "nested too deeply" in problems["vits:mms"]
    assert "not a file" in problems["piper:pipe"]
    assert "more than 20 MB" in problems["piper:huge"]
    assert voice_chain(None, models=models).names == (*NEURAL[:-1], *BASE)


@pytest.mark.parametrize("rate", [10**12, -5, 0, True, 22_050.0, None])
def test_a_voice_of_an_impossible_sample_rate_is_not_asked(models: Path, rate: object) -> None:
    settings = models / "dao" / "dao.onnx.json"
    content = json.loads(settings.read_text(encoding="utf-8"))
    content["audio"]["sample_rate"] = rate
    settings.write_text(json.dumps(content), encoding="utf-8")
    (found,) = (info for info in available_voices(models) if info.name == "piper:dao")
    assert "is not a number of Hz" in found.problem


def test_a_folder_whose_name_would_tear_the_log_is_passed_over(models: Path) -> None:
    write_piper_voice(models / "hai\ndòng", quality="high")
    assert tuple(info.name for info in available_voices(models) if info.kind != "espeak") == NEURAL


def test_a_folder_that_may_not_be_read_takes_no_voice_away(
    models: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def forbidden(folder: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("smartradio.speech.voices.choosing.is_piper_folder", forbidden)
    assert voice_chain(None, models=models).names == BASE
    monkeypatch.setattr(Path, "iterdir", forbidden)
    assert voice_chain(None, models=models).names == BASE
    assert "Permission denied" in caplog.text


def test_a_model_that_vanishes_while_the_chain_is_made_takes_no_other_voice_away(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = available_voices(models)
    (models / "dao" / "dao.onnx").unlink()
    monkeypatch.setattr("smartradio.speech.voices.choosing.available_voices", lambda *_: listed)
    assert voice_chain(None, models=models).names == (*NEURAL[1:], *BASE)


def test_a_model_that_lacks_torch_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_vits_files(tmp_path / "mms")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (info,) = [each for each in available_voices(tmp_path) if each.kind == "vits"]
    assert "pip install 'smartradio[neural]'" in info.problem


@pytest.mark.parametrize("language", ["hmn", "tyz", "xx", ""])
def test_for_a_language_without_a_voice_recorded_sound_is_asked_for(tmp_path: Path, language: str) -> None:
    with pytest.raises(VoiceError, match="bring recorded sound"):
        voice_chain(None, language=language, models=tmp_path)


def test_another_language_is_read_by_its_own_voices(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    chain = voice_chain(None, language="en", models=models)
    assert chain.names == ("piper:amy", "en", "en (system)")
    assert chain.language == "en"


def test_the_chosen_chain_speaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    write_piper_voice(tmp_path / "chi")
    with voice_chain(None, models=tmp_path) as chain:
        chain.speak("xin chào bà con")
        assert chain.name == "vi"
        chain.warm(wait_s=30)
        chain.speak("xin chào bà con")
        assert chain.name == "piper:chi"
    assert caplog.messages == ["voice piper:chi is loading, meanwhile vi speaks"]
