"""The console of a station with 1,000 nodes, 50,000 airings and 200 open pages: pages, live updates, memory, weight.

It is a bad day of a busy commune: no node has power, 2,100 airings of the week wait for their approval, and an alert
is out everywhere that was said three times.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import httpx
from _console_station import PASSWORD, PEOPLE
from _full_book import NEWEST, fill_book
from _full_store import Shape, airing_id, furnish
from _hard_week import SLOTS, crowd, darken
from _live_pages import OpenPage, log_in
from _rows import row

from smartradio.station.store import Store

OPEN_PAGES = 200
TIMES = 20
UPDATES = 30
PAGE_MS, UPDATE_MS, MEMORY_MB, FIRST_LOAD_KB, OFFICER_KB = 100, 1_000, 500, 200, 50
_ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')


def shape(now: datetime) -> Shape:
    """Return a hundred hamlets with ten nodes each, and what they aired in a year; one airing in 250 was everywhere."""
    start = now - timedelta(days=365)
    return Shape(100, 1_000, 50_000, 4_000, start, now, wide_every=250, with_evidence=600)


def pages(full: Shape) -> list[tuple[str, int]]:
    """Return the pages, each with the number of an account that may open it (they go by the roles' order)."""
    newest, wide = airing_id(full.airings - 2), airing_id(full.airings - 1)
    broadcaster, approver, officer, technician, administrator, auditor = range(6)
    day = (full.end - timedelta(days=40)).date().isoformat()
    week = (full.end + timedelta(days=7)).date().isoformat()
    return [
        ("/", broadcaster),
        ("/airings", broadcaster),
        (f"/airings?ngay={day}", broadcaster),
        (f"/airings/{newest}", broadcaster),
        (f"/airings/{wide}", broadcaster),
        (f"/airings/{wide}?trang=20", broadcaster),
        ("/settle", broadcaster),
        ("/tin", broadcaster),
        ("/tin?tim=ban+tin+7", broadcaster),
        ("/lich", broadcaster),
        (f"/lich?tu={week}", broadcaster),
        ("/soan", broadcaster),
        ("/air", broadcaster),
        ("/duyet", approver),
        ("/bao-cao", approver),
        ("/khan", officer),
        ("/khan/soan", officer),
        (f"/khan/{wide}", officer),
        (f"/khan/tin/{NEWEST}", officer),
        (f"/khan/tin/{NEWEST}/bao-cao", officer),
        ("/nguon-tin", officer),
        ("/nodes", technician),
        ("/nodes/loa-7", technician),
        ("/ban-do", technician),
        ("/su-co", technician),
        ("/dia-ban", technician),
        ("/phan-anh", technician),
        ("/quan-tri", administrator),
        ("/toi", administrator),
        ("/nhat-ky", auditor),
        ("/cong-khai", broadcaster),
        (f"/cong-khai/tin/{newest}", broadcaster),
        ("/cong-khai/tin.atom", broadcaster),
        ("/cong-khai/khong-nghe-ro?thon=thon-7", broadcaster),
        ("/cong-khai/canh-bao", broadcaster),
        ("/cong-khai/canh-bao.atom", broadcaster),
        (f"/cong-khai/canh-bao/{NEWEST}.xml", broadcaster),
    ]


def shows(full: Shape) -> dict[str, str]:
    """Return by the beginnings of paths what a page has to show, where there is very much of it."""
    return {"/su-co": f"{full.nodes:,} faults open", "/lich?tu=": f"{SLOTS:,} airings in the week"}


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 % do not exceed."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


async def measure_page(client: httpx.AsyncClient, path: str) -> tuple[list[float], httpx.Response]:
    """Ask for a page again and again; return milliseconds, and the last answer."""
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        answer = await client.get(path)
        taken.append((time.perf_counter() - begun) * 1_000)
    return taken, answer


async def first_load_kb(client: httpx.AsyncClient, page: httpx.Response) -> float:
    """Return what a browser fetches that has nothing yet, compressed as the station does it, in kB."""
    whole = _travelled(page)
    for asset in dict.fromkeys(_ASSET.findall(page.text)):
        whole += _travelled(await client.get(asset))
    return whole / 1_000


def _travelled(answer: httpx.Response) -> int:
    if answer.headers.get("content-encoding"):
        return answer.num_bytes_downloaded
    return min(len(answer.content), len(gzip.compress(answer.content))) if _is_text(answer) else len(answer.content)


def _is_text(answer: httpx.Response) -> bool:
    return answer.headers["content-type"].startswith(("text/", "application/javascript", "image/svg"))


async def measure_updates(station: Process, open_pages: list[OpenPage], full: Shape) -> list[float]:
    """Let the station commit again and again; return for each page that follows it the milliseconds until it knew."""
    assert station.stdin is not None and station.stdout is not None
    wide = airing_id(full.airings - 1)
    followers = [page for page in open_pages if page.path.endswith(wide)]
    late: list[float] = []
    for number in range(UPDATES):
        for page in followers:
            page.told.clear()
        station.stdin.write(f"{wide} loa-{number}\n".encode())
        await station.stdin.drain()
        committed = float(await station.stdout.readline())
        async with asyncio.timeout(20):
            await asyncio.gather(*(page.told.wait() for page in followers))
        late += [(page.told_at - committed) * 1_000 for page in followers]
    return late


def memory_mb(pid: int) -> float:
    """Return what a process holds in memory, in MB (resident set)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1_000  # type: ignore[index]


async def measure(folder: Path, full: Shape) -> None:
    """Start the station, open the pages, and print the rows."""
    script = Path(__file__).with_name("_console_station.py")
    station = await asyncio.create_subprocess_exec(
        sys.executable, str(script), str(folder), full.write(), stdin=PIPE, stdout=PIPE, env={**os.environ}
    )
    assert station.stdin is not None and station.stdout is not None
    staying: list[asyncio.Task[None]] = []
    try:
        address = json.loads(await station.stdout.readline())["address"]
        clients = [await log_in(address, f"nguoi-{n}", PASSWORD) for n in range(PEOPLE)]
        open_pages = open_them(clients, full)
        staying = [asyncio.create_task(page.stay()) for page in open_pages]
        async with asyncio.timeout(120):
            await asyncio.gather(*(page.following.wait() for page in open_pages))
        for path, who in pages(full):
            name = re.sub(r"[0-9a-f]{32}", "…", path)
            taken, answer = await measure_page(clients[who], path)
            if answer.status_code != HTTPStatus.OK:
                row(f"page {name} failed with {answer.status_code}", 1, "", 0)
                continue
            much = [f", {told}" for begin, told in shows(full).items() if path.startswith(begin)]
            note = f"p50 {statistics.median(taken):.0f} ms, {len(answer.content) / 1_000:.0f} kB of HTML{''.join(much)}"
            row(f"page {name}, p95", p95(taken), "ms", PAGE_MS, note)
            limit_kb = OFFICER_KB if path.startswith("/khan") else FIRST_LOAD_KB
            row(f"first load of {name}", await first_load_kb(clients[who], answer), "kB", limit_kb)
        late = await measure_updates(station, open_pages, full)
        row("live update, commit to page, p95", p95(late), "ms", UPDATE_MS, f"p50 {statistics.median(late):.0f} ms")
        row(f"station's memory with {OPEN_PAGES} open pages", memory_mb(station.pid), "MB", MEMORY_MB)
    finally:
        for task in staying:
            task.cancel()
        station.stdin.close()
        try:
            await asyncio.wait_for(station.wait(), 30)
        except TimeoutError:
            station.kill()


def open_them(clients: list[httpx.AsyncClient], full: Shape) -> list[OpenPage]:
    """Return the pages that people have open: half of them today, a quarter an airing everywhere, the rest nodes."""
    paths = ("/", f"/airings/{airing_id(full.airings - 1)}", "/", "/nodes")
    return [OpenPage(clients[n % PEOPLE], paths[n % len(paths)]) for n in range(OPEN_PAGES)]


def main() -> None:
    """Build the store in a folder (given: built there once and kept) and measure."""
    full = shape(datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
    with tempfile.TemporaryDirectory() as fresh:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(fresh)
        if not (folder / "smartradio.db").is_file():
            store = Store.open(folder)
            try:
                furnish(store, full)
                darken(store, full)
                crowd(store, full)
                fill_book(store, full)
            finally:
                store.close()
        asyncio.run(measure(folder, full))


if __name__ == "__main__":
    main()
