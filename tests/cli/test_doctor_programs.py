"""What `smartradio doctor` says of programs that are there and do not work."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartradio.catalogue import built_in_catalogue, load_catalogue
from smartradio.cli.health_checks import recogniser, second_broker


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
