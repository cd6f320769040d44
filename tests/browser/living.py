"""A living commune behind a real console: ten hamlets, twelve nodes in all states, three days on the air.

The station is a real one with the schedule of `schedules/vi-du.yaml`: it read, spoke and planned what is written there.
What the nodes tell is made up here, as they would tell it. The clock stands, so that every picture is the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import uvicorn
from argon2 import PasswordHasher

from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Recording, SegmentKind
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.domain.verdict import JudgedSentence, JudgedWord, VerdictCode, WordState
from smartradio.station.accounts import Accounts, Role
from smartradio.station.health_means import HealthMean
from smartradio.station.judging import reference_of
from smartradio.station.settings import NodeEntry, StationSettings, ZoneSettings
from smartradio.station.station import Station
from smartradio.station.store import NodeJudgement
from smartradio.station.surroundings import Outside
from smartradio.web.app import create_app
from smartradio.wire.client import LinkState

ROOT = Path(__file__).parents[2]
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
BEGINS = datetime(2026, 11, 23, 3, 30, tzinfo=HANOI)
STORM = datetime(2026, 11, 24, 21, 10, tzinfo=HANOI)
TODAY = datetime(2026, 11, 25, 17, 0, tzinfo=HANOI)
PASSWORD = "ga-gay-sang-som-bo-ao"
PEOPLE = (
    ("lan", "Lê Thị Lan", Role.BROADCASTER),
    ("binh", "Phạm Văn Bình", Role.APPROVER),
    ("khang", "Đỗ Khang", Role.OFFICER),
    ("tho", "Trần Thợ", Role.TECHNICIAN),
    ("quan", "Vũ Thị Quản", Role.ADMINISTRATOR),
    ("soat", "Ngô Văn Soát", Role.AUDITOR),
)
LAN, BINH, KHANG = (Person(title, name) for name, title, _ in PEOPLE[:3])
PIN = "482915"
_POLES = (
    ("nha-van-hoa-1", 1, "Nhà văn hóa thôn 1", 20.1602, 105.9411),
    ("cho-yen-hoa", 1, "Chợ Yên Hòa", 20.1575, 105.9448),
    ("nha-van-hoa-2", 2, "Nhà văn hóa thôn 2", 20.1641, 105.9467),
    ("de-song-vac", 3, "Đê sông Vạc", 20.1688, 105.9502),
    ("truong-tieu-hoc", 4, "Trường tiểu học", 20.1534, 105.9399),
    ("nha-van-hoa-5", 5, "Nhà văn hóa thôn 5", 20.1497, 105.9441),
    ("tram-bom", 6, "Trạm bơm thôn 6", 20.1551, 105.9511),
    ("nga-ba-7", 7, "Ngã ba thôn 7", 20.1609, 105.9547),
    ("dinh-lang-8", 8, "Đình làng thôn 8", 20.1662, 105.9386),
    ("nha-van-hoa-9", 9, "Nhà văn hóa thôn 9", 20.1472, 105.9502),
    ("san-kho-10", 10, "Sân kho thôn 10", 20.1518, 105.9568),
    ("tram-y-te", 5, "Trạm y tế xã", 20.1482, 105.9463),
)  # fmt: skip
NODES = tuple(name for name, *_ in _POLES)
SILENT, OFFLINE, WEAK, THIRSTY, MUFFLED = "de-song-vac", "san-kho-10", "truong-tieu-hoc", "tram-bom", "nga-ba-7"
T = TypeVar("T")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(ZoneInfo("UTC"))

    def __call__(self) -> datetime:
        return self.now

    def go_to(self, now: datetime) -> None:
        self.now = now.astimezone(ZoneInfo("UTC"))


class QuietLink:
    """A link that is up and leads nowhere: what nodes tell is written by hand."""

    def __init__(self, settings: Any, client_id: str, **named: Any) -> None:
        self.state = LinkState.UP
        self._told = named["on_state"]

    def start(self) -> None:
        self._told(LinkState.UP)

    def stop(self) -> None:
        self.state = LinkState.STOPPED

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        return True

    def wait_room(self, timeout_s: float) -> bool:
        return True


class StillTimers:
    """Timers that ring only when they are told to."""

    def __init__(self) -> None:
        self.calls: dict[str, Callable[[], None]] = {}

    def start(self) -> None: ...

    async def stop(self) -> None: ...

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None: ...

    def every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        self.calls[name] = call


def settings(folder: Path, **changes: Any) -> StationSettings:
    """The commune's settings; nobody transcribes, the outside broker is never asked."""
    values: dict[str, Any] = {
        "station": "yen-hoa",
        "title": "Đài truyền thanh xã Yên Hòa",
        "folder": folder,
        "broker": {"outside": {"host": "127.0.0.1", "port": 1}},
        "recogniser": "none",
        "standing_text": "",
        "schedules": [ROOT / "schedules" / "vi-du.yaml"],
        "zones": tuple(ZoneSettings(name=f"thon-{n}", title=f"Thôn {n}") for n in range(1, 11)),
        "nodes": tuple(
            NodeEntry(name=name, zone=f"thon-{zone}", title=f"Cụm loa {title[0].lower()}{title[1:]}"
                      if title[0] in "NTSĐC" and not title.startswith("Chợ") else f"Cụm loa {title}",
                      public_key=f"{number:064x}", lat=lat, lon=lon)
            for number, (name, zone, title, lat, lon) in enumerate(_POLES, start=1)
        ),
        "public": True,
    }  # fmt: skip
    return StationSettings.model_validate(values | changes)


@dataclass
class Living:
    """The commune with its console; `call` runs something in the station's loop."""

    address: str
    station: Station
    clock: Clock
    app: Any
    loop: asyncio.AbstractEventLoop

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something of the station's and wait for it."""
        waiting: Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        return waiting.result(timeout=60)


@contextlib.contextmanager
def living_commune(folder: Path, **changes: Any) -> Iterator[Living]:
    """Build the commune, serve its console, and end both; takes some seconds."""
    started: Future[tuple[str, Station, Clock, Any, asyncio.AbstractEventLoop]] = Future()
    end = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_live(folder, changes, started, end)), name="living")
    thread.start()
    try:
        yield Living(*started.result(timeout=120))
    finally:
        end.set()
        thread.join(timeout=30)


async def _live(
    folder: Path,
    changes: Mapping[str, Any],
    started: Future[tuple[str, Station, Clock, Any, asyncio.AbstractEventLoop]],
    end: threading.Event,
) -> None:
    clock, timers = Clock(BEGINS), StillTimers()
    station = Station(
        settings(folder, **changes),
        clock=clock,
        outside=Outside(link=QuietLink, timers=lambda _clock: timers),
    )
    try:
        async with contextlib.AsyncExitStack() as stack:
            (folder / "map.geojson").write_text(_MAP, encoding="utf-8")
            await station.start()
            stack.push_async_callback(station.stop)
            await _furnish(station, clock)
            for chore in ("what is wrong", "verdicts of nodes"):
                timers.calls[chore]()
            async with asyncio.timeout(20):
                while not any(node.last for node in await asyncio.to_thread(station.desks.upkeep.all)):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                while len(await asyncio.to_thread(station.store.alarms.open)) < 2:  # noqa: ASYNC110  the store tells nobody
                    await asyncio.sleep(0.02)
            app = create_app(
                station,
                station.accounts,
                decode=lambda data: decode_opus(data, 16_000),
                station=station.settings.title,
                clock=clock,
            )
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.02)
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            started.set_result((address, station, clock, app, asyncio.get_running_loop()))
            await asyncio.to_thread(end.wait)
            app.state.console.hub.close()
            server.should_exit = True
            await serving
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


async def _furnish(station: Station, clock: Clock) -> None:
    """Let three days pass: plans, an emergency, verdicts, what people did, how nodes were."""
    await asyncio.to_thread(_accounts, station)
    await station.load_schedules()
    clock.go_to(STORM - timedelta(seconds=9))
    storm = await station.air_now(
        title="Nước sông Vạc lên nhanh",
        text="Nước sông Vạc đang lên nhanh. Bà con thôn 3 và thôn 10 đưa người già, trẻ nhỏ lên nhà cao tầng ngay. "
        "Không ra bờ sông, không vớt củi.",
        by=KHANG,
        priority=Priority.EMERGENCY,
    )
    await _items(station, clock)
    planned = await asyncio.to_thread(lambda: station.store.airings(start=BEGINS))
    evening = [airing for airing in planned if airing.starts_at >= TODAY and airing.id != storm.id]
    sounding = evening[1]
    clock.go_to(sounding.starts_at + timedelta(seconds=9))
    for airing in planned:
        if airing.starts_at <= clock():
            await asyncio.to_thread(_tell, station, airing, clock(), sounding.id)
    await asyncio.to_thread(_settle, station, planned, clock())
    await asyncio.to_thread(_nodes, station, clock())


def _accounts(station: Station) -> None:
    # Passwords of the tests need not be hashed slowly.
    cheap = Accounts(
        station.store, station.accounts._clock, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    for name, title, role in PEOPLE:
        cheap.create(name, title, role, PASSWORD)


async def _items(station: Station, clock: Clock) -> None:
    """Two items wait for the approver, one went back to whoever wrote it, one is a draft."""
    desk = station.approval_desk
    tomorrow = datetime(2026, 11, 26, 17, 0, tzinfo=HANOI)
    written = (
        ("mat-nuoc", "Tạm ngừng cấp nước thôn 5 và thôn 6", ("Từ 8h00 đến 11h30 ngày 26/11, nhà máy sửa đường ống. "
         "Bà con thôn 5, thôn 6 trữ nước từ tối nay."), ("thon-5", "thon-6")),
        ("hop-phu-huynh", "Họp phụ huynh trường tiểu học", ("Trường tiểu học mời phụ huynh họp lúc 14h00 Chủ nhật, "
         "ngày 29/11, tại hội trường."), tuple(f"thon-{n}" for n in range(1, 11))),
        ("thu-gom-vo-chai", "Thu gom vỏ bao thuốc trừ sâu", ("Hợp tác xã thu gom vỏ bao, vỏ chai thuốc trừ sâu tại "
         "bể chứa đầu đồng. Không vứt xuống kênh."), ("thon-3", "thon-8")),
        ("tet-trong-cay", "Tết trồng cây", "Mời bà con tham gia Tết trồng cây.", ("thon-1",)),
    )  # fmt: skip
    for number, (name, title, text, zones) in enumerate(written):
        clock.go_to(datetime(2026, 11, 25, 9, 10 + 12 * number, tzinfo=HANOI))
        item = await desk.draft(Programme(name, title, text, zones, tomorrow), by=LAN)
        if number < 3:
            item = await desk.submit(name, by=LAN, seen=item.version)
        if number == 2:
            clock.go_to(datetime(2026, 11, 25, 10, 2, tzinfo=HANOI))
            await desk.send_back(name, by=BINH, note="Ghi thêm ngày thu gom và số điện thoại hợp tác xã.",
                                 seen=item.version)  # fmt: skip


def _verdict(node: str, airing: Airing) -> VerdictCode:
    """What came of an airing at a node: most are heard."""
    if node == OFFLINE:
        return VerdictCode.UNREACHED
    if node == SILENT and airing.starts_at >= datetime(2026, 11, 24, 16, 0, tzinfo=HANOI):
        return VerdictCode.SILENT
    if node == MUFFLED and airing.starts_at.astimezone(HANOI).day == 25:
        return VerdictCode.UNINTELLIGIBLE
    if node == WEAK and airing.id[0] in "01":
        return VerdictCode.PARTLY_AIRED
    if node == "dinh-lang-8" and airing.id[0] == "7":
        return VerdictCode.UNCLEAR
    return VerdictCode.AIRED


def _tell(station: Station, airing: Airing, now: datetime, sounding: str) -> None:
    """Write what the nodes told of an airing, and what was concluded of it."""
    recording = station.store.recording(airing.recording_id)
    assert recording is not None
    rng = np.random.default_rng(int(airing.starts_at.timestamp()))
    clip_at = (*NODES[:2], SILENT) if airing.starts_at.astimezone(HANOI).hour >= 17 else ()
    clean = reference_of(recording, station.objects, 16_000) if clip_at and airing.id != sounding else None
    end = airing.starts_at + timedelta(seconds=recording.duration_s)
    for node in airing.nodes:
        if node == OFFLINE:
            if airing.id != sounding:
                _judge(station, airing, node, end, NodeJudgement(VerdictCode.UNREACHED, reasons=("not_delivered",)))
            continue
        offset = float(rng.normal(0, 0.6))
        begun = airing.starts_at + timedelta(milliseconds=offset)
        told = [
            Evidence(airing.id, node, Step.DELIVERED, airing.starts_at - timedelta(minutes=30), f"node:{node}"),
            Evidence(airing.id, node, Step.STARTED, begun, f"node:{node}", facts={"offset_ms": round(offset, 2)}),
        ]
        if airing.id != sounding:
            facts = {"played_s": round(recording.duration_s, 1), "whole": True}
            told.append(Evidence(airing.id, node, Step.FINISHED, end, f"node:{node}", facts=facts))
        station.store.record(told)
        if airing.id != sounding:
            clip = None
            if clean is not None and node in clip_at:
                clip = _clip(station, airing, node, clean, rng, silent=node == SILENT)
            _judge(station, airing, node, end, _heard(recording, _verdict(node, airing), clip, rng))


def _judge(station: Station, airing: Airing, node: str, end: datetime, judgement: NodeJudgement) -> None:
    step = Step.UNREACHED if judgement.verdict is VerdictCode.UNREACHED else Step.HEARD
    facts = {"verdict": judgement.verdict.value, "coverage": judgement.coverage}
    station.store.judge(Evidence(airing.id, node, step, end + timedelta(seconds=5), "station", facts=facts), judgement)


def _clip(station: Station, airing: Airing, node: str, clean: Any, rng: Any, *, silent: bool) -> str:
    """Keep what the microphone heard: the horn through a street, or the street alone."""
    heard = 0.004 * rng.standard_normal(len(clean) + 5 * 16_000)
    if not silent:
        heard[32_000 : 32_000 + len(clean)] += 0.35 * clean
    data = encode_opus(np.clip(heard, -1, 1).astype(np.float32))
    sha256 = station.objects.put(data)
    station.store.put_clip(airing.id, node, sha256, len(data), {"starts_s": -2.0})
    return sha256


_FIGURES: Mapping[VerdictCode, tuple[float, float, float, str]] = {
    VerdictCode.AIRED: (0.97, -23.5, 21.0, "h"),
    VerdictCode.PARTLY_AIRED: (0.61, -25.0, 17.0, "m"),
    VerdictCode.SILENT: (0.02, -58.0, -2.5, "u"),
    VerdictCode.UNINTELLIGIBLE: (0.74, -29.0, 9.0, "d"),
    VerdictCode.UNCLEAR: (0.44, -31.0, 3.5, "d"),
}
_STATES = {"h": WordState.HEARD, "m": WordState.MISSING, "u": WordState.UNPROVEN, "d": WordState.DOUBTFUL}
_WHY: Mapping[VerdictCode, tuple[str, ...]] = {VerdictCode.SILENT: ("own_horn_silent",)}


def _heard(recording: Recording, verdict: VerdictCode, clip: str | None, rng: Any) -> NodeJudgement:
    coverage, level, snr, letter = _FIGURES[verdict]
    spoken = [s.spoken for s in recording.segments if s.kind is SegmentKind.SENTENCE]
    sentences = tuple(_words(text, _STATES[letter], n >= len(spoken) * 0.6) for n, text in enumerate(spoken))
    jitter = float(rng.normal(0, 0.8))
    seconds = round(recording.duration_s * 10)
    return NodeJudgement(
        verdict,
        coverage=max(0.0, min(1.0, coverage + jitter / 60)),
        coverage_by_segment=tuple(coverage for _ in recording.segments),
        level_db=round(level + jitter, 1),
        snr_db=round(snr + jitter, 1),
        reasons=(*_WHY.get(verdict, ()), "no_recogniser"),
        presence=tuple(coverage if n % 23 else coverage / 3 for n in range(seconds)),
        clip=clip,
        clip_starts_s=-2.0 if clip else None,
        delay_ms=11.0,
        background_db=-52.0,
        gain_db=round(-9.0 + jitter, 1),
        intelligibility=0.8 if verdict is VerdictCode.AIRED else None,
        sentences=sentences if verdict is not VerdictCode.SILENT else (),
    )


def _words(text: str, bad: WordState, late: bool) -> JudgedSentence:
    state = bad if late else WordState.HEARD
    words = tuple(JudgedWord(word, state, confidence=None if state is WordState.UNPROVEN else 0.9)
                  for word in text.replace(",", "").replace(".", "").split())  # fmt: skip
    return JudgedSentence(text, state, words)


def _settle(station: Station, planned: Sequence[Airing], now: datetime) -> None:
    """What was heard before today was settled by the broadcaster; today's waits."""
    today = now.astimezone(HANOI).replace(hour=0, minute=0, second=0, microsecond=0)
    for airing in planned:
        if airing.starts_at >= today:
            continue
        for node in airing.nodes:
            at = airing.starts_at + timedelta(hours=2)
            facts = {"by": LAN.title}
            step = Step.CONFIRMED
            if _verdict(node, airing) is VerdictCode.UNCLEAR:
                step, facts = Step.DISPUTED, facts | {"note": "Bà con thôn 8 nói nghe rõ."}
            station.store.settle(Evidence(airing.id, node, step, at, f"operator:{LAN.title}", None, facts))


def _nodes(station: Station, now: datetime) -> None:
    """How the nodes were in the last two days and are now."""
    rng = np.random.default_rng(7)
    for number, node in enumerate(NODES):
        seen = now - timedelta(seconds=4 + number) if node != OFFLINE else now - timedelta(hours=5, minutes=12)
        hot = 71.0 if node == "cho-yen-hoa" else 46.0 + number
        problems = {THIRSTY: ["undervoltage_now"], "dinh-lang-8": ["undervoltage_since_boot"]}.get(node, [])
        health = {
            "temperature_c": hot,
            "disk_free_mb": 9_400.0 if node != "cho-yen-hoa" else 310.0,
            "load": 0.22,
            "underruns": 0,
            **dict.fromkeys(problems, True),
        }
        facts = {
            "at": seen.isoformat(),
            "version": "0.1.0" if node != "nga-ba-7" else "0.0.9",
            "clock_trusted": True,
            "clock_offset_ms": round(float(rng.normal(0, 1.2)), 2),
            "boot": f"khoi-dong-{number}",
            "rung": "programme",
            "health": health,
            "problems": problems,
        }
        station.store.put_node_state(node, online=True, at=seen, facts=facts)
        if node == OFFLINE:
            station.store.put_node_state(node, online=False, at=seen, facts={})
        station.store.nodes.put_health(list(_past(node, seen, hot, problems, rng)))


def _past(node: str, until: datetime, hot: float, problems: Sequence[str], rng: Any) -> Iterator[HealthMean]:
    begin = (until - timedelta(hours=40)).replace(minute=0, second=0, microsecond=0)
    for number in range(round((until - begin).total_seconds() // 300)):
        at = begin + timedelta(minutes=5 * number)
        noon = np.sin((at.astimezone(HANOI).hour - 9) / 24 * 2 * np.pi)
        yield HealthMean(
            node, at, beats=10,
            temperature_c=round(hot - 5 + 6 * float(noon) + float(rng.normal(0, 0.4)), 1),
            undervoltage=0.3 if "undervoltage_now" in problems and at.astimezone(HANOI).hour in (5, 17) else 0.0,
            clock_offset_ms=round(float(rng.normal(0, 1.1)), 2), disk_free_mb=9_400.0 - number * 0.2,
            load=round(0.2 + 0.1 * abs(float(rng.normal())), 2), underruns=0.0,
            carried_mb=round(0.05 + 0.4 * (at.astimezone(HANOI).hour in (5, 17)), 3), station_sent_mb=0.03,
        )  # fmt: skip


def _polygon(corners: Sequence[tuple[float, float]]) -> str:
    ring = ", ".join(f"[{lon}, {lat}]" for lat, lon in (*corners, corners[0]))
    return f'{{"type": "Polygon", "coordinates": [[{ring}]]}}'


_AREA = ((20.1712, 105.9372), (20.1705, 105.9520), (20.1640, 105.9590), (20.1520, 105.9605), (20.1448, 105.9525),
         (20.1455, 105.9400), (20.1560, 105.9355))  # fmt: skip
_RIVER = ((20.1715, 105.9480), (20.1670, 105.9515), (20.1600, 105.9525), (20.1530, 105.9540), (20.1450, 105.9515))
_MAP = (
    '{"type": "FeatureCollection", "features": ['
    f'{{"type": "Feature", "properties": {{}}, "geometry": {_polygon(_AREA)}}}, '
    '{"type": "Feature", "properties": {"name": "Sông Vạc"}, "geometry": {"type": "LineString", "coordinates": ['
    + ", ".join(f"[{lon}, {lat}]" for lat, lon in _RIVER)
    + "]}}]}"
)
