"""Three days of the made-up commune: what was planned, what nodes told of it, what people did."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from argon2 import PasswordHasher

from smartradio.audio.codec import encode_opus
from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording, SegmentKind
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.domain.verdict import JudgedSentence, JudgedWord, VerdictCode, WordState
from smartradio.station.accounts import Accounts
from smartradio.station.health_means import HealthMean
from smartradio.station.judging import reference_of
from smartradio.station.station import Station
from smartradio.station.store import NodeJudgement
from tests.browser.living_place import (
    BEGINS,
    BINH,
    HANOI,
    KHANG,
    LAN,
    MUFFLED,
    NODES,
    OFFLINE,
    PASSWORD,
    PEOPLE,
    SILENT,
    STORM,
    THIRSTY,
    TODAY,
    WEAK,
    Clock,
)


async def furnish(station: Station, clock: Clock) -> None:
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
