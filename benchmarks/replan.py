"""One changed bulletin: from the change to its plan, checked, at the last of sixty nodes.

A whole station with its embedded broker and a week's plan on its disk. The clock starts when the changed programme
stands, its recording made; the plan is made anew, what changed is written and logged, every node's plan is signed and
published. The light nodes stand in processes of their own, check the signature and look for the new recording.

Sixty nodes have sixty processors; here they share two with the station. So each process takes in all that comes, and
checks it when nothing has come for a moment: a plan counts as checked when it came, and its check's own processor time
later.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.connection
import queue
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random

from _rows import row
from pydantic import SecretStr

from smartradio.broker.users import new_password
from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.programme import Programme
from smartradio.station.days import vietnam_days
from smartradio.station.plan_writer import Programmes
from smartradio.station.planner import ReadyProgramme
from smartradio.station.schedule_files import LOCAL
from smartradio.station.scripts import Script
from smartradio.station.settings import NodeEntry, PlanSettings, StationSettings, ZoneSettings
from smartradio.station.station import Station
from smartradio.station.studio import Produced, recording_id
from smartradio.wire.client import Link, LinkSettings
from smartradio.wire.signing import SigningKey, open_envelope
from smartradio.wire.topics import Topics

STATION = "bench"
NODES = 60
ZONES = 10
# Daily ones, each in about half of the zones: what a busy commune airs.
PROGRAMMES = 24
ROUNDS = 9
PROCESSES = 2
LIMIT_MS = 500.0
TIMEOUT_S = 60.0

QUIET_S = 0.4

Came = queue.SimpleQueue[tuple[str, float, str, bytes]]
Ready = dict[str, tuple[ReadyProgramme, Produced]]


class LightNode:
    """Takes in its plans on its link's thread."""

    def __init__(self, name: str, link: LinkSettings, came: Came) -> None:
        self._name, self._came = name, came
        topic = Topics(STATION).node(name, "plan")
        self._link = Link(link, f"light-{name}", subscriptions=[topic], on_message=self._take)

    def start(self) -> None:
        self._link.start()

    def stop(self) -> None:
        self._link.stop()

    def _take(self, topic: str, payload: bytes, _retained: bool) -> None:
        self._came.put((self._name, time.monotonic(), topic, payload))


def checked(name: str, came: float, topic: str, payload: bytes, station_key: str) -> tuple[str, float, str]:
    """Return the node, when it would have had its plan checked by itself, and the recordings in it."""
    begun = time.thread_time()
    plan = open_envelope(topic, payload, station_key)
    recordings = {airing["recording"] for airing in plan["airings"]}
    return name, came + time.thread_time() - begun, " ".join(recordings)


def run_nodes(
    pipe: multiprocessing.connection.Connection,
    stop: Event,
    nodes: Sequence[tuple[str, str]],
    station_key: str,
    port: int,
) -> None:
    """Run light nodes (name, password) and send what each of them took."""
    came: Came = queue.SimpleQueue()
    lights = [
        LightNode(name, LinkSettings(port=port, username=name, password=SecretStr(password)), came)
        for name, password in nodes
    ]
    for light in lights:
        light.start()
    waiting = []
    while not stop.is_set():
        try:
            waiting.append(came.get(timeout=QUIET_S))
        except queue.Empty:
            for each in waiting:
                pipe.send(checked(*each, station_key))
            waiting = []
    for light in lights:
        light.stop()


def shelved(station: Station, name: str, version: int, random: Random) -> tuple[str, Produced]:
    """Put a bulletin of 4 to 10 sentences on the shelf; its sounds are never fetched."""
    bulletin = Bulletin(f"{name}-{version}", f"Bản tin {name}", "Xin chào.")
    segments = tuple(
        Segment(random.randbytes(32).hex(), 9_000, round(random.uniform(3, 6), 2), 0.45, SegmentKind.SENTENCE, "chào")
        for _ in range(random.randint(4, 10))
    )
    recording = Recording(recording_id(bulletin.id, segments), bulletin.id, "vi", segments)
    station.store.put_bulletin(bulletin, [])
    station.store.put_recording(recording, {}, datetime.now(UTC))
    return bulletin.id, Produced(Script(bulletin, (), ()), recording, {"voice": "vi"}, datetime.now(UTC))


def programmes(station: Station, random: Random) -> Ready:
    """Return what a commune airs every day, most of it in two sessions, each in zones drawn by lot."""
    zones = [zone.name for zone in station.settings.zones]
    first = datetime.now(LOCAL) - timedelta(days=30)
    found: Ready = {}
    for number in range(PROGRAMMES):
        in_slot = number % 3 > 0
        hour, minute = (random.choice((5, 17)), 0) if in_slot else (random.randrange(6, 20), random.randrange(60))
        programme = Programme(
            name=f"ct-{number}",
            title=f"Chương trình {number}",
            text="",
            # The first one, which is changed, is heard everywhere: every node's plan changes.
            zones=tuple(zone for zone in zones if number == 0 or random.random() < 0.5) or (zones[0],),
            first_at=first.replace(hour=hour, minute=minute, second=0, microsecond=0),
            recurrence="FREQ=DAILY",
            approved_by="Nguyễn Thị Lan",
            start_tolerance=timedelta(minutes=10),
            slot=timedelta(minutes=90) if in_slot else None,
        )
        bulletin, produced = shelved(station, programme.name, 0, random)
        found[programme.name] = (ReadyProgramme(programme, bulletin, produced.recording), produced)
    return found


def wait_all(pipe: multiprocessing.connection.Connection, recording: str, *, there: bool = True) -> float:
    """Return when the last node had a plan with the recording, or without it."""
    waiting = {f"cum-{n}" for n in range(NODES)}
    deadline, last = time.monotonic() + TIMEOUT_S, 0.0
    while waiting:
        if not pipe.poll(max(0.0, deadline - time.monotonic())):
            raise TimeoutError(f"{len(waiting)} of {NODES} nodes have no such plan")
        name, came, recordings = pipe.recv()
        if (recording in recordings.split()) is there:
            waiting.discard(name)
            last = max(last, came)
    return last


async def measure(station: Station, pipe: multiprocessing.connection.Connection) -> list[tuple[float, float]]:
    """Return milliseconds from the change to the last node's plan, and of the station's processor, round by round."""
    random = Random(6)
    parts, days = station._parts, vietnam_days()  # noqa: SLF001
    ready = await asyncio.to_thread(programmes, station, random)
    parts.calendar._programmes = Programmes(ready, days)  # noqa: SLF001
    await parts.replan()
    await asyncio.to_thread(wait_all, pipe, ready["ct-0"][1].recording.id)
    taken_ms = []
    for version in range(1, ROUNDS + 2):
        await asyncio.sleep(2)
        bulletin, produced = await asyncio.to_thread(shelved, station, "ct-0", version, random)
        changed = replace(ready["ct-0"][0], bulletin_id=bulletin, recording=produced.recording)
        begun, used = time.monotonic(), time.process_time()
        parts.calendar._programmes = Programmes(ready | {"ct-0": (changed, produced)}, days)  # noqa: SLF001
        await parts.replan()
        last = await asyncio.to_thread(wait_all, pipe, produced.recording.id)
        if version > 1:  # the first one warms everything up
            taken_ms.append((1_000 * (last - begun), 1_000 * (time.process_time() - used)))
    return taken_ms


async def main_async(folder: Path) -> list[tuple[float, float]]:
    """Run the station and the nodes around the measuring."""
    passwords = {f"cum-{n}": new_password() for n in range(NODES)}
    settings = StationSettings(
        station=STATION,
        title="Bench",
        folder=folder,
        recogniser="none",
        plan=PlanSettings(quiet_from=time_of_day(22), quiet_until=time_of_day(5)),
        zones=tuple(ZoneSettings(name=f"thon-{n}", title=f"Thôn {n}") for n in range(ZONES)),
        nodes=tuple(
            NodeEntry(
                name=name,
                zone=f"thon-{number % ZONES}",
                title=name,
                public_key=SigningKey.new().public_hex,
                password=SecretStr(password),
            )
            for number, (name, password) in enumerate(passwords.items())
        ),
    )
    station = Station(settings)
    await station.start()
    spawn = multiprocessing.get_context("spawn")
    near, far = spawn.Pipe()
    stop = spawn.Event()
    nodes, port = list(passwords.items()), station._parts.broker_link.port  # noqa: SLF001
    children = [
        spawn.Process(
            target=run_nodes, args=(far, stop, nodes[n::PROCESSES], station.public_key_hex, port), daemon=True
        )
        for n in range(PROCESSES)
    ]
    for child in children:
        child.start()
    try:
        return await measure(station, near)
    finally:
        stop.set()
        for child in children:
            await asyncio.to_thread(child.join, 10)
        await station.stop()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rounds = asyncio.run(main_async(Path(folder)))
    taken_ms = [taken for taken, _ in rounds]
    name = f"one changed bulletin of {PROGRAMMES}, a week ahead, planned anew and checked at {NODES} nodes"
    row(
        name, statistics.median(taken_ms), "ms", LIMIT_MS, f"{min(taken_ms):.0f}–{max(taken_ms):.0f} in {ROUNDS} rounds"
    )
    row("of it processor time of the station, logging with it", statistics.median(used for _, used in rounds), "ms")


if __name__ == "__main__":
    main()
