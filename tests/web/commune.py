"""A commune to try the pages on: hand-written desk and door, an airing with seven fates."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np

from smartradio.domain.airing import Airing, AiringState
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.places import Zone
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import JudgedSentence, JudgedWord, WordState
from smartradio.listening.trends import Trend
from smartradio.station.accounts import Account, Role
from smartradio.station.source_information.exchange import SourceState
from smartradio.station.summaries import AiringOutcome, By, Summary, summarise
from smartradio.station.views import (
    AiringView,
    LoggedEvidence,
    NodeAiring,
    NodePlace,
    NodeView,
    WaitingVerdict,
    worst_first,
)
from tests.web.desks import FakeDesks
from tests.web.items import FakeApprovalDesk

NOW = datetime(2026, 11, 21, 22, 2, tzinfo=UTC)  # 5:02 on Sunday 22 November in the commune
STARTS = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
PASSWORD = "gà-gáy-sáng-sớm-bờ-ao"
RATE = 16_000

_FIRST_SPOKEN = (
    "từ bảy giờ ba mươi phút ngày hai mươi ba tháng mười một năm hai nghìn không trăm hai mươi sáu, "
    "ủy ban nhân dân xã tiêm chủng cho trẻ từ sáu đến năm mươi chín tháng tuổi."
)
LINES = (
    (
        "Từ 7h30 ngày 23/11/2026, UBND xã tiêm chủng cho trẻ từ 6-59 tháng tuổi.",
        _FIRST_SPOKEN,
        (
            ("7h30", "bảy giờ ba mươi phút", "time-minutes"),
            ("23/11/2026", "hai mươi ba tháng mười một năm hai nghìn không trăm hai mươi sáu", "date-full"),
            ("UBND", "ủy ban nhân dân", "acronym"),
            ("6-59", "sáu đến năm mươi chín", "range"),
        ),
        (),
    ),
    (
        "Liên hệ Trạm Y tế: 0229 3868 115, gặp BS. Lan (PKĐK).",
        "liên hệ trạm y tế, không hai hai chín, ba tám sáu tám, một một năm, gặp bác sĩ lan, pê ca đê ca.",
        (
            ("0229 3868 115", "không hai hai chín, ba tám sáu tám, một một năm", "phone"),
            ("BS.", "bác sĩ", "academic-title"),
            ("PKĐK", "pê ca đê ca", "acronym"),
        ),
        (("PKĐK", "Chữ viết tắt chưa có trong bảng", "phòng khám đa khoa"),),
    ),
)


def encode(pcm: np.ndarray) -> bytes:
    """The tests' codec: samples as they are. The browser test uses Opus."""
    return b"PCM16:" + (np.clip(pcm, -1, 1) * 32767).astype("<i2").tobytes()


def decode(data: bytes) -> np.ndarray:
    """Take back what `encode` gave; anything else is no sound."""
    if not data.startswith(b"PCM16:"):
        raise ValueError("not a sound")
    return np.frombuffer(data[6:], dtype="<i2").astype(np.float32) / 32768


@cache
def speech_like(duration_s: float, seed: int = 1) -> np.ndarray:
    """Bursts of harmonics with pauses: enough of a voice for pictures."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(duration_s * RATE)) / RATE
    pitch = 120 + 25 * np.sin(2 * np.pi * 0.4 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(k * phase) * np.exp(-((k * 120 - 700) ** 2) / 9e5) for k in range(1, 28))
    syllables = np.interp(t, np.arange(0, duration_s + 1, 0.11), rng.random(len(np.arange(0, duration_s + 1, 0.11))))
    return (0.2 * voice * syllables**2).astype(np.float32)


def spoken() -> tuple[dict[str, object], ...]:
    """The reading of LINES as the station keeps it."""
    lines = []
    for written, said, pieces, items in LINES:
        at = {text: written.index(text) for text, *_ in (*pieces, *items)}
        lines.append(
            {
                "written": written,
                "spoken": said,
                "pieces": [
                    {"start": at[w], "end": at[w] + len(w), "written": w, "spoken": s, "rule": r} for w, s, r in pieces
                ],
                "open_items": [
                    {"start": at[w], "end": at[w] + len(w), "written": w, "problem": p, "suggestion": s}
                    for w, p, s in items
                ],
            }
        )
    return tuple(lines)


def recording() -> Recording:
    """A chime and two sentences, 12 s."""
    segments = (
        Segment("a" * 64, 4_000, 2.0, 0.4, SegmentKind.CHIME),
        Segment("b" * 64, 11_000, 5.2, 0.4, SegmentKind.SENTENCE, "từ bảy giờ ba mươi phút"),
        Segment("c" * 64, 8_000, 4.0, 0.0, SegmentKind.SENTENCE, "liên hệ trạm y tế"),
    )
    return Recording("d" * 64, "bt-1", "vi", segments)


def sentence(text: str, states: str, *, starts_s: float = 4.5, weighs: Sequence[str] = ()) -> JudgedSentence:
    """A sentence with a letter for each word's fate: h, d, m, x (different), u; it counts as its worst word."""
    fates = [
        WordState({"h": "heard", "d": "doubtful", "m": "missing", "x": "different", "u": "unproven"}[s]) for s in states
    ]
    words = tuple(
        JudgedWord(
            bare,
            fate,
            None if fate in (WordState.MISSING, WordState.UNPROVEN) else starts_s + 0.4 * number,
            None if fate in (WordState.MISSING, WordState.UNPROVEN) else starts_s + 0.4 * number + 0.35,
            None if fate is WordState.UNPROVEN else 0.93 if fate is WordState.HEARD else 0.4,
            3.0 if bare in weighs else 1.0,
        )
        for number, (bare, fate) in enumerate(zip(text.replace(",", "").strip(".").split(), fates, strict=True))
    )
    order = [WordState.DIFFERENT, WordState.MISSING, WordState.DOUBTFUL, WordState.UNPROVEN, WordState.HEARD]
    return JudgedSentence(text, min(fates, key=order.index), words)


def heard_sentences() -> tuple[JudgedSentence, ...]:
    """Two sentences of which a few words went wrong."""
    return (
        sentence("Từ bảy giờ ba mươi phút, ủy ban tiêm chủng cho trẻ.", "hhhxxhhhddhh", weighs=("bảy", "ba", "mươi")),
        sentence("Liên hệ trạm y tế.", "hhmmm", starts_s=10.1),
    )


def nodes() -> tuple[NodeAiring, ...]:
    """Three nodes: heard, silent, refused."""
    presence = tuple(0.95 if i % 23 else 0.3 for i in range(120))
    heard = NodeAiring(
        "thon-1", "Cụm loa nhà văn hóa thôn 1", AiringState.JUDGED,
        delivered_at=STARTS - timedelta(seconds=4), started_at=STARTS, start_offset_ms=0.4, coverage=0.97,
        coverage_by_segment=(1.0, 0.98, 0.94), level_db=-23.4, snr_db=21.7, verdict="aired",
        reasons=("no_recogniser",), presence=presence, clip="e" * 64, clip_starts_s=-2.0,
        intelligibility=0.82, sentences=heard_sentences(),
    )  # fmt: skip
    silent = replace(
        heard, node="thon-2", title="Cụm loa chợ Yên Hòa", start_offset_ms=-1.2, coverage=0.02,
        coverage_by_segment=(0.0, 0.03, 0.02), level_db=-61.0, snr_db=-3.1, verdict="silent",
        reasons=("own_horn_silent", "no_recogniser"), presence=(0.0,) * 120, intelligibility=None, sentences=(),
    )  # fmt: skip
    missed = NodeAiring("thon-3", "Cụm loa đê sông Vạc", AiringState.FAILED)
    return heard, silent, missed


def chain() -> tuple[LoggedEvidence, ...]:
    """What the log says of the airing at all three nodes."""

    def at(seconds: float) -> datetime:
        return STARTS + timedelta(seconds=seconds)

    entries = [
        Evidence("lp-1", "", Step.RENDERED, at(-42), "station", facts={"voice": "vi", "duration_s": 12.0}),
        Evidence("lp-1", "", Step.APPROVED, at(-41.8), "operator:Lê Thị Lan", facts={"by": "Lê Thị Lan"}),
        Evidence("lp-1", "", Step.PLANNED, at(-41.7), "station"),
        Evidence("lp-1", "thon-1", Step.DELIVERED, at(-4), "node:thon-1"),
        Evidence("lp-1", "thon-2", Step.DELIVERED, at(-3.8), "node:thon-2"),
        Evidence("lp-1", "thon-3", Step.REFUSED, at(-3.5), "node:thon-3", Reason.ALTERED_RECORDING),
    ]
    for name, offset in (("thon-1", 0.4), ("thon-2", -1.2)):
        entries += [
            Evidence("lp-1", name, Step.STARTED, at(offset / 1000), f"node:{name}", facts={"offset_ms": offset}),
            Evidence("lp-1", name, Step.FINISHED, at(12), f"node:{name}", facts={"played_s": 12.0, "whole": True}),
        ]
    entries += [
        Evidence("lp-1", "thon-1", Step.HEARD, at(17), "station", facts={"verdict": "aired", "coverage": 0.97}),
        Evidence("lp-1", "thon-2", Step.HEARD, at(17.4), "station", facts={"verdict": "silent", "coverage": 0.02}),
    ]
    return tuple(
        LoggedEvidence(number, entry.at, entry, hashlib.sha256(str(number).encode()).hexdigest())
        for number, entry in enumerate(entries, start=1)
    )


def airing_view() -> AiringView:
    """A morning bulletin at 5:00."""
    airing = Airing(
        "lp-1", "bt-1", "d" * 64, STARTS, STARTS + timedelta(seconds=60), Priority.PROGRAMME,
        ("thon-1", "thon-2", "thon-3"), ("thon-1", "thon-2", "thon-3"), programme="sang",
    )  # fmt: skip
    bulletin = Bulletin("bt-1", "Lịch tiêm chủng mở rộng tháng 11", "\n".join(line[0] for line in LINES))
    return AiringView(airing, bulletin, recording(), spoken(), nodes(), chain())


@dataclass
class FakeDesk:
    """A station that holds one airing and remembers what it was told."""

    view: AiringView = field(default_factory=airing_view)
    encode: Callable[[np.ndarray], bytes] = encode
    aired: list[dict[str, object]] = field(default_factory=list)
    refuses: SmartradioError | None = None
    schedule_fault: SmartradioError | None = None
    takes_s: float = 0.0
    replayed: list[tuple[str, str, str]] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    listened: list[tuple[str, str, str]] = field(default_factory=list)
    moved: dict[str, tuple[Trend, ...]] = field(default_factory=dict)
    others: list[AiringView] = field(default_factory=list)
    approval_desk: FakeApprovalDesk = field(default_factory=FakeApprovalDesk)
    desks: FakeDesks = field(default_factory=FakeDesks)
    outcomes: list[AiringOutcome] = field(default_factory=list)
    above: SourceState | None = None

    def __post_init__(self) -> None:
        self.sound = self.encode(speech_like(12.0))
        noise = 0.004 * np.random.default_rng(5).standard_normal(17 * RATE).astype(np.float32)
        heard = noise.copy()
        heard[2 * RATE : 14 * RATE] += 0.4 * speech_like(12.0)
        self.clips = {"thon-1": self.encode(heard), "thon-2": self.encode(noise)}

    async def air_now(
        self, *, title: str, text: str, by: str | Person, zones: Sequence[str] | None = None, times: int = 1
    ) -> Airing:
        await asyncio.sleep(self.takes_s)
        if self.refuses is not None:
            raise self.refuses
        self.aired.append(
            {
                "title": title,
                "text": text,
                "by": by if isinstance(by, str) else by.title,
                "zones": list(zones or ()),
                "times": times,
            }
        )
        return replace(self.view.airing, id=f"lp-{len(self.aired) + 1}")

    async def read(self, text: str) -> tuple[dict[str, object], ...]:
        if self.refuses is not None:
            raise self.refuses
        return spoken() if "PKĐK" in text else spoken()[:1]

    async def confirm(self, airing: str, node: str, *, by: str, seen: str | None = None) -> None:
        self._settle(airing, node, by, "confirmed", None, seen)

    async def dispute(self, airing: str, node: str, *, by: str, note: str, seen: str | None = None) -> None:
        self._settle(airing, node, by, "disputed", note, seen)

    async def replay(self, airing: str, node: str, *, by: str | Person) -> Airing:
        if self.refuses is not None:
            raise self.refuses
        by = by if isinstance(by, str) else by.title
        view = self.airing_view(airing)
        if view is None or not any(n.node == node and n.verdict for n in view.nodes):
            raise BadInputError(f"airing {airing} at {node}: it was never planned there")
        self.replayed.append((airing, node, by))
        again = replace(view.airing, id=f"lp-lai-{len(self.replayed)}", nodes=(node,))
        asked = Evidence(airing, node, Step.REPLAY_ASKED, NOW, f"operator:{by}", facts={"by": by, "airing": again.id})
        self._put(replace(view, chain=(*view.chain, LoggedEvidence(len(view.chain) + 1, NOW, asked, "9" * 64))))
        return again

    def _settle(self, airing: str, node: str, by: str, settled: str, note: str | None, seen: str | None) -> None:
        view = self.airing_view(airing)
        if view is None or not any(n.node == node and n.verdict for n in view.nodes):
            raise BadInputError(f"airing {airing} at {node}: there is no verdict to settle")
        if seen and not any(n.node == node and n.mark == seen for n in view.nodes):
            raise BadInputError("it was settled or judged anew meanwhile; look at it again")
        changed = tuple(
            replace(n, settled=settled, settled_by=by, note=note, state=AiringState.SETTLED) if n.node == node else n
            for n in view.nodes
        )
        self._put(replace(view, nodes=changed))

    def _put(self, view: AiringView) -> None:
        if view.airing.id == self.view.airing.id:
            self.view = view
        self.others = [view if view.airing.id == other.airing.id else other for other in self.others]

    def waiting(self) -> list[WaitingVerdict]:
        return worst_first(
            WaitingVerdict(
                view.airing.id, n.node, view.bulletin.title, n.title, view.airing.starts_at, view.airing.priority,
                n.verdict, n.coverage, n.clip is not None,
            )
            for view in (self.view, *self.others)
            for n in view.nodes
            if n.verdict and n.settled is None and (view.airing.id, n.node) not in {r[:2] for r in self.replayed}
        )  # fmt: skip

    def count_waiting(self) -> int:
        return len(self.waiting())

    async def recording_audio(self, recording_id: str) -> bytes:
        if recording_id != self.view.recording.id:
            raise SmartradioError(f"recording {recording_id} is not held")
        return self.sound

    async def ask_clip(self, airing: str, node: str, *, by: str) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.asked.append((airing, node, by))

    async def clip_audio(self, airing: str, node: str, *, by: str | None = None) -> bytes | None:
        if by is not None:
            self.listened.append((airing, node, by))
        return self.clips.get(node) if self.airing_view(airing) else None

    def board(self, newest: int = 50) -> list[AiringView]:
        return [replace(view, chain=()) for view in (self.view, *self.others)][:newest]

    def airing_view(
        self,
        id: str,  # noqa: A002
        *,
        with_chain: bool = True,
        of: Collection[str] | None = None,
    ) -> AiringView | None:
        view = next((view for view in (self.view, *self.others) if view.airing.id == id), None)
        if view is None or of is None:
            return view
        chain = tuple(entry for entry in view.chain if entry.evidence.node in ("", *of))
        return replace(view, nodes=tuple(node for node in view.nodes if node.node in of), chain=chain)

    def airing_places(self, id: str) -> list[NodePlace]:  # noqa: A002
        view = self.airing_view(id)
        return [NodePlace(n.node, n.title, n.state, n.verdict, n.settled) for n in view.nodes] if view else []

    def airing_mark(self, id: str) -> str:  # noqa: A002
        return hashlib.sha256(repr(self.airing_view(id)).encode()).hexdigest()

    def node_views(self) -> list[NodeView]:
        return [
            NodeView("thon-1", "thon-1", "Cụm loa nhà văn hóa thôn 1", True, NOW, "0.1.0", True, 0.8),
            NodeView("thon-3", "thon-3", "Cụm loa đê sông Vạc", False, None),
        ]

    def trends(self) -> dict[str, tuple[Trend, ...]]:
        return self.moved

    def summary(self, start: datetime, end: datetime, by: By) -> Summary:
        items = [item for item in self.outcomes if start <= item.starts_at < end]
        return summarise(items, by, start, end)

    async def source_state(self) -> SourceState | None:
        return self.above

    def zones(self) -> list[Zone]:
        return [Zone(f"thon-{n}", f"Thôn {n}") for n in (1, 2, 3)]

    def refusals(self, newest: int = 30) -> list[LoggedEvidence]:
        forged = Evidence("", "thon-1", Step.REFUSED, STARTS, "node:thon-1", Reason.REPLAYED)
        return [LoggedEvidence(7, STARTS, forged, "f" * 64)][:newest]


class CrowdError(SmartradioError):
    """As the station's accounts say it when too many come at once."""


@dataclass
class FakeDoor:
    """Six people with one password; the third wrong one locks the door."""

    accounts: tuple[Account, ...] = (
        Account("lan", "Lê Thị Lan", Role.BROADCASTER),
        Account("binh", "Phạm Văn Bình", Role.APPROVER),
        Account("khang", "Đỗ Khang", Role.OFFICER),
        Account("tho", "Trần Thợ", Role.TECHNICIAN),
        Account("quan", "Vũ Thị Quản", Role.ADMINISTRATOR),
        Account("soat", "Ngô Văn Soát", Role.AUDITOR),
    )
    sessions: dict[str, Account] = field(default_factory=dict)
    logins: int = 0
    wrong: int = 0
    crowded: bool = False

    def login(self, name: str, password: str, *, device: str = "", sender: str = "") -> str | None:
        if self.crowded:
            raise CrowdError("too many people log in at once; try again in a moment")
        account = next((account for account in self.accounts if account.name == name), None)
        if self.locked_for_s(name) or account is None or password != PASSWORD:
            self.wrong += 1
            return None
        self.logins += 1
        token = f"phien-{name}-{self.logins}"
        self.sessions[token] = account
        return token

    def is_password(self, name: str, password: str) -> bool:
        if self.crowded:
            raise CrowdError("too many people log in at once; try again in a moment")
        if self.locked_for_s(name) or password != PASSWORD:
            self.wrong += 1
            return False
        return True

    def locked_for_s(self, name: str, sender: str = "") -> float:
        return 31.5 if self.wrong >= 3 else 0.0

    def who(self, token: str) -> Account | None:
        return self.sessions.get(token)

    def logout(self, token: str) -> None:
        self.sessions.pop(token, None)
