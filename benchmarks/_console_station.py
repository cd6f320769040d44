"""A station with its console, in a process of its own: what it is asked over HTTP is measured from outside."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from _full_store import Shape

from smartradio.cli.logs import configure_logs
from smartradio.cli.serving import ConsoleSettings, console, listen
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.accounts import Role
from smartradio.station.settings import NodeEntry, StationSettings, ZoneSettings
from smartradio.station.station import Station

PASSWORD = "mot-mat-khau-du-dai-de-do"
PEOPLE = 12
"""So many accounts, two of each role: one person has no more than some windows open."""


def settings_of(folder: Path, shape: Shape) -> StationSettings:
    """Return the settings of a station with such a store."""
    return StationSettings(
        station="yen-hoa",
        title="Đài truyền thanh xã Yên Hòa",
        folder=folder,
        recogniser="none",
        standing_text="",
        public=True,
        zones=tuple(ZoneSettings(name=f"thon-{n}", title=f"Thôn {n}") for n in range(shape.zones)),
        nodes=tuple(
            NodeEntry(
                name=f"loa-{n}",
                zone=f"thon-{n % shape.zones}",
                title=f"Cụm loa {n}",
                public_key=f"{n:064x}",
                password=f"mat-khau-cua-loa-{n}",
            )
            for n in range(shape.nodes)
        ),
    )


async def serve(folder: Path, shape: Shape) -> None:
    """Tell where the console is, then tell the time of every commit that standard input asks for, until it ends.

    A line of input names an airing and one of its nodes; the answer is the monotonic clock in seconds.
    """
    listener = listen(ConsoleSettings(port=0))
    station = Station(settings_of(folder, shape))
    await station.start()
    try:
        for number, role in enumerate(list(Role) * (PEOPLE // len(Role))):
            with contextlib.suppress(Exception):
                station.accounts.create(f"nguoi-{number}", f"Người {number}", role, PASSWORD)
        async with console(station, listener) as address:
            print(json.dumps({"address": address}), flush=True)
            while line := await asyncio.to_thread(sys.stdin.readline):
                airing, node = line.split()
                now = datetime.now(UTC)
                heard = Evidence(airing, node, Step.LISTENED, now, "operator:Lan", None, {"by": "Lan"})
                committing = asyncio.ensure_future(station._parts.recorder.record([heard]))  # noqa: SLF001
                await committing
                print(time.monotonic(), flush=True)
    finally:
        await station.stop()


if __name__ == "__main__":
    configure_logs()
    asyncio.run(serve(Path(sys.argv[1]), Shape.read(sys.argv[2])))
