"""The evidence chain: what is known of one airing at one node, step by step, never inferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Step(StrEnum):
    """What happened. The first seven are the chain; the others stand beside it or say why it ended early.

    `measured` is a node's own figures (level, match); `heard` is the station's verdict and nothing else.
    `clip_asked` and `listened` tell who wanted a microphone recording and who played it,
    `replay_asked` who had the recording aired once more at this node. `relayed` is the station's own account of a
    stream: what of it came, and why not more. `administered` belongs to no airing: an account, a setting, a backup.
    `restarted` is a node's word that it begins anew because it was asked to.
    """

    RENDERED = "rendered"
    APPROVED = "approved"
    DELIVERED = "delivered"
    STARTED = "started"
    FINISHED = "finished"
    HEARD = "heard"
    CONFIRMED = "confirmed"
    PLANNED = "planned"
    MEASURED = "measured"
    DISPUTED = "disputed"
    REFUSED = "refused"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"
    UNREACHED = "unreached"
    CLIP_ASKED = "clip_asked"
    LISTENED = "listened"
    REPLAY_ASKED = "replay_asked"
    CHANGED = "changed"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    RELAYED = "relayed"
    RESTARTED = "restarted"
    ADMINISTERED = "administered"


CHAIN: tuple[Step, ...] = (
    Step.RENDERED,
    Step.APPROVED,
    Step.DELIVERED,
    Step.STARTED,
    Step.FINISHED,
    Step.HEARD,
    Step.CONFIRMED,
)


class Reason(StrEnum):
    """Why a node or the station did not do what was asked; stable codes."""

    BAD_SIGNATURE = "bad_signature"
    REPLAYED = "replayed"
    EXPIRED = "expired"
    FOREIGN_STATION = "foreign_station"
    ALTERED_RECORDING = "altered_recording"
    UNKNOWN_VERSION = "unknown_version"
    MALFORMED = "malformed"
    NOT_FOR_THIS_NODE = "not_for_this_node"
    CLOCK_UNTRUSTED = "clock_untrusted"
    AUDIO_MISSING = "audio_missing"
    DISK_FULL = "disk_full"
    TOO_LATE = "too_late"
    NODE_RESTARTED = "node_restarted"
    STATION_WAS_DOWN = "station_was_down"
    PREEMPTED = "preempted"
    REPLACED = "replaced"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    SOUND_DEVICE = "sound_device"
    BUSY = "busy"
    EMERGENCY_DUE = "emergency_due"
    NO_REPORT = "no_report"
    NAME_TAKEN = "name_taken"
    CLIP_GONE = "clip_gone"
    CUT = "cut"
    FALLBACK = "fallback"
    QUIET_HOURS = "quiet_hours"
    SLOT_FULL = "slot_full"
    AIRTIME = "airtime"
    HOLIDAY = "holiday"
    LEFT_OUT = "left_out"
    NOT_APPROVED = "not_approved"
    NOT_AS_APPROVED = "not_as_approved"
    NO_NODES = "no_nodes"
    RELAY_UNREACHABLE = "relay_unreachable"
    RELAY_SILENT = "relay_silent"
    RELAY_ENDED = "relay_ended"


TAKEN_OUT: Final = frozenset({Reason.WITHDRAWN, Reason.REPLACED})
"""Why an airing is out of the plan by somebody's will: taken back, or a newer alert's in its place."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One entry of the append-only log.

    `at` is aware UTC: when it happened by the source's clock. `source` names who says so: "station",
    "node:thon-1", "operator:lan". `facts` are plain JSON values, figures with their unit in the name.
    `node` is empty for steps that hold for all nodes (rendered, approved, planned).
    """

    airing: str
    node: str
    step: Step
    at: datetime
    source: str
    reason: Reason | str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
