"""The database: what was written, planned, proved, and by whom."""

from __future__ import annotations

from smartradio.station.evidence_log import Verification
from smartradio.station.store.errors import StoreError
from smartradio.station.store.judgements import NodeJudgement
from smartradio.station.store.lexicon import LexiconChange
from smartradio.station.store.people import AccountRow, SessionRow
from smartradio.station.store.planned import WaitingClip
from smartradio.station.store.store import Store

__all__ = [
    "AccountRow",
    "LexiconChange",
    "NodeJudgement",
    "SessionRow",
    "Store",
    "StoreError",
    "Verification",
    "WaitingClip",
]
