"""The evidence log for whoever checks it."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Bulletin, Recording
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.priority import Priority
from smartradio.station.items import item_chain
from smartradio.station.store import Store
from smartradio.station.store.audit import Asked

NOW = datetime(2026, 11, 21, 22, 2, tzinfo=UTC)


@pytest.fixture
def soat(stranger: Any) -> Any:
    """The auditor, logged in."""
    stranger.log_in("soat")
    return stranger


@pytest.fixture
def office(desk: Any) -> Any:
    return desk.desks.office


def tell(store: Store, step: Step, airing: str = "", node: str = "", **facts: object) -> None:
    store.record([Evidence(airing, node, step, NOW, f"node:{node}" if node else "station", facts=facts)])


def test_an_auditor_sees_who_made_which_account(soat: Any, office: Any) -> None:
    page = soat.get("/nhat-ky").text
    assert f"{office.store.audit.count()} mục trong sổ bằng chứng" in page
    assert "Tài khoản · lan · tạo mới" in page
    assert "Lê Văn Quân" in page


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("nguoi=Trần Bình", "tin-1", "tin-2"),
        ("luot=tin-2", "tin-2", "tin-1"),
        ("cum=loa-3", "tin-2", "tin-1"),
        ("buoc=approved", "tin-1", "tin-2"),
        ("buoc=finished", "tin-2", "tin-1"),
        ("ngay=2026-11-22", "tin-1", "Không có gì cả"),
    ],
)
def test_the_log_is_read_by_who_what_where_and_when(soat: Any, office: Any, query: str, there: str, gone: str) -> None:
    tell(office.store, Step.APPROVED, "tin-1", by="Trần Bình")
    tell(office.store, Step.FINISHED, "tin-2", "loa-3")
    page = soat.get(f"/nhat-ky?{query}").text
    listed = page[page.index('<ol class="log') :]
    assert there in listed
    assert gone not in listed


@pytest.mark.parametrize(
    "query", ["ngay=2031-01-01", "nguoi=Không ai", "cum='; DROP TABLE evidence; --", "luot=<script>alert(1)</script>"]
)
def test_what_is_not_there_is_said_plainly(soat: Any, office: Any, query: str) -> None:
    before = office.store.audit.count()
    page = soat.get(f"/nhat-ky?{query}")
    assert page.status_code == 200
    assert "Sổ không có mục nào như vậy" in page.text
    assert "<script>alert" not in page.text
    assert office.store.audit.count() == before


def aired(store: Store, airing: str, title: str, node: Node) -> None:
    """Keep an airing as the station does, and a node under the name that people call it by."""
    store.put_zone(Zone("thon-3", "Thôn 3"))
    store.put_node(node)
    bulletin = Bulletin(f"b-{airing}", title, "Nước lên.", Priority.EMERGENCY)
    store.put_bulletin(bulletin, [])
    store.put_recording(Recording(f"r-{airing}", bulletin.id, "vi", ()), {}, NOW)
    until = NOW + timedelta(hours=1)
    zones, nodes = ("thon-3",), (node.name,)
    store.plan_airing(Airing(airing, bulletin.id, f"r-{airing}", NOW, until, bulletin.priority, zones, nodes), [])


def test_the_log_names_bulletins_and_nodes_as_people_do(soat: Any, office: Any) -> None:
    aired(office.store, "4f1c0d2e", "Nước sông Vạc lên nhanh", Node("cho-vac", "thon-3", "Cụm loa Chợ Vạc", "ab" * 32))
    tell(office.store, Step.STARTED, "4f1c0d2e", "cho-vac")
    listed = soat.get("/nhat-ky?luot=4f1c0d2e").text
    listed = listed[listed.index('<ol class="log') :]
    assert '<a href="/airings/4f1c0d2e">Nước sông Vạc lên nhanh</a>' in listed
    assert "Cụm loa Chợ Vạc" in listed
    assert "cho-vac" not in listed
    assert ">Nước sông Vạc lên nhanh<" in soat.get("/nhat-ky?cum=cụm loa chợ vạc").text


def test_what_was_done_to_an_item_leads_to_the_item(soat: Any, office: Any) -> None:
    tell(office.store, Step.APPROVED, item_chain("tet-trong-cay"))
    assert 'href="/duyet/tet-trong-cay"' in soat.get("/nhat-ky").text


@pytest.mark.parametrize("query", ["buoc=king", "ngay=mai", "ngay=0001-01-01", "truoc=abc", "truoc=-1"])
def test_a_filter_that_is_none_asks_for_everything(soat: Any, query: str) -> None:
    assert "Tài khoản · lan · tạo mới" in soat.get(f"/nhat-ky?{query}").text


def test_a_long_log_comes_a_page_at_a_time(soat: Any, office: Any) -> None:
    for number in range(120):
        tell(office.store, Step.PLANNED, f"tin-{number}")
    first = soat.get("/nhat-ky").text
    assert "tin-119" in first
    assert "tin-60" not in first
    older = soat.get(f"/nhat-ky?truoc={office.store.audit.count() - 49}").text
    assert "tin-69<" in older
    assert "tin-119" not in older


def test_every_entry_is_checked_at_a_click(soat: Any, office: Any) -> None:
    soat.get("/nhat-ky")
    page = soat.post("/nhat-ky/kiem-tra").text
    found = office.store.verify()
    assert "đều nguyên vẹn" in page
    assert found.head in page


def test_a_log_that_was_altered_is_said_so(soat: Any, office: Any) -> None:
    with closing(sqlite3.connect(Path(office.settings.folder) / "smartradio.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE evidence SET entry = replace(entry, 'lan', 'lam') WHERE number = 2")
        connection.commit()
    soat.get("/nhat-ky")
    page = soat.post("/nhat-ky/kiem-tra").text
    assert "không còn nguyên vẹn" in page
    assert "đến mục 1" in page


def test_the_table_opens_in_a_spreadsheet_and_runs_nothing_there(soat: Any, office: Any) -> None:
    tell(office.store, Step.APPROVED, "tin-1", by="=HYPERLINK(1)")
    answer = soat.get("/nhat-ky.csv?luot=tin-1")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 2
    assert "'=HYPERLINK(1)" in rows[1]
    assert rows[1][1] == "2026-11-22 05:02:00"


def test_a_broadcaster_does_not_read_the_log(lan: Any) -> None:
    assert lan.get("/nhat-ky").status_code == 403


def test_days_are_found_by_when_entries_were_committed(tmp_path: Path) -> None:
    times = [NOW + timedelta(hours=hours) for hours in range(0, 60, 3)]
    now = iter([*times, times[-1]])
    store = Store.open(tmp_path, clock=lambda: next(now))
    try:
        for number, _ in enumerate(times):
            tell(store, Step.PLANNED, f"tin-{number}")
        for since, until in ((times[4], times[9]), (times[0] - timedelta(days=1), times[1]), (times[-1], NOW.max)):
            asked = Asked(since=since, until=until if until != NOW.max else None)
            found = [entry.committed_at for entry in store.audit.page(asked, most=100)]
            wanted = [at for at in times if at >= since and (asked.until is None or at < asked.until)]
            assert found == wanted[::-1]
    finally:
        store.close()


def test_whoever_stands_in_the_log_is_named_once(tmp_path: Path) -> None:
    store = Store.open(tmp_path, clock=lambda: NOW)
    try:
        for name in ("Lan", "Bình", "Lan", "Quân", "Lan"):
            tell(store, Step.APPROVED, "tin", by=name)
        tell(store, Step.PLANNED, "tin")
        assert store.audit.people() == ["Bình", "Lan", "Quân"]
    finally:
        store.close()
