"""The example commune's month: ten hamlets, schedules/vi-du.yaml, Tết in it, and the troubles of a winter.

`month(folder)` leaves a station's data folder as a real one would: database, log, verdicts. Simulated are time, lines,
cards and the figures that nodes measure (see `world`); the figures of a good horn, so that verdicts come of what
happens to the commune: lines that are cut, power that fails, a horn that is broken, a station that is off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.schedule_files import load_schedule
from tests.simulated.horn import Sounded
from tests.simulated.known import known_horns
from tests.simulated.mast import Pace
from tests.simulated.world import World

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
SCHEDULE = Path(__file__).resolve().parents[2] / "schedules" / "vi-du.yaml"
HAMLETS = {f"thon-{number}": (f"thon-{number}",) for number in range(1, 11)}
# The 6th of February 2027 is the first day of the lunar year.
BEGINS = datetime(2027, 1, 10, 4, tzinfo=HANOI)


@dataclass(frozen=True)
class Month:
    """What a simulated month left behind; instants are aware UTC, `sounded` is what each node's card heard."""

    station_folder: Path
    begins: datetime
    ends: datetime
    programmes: tuple[Programme, ...]
    sounded: dict[str, Sequence[Sounded]]
    emergencies: tuple[str, ...]


def month(folder: Path, *, days: int = 30) -> Month:
    """Let the commune live through so many days (at least one) below an empty folder."""
    begins = BEGINS.astimezone(UTC)
    world = World(
        folder,
        begins,
        HAMLETS,
        [SCHEDULE],
        # Idle nodes are looked at every three hours, and the station's own alarms ring no closer than ten minutes.
        pace=Pace(idle_s=10_800.0, alarms_s=600.0),
        horizon_days=3,
        replan_s=43_200.0,
        silent_after_s=21_600.0,
        # Clips would be worked on as signals; nodes here send figures only.
        clip_first_airings=0,
        clip_every=0,
    )
    known_horns(world)
    try:
        world.start_station()
        world.run(seconds=30)
        for node in world.masts:
            world.start_node(node)
        emergencies: list[str] = []
        for day, hour, work in _troubles(world, emergencies):
            if day < days - 1:
                world.at(BEGINS.replace(hour=0) + timedelta(days=day, hours=hour), work)
        ends = begins + timedelta(days=days)
        world.run_until(ends + timedelta(hours=4))
        world.stop_station()
    finally:
        world.close()
    sounded = {name: tuple(mast.sounded) for name, mast in world.masts.items()}
    programmes = tuple(load_schedule(SCHEDULE))
    return Month(world.station_folder, begins, ends, programmes, sounded, tuple(emergencies))


def _troubles(world: World, emergencies: list[str]) -> list[tuple[int, float, Callable[[], object]]]:
    """Return (day, hour of the wall clock, what happens)."""

    def alarm() -> None:
        assert world.station is not None
        assert world.loop is not None
        aired = world.station.air_now(
            title="Tin lũ khẩn cấp",
            by="Phạm Văn Dũng, Trưởng ban chỉ huy phòng thủ dân sự xã",
            text="Mực nước sông lên 4,52 m. Mời bà con thôn 3 sơ tán trước 17h30.",
            priority=Priority.EMERGENCY,
        )
        world.loop.create_task(aired).add_done_callback(lambda task: emergencies.append(task.result().id))

    def deaf(node: str, is_deaf: bool) -> Callable[[], None]:
        def turn() -> None:
            world.masts[node].ear.deaf = is_deaf

        return turn

    return [
        # A line that is away for three days: its node goes on alone and tells it all afterwards.
        (1, 10.0, lambda: world.broker.cut("thon-7")),
        (4, 10.0, lambda: world.broker.mend("thon-7")),
        # Power that fails for two hours in the middle of the morning's items.
        (5, 5.505, lambda: world.kill_node("thon-3")),
        (5, 7.5, lambda: world.start_node("thon-3")),
        # A node that is away for two days.
        (7, 12.0, lambda: world.kill_node("thon-9")),
        (9, 12.0, lambda: world.start_node("thon-9")),
        # A horn that is broken for a day.
        (11, 4.0, deaf("thon-4", True)),
        (12, 4.0, deaf("thon-4", False)),
        # A station that is off through a morning.
        (13, 4.5, world.kill_station),
        (13, 9.0, world.start_station),
        # The flood, during the afternoon's items.
        (20, 17.005, alarm),
        # Every line in the commune for a day, Tết among them.
        (26, 20.0, lambda: [world.broker.cut(node) for node in world.masts]),
        (27, 20.0, lambda: [world.broker.mend(node) for node in world.masts]),
    ]
