"""What `smartradio doctor` says of voices."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from smartradio.cli.health_checks import Check, other_voices
from tests.speech.tiny_piper import write_piper_voice


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMARTRADIO_MODELS", str(tmp_path))
    return tmp_path


def _checks() -> dict[str, Check]:
    return {check.part: check for check in other_voices()}


def test_without_models_it_says_where_they_would_be_and_how_to_get_them(models: Path) -> None:
    checks = _checks()
    assert checks["voice: piper vi"].seen == f"none in {models}"
    assert "smartradio models install" in checks["voice: piper vi"].mend
    assert checks["voice: order vi"].seen == "vi → vi (system)"
    assert not any(check.needed for check in checks.values())


def test_installed_voices_stand_there_with_quality_and_order(models: Path) -> None:
    write_piper_voice(models / "an", quality="low")
    write_piper_voice(models / "ba", quality="high")
    checks = _checks()
    assert checks["voice: piper vi"].seen == "piper:ba high, piper:an low"
    assert checks["voice: order vi"].seen == "piper:ba → piper:an → vi → vi (system)"


def test_a_broken_model_is_a_finding_with_its_problem(models: Path) -> None:
    write_piper_voice(models / "an")
    (models / "an" / "an.onnx").unlink()
    check = _checks()["voice: piper vi"]
    assert not check.found
    assert "no .onnx file" in check.seen
    assert check.mend == "smartradio models verify"


def test_what_is_missing_for_a_kind_of_voice_is_said_with_the_line_that_brings_it(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else find(name))
    check = _checks()["voice: vits vi"]
    assert (check.found, check.seen, check.mend) == (False, "missing: torch", "pip install 'smartradio[neural]'")
