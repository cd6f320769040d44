"""The way from page to page: what an account sees follows from its rights, what matters to it comes first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from smartradio.web.access import Needs, guard_of
from smartradio.web.rights import Right

DIRECT: Final = 5
"""So many words stand side by side on a phone, and one more for the rest."""


@dataclass(frozen=True, slots=True)
class Place:
    """A word of the navigation, its page, the pages that lie behind it, and whose first words it belongs to."""

    word: str
    path: str
    behind: tuple[str, ...] = ()
    first_for: Right | None = None


PLACES: Final = (
    Place("Today", "/", ("/airings",), Right.LOOK),
    Place("Approve", "/duyet", first_for=Right.APPROVE),
    Place("Bulletins", "/tin", ("/soan", "/air"), Right.WRITE),
    Place("Calendar", "/lich", first_for=Right.WRITE),
    Place("To be settled", "/settle", first_for=Right.SETTLE),
    Place("Administer", "/quan-tri", first_for=Right.ADMINISTER),
    Place("Audit log", "/nhat-ky", first_for=Right.AUDIT),
    Place("Nodes", "/nodes", first_for=Right.MAINTAIN),
    Place("Faults", "/su-co", ("/nguon-tin",), Right.MAINTAIN),
    Place("Map", "/ban-do", first_for=Right.MAINTAIN),
    Place("Places", "/dia-ban", first_for=Right.MAINTAIN),
    Place("Citizens", "/phan-anh", first_for=Right.MAINTAIN),
    Place("Report", "/bao-cao", first_for=Right.AUDIT),
)

EMERGENCY: Final = "/khan"
OWN_ACCOUNT: Final = "/toi"


@dataclass(frozen=True, slots=True)
class Way:
    """A word as a page shows it."""

    word: str
    path: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """What stands side by side, what lies under one more word, and whether one may call an emergency."""

    direct: tuple[Way, ...]
    more: tuple[Way, ...]
    emergency: str | None
    own_account: str | None


def rights_by_path(app: FastAPI) -> Mapping[str, Right]:
    """Return which right each page asks for; pages that are not there are not in it."""
    found: dict[str, Right] = {}
    for route in app.routes:
        if (
            isinstance(route, APIRoute)
            and "GET" in (route.methods or ())
            and isinstance(guard := guard_of(route), Needs)
        ):
            found[route.path] = guard.right
    return found


def navigation(needed: Mapping[str, Right], rights: Collection[Right], here: str) -> Navigation:
    """Return the ways from the page at `here` for an account with these rights."""
    seen = [place for place in PLACES if needed.get(place.path) in rights]
    current = _current(seen, here)
    first = [place for place in seen if place.first_for in rights]
    direct = (first + [place for place in seen if place not in first])[:DIRECT]
    return Navigation(
        tuple(Way(place.word, place.path, place is current) for place in direct),
        tuple(Way(place.word, place.path, place is current) for place in seen if place not in direct),
        EMERGENCY if needed.get(EMERGENCY) in rights else None,
        OWN_ACCOUNT if needed.get(OWN_ACCOUNT) in rights else None,
    )


def _current(seen: list[Place], here: str) -> Place | None:
    """Return the place that a page lies at or behind."""
    for place in seen:
        for path in (place.path, *place.behind):
            if here == path or (path != "/" and here.startswith(f"{path}/")):
                return place
    return None
