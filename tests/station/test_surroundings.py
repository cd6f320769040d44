"""What a station finds around it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from smartradio.listening.recognisers import choosing
from smartradio.station.settings import StationSettings
from smartradio.station.surroundings import find_recogniser
from tests.listening.recognisers.tiny_ctc import write_ctc_model
from tests.station.commune import settings


def found(settings: StationSettings) -> tuple[str | None, list[str]]:
    """Return the name of the recogniser, and what is told in the log."""

    async def work() -> str | None:
        async with AsyncExitStack() as stack:
            recogniser = await find_recogniser(settings, stack)
            return None if recogniser is None else recogniser.name

    with capture_logs() as logs:
        name = asyncio.run(work())
    return name, [f"{log['log_level']}: {log['line']}" for log in logs if log["event"] == "no_recogniser"]


@pytest.fixture
def builtin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "builtin"
    monkeypatch.setattr(choosing, "BUILTIN", folder)
    return folder


def test_the_built_in_recogniser_listens_unless_told_otherwise(tmp_path: Path, builtin: Path) -> None:
    write_ctc_model(builtin)
    plain = settings(tmp_path).model_dump(exclude={"recogniser"})
    assert StationSettings.model_validate(plain).recogniser == "builtin"
    assert found(settings(tmp_path, recogniser="builtin")) == ("ctc (builtin)", [])
    assert found(settings(tmp_path, recogniser="none")) == (None, ["info: none is wanted"])


def test_a_station_without_a_model_runs_and_says_so(tmp_path: Path, builtin: Path) -> None:
    name, told = found(settings(tmp_path, recogniser="builtin"))
    assert (name, len(told)) == (None, 1)
    assert told[0].startswith("info: no built-in model")


def test_a_damaged_or_missing_model_is_one_line_and_stops_no_station(tmp_path: Path, builtin: Path) -> None:
    write_ctc_model(builtin)
    (builtin / "units.txt").unlink()
    for choice, line in (("builtin", "units.txt missing"), (tmp_path / "gone", "gone: no such folder")):
        name, told = found(settings(tmp_path, recogniser=choice))
        assert (name, len(told)) == (None, 1)
        assert told[0].startswith("error: ")
        assert line in told[0]


def test_a_folder_in_the_settings_is_taken(tmp_path: Path) -> None:
    folder = write_ctc_model(tmp_path / "notes")
    assert found(settings(tmp_path, recogniser=str(folder))) == ("ctc (notes)", [])
