"""How long a week's plan takes: a thousand programmes, sixty nodes, every zone with programmes of its own."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta
from random import Random

from _rows import row

from smartradio.domain.plan import Scheduled, plan
from smartradio.domain.plan_rules import PlanRules, ZoneRules
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, Turn
from smartradio.domain.sounding import Sounding
from smartradio.station.days import vietnam_days
from smartradio.station.schedule_files import LOCAL

PROGRAMMES = 1_000
DAYS = 7
NODES = 60
ZONES = 10
LIMIT_S = 1.0
START = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
_RULES = ("FREQ=DAILY", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "FREQ=WEEKLY;BYDAY=TU,FR")
# One in a hundred is an emergency: what is stopped and goes on costs more than what only sounds.
_PRIORITIES = (*[Priority.PROGRAMME] * 90, *[Priority.ABOVE] * 9, Priority.EMERGENCY)


def commune(random: Random, zones: list[str]) -> list[Scheduled]:
    """Return programmes of 3 to 8 sentences, most in two sessions a day, each in zones drawn by lot."""
    scheduled = []
    for number in range(PROGRAMMES):
        in_slot = number % 4 == 0
        hour, minute = (random.choice((6, 17)), 0) if in_slot else (random.randrange(5, 21), random.randrange(60))
        sentences = random.randint(3, 8)
        marks = [2.5 + 5.0 * sentence for sentence in range(sentences + 1)]
        scheduled.append(
            Scheduled(
                Programme(
                    name=f"ct-{number}",
                    title=f"Chương trình {number}",
                    text="",
                    zones=tuple(zone for zone in zones if random.random() < 0.5) or (zones[0],),
                    first_at=datetime(2025, 11, 1, hour, minute, tzinfo=LOCAL),
                    recurrence=random.choice(_RULES),
                    priority=random.choice(_PRIORITIES),
                    approved_by="Nguyễn Thị Lan",
                    start_tolerance=timedelta(minutes=10),
                    slot=timedelta(hours=1) if in_slot else None,
                    order=random.choice((Turn.OPENING, *[Turn.BULLETIN] * 8, Turn.CLOSING)),
                ),
                Sounding(tuple(marks[:-1]), tuple(mark - 0.45 for mark in marks[1:]), marks[-1] + 1.3),
            )
        )
    return scheduled


def main() -> None:
    # Ten hamlets are a commune. Sixty, each with programmes of its own, are beyond any; no two share their work then.
    for count in (ZONES, NODES):
        names = [f"thon-{number}" for number in range(1, count + 1)]
        scheduled = commune(Random(6), names)
        nodes = {zone: tuple(f"{zone}-{n}" for n in range(1, NODES // count + 1)) for zone in names}
        rules = PlanRules(LOCAL, ZoneRules(airtime_s=6 * 3_600.0))
        taken_s, items = [], 0
        for _ in range(5):
            begun = time.perf_counter()
            made = plan(scheduled, START, START + timedelta(days=DAYS), zones=nodes, rules=rules, days=vietnam_days())
            taken_s.append(time.perf_counter() - begun)
            items = len(made.items)
        name = f"plan of {PROGRAMMES} programmes × {DAYS} days × {NODES} nodes in {count} zones"
        limit = LIMIT_S if count == ZONES else None
        row(name, statistics.median(taken_s), "s", limit, f"{items:,} items")


if __name__ == "__main__":
    main()
