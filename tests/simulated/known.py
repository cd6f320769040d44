"""What a station knows of its nodes after their first days: horns that were heard well, and how they sound."""

from __future__ import annotations

from datetime import timedelta

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Bulletin, Recording
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import NodeJudgement, Store
from tests.simulated.horn import Ear
from tests.simulated.world import World

_PAST_AIRINGS = 6


def known_horns(world: World) -> None:
    """Put the airings of those days into the store; without them a node's figures prove nothing."""
    store = Store.open(world.station_folder, clock=world.hours.utc)
    try:
        store.put_bulletin(Bulletin("nghiem-thu", "Nghiệm thu cụm loa", "Phát thử."), [])
        recording = Recording("0" * 64, "nghiem-thu", "vi", ())
        store.put_recording(recording, {}, world.now)
        for number in range(_PAST_AIRINGS):
            at = world.now - timedelta(days=2 + number)
            nodes = tuple(world.masts)
            airing = Airing(
                f"nghiem-thu-{number}",
                "nghiem-thu",
                recording.id,
                at,
                at + timedelta(minutes=1),
                Priority.PROGRAMME,
                tuple(mast.settings["zone"] for mast in world.masts.values()),
                nodes,
            )
            store.plan_airing(airing, [Evidence(airing.id, "", Step.PLANNED, at, "station")])
            for node in nodes:
                ear = world.masts[node].ear
                store.judge(Evidence(airing.id, node, Step.HEARD, at, "station"), _good(ear))
    finally:
        store.close()


def _good(ear: Ear) -> NodeJudgement:
    return NodeJudgement(
        VerdictCode.AIRED,
        coverage=1.0,
        level_db=-20.0 + ear.gain_db,
        snr_db=18.0,
        background_db=-62.0,
        tilt_db=-2.0,
        delay_ms=1_000.0 * ear.delay_s,
        gain_db=ear.gain_db,
    )
