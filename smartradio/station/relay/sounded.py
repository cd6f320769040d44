"""Which recording an airing sounded as at a node: of a relay it is known only afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.domain.evidence import Step

if TYPE_CHECKING:
    from smartradio.station.store import Store


def sounded_recording(store: Store, airing: Airing, node: str) -> Recording | None:
    """Return what a node's horn is judged by; blocking.

    Of a relay it is what was relayed, or for a node that says so, the recording played in its place.
    """
    if airing.relay is not None:
        relayed: str | None = None
        for entry in store.chain(airing.id, node):
            evidence = entry.evidence
            if evidence.source == f"node:{node}" and evidence.facts.get("fallback"):
                return store.recording(airing.recording_id)
            if evidence.step is Step.RELAYED:
                relayed = evidence.facts.get("recording") or relayed
        if relayed is not None:
            return store.recording(str(relayed))
    return store.recording(airing.recording_id)
