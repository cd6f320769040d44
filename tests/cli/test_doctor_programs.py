"""What `smartradio doctor` says of programs that are there and do not work."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartradio.catalogue import built_in_catalogue, load_catalogue
from smartradio.cli.health_checks import Check, recogniser, second_broker
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("content", "seen"),
    [("garbage", "does not run: Exec format error"), ("#!/bin/sh\nexec sleep 60\n", "does not answer")],
)
def test_a_program_that_does_not_work_is_a_finding_and_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, seen: str
) -> None:
    program = tmp_path / "mosquitto"
    program.write_text(content, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("smartradio.cli.health_checks._ANSWER_TIMEOUT_S", 0.3)
    check = second_broker()
    assert not check.found
    assert check.seen == f"{program} {seen}"
    assert check.mend


def test_the_line_that_mends_a_missing_recogniser_names_a_model_that_can_be_installed() -> None:
    words = recogniser("none").mend.replace(";", " ").split()
    names = [model.name for model in load_catalogue(built_in_catalogue()).models]
    assert words[words.index("install") + 1] in names


def test_the_line_that_mends_is_printed_whole(smartradio: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = Check("recogniser: vi", False, "folder [1]", needed=False, mend="pip install 'smartradio[station]' :+1:")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("smartradio.cli.doctor._checks", lambda *_: [check])
    _, out, _ = smartradio("doctor", "--data", tmp_path)
    assert "folder [1]" in out
    assert "pip install 'smartradio[station]' :+1:" in out
