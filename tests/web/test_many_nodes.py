"""An airing at a thousand nodes: a page of them at a time, and what is badly heard first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from smartradio.domain.airing import AiringState
from smartradio.station.views import NodePlace
from smartradio.web.many_nodes import PAGE, leaf_of
from tests.web.citizens_desk import FakeCitizensDesk


def places(count: int, **verdicts: str | None) -> list[NodePlace]:
    """So many nodes, heard well but for those named otherwise."""
    names = [f"loa-{n}" for n in range(count)]
    return [
        NodePlace(name, name, AiringState.JUDGED, verdicts.get(name.replace("-", "_"), "aired"), "confirmed")
        for name in names
    ]


def test_few_nodes_stand_as_the_plan_has_them() -> None:
    leaf = leaf_of(places(PAGE, loa_5="silent"))
    assert (leaf.names, leaf.last, leaf.counts) == (None, 1, {})


def test_of_many_nodes_the_badly_heard_come_first_then_those_that_wait() -> None:
    leaf = leaf_of(places(1_000, loa_700="silent", loa_900="unclear", loa_3=None))
    assert leaf.names is not None
    assert leaf.names[:4] == ("loa-700", "loa-900", "loa-3", "loa-0")
    assert (leaf.last, leaf.first_node, leaf.last_node) == (50, 1, 20)
    assert leaf.counts == {"silent": 1, "unclear": 1, "aired": 997, "waiting": 1}
    assert leaf.to_settle is False


def test_the_way_leads_to_a_page_by_its_number_or_by_a_node_on_it() -> None:
    many = places(100)
    assert leaf_of(many, "2").first_node == 21
    assert (leaf_of(many, "99").first_node, leaf_of(many, "99").last_node) == (81, 100)
    around = leaf_of(many, "1", around="loa-64")
    assert around.names is not None and "loa-64" in around.names
    for nonsense in ("-1", "không", "9" * 400, "²", ""):
        assert leaf_of(many, nonsense).number in (1, 4)


def test_a_page_of_many_nodes_shows_some_and_the_way_to_the_others(desk: Any, lan: Any) -> None:
    first, silent, _ = desk.view.nodes
    heard = [replace(first, node=f"loa-{n}", title=f"Cụm loa {n}") for n in range(80)]
    desk.view = replace(desk.view, nodes=(*heard, silent))
    page = lan.get("/airings/lp-1").text
    assert page.count('<article class="panel node"') == PAGE
    assert page.index('id="thon-2"') < page.index('id="loa-0"')
    assert "Cụm loa 1–20 trong 81, nơi nghe kém xếp trước" in page
    assert 'href="/airings/lp-1?trang=2#nghe-duoc"' in page
    assert 'id="loa-70"' in lan.get("/airings/lp-1?cum=loa-70").text


def test_what_people_told_of_an_airing_stands_beside_its_verdicts(desk: Any, stranger: Any) -> None:
    desk.desks.citizens = FakeCitizensDesk()
    for zone in ("thon-1", "thon-2", "thon-3"):
        stranger.post("/cong-khai/khong-nghe-ro", thon=zone, tin="lp-1", note="")
    stranger.log_in("tho")
    page = stranger.get("/airings/lp-1").text
    assert "3 người dân báo không nghe rõ" in page
    assert 'href="/phan-anh"' in page
