"""The station at its terminal: set up at the first run, served, begun anew when an administrator asks for it."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel, ConfigDict

from smartradio.cli.serving import ConsoleSettings, StationFile, console, listen
from smartradio.config import load_settings, to_toml
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.files import write_whole
from smartradio.station.accounts import Accounts
from smartradio.station.admin.first_run import Commune, make_first
from smartradio.station.settings import ZoneSettings
from smartradio.station.station import Station, utc_now
from smartradio.station.store import Store
from smartradio.words import words

PREFIX = "SMARTRADIO_STATION_"
DATA = "smartradio-data"
"""Folder, beside the settings file, of a station that was set up in a browser."""


class _Console(BaseModel):
    """What the environment may say before there is a settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    console: ConsoleSettings = ConsoleSettings()


def serve(config: Path) -> None:
    """Serve the station of a settings file until told to stop; without the file, its first run comes before.

    Raises SmartradioError where it cannot start.
    """
    asyncio.run(_serve(config.absolute(), set_up=not config.exists()))


async def _serve(config: Path, *, set_up: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if set_up:
        await _set_up(config, stop)
    settings: StationFile | None = None
    while not stop.is_set():
        settings = _settings(config, settings)
        await _once(settings, config, stop)


def _settings(config: Path, before: StationFile | None) -> StationFile:
    """Return the settings of the file; a station that begins anew is not kept down by a slip in it."""
    try:
        return load_settings(StationFile, config, prefix=PREFIX)
    except BadInputError as error:
        if before is None:
            raise
        typer.echo(f"smartradio: {error}; begun anew by the settings of before", err=True)
        return before


async def _once(settings: StationFile, config: Path, stop: asyncio.Event) -> None:
    """Serve a station until it is told to stop or to begin anew."""
    listener = listen(settings.console)
    station = Station(settings)
    try:
        await station.start()
        try:
            await station.load_schedules()
        except SmartradioError as error:
            # A station that is down for a fault in a programme could not warn of a flood. The plan is as it was.
            typer.echo(f"smartradio: schedules not taken: {error}", err=True)
        admin = station.desks.admin
        admin.restart.possible = True
        admin.backups.config = config
        async with console(station, listener, settings.console.proxies) as address:
            typer.echo(f"{station.settings.title}: console at {address}", err=True)
            if await asyncio.to_thread(lambda: admin.first.is_needed):
                _tell_first(address, admin.first.open())
            await _either(stop.wait(), admin.restart.asked())
    finally:
        listener.close()
        await station.stop()


async def _set_up(config: Path, stop: asyncio.Event) -> None:
    """Ask in a browser for the commune and its first administrator, and write the settings file.

    What asks is a station of its own in a folder that is gone afterwards.
    """
    chosen = load_settings(_Console, None, prefix=PREFIX).console
    listener = listen(chosen)
    host, port = listener.getsockname()[:2]
    done, loop = asyncio.Event(), asyncio.get_running_loop()
    with tempfile.TemporaryDirectory(prefix="smartradio-first-run-") as folder:
        station = Station(
            StationFile(
                station="dai-moi",
                title=words("vi")("A new station"),
                folder=Path(folder) / "station",
                zones=(ZoneSettings(name="xa", title="Xã"),),
                recogniser="none",
                standing_text="",
            )
        )
        try:
            await station.start()
            first = station.desks.admin.first
            first.found = _founder(config, host, port, lambda: loop.call_soon_threadsafe(done.set))
            async with console(station, listener) as address:
                typer.echo(words("vi")("{file} is not there yet.", file=config), err=True)
                _tell_first(address, first.open())
                await _either(stop.wait(), done.wait())
        finally:
            listener.close()
            await station.stop()


def _founder(
    config: Path, host: str, port: int, done: Callable[[], object]
) -> Callable[[Commune, str, str, str], None]:
    """Return what makes a commune's folder, its first account and, when all of it stands, its settings file."""

    def found(commune: Commune, name: str, title: str, password: str) -> None:
        folder = config.parent / DATA
        with closing(Store.open(folder)) as store:
            accounts = Accounts(store, utc_now)
            if store.people.account(name) is None:
                make_first(accounts, name, title, password, now=utc_now())
            else:
                # The settings file could not be written the last time.
                accounts.set_password(name, password)
        values = {
            "station": commune.station,
            "title": f"Đài truyền thanh {commune.title[:1].lower()}{commune.title[1:]}"[:100],
            "folder": str(folder),
            "console": {"host": host, "port": port},
            "zones": [{"name": zone, "title": title} for zone, title in commune.zones.items()],
        }
        try:
            write_whole(config, to_toml(values).encode(), mode=0o600, replace=False)
        except OSError as error:
            raise SmartradioError(f"{config}: cannot be written: {error.strerror}") from error
        done()

    return found


def _tell_first(address: str, code: str) -> None:
    say = words("vi")
    typer.echo(say("Set this station up in a browser: {address}", address=f"{address}/thiet-lap?ma={code}"), err=True)
    typer.echo(say("The code works once."), err=True)


async def _either(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait for the first of these."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
