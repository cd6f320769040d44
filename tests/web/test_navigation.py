"""The ways from page to page: by rights, what matters to one's work first, few enough for a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI

from smartradio.station.accounts import Role
from smartradio.web.access import needs, public
from smartradio.web.navigation import DIRECT, PLACES, Navigation, navigation, rights_by_path
from smartradio.web.rights import RIGHTS, Right

MAINTENANCE = {"/su-co", "/dia-ban", "/phan-anh"}
NEEDED = {place.path: Right.LOOK for place in PLACES} | {
    **dict.fromkeys(MAINTENANCE, Right.MAINTAIN),
    "/quan-tri": Right.ADMINISTER,
    "/nhat-ky": Right.AUDIT,
    "/khan": Right.ALERT,
    "/toi": Right.LOOK,
}


def ways(role: Role, here: str = "/") -> Navigation:
    return navigation(NEEDED, RIGHTS[role], here)


def words(ways: Navigation) -> list[str]:
    return [way.word for way in ways.direct]


@pytest.mark.parametrize("role", list(Role))
def test_a_phone_shows_few_words_and_nothing_is_lost(role: Role) -> None:
    shown = ways(role)
    assert len(shown.direct) == DIRECT
    paths = [way.path for way in (*shown.direct, *shown.more)]
    assert len(set(paths)) == len(paths)
    assert set(paths) == {place.path for place in PLACES if NEEDED[place.path] in RIGHTS[role]}


def test_each_finds_their_own_work_first() -> None:
    assert words(ways(Role.BROADCASTER))[:4] == ["Today", "Bulletins", "Calendar", "To be settled"]
    assert words(ways(Role.APPROVER))[:2] == ["Today", "Approve"]
    assert words(ways(Role.TECHNICIAN)) == ["Today", "Nodes", "Faults", "Map", "Places"]
    assert words(ways(Role.ADMINISTRATOR))[:3] == ["Today", "Administer", "Audit log"]
    assert words(ways(Role.AUDITOR))[:3] == ["Today", "Audit log", "Report"]


def test_the_emergency_is_one_tap_away_for_the_officer_and_for_nobody_else() -> None:
    assert ways(Role.OFFICER).emergency == "/khan"
    assert [role for role in Role if ways(role).emergency] == [Role.OFFICER]


@pytest.mark.parametrize(
    ("here", "word"),
    [
        ("/", "Today"),
        ("/airings/lp-1", "Today"),
        ("/soan/tin-1", "Bulletins"),
        ("/lich/sang", "Calendar"),
        ("/nodes", None),
        ("/lich-su", None),
        ("/toi", None),
    ],
)
def test_the_place_where_one_is_is_marked(here: str, word: str | None) -> None:
    shown = ways(Role.BROADCASTER, here)
    marked = [way.word for way in (*shown.direct, *shown.more) if way.is_here]
    assert marked == ([word] if word else ["Nodes"] if here == "/nodes" else [])


def test_a_page_that_is_not_there_has_no_word() -> None:
    app = FastAPI()

    async def page() -> str:
        return ""

    app.get("/tin", dependencies=[needs(Right.LOOK)])(page)
    app.post("/lich", dependencies=[needs(Right.WRITE)])(page)
    app.get("/nodes", dependencies=[public()])(page)
    needed = rights_by_path(app)
    assert needed == {"/tin": Right.LOOK}
    assert words(navigation(needed, RIGHTS[Role.APPROVER], "/tin")) == ["Bulletins"]


def test_every_way_that_a_page_shows_leads_to_a_page(stranger: Any, door: Any) -> None:
    for account in door.accounts:
        stranger.log_in(account.name)
        page = stranger.get("/duyet").text
        ways = re.findall(r'href="(/[^"]*)"', page.split('class="ways"')[1].split("</header>")[0])
        assert ways
        for path in ways:
            assert stranger.get(path).status_code == 200, f"{account.name}: {path}"
        stranger.post("/logout")
